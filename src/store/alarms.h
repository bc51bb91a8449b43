/*
 * Alarms (what a person must look at) and the two switches of an installation. Writers run inside a transaction.
 * A kind is a row of core/alarms.tbl.h; the same kind and ref is open once. Opening also arranges that somebody is
 * told: notify_at is set in the same transaction, and whoever sends messages (src/notify) finds it there.
 */
#pragma once

#include "core/alarm.h"
#include "store/db.h"

struct tl_arena;

struct tl_alarm {
	struct tl_id id;
	struct tl_str kind, ref;
	struct tl_str text;  /* what happened */
	struct tl_str brief; /* the same as messages say it: nothing that a platform named */
	const struct tl_alarm_row *row;  /* NULL: a kind that this program does not know */
	enum tl_alarm_severity severity; /* warning when unknown */
	enum tl_alarm_state state;
	struct tl_id owner;
	int64_t opened_at, changed_at, count;
	int64_t told, told_at; /* highest step told, 1..3; 0: none yet */
	int64_t flaps;
	bool over; /* closed because its cause was over */
};

/* The values of the kind's sentence, in order: TL_SAID(A_INT(3), A_Z("x")) or TL_SAID_NOTHING. */
struct tl_said {
	const struct tl_arg *values;
	size_t count;
};
#define TL_SAID(...)                                                                           \
	((struct tl_said){(const struct tl_arg[]){__VA_ARGS__},                                \
	    sizeof((const struct tl_arg[]){__VA_ARGS__}) / sizeof(struct tl_arg)})
#define TL_SAID_NOTHING ((struct tl_said){NULL, 0})

/* The sentence with its values; `inside`: also those that stay inside. */
void tl_alarm_sentence(
    struct tl_buf *b, const struct tl_alarm_row *row, struct tl_said said, bool inside);

/* Opens it, or counts up and renews its text. *ret_new (may be NULL): it was not open before. */
int tl_alarm_open(struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref,
    struct tl_said said, bool *ret_new) TL_MUST;

/* Opens it, or renews its text when that has changed; for conditions that are looked at again and again. */
int tl_alarm_say(
    struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref, struct tl_said said) TL_MUST;

/* Closes it when it is open: what it told of is over. */
int tl_alarm_over(struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref) TL_MUST;

/* By a person (`who`: "user:<id>", "cli"); `owner` nil leaves the owner. STATE when it is closed already, NOTFOUND. */
int tl_alarm_set(struct tl_db *db, struct tl_id id, enum tl_alarm_state state,
    struct tl_id owner, struct tl_str who) TL_MUST;
int tl_alarm_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_alarm *ret) TL_MUST;

/* Newest first; `state` empty: all that are not closed. At most 500. */
int tl_alarm_list(struct tl_db *db, struct tl_str state, struct tl_arena *arena,
    struct tl_alarm **ret, size_t *ret_count) TL_MUST;
/* What `kind` is open about, for conditions that must end when they are seen no more. */
int tl_alarm_refs(struct tl_db *db, enum tl_alarm_kind kind, struct tl_arena *arena,
    struct tl_str **ret, size_t *ret_count) TL_MUST;
int tl_alarm_count(struct tl_db *db, int64_t *ret_open) TL_MUST;

/* What every screen shows: how many are open, and the newest sentence of the gravest kind. */
struct tl_alarm_head {
	int64_t open;
	enum tl_alarm_severity severity;
	char text[200];
};
int tl_alarm_head(struct tl_db *db, struct tl_alarm_head *ret) TL_MUST;

/* Open ones by kind, in the order of the table; those of unknown kinds are not among them. */
int tl_alarm_counts(struct tl_db *db, int64_t ret[tl_alarm_kind_count]) TL_MUST;

/* One line of an alarm's history. */
struct tl_alarm_event {
	int64_t at;
	struct tl_str what, who;
};
int tl_alarm_event(
    struct tl_db *db, struct tl_id alarm, const char *what, struct tl_str who) TL_MUST;
/* Newest first, at most 50. */
int tl_alarm_events(struct tl_db *db, struct tl_id alarm, struct tl_arena *arena,
    struct tl_alarm_event **ret, size_t *ret_count) TL_MUST;

/* Switches: observe_only (off at first) and automatic_actions (on at first). */
#define TL_SWITCH_OBSERVE "observe_only"
#define TL_SWITCH_AUTOMATIC "automatic_actions"

int tl_switch_get(struct tl_db *db, const char *name, bool *ret_on) TL_MUST;
int tl_switch_set(struct tl_db *db, const char *name, bool on, struct tl_str set_by) TL_MUST;
