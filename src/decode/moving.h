/*
 * The pictures of an animation as they pass: their hashes, like a video's, and small stills of those that differ most.
 */
#pragma once

#include "decode/decode.h"
#include "hash/video.h"

struct tl_moving;

/* `pages`: how many there are; `show`: stills are wanted. */
struct tl_moving *tl_moving_create(uint32_t width, uint32_t height, uint32_t pages, bool show);
void tl_moving_destroyp(struct tl_moving **m);

/* The next picture begins; its rows follow. The one before it is whole. False: there is no room for more. */
bool tl_moving_begin(struct tl_moving *m, uint32_t page, uint32_t ms, enum tl_row_kind kind);
struct tl_pdq_sampler *tl_moving_sampler(struct tl_moving *m); /* takes the luma of each row */
void tl_moving_row(struct tl_moving *m, const uint8_t *row);   /* and then the row */
/* The last picture is whole. */
void tl_moving_end(struct tl_moving *m);

/* Fills in the answer's fields; appends the parts FRAMES, TIMES and STILLS. */
void tl_moving_answer(const struct tl_moving *m, struct tl_decode_answer *a);
void tl_moving_put(const struct tl_moving *m, struct tl_buf *out);
