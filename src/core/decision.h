/*
 * A decision as plain data: one row of the ledger, with every field that a report, a statement or an authority
 * may ask for (the columns of table decisions). Views borrow. Times are microseconds UTC, 0 when unknown; empty
 * text is NULL in the store. `decide` fills it, the statement of reasons is composed from it, the store appends it.
 */
#pragma once

#include "core/policy.h"
#include "core/verdict.h"

#define TL_DECISION_ACTIONS_MAX 16

/* One action that follows from the decision, resolved against the catalogue. */
struct tl_decided_action {
	struct tl_id id;
	const struct tl_action_def *def;
	struct tl_str params;  /* JSON object, or empty */
	struct tl_id reverses; /* the action that it takes back; nil when none */
	enum tl_subject_kind subject_kind;
	struct tl_id subject;
	struct tl_str subject_ext;
};

struct tl_decision {
	struct tl_id id;
	struct tl_str puid;
	int64_t platform;
	bool live;
	struct tl_str service;
	int64_t at;
	enum tl_decision_kind kind;
	struct tl_id reverses;
	enum tl_subject_kind subject_kind;
	struct tl_id subject;
	struct tl_str item_ext; /* the platform's id of the item, empty when about an account */
	int64_t item_version;   /* not a column: for the event */
	struct tl_id account;
	struct tl_str account_ext; /* not a column: for the event */
	struct tl_id case_id;
	/* content */
	struct tl_str content_types; /* JSON array of CONTENT_TYPE_* without the prefix */
	struct tl_str content_language;
	int64_t posted_at, first_viewed_at, views_at_action;
	struct tl_str author_territory;
	/* trigger */
	enum tl_trigger trigger;
	struct tl_str trigger_ref, trigger_entry, trigger_authority, trigger_state,
	    trigger_legal;
	/* detection */
	struct tl_str detector, detector_version;
	double score, threshold; /* NAN when there is none */
	bool automated_detection;
	/* decision */
	struct tl_str policy, policy_version, ruleset;
	enum tl_ground ground;
	struct tl_str legal_ground, legal_explanation;
	struct tl_str terms_ground, terms_explanation;
	int terms_also_illegal; /* -1 not said, 0, 1 */
	struct tl_str ground_url;
	struct tl_str category, category_addition, keywords,
	    keyword_other; /* two JSON arrays */
	struct tl_str facts;
	struct tl_str visibility; /* JSON array of {"word","start","end","territory"} */
	struct tl_str monetary, provision, account_restriction;
	struct tl_str territorial_scope;
	int64_t visibility_end, monetary_end, service_end, account_end;
	/* automation and people */
	enum tl_automation automated_decision;
	struct tl_id reviewer;
	struct tl_str reviewer_pseudonym, reviewer_language;
	int viewed_whole; /* -1 not said, 0, 1 */
	struct tl_id second_reviewer;
	int64_t queued_us, decided_in_us; /* -1 when no person was involved */
	struct tl_str source_type, source_identity;
	int64_t gag_until;
	int64_t effective_at;
	struct tl_str statement; /* JSON */
	/* what follows */
	struct tl_decided_action actions[TL_DECISION_ACTIONS_MAX];
	size_t action_count;
	const struct tl_policy *policy_def; /* NULL for a clear decision without a policy */
};
