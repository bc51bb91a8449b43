/*
 * /v1/minors/snapshots: what a platform says the settings of its accounts really are, streamed in as lines; what the audit
 * found; and the accounts to mend.
 *
 * Promises: lines go to the writer in parts, one at a time while the next is read, and the sender is held back meanwhile, so
 * that memory is bounded whatever the size. A connection that breaks off leaves what was committed; the same lines sent again go
 * on from there. Failures: INPUT, CONFLICT, the store's. Called by the route table.
 */
#include "api/routes.h"

#include "config/policy.h"
#include "intake/lines.h"
#include "minors/audit.h"
#include "minors/snapshot.h"
#include "minors/snapshot_line.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE 100
#define PAGE_MAX 1000
#define ANSWER_ARENA (1U << 20)

struct taken {
	pthread_mutex_t lock;
	struct tl_req *req;             /* NULL once the request has ended */
	bool waits;                     /* the connection sleeps until the part is taken, */
	void (*go)(struct tl_req *req); /* and then goes on here; NULL: with its body */
	int owners;                     /* the request, and the part at the writer */
	const struct tl_policy_set *set;
	struct tl_lines lines;
	struct tl_snapshot_gather gather[2];
	int at;    /* the one that is being filled */
	bool busy; /* the other one is at the writer */
	bool more; /* the request's end is not the snapshot's */
	bool ended;
	struct tl_work work;
	struct tl_snapshot_part part; /* at the writer */
	struct tl_arena *arena;       /* of the snapshot as it was answered */
	struct tl_snapshot snapshot;
	uint8_t chain[TL_SNAPSHOT_CHAIN];
	int rc;
	char text[400], field[40];
	char id[TL_SNAPSHOT_ID_MAX];
};

static void
release(struct taken *t, bool ending)
{
	(void)pthread_mutex_lock(&t->lock);
	if (ending)
		t->req = NULL;
	int left = --t->owners;
	(void)pthread_mutex_unlock(&t->lock);
	if (left)
		return;
	for (size_t i = 0; i < TL_COUNT(t->gather); i++)
		tl_snapshot_gather_fini(&t->gather[i]);
	tl_lines_fini(&t->lines);
	tl_arena_destroy(t->arena);
	tl_policy_unref(t->set);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

static void
taken_destroy(void *p)
{
	release(p, true);
}

/* On the writer's thread ------------------------------------------------------------------------------------------ */

static int
write_part(struct tl_db *db, void *ctx)
{
	struct taken *t = ctx;
	tl_arena_reset(t->arena);
	return tl_snapshot_take(db, t->set, &t->part, t->arena, &t->snapshot, t->chain);
}

static void
part_done(void *ctx, int rc)
{
	struct taken *t = ctx;
	(void)pthread_mutex_lock(&t->lock);
	t->busy = false;
	t->rc = rc < 0 ? rc : 0;
	if (rc < 0) {
		(void)snprintf(t->text, sizeof t->text, "%s", tl_err_text());
		(void)snprintf(t->field, sizeof t->field, "%s", tl_err_field());
	}
	if (t->req && t->waits) {
		t->waits = false;
		if (t->go)
			tl_req_continue(t->req, t->go);
		else
			tl_req_wake(t->req);
	}
	(void)pthread_mutex_unlock(&t->lock);
	release(t, false);
}

/* On the connection's thread -------------------------------------------------------------------------------------- */

/* True while a part is at the writer: the request is called when it is taken. */
static bool
must_wait(struct taken *t, void (*go)(struct tl_req *req))
{
	(void)pthread_mutex_lock(&t->lock);
	bool busy = t->busy;
	t->waits = busy;
	t->go = go;
	(void)pthread_mutex_unlock(&t->lock);
	return busy;
}

/* What was gathered goes to the writer; nothing else may be there. */
static void
send_part(struct taken *t, bool last)
{
	t->part.before = t->part.after;
	t->part.after = t->lines.number;
	t->part.last = last;
	memcpy(t->part.chain, t->chain, sizeof t->chain);
	tl_snapshot_gathered(&t->gather[t->at], &t->part);
	t->at ^= 1;
	tl_snapshot_gather_reset(&t->gather[t->at]);
	t->work = (struct tl_work){.fn = write_part,
	    .done = part_done,
	    .ctx = t,
	    .sync = last || t->ended ? TL_SYNC_FULL : TL_SYNC_NORMAL,
	    .weight = (unsigned)t->part.count};
	(void)pthread_mutex_lock(&t->lock);
	t->busy = true;
	t->owners++;
	(void)pthread_mutex_unlock(&t->lock);
	if (tl_writer_submit(tl_api_of(t->req)->app.writer, &t->work) < 0)
		part_done(t, TL_EAGAIN);
}

/* What is asked for besides the lines. */
static int
read_ask(struct tl_req *req, struct taken *t)
{
	struct tl_str v;
	int64_t from = 0;
	int rc = tl_req_query_int(req, "from", 0, INT64_MAX / 2, &from);
	if (rc == 0 && tl_req_query(req, "taken_at", &v) &&
	    tl_time_parse(v, &t->part.taken_at) < 0)
		rc = tl_fail_at(TL_EFIELD, "taken_at", "must be a time (RFC 3339)");
	if (rc == 0 && tl_req_query(req, "more", &v)) {
		t->more = tl_str_is(v, "true");
		if (!t->more && !tl_str_is(v, "false"))
			rc = tl_fail_at(TL_EFIELD, "more", "must be true or false");
	}
	struct tl_str id = tl_req_param(req, 0);
	if (rc == 0 && (id.n < 1 || id.n > sizeof t->id))
		rc = tl_fail_at(
		    TL_EFIELD, "id", "must be 1 to %d bytes long", TL_SNAPSHOT_ID_MAX);
	if (rc < 0)
		return rc;
	memcpy(t->id, id.p, id.n);
	t->lines.number = from;
	t->part.before = t->part.after = from;
	t->part.from_start = from == 0;
	t->part.id = tl_bytes(t->id, id.n);
	t->part.platform = tl_req_who(req)->platform;
	t->part.live = tl_req_who(req)->live;
	return 0;
}

static int
snapshot_begin(struct tl_req *req)
{
	struct tl_api *api = tl_api_of(req);
	int rc = tl_api_accepting(api);
	if (rc < 0)
		return rc;
	if (!tl_req_type_is(req, "application/x-ndjson"))
		return tl_fail_at(
		    TL_ETYPE, "Content-Type", "this call takes application/x-ndjson");
	struct taken *t = calloc(1, sizeof *t);
	if (!t)
		abort();
	(void)pthread_mutex_init(&t->lock, NULL);
	t->req = req;
	t->owners = 1;
	t->lines.limit = TL_SNAPSHOT_LINE_MAX;
	t->arena = tl_arena_create(ANSWER_ARENA);
	t->set = tl_app_policies(&api->app);
	tl_req_keep(req, t, taken_destroy);
	return read_ask(req, t);
}

static int
refused(const struct taken *t)
{
	return tl_fail_at(t->rc, t->field, "%s", t->text);
}

/* The request is an owner as long as it feeds; the analyser does not count. */
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-use-after-free"
#endif
static int
snapshot_feed(struct tl_req *req, struct tl_str data)
{
	struct taken *t = tl_req_kept(req);
	struct tl_snapshot_gather *g = &t->gather[t->at];
	if (tl_snapshot_gather_full(g)) {
		if (must_wait(t, NULL))
			return TL_EAGAIN;
		if (t->rc < 0)
			return refused(t);
		send_part(t, false);
		g = &t->gather[t->at];
	}
	return tl_lines_feed(&t->lines, data, tl_snapshot_gather, g);
}
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

const struct tl_body tl_api_put_snapshot_body = {snapshot_begin, snapshot_feed};

static void
answer_snapshot(struct tl_req *req)
{
	struct taken *t = tl_req_kept(req);
	struct tl_buf b = {0};
	if (must_wait(t, answer_snapshot))
		return;
	if (t->rc < 0) {
		tl_req_problem_at(req, t->rc, t->field, t->text);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_audit_put_snapshot(&b, &t->snapshot);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

void
tl_api_put_snapshot(struct tl_req *req)
{
	struct taken *t = tl_req_kept(req);
	if (must_wait(t, tl_api_put_snapshot))
		return;
	int rc = t->rc < 0 ? refused(t)
			   : tl_lines_end(&t->lines, tl_snapshot_gather, &t->gather[t->at]);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	t->ended = true;
	send_part(t, !t->more);
	answer_snapshot(req);
}

/* Reading --------------------------------------------------------------------------------------------------------- */

static int
list(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	const struct tl_who *who = tl_req_who(req);
	struct tl_snapshot *all = NULL;
	size_t n = 0;
	int64_t cursor = 0, limit = PAGE;
	int rc = tl_req_query_int(req, "cursor", 1, INT64_MAX, &cursor);
	if (rc == 0)
		rc = tl_req_query_int(req, "limit", 1, PAGE_MAX, &limit);
	if (rc == 0)
		rc = tl_snapshot_page(db, who->platform, who->live, cursor, (size_t)limit,
		    tl_req_arena(req), &all, &n);
	if (rc < 0)
		return rc;
	tl_js_open(out, NULL, '{');
	tl_js_open(out, "snapshots", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(out, NULL, '{');
		tl_audit_put_snapshot(out, &all[i]);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	tl_js_int0(out, "cursor", n == (size_t)limit, n ? all[n - 1].seq : 0);
	tl_js_close(out, '}');
	return 0;
}

void
tl_api_get_snapshots(struct tl_req *req)
{
	tl_api_read(req, list);
}

static int
named(struct tl_req *req, struct tl_db *db, struct tl_snapshot *ret)
{
	const struct tl_who *who = tl_req_who(req);
	return tl_snapshot_get(
	    db, who->platform, who->live, tl_req_param(req, 0), tl_req_arena(req), ret);
}

static int
whole(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	struct tl_snapshot s = {0};
	int rc = named(req, db, &s);
	return rc < 0 ? rc : tl_audit_put_whole(db, &s, tl_req_arena(req), out);
}

void
tl_api_get_snapshot(struct tl_req *req)
{
	tl_api_read(req, whole);
}

/* Where a page of findings goes on: "line.nth". */
static int
read_place(struct tl_req *req, int64_t *ret_line, int64_t *ret_nth)
{
	struct tl_str v;
	if (!tl_req_query(req, "cursor", &v))
		return 0;
	const uint8_t *dot = v.n ? memchr(v.p, '.', v.n) : NULL;
	size_t n = dot ? (size_t)(dot - v.p) : 0;
	if (!dot || tl_parse_i64(tl_bytes(v.p, n), 0, INT64_MAX, ret_line) < 0 ||
	    tl_parse_i64(tl_bytes(dot + 1, v.n - n - 1), 0, INT64_MAX, ret_nth) < 0)
		return tl_fail_at(TL_EFIELD, "cursor", "is not one that was answered");
	return 0;
}

static int
findings(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	struct tl_snapshot s = {0};
	struct tl_snapshot_finding *all = NULL;
	size_t n = 0;
	int64_t line = 0, nth = -1, limit = PAGE;
	int rc = read_place(req, &line, &nth);
	if (rc == 0)
		rc = tl_req_query_int(req, "limit", 1, PAGE_MAX, &limit);
	if (rc == 0)
		rc = named(req, db, &s);
	if (rc == 0)
		rc = tl_snapshot_findings(
		    db, s.seq, line, nth, (size_t)limit, tl_req_arena(req), &all, &n);
	if (rc < 0)
		return rc;
	tl_js_open(out, NULL, '{');
	tl_js_open(out, "findings", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(out, NULL, '{');
		tl_js_int(out, "line", all[i].line);
		tl_js_str(out, "kind", all[i].kind);
		tl_js_str0(out, "what", all[i].what);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	char place[48] = "";
	if (n && n == (size_t)limit)
		(void)snprintf(place, sizeof place, "%lld.%lld", (long long)all[n - 1].line,
		    (long long)all[n - 1].nth);
	tl_js_str0(out, "cursor", tl_str(place));
	tl_js_close(out, '}');
	return 0;
}

void
tl_api_get_snapshot_findings(struct tl_req *req)
{
	tl_api_read(req, findings);
}

static int
mend(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	const struct tl_who *who = tl_req_who(req);
	struct tl_mend ask = {.platform = who->platform, .live = who->live};
	struct tl_id last = {0};
	struct tl_str v;
	int64_t limit = PAGE;
	int rc = tl_req_query_int(req, "limit", 1, PAGE_MAX, &limit);
	if (rc == 0 && tl_req_query(req, "cursor", &v) && tl_id_parse(v, &ask.after) < 0)
		rc = tl_fail_at(TL_EFIELD, "cursor", "is not one that was answered");
	if (rc < 0)
		return rc;
	ask.max = (size_t)limit;
	const struct tl_policy_set *set TL_CLEANUP(tl_policy_unrefp) =
	    tl_app_policies(&tl_api_of(req)->app);
	tl_js_open(out, NULL, '{');
	tl_js_open(out, "accounts", '[');
	rc = tl_audit_put_mend(db, set, &ask, tl_req_arena(req), out, &last);
	tl_js_close(out, ']');
	tl_js_id(out, "cursor", last);
	tl_js_close(out, '}');
	return rc;
}

void
tl_api_get_mend(struct tl_req *req)
{
	tl_api_read(req, mend);
}
