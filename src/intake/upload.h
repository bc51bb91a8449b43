/*
 * Media on their way in: hashed, sniffed and encrypted as they arrive, never held whole. A blob without a row is
 * removed by the clerk, so an upload that breaks off leaves nothing.
 */
#pragma once

#include "store/media.h"

struct tl_upload;

/* `limit` bytes at most. */
int tl_upload_begin(
    struct tl_store *s, int64_t platform, int64_t limit, struct tl_upload **ret) TL_MUST;
void tl_upload_film_limit(
    struct tl_upload *u, int64_t limit); /* of videos and sounds, when larger */
int tl_upload_add(struct tl_upload *u, struct tl_str bytes) TL_MUST;
/* Destroys u in every case; the media has its bytes, digests and type. TL_EFIELD when it is empty. */
int tl_upload_finish(struct tl_upload *u, struct tl_media *ret) TL_MUST;
void tl_upload_abort(struct tl_upload *u); /* NULL is fine */

/* The type of a file by its first bytes; "application/octet-stream" when unknown. Constant text. */
#define TL_SNIFF_BYTES 192
struct tl_str tl_upload_mime(struct tl_str head);

/* Inside a transaction: the row. `expires_at` applies until an item uses it. */
int tl_upload_store(struct tl_db *db, int64_t platform, const struct tl_media *m,
    int64_t expires_at, bool *ret_known) TL_MUST;
