/*
 * Messages about alarms: one row a channel ("mail", "webhook") and reader ("oncall", "leads", "admins"). All that
 * waits for one reader of one channel leaves in one message (a batch), so a flood of alarms becomes a digest.
 * Writers run inside a transaction.
 */
#pragma once

#include "store/db.h"

struct tl_alarm;
struct tl_arena;

#define TL_NOTICE_BATCH 50 /* alarms in one message */

struct tl_notice {
	struct tl_id id, alarm;
	struct tl_str what, channel, who, state;
	int64_t attempts, created_at, next_at, sent_at;
	struct tl_str error;
};

/* A reader of a channel for whom something waits. */
struct tl_notice_to {
	char channel[16], who[16];
};

/* Alarms whose notify_at has come, and what was told of one. `again_at` 0: nobody is told any more. */
int tl_alarm_due(struct tl_db *db, int64_t now, size_t max, struct tl_arena *arena,
    struct tl_alarm **ret, size_t *ret_count) TL_MUST;
int tl_alarm_told(struct tl_db *db, struct tl_id alarm, int64_t told, int64_t told_at,
    int64_t again_at) TL_MUST;
/* Whether an alarm or a message is due: a read that costs nobody a turn. */
int tl_notice_due(struct tl_db *db, int64_t now, bool *ret) TL_MUST;

int tl_notice_add(struct tl_db *db, struct tl_id alarm, const char *what, const char *channel,
    const char *who) TL_MUST;
int tl_notice_targets(struct tl_db *db, int64_t now, size_t max, struct tl_notice_to *ret,
    size_t *ret_count) TL_MUST;
/* What is due for one reader becomes batch `batch`, ours until `until`. */
int tl_notice_lease(struct tl_db *db, const struct tl_notice_to *to, int64_t now, int64_t until,
    struct tl_id batch, struct tl_arena *arena, struct tl_notice **ret,
    size_t *ret_count) TL_MUST;
/* What became of a batch. Messages older than a day are given up. */
int tl_notice_sent(struct tl_db *db, struct tl_id batch, int64_t now) TL_MUST;
int tl_notice_failed(struct tl_db *db, struct tl_id batch, struct tl_str error, int64_t next_at,
    int64_t now) TL_MUST;

/* Messages that reached this reader since then, and when the last one did. */
int tl_notice_sent_since(struct tl_db *db, const struct tl_notice_to *to, int64_t since,
    int64_t *ret_count, int64_t *ret_last) TL_MUST;
/* Nothing of what waits leaves before `at`. */
int tl_notice_wait(struct tl_db *db, const struct tl_notice_to *to, int64_t at) TL_MUST;

/* Of one alarm, oldest first, at most 100. */
int tl_notice_list(struct tl_db *db, struct tl_id alarm, struct tl_arena *arena,
    struct tl_notice **ret, size_t *ret_count) TL_MUST;

/* Channels whose last messages did not arrive. */
struct tl_notice_trouble {
	struct tl_str channel, who, error;
	int64_t waiting, attempts;
};
int tl_notice_failing(struct tl_db *db, int64_t since, struct tl_arena *arena,
    struct tl_notice_trouble **ret, size_t *ret_count) TL_MUST;

/* Forgets messages and the history of closed alarms from before then. Returns how many. */
int tl_notice_prune(struct tl_db *db, int64_t before, int64_t max) TL_MUST;
