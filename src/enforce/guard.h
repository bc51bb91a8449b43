/*
 * The guard on every request that leaves: which addresses may be connected to, which protocols, how much may
 * come back and how long it may take. It sees the resolved address of each connection, so a name that changes
 * its address between check and use gains nothing.
 */
#pragma once

#include "base/str.h"

#include <curl/curl.h>
#include <sys/socket.h>

#define TL_GUARD_BODY_MAX (64L * 1024)
#define TL_GUARD_HEAD_MAX (64L * 1024)

/* A network that the operator allows for all endpoints: "10.1.0.0/16", "fd12::/32", or one address. */
struct tl_guard_net {
	int family;
	uint8_t address[16];
	unsigned bits;
};
int tl_guard_net_parse(struct tl_str text, struct tl_guard_net *ret) TL_MUST;

struct tl_guard {
	bool
	    private_ok; /* the operator allowed private and loopback addresses for this endpoint */
	const struct tl_guard_net *nets;
	size_t net_count;
	long timeout_ms;     /* whole request; 0: 15 s */
	const char *refused; /* out: why the last connection was refused, NULL when none was */
	size_t got_bytes;    /* out: length of the answer's body, which is read and dropped */
	size_t head_bytes;   /* out: length of its headers, of all answers (1xx) together */
	bool head_done;      /* out: a whole head came; without it there is no answer */
};

/* NULL when this address may be connected to; otherwise why not (constant text). */
const char *tl_guard_address(const struct sockaddr *sa, size_t len, bool private_ok);

/*
 * Sets every limit on an easy handle: protocols, no redirect, no proxy, no credentials, time, size, address.
 * `g` must live as long as the handle works.
 */
int tl_guard_apply(CURL *easy, struct tl_guard *g) TL_MUST;

/*
 * Why a request under this guard came to nothing, in our own words (constant text): what the guard refused, too many headers, or
 * what libcurl's code means (trouble.tbl.h).
 */
const char *tl_guard_trouble(const struct tl_guard *g, CURLcode code);

/*
 * Checks an address that somebody enters: http or https, a host, no user or password, no fragment; plain http
 * only with private_ok. INPUT otherwise. Numeric private hosts are refused here already.
 */
int tl_guard_url(const char *url, bool private_ok) TL_MUST;

/*
 * The same for an address that is only read from: plain http is fine, on the web's ports and above those of old protocols.
 * `hosts` that may be named ("cdn.example.org", ".example.org" for all below it); none: every host. INPUT.
 */
int tl_guard_read_url(
    const char *url, bool private_ok, const char *const *hosts, size_t host_count) TL_MUST;
