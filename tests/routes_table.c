/*
 * Prints the tables of routes, permissions and scopes as one JSON object, for tests that must hold for every row
 * (tests/scenario/permissions.test.mjs). Built from the tables themselves, so that nothing can be forgotten.
 */
#include "base/buf.h"
#include "core/access.h"

#include <stdio.h>

static void
permissions(struct tl_buf *b)
{
	tl_js_open(b, "permissions", '{');
	for (int p = 0; p < TL_PERMISSION_COUNT; p++) {
		tl_js_open(b, tl_permission_name((enum tl_permission)p), '[');
		for (int r = 0; r < tl_role_count; r++) {
			if (tl_may((enum tl_role)r, (enum tl_permission)p))
				tl_js_z(b, NULL, tl_role_names[r]);
		}
		tl_js_close(b, ']');
	}
	tl_js_close(b, '}');
}

static void
words(struct tl_buf *b, const char *key, const char *const *list)
{
	tl_js_open(b, key, '[');
	for (; *list; list++)
		tl_js_z(b, NULL, *list);
	tl_js_close(b, ']');
}

static void
route(struct tl_buf *b, const char *method, const char *path, const char *need)
{
	tl_js_open(b, NULL, '{');
	tl_js_z(b, "method", method);
	tl_js_z(b, "path", path);
	tl_js_z(b, "need", need);
	tl_js_close(b, '}');
}

int
main(void)
{
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '{');
	permissions(&b);
	words(&b, "roles", tl_role_names);
	words(&b, "scopes", tl_scope_names);
	tl_js_open(&b, "platform", '[');
#define R(method, path, gate, need, query, handler, body, limit, help)                         \
	route(&b, method, path, need);
#include "api/routes.tbl.h"
#undef R
	tl_js_close(&b, ']');
	tl_js_open(&b, "hma", '[');
#define H(method, path, gate, need, query, handler, body, limit, help)                         \
	route(&b, method, path, need);
#define T(method, path, gate, need, query, handler, body, limit, help)
#include "api/routes_hma.tbl.h"
#undef H
#undef T
	tl_js_close(&b, ']');
	tl_js_open(&b, "console", '[');
#define R(method, path, name, need, query, limit, help) route(&b, method, path, need);
#include "api/routes_console.tbl.h"
#undef R
	tl_js_close(&b, ']');
	tl_js_close(&b, '}');
	(void)fwrite(b.p, 1, b.n, stdout);
	tl_buf_fini(&b);
	return 0;
}
