/*
 * Rule packs: signals to verdict. A set is every *.rules file of one folder, checked against the policies,
 * actions, queues and banks that exist, and tested with the cases that stand beside the rules. It is immutable
 * and reference-counted: hold a reference while you evaluate; a reload makes a new set and never touches an
 * old one. Threads may share sets.
 */
#pragma once

#include "core/contact.h"
#include "core/policy.h"
#include "core/verdict.h"
#include "lang/report.h"

struct tl_arena;
struct tl_rule_set;

/* What rules may name. Borrowed during the call only, except `policies`, which the set refers to by copies. */
struct tl_rules_bank {
	struct tl_str name;
	enum tl_bank_kind
	    kind; /* text: a list for in_list(); the others: a bank for in_bank() */
};

struct tl_rules_known {
	const struct tl_policy_set *policies;
	const struct tl_rules_bank *banks;
	size_t bank_count;
	const struct tl_str
	    *detectors; /* installed and switched on: text pdq digest model:nsfw contact */
	size_t detector_count;
};

/*
 * Loads all packs of `dir`. Any error (syntax, type, unknown name, failed test) refuses the whole set and is
 * in `report` with file, line, column; the code is then INPUT or STATE.
 */
int tl_rules_load(const char *dir, const struct tl_rules_known *known,
    struct tl_lang_report *report, const struct tl_rule_set **ret) TL_MUST;

/* One pack from memory, for the console's editor and for tests. */
int tl_rules_load_text(const char *name, struct tl_str text, const struct tl_rules_known *known,
    struct tl_lang_report *report, const struct tl_rule_set **ret) TL_MUST;

const struct tl_rule_set *tl_rules_ref(const struct tl_rule_set *set);
void tl_rules_unref(const struct tl_rule_set *set); /* NULL is fine */

/* 12 hex digits of a digest of all packs. */
struct tl_str tl_rules_version(const struct tl_rule_set *set);

struct tl_rules_flags {
	int64_t user, trusted, notice, referral; /* open flags of the item */
};

struct tl_rules_input {
	const struct tl_item *item;
	const struct tl_account *account; /* NULL: the author is not known */
	const struct tl_signal
	    *signals; /* a detector that failed says so here, once or per medium */
	size_t signal_count;
	struct tl_rules_flags flags;
	const struct tl_stream *stream; /* NULL: the item is no live stream */
	const struct tl_contact_figures
	    *contacts; /* of the author; NULL: not counted, no rule needs them */
	int64_t now_us;
};

/*
 * What the rules say. `set` NULL (no set could be loaded) withholds. Everything in `ret` is in the arena, except
 * views of rule and policy names, which the set holds: keep its reference until the verdict is stored.
 *
 * For each reason that is not shadow: `actions` are to be carried out at once, whatever the outcome (block
 * without an outgoing action brings the policy's default actions); `wants_case` asks for a case in `case_queue`.
 */
int tl_rules_verdict(const struct tl_rule_set *set, const struct tl_rules_input *in,
    struct tl_arena *a, struct tl_verdict *ret) TL_MUST;

/*
 * Rules that ask only about contacts, the author and the time are not asked of items but of accounts, after each contact:
 * `item` of the input is NULL then, `account` and `contacts` are there. No reason is more than review; a rule that ended
 * unknown asks for a person.
 */
int tl_rules_account_verdict(const struct tl_rule_set *set, const struct tl_rules_input *in,
    struct tl_arena *a, struct tl_verdict *ret) TL_MUST;

/* What the rules of a set that are not inactive need to know of contacts. */
struct tl_rules_contacts {
	bool of_accounts; /* there are rules that are asked of accounts */
	bool of_items;    /* rules about items ask for their author's contacts */
	bool origins;     /* and for what came from the same place */
};
struct tl_rules_contacts tl_rules_contacts(const struct tl_rule_set *set);
/* Rule i is asked of accounts, and is not inactive. */
bool tl_rules_of_account(const struct tl_rule_set *set, size_t i);

/* The reasons as a JSON array, for items.reasons, events and the trail. */
struct tl_buf;
void tl_rules_reasons_json(struct tl_buf *b, const char *key, const struct tl_verdict *v);

/* For lists of rules: console, doctor, `tutela rule list`. */
enum tl_rule_state { TL_RULE_ACTIVE, TL_RULE_SHADOW, TL_RULE_INACTIVE };

struct tl_rule_view {
	struct tl_str name, pack, policy;
	struct tl_str when, then; /* as written */
	struct tl_str source;     /* all of it, as written */
	enum tl_verdict_word outcome;
	enum tl_rule_state state;
	struct tl_str why; /* inactive: which detector is missing */
	struct tl_str shadow_date;
	uint32_t line;
};

size_t tl_rules_count(const struct tl_rule_set *set);
void tl_rules_view(
    const struct tl_rule_set *set, size_t i, int64_t now_us, struct tl_rule_view *ret);
/* The first rule whose condition asks this bank, in force or not: a bank that may not go away. False: none does. */
bool tl_rules_naming(
    const struct tl_rule_set *set, struct tl_str bank, struct tl_rule_view *ret);
/* Does a match of this bank speak for the rule? Not when it is only asked behind a "!". */
bool tl_rules_count_on_bank(const struct tl_rule_view *rule, struct tl_str bank);
/* Is one of them in force? */
bool tl_rules_live_for(const struct tl_rule_set *set, struct tl_str bank, int64_t now_us);
/* Differs when other rules in force name the bank, or the same ones say something else. 0: none does. */
uint64_t tl_rules_stamp_for(const struct tl_rule_set *set, struct tl_str bank, int64_t now_us);
size_t tl_rules_test_count(
    const struct tl_rule_set *set); /* cases that passed when it was loaded */
