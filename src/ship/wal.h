/*
 * SQLite's write-ahead log as bytes: whether a log begins here, whether the next frame belongs to it, where a
 * transaction ends. Source: "WAL-mode File Format", https://sqlite.org/walformat.html. Pure: no files.
 */
#pragma once

#include "base/str.h"

#define TL_WAL_HEAD 32
#define TL_WAL_FRAME_HEAD 24
#define TL_WAL_PAGE_MAX 65536

struct tl_wal {
	uint32_t page_bytes;
	uint32_t salt[2];
	uint32_t sum[2]; /* of everything up to here; each frame continues it */
	bool big_endian; /* of the checksums */
};

/* From the 32 bytes that begin a log; TL_EPARSE when they do not. */
int tl_wal_begin(struct tl_wal *w, struct tl_str head) TL_MUST;

/* How often this log was begun anew, as its head counts it. */
uint32_t tl_wal_life(const uint8_t head[TL_WAL_HEAD]);

static inline size_t
tl_wal_frame_bytes(const struct tl_wal *w)
{
	return TL_WAL_FRAME_HEAD + w->page_bytes;
}

/*
 * Takes the next frame (tl_wal_frame_bytes long). False when it is not the next of this log (left over from an earlier
 * life, half written, damaged); then `w` is unchanged. *ret_commit: a transaction ends with it.
 */
bool tl_wal_frame(struct tl_wal *w, struct tl_str frame, bool *ret_commit);
