/*
 * Continuous copies of one SQLite database in WAL mode, while others write to it: every committed transaction is in the
 * copy a moment later, and a copy can be opened as of any of those moments (ship/restore.h).
 *
 *   DIR/<time>/base.db      the database when this generation began
 *   DIR/<time>/000000.wal   the log from then on, byte for byte, one file for each of its lives
 *   DIR/<time>/index        how far that is whole, and when (ship/track.h)
 *
 * The rule that makes it sound: while frames are not copied yet, nobody may begin the log anew. So exactly one process
 * merges the log (checkpoints), the one that owns the shipper; and the shipper holds a reading transaction in the log
 * whenever it does not hold the turn of the writers. Whatever breaks the rule all the same (another program merged the
 * log, a power cut took back what was copied already) is noticed, and a new generation begins.
 */
#pragma once

#include "base/str.h"

struct tl_ship;

struct tl_ship_rules {
	const char *database; /* path */
	const char *turn;     /* path of the writers' turn (sys/turn.h) */
	const char *to;       /* folder for the generations; made when it is not there */
	int64_t renew_us;     /* a new base when the last is so old and something changed */
	int64_t keep_us;      /* how far back one can go; 0: the newest generation only */
	size_t
	    whole_bytes; /* a log of this size is copied, merged and begun anew, under the turn */
	int64_t whole_us; /* the same when it is so old; 0: never for its age */
};

/* Goes on where the copy stands, or begins a generation. The strings are copied. */
int tl_ship_open(const struct tl_ship_rules *rules, struct tl_ship **ret) TL_MUST;
void tl_ship_close(struct tl_ship *s);

/*
 * Copies what was committed, then merges the log as far as that is safe. Every second or so. After an error the next call
 * begins at what is on disk. *ret_more: a base copy is under way, call again soon.
 */
int tl_ship_step(struct tl_ship *s, bool *ret_more) TL_MUST;

/* Before a clean end: copies the rest and merges the whole log. Nobody else may write any more. */
int tl_ship_finish(struct tl_ship *s) TL_MUST;

/* Merges the log without copying, because the copy cannot be written and the log grows: this generation ends. */
int tl_ship_give_up(struct tl_ship *s) TL_MUST;

struct tl_ship_state {
	char generation[24]; /* "" when there is none yet */
	int64_t shipped_us;  /* everything committed before is in the copy */
	int64_t log_bytes;   /* of the log that is not begun anew yet */
	int64_t generations; /* begun since the start */
	const char *broken;  /* why the last one ended, or NULL */
};
const struct tl_ship_state *tl_ship_state(const struct tl_ship *s);
