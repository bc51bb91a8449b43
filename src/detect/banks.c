/*
 * Bank snapshots and the thread that keeps one current.
 *
 * Promises: a snapshot is immutable; building never holds up readers; only kinds whose counters moved are built again; a
 * term that comes back by itself is noticed at its time (an index knows the times of its hashes). Hashes are never held as
 * entries: their indexes follow the store beside the snapshots. Failure: the last snapshot stays in force and the loader
 * says so; an index that is not whole says so itself. Started by the worker (and by whoever must match without one).
 */
#include "detect/banks_int.h"

#include "base/arena.h"
#include "detect/known.h"
#include "store/banks.h"
#include "sys/clock.h"

#include <pthread.h>

#define POLL_US (300 * TL_US_MS)
#define PAUSE_US (50 * TL_US_MS)
#define PART_MAX ((size_t)1 << 32)

struct tl_bank_loader {
	struct tl_db *db;
	struct tl_bank_events events;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool poked, stop;                            /* under lock */
	struct tl_banks *current;                    /* under lock */
	int64_t failing_us;                          /* under lock; 0: all is well */
	int64_t level;                               /* under lock: see tl_bank_loader_level */
	int64_t next_turn;                           /* the loader's own */
	struct tl_known *known[tl_entry_form_count]; /* NULL: found by other means */
};

static void
part_unref(struct tl_bank_part *p)
{
	if (!p || --p->refs > 0)
		return;
	for (size_t i = 0; i < TL_DETECTOR_COUNT; i++) {
		if (p->built[i])
			tl_detectors[i]->destroy(p->built[i]);
	}
	tl_arena_destroy(p->arena);
	free(p);
}

void
tl_banks_unref(struct tl_banks *b)
{
	if (!b || --b->refs > 0)
		return;
	for (size_t i = 0; i < tl_bank_kind_count; i++)
		part_unref(b->parts[i]);
	free(b);
}

int64_t
tl_banks_version(const struct tl_banks *b)
{
	int64_t v = 0;
	for (size_t i = 0; i < tl_bank_kind_count; i++)
		v += b->parts[i]->mark;
	return v;
}

size_t
tl_banks_entries(const struct tl_banks *b)
{
	size_t n = 0;
	for (size_t i = 0; i < tl_bank_kind_count; i++)
		n += b->parts[i]->entries;
	return n;
}

/* Gathers the entries of one kind; grows in plain memory, since an arena cannot give back. */
struct gather {
	struct tl_bank_part *part;
	struct tl_bank_live *entries;
	size_t n, cap;
	uint32_t bank;
};

static void
on_entry(
    void *ctx, struct tl_id entry, int64_t key, enum tl_entry_form form, struct tl_str value)
{
	struct gather *g = ctx;
	if (g->n == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 256;
		g->entries = realloc(g->entries, g->cap * sizeof *g->entries);
		if (!g->entries)
			abort();
	}
	g->entries[g->n++] = (struct tl_bank_live){.bank = g->bank,
	    .id = entry,
	    .key = key,
	    .form = form,
	    .value = tl_arena_dup(g->part->arena, value)};
}

static void
refer(struct tl_arena *a, const struct tl_bank *b, struct tl_bank_ref *ret)
{
	*ret = (struct tl_bank_ref){.id = b->id,
	    .number = b->number,
	    .name = tl_arena_dup(a, b->name),
	    .policy = tl_arena_dup(a, b->policy),
	    .source = tl_arena_dup(a, b->source),
	    .classification = tl_arena_dup(a, b->classification),
	    .distance = b->distance,
	    .direction = b->direction,
	    .share = b->share,
	    .turned = b->turned,
	    .share_query = b->share_query,
	    .share_known = b->share_known};
}

static int
by_number(const void *a, const void *b)
{
	const struct tl_bank *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

/* Are the entries of this kind found by an index? */
static bool
indexed(enum tl_bank_kind kind)
{
	for (size_t i = 0; i < TL_DETECTOR_COUNT; i++) {
		if (tl_detectors[i]->kind == kind && tl_detectors[i]->build)
			return false;
	}
	return true;
}

static int
gather_kind(struct tl_db *db, struct tl_bank_part *p)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *tmp = tl_arena_create(1 << 24);
	struct tl_bank *all = NULL;
	size_t n = 0;
	int rc = tl_bank_list(db, tmp, &all, &n);
	if (rc < 0)
		return rc;
	struct tl_bank_ref *refs = TL_NEWS(p->arena, struct tl_bank_ref, n ? n : 1);
	struct gather g = {.part = p};
	bool listed = !indexed(p->kind);
	if (n)
		qsort(all, n, sizeof *all, by_number);
	for (size_t i = 0; refs && i < n && rc == 0; i++) {
		if (all[i].kind != p->kind || !all[i].enabled)
			continue;
		g.bank = (uint32_t)p->table.bank_count;
		refer(p->arena, &all[i], &refs[p->table.bank_count++]);
		p->entries += listed ? 0 : (size_t)all[i].entries;
		if (listed)
			rc = tl_bank_live_entries(db, all[i].id, tl_now_us(), on_entry, &g);
	}
	struct tl_bank_live *entries = TL_NEWS(p->arena, struct tl_bank_live, g.n ? g.n : 1);
	if (entries && g.n)
		memcpy(entries, g.entries, g.n * sizeof *entries);
	free(g.entries);
	p->table.banks = refs;
	p->table.entries = entries;
	p->table.entry_count = g.n;
	p->entries += g.n;
	return rc < 0 ? rc : tl_arena_check(p->arena);
}

struct building {
	const struct tl_bank_loader *l;
	const struct tl_bank_part *part;
};

static void
on_refused(void *ctx, const struct tl_bank_live *e, const char *why)
{
	const struct building *b = ctx;
	if (b->l->events.refused)
		b->l->events.refused(
		    b->l->events.ctx, b->part->table.banks[e->bank].id, e->id, why);
}

static int
build_part(
    struct tl_bank_loader *l, enum tl_bank_kind kind, int64_t mark, struct tl_bank_part **ret)
{
	struct tl_bank_part *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	p->refs = 1;
	p->kind = kind;
	p->mark = mark;
	p->arena = tl_arena_create(PART_MAX);
	struct building now = {l, p};
	p->table.refused = on_refused;
	p->table.ctx = &now;
	int rc = gather_kind(l->db, p);
	for (size_t i = 0; rc == 0 && p->table.entry_count && i < TL_DETECTOR_COUNT; i++) {
		if (tl_detectors[i]->kind == kind && tl_detectors[i]->build)
			rc = tl_detectors[i]->build(&p->table, &p->built[i]);
	}
	p->table.refused = NULL;
	p->table.ctx = NULL;
	if (rc < 0) {
		part_unref(p);
		return rc;
	}
	*ret = p;
	return 0;
}

/* A snapshot of what the marks say, sharing the parts of `old` (or NULL) that did not change. */
static int
build(struct tl_bank_loader *l, const struct tl_banks *old, const int64_t marks[], bool all,
    struct tl_banks **ret)
{
	struct tl_banks *b = calloc(1, sizeof *b);
	if (!b)
		abort();
	b->refs = 1;
	b->known = l->known;
	for (size_t k = 0; k < tl_bank_kind_count; k++) {
		int rc = 0;
		bool again = all && !indexed((enum tl_bank_kind)k);
		if (old && !again && old->parts[k]->mark == marks[k]) {
			b->parts[k] = old->parts[k];
			b->parts[k]->refs++;
		} else {
			rc = build_part(l, (enum tl_bank_kind)k, marks[k], &b->parts[k]);
		}
		if (rc < 0) {
			tl_banks_unref(b);
			return rc;
		}
	}
	*ret = b;
	return 0;
}

static bool
same_marks(const struct tl_banks *b, const int64_t marks[])
{
	for (size_t k = 0; k < tl_bank_kind_count; k++) {
		if (b->parts[k]->mark != marks[k])
			return false;
	}
	return true;
}

static void
swap_in(struct tl_bank_loader *l, struct tl_banks *b)
{
	pthread_mutex_lock(&l->lock);
	struct tl_banks *old = l->current;
	l->current = b;
	pthread_mutex_unlock(&l->lock);
	tl_banks_unref(old);
}

/*
 * The indexes follow. One that has still to be written by the keeper is no failure of ours: it is not whole, and what must
 * be compared with it waits.
 */
static int
look_known(struct tl_bank_loader *l, bool *ret_level)
{
	int worst = 0;
	*ret_level = true;
	for (size_t f = 0; f < tl_entry_form_count; f++) {
		int rc = l->known[f] ? tl_known_look(l->known[f], l->db) : 0;
		if (rc == TL_ECORRUPT && l->events.damaged)
			l->events.damaged(l->events.ctx, (enum tl_entry_form)f, tl_err_text());
		bool waits = rc == TL_EAGAIN || rc == TL_ECORRUPT;
		*ret_level = *ret_level && rc == 0;
		if (rc < 0 && !(waits && !tl_known_whole(l->known[f])))
			worst = rc;
	}
	return worst;
}

/*
 * One look at the store. The marks are read before the entries: what changes in between is seen next time. Banks come
 * before their hashes: a hit of a bank that is not in the snapshot is none.
 */
static int
look_banks(struct tl_bank_loader *l)
{
	int64_t marks[tl_bank_kind_count], now = tl_now_us(), start = tl_mono_us();
	int rc = tl_bank_marks(l->db, marks);
	if (rc < 0)
		return rc;
	bool returned = l->next_turn && now >= l->next_turn;
	const struct tl_banks *old = l->current; /* only this thread changes it */
	if (old && !returned && same_marks(old, marks))
		return 0;
	struct tl_banks *b = NULL;
	rc = build(l, old, marks, returned, &b);
	if (rc == 0)
		rc = tl_bank_next_turn(l->db, now, &l->next_turn);
	if (rc < 0) {
		tl_banks_unref(b);
		return rc;
	}
	swap_in(l, b);
	if (l->events.loaded)
		l->events.loaded(l->events.ctx, tl_banks_version(b), tl_banks_entries(b),
		    tl_mono_us() - start);
	return 0;
}

static int
look(struct tl_bank_loader *l)
{
	bool level;
	int rc = look_banks(l);
	int known = look_known(l, &level);
	if (rc == 0 && level) {
		pthread_mutex_lock(&l->lock);
		l->level = tl_banks_version(l->current);
		pthread_mutex_unlock(&l->lock);
	}
	return rc < 0 ? rc : known;
}

static void
sleep_until(struct tl_bank_loader *l, int64_t until, const bool *early)
{
	struct timespec ts = {.tv_sec = until / TL_US_S, .tv_nsec = (until % TL_US_S) * 1000};
	while (!*early && !l->stop && pthread_cond_timedwait(&l->wake, &l->lock, &ts) == 0) {
	}
}

/*
 * Sleeps until the next poll or a poke; true to go on. Pokes come with every commit of intake, and an import of
 * many entries changes a bank for minutes: so at least as long as the last look took, and never less than PAUSE_US.
 */
static bool
rest(struct tl_bank_loader *l, int64_t took_us)
{
	static const bool never = false;
	int64_t now = tl_mono_us();
	pthread_mutex_lock(&l->lock);
	sleep_until(l, now + (took_us > PAUSE_US ? took_us : PAUSE_US), &never);
	sleep_until(l, now + POLL_US, &l->poked);
	l->poked = false;
	bool go_on = !l->stop;
	pthread_mutex_unlock(&l->lock);
	return go_on;
}

static void *
loader_main(void *arg)
{
	struct tl_bank_loader *l = arg;
	int64_t took_us = 0;
	while (rest(l, took_us)) {
		int64_t start = tl_mono_us();
		int rc = look(l);
		took_us = tl_mono_us() - start;
		pthread_mutex_lock(&l->lock);
		l->failing_us = rc == 0 ? 0 : l->failing_us ? l->failing_us : start;
		pthread_mutex_unlock(&l->lock);
		if (rc < 0 && l->events.failed)
			l->events.failed(l->events.ctx, rc, tl_err_text());
	}
	return NULL;
}

static void
init_sync(struct tl_bank_loader *l)
{
	pthread_condattr_t attr;
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_condattr_destroy(&attr);
}

int
tl_bank_loader_start(
    struct tl_store *s, const struct tl_bank_events *events, struct tl_bank_loader **ret)
{
	struct tl_bank_loader *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->events = *events;
	init_sync(l);
	for (int f = 0; f < tl_entry_form_count; f++) {
		if (tl_known_form((enum tl_entry_form)f))
			l->known[f] = tl_known_create(tl_store_dir(s), (enum tl_entry_form)f);
	}
	int rc = tl_db_open(s, &l->db);
	if (rc == 0)
		rc = look(l);
	if (rc == 0 && pthread_create(&l->thread, NULL, loader_main, l) != 0)
		rc = tl_fail(TL_EAGAIN, "no thread for the bank loader");
	l->started = rc == 0;
	if (rc < 0) {
		tl_bank_loader_stop(l);
		return rc;
	}
	*ret = l;
	return 0;
}

void
tl_bank_loader_stop(struct tl_bank_loader *l)
{
	if (!l)
		return;
	if (l->started) {
		pthread_mutex_lock(&l->lock);
		l->stop = true;
		pthread_cond_signal(&l->wake);
		pthread_mutex_unlock(&l->lock);
		pthread_join(l->thread, NULL);
	}
	tl_banks_unref(l->current);
	for (size_t f = 0; f < tl_entry_form_count; f++)
		tl_known_destroy(l->known[f]);
	tl_db_close(l->db);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

int64_t
tl_bank_loader_level(struct tl_bank_loader *l)
{
	pthread_mutex_lock(&l->lock);
	int64_t level = l->level;
	pthread_mutex_unlock(&l->lock);
	return level;
}

int64_t
tl_bank_loader_failing_us(struct tl_bank_loader *l)
{
	pthread_mutex_lock(&l->lock);
	int64_t since = l->failing_us;
	pthread_mutex_unlock(&l->lock);
	return since;
}

bool
tl_bank_loader_whole(struct tl_bank_loader *l)
{
	for (size_t f = 0; f < tl_entry_form_count; f++) {
		if (l->known[f] && !tl_known_whole(l->known[f]))
			return false;
	}
	return true;
}

void
tl_bank_loader_poke(struct tl_bank_loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->poked = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

struct tl_banks *
tl_bank_loader_take(struct tl_bank_loader *l)
{
	pthread_mutex_lock(&l->lock);
	struct tl_banks *b = l->current;
	b->refs++;
	pthread_mutex_unlock(&l->lock);
	return b;
}
