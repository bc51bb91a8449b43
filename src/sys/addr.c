/*
 * Internet addresses: text to value, networks, and the one reading of X-Forwarded-For.
 *
 * Promises: nothing but a whole, canonical-width address is taken; a forwarded address counts only as far as trusted
 * proxies vouch for it, read from the right. Failure: TL_EFIELD with the text that is wrong. Called by the HTTP core,
 * the key gate, the configuration and the command line.
 */
#include "sys/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#define MAPPED_BITS 96U
#define HOPS_MAX 16

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool
is_v4(const struct tl_addr *a)
{
	return memcmp(a->b, mapped, sizeof mapped) == 0;
}

int
tl_addr_parse(struct tl_str text, struct tl_addr *ret)
{
	char z[TL_ADDR_TEXT];
	struct tl_addr a;
	if (tl_str_copy(z, sizeof z, text) < 0)
		return tl_fail(TL_EFIELD, "not an internet address");
	memcpy(a.b, mapped, sizeof mapped);
	if (inet_pton(AF_INET, z, a.b + sizeof mapped) != 1 && inet_pton(AF_INET6, z, a.b) != 1)
		return tl_fail(TL_EFIELD, "not an internet address");
	*ret = a;
	return 0;
}

void
tl_addr_text(char dst[TL_ADDR_TEXT], const struct tl_addr *a)
{
	const char *ok = is_v4(a) ? inet_ntop(AF_INET, a->b + sizeof mapped, dst, TL_ADDR_TEXT)
				  : inet_ntop(AF_INET6, a->b, dst, TL_ADDR_TEXT);
	if (!ok)
		dst[0] = '\0';
}

struct tl_addr
tl_addr_of(const struct sockaddr *sa)
{
	struct tl_addr a = {{0}};
	if (sa && sa->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, sa, sizeof v4);
		memcpy(a.b, mapped, sizeof mapped);
		memcpy(a.b + sizeof mapped, &v4.sin_addr, sizeof v4.sin_addr);
	} else if (sa && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, sa, sizeof v6);
		memcpy(a.b, &v6.sin6_addr, sizeof v6.sin6_addr);
	}
	return a;
}

struct tl_addr
tl_addr_block(const struct tl_addr *a)
{
	struct tl_addr block = *a;
	if (!is_v4(a))
		memset(block.b + 8, 0, 8);
	return block;
}

/* Whether all bits behind the prefix are zero. */
static bool
is_bare(const struct tl_net *net)
{
	for (unsigned bit = net->bits; bit < 128; bit++)
		if (net->at.b[bit / 8] >> (7 - bit % 8) & 1)
			return false;
	return true;
}

int
tl_net_parse(struct tl_str text, struct tl_net *ret)
{
	static const char want[] = "\"%.*s\" is not a network such as 10.1.0.0/16";
	int shown = (int)(text.n < 60 ? text.n : 60);
	const uint8_t *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct tl_str host = slash ? tl_bytes(text.p, (size_t)(slash - text.p)) : text;
	struct tl_net net;
	if (tl_addr_parse(host, &net.at) < 0)
		return tl_fail(TL_EFIELD, want, shown, text.p);
	int64_t width = host.n && memchr(host.p, ':', host.n) ? 128 : 32, bits = width;
	if (slash &&
	    tl_parse_i64(tl_bytes(slash + 1, text.n - host.n - 1), 0, width, &bits) < 0)
		return tl_fail(TL_EFIELD, want, shown, text.p);
	net.bits = (unsigned)bits + (width == 32 ? MAPPED_BITS : 0);
	if (!is_bare(&net))
		return tl_fail(
		    TL_EFIELD, "\"%.*s\" has bits set behind its prefix", shown, text.p);
	*ret = net;
	return 0;
}

bool
tl_net_holds(const struct tl_net *net, const struct tl_addr *a)
{
	size_t whole = net->bits / 8;
	unsigned mask = (0xff00U >> net->bits % 8) & 0xffU;
	if (memcmp(net->at.b, a->b, whole) != 0)
		return false;
	return net->bits % 8 == 0 || (a->b[whole] & mask) == net->at.b[whole];
}

bool
tl_nets_hold(const struct tl_net *nets, size_t n, const struct tl_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (tl_net_holds(&nets[i], a))
			return true;
	return false;
}

int
tl_nets_parse(struct tl_str words, struct tl_net *ret, size_t cap, size_t *ret_n)
{
	size_t n = 0;
	while (words.n) {
		const uint8_t *space = memchr(words.p, ' ', words.n);
		size_t len = space ? (size_t)(space - words.p) : words.n;
		if (len && n == cap)
			return tl_fail(TL_ETOOBIG, "more than %zu networks", cap);
		int rc = len ? tl_net_parse(tl_bytes(words.p, len), &ret[n]) : 0;
		if (rc < 0)
			return rc;
		n += len > 0;
		len += space != NULL;
		words = tl_bytes(words.p + len, words.n - len);
	}
	*ret_n = n;
	return 0;
}

/* X-Forwarded-For ------------------------------------------------------------------------------------------------- */

static struct tl_str
trim(struct tl_str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = tl_bytes(s.p + 1, s.n - 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* One hop: an address, an IPv4 address with a port, or "[v6]" with or without one. */
static bool
read_hop(struct tl_str s, struct tl_addr *ret)
{
	const uint8_t *end;
	int64_t port;
	if (s.n && s.p[0] == '[') {
		end = memchr(s.p, ']', s.n);
		if (!end)
			return false;
		struct tl_str rest = tl_bytes(end + 1, s.n - (size_t)(end + 1 - s.p));
		if (rest.n &&
		    (rest.p[0] != ':' ||
			tl_parse_i64(tl_bytes(rest.p + 1, rest.n - 1), 0, 65535, &port) < 0))
			return false;
		s = tl_bytes(s.p + 1, (size_t)(end - s.p) - 1);
	} else if (s.n && memchr(s.p, '.', s.n) && (end = memchr(s.p, ':', s.n)) &&
		   !memchr(end + 1, ':', s.n - (size_t)(end + 1 - s.p))) {
		struct tl_str rest = tl_bytes(end + 1, s.n - (size_t)(end + 1 - s.p));
		if (tl_parse_i64(rest, 0, 65535, &port) < 0)
			return false;
		s = tl_bytes(s.p, (size_t)(end - s.p));
	}
	return tl_addr_parse(s, ret) == 0;
}

struct tl_addr
tl_addr_forwarded(
    const struct tl_addr *peer, struct tl_str header, const struct tl_net *trusted, size_t n)
{
	struct tl_addr who = *peer, next;
	for (int hop = 0; hop < HOPS_MAX && header.n && tl_nets_hold(trusted, n, &who); hop++) {
		size_t at = header.n;
		while (at && header.p[at - 1] != ',')
			at--;
		if (!read_hop(trim(tl_bytes(header.p + at, header.n - at)), &next))
			break;
		who = next;
		header.n = at ? at - 1 : 0;
	}
	return who;
}
