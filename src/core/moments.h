/* Which moments of a long video or sound a reviewer should see first: where something known was found in it. */
#pragma once

#include "core/signal.h"
#include "sys/decode_msg.h"

/* The most that a list of them takes as text, with the end. */
#define TL_MOMENTS_TEXT 64

struct tl_moments {
	uint32_t cut[TL_FILM_CUTS]; /* ms, ascending */
	uint32_t n;                 /* 0: no clip of its own is worth it */
	uint32_t places;            /* stretches that something was found in */
};

/*
 * From the matches among the signals of an item. None for a file of which the usual clip shows all or much: one no longer
 * than its clip, or one that is known for more than half of its length. Of more places than there are cuts some are chosen,
 * evenly; a long place gets several.
 */
void tl_moments_of(
    const struct tl_media *m, const struct tl_signal *s, size_t n, struct tl_moments *ret);

/* "places ms ms …", and back: CORRUPT for a text that is none. */
void tl_moments_write(char dst[TL_MOMENTS_TEXT], const struct tl_moments *m);
int tl_moments_read(struct tl_str text, struct tl_moments *ret) TL_MUST;
