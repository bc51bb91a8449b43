/* All that is known of one account's age and settings, for people who look at it and in JSON. */
#pragma once

#include "core/age.h"
#include "minors/guardians.h"
#include "minors/history.h"
#include "minors/settings.h"

struct tl_buf;

struct tl_minors_view {
	const struct tl_policy_set *set;
	struct tl_account who;
	struct tl_age age;
	struct tl_minors_account account;
	struct tl_guardian *guardians;
	size_t guardian_count;
	struct tl_history *history; /* the newest first */
	size_t history_count;
	bool more; /* there is older history */
	int64_t now;
};

/* `who` is the account as read; at most `history` rows of history. Lives in the arena. */
int tl_minors_view(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, size_t history, int64_t now, struct tl_arena *arena,
    struct tl_minors_view *ret) TL_MUST;

/* Members of an open object. "age": how the accepted band is known. */
void tl_minors_age_json(struct tl_buf *b, const struct tl_age *a);
/* age_band, treated_as, birth_month, age, said, policy_version, settings, guardians, history, more_history. */
void tl_minors_view_json(struct tl_buf *b, const struct tl_minors_view *v);
