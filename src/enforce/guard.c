/*
 * The socket guard.
 *
 * Owns the answer to "may we connect there?" (guard.tbl.h) and the limits of every outgoing request. Promises:
 * no connection is opened to an address that the table shuts, whatever name led to it; no redirect is followed;
 * no answer larger than TL_GUARD_BODY_MAX is read. Failure: a refused address looks to libcurl like a failed
 * connect, and `refused` says why. Called by the courier and by whoever sets an endpoint up.
 */
#include "enforce/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#define CONNECT_MS 5000L
#define TIMEOUT_MS 15000L

struct range {
	int family;
	const char *prefix;
	unsigned bits;
	bool operator_may;
	const char *why;
};

static const struct range ranges[] = {
#define G(family_, prefix_, bits_, may_, why_) {family_, prefix_, bits_, may_, why_},
#include "enforce/guard.tbl.h"
#undef G
};

/* Whether the first `bits` of two addresses are the same. */
static bool
same_net(const uint8_t *net, const uint8_t *addr, unsigned bits)
{
	size_t whole = bits / 8;
	if (memcmp(net, addr, whole) != 0)
		return false;
	unsigned rest = bits % 8;
	unsigned mask = (0xff00u >> rest) & 0xffu;
	return rest == 0 || (net[whole] & mask) == (addr[whole] & mask);
}

static bool
covers(const struct range *r, const uint8_t *addr)
{
	uint8_t net[16];
	if (inet_pton(r->family, r->prefix, net) != 1)
		return true; /* a broken row shuts rather than opens */
	return same_net(net, addr, r->bits);
}

static bool
address_bytes(const struct sockaddr *sa, size_t len, uint8_t addr[16])
{
	if (sa->sa_family == AF_INET && len >= sizeof(struct sockaddr_in))
		memcpy(addr, (const uint8_t *)sa + offsetof(struct sockaddr_in, sin_addr), 4);
	else if (sa->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6))
		memcpy(
		    addr, (const uint8_t *)sa + offsetof(struct sockaddr_in6, sin6_addr), 16);
	else
		return false;
	return true;
}

int
tl_guard_net_parse(struct tl_str text, struct tl_guard_net *ret)
{
	char host[INET6_ADDRSTRLEN + 1];
	const uint8_t *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct tl_str name = slash ? tl_bytes(text.p, (size_t)(slash - text.p)) : text;
	struct tl_guard_net net = {.family = AF_INET};
	int64_t bits;
	if (tl_str_copy(host, sizeof host, name) < 0)
		return tl_fail(TL_EFIELD, "not a network such as 10.1.0.0/16");
	if (inet_pton(AF_INET, host, net.address) != 1) {
		net.family = AF_INET6;
		if (inet_pton(AF_INET6, host, net.address) != 1)
			return tl_fail(TL_EFIELD, "not a network such as 10.1.0.0/16");
	}
	bits = net.family == AF_INET ? 32 : 128;
	if (slash && tl_parse_i64(tl_bytes(slash + 1, text.n - name.n - 1), 0, bits, &bits) < 0)
		return tl_fail(TL_EFIELD, "not a network such as 10.1.0.0/16");
	net.bits = (unsigned)bits;
	*ret = net;
	return 0;
}

const char *
tl_guard_address(const struct sockaddr *sa, size_t len, bool private_ok)
{
	uint8_t addr[16];
	if (!address_bytes(sa, len, addr))
		return "not an internet address";
	for (size_t i = 0; i < TL_COUNT(ranges); i++) {
		const struct range *r = &ranges[i];
		if (r->family == sa->sa_family && covers(r, addr))
			return r->operator_may && private_ok ? NULL : r->why;
	}
	return NULL;
}

static bool
in_allowed_net(const struct tl_guard *g, const struct sockaddr *sa, size_t len)
{
	uint8_t addr[16];
	if (!address_bytes(sa, len, addr))
		return false;
	for (size_t i = 0; i < g->net_count; i++)
		if (g->nets[i].family == sa->sa_family &&
		    same_net(g->nets[i].address, addr, g->nets[i].bits))
			return true;
	return false;
}

static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct tl_guard *g = ctx;
	const char *why = purpose == CURLSOCKTYPE_IPCXN
			      ? tl_guard_address(&to->addr, to->addrlen,
				    g->private_ok || in_allowed_net(g, &to->addr, to->addrlen))
			      : "not a connection of ours";
	if (why) {
		g->refused = why;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/*
 * Called on every connection before a request goes over it, also on one that was kept from an earlier request. That
 * one may have been opened for an endpoint that is allowed more, so its address is judged again.
 */
static int
look_at_connection(void *ctx, char *address, char *ours, int port, int our_port)
{
	struct tl_guard *g = ctx;
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *sa = (const struct sockaddr *)&v4;
	size_t len = sizeof v4;
	(void)ours, (void)port, (void)our_port;
	if (address && inet_pton(AF_INET, address, &v4.sin_addr) != 1) {
		sa = (const struct sockaddr *)&v6;
		len = sizeof v6;
		if (inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
			address = NULL;
	}
	const char *why =
	    address ? tl_guard_address(sa, len, g->private_ok || in_allowed_net(g, sa, len))
		    : "not an internet address";
	if (!why)
		return CURL_PREREQFUNC_OK;
	g->refused = why;
	return CURL_PREREQFUNC_ABORT;
}

/* libcurl bounds one header and one answer; this bounds all of them, also a flood of 1xx. */
static size_t
count_head(char *data, size_t size, size_t count, void *ctx)
{
	struct tl_guard *g = ctx;
	g->head_bytes += size * count;
	g->head_done = size * count > 0 && (data[0] == '\r' || data[0] == '\n');
	return g->head_bytes > TL_GUARD_HEAD_MAX ? 0 : size * count;
}

/* CURLOPT_MAXFILESIZE only knows announced lengths, and ends before the head is whole; this counts what comes. */
static size_t
drop_body(char *data, size_t size, size_t count, void *ctx)
{
	(void)data;
	struct tl_guard *g = ctx;
	g->got_bytes += size * count;
	return g->got_bytes > TL_GUARD_BODY_MAX ? 0 : size * count;
}

int
tl_guard_apply(CURL *easy, struct tl_guard *g)
{
	g->refused = NULL;
	g->got_bytes = 0;
	g->head_bytes = 0;
	g->head_done = false;
	const struct {
		CURLoption opt;
		long v;
	} numbers[] = {
	    {CURLOPT_FOLLOWLOCATION, 0L},
	    {CURLOPT_NOSIGNAL, 1L},
	    {CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS},
	    {CURLOPT_TIMEOUT_MS, g->timeout_ms ? g->timeout_ms : TIMEOUT_MS},
	    {CURLOPT_SSL_VERIFYPEER, 1L},
	    {CURLOPT_SSL_VERIFYHOST, 2L},
	    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
	    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	    {CURLOPT_HTTP09_ALLOWED, 0L},
	    {CURLOPT_DNS_CACHE_TIMEOUT, 30L},
	    {CURLOPT_MAXCONNECTS, 64L},
	};
	CURLcode rc = CURLE_OK;
	for (size_t i = 0; i < TL_COUNT(numbers) && rc == CURLE_OK; i++)
		rc = curl_easy_setopt(easy, numbers[i].opt, numbers[i].v);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, g);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, look_at_connection);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_PREREQDATA, g);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, count_head);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_HEADERDATA, g);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_WRITEDATA, g);
	if (rc != CURLE_OK)
		return tl_fail(TL_EBUG, "libcurl lacks an option that the guard needs");
	return 0;
}

/* A host written as a number ("127.0.0.1", "[::1]") is judged at once; names are judged at each connection. */
static const char *
numeric_refused(const char *host, bool private_ok)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	char bare[INET6_ADDRSTRLEN + 1] = "";
	size_t n = strlen(host);
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
		return tl_guard_address((const struct sockaddr *)&v4, sizeof v4, private_ok);
	if (n < 3 || host[0] != '[' || host[n - 1] != ']' || n - 2 >= sizeof bare)
		return NULL;
	memcpy(bare, host + 1, n - 2);
	if (inet_pton(AF_INET6, bare, &v6.sin6_addr) != 1)
		return "not an address";
	return tl_guard_address((const struct sockaddr *)&v6, sizeof v6, private_ok);
}

/* "localhost" and below it, with or without the last dot: never asked of a name server. */
static bool
is_local_name(const char *host)
{
	static const char name[] = "localhost";
	size_t n = strlen(host), m = sizeof name - 1;
	n -= n > 0 && host[n - 1] == '.';
	return n >= m && strncasecmp(host + n - m, name, m) == 0 &&
	       (n == m || host[n - m - 1] == '.');
}

static bool
is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7f)
			return false;
	return true;
}

/* TLS is spoken on 443 and above the ports of old protocols; what is allowed on a private network picks its port. */
static bool
port_ok(const char *port, bool private_ok)
{
	int64_t n = 0;
	return tl_parse_i64(tl_str(port), 1, 65535, &n) == 0 &&
	       (private_ok || n == 443 || n >= 1024);
}

struct parts {
	CURLU *u;
	char *scheme, *host, *user, *password, *fragment, *port, *zone;
};

static void
parts_fini(struct parts *p)
{
	curl_free(p->scheme);
	curl_free(p->host);
	curl_free(p->user);
	curl_free(p->password);
	curl_free(p->fragment);
	curl_free(p->port);
	curl_free(p->zone);
	curl_url_cleanup(p->u);
}

static bool
host_ok(const char *host, const char *const *hosts, size_t count)
{
	size_t n = strlen(host);
	n -= n > 0 && host[n - 1] == '.';
	for (size_t i = 0; i < count; i++) {
		size_t m = strlen(hosts[i]);
		bool below = hosts[i][0] == '.';
		if ((below ? n > m : n == m) && strncasecmp(host + n - m, hosts[i], m) == 0)
			return true;
	}
	return count == 0;
}

int
tl_guard_read_url(const char *url, bool private_ok, const char *const *hosts, size_t host_count)
{
	TL_CLEANUP(parts_fini) struct parts p = {.u = curl_url()};
	int64_t port = 0;
	if (strlen(url) > 2000 || !is_ascii(url) || !p.u ||
	    curl_url_set(p.u, CURLUPART_URL, url, 0) ||
	    curl_url_get(p.u, CURLUPART_SCHEME, &p.scheme, 0) ||
	    curl_url_get(p.u, CURLUPART_HOST, &p.host, 0))
		return tl_fail(
		    TL_EFIELD, "not a web address such as https://example.org/a.jpg");
	(void)curl_url_get(p.u, CURLUPART_USER, &p.user, 0);
	(void)curl_url_get(p.u, CURLUPART_PASSWORD, &p.password, 0);
	(void)curl_url_get(p.u, CURLUPART_PORT, &p.port, CURLU_DEFAULT_PORT);
	(void)curl_url_get(p.u, CURLUPART_ZONEID, &p.zone, 0);
	if (p.user || p.password || p.zone)
		return tl_fail(TL_EFIELD, "an address carries no user, password or zone");
	if (strcmp(p.scheme, "https") != 0 && strcmp(p.scheme, "http") != 0)
		return tl_fail(TL_EFIELD, "only http and https are read");
	if (!private_ok && is_local_name(p.host))
		return tl_fail(TL_EFIELD, "this address is shut: loopback");
	if (!p.port || tl_parse_i64(tl_str(p.port), 1, 65535, &port) < 0 ||
	    (port < 1024 && port != 80 && port != 443))
		return tl_fail(TL_EFIELD, "this address is shut: a port of another protocol");
	if (!host_ok(p.host, hosts, host_count))
		return tl_fail(TL_EFIELD, "this host is not one of fetch_hosts");
	return 0;
}

int
tl_guard_url(const char *url, bool private_ok)
{
	TL_CLEANUP(parts_fini) struct parts p = {.u = curl_url()};
	if (strlen(url) > 2000 || !p.u || curl_url_set(p.u, CURLUPART_URL, url, 0) ||
	    curl_url_get(p.u, CURLUPART_SCHEME, &p.scheme, 0) ||
	    curl_url_get(p.u, CURLUPART_HOST, &p.host, 0))
		return tl_fail(TL_EFIELD, "not a web address such as https://example.org/hook");
	(void)curl_url_get(p.u, CURLUPART_USER, &p.user, 0);
	(void)curl_url_get(p.u, CURLUPART_PASSWORD, &p.password, 0);
	(void)curl_url_get(p.u, CURLUPART_FRAGMENT, &p.fragment, 0);
	(void)curl_url_get(p.u, CURLUPART_PORT, &p.port, CURLU_DEFAULT_PORT);
	(void)curl_url_get(p.u, CURLUPART_ZONEID, &p.zone, 0);
	if (!is_ascii(url))
		return tl_fail(TL_EFIELD, "an address is written in ASCII (names as xn--…)");
	if (p.user || p.password || p.fragment || p.zone)
		return tl_fail(
		    TL_EFIELD, "an address carries no user, password, fragment or zone");
	if (strcmp(p.scheme, "https") != 0 && !(private_ok && strcmp(p.scheme, "http") == 0))
		return tl_fail(TL_EFIELD,
		    "only https, or http when the endpoint is allowed on a private network");
	const char *why = numeric_refused(p.host, private_ok);
	if (!why && !private_ok && is_local_name(p.host))
		why = "loopback";
	if (!why && (!p.port || !port_ok(p.port, private_ok)))
		why = "a port of another protocol";
	if (why)
		return tl_fail(TL_EFIELD, "this address is shut: %s", why);
	return 0;
}

const char *
tl_guard_trouble(const struct tl_guard *g, CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *text;
	} texts[] = {
#define X(code, text) {code, text},
#include "enforce/trouble.tbl.h"
#undef X
	};
	if (g->refused)
		return g->refused;
	if (g->head_bytes > TL_GUARD_HEAD_MAX)
		return "the other side sends too many headers";
	for (size_t i = 0; i < TL_COUNT(texts); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "the request failed";
}
