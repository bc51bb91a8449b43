/*
 * What is known of a video's pictures: the PDQ hash of one frame a second, as vPDQ (Meta, "vPDQ") does it, and beside
 * it of frames that the same list without them would miss. In memory, as text (the JSON array and the lines of hash
 * exchanges) and packed for the store. Comparing two of them is video_match.h.
 */
#pragma once

#include "base/buf.h"
#include "hash/pdq.h"

#define TL_VIDEO_FRAMES_MAX 24000
#define TL_VIDEO_PACKED_MAX (TL_VIDEO_HEAD_BYTES + TL_VIDEO_FRAMES_MAX * TL_VIDEO_FRAME_BYTES)
#define TL_VIDEO_HEAD_BYTES 5
#define TL_VIDEO_FRAME_BYTES 42

/*
 * How a frame came into the list. Plain frames (0) lie on the grid of one a second and are what other programs compare;
 * the text forms carry them alone. The others are further looks of the plain frame before them:
 *   CROPPED  the picture inside the black bars of the frame before it, at the same time (it may have the next two as well)
 *   SCENE    the first frame after a cut
 *   BETWEEN  a frame every quarter of a second: a copy that begins half a second later, or runs faster, has its grid
 *            elsewhere, and in a second much changes
 */
enum tl_video_frame_flag {
	TL_VIDEO_CROPPED = 1,
	TL_VIDEO_SCENE = 2,
	TL_VIDEO_BETWEEN = 4,
	TL_VIDEO_FLAGS = 7
};

struct tl_video_frame {
	struct tl_pdq hash;
	uint32_t ms;     /* since the beginning of the video; never falls along a list */
	uint32_t number; /* of the frame in its stream, from 0 */
	uint8_t quality; /* 0..100; below TL_PDQ_QUALITY_MIN a frame is not compared */
	uint8_t flags;
};

struct tl_video {
	struct tl_video_frame *f; /* owned */
	size_t n, cap;
};

void tl_video_fini(struct tl_video *v); /* an empty one again */

/* Appends a frame. LIMIT beyond TL_VIDEO_FRAMES_MAX, INPUT for a quality, time or flag that cannot be. */
int tl_video_add(struct tl_video *v, const struct tl_video_frame *f) TL_MUST;

/* How many frames have flags 0 and at least TL_PDQ_QUALITY_MIN: what a match rests on. */
size_t tl_video_usable(const struct tl_video *v);

/*
 * Text of one frame, "<64 hex digits>,<quality>,<seconds>", in a JSON array; or lines of
 * "<frame number>,<quality>,<64 hex digits>,<seconds>". Writing appends plain frames only, seconds with 3 digits.
 */
void tl_video_json(struct tl_buf *out, const struct tl_video *v);
void tl_video_lines(struct tl_buf *out, const struct tl_video *v);

/* Reads either form, told apart by its first character; what comes from JSON is numbered by its place. */
int tl_video_parse(struct tl_str text, struct tl_video *ret) TL_MUST;

/* Packed: version 1, count, then hash, quality, flags, milliseconds, number of each; integers big-endian. Appends. */
void tl_video_pack(struct tl_buf *out, const struct tl_video *v);
int tl_video_unpack(struct tl_str packed, struct tl_video *ret) TL_MUST;
