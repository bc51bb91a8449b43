/*
 * What stored media are known by, for banks: the PDQ hash of a picture, the digest of a file, a video's frames, a sound's
 * fingerprint.
 *
 * Promises: a picture that is too plain to be found again is not taken. Failure: what the store says. Called by the
 * console and the CLI when something decided goes into a bank.
 */
#include "store/bank_media.h"

#include "base/arena.h"
#include "base/cur.h"
#include "hash/sound_match.h"
#include "store/decisions.h"
#include "store/items.h"
#include "store/media.h"
#include "store/provenance.h"

#define PDQ_QUALITY_LEAST 50

/* Packed like the entries of banks; false: it cannot be found again by this. */
typedef bool (*known_by_fn)(
    const struct tl_media *m, struct tl_arena *arena, struct tl_str *ret);

static bool
by_pdq(const struct tl_media *m, struct tl_arena *arena, struct tl_str *ret)
{
	(void)arena;
	*ret = tl_bytes(m->pdq, sizeof m->pdq);
	return m->has_pdq && m->pdq_quality >= PDQ_QUALITY_LEAST;
}

static bool
by_digest(const struct tl_media *m, struct tl_arena *arena, struct tl_str *ret)
{
	static const uint8_t none[32];
	(void)arena;
	*ret = tl_bytes(m->sha256, sizeof m->sha256);
	return memcmp(m->sha256, none, sizeof none) != 0;
}

static bool
by_frames(const struct tl_media *m, struct tl_arena *arena, struct tl_str *ret)
{
	(void)arena;
	*ret = m->frames;
	return m->frames.n && tl_bank_value_check(TL_FORM_VPDQ, m->frames) == 0;
}

/* The store keeps the words of a medium as they are, those of a bank with their count. */
static bool
by_sound(const struct tl_media *m, struct tl_arena *arena, struct tl_str *ret)
{
	struct tl_sound s = {0};
	struct tl_buf packed TL_CLEANUP(tl_buf_fini) = {0};
	size_t n = m->words.n / 4;
	uint32_t *w = TL_NEWS(arena, uint32_t, n + 1);
	if (!w || n == 0)
		return false;
	struct tl_cur c = tl_cur(m->words);
	for (size_t i = 0; i < n; i++)
		w[i] = tl_cur_u32(&c);
	if (tl_sound_set(&s, w, n) == 0)
		tl_sound_pack(&packed, &s);
	tl_sound_fini(&s);
	*ret = tl_arena_dup(arena, tl_buf_str(&packed));
	return packed.n && tl_bank_value_check(TL_FORM_CHROMAPRINT, *ret) == 0;
}

size_t
tl_bank_of_medium(enum tl_bank_kind kind, const struct tl_media *m,
    const struct tl_bank_entry *like, struct tl_arena *arena, struct tl_bank_entry *out)
{
	static const struct {
		enum tl_entry_form form;
		known_by_fn fn;
	} ways[tl_bank_kind_count] = {[TL_BANK_PDQ] = {TL_FORM_PDQ, by_pdq},
	    [TL_BANK_DIGEST] = {TL_FORM_SHA256, by_digest},
	    [TL_BANK_VIDEO] = {TL_FORM_VPDQ, by_frames},
	    [TL_BANK_SOUND] = {TL_FORM_CHROMAPRINT, by_sound}};
	struct tl_str value;
	if (!ways[kind].fn || !ways[kind].fn(m, arena, &value))
		return 0;
	*out = *like;
	out->form = ways[kind].form;
	out->value = tl_arena_dup(arena, value); /* it may lie in `m` */
	return 1;
}

int
tl_bank_not_of_medium(const struct tl_media *m, const char *field)
{
	if (m->has_pdq)
		return tl_fail_at(TL_EFIELD, field,
		    "the picture is too plain to be told from others: its quality is %d, at "
		    "least %d is needed",
		    m->pdq_quality, PDQ_QUALITY_LEAST);
	if (m->frames.n && tl_bank_value_check(TL_FORM_VPDQ, m->frames) < 0)
		return tl_fail_at(TL_EFIELD, field, "%s", tl_err_text());
	if (m->words.n)
		return tl_fail_at(TL_EFIELD, field,
		    "the sound is too short to be found again: its fingerprint has %zu words, "
		    "at least %d are needed (4 seconds)",
		    m->words.n / sizeof(uint32_t), TL_SOUND_WORDS_MIN);
	return tl_fail_at(TL_EFIELD, field,
	    "it has neither a picture nor four seconds of sound, or was not decoded");
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
	struct tl_decision d = {0};
	struct tl_bank_entry as = *like;
	struct tl_item_full *full = TL_NEW(arena, struct tl_item_full);
	struct tl_bank_entry *list =
	    TL_NEWS(arena, struct tl_bank_entry, TL_ITEM_MEDIA_MAX + 1);
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
	for (size_t i = 0; rc == 0 && i < full->item.media_count; i++) {
		struct tl_media *m = &full->item.media[i];
		rc = tl_media_hashes(db, d.platform, m, arena);
		if (rc == 0)
			n += tl_bank_of_medium(b->kind, m, &as, arena, list + n);
	}
	if (rc < 0)
		return rc;
	*ret = list;
	*ret_count = n;
	return 0;
}
