/*
 * Token buckets of addresses.
 *
 * Promises: memory is fixed, whatever addresses come: SETS sets of WAYS places, keyed by a secret, so that nobody can
 * choose whose place is taken; in a full set the place goes that was used least lately, and an address that lost its
 * place begins with full buckets. A check is one hash and one short lock. Called by the HTTP core.
 */
#include "api/rates.h"

#include "sys/clock.h"
#include "sys/crypto.h"

#include <pthread.h>
#include <stdlib.h>

#define SETS 1024U /* a power of two */
#define WAYS 8U

struct place {
	struct tl_addr block;
	int64_t seen_us; /* 0: free */
	int64_t filled_us[TL_RATE_COUNT];
	int64_t tokens_u[TL_RATE_COUNT]; /* millionths */
};

struct tl_rates {
	struct tl_rate_conf conf[TL_RATE_COUNT];
	struct tl_key secret;
	pthread_mutex_t lock;
	int64_t refused[TL_RATE_COUNT];
	struct place places[SETS][WAYS];
};

struct tl_rates *
tl_rates_create(const struct tl_rate_conf conf[TL_RATE_COUNT])
{
	struct tl_rates *r = calloc(1, sizeof *r);
	if (!r)
		abort();
	memcpy(r->conf, conf, sizeof r->conf);
	tl_random(&r->secret, sizeof r->secret);
	(void)pthread_mutex_init(&r->lock, NULL);
	return r;
}

void
tl_rates_destroy(struct tl_rates *r)
{
	if (!r)
		return;
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct place *
set_of(struct tl_rates *r, const struct tl_addr *block)
{
	uint8_t hash[16];
	uint32_t n;
	tl_blake2b(hash, sizeof hash, tl_bytes(block, sizeof *block), &r->secret);
	memcpy(&n, hash, sizeof n);
	return r->places[n & (SETS - 1)];
}

/* The address's place, or the one that it gets. With the lock held. */
static struct place *
place_of(struct tl_rates *r, struct place *set, const struct tl_addr *block, int64_t now)
{
	struct place *oldest = &set[0];
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].seen_us && memcmp(&set[i].block, block, sizeof *block) == 0)
			return &set[i];
		if (set[i].seen_us < oldest->seen_us)
			oldest = &set[i];
	}
	*oldest = (struct place){.block = *block};
	for (size_t i = 0; i < TL_RATE_COUNT; i++) {
		oldest->filled_us[i] = now;
		oldest->tokens_u[i] = r->conf[i].burst * 1000000;
	}
	return oldest;
}

static void
fill(struct place *p, enum tl_rate rate, const struct tl_rate_conf *conf, int64_t now)
{
	int64_t most = conf->burst * 1000000, passed = now - p->filled_us[rate];
	p->filled_us[rate] = now;
	/* More than an hour fills any bucket, and keeps the product small. */
	p->tokens_u[rate] += passed > TL_US_HOUR ? most : passed * conf->per_min / 60;
	if (p->tokens_u[rate] > most)
		p->tokens_u[rate] = most;
}

int
tl_rates_take(struct tl_rates *r, enum tl_rate rate, const struct tl_addr *a, int64_t now_us,
    int64_t *ret_wait_s)
{
	const struct tl_rate_conf *conf = &r->conf[rate];
	if (conf->per_min == 0)
		return 0;
	struct tl_addr block = tl_addr_block(a);
	struct place *set = set_of(r, &block);
	(void)pthread_mutex_lock(&r->lock);
	struct place *p = place_of(r, set, &block, now_us);
	p->seen_us = now_us;
	fill(p, rate, conf, now_us);
	bool ok = p->tokens_u[rate] >= 1000000;
	int64_t missing = 1000000 - p->tokens_u[rate];
	p->tokens_u[rate] -= ok ? 1000000 : 0;
	r->refused[rate] += !ok;
	(void)pthread_mutex_unlock(&r->lock);
	if (ok)
		return 0;
	/* tokens_u grows by per_min / 60 in a microsecond */
	*ret_wait_s = missing * 60 / conf->per_min / TL_US_S + 1;
	return tl_fail(TL_ERATE, "too many requests from this address");
}

void
tl_rates_give(struct tl_rates *r, enum tl_rate rate, const struct tl_addr *a)
{
	struct tl_addr block = tl_addr_block(a);
	struct place *set = set_of(r, &block);
	(void)pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < WAYS; i++)
		if (set[i].seen_us && memcmp(&set[i].block, &block, sizeof block) == 0)
			set[i].tokens_u[rate] += 1000000;
	(void)pthread_mutex_unlock(&r->lock);
}

int64_t
tl_rates_refused(struct tl_rates *r, enum tl_rate rate)
{
	(void)pthread_mutex_lock(&r->lock);
	int64_t n = r->refused[rate];
	(void)pthread_mutex_unlock(&r->lock);
	return n;
}
