/*
 * Owns the answers: what each name of names.tbl.h is for one item.
 *
 * Promises: a detector that failed answers "failed" with its reason unless what it did find settles the
 * question; data that nobody gave answers "absent". A medium that could not be decoded is absent to PDQ, not a
 * failure: its state is what rules and the worker go by. Notes for people are composed only when asked for.
 * Called by the evaluator.
 */
#include "rules/rules_int.h"

#include "base/arena.h"
#include "sys/clock.h"

#include <math.h>

#define FAR 256 /* no match: further than any PDQ distance */

#define GET(tag)                                                                               \
	static struct tl_lang_value get_##tag(                                                 \
	    struct rules_ctx *c, const struct tl_lang_ref *ref, uint32_t element)

#define UNUSED_REF                                                                             \
	(void)c;                                                                               \
	(void)ref;                                                                             \
	(void)element

static struct tl_lang_value
text_or_absent(struct tl_str s, const char *why)
{
	return s.n ? tl_lang_string(s) : tl_lang_absent(why);
}

static const char unsaid[] = "the platform did not say";
static const char no_author[] = "the author is not known";

GET(NOW)
{
	UNUSED_REF;
	return tl_lang_whole(TL_T_TIMESTAMP, c->in->now_us);
}

/* item --------------------------------------------------------------------------------------------------- */

#define GET_ITEM_WHOLE(tag, type, field)                                                       \
	GET(tag)                                                                               \
	{                                                                                      \
		UNUSED_REF;                                                                    \
		return tl_lang_whole((type), (int64_t)c->in->item->field);                     \
	}

GET_ITEM_WHOLE(ITEM_KIND, TL_T_ENUM, kind)
GET_ITEM_WHOLE(ITEM_AUDIENCE, TL_T_ENUM, audience)
GET_ITEM_WHOLE(ITEM_STATE, TL_T_ENUM, state)
GET_ITEM_WHOLE(ITEM_VIEWS, TL_T_INT, views)
GET_ITEM_WHOLE(ITEM_ENGAGEMENT, TL_T_INT, engagement)
GET_ITEM_WHOLE(ITEM_VERSION, TL_T_INT, version)
GET_ITEM_WHOLE(ITEM_POSTED_AT, TL_T_TIMESTAMP, posted_at)
GET_ITEM_WHOLE(MEDIA, TL_T_HANDLES, media_count)

#define GET_ITEM_TEXT(tag, field)                                                              \
	GET(tag)                                                                               \
	{                                                                                      \
		UNUSED_REF;                                                                    \
		return text_or_absent(c->in->item->field, unsaid);                             \
	}

GET_ITEM_TEXT(ITEM_LANGUAGE, language)
GET_ITEM_TEXT(ITEM_TERRITORY, territory)
GET_ITEM_TEXT(ITEM_URL, url)

GET(ITEM_AGE)
{
	UNUSED_REF;
	int64_t age;
	if (__builtin_sub_overflow(c->in->now_us, c->in->item->posted_at, &age))
		return tl_lang_absent("the time of posting is impossible");
	return tl_lang_whole(TL_T_DURATION, age);
}

GET(ITEM_IS_REPLY)
{
	UNUSED_REF;
	return tl_lang_bool(c->in->item->parent_ext.n > 0);
}

/* stream ------------------------------------------------------------------------------------------------- */

static const char no_stream[] = "it is no live stream";

GET(STREAM_RUNNING)
{
	UNUSED_REF;
	return tl_lang_bool(c->in->stream && c->in->stream->state == TL_STREAM_RUNNING);
}

GET(STREAM_AGE)
{
	UNUSED_REF;
	const struct tl_stream *s = c->in->stream;
	return s ? tl_lang_whole(TL_T_DURATION, c->in->now_us - s->started_at)
		 : tl_lang_absent(no_stream);
}

GET(STREAM_VIEWERS)
{
	UNUSED_REF;
	return c->in->stream ? tl_lang_whole(TL_T_INT, c->in->stream->viewers)
			     : tl_lang_absent(no_stream);
}

/* author ------------------------------------------------------------------------------------------------- */

GET(AUTHOR_KNOWN)
{
	UNUSED_REF;
	return tl_lang_bool(c->in->account != NULL);
}

GET(AUTHOR_AGE_BAND)
{
	UNUSED_REF;
	return tl_lang_whole(
	    TL_T_ENUM, c->in->account ? (int64_t)c->in->account->age_band : TL_AGE_UNKNOWN);
}

GET(AUTHOR_AGE_ASSURED)
{
	UNUSED_REF;
	return tl_lang_whole(
	    TL_T_ENUM, c->in->account ? (int64_t)c->in->account->age_assured : TL_ASSURED_NONE);
}

GET(AUTHOR_AGE_DAYS)
{
	UNUSED_REF;
	const struct tl_account *a = c->in->account;
	int64_t age;
	if (!a)
		return tl_lang_absent(no_author);
	if (a->created_at == 0 || __builtin_sub_overflow(c->in->now_us, a->created_at, &age))
		return tl_lang_absent(unsaid);
	return tl_lang_whole(TL_T_INT, age / TL_US_DAY);
}

GET(AUTHOR_STRIKES)
{
	UNUSED_REF;
	if (!c->in->account)
		return tl_lang_absent(no_author);
	return tl_lang_whole(TL_T_INT, c->in->account->strikes);
}

GET(AUTHOR_STATE)
{
	UNUSED_REF;
	if (!c->in->account)
		return tl_lang_absent(no_author);
	return tl_lang_whole(TL_T_ENUM, (int64_t)c->in->account->state);
}

GET(AUTHOR_COUNTRY)
{
	UNUSED_REF;
	return c->in->account ? text_or_absent(c->in->account->country, unsaid)
			      : tl_lang_absent(no_author);
}

GET(AUTHOR_LANGUAGE)
{
	UNUSED_REF;
	return c->in->account ? text_or_absent(c->in->account->language, unsaid)
			      : tl_lang_absent(no_author);
}

/* text --------------------------------------------------------------------------------------------------- */

static struct tl_lang_value
field(const struct rules_ctx *c, struct tl_str name)
{
	const struct tl_item *it = c->in->item;
	for (size_t i = 0; i < it->field_count; i++) {
		if (tl_str_eq(it->fields[i].name, name))
			return tl_lang_string(it->fields[i].text);
	}
	return tl_lang_absent("the item has no such text");
}

#define GET_FIELD(tag, name)                                                                   \
	GET(tag)                                                                               \
	{                                                                                      \
		UNUSED_REF;                                                                    \
		return field(c, TL_S(name));                                                   \
	}

GET_FIELD(TEXT_TITLE, "title")
GET_FIELD(TEXT_BODY, "body")
GET_FIELD(TEXT_CAPTION, "caption")
GET_FIELD(TEXT_BIO, "bio")

GET(TEXT_FIELD)
{
	UNUSED_REF;
	return field(c, ref->args[0].u.s);
}

GET(TEXT_CONTAINS)
{
	UNUSED_REF;
	const struct tl_item *it = c->in->item;
	struct tl_str part = ref->args[0].u.s;
	for (size_t i = 0; i < it->field_count; i++) {
		struct tl_str t = it->fields[i].text;
		if (part.n && t.n >= part.n && memmem(t.p, t.n, part.p, part.n))
			return tl_lang_bool(true);
	}
	return tl_lang_bool(false);
}

GET(TEXT_LENGTH)
{
	UNUSED_REF;
	int64_t n = 0;
	for (size_t i = 0; i < c->in->item->field_count; i++) {
		struct tl_str t = c->in->item->fields[i].text;
		for (size_t k = 0; k < t.n; k++)
			n += (t.p[k] & 0xc0) != 0x80;
	}
	return tl_lang_whole(TL_T_INT, n);
}

/* signals ------------------------------------------------------------------------------------------------ */

/* Whether the signal is about this medium; one that names none is about all of them. */
static bool
about(const struct tl_signal *s, const struct tl_media *m)
{
	return !m || !s->has_media || memcmp(s->media.b, m->id.b, sizeof s->media.b) == 0;
}

/* The detector's word that it failed, as a value; or `otherwise`. */
static struct tl_lang_value
unless_failed(struct rules_ctx *c, const char *detector, const struct tl_media *m,
    struct tl_lang_value otherwise)
{
	for (size_t i = 0; i < c->in->signal_count; i++) {
		const struct tl_signal *s = &c->in->signals[i];
		if (!s->failed || !tl_str_is(s->detector, detector) || !about(s, m))
			continue;
		if (!c->telling)
			return tl_lang_failed("the detector failed");
		return tl_lang_failed(
		    tl_arena_printf(c->arena, "the detector \"%s\" failed%s%.*s", detector,
			s->label.n ? ": " : "", TL_ARG(s->label)));
	}
	return otherwise;
}

/* The next signal of `detector` that says `label` about the medium. */
static const struct tl_signal *
next_signal(const struct rules_ctx *c, size_t *at, const char *detector, struct tl_str label,
    const struct tl_media *m)
{
	while (*at < c->in->signal_count) {
		const struct tl_signal *s = &c->in->signals[(*at)++];
		bool counts = tl_signal_counts(s) &&
			      (c->without == TL_EFFECT_FULL || s->effect != c->without);
		if (!s->failed && counts && tl_str_eq(s->label, label) &&
		    tl_str_is(s->detector, detector) && about(s, m))
			return s;
	}
	return NULL;
}

GET(TEXT_IN_LIST)
{
	UNUSED_REF;
	size_t at = 0;
	const struct tl_signal *s = next_signal(c, &at, ref->detector, ref->args[0].u.s, NULL);
	if (!s)
		return unless_failed(c, ref->detector, NULL, tl_lang_bool(false));
	struct tl_lang_value v = tl_lang_bool(true);
	if (c->telling && s->field.n)
		v.note = tl_arena_printf(c->arena, "in the %.*s", TL_ARG(s->field));
	return v;
}

GET(TEXT_HITS)
{
	UNUSED_REF;
	size_t at = 0;
	int64_t n = 0;
	while (next_signal(c, &at, ref->detector, ref->args[0].u.s, NULL))
		n++;
	return unless_failed(c, ref->detector, NULL, tl_lang_whole(TL_T_INT, n));
}

static const struct tl_media *
medium(const struct rules_ctx *c, uint32_t element)
{
	return &c->in->item
		    ->media[element < TL_ITEM_MEDIA_MAX ? element : TL_ITEM_MEDIA_MAX - 1];
}

/* What there is to say of a medium that did not match: nothing, when there was no picture to compare. */
static struct tl_lang_value
no_match(struct rules_ctx *c, const struct tl_lang_ref *ref, const struct tl_media *m,
    struct tl_lang_value otherwise)
{
	bool perceptual = strcmp(ref->detector, "pdq") == 0;
	if (perceptual && m->state == TL_MEDIA_UNSCANNABLE)
		return tl_lang_absent("the file could not be decoded");
	if (perceptual && m->state == TL_MEDIA_ERASED)
		return tl_lang_absent("the file has been erased");
	if (perceptual && m->state == TL_MEDIA_PENDING)
		return tl_lang_failed("the file has not been decoded");
	return unless_failed(c, ref->detector, m, otherwise);
}

GET(M_DISTANCE)
{
	const struct tl_media *m = medium(c, element);
	int best = FAR;
	size_t at = 0;
	const struct tl_signal *s;
	while ((s = next_signal(c, &at, ref->detector, ref->args[0].u.s, m))) {
		int d = s->distance < 0 ? 0 : s->distance;
		best = d < best ? d : best;
	}
	struct tl_lang_value v = tl_lang_whole(TL_T_INT, best);
	return best < FAR ? v : no_match(c, ref, m, v);
}

GET(M_IN_BANK)
{
	const struct tl_media *m = medium(c, element);
	size_t at = 0;
	const struct tl_signal *s = next_signal(c, &at, ref->detector, ref->args[0].u.s, m);
	if (!s)
		return no_match(c, ref, m, tl_lang_bool(false));
	struct tl_lang_value v = tl_lang_bool(true);
	if (c->telling && s->distance >= 0)
		v.note = tl_arena_printf(c->arena, "distance %d", s->distance);
	return v;
}

/* The highest score that the model gave; a model that looked and said nothing gave 0. */
static struct tl_lang_value
best_score(struct rules_ctx *c, const struct tl_lang_ref *ref, const struct tl_media *m)
{
	double best = 0;
	size_t at = 0;
	const struct tl_signal *s;
	while ((s = next_signal(c, &at, ref->detector, ref->args[0].u.s, m))) {
		if (!isnan(s->score) && s->score > best)
			best = s->score;
	}
	return unless_failed(c, ref->detector, m, tl_lang_double(best));
}

GET(TEXT_SCORE)
{
	UNUSED_REF;
	return best_score(c, ref, NULL);
}

GET(MODEL_SCORE)
{
	UNUSED_REF;
	return best_score(c, ref, NULL);
}

GET(M_SCORE)
{
	return best_score(c, ref, medium(c, element));
}

/* contacts ------------------------------------------------------------------------------------------------- */

static struct tl_lang_value
contact(struct rules_ctx *c, const struct tl_lang_ref *ref, enum tl_contact_measure measure)
{
	int window = 0;
	const struct tl_contact_figures *f = c->in->contacts;
	if (!f || tl_word_parse(tl_contact_window_names, ref->args[0].u.s, &window) < 0)
		return unless_failed(
		    c, ref->detector, NULL, tl_lang_absent("nothing has been counted"));
	double n = f->v[measure][window];
	if (isnan(n))
		return tl_lang_absent("there is nobody to count");
	struct tl_lang_value v = ref->name->type == TL_T_INT
				     ? tl_lang_whole(TL_T_INT, (int64_t)n)
				     : tl_lang_double(n);
	if (c->telling && f->cut)
		v.note = "of the newest events only";
	return v;
}

#define M(tag, name_, type_, noun_)                                                            \
	GET(CONTACT_##tag)                                                                     \
	{                                                                                      \
		UNUSED_REF;                                                                    \
		return contact(c, ref, TL_MEASURE_##tag);                                      \
	}
#include "core/contact.tbl.h"
#undef M

/* media -------------------------------------------------------------------------------------------------- */

GET(M_STATE)
{
	(void)ref;
	return tl_lang_whole(TL_T_ENUM, (int64_t)medium(c, element)->state);
}

GET(M_MIME)
{
	(void)ref;
	return text_or_absent(medium(c, element)->mime, "its type is not known");
}

GET(M_BYTES)
{
	(void)ref;
	return tl_lang_whole(TL_T_INT, medium(c, element)->bytes);
}

static struct tl_lang_value
pixels(int n)
{
	return n > 0 ? tl_lang_whole(TL_T_INT, n) : tl_lang_absent("it has not been decoded");
}

GET(M_WIDTH)
{
	(void)ref;
	return pixels(medium(c, element)->width);
}

GET(M_HEIGHT)
{
	(void)ref;
	return pixels(medium(c, element)->height);
}

GET(M_PAGES)
{
	(void)ref;
	return pixels(medium(c, element)->pages);
}

static bool
is_looked_at(const struct tl_media *m)
{
	return m->has_pdq || m->film.n || m->duration_ms;
}

GET(M_DURATION)
{
	(void)ref;
	const struct tl_media *m = medium(c, element);
	return m->duration_ms > 0 ? tl_lang_whole(TL_T_DURATION, m->duration_ms * TL_US_MS)
				  : tl_lang_absent(is_looked_at(m) ? "it has no length"
								   : "it has not been decoded");
}

GET(M_FRAMES)
{
	(void)ref;
	const struct tl_media *m = medium(c, element);
	return m->pictures > 0 ? tl_lang_whole(TL_T_INT, m->pictures)
			       : tl_lang_absent(is_looked_at(m) ? "it is no video"
								: "it has not been decoded");
}

GET(M_HAS_SOUND)
{
	(void)ref;
	const struct tl_media *m = medium(c, element);
	return is_looked_at(m) ? tl_lang_bool(m->has_sound)
			       : tl_lang_absent("it has not been decoded");
}

GET(M_QUALITY)
{
	(void)ref;
	const struct tl_media *m = medium(c, element);
	return m->has_pdq ? tl_lang_whole(TL_T_INT, m->pdq_quality)
			  : tl_lang_absent("it has no perceptual hash");
}

/* flags -------------------------------------------------------------------------------------------------- */

#define GET_FLAGS(tag, count)                                                                  \
	GET(tag)                                                                               \
	{                                                                                      \
		UNUSED_REF;                                                                    \
		const struct tl_rules_flags *f = &c->in->flags;                                \
		return tl_lang_whole(TL_T_INT, (count));                                       \
	}

GET_FLAGS(FLAGS_COUNT, f->user + f->trusted + f->notice + f->referral)
GET_FLAGS(FLAGS_USERS, f->user)
GET_FLAGS(FLAGS_TRUSTED, f->trusted)
GET_FLAGS(FLAGS_NOTICES, f->notice)
GET_FLAGS(FLAGS_REFERRALS, f->referral)

static struct tl_lang_value (*const getters[])(
    struct rules_ctx *c, const struct tl_lang_ref *ref, uint32_t element) = {
#define R(tag, ...) [NAME_##tag] = get_##tag,
#include "rules/names.tbl.h"
#undef R
};

void
rules_load_value(
    void *ctx, const struct tl_lang_ref *ref, uint32_t element, struct tl_lang_value *ret)
{
	*ret = getters[ref->name->id](ctx, ref, element);
}
