/*
 * What the watch rules look at: figures by minute, signs of life of the roles, and deadlines that other parts set.
 * Writers run inside a transaction.
 */
#pragma once

#include "core/alarm.h"
#include "store/db.h"

struct tl_arena;

/* Adds to a figure of the current minute ("jail_died"), or sets it ("disk_free"). */
int tl_vital_add(struct tl_db *db, const char *name, int64_t n) TL_MUST;
int tl_vital_set(struct tl_db *db, const char *name, int64_t value) TL_MUST;
/* Sum since then; the oldest value not older than then and its time (NOTFOUND). */
int tl_vital_sum(struct tl_db *db, const char *name, int64_t since, int64_t *ret) TL_MUST;
int tl_vital_oldest(
    struct tl_db *db, const char *name, int64_t since, int64_t *ret, int64_t *ret_at) TL_MUST;
int tl_vital_prune(struct tl_db *db, int64_t before) TL_MUST;

struct tl_beat {
	char role[32];
	int64_t at, started_at, pid;
};
int tl_beat(struct tl_db *db, const char *role, int64_t started_at) TL_MUST;
int tl_beat_gone(struct tl_db *db, const char *role) TL_MUST; /* it stopped in good order */
int tl_beats(struct tl_db *db, size_t max, struct tl_beat *ret, size_t *ret_count) TL_MUST;

/*
 * A deadline: an alarm of this kind opens at warn_at unless it is set anew, and is over once it is. For certificates,
 * keys, backups: whoever renews one says when the next is due. due_at 0 forgets it.
 */
int tl_deadline_set(struct tl_db *db, enum tl_alarm_kind kind, struct tl_str ref,
    int64_t warn_at, int64_t due_at) TL_MUST;
/* Opens and ends the alarms of all deadlines. */
int tl_deadlines_look(struct tl_db *db, struct tl_arena *arena, int64_t now) TL_MUST;
