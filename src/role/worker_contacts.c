/*
 * Accounts whose contacts the rules are asked about: after a contact or an answer to one, and not more often than their
 * pause allows (store/contact_log.h).
 *
 * Promises: whose turn has come is judged, by one worker at a time; what happens meanwhile is judged next; verdict, case
 * and decision are stored together with the end of the turn, so that a death loses and doubles nothing. What a person
 * decided on an account is not held against it again: only what came later counts. A rule that goes on holding neither
 * tells nor asks twice. Failure: the turn comes again. Called by the main loop.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "detect/contact/figures.h"
#include "detect/contact/told.h"
#include "report/statement.h"
#include "review/review.h"
#include "store/account_verdicts.h"
#include "store/accounts.h"
#include "store/decisions.h"
#include "sys/clock.h"
#include "sys/killpoint.h"
#include "sys/log.h"

#include <math.h>

#define BATCH 32
#define LOOK_US (500 * TL_US_MS)
#define FAILED_US (5 * TL_US_S)
#define TURN_US (60 * TL_US_S) /* then another worker judges it */
#define ARENA_BYTES ((size_t)96 << 20)
#define DECISIONS_LOOKED_AT 50

struct turn {
	struct tl_contact_due due;
	struct tl_account account;
	struct tl_contact_seen seen;
	struct tl_verdict verdict;
	bool gone, judged;
};

struct contacts {
	struct worker *w;
	struct tl_arena *arena;
	struct turn turn[BATCH];
	size_t n;
	int64_t now;
	int64_t next_us;
	bool promised; /* something that leaves: sync */
};

struct contacts *
contacts_create(void)
{
	struct contacts *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->arena = tl_arena_create(ARENA_BYTES);
	return c;
}

void
contacts_destroy(struct contacts *c)
{
	if (!c)
		return;
	tl_arena_destroy(c->arena);
	free(c);
}

int64_t
contacts_next_us(const struct contacts *c)
{
	return c->next_us;
}

/* Judging --------------------------------------------------------------------------------------------------------- */

/* When a person last decided on the account, unless that was taken back. */
static int
decided_at(struct worker *w, struct contacts *c, const struct turn *t, int64_t *ret)
{
	struct tl_decision *list;
	size_t n = 0;
	bool undone = true;
	int rc = tl_decision_of_subject(w->db, t->due.platform, TL_SUBJECT_ACCOUNT,
	    t->due.account, DECISIONS_LOOKED_AT, c->arena, &list, &n);
	*ret = 0;
	for (size_t i = 0; i < n && rc == 0 && undone; i++) {
		if (list[i].automated_decision == TL_AUTOMATION_FULLY)
			continue;
		rc = tl_decision_is_reversed(w->db, list[i].id, &undone);
		if (rc == 0 && !undone)
			*ret = list[i].at;
	}
	return rc;
}

static int
judge_turn(struct worker *w, struct contacts *c, struct turn *t)
{
	struct tl_contact_figures f;
	struct tl_contact_ask ask = {.platform = t->due.platform,
	    .account = t->due.account,
	    .now = c->now,
	    .origins = tl_rules_contacts(w->set).origins};
	int rc = tl_account_get(w->db, t->due.platform, t->due.account, c->arena, &t->account);
	if (rc == TL_ENOTFOUND || (rc == 0 && t->account.state == TL_ACCOUNT_DELETED)) {
		t->gone = true;
		return 0;
	}
	if (rc == 0)
		rc = decided_at(w, c, t, &ask.since);
	ask.band = t->account.age_band;
	if (rc == 0)
		rc = tl_contact_see(w->db, &ask, c->arena, &t->seen);
	if (rc == 0)
		rc = tl_contact_count(&t->seen, &ask, c->arena, &f);
	struct tl_rules_input in = {.account = &t->account, .contacts = &f, .now_us = c->now};
	return rc < 0 ? rc : tl_rules_account_verdict(w->set, &in, c->arena, &t->verdict);
}

/* Storing --------------------------------------------------------------------------------------------------------- */

/* The names of the rules that hold and are not in shadow, each between two spaces. */
static struct tl_str
names_of(const struct tl_verdict *v, struct tl_arena *a)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	for (size_t i = 0; i < v->reason_count; i++)
		if (!v->reasons[i].shadow)
			tl_buf_printf(&b, " %.*s ", TL_ARG(v->reasons[i].rule));
	return tl_arena_dup(a, tl_buf_str(&b));
}

static bool
held_before(struct tl_str names, const struct tl_reason *r, struct tl_arena *a)
{
	const char *name = tl_arena_printf(a, " %.*s ", TL_ARG(r->rule));
	return names.n && memmem(names.p, names.n, name, strlen(name));
}

static int
ask_for_person(
    struct worker *w, struct contacts *c, const struct turn *t, const struct tl_reason *r)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf detail = {0};
	tl_js_open(&detail, NULL, '{');
	tl_js_str(&detail, "text", r->explanation);
	tl_contact_told_json(&detail, "contacts", &t->seen, c->now);
	tl_js_close(&detail, '}');
	struct tl_case_ask ask = {.platform = t->due.platform,
	    .live = t->account.live,
	    .subject_kind = TL_SUBJECT_ACCOUNT,
	    .subject = t->due.account,
	    .account = t->due.account,
	    .policy = r->policy,
	    .has_severity = r->wants_case,
	    .severity = r->case_severity,
	    .queue = r->case_queue,
	    .confidence = r->unknown ? 0.5 : 0.9,
	    .cause = r->unknown ? TL_CAUSE_UNKNOWN : TL_CAUSE_RULE,
	    .ref = r->rule,
	    .detail = tl_buf_str(&detail)};
	struct tl_id id;
	return tl_review_open_or_join(w->db, law_policies(w->law), &ask, &id, NULL);
}

static int
consequences(struct worker *w, struct contacts *c, const struct turn *t, struct tl_str before)
{
	struct tl_statement_env st;
	struct tl_decide_env env;
	struct tl_id decision;
	enum tl_decided decided = TL_DECIDED_NOT;
	struct tl_signal signal = {.detector = TL_S(TL_CONTACT_DETECTOR),
	    .version = TL_S(TL_CONTACT_VERSION),
	    .label = TL_S(TL_CONTACT_DETECTOR),
	    .score = (double)NAN,
	    .distance = -1};
	commit_env(w, &st, &env);
	int rc = tl_decide_account(w->db, &env, t->due.platform, t->due.account, &t->verdict,
	    &signal, &decided, &decision);
	for (size_t i = 0; i < t->verdict.reason_count && rc == 0; i++) {
		const struct tl_reason *r = &t->verdict.reasons[i];
		if (wants_person(r, decided) && !held_before(before, r, c->arena))
			rc = ask_for_person(w, c, t, r);
	}
	return rc;
}

static int
store_verdict(struct worker *w, struct contacts *c, const struct turn *t)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf reasons = {0};
	struct tl_account_verdict before = {0};
	int rc =
	    tl_account_verdict_get(w->db, t->due.platform, t->due.account, c->arena, &before);
	if (rc == TL_ENOTFOUND && !t->verdict.reason_count)
		return 0;
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	if (!t->verdict.reason_count)
		return tl_account_verdict_drop(w->db, t->due.platform, t->due.account);
	tl_rules_reasons_json(&reasons, NULL, &t->verdict);
	struct tl_account_verdict now = {.platform = t->due.platform,
	    .account = t->due.account,
	    .word = t->verdict.word,
	    .ruleset = t->verdict.ruleset,
	    .reasons = tl_buf_str(&reasons),
	    .rules = names_of(&t->verdict, c->arena),
	    .at = c->now};
	rc = tl_account_verdict_put(w->db, &now);
	TL_KILLPOINT(CONTACT_VERDICT);
	if (rc < 0 || !has_effect(&t->verdict))
		return rc;
	c->promised = true;
	return consequences(w, c, t, before.rules);
}

static int
store_turn(struct worker *w, struct contacts *c, const struct turn *t)
{
	int rc = tl_db_savepoint(w->db);
	if (rc < 0)
		return rc;
	if (!t->gone)
		rc = store_verdict(w, c, t);
	if (rc == 0)
		rc = tl_contact_rest(w->db, &t->due, c->now);
	if (rc == 0)
		return tl_db_release(w->db);
	tl_db_undo(w->db);
	return rc;
}

static void
failed(int rc)
{
	tl_log(EV_STORE_ERROR, TL_LWORD("where", "contacts"),
	    TL_LWORD("error", tl_err_name(rc)), TL_LWORD("text", tl_err_text()));
}

/* One that cannot be stored holds up no other; its turn comes again. */
static int
store_all(struct tl_db *db, void *ctx)
{
	struct contacts *c = ctx;
	(void)db;
	for (size_t i = 0; i < c->n; i++) {
		int rc = c->turn[i].judged ? store_turn(c->w, c, &c->turn[i]) : 0;
		if (rc < 0 && tl_err_kind(rc) == TL_RETRY)
			return rc;
		if (rc < 0)
			failed(rc);
	}
	return 0;
}

static int
take_due(struct tl_db *db, void *ctx)
{
	struct contacts *c = ctx;
	struct tl_contact_due due[BATCH];
	size_t n = 0;
	int rc = tl_contact_due(db, c->now, BATCH, due, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		c->turn[i] = (struct turn){.due = due[i]};
		rc = tl_contact_take(db, &due[i], c->now + TURN_US);
	}
	c->n = rc == 0 ? n : 0;
	return rc;
}

/* Nobody's turn: looked at without taking the turn of who writes. */
static int
any_due(struct worker *w, struct contacts *c)
{
	struct tl_contact_due one;
	size_t n = 0;
	int rc = tl_contact_due(w->db, c->now, 1, &one, &n);
	return rc < 0 ? rc : (int)n;
}

static int
judge_all(struct worker *w, struct contacts *c)
{
	int rc = tl_db_tx(w->db, TL_SYNC_NORMAL, take_due, c);
	if (rc < 0)
		return rc;
	TL_KILLPOINT(CONTACT_TAKEN);
	for (size_t i = 0; i < c->n; i++) {
		rc = judge_turn(w, c, &c->turn[i]);
		c->turn[i].judged = rc == 0;
		if (rc < 0)
			failed(rc);
	}
	c->promised = false;
	rc = tl_db_tx(w->db, TL_SYNC_NORMAL, store_all, c);
	if (rc == 0 && c->promised)
		rc = tl_db_sync(w->db);
	return rc;
}

void
contacts_round(struct worker *w)
{
	struct contacts *c = w->contacts;
	int64_t mono = tl_mono_us();
	if (mono < c->next_us || !w->set || !law_policies(w->law))
		return;
	c->next_us = mono + LOOK_US;
	c->w = w;
	c->now = tl_now_us();
	c->n = 0;
	tl_arena_reset(c->arena);
	int rc = any_due(w, c);
	if (rc > 0)
		rc = judge_all(w, c);
	if (rc < 0) {
		failed(rc);
		c->next_us = mono + FAILED_US;
		return;
	}
	if (c->n == BATCH)
		c->next_us = mono;
	if (c->promised) {
		c->promised = false;
		tl_wake(w->wires, TL_PROC_CLERK);
		tl_wake(w->wires, TL_PROC_SERVER);
	}
}
