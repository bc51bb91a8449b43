/*
 * The history of an account: every change of a setting, of its age and of its guardians, with all that explains it. Deleted
 * with the account. Writers run inside a transaction.
 */
#pragma once

#include "core/age.h"
#include "core/item.h"
#include "core/policy.h"
#include "store/db.h"

struct tl_arena;

/* What a row is about when it is not a setting of the matrix. */
#define TL_HISTORY_AGE "age_band"
#define TL_HISTORY_GUARDIAN "guardian"

struct tl_history {
	struct tl_str setting; /* a key of the matrix, or one of the above */
	struct tl_str
	    event; /* set lapsed bounded; said mistake … offered accept decline revert; linked ended */
	struct tl_str from, to; /* what had to be; of a bound, the loosest that could be */
	struct tl_str actor;    /* holder guardian platform system */
	bool warned;
	int64_t until; /* 0: it does not lapse */
	struct tl_str policy;
	/* as they were after the change */
	struct tl_str age_band, age_assured;
	int confidence;
	int64_t at;
};

/* The ages are those of `who`, who is in the store. The row's id is the cause of what is sent because of it; *ret_id may be NULL. */
int tl_history_add(struct tl_db *db, const struct tl_account *who, const struct tl_history *h,
    struct tl_id *ret_id) TL_MUST;
/* The newest first, at most `max`. */
int tl_history_list(struct tl_db *db, int64_t platform, struct tl_id account, size_t max,
    struct tl_arena *arena, struct tl_history **ret, size_t *ret_count) TL_MUST;
/* For the clerk: forgets at most `max` rows from before `before`. How many, or an error. */
int tl_history_expire(struct tl_db *db, int64_t before, int max) TL_MUST;
