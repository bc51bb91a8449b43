/*
 * The outbox's rules.
 *
 * Owns the envelope, the back-off and what may happen to a delivery when (core/outbox_state.tbl.h). Promises: a row
 * exists if and only if its cause was committed; it is never dropped, only delivered, dead with an alarm, or
 * cancelled within the undo window. Failure: STATE for a step that is not allowed. Called by decide, the worker
 * (verdicts), the courier, the console (replay).
 */
#include "outbox/outbox.h"

#include "base/arena.h"
#include "base/json.h"
#include "core/enforce_state.h"
#include "store/accounts.h"
#include "store/alarms.h"
#include "sys/clock.h"

#define PAUSE_FIRST (5 * TL_US_S)
#define PAUSE_LAST (6 * TL_US_HOUR)
#define PAUSE_NO_ENDPOINT (30 * TL_US_S)
#define RETRY_AFTER_MAX TL_US_DAY
#define ARENA_BYTES ((size_t)1 << 20)
#define ARENA_ROWS ((size_t)64 << 20)

struct tl_str
tl_outbox_subject_key(
    struct tl_arena *arena, bool live, enum tl_subject_kind kind, struct tl_str ext_id)
{
	return tl_str(tl_arena_printf(arena, "%s%s:%.*s",
	    live ? "" : "test:", tl_subject_kind_names[kind], TL_ARG(ext_id)));
}

static void
envelope(struct tl_buf *b, const struct tl_outbox_message *e, struct tl_id id,
    struct tl_str platform)
{
	char text[TL_ID_TEXT], at[TL_TIME_MAX];
	tl_id_text(text, id);
	tl_time_format(at, e->at);
	tl_js_open(b, NULL, '{');
	tl_js_z(b, "id", text);
	tl_js_z(b, "type", e->type);
	tl_js_z(b, "at", at);
	tl_js_str(b, "platform", platform);
	tl_js_bool(b, "livemode", e->live);
	tl_js_raw(b, "data", e->data);
	tl_js_close(b, '}');
}

int
tl_outbox_put(struct tl_db *db, const struct tl_outbox_message *e, bool *ret_held)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	TL_CLEANUP(tl_buf_fini) struct tl_buf body = {0};
	struct tl_str platform;
	bool observe = false;
	int rc = tl_platform_name(db, e->platform, arena, &platform);
	if (rc == 0)
		rc = tl_switch_get(db, TL_SWITCH_OBSERVE, &observe);
	if (rc < 0)
		return rc;
	struct tl_outbox_row row = {
	    .id = tl_id_new(),
	    .platform = e->platform,
	    .live = e->live,
	    .kind = tl_str(e->type),
	    .subject_key = e->subject_key,
	    .cause = e->cause,
	    .created_at = e->at,
	    .not_before = e->not_before > e->at ? e->not_before : e->at,
	    .state = observe ? TL_OUTBOX_HELD : TL_OUTBOX_WAITING,
	};
	envelope(&body, e, row.id, platform);
	row.body = tl_buf_str(&body);
	rc = tl_outboxrow_add(db, &row);
	if (rc == 0 && ret_held)
		*ret_held = observe;
	return rc;
}

static int64_t
next_pause(int64_t pause)
{
	return pause < PAUSE_LAST / 3 ? pause * 3 : PAUSE_LAST;
}

int64_t
tl_outbox_pause_us(int64_t attempts, unsigned dice)
{
	int64_t pause = PAUSE_FIRST;
	for (int64_t i = 1; i < attempts && pause < PAUSE_LAST; i++)
		pause = next_pause(pause);
	/* Three quarters to five quarters: receivers that went down together do not come back to one burst. */
	return pause * 3 / 4 + pause / 2 * (int64_t)(dice & 0xffffu) / 0x10000;
}

/*
 * Whether so many tries have used up the time for trying. Counted in pauses, not from the row's age: a replay
 * starts anew, and days in which the courier itself was stopped cost nobody a try.
 */
static bool
used_up(int64_t attempts, int64_t give_up_us)
{
	int64_t sum = 0, pause = PAUSE_FIRST;
	for (int64_t i = 0; i < attempts && sum < give_up_us; i++) {
		sum += pause;
		pause = next_pause(pause);
	}
	return sum >= give_up_us;
}

static int
alarm_dead(struct tl_db *db, const struct tl_outbox_row *row)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, row->id);
	return tl_alarm_open(db, TL_AL_DELIVERY_DEAD, tl_str(id),
	    TL_SAID(A_INT(row->attempts), A_TEXT(row->error)), NULL);
}

int
tl_outbox_tried(struct tl_db *db, struct tl_outbox_row *row,
    const struct tl_outbox_result *result, int64_t give_up_us, int64_t now)
{
	enum tl_outbox_event what = TL_OUTBOX_DELIVER;
	int64_t attempt = row->attempts;
	if (result->error) {
		bool over = !result->no_count && used_up(row->attempts, give_up_us);
		what = over ? TL_OUTBOX_GIVE_UP : TL_OUTBOX_RETRY;
	}
	int rc = tl_outbox_step(row->state, what, &row->state);
	if (rc < 0)
		return rc;
	row->status = result->status;
	row->error = result->error ? tl_str(result->error) : TL_S("");
	if (what == TL_OUTBOX_DELIVER) {
		row->delivered_at = now;
	} else if (result->no_count) {
		row->attempts -= row->attempts > 0;
		row->next_at = now + PAUSE_NO_ENDPOINT;
	} else {
		uint16_t dice;
		tl_random(&dice, sizeof dice);
		int64_t pause = tl_outbox_pause_us(row->attempts, dice);
		int64_t asked = result->retry_after_us < RETRY_AFTER_MAX
				    ? result->retry_after_us
				    : RETRY_AFTER_MAX;
		row->next_at = now + (asked > pause ? asked : pause);
	}
	rc = tl_outboxrow_tried(db, row, attempt);
	if (rc == 0 && what == TL_OUTBOX_GIVE_UP)
		rc = alarm_dead(db, row);
	return rc;
}

int
tl_outbox_cancel(struct tl_db *db, struct tl_id cause)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_ROWS);
	struct tl_outbox_row *rows;
	size_t n;
	int rc = tl_outboxrow_of_cause(db, cause, arena, &rows, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		/* A number means that it may be on its way, or read from the event stream. */
		if (rows[i].event_seq > 0)
			return tl_fail(
			    TL_ECONFLICT, "too late: it is on its way to the platform");
		rc = tl_outbox_step(rows[i].state, TL_OUTBOX_CANCEL, &rows[i].state);
		if (rc == 0)
			rc = tl_outboxrow_set(db, &rows[i]);
	}
	return rc;
}

int
tl_outbox_known(struct tl_db *db, struct tl_id cause, int64_t now)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_ROWS);
	struct tl_outbox_row *rows;
	size_t n;
	int rc = tl_outboxrow_of_cause(db, cause, arena, &rows, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		/* A leased one is under way at this moment: its courier will report. */
		if (rows[i].state != TL_OUTBOX_WAITING && rows[i].state != TL_OUTBOX_DEAD)
			continue;
		rc = tl_outbox_step(rows[i].state, TL_OUTBOX_DELIVER, &rows[i].state);
		rows[i].delivered_at = now;
		rows[i].error = TL_S("");
		if (rc == 0)
			rc = tl_outboxrow_set(db, &rows[i]);
	}
	return rc;
}

int
tl_outbox_replay(struct tl_db *db, struct tl_id id, int64_t now, struct tl_arena *arena,
    struct tl_outbox_row *ret)
{
	struct tl_outbox_row row;
	bool overtaken = false;
	char text[TL_ID_TEXT];
	int rc = tl_outboxrow_get(db, id, arena, &row);
	if (rc == 0)
		rc = tl_outboxrow_overtaken(db, id, &overtaken);
	if (rc < 0)
		return rc;
	if (overtaken)
		return tl_fail(TL_ECONFLICT,
		    "a later delivery about the same subject has arrived; replay that one");
	rc = tl_outbox_step(row.state, TL_OUTBOX_REPLAY, &row.state);
	if (rc < 0)
		return rc;
	row.attempts = 0;
	row.next_at = now;
	row.delivered_at = 0;
	rc = tl_outboxrow_set(db, &row);
	tl_id_text(text, id);
	if (rc == 0)
		rc = tl_alarm_over(db, TL_AL_DELIVERY_DEAD, tl_str(text));
	if (rc == 0)
		*ret = row;
	return rc;
}
