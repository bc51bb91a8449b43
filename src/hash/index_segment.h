/*
 * A segment: an immutable file of entries, mapped read-only. index_build.c writes it, index_segment.c opens and checks it. Numbers
 * are little-endian; sections lie in the order of their rows, each at a multiple of 64 bytes and with 64 bytes to spare.
 */
#pragma once

#include "hash/index_int.h"

struct tl_ix_line {
	uint32_t base; /* where the entries of its first bucket begin; of a hot line: its row */
	uint8_t end
	    [TL_IX_LINE]; /* where each bucket's end, from `base`; the last is 255: a hot line */
};

struct tl_ix_hot {
	uint32_t base, end[TL_IX_LINE]; /* the same, with room for any number */
};

struct tl_ix_slot {
	const struct tl_ix_line *line;
	const struct tl_ix_hot *hot;
	const uint8_t *entry; /* the row and, above it, a sketch */
	uint32_t lines, hots, entries;
};

struct tl_ix_segment {
	uint64_t id;
	uint64_t head_sum; /* of the header, which holds the sums of the rest */
	uint64_t bytes;
	const uint8_t *map;
	uint32_t n;
	unsigned slots;
	unsigned id_bits, entry_bytes;
	uint64_t key_min, key_max;
	const struct tl_ix_half *half[2];
	const uint64_t *key;
	const uint32_t *bank, *order; /* positions, rising by key */
	struct tl_ix_slot slot[TL_IX_SLOTS_MAX];
	struct tl_ix_plan plan[TL_INDEX_DISTANCE_MAX + 1];
	double scan_cost; /* of one needle's first halves, in nanoseconds */
	tl_ix_bits *gone, *limited;
	uint64_t gone_n; /* under the change lock */
};

/* Checks the header and the file's size, not the body. TL_ENOTFOUND, TL_ECORRUPT (names the file). */
int tl_ix_segment_open(const char *dir, uint64_t id, struct tl_ix_segment **ret) TL_MUST;
int tl_ix_segment_parse(struct tl_str bytes, struct tl_ix_segment *ret) TL_MUST;
void tl_ix_segment_close(struct tl_ix_segment *s);
int tl_ix_segment_verify(const struct tl_ix_segment *s) TL_MUST;
/* The position of a key, also of one that is gone; `n` when there is none. */
uint32_t tl_ix_segment_find(const struct tl_ix_segment *s, uint64_t key);
void tl_ix_segment_row(const struct tl_ix_segment *s, uint32_t at, struct tl_ix_row *ret);

/* How many bits of an entry name its row; the others are the sketch. */
static inline unsigned
tl_ix_id_bits(uint64_t n)
{
	return n > 1 ? 64 - (unsigned)__builtin_clzll(n - 1) : 1;
}

/* What a bucket holds of a row. Four bytes where they leave room for a sketch of 12 bits or more. */
static inline unsigned
tl_ix_entry_bytes(unsigned id_bits)
{
	return id_bits <= 20 ? 4 : 5;
}

/* The sketch of a row in a slot: so many low bits of the row's value in the next slot. */
static inline uint32_t
tl_ix_sketch_mask(unsigned slots, unsigned slot, unsigned id_bits)
{
	unsigned bits = tl_ix_slot_bits(slots, (slot + 1) % slots);
	unsigned room = tl_ix_entry_bytes(id_bits) * 8 - id_bits;
	return (uint32_t)((UINT64_C(1) << (bits < room ? bits : room)) - 1);
}

/* Where the entries of a bucket lie; empty when the file is damaged there. */
static inline uint32_t
tl_ix_bucket(const struct tl_ix_slot *s, uint32_t value, uint32_t *ret_from)
{
	uint32_t l = value / TL_IX_LINE, i = value % TL_IX_LINE, from, end;
	const struct tl_ix_line *line = &s->line[l];
	if (__builtin_expect(line->end[TL_IX_LINE - 1] == UINT8_MAX, 0)) {
		if (line->base >= s->hots)
			return 0;
		const struct tl_ix_hot *hot = &s->hot[line->base];
		from = hot->base + (i ? hot->end[i - 1] : 0);
		end = hot->base + hot->end[i];
	} else {
		from = line->base + (i ? line->end[i - 1] : 0);
		end = line->base + line->end[i];
	}
	*ret_from = from;
	return end <= s->entries && from < end ? end - from : 0;
}

/* index_build.c: writes the file of `n` rows (all keys different) and syncs it. */
struct tl_ix_rows {
	size_t n;
	struct tl_ix_half *half[2];
	uint64_t *key;
	uint32_t *bank;
};
void tl_ix_rows_alloc(struct tl_ix_rows *r, size_t cap);
void tl_ix_rows_fini(struct tl_ix_rows *r);
void tl_ix_rows_put(struct tl_ix_rows *r, const struct tl_ix_row *row);
int tl_ix_build(const char *dir, uint64_t id, const struct tl_ix_rows *rows) TL_MUST;

/* What a segment file begins with; the sections follow in the order of their rows, each at a multiple of 64 bytes. */
#define TL_IX_MAGIC UINT64_C(0x33305845444e4954) /* "TINDEX03" */
#define TL_IX_SECTIONS (5 + 3 * TL_IX_SLOTS_MAX)
enum tl_ix_section {
	TL_IX_FIRST,
	TL_IX_SECOND,
	TL_IX_KEY,
	TL_IX_BANK,
	TL_IX_ORDER,
	TL_IX_SLOT
};
struct tl_ix_head {
	uint64_t magic;
	uint64_t sum; /* of the header with this field 0 */
	uint64_t id, bytes;
	uint64_t key_min, key_max;
	uint32_t n, slots;
	struct {
		uint64_t from, bytes, sum;
	} section[TL_IX_SECTIONS]; /* slots: line, hot, entry */
};

static inline size_t
tl_ix_lines(unsigned bits)
{
	return ((UINT64_C(1) << bits) + TL_IX_LINE - 1) / TL_IX_LINE;
}
