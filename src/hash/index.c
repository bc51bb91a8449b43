/*
 * The index as its users see it: opening, changes, questions. Changes go one at a time; questions take the view of the moment
 * and run beside them. On failure nothing has changed. Called by detectors and by who keeps the index.
 */
#include "hash/index_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define NEEDLES_AT_ONCE 64

static void
init(struct tl_index *x)
{
	(void)pthread_mutex_init(&x->work, NULL);
	(void)pthread_mutex_init(&x->change, NULL);
	x->lock_fd = -1;
	x->next_id = 1;
	atomic_store(&x->epoch, 1);
	struct tl_ix_view *v = tl_ix_alloc(1, sizeof *v);
	v->tail[1] = tl_ix_tail_create();
	v->limits = tl_ix_limits_create(1);
	atomic_store(&x->view, v);
}

int
tl_index_open(const char *dir, enum tl_index_mode mode, struct tl_index **ret)
{
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	bool changed;
	int rc = 0;
	if (posix_memalign((void **)&x, 64, sizeof *x) != 0)
		abort();
	memset(x, 0, sizeof *x);
	init(x);
	x->mode = mode;
	if (dir) {
		x->dir = strdup(dir);
		if (!x->dir)
			abort();
		if (mode == TL_INDEX_OWN)
			rc = tl_ix_lock(dir, &x->lock_fd);
		if (rc == 0)
			rc = tl_ix_load(x, &changed);
		if (rc < 0)
			return rc;
	}
	*ret = TL_TAKE(x);
	return 0;
}

void
tl_index_close(struct tl_index *x)
{
	if (!x)
		return;
	struct tl_ix_view *v = tl_ix_view_now(x);
	for (size_t i = 0; i < x->retireds; i++)
		x->retired[i].destroy(x->retired[i].what);
	for (size_t i = 0; i < v->segments; i++)
		tl_ix_segment_close(v->segment[i]);
	tl_ix_tail_destroy(v->tail[0]);
	tl_ix_tail_destroy(v->tail[1]);
	tl_ix_limits_destroy(v->limits);
	for (size_t i = 0; i < TL_IX_PINS; i++)
		tl_ix_work_destroy(x->pin[i].work);
	if (x->lock_fd >= 0)
		(void)close(x->lock_fd);
	(void)pthread_mutex_destroy(&x->work);
	(void)pthread_mutex_destroy(&x->change);
	free(v);
	free(x->retired);
	free(x->op);
	free(x->dir);
	free(x);
}

void
tl_index_closep(struct tl_index **x)
{
	tl_index_close(*x);
}

static uint64_t
numbered(struct tl_index *x, uint64_t change)
{
	uint64_t c = change ? change : x->last + 1;
	x->last = c > x->last ? c : x->last;
	return c;
}

/*
 * A follower that is told again what the files it reads hold already: to mark their rows as replaced would lose them, because
 * the next refresh keeps the segment and drops the tail. Under the change lock.
 */
static bool
files_have(const struct tl_index *x, uint64_t change)
{
	return x->mode == TL_INDEX_FOLLOW && change && change <= x->mark;
}

int
tl_index_add(
    struct tl_index *x, const struct tl_pdq *hash, uint64_t key, uint32_t bank, uint64_t change)
{
	struct tl_ix_row row = {.key = key, .bank = bank};
	struct tl_ix_spot old;
	uint32_t at;
	tl_ix_mix(hash, &row.hash);
	(void)pthread_mutex_lock(&x->change);
	if (files_have(x, change)) {
		(void)pthread_mutex_unlock(&x->change);
		return 0;
	}
	const struct tl_ix_view *v = tl_ix_view_now(x);
	bool replaces = tl_ix_locate(v, key, &old);
	int rc = tl_ix_tail_add(v->tail[1], &row, numbered(x, change), &at);
	if (rc == 0 && replaces)
		tl_ix_spot_remove(
		    &old); /* after: who asks meanwhile sees both rather than none */
	(void)pthread_mutex_unlock(&x->change);
	return rc;
}

static void
remove_bank(const struct tl_ix_view *v, uint32_t bank)
{
	for (size_t i = 0; i < v->segments; i++)
		for (uint32_t at = 0; at < v->segment[i]->n; at++)
			if (v->segment[i]->bank[at] == bank)
				tl_ix_spot_remove(
				    &(struct tl_ix_spot){v->segment[i], NULL, at});
	for (size_t i = 0; i < 2; i++) {
		struct tl_ix_tail *t = v->tail[i];
		for (uint32_t at = 0; t && at < t->n; at++)
			if (tl_ix_tail_chunk(t, at)->bank[at % TL_IX_CHUNK] == bank)
				tl_ix_spot_remove(&(struct tl_ix_spot){NULL, t, at});
	}
}

void
tl_ix_op_do(struct tl_index *x, const struct tl_ix_view *v, const struct tl_ix_op *op)
{
	struct tl_ix_spot spot;
	if (op->kind == TL_IX_REMOVE_BANK) {
		remove_bank(v, (uint32_t)op->subject);
		return;
	}
	if (!tl_ix_locate(v, op->subject, &spot))
		return;
	if (op->kind == TL_IX_REMOVE) {
		tl_ix_spot_remove(&spot);
		return;
	}
	if (!tl_ix_limits_set(v->limits, op->subject, op->times))
		tl_ix_limit_in(x, op->subject, op->times); /* `v` may be gone now */
	tl_ix_spot_limit(&spot);
}

static int
change(struct tl_index *x, struct tl_ix_op op)
{
	(void)pthread_mutex_lock(&x->change);
	if (files_have(x, op.change)) {
		(void)pthread_mutex_unlock(&x->change);
		return 0;
	}
	op.change = numbered(x, op.change);
	tl_ix_op_do(x, tl_ix_view_now(x), &op);
	if (x->dir) {
		if (x->ops == x->op_room) {
			x->op_room = x->op_room ? x->op_room * 2 : 64;
			x->op = reallocarray(x->op, x->op_room, sizeof *x->op);
			if (!x->op)
				abort();
		}
		x->op[x->ops++] = op;
	}
	(void)pthread_mutex_unlock(&x->change);
	return 0;
}

int
tl_index_remove(struct tl_index *x, uint64_t key, uint64_t number)
{
	return change(
	    x, (struct tl_ix_op){.kind = TL_IX_REMOVE, .change = number, .subject = key});
}

int
tl_index_remove_bank(struct tl_index *x, uint32_t bank, uint64_t number)
{
	return change(
	    x, (struct tl_ix_op){.kind = TL_IX_REMOVE_BANK, .change = number, .subject = bank});
}

int
tl_index_limit(
    struct tl_index *x, uint64_t key, int64_t from_us, int64_t until_us, uint64_t number)
{
	return change(x, (struct tl_ix_op){TL_IX_LIMIT, number, key, {from_us, until_us}});
}

void
tl_index_reached(struct tl_index *x, uint64_t number)
{
	(void)pthread_mutex_lock(&x->change);
	x->last = number > x->last ? number : x->last;
	(void)pthread_mutex_unlock(&x->change);
}

/* Where what is near to one needle goes. */
struct sink {
	const struct tl_index_ask *ask;
	const struct tl_ix_view *view;
	const struct tl_ix_segment *segment; /* or */
	const struct tl_ix_chunk *chunk;
	struct tl_index_found *found;
};

static int
distance_of(const struct tl_index_ask *ask, uint32_t bank)
{
	size_t lo = 0, hi = ask->banks;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (ask->bank[mid].bank < bank)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < ask->banks && ask->bank[lo].bank == bank ? ask->bank[lo].distance
							     : ask->distance;
}

static bool
before(const struct tl_index_hit *a, const struct tl_index_hit *b)
{
	return a->distance != b->distance ? a->distance < b->distance : a->key < b->key;
}

/* A heap with the farthest on top, so that it gives way to nearer ones. */
static void
keep(struct tl_index_found *f, struct tl_index_hit hit)
{
	size_t i;
	f->all++;
	if (f->n < f->cap) {
		for (i = f->n++; i > 0 && before(&f->hit[(i - 1) / 2], &hit); i = (i - 1) / 2)
			f->hit[i] = f->hit[(i - 1) / 2];
	} else {
		if (f->cap == 0 || !before(&hit, &f->hit[0]))
			return;
		i = 0;
		for (size_t kid; (kid = 2 * i + 1) < f->n; i = kid) {
			kid += kid + 1 < f->n && before(&f->hit[kid], &f->hit[kid + 1]);
			if (!before(&hit, &f->hit[kid]))
				break;
			f->hit[i] = f->hit[kid];
		}
	}
	f->hit[i] = hit;
}

static void
take(const struct sink *s, uint64_t key, uint32_t bank, bool limited, int d)
{
	if (d > distance_of(s->ask, bank))
		return;
	if (limited) {
		struct tl_ix_times t = tl_ix_limits_get(s->view->limits, key);
		if (s->ask->now_us < t.from_us || s->ask->now_us >= t.until_us)
			return;
	}
	keep(s->found, (struct tl_index_hit){key, bank, d});
}

static void
near_one(void *ctx, uint32_t at, int d)
{
	const struct sink *s = ctx;
	if (s->segment) {
		if (!tl_ix_bit(s->segment->gone, at))
			take(s, s->segment->key[at], s->segment->bank[at],
			    tl_ix_bit(s->segment->limited, at), d);
		return;
	}
	if (!tl_ix_bit(s->chunk->gone, at))
		take(s, s->chunk->key[at], s->chunk->bank[at], tl_ix_bit(s->chunk->limited, at),
		    d);
}

/* All entries of the same hash. */
static void
near_run(void *ctx, uint32_t at, int d)
{
	const struct tl_ix_segment *s = ((const struct sink *)ctx)->segment;
	uint32_t first = at;
	do
		near_one(ctx, at++, d);
	while (at < s->n &&
	       memcmp(&s->half[0][at], &s->half[0][first], sizeof **s->half) == 0 &&
	       memcmp(&s->half[1][at], &s->half[1][first], sizeof **s->half) == 0);
}

/* What one question works with: its needles, mixed, and where each one's hits go. */
struct batch {
	struct tl_ix_mixed mixed[NEEDLES_AT_ONCE];
	struct sink sink[NEEDLES_AT_ONCE];
	const struct tl_ix_mixed *needle[NEEDLES_AT_ONCE]; /* that must scan */
	void *ctx[NEEDLES_AT_ONCE];
	size_t n;
};

static void
find_in_segment(struct batch *b, struct tl_ix_work *w, const struct tl_ix_segment *s, int most)
{
	size_t plain = 0;
	for (size_t i = 0; i < b->n; i++) {
		b->sink[i].segment = s;
		b->sink[i].chunk = NULL;
		if (tl_ix_find(w, s, &b->mixed[i], most, near_run, &b->sink[i]))
			continue;
		b->needle[plain] = &b->mixed[i];
		b->ctx[plain++] = &b->sink[i];
	}
	if (plain)
		tl_ix_find_plain(w, s->half, s->n, b->needle, b->ctx, plain, most, near_one);
}

static void
find_in_tail(struct batch *b, struct tl_ix_work *w, const struct tl_ix_tail *t, int most)
{
	uint32_t n = t ? atomic_load_explicit(&t->n, memory_order_acquire) : 0;
	for (uint32_t from = 0; from < n; from += TL_IX_CHUNK) {
		const struct tl_ix_chunk *c = tl_ix_tail_chunk(t, from);
		const struct tl_ix_half *half[2] = {c->half[0], c->half[1]};
		for (size_t i = 0; i < b->n; i++) {
			b->sink[i].segment = NULL;
			b->sink[i].chunk = c;
			b->needle[i] = &b->mixed[i];
			b->ctx[i] = &b->sink[i];
		}
		tl_ix_find_plain(w, half, n - from < TL_IX_CHUNK ? n - from : TL_IX_CHUNK,
		    b->needle, b->ctx, b->n, most, near_one);
	}
}

static int
by_distance(const void *a, const void *b)
{
	const struct tl_index_hit *x = a, *y = b;
	return before(x, y) ? -1 : before(y, x);
}

static int
check(const struct tl_index_ask *ask, int *ret_most)
{
	int most = ask->distance;
	if (ask->needles < 1 || ask->needles > TL_INDEX_NEEDLES_MAX || ask->distance < -1)
		return tl_fail(
		    TL_EFIELD, "the number of needles or the distance is out of bounds");
	for (size_t i = 0; i < ask->banks; i++) {
		if (i && ask->bank[i].bank <= ask->bank[i - 1].bank)
			return tl_fail(TL_EFIELD, "banks must rise");
		if (ask->bank[i].distance < -1)
			return tl_fail(TL_EFIELD, "a bank's distance is out of bounds");
		most = ask->bank[i].distance > most ? ask->bank[i].distance : most;
	}
	*ret_most = most;
	return most > TL_INDEX_DISTANCE_MAX ? tl_fail(TL_EFIELD, "a distance is out of bounds")
					    : 0;
}

int
tl_index_find(struct tl_index *x, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	const struct tl_ix_view *v;
	struct batch b;
	int most, rc = check(ask, &most);
	if (rc < 0)
		return rc;
	struct tl_ix_pin *pin = tl_ix_pin(x, &v);
	for (size_t from = 0; from < ask->needles; from += b.n) {
		b.n = ask->needles - from;
		b.n = b.n < NEEDLES_AT_ONCE ? b.n : NEEDLES_AT_ONCE;
		for (size_t i = 0; i < b.n; i++) {
			tl_ix_mix(&ask->needle[from + i], &b.mixed[i]);
			found[from + i].n = 0;
			found[from + i].all = 0;
			b.sink[i] = (struct sink){ask, v, NULL, NULL, &found[from + i]};
		}
		for (size_t i = 0; most >= 0 && i < v->segments; i++)
			find_in_segment(&b, pin->work, v->segment[i], most);
		for (size_t i = 0; most >= 0 && i < 2; i++)
			find_in_tail(&b, pin->work, v->tail[i], most);
	}
	tl_ix_unpin(pin);
	for (size_t i = 0; i < ask->needles; i++)
		qsort(found[i].hit, found[i].n, sizeof *found[i].hit, by_distance);
	return 0;
}

static void
entry(const struct tl_ix_view *v, const struct tl_ix_row *row, bool limited,
    struct tl_index_entry *ret)
{
	struct tl_ix_times t = {TL_INDEX_NEVER, TL_INDEX_FOREVER};
	if (limited)
		t = tl_ix_limits_get(v->limits, row->key);
	*ret = (struct tl_index_entry){
	    .key = row->key, .bank = row->bank, .from_us = t.from_us, .until_us = t.until_us};
	tl_ix_unmix(&row->hash, &ret->hash);
}

int
tl_index_get(struct tl_index *x, uint64_t key, struct tl_index_entry *ret)
{
	struct tl_ix_spot s;
	struct tl_ix_row row;
	(void)pthread_mutex_lock(&x->change);
	const struct tl_ix_view *v = tl_ix_view_now(x);
	bool there = tl_ix_locate(v, key, &s);
	if (there && s.segment) {
		tl_ix_segment_row(s.segment, s.at, &row);
		entry(v, &row, tl_ix_bit(s.segment->limited, s.at), ret);
	} else if (there) {
		tl_ix_tail_row(s.tail, s.at, &row);
		entry(v, &row,
		    tl_ix_bit(tl_ix_tail_chunk(s.tail, s.at)->limited, s.at % TL_IX_CHUNK),
		    ret);
	}
	(void)pthread_mutex_unlock(&x->change);
	return there ? 0 : tl_fail(TL_ENOTFOUND, "no entry has this key");
}

static int
each_of_tail(const struct tl_ix_view *v, const struct tl_ix_tail *t,
    int (*each)(void *ctx, const struct tl_index_entry *e), void *ctx)
{
	struct tl_ix_row row;
	struct tl_index_entry e;
	int rc = 0;
	uint32_t n = t ? atomic_load_explicit(&t->n, memory_order_acquire) : 0;
	for (uint32_t at = 0; at < n && rc == 0; at++) {
		const struct tl_ix_chunk *c = tl_ix_tail_chunk(t, at);
		if (tl_ix_bit(c->gone, at % TL_IX_CHUNK))
			continue;
		tl_ix_tail_row(t, at, &row);
		entry(v, &row, tl_ix_bit(c->limited, at % TL_IX_CHUNK), &e);
		rc = each(ctx, &e);
	}
	return rc;
}

int
tl_index_each(
    struct tl_index *x, int (*each)(void *ctx, const struct tl_index_entry *e), void *ctx)
{
	const struct tl_ix_view *v;
	struct tl_ix_pin *pin = tl_ix_pin(x, &v);
	struct tl_ix_row row;
	struct tl_index_entry e;
	int rc = 0;
	for (size_t i = 0; i < v->segments; i++) {
		const struct tl_ix_segment *s = v->segment[i];
		for (uint32_t at = 0; at < s->n && rc == 0; at++) {
			if (tl_ix_bit(s->gone, at))
				continue;
			tl_ix_segment_row(s, at, &row);
			entry(v, &row, tl_ix_bit(s->limited, at), &e);
			rc = each(ctx, &e);
		}
	}
	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = each_of_tail(v, v->tail[i], each, ctx);
	tl_ix_unpin(pin);
	return rc;
}

static uint64_t
memory_of(const struct tl_ix_tail *t)
{
	uint64_t chunks = ((uint64_t)t->n + TL_IX_CHUNK - 1) / TL_IX_CHUNK;
	return chunks * sizeof(struct tl_ix_chunk) + t->places * sizeof *t->place;
}

void
tl_index_stats(struct tl_index *x, struct tl_index_stats *ret)
{
	struct tl_index_stats s = {0};
	(void)pthread_mutex_lock(&x->change);
	const struct tl_ix_view *v = tl_ix_view_now(x);
	for (size_t i = 0; i < v->segments; i++) {
		s.entries += v->segment[i]->n - v->segment[i]->gone_n;
		s.removed += v->segment[i]->gone_n;
		s.bytes += v->segment[i]->bytes;
		s.memory += v->segment[i]->n / 64 * 16 + sizeof *v->segment[i];
	}
	for (size_t i = 0; i < 2; i++)
		if (v->tail[i]) {
			s.tail += v->tail[i]->n - v->tail[i]->gone_n;
			s.memory += memory_of(v->tail[i]);
		}
	s.entries += s.tail;
	s.segments = v->segments;
	s.memory += tl_ix_limits_room(v->limits) * 48 + x->op_room * sizeof *x->op;
	s.mark = x->mark;
	s.change = x->last;
	(void)pthread_mutex_unlock(&x->change);
	*ret = s;
}
