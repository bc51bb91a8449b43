/*
 * Taking an animated PNG apart: for each frame tl_apng_next makes a PNG, tl_apng_save keeps what must come back,
 * tl_apng_lay lays each of its rows on the canvas; the canvas is what is seen, until tl_apng_dispose.
 */
#pragma once

#include "base/buf.h"
#include "hash/pdq.h"

struct tl_apng_frame {
	uint32_t width, height, x, y, delay_ms;
	uint8_t dispose, over; /* over: transparent parts show what was there */
};

struct tl_apng {
	struct tl_str file;
	size_t at;
	uint8_t head[13];
	uint32_t width, height;
	bool controlled;      /* a frame's control was seen */
	struct tl_buf shared; /* palette and transparency, for each frame */
	struct tl_apng_frame frame;
	uint8_t *canvas, *before; /* RGBA */
};

/* False: no PNG, or more pixels than that. tl_apng_end either way. */
bool tl_apng_begin(struct tl_apng *a, struct tl_str file, uint64_t most_pixels);
void tl_apng_end(struct tl_apng *a);

/* The next frame as a PNG: 1. 0: there is none. -1: it does not fit. */
int tl_apng_next(struct tl_apng *a, struct tl_buf *out) TL_MUST;
void tl_apng_save(struct tl_apng *a);
/* Row y of the frame, frame.width pixels. */
void tl_apng_lay(struct tl_apng *a, uint32_t y, const uint8_t *rgba);
void tl_apng_dispose(struct tl_apng *a);
