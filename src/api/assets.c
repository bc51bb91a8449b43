/*
 * Finds a file of the console by its request path. Owns nothing: the table is made by tools/embed at build time
 * and is constant. A path that is not known gives NULL, which the caller answers with 404. Called by the HTTP
 * routes for everything under /console/ that is not the API.
 */
#include "api/assets.h"

static bool
starts(struct tl_str s, const char *with)
{
	struct tl_str w = tl_str(with);
	return s.n >= w.n && memcmp(s.p, w.p, w.n) == 0;
}

static const struct tl_asset *
exact(struct tl_str path)
{
	for (size_t i = 0; i < tl_assets_n; i++) {
		if (tl_str_is(path, tl_assets[i].path)) {
			return &tl_assets[i];
		}
	}
	return NULL;
}

const struct tl_asset *
tl_asset_find(struct tl_str path)
{
	static const char *const own[] = {
	    "/console/api/", "/console/media/", "/console/assets/"};
	const struct tl_asset *a = exact(path);
	if (a || (!starts(path, "/console/") && !tl_str_is(path, "/console"))) {
		return a;
	}
	for (size_t i = 0; i < TL_COUNT(own); i++) {
		if (starts(path, own[i])) {
			return NULL;
		}
	}
	return exact(TL_S("/console/"));
}

bool
tl_asset_fresh(const struct tl_asset *a, struct tl_str if_none_match)
{
	struct tl_str etag = tl_str(a->etag);
	for (size_t i = 0; i + etag.n <= if_none_match.n; i++) {
		if (memcmp(if_none_match.p + i, etag.p, etag.n) == 0) {
			return true;
		}
	}
	return false;
}
