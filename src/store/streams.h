/*
 * Live streams as rows. A stream has an item of its own (kind live_stream, the platform's id of the stream), which cases,
 * decisions and actions are about; its segments are further items. Verbs that write run inside the caller's transaction.
 */
#pragma once

#include "core/item.h"
#include "store/db.h"

struct tl_arena;

/*
 * Begins or continues the stream of an item of kind live_stream that was just stored. EFIELD: /author/id is not the stream's
 * author, or /stream/id is the id of something else.
 */
int tl_stream_item(struct tl_db *db, const struct tl_item *item, int64_t expires_at) TL_MUST;
/* An item of another kind: EFIELD /kind when its id is a stream's. */
int tl_stream_kept(struct tl_db *db, const struct tl_item *item) TL_MUST;

/* The stream that an item is a segment of, or is itself. NOTFOUND. Strings live in the arena. */
int tl_stream_of_item(struct tl_db *db, int64_t platform, struct tl_id item,
    struct tl_arena *arena, struct tl_stream *ret) TL_MUST;
int tl_stream_get(struct tl_db *db, int64_t platform, struct tl_id stream,
    struct tl_arena *arena, struct tl_stream *ret) TL_MUST;

/* The platform says how many watch: a sign of life. 0 for items that are no streams. */
int tl_stream_viewers(
    struct tl_db *db, int64_t platform, struct tl_id item, int64_t viewers) TL_MUST;

/* The platform confirms that it has stopped it. 0 when the item is no stream. */
int tl_stream_stopped(
    struct tl_db *db, int64_t platform, struct tl_id item, int64_t now) TL_MUST;

/* Whether its stop is asked for or done. */
int tl_stream_stop_asked(
    struct tl_db *db, int64_t platform, struct tl_id stream, bool *ret) TL_MUST;

/* For the clerk: streams that gave no sign of life since `before` have ended. How many, or an error. */
int tl_stream_silent(struct tl_db *db, int64_t before, int max) TL_MUST;

/* The next streams whose cases must be weighed anew; tl_stream_weighed when that is done. */
struct tl_stream_key {
	int64_t platform;
	struct tl_id item;
};
int tl_stream_to_weigh(struct tl_db *db, struct tl_stream_key *ret, int max) TL_MUST;
int tl_stream_weighed(struct tl_db *db, const struct tl_stream_key *k) TL_MUST;

/* Items of its newest segments, newest first. */
struct tl_segment {
	struct tl_id item;
	int64_t seq;
};
int tl_stream_segments(struct tl_db *db, int64_t platform, struct tl_id stream,
    struct tl_segment *ret, size_t max, size_t *ret_n) TL_MUST;

/* Running now: [0] of test, [1] of live data. */
int tl_stream_running(struct tl_db *db, int64_t ret[2]) TL_MUST;

/* Forgets what is kept of an erased item. */
int tl_stream_forget(struct tl_db *db, int64_t platform, struct tl_id item) TL_MUST;
