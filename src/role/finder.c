/*
 * The finder: keeps the media index, compares banks that grow with what was published before, and has what they reach
 * judged again by the workers (src/again).
 *
 * Promises: each step is one short transaction, and between two of them it rests at least as long as the step took, so
 * that what comes in goes first; a death at any place repeats a step or none. The files of the index are derived: when they
 * are damaged or do not fit the store they are made anew. Failure: logged and tried again.
 */
#include "role/beat.h"
#include "role/finder_int.h"
#include "role/role.h"

#include "again/again.h"
#include "store/bank_log.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stop.h"

#include <poll.h>
#include <stdio.h>

#define REST_MS 250                /* how long to wait for something new */
#define SETTLE_US (400 * TL_US_MS) /* the workers read a change of a bank meanwhile */
#define SLICE_US (20 * TL_US_MS)   /* so long at a time without a look at anything else */
#define KEEP_US (20 * TL_US_S)     /* at most, between writes of the index to its files */
#define EXPIRED_US (2 * TL_US_S)   /* between looks for entries of allow-lists that expired */
#define STEP_LEAST_US (1 * TL_US_MS)

struct finder {
	const struct tl_config *config;
	const struct tl_wires *wires;
	struct tl_db *db;
	struct tl_again_index *x;
	struct tl_again_grower *grower;
	struct beat beat;
	int64_t change;        /* the newest change */
	int64_t seen, seen_us; /* the newest change at a look, and when that was (monotonic) */
	int64_t target;        /* the one at the look before: it has settled */
	int64_t mark;          /* of the banks when nothing was left */
	int64_t back_at;       /* when an entry comes back by itself; 0: none does */
	int64_t quiet_at;      /* wall: when nothing was left */
	int64_t keep_us;
	int64_t
	    expired_us; /* monotonic: when expired entries of allow-lists are looked for next */
};

static int
expired(struct tl_db *db, void *ctx)
{
	(void)ctx;
	return tl_again_expired(db, tl_now_us());
}

static int
feed(struct tl_db *db, void *ctx)
{
	(void)ctx;
	return tl_again_feed(db);
}

/* Is there anything that a transaction would find to do? Reads only. */
static int
anything_new(struct finder *f, int64_t *ret_mark, bool *ret)
{
	int64_t mono = tl_mono_us();
	int rc = tl_again_bank_mark(f->db, ret_mark);
	if (rc == 0)
		rc = tl_bank_change(f->db, &f->change);
	if (rc < 0)
		return rc;
	if (mono - f->seen_us >= SETTLE_US) {
		f->target = f->seen;
		f->seen = f->change;
		f->seen_us = mono;
	}
	bool back = f->back_at && tl_now_us() >= f->back_at;
	*ret = *ret_mark != f->mark || back;
	return 0;
}

/* Nothing is left: from here on only what changes is looked at. */
static int
at_rest(struct finder *f, int64_t mark, int64_t since)
{
	if (f->target < f->change)
		return 0; /* something settles still */
	f->mark = mark;
	f->quiet_at = since;
	return tl_again_next_return(f->db, tl_now_us(), &f->back_at);
}

static void
rest(struct finder *f, const struct tl_stop *stop, int64_t us)
{
	struct pollfd p[2] = {
	    {.fd = stop->fd, .events = POLLIN}, {.fd = f->wires->wake, .events = POLLIN}};
	(void)poll(p, TL_COUNT(p), (int)(us / TL_US_MS) + 1);
	(void)tl_wake_drain(f->wires);
}

static int
groups(struct finder *f, bool *ret_more)
{
	int rc = finder_watches(f->db);
	if (rc >= 0)
		rc = finder_groups(f->db, f->config);
	if (rc <= 0)
		return rc;
	*ret_more = true;
	tl_wake(f->wires, TL_PROC_CLERK);
	tl_wake(f->wires, TL_PROC_COURIER);
	return 0;
}

/* Steps for one slice; *ret_more: there is more to do. */
static int
slice(struct finder *f, bool *ret_more)
{
	int64_t mark = 0, begun = tl_mono_us(), since = tl_now_us();
	bool any = false;
	int rc = anything_new(f, &mark, &any);
	bool grows = rc == 0 && any;
	while (grows && tl_mono_us() - begun < SLICE_US) {
		rc = tl_again_grow(f->grower, f->target, f->quiet_at);
		grows = rc > 0;
	}
	*ret_more = grows;
	if (rc == 0 && any)
		rc = at_rest(f, mark, since);
	if (rc < 0)
		return rc;
	if (tl_mono_us() >= f->expired_us) {
		f->expired_us = tl_mono_us() + EXPIRED_US;
		rc = tl_db_tx(f->db, TL_SYNC_NORMAL, expired, f);
	}
	if (rc >= 0)
		rc = tl_again_anything_found(f->db, &any);
	if (rc == 0 && any)
		rc = tl_db_tx(f->db, TL_SYNC_NORMAL, feed, f);
	if (rc > 0)
		tl_wake(f->wires, TL_PROC_WORKER);
	return rc < 0 ? rc : groups(f, ret_more);
}

static int
keep(struct finder *f)
{
	if (tl_mono_us() < f->keep_us)
		return 0;
	int64_t check_us = f->config->index_check_seconds * TL_US_S;
	f->keep_us = tl_mono_us() + (check_us < KEEP_US ? check_us : KEEP_US);
	return tl_again_index_keep(f->x, f->db, f->config->again_erase_minutes * TL_US_MIN);
}

static void
said(int rc, const char *where)
{
	tl_log(EV_STORE_ERROR, TL_LWORD("where", where), TL_LWORD("error", tl_err_name(rc)),
	    TL_LWORD("text", tl_err_text()));
}

static void
loop(struct finder *f, struct tl_stop *stop)
{
	while (!stop->stop) {
		bool more = false;
		int64_t begun = tl_mono_us();
		beat_now(&f->beat, f->db);
		int rc = tl_again_index_catch_up(f->x, f->db);
		if (rc == 0)
			rc = slice(f, &more);
		int kept = rc < 0 ? rc : keep(f);
		if (rc < 0 || kept < 0)
			said(rc < 0 ? rc : kept, "finder");
		int64_t took = tl_mono_us() - begun;
		rest(f, stop, more ? took + STEP_LEAST_US : REST_MS * TL_US_MS);
		tl_stop_read(stop);
	}
}

static void
on_index_damaged(void *ctx, const char *why)
{
	struct finder *f = ctx;
	f->mark = -1; /* what was compared with it is compared once more */
	tl_log(EV_INDEX_DAMAGED, TL_LWORD("form", "media"), TL_LWORD("text", why));
}

static void
on_index_built(void *ctx, uint64_t entries, int64_t took_us)
{
	(void)ctx;
	tl_log(EV_INDEX_BUILT, TL_LWORD("form", "media"), TL_LINT("entries", entries),
	    TL_LINT("took_ms", took_us / TL_US_MS));
}

int
tl_role_finder(const struct tl_role_args *a)
{
	struct finder f = {.config = a->config, .wires = a->wires};
	TL_CLEANUP(tl_store_closep) struct tl_store *store = NULL;
	TL_CLEANUP(tl_db_closep) struct tl_db *db = NULL;
	struct tl_stop stop;
	int rc = tl_stop_open(&stop);
	if (rc == 0)
		rc = tl_store_open(a->config->data_dir, &store);
	if (rc == 0)
		rc = tl_db_open(store, &db);
	f.db = db;
	f.mark = -1;
	beat_init(&f.beat, "finder", -1);
	const struct tl_again_index_own own = {
	    .check_us = a->config->index_check_seconds * TL_US_S,
	    .damaged = on_index_damaged,
	    .built = on_index_built,
	    .ctx = &f};
	if (rc == 0)
		rc = tl_again_index_open(a->config->data_dir, &own, &f.x);
	if (rc == 0) {
		f.grower = tl_again_grower_create(db, f.x);
		tl_log(EV_START, TL_LWORD("role", "finder"));
		loop(&f, &stop);
		rc = tl_again_index_keep(f.x, db, a->config->again_erase_minutes * TL_US_MIN);
		beat_stop(&f.beat, db);
		tl_log(EV_STOP, TL_LWORD("role", "finder"));
	}
	tl_again_grower_destroy(f.grower);
	tl_again_index_close(f.x);
	tl_stop_close(&stop);
	return rc;
}
