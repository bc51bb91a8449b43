/*
 * Fair shares between keys.
 *
 * Promises: below `busy` requests under way nobody is refused; above it a key is refused that has more than all
 * divided by the keys that have any; a key alone is never refused. Memory is fixed: keys beyond KEYS_MAX at one time
 * share the last place. Called by the gate of keys.
 */
#include "api/shares.h"

#include <pthread.h>
#include <stdlib.h>

#define KEYS_MAX 256U

struct place {
	struct tl_id key;
	int under_way; /* 0: free */
};

struct tl_shares {
	pthread_mutex_t lock;
	int busy, all, keys;
	struct place places[KEYS_MAX + 1];
};

struct tl_shares *
tl_shares_create(int busy)
{
	struct tl_shares *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->busy = busy;
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
tl_shares_destroy(struct tl_shares *s)
{
	if (!s)
		return;
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

/* The key's place; when it has none a free one, or the last. With the lock held. */
static struct place *
place_of(struct tl_shares *s, struct tl_id key, bool take_free)
{
	struct place *other = &s->places[KEYS_MAX];
	for (size_t i = 0; i < KEYS_MAX; i++) {
		struct place *p = &s->places[i];
		if (p->under_way && tl_id_eq(p->key, key))
			return p;
		if (take_free && !p->under_way && other == &s->places[KEYS_MAX])
			other = p;
	}
	return other;
}

int
tl_shares_take(struct tl_shares *s, struct tl_id key)
{
	(void)pthread_mutex_lock(&s->lock);
	struct place *p = place_of(s, key, true);
	int keys = s->keys + (p->under_way == 0);
	bool ok = s->all < s->busy || keys == 1 || (int64_t)p->under_way * keys < s->all;
	if (ok) {
		p->key = key;
		p->under_way++;
		s->keys = keys;
		s->all++;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return ok ? 0 : tl_fail(TL_ERATE, "the server is busy, and this key has its share");
}

void
tl_shares_give(struct tl_shares *s, struct tl_id key)
{
	(void)pthread_mutex_lock(&s->lock);
	struct place *p = place_of(s, key, false);
	if (p->under_way > 0) {
		s->all--;
		s->keys -= --p->under_way == 0;
	}
	(void)pthread_mutex_unlock(&s->lock);
}
