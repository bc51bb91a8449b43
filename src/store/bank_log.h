/*
 * What follows the banks: the log of changes that an index of millions of entries keeps up with, and the brake on entries
 * that suddenly match too much.
 */
#pragma once

#include "store/banks.h"

/* The last change of all; 0: there was none. */
int tl_bank_change(struct tl_db *db, int64_t *ret) TL_MUST;

struct tl_bank_change {
	int64_t key, change;
	uint32_t bank;       /* its number */
	bool removed;        /* the entry is gone; nothing below is filled in */
	struct tl_str value; /* valid during the call only */
	bool enabled;
	int64_t disabled_until, expires_at;
};

/*
 * Calls fn for entries of this form that changed after `after`, at most `max` of them in the order of their changes,
 * then for what was removed meanwhile. An entry stands there once, with its newest change, whether it is in force or
 * not. *ret_upto: ask after this the next time; *ret_more: there is more already.
 */
int tl_bank_changes(struct tl_db *db, enum tl_entry_form form, int64_t after, size_t max,
    int (*fn)(void *ctx, const struct tl_bank_change *c), void *ctx, int64_t *ret_upto,
    bool *ret_more) TL_MUST;
/* True when there is or was an entry of this form: something for an index to hold. */
int tl_bank_form_used(struct tl_db *db, enum tl_entry_form form, bool *ret) TL_MUST;
/* Every file of the index has left out what was removed up to this change. */
int tl_bank_removed_drop(struct tl_db *db, enum tl_entry_form form, int64_t upto) TL_MUST;

/* How fast an entry may match before the brake makes it review-only. per_hour 0: there is no brake. */
struct tl_brake {
	int64_t per_hour; /* so many items in one hour, and */
	int64_t factor;   /* so many times its usual of the last week */
};

struct tl_braked {
	int64_t items;       /* of this hour */
	int64_t usual_tenth; /* tenths of items an hour, over the last week */
};

/*
 * Counts one item that the entry matched. Returns 1 when that was too much: the entry is review-only from now on, an alarm
 * is open and the audit trail has it; else 0. Entries and banks that the brake leaves alone are counted all the same.
 */
int tl_brake_count(struct tl_db *db, const struct tl_brake *b, int64_t key, int64_t now_us,
    struct tl_braked *ret) TL_MUST;
/* Forgets counts that are too old for a usual. Returns how many. */
int tl_brake_forget(struct tl_db *db, int64_t now_us, size_t max) TL_MUST;
/* Items that the entry matched since: whole hours. */
int tl_brake_matches(struct tl_db *db, int64_t key, int64_t since_us, int64_t *ret) TL_MUST;
