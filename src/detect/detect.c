/*
 * The registry of detectors, and running all of them over one item.
 *
 * Promises: every detector either answered or left a failed signal; signals are in the order of the table.
 * Failure: LIMIT when the arena is full. Called by the worker for each item and for questions (match).
 */
#include "detect/banks_int.h"

#include "base/arena.h"
#include "detect/lookup.h"
#include "detect/text/list.h"
#include "sys/clock.h"

#include <math.h>
#include <stdio.h>

#define HITS_MAX (TL_SIGNALS_MAX - TL_DETECTOR_COUNT)

const struct tl_detector *const tl_detectors[TL_DETECTOR_COUNT] = {
#define D(name) &tl_detector_##name,
#include "detect/detectors.tbl.h"
#undef D
};

const char *const tl_detector_names[] = {
#define D(name) #name,
#include "detect/detectors.tbl.h"
#undef D
    "contact", /* asks the log of contacts about an account (contact/), not an item */
    NULL};

struct tl_detect {
	struct tl_lookup *lookup;
	void *scratch[TL_DETECTOR_COUNT];
};

struct tl_detect *
tl_detect_create(void)
{
	struct tl_detect *d = calloc(1, sizeof *d);
	if (!d)
		abort();
	d->lookup = tl_lookup_create();
	for (size_t i = 0; i < TL_DETECTOR_COUNT; i++) {
		if (tl_detectors[i]->scratch_create)
			d->scratch[i] = tl_detectors[i]->scratch_create();
	}
	return d;
}

void
tl_detect_destroy(struct tl_detect *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < TL_DETECTOR_COUNT; i++) {
		if (tl_detectors[i]->scratch_destroy)
			tl_detectors[i]->scratch_destroy(d->scratch[i]);
	}
	tl_lookup_destroy(d->lookup);
	free(d);
}

/* `most`: room that is left alone is for each detector's word that it found more than it could say. */
static struct tl_signal *
add(struct tl_detect_ctx *c, size_t most)
{
	if (c->out->n >= most) {
		c->out->cut = true;
		return NULL;
	}
	struct tl_signal *s = &c->out->s[c->out->n++];
	*s = (struct tl_signal){.detector = tl_str(c->name),
	    .version =
		tl_str(tl_arena_printf(c->arena, "%s.%lld", c->version, (long long)c->mark)),
	    .score = (double)NAN,
	    .distance = -1};
	return s;
}

static void
say_cut(struct tl_detect_ctx *c)
{
	struct tl_signal *s = add(c, TL_SIGNALS_MAX);
	if (!s)
		return;
	s->failed = true;
	s->label = TL_S("it matches more than can be kept");
}

int
tl_detect_run(struct tl_detect *d, const struct tl_banks *banks,
    const struct tl_detect_input *in, struct tl_arena *arena, struct tl_signals *out)
{
	size_t first = out->n;
	tl_lookup_stamp(d->lookup, tl_banks_version(banks));
	for (size_t i = 0; i < TL_DETECTOR_COUNT; i++) {
		const struct tl_bank_part *part = banks->parts[tl_detectors[i]->kind];
		struct tl_detect_ctx c = {.table = &part->table,
		    .part = part->built[i],
		    .known = banks->known,
		    .lookup = d->lookup,
		    .scratch = d->scratch[i],
		    .in = in,
		    .arena = arena,
		    .out = out};
		if (tl_detectors[i]->build ? !c.part : !part->table.bank_count)
			continue;
		c.version = tl_detectors[i]->version;
		c.name = tl_detectors[i]->name;
		c.mark = part->mark;
		out->cut = false;
		tl_detectors[i]->run(&c);
		if (out->cut)
			say_cut(&c);
	}
	detect_set_aside(out, first);
	return tl_arena_check(arena);
}

bool
tl_detect_wants(const struct tl_detect_ctx *c, const struct tl_bank_ref *b)
{
	bool named = !c->in->only;
	if (c->in->allows && b->direction != TL_DIRECTION_ALLOW)
		return false;
	for (size_t i = 0; i < c->in->only_count && !named; i++)
		named = tl_str_eq(c->in->only[i], b->name);
	return named;
}

const struct tl_bank_ref *
tl_detect_bank(const struct tl_detect_ctx *c, uint32_t number)
{
	size_t lo = 0, hi = c->table->bank_count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (c->table->banks[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	bool there = lo < c->table->bank_count && c->table->banks[lo].number == number;
	return there ? &c->table->banks[lo] : NULL;
}

static enum tl_effect
effect_of(
    const struct tl_detect_ctx *c, const struct tl_bank_ref *b, const struct tl_bank_entry *e)
{
	if (!detect_in_share(b, c->in))
		return TL_EFFECT_SHARE;
	if (e->review_only)
		return TL_EFFECT_REVIEW;
	return b->direction == TL_DIRECTION_ALLOW ? TL_EFFECT_ALLOW : TL_EFFECT_FULL;
}

int
tl_detect_hit(
    struct tl_detect_ctx *c, const struct tl_bank_ref *b, int64_t key, struct tl_signal **ret)
{
	const struct tl_bank_entry *e = NULL;
	int rc = c->in->db ? tl_lookup_key(c->lookup, c->in->db, key, &e)
			   : tl_fail(TL_EAGAIN, "the store is not there");
	if (rc < 0)
		return rc;
	if (!e || !tl_id_eq(e->bank, b->id) || !tl_bank_entry_live(e, tl_now_us()))
		return 0;
	struct tl_signal *s = add(c, HITS_MAX);
	if (!s)
		return tl_fail(TL_ETOOBIG, "there is no room for more signals");
	s->label = tl_arena_dup(c->arena, b->name);
	s->policy = tl_arena_dup(c->arena, b->policy);
	s->source = tl_arena_dup(c->arena, b->source);
	s->bank = b->id;
	s->entry = e->id;
	s->key = key;
	s->effect = effect_of(c, b, e);
	s->provenance = tl_arena_dup(c->arena, e->provenance);
	s->classification =
	    tl_arena_dup(c->arena, e->classification.n ? e->classification : b->classification);
	*ret = s;
	return 1;
}

struct tl_signal *
tl_detect_failed(struct tl_detect_ctx *c, const char *why)
{
	struct tl_signal *s = add(c, HITS_MAX);
	if (!s)
		return NULL;
	s->failed = true;
	s->label = tl_str(why);
	return s;
}

int
tl_detect_entry_check(enum tl_entry_form form, struct tl_str value)
{
	if (form != TL_FORM_WORD && form != TL_FORM_PHRASE && form != TL_FORM_REGEX)
		return 0; /* hashes: the store checks their length */
	struct tl_term t = {.value = value, .form = form};
	int rc = tl_term_check(&t);
	return rc < 0 ? tl_fail_at(rc, "/value", "%s", tl_err_text()) : 0;
}
