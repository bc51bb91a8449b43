/*
 * Questions of requests to the workers and the courier (core/ask.h): sent over the inherited sockets, answered on one thread,
 * bounded in number and time. Without a worker that listens every question is refused with TL_EPEER.
 */
#pragma once

#include "api/api.h"
#include "core/ask.h"

struct tl_asks;

int tl_asks_start(const struct tl_wires *wires, struct tl_asks **ret) TL_MUST;
/* Open questions and all later ones end with TL_EPEER; destroy it when nobody asks any more. NULL is fine. */
void tl_asks_stop(struct tl_asks *a);
void tl_asks_destroy(struct tl_asks *a);

/*
 * Asks the workers for `req`. `then` runs on a thread of the pool with 0 and the JSON (in the request's arena), or with an
 * error whose text is set: TL_ETIME when no answer came in time, TL_EPEER, or what the worker says. A refusal
 * calls `then` at once. `fd` is passed along and closed (-1: none).
 */
typedef void (*tl_asks_then)(struct tl_req *req, int rc, struct tl_str json);
void tl_asks_ask(
    struct tl_asks *a, struct tl_req *req, struct tl_ask *ask, int fd, tl_asks_then then);

/* A `then` that answers with the JSON as it came, or with the problem. */
void tl_asks_answer(struct tl_req *req, int rc, struct tl_str json);

/* Asks the courier. `then` gets a sealed memory file, which is its own then (-1 with an error). */
typedef void (*tl_asks_got)(struct tl_req *req, int rc, struct tl_str json, int fd);
void tl_asks_fetch(struct tl_asks *a, struct tl_req *req, struct tl_ask *ask, tl_asks_got then);
