/*
 * Where a platform wants its webhooks: at most one enabled endpoint for each platform and mode. Secrets are sealed
 * under the master key. Writers run inside a transaction.
 */
#pragma once

#include "store/db.h"

#define TL_ENDPOINT_URL_MAX 2048
#define TL_ENDPOINT_SECRET_MAX 64

struct tl_endpoint {
	struct tl_id id;
	int64_t platform;
	bool live;
	char url[TL_ENDPOINT_URL_MAX];
	uint8_t secret[TL_ENDPOINT_SECRET_MAX];
	size_t secret_bytes;
	uint8_t secret_old[TL_ENDPOINT_SECRET_MAX];
	size_t secret_old_bytes; /* 0: none, or its time is over */
	bool private_ok;
	bool enabled;
	int64_t created_at;
};

void tl_endpoint_wipe(struct tl_endpoint *e); /* forgets the secrets; for TL_CLEANUP */

/* Takes the place of the platform's present one. id and created_at are filled in. Waiting deliveries go at once. */
int tl_endpoint_put(struct tl_db *db, struct tl_endpoint *e) TL_MUST;

/* The enabled one, its secrets left empty; NOTFOUND when there is none. */
int tl_endpoint_present(
    struct tl_db *db, int64_t platform, bool live, struct tl_endpoint *ret) TL_MUST;

/* The enabled one; NOTFOUND when there is none. */
int tl_endpoint_find(struct tl_db *db, int64_t platform, bool live, int64_t now,
    struct tl_endpoint *ret) TL_MUST;

/* A new secret; the old one signs as well until `old_until`. */
int tl_endpoint_rotate(
    struct tl_db *db, struct tl_id id, struct tl_str secret, int64_t old_until) TL_MUST;
int tl_endpoint_disable(struct tl_db *db, struct tl_id id) TL_MUST;
/* Takes the place of its platform's present one again, with the secret that it had. Waiting deliveries go at once. NOTFOUND. */
int tl_endpoint_enable(struct tl_db *db, struct tl_id id) TL_MUST;

/* Calls fn for each, enabled or not; secrets are left empty. */
int tl_endpoint_each(
    struct tl_db *db, void (*fn)(const struct tl_endpoint *e, void *ctx), void *ctx) TL_MUST;
