/*
 * Reads policies.yaml: the tree in which a child inherits from its parent what it does not say.
 *
 * Promises: after inheritance every policy is complete: severity, ground with its text, category, queue,
 * default actions, sentences. Critical child-safety policies withhold when unknown. Called by policy.c.
 */
#include "config/policy_int.h"
#include "core/dsa.h"
#include "sys/clock.h"

enum { UNSAID = -1 };

struct raw_policy {
	const char *id, *title, *parent, *category, *keyword, *keyword_other, *law, *clause,
	    *explanation, *facts, *counts, *counts_not, *queue, *public_text;
	const struct tl_yaml *actions, *strike;
	int severity, on_unknown, ground, child_safety, evidence;
	int64_t clock_us;
};

struct raw_strike {
	int64_t weight, days;
};

static const char *const truth[] = {"false", "true", NULL};

#define STR(field, member, hi)                                                                 \
	{                                                                                      \
		field, TL_Y_STR, offsetof(struct raw_policy, member), 1, hi, NULL, false       \
	}
#define ENUM(field, member, names)                                                             \
	{                                                                                      \
		field, TL_Y_ENUM, offsetof(struct raw_policy, member), 0, 0, names, false      \
	}

static const struct tl_yaml_field fields[] = {
    {"id", TL_Y_STR, offsetof(struct raw_policy, id), 1, 60, NULL, true},
    {"title", TL_Y_STR, offsetof(struct raw_policy, title), 1, 80, NULL, true},
    STR("parent", parent, 60),
    STR("category", category, 80),
    STR("keyword", keyword, 100),
    STR("keyword_other", keyword_other, 500),
    STR("law", law, 500),
    STR("clause", clause, 500),
    STR("explanation", explanation, 2000),
    STR("facts", facts, 1000),
    STR("counts", counts, 500),
    STR("not", counts_not, 500),
    STR("queue", queue, 40),
    STR("public", public_text, 2000),
    ENUM("severity", severity, tl_severity_names),
    ENUM("on_unknown", on_unknown, tl_verdict_word_names),
    ENUM("ground", ground, tl_ground_names),
    ENUM("child_safety", child_safety, truth),
    ENUM("evidence", evidence, tl_evidence_names),
    {"clock", TL_Y_DURATION, offsetof(struct raw_policy, clock_us), 0, 365 * TL_US_DAY, NULL,
	false},
    {"actions", TL_Y_STRS, offsetof(struct raw_policy, actions), 0, 8, NULL, false},
    {"strike", TL_Y_MAP, offsetof(struct raw_policy, strike), 1, 2, NULL, false},
};
#undef STR
#undef ENUM

static const struct tl_yaml_field strike_fields[] = {
    {"weight", TL_Y_INT, offsetof(struct raw_strike, weight), 0, 100, NULL, true},
    {"days", TL_Y_INT, offsetof(struct raw_strike, days), 1, 3650, NULL, true},
};

static const struct tl_yaml *
place(const struct tl_yaml *policy, const char *key)
{
	const struct tl_yaml *v = tl_yaml_get(policy, key);
	return v ? v : policy;
}

/* Begins with all that the parent says. */
static int
inherit(const struct loading *l, const struct tl_yaml *at, const struct raw_policy *raw,
    struct tl_policy *p)
{
	struct tl_str id = tl_str(raw->id);
	size_t dot = id.n;
	while (dot > 0 && id.p[dot - 1] != '.')
		dot--;
	struct tl_str parent = tl_str(raw->parent);
	if (!raw->parent && dot > 0)
		parent = tl_bytes(id.p, dot - 1);
	*p = (struct tl_policy){0};
	if (parent.n) {
		const struct tl_policy *from = tl_policy_find(l->set, parent);
		if (!from)
			return tl_yaml_error(place(at, raw->parent ? "parent" : "id"),
			    "there is no policy \"%.*s\" above this line to inherit from",
			    TL_ARG(parent));
		*p = *from;
	}
	p->id = id;
	p->title = tl_str(raw->title);
	p->parent = parent;
	return 0;
}

static int
set_actions(struct loading *l, const struct tl_yaml *list, struct tl_policy *p)
{
	struct tl_str *names = TL_NEWS(l->arena, struct tl_str, list->count + 1);
	if (!names)
		return tl_fail(TL_ENOMEM, "too many actions");
	size_t n = 0;
	for (const struct tl_yaml *a = list->first; a; a = a->next) {
		if (!tl_action_find(l->set, a->text))
			return tl_yaml_error(
			    a, "actions: there is no action \"%.*s\"", TL_ARG(a->text));
		names[n++] = a->text;
	}
	p->actions = names;
	p->action_count = n;
	return 0;
}

static void
say(struct tl_str *slot, const char *text)
{
	if (text)
		*slot = tl_str(text);
}

static int
override(struct loading *l, const struct raw_policy *raw, struct tl_policy *p)
{
	if (raw->severity != UNSAID)
		p->severity = (enum tl_severity)raw->severity;
	if (raw->on_unknown != UNSAID)
		p->on_unknown = (enum tl_verdict_word)raw->on_unknown;
	if (raw->ground != UNSAID)
		p->ground = (enum tl_ground)raw->ground;
	if (raw->child_safety != UNSAID)
		p->child_safety = raw->child_safety != 0;
	if (raw->evidence != UNSAID)
		p->evidence = (enum tl_evidence)raw->evidence;
	else if (p->child_safety)
		p->evidence = TL_EVIDENCE_SEALED;
	if (raw->clock_us != UNSAID)
		p->clock_us = raw->clock_us;
	if (raw->category)
		p->category = tl_policy_prefixed(l, "STATEMENT_CATEGORY_", raw->category);
	if (raw->keyword)
		p->keyword = tl_policy_prefixed(l, "KEYWORD_", raw->keyword);
	say(&p->keyword_other, raw->keyword_other);
	say(&p->legal_ground, raw->law);
	say(&p->terms_ground, raw->clause);
	say(&p->explanation, raw->explanation);
	say(&p->facts, raw->facts);
	say(&p->counts, raw->counts);
	say(&p->counts_not, raw->counts_not);
	say(&p->queue, raw->queue);
	say(&p->public_text, raw->public_text);
	p->guidance = tl_str(tl_arena_printf(l->arena, "Counts: %.*s\nDoes not count: %.*s",
	    TL_ARG(p->counts), TL_ARG(p->counts_not)));
	if (raw->strike) {
		struct raw_strike strike = {0};
		int rc =
		    tl_yaml_fill(raw->strike, strike_fields, TL_COUNT(strike_fields), &strike);
		if (rc < 0)
			return rc;
		p->strike_weight = (int)strike.weight;
		p->strike_us = strike.days * TL_US_DAY;
	}
	return raw->actions ? set_actions(l, raw->actions, p) : 0;
}

static int
check_words(const struct tl_yaml *at, const struct tl_policy *p)
{
	if (!tl_dsa_category_known(p->category))
		return tl_yaml_error(place(at, "category"),
		    "category: \"%.*s\" is not one of the Commission's", TL_ARG(p->category));
	if (p->keyword.n && !tl_dsa_keyword_fits(p->category, p->keyword))
		return tl_yaml_error(place(at, "keyword"),
		    "keyword: \"%.*s\" does not belong to %.*s", TL_ARG(p->keyword),
		    TL_ARG(p->category));
	if (tl_str_is(p->keyword, "KEYWORD_OTHER") && p->keyword_other.n == 0)
		return tl_yaml_error(place(at, "keyword"),
		    "keyword: OTHER needs keyword_other, which says what it is");
	return 0;
}

static int
check(const struct loading *l, const struct tl_yaml *at, const struct tl_policy *p)
{
	const struct {
		const char *key;
		struct tl_str text;
	} needed[] = {{"category", p->category}, {"queue", p->queue},
	    {"explanation", p->explanation}, {"facts", p->facts}, {"counts", p->counts},
	    {"not", p->counts_not}};
	for (size_t i = 0; i < TL_COUNT(needed); i++) {
		if (needed[i].text.n == 0)
			return tl_yaml_error(at, "%.*s: \"%s\" is missing, here and above",
			    TL_ARG(p->id), needed[i].key);
	}
	if (p->ground == TL_GROUND_NONE)
		return tl_yaml_error(place(at, "ground"), "ground: illegal or incompatible");
	if (p->ground == TL_GROUND_ILLEGAL && p->legal_ground.n == 0)
		return tl_yaml_error(place(at, "ground"), "ground: illegal needs \"law\"");
	if (p->ground == TL_GROUND_INCOMPATIBLE && p->terms_ground.n == 0)
		return tl_yaml_error(
		    place(at, "ground"), "ground: incompatible needs \"clause\"");
	if (p->on_unknown != TL_VERDICT_REVIEW && p->on_unknown != TL_VERDICT_WITHHOLD)
		return tl_yaml_error(place(at, "on_unknown"), "on_unknown: withhold or review");
	if (p->child_safety && p->severity == TL_SEVERITY_CRITICAL &&
	    p->on_unknown != TL_VERDICT_WITHHOLD)
		return tl_yaml_error(place(at, "on_unknown"),
		    "on_unknown: a critical child-safety policy withholds");
	if (p->child_safety && p->evidence != TL_EVIDENCE_SEALED)
		return tl_yaml_error(
		    place(at, "evidence"), "evidence: that of a child-safety policy is sealed");
	if (!tl_queue_find(l->set, p->queue))
		return tl_yaml_error(
		    place(at, "queue"), "queue: there is no queue \"%.*s\"", TL_ARG(p->queue));
	return check_words(at, p);
}

static int
check_id(const struct loading *l, const struct tl_yaml *at, struct tl_str id)
{
	for (size_t i = 0; i < id.n; i++) {
		uint8_t c = id.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
		if (!word && (c != '.' || i == 0 || i + 1 == id.n))
			return tl_yaml_error(place(at, "id"),
			    "id: small letters, digits, _ and dots between them");
	}
	if (tl_policy_find(l->set, id))
		return tl_yaml_error(
		    place(at, "id"), "the policy \"%.*s\" stands here twice", TL_ARG(id));
	return 0;
}

static int
read_policy(struct loading *l, const struct tl_yaml *at, struct tl_policy *p)
{
	struct raw_policy raw = {.severity = UNSAID,
	    .on_unknown = UNSAID,
	    .ground = UNSAID,
	    .child_safety = UNSAID,
	    .evidence = UNSAID,
	    .clock_us = UNSAID};
	int rc = tl_yaml_fill(at, fields, TL_COUNT(fields), &raw);
	if (rc == 0)
		rc = check_id(l, at, tl_str(raw.id));
	if (rc == 0)
		rc = inherit(l, at, &raw, p);
	if (rc == 0)
		rc = override(l, &raw, p);
	if (rc == 0)
		rc = check(l, at, p);
	return rc;
}

int
tl_policy_read_policies(struct loading *l, const struct tl_yaml *root)
{
	const struct tl_yaml *list = NULL;
	int rc = tl_policy_list(root, "policies", &list);
	if (rc < 0)
		return rc;
	struct tl_policy *policies = TL_NEWS(l->arena, struct tl_policy, list->count);
	if (!policies)
		return tl_fail(TL_ENOMEM, "too many policies");
	l->set->policies = policies;
	for (const struct tl_yaml *at = list->first; at; at = at->next) {
		rc = read_policy(l, at, &policies[l->set->policy_count]);
		if (rc < 0)
			return rc;
		l->set->policy_count++;
	}
	return 0;
}
