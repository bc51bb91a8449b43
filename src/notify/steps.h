/* Whom an alarm is told to, and when it goes further up. Inside a transaction. */
#pragma once

#include "notify/plan.h"
#include "store/notices.h"

struct tl_arena;

/* Turns alarms that are due into messages that wait. Returns how many alarms it looked at, or an error. */
int tl_notify_steps(struct tl_db *db, const struct tl_notify_plan *p, struct tl_arena *arena,
    int64_t now) TL_MUST;

/*
 * Whether this reader may get a message now: a bounded number an hour, after that one digest in ten minutes.
 * When not, what waits is put off.
 */
int tl_notify_may(struct tl_db *db, const struct tl_notify_plan *p,
    const struct tl_notice_to *to, int64_t now, bool *ret) TL_MUST;

/* The pause after a message that failed, by its tries. */
int64_t tl_notify_pause_us(int64_t attempts);

/* One message to every reader of every channel about this alarm; *ret_count: how many. */
int tl_notify_all(struct tl_db *db, const struct tl_notify_plan *p, struct tl_id alarm,
    const char *what, size_t *ret_count) TL_MUST;
