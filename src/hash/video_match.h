/*
 * Comparing the frame hashes of two videos: the match rule of vPDQ, exactly, and where in the known video the other one
 * lies. Of the definitions in circulation this is the one that the Python reference runs (each list deduplicated,
 * distances up to and including the bound, frames below quality 50 not counted); see doc/decisions.
 *
 *   share of the query = its frames that have some frame of the known video within the distance / its frames
 *   share of the known = the same the other way round
 *   a match when both shares reach the bank's thresholds (percent; 0 asks for one frame)
 *
 * The other frames of a list are further looks of the counted frame before them: it has found a partner when one of its
 * looks has. So bars on either side, another frame rate or another beginning change nothing, and lists without such
 * frames are compared exactly as above.
 *
 * What misses by that rule may match *in step*: frames that are laid over each other by one offset and one speed have
 * twice the distance to spare (a logo, a line of text), because a whole run of them must fit. The thresholds are the same.
 */
#pragma once

#include "hash/stretch.h"
#include "hash/video.h"

#define TL_VIDEO_SHARE_QUERY 80 /* default thresholds, percent */
#define TL_VIDEO_SHARE_KNOWN 0

/* One look of one counted frame. */
struct tl_video_look {
	struct tl_pdq hash;
	uint32_t ms;
	uint32_t to_ms; /* what is seen there may last until then */
	uint32_t frame; /* 0..frames-1 */
};

/* What of a video is compared. */
struct tl_video_looks {
	struct tl_video_look *look; /* owned, `n` of them, in order of time */
	size_t n;
	size_t frames; /* counted, that is different ones of sufficient quality */
};

/* `mirrored`: of the video with left and right exchanged, from the hashes alone (a few bits off, see doc/decisions). */
void tl_video_looks_of(const struct tl_video *v, bool mirrored, struct tl_video_looks *ret);
void tl_video_looks_fini(struct tl_video_looks *l);

/* The hash of the mirrored picture as near as the hash alone tells. */
void tl_pdq_mirror(struct tl_pdq *h);

struct tl_video_rule {
	int distance;                 /* 0..63 */
	int share_query, share_known; /* percent */
};

enum tl_video_how {
	TL_VIDEO_APART, /* no match */
	TL_VIDEO_FRAMES,
	TL_VIDEO_STEP /* in step only */
};

/* Frames that must be in step at least, unless either video has fewer. */
#define TL_VIDEO_STEP_MIN 4

struct tl_video_match {
	enum tl_video_how how;
	size_t query, known; /* frames that found a partner */
	double share_query, share_known;
	int distance; /* the nearest pair; -1 when nothing is near */
	int64_t
	    offset_ms; /* time in the known video at which the query begins; below 0: it begins before */
	double speed;              /* how much faster the query runs: 0.94..1.06 */
	struct tl_stretches shown; /* when the query shows what is known; of matches only */
};

/* Compares. Offset, speed and stretches are filled in for matches only. No failure; about 2 ns a pair of looks. */
void tl_video_compare(const struct tl_video_looks *query, const struct tl_video_looks *known,
    const struct tl_video_rule *rule, struct tl_video_match *ret);
