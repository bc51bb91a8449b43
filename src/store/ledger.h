/*
 * Sealing the ledger: committed decisions and their events get a gapless number and their place in a hash chain.
 * One sealer at a time (a duty). Whatever consumes the ledger reads sealed rows only, because ids are not in
 * commit order.
 */
#pragma once

#include "store/db.h"

/* Who may merge the databases' logs: the clerk, or the backup role, which copies them first. */
#define TL_DUTY_MERGE "merge"
/* The name under which the continuous copies say how far they are (tl_deadline_set). */
#define TL_BACKUP_CONTINUOUS "continuous"

/* Takes or renews a duty for `holder`; TL_EAGAIN while somebody else has it. */
int tl_duty_take(
    struct tl_db *db, const char *name, struct tl_id holder, int64_t until) TL_MUST;

/* Seals up to `max` rows, decisions before events; inside a transaction. Returns how many, or an error. */
int tl_ledger_seal(struct tl_db *db, int max) TL_MUST;

/* Called now and then: rows checked; how many there are in all is not known (0). May be NULL. */
typedef void (*tl_ledger_progress_fn)(int64_t done, int64_t all);

/*
 * Walks the whole chain and compares every row with its seal. 0, or ECORRUPT naming the first number that does
 * not fit in the text and *ret_seq. *ret_count: rows checked.
 */
int tl_ledger_verify(struct tl_db *db, tl_ledger_progress_fn progress, int64_t *ret_count,
    int64_t *ret_seq) TL_MUST;
