/*
 * Owns the memory of API keys that were seen lately: what they may do and how fast they came.
 *
 * Promises: a check of a remembered key takes a hash and one short lock, no store. The memory holds at most
 * KEYS_MAX keys; when it is full it is emptied. Failures: EAUTH, EPERM, ERATE and those of the store. Called by
 * the server for every request with a key.
 */
#include "people/key_gate.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "sys/clock.h"

#define KEYS_MAX 4096
#define ELSEWHERE (-1000) /* inside this file; said as TL_EPERM */
#define FRESH_US (2 * TL_US_S)

struct entry {
	struct tl_key_grant grant;
	int64_t expires_at, revoked_at, rate_per_s;
	struct tl_net nets[TL_KEY_NETWORKS_MAX];
	size_t net_count;
	bool shut;        /* its networks could not be read: it may be used from nowhere */
	int64_t read_at;  /* monotonic; re-read when older than FRESH_US */
	int64_t tokens_u; /* millionths of a request that may come now */
	int64_t filled_at;
	int64_t used_at; /* wall; 0 when it was noted already */
};

struct tl_key_gate {
	pthread_mutex_t lock;
	struct tl_map *keys;
};

struct tl_key_gate *
tl_key_gate_create(void)
{
	struct tl_key_gate *g = calloc(1, sizeof *g);
	if (!g)
		abort();
	(void)pthread_mutex_init(&g->lock, NULL);
	g->keys = tl_map_create();
	return g;
}

void
tl_key_gate_destroy(struct tl_key_gate *g)
{
	if (!g)
		return;
	tl_map_destroy(g->keys, free);
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

static bool
take_token(struct entry *e, int64_t now)
{
	if (e->rate_per_s == 0)
		return true;
	int64_t most = e->grant.rate_burst * 1000000;
	int64_t passed = now - e->filled_at;
	e->filled_at = now;
	e->tokens_u += passed > TL_US_HOUR ? most : passed * e->rate_per_s;
	if (e->tokens_u > most)
		e->tokens_u = most;
	if (e->tokens_u < 1000000)
		return false;
	e->tokens_u -= 1000000;
	e->grant.rate_left = e->tokens_u / 1000000;
	return true;
}

/* With the lock held. */
static int
judge(struct entry *e, enum tl_scope scope, const struct tl_addr *from, int64_t now,
    struct tl_key_grant *ret)
{
	int64_t wall = tl_now_us();
	if (e->revoked_at || (e->expires_at && e->expires_at <= wall))
		return TL_EAUTH;
	if (!(e->grant.scopes & (1U << scope | 1U << TL_SCOPE_ADMIN)))
		return TL_EPERM;
	if (e->shut || (e->net_count && !tl_nets_hold(e->nets, e->net_count, from)))
		return ELSEWHERE;
	if (!take_token(e, now))
		return TL_ERATE;
	e->used_at = wall;
	*ret = e->grant;
	return 0;
}

static int
explain(int rc, enum tl_scope scope)
{
	if (rc == TL_EAUTH)
		return tl_fail(rc, "the API key is unknown, revoked or expired");
	if (rc == TL_EPERM)
		return tl_fail(rc, "the API key lacks the scope \"%s\"", tl_scope_names[scope]);
	if (rc == ELSEWHERE)
		return tl_fail(TL_EPERM, "the API key may not be used from this address");
	if (rc == TL_ERATE)
		return tl_fail(rc, "more requests a second than this key may make");
	return rc;
}

static void
remember(struct tl_key_gate *g, struct tl_str hash, const struct tl_api_key *k, int64_t now)
{
	struct entry *e = tl_map_get(g->keys, hash);
	int64_t burst = k->burst ? k->burst : k->rate_per_s;
	if (!e && tl_map_count(g->keys) >= KEYS_MAX) {
		tl_map_destroy(g->keys, free);
		g->keys = tl_map_create();
	}
	if (!e) {
		e = calloc(1, sizeof *e);
		if (!e)
			abort();
		e->tokens_u = burst * 1000000;
		e->filled_at = now;
		(void)tl_map_put(g->keys, hash, e);
	}
	e->grant = (struct tl_key_grant){k->id, k->platform, k->live, k->scopes,
	    k->rate_per_s ? burst : 0, e->grant.rate_left};
	e->shut = tl_nets_parse(k->networks, e->nets, TL_KEY_NETWORKS_MAX, &e->net_count) < 0;
	e->expires_at = k->expires_at;
	e->revoked_at = k->revoked_at;
	e->rate_per_s = k->rate_per_s;
	e->read_at = now;
}

static int
look_up(
    struct tl_key_gate *g, struct tl_db *db, const uint8_t hash[TL_API_KEY_HASH], int64_t now)
{
	struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(1 << 16);
	struct tl_api_key k;
	int rc = tl_api_key_find(db, hash, a, &k);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? TL_EAUTH : rc;
	(void)pthread_mutex_lock(&g->lock);
	remember(g, tl_bytes(hash, TL_API_KEY_HASH), &k, now);
	(void)pthread_mutex_unlock(&g->lock);
	return 0;
}

/* 1: judged with *ret_rc; 0: not remembered, or too old. */
static bool
judge_remembered(struct tl_key_gate *g, struct tl_str hash, enum tl_scope scope,
    const struct tl_addr *from, int64_t now, struct tl_key_grant *ret, int *ret_rc)
{
	(void)pthread_mutex_lock(&g->lock);
	struct entry *e = tl_map_get(g->keys, hash);
	bool fresh = e && now - e->read_at < FRESH_US;
	if (fresh)
		*ret_rc = judge(e, scope, from, now, ret);
	(void)pthread_mutex_unlock(&g->lock);
	return fresh;
}

int
tl_key_gate_check(struct tl_key_gate *g, struct tl_db *db, struct tl_str secret,
    enum tl_scope scope, const struct tl_addr *from, struct tl_key_grant *ret)
{
	uint8_t hash[TL_API_KEY_HASH];
	int rc = tl_api_key_hash(secret, hash);
	if (rc < 0)
		return rc;
	struct tl_str key = tl_bytes(hash, sizeof hash);
	int64_t now = tl_mono_us();
	if (judge_remembered(g, key, scope, from, now, ret, &rc))
		return explain(rc, scope);
	rc = look_up(g, db, hash, now);
	if (rc < 0)
		return explain(rc, scope);
	if (!judge_remembered(g, key, scope, from, now, ret, &rc))
		return tl_fail(TL_EAGAIN, "the key could not be read"); /* emptied meanwhile */
	return explain(rc, scope);
}

struct used {
	struct tl_id id;
	int64_t at;
};

int
tl_key_gate_flush(struct tl_db *db, void *ctx)
{
	struct tl_key_gate *g = ctx;
	struct used *used = calloc(KEYS_MAX, sizeof *used);
	size_t n = 0, at = 0;
	struct tl_str key;
	void *value;
	if (!used)
		abort();
	(void)pthread_mutex_lock(&g->lock);
	while (n < KEYS_MAX && tl_map_next(g->keys, &at, &key, &value)) {
		struct entry *e = value;
		if (e->used_at)
			used[n++] = (struct used){e->grant.id, e->used_at};
		e->used_at = 0;
	}
	(void)pthread_mutex_unlock(&g->lock);
	int rc = 0;
	for (size_t i = 0; rc >= 0 && i < n; i++)
		rc = tl_api_key_used(db, used[i].id, used[i].at);
	free(used);
	return rc < 0 ? rc : 0;
}
