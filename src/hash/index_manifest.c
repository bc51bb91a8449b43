/*
 * The manifest's bytes: big-endian numbers, the XXH64 sum of all before at the end. Read whole or not at all; counts are
 * checked against what is there. On failure: TL_ECORRUPT. Called by index_keep.c.
 */
#include "hash/index_manifest.h"

#include "base/cur.h"

#include <sys/stat.h>

#define MAGIC UINT64_C(0x544c494e44455831) /* "TLINDEX1" */
#define LIMIT_BYTES 24

static void
put(struct tl_buf *b, uint64_t v, unsigned bytes)
{
	uint8_t p[8];
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
	tl_buf_put(b, p, bytes);
}

void
tl_ix_manifest_begin(struct tl_buf *b, uint64_t mark, uint64_t next_id, size_t segments)
{
	put(b, MAGIC, 8);
	put(b, mark, 8);
	put(b, next_id, 8);
	put(b, segments, 4);
}

void
tl_ix_manifest_segment(struct tl_buf *b, const struct tl_ix_segment *s)
{
	put(b, s->id, 8);
	put(b, s->head_sum, 8);
	put(b, s->gone_n, 4);
	for (size_t w = 0; w <= s->n / 64; w++) {
		uint64_t bits = atomic_load_explicit(&s->gone[w], memory_order_relaxed);
		for (; bits; bits &= bits - 1)
			put(b, w * 64 + (unsigned)__builtin_ctzll(bits), 4);
	}
}

void
tl_ix_manifest_limits(struct tl_buf *b, size_t n)
{
	put(b, n, 8);
}

void
tl_ix_manifest_put_limit(struct tl_buf *b, uint64_t key, struct tl_ix_times times)
{
	put(b, key, 8);
	put(b, (uint64_t)times.from_us, 8);
	put(b, (uint64_t)times.until_us, 8);
}

void
tl_ix_manifest_end(struct tl_buf *b)
{
	put(b, tl_ix_sum(b->p, b->n), 8);
}

uint32_t
tl_ix_manifest_gone(const struct tl_ix_listed *l, uint32_t i)
{
	struct tl_cur c = tl_cur(tl_bytes(l->gone + (size_t)i * 4, 4));
	return tl_cur_u32(&c);
}

uint64_t
tl_ix_manifest_limit(const struct tl_ix_manifest *m, size_t i, struct tl_ix_times *ret)
{
	struct tl_cur c = tl_cur(tl_bytes(m->limit + i * LIMIT_BYTES, LIMIT_BYTES));
	uint64_t key = tl_cur_u64(&c);
	ret->from_us = (int64_t)tl_cur_u64(&c);
	ret->until_us = (int64_t)tl_cur_u64(&c);
	return key;
}

static int
damaged(const char *what)
{
	return tl_fail(TL_ECORRUPT, "the manifest is damaged: %s", what);
}

int
tl_ix_manifest_parse(struct tl_str bytes, struct tl_ix_manifest *ret)
{
	struct tl_ix_manifest m = {0};
	if (bytes.n < 8)
		return damaged("it is cut");
	struct tl_cur sum = tl_cur(tl_bytes(bytes.p + bytes.n - 8, 8));
	struct tl_cur c = tl_cur(tl_bytes(bytes.p, bytes.n - 8));
	if (tl_cur_u64(&sum) != tl_ix_sum(bytes.p, bytes.n - 8) || tl_cur_u64(&c) != MAGIC)
		return damaged("its sum or kind");
	m.mark = tl_cur_u64(&c);
	m.next_id = tl_cur_u64(&c);
	m.segments = tl_cur_u32(&c);
	if (m.segments > TL_IX_SEGMENTS_MAX)
		return damaged("too many segments");
	for (size_t i = 0; i < m.segments && !c.bad; i++) {
		struct tl_ix_listed *l = &m.segment[i];
		l->id = tl_cur_u64(&c);
		l->head_sum = tl_cur_u64(&c);
		l->gone_n = tl_cur_u32(&c);
		l->gone = tl_cur_take(&c, (size_t)l->gone_n * 4).p;
		if (l->id == 0 || l->id >= m.next_id)
			return damaged("a segment's number");
	}
	m.limits = tl_cur_u64(&c);
	if (c.bad || c.n / LIMIT_BYTES != m.limits || c.n % LIMIT_BYTES != 0)
		return damaged("its length");
	m.limit = c.p;
	*ret = m;
	return 0;
}

bool
tl_ix_manifest_stamp(const char *dir, struct tl_ix_stamp *ret)
{
	char path[4096];
	struct stat st;
	if (tl_ix_path(path, sizeof path, dir, "manifest") < 0 || stat(path, &st) < 0)
		return false;
	*ret = (struct tl_ix_stamp){
	    (uint64_t)st.st_ino, (uint64_t)st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
	return true;
}
