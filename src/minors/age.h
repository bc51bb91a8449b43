/*
 * The age of one account in the store: what the platform says of it, what the calendar offers, what the holder answers; each
 * with its history and its event. Rules: core/age.h. Verbs that write run inside a transaction; `who` is the account as
 * read, and its band, assurance and birth month are brought up to date.
 */
#pragma once

#include "core/age.h"
#include "core/item.h"
#include "core/policy.h"
#include "store/db.h"

struct tl_arena;

/* Unknown when the account is not there. */
int tl_age_load(
    struct tl_db *db, int64_t platform, struct tl_id account, struct tl_age *ret) TL_MUST;

/* What the platform says (tl_age_hear). *ret_under: it is below the minimum age from now on, and was not before. */
int tl_age_said(struct tl_db *db, const struct tl_policy_set *set, struct tl_arena *arena,
    struct tl_account *who, const struct tl_age_say *say, int64_t now, enum tl_age_event *ret,
    bool *ret_under) TL_MUST;

/* What the holder answers (tl_age_answer). */
int tl_age_answered(struct tl_db *db, const struct tl_policy_set *set, struct tl_arena *arena,
    struct tl_account *who, enum tl_age_event what, enum tl_age_band band, int64_t now) TL_MUST;

/* For the clerk: offers what the calendar gives. How many accounts were looked at, or an error. */
int tl_age_calendars(
    struct tl_db *db, const struct tl_policy_set *set, int64_t now, int max) TL_MUST;
