/*
 * The strict header guard (see guard.h).
 *
 * Promises: a request that passes has a first line of three parts, exactly one Host, at most one key, at most one
 * Content-Length of digits, no Transfer-Encoding but one "chunked", never both, names of token characters, and every
 * line of its head ended with CR LF: no bare LF, no folded line, no NUL, no other control character.
 * How: libmicrohttpd 0.9 parses in place. It writes NUL over ':' and over the line's end, so the next name
 * begins exactly two bytes after this value; folding copies the line elsewhere. Anything that does not lie
 * like that is refused, so a library that works otherwise refuses all (tests/unit/api_http.c has the probes). A
 * NUL beside an LF is the one thing that looks the same as CR LF; what stands in front refuses NULs.
 * Called for each request before anything else.
 */
#include "api/guard.h"

#include <strings.h>

#define LENGTH_DIGITS_MAX 15

static bool
is_token(uint8_t c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool
name_is(struct tl_str s, const char *z)
{
	return s.n == strlen(z) && strncasecmp((const char *)s.p, z, s.n) == 0;
}

/* METHOD SP address SP version. A NUL ends the address early, which shows here too. */
static bool
is_line(const char *method, struct tl_str uri, const char *version)
{
	if (uri.n == 0 || (const char *)uri.p != method + strlen(method) + 1 ||
	    (const char *)uri.p + uri.n + 1 != version)
		return false;
	for (const uint8_t *c = (const uint8_t *)method; *c; c++)
		if (!is_token(*c))
			return false;
	return true;
}

void
tl_guard_begin(struct tl_guard *g, const char *method, struct tl_str uri, const char *version)
{
	*g = (struct tl_guard){.length = -1};
	g->expect = (const uint8_t *)version + strlen(version) + 2;
	if (!is_line(method, uri, version))
		g->refused = "line";
	else if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		g->refused = "version";
}

static const char *
shape(const struct tl_guard *g, struct tl_str name, struct tl_str value)
{
	if (name.n == 0 || name.p != g->expect)
		return "line_end";
	for (size_t i = 0; i < name.n; i++)
		if (!is_token(name.p[i]))
			return "header_name";
	const uint8_t *after = name.p + name.n;
	if (value.p <= after || (size_t)(value.p - after) > 4096)
		return "line_end";
	for (const uint8_t *p = after + 1; p < value.p; p++)
		if (*p != ' ' && *p != '\t')
			return "line_end";
	for (size_t i = 0; i < value.n; i++)
		if ((value.p[i] < 0x20 && value.p[i] != '\t') || value.p[i] == 0x7f)
			return "header_value";
	return NULL;
}

static const char *
content_length(struct tl_guard *g, struct tl_str value)
{
	while (value.n > 0 && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t'))
		value.n--;
	if (++g->lengths > 1 || value.n == 0 || value.n > LENGTH_DIGITS_MAX)
		return "content_length";
	g->length = 0;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return "content_length";
		g->length = g->length * 10 + (value.p[i] - '0');
	}
	return NULL;
}

void
tl_guard_header(struct tl_guard *g, struct tl_str name, struct tl_str value)
{
	if (g->refused)
		return;
	g->refused = shape(g, name, value);
	if (g->refused)
		return;
	g->expect = value.p + value.n + 2;
	if (name_is(name, "host"))
		g->hosts++;
	else if (name_is(name, "authorization")) {
		if (++g->keys > 1)
			g->refused = "authorization";
	} else if (name_is(name, "content-length"))
		g->refused = content_length(g, value);
	else if (name_is(name, "transfer-encoding")) {
		g->is_chunked = name_is(value, "chunked");
		if (++g->codings > 1 || !g->is_chunked)
			g->refused = "transfer_encoding";
	}
}

const char *
tl_guard_end(struct tl_guard *g, const char *method, size_t head_bytes)
{
	if (g->refused)
		return g->refused;
	if (g->hosts != 1)
		return "host";
	if (g->lengths && g->codings)
		return "length_and_coding";
	/* The last header's CR LF and the empty line's CR LF. */
	static const uint8_t ends[4];
	if (g->expect + 2 != (const uint8_t *)method + head_bytes ||
	    memcmp(g->expect - 2, ends, sizeof ends) != 0)
		return "line_end";
	return NULL;
}
