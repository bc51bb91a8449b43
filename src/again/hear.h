/*
 * What was published that holds a part of known sounds: their places name candidates in the media index, and each candidate
 * is heard against all of them as the sound detector would. For a page of entries of banks, and for one sound that is asked
 * about. Begin with an empty one.
 */
#pragma once

#include "again/index.h"
#include "hash/sound_find.h"

struct hear {
	struct tl_sound *known; /* in the order in which they were added */
	size_t n, cap;
	struct tl_index *windows; /* of all of them, in memory; NULL: none */

	size_t of, at; /* places that were asked for: whole sounds, and of the next */
	size_t step;   /* from place to place; 0 is 1: all of them */
	int64_t *key;  /* candidates; by key, each once, when all is asked */
	size_t keys, key_cap;
};

/* One that cannot be read is known by nothing. Copies what it needs. */
int hear_add(struct hear *h, struct tl_str packed) TL_MUST;
/* Asks on until all places were asked for (*ret_all) or it is `until_us` (monotonic). */
int hear_ask(struct hear *h, struct tl_again_index *x, int64_t until_us, bool *ret_all) TL_MUST;

/*
 * What a sound that was published has of the known ones, whose number is the entry of a hit. `words` and `bent` as media
 * carry them; what cannot be read has nothing. Empty `*ret` first.
 */
int hear_judge(struct hear *h, struct tl_str words, struct tl_str bent,
    struct tl_sound_found *ret) TL_MUST;

void hear_fini(struct hear *h); /* an empty one again */

/* `p`, or what realloc makes of it, with room for `need` of `size` bytes; *cap is how many. Owned by the caller. */
void *hear_room(void *p, size_t need, size_t *cap, size_t size);
