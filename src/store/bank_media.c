/*
 * What stored media are known by, for banks: the PDQ hash of a picture, the digest of a file.
 *
 * Promises: a picture that is too plain to be found again is not taken. Failure: what the store says. Called by the
 * console and the CLI when something decided goes into a bank.
 */
#include "store/bank_media.h"

#include "base/arena.h"
#include "store/decisions.h"
#include "store/items.h"
#include "store/media.h"
#include "store/provenance.h"

#define PDQ_QUALITY_LEAST 50

size_t
tl_bank_of_medium(enum tl_bank_kind kind, const struct tl_media *m,
    const struct tl_bank_entry *like, struct tl_bank_entry *out)
{
	static const uint8_t none[32];
	bool pdq = kind == TL_BANK_PDQ && m->has_pdq && m->pdq_quality >= PDQ_QUALITY_LEAST;
	bool digest = kind == TL_BANK_DIGEST && memcmp(m->sha256, none, sizeof none) != 0;
	if (!pdq && !digest)
		return 0;
	out[0] = *like;
	out[0].form = pdq ? TL_FORM_PDQ : TL_FORM_SHA256;
	out[0].value = tl_bytes(pdq ? m->pdq : m->sha256, 32);
	return 1;
}

int
tl_bank_own(
    struct tl_str provenance, struct tl_id decision, struct tl_arena *arena, struct tl_str *ret)
{
	struct tl_provenance p;
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	char id[TL_ID_TEXT];
	tl_id_text(id, decision);
	int rc = tl_provenance_read(provenance, arena, &p);
	if (rc < 0)
		return rc;
	if (!p.exchange.n)
		p.exchange = TL_S("own");
	if (!tl_id_is_nil(decision))
		p.decision = tl_str(id);
	tl_provenance_write(&p, &b);
	*ret = tl_arena_dup(arena, tl_buf_str(&b));
	return tl_arena_check(arena);
}

int
tl_bank_of_decision(struct tl_db *db, const struct tl_bank *b, struct tl_id decision,
    const struct tl_bank_entry *like, struct tl_arena *arena, struct tl_bank_entry **ret,
    size_t *ret_count)
{
	struct tl_decision d;
	struct tl_bank_entry as = *like;
	struct tl_item_full *full = TL_NEW(arena, struct tl_item_full);
	struct tl_bank_entry *list = TL_NEWS(
	    arena, struct tl_bank_entry, (TL_ITEM_MEDIA_MAX + 1) * (size_t)tl_entry_form_count);
	size_t n = 0;
	int rc = tl_arena_check(arena);
	if (rc == 0)
		rc = tl_decision_get(db, decision, arena, &d, NULL);
	if (rc == 0 && d.subject_kind != TL_SUBJECT_ITEM)
		rc = tl_fail(
		    TL_ENOTFOUND, "the decision is about an account, which has no media");
	if (rc == 0)
		rc = tl_item_head(db, d.platform, d.subject, arena, full);
	if (rc == 0)
		rc = tl_media_of_item(db, &full->item, arena);
	if (rc == 0)
		rc = tl_bank_own(like->provenance, decision, arena, &as.provenance);
	for (size_t i = 0; rc == 0 && i < full->item.media_count; i++)
		n += tl_bank_of_medium(b->kind, &full->item.media[i], &as, list + n);
	if (rc < 0)
		return rc;
	*ret = list;
	*ret_count = n;
	return 0;
}
