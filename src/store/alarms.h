/*
 * Alarms (what a person must look at) and the two switches of an installation. Writers run inside a transaction.
 * The same kind and ref is open once: opening it again counts up and renews its text.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

struct tl_arena;

struct tl_alarm {
	struct tl_id id;
	struct tl_str kind, ref;
	struct tl_str text; /* what happened, what is safe, what to do */
	enum tl_alarm_state state;
	struct tl_id owner;
	int64_t opened_at, changed_at, count;
};

/* *ret_new (may be NULL): it was not open before. */
int tl_alarm_open(struct tl_db *db, const char *kind, struct tl_str ref, struct tl_str text,
    bool *ret_new) TL_MUST;

/* Opens it, or renews its text when that has changed; for conditions that are looked at again and again. */
int tl_alarm_say(
    struct tl_db *db, const char *kind, struct tl_str ref, struct tl_str text) TL_MUST;

/* Closes it when it is open: what it told of is over. */
int tl_alarm_over(struct tl_db *db, const char *kind, struct tl_str ref) TL_MUST;

/* By a person; `owner` nil leaves the owner. STATE when it is closed already, NOTFOUND. */
int tl_alarm_set(
    struct tl_db *db, struct tl_id id, enum tl_alarm_state state, struct tl_id owner) TL_MUST;
int tl_alarm_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_alarm *ret) TL_MUST;

/* Newest first; `state` empty: all that are not closed. At most 500. */
int tl_alarm_list(struct tl_db *db, struct tl_str state, struct tl_arena *arena,
    struct tl_alarm **ret, size_t *ret_count) TL_MUST;
int tl_alarm_count(struct tl_db *db, int64_t *ret_open) TL_MUST;

/* Switches: observe_only (off at first) and automatic_actions (on at first). */
#define TL_SWITCH_OBSERVE "observe_only"
#define TL_SWITCH_AUTOMATIC "automatic_actions"

int tl_switch_get(struct tl_db *db, const char *name, bool *ret_on) TL_MUST;
int tl_switch_set(struct tl_db *db, const char *name, bool on, struct tl_str set_by) TL_MUST;
