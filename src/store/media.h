/* Media rows: what is known of bytes that were uploaded. Writers run inside a transaction. */
#pragma once

#include "store/db.h"

struct tl_arena;

#define TL_MEDIA_QUALITY_MIN 50 /* of a PDQ hash: what is below matches by accident */

/* Adds the row when it is new; `expires_at` applies until an item uses it. The blob must be there: TL_EAGAIN
 * when a purge removed it meanwhile (upload again). */
int tl_media_add(
    struct tl_db *db, int64_t platform, const struct tl_media *m, int64_t expires_at) TL_MUST;

int tl_media_get(struct tl_db *db, int64_t platform, const struct tl_media_id *id,
    struct tl_arena *arena, struct tl_media *ret) TL_MUST;

/* Fills item->media from the store. */
int tl_media_of_item(struct tl_db *db, struct tl_item *item, struct tl_arena *arena) TL_MUST;

/* Fills frames and words, which the two above leave empty: they may be long. */
int tl_media_hashes(
    struct tl_db *db, int64_t platform, struct tl_media *m, struct tl_arena *arena) TL_MUST;

/* Takes from `film` what the fields beside it say of a video or sound. */
void tl_media_know_film(struct tl_media *m);

/* Result of decoding: state, reason, size, hashes. */
int tl_media_scanned(struct tl_db *db, int64_t platform, const struct tl_media *m) TL_MUST;

/*
 * What no other item needs the bytes of is marked erased; they go with the clerk's next tl_media_purge, after this
 * transaction has committed. `hashes_too`: the media are taken away from the item, and hashes that no other item
 * names go as well; without, they stay, and the item is found by them.
 */
int tl_media_release(
    struct tl_db *db, int64_t platform, struct tl_id item, bool hashes_too) TL_MUST;

/* Erases up to `max` media that expired without an item. Returns how many, or an error. */
int tl_media_sweep(struct tl_db *db, int64_t now_us, int max) TL_MUST;

/* Removes the bytes of up to `max` erased media. Returns how many, or an error. */
int tl_media_purge(struct tl_db *db, int max) TL_MUST;

/*
 * Removes files of one part of the blob folder (0..255) that were written before `before_us` and that no row names.
 * Outside a transaction. Returns how many, or an error.
 */
int tl_media_sweep_files(struct tl_db *db, unsigned part, int64_t before_us) TL_MUST;
