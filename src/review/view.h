/*
 * What Work and the trail show, as JSON (the types of web/console/src/api.ts): why a case is here in words, what
 * is known, what can be done. Each verb writes one member named `key` (NULL inside arrays).
 */
#pragma once

#include "base/buf.h"
#include "review/review.h"
#include "store/items.h"

struct tl_view {
	struct tl_db *db;
	struct tl_arena *arena;
	const struct tl_policy_set *set;
	struct tl_buf *out;
	const struct tl_access
	    *eyes; /* what they may not see is left out; NULL: the operator */
};

/* True when whoever looks may see what is under this queue or policy (either may be empty). */
bool tl_view_sees(const struct tl_view *v, struct tl_str queue, struct tl_str policy);
/* The same of an item or account with all that was said of it. Negative: the store's failure. */
int tl_view_sees_subject(const struct tl_view *v, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, bool *ret) TL_MUST;

/* Case, whole. `who` looks at it; TL_EPERM when they may not see it. */
int tl_view_case(const struct tl_view *v, const char *key, const struct tl_reviewer *who,
    struct tl_id id) TL_MUST;

/* Arrays of CaseRow; *ret_n counts those that are left out, too, so that pages follow each other. */
int tl_view_queue(const struct tl_view *v, const char *key, struct tl_str queue,
    const char *state_a, const char *state_b, int64_t limit, int64_t offset,
    int64_t *ret_n) TL_MUST;
int tl_view_cases_of(const struct tl_view *v, const char *key, int64_t platform,
    enum tl_subject_kind kind, struct tl_id subject) TL_MUST;
int tl_view_cases_of_account(
    const struct tl_view *v, const char *key, int64_t platform, struct tl_id account) TL_MUST;

/* Item, Account (null when nil or unknown). */
int tl_view_item(
    const struct tl_view *v, const char *key, const struct tl_item_full *item) TL_MUST;
/* The live stream that the item is, or belongs to, with its newest segments; null when there is none. */
int tl_view_stream(
    const struct tl_view *v, const char *key, const struct tl_item *item) TL_MUST;
int tl_view_account(
    const struct tl_view *v, const char *key, int64_t platform, struct tl_id id) TL_MUST;

/* Signal[], Flag[], RuleReason[] (from items.reasons). */
int tl_view_signals(
    const struct tl_view *v, const char *key, int64_t platform, struct tl_id item) TL_MUST;
int tl_view_flags(const struct tl_view *v, const char *key, int64_t platform,
    enum tl_subject_kind kind, struct tl_id subject) TL_MUST;
int tl_view_rules(const struct tl_view *v, const char *key, struct tl_str reasons,
    struct tl_str ruleset) TL_MUST;

/* DecisionRow or null; DecisionRow[] of an account; Decision[] of a subject with all that came of them. */
int tl_view_decision(const struct tl_view *v, const char *key, struct tl_id id) TL_MUST;
int tl_view_decisions_of_account(
    const struct tl_view *v, const char *key, int64_t platform, struct tl_id account) TL_MUST;
int tl_view_decisions_of(const struct tl_view *v, const char *key, int64_t platform,
    enum tl_subject_kind kind, struct tl_id subject) TL_MUST;

/* PolicyChoice without `suggested`, ActionChoice: the members only, inside an object that the caller opened. */
void tl_view_policy(struct tl_buf *out, const struct tl_policy *p);
/* `about`: what the case is about; an action that can do both does it to that. */
void tl_view_action(
    struct tl_buf *out, const struct tl_action_def *d, enum tl_subject_kind about);

/* The platform's name; a person's, or null when nil or unknown. */
int tl_view_platform(const struct tl_view *v, const char *key, int64_t platform) TL_MUST;
int tl_view_person(const struct tl_view *v, const char *key, struct tl_id user) TL_MUST;

/* `seen`: with subject and body. The members of a Delivery from a row of VIEW_DELIVERY and its siblings. */
void tl_view_delivery(struct tl_buf *out, const struct tl_row *r, bool seen);
