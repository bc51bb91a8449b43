/*
 * Threads for work of requests that waits for the disk (sealing and syncing media), so that the connections of
 * the HTTP threads do not wait with it.
 */
#pragma once

#include "api/http.h"

struct tl_aside;

int tl_aside_start(struct tl_aside **ret) TL_MUST;
void tl_aside_stop(struct tl_aside *a); /* finishes what is queued; NULL is fine */

/* `fn` runs aside, then `then` on a thread of the pool with its result. `ctx` belongs to the request. */
void tl_aside_run(struct tl_aside *a, struct tl_req *req, int (*fn)(void *ctx),
    void (*then)(struct tl_req *req, int rc, void *ctx), void *ctx);
