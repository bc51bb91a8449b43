/*
 * The registry of detectors, and running all of them over one item.
 *
 * Promises: every detector either answered or left a failed signal; signals are in the order of the table.
 * Failure: LIMIT when the arena is full. Called by the worker for each item and for questions (match).
 */
#include "detect/banks_int.h"

#include "base/arena.h"
#include "detect/text/list.h"

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
    NULL};

struct tl_detect {
	void *scratch[TL_DETECTOR_COUNT];
};

struct tl_detect *
tl_detect_create(void)
{
	struct tl_detect *d = calloc(1, sizeof *d);
	if (!d)
		abort();
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
	for (size_t i = 0; i < TL_DETECTOR_COUNT; i++) {
		const struct tl_bank_part *part = banks->parts[tl_detectors[i]->kind];
		struct tl_detect_ctx c = {.table = &part->table,
		    .part = part->built[i],
		    .scratch = d->scratch[i],
		    .in = in,
		    .arena = arena,
		    .out = out};
		if (!c.part)
			continue;
		c.version = tl_detectors[i]->version;
		c.name = tl_detectors[i]->name;
		c.mark = part->mark;
		out->cut = false;
		tl_detectors[i]->run(&c);
		if (out->cut)
			say_cut(&c);
	}
	return tl_arena_check(arena);
}

struct tl_signal *
tl_detect_hit(struct tl_detect_ctx *c, const struct tl_bank_live *e)
{
	struct tl_signal *s = add(c, HITS_MAX);
	if (!s)
		return NULL;
	const struct tl_bank_ref *b = &c->table->banks[e->bank];
	s->label = tl_arena_dup(c->arena, b->name);
	s->policy = tl_arena_dup(c->arena, b->policy);
	s->bank = b->id;
	s->entry = e->id;
	return s;
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
