/*
 * Settings of one account in the store: what was chosen, and changes with their history. An account that was never
 * described is treated as one of unknown age.
 */
#pragma once

#include "core/item.h"
#include "core/policy.h"
#include "minors/matrix.h"
#include "store/db.h"

/*
 * What is known of an account for the matrix. A value that the matrix does not name any more counts as not chosen; a
 * guardian's bound that it does not name any more is the strictest.
 */
int tl_settings_load(struct tl_db *db, const struct tl_minors *m, int64_t platform,
    const struct tl_account *who, struct tl_minors_account *ret) TL_MUST;

struct tl_settings_wish {
	size_t setting; /* its place in the matrix */
	struct tl_minors_wish wish;
};

/*
 * Inside a transaction, for the holder (of guardians see guardians.h): asks the matrix, and keeps what it allows with a row of history. `a` is brought up to date, so
 * that several wishes follow each other. *ret_why names the text that goes with the answer.
 */
int tl_settings_wish(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, struct tl_minors_account *a,
    const struct tl_settings_wish *wish, int64_t now, enum tl_minors_say *ret,
    const char **ret_why) TL_MUST;

/*
 * For the clerk: values whose time is over become the default again, with a row of history for each and one event for the
 * account. How many accounts, or an error.
 */
int tl_settings_lapse(
    struct tl_db *db, const struct tl_policy_set *set, int64_t now, int max) TL_MUST;
