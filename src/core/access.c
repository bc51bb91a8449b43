/*
 * Owns the answer to "may this person do this to that".
 *
 * Promises: pure; the tables (roles, acts, evidence) are the only truth; whatever is not known is closed: a policy
 * that the tree lost counts as sealed, a class without a grant follows the role, child safety needs its clearance.
 * Failure: TL_EPERM in words that name the missing thing only. Called by every route that shows or acts.
 */
#include "core/access.h"

#include <stdio.h>

static const struct {
	const char *name, *help;
	bool may[tl_role_count];
} permissions[] = {
#define P(perm, name, viewer, moderator, specialist, lead, admin, help)                        \
	[perm] = {name, help,                                                                  \
	    {[TL_ROLE_VIEWER] = viewer,                                                        \
		[TL_ROLE_MODERATOR] = moderator,                                               \
		[TL_ROLE_SPECIALIST] = specialist,                                             \
		[TL_ROLE_LEAD] = lead,                                                         \
		[TL_ROLE_ADMIN] = admin}},
#include "core/roles.tbl.h"
#undef P
};

/* What an act on something asks of the role, and how a refusal calls it. */
static const struct {
	enum tl_permission needs;
	const char *words;
} acts[] = {
#define A(act, permission, words) [act] = {permission, words},
#include "core/acts.tbl.h"
#undef A
};

static const struct {
	const char *clearance; /* a skill that opens the class; "" none */
	const char *words;
	bool open[tl_role_count]; /* without a grant */
} classes[] = {
#define E(class, clearance, viewer, moderator, specialist, lead, admin, words)                 \
	[class] = {clearance, words,                                                           \
	    {[TL_ROLE_VIEWER] = viewer,                                                        \
		[TL_ROLE_MODERATOR] = moderator,                                               \
		[TL_ROLE_SPECIALIST] = specialist,                                             \
		[TL_ROLE_LEAD] = lead,                                                         \
		[TL_ROLE_ADMIN] = admin}},
#include "core/evidence.tbl.h"
#undef E
};

bool
tl_may(enum tl_role role, enum tl_permission p)
{
	return role < tl_role_count && p < TL_PERMISSION_COUNT && permissions[p].may[role];
}

const char *
tl_permission_name(enum tl_permission p)
{
	return permissions[p].name;
}

int
tl_need(enum tl_role role, const char *permission)
{
	for (size_t i = 0; i < TL_COUNT(permissions); i++) {
		if (strcmp(permissions[i].name, permission) != 0)
			continue;
		if (tl_may(role, (enum tl_permission)i))
			return 0;
		return tl_fail(TL_EPERM, "the role %s may not: %s", tl_role_names[role],
		    permissions[i].help);
	}
	return tl_fail(TL_EBUG, "there is no permission \"%s\"", permission);
}

/* Words ----------------------------------------------------------------------------------- */

/* Next word at *at; empty at the end. */
static struct tl_str
next_word(struct tl_str s, size_t *at)
{
	while (*at < s.n && s.p[*at] == ' ')
		(*at)++;
	size_t from = *at;
	while (*at < s.n && s.p[*at] != ' ')
		(*at)++;
	return from < s.n ? tl_bytes(s.p + from, *at - from) : (struct tl_str){0};
}

static bool
has_word(struct tl_str words, struct tl_str w)
{
	size_t at = 0;
	for (struct tl_str x = next_word(words, &at); x.n; x = next_word(words, &at)) {
		if (tl_str_eq(x, w))
			return true;
	}
	return false;
}

bool
tl_skilled(struct tl_str words, struct tl_str wanted)
{
	size_t at = 0;
	for (struct tl_str w = next_word(wanted, &at); w.n; w = next_word(wanted, &at)) {
		if (!has_word(words, w))
			return false;
	}
	return true;
}

int
tl_acts_parse(struct tl_str words, unsigned *ret)
{
	size_t at = 0;
	unsigned bits = 0;
	for (struct tl_str w = next_word(words, &at); w.n; w = next_word(words, &at)) {
		int act;
		if (tl_word_parse(tl_act_names, w, &act) < 0)
			return tl_fail_at(TL_EFIELD, "/acts",
			    "acts are see, work, reveal, decide and reverse");
		bits |= 1U << act;
	}
	*ret = bits;
	return 0;
}

void
tl_acts_text(char dst[TL_ACTS_TEXT], unsigned bits)
{
	size_t n = 0;
	dst[0] = '\0';
	for (unsigned a = 0; a < tl_act_count; a++) {
		if (bits >> a & 1)
			n += (size_t)snprintf(
			    dst + n, TL_ACTS_TEXT - n, "%s%s", n ? " " : "", tl_act_names[a]);
	}
}

/* Scopes ---------------------------------------------------------------------------------- */

/* `policy` is `root` or stands below it in the tree. */
static bool
below(const struct tl_policy_set *set, struct tl_str policy, struct tl_str root)
{
	size_t steps = set ? set->policy_count + 1 : 1;
	for (; policy.n && steps > 0; steps--) {
		if (tl_str_eq(policy, root))
			return true;
		const struct tl_policy *p = set ? tl_policy_find(set, policy) : NULL;
		policy = p ? p->parent : (struct tl_str){0};
	}
	return false;
}

/* Queues and policies: without a row of the kind everything is open, with one only what is listed. */
static bool
listed(
    const struct tl_access *who, enum tl_grant_kind kind, enum tl_act act, struct tl_str name)
{
	bool any = false;
	for (size_t i = 0; i < who->grant_count; i++) {
		const struct tl_grant *g = &who->grants[i];
		if (g->kind != kind)
			continue;
		any = true;
		bool fits = kind == TL_GRANT_POLICY ? below(who->set, name, g->name)
						    : tl_str_eq(name, g->name);
		if (fits && (g->acts >> act & 1))
			return true;
	}
	return !any;
}

enum tl_evidence
tl_evidence_of(const struct tl_policy_set *set, struct tl_str policy)
{
	if (!policy.n)
		return TL_EVIDENCE_ORDINARY;
	const struct tl_policy *p = set ? tl_policy_find(set, policy) : NULL;
	if (!p || p->child_safety)
		return TL_EVIDENCE_SEALED;
	return p->evidence;
}

static bool
class_open(const struct tl_access *who, enum tl_evidence class, enum tl_act act)
{
	for (size_t i = 0; i < who->grant_count; i++) {
		const struct tl_grant *g = &who->grants[i];
		if (g->kind == TL_GRANT_EVIDENCE &&
		    tl_str_is(g->name, tl_evidence_names[class]))
			return g->acts >> act & 1;
	}
	const char *clearance = classes[class].clearance;
	return classes[class].open[who->role] ||
	       (clearance[0] && has_word(who->skills, tl_str(clearance)));
}

/* Why not; NULL when nothing speaks against it. */
static const char *
missing(const struct tl_access *who, enum tl_act act, const struct tl_tag *t)
{
	const struct tl_queue_def *q =
	    t->queue.n && who->set ? tl_queue_find(who->set, t->queue) : NULL;
	enum tl_evidence class = tl_evidence_of(who->set, t->policy);
	if (q && !tl_skilled(who->skills, q->skills))
		return "this needs a skill that you do not have";
	if (t->queue.n && !listed(who, TL_GRANT_QUEUE, act, t->queue))
		return "your grants do not cover this queue";
	if (t->policy.n && !listed(who, TL_GRANT_POLICY, act, t->policy))
		return "your grants do not cover this policy";
	return class_open(who, class, act) ? NULL : classes[class].words;
}

bool
tl_may_on(const struct tl_access *who, enum tl_act act, const struct tl_tag *tags, size_t count)
{
	if (!tl_may(who->role, acts[act].needs))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (missing(who, act, &tags[i]))
			return false;
	}
	return true;
}

int
tl_need_on(
    const struct tl_access *who, enum tl_act act, const struct tl_tag *tags, size_t count)
{
	if (!tl_may(who->role, acts[act].needs))
		return tl_fail(TL_EPERM, "the role %s may not: %s", tl_role_names[who->role],
		    permissions[acts[act].needs].help);
	for (size_t i = 0; i < count; i++) {
		const char *why = missing(who, act, &tags[i]);
		if (why)
			return tl_fail(TL_EPERM, "%s; you may not %s it", why, acts[act].words);
	}
	return 0;
}

int
tl_need_to_decide(const struct tl_access *who, struct tl_str policy, bool restricts)
{
	struct tl_tag tag = {.policy = policy};
	bool child = tl_evidence_of(who->set, policy) == TL_EVIDENCE_SEALED;
	if (restricts && child)
		return 0;
	return tl_need_on(who, TL_ACT_DECIDE, &tag, 1);
}

int
tl_grant_check(const struct tl_policy_set *set, const struct tl_grant *g)
{
	int word;
	bool known = g->kind == TL_GRANT_QUEUE ? tl_queue_find(set, g->name) != NULL
		     : g->kind == TL_GRANT_POLICY
			 ? tl_policy_find(set, g->name) != NULL
			 : !tl_word_parse(tl_evidence_names, g->name, &word);
	if (!known)
		return tl_fail_at(TL_EFIELD, "/name", "there is no %s \"%.*s\"",
		    g->kind == TL_GRANT_EVIDENCE ? "class of evidence"
						 : tl_grant_kind_names[g->kind],
		    TL_ARG(g->name));
	return 0;
}
