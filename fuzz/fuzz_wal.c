/* The log's frames and the index of a copy: files of ours, on disks of others. */
#include "ship/track.h"
#include "ship/wal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk_log(struct tl_str s)
{
	struct tl_wal w;
	bool commit = false;
	if (s.n < TL_WAL_HEAD || tl_wal_begin(&w, tl_bytes(s.p, TL_WAL_HEAD)) < 0)
		return;
	size_t frame = tl_wal_frame_bytes(&w);
	for (size_t at = TL_WAL_HEAD; at + frame <= s.n; at += frame) {
		struct tl_wal before = w;
		if (!tl_wal_frame(&w, tl_bytes(s.p + at, frame), &commit)) {
			if (memcmp(&before, &w, sizeof w) != 0)
				abort();
			return;
		}
	}
}

static void
walk_index(struct tl_str s)
{
	struct tl_track_line l, again;
	struct tl_track_point p;
	bool bad;
	struct tl_str rest = s;
	while (tl_track_next(&rest, &l, &bad)) {
		char text[TL_TRACK_LINE];
		tl_track_print(&l, text);
		struct tl_str printed = tl_str(text);
		if (!tl_track_next(&printed, &again, &bad) || printed.n ||
		    again.at_us != l.at_us || again.segment != l.segment ||
		    again.bytes != l.bytes || again.size != l.size)
			abort();
	}
	if (tl_track_find(s, 0, &p) && p.segment < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk_log(tl_bytes(data, size));
	walk_index(tl_bytes(data, size));
	return 0;
}
