/* How much of a video or sound matched, and where: what a signal carries beside score and distance. */
#pragma once

#include "core/signal.h"
#include "hash/stretch.h"

struct tl_arena;

struct part {
	double share_item, share_entry; /* 0..1 */
	int64_t
	    offset_ms; /* time in the known one at which the item's begins; below 0: it begins before */
	int64_t matched_ms;        /* of a sound; 0: not said */
	double speed;              /* how much faster the item's runs */
	bool in_step;              /* of a video: frames fit only as a run */
	struct tl_stretches shown; /* when the item shows or plays it */
};

/* JSON, in the arena. */
struct tl_str part_text(struct tl_arena *a, const struct part *p);

/* Why a file could not be decoded, in the arena. */
const char *part_undecoded(struct tl_arena *a, const struct tl_media *m);
