/*
 * The index and its files: loading, flushing, merging, following. A file is written while questions and changes go on; what
 * changed meanwhile is carried over before the new view is published. The manifest names what counts: a death before it is
 * replaced leaves the old state, and the next owner sweeps what it does not name. What is merged is checked first, so that
 * damage is never copied. On failure the index is as it was and can be tried again, unless its files are damaged. Called by
 * the one who owns or follows a directory.
 */
#include "hash/index_state.h"

#include <stdlib.h>

#define RELOADS 100     /* how often a manifest may be replaced while it is read */
#define GONE_SHARE 4    /* a segment of which so many-th are removed is written again */
#define FORCED 8        /* segments that are merged when there are too many */
#define TIER_MIN 4      /* so many segments of about a size are merged ... */
#define SMALL (1 << 20) /* ... and any two smaller than this */

/* The view of the moment by value: only who holds the work lock retires segments and tails. */
static struct tl_ix_view
snapshot(struct tl_index *x)
{
	(void)pthread_mutex_lock(&x->change);
	struct tl_ix_view v = *tl_ix_view_now(x);
	(void)pthread_mutex_unlock(&x->change);
	return v;
}

/* ---- loading ---- */

static struct tl_ix_segment *
held(const struct tl_ix_view *v, const struct tl_ix_listed *l)
{
	for (size_t i = 0; i < v->segments; i++)
		if (v->segment[i]->id == l->id && v->segment[i]->head_sum == l->head_sum)
			return v->segment[i];
	return NULL;
}

static bool
in_view(const struct tl_ix_view *v, const struct tl_ix_segment *s)
{
	for (size_t i = 0; i < v->segments; i++)
		if (v->segment[i] == s)
			return true;
	return false;
}

static int
open_listed(const char *dir, const struct tl_ix_listed *l, struct tl_ix_segment **ret)
{
	int rc = tl_ix_segment_open(dir, l->id, ret);
	if (rc < 0 || (*ret)->head_sum == l->head_sum)
		return rc;
	tl_ix_segment_close(TL_TAKE(*ret));
	char name[32];
	tl_ix_segment_name(name, l->id);
	return tl_fail(TL_ECORRUPT, "%s is not the file that the manifest names", name);
}

/* Opens what `v` does not have yet, from `old` where it is mapped already. On failure nothing new stays open. */
static int
open_segments(const char *dir, const struct tl_ix_manifest *m, const struct tl_ix_view *old,
    struct tl_ix_view *v)
{
	int rc = 0;
	for (v->segments = 0; v->segments < m->segments && rc == 0;) {
		const struct tl_ix_listed *l = &m->segment[v->segments];
		struct tl_ix_segment *s = held(old, l);
		if (!s)
			rc = open_listed(dir, l, &s);
		if (rc == 0)
			v->segment[v->segments++] = s;
	}
	while (rc < 0 && v->segments) {
		struct tl_ix_segment *s = v->segment[--v->segments];
		if (!in_view(old, s))
			tl_ix_segment_close(s);
	}
	return rc;
}

static void
put_state(const struct tl_ix_manifest *m, struct tl_ix_view *v)
{
	for (size_t i = 0; i < m->segments; i++)
		for (uint32_t k = 0; k < m->segment[i].gone_n; k++) {
			uint32_t at = tl_ix_manifest_gone(&m->segment[i], k);
			if (at < v->segment[i]->n)
				tl_ix_spot_remove(
				    &(struct tl_ix_spot){v->segment[i], NULL, at});
		}
	for (size_t i = 0; i < m->limits; i++) {
		struct tl_ix_times t;
		struct tl_ix_spot spot;
		uint64_t key = tl_ix_manifest_limit(m, i, &t);
		if (tl_ix_locate(v, key, &spot) && tl_ix_limits_set(v->limits, key, t))
			tl_ix_spot_limit(&spot);
	}
}

/* What the files do not hold yet goes into the new tail. */
static void
carry_tail(const struct tl_ix_tail *from, uint64_t mark, struct tl_ix_view *v)
{
	for (uint32_t at = 0; at < from->n; at++) {
		const struct tl_ix_chunk *c = tl_ix_tail_chunk(from, at);
		uint32_t i = at % TL_IX_CHUNK, to;
		struct tl_ix_spot old;
		struct tl_ix_row row;
		if (c->change[i] <= mark)
			continue;
		tl_ix_tail_row(from, at, &row);
		bool replaces = tl_ix_locate(v, row.key, &old), gone = tl_ix_bit(c->gone, i);
		if (gone && replaces) /* what it had replaced does not come back */
			tl_ix_spot_remove(&old);
		if (gone)
			continue;
		if (tl_ix_tail_add(v->tail[1], &row, c->change[i], &to) < 0)
			abort(); /* smaller than the tail that it was in */
		if (replaces)
			tl_ix_spot_remove(&old);
		if (tl_ix_bit(c->limited, i))
			tl_ix_spot_limit(&(struct tl_ix_spot){NULL, v->tail[1], to});
	}
}

static void
forget_ops(struct tl_index *x)
{
	size_t kept = 0;
	for (size_t i = 0; i < x->ops; i++)
		if (x->op[i].change > x->mark)
			x->op[kept++] = x->op[i];
	x->ops = kept;
}

/* Publishes what the manifest says, with this process's own later changes. Under the change lock. */
static void
adopt(struct tl_index *x, const struct tl_ix_manifest *m, struct tl_ix_view *v)
{
	struct tl_ix_view old = *tl_ix_view_now(x);
	x->mark = m->mark;
	x->next_id = m->next_id;
	x->last = m->mark > x->last ? m->mark : x->last;
	forget_ops(x);
	v->tail[0] = NULL;
	v->tail[1] = tl_ix_tail_create();
	v->limits = tl_ix_limits_create(m->limits + x->ops + 1);
	put_state(m, v);
	for (size_t i = 0; i < x->ops; i++)
		tl_ix_op_do(x, v, &x->op[i]);
	carry_tail(old.tail[1], x->mark, v);
	for (size_t i = 0; i < x->ops; i++) /* times of entries that are in the tail only */
		if (x->op[i].kind == TL_IX_LIMIT)
			(void)tl_ix_limits_set(v->limits, x->op[i].subject, x->op[i].times);
	tl_ix_publish(x, v);
	for (size_t i = 0; i < old.segments; i++)
		if (!in_view(v, old.segment[i]))
			tl_ix_retire_segment(x, old.segment[i]);
	tl_ix_retire_tail(x, old.tail[1]);
	tl_ix_retire_limits(x, old.limits);
}

/* Reads the manifest and opens its segments; TL_EAGAIN when it was replaced meanwhile. */
static int
load_once(struct tl_index *x, bool *ret_changed)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf bytes = {0};
	struct tl_ix_manifest *m = NULL;
	struct tl_ix_stamp before, after;
	bool there = tl_ix_manifest_stamp(x->dir, &before);
	*ret_changed = false;
	if (there && memcmp(&before, &x->stamp, sizeof before) == 0)
		return 0;
	int rc = tl_ix_file_read(x->dir, "manifest", &bytes);
	if (rc < 0)
		return rc;
	struct tl_ix_view *v = tl_ix_alloc(1, sizeof *v);
	m = tl_ix_alloc(1, sizeof *m);
	rc = tl_ix_manifest_parse(tl_buf_str(&bytes), m);
	struct tl_ix_view now = snapshot(x);
	if (rc == 0)
		rc = open_segments(x->dir, m, &now, v);
	bool moved = !tl_ix_manifest_stamp(x->dir, &after) || !there ||
		     memcmp(&before, &after, sizeof before) != 0;
	if (rc == 0) {
		(void)pthread_mutex_lock(&x->change);
		adopt(x, m, v);
		(void)pthread_mutex_unlock(&x->change);
		if (!moved)
			x->stamp = after;
		x->on_disk = true;
		*ret_changed = true;
	} else {
		free(v);
		if (moved)
			rc = TL_EAGAIN;
		else if (rc == TL_ENOTFOUND)
			rc = tl_fail(TL_ECORRUPT, "%s", tl_err_text());
	}
	free(m);
	return rc;
}

static void
sweep(struct tl_index *x)
{
	uint64_t keep[TL_IX_SEGMENTS_MAX];
	struct tl_ix_view v = snapshot(x);
	for (size_t i = 0; i < v.segments; i++)
		keep[i] = v.segment[i]->id;
	tl_ix_sweep(x->dir, keep, v.segments);
}

int
tl_ix_load(struct tl_index *x, bool *ret_changed)
{
	int rc = TL_EAGAIN;
	for (int i = 0; i < RELOADS && rc == TL_EAGAIN; i++)
		rc = load_once(x, ret_changed);
	if (x->mode != TL_INDEX_OWN)
		return rc == TL_EAGAIN ? tl_fail(rc, "the index changes too fast") : rc;
	if (rc == TL_ENOTFOUND)
		rc = 0;
	if (rc < 0)
		return rc;
	sweep(x);
	return 0;
}

int
tl_index_refresh(struct tl_index *x, bool *ret_changed)
{
	*ret_changed = false;
	if (!x->dir || x->mode != TL_INDEX_FOLLOW)
		return 0;
	(void)pthread_mutex_lock(&x->work);
	int rc = tl_ix_load(x, ret_changed);
	(void)pthread_mutex_unlock(&x->work);
	return rc;
}

int
tl_index_wipe(const char *dir)
{
	int fd = -1;
	int rc = tl_ix_lock(dir, &fd);
	if (rc < 0)
		return rc;
	rc = tl_ix_file_remove(dir, "manifest");
	if (rc == 0)
		tl_ix_sweep(dir, NULL, 0);
	tl_ix_unlock(fd);
	return rc;
}

int
tl_index_verify(struct tl_index *x)
{
	const struct tl_ix_view *v;
	int rc = 0;
	struct tl_ix_pin *pin = tl_ix_pin(x, &v);
	for (size_t i = 0; i < v->segments && rc == 0; i++)
		rc = tl_ix_segment_verify(v->segment[i]);
	tl_ix_unpin(pin);
	return rc;
}

/* ---- writing ---- */

/* What a new segment is made of: segments, or a tail. `taken` has a bit for each entry that went in. */
struct source {
	struct tl_ix_segment *segment;
	const struct tl_ix_tail *tail;
	uint32_t n;
	uint64_t *taken;
};

struct making {
	struct source source[TL_IX_SEGMENTS_MAX];
	size_t sources;
	struct tl_ix_segment *made; /* NULL: nothing was left */
};

static uint64_t
bits_of(const struct source *s, size_t word, bool limited)
{
	const tl_ix_bits *b;
	if (s->segment) {
		b = limited ? s->segment->limited : s->segment->gone;
	} else {
		const struct tl_ix_chunk *c = s->tail->chunk[word / (TL_IX_CHUNK / 64)];
		b = limited ? c->limited : c->gone;
		word %= TL_IX_CHUNK / 64;
	}
	return atomic_load_explicit(&b[word], memory_order_acquire);
}

static void
row_of(const struct source *s, uint32_t at, struct tl_ix_row *ret)
{
	if (s->segment)
		tl_ix_segment_row(s->segment, at, ret);
	else
		tl_ix_tail_row(s->tail, at, ret);
}

static void
add_source(struct making *m, struct tl_ix_segment *s, const struct tl_ix_tail *t)
{
	struct source *src = &m->source[m->sources++];
	*src = (struct source){s, t, s ? s->n : t->n, NULL};
	src->taken = tl_ix_alloc(src->n / 64 + 1, sizeof *src->taken);
}

static void
making_fini(struct making *m)
{
	for (size_t i = 0; i < m->sources; i++)
		free(m->source[i].taken);
}

static void
gather(struct source *s, struct tl_ix_rows *rows)
{
	for (uint32_t at = 0; at < s->n; at += 64) {
		uint64_t gone = bits_of(s, at / 64, false), bit = 1;
		for (uint32_t i = at; i < s->n && i < at + 64; i++, bit <<= 1) {
			struct tl_ix_row row;
			if (gone & bit)
				continue;
			row_of(s, i, &row);
			tl_ix_rows_put(rows, &row);
			s->taken[at / 64] |= bit;
		}
	}
}

/* Damage must not get a sum of its own: then nobody would find it any more. */
static int
verify_sources(const struct making *m)
{
	int rc = 0;
	for (size_t i = 0; i < m->sources && rc == 0; i++)
		if (m->source[i].segment)
			rc = tl_ix_segment_verify(m->source[i].segment);
	return rc;
}

/* Writes the new segment and opens it. */
static int
make(struct tl_index *x, struct making *m)
{
	struct tl_ix_rows rows;
	size_t n = 0;
	int rc = verify_sources(m);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < m->sources; i++)
		n += m->source[i].n;
	tl_ix_rows_alloc(&rows, n);
	for (size_t i = 0; i < m->sources; i++)
		gather(&m->source[i], &rows);
	if (rows.n) {
		rc = tl_ix_build(x->dir, x->next_id, &rows);
		if (rc == 0)
			rc = tl_ix_segment_open(x->dir, x->next_id, &m->made);
		x->next_id++;
	}
	tl_ix_rows_fini(&rows);
	return rc;
}

/* Carries over which entries were removed or limited since they were taken. Under the change lock. */
static void
settle(const struct making *m)
{
	for (size_t i = 0; m->made && i < m->sources; i++) {
		const struct source *s = &m->source[i];
		for (uint32_t at = 0; at < s->n; at += 64) {
			uint64_t gone = bits_of(s, at / 64, false) & s->taken[at / 64];
			uint64_t limited = bits_of(s, at / 64, true) & s->taken[at / 64];
			for (uint64_t bits = gone | limited; bits; bits &= bits - 1) {
				struct tl_ix_row row;
				row_of(s, at + (unsigned)__builtin_ctzll(bits), &row);
				struct tl_ix_spot to = {
				    m->made, NULL, tl_ix_segment_find(m->made, row.key)};
				if (to.at == m->made->n)
					continue;
				if (gone & bits & -bits)
					tl_ix_spot_remove(&to);
				if (limited & bits & -bits)
					tl_ix_spot_limit(&to);
			}
		}
	}
}

/* The view after: the sources' segments are replaced by what was made of them. */
static void
replace(const struct making *m, struct tl_ix_view *v)
{
	size_t kept = 0;
	for (size_t i = 0; i < v->segments; i++) {
		bool replaced = false;
		for (size_t k = 0; k < m->sources; k++)
			replaced |= m->source[k].segment == v->segment[i];
		if (!replaced)
			v->segment[kept++] = v->segment[i];
	}
	v->segments = kept;
	if (m->made)
		v->segment[v->segments++] = m->made;
}

static void
print_manifest(struct tl_index *x, const struct tl_ix_view *v, uint64_t mark, struct tl_buf *b)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf limits = {0};
	size_t at = 0, n = 0;
	uint64_t key;
	tl_ix_manifest_begin(b, mark, x->next_id, v->segments);
	for (size_t i = 0; i < v->segments; i++)
		tl_ix_manifest_segment(b, v->segment[i]);
	while (tl_ix_limits_next(v->limits, &at, &key)) {
		struct tl_ix_spot s;
		struct tl_ix_times t = tl_ix_limits_get(v->limits, key);
		if (!tl_ix_locate(v, key, &s) || !s.segment ||
		    !tl_ix_bit(s.segment->limited, s.at))
			continue;
		tl_ix_manifest_put_limit(&limits, key, t);
		n++;
	}
	tl_ix_manifest_limits(b, n);
	tl_buf_put(b, limits.p, limits.n);
	tl_ix_manifest_end(b);
}

/*
 * Writes the manifest of the view after and publishes it. `tail`: the frozen tail became a segment and the mark moves to
 * where it was frozen.
 */
static int
put_in_force(struct tl_index *x, struct making *m, bool tail)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf bytes = {0};
	(void)pthread_mutex_lock(&x->change);
	uint64_t mark = tail ? x->frozen_at : x->mark;
	struct tl_ix_view after = *tl_ix_view_now(x);
	replace(m, &after);
	if (tail)
		after.tail[0] = NULL;
	settle(m);
	print_manifest(x, &after, mark, &bytes);
	(void)pthread_mutex_unlock(&x->change);
	int rc = tl_ix_file_write(x->dir, "manifest", tl_buf_str(&bytes));
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&x->change);
	settle(m);
	struct tl_ix_view *v = tl_ix_view_copy(x);
	struct tl_ix_tail *frozen = tail ? v->tail[0] : NULL;
	replace(m, v);
	if (tail)
		v->tail[0] = NULL;
	tl_ix_publish(x, v);
	for (size_t i = 0; i < m->sources; i++)
		if (m->source[i].segment)
			tl_ix_retire_segment(x, m->source[i].segment);
	tl_ix_retire_tail(x, frozen);
	x->mark = mark;
	x->on_disk = true;
	forget_ops(x);
	m->made = NULL; /* the view's now */
	(void)pthread_mutex_unlock(&x->change);
	sweep(x);
	return 0;
}

/* From sources to files and view. A file that no manifest came to name is swept later: the one on disk may name it. */
static int
carry_out(struct tl_index *x, struct making *m, bool tail)
{
	int rc = make(x, m);
	if (rc == 0)
		rc = put_in_force(x, m, tail);
	tl_ix_segment_close(m->made);
	making_fini(m);
	return rc;
}

static int
by_size(const void *a, const void *b)
{
	const struct tl_ix_segment *x = *(struct tl_ix_segment *const *)a,
				   *y = *(struct tl_ix_segment *const *)b;
	uint64_t n = x->n - x->gone_n, m = y->n - y->gone_n;
	return n < m ? -1 : n > m ? 1 : x->id < y->id ? -1 : x->id > y->id;
}

enum why {
	WORTH,    /* a segment with much removed, or several of about a size */
	TOO_MANY, /* the smallest in any case */
	EXPUNGE   /* a segment with anything removed */
};

static void
choose_removed(const struct tl_ix_view *v, uint64_t share, struct making *m)
{
	for (size_t k = 0; k < v->segments && !m->sources; k++) {
		const struct tl_ix_segment *s = v->segment[k];
		if (s->gone_n && s->gone_n * share >= s->n)
			add_source(m, v->segment[k], NULL);
	}
}

static void
choose(const struct tl_ix_view *v, enum why why, struct making *m)
{
	struct tl_ix_segment *s[TL_IX_SEGMENTS_MAX];
	size_t n = v->segments, best = 0;
	uint64_t sum = 0;
	if (why == EXPUNGE) {
		choose_removed(v, UINT32_MAX, m);
		return;
	}
	memcpy(s, v->segment, n * sizeof(struct tl_ix_segment *));
	qsort(s, n, sizeof(struct tl_ix_segment *), by_size);
	for (size_t k = 0; k < n; k++) {
		uint64_t live = s[k]->n - s[k]->gone_n;
		if (sum + live > TL_IX_ENTRIES_MAX)
			break;
		if (k &&
		    (why == TOO_MANY ? k < FORCED
				     : live <= 2 * sum && (k + 1 >= TIER_MIN || live < SMALL)))
			best = k + 1;
		sum += live;
	}
	for (size_t k = 0; k < best; k++)
		add_source(m, s[k], NULL);
	choose_removed(v, GONE_SHARE, m);
}

static int
merge(struct tl_index *x, enum why why, bool *ret_merged)
{
	struct making m = {.sources = 0};
	(void)pthread_mutex_lock(&x->change);
	choose(tl_ix_view_now(x), why, &m);
	(void)pthread_mutex_unlock(&x->change);
	*ret_merged = m.sources > 0;
	return m.sources ? carry_out(x, &m, false) : 0;
}

static int
owned(const struct tl_index *x)
{
	if (!x->dir || x->mode != TL_INDEX_OWN)
		return tl_fail(TL_EBUG, "this process does not own the index");
	return 0;
}

static int
merge_one(struct tl_index *x, enum why why, bool *ret_merged)
{
	int rc = owned(x);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&x->work);
	rc = merge(x, why, ret_merged);
	(void)pthread_mutex_unlock(&x->work);
	return rc;
}

int
tl_index_merge(struct tl_index *x, bool *ret_merged)
{
	return merge_one(x, WORTH, ret_merged);
}

int
tl_index_expunge(struct tl_index *x, bool *ret_merged)
{
	return merge_one(x, EXPUNGE, ret_merged);
}

/* Freezes the tail, so that a new one grows; false when there is nothing to write. */
static bool
freeze(struct tl_index *x)
{
	(void)pthread_mutex_lock(&x->change);
	const struct tl_ix_view *now = tl_ix_view_now(x);
	bool needed = now->tail[0] || now->tail[1]->n || x->last != x->mark || !x->on_disk;
	if (needed && !now->tail[0]) { /* else an earlier flush failed: that one first */
		struct tl_ix_view *v = tl_ix_view_copy(x);
		v->tail[0] = v->tail[1];
		v->tail[1] = tl_ix_tail_create();
		x->frozen_at = x->last;
		tl_ix_publish(x, v);
	}
	(void)pthread_mutex_unlock(&x->change);
	return needed;
}

static int
flush(struct tl_index *x)
{
	bool merged = true;
	int rc = 0;
	bool again = snapshot(x).tail[0] != NULL;
	while (rc == 0 && freeze(x)) {
		struct making m = {.sources = 0};
		if (snapshot(x).segments + 1 >= TL_IX_SEGMENTS_MAX)
			rc = merge(x, TOO_MANY, &merged);
		if (rc < 0)
			break;
		add_source(&m, NULL, snapshot(x).tail[0]);
		rc = carry_out(x, &m, true);
		if (!again)
			break;
		again = false;
	}
	return rc;
}

int
tl_index_flush(struct tl_index *x)
{
	int rc = owned(x);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&x->work);
	rc = flush(x);
	(void)pthread_mutex_unlock(&x->work);
	return rc;
}
