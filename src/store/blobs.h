/*
 * Media bytes at rest: files named by a keyed hash of platform and content, each encrypted with a key of its own
 * (libsodium secretstream), which is wrapped under the installation's key in the file's head. Derivatives of a
 * blob stand beside it: the 32-pixel one, the preview, and the clips of a video or sound.
 */
#pragma once

#include "store/store.h"

#define TL_BLOB_CHUNK 65536

struct tl_blob_in; /* a blob that is being written */

int tl_blob_create(struct tl_store *s, int64_t platform, struct tl_blob_in **ret) TL_MUST;
int tl_blob_add(struct tl_blob_in *b, struct tl_str bytes) TL_MUST;

/* Seals, syncs and names it; destroys b in every case. The same content twice is one file. */
int tl_blob_finish(struct tl_blob_in *b, struct tl_media_id *ret) TL_MUST;
void tl_blob_abort(struct tl_blob_in *b); /* NULL is fine */

/* The whole plaintext, appended to out (respects its limit). NOTFOUND, CORRUPT, ECRYPTO. */
int tl_blob_read(struct tl_store *s, const struct tl_media_id *id, struct tl_buf *out) TL_MUST;
/* The same into a memory file, sealed, for contents of exactly `n` bytes: CORRUPT when they are not. */
int tl_blob_read_memfd(
    struct tl_store *s, const struct tl_media_id *id, size_t n, int *ret_fd) TL_MUST;
bool tl_blob_exists(struct tl_store *s, const struct tl_media_id *id);

/* Derivatives: `name` is "tiny", "preview", "clip" or "moments". Written whole. */
int tl_blob_put_derived(struct tl_store *s, const struct tl_media_id *id, const char *name,
    struct tl_str bytes) TL_MUST;
int tl_blob_read_derived(struct tl_store *s, const struct tl_media_id *id, const char *name,
    struct tl_buf *out) TL_MUST;

/* Removes bytes and derivatives; absent files are fine. */
void tl_blob_remove(struct tl_store *s, const struct tl_media_id *id);

#define TL_BLOB_PARTS 256

/* Calls `each` for the files of one part of the folder (0..255) that were written before; until it says false. A
 * blob and its derivatives are called one by one. */
typedef bool (*tl_blob_each_fn)(void *ctx, const struct tl_media_id *id);
int tl_blob_each_old(struct tl_store *s, unsigned part, int64_t before_us, tl_blob_each_fn each,
    void *ctx) TL_MUST;
/* Removes what was begun before and never finished. Returns how many. */
int tl_blob_drop_unfinished(struct tl_store *s, int64_t before_us) TL_MUST;
