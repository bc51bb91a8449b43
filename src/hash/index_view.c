/*
 * Readers and what they see. A reader writes the epoch into a place of its own and then takes the view; who publishes a new view
 * raises the epoch and frees the old one once no place holds an epoch from before. So readers never wait, and nothing that
 * they may still see is freed. No failure; out of memory aborts. Called by index.c and index_keep.c.
 */
#include "hash/index_state.h"

#include <sched.h>
#include <stdlib.h>

/* Threads begin at different places, so that they seldom meet. */
static unsigned
my_place(void)
{
	static _Atomic unsigned next;
	static _Thread_local unsigned mine;
	if (!mine)
		mine = atomic_fetch_add(&next, 1) % TL_IX_PINS + 1;
	return mine - 1;
}

struct tl_ix_pin *
tl_ix_pin(struct tl_index *x, const struct tl_ix_view **ret)
{
	for (unsigned i = my_place(), tried = 1;; i = (i + 1) % TL_IX_PINS, tried++) {
		struct tl_ix_pin *p = &x->pin[i];
		uint64_t was = 0;
		if (atomic_compare_exchange_strong(&p->epoch, &was, atomic_load(&x->epoch))) {
			if (!p->work)
				p->work = tl_ix_work_create();
			*ret = atomic_load(&x->view);
			return p;
		}
		if (tried % TL_IX_PINS == 0) /* more questions at once than places */
			(void)sched_yield();
	}
}

void
tl_ix_unpin(struct tl_ix_pin *p)
{
	atomic_store(&p->epoch, 0);
}

struct tl_ix_view *
tl_ix_view_now(struct tl_index *x)
{
	return atomic_load_explicit(&x->view, memory_order_relaxed);
}

struct tl_ix_view *
tl_ix_view_copy(struct tl_index *x)
{
	struct tl_ix_view *v = tl_ix_alloc(1, sizeof *v);
	*v = *tl_ix_view_now(x);
	return v;
}

/* Frees what no reader can see any more. */
static void
reclaim(struct tl_index *x)
{
	uint64_t oldest = UINT64_MAX;
	for (size_t i = 0; i < TL_IX_PINS; i++) {
		uint64_t e = atomic_load(&x->pin[i].epoch);
		if (e && e < oldest)
			oldest = e;
	}
	size_t kept = 0;
	for (size_t i = 0; i < x->retireds; i++) {
		if (x->retired[i].epoch < oldest)
			x->retired[i].destroy(x->retired[i].what);
		else
			x->retired[kept++] = x->retired[i];
	}
	x->retireds = kept;
}

static void
retire(struct tl_index *x, void *what, void (*destroy)(void *))
{
	if (!what)
		return;
	if (x->retireds == x->retired_room) {
		x->retired_room = x->retired_room ? x->retired_room * 2 : 16;
		x->retired = reallocarray(x->retired, x->retired_room, sizeof *x->retired);
		if (!x->retired)
			abort();
	}
	x->retired[x->retireds++] =
	    (struct tl_ix_retired){atomic_fetch_add(&x->epoch, 1), what, destroy};
	reclaim(x);
}

static void
destroy_segment(void *s)
{
	tl_ix_segment_close(s);
}

static void
destroy_tail(void *t)
{
	tl_ix_tail_destroy(t);
}

static void
destroy_limits(void *l)
{
	tl_ix_limits_destroy(l);
}

void
tl_ix_publish(struct tl_index *x, struct tl_ix_view *v)
{
	retire(x, atomic_exchange(&x->view, v), free);
}

void
tl_ix_retire_segment(struct tl_index *x, struct tl_ix_segment *s)
{
	retire(x, s, destroy_segment);
}

void
tl_ix_retire_tail(struct tl_index *x, struct tl_ix_tail *t)
{
	retire(x, t, destroy_tail);
}

void
tl_ix_retire_limits(struct tl_index *x, struct tl_ix_limits *l)
{
	retire(x, l, destroy_limits);
}

bool
tl_ix_locate(const struct tl_ix_view *v, uint64_t key, struct tl_ix_spot *ret)
{
	for (size_t i = 2; i-- > 0;) {
		uint32_t at = v->tail[i] ? tl_ix_tail_find(v->tail[i], key) : UINT32_MAX;
		if (at != UINT32_MAX) {
			*ret = (struct tl_ix_spot){NULL, v->tail[i], at};
			return true;
		}
	}
	for (size_t i = v->segments; i-- > 0;) {
		struct tl_ix_segment *s = v->segment[i];
		uint32_t at = tl_ix_segment_find(s, key);
		if (at < s->n && !tl_ix_bit(s->gone, at)) {
			*ret = (struct tl_ix_spot){s, NULL, at};
			return true;
		}
	}
	return false;
}

void
tl_ix_spot_remove(const struct tl_ix_spot *s)
{
	if (s->segment) {
		s->segment->gone_n += tl_ix_bit_set(s->segment->gone, s->at);
		return;
	}
	struct tl_ix_chunk *c = tl_ix_tail_chunk(s->tail, s->at);
	s->tail->gone_n += tl_ix_bit_set(c->gone, s->at % TL_IX_CHUNK);
}

void
tl_ix_spot_limit(const struct tl_ix_spot *s)
{
	if (s->segment)
		(void)tl_ix_bit_set(s->segment->limited, s->at);
	else
		(void)tl_ix_bit_set(
		    tl_ix_tail_chunk(s->tail, s->at)->limited, s->at % TL_IX_CHUNK);
}

static bool
always(struct tl_ix_times t)
{
	return t.from_us == TL_INDEX_NEVER && t.until_us == TL_INDEX_FOREVER;
}

void
tl_ix_limit_in(struct tl_index *x, uint64_t key, struct tl_ix_times times)
{
	struct tl_ix_limits *old = tl_ix_view_now(x)->limits;
	size_t at = 0, n = 0;
	uint64_t k;
	while (tl_ix_limits_next(old, &at, &k))
		n += !always(tl_ix_limits_get(old, k));
	struct tl_ix_limits *l = tl_ix_limits_create(n * 2 + 1);
	bool fits = true;
	for (at = 0; tl_ix_limits_next(old, &at, &k);)
		if (!always(tl_ix_limits_get(old, k)))
			fits &= tl_ix_limits_set(l, k, tl_ix_limits_get(old, k));
	if (!(fits & tl_ix_limits_set(l, key, times)))
		abort();
	struct tl_ix_view *v = tl_ix_view_copy(x);
	v->limits = l;
	tl_ix_publish(x, v);
	tl_ix_retire_limits(x, old);
}
