/*
 * POST /v1/flags: somebody says something of an item or an account.
 *
 * Promises: flag, case and the new look at a flagged item are one durable transaction; with an id of the
 * platform's a repeat answers the same and adds nothing. Called by the route table.
 */
#include "api/routes.h"

#include "config/policy.h"
#include "intake/decode.h"
#include "review/review.h"
#include "store/accounts.h"
#include "store/contact_log.h"
#include "store/jobs.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

struct post {
	struct tl_req *req;
	const struct tl_policy_set *policies;
	struct tl_flag_in in;
	struct tl_flag flag;
	struct tl_id case_id;
	int64_t version; /* of an item, as found */
};

static void
post_destroy(void *p)
{
	struct post *post = p;
	tl_policy_unref(post->policies);
}

/* Who and what it is about. */
struct about {
	struct tl_id account;
	int64_t reach;
};

static int
find_subject(struct tl_db *db, struct post *p, struct about *ret)
{
	int64_t platform = p->flag.platform;
	struct tl_item_state_row row;
	struct tl_row r;
	int rc;
	if (p->in.subject_kind == TL_SUBJECT_ACCOUNT) {
		rc = tl_account_find(
		    db, platform, p->flag.live, p->in.subject_ext, &p->flag.subject);
		ret->account = p->flag.subject;
		return rc;
	}
	rc = tl_item_find(
	    db, platform, p->flag.live, p->in.subject_ext, p->in.subject_version, &row);
	if (rc == 0 && row.state >= TL_ITEM_DELETED) /* or retired */
		return tl_fail_at(TL_ENOTFOUND, "/subject/id", "this item was erased");
	if (rc == 0)
		rc = tl_db_first(
		    db, &r, TL_SQL_ITEM_COUNTERS_GET, A_INT(platform), A_ID(row.id));
	if (rc < 0)
		return rc;
	ret->reach = tl_col_int(&r, 0);
	ret->account = tl_col_id(&r, 2);
	tl_row_end(&r);
	p->flag.subject = row.id;
	p->version = row.version;
	return 0;
}

/* A repeat: the flag as it is. TL_ECONFLICT when the id was used for something else. */
static int
same_again(struct tl_db *db, struct post *p)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_FLAG_AGAIN, A_INT(p->flag.platform),
	    A_INT(p->flag.live), A_TEXT(p->in.ext_id));
	if (rc < 0)
		return rc;
	bool same = tl_id_eq(tl_col_id(&r, 1), p->flag.subject) &&
		    tl_str_is(tl_col_str(&r, 2), tl_flag_kind_names[p->in.kind]);
	p->flag.id = tl_col_id(&r, 0);
	p->flag.received_at = tl_col_int(&r, 3);
	p->case_id = tl_col_id(&r, 4);
	tl_row_end(&r);
	return same ? 1 : tl_fail_at(TL_ECONFLICT, "/id", "this id was used for another flag");
}

/* Who reports an account, or what it published, has said what they make of its contacts. */
static int
tell_contacts(struct tl_db *db, const struct tl_flag *flag, struct tl_id account)
{
	struct tl_contact_event e = {.platform = flag->platform,
	    .at = flag->received_at,
	    .from = account,
	    .to = flag->reporter,
	    .kind = TL_CONTACT_MESSAGE,
	    .outcome = TL_RESULT_REPORTED};
	if (flag->kind != TL_FLAG_USER || tl_id_is_nil(account) ||
	    tl_id_is_nil(flag->reporter) || tl_id_eq(account, flag->reporter))
		return 0;
	int rc = tl_account_band(db, flag->platform, flag->reporter, &e.to_band);
	return rc < 0 ? rc : tl_contact_log_outcome(db, &e);
}

static int
store_flag(struct tl_db *db, void *ctx)
{
	struct post *p = ctx;
	const struct tl_who *who = tl_req_who(p->req);
	struct about about = {0};
	p->flag.platform = who->platform;
	p->flag.live = who->live;
	int rc = find_subject(db, p, &about);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? tl_fail_at(rc, "/subject/id", "%s", tl_err_text())
					  : rc;
	rc = p->in.ext_id.n ? same_again(db, p) : TL_ENOTFOUND;
	if (rc != TL_ENOTFOUND)
		return rc;
	if (p->in.reporter_ext.n)
		rc = tl_account_ensure(
		    db, who->platform, who->live, p->in.reporter_ext, &p->flag.reporter);
	else
		rc = 0;
	p->flag.id = tl_id_new();
	p->flag.received_at = tl_now_us();
	if (rc == 0)
		rc = tl_flag_add(db, &p->flag);
	TL_KILLPOINT(FLAG_STORED);
	if (rc == 0)
		rc = tell_contacts(db, &p->flag, about.account);
	if (rc == 0)
		rc = tl_counter_add(
		    db, who->platform, who->live, "flags_received", p->in.policy, 1);
	if (rc == 0)
		rc = tl_review_flagged(
		    db, p->policies, &p->flag, about.account, about.reach, &p->case_id);
	if (rc == 0 && p->in.subject_kind == TL_SUBJECT_ITEM)
		rc = tl_job_again(db, who->platform, p->flag.subject); /* rules count flags */
	return rc;
}

static void
answer_flag(struct tl_req *req, int rc, void *ctx)
{
	const struct post *p = ctx;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_id(&b, "flag", p->flag.id);
	tl_js_str0(&b, "id", p->in.ext_id);
	tl_js_open(&b, "subject", '{');
	tl_js_z(&b, "kind", tl_subject_kind_names[p->in.subject_kind]);
	tl_js_str(&b, "id", p->in.subject_ext);
	if (p->version)
		tl_js_int(&b, "version", p->version);
	tl_js_close(&b, '}');
	tl_js_z(&b, "kind", tl_flag_kind_names[p->in.kind]);
	tl_js_time(&b, "received_at", p->flag.received_at);
	tl_js_id(&b, "case", p->case_id);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 202, &b);
}

static int
read_flag(struct tl_req *req, struct post *p)
{
	json_t *j = NULL;
	int rc = tl_api_accepting(tl_api_of(req));
	if (rc == 0)
		rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_decode_flag(j, &p->in);
	if (rc < 0)
		return rc;
	p->req = req;
	p->policies = tl_app_policies(&tl_api_of(req)->app);
	tl_req_keep(req, p, post_destroy);
	if (p->in.policy.n && !tl_policy_find(p->policies, p->in.policy))
		return tl_fail_at(TL_EFIELD, "/policy", "there is no such policy");
	p->flag = (struct tl_flag){.ext_id = p->in.ext_id,
	    .subject_kind = p->in.subject_kind,
	    .kind = p->in.kind,
	    .policy = p->in.policy,
	    .comment = p->in.comment};
	return 0;
}

void
tl_api_post_flag(struct tl_req *req)
{
	struct post *p = TL_NEW(tl_req_arena(req), struct post);
	int rc = p ? read_flag(req, p) : tl_arena_check(tl_req_arena(req));
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_api_write(req, TL_SYNC_FULL, store_flag, answer_flag, p);
}
