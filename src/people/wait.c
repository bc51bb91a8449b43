/*
 * Owns the memory of failures that have no row in the store.
 *
 * Promises: bounded (the newest of two that collide stays), kept as hashes only. Thread-safe. Called by sign-in.
 */
#include "people/wait.h"

#include <pthread.h>

#include "sys/clock.h"

#define LOCK_MAX_US (15 * TL_US_MIN)
#define STRANGERS 1024

static struct stranger {
	uint64_t name;
	int64_t failed, locked_until;
} strangers[STRANGERS];
static pthread_mutex_t strangers_lock = PTHREAD_MUTEX_INITIALIZER;

int64_t
tl_wait_us(const struct tl_signin_rules *r, int64_t failed)
{
	if (failed < r->tries)
		return 0;
	int64_t us = r->lock_s * TL_US_S;
	for (int64_t i = r->tries; i < failed && us < LOCK_MAX_US; i++)
		us *= 2;
	return us < LOCK_MAX_US ? us : LOCK_MAX_US;
}

static struct stranger *
stranger_of(struct tl_str name)
{
	uint8_t hash[16];
	uint64_t id;
	tl_blake2b(hash, sizeof hash, name, NULL);
	memcpy(&id, hash, sizeof id);
	struct stranger *s = &strangers[id % STRANGERS];
	if (s->name != id)
		*s = (struct stranger){.name = id};
	return s;
}

int64_t
tl_stranger_waits_s(struct tl_str name)
{
	int64_t now = tl_now_us();
	(void)pthread_mutex_lock(&strangers_lock);
	int64_t until = stranger_of(name)->locked_until;
	(void)pthread_mutex_unlock(&strangers_lock);
	return until > now ? (until - now) / TL_US_S + 1 : 0;
}

void
tl_stranger_failed(struct tl_str name, const struct tl_signin_rules *r)
{
	(void)pthread_mutex_lock(&strangers_lock);
	struct stranger *s = stranger_of(name);
	int64_t us = tl_wait_us(r, ++s->failed);
	s->locked_until = us ? tl_now_us() + us : 0;
	(void)pthread_mutex_unlock(&strangers_lock);
}
