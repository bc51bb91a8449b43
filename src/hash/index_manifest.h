/* The manifest: which segments there are, what of them is removed, which entries have times, up to which change. */
#pragma once

#include "hash/index_tail.h"

#define TL_IX_SEGMENTS_MAX 64

struct tl_ix_listed {
	uint64_t id, head_sum;
	uint32_t gone_n;
	const uint8_t *gone; /* big-endian positions, in the manifest's bytes */
};

struct tl_ix_manifest {
	uint64_t mark, next_id;
	size_t segments, limits;
	struct tl_ix_listed segment[TL_IX_SEGMENTS_MAX];
	const uint8_t *limit; /* `limits` times key, from, until; in the manifest's bytes */
};

/* Which file was read: another one when the owner has replaced it. */
struct tl_ix_stamp {
	uint64_t inode, size;
	int64_t s, ns;
};

uint32_t tl_ix_manifest_gone(const struct tl_ix_listed *l, uint32_t i);
uint64_t tl_ix_manifest_limit(
    const struct tl_ix_manifest *m, size_t i, struct tl_ix_times *ret);

/* Views into `bytes`. TL_ECORRUPT. */
int tl_ix_manifest_parse(struct tl_str bytes, struct tl_ix_manifest *ret) TL_MUST;

/* One part after the other: begin, a segment each, limits, end. */
void tl_ix_manifest_begin(struct tl_buf *b, uint64_t mark, uint64_t next_id, size_t segments);
void tl_ix_manifest_segment(struct tl_buf *b, const struct tl_ix_segment *s);
void tl_ix_manifest_limits(struct tl_buf *b, size_t n);
void tl_ix_manifest_put_limit(struct tl_buf *b, uint64_t key, struct tl_ix_times times);
void tl_ix_manifest_end(struct tl_buf *b);

bool tl_ix_manifest_stamp(const char *dir, struct tl_ix_stamp *ret);
