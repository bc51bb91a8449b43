/*
 * What of all that was published is like one known thing, exactly as the detectors would say: a picture (turned ones too when
 * wanted, and the videos that show it), a video (straight or mirrored) or a sound (at other speeds too, and that of videos).
 * The media index names candidates; each is judged once by its own hashes.
 */
#pragma once

#include "again/index.h"
#include "core/item.h"

#define TL_ALIKE_MAX 100000 /* media that are judged for one question */

struct tl_alike {
	enum tl_entry_form form;
	struct tl_str value; /* as entries of banks have it */
	int distance; /* 0..TL_INDEX_DISTANCE_MAX; of a sound above TL_SOUND_BITS_MAX: that */
	bool turned;  /* pictures turned and mirrored */
	int share_query, share_known; /* of videos and sounds, percent */
};

struct tl_alike_hit {
	int64_t key, platform;
	struct tl_media_id media;
	int reach;    /* the least distance of a bank at which it matches */
	int distance; /* of the nearest pair; of a sound all that was recognised */
	int percent;  /* of a video's frames or of a sound that are known; -1: a picture */
	bool video;   /* it has pictures of its own, whatever is like them */
};

typedef int (*tl_alike_fn)(void *ctx, const struct tl_alike_hit *hit);

/*
 * Calls `fn` for each medium that matches, by rising key; a negative answer of it ends the search. *ret_cut (never set
 * to false here): there were more candidates than are judged.
 */
int tl_alike_find(struct tl_db *db, struct tl_again_index *x, const struct tl_alike *a,
    tl_alike_fn fn, void *ctx, bool *ret_cut) TL_MUST;
