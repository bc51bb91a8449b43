/*
 * Pictures of our own making for benches, as heavy as photographs: about 1.5 bits a pixel at quality 85. Each one drawn
 * differs from the last; in each run they are the same. And libjpeg-turbo's full grey decode, the peer.
 */
#pragma once

#include "base/buf.h"

enum photo_kind {
	PHOTO_PLASMA, /* six octaves of smooth noise */
	PHOTO_HILLS   /* two waves */
};

/* RGB, to be freed, with noise of `noise` steps in each channel. */
uint8_t *photo_draw(enum photo_kind kind, uint32_t w, uint32_t h, uint32_t noise);
/* Draws one and encodes it: JPEG, quality 85, 4:2:0. */
struct tl_buf photo_jpeg(enum photo_kind kind, uint32_t w, uint32_t h, uint32_t noise);
/* Decodes a JPEG to grey, full size, one row at a time, and forgets it. */
void photo_decode_grey(struct tl_str jpeg);
