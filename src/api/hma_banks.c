/*
 * /c/banks and /c/bank: banks as clients of the HMA API make, change and delete them.
 *
 * Promises: what is made here is a bank like any other, with the policy of `hma_policy`; what people made elsewhere is
 * neither renamed nor deleted here; every change is audited in its transaction. Called by the route table.
 */
#include "api/hma_int.h"

#include "config/policy.h"

#define EMPTY_AT_ONCE 1000

void
hma_write_bank(struct tl_buf *out, const char *key, const struct tl_hma_bank *b)
{
	tl_js_open(out, key, '{');
	tl_js_str(out, "name", b->name);
	tl_js_num(out, "matching_enabled_ratio", b->ratio);
	tl_js_close(out, '}');
}

static int
list_json(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	struct tl_hma_bank *list = NULL;
	size_t n = 0;
	int rc = tl_hma_bank_list(db, tl_req_arena(req), &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(out, NULL, '[');
	for (size_t i = 0; i < n; i++)
		hma_write_bank(out, NULL, &list[i]);
	tl_js_close(out, ']');
	return 0;
}

void
tl_hma_do_banks(struct tl_req *req)
{
	tl_api_read(req, list_json);
}

static int
one_json(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	struct tl_hma_bank b;
	int rc = tl_hma_bank_find(db, tl_req_param(req, 0), tl_req_arena(req), &b);
	if (rc == 0)
		hma_write_bank(out, NULL, &b);
	return rc;
}

void
tl_hma_do_bank_get(struct tl_req *req)
{
	tl_api_read(req, one_json);
}

/* Changes ------------------------------------------------------------------------------------------------------- */

struct change {
	struct tl_req *req;
	struct tl_str name; /* new, or empty */
	struct tl_str policy;
	double ratio; /* below 0: as it is */
	int status;
	struct tl_hma_bank bank;
	int removed;
};

/* {"enabled","enabled_ratio"}; the ratio counts when both are there. */
static int
read_ratio(json_t *j, double *ret)
{
	const json_t *on = json_object_get(j, "enabled");
	const json_t *ratio = json_object_get(j, "enabled_ratio");
	bool enabled = true;
	if (ratio && !json_is_null(ratio)) {
		int rc = hma_number(ratio, "enabled_ratio", ret);
		if (rc == 0 && !(*ret >= 0 && *ret <= 1))
			rc = tl_fail_at(TL_EFIELD, "enabled_ratio", "a ratio is 0 to 1");
		return rc;
	}
	if (!on || json_is_null(on))
		return 0;
	int rc = hma_bool(on, "enabled", &enabled);
	*ret = enabled ? 1 : 0;
	return rc;
}

static int
read_name(json_t *j, bool required, struct tl_str *ret)
{
	const json_t *name = json_object_get(j, "name");
	if (!name || json_is_null(name))
		return required ? tl_fail_at(TL_EFIELD, "name", "is required") : 0;
	if (!json_is_string(name) || !json_string_length(name))
		return tl_fail_at(TL_EFIELD, "name", "a name is text");
	*ret = tl_json_str(name);
	return 0;
}

static void
changed(struct tl_req *req, int rc, void *ctx)
{
	const struct change *x = ctx;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	hma_write_bank(&b, NULL, &x->bank);
	tl_req_answer_json(req, x->status, &b);
}

static int
create(struct tl_db *db, void *ctx)
{
	struct change *x = ctx;
	int rc = tl_hma_bank_create(
	    db, x->name, x->policy, x->ratio, tl_req_arena(x->req), &x->bank);
	return rc < 0 ? rc : hma_audit(db, x->req, "bank.create", &x->bank, "HMA API");
}

/* The policy that a bank made here is for. */
static int
policy_of(struct tl_req *req, json_t *j, struct tl_str *ret)
{
	struct tl_app *app = &tl_api_of(req)->app;
	const struct tl_policy_set *set = tl_app_policies(app);
	const json_t *said = json_object_get(j, "policy");
	*ret = json_is_string(said) ? tl_json_str(said) : tl_str(app->config->hma_policy);
	bool known = tl_policy_find(set, *ret) != NULL;
	tl_policy_unref(set);
	if (known)
		return 0;
	return said ? tl_fail_at(TL_EFIELD, "policy", "there is no such policy")
		    : tl_fail(TL_ECONFLICT,
			  "the configuration's hma_policy names no policy that is in force");
}

static struct change *
new_change(struct tl_req *req, enum tl_guarded op)
{
	struct change *x = TL_NEW(tl_req_arena(req), struct change);
	int rc = x ? hma_may_change(req, op) : tl_fail(TL_ENOMEM, "the request is too large");
	if (rc < 0) {
		tl_req_problem(req, rc);
		return NULL;
	}
	*x = (struct change){.req = req, .ratio = -1, .status = 200};
	return x;
}

void
tl_hma_do_bank_create(struct tl_req *req)
{
	json_t *j = NULL;
	struct change *x = new_change(req, TL_GUARDED_COUNT);
	if (!x)
		return;
	x->ratio = 1;
	x->status = 201;
	int rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = read_name(j, true, &x->name);
	if (rc == 0)
		rc = read_ratio(j, &x->ratio);
	if (rc == 0)
		rc = policy_of(req, j, &x->policy);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_api_write(req, TL_SYNC_FULL, create, changed, x);
}

static int
change(struct tl_db *db, void *ctx)
{
	struct change *x = ctx;
	struct tl_arena *a = tl_req_arena(x->req);
	int rc = tl_hma_bank_find(db, tl_req_param(x->req, 0), a, &x->bank);
	if (rc == 0)
		rc = tl_hma_bank_set(db, &x->bank, x->name, x->ratio, a);
	if (rc == 0)
		rc = tl_hma_bank_find(db, x->name.n ? x->name : x->bank.name, a, &x->bank);
	return rc < 0 ? rc
		      : hma_audit(db, x->req, "bank.change", &x->bank,
			    x->bank.ratio > 0 ? "enabled" : "disabled");
}

void
tl_hma_do_bank_change(struct tl_req *req)
{
	json_t *j = NULL;
	struct change *x = new_change(req, TL_GUARD_BANK_CHANGE);
	if (!x)
		return;
	int rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = read_name(j, false, &x->name);
	if (rc == 0)
		rc = read_ratio(j, &x->ratio);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_api_write(req, TL_SYNC_FULL, change, changed, x);
}

/* Deleting: some entries a transaction, so that a large bank holds nobody up; the bank is off from the first on. ---- */

static int
empty(struct tl_db *db, void *ctx)
{
	struct change *x = ctx;
	struct tl_arena *a = tl_req_arena(x->req);
	if (!x->bank.parts) {
		int rc = tl_hma_bank_find(db, tl_req_param(x->req, 0), a, &x->bank);
		if (rc == 0)
			rc = hma_audit(db, x->req, "bank.delete", &x->bank, "HMA API");
		if (rc < 0)
			return rc;
	}
	x->removed = tl_hma_bank_empty(db, &x->bank, EMPTY_AT_ONCE, a);
	x->bank.ratio = 0;
	return x->removed < 0 ? x->removed : 0;
}

static void
emptied(struct tl_req *req, int rc, void *ctx)
{
	struct change *x = ctx;
	if (rc == 0 && x->removed == EMPTY_AT_ONCE)
		tl_api_write(req, TL_SYNC_FULL, empty, emptied, x);
	else if (rc < 0 && rc != TL_ENOTFOUND)
		tl_req_problem(req, rc);
	else
		hma_say(req, 200, "Done");
}

/* It deletes the bank, removes its entries and switches it off: each of these may need two people. */
void
tl_hma_do_bank_delete(struct tl_req *req)
{
	static const enum tl_guarded also[] = {TL_GUARD_BANK_REMOVE, TL_GUARD_BANK_CHANGE};
	struct change *x = new_change(req, TL_GUARD_BANK_DELETE);
	int rc = 0;
	if (!x)
		return;
	for (size_t i = 0; i < TL_COUNT(also) && rc == 0; i++)
		rc = hma_may_change(req, also[i]);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_api_write(req, TL_SYNC_FULL, empty, emptied, x);
}

/* --testing only ------------------------------------------------------------------------------------------------- */

static int
reset(struct tl_db *db, void *ctx)
{
	struct change *x = ctx;
	struct tl_arena *a = tl_req_arena(x->req);
	struct tl_hma_bank *list = NULL;
	size_t n = 0;
	x->removed = 0;
	int rc = tl_hma_bank_list(db, a, &list, &n);
	for (size_t i = 0; i < n && rc == 0 && x->removed < EMPTY_AT_ONCE; i++) {
		if (!list[i].made)
			continue;
		rc = hma_audit(db, x->req, "bank.delete", &list[i], "factory reset");
		if (rc == 0)
			rc = tl_hma_bank_empty(db, &list[i], EMPTY_AT_ONCE, a);
		x->removed += rc > 0 ? rc : 0;
		rc = rc > 0 ? 0 : rc;
	}
	return rc;
}

static void
was_reset(struct tl_req *req, int rc, void *ctx)
{
	struct change *x = ctx;
	if (rc == 0 && x->removed >= EMPTY_AT_ONCE)
		tl_api_write(req, TL_SYNC_FULL, reset, was_reset, x);
	else if (rc < 0)
		tl_req_problem(req, rc);
	else
		hma_say(req, 200, "Reset");
}

void
tl_hma_do_factory_reset(struct tl_req *req)
{
	struct change *x = new_change(req, TL_GUARDED_COUNT);
	if (x)
		tl_api_write(req, TL_SYNC_FULL, reset, was_reset, x);
}
