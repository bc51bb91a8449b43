/*
 * Policies and the action catalogue: immutable snapshots read from policy/. A policy inherits from its parent
 * what it does not say itself. Everything borrows from the set, which is reference-counted.
 */
#pragma once

#include "core/words.h"

/* The four kinds of restriction of the DSA Transparency Database, and none (internal actions). */
enum tl_restriction {
	TL_RESTRICT_NONE,
	TL_RESTRICT_VISIBILITY,
	TL_RESTRICT_MONETARY,
	TL_RESTRICT_PROVISION,
	TL_RESTRICT_ACCOUNT
};

struct tl_action_def {
	struct tl_str name;
	struct tl_str title;
	char key; /* in the console; 0 when none */
	enum tl_restriction restriction;
	struct tl_str
	    restriction_word; /* DECISION_VISIBILITY_CONTENT_REMOVED …; empty when none */
	bool on_item, on_account;
	bool
	    outgoing; /* the platform must carry it out; false: inside Tutela only (preserve) */
	struct tl_str
	    reverse; /* name of the action that takes it back; empty when it cannot be */
	struct tl_str sentence; /* of the statement of reasons */
	struct tl_str help;     /* for the reviewer */
	int64_t confirm_us;     /* alarm when not confirmed by then */
	int64_t duration_us;    /* how long it holds by default; 0: until taken back */
};

struct tl_policy {
	struct tl_str id; /* csae.known */
	struct tl_str title;
	struct tl_str parent; /* empty at the top */
	enum tl_severity severity;
	int64_t clock_us; /* a case must be decided within; 0 none */
	enum tl_verdict_word on_unknown;
	struct tl_str queue;
	const struct tl_str *actions; /* default actions, by name */
	size_t action_count;
	struct tl_str category, keyword; /* STATEMENT_CATEGORY_…, KEYWORD_… or empty */
	enum tl_ground ground;
	struct tl_str legal_ground, terms_ground;
	struct tl_str keyword_other; /* what it is, when the keyword is KEYWORD_OTHER */
	struct tl_str explanation;   /* of the statement: why this falls under the ground */
	struct tl_str facts;         /* sentence offered as the facts; no personal data */
	struct tl_str counts, counts_not;
	struct tl_str guidance; /* for reviewers: both of the above as one text */
	struct tl_str public_text;
	int strike_weight;
	int64_t strike_us; /* how long a strike counts */
	bool child_safety;
	enum tl_evidence evidence; /* sealed whenever child_safety is */
};

struct tl_queue_def {
	struct tl_str name, title, skills;
};

struct tl_text {
	struct tl_str name, text;
};

struct tl_interventions;
struct tl_minors;

struct tl_policy_set {
	struct tl_str version; /* short hash of the files */
	const struct tl_policy *policies;
	size_t policy_count;
	const struct tl_action_def *actions;
	size_t action_count;
	const struct tl_queue_def *queues;
	size_t queue_count;
	const struct tl_text *texts; /* of the statement of reasons, English */
	size_t text_count;
	const struct tl_minors *minors;               /* settings by age band (core/minors.h) */
	const struct tl_interventions *interventions; /* core/interventions.h */
	void *owner; /* of config/policy.c: memory and references */
};

const struct tl_policy *tl_policy_find(const struct tl_policy_set *set, struct tl_str id);
const struct tl_action_def *tl_action_find(const struct tl_policy_set *set, struct tl_str name);
/* True for an action that only takes another back: that follows from a decision, nobody chooses it. */
bool tl_policy_takes_back(const struct tl_policy_set *set, struct tl_str action);
const struct tl_queue_def *tl_queue_find(const struct tl_policy_set *set, struct tl_str name);
/* The text of that name; its name when there is none. */
struct tl_str tl_text_find(const struct tl_policy_set *set, struct tl_str name);
