/*
 * The track of a generation: the file `index` that says, line by line, how far the copy of a log was whole and when.
 *
 *   S <time> <segment> <bytes>                    so far is on disk
 *   B <time> <segment> <bytes>                    base.db is complete; good for restoring from here on
 *   E <time> <segment> <bytes> <mtime ns> <size>  all of the log is copied and merged into a database that looks so
 *
 * Times are microseconds since 1970, numbers decimal. A last line without its end is not there.
 */
#pragma once

#include "base/str.h"

enum tl_track_kind { TL_TRACK_SHIPPED = 'S', TL_TRACK_BASE = 'B', TL_TRACK_END = 'E' };

struct tl_track_line {
	enum tl_track_kind kind;
	int64_t at_us;
	int64_t segment, bytes;
	int64_t mtime_ns, size; /* of E */
};

/* Takes the next line off `text`; false at its end or at the first that is none (*ret_bad). */
bool tl_track_next(struct tl_str *text, struct tl_track_line *ret, bool *ret_bad);

#define TL_TRACK_LINE 128 /* longest line with its newline and a NUL */
void tl_track_print(const struct tl_track_line *line, char dst[TL_TRACK_LINE]);

/*
 * How far one can restore: the last line at or before `until_us` (0: the last of all), provided that the base was complete
 * by then. False when this generation cannot serve that moment.
 */
struct tl_track_point {
	int64_t at_us;
	int64_t segment, bytes; /* of the last segment; those before it count whole */
	bool ended;
	int64_t mtime_ns, size;
};
bool tl_track_find(struct tl_str text, int64_t until_us, struct tl_track_point *ret);
