/*
 * Changes of a bank as a whole, each with its line in the audit trail that says what was and what is. All inside the
 * caller's transaction; `actor` as in the audit trail.
 */
#pragma once

#include "store/banks_find.h"

/* What differs, for people: "distance 31 -> 20; share 1 -> 0.5"; nothing when nothing does. */
void tl_bank_difference(
    const struct tl_bank *was, const struct tl_bank *will, struct tl_buf *out);
/* "pdq bank under csae.known, distance 31, …": what a new bank is. */
void tl_bank_words(const struct tl_bank *b, struct tl_buf *out);

/* Creates, audited as bank.create. */
int tl_bank_make(struct tl_db *db, struct tl_bank *b, const char *actor) TL_MUST;
/* Stores what differs, audited as `verb`. Returns 1, or 0 when nothing does. */
int tl_bank_edit(struct tl_db *db, const struct tl_bank *was, const struct tl_bank *will,
    const char *verb, const char *actor) TL_MUST;
/*
 * Another name. Rules name banks: who calls this says first which rules would not find it any more (rules/names.h has
 * them). EFIELD, EEXISTS at /name.
 */
int tl_bank_rename(
    struct tl_db *db, const struct tl_bank *b, struct tl_str name, const char *actor) TL_MUST;
/*
 * It is gone for everybody from now on, its name is free, and nothing matches it. What was found with it keeps its
 * name. Its entries are removed by tl_bank_sweep.
 */
int tl_bank_delete(struct tl_db *db, const struct tl_bank *b, const char *actor) TL_MUST;
/* Removes at most `most` entries of deleted banks; returns how many. For the clerk. */
int tl_bank_sweep(struct tl_db *db, int64_t most) TL_MUST;

/* What differs of an entry, for people: "pdq ID: state live -> off until …"; `now` NULL: it is gone. */
void tl_bank_entry_difference(
    const struct tl_bank_entry *was, const struct tl_bank_entry *now, struct tl_buf *out);
/* "12 entries of exchange ncmec, member 42": what was done to many; `until` 0: for good, or it does not matter. */
void tl_bank_bulk_words(
    const struct tl_bank_filter *f, int64_t count, int64_t until, struct tl_buf *out);
