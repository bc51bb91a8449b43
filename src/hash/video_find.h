/*
 * Which known videos may be in a video: the frames of all known videos lie in a Hamming index (index.h), and each look of
 * the query votes for the videos that its neighbours belong to. What comes out is few, the best first, and is then
 * compared exactly (video_match.h) by who has the lists.
 *
 * Frames that many videos share (title cards, logos, test pictures) weigh the less the more entries they are near to, and
 * of each only the nearest TL_VIDEO_HITS entries vote: so no frame can make a question slow, and the right video, which
 * has frames of its own, stands before those that share only the card.
 */
#pragma once

#include "hash/index.h"
#include "hash/video_match.h"

#define TL_VIDEO_HITS 512       /* entries that one look may vote for */
#define TL_VIDEO_HITS_MAX 32768 /* of a bank that is asked alone */
#define TL_VIDEO_CANDIDATES 64  /* videos worth an exact comparison */

/* The index's key of a frame: the entry's own key (below 2^48) and which of its indexed frames. */
static inline uint64_t
tl_video_key(uint64_t entry, uint32_t frame)
{
	return entry << 16 | frame;
}

/*
 * Which frames of a known video go to the index: those of the grid, with and without bars, of sufficient quality, each
 * different hash once. Calls `each` with 0, 1, 2 …; stops when that fails and returns it.
 */
int tl_video_index_frames(const struct tl_video *v,
    int (*each)(void *ctx, uint32_t frame, const struct tl_pdq *hash), void *ctx) TL_MUST;

struct tl_video_candidate {
	uint64_t entry;
	uint32_t bank;
	bool mirrored;
	float weight;
};

struct tl_video_ask {
	/* tl_index_find or something like it. */
	int (*find)(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found);
	void *ctx;
	const struct tl_index_bank *bank; /* whose frames, and each bank's distance; rising */
	size_t banks;
	int64_t now_us;
	bool *
	    cut; /* may be NULL; set: a video may be missing. Then banks are asked one by one */
};

/* Fills up to TL_VIDEO_CANDIDATES; *ret_n says how many. Else what `find` said. */
int tl_video_candidates(const struct tl_video_ask *ask, const struct tl_video_looks *query,
    const struct tl_video_looks *mirrored, struct tl_video_candidate *ret,
    size_t *ret_n) TL_MUST;
