/*
 * POST /v1/items:batch: lines of items in, lines of receipts and problems out, in the same order.
 *
 * Promises: each line stands alone; a receipt is written after its item is durable. Lines go to the writer in
 * chunks, two at a time: while one commits the next is read, and the sender is held back when both are full, so
 * that memory is bounded. A connection that breaks off leaves what was committed; a repeat is answered the same.
 */
#include "api/routes.h"

#include "intake/decode.h"
#include "intake/lines.h"
#include "sys/killpoint.h"

#include <pthread.h>
#include <stdlib.h>

#define LINE_BYTES (256U * 1024)
#define CHUNK_LINES 64U
#define CHUNK_BYTES (128U * 1024)
#define CHUNK_ARENA (32U << 20)

struct line {
	int64_t number;
	json_t *json;
	struct tl_accept *accept; /* NULL: refused before it was stored */
	int rc;
	const char *text, *field;
	struct line *next;
};

struct chunk {
	struct tl_work work;
	struct batch *batch;
	struct tl_arena *arena;
	struct line *first, **last;
	size_t count, bytes;
	bool busy; /* at the writer */
};

struct batch {
	pthread_mutex_t lock;
	struct tl_req *req;             /* NULL once the request has ended */
	bool waits;                     /* the connection sleeps until a chunk is done, */
	void (*go)(struct tl_req *req); /* and then goes on here; NULL: with its body */
	int owners;                     /* the request, and each chunk at the writer */
	struct chunk chunks[2];
	int at; /* the chunk that is being filled */
	struct tl_lines lines;
	int64_t taken, lines_max;
	struct tl_buf out;
};

/* Lives and ends ------------------------------------------------------------------------------------------------ */

static void
chunk_clear(struct chunk *c)
{
	for (struct line *l = c->first; l; l = l->next)
		json_decref(l->json);
	tl_arena_reset(c->arena);
	c->first = NULL;
	c->last = &c->first;
	c->count = c->bytes = 0;
}

static void
release(struct batch *b, struct tl_req *ending)
{
	(void)pthread_mutex_lock(&b->lock);
	if (ending)
		b->req = NULL;
	int left = --b->owners;
	(void)pthread_mutex_unlock(&b->lock);
	if (left)
		return;
	for (size_t i = 0; i < TL_COUNT(b->chunks); i++) {
		chunk_clear(&b->chunks[i]);
		tl_arena_destroy(b->chunks[i].arena);
	}
	tl_lines_fini(&b->lines);
	tl_buf_fini(&b->out);
	(void)pthread_mutex_destroy(&b->lock);
	free(b);
}

static void
batch_destroy(void *p)
{
	struct batch *b = p;
	release(b, b->req);
}

/* On the writer's thread ---------------------------------------------------------------------------------------- */

/* What was undone must not lose its words. */
static void
refuse(struct chunk *c, struct line *l, int rc)
{
	l->rc = rc;
	l->text = tl_arena_printf(c->arena, "%s", tl_err_text());
	l->field = tl_arena_printf(c->arena, "%s", tl_err_field());
}

/* A savepoint is paid for only where a refusal can leave something behind. */
static int
store_line(struct tl_db *db, struct chunk *c, struct line *l)
{
	bool guarded = tl_accept_half(l->accept);
	int rc = guarded ? tl_db_savepoint(db) : 0;
	if (rc < 0)
		return rc;
	rc = tl_accept_store(db, l->accept);
	if (rc < 0) {
		refuse(c, l, rc);
		if (guarded)
			tl_db_undo(db);
		/* The store's own failures end the chunk; a wrong line is that line's affair. */
		bool its_own = tl_err_kind(rc) == TL_INPUT || tl_err_kind(rc) == TL_STATE;
		return its_own ? 0 : rc;
	}
	return guarded ? tl_db_release(db) : 0;
}

static int
store_chunk(struct tl_db *db, void *ctx)
{
	struct chunk *c = ctx;
	int rc = 0;
	for (struct line *l = c->first; l && rc >= 0; l = l->next) {
		if (l->accept)
			rc = store_line(db, c, l);
		TL_KILLPOINT(BATCH_LINE);
	}
	return rc < 0 ? rc : 0;
}

static void
chunk_done(void *ctx, int rc)
{
	struct chunk *c = ctx;
	struct batch *b = c->batch;
	for (struct line *l = c->first; rc < 0 && l; l = l->next)
		if (l->accept && l->rc == 0)
			refuse(c, l, rc);
	(void)pthread_mutex_lock(&b->lock);
	c->busy = false;
	/* Inside the lock: a request that ends waits for it before it goes. */
	if (b->req && b->waits) {
		b->waits = false;
		if (b->go)
			tl_req_continue(b->req, b->go);
		else
			tl_req_wake(b->req);
	}
	(void)pthread_mutex_unlock(&b->lock);
	release(b, NULL);
}

/* On the connection's thread ------------------------------------------------------------------------------------ */

static void
write_line(struct tl_buf *out, const struct line *l)
{
	tl_js_open(out, NULL, '{');
	tl_js_int(out, "line", l->number);
	if (l->rc < 0) {
		struct tl_buf problem = {0};
		(void)tl_problem_write(&problem, l->rc, l->field, l->text, NULL);
		tl_js_raw(out, "problem", tl_buf_str(&problem));
		tl_buf_fini(&problem);
	} else {
		tl_accept_receipt(out, l->accept);
	}
	tl_js_close(out, '}');
	tl_buf_byte(out, '\n');
}

static void
collect(struct batch *b, struct chunk *c)
{
	for (const struct line *l = c->first; l; l = l->next)
		write_line(&b->out, l);
	chunk_clear(c);
}

/* True when the chunk is at the writer: the request is called when it is done. Else its results are collected
 * and it is empty. */
static bool
must_wait(struct batch *b, struct chunk *c, void (*go)(struct tl_req *req))
{
	(void)pthread_mutex_lock(&b->lock);
	bool busy = c->busy;
	b->waits = busy;
	b->go = go;
	(void)pthread_mutex_unlock(&b->lock);
	if (!busy && c->work.fn) {
		c->work.fn = NULL;
		collect(b, c);
	}
	return busy;
}

/* Sends the chunk that is full and turns to the other one, which must not be busy. */
static void
send_chunk(struct batch *b)
{
	struct chunk *c = &b->chunks[b->at];
	c->work = (struct tl_work){.fn = store_chunk,
	    .done = chunk_done,
	    .ctx = c,
	    .sync = TL_SYNC_FULL,
	    .weight = (unsigned)c->count,
	    .refuses_clean = true};
	(void)pthread_mutex_lock(&b->lock);
	c->busy = true;
	b->owners++;
	(void)pthread_mutex_unlock(&b->lock);
	if (tl_writer_submit(tl_api_of(b->req)->app.writer, &c->work) < 0)
		chunk_done(c, TL_EAGAIN);
	b->at ^= 1;
}

static int
read_line(struct batch *b, struct chunk *c, struct line *l, struct tl_str text, bool too_long)
{
	struct tl_api *api = tl_api_of(b->req);
	const struct tl_who *who = tl_req_who(b->req);
	if (too_long)
		return tl_fail(TL_ETOOBIG, "the line is longer than %u bytes", LINE_BYTES);
	if (++b->taken > b->lines_max)
		return tl_fail(
		    TL_ETOOBIG, "a batch holds at most %lld items", (long long)b->lines_max);
	int rc = tl_api_accepting(api);
	/* The gate took the first; every further line counts like a request. */
	if (rc == 0 && b->taken > 1)
		rc = tl_api_gate(b->req, "ingest");
	if (rc == 0)
		rc = tl_json_parse(text, &l->json);
	struct tl_accept *a = rc == 0 ? TL_NEW(c->arena, struct tl_accept) : NULL;
	if (rc == 0 && !a)
		rc = tl_fail(TL_ENOMEM, "the batch is too large");
	if (rc == 0)
		rc = tl_decode_item(l->json, c->arena, &a->item);
	if (rc < 0)
		return rc;
	tl_api_own_item(b->req, who, a);
	l->accept = a;
	return 0;
}

static int
on_line(void *ctx, struct tl_str text, int64_t number, bool too_long)
{
	struct batch *b = ctx;
	struct chunk *c = &b->chunks[b->at];
	struct line *l = TL_NEW(c->arena, struct line);
	if (!l)
		return tl_fail(TL_ENOMEM, "the batch is too large");
	l->number = number;
	int rc = read_line(b, c, l, text, too_long);
	if (rc < 0)
		refuse(c, l, rc);
	*c->last = l;
	c->last = &l->next;
	c->count++;
	c->bytes += text.n;
	return 0;
}

static int
batch_begin(struct tl_req *req)
{
	struct tl_api *api = tl_api_of(req);
	int rc = tl_api_accepting(api);
	if (rc < 0)
		return rc;
	if (!tl_req_type_is(req, "application/x-ndjson"))
		return tl_fail_at(
		    TL_ETYPE, "Content-Type", "this call takes application/x-ndjson");
	if (tl_req_length(req) > api->app.config->batch_max_bytes)
		return tl_fail(TL_ETOOBIG, "the batch is larger than %lld bytes",
		    (long long)api->app.config->batch_max_bytes);
	struct batch *b = calloc(1, sizeof *b);
	if (!b)
		abort();
	(void)pthread_mutex_init(&b->lock, NULL);
	b->req = req;
	b->owners = 1;
	b->lines.limit = LINE_BYTES;
	b->lines_max = api->app.config->batch_items_max;
	for (size_t i = 0; i < TL_COUNT(b->chunks); i++) {
		b->chunks[i].batch = b;
		b->chunks[i].arena = tl_arena_create(CHUNK_ARENA);
		b->chunks[i].last = &b->chunks[i].first;
	}
	tl_req_keep(req, b, batch_destroy);
	return 0;
}

static int
batch_feed(struct tl_req *req, struct tl_str data)
{
	struct batch *b = tl_req_kept(req);
	struct chunk *c = &b->chunks[b->at];
	/* The chunk that was sent before the last one comes first in the answer. */
	if (must_wait(b, c, NULL))
		return TL_EAGAIN;
	int rc = tl_lines_feed(&b->lines, data, on_line, b);
	if (rc == 0 && (c->count >= CHUNK_LINES || c->bytes >= CHUNK_BYTES))
		send_chunk(b);
	return rc;
}

const struct tl_body tl_api_post_batch_body = {batch_begin, batch_feed};

/* The older chunk first, then the newer; comes again until nothing is at the writer. */
static void
drain(struct tl_req *req)
{
	struct batch *b = tl_req_kept(req);
	for (int i = 0; i < 2; i++) {
		if (must_wait(b, &b->chunks[b->at], drain))
			return;
		b->at ^= 1;
	}
	tl_req_answer(req, 200, "application/x-ndjson", &b->out);
}

void
tl_api_post_batch(struct tl_req *req)
{
	struct batch *b = tl_req_kept(req);
	struct chunk *c = &b->chunks[b->at];
	if (must_wait(b, c, tl_api_post_batch))
		return;
	int rc = tl_lines_end(&b->lines, on_line, b);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	if (c->count)
		send_chunk(b);
	drain(req);
}
