/*
 * Rows of actions: what the platform must do because of a decision, and how far that is. Writers run inside a
 * transaction and step the state by core/enforce_state.h. Views borrow from the arena.
 */
#pragma once

#include "core/words.h"
#include "store/db.h"

#define TL_ACTIONS_MAX 200

struct tl_arena;

struct tl_action_row {
	struct tl_id id, decision;
	int64_t platform;
	bool live;
	enum tl_subject_kind subject_kind;
	struct tl_id subject;
	struct tl_str name;
	struct tl_str params;  /* JSON, or empty */
	struct tl_id reverses; /* nil when none */
	enum tl_action_state state;
	int64_t created_at, clock_at, confirmed_at;
	struct tl_str confirm_note;
	bool automatic; /* only from tl_action_in_force: no person took part in the decision */
};

int tl_action_add(struct tl_db *db, const struct tl_action_row *a) TL_MUST;
int tl_action_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena,
    struct tl_action_row *ret) TL_MUST;

/* state, clock_at, confirmed_at and confirm_note are stored. */
int tl_action_set(struct tl_db *db, const struct tl_action_row *a) TL_MUST;

int tl_action_of_decision(struct tl_db *db, struct tl_id decision, struct tl_arena *arena,
    struct tl_action_row **ret, size_t *ret_count) TL_MUST;

/* Newest first. */
int tl_action_of_subject(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_arena *arena, struct tl_action_row **ret,
    size_t *ret_count) TL_MUST;

/*
 * Actions that may be at work on the platform because of decisions about this subject, oldest first: not refused,
 * not cancelled, and no other action takes them back.
 */
int tl_action_in_force(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_arena *arena, struct tl_action_row **ret,
    size_t *ret_count) TL_MUST;

/*
 * Actions at work on this subject, newest first, whatever the decision was about: not held, not refused, not cancelled, not over
 * by `now`, and no other action takes them back.
 */
int tl_action_on(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, int64_t now, struct tl_arena *arena, struct tl_action_row **ret,
    size_t *ret_count) TL_MUST;
/* Its parameters say an end ("until", or "duration" since it was made) that has come. */
bool tl_action_over(const struct tl_action_row *a, int64_t now);

/* Not confirmed although their clock has run out. */
int tl_action_late(struct tl_db *db, int64_t now, size_t max, struct tl_arena *arena,
    struct tl_action_row **ret, size_t *ret_count) TL_MUST;

int tl_action_counts(struct tl_db *db, int64_t ret[tl_action_state_count]) TL_MUST;
