/*
 * The statement of reasons (Digital Services Act, article 17): composed from one decision, in English, once as
 * a JSON object (ledger, webhook, console) and once as text.
 *
 *   {"language":"en","sections":[{"heading":"What we did","text":"…"}, …],"text":"…","dsa":{…}}
 *
 * `dsa` holds the fields of the Commission's transparency database under its names; it is null for decisions
 * that are not submitted there (orders, and decisions that take a restriction back). No personal data: facts
 * that look like an address, a number or a name of an account are refused.
 */
#pragma once

#include "base/buf.h"
#include "core/decision.h"

/* What the installation adds; the texts come from the policy set. */
struct tl_statement_env {
	const struct tl_policy_set *policies;
	const char *service_name;
	const char *complaint_url, *contact; /* may be empty */
	int64_t complaint_days;
};

/* True when the decision restricts somebody, or takes a restriction back: then a statement is owed. */
bool tl_statement_due(const struct tl_decision *d);

/* Appends the JSON object; TL_EFIELD when the facts hold personal data or a field breaks a rule of the database. */
int tl_statement_compose(const struct tl_decision *d, const struct tl_statement_env *env,
    struct tl_buf *out) TL_MUST;

/*
 * For whoever appends decisions without knowing of reports (tl_decide_env.statement): `env` is the struct above.
 * Writes "{}" when no statement is due.
 */
int tl_statement_hook(void *env, const struct tl_decision *d, struct tl_buf *out) TL_MUST;

/* The text of a composed statement, for people: headings and paragraphs. */
int tl_statement_text(struct tl_str statement, struct tl_buf *out) TL_MUST;

/* What kind of personal data a text seems to hold ("an e-mail address"), or NULL. */
const char *tl_statement_personal(struct tl_str text);
