/*
 * What the handlers of the platform's routes share: the server's app (app.h, which the console's routes use
 * too), and what only the platform's API needs. Whatever writes goes through the one writer and is answered
 * after its commit.
 */
#pragma once

#include "api/app.h"
#include "api/http.h"
#include "store/writer.h"
#include "sys/crypto.h"

#include <stdatomic.h>

struct tl_asks;
struct tl_aside;
struct tl_hub;
struct tl_key_gate;
struct tl_shares;
struct tl_tally;

struct tl_api {
	struct tl_app app; /* first: tl_req_app is both */
	struct tl_key_gate *gate;
	struct tl_shares *shares; /* of keys */
	struct tl_asks *asks;     /* questions to workers */
	struct tl_hub *hub;       /* the event stream */
	struct tl_aside *aside;   /* for what waits for the disk */
	struct tl_tally *tally;   /* of interventions */
	struct tl_stats *stats;
	struct tl_http *http; /* the platform's port, for its figures */
	struct tl_key print_key;
	bool testing; /* started with --testing */
	/* 0, or why nothing new is accepted: TL_EFULL, TL_EAGAIN. Set by the pulse (pulse.h). */
	_Atomic int refusing;
	_Atomic bool ready;
};

static inline struct tl_api *
tl_api_of(const struct tl_req *req)
{
	return tl_req_app(req);
}

/* What a key's request did, in the transaction of what it changed. */
int tl_api_audit(
    struct tl_db *db, struct tl_req *req, const char *verb, struct tl_id subject) TL_MUST;

/*
 * A write that a request waits for. `fn` runs inside the writer's transaction; after the commit `then` runs on a
 * thread of the pool and answers. `ctx` must belong to the request (its arena).
 */
typedef int (*tl_api_write_fn)(struct tl_db *db, void *ctx);
typedef void (*tl_api_then_fn)(struct tl_req *req, int rc, void *ctx);
void tl_api_write(
    struct tl_req *req, enum tl_sync sync, tl_api_write_fn fn, tl_api_then_fn then, void *ctx);

/* The same for `weight` rows of an `fn` that changes nothing when it refuses (struct tl_work: refuses_clean). */
void tl_api_write_clean(struct tl_req *req, enum tl_sync sync, unsigned weight,
    tl_api_write_fn fn, tl_api_then_fn then, void *ctx);

/*
 * The same for work that goes on while the disk syncs. `at_commit` runs on the writer's thread when others can see
 * what was written, though it is not durable yet; when it returns true, `durable` runs there after the sync in
 * place of `then`, and the request must be answered only when both are done. Both must be quick.
 */
struct tl_api_early {
	bool (*at_commit)(struct tl_req *req, void *ctx);
	void (*durable)(struct tl_req *req, int rc, void *ctx);
};
/* `refuses_clean`: see struct tl_work. */
void tl_api_write_early(struct tl_req *req, bool refuses_clean, tl_api_write_fn fn,
    const struct tl_api_early *early, tl_api_then_fn then, void *ctx);

/* `then` of a write that has nothing to say: 204. */
void tl_api_answer_empty(struct tl_req *req, int rc, void *ctx);

/* A read that answers at once: `fn` returns 0 and a JSON document in `out`, or fails. */
typedef int (*tl_api_read_fn)(struct tl_req *req, struct tl_db *db, struct tl_buf *out);
void tl_api_read(struct tl_req *req, tl_api_read_fn fn);

/* 0, or the error with which new work is refused now. */
int tl_api_accepting(struct tl_api *api) TL_MUST;

/* The gate of the platform's routes: a live or test key with the scope `need`. */
int tl_api_gate(struct tl_req *req, const char *need) TL_MUST;
/* For each line after the first of a body that is read whole: it counts like a request. */
int tl_api_gate_line(struct tl_req *req, const char *need) TL_MUST;
/* The same; the key may also come as X-API-Key. */
int tl_api_gate_any(struct tl_req *req, const char *need) TL_MUST;

extern const struct tl_route tl_api_routes[];
extern const size_t tl_api_route_count;
/* What exists in an installation that was started with --testing only. */
extern const struct tl_route tl_testing_routes[];
extern const size_t tl_testing_route_count;
extern const struct tl_route tl_admin_routes[];
extern const size_t tl_admin_route_count;
