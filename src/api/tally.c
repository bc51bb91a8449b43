/*
 * The tally of interventions (tally.h).
 *
 * Promises: what was counted is written, or kept until it can be; only a death within the second loses it. Different figures of
 * one second are bounded by lists, countries and bands, not by who asks. Failure: the store's. Called by the routes of searches
 * and comments, and by the pulse.
 */
#include "api/tally.h"

#include "store/writer.h"
#include "sys/clock.h"

#include <pthread.h>
#include <stdlib.h>

struct tl_tally {
	pthread_mutex_t lock;
	struct tl_intervention_count *c;
	size_t n, cap;
};

struct tl_tally *
tl_tally_create(void)
{
	struct tl_tally *t = calloc(1, sizeof *t);
	if (!t)
		abort();
	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
}

void
tl_tally_destroy(struct tl_tally *t)
{
	if (!t)
		return;
	(void)pthread_mutex_destroy(&t->lock);
	free(t->c);
	free(t);
}

static bool
same(const struct tl_intervention_count *a, const struct tl_intervention_count *b)
{
	return a->platform == b->platform && a->live == b->live && a->day == b->day &&
	       a->use == b->use && a->band == b->band && a->say == b->say &&
	       strcmp(a->list, b->list) == 0 && strcmp(a->country, b->country) == 0;
}

static void
add(struct tl_tally *t, const struct tl_intervention_count *c)
{
	for (size_t i = 0; i < t->n; i++) {
		if (same(&t->c[i], c)) {
			t->c[i].n += c->n;
			return;
		}
	}
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->c = reallocarray(t->c, t->cap, sizeof *t->c);
		if (!t->c)
			abort();
	}
	t->c[t->n++] = *c;
}

void
tl_tally_add(struct tl_tally *t, const struct tl_intervention_count *c)
{
	struct tl_intervention_count one = *c;
	one.day = tl_now_us() / TL_US_DAY;
	one.n = 1;
	(void)pthread_mutex_lock(&t->lock);
	add(t, &one);
	(void)pthread_mutex_unlock(&t->lock);
}

static int
write_all(struct tl_db *db, void *taken)
{
	const struct tl_tally *t = taken;
	int rc = 0;
	for (size_t i = 0; i < t->n && rc == 0; i++)
		rc = tl_intervention_count_add(db, &t->c[i]);
	return rc;
}

int
tl_tally_write(struct tl_tally *t, struct tl_writer *writer)
{
	struct tl_tally taken = {.n = 0};
	(void)pthread_mutex_lock(&t->lock);
	taken.c = t->c;
	taken.n = t->n;
	t->c = NULL;
	t->n = t->cap = 0;
	(void)pthread_mutex_unlock(&t->lock);
	int rc = taken.n ? tl_writer_run(writer, TL_SYNC_NORMAL, write_all, &taken) : 0;
	if (rc < 0) {
		(void)pthread_mutex_lock(&t->lock);
		for (size_t i = 0; i < taken.n; i++)
			add(t, &taken.c[i]);
		(void)pthread_mutex_unlock(&t->lock);
	}
	free(taken.c);
	return rc;
}
