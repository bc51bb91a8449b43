/*
 * Confirmations, clocks, replays.
 *
 * Promises: a confirmation is applied once however often it comes; an action that nobody confirms is never silent.
 * Failure: NOTFOUND (another platform's action), STATE (core/action_state.tbl.h). Called by the API (confirm), the
 * courier (delivered), the clerk (clocks), the console (replay).
 */
#include "enforce/enforce.h"

#include "base/arena.h"
#include "core/enforce_state.h"
#include "outbox/outbox.h"
#include "store/alarms.h"
#include "store/decisions.h"
#include "store/streams.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define REMIND (6 * TL_US_HOUR)

static struct tl_str
id_text(struct tl_arena *arena, struct tl_id id)
{
	char text[TL_ID_TEXT];
	tl_id_text(text, id);
	return tl_str(tl_arena_printf(arena, "%s", text));
}

static int
append(struct tl_db *db, struct tl_id decision, const char *kind, const char *actor,
    struct tl_str ref, struct tl_str outcome, int64_t now)
{
	struct tl_decision_event e = {.kind = tl_str(kind),
	    .at = now,
	    .actor = tl_str(actor),
	    .ref = ref,
	    .outcome = outcome};
	return tl_decision_event_add(db, decision, &e);
}

/* What a confirmed action means for the account's state here. */
static int
account_state(struct tl_db *db, const struct tl_policy_set *set, const struct tl_action_row *a,
    struct tl_str taken_back, int64_t now)
{
	bool back = taken_back.n > 0;
	const struct tl_action_def *def = tl_action_find(set, back ? taken_back : a->name);
	if (a->subject_kind != TL_SUBJECT_ACCOUNT || !def ||
	    def->restriction != TL_RESTRICT_ACCOUNT)
		return 0;
	enum tl_account_state state = TL_ACCOUNT_ACTIVE;
	if (!back)
		state = tl_str_is(def->restriction_word, "DECISION_ACCOUNT_TERMINATED")
			    ? TL_ACCOUNT_TERMINATED
			    : TL_ACCOUNT_SUSPENDED;
	int rc = tl_db_run(db, TL_SQL_ACCOUNT_STATE_SET, A_INT(a->platform), A_ID(a->subject),
	    A_Z(tl_account_state_names[state]), A_INT(now));
	return rc < 0 ? rc : 0;
}

/* A stream that the platform has stopped, and how long that took from the decision. */
static int
stream_state(struct tl_db *db, const struct tl_action_row *a, int64_t now)
{
	if (a->subject_kind != TL_SUBJECT_ITEM || !tl_str_is(a->name, "stop_stream"))
		return 0;
	int rc = tl_stream_stopped(db, a->platform, a->subject, now);
	if (rc == 0)
		rc = tl_counter_add(db, a->platform, a->live, "stream_stop_ms", TL_S(""),
		    (now - a->created_at) / TL_US_MS);
	return rc;
}

/* The action that this one takes back is over. *ret_name: its name, empty when there is none. */
static int
take_back(struct tl_db *db, const struct tl_action_row *a, int64_t now, struct tl_arena *arena,
    struct tl_str *ret_name)
{
	struct tl_action_row old;
	*ret_name = TL_S("");
	if (tl_id_is_nil(a->reverses))
		return 0;
	int rc = tl_action_get(db, a->reverses, arena, &old);
	if (rc == 0)
		rc = tl_action_step(old.state, TL_ACTION_TAKE_BACK, &old.state);
	if (rc < 0)
		return rc;
	old.clock_at = 0;
	rc = tl_action_set(db, &old);
	if (rc == 0)
		rc = append(db, old.decision, "reinstated", "platform", id_text(arena, a->id),
		    old.name, now);
	if (rc == 0)
		rc = tl_alarm_over(db, TL_AL_ACTION_CLOCK, id_text(arena, old.id));
	*ret_name = old.name;
	return rc;
}

/* "item post-17": the action's subject in the platform's words. */
static int
about(
    struct tl_db *db, const struct tl_action_row *a, struct tl_arena *arena, struct tl_str *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ACTION_ABOUT, A_ID(a->id));
	if (rc < 0)
		return rc;
	*ret = tl_str(tl_arena_printf(arena, "%s %.*s", tl_subject_kind_names[a->subject_kind],
	    TL_ARG(tl_col_str(&r, 0))));
	tl_row_end(&r);
	return tl_arena_check(arena);
}

static int
refused_alarm(struct tl_db *db, const struct tl_action_row *a, struct tl_arena *arena)
{
	struct tl_str subject;
	int rc = about(db, a, arena, &subject);
	if (rc < 0)
		return rc;
	return tl_alarm_open(db, TL_AL_ACTION_REFUSED, id_text(arena, a->id),
	    TL_SAID(A_TEXT(a->name), A_TEXT(subject)), NULL);
}

static int
confirmed(struct tl_db *db, const struct tl_policy_set *set, const struct tl_action_row *a,
    bool done, int64_t now, struct tl_arena *arena)
{
	struct tl_str taken_back = TL_S(""), ref = id_text(arena, a->id);
	int rc = append(db, a->decision, "confirmed", "platform", ref,
	    done ? TL_S("done") : TL_S("refused"), now);
	if (rc == 0)
		rc = tl_outbox_known(db, a->id, now);
	if (rc == 0)
		rc = tl_alarm_over(db, TL_AL_ACTION_CLOCK, ref);
	if (rc == 0 && !done)
		rc = refused_alarm(db, a, arena);
	if (rc == 0 && done)
		rc = take_back(db, a, now, arena, &taken_back);
	if (rc == 0 && done)
		rc = account_state(db, set, a, taken_back, now);
	if (rc == 0 && done)
		rc = stream_state(db, a, now);
	if (rc < 0)
		return rc;
	const char *figure = done ? "actions_confirmed" : "actions_refused";
	return tl_counter_add(db, a->platform, a->live, figure, TL_S(""), 1);
}

int
tl_enforce_confirm(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_confirmation *c, int64_t now, struct tl_arena *arena,
    struct tl_action_row *ret)
{
	struct tl_action_row a;
	enum tl_action_state next;
	int rc = tl_action_get(db, c->action, arena, &a);
	if (rc < 0)
		return rc;
	if (a.platform != c->platform || a.live != c->live)
		return tl_fail(TL_ENOTFOUND, "there is no such action");
	rc = tl_action_step(a.state, c->done ? TL_ACTION_DONE : TL_ACTION_REFUSE, &next);
	if (rc < 0)
		return rc;
	if (next == a.state) {
		*ret = a;
		return 0;
	}
	a.state = next;
	a.confirmed_at = now;
	a.confirm_note = c->note;
	a.clock_at = 0;
	rc = tl_action_set(db, &a);
	TL_KILLPOINT(CONFIRM_APPLIED);
	if (rc == 0)
		rc = confirmed(db, set, &a, c->done, now, arena);
	if (rc == 0)
		*ret = a;
	return rc;
}

int
tl_enforce_delivered(
    struct tl_db *db, const struct tl_outbox_row *row, int64_t now, struct tl_arena *arena)
{
	struct tl_action_row a;
	if (!tl_str_is(row->kind, "action.requested"))
		return 0;
	int rc = tl_action_get(db, row->cause, arena, &a);
	if (rc < 0)
		return rc;
	enum tl_action_state was = a.state;
	rc = tl_action_step(a.state, TL_ACTION_SEND, &a.state);
	if (rc < 0 || was == a.state)
		return rc;
	rc = tl_action_set(db, &a);
	return rc < 0 ? rc
		      : append(db, a.decision, "delivered", "system", id_text(arena, row->id),
			    a.name, now);
}

static int
late_alarm(struct tl_db *db, struct tl_action_row *a, int64_t now, struct tl_arena *arena)
{
	struct tl_str subject;
	int rc = about(db, a, arena, &subject);
	if (rc < 0)
		return rc;
	rc = tl_alarm_open(db, TL_AL_ACTION_CLOCK, id_text(arena, a->id),
	    TL_SAID(A_TEXT(a->name), A_TEXT(subject),
		A_Z(a->state == TL_ACTION_SENT ? "received" : "not yet received")),
	    NULL);
	a->clock_at = now + REMIND;
	return rc < 0 ? rc : tl_action_set(db, a);
}

int
tl_enforce_clocks(
    struct tl_db *db, int64_t now, size_t max, struct tl_arena *arena, size_t *ret_count)
{
	struct tl_action_row *late;
	size_t n;
	int rc = tl_action_late(db, now, max, arena, &late, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = late_alarm(db, &late[i], now, arena);
	if (rc == 0)
		*ret_count = n;
	return rc;
}

/* A held action goes on its way with its delivery, and its clock begins now. */
static int
release(struct tl_db *db, const struct tl_policy_set *set, struct tl_action_row *a, int64_t now)
{
	if (a->state != TL_ACTION_HELD)
		return 0;
	const struct tl_action_def *def = tl_action_find(set, a->name);
	int rc = tl_action_step(a->state, TL_ACTION_RELEASE, &a->state);
	a->clock_at = def && def->confirm_us ? now + def->confirm_us : 0;
	return rc < 0 ? rc : tl_action_set(db, a);
}

int
tl_enforce_replay(struct tl_db *db, const struct tl_policy_set *set, struct tl_id delivery,
    int64_t now, struct tl_arena *arena, struct tl_outbox_row *ret)
{
	struct tl_action_row a;
	struct tl_outbox_row row;
	int rc = tl_outbox_replay(db, delivery, now, arena, &row);
	if (rc == 0 && tl_str_is(row.kind, "action.requested")) {
		rc = tl_action_get(db, row.cause, arena, &a);
		if (rc == 0 &&
		    (a.state == TL_ACTION_CANCELLED || a.state == TL_ACTION_REVERSED))
			rc = tl_fail(TL_ECONFLICT, "this action was taken back since");
		if (rc == 0)
			rc = release(db, set, &a, now);
	}
	if (rc == 0)
		*ret = row;
	return rc;
}
