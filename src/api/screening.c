/*
 * Screening of searches and comments (screening.h).
 *
 * Promises: lists and policies are of the same state of the folder; a text is compared on the thread that asks, with working
 * memory of a small pool, and nothing of it stays. Failure: the matcher's errors. Called by the routes of searches and comments.
 */
#include "api/screening.h"

#include "config/policy.h"
#include "detect/text/topics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define POOL_MAX 8 /* idle scans kept */

struct tl_screening {
	_Atomic int refs;
	const struct tl_policy_set *set;
	struct tl_topics *topics[TL_LIST_USES];
	struct tl_words *words; /* of accounts */
	pthread_mutex_t lock;
	struct tl_text_scan *idle[POOL_MAX];
	size_t idle_count;
};

int
tl_screening_create(const struct tl_policy_set *set, struct tl_screening **ret)
{
	struct tl_screening *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->refs = 1;
	s->set = set;
	s->words = tl_words_create();
	(void)pthread_mutex_init(&s->lock, NULL);
	int rc = 0;
	for (size_t i = 0; i < TL_LIST_USES && rc == 0; i++)
		rc = tl_topics_create(set->interventions, (enum tl_list_use)i, &s->topics[i]);
	if (rc < 0) {
		tl_screening_unref(s);
		return rc;
	}
	*ret = s;
	return 0;
}

struct tl_screening *
tl_screening_ref(struct tl_screening *s)
{
	(void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
tl_screening_unref(struct tl_screening *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < s->idle_count; i++)
		tl_text_scan_destroy(s->idle[i]);
	for (size_t i = 0; i < TL_LIST_USES; i++)
		tl_topics_destroy(s->topics[i]);
	tl_words_destroy(s->words);
	tl_policy_unref(s->set);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

void
tl_screening_unrefp(struct tl_screening **s)
{
	tl_screening_unref(*s);
	*s = NULL;
}

const struct tl_policy_set *
tl_screening_policies(const struct tl_screening *s)
{
	return s->set;
}

static struct tl_text_scan *
scan_take(struct tl_screening *s)
{
	struct tl_text_scan *scan = NULL;
	(void)pthread_mutex_lock(&s->lock);
	if (s->idle_count)
		scan = s->idle[--s->idle_count];
	(void)pthread_mutex_unlock(&s->lock);
	return scan ? scan : tl_text_scan_create();
}

static void
scan_give(struct tl_screening *s, struct tl_text_scan *scan)
{
	(void)pthread_mutex_lock(&s->lock);
	if (s->idle_count < POOL_MAX) {
		s->idle[s->idle_count++] = scan;
		scan = NULL;
	}
	(void)pthread_mutex_unlock(&s->lock);
	tl_text_scan_destroy(scan);
}

int
tl_screening_find(
    struct tl_screening *s, enum tl_list_use use, struct tl_str text, uint64_t *ret)
{
	struct tl_text_scan *scan = scan_take(s);
	int rc = tl_topics_find(s->topics[use], scan, text, ret);
	scan_give(s, scan);
	return rc;
}

int
tl_screening_words(struct tl_screening *s, const struct tl_words_key *key,
    const struct tl_str *words, size_t n, struct tl_str text, bool *ret)
{
	struct tl_text_scan *scan = scan_take(s);
	int rc = tl_words_find(s->words, key, words, n, scan, text, ret);
	scan_give(s, scan);
	return rc;
}
