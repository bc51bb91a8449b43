/*
 * Owns what follows a rule: its policy and the list behind `then`, checked against what exists.
 *
 * Promises: unknown policies, actions, queues and parameters are errors with their place. A rule has at most
 * one verdict; `case` alone means review. Copies what it needs, so that a set outlives the policies it was
 * checked against. Called by set.c while loading.
 */
#include "rules/rules_int.h"

#include "base/arena.h"
#include "base/buf.h"

struct binding {
	struct tl_rule_set *set;
	const struct pack *pack;
	const struct tl_rules_known *known;
	struct tl_lang_report *report;
	struct rule *rule;
	struct tl_action_wish *wishes;
	bool has_verdict, has_case, has_outgoing;
};

static const struct {
	const char *word;
	enum tl_verdict_word outcome;
} verdicts[] = {
    {"review", TL_VERDICT_REVIEW},
    {"withhold", TL_VERDICT_WITHHOLD},
    {"block", TL_VERDICT_BLOCK},
};

/* What an action may be told. */
static const struct {
	const char *key;
	enum tl_lang_type type;
} params[] = {
    {"duration", TL_T_DURATION},
    {"territory", TL_T_STRING},
    {"label", TL_T_STRING},
    {"age", TL_T_INT},
};

#define FAIL(b, place, ...)                                                                    \
	(tl_lang_error_at((b)->report, &(b)->pack->source, (place), __VA_ARGS__), TL_EPARSE)

static struct tl_str
kept(struct binding *b, struct tl_str s)
{
	return tl_arena_dup(b->set->arena, s);
}

static int
bind_policy(struct binding *b)
{
	const struct tl_lang_rule *src = b->rule->source;
	const struct tl_policy_set *set = b->known->policies;
	const struct tl_policy *p = tl_policy_find(set, src->policy);
	if (!p) {
		struct tl_lang_guess g = {.word = src->policy};
		for (size_t i = 0; i < set->policy_count; i++)
			tl_lang_guess(&g, set->policies[i].id);
		return FAIL(b, src->policy_place, "there is no policy \"%.*s\"%s",
		    TL_ARG(src->policy), tl_lang_guessed(b->set->arena, &g));
	}
	b->rule->policy = src->policy;
	b->rule->on_unknown = p->on_unknown;
	b->rule->policy_severity = b->rule->severity = p->severity;
	b->rule->policy_queue = b->rule->queue = kept(b, p->queue);
	return 0;
}

static int
bind_verdict(struct binding *b, const struct tl_lang_action *a, enum tl_verdict_word outcome)
{
	if (b->has_verdict)
		return FAIL(b, a->place, "a rule has one verdict: review, withhold or block");
	if (a->args)
		return FAIL(b, a->place, "%.*s takes nothing in brackets", TL_ARG(a->name));
	b->has_verdict = true;
	b->rule->outcome = outcome;
	return 0;
}

static int
case_queue(struct binding *b, const struct tl_lang_arg *arg)
{
	const struct tl_policy_set *set = b->known->policies;
	struct tl_str name = arg->value.u.s;
	if (arg->value.type != TL_T_STRING || arg->word)
		return FAIL(
		    b, arg->place, "the queue comes first, in quotes: case(\"general\", high)");
	if (tl_queue_find(set, name)) {
		b->rule->queue = name;
		return 0;
	}
	struct tl_lang_guess g = {.word = name};
	for (size_t i = 0; i < set->queue_count; i++)
		tl_lang_guess(&g, set->queues[i].name);
	return FAIL(b, arg->place, "there is no queue \"%.*s\"%s", TL_ARG(name),
	    tl_lang_guessed(b->set->arena, &g));
}

static int
case_severity(struct binding *b, const struct tl_lang_arg *arg)
{
	int severity;
	if (arg->value.type != TL_T_STRING ||
	    tl_word_parse(tl_severity_names, arg->value.u.s, &severity) < 0)
		return FAIL(
		    b, arg->place, "the severity is one of low, medium, high, critical");
	b->rule->severity = (enum tl_severity)severity;
	return 0;
}

/* case, case("queue"), case("queue", severity): what is left out is the policy's. */
static int
bind_case(struct binding *b, const struct tl_lang_action *a)
{
	if (b->has_case)
		return FAIL(b, a->place, "a rule opens one case");
	b->has_case = true;
	if (a->n_args > 2)
		return FAIL(b, a->place, "case takes a queue and a severity");
	for (size_t i = 0; i < a->n_args; i++) {
		if (a->args[i].key.n)
			return FAIL(b, a->args[i].place, "case takes no names, only values");
		int err = i == 0 ? case_queue(b, &a->args[i]) : case_severity(b, &a->args[i]);
		if (err < 0)
			return err;
	}
	return 0;
}

static int
bind_param(struct binding *b, const struct tl_lang_arg *arg, struct tl_buf *json)
{
	struct tl_lang_guess g = {.word = arg->key};
	size_t i = 0;
	while (i < TL_COUNT(params) && !tl_str_is(arg->key, params[i].key))
		tl_lang_guess(&g, tl_str(params[i++].key));
	if (arg->key.n == 0)
		return FAIL(
		    b, arg->place, "write the name of the parameter, as in duration: \"7d\"");
	if (i == TL_COUNT(params))
		return FAIL(b, arg->key_place, "there is no parameter \"%.*s\"%s",
		    TL_ARG(arg->key), tl_lang_guessed(b->set->arena, &g));
	int64_t us;
	bool fits = params[i].type == TL_T_INT ? arg->value.type == TL_T_INT
					       : arg->value.type == TL_T_STRING;
	if (!fits)
		return FAIL(b, arg->place, "%s is %s", params[i].key,
		    tl_lang_type_name(params[i].type));
	if (params[i].type == TL_T_DURATION && tl_lang_duration_parse(arg->value.u.s, &us) < 0)
		return FAIL(b, arg->place,
		    "\"%.*s\" is not a duration, as \"24h\" or \"7d\" is",
		    TL_ARG(arg->value.u.s));
	if (params[i].type == TL_T_INT)
		tl_js_int(json, params[i].key, arg->value.u.i);
	else
		tl_js_str(json, params[i].key, arg->value.u.s);
	return 0;
}

static void
add_wish(struct binding *b, const struct tl_action_def *def, struct tl_str json)
{
	b->wishes[b->rule->n_actions++] = (struct tl_action_wish){kept(b, def->name), json};
	b->has_outgoing |= def->outgoing;
}

static int
unknown_action(struct binding *b, const struct tl_lang_action *a)
{
	const struct tl_policy_set *set = b->known->policies;
	struct tl_lang_guess g = {.word = a->name};
	for (size_t i = 0; i < TL_COUNT(verdicts); i++)
		tl_lang_guess(&g, tl_str(verdicts[i].word));
	tl_lang_guess(&g, TL_S("case"));
	for (size_t i = 0; i < set->action_count; i++)
		tl_lang_guess(&g, set->actions[i].name);
	if (tl_str_is(a->name, "allow"))
		return FAIL(b, a->place, "allow is what happens when no rule holds");
	return FAIL(b, a->place, "there is no action \"%.*s\"%s", TL_ARG(a->name),
	    tl_lang_guessed(b->set->arena, &g));
}

static int
bind_action(struct binding *b, const struct tl_lang_action *a)
{
	const struct tl_policy_set *set = b->known->policies;
	const struct tl_action_def *def = tl_action_find(set, a->name);
	if (!def)
		return unknown_action(b, a);
	if (tl_policy_takes_back(set, def->name))
		return FAIL(b, a->place, "%.*s takes something back; only people do that",
		    TL_ARG(a->name));
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	tl_js_open(&json, NULL, '{');
	for (size_t i = 0; i < a->n_args; i++) {
		int err = bind_param(b, &a->args[i], &json);
		if (err < 0)
			return err;
	}
	tl_js_close(&json, '}');
	add_wish(b, def, a->n_args ? kept(b, tl_buf_str(&json)) : (struct tl_str){0});
	return 0;
}

static int
bind_one(struct binding *b, const struct tl_lang_action *a)
{
	for (size_t i = 0; i < TL_COUNT(verdicts); i++) {
		if (tl_str_is(a->name, verdicts[i].word))
			return bind_verdict(b, a, verdicts[i].outcome);
	}
	return tl_str_is(a->name, "case") ? bind_case(b, a) : bind_action(b, a);
}

/* A block that asks the platform for nothing asks for what its policy does by default. */
static void
default_actions(struct binding *b)
{
	const struct tl_policy *p = tl_policy_find(b->known->policies, b->rule->policy);
	if (b->rule->outcome != TL_VERDICT_BLOCK || b->has_outgoing)
		return;
	for (size_t i = 0; i < p->action_count; i++) {
		const struct tl_action_def *def =
		    tl_action_find(b->known->policies, p->actions[i]);
		bool named = false;
		for (size_t k = 0; def && k < b->rule->n_actions; k++)
			named |= tl_str_eq(b->wishes[k].name, def->name);
		if (def && !named)
			add_wish(b, def, (struct tl_str){0});
	}
}

int
rules_bind(struct tl_rule_set *set, const struct pack *p, const struct tl_rules_known *known,
    struct tl_lang_report *report, struct rule *r)
{
	struct binding b = {set, p, known, report, r, NULL, false, false, false};
	int err = bind_policy(&b);
	if (err < 0)
		return err;
	size_t defaults = tl_policy_find(known->policies, r->policy)->action_count;
	b.wishes = TL_NEWS(set->arena, struct tl_action_wish, r->source->n_actions + defaults);
	if (!b.wishes)
		return tl_arena_check(set->arena);
	for (size_t i = 0; i < r->source->n_actions; i++) {
		err = bind_one(&b, &r->source->actions[i]);
		if (err < 0)
			return err;
	}
	if (b.has_case && !b.has_verdict)
		r->outcome = TL_VERDICT_REVIEW;
	r->wants_case =
	    b.has_case || r->outcome == TL_VERDICT_REVIEW || r->outcome == TL_VERDICT_WITHHOLD;
	default_actions(&b);
	r->actions = b.wishes;
	return tl_arena_check(set->arena);
}

/* Whether a rule may use the name and yet be asked of accounts. */
static bool
fits_account(const struct tl_lang_name *n)
{
	return !n->owner &&
	       (strncmp(n->name, "contact.", 8) == 0 || strncmp(n->name, "author.", 7) == 0 ||
		   strcmp(n->name, "now") == 0);
}

static bool
suits_account(const struct tl_policy_set *set, const struct rule *r)
{
	bool suits = r->outcome <= TL_VERDICT_REVIEW;
	for (size_t i = 0; i < r->n_actions && suits; i++) {
		const struct tl_action_def *def = tl_action_find(set, r->actions[i].name);
		suits = def && def->on_account;
	}
	return suits;
}

int
rules_scope(const struct pack *p, const struct tl_rules_known *known,
    struct tl_lang_report *report, struct rule *r)
{
	bool contacts = false, account = true;
	for (size_t i = 0; i < r->prog.n_used; i++) {
		const struct tl_lang_name *n = r->prog.used[i];
		contacts = contacts || n->domain == DOMAIN_WINDOW;
		account = account && fits_account(n);
		r->of_origins = r->of_origins || n->id == NAME_CONTACT_ORIGIN_ACCOUNTS ||
				n->id == NAME_CONTACT_ORIGIN_MINORS;
	}
	r->of_account = contacts && account;
	if (!r->of_account || suits_account(known->policies, r))
		return 0;
	tl_lang_error_at(report, &p->source, r->source->then_place,
	    "this rule is asked of accounts, not of items: write review, case or an action for "
	    "accounts");
	return TL_EPARSE;
}
