/*
 * Server-sent events for open consoles: alarms, what waits, the switches, and that what a screen shows has changed.
 *
 * Promises: a console hears of a change within about a second; a slow or gone reader, and one whose session ended,
 * is dropped and never blocks anybody. The thread reads the store once a tick, however many consoles are open. When the store fails a tick is
 * left out; the next one tries again.
 */
#include "api/console.h"

#include "api/console_copies.h"

#include "again/crisis.h"

#include "config/policy.h"
#include "store/alarms.h"
#include "sys/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define WATCHERS_MAX 512
#define QUEUES_MAX 100
#define OPENS_MAX 2000
#define ACCESS_BYTES 65536
#define PROPOSALS_BYTES (8U << 20)
#define KEEPALIVE_TICKS 20
#define SESSION_TICKS 5
#define SCREEN_TICKS 2 /* between two looks at what a screen shows */

/* What the screen of a console shows beside the counters: it is told when that changes. */
enum about { ABOUT_NOTHING, ABOUT_WATCH, ABOUT_CASE };

struct watcher {
	struct tl_stream *stream;
	enum about about;
	struct tl_id of;
	uint8_t mark[16]; /* of what it was told last */
	uint8_t session[TL_SESSION_HASH];
	struct tl_arena *arena; /* of `access`, read again with the session */
	struct tl_access access;
	struct tl_id user;
	struct tl_buf last; /* what it was told */
	int silent;         /* ticks since it was told anything */
};

struct tl_console_live {
	struct tl_app *app;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stop_cond;
	bool stop;
	int ticks;
	struct watcher *watchers[WATCHERS_MAX];
	size_t count;
};

static _Atomic(struct tl_console_live *) the_live; /* one console in a process */

struct queue_count {
	char name[64];
};

/* Open cases of a queue under one policy. */
struct open_count {
	size_t queue; /* index */
	char policy[64];
	int64_t open;
};

struct counters {
	struct tl_alarm_head alarms;
	bool observe, automatic;
	int64_t watches; /* of crisis mode that run */
	struct queue_count queues[QUEUES_MAX];
	size_t queue_count;
	struct open_count opens[OPENS_MAX];
	size_t open_count;
	struct tl_open_proposal *proposals; /* in the caller's arena */
	size_t proposal_count;
};

/* Reading --------------------------------------------------------------------------------- */

static int
read_queues(struct tl_db *db, struct counters *n)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_QUEUE_LIST, A_NULL);
	if (rc < 0)
		return rc;
	while (n->queue_count < QUEUES_MAX && (rc = tl_row_next(&r)) > 0) {
		struct queue_count *q = &n->queues[n->queue_count];
		*q = (struct queue_count){0};
		if (tl_str_copy(q->name, sizeof q->name, tl_col_str(&r, 0)) == 0)
			n->queue_count++;
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

static int
read_open(struct tl_db *db, struct counters *n)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_VIEW_OPEN_BY_QUEUE, A_NULL);
	if (rc < 0)
		return rc;
	while (n->open_count < OPENS_MAX && (rc = tl_row_next(&r)) > 0) {
		struct open_count *o = &n->opens[n->open_count];
		*o = (struct open_count){.open = tl_col_int(&r, 1)};
		while (o->queue < n->queue_count &&
		       !tl_str_is(tl_col_str(&r, 0), n->queues[o->queue].name))
			o->queue++;
		if (o->queue < n->queue_count &&
		    tl_str_copy(o->policy, sizeof o->policy, tl_col_str(&r, 2)) == 0)
			n->open_count++;
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

static int
read_counters(struct tl_db *db, struct tl_arena *a, struct counters *n)
{
	*n = (struct counters){.automatic = true};
	int rc = tl_alarm_head(db, &n->alarms);
	if (rc == 0)
		rc = tl_approvals_open(db, a, &n->proposals, &n->proposal_count);
	if (rc == 0)
		rc = tl_switch_get(db, TL_SWITCH_OBSERVE, &n->observe);
	if (rc == 0)
		rc = tl_switch_get(db, TL_SWITCH_AUTOMATIC, &n->automatic);
	if (rc == 0)
		rc = tl_watch_open_count(db, &n->watches);
	if (rc == 0)
		rc = read_queues(db, n);
	return rc < 0 ? rc : read_open(db, n);
}

/* Open cases of a queue that the person may see, and what of them they could take. */
static int64_t
open_of(const struct counters *n, size_t queue, const struct tl_access *who, int64_t *waiting)
{
	int64_t sum = 0;
	for (size_t i = 0; i < n->open_count; i++) {
		const struct open_count *o = &n->opens[i];
		struct tl_tag tag = {tl_str(n->queues[queue].name), tl_str(o->policy)};
		if (o->queue != queue)
			continue;
		if (tl_may_on(who, TL_ACT_SEE, &tag, 1))
			sum += o->open;
		if (tl_may_on(who, TL_ACT_WORK, &tag, 1))
			*waiting += o->open;
	}
	return sum;
}

static void
write_queues(struct tl_buf *json, const struct counters *n, const struct tl_access *who)
{
	int64_t waiting = 0;
	tl_js_open(json, "queues", '{');
	for (size_t i = 0; i < n->queue_count; i++) {
		struct tl_tag tag = {.queue = tl_str(n->queues[i].name)};
		int64_t open = open_of(n, i, who, &waiting);
		if (tl_may_on(who, TL_ACT_SEE, &tag, 1))
			tl_js_int(json, n->queues[i].name, open);
	}
	tl_js_close(json, '}');
	tl_js_int(json, "waiting", waiting);
}

static void
write_event(struct tl_buf *out, const struct counters *n, const struct watcher *w)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) json = {0};
	tl_js_open(&json, NULL, '{');
	tl_console_alarm_head(&json, &n->alarms);
	write_queues(&json, n, &w->access);
	tl_js_int(&json, "approvals",
	    tl_approvals_waiting(n->proposals, n->proposal_count, w->user, &w->access));
	tl_js_int(&json, "watches", n->watches);
	tl_js_bool(&json, "observe_only", n->observe);
	tl_js_bool(&json, "automatic_actions", n->automatic);
	tl_js_close(&json, '}');
	tl_buf_puts(out, "event: counters\ndata: ");
	tl_buf_put(out, json.p, json.n);
	tl_buf_puts(out, "\n\n");
}

/* Telling --------------------------------------------------------------------------------- */

/* What the person of a session may do as of now; kept in the watcher. NOTFOUND. */
static int
look_up(struct tl_db *db, struct watcher *w, struct tl_id id, const struct tl_policy_set *set)
{
	struct tl_user u;
	tl_arena_reset(w->arena);
	w->user = id;
	w->access =
	    (struct tl_access){0}; /* a viewer without any clearance, should this fail */
	int rc = tl_user_get(db, id, w->arena, &u);
	if (rc == 0 && u.disabled_at)
		rc = TL_ENOTFOUND;
	return rc < 0 ? rc : tl_access_of(db, w->arena, &u, set, &w->access);
}

/* False when the session that the reader came with has ended; what they may do is read again. */
static bool
signed_in(struct tl_db *db, struct watcher *w, const struct tl_policy_set *set)
{
	struct tl_session_row row;
	int rc = tl_session_get(db, w->session, NULL, &row);
	if (rc == 0 && row.expires_at <= tl_now_us())
		rc = TL_ENOTFOUND;
	if (rc == 0)
		rc = look_up(db, w, row.user, set);
	return rc != TL_ENOTFOUND;
}

/* False when the reader is gone or too slow. */
static bool
tell(struct watcher *w, const struct counters *n)
{
	struct tl_buf now = {0};
	int rc = 0;
	write_event(&now, n, w);
	if (!tl_str_eq(tl_buf_str(&now), tl_buf_str(&w->last))) {
		rc = tl_stream_put(w->stream, tl_buf_str(&now));
		tl_buf_fini(&w->last);
		w->last = now;
		w->silent = 0;
		return rc == 0;
	}
	tl_buf_fini(&now);
	if (++w->silent >= KEEPALIVE_TICKS) {
		w->silent = 0;
		rc = tl_stream_put(w->stream, TL_S(":\n\n"));
	}
	return rc == 0;
}

/* A watch as its screen shows it. */
static int
look_at_watch(struct tl_db *db, struct tl_id id, struct tl_buf *out)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *a = tl_arena_create(ACCESS_BYTES);
	struct tl_watch w = {0};
	int rc = tl_watch_get(db, id, a, &w);
	if (rc < 0)
		return rc;
	tl_buf_printf(out, "%d %d %lld %lld", w.distance, w.enabled, (long long)w.ends_at,
	    (long long)w.ended_at);
	return w.ended_at ? 0 : tl_watch_figures(db, &w, out);
}

/* The live stream of a case, with what was found in it. */
static int
look_at_case(struct tl_db *db, struct tl_id id, struct tl_buf *out)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_LIVE_CASE, A_ID(id));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	tl_buf_puts(out, "case ");
	for (int i = 0; i < 6; i++)
		tl_buf_printf(out, "%lld ", (long long)tl_col_int(&r, i));
	tl_row_end(&r);
	return 0;
}

/* Tells that what the screen shows has changed, and once at the beginning. False when the reader is gone. */
static bool
tell_screen(struct watcher *w, struct tl_db *db)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) is = {0};
	uint8_t mark[sizeof w->mark];
	if (w->about == ABOUT_NOTHING)
		return true;
	if ((w->about == ABOUT_WATCH ? look_at_watch : look_at_case)(db, w->of, &is) < 0)
		return true; /* the next look tries again */
	tl_blake2b(mark, sizeof mark, tl_buf_str(&is), NULL);
	bool same = memcmp(mark, w->mark, sizeof mark) == 0;
	memcpy(w->mark, mark, sizeof mark);
	return same || tl_stream_put(w->stream, TL_S("event: screen\ndata: {}\n\n")) == 0;
}

static void
drop(struct watcher *w)
{
	tl_stream_end(w->stream);
	tl_buf_fini(&w->last);
	tl_arena_destroy(w->arena);
	free(w);
}

/* With the lock held. */
static void
tell_all(struct tl_console_live *l, struct tl_db *db, const struct counters *n,
    const struct tl_policy_set *set)
{
	bool look = ++l->ticks % SESSION_TICKS == 0;
	for (size_t i = 0; i < l->count;) {
		struct watcher *w = l->watchers[i];
		bool here = !look || signed_in(db, w, set);
		w->access.set = set;
		if (here && l->ticks % SCREEN_TICKS == 0)
			here = tell_screen(w, db);
		if (here && tell(w, n)) {
			i++;
			continue;
		}
		drop(w);
		l->watchers[i] = l->watchers[--l->count];
	}
}

static void
tick(struct tl_console_live *l)
{
	static struct counters n; /* large; only this thread touches it */
	struct tl_db *db = NULL;
	(void)pthread_mutex_lock(&l->lock);
	bool any = l->count > 0;
	(void)pthread_mutex_unlock(&l->lock);
	if (!any)
		return;
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(PROPOSALS_BYTES);
	int rc = tl_app_db(l->app, &db);
	if (rc == 0)
		rc = read_counters(db, a, &n);
	const struct tl_policy_set *set = tl_app_policies(l->app);
	if (rc == 0) {
		(void)pthread_mutex_lock(&l->lock);
		tell_all(l, db, &n, set);
		(void)pthread_mutex_unlock(&l->lock);
	}
	tl_policy_unref(set);
	tl_app_db_give(l->app, db);
}

static void *
run(void *arg)
{
	struct tl_console_live *l = arg;
	(void)pthread_mutex_lock(&l->lock);
	while (!l->stop) {
		struct timespec at;
		(void)pthread_mutex_unlock(&l->lock);
		tick(l);
		(void)pthread_mutex_lock(&l->lock);
		(void)clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec++;
		if (!l->stop)
			(void)pthread_cond_timedwait(&l->stop_cond, &l->lock, &at);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return NULL;
}

int
tl_console_live_start(struct tl_app *app, struct tl_console_live **ret)
{
	struct tl_console_live *l = calloc(1, sizeof *l);
	pthread_condattr_t attr;
	if (!l)
		abort();
	l->app = app;
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->stop_cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (pthread_create(&l->thread, NULL, run, l) != 0) {
		free(l);
		return tl_fail(TL_EAGAIN, "no thread for open consoles");
	}
	tl_console_rules_begin(app);
	the_live = l;
	*ret = l;
	return 0;
}

void
tl_console_live_stop(struct tl_console_live *l)
{
	if (!l)
		return;
	(void)pthread_mutex_lock(&l->lock);
	l->stop = true;
	(void)pthread_cond_signal(&l->stop_cond);
	(void)pthread_mutex_unlock(&l->lock);
	(void)pthread_join(l->thread, NULL);
	the_live = NULL;
	for (size_t i = 0; i < l->count; i++)
		drop(l->watchers[i]);
	tl_console_rules_end();
	tl_console_copies_end();
	(void)pthread_cond_destroy(&l->stop_cond);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Which screen it is: they may see what it shows. */
static int
read_about(struct tl_call *c, enum about *ret, struct tl_id *ret_of)
{
	struct tl_str id = {0};
	struct tl_watch w = {0};
	struct tl_case of;
	*ret = ABOUT_NOTHING;
	if (tl_req_query(c->req, "watch", &id) && id.n)
		*ret = ABOUT_WATCH;
	else if (tl_req_query(c->req, "case", &id) && id.n)
		*ret = ABOUT_CASE;
	if (*ret == ABOUT_NOTHING)
		return 0;
	if (tl_id_parse(id, ret_of) < 0)
		return tl_fail_at(
		    TL_EFIELD, *ret == ABOUT_WATCH ? "watch" : "case", "is not one of ours");
	if (*ret == ABOUT_WATCH) {
		int rc = tl_watch_get(c->db, *ret_of, c->arena, &w);
		return rc < 0 ? rc : tl_call_need_policy(c, TL_ACT_SEE, w.policy);
	}
	int rc = tl_case_get(c->db, c->arena, *ret_of, &of);
	return rc < 0 ? rc : tl_review_need(c->db, c->arena, &c->who, TL_ACT_SEE, &of);
}

int
tl_console_live(struct tl_call *c)
{
	struct tl_console_live *l = the_live;
	if (!l)
		return tl_fail(TL_EAGAIN, "nothing is told live right now");
	struct counters *n = TL_NEW(c->arena, struct counters);
	int rc = tl_arena_check(c->arena);
	enum about about = ABOUT_NOTHING;
	struct tl_id of = {0};
	if (rc == 0)
		rc = read_counters(c->db, c->arena, n);
	if (rc == 0)
		rc = read_about(c, &about, &of);
	if (rc < 0)
		return rc;
	struct watcher *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	memcpy(w->session, c->session->hash, sizeof w->session);
	w->about = about;
	w->of = of;
	w->arena = tl_arena_create(ACCESS_BYTES);
	rc = look_up(c->db, w, c->who.id, c->set);
	if (rc < 0) {
		tl_arena_destroy(w->arena);
		free(w);
		return rc;
	}
	(void)pthread_mutex_lock(&l->lock);
	bool full = l->count == WATCHERS_MAX;
	if (!full) {
		c->answered = true;
		w->stream = tl_req_stream(c->req, 200, "text/event-stream");
		l->watchers[l->count++] = w;
		(void)tell(w, n);
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (full) {
		tl_arena_destroy(w->arena);
		free(w);
		return tl_fail(TL_EAGAIN, "too many consoles are open");
	}
	return 0;
}
