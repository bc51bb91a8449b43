/*
 * Finding known sounds: every window of eight words (a second) of all known sounds lies in a Hamming index (index.h), as one
 * hash of 256 bits. Windows of the query find those that differ by up to TL_SOUND_WINDOW_BITS bits, and pairs that agree on the
 * offset, give or take a drift, name the places that are compared word by word (sound_match.h).
 *
 * No bank hides another: each has its own candidates, and a window that more entries are near to than there is room for is
 * asked of each bank for itself.
 */
#pragma once

#include "hash/index.h"
#include "hash/sound_match.h"

#define TL_SOUND_WINDOW 8
#define TL_SOUND_WINDOW_BITS 36 /* of 256; for the other speeds, one of which fits well, */
#define TL_SOUND_BEND_BITS 31
#define TL_SOUND_BACK_BITS                                                                     \
	3 /* so many more from a known sound to uploads, whose windows lie elsewhere */
#define TL_SOUND_TRIES 128 /* places that are compared of each bank */

/* The index's key of a window: the entry's own key (below 2^48) and which of its windows. */
static inline uint64_t
tl_sound_key(uint64_t entry, uint32_t window)
{
	return entry << 16 | window;
}

/*
 * What of a known sound goes to the index: windows side by side from its beginning, all of them, so that a window's number
 * says where it lies. Calls `each` with 0, 1, 2 …; stops when that fails and returns it.
 */
int tl_sound_index_windows(const struct tl_sound *s,
    int (*each)(void *ctx, uint32_t window, const struct tl_pdq *hash), void *ctx) TL_MUST;

/*
 * The other way round, from a known sound to uploads that hold a part of it: what of an upload goes to an index of uploads,
 * windows side by side of its own speed (0) and, unless it is short, every third of the others, so that as many pairs are
 * near as when it is looked for. What stands still is left out. `upload`: its own speed, then the others.
 */
#define TL_SOUND_UPLOAD_WINDOWS_MAX                                                            \
	(TL_SOUND_WORDS_MAX / TL_SOUND_WINDOW + TL_SOUND_BENDS * (TL_SOUND_WORDS_MAX / 24 + 1))
typedef int (*tl_sound_each_fn)(void *ctx, size_t speed, const struct tl_pdq *hash);
int tl_sound_upload_windows(
    const struct tl_sound *upload, size_t speeds, tl_sound_each_fn each, void *ctx) TL_MUST;
/* How many places of a known sound such an index is asked for, and the one at `at`. */
size_t tl_sound_places(const struct tl_sound *known);
struct tl_pdq tl_sound_place(const struct tl_sound *known, size_t at);

struct tl_sound_ask {
	/* tl_index_find or something like it. */
	int (*find)(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found);
	/* Fills in an entry's sound, which is freed here; TL_ENOTFOUND: it is gone, and is none. */
	int (*read)(void *ctx, uint64_t entry, struct tl_sound *ret);
	void *ctx;
	const uint32_t *bank; /* `banks` of them, rising */
	size_t banks;
	int64_t now_us;
	/* The sound that is asked for, and the same played at other speeds: what is found of any of them counts. */
	const struct tl_sound *query;
	size_t queries; /* at most 16 */
};

struct tl_sound_found {
	struct tl_sound_hit
	    *hit; /* owned, `n` of them, one an entry, the longest recognised first */
	size_t n;
	uint32_t *
	    cut; /* owned, `cuts` banks in which there was more than TL_SOUND_TRIES worth comparing */
	size_t cuts;
};

void tl_sound_found_fini(struct tl_sound_found *f);

/* Else what `find` or `read` said. */
int tl_sound_find(const struct tl_sound_ask *ask, struct tl_sound_found *ret) TL_MUST;
