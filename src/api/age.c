/*
 * PUT /v1/accounts/{id}/age: what the account's holder answers to an offered age band.
 *
 * Promises: only what is offered can be accepted, by its name, so that an answer never meets another offer; accepting out of
 * an age below the minimum waits until no person looks at the account any more; durable before the answer, and twice is the
 * same as once. Failures: CONFLICT, INPUT names the field. Called by the route table.
 */
#include "api/routes.h"

#include "base/arena.h"
#include "config/policy.h"
#include "intake/decode.h"
#include "minors/age.h"
#include "minors/body.h"
#include "minors/view.h"
#include "store/accounts.h"
#include "store/cases.h"
#include "sys/clock.h"

struct answer {
	struct tl_req *req;
	const struct tl_policy_set *set;
	struct tl_account who;
	struct tl_age age;
	struct tl_age_reply in;
};

/* Whoever was found to be too young is not let in by a birthday while a person still looks. */
static int
check_case(struct tl_db *db, const struct answer *x)
{
	struct tl_case c;
	if (x->age.band != TL_AGE_UNDER_13 || x->in.what != TL_AGE_ACCEPT)
		return 0;
	int rc = tl_case_of(
	    db, tl_req_arena(x->req), x->who.platform, TL_SUBJECT_ACCOUNT, x->who.id, &c);
	if (rc == TL_ENOTFOUND)
		return 0;
	return rc < 0 ? rc
		      : tl_fail(TL_ECONFLICT, "the account was below the minimum age, and a "
					      "person is looking at it");
}

static int
store_answer(struct tl_db *db, void *ctx)
{
	struct answer *x = ctx;
	const struct tl_who *key = tl_req_who(x->req);
	struct tl_arena *arena = tl_req_arena(x->req);
	struct tl_id id;
	int rc = tl_account_find(db, key->platform, key->live, tl_req_param(x->req, 0), &id);
	if (rc == 0)
		rc = tl_account_get(db, key->platform, id, arena, &x->who);
	if (rc == 0)
		rc = tl_age_load(db, key->platform, id, &x->age);
	if (rc == 0)
		rc = check_case(db, x);
	if (rc == 0)
		rc = tl_age_answered(
		    db, x->set, arena, &x->who, x->in.what, x->in.band, tl_now_us());
	return rc < 0 ? rc : tl_age_load(db, key->platform, id, &x->age);
}

static void
answer_age(struct tl_req *req, int rc, void *ctx)
{
	const struct answer *x = ctx;
	struct tl_buf b = {0};
	tl_policy_unref(x->set);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_str(&b, "account", x->who.ext_id);
	tl_js_z(&b, "age_band", tl_age_band_names[x->age.band]);
	tl_minors_age_json(&b, &x->age);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

void
tl_api_put_age(struct tl_req *req)
{
	json_t *j = NULL;
	struct answer *x = TL_NEW(tl_req_arena(req), struct answer);
	int rc = x ? tl_api_accepting(tl_api_of(req)) : tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_check_ext_id(tl_req_param(req, 0), "id");
	if (rc == 0)
		rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_body_age(j, &x->in);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	x->req = req;
	x->set = tl_app_policies(&tl_api_of(req)->app);
	tl_api_write(req, TL_SYNC_FULL, store_answer, answer_age, x);
}
