/*
 * POST /v1/contacts/check and POST /v1/contacts/check:batch: may one account reach another, and what is each of them told?
 *
 * Promises: every question is answered with allow, request or deny; one that happens (`record`) is in the log of contacts,
 * safe from the death of this process, before it is answered. When the store is away, whoever may be a minor is not reached.
 * What the sender reads never tells a minor or a block from anything else. Called by the route table.
 */
#include "api/routes.h"

#include "api/help.h"
#include "api/lined.h"
#include "api/stats.h"
#include "config/policy.h"
#include "detect/contact/text.h"
#include "intake/contacts.h"
#include "minors/gate.h"
#include "store/contact_log.h"
#include "sys/clock.h"

#define LINES_MAX 1000U

struct question {
	struct tl_gate_ask ask;
	struct tl_gate_answer answer;
	struct tl_str text; /* that goes with it; forgotten with the request */
	bool record;
	bool has_content;        /* something was said of the text, or the text itself */
	bool looked_at;          /* and the law of the place lets us take it in */
	struct tl_safety notice; /* for a young recipient */
};

/* What holds for all questions of one request. */
struct asking {
	struct tl_req *req;
	const struct tl_policy_set *set;
	struct tl_contact_map map;
	struct tl_lined *lined; /* NULL: one question */
	struct question one;
};

static struct tl_key
contact_key(struct tl_req *req)
{
	return tl_store_key(tl_api_of(req)->app.store, "contact");
}

/* A sketch and two marks of the text, where it may be looked at; else nothing of it, nor of what is said of it. */
static void
look_at_text(struct asking *a, struct question *q)
{
	struct tl_contact_text t;
	if (!q->has_content)
		return;
	q->looked_at = tl_minors_text_allowed(a->set->minors, q->ask.kind,
	    tl_str(q->answer.from.country), tl_str(q->answer.to.country));
	if (!q->looked_at) {
		q->ask.flags = 0;
		return;
	}
	struct tl_key key = contact_key(a->req);
	tl_contact_text(&key, q->text, &t);
	tl_wipe(&key, sizeof key);
	q->ask.text = t.sketch;
	q->ask.flags |= t.flags;
}

static int
decode(struct tl_req *req, json_t *j, int64_t now, struct question *ret)
{
	const struct tl_who *who = tl_req_who(req);
	struct tl_contact_in in;
	int rc = tl_decode_contact(j, &in);
	if (rc < 0)
		return rc;
	ret->ask = (struct tl_gate_ask){.platform = who->platform,
	    .live = who->live,
	    .from = in.from,
	    .to = in.to,
	    .kind = in.kind,
	    .flags = (in.has_link ? TL_CONTACT_HAS_LINK : 0U) |
		     (in.has_handle ? TL_CONTACT_HAS_HANDLE : 0U),
	    .now = now};
	ret->record = in.record;
	ret->text = in.text;
	ret->has_content = in.text.n || ret->ask.flags;
	if (in.origin.n) {
		struct tl_key key = contact_key(req);
		ret->ask.origin = tl_contact_origin(&key, who->platform, in.origin);
		tl_wipe(&key, sizeof key);
	}
	return 0;
}

static struct asking *
begin(struct tl_req *req)
{
	struct asking *a = TL_NEW(tl_req_arena(req), struct asking);
	if (!a)
		return NULL;
	a->req = req;
	a->set = tl_app_policies(&tl_api_of(req)->app);
	tl_contact_map_init(&a->map, a->set->minors);
	return a;
}

static void
end(struct asking *a)
{
	tl_policy_unrefp(&a->set);
}

/* Words ---------------------------------------------------------------------------------------------------------- */

/* What a person reads, in their language; null when nothing is said. */
static void
put_person(struct tl_buf *b, const struct asking *a, const char *key, const char *name,
    const char *language)
{
	if (!name) {
		tl_js_null(b, key);
		return;
	}
	tl_js_open(b, key, '{');
	tl_js_z(b, "text", name);
	tl_js_str(b, "words", tl_minors_text(a->set->minors, tl_str(language), tl_str(name)));
	tl_js_close(b, '}');
}

static void
put_answer(struct tl_buf *b, const struct asking *a, const struct question *q)
{
	enum tl_contact_why why = q->answer.said.why;
	tl_js_z(b, "outcome", tl_contact_outcome_names[q->answer.said.outcome]);
	tl_js_z(b, "why", tl_contact_code(why));
	tl_js_z(b, "detail", tl_contact_sentence(why));
	put_person(b, a, "sender", tl_contact_to_sender(why), q->answer.from.language);
	put_person(b, a, "recipient", tl_contact_to_recipient(why), q->answer.to.language);
	if (q->has_content)
		tl_js_bool(b, "text_used", q->looked_at);
	tl_safety_put(b, a->set, &q->notice);
	tl_stats_contact(tl_api_of(a->req)->stats, q->answer.said.outcome);
}

static void
put_line(struct tl_buf *b, const struct tl_lined_line *line, const void *ctx)
{
	put_answer(b, ctx, line->of);
}

static void
answer(struct asking *a)
{
	struct tl_req *req = a->req;
	struct tl_buf b = {0};
	if (a->lined) {
		tl_lined_answer(req, a->lined, put_line, a);
		end(a);
		return;
	}
	tl_js_open(&b, NULL, '{');
	put_answer(&b, a, &a->one);
	tl_js_close(&b, '}');
	end(a);
	tl_req_answer_json(req, 200, &b);
}

/* Asking and recording ------------------------------------------------------------------------------------------- */

/* The n-th question; NULL after the last. Lines that were refused are skipped by *at. */
static struct question *
next(struct asking *a, size_t *at)
{
	if (!a)
		return NULL;
	if (!a->lined)
		return (*at)++ == 0 ? &a->one : NULL;
	while (*at < a->lined->count) {
		struct tl_lined_line *line = &a->lined->lines[(*at)++];
		if (line->rc == 0)
			return line->of;
	}
	return NULL;
}

/* A young person from whom somebody was kept away is told what they can do, now and then. */
static int
notice(struct tl_db *db, const struct asking *a, struct question *q)
{
	if (q->answer.to.age_band == TL_AGE_18 || !tl_safety_fits(&q->answer.said))
		return 0;
	return tl_safety_due(db, a->set, q->ask.platform, q->answer.to.id, TL_SAFETY_APPROACH,
	    q->ask.now, tl_req_arena(a->req), &q->notice);
}

static int
record(struct tl_db *db, void *ctx)
{
	struct asking *a = ctx;
	size_t at = 0;
	int rc = 0;
	for (struct question *q = next(a, &at); q && rc >= 0; q = next(a, &at)) {
		if (!q->record || q->answer.said.why == TL_CONTACT_WHY_AWAY)
			continue;
		rc = tl_gate_record(db, &q->ask, &q->answer);
		if (rc >= 0)
			rc = notice(db, a, q);
	}
	return rc < 0 ? rc : 0;
}

static void
recorded(struct tl_req *req, int rc, void *ctx)
{
	struct asking *a = ctx;
	size_t at = 0;
	(void)req;
	for (struct question *q = rc < 0 ? next(a, &at) : NULL; q; q = next(a, &at))
		if (q->record) {
			tl_gate_unrecorded(&q->answer);
			q->notice.show = false;
		}
	answer(a);
}

/* Reads and decides; without a store every question is answered as one that cannot be read. Returns rows to record. */
static unsigned
decide(struct asking *a)
{
	struct tl_app *app = &tl_api_of(a->req)->app;
	struct tl_db *db = NULL;
	size_t at = 0;
	unsigned rows = 0;
	bool away = tl_app_db(app, &db) < 0 || tl_db_read_begin(db) < 0;
	for (struct question *q = next(a, &at); q; q = next(a, &at)) {
		if (away) {
			q->answer = (struct tl_gate_answer){.minor = true};
			tl_gate_unrecorded(&q->answer);
			continue;
		}
		tl_gate_check(db, &a->map, &q->ask, &q->answer);
		look_at_text(a, q);
		rows += q->record && q->answer.said.why != TL_CONTACT_WHY_AWAY;
	}
	if (db)
		tl_db_read_end(db);
	tl_app_db_give(app, db);
	return rows;
}

static void
ask(struct asking *a)
{
	unsigned rows = decide(a);
	if (rows)
		tl_api_write_clean(a->req, TL_SYNC_NORMAL, rows, record, recorded, a);
	else
		answer(a);
}

void
tl_api_check_contact(struct tl_req *req)
{
	json_t *j = NULL;
	struct asking *a = begin(req);
	int rc = a ? tl_req_json(req, &j) : tl_arena_check(tl_req_arena(req));
	if (rc == 0 && a)
		rc = decode(req, j, tl_now_us(), &a->one);
	if (rc == 0 && a) {
		ask(a);
		return;
	}
	if (a)
		end(a);
	tl_req_problem(req, rc);
}

static void
decode_lines(struct asking *a)
{
	int64_t now = tl_now_us();
	for (size_t i = 0; i < a->lined->count; i++) {
		struct tl_lined_line *line = &a->lined->lines[i];
		int rc = line->rc;
		if (rc == 0 && i > 0)
			rc = tl_api_gate_line(a->req, "accounts");
		if (rc == 0)
			rc = decode(a->req, line->json, now, line->of);
		if (rc < 0 && line->rc == 0)
			tl_lined_refuse(a->lined, line, rc);
	}
}

void
tl_api_check_contacts(struct tl_req *req)
{
	struct asking *a = begin(req);
	struct tl_lined *l = NULL;
	int rc = a ? tl_lined_read(req, LINES_MAX, sizeof(struct question), &l)
		   : tl_arena_check(tl_req_arena(req));
	if (rc == 0 && a) {
		a->lined = l;
		decode_lines(a);
		ask(a);
		return;
	}
	if (a)
		end(a);
	tl_req_problem(req, rc);
}
