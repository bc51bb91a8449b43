/*
 * PUT and DELETE /v1/accounts/{id}.
 *
 * Promises: what the platform does not say stays as it was; what it says of the age is weighed (core/age.h), and an account
 * below the minimum age opens a case; forgetting destroys the account's content key in the
 * same transaction. Called by the route table.
 */
#include "api/routes.h"

#include "config/policy.h"
#include "intake/decode.h"
#include "minors/age.h"
#include "minors/guardians.h"
#include "minors/view.h"
#include "review/review.h"
#include "store/accounts.h"
#include "sys/clock.h"

#define CASES_PAGE 256
#define POLICY_UNDERAGE "minors.underage"

struct put {
	struct tl_req *req;
	const struct tl_policy_set *set;
	struct tl_account in, now;
	struct tl_age_say say;
	enum tl_age_event heard;
	struct tl_age age;
	unsigned has;
};

/* What is present in `in` replaces what was. */
static void
merge(struct tl_account *to, const struct tl_account *in, unsigned has)
{
	if (has & TL_HAS_COUNTRY)
		to->country = in->country;
	if (has & TL_HAS_LANGUAGE)
		to->language = in->language;
	if (has & TL_HAS_NAME)
		to->name = in->name;
	if (has & TL_HAS_CREATED_AT)
		to->created_at = in->created_at;
	if (has & TL_HAS_SETTINGS)
		to->settings = in->settings;
}

/* Below the minimum age: a person looks, and meanwhile everything is at its strictest. */
static int
open_case(struct tl_db *db, const struct put *p)
{
	const struct tl_policy *policy = tl_policy_find(p->set, TL_S(POLICY_UNDERAGE));
	struct tl_id id;
	struct tl_case_ask ask = {.platform = p->now.platform,
	    .live = p->now.live,
	    .subject_kind = TL_SUBJECT_ACCOUNT,
	    .subject = p->now.id,
	    .account = p->now.id,
	    .policy = policy ? policy->id : (struct tl_str){0},
	    .has_severity = !policy,
	    .severity = TL_SEVERITY_HIGH,
	    .queue = TL_S("child-safety"),
	    .confidence = 1,
	    .cause = TL_CAUSE_AGE,
	    .ref = tl_str(tl_age_assured_names[p->now.age_assured]),
	    .detail =
		TL_S("{\"text\":\"the account is below the minimum age, and its settings are at"
		     " their strictest until somebody has looked\"}")};
	return tl_review_open_or_join(db, p->set, &ask, &id, NULL);
}

static int
hear_age(struct tl_db *db, struct put *p)
{
	bool under = false;
	int64_t now = tl_now_us();
	int rc = tl_age_said(
	    db, p->set, tl_req_arena(p->req), &p->now, &p->say, now, &p->heard, &under);
	if (rc == 0)
		rc = tl_age_load(db, p->now.platform, p->now.id, &p->age);
	if (rc == 0)
		rc = tl_age_check_created(&p->age, p->now.created_at, now);
	return rc == 0 && under ? open_case(db, p) : rc;
}

static int
store_put(struct tl_db *db, void *ctx)
{
	struct put *p = ctx;
	const struct tl_who *who = tl_req_who(p->req);
	struct tl_id id;
	int rc = tl_account_find(db, who->platform, who->live, tl_req_param(p->req, 0), &id);
	if (rc == 0)
		rc = tl_account_get(db, who->platform, id, tl_req_arena(p->req), &p->now);
	else if (rc == TL_ENOTFOUND)
		rc = 0;
	if (rc < 0)
		return rc;
	p->now.platform = who->platform;
	p->now.live = who->live;
	p->now.ext_id = tl_req_param(p->req, 0);
	merge(&p->now, &p->in, p->has);
	if (p->now.state == TL_ACCOUNT_DELETED)
		p->now.state = TL_ACCOUNT_ACTIVE;
	rc = tl_account_put(db, &p->now);
	return rc < 0 ? rc : hear_age(db, p);
}

static void
put_age(struct tl_buf *b, const struct put *p)
{
	static const char *const heard[tl_age_event_count + 1] = {[TL_AGE_SAY] = "accepted",
	    [TL_AGE_CONFIRM] = "as_known",
	    [TL_AGE_FORGET] = "forgotten",
	    [TL_AGE_DUE] = "offered"};
	const char *word = heard[p->heard];
	if (word)
		tl_js_z(b, "age_heard", word);
	else
		tl_js_null(b, "age_heard");
	tl_minors_age_json(b, &p->age);
}

static void
answer_put(struct tl_req *req, int rc, void *ctx)
{
	const struct put *p = ctx;
	const struct tl_account *a = &p->now;
	struct tl_buf b = {0};
	tl_policy_unref(p->set);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_str(&b, "id", a->ext_id);
	tl_js_z(&b, "age_band", tl_age_band_names[a->age_band]);
	tl_js_z(&b, "age_assured", tl_age_assured_names[a->age_assured]);
	tl_js_str0(&b, "birth_month", a->birth_month);
	put_age(&b, p);
	tl_js_str0(&b, "country", a->country);
	tl_js_str0(&b, "language", a->language);
	tl_js_time(&b, "created_at", a->created_at);
	tl_js_z(&b, "state", tl_account_state_names[a->state]);
	tl_js_int(&b, "strikes", a->strikes);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

void
tl_api_put_account(struct tl_req *req)
{
	json_t *j = NULL;
	struct put *p = TL_NEW(tl_req_arena(req), struct put);
	int rc = p ? tl_api_accepting(tl_api_of(req)) : tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_check_ext_id(tl_req_param(req, 0), "id");
	if (rc == 0)
		rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_decode_account(j, tl_req_arena(req), &p->in, &p->say, &p->has);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	p->req = req;
	p->set = tl_app_policies(&tl_api_of(req)->app);
	tl_api_write(req, TL_SYNC_FULL, store_put, answer_put, p);
}

/* Whatever waited for the account and what it published. */
static int
close_cases(struct tl_db *db, int64_t platform, struct tl_id account)
{
	struct tl_id subjects[CASES_PAGE];
	int kinds[CASES_PAGE];
	for (;;) {
		size_t n = 0;
		struct tl_row r;
		int rc = tl_db_query(
		    db, &r, TL_SQL_CASE_OPEN_OF_ACCOUNT, A_INT(platform), A_ID(account));
		if (rc < 0)
			return rc;
		while ((rc = tl_row_next(&r)) > 0 && n < CASES_PAGE) {
			subjects[n] = tl_col_id(&r, 1);
			rc = tl_word_parse(
			    tl_subject_kind_names, tl_col_str(&r, 0), &kinds[n++]);
			if (rc < 0)
				break;
		}
		tl_row_end(&r);
		for (size_t i = 0; i < n && rc >= 0; i++)
			rc = tl_review_subject_gone(db, platform,
			    (enum tl_subject_kind)kinds[i], subjects[i], "erased");
		if (rc < 0 || n == 0)
			return rc < 0 ? rc : 0;
	}
}

struct leaving {
	struct tl_req *req;
	const struct tl_policy_set *set;
};

/* Whose guardian it was, is told before nothing is left of it. */
static int
leave(struct tl_db *db, const struct leaving *l, struct tl_id id)
{
	struct tl_account who;
	int64_t platform = tl_req_who(l->req)->platform;
	int rc = tl_account_get(db, platform, id, tl_req_arena(l->req), &who);
	return rc < 0 ? rc : tl_guardian_leaves(db, l->set, &who, tl_now_us());
}

static int
store_delete(struct tl_db *db, void *ctx)
{
	const struct leaving *l = ctx;
	int64_t platform = tl_req_who(l->req)->platform;
	struct tl_id id;
	int rc = tl_account_find(
	    db, platform, tl_req_who(l->req)->live, tl_req_param(l->req, 0), &id);
	if (rc == 0)
		rc = leave(db, l, id);
	if (rc == 0)
		rc = tl_account_erase(db, platform, id);
	if (rc == 0)
		rc = close_cases(db, platform, id);
	return rc < 0 ? rc : tl_api_audit(db, l->req, "account.erase", id);
}

static void
answer_delete(struct tl_req *req, int rc, void *ctx)
{
	struct leaving *l = ctx;
	tl_policy_unrefp(&l->set);
	tl_api_answer_empty(req, rc, req);
}

void
tl_api_delete_account(struct tl_req *req)
{
	struct leaving *l = TL_NEW(tl_req_arena(req), struct leaving);
	if (!l) {
		tl_req_problem(req, tl_arena_check(tl_req_arena(req)));
		return;
	}
	*l = (struct leaving){req, tl_app_policies(&tl_api_of(req)->app)};
	tl_api_write(req, TL_SYNC_FULL, store_delete, answer_delete, l);
}
