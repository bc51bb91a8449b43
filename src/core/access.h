/*
 * What a person may do, and on what: roles (roles.tbl.h) say which permissions somebody has, grants narrow them to
 * queues, policies and classes of evidence, and classes that need clearance stay closed without it. Everything that
 * shows or acts on a case, item, account, medium, bank or figure asks tl_may_on, so that nothing leaks by another door.
 */
#pragma once

#include "core/policy.h"

enum tl_permission {
#define P(perm, name, viewer, moderator, specialist, lead, admin, help) perm,
#include "core/roles.tbl.h"
#undef P
	TL_PERMISSION_COUNT
};

bool tl_may(enum tl_role role, enum tl_permission p);
const char *tl_permission_name(enum tl_permission p);
/* By the name in roles.tbl.h; TL_EPERM with a sentence that says what is missing. */
int tl_need(enum tl_role role, const char *permission) TL_MUST;

/* One grant: which acts its holder may do on one queue, policy (with all below it) or class of evidence. */
struct tl_grant {
	enum tl_grant_kind kind;
	struct tl_str name;
	unsigned acts; /* bit 1 << enum tl_act */
};
#define TL_GRANTS_MAX 64
#define TL_ACTS_ALL ((1U << tl_act_count) - 1)

/* A person's acts as a set: "see work" to bits; TL_EFIELD. And back, separated by spaces. */
int tl_acts_parse(struct tl_str words, unsigned *ret) TL_MUST;
#define TL_ACTS_TEXT 64
void tl_acts_text(char dst[TL_ACTS_TEXT], unsigned acts);

/*
 * A person as far as access goes. `grants`: for queues and policies a list of the only ones they may, when there is
 * any of that kind; for evidence a row replaces what holds for its class. `set`: the policies in force.
 */
struct tl_access {
	enum tl_role role;
	struct tl_str skills; /* words separated by spaces; each is a clearance */
	const struct tl_grant *grants;
	size_t grant_count;
	const struct tl_policy_set *set;
};

/* Where something belongs. Empty: to none (a case without a policy, a bank without a queue). */
struct tl_tag {
	struct tl_str queue, policy;
};

/* The class of what falls under a policy; sealed when the tree does not know the policy (any more). */
enum tl_evidence tl_evidence_of(const struct tl_policy_set *set, struct tl_str policy);

/* True when every word of `wanted` is among `words`. */
bool tl_skilled(struct tl_str words, struct tl_str wanted);

/* True when the person may do this to something that carries all these tags. No tags: the role alone decides. */
bool tl_may_on(
    const struct tl_access *who, enum tl_act act, const struct tl_tag *tags, size_t count);
/* The same, or TL_EPERM with a sentence that says what is missing and nothing of what is hidden. */
int tl_need_on(const struct tl_access *who, enum tl_act act, const struct tl_tag *tags,
    size_t count) TL_MUST;

/*
 * May they decide under this policy, on a case that is theirs to decide? To restrict under child safety needs neither
 * clearance nor grant: whoever comes upon it must be able to stop it at once. To say that it is none does.
 */
int tl_need_to_decide(
    const struct tl_access *who, struct tl_str policy, bool restricts) TL_MUST;

/* Checks a grant before it is stored: queue, policy or class must exist. TL_EFIELD. */
int tl_grant_check(const struct tl_policy_set *set, const struct tl_grant *g) TL_MUST;
