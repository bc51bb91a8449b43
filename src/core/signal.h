/* What one detector says of one item. A detector that failed says so: status failed, label = reason. */
#pragma once

#include "core/item.h"

#define TL_SIGNALS_MAX 256

struct tl_signal {
	struct tl_str detector; /* name of the registry: text, pdq, digest … */
	struct tl_str version;
	bool failed;
	struct tl_str label; /* bank or list name; the reason when failed */
	double score;        /* 0..1; NAN when the detector gives none */
	struct tl_str policy;
	struct tl_id bank, entry; /* nil when none */
	int distance;             /* -1 when it has no meaning */
	bool has_media;
	struct tl_media_id media;
	struct tl_str field;        /* text field, empty when none */
	int64_t span_from, span_to; /* bytes in that field, as the author wrote it */
	enum tl_effect effect;      /* what weight it has */
	struct tl_str turned;       /* how the picture was turned to match; empty: as it is */
	struct tl_str part;   /* of a video or sound, JSON: shares, offset, speed; or empty */
	struct tl_str source; /* of the bank */
	struct tl_str provenance;     /* of the entry: JSON, or empty */
	struct tl_str classification; /* of the entry, else of its bank; or empty */
	int64_t key;                  /* of the entry; 0 when read from the store */
};

/*
 * Members of an open JSON object: effect, bank (name, source), entry, classification, provenance (exchange, record, member,
 * tags …), how it was turned and which part of it matched. Nothing for a signal without a bank.
 */
struct tl_buf;
void tl_signal_known_json(struct tl_buf *b, const struct tl_signal *s);

/* True when rules and figures go by it: not set aside by an allow-list, not outside of its bank's share. */
static inline bool
tl_signal_counts(const struct tl_signal *s)
{
	return s->effect != TL_EFFECT_ALLOWED && s->effect != TL_EFFECT_SHARE;
}
