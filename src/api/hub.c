/*
 * The hub of the event stream.
 *
 * Promises: events reach a reader in the order of their numbers, none is skipped, none comes twice on one
 * connection; only numbered events of the key's platform and mode; what is held does not leave. Memory is bounded
 * by readers times the backlog of a stream. A slow reader whose backlog stays full for SLOW_US is cut off. When
 * the store fails, the readers wait. Called by GET /v1/events.
 */
#include "api/hub.h"

#include "store/outbox.h"
#include "sys/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define READERS_MAX 256U
#define PAGE 64U
#define POLL_US (250 * TL_US_MS)
#define HEARTBEAT_US (10 * TL_US_S)
#define SLOW_US (30 * TL_US_S)
#define ARENA_BYTES (8U << 20)

struct reader {
	struct tl_stream *stream;
	int64_t platform;
	bool live;
	int64_t after;      /* the last number that was put */
	int64_t heard_us;   /* the last put, for the heartbeat */
	int64_t blocked_us; /* since when its backlog is full; 0: it is not */
	struct reader *next;
};

struct tl_hub {
	struct tl_app *app;
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	bool stopping, nudged;
	size_t count;
	struct reader *fresh;   /* joined, not yet seen by the thread */
	struct reader *readers; /* the thread's own */
};

static void
put_event(struct tl_buf *b, const struct tl_outbox_row *e)
{
	tl_buf_printf(b, "id: %lld\nevent: ", (long long)e->event_seq);
	tl_buf_put(b, e->kind.p, e->kind.n);
	tl_buf_puts(b, "\ndata: ");
	tl_buf_put(b, e->body.p, e->body.n); /* JSON on one line */
	tl_buf_puts(b, "\n\n");
}

/* Puts text; false when the reader must be dropped. */
static bool
put(struct reader *r, struct tl_str text, bool *ret_full)
{
	int64_t now = tl_mono_us();
	int rc = tl_stream_put(r->stream, text);
	*ret_full = rc == TL_ETOOBIG;
	if (rc == 0) {
		r->heard_us = now;
		r->blocked_us = 0;
		return true;
	}
	if (rc != TL_ETOOBIG)
		return false;
	if (!r->blocked_us)
		r->blocked_us = now;
	return now - r->blocked_us < SLOW_US;
}

/* Events after the reader's last one, until it is up to date or full. */
static bool
serve(struct tl_db *db, struct tl_arena *arena, struct reader *r)
{
	struct tl_buf text = {0};
	bool ok = true, full = false;
	size_t n = PAGE;
	while (ok && !full && n == PAGE) {
		struct tl_outbox_row *rows = NULL;
		tl_arena_reset(arena);
		if (tl_outboxrow_events(
			db, r->platform, r->live, r->after, PAGE, arena, &rows, &n) < 0)
			break;
		/* A number that was seen is never given to another event, not even after a power cut. */
		if (n && tl_db_sync(db) < 0)
			break;
		for (size_t i = 0; i < n && ok && !full; i++) {
			tl_buf_reset(&text);
			put_event(&text, &rows[i]);
			ok =
			    rows[i].state == TL_OUTBOX_HELD || put(r, tl_buf_str(&text), &full);
			if (ok && !full)
				r->after = rows[i].event_seq;
		}
	}
	if (ok && !full && tl_mono_us() - r->heard_us > HEARTBEAT_US)
		ok = put(r, TL_S(":\n\n"), &full);
	tl_buf_fini(&text);
	return ok;
}

static void
drop(struct tl_hub *h, struct reader *r)
{
	tl_stream_end(r->stream);
	free(r);
	(void)pthread_mutex_lock(&h->lock);
	h->count--;
	(void)pthread_mutex_unlock(&h->lock);
}

static void
serve_all(struct tl_hub *h, struct tl_db *db, struct tl_arena *arena)
{
	struct reader **at = &h->readers;
	while (*at) {
		struct reader *r = *at;
		if (!tl_stream_gone(r->stream) && serve(db, arena, r)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		drop(h, r);
	}
}

/* Waits for a nudge or the next look; takes over who joined. False at the stop. */
static bool
wait_turn(struct tl_hub *h)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t ns = until.tv_nsec + POLL_US * 1000;
	until.tv_sec += ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	(void)pthread_mutex_lock(&h->lock);
	if (!h->nudged && !h->stopping && !h->fresh)
		(void)pthread_cond_timedwait(&h->more, &h->lock, &until);
	h->nudged = false;
	while (h->fresh) {
		struct reader *r = h->fresh;
		h->fresh = r->next;
		r->next = h->readers;
		h->readers = r;
	}
	bool go = !h->stopping;
	(void)pthread_mutex_unlock(&h->lock);
	return go;
}

static void *
hub_main(void *arg)
{
	struct tl_hub *h = arg;
	struct tl_db *db = NULL;
	struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	while (wait_turn(h)) {
		if (!h->readers)
			continue;
		if (!db && tl_app_db(h->app, &db) < 0)
			continue;
		serve_all(h, db, arena);
	}
	while (h->readers) {
		struct reader *r = h->readers;
		h->readers = r->next;
		drop(h, r);
	}
	tl_app_db_give(h->app, db);
	tl_arena_destroy(arena);
	return NULL;
}

int
tl_hub_start(struct tl_app *app, struct tl_hub **ret)
{
	struct tl_hub *h = calloc(1, sizeof *h);
	pthread_condattr_t attr;
	if (!h)
		abort();
	h->app = app;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&h->more, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (pthread_create(&h->thread, NULL, hub_main, h) != 0) {
		free(h);
		return tl_fail(TL_EAGAIN, "cannot start the thread of events");
	}
	*ret = h;
	return 0;
}

void
tl_hub_stop(struct tl_hub *h)
{
	if (!h)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->stopping = true;
	(void)pthread_cond_signal(&h->more);
	(void)pthread_mutex_unlock(&h->lock);
	(void)pthread_join(h->thread, NULL);
}

void
tl_hub_destroy(struct tl_hub *h)
{
	if (!h)
		return;
	/* Who joined while the thread was ending. */
	while (h->fresh) {
		struct reader *r = h->fresh;
		h->fresh = r->next;
		drop(h, r);
	}
	(void)pthread_cond_destroy(&h->more);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

int
tl_hub_join(struct tl_hub *h, struct tl_req *req, int64_t after)
{
	const struct tl_who *who = tl_req_who(req);
	struct reader *r = calloc(1, sizeof *r);
	if (!r)
		abort();
	(void)pthread_mutex_lock(&h->lock);
	bool room = h->count < READERS_MAX && !h->stopping;
	h->count += room;
	(void)pthread_mutex_unlock(&h->lock);
	if (!room) {
		free(r);
		return tl_fail(TL_EAGAIN, "too many readers of events");
	}
	*r = (struct reader){.platform = who->platform,
	    .live = who->live,
	    .after = after,
	    .heard_us = tl_mono_us()};
	r->stream = tl_req_stream(req, 200, "text/event-stream");
	/* The head goes out at once, so that a client knows that it is connected. */
	bool full;
	(void)put(r, TL_S(": tutela\n\n"), &full);
	(void)pthread_mutex_lock(&h->lock);
	r->next = h->fresh;
	h->fresh = r;
	(void)pthread_cond_signal(&h->more);
	(void)pthread_mutex_unlock(&h->lock);
	return 0;
}

void
tl_hub_nudge(struct tl_hub *h)
{
	(void)pthread_mutex_lock(&h->lock);
	h->nudged = true;
	(void)pthread_cond_signal(&h->more);
	(void)pthread_mutex_unlock(&h->lock);
}

size_t
tl_hub_readers(struct tl_hub *h)
{
	(void)pthread_mutex_lock(&h->lock);
	size_t n = h->count;
	(void)pthread_mutex_unlock(&h->lock);
	return n;
}
