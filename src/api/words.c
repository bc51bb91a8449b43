/*
 * The kept word lists of accounts (words.h).
 *
 * Promises: bounded, whatever accounts come; the list that was used least lately gives way, never one in use. Lists are made
 * outside the lock. Failure: the matcher's. Called by screening.c.
 */
#include "api/words.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 64

struct kept {
	struct tl_words_key key;
	struct tl_text_list *list;
	uint64_t used; /* when, in uses of all */
	int busy;      /* threads that scan with it */
};

struct tl_words {
	pthread_mutex_t lock;
	uint64_t uses;
	struct kept at[KEPT];
};

struct tl_words *
tl_words_create(void)
{
	struct tl_words *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	(void)pthread_mutex_init(&w->lock, NULL);
	return w;
}

void
tl_words_destroy(struct tl_words *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < KEPT; i++)
		tl_text_list_destroy(w->at[i].list);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

static struct kept *
take(struct tl_words *w, const struct tl_words_key *key)
{
	struct kept *found = NULL;
	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < KEPT && !found; i++) {
		struct kept *k = &w->at[i];
		bool same = k->list && k->key.stamp == key->stamp &&
			    memcmp(&k->key.account, &key->account, sizeof key->account) == 0;
		found = same ? k : NULL;
	}
	if (found) {
		found->busy++;
		found->used = ++w->uses;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return found;
}

static void
give(struct tl_words *w, struct kept *k)
{
	(void)pthread_mutex_lock(&w->lock);
	k->busy--;
	(void)pthread_mutex_unlock(&w->lock);
}

/* Keeps the list in the place that was used least lately; NULL when all are busy: the caller keeps the list. */
static struct kept *
keep(struct tl_words *w, const struct tl_words_key *key, struct tl_text_list *list)
{
	struct kept *oldest = NULL;
	struct tl_text_list *old = NULL;
	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < KEPT; i++) {
		struct kept *k = &w->at[i];
		if (k->busy == 0 && (!oldest || k->used < oldest->used))
			oldest = k;
	}
	if (oldest) {
		old = oldest->list;
		*oldest = (struct kept){*key, list, ++w->uses, 1};
	}
	(void)pthread_mutex_unlock(&w->lock);
	tl_text_list_destroy(old);
	return oldest;
}

static int
make(const struct tl_str *words, size_t n, struct tl_text_list **ret)
{
	struct tl_term *terms = calloc(n + 1, sizeof *terms);
	if (!terms)
		abort();
	for (size_t i = 0; i < n; i++)
		terms[i] = (struct tl_term){words[i], TL_FORM_PHRASE};
	int rc = tl_text_list_create(terms, n, NULL, NULL, ret);
	free(terms);
	return rc;
}

int
tl_words_find(struct tl_words *w, const struct tl_words_key *key, const struct tl_str *words,
    size_t n, struct tl_text_scan *scan, struct tl_str text, bool *ret)
{
	struct tl_text_list *own = NULL;
	struct tl_text_hits hits = {.n = 0};
	struct kept *k = take(w, key);
	int rc = k ? 0 : make(words, n, &own);
	if (rc < 0)
		return rc;
	if (!k)
		k = keep(w, key, own);
	rc = tl_text_scan_run(scan, k ? k->list : own, text, &hits);
	if (k)
		give(w, k);
	else
		tl_text_list_destroy(own);
	if (rc == 0)
		*ret = hits.n > 0 || hits.full;
	return rc;
}
