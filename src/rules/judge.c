/*
 * Owns the verdict: runs the rules over one item and gathers reasons.
 *
 * Promises: every rule that held is a reason; every rule that ended unknown because something failed is a
 * reason with its policy's on_unknown. A rule that ended unknown only for want of data does not hold. Rules in
 * shadow are recorded and change nothing; inactive ones are not run. Without a set everything is withheld.
 * LIMIT when the arena is full: the caller buries the item with a case. Called by the worker for each item.
 */
#include "rules/rules_int.h"

#include "base/arena.h"
#include "base/buf.h"

struct gathering {
	const struct tl_lang_env *env;
	struct rules_ctx *ctx; /* behind env */
	struct tl_arena *arena;
	struct tl_reason *reasons;
	size_t n;
};

static struct tl_str
values_of(const struct tl_lang_explanation *x, struct tl_arena *a)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	tl_js_open(&b, NULL, '[');
	for (size_t i = 0; i < x->n_leaves; i++) {
		tl_js_open(&b, NULL, '{');
		tl_js_str(&b, "expr", x->leaves[i].expr);
		tl_js_str(&b, "value", x->leaves[i].value);
		tl_js_close(&b, '}');
	}
	if (x->result.truth == TL_LANG_UNKNOWN && x->result.ref) {
		tl_js_open(&b, NULL, '{');
		tl_js_z(&b, "expr", x->result.ref->name->name);
		tl_js_z(&b, "value", "unknown");
		tl_js_close(&b, '}');
	}
	tl_js_close(&b, ']');
	return tl_arena_dup(a, tl_buf_str(&b));
}

/* One sentence: capital letter, full stop. */
static struct tl_str
sentence(struct tl_arena *a, const char *lead, struct tl_str words)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	tl_buf_puts(&b, lead);
	tl_buf_put(&b, words.p, words.n);
	tl_buf_byte(&b, '.');
	if (b.p[0] >= 'a' && b.p[0] <= 'z')
		b.p[0] = (uint8_t)(b.p[0] - 'a' + 'A');
	return tl_arena_dup(a, tl_buf_str(&b));
}

/* Would the rule not hold without the matches of this weight? */
static bool
rests_on(struct gathering *g, const struct rule *r, enum tl_effect effect)
{
	struct tl_lang_result res;
	const struct tl_rules_input *in = g->ctx->in;
	bool any = false;
	for (size_t i = 0; i < in->signal_count && !any; i++)
		any = in->signals[i].effect == effect;
	if (!any)
		return false;
	bool telling = g->ctx->telling;
	g->ctx->without = effect;
	g->ctx->telling = false;
	tl_lang_eval(&r->prog, g->env, &res);
	g->ctx->without = TL_EFFECT_FULL;
	g->ctx->telling = telling;
	return res.truth != TL_LANG_TRUE;
}

/* It must not act by itself: a person decides. */
static void
restrain(struct gathering *g, const struct rule *r, struct tl_reason *reason,
    enum tl_verdict_word most, const char *why)
{
	reason->outcome = reason->outcome > most ? most : reason->outcome;
	if (reason->outcome < TL_VERDICT_REVIEW)
		reason->outcome = TL_VERDICT_REVIEW;
	reason->action_count = 0;
	if (!reason->wants_case) {
		reason->wants_case = true;
		reason->case_queue = r->policy_queue;
		reason->case_severity = r->policy_severity;
	}
	struct tl_str s = reason->explanation;
	reason->explanation = tl_str(tl_arena_printf(
	    g->arena, "%.*s; %s.", (int)(s.n ? s.n - 1 : 0), (const char *)s.p, why));
}

/*
 * What rests on review-only entries goes to a person, and what its policy withholds when it does not know stays withheld. What
 * rests on an allow-list is known to be harmless: it is never more than looked at.
 */
static void
restrain_weak(struct gathering *g, const struct rule *r, struct tl_reason *reason)
{
	bool acts = reason->outcome > TL_VERDICT_REVIEW || reason->action_count > 0;
	if (rests_on(g, r, TL_EFFECT_REVIEW)) {
		reason->review_only = true;
		restrain(g, r, reason,
		    r->on_unknown > TL_VERDICT_REVIEW ? r->on_unknown : TL_VERDICT_REVIEW,
		    "what matched is review-only, so a person decides");
	}
	if (acts && rests_on(g, r, TL_EFFECT_ALLOW))
		restrain(g, r, reason, TL_VERDICT_REVIEW,
		    "what matched is an allow-list, which blocks nothing, so a person decides");
}

/* An account cannot be withheld: a person looks. */
static enum tl_verdict_word
unsure(const struct rule *r)
{
	return r->of_account && r->on_unknown > TL_VERDICT_REVIEW ? TL_VERDICT_REVIEW
								  : r->on_unknown;
}

static int
add_reason(struct gathering *g, const struct rule *r, bool shadow)
{
	struct tl_lang_explanation x;
	int err = tl_lang_explain(&r->prog, g->env, g->arena, &x);
	if (err < 0)
		return err;
	bool unknown = x.result.truth == TL_LANG_UNKNOWN;
	struct tl_reason reason = {
	    .rule = r->source->name,
	    .pack = r->label,
	    .policy = r->policy,
	    .outcome = unknown ? unsure(r) : r->outcome,
	    .unknown = unknown,
	    .shadow = shadow,
	    .explanation = sentence(g->arena, unknown ? "could not be checked: " : "", x.words),
	    .values = values_of(&x, g->arena),
	    .actions = r->actions,
	    .action_count = unknown ? 0 : r->n_actions,
	    .case_queue = unknown ? r->policy_queue : r->queue,
	    .wants_case = unknown || r->wants_case,
	    .case_severity = unknown ? r->policy_severity : r->severity,
	};
	if (!unknown)
		restrain_weak(g, r, &reason);
	g->reasons[g->n++] = reason;
	return tl_arena_check(g->arena);
}

/* Effective before shadow, then by outcome, then by severity; else the order of the packs. */
static bool
graver(const struct tl_reason *a, const struct tl_reason *b)
{
	if (a->shadow != b->shadow)
		return b->shadow;
	if (a->outcome != b->outcome)
		return a->outcome > b->outcome;
	return a->case_severity > b->case_severity;
}

static void
sort_reasons(struct tl_reason *list, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct tl_reason r = list[i];
		size_t at = i;
		for (; at > 0 && graver(&r, &list[at - 1]); at--)
			list[at] = list[at - 1];
		list[at] = r;
	}
}

/* Which of the rules are reasons: their indexes. */
static size_t
evaluate(const struct tl_rule_set *set, size_t first, size_t n, bool trial,
    const struct tl_lang_env *env, uint32_t *holding)
{
	size_t count = 0;
	bool of_account = !((const struct rules_ctx *)env->ctx)->in->item;
	for (size_t i = first; i < first + n; i++) {
		const struct rule *r = &set->rules[i];
		struct tl_lang_result res;
		if (!trial && (r->inactive || r->of_account != of_account))
			continue;
		tl_lang_eval(&r->prog, env, &res);
		bool unknown = res.truth == TL_LANG_UNKNOWN && res.failed;
		if (res.truth == TL_LANG_TRUE || unknown)
			holding[count++] = (uint32_t)i;
	}
	return count;
}

int
rules_judge(const struct tl_rule_set *set, size_t first, size_t n, bool trial,
    const struct tl_rules_input *in, struct tl_arena *a, struct tl_verdict *ret)
{
	struct rules_ctx ctx = {.in = in, .arena = a};
	struct tl_lang_env env = {rules_load_value, &ctx};
	struct gathering g = {.env = &env, .ctx = &ctx, .arena = a};
	uint32_t *holding = TL_NEWS(a, uint32_t, n + 1);
	if (!holding)
		return tl_arena_check(a);
	size_t count = evaluate(set, first, n, trial, &env, holding);
	g.reasons = TL_NEWS(a, struct tl_reason, count + 1);
	if (!g.reasons)
		return tl_arena_check(a);
	ctx.telling = true;
	struct tl_verdict v = {.word = TL_VERDICT_ALLOW, .ruleset = tl_rules_version(set)};
	for (size_t i = 0; i < count; i++) {
		const struct rule *r = &set->rules[holding[i]];
		bool shadow = !trial && in->now_us < r->source->shadow_until_us;
		int err = add_reason(&g, r, shadow);
		if (err < 0)
			return err;
		enum tl_verdict_word outcome = g.reasons[g.n - 1].outcome;
		if (!shadow && outcome > v.word)
			v.word = outcome;
	}
	sort_reasons(g.reasons, g.n);
	v.reasons = g.reasons;
	v.reason_count = g.n;
	*ret = v;
	return tl_arena_check(a);
}

int
tl_rules_account_verdict(const struct tl_rule_set *set, const struct tl_rules_input *in,
    struct tl_arena *a, struct tl_verdict *ret)
{
	return rules_judge(set, 0, set->n_rules, false, in, a, ret);
}

static int
judge_without_rules(struct tl_arena *a, struct tl_verdict *ret)
{
	struct tl_reason *r = TL_NEW(a, struct tl_reason);
	if (!r)
		return tl_arena_check(a);
	*r = (struct tl_reason){
	    .rule = TL_S("(no rules)"),
	    .pack = TL_S("none"),
	    .outcome = TL_VERDICT_WITHHOLD,
	    .unknown = true,
	    .explanation = TL_S("Could not be checked: no rules could be loaded."),
	    .values = TL_S("[]"),
	    .wants_case = true,
	    .case_severity = TL_SEVERITY_HIGH,
	};
	*ret = (struct tl_verdict){TL_VERDICT_WITHHOLD, TL_S("none"), r, 1};
	return 0;
}

int
tl_rules_verdict(const struct tl_rule_set *set, const struct tl_rules_input *in,
    struct tl_arena *a, struct tl_verdict *ret)
{
	if (!set)
		return judge_without_rules(a, ret);
	return rules_judge(set, 0, set->n_rules, false, in, a, ret);
}

static void
reason_json(struct tl_buf *b, const struct tl_reason *r, struct tl_str ruleset)
{
	tl_js_open(b, NULL, '{');
	tl_js_str(b, "rule", r->rule);
	tl_js_str(b, "pack", r->pack);
	tl_js_str(b, "policy", r->policy);
	tl_js_str(b, "ruleset", ruleset);
	tl_js_z(b, "outcome", r->unknown ? "unknown" : "held");
	tl_js_z(b, "verdict", tl_verdict_word_names[r->outcome]);
	tl_js_bool(b, "shadow", r->shadow);
	if (r->review_only)
		tl_js_bool(b, "review_only", true);
	tl_js_str(b, "text", r->explanation);
	tl_js_raw(b, "values", r->values);
	tl_js_open(b, "actions", '[');
	for (size_t i = 0; i < r->action_count; i++) {
		tl_js_open(b, NULL, '{');
		tl_js_str(b, "name", r->actions[i].name);
		tl_js_raw0(b, "params", r->actions[i].params);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	if (r->wants_case) {
		tl_js_open(b, "case", '{');
		tl_js_str(b, "queue", r->case_queue);
		tl_js_z(b, "severity", tl_severity_names[r->case_severity]);
		tl_js_close(b, '}');
	}
	tl_js_close(b, '}');
}

void
tl_rules_reasons_json(struct tl_buf *b, const char *key, const struct tl_verdict *v)
{
	tl_js_open(b, key, '[');
	for (size_t i = 0; i < v->reason_count; i++)
		reason_json(b, &v->reasons[i], v->ruleset);
	tl_js_close(b, ']');
}
