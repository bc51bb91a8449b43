/*
 * PUT and DELETE /v1/accounts/{id}/guardians/{guardian}: linking a guardian, and ending the link. What a guardian may bound is
 * in settings.c.
 *
 * Promises: the child is told of both (the answer has the text, an event goes out in the same transaction); either side may end
 * it. Failures: INPUT names the field, NOTFOUND, CONFLICT. Called by the route table.
 */
#include "api/routes.h"

#include "config/policy.h"
#include "intake/decode.h"
#include "minors/guardians.h"
#include "store/accounts.h"
#include "sys/clock.h"

struct link {
	struct tl_req *req;
	const struct tl_policy_set *set;
	struct tl_account who;
	const char *by; /* of an end */
	int64_t since;
};

static struct tl_str
guardian_of(const struct link *l)
{
	return tl_req_param(l->req, 1);
}

static int
find(struct tl_db *db, struct link *l)
{
	const struct tl_who *key = tl_req_who(l->req);
	struct tl_str ext = tl_req_param(l->req, 0);
	struct tl_id id;
	int rc = tl_account_find(db, key->platform, key->live, ext, &id);
	return rc < 0 ? rc
		      : tl_account_get(db, key->platform, id, tl_req_arena(l->req), &l->who);
}

/* A child of whom nothing was said yet can have a guardian. */
static int
store_link(struct tl_db *db, void *ctx)
{
	struct link *l = ctx;
	const struct tl_who *key = tl_req_who(l->req);
	struct tl_id id;
	int rc = tl_account_ensure(db, key->platform, key->live, tl_req_param(l->req, 0), &id);
	if (rc == 0)
		rc = find(db, l);
	return rc < 0 ? rc
		      : tl_guardian_link(
			    db, l->set, &l->who, guardian_of(l), tl_now_us(), &l->since);
}

static int
store_end(struct tl_db *db, void *ctx)
{
	struct link *l = ctx;
	int rc = find(db, l);
	return rc < 0
		   ? rc
		   : tl_guardian_end(db, l->set, &l->who, guardian_of(l), l->by, tl_now_us());
}

static void
answer_link(struct tl_req *req, int rc, void *ctx)
{
	struct link *l = ctx;
	struct tl_buf b = {0};
	if (rc == 0) {
		tl_js_open(&b, NULL, '{');
		tl_js_str(&b, "account", l->who.ext_id);
		tl_js_str(&b, "guardian", guardian_of(l));
		tl_js_time(&b, "linked_at", l->since);
		tl_js_str(&b, "notice_text",
		    tl_minors_text(l->set->minors, l->who.language, TL_S("guardian_linked")));
		tl_js_close(&b, '}');
	}
	tl_policy_unrefp(&l->set);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_req_answer_json(req, 200, &b);
}

static void
answer_end(struct tl_req *req, int rc, void *ctx)
{
	struct link *l = ctx;
	tl_policy_unrefp(&l->set);
	tl_api_answer_empty(req, rc, req);
}

/* NULL after a refusal. */
static struct link *
begin(struct tl_req *req)
{
	struct link *l = TL_NEW(tl_req_arena(req), struct link);
	int rc = l ? tl_api_accepting(tl_api_of(req)) : tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_check_ext_id(tl_req_param(req, 0), "id");
	if (rc == 0)
		rc = tl_check_ext_id(tl_req_param(req, 1), "guardian");
	if (rc < 0) {
		tl_req_problem(req, rc);
		return NULL;
	}
	l->req = req;
	return l;
}

void
tl_api_put_guardian(struct tl_req *req)
{
	struct link *l = begin(req);
	if (!l)
		return;
	l->set = tl_app_policies(&tl_api_of(req)->app);
	tl_api_write(req, TL_SYNC_FULL, store_link, answer_link, l);
}

void
tl_api_delete_guardian(struct tl_req *req)
{
	static const char *const who[] = {"holder", "guardian", NULL};
	struct link *l = begin(req);
	struct tl_str by = {0};
	int i = 0;
	if (!l)
		return;
	if (!tl_req_query(req, "by", &by) || tl_word_parse(who, by, &i) < 0) {
		tl_req_problem(
		    req, tl_fail_at(TL_EFIELD, "by", "who ends it: holder or guardian"));
		return;
	}
	l->by = who[i];
	l->set = tl_app_policies(&tl_api_of(req)->app);
	tl_api_write(req, TL_SYNC_FULL, store_end, answer_end, l);
}
