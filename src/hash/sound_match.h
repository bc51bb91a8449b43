/*
 * Finding a known sound, or a part of one, in another: equal and nearly equal words of the fingerprints vote for an
 * offset, and the words that lie over each other by it are counted bit by bit (Haitsma and Kalker, "A Highly Robust Audio
 * Fingerprinting System", ISMIR 2002). The offset may drift: copies that run up to some 3 % faster or slower are followed.
 *
 * What does not change (silence, a tone, steady noise) looks like everything else that does not change. So a stretch
 * counts only where it fits far better at its offset than at others of the same two sounds.
 */
#pragma once

#include "hash/sound.h"

#define TL_SOUND_BITS_USE 9 /* default of a bank: differing bits of 32, on average */
#define TL_SOUND_BITS_MAX 9 /* more is chance: what is found at all differs by no more */
#define TL_SOUND_STRETCH_MIN                                                                   \
	64                    /* words (8 s); in shorter queries half as many that fit better */
#define TL_SOUND_HITS_MAX 128 /* more different sounds are not told apart */
#define TL_SOUND_INDEX_WORDS_MAX ((size_t)64 << 20)

/* One known sound that was found. */
struct tl_sound_hit {
	uint32_t sound; /* as tl_sound_index_add was told */
	int64_t
	    offset_ms; /* time in the known sound at which the query begins; below 0: it begins before */
	int64_t ms;   /* how much of the query was recognised */
	double bits;  /* differing bits of 32 there, on average */
	double speed; /* how much faster the query runs */
	double share_query,
	    share_known; /* recognised parts; what does not change is left out of both */
};

struct tl_sound_index;

/* Filled by add, then closed by build; from then on any number of threads may ask. About 10 bytes a word. */
struct tl_sound_index *tl_sound_index_create(void);
void tl_sound_index_destroy(struct tl_sound_index *x); /* NULL is fine */
size_t tl_sound_index_words(const struct tl_sound_index *x);

/* LIMIT beyond TL_SOUND_INDEX_WORDS_MAX. */
int tl_sound_index_add(
    struct tl_sound_index *x, uint32_t sound, const struct tl_sound *known) TL_MUST;
void tl_sound_index_build(struct tl_sound_index *x);

/* Up to `cap` (and TL_SOUND_HITS_MAX) different sounds, the longest recognised first. Returns how many. */
size_t tl_sound_find(const struct tl_sound_index *x, const struct tl_sound *query,
    struct tl_sound_hit *hits, size_t cap);
