/*
 * Endpoints as people set them up.
 *
 * Promises: an address that the guard shuts is refused when it is entered, not only when it is used; a secret is
 * shown once and kept sealed. Failure: INPUT, NOTFOUND. Called by the CLI.
 */
#include "enforce/endpoint.h"

#include "enforce/guard.h"
#include "sys/clock.h"

int
tl_enforce_endpoint_set(struct tl_db *db, int64_t platform, bool live, const char *url,
    bool private_ok, char ret_secret[TL_SECRET_TEXT], struct tl_id *ret_id)
{
	TL_CLEANUP(tl_endpoint_wipe)
	struct tl_endpoint e = {.platform = platform, .live = live, .private_ok = private_ok};
	TL_CLEANUP(tl_secret_wipe) struct tl_secret s;
	int rc = tl_guard_url(url, private_ok);
	if (rc == 0)
		rc = tl_str_copy(e.url, sizeof e.url, tl_str(url));
	if (rc < 0)
		return rc;
	tl_secret_new(&s);
	memcpy(e.secret, s.b, s.n);
	e.secret_bytes = s.n;
	rc = tl_endpoint_put(db, &e);
	if (rc < 0)
		return rc;
	tl_secret_text(ret_secret, &s);
	*ret_id = e.id;
	return 0;
}

int
tl_enforce_endpoint_rotate(
    struct tl_db *db, struct tl_id id, int64_t overlap_us, char ret_secret[TL_SECRET_TEXT])
{
	TL_CLEANUP(tl_secret_wipe) struct tl_secret s;
	tl_secret_new(&s);
	int rc = tl_endpoint_rotate(db, id, tl_bytes(s.b, s.n), tl_now_us() + overlap_us);
	if (rc == 0)
		tl_secret_text(ret_secret, &s);
	return rc;
}
