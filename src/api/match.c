/*
 * POST /v1/match: banks and lists are asked now, through a worker; nothing is stored.
 *
 * Promises: bytes of a picture go to the worker in a sealed memory file and are decoded in its jail. Without a
 * worker that is free the answer is 503. Called by the route table.
 */
#include "api/routes.h"

#include "api/asks.h"
#include "intake/decode.h"
#include "sys/fd.h"

#define WITHIN_MS 5000
#define JSON_BYTES (128U * 1024)
#define OPTIONS_MAX 8192
#define DISTANCE_MAX 63

static int
match_begin(struct tl_req *req)
{
	if (!tl_api_is_bytes(req) && tl_body_json.begin(req) < 0)
		return tl_fail_at(TL_ETYPE, "Content-Type",
		    "this call takes application/json or the bytes of a picture");
	return 0;
}

static int
match_feed(struct tl_req *req, struct tl_str data)
{
	const struct tl_config *config = tl_api_of(req)->app.config;
	int64_t limit = tl_api_is_bytes(req) ? config->media_max_bytes : (int64_t)JSON_BYTES;
	if ((int64_t)(tl_req_body(req).n + data.n) > limit)
		return tl_fail(
		    TL_ETOOBIG, "the body is larger than %lld bytes", (long long)limit);
	return tl_body_bytes.feed(req, data);
}

const struct tl_body tl_api_match_body = {match_begin, match_feed};

/* The options of a picture's bytes stand in the query: ?banks=a,b&distance=20&turned=true. */
static int
read_options(struct tl_req *req, struct tl_buf *out)
{
	struct tl_str banks = {0}, turned = {0};
	int64_t distance = -1;
	int rc = tl_req_query_int(req, "distance", 0, DISTANCE_MAX, &distance);
	(void)tl_req_query(req, "banks", &banks);
	(void)tl_req_query(req, "turned", &turned);
	if (rc == 0 && turned.n && !tl_str_is(turned, "true") && !tl_str_is(turned, "false"))
		return tl_fail_at(TL_EFIELD, "turned", "must be true or false");
	if (rc < 0)
		return rc;
	tl_js_open(out, NULL, '{');
	if (distance >= 0)
		tl_js_int(out, "distance", distance);
	tl_js_bool(out, "turned", tl_str_is(turned, "true"));
	tl_js_open(out, "banks", '[');
	while (banks.n) {
		const uint8_t *comma = memchr(banks.p, ',', banks.n);
		size_t n = comma ? (size_t)(comma - banks.p) : banks.n;
		tl_js_str(out, NULL, tl_bytes(banks.p, n));
		n += comma != NULL;
		banks = tl_bytes(banks.p + n, banks.n - n);
	}
	tl_js_close(out, ']');
	tl_js_close(out, '}');
	return out->n <= OPTIONS_MAX
		   ? 0
		   : tl_fail_at(TL_EFIELD, "banks", "at most %d bytes of names", OPTIONS_MAX);
}

static int
read_match(struct tl_req *req, struct tl_ask *ask, struct tl_buf *options, int *ret_fd)
{
	json_t *j = NULL;
	if (tl_api_is_bytes(req)) {
		if (!tl_req_body(req).n)
			return tl_fail_at(TL_EFIELD, "", "the picture is empty");
		int bad = read_options(req, options);
		ask->json = tl_buf_str(options);
		return bad < 0 ? bad : tl_memfd_sealed("match", tl_req_body(req), ret_fd);
	}
	static const char *const in_body[] = {"banks", "distance", "turned"};
	int rc = tl_req_json(req, &j);
	for (size_t i = 0; i < TL_COUNT(in_body) && rc == 0; i++) {
		struct tl_str s;
		if (tl_req_query(req, in_body[i], &s))
			rc = tl_fail_at(TL_EFIELD, in_body[i], "stands in the JSON body");
	}
	if (rc == 0)
		rc = tl_decode_match(j);
	ask->json = tl_req_body(req);
	return rc;
}

void
tl_api_match(struct tl_req *req)
{
	struct tl_ask ask = {.kind = TL_ASK_MATCH,
	    .within_ms = WITHIN_MS,
	    .platform = tl_req_who(req)->platform,
	    .live = tl_req_who(req)->live};
	TL_CLEANUP(tl_buf_fini) struct tl_buf options = {0};
	int fd = -1;
	int rc = read_match(req, &ask, &options, &fd);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_asks_ask(tl_api_of(req)->asks, req, &ask, fd, tl_asks_answer);
}
