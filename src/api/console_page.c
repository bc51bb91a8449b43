/*
 * The console's page, script, style and icon, out of the program itself; "/" leads to them.
 *
 * Promises: nobody needs to be signed in for these and they hold nothing of anybody; every address of a screen is the
 * same page; everything goes out under the policy that forbids HTML strings (TL_ASSET_CSP). A browser asks again each
 * time and mostly hears 304. Failures: NOTFOUND. Called by the HTTP core through the console's table.
 */
#include "api/console_int.h"

#include "api/assets.h"

static void
page_headers(struct tl_req *req, const struct tl_asset *a)
{
	tl_req_set_header(req, "Content-Security-Policy", TL_ASSET_CSP);
	tl_req_set_header(req, "Cross-Origin-Opener-Policy", "same-origin");
	tl_req_set_header(req, "Cache-Control", "no-cache");
	tl_req_set_header(req, "ETag", a->etag);
}

void
tl_console_page(struct tl_req *req)
{
	const struct tl_asset *a = tl_asset_find(tl_req_path(req));
	struct tl_str known;
	if (!a) {
		tl_req_problem_at(req, TL_ENOTFOUND, NULL, "there is nothing at this address");
		return;
	}
	page_headers(req, a);
	if (tl_req_header(req, "If-None-Match", &known) && tl_asset_fresh(a, known)) {
		tl_req_answer_empty(req, 304);
		return;
	}
	tl_req_set_header(req, "Content-Encoding", "gzip");
	tl_req_answer_static(req, 200, a->type, tl_bytes(a->gzip, a->gzip_n));
}

void
tl_console_home(struct tl_req *req)
{
	tl_req_set_header(req, "Location", "/console/");
	tl_req_answer_empty(req, 302);
}
