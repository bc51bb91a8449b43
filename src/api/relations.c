/*
 * PUT /v1/relations and PUT /v1/relations:batch: what happened between accounts, one event or many.
 *
 * Promises: an event is durable before it is answered; it counts by its own time, so that repeats and late ones do no harm.
 * Lines of a batch are written in pieces, so that others take their turn between them; a batch that breaks off is sent
 * again. Called by the route table.
 */
#include "api/routes.h"

#include "api/help.h"
#include "api/lined.h"
#include "config/policy.h"
#include "intake/contacts.h"
#include "minors/gate.h"
#include "store/relations.h"
#include "sys/clock.h"

#define LINES_MAX 10000U
#define PIECE 256U /* events in a transaction */

struct event {
	struct tl_relation_in in;
	bool applied;
	struct tl_id from;
};

static int
store_event(struct tl_db *db, const struct tl_who *who, struct event *e)
{
	struct tl_account_ref from, to;
	int rc = tl_account_ref_ensure(db, who->platform, who->live, e->in.from, &from);
	if (rc == 0)
		rc = tl_account_ref_ensure(db, who->platform, who->live, e->in.to, &to);
	if (rc == 0)
		rc = tl_relation_put(
		    db, who->platform, from.number, to.number, &e->in.event, &e->applied);
	if (rc == 0 && e->applied)
		rc = tl_gate_told(db, who->platform, &from, &to, &e->in.event, tl_now_us());
	if (rc == 0)
		e->from = from.id;
	return rc;
}

/* One event ------------------------------------------------------------------------------------------------------ */

struct one {
	struct tl_req *req;
	const struct tl_policy_set *set;
	struct event event;
	struct tl_safety notice; /* for a young person who said no */
};

static int
store_one(struct tl_db *db, void *ctx)
{
	struct one *o = ctx;
	enum tl_relation_kind kind = o->event.in.event.kind;
	int rc = store_event(db, tl_req_who(o->req), &o->event);
	bool no = kind == TL_RELATION_DECLINE || kind == TL_RELATION_BLOCK;
	if (rc < 0 || !no || !o->event.applied)
		return rc;
	return tl_safety_due(db, o->set, tl_req_who(o->req)->platform, o->event.from,
	    TL_SAFETY_REFUSED, tl_now_us(), tl_req_arena(o->req), &o->notice);
}

static void
answer_one(struct tl_req *req, int rc, void *ctx)
{
	struct one *o = ctx;
	struct tl_buf b = {0};
	if (rc == 0) {
		tl_js_open(&b, NULL, '{');
		tl_js_bool(&b, "applied", o->event.applied);
		tl_safety_put(&b, o->set, &o->notice);
		tl_js_close(&b, '}');
	}
	tl_policy_unrefp(&o->set);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_req_answer_json(req, 200, &b);
}

void
tl_api_put_relation(struct tl_req *req)
{
	json_t *j = NULL;
	struct one *o = TL_NEW(tl_req_arena(req), struct one);
	int rc = o ? tl_req_json(req, &j) : tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_decode_relation(j, tl_now_us(), &o->event.in);
	if (rc < 0 || !o) {
		tl_req_problem(req, rc);
		return;
	}
	o->req = req;
	o->set = tl_app_policies(&tl_api_of(req)->app);
	tl_api_write(req, TL_SYNC_FULL, store_one, answer_one, o);
}

/* Many ----------------------------------------------------------------------------------------------------------- */

struct many {
	struct tl_req *req;
	struct tl_lined *lined;
	size_t at; /* the first line of the piece that is written next */
};

static size_t
piece_end(const struct many *m)
{
	return m->at + PIECE < m->lined->count ? m->at + PIECE : m->lined->count;
}

static int
store_piece(struct tl_db *db, void *ctx)
{
	struct many *m = ctx;
	int rc = 0;
	for (size_t i = m->at; rc == 0 && i < piece_end(m); i++)
		if (m->lined->lines[i].rc == 0)
			rc = store_event(db, tl_req_who(m->req), m->lined->lines[i].of);
	return rc;
}

static void
put_applied(struct tl_buf *out, const struct tl_lined_line *line, const void *ctx)
{
	const struct event *e = line->of;
	(void)ctx;
	tl_js_bool(out, "applied", e->applied);
}

/* A piece that the store could not take: its lines say so, and the others are tried. */
static void
next_piece(struct tl_req *req, int rc, void *ctx)
{
	struct many *m = ctx;
	for (size_t i = m->at; rc < 0 && i < piece_end(m); i++)
		if (m->lined->lines[i].rc == 0)
			tl_lined_refuse(m->lined, &m->lined->lines[i], rc);
	m->at = piece_end(m);
	if (m->at < m->lined->count)
		tl_api_write(req, TL_SYNC_FULL, store_piece, next_piece, m);
	else
		tl_lined_answer(req, m->lined, put_applied, NULL);
}

static void
decode_lines(struct tl_req *req, struct tl_lined *l)
{
	int64_t now = tl_now_us();
	for (size_t i = 0; i < l->count; i++) {
		struct tl_lined_line *line = &l->lines[i];
		struct event *e = line->of;
		int rc = line->rc;
		if (rc == 0 && i > 0)
			rc = tl_api_gate_line(req, "accounts");
		if (rc == 0)
			rc = tl_decode_relation(line->json, now, &e->in);
		if (rc < 0 && line->rc == 0)
			tl_lined_refuse(l, line, rc);
	}
}

void
tl_api_put_relations(struct tl_req *req)
{
	struct many *m = TL_NEW(tl_req_arena(req), struct many);
	struct tl_lined *l = NULL;
	int rc = m ? tl_lined_read(req, LINES_MAX, sizeof(struct event), &l)
		   : tl_fail(TL_ENOMEM, "the request is too large");
	if (rc < 0 || !l) {
		tl_req_problem(req, rc);
		return;
	}
	decode_lines(req, l);
	*m = (struct many){req, l, 0};
	if (l->count)
		tl_api_write(req, TL_SYNC_FULL, store_piece, next_piece, m);
	else
		tl_lined_answer(req, l, put_applied, NULL);
}
