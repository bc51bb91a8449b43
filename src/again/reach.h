/*
 * A page of entries of banks and the media that they reach. Filled entry by entry; then gone through in slices, outside of
 * any transaction: it reads the media index and, for sounds, what the store has of those that the index names. What is
 * found may be more than what matches: the worker judges exactly.
 */
#pragma once

#include "again/hear.h"
#include "core/words.h"

struct reach_entry {
	struct tl_id bank, id;
	enum tl_entry_form form;
	struct tl_str value; /* owned */
	int64_t change, since;
	int distance;
	bool turned, live;
};

struct reach_hit {
	size_t entry;
	int64_t key;
};

struct reach {
	struct reach_entry *e;
	size_t n, cap, bytes;

	struct reach_hit *hit; /* by entry, then by key, once gathered */
	size_t hits, hit_cap;
	bool gathered;

	size_t at;           /* entries that were gone through */
	struct tl_pdq *look; /* of the video that is gone through */
	size_t looks, look_cap, next_look;
	struct hear sounds;  /* among the entries */
	size_t *sound_entry; /* which those are */
	size_t sound_cap;
	size_t heard; /* candidates that were judged */
};

/* Copies the entry's value. */
void reach_add(struct reach *r, const struct reach_entry *e);
/* No room for a further entry in this page. */
bool reach_full(const struct reach *r);

/* Goes on until all is gathered or it is `until_us` (monotonic). Failure: begin with an empty one. */
int reach_gather(
    struct reach *r, struct tl_db *db, struct tl_again_index *x, int64_t until_us) TL_MUST;

void reach_clear(struct reach *r); /* an empty one again */
