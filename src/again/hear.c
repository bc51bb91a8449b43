/*
 * Hearing what was published.
 *
 * A medium is a candidate when any place of a known sound is near to any of its windows: of two sounds that have nothing in
 * common few are, of a copy that the detector finds every one in the suite (`./bench robustness` counts both). Promises: a
 * candidate is judged as the detector judges it (src/detect/hash/sound.c), at the other speeds too. Memory: the known
 * sounds, and the media that are near. Failure: the index's codes. Called by reach.c and alike.c.
 */
#include "again/hear.h"

#include "sys/clock.h"

#include <stdlib.h>

#define AT_ONCE 16 /* places between looks at the clock */

void
hear_fini(struct hear *h)
{
	for (size_t i = 0; i < h->n; i++)
		tl_sound_fini(&h->known[i]);
	tl_index_close(h->windows);
	free(h->known);
	free(h->key);
	*h = (struct hear){0};
}

void *
hear_room(void *p, size_t need, size_t *cap, size_t size)
{
	if (need <= *cap)
		return p;
	while (*cap < need)
		*cap = *cap ? *cap * 2 : 64;
	p = realloc(p, *cap * size);
	if (!p)
		abort();
	return p;
}

struct windows {
	struct tl_index *x;
	size_t sound;
};

static int
add_window(void *ctx, uint32_t window, const struct tl_pdq *hash)
{
	const struct windows *w = ctx;
	return tl_index_add(w->x, hash, tl_sound_key(w->sound, window), 0, 0);
}

int
hear_add(struct hear *h, struct tl_str packed)
{
	struct tl_sound s = {0};
	if (tl_sound_unpack(packed, &s) < 0)
		return 0; /* checked when it was added: nothing can match it */
	int rc = h->windows ? 0 : tl_index_open(NULL, TL_INDEX_OWN, &h->windows);
	if (rc == 0)
		rc =
		    tl_sound_index_windows(&s, add_window, &(struct windows){h->windows, h->n});
	if (rc < 0) {
		tl_sound_fini(&s);
		return rc;
	}
	h->known = hear_room(h->known, h->n + 1, &h->cap, sizeof *h->known);
	h->known[h->n++] = s;
	return 0;
}

/* Candidates ------------------------------------------------------------------------------------------------------ */

static int
by_key(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void
once_each(struct hear *h)
{
	size_t kept = 0;
	if (h->keys)
		qsort(h->key, h->keys, sizeof *h->key, by_key);
	for (size_t i = 0; i < h->keys; i++)
		if (kept == 0 || h->key[i] != h->key[kept - 1])
			h->key[kept++] = h->key[i];
	h->keys = kept;
}

static void
add_key(struct hear *h, int64_t key)
{
	if (h->keys == h->key_cap) {
		once_each(h); /* a copy is near in most of its places */
		h->key = hear_room(h->key, 2 * h->keys + 1, &h->key_cap, sizeof *h->key);
	}
	h->key[h->keys++] = key;
}

/* Some places of the sound that it is at. */
static int
ask_places(struct hear *h, struct tl_again_index *x)
{
	static const int kinds[TL_AGAIN_KINDS] = {[TL_AGAIN_PICTURE] = -1,
	    [TL_AGAIN_SECOND] = -1,
	    [TL_AGAIN_SECONDS] = -1,
	    [TL_AGAIN_FIRST] = -1,
	    [TL_AGAIN_LOOK] = -1,
	    [TL_AGAIN_SOUND] = TL_SOUND_WINDOW_BITS + TL_SOUND_BACK_BITS,
	    [TL_AGAIN_BENT] = TL_SOUND_BEND_BITS + TL_SOUND_BACK_BITS};
	const struct tl_sound *s = &h->known[h->of];
	size_t places = tl_sound_places(s);
	for (size_t i = 0; i < AT_ONCE && h->at < places; i++) {
		struct tl_pdq needle = tl_sound_place(s, h->at);
		const struct tl_again_hit *hit;
		size_t n = 0;
		int rc = tl_again_index_reach(x, &needle, kinds, &hit, &n);
		if (rc < 0)
			return rc;
		for (size_t k = 0; k < n; k++)
			add_key(h, hit[k].key);
		h->at += h->step ? h->step : 1;
	}
	if (h->at < places)
		return 0;
	h->of++;
	h->at = 0;
	return 0;
}

int
hear_ask(struct hear *h, struct tl_again_index *x, int64_t until_us, bool *ret_all)
{
	int rc = 0;
	while (rc == 0 && h->of < h->n) {
		rc = ask_places(h, x);
		if (tl_mono_us() >= until_us)
			break;
	}
	*ret_all = h->of == h->n;
	if (*ret_all)
		once_each(h);
	return rc;
}

/* Judging --------------------------------------------------------------------------------------------------------- */

static int
find_windows(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	struct hear *h = ctx;
	return tl_index_find(h->windows, ask, found);
}

static int
read_sound(void *ctx, uint64_t entry, struct tl_sound *ret)
{
	const struct hear *h = ctx;
	return tl_sound_set(ret, h->known[entry].w, h->known[entry].n);
}

int
hear_judge(struct hear *h, struct tl_str words, struct tl_str bent, struct tl_sound_found *ret)
{
	static const uint32_t bank = 0;
	struct tl_sound kept[1 + TL_SOUND_BENDS] = {0};
	if (!h->windows || tl_sound_words(words, &kept[0]) < 0)
		return 0; /* what cannot be read cannot be found by it */
	bool more = tl_sound_unpack_bent(bent, kept + 1) == 0;
	struct tl_sound_ask ask = {.find = find_windows,
	    .read = read_sound,
	    .ctx = h,
	    .bank = &bank,
	    .banks = 1,
	    .query = kept,
	    .queries = more ? TL_COUNT(kept) : 1};
	int rc = tl_sound_find(&ask, ret);
	for (size_t i = 0; i < TL_COUNT(kept); i++)
		tl_sound_fini(&kept[i]);
	return rc;
}
