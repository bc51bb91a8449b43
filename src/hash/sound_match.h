/*
 * Comparing two sounds from a place where they may be the same: the words that lie over each other from there on are
 * counted bit by bit, block after block (Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002). The
 * offset may drift: copies that run up to some 3 % faster or slower at the same pitch are followed. Which places are worth it
 * says sound_find.h.
 *
 * What does not change (silence, a tone, steady noise) looks like everything else that does not change. So a stretch
 * counts only where it fits far better at its offset than at others of the same two sounds.
 */
#pragma once

#include "hash/sound.h"
#include "hash/stretch.h"

#define TL_SOUND_BITS_USE 9 /* default of a bank: differing bits of 32, on average */
#define TL_SOUND_BITS_MAX 9 /* more is chance: what is found at all differs by no more */
#define TL_SOUND_STRETCH_MIN                                                                   \
	64                    /* words (8 s); in shorter queries half as many that fit better */
#define TL_SOUND_WORDS_MIN 32 /* (4 s); what has fewer is never found */
#define TL_SOUND_DRIFT 16     /* words that the offset may lie beside the place */

/* A known sound that was found. */
struct tl_sound_hit {
	uint64_t entry; /* and its bank, as the index has them; filled in by tl_sound_find */
	uint32_t bank;
	int64_t
	    offset_ms; /* time in the known sound at which the query begins; below 0: it begins before */
	int64_t ms;   /* how much of the query was recognised */
	double bits;  /* differing bits of 32 there, on average */
	double speed; /* how much faster the query runs */
	double share_query,
	    share_known; /* recognised parts; what does not change is left out of both */
	struct tl_stretches shown; /* when it is heard in the query */
};

/* Is it within a bank's distance and shares (percent)? */
static inline bool
tl_sound_within(const struct tl_sound_hit *h, int distance, int share_query, int share_known)
{
	double most = distance < TL_SOUND_BITS_MAX ? distance : TL_SOUND_BITS_MAX + 1;
	return h->bits <= most && h->share_query * 100 >= share_query &&
	       h->share_known * 100 >= share_known;
}

/* Does word i change against what was heard a second before? */
bool tl_sound_moves(const uint32_t *w, size_t i);

/* True when they fit from word `at_query` of one and `at_known` of the other outwards. Bounded by the query's length. */
bool tl_sound_compare(const struct tl_sound *query, const struct tl_sound *known,
    size_t at_query, size_t at_known, struct tl_sound_hit *ret) TL_MUST;
