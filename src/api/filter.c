/*
 * GET and PUT /v1/accounts/{id}/comment-filter: an account's own words for comments on what it publishes.
 *
 * Promises: durable before the answer; sealed under the account's key and deleted with it. A word that could never be found is
 * refused. Failures: EFIELD naming the word, the store's. Called by the route table.
 */
#include "api/routes.h"

#include "detect/text/list.h"
#include "intake/decode.h"
#include "minors/filters.h"
#include "store/accounts.h"
#include "sys/clock.h"

static void
put_filter(struct tl_buf *b, struct tl_str account, const struct tl_comment_filter *f)
{
	tl_js_open(b, NULL, '{');
	tl_js_str(b, "account", account);
	tl_js_open(b, "words", '[');
	for (size_t i = 0; i < f->count; i++)
		tl_js_str(b, NULL, f->words[i]);
	tl_js_close(b, ']');
	tl_js_z(b, "filtered", tl_comment_say_names[f->say]);
	tl_js_bool(b, "approve_all", f->approve_all);
	tl_js_time(b, "changed_at", f->changed_at);
	tl_js_close(b, '}');
}

static int
read_filter(struct tl_req *req, struct tl_db *db, struct tl_buf *b)
{
	const struct tl_who *key = tl_req_who(req);
	struct tl_comment_filter f = {.say = TL_COMMENT_HOLD};
	struct tl_id id = {{0}};
	int rc = tl_check_ext_id(tl_req_param(req, 0), "id");
	if (rc == 0)
		rc = tl_account_find(db, key->platform, key->live, tl_req_param(req, 0), &id);
	if (rc == 0)
		rc = tl_filter_get(db, key->platform, id, tl_req_arena(req), &f);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	put_filter(b, tl_req_param(req, 0), &f);
	return 0;
}

void
tl_api_get_filter(struct tl_req *req)
{
	tl_api_read(req, read_filter);
}

struct putting {
	struct tl_req *req;
	struct tl_comment_filter f;
};

static int
write_filter(struct tl_db *db, void *ctx)
{
	const struct putting *p = ctx;
	const struct tl_who *key = tl_req_who(p->req);
	struct tl_id id = {{0}};
	int rc = tl_account_ensure(db, key->platform, key->live, tl_req_param(p->req, 0), &id);
	return rc < 0 ? rc : tl_filter_put(db, key->platform, id, &p->f);
}

static void
answer_put(struct tl_req *req, int rc, void *ctx)
{
	const struct putting *p = ctx;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	put_filter(&b, tl_req_param(req, 0), &p->f);
	tl_req_answer_json(req, 200, &b);
}

static int
read_words(const json_t *words, struct tl_comment_filter *f)
{
	for (size_t i = 0; i < json_array_size(words); i++) {
		char at[32];
		struct tl_term t = {tl_json_str(json_array_get(words, i)), TL_FORM_PHRASE};
		(void)snprintf(at, sizeof at, "/words/%zu", i);
		if (tl_term_check(&t) < 0)
			return tl_fail_at(TL_EFIELD, at, "holds nothing that could be found");
		f->words[f->count++] = t.value;
	}
	return 0;
}

void
tl_api_put_filter(struct tl_req *req)
{
	json_t *j = NULL;
	struct tl_filter_in in = {NULL, false, false};
	struct putting *p = TL_NEW(tl_req_arena(req), struct putting);
	int rc = p ? tl_api_accepting(tl_api_of(req)) : tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_check_ext_id(tl_req_param(req, 0), "id");
	if (rc == 0)
		rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_decode_filter(j, &in);
	if (rc == 0)
		rc = read_words(in.words, &p->f);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	p->req = req;
	p->f.say = in.refuse ? TL_COMMENT_REFUSE : TL_COMMENT_HOLD;
	p->f.approve_all = in.approve_all;
	p->f.changed_at = tl_now_us();
	tl_api_write(req, TL_SYNC_FULL, write_filter, answer_put, p);
}
