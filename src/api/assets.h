/*
 * The console's files, built into the program by tools/embed. Rows are immutable and live as long as the process.
 * Bodies exist as gzip only: every browser takes it; send `Content-Encoding: gzip` with them.
 */
#pragma once

#include "base/str.h"

struct tl_asset {
	const char *path; /* "/console/", "/console/assets/console.js" */
	const char *type; /* Content-Type */
	const char *etag; /* with its quotes */
	const uint8_t *gzip;
	size_t gzip_n;
	size_t plain_n;
};

extern const struct tl_asset tl_assets[];
extern const size_t tl_assets_n;

/*
 * What every page and asset is sent with (`Content-Security-Policy`). No HTML string can become markup under it.
 */
#define TL_ASSET_CSP                                                                           \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "            \
	"media-src blob:; "                                                                    \
	"connect-src "                                                                         \
	"'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "                \
	"require-trusted-types-for 'script'; trusted-types 'none'"

/*
 * The row for a decoded request path without its query. A screen's address ("/console/queues") is the page
 * itself; anything under /console/api/, /console/media/ or /console/assets/ that has no row is NULL, as is all else.
 */
const struct tl_asset *tl_asset_find(struct tl_str path);

/* True when `If-None-Match` names this row: answer 304 without a body. */
bool tl_asset_fresh(const struct tl_asset *a, struct tl_str if_none_match);
