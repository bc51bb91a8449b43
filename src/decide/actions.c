/*
 * The actions of a decision: what is wished, what is in force already, what is taken back.
 *
 * Promises: nothing is asked of the platform twice; what a newer decision does not cover is lifted, and each lift
 * names the action that it takes back. Failure: INPUT naming /actions. Called by automatic.c, person.c, takeback.c.
 */
#include "decide/decide_int.h"

#include "base/json.h"
#include "sys/clock.h"

int
decide_load_in_force(struct deciding *x)
{
	return tl_action_in_force(x->db, x->d.platform, x->d.subject_kind, x->d.subject,
	    x->arena, &x->in_force, &x->in_force_count);
}

/* An action in force that is wished again is kept. */
static bool
keep_in_force(struct deciding *x, struct tl_str name)
{
	bool kept = false;
	for (size_t i = 0; i < x->in_force_count; i++)
		if (tl_str_eq(x->in_force[i].name, name))
			kept = x->kept[i] = true;
	return kept;
}

static bool
is_wished(const struct deciding *x, struct tl_str name)
{
	for (size_t i = 0; i < x->d.action_count; i++)
		if (tl_str_eq(x->d.actions[i].def->name, name) &&
		    tl_id_is_nil(x->d.actions[i].reverses))
			return true;
	return false;
}

/* The item when the action can be taken on one and the decision is about one; else the account. */
static int
aim(const struct deciding *x, struct tl_decided_action *a)
{
	const struct tl_decision *d = &x->d;
	if (a->def->on_item && d->subject_kind == TL_SUBJECT_ITEM) {
		a->subject_kind = TL_SUBJECT_ITEM;
		a->subject = d->subject;
		a->subject_ext = d->item_ext;
		return 0;
	}
	if (!a->def->on_account || tl_id_is_nil(d->account))
		return tl_fail(TL_EFIELD, "\"%.*s\" cannot be taken on this %s",
		    TL_ARG(a->def->name), tl_subject_kind_names[d->subject_kind]);
	a->subject_kind = TL_SUBJECT_ACCOUNT;
	a->subject = d->account;
	a->subject_ext = d->account_ext;
	return 0;
}

/* Parameters as wished; an action that holds for a time says until when. */
static int
parameters(struct deciding *x, const struct tl_action_wish *w, struct tl_decided_action *a)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	a->params = tl_arena_dup(x->arena, w->params);
	if (w->params.n > 0) {
		int rc = tl_json_parse(w->params, &j);
		if (rc < 0)
			return rc;
		if (!json_is_object(j))
			return tl_fail(TL_EFIELD, "parameters are an object");
	}
	if (a->def->duration_us == 0 || (j && json_object_get(j, "until")))
		return 0;
	char until[TL_TIME_MAX];
	tl_time_format(until, x->d.effective_at + a->def->duration_us);
	if (!j)
		j = json_object();
	if (json_object_set_new(j, "until", json_string(until)) != 0)
		abort();
	char *text = json_dumps(j, JSON_COMPACT);
	if (!text)
		abort();
	a->params = tl_arena_dup(x->arena, tl_str(text));
	free(text);
	return 0;
}

int
decide_wish(struct deciding *x, const struct tl_action_wish *w)
{
	struct tl_decision *d = &x->d;
	struct tl_decided_action a = {.id = tl_id_new()};
	a.def = tl_action_find(x->env->policies, w->name);
	if (!a.def)
		return tl_fail(TL_EFIELD, "there is no action \"%.*s\"", TL_ARG(w->name));
	if (keep_in_force(x, a.def->name) || is_wished(x, a.def->name))
		return 0;
	if (d->action_count == TL_DECISION_ACTIONS_MAX)
		return tl_fail(TL_ETOOBIG, "at most %d actions", TL_DECISION_ACTIONS_MAX);
	int rc = aim(x, &a);
	if (rc == 0)
		rc = parameters(x, w, &a);
	if (rc < 0)
		return rc;
	d->actions[d->action_count++] = a;
	return tl_arena_check(x->arena);
}

static bool
hides(const struct tl_action_def *def)
{
	return tl_str_is(def->restriction_word, "DECISION_VISIBILITY_CONTENT_REMOVED") ||
	       tl_str_is(def->restriction_word, "DECISION_VISIBILITY_CONTENT_DISABLED");
}

static bool
covers(const struct tl_action_def *now, const struct tl_action_def *old)
{
	if (now->restriction != old->restriction)
		return false;
	return now->restriction != TL_RESTRICT_VISIBILITY || hides(now) ||
	       tl_str_eq(now->restriction_word, old->restriction_word);
}

/*
 * An action in force is covered when the new decision restricts the same thing at least as much: lifting it would
 * show for a moment what is about to be hidden.
 */
static bool
covered(const struct deciding *x, const struct tl_action_def *old)
{
	for (size_t i = 0; i < x->d.action_count; i++)
		if (tl_id_is_nil(x->d.actions[i].reverses) && covers(x->d.actions[i].def, old))
			return true;
	for (size_t i = 0; i < x->in_force_count; i++) {
		const struct tl_action_def *kept =
		    tl_action_find(x->env->policies, x->in_force[i].name);
		if (x->kept[i] && kept && covers(kept, old))
			return true;
	}
	return false;
}

bool
decide_in_force_covers(struct deciding *x, const struct tl_action_def *def)
{
	bool found = false;
	for (size_t i = 0; i < x->in_force_count; i++) {
		const struct tl_action_def *old =
		    tl_action_find(x->env->policies, x->in_force[i].name);
		if (old && old->restriction != TL_RESTRICT_NONE && covers(old, def))
			found = x->kept[i] = true;
	}
	return found;
}

static int
take_back(struct deciding *x, const struct tl_action_row *old, const struct tl_action_def *def)
{
	struct tl_decision *d = &x->d;
	struct tl_decided_action a = {.id = tl_id_new(),
	    .def = tl_action_find(x->env->policies, def->reverse),
	    .reverses = old->id,
	    .subject_kind = old->subject_kind,
	    .subject = old->subject};
	if (!a.def)
		return tl_fail(
		    TL_ECONFIG, "the catalogue has no action \"%.*s\"", TL_ARG(def->reverse));
	if (d->action_count == TL_DECISION_ACTIONS_MAX)
		return tl_fail(
		    TL_ETOOBIG, "more than %d actions to take back", TL_DECISION_ACTIONS_MAX);
	a.subject_ext = old->subject_kind == TL_SUBJECT_ITEM ? d->item_ext : d->account_ext;
	d->actions[d->action_count++] = a;
	return 0;
}

/* Whether this decision says anything about items, or about accounts. */
static bool
touches(const struct deciding *x, enum tl_subject_kind kind)
{
	for (size_t i = 0; i < x->d.action_count; i++)
		if (tl_id_is_nil(x->d.actions[i].reverses) &&
		    x->d.actions[i].subject_kind == kind)
			return true;
	for (size_t i = 0; i < x->in_force_count; i++)
		if (x->kept[i] && x->in_force[i].subject_kind == kind)
			return true;
	return false;
}

/*
 * A decision that acts leaves standing what it says nothing about: who removes a post does not thereby lift a
 * colleague's suspension of its author. What rules withheld until a person has looked ends with that look.
 */
static bool
stands(const struct deciding *x, const struct tl_action_row *old)
{
	bool provisional = old->automatic && old->subject_kind == TL_SUBJECT_ITEM;
	return x->d.kind == TL_DECISION_ACT && !provisional && !touches(x, old->subject_kind);
}

int
decide_supersede(struct deciding *x)
{
	for (size_t i = 0; i < x->in_force_count; i++) {
		const struct tl_action_row *old = &x->in_force[i];
		const struct tl_action_def *def = tl_action_find(x->env->policies, old->name);
		/* What left the catalogue or knows no reverse stays as it is. */
		if (!def || def->reverse.n == 0 || x->kept[i] || stands(x, old) ||
		    covered(x, def))
			continue;
		int rc = take_back(x, old, def);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void
visibility_row(const struct deciding *x, struct tl_buf *b, const struct tl_action_def *def)
{
	char start[TL_TIME_MAX], end[TL_TIME_MAX];
	tl_time_format(start, x->d.effective_at);
	tl_time_format(end, x->d.effective_at + def->duration_us);
	tl_js_open(b, NULL, '{');
	tl_js_str(b, "word", def->restriction_word);
	tl_js_z(b, "start", start);
	tl_js_z(b, "end", def->duration_us ? end : NULL);
	tl_js_null(b, "territory");
	tl_js_close(b, '}');
}

static void
restriction(struct deciding *x, struct tl_buf *b, const struct tl_action_def *def)
{
	struct tl_decision *d = &x->d;
	int64_t end = def->duration_us ? d->effective_at + def->duration_us : 0;
	switch (def->restriction) {
	case TL_RESTRICT_NONE:
		return;
	case TL_RESTRICT_VISIBILITY:
		visibility_row(x, b, def);
		d->visibility_end = end;
		return;
	case TL_RESTRICT_MONETARY:
		d->monetary = def->restriction_word;
		d->monetary_end = end;
		return;
	case TL_RESTRICT_PROVISION:
		d->provision = def->restriction_word;
		d->service_end = end;
		return;
	case TL_RESTRICT_ACCOUNT:
		d->account_restriction = def->restriction_word;
		d->account_end = end;
		return;
	}
}

void
decide_restrictions(struct deciding *x)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	tl_js_open(&b, NULL, '[');
	for (size_t i = 0; i < x->in_force_count; i++) {
		const struct tl_action_def *kept =
		    tl_action_find(x->env->policies, x->in_force[i].name);
		if (x->kept[i] && kept)
			restriction(x, &b, kept);
	}
	for (size_t i = 0; i < x->d.action_count; i++)
		if (tl_id_is_nil(x->d.actions[i].reverses))
			restriction(x, &b, x->d.actions[i].def);
	tl_js_close(&b, ']');
	x->d.visibility = tl_arena_dup(x->arena, tl_buf_str(&b));
}
