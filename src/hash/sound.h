/*
 * What is known of a sound: the raw fingerprint of chromaprint (its algorithm 1), 32-bit words in order of time, about
 * eight a second (Lukáš Lalinský, "How does Chromaprint work?"; the 16 filters of each word look at 2.6 seconds of
 * pitch classes). In memory, as text and packed for the store. Finding one in many is sound_match.h.
 */
#pragma once

#include "base/buf.h"

#define TL_SOUND_WORDS_MAX 240000 /* 8 hours */
#define TL_SOUND_HEAD_BYTES 5
#define TL_SOUND_PACKED_MAX (TL_SOUND_HEAD_BYTES + TL_SOUND_WORDS_MAX * 4)

/* Words lie 1365 samples of an 11025 Hz signal apart. */
#define TL_SOUND_HOP_SAMPLES 1365
#define TL_SOUND_RATE 11025

/*
 * A copy that plays faster or slower at another pitch has other words altogether. So what is looked for is fingerprinted at
 * these speeds as well, in thousandths: one of them undoes it, give or take half a hundredth.
 */
#define TL_SOUND_BENDS 6
#define TL_SOUND_BEND_SPEEDS                                                                   \
	{                                                                                      \
		980, 985, 990, 1010, 1015, 1020                                                \
	}

struct tl_sound {
	uint32_t *w; /* owned */
	size_t n;
};

void tl_sound_fini(struct tl_sound *s); /* an empty one again */

/* The time between the beginnings of word 0 and word `words` (which may be below 0). */
int64_t tl_sound_ms(int64_t words);

/* Copies the words. LIMIT beyond TL_SOUND_WORDS_MAX, INPUT for none. */
int tl_sound_set(struct tl_sound *s, const uint32_t *words, size_t n) TL_MUST;
/* The same from big-endian words alone, as media carry them. */
int tl_sound_words(struct tl_str big_endian, struct tl_sound *ret) TL_MUST;

/*
 * Decimal words with commas between, as `fpcalc -raw` prints them. Reading also takes "FINGERPRINT=" in front, a JSON
 * array, and the signed form of old programs. Writing appends.
 */
void tl_sound_text(struct tl_buf *out, const struct tl_sound *s);
int tl_sound_parse(struct tl_str text, struct tl_sound *ret) TL_MUST;

/* Packed: version 1, count, words; big-endian. Appends. */
void tl_sound_pack(struct tl_buf *out, const struct tl_sound *s);
int tl_sound_unpack(struct tl_str packed, struct tl_sound *ret) TL_MUST;

/* The other speeds, packed one after the other; one that is too short to have words is left out. Fills all of `ret`, or none. */
int tl_sound_unpack_bent(struct tl_str packed, struct tl_sound ret[TL_SOUND_BENDS]) TL_MUST;
