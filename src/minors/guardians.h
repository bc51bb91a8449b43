/*
 * Guardians of an account: linked by the platform under an id of its own, they may bound settings (only ever stricter) and the
 * child is told of everything they do. Child or guardian may end a link; its bounds go with it. Verbs that write run inside
 * a transaction, and leave history and events; `who` is the account as read.
 */
#pragma once

#include "core/item.h"
#include "core/policy.h"
#include "minors/settings.h"

struct tl_arena;
struct tl_buf;

#define TL_GUARDIANS_MAX 8 /* of one account */

struct tl_guardian {
	struct tl_str id; /* the platform's */
	int64_t linked_at;
};

/* The longest linked first. At most TL_GUARDIANS_MAX. */
int tl_guardians_list(struct tl_db *db, int64_t platform, struct tl_id account,
    struct tl_arena *arena, struct tl_guardian **ret, size_t *ret_count) TL_MUST;

/* As the member "guardians" of the object that is open in `b`. */
void tl_guardians_json(struct tl_buf *b, const struct tl_guardian *list, size_t n);

/*
 * FIELD when it is the account itself, or an account of a minor; CONFLICT for an adult's account, or when there are
 * TL_GUARDIANS_MAX. Twice is as once. *ret_at: since when.
 */
int tl_guardian_link(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, struct tl_str guardian, int64_t now, int64_t *ret_at) TL_MUST;

/* NOTFOUND when there is no such link. `actor`: holder guardian system. */
int tl_guardian_end(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, struct tl_str guardian, const char *actor,
    int64_t now) TL_MUST;
/* All of them, by the system: the account's holder is an adult. */
int tl_guardians_end(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, int64_t now) TL_MUST;
/* `guardian` is about to be erased, or turns out to be a minor: ends its links to others. */
int tl_guardian_leaves(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *guardian, int64_t now) TL_MUST;

/*
 * Bounds by a linked guardian: each value is the loosest that the setting may have; the loosest of the matrix takes the bound
 * away. NOTFOUND without a link. `a` is brought up to date. One event for all.
 */
int tl_guardian_bound(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, struct tl_str guardian, const struct tl_settings_wish *wish,
    size_t count, int64_t now, struct tl_minors_account *a) TL_MUST;
