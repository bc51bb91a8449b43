/*
 * What a platform changes about items that it sent before: counters, erasure, confirmations of actions.
 *
 * Promises: each is one durable transaction; an erasure refuses while a legal hold stands, and closes the case
 * that waited for the erased item. Called by the route table.
 */
#include "api/routes.h"

#include "config/policy.h"
#include "enforce/enforce.h"
#include "intake/decode.h"
#include "review/review.h"
#include "store/accounts.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define MAX_SAFE INT64_C(9007199254740991)
#define VERSIONS_PAGE 256

int
tl_api_find_item(struct tl_req *req, struct tl_db *db, struct tl_item_state_row *ret)
{
	int64_t version = 0;
	int rc = tl_check_ext_id(tl_req_param(req, 0), "id");
	if (rc == 0)
		rc = tl_req_query_int(req, "version", 1, MAX_SAFE, &version);
	if (rc == 0)
		rc = tl_item_find(db, tl_req_who(req)->platform, tl_req_who(req)->live,
		    tl_req_param(req, 0), version, ret);
	return rc;
}

/* Counters ------------------------------------------------------------------------------------------------------ */

struct counters {
	struct tl_req *req;
	struct tl_counters_in in;
	struct tl_item_state_row row;
	int64_t views, engagement; /* as they are after it */
};

static int
store_counters(struct tl_db *db, void *ctx)
{
	struct counters *c = ctx;
	int64_t platform = tl_req_who(c->req)->platform;
	struct tl_row r;
	int rc = tl_api_find_item(c->req, db, &c->row);
	if (rc == 0 && c->row.state == TL_ITEM_DELETED)
		rc = tl_fail(TL_ECONFLICT, "this item was erased");
	if (rc == 0)
		rc = tl_item_counters(db, platform, c->row.id, c->in.views, c->in.engagement);
	if (rc == 0)
		rc = tl_review_reached(db, platform, c->row.id, c->in.views);
	if (rc == 0)
		rc = tl_db_first(
		    db, &r, TL_SQL_ITEM_COUNTERS_GET, A_INT(platform), A_ID(c->row.id));
	if (rc < 0)
		return rc;
	c->views = tl_col_int(&r, 0);
	c->engagement = tl_col_int(&r, 1);
	tl_row_end(&r);
	return 0;
}

static void
answer_counters(struct tl_req *req, int rc, void *ctx)
{
	const struct counters *c = ctx;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_str(&b, "id", tl_req_param(req, 0));
	tl_js_int(&b, "version", c->row.version);
	tl_js_int(&b, "views", c->views);
	tl_js_int(&b, "engagement", c->engagement);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

void
tl_api_put_counters(struct tl_req *req)
{
	json_t *j = NULL;
	struct counters *c = TL_NEW(tl_req_arena(req), struct counters);
	if (!c) {
		tl_req_problem(req, TL_ENOMEM);
		return;
	}
	int rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_decode_counters(j, &c->in);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	c->req = req;
	tl_api_write(req, TL_SYNC_NORMAL, store_counters, answer_counters, c);
}

/* Erasure ------------------------------------------------------------------------------------------------------- */

static int
erase_one(struct tl_db *db, int64_t platform, struct tl_id id)
{
	int rc = tl_item_erase(db, platform, id);
	if (rc == 0)
		rc = tl_review_subject_gone(db, platform, TL_SUBJECT_ITEM, id, "erased");
	return rc;
}

/* Calls `fn` for every version. */
static int
each_version(struct tl_db *db, const struct tl_who *who, struct tl_str ext_id,
    int (*fn)(struct tl_db *db, int64_t platform, struct tl_id id))
{
	struct tl_id ids[VERSIONS_PAGE];
	int64_t after = 0;
	for (;;) {
		size_t n = 0;
		struct tl_row r;
		int rc = tl_db_query(db, &r, TL_SQL_ITEM_VERSIONS, A_INT(who->platform),
		    A_INT(who->live), A_TEXT(ext_id), A_INT(after));
		if (rc < 0)
			return rc;
		while ((rc = tl_row_next(&r)) > 0 && n < VERSIONS_PAGE) {
			ids[n++] = tl_col_id(&r, 0);
			after = tl_col_int(&r, 1);
		}
		tl_row_end(&r);
		for (size_t i = 0; i < n && rc >= 0; i++)
			rc = fn(db, who->platform, ids[i]);
		if (rc < 0 || n == 0)
			return rc < 0 ? rc : 0;
	}
}

static int
is_free(struct tl_db *db, int64_t platform, struct tl_id id)
{
	return tl_hold_check(db, platform, TL_SUBJECT_ITEM, id);
}

/* Every version; the holds are looked at before the first is touched. */
static int
erase_all(struct tl_db *db, const struct tl_who *who, struct tl_str ext_id)
{
	int rc = each_version(db, who, ext_id, is_free);
	return rc < 0 ? rc : each_version(db, who, ext_id, erase_one);
}

static int
store_erasure(struct tl_db *db, void *ctx)
{
	struct tl_req *req = ctx;
	struct tl_item_state_row row;
	struct tl_str version;
	int rc = tl_api_find_item(req, db, &row);
	if (rc < 0)
		return rc;
	if (tl_req_query(req, "version", &version))
		rc = erase_one(db, tl_req_who(req)->platform, row.id);
	else
		rc = erase_all(db, tl_req_who(req), tl_req_param(req, 0));
	return rc < 0 ? rc : tl_api_audit(db, req, "item.erase", row.id);
}

void
tl_api_delete_item(struct tl_req *req)
{
	tl_api_write(req, TL_SYNC_FULL, store_erasure, tl_api_answer_empty, req);
}

/* Confirmation -------------------------------------------------------------------------------------------------- */

struct confirm {
	struct tl_req *req;
	const struct tl_policy_set *policies;
	struct tl_confirmation in;
	struct tl_action_row row;
};

static void
confirm_destroy(void *p)
{
	struct confirm *c = p;
	tl_policy_unref(c->policies);
}

static int
store_confirm(struct tl_db *db, void *ctx)
{
	struct confirm *c = ctx;
	return tl_enforce_confirm(
	    db, c->policies, &c->in, tl_now_us(), tl_req_arena(c->req), &c->row);
}

static void
answer_confirm(struct tl_req *req, int rc, void *ctx)
{
	const struct confirm *c = ctx;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	TL_KILLPOINT(CONFIRM_COMMITTED);
	tl_app_wake(&tl_api_of(req)->app, TL_PROC_CLERK);
	tl_js_open(&b, NULL, '{');
	tl_js_id(&b, "id", c->row.id);
	tl_js_str(&b, "action", c->row.name);
	tl_js_z(&b, "state", tl_action_state_names[c->row.state]);
	tl_js_time(&b, "confirmed_at", c->row.confirmed_at);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

void
tl_api_confirm_action(struct tl_req *req)
{
	json_t *j = NULL;
	struct tl_confirm_in in = {0};
	struct confirm *c = TL_NEW(tl_req_arena(req), struct confirm);
	if (!c) {
		tl_req_problem(req, TL_ENOMEM);
		return;
	}
	int rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_decode_confirm(j, &in);
	if (rc == 0 && tl_id_parse(tl_req_param(req, 0), &c->in.action) < 0)
		rc = tl_fail(TL_ENOTFOUND, "there is no such action");
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	c->req = req;
	c->in.platform = tl_req_who(req)->platform;
	c->in.live = tl_req_who(req)->live;
	c->in.done = in.done;
	c->in.note = in.note;
	c->policies = tl_app_policies(&tl_api_of(req)->app);
	tl_req_keep(req, c, confirm_destroy);
	tl_api_write(req, TL_SYNC_FULL, store_confirm, answer_confirm, c);
}
