/*
 * Filling a decision: its subject, its content, its ground, what found it.
 *
 * Promises: facts come from the store and from signals, never from the platform's word about itself. Failure: INPUT
 * for a policy or ground that does not exist. Called by automatic.c, person.c and takeback.c.
 */
#include "decide/decide_int.h"

#include "store/accounts.h"
#include "sys/clock.h"

#include <math.h>

#define ARENA_BYTES ((size_t)16 << 20)
#define PUID_RANDOM 16

/* Random, so that it says nothing about order or volume; never used again. */
static struct tl_str
new_puid(struct tl_arena *arena)
{
	uint8_t raw[PUID_RANDOM];
	char hex[2 * PUID_RANDOM + 1];
	tl_random(raw, sizeof raw);
	tl_hex(hex, raw, sizeof raw);
	return tl_str(tl_arena_printf(arena, "tl-%s", hex));
}

void
decide_begin(struct deciding *x, struct tl_db *db, const struct tl_decide_env *env)
{
	*x = (struct deciding){.db = db, .env = env, .arena = tl_arena_create(ARENA_BYTES)};
	x->d = (struct tl_decision){
	    .id = tl_id_new(),
	    .puid = new_puid(x->arena),
	    .service = tl_str(env->service),
	    .at = tl_now_us(),
	    .content_types = TL_S("[]"),
	    .score = (double)NAN,
	    .threshold = (double)NAN,
	    .policy_version = env->policies->version,
	    .terms_also_illegal = -1,
	    .category_addition = TL_S("[]"),
	    .keywords = TL_S("[]"),
	    .visibility = TL_S("[]"),
	    .viewed_whole = -1,
	    .queued_us = -1,
	    .decided_in_us = -1,
	    .source_type = TL_S("SOURCE_VOLUNTARY"),
	    .statement = TL_S("{}"),
	};
	x->d.effective_at = x->d.at;
}

void
decide_end(struct deciding *x)
{
	tl_arena_destroyp(&x->arena);
}

/* Text in the arena of what was written into a buffer. */
static struct tl_str
keep(struct deciding *x, struct tl_buf *b)
{
	return tl_arena_dup(x->arena, tl_buf_str(b));
}

static struct tl_str
content_types(struct deciding *x, const struct tl_item *item)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	bool image = false,
	     video = item->kind == TL_KIND_VIDEO || item->kind == TL_KIND_LIVE_STREAM;
	bool audio = item->kind == TL_KIND_AUDIO;
	for (size_t i = 0; i < item->media_count; i++) {
		struct tl_str mime = item->media[i].mime;
		image = image || (mime.n > 6 && memcmp(mime.p, "image/", 6) == 0);
		video = video || (mime.n > 6 && memcmp(mime.p, "video/", 6) == 0);
		audio = audio || (mime.n > 6 && memcmp(mime.p, "audio/", 6) == 0);
	}
	tl_js_open(&b, NULL, '[');
	if (audio)
		tl_js_z(&b, NULL, "CONTENT_TYPE_AUDIO");
	if (image)
		tl_js_z(&b, NULL, "CONTENT_TYPE_IMAGE");
	if (item->field_count > 0 || (!audio && !image && !video))
		tl_js_z(&b, NULL, "CONTENT_TYPE_TEXT");
	if (video)
		tl_js_z(&b, NULL, "CONTENT_TYPE_VIDEO");
	tl_js_close(&b, ']');
	return keep(x, &b);
}

int
decide_subject_item(struct deciding *x, const struct tl_item *item)
{
	struct tl_decision *d = &x->d;
	d->platform = item->platform;
	d->live = item->live;
	d->subject_kind = TL_SUBJECT_ITEM;
	d->subject = item->id;
	d->item_ext = item->ext_id;
	d->item_version = item->version;
	d->account = item->account;
	d->account_ext = item->account_ext;
	d->content_types = content_types(x, item);
	d->content_language = item->language;
	d->posted_at = item->posted_at;
	d->views_at_action = item->views;
	d->author_territory = item->territory;
	return tl_arena_check(x->arena);
}

int
decide_subject_account(struct deciding *x, int64_t platform, struct tl_id account)
{
	struct tl_decision *d = &x->d;
	struct tl_account a;
	int rc = tl_account_get(x->db, platform, account, x->arena, &a);
	if (rc < 0)
		return rc;
	d->platform = platform;
	d->live = a.live;
	d->subject_kind = TL_SUBJECT_ACCOUNT;
	d->subject = account;
	d->account = account;
	d->account_ext = a.ext_id;
	d->content_types = TL_S("[\"CONTENT_TYPE_OTHER\"]");
	d->author_territory = a.country;
	return 0;
}

int
decide_policy(struct deciding *x, struct tl_str policy, enum tl_ground ground)
{
	struct tl_decision *d = &x->d;
	const struct tl_policy *p = tl_policy_find(x->env->policies, policy);
	if (!p)
		return tl_fail_at(
		    TL_EFIELD, "/policy", "there is no policy \"%.*s\"", TL_ARG(policy));
	d->policy_def = p;
	d->policy = p->id;
	d->ground = ground;
	d->category = p->category;
	d->keyword_other = p->keyword_other;
	if (d->facts.n == 0)
		d->facts = p->facts;
	if (p->keyword.n > 0)
		d->keywords =
		    tl_str(tl_arena_printf(x->arena, "[\"%.*s\"]", TL_ARG(p->keyword)));
	if (ground == TL_GROUND_ILLEGAL) {
		d->legal_ground = p->legal_ground.n ? p->legal_ground : p->terms_ground;
		d->legal_explanation = p->explanation;
	} else if (ground == TL_GROUND_INCOMPATIBLE) {
		d->terms_ground = p->terms_ground.n ? p->terms_ground : p->legal_ground;
		d->terms_explanation = p->explanation;
	}
	return tl_arena_check(x->arena);
}

/* Signals that speak for the decision's policy before others, then the surest. */
static const struct tl_signal *
best_signal(const struct deciding *x, const struct tl_signal *signals, size_t count)
{
	const struct tl_signal *best = NULL;
	double best_rank = -1;
	for (size_t i = 0; i < count; i++) {
		const struct tl_signal *s = &signals[i];
		double rank = (tl_str_eq(s->policy, x->d.policy) ? 2.0 : 0.0) +
			      (isnan(s->score) ? 0.0 : s->score);
		bool counts = tl_signal_counts(s) && s->effect != TL_EFFECT_ALLOW;
		if (s->failed || !counts || rank <= best_rank)
			continue;
		best = s;
		best_rank = rank;
	}
	return best;
}

void
decide_detection(struct deciding *x, const struct tl_signal *signals, size_t count)
{
	struct tl_decision *d = &x->d;
	const struct tl_signal *s = best_signal(x, signals, count);
	if (!s)
		return;
	d->detector = s->detector;
	d->detector_version = s->version;
	d->score = s->score;
	int kind;
	if (tl_word_parse(tl_bank_kind_names, s->detector, &kind) < 0 || kind == TL_BANK_TEXT)
		return; /* no bank of hashes */
	char entry[TL_ID_TEXT];
	tl_id_text(entry, s->entry);
	if (d->trigger == TL_TRIGGER_OWN)
		d->trigger = TL_TRIGGER_HASH;
	if (d->trigger_ref.n == 0)
		d->trigger_ref = s->label;
	d->trigger_entry =
	    tl_id_is_nil(s->entry) ? TL_S("") : tl_str(tl_arena_printf(x->arena, "%s", entry));
}

static bool
told(const struct tl_policy *const *list, size_t count, const struct tl_decision *d,
    struct tl_str category)
{
	bool known = tl_str_eq(category, d->category);
	for (size_t i = 0; i < count; i++)
		known = known || tl_str_eq(list[i]->category, category);
	return known;
}

void
decide_categories(struct deciding *x, const struct tl_policy *const *others, size_t count)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	tl_js_open(&b, NULL, '[');
	for (size_t i = 0; i < count; i++)
		if (others[i]->category.n > 0 && !told(others, i, &x->d, others[i]->category))
			tl_js_str(&b, NULL, others[i]->category);
	tl_js_close(&b, ']');
	x->d.category_addition = keep(x, &b);
}
