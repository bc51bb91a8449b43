/*
 * The exact-hash detector: SHA-256 and MD5 of every file against all digest banks.
 *
 * Every entry of the same digest is a hit of its own, with score 1 and distance 0. Digests are taken from raw bytes, so a
 * file need not be decodable. Called through the registry.
 */
#include "detect/banks_int.h"
#include "detect/hash/seek.h"
#include "detect/known.h"

static bool
is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			return false;
	}
	return true;
}

/* A question may name one digest of a file only; zeros stand for the other. */
static void
run_digest(struct tl_detect_ctx *c, const struct tl_media *m, enum tl_entry_form form,
    const uint8_t *value, size_t n)
{
	struct tl_pdq needle;
	if (is_zero(value, n) || !tl_known_hash(form, tl_bytes(value, n), &needle))
		return;
	seek_hits(
	    c, &(struct seek){
		   .form = form, .needle = &needle, .needles = 1, .exact = true, .media = m});
}

static void
run(struct tl_detect_ctx *c)
{
	for (size_t i = 0; i < c->in->media_count; i++) {
		const struct tl_media *m = &c->in->media[i];
		run_digest(c, m, TL_FORM_SHA256, m->sha256, sizeof m->sha256);
		run_digest(c, m, TL_FORM_MD5, m->md5, sizeof m->md5);
	}
}

const struct tl_detector tl_detector_digest = {
    .name = "digest",
    .version = "2",
    .kind = TL_BANK_DIGEST,
    .run = run,
};
