/*
 * Finding the route of a request, and the pieces of its address.
 *
 * Promises: the address is split before it is decoded, so an encoded '/' never makes a segment; a decoded part
 * is valid UTF-8 without NUL. Failures: NOTFOUND, USAGE (the path exists for other methods, listed in `allow`),
 * INPUT. Called by the core for each request.
 */
#include "api/http_int.h"

static int
hex_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
tl_uri_decode(struct tl_arena *a, struct tl_str raw, struct tl_str *ret)
{
	uint8_t *out = tl_arena_alloc(a, raw.n + 1);
	if (!out)
		return tl_fail(TL_ENOMEM, "the address is too long");
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		uint8_t c = raw.p[i];
		if (c == '%') {
			bool whole = raw.n - i > 2;
			int hi = whole ? hex_of(raw.p[i + 1]) : -1;
			int lo = whole ? hex_of(raw.p[i + 2]) : -1;
			if (hi < 0 || lo < 0)
				return tl_fail(
				    TL_EPARSE, "the address has a malformed percent sign");
			c = (uint8_t)(hi * 16 + lo);
			i += 2;
		}
		if (c == 0)
			return tl_fail(TL_EPARSE, "the address holds a NUL");
		out[n++] = c;
	}
	*ret = tl_bytes(out, n);
	if (!tl_utf8_valid(*ret))
		return tl_fail(TL_EUTF8, "the address is not valid UTF-8");
	return 0;
}

/* Takes the segment up to the next '/' and moves past it. */
static struct tl_str
segment(const char **at)
{
	const char *end = strchrnul(*at, '/');
	struct tl_str s = tl_bytes(*at, (size_t)(end - *at));
	*at = *end ? end + 1 : end;
	return s;
}

static bool
matches(const char *pattern, const char *path, struct tl_str *params, size_t *count)
{
	*count = 0;
	while (*pattern && *path) {
		bool more_pattern = strchr(pattern, '/') != NULL;
		struct tl_str want = segment(&pattern);
		if (want.n && want.p[0] == '{') {
			if (*count == TL_REQ_PARAMS_MAX)
				return false;
			if (tl_str_is(want, "{*}")) {
				params[(*count)++] = tl_str(path);
				return true;
			}
			bool more_path = strchr(path, '/') != NULL;
			struct tl_str got = segment(&path);
			/* "{id}:verb" is not used; a parameter is a whole, non-empty segment. */
			if (got.n == 0 || more_path != more_pattern)
				return false;
			params[(*count)++] = got;
			continue;
		}
		bool more_path = strchr(path, '/') != NULL;
		if (!tl_str_eq(want, segment(&path)) || more_path != more_pattern)
			return false;
	}
	return !*pattern && !*path;
}

int
tl_route_match(struct tl_arena *a, const char *pattern, const char *path,
    struct tl_str params[TL_REQ_PARAMS_MAX], bool *ret)
{
	struct tl_str raw[TL_REQ_PARAMS_MAX];
	size_t count = 0;
	int rc = 0;
	*ret = path[0] == '/' && matches(pattern + 1, path + 1, raw, &count);
	for (size_t i = 0; *ret && rc == 0 && i < count; i++)
		rc = tl_uri_decode(a, raw[i], &params[i]);
	return rc;
}

/* "//c//banks" to "/c/banks": what becomes of a base URL that ends in a slash. */
static const char *
single_slashes(struct tl_req *req, const char *path)
{
	if (!strstr(path, "//"))
		return path;
	char *out = tl_arena_alloc(req->arena, strlen(path) + 1);
	size_t n = 0;
	for (const char *at = path; out && *at; at++)
		if (*at != '/' || n == 0 || out[n - 1] != '/')
			out[n++] = *at;
	if (out)
		out[n] = '\0';
	return out ? out : path;
}

static int
take(
    struct tl_req *req, const struct tl_route *route, const struct tl_str *params, size_t count)
{
	req->route = route;
	req->dialect = route->dialect;
	req->param_count = count;
	for (size_t i = 0; i < count; i++) {
		int rc = tl_uri_decode(req->arena, params[i], &req->params[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What is nowhere is refused in the words of the routes beside it: those of the same first segment. */
static const struct tl_dialect *
beside(const struct tl_http_conf *conf, const char *path)
{
	size_t n = strcspn(path + (path[0] == '/'), "/") + (path[0] == '/');
	for (size_t i = 0; i < conf->route_count; i++) {
		const struct tl_route *r = &conf->routes[i];
		if (r->dialect && strncmp(r->path, path, n) == 0 &&
		    (r->path[n] == '/' || r->path[n] == '\0'))
			return r->dialect;
	}
	return NULL;
}

int
tl_route_find(
    struct tl_req *req, const char *method, const char *path, char *allow, size_t allow_cap)
{
	const struct tl_http_conf *conf = &req->http->conf;
	size_t used = 0;
	const char *single = single_slashes(req, path);
	allow[0] = '\0';
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (size_t i = 0; i < conf->route_count; i++) {
		const struct tl_route *r = &conf->routes[i];
		struct tl_str params[TL_REQ_PARAMS_MAX];
		size_t count;
		const char *at = r->dialect && r->dialect->loose ? single : path;
		if (!matches(r->path + 1, at + (at[0] == '/'), params, &count))
			continue;
		if (!req->dialect)
			req->dialect = r->dialect; /* a wrong method is refused in its words */
		if (strcmp(r->method, method) == 0)
			return take(req, r, params, count);
		int n = snprintf(
		    allow + used, allow_cap - used, "%s%s", used ? ", " : "", r->method);
		if (n > 0 && (size_t)n < allow_cap - used)
			used += (size_t)n;
	}
	if (used)
		return tl_fail(TL_EUSAGE, "this address takes %s", allow);
	req->dialect = beside(conf, single);
	return tl_fail(TL_ENOTFOUND, "there is nothing at this address");
}
