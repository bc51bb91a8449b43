/*
 * Crisis mode: one picture or clip and its edits, watched with a net of its own: a bank that holds nothing else, with its
 * own distance, turned pictures included, until an end that is set when it starts. What the net catches the worker withholds
 * or sends to a person (its bank's source says which); what was published before is found as for every bank that grows.
 */
#pragma once

#include "again/index.h"
#include "core/item.h"
#include "store/banks.h"

struct tl_arena;

#define TL_WATCH_PREFIX "watch." /* of the names of the banks */
#define TL_WATCH_SOURCE_HOLD "watch withhold"
#define TL_WATCH_SOURCE_ASK "watch review"
#define TL_WATCH_TITLE_MAX 100

struct tl_watch {
	struct tl_id id, bank;
	struct tl_str title, policy;
	bool holds; /* withhold; else review */
	struct tl_id started_by;
	int64_t started_at, ends_at, ended_at; /* ended_at 0: it runs */
	struct tl_str ended_by, report;
	struct tl_str bank_name;
	int distance;
	bool turned, enabled;
	enum tl_bank_kind kind;
	int64_t entries;
};

/*
 * What of an item can be watched: its videos, else its pictures, else its sounds; of one medium only when that is named (its
 * id in hex; empty: of all). EFIELD at /media when there is nothing.
 */
int tl_watch_of_item(struct tl_db *db, const struct tl_item *item, struct tl_str medium,
    struct tl_arena *arena, struct tl_bank_entry **ret, size_t *ret_count) TL_MUST;
/* The same of one medium with its hashes; EFIELD, at no field, says why it cannot be. */
int tl_watch_of_medium(
    const struct tl_media *m, struct tl_arena *arena, struct tl_bank_entry *ret) TL_MUST;
/*
 * Starts one that looks for these entries, which are of one form: id, bank and times are filled in. An alarm tells the leads
 * at once (`who`: the person's name, for people inside): a watch needs no second person. Writers run inside a transaction.
 */
int tl_watch_start(struct tl_db *db, const struct tl_bank_entry *entries, size_t count,
    struct tl_str who, struct tl_watch *w, struct tl_arena *arena) TL_MUST;
int tl_watch_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_watch *ret) TL_MUST;
/* Those that run first, then the newest. */
int tl_watch_list(
    struct tl_db *db, struct tl_arena *arena, struct tl_watch **ret, size_t *ret_count) TL_MUST;
int tl_watch_open_count(struct tl_db *db, int64_t *ret) TL_MUST;
/* STATE when it has ended. */
int tl_watch_distance(struct tl_db *db, const struct tl_watch *w, int distance,
    struct tl_str who, struct tl_arena *arena) TL_MUST;
int tl_watch_until(struct tl_db *db, const struct tl_watch *w, int64_t ends_at) TL_MUST;
/* Its bank is switched off, its figures are kept. */
int tl_watch_end(struct tl_db *db, const struct tl_watch *w, struct tl_str by,
    struct tl_arena *arena) TL_MUST;
/* Ends one whose time has come; 1 when there was one. */
int tl_watch_end_due(struct tl_db *db, struct tl_arena *arena) TL_MUST;

/* Members of an open object: states, minutes (the last hour), views, seconds to action. */
int tl_watch_figures(struct tl_db *db, const struct tl_watch *w, struct tl_buf *out) TL_MUST;
/* What whoever looks may see of what was found; it belongs to no layer here. */
struct tl_watch_eyes {
	int (*item)(void *ctx, int64_t platform, struct tl_id item, bool *ret);
	int (*media)(void *ctx, int64_t platform, const struct tl_media_id *media, bool *ret);
	void *ctx;
};
/* An array of what it found last, and "hidden": how many newer ones than the last of these are not shown. */
int tl_watch_newest(struct tl_db *db, const struct tl_watch *w, const char *key, size_t limit,
    const struct tl_watch_eyes *eyes, struct tl_buf *out) TL_MUST;
/* What a watch looks for, and how far. */
struct tl_watch_net {
	const struct tl_bank_entry *entries; /* of one form */
	size_t count;
	enum tl_bank_kind kind;
	int distance, share_query, share_known;
};
/* That of a watch that is not started yet; of sounds the distance is at most TL_SOUND_BITS_MAX. */
void tl_watch_net(
    const struct tl_bank_entry *entries, size_t count, int distance, struct tl_watch_net *ret);
/* That of one that runs, at another distance. */
int tl_watch_net_of(struct tl_db *db, const struct tl_watch *w, int distance,
    struct tl_arena *arena, struct tl_watch_net *ret) TL_MUST;
/*
 * What it would catch of all that was published, judged as the worker would: "caught" files within its distance, "now" those
 * within `now` (-1: null, nothing runs), "cut": there are more than can be compared, and a "sample" of the farthest that are
 * caught, each with the newest item that has it. Members of an open object.
 */
int tl_watch_preview(struct tl_db *db, struct tl_again_index *x, const struct tl_watch_net *net,
    int now, const struct tl_watch_eyes *eyes, struct tl_buf *out) TL_MUST;
