/*
 * How fast addresses may ask: token buckets for a bounded number of addresses. Thread-safe. What an address is: one
 * IPv4 address, one /64 of IPv6.
 */
#pragma once

#include "sys/addr.h"

enum tl_rate {
	TL_RATE_ANY,     /* any request */
	TL_RATE_NOBODY,  /* a request without a key or session that counts */
	TL_RATE_SIGN_IN, /* a try to sign in; one that succeeds is given back */
	TL_RATE_COUNT
};

struct tl_rate_conf {
	int64_t per_min; /* 0: no limit */
	int64_t burst;
};

struct tl_rates;

struct tl_rates *tl_rates_create(const struct tl_rate_conf conf[TL_RATE_COUNT]);
void tl_rates_destroy(struct tl_rates *r);

/* Takes one; TL_ERATE when there is none, with the whole seconds until there is. */
int tl_rates_take(struct tl_rates *r, enum tl_rate rate, const struct tl_addr *a,
    int64_t now_us, int64_t *ret_wait_s) TL_MUST;
void tl_rates_give(struct tl_rates *r, enum tl_rate rate, const struct tl_addr *a);
/* How many were refused since the start. */
int64_t tl_rates_refused(struct tl_rates *r, enum tl_rate rate);
