/* Platforms, accounts, legal holds. Writers run inside a transaction. */
#pragma once

#include "store/db.h"

struct tl_arena;

int tl_platform_add(
    struct tl_db *db, struct tl_str name, int64_t *ret) TL_MUST; /* TL_EEXISTS */
int tl_platform_find(struct tl_db *db, struct tl_str name, int64_t *ret) TL_MUST;
int tl_platform_name(
    struct tl_db *db, int64_t platform, struct tl_arena *arena, struct tl_str *ret) TL_MUST;

/* Our id of the platform's account; made with age unknown when it is new. */
int tl_account_ensure(struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id,
    struct tl_id *ret) TL_MUST;
int tl_account_find(struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id,
    struct tl_id *ret) TL_MUST;
/* For people: the live one, else the test one. */
int tl_account_find_any(
    struct tl_db *db, int64_t platform, struct tl_str ext_id, struct tl_id *ret) TL_MUST;

/* Creates or replaces what is known; `a->id` is filled. The name is sealed. */
int tl_account_put(struct tl_db *db, struct tl_account *a) TL_MUST;

/* Strings live in `arena`; a name whose key was forgotten reads empty. */
int tl_account_get(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_arena *arena,
    struct tl_account *ret) TL_MUST;

/*
 * The accepted age band: the one that holds until the holder accepts another, whatever the calendar says. This is what
 * settings, gates and detectors go by. TL_AGE_UNKNOWN for an account that was never described, or is not there at all.
 */
int tl_account_band(
    struct tl_db *db, int64_t platform, struct tl_id id, enum tl_age_band *ret) TL_MUST;

/*
 * Erasure: the account's key is forgotten, its row emptied, its choices of settings and their history deleted, its items
 * erased, its contacts deleted (contact_log.h), its relations cut off (relations.h). TL_ECONFLICT while a legal hold stands on
 * it or on one of its items.
 */
int tl_account_erase(struct tl_db *db, int64_t platform, struct tl_id id) TL_MUST;

/* 0 when nothing holds the subject, TL_ECONFLICT naming the hold's basis otherwise. */
int tl_hold_check(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject) TL_MUST;
int tl_hold_place(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_str basis, int64_t min_until, int64_t max_until) TL_MUST;
