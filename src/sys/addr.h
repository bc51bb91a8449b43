/*
 * Internet addresses and networks as values. An IPv4 address is kept as its IPv6 form (::ffff:a.b.c.d), so that one
 * machine has one value whatever socket it came through.
 */
#pragma once

#include "base/str.h"

struct sockaddr;

struct tl_addr {
	uint8_t b[16];
};

struct tl_net {
	struct tl_addr at;
	unsigned bits; /* of 128 */
};

#define TL_ADDR_TEXT 46
#define TL_NETS_MAX 64

/* "192.0.2.7" or "2001:db8::7", nothing around it; TL_EFIELD. */
int tl_addr_parse(struct tl_str text, struct tl_addr *ret) TL_MUST;
void tl_addr_text(char dst[TL_ADDR_TEXT], const struct tl_addr *a);
/* Neither IPv4 nor IPv6: all zero. */
struct tl_addr tl_addr_of(const struct sockaddr *sa);
/* What one customer of a provider gets: an IPv4 address, the first 64 bits of an IPv6 address. */
struct tl_addr tl_addr_block(const struct tl_addr *a);

/* "10.1.0.0/16", "2001:db8::/32" or one address; bits behind the prefix are refused. TL_EFIELD. */
int tl_net_parse(struct tl_str text, struct tl_net *ret) TL_MUST;
bool tl_net_holds(const struct tl_net *net, const struct tl_addr *a);
bool tl_nets_hold(const struct tl_net *nets, size_t n, const struct tl_addr *a);
/* Networks between spaces; TL_EFIELD names the wrong one, TL_ETOOBIG: more than `cap`. */
int tl_nets_parse(struct tl_str words, struct tl_net *ret, size_t cap, size_t *ret_n) TL_MUST;

/*
 * Who speaks when `peer` hands on a request: the last address of X-Forwarded-For that is not a trusted proxy's.
 * Only what trusted proxies wrote is read; a peer that is none is who speaks, whatever the header says.
 */
struct tl_addr tl_addr_forwarded(
    const struct tl_addr *peer, struct tl_str header, const struct tl_net *trusted, size_t n);
