/*
 * PUT and DELETE /v1/accounts/{id}.
 *
 * Promises: what the platform does not say stays as it was; forgetting destroys the account's content key in the
 * same transaction. Called by the route table.
 */
#include "api/routes.h"

#include "intake/decode.h"
#include "review/review.h"
#include "store/accounts.h"

#define CASES_PAGE 256

struct put {
	struct tl_req *req;
	struct tl_account in, now;
	unsigned has;
};

/* What is present in `in` replaces what was. */
static void
merge(struct tl_account *to, const struct tl_account *in, unsigned has)
{
	if (has & TL_HAS_AGE_BAND)
		to->age_band = in->age_band;
	if (has & TL_HAS_AGE_ASSURED)
		to->age_assured = in->age_assured;
	if (has & TL_HAS_BIRTH_MONTH)
		to->birth_month = in->birth_month;
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
	return tl_account_put(db, &p->now);
}

static void
answer_put(struct tl_req *req, int rc, void *ctx)
{
	const struct put *p = ctx;
	const struct tl_account *a = &p->now;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_str(&b, "id", a->ext_id);
	tl_js_z(&b, "age_band", tl_age_band_names[a->age_band]);
	tl_js_z(&b, "age_assured", tl_age_assured_names[a->age_assured]);
	tl_js_str0(&b, "birth_month", a->birth_month);
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
		rc = tl_decode_account(j, tl_req_arena(req), &p->in, &p->has);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	p->req = req;
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

static int
store_delete(struct tl_db *db, void *ctx)
{
	struct tl_req *req = ctx;
	int64_t platform = tl_req_who(req)->platform;
	struct tl_id id;
	int rc =
	    tl_account_find(db, platform, tl_req_who(req)->live, tl_req_param(req, 0), &id);
	if (rc == 0)
		rc = tl_account_erase(db, platform, id);
	if (rc == 0)
		rc = close_cases(db, platform, id);
	return rc < 0 ? rc : tl_api_audit(db, req, "account.erase", id);
}

void
tl_api_delete_account(struct tl_req *req)
{
	tl_api_write(req, TL_SYNC_FULL, store_delete, tl_api_answer_empty, req);
}
