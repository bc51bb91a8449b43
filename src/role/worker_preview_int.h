/* Private to the worker role: previews of pictures, made on a thread beside the loop (worker_preview.c). */
#pragma once

#include "media/jails.h"
#include "role/worker_beside_int.h"
#include "role/worker_scan_int.h"

struct previewer;

struct preview_job {
	struct beside_job beside;
	struct scan *scan;
	size_t index;
	struct tl_media_id media;
	struct tl_picture picture; /* owned */
	int rc;
};

int previewer_create(struct tl_store *s, struct previewer **ret) TL_MUST;
void previewer_destroy(struct previewer *p); /* forgets what it holds; NULL is fine */
int previewer_fd(const struct previewer *p); /* readable when previewer_next has something */
void previewer_submit(struct previewer *p, struct preview_job *j); /* takes it over */
struct preview_job *previewer_next(struct previewer *p); /* done, or NULL; preview_free it */
void preview_free(struct preview_job *j);
