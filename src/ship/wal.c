/*
 * Owns the reading of SQLite's log format: header, frames and their running checksum.
 *
 * Promises: reads only the bytes it is given; a frame is taken only when page number, salts and checksum fit, so that what
 * is taken is exactly what SQLite itself would recover. Called by the shipper.
 */
#include "ship/wal.h"

#define MAGIC 0x377f0682U /* the lowest bit says that checksums are big-endian */
#define VERSION 3007000U

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* n is a multiple of 8. */
static void
add(uint32_t sum[2], bool big_endian, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		sum[0] += (big_endian ? be32(p + i) : le32(p + i)) + sum[1];
		sum[1] += (big_endian ? be32(p + i + 4) : le32(p + i + 4)) + sum[0];
	}
}

int
tl_wal_begin(struct tl_wal *w, struct tl_str head)
{
	if (head.n != TL_WAL_HEAD || (be32(head.p) & ~1U) != MAGIC ||
	    be32(head.p + 4) != VERSION)
		return tl_fail(TL_EPARSE, "this is not the beginning of a write-ahead log");
	struct tl_wal new = {.page_bytes = be32(head.p + 8),
	    .salt = {be32(head.p + 16), be32(head.p + 20)},
	    .big_endian = be32(head.p) & 1U};
	if (new.page_bytes < 512 || new.page_bytes > TL_WAL_PAGE_MAX ||
	    (new.page_bytes &(new.page_bytes - 1)))
		return tl_fail(TL_EPARSE, "a write-ahead log with an impossible page size");
	add(new.sum, new.big_endian, head.p, 24);
	if (new.sum[0] != be32(head.p + 24) || new.sum[1] != be32(head.p + 28))
		return tl_fail(TL_EPARSE, "the beginning of a write-ahead log is damaged");
	*w = new;
	return 0;
}

uint32_t
tl_wal_life(const uint8_t head[TL_WAL_HEAD])
{
	return be32(head + 12);
}

bool
tl_wal_frame(struct tl_wal *w, struct tl_str frame, bool *ret_commit)
{
	if (frame.n != tl_wal_frame_bytes(w) || be32(frame.p) == 0 ||
	    be32(frame.p + 8) != w->salt[0] || be32(frame.p + 12) != w->salt[1])
		return false;
	uint32_t sum[2] = {w->sum[0], w->sum[1]};
	add(sum, w->big_endian, frame.p, 8);
	add(sum, w->big_endian, frame.p + TL_WAL_FRAME_HEAD, w->page_bytes);
	if (sum[0] != be32(frame.p + 16) || sum[1] != be32(frame.p + 20))
		return false;
	w->sum[0] = sum[0];
	w->sum[1] = sum[1];
	*ret_commit = be32(frame.p + 4) != 0;
	return true;
}
