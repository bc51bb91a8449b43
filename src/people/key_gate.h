/*
 * The gate of API keys: secret in, what it may do out. Looked-up keys are remembered for two seconds, so that a
 * revoked key stops working everywhere within that time and the hot path needs no store. Thread-safe.
 */
#pragma once

#include "store/api_keys.h"
#include "sys/addr.h"

struct tl_key_gate;

struct tl_key_grant {
	struct tl_id id;
	int64_t platform;
	bool live;
	unsigned scopes; /* bit 1 << enum tl_scope */
	/* How many requests may come at once (0: no limit), and how many more may come now. */
	int64_t rate_burst, rate_left;
};

struct tl_key_gate *tl_key_gate_create(void);
void tl_key_gate_destroy(struct tl_key_gate *g);

/*
 * TL_EAUTH: no such key, revoked or expired. TL_EPERM: it lacks the scope (`admin` has every one), or
 * may not be used from `from`. TL_ERATE: more requests a second than it may make. `db` is the calling thread's and is used only when the key is not
 * remembered.
 */
int tl_key_gate_check(struct tl_key_gate *g, struct tl_db *db, struct tl_str secret,
    enum tl_scope scope, const struct tl_addr *from, struct tl_key_grant *ret) TL_MUST;

/* Notes when keys were last used; now and then, inside a transaction. `ctx` is the gate. */
int tl_key_gate_flush(struct tl_db *db, void *ctx) TL_MUST;
