/*
 * What weight a match has beside others.
 *
 * Promises: nothing is left out; a match that does not count says why. An allow-list sets a match on the same file aside
 * that is not closer than its own; a file that is known byte for byte is set aside only by one that is allowed byte for
 * byte; a review-only entry sets nothing aside. An item is inside a bank's share or not, the same each time.
 */
#include "detect/banks_int.h"

#include "store/db.h"

#define EXACT "digest" /* the detector of files byte for byte */

static bool
allows(const struct tl_signal *allow, const struct tl_media_id *media, struct tl_str detector,
    double score)
{
	if (allow->failed || allow->effect != TL_EFFECT_ALLOW || !allow->has_media ||
	    memcmp(allow->media.b, media->b, sizeof media->b) != 0)
		return false;
	if (tl_str_is(detector, EXACT) && !tl_str_is(allow->detector, EXACT))
		return false;
	return allow->score >= score;
}

bool
tl_detect_allowed(const struct tl_signals *all, size_t first, const struct tl_media_id *media,
    struct tl_str detector, double score)
{
	for (size_t i = first; i < all->n; i++) {
		if (allows(&all->s[i], media, detector, score))
			return true;
	}
	return false;
}

void
detect_set_aside(struct tl_signals *out, size_t first)
{
	for (size_t i = first; i < out->n; i++) {
		struct tl_signal *s = &out->s[i];
		bool blocks = s->effect == TL_EFFECT_FULL || s->effect == TL_EFFECT_REVIEW;
		if (s->failed || !blocks || !s->has_media || tl_id_is_nil(s->bank))
			continue;
		if (tl_detect_allowed(out, first, &s->media, s->detector, s->score))
			s->effect = TL_EFFECT_ALLOWED;
	}
}

bool
detect_in_share(const struct tl_bank_ref *b, const struct tl_detect_input *in)
{
	uint8_t hash[16];
	uint64_t at;
	if (b->share >= 1 || in->subject.n == 0 || !in->db)
		return true;
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	struct tl_key key = tl_store_key(tl_db_store(in->db), "share");
	tl_buf_put(&data, &in->platform, sizeof in->platform);
	tl_buf_put(&data, b->id.b, sizeof b->id.b);
	tl_buf_put(&data, in->subject.p, in->subject.n);
	tl_blake2b(hash, sizeof hash, tl_buf_str(&data), &key);
	memcpy(&at, hash, sizeof at);
	return (double)(at >> 11) * 0x1p-53 < b->share;
}
