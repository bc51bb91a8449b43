/* Setting up where a platform receives its webhooks. Writers run inside a transaction. */
#pragma once

#include "enforce/sign.h"
#include "store/endpoints.h"

/*
 * The platform's endpoint from now on. INPUT when the address may not be used (enforce/guard.h). The secret is
 * made here and given out this once, as text "whsec_…".
 */
int tl_enforce_endpoint_set(struct tl_db *db, int64_t platform, bool live, const char *url,
    bool private_ok, char ret_secret[TL_SECRET_TEXT], struct tl_id *ret_id) TL_MUST;

/* A new secret; the old one signs as well for `overlap_us`. */
int tl_enforce_endpoint_rotate(struct tl_db *db, struct tl_id id, int64_t overlap_us,
    char ret_secret[TL_SECRET_TEXT]) TL_MUST;
