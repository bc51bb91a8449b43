/* Private to src/ship: one database's way into its copy, shared by ship.c (the log) and generation.c (the files). */
#pragma once

#include "ship/ship.h"
#include "ship/track.h"
#include "ship/wal.h"
#include "sys/fd.h"
#include "sys/turn.h"

#include <sqlite3.h>

#define TL_SHIP_PATH 4096
#define TL_SHIP_PIECE (1U << 20)              /* read and written at a time */
#define TL_SHIP_BASE_STEP (INT64_C(32) << 20) /* of the base copied in one step */
#define TL_SHIP_GENERATIONS_MAX 1024

struct tl_ship {
	struct tl_ship_rules rules;
	struct tl_ship_state state;
	char *database, *to;
	struct tl_turn turn;
	sqlite3 *reader, *merger;
	bool held;       /* the reader's transaction stands */
	bool begin_anew; /* what is on disk cannot be gone on with */

	int log_fd, segment_fd, index_fd;
	int64_t segment; /* -1: none yet */
	int64_t at;      /* bytes of the log that are in the segment */
	struct tl_wal wal;
	uint8_t head[TL_WAL_HEAD];
	int64_t begun_us; /* monotonic: this life of the log */
	bool in_part;     /* the last piece ended inside a transaction */

	bool ended; /* all of the log was merged and the database looked so: */
	int64_t end_mtime_ns, end_size;

	sqlite3_file *base; /* the merger's; NULL: no base copy is under way */
	int base_to;
	int64_t base_at;
	int64_t based_us; /* 0: there is no base yet */
	int64_t based_at;

	uint8_t piece[TL_SHIP_PIECE];
};

int tl_ship_path(const struct tl_ship *s, const char *name, char dst[TL_SHIP_PATH]) TL_MUST;
int tl_ship_segment(const struct tl_ship *s, char dst[TL_SHIP_PATH]) TL_MUST;
int tl_ship_sync_folder(const struct tl_ship *s) TL_MUST; /* the generation's */

/* The copy of the database's file, piece by piece, while nobody merges. *ret_done: it has its name. */
int tl_ship_base_begin(struct tl_ship *s) TL_MUST;
int tl_ship_base_step(struct tl_ship *s, bool *ret_done) TL_MUST;
void tl_ship_base_abort(struct tl_ship *s);

/* Finds the place in the newest generation; sets begin_anew when there is none to go on with. */
int tl_ship_resume(struct tl_ship *s) TL_MUST;

/* Removes generations that are no longer needed: unfinished ones, and those older than keep_us. */
void tl_ship_prune(const struct tl_ship *s);

/* Names of the generations in a folder, oldest first; at most TL_SHIP_GENERATIONS_MAX. Freed by the caller. */
struct tl_ship_name {
	char z[24];
};
int tl_ship_generations(
    const char *folder, struct tl_ship_name **ret, size_t *ret_count) TL_MUST;
