/* Addresses of requests: the input is METHOD PATH. A parameter that a handler sees is valid text without NUL, and no more long. */
#include "api/http_int.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct tl_route routes[] = {
    {.method = "GET", .path = "/v1/items/{id}"},
    {.method = "DELETE", .path = "/v1/items/{id}"},
    {.method = "POST", .path = "/console/api/cases/{id}/notes/{n}"},
    {.method = "GET", .path = "/assets/{*}"},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tl_http http = {
	    .conf = {.routes = routes, .route_count = TL_COUNT(routes)}};
	static struct tl_arena *arena;
	char text[1024], allow[64];
	if (!arena)
		arena = tl_arena_create(1U << 20);
	tl_arena_reset(arena);
	if (tl_str_copy(text, sizeof text, tl_bytes(data, size)) < 0)
		return 0;
	char *path = strchr(text, ' ');
	if (!path)
		return 0;
	*path++ = 0;
	struct tl_req *req = calloc(1, sizeof *req);
	if (!req)
		abort();
	req->http = &http;
	req->arena = arena;
	if (tl_route_find(req, text, path, allow, sizeof allow) == 0)
		for (size_t i = 0; i < req->param_count; i++)
			if (!tl_utf8_valid(req->params[i]) || req->params[i].n > size ||
			    (req->params[i].n && memchr(req->params[i].p, 0, req->params[i].n)))
				abort();
	if (strlen(allow) >= sizeof allow)
		abort();
	free(req);
	return 0;
}
