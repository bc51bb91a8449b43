/*
 * POST /v1/items: one item as JSON, or as multipart with its media.
 *
 * Promises: the answer is written after the item, its media rows and its scan job are durable; nothing of a
 * refused request is stored (blobs without rows are removed by the clerk). With ?wait a worker is asked to scan
 * it before its turn, and the answer carries the verdict when it comes in time. Called by the route table.
 */
#include "api/routes.h"

#include "api/aside.h"
#include "api/asks.h"
#include "intake/accept.h"
#include "intake/decode.h"
#include "intake/multipart.h"
#include "intake/upload.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define WAIT_MAX_MS 30000

struct post {
	struct tl_req *req;
	struct tl_accept accept;
	bool is_multipart;
	struct tl_multipart multipart;
	enum { PART_NONE, PART_ITEM, PART_MEDIA } part;
	bool has_item;
	struct tl_upload *uploads[TL_ITEM_MEDIA_MAX];
	struct tl_media media[TL_ITEM_MEDIA_MAX]; /* of each upload, once it is finished */
	size_t media_count;
	int64_t wait_ms;
	/* ?wait: the scan runs while the disk syncs; whoever comes second lets the answer go. */
	_Atomic unsigned have;
	int scan_rc, sync_rc;
	struct tl_str scan_json; /* in the request's arena */
	char sync_text[128];
};

#define HAVE_SCAN 1U
#define HAVE_SYNC 2U

/* The body ------------------------------------------------------------------------------------------------------ */

static void
post_destroy(void *p)
{
	struct post *post = p;
	for (size_t i = 0; i < post->media_count; i++)
		tl_upload_abort(post->uploads[i]);
}

static size_t
media_most(const struct tl_req *req)
{
	int64_t most = tl_api_of(req)->app.config->media_per_item;
	return most < TL_ITEM_MEDIA_MAX ? (size_t)most : TL_ITEM_MEDIA_MAX;
}

static int
on_part(void *ctx, struct tl_str name)
{
	struct post *p = ctx;
	const struct tl_api *api = tl_api_of(p->req);
	if (tl_str_is(name, "item")) {
		if (p->has_item || p->media_count)
			return tl_fail_at(
			    TL_EFIELD, "item", "the part \"item\" comes once, and first");
		p->has_item = true;
		p->part = PART_ITEM;
		return 0;
	}
	if (!tl_str_is(name, "media"))
		return tl_fail(TL_EPARSE, "multipart: parts are named \"item\" or \"media\"");
	if (!p->has_item)
		return tl_fail_at(TL_EFIELD, "item", "the part \"item\" comes once, and first");
	if (p->media_count >= media_most(p->req))
		return tl_fail_at(TL_EFIELD, "/media", "too many files in one item");
	p->part = PART_MEDIA;
	int rc = tl_upload_begin(api->app.store, tl_req_who(p->req)->platform,
	    api->app.config->media_max_bytes, &p->uploads[p->media_count]);
	if (rc == 0)
		tl_upload_film_limit(
		    p->uploads[p->media_count++], api->app.config->video_max_bytes);
	return rc;
}

static int
on_part_data(void *ctx, struct tl_str bytes)
{
	struct post *p = ctx;
	if (p->part == PART_MEDIA)
		return tl_upload_add(p->uploads[p->media_count - 1], bytes);
	return tl_body_json.feed(p->req, bytes);
}

static int
on_part_end(void *ctx)
{
	struct post *p = ctx;
	p->part = PART_NONE;
	return 0;
}

static const struct tl_multipart_ops PARTS = {on_part, on_part_data, on_part_end};

static int
post_begin(struct tl_req *req)
{
	struct tl_str type = {NULL, 0};
	int rc = tl_api_accepting(tl_api_of(req));
	if (rc < 0)
		return rc;
	struct post *p = TL_NEW(tl_req_arena(req), struct post);
	if (!p)
		return tl_fail(TL_ENOMEM, "the request is too large");
	p->req = req;
	tl_req_keep(req, p, post_destroy);
	if (tl_req_type_is(req, "multipart/form-data")) {
		p->is_multipart = true;
		(void)tl_req_header(req, "Content-Type", &type);
		return tl_multipart_begin(&p->multipart, type, &PARTS, p);
	}
	rc = tl_body_json.begin(req);
	if (rc < 0)
		return tl_fail_at(TL_ETYPE, "Content-Type",
		    "this call takes application/json or multipart/form-data");
	return 0;
}

static int
post_feed(struct tl_req *req, struct tl_str data)
{
	struct post *p = tl_req_kept(req);
	int64_t limit = tl_api_of(req)->app.config->body_max_bytes;
	int rc = p->is_multipart ? tl_multipart_feed(&p->multipart, data)
				 : tl_body_json.feed(req, data);
	if (rc == 0 && (int64_t)tl_req_body(req).n > limit)
		rc =
		    tl_fail(TL_ETOOBIG, "the item is larger than %lld bytes", (long long)limit);
	return rc;
}

const struct tl_body tl_api_post_item_body = {post_begin, post_feed};

/* After the commit ---------------------------------------------------------------------------------------------- */

static void
answer_receipt(struct tl_req *req)
{
	const struct post *p = tl_req_kept(req);
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '{');
	tl_accept_receipt(&b, &p->accept);
	tl_js_close(&b, '}');
	TL_KILLPOINT(ITEM_BEFORE_ANSWER);
	tl_req_answer_json(req, 202, &b);
}

/* The receipt's members with the verdict in place of "pending". */
static void
answer_verdict(
    struct tl_req *req, const char *state, const char *verdict, struct tl_str reasons)
{
	const struct post *p = tl_req_kept(req);
	const struct tl_item *it = &p->accept.item;
	struct tl_buf b = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_str(&b, "id", it->ext_id);
	tl_js_int(&b, "version", it->version);
	tl_js_z(&b, "state", state);
	tl_js_z(&b, "verdict", verdict);
	tl_js_time(&b, "received_at", it->received_at);
	tl_js_open(&b, "media", '[');
	for (size_t i = 0; i < it->media_count; i++)
		tl_js_hex(&b, NULL, tl_bytes(it->media[i].id.b, sizeof it->media[i].id.b));
	tl_js_close(&b, ']');
	tl_js_raw(&b, "reasons", reasons.n ? reasons : TL_S("[]"));
	tl_js_close(&b, '}');
	tl_req_answer_json(req, 200, &b);
}

/* The item is durable and the worker has said what it can. */
static void
finish_wait(struct tl_req *req)
{
	const struct post *p = tl_req_kept(req);
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	if (p->sync_rc < 0) {
		tl_req_problem_at(req, p->sync_rc, "", p->sync_text);
		return;
	}
	if (p->scan_rc < 0 || tl_json_parse(p->scan_json, &j) < 0) {
		answer_receipt(req);
		return;
	}
	const char *state = json_string_value(json_object_get(j, "state"));
	const char *verdict = json_string_value(json_object_get(j, "verdict"));
	if (!state || !verdict) {
		answer_receipt(req);
		return;
	}
	char *reasons = json_dumps(json_object_get(j, "reasons"), JSON_COMPACT);
	answer_verdict(req, state, verdict, tl_str(reasons));
	free(reasons);
}

/* On a thread of the pool, or on the writer's when nobody could be asked. */
static void
on_scanned(struct tl_req *req, int rc, struct tl_str json)
{
	struct post *p = tl_req_kept(req);
	p->scan_rc = rc;
	p->scan_json = json;
	if (atomic_fetch_or(&p->have, HAVE_SCAN) & HAVE_SYNC)
		finish_wait(req);
}

/* A repeat of an item that has its verdict already. */
static bool
known_verdict(struct tl_req *req, const struct post *p)
{
	struct tl_app *app = &tl_api_of(req)->app;
	struct tl_db *db = NULL;
	struct tl_item_full *full = TL_NEW(tl_req_arena(req), struct tl_item_full);
	const struct tl_item *it = &p->accept.item;
	int rc = full ? tl_app_db(app, &db) : TL_ENOMEM;
	if (rc == 0)
		rc = tl_item_get(db, it->platform, it->id, tl_req_arena(req), full);
	tl_app_db_give(app, db);
	if (rc < 0 || !full->has_verdict)
		return false;
	answer_verdict(req, tl_item_state_names[full->item.state],
	    tl_verdict_word_names[full->verdict], full->reasons);
	return true;
}

static void
ask_worker(struct tl_req *req, const struct post *p)
{
	const struct tl_api *api = tl_api_of(req);
	int64_t most = api->app.config->wait_max_ms;
	struct tl_ask ask = {.kind = TL_ASK_SCAN,
	    .within_ms = (uint32_t)(p->wait_ms < most ? p->wait_ms : most),
	    .platform = p->accept.item.platform,
	    .live = p->accept.item.live,
	    .item = p->accept.item.id};
	tl_asks_ask(api->asks, req, &ask, -1, on_scanned);
}

static bool
at_commit(struct tl_req *req, void *ctx)
{
	const struct post *p = ctx;
	if (p->wait_ms == 0 || p->accept.known)
		return false;
	ask_worker(req, p);
	return true;
}

static void
durable(struct tl_req *req, int rc, void *ctx)
{
	struct post *p = ctx;
	p->sync_rc = rc;
	if (rc < 0)
		(void)snprintf(p->sync_text, sizeof p->sync_text, "%s", tl_err_text());
	if (atomic_fetch_or(&p->have, HAVE_SYNC) & HAVE_SCAN)
		tl_req_continue(req, finish_wait);
}

static const struct tl_api_early WHILE_SYNCING = {at_commit, durable};

static void
on_stored(struct tl_req *req, int rc, void *ctx)
{
	struct post *p = ctx;
	if (rc < 0) {
		tl_req_problem(req, rc);
	} else if (p->wait_ms == 0) {
		answer_receipt(req);
	} else if (!known_verdict(req, p)) {
		atomic_store(&p->have, HAVE_SYNC);
		ask_worker(req, p);
	}
}

static int
store_post(struct tl_db *db, void *ctx)
{
	struct post *p = ctx;
	int64_t expires = tl_now_us() + TL_US_DAY;
	int rc = 0;
	for (size_t i = 0; i < p->media_count && rc >= 0; i++) {
		bool known;
		rc =
		    tl_upload_store(db, p->accept.item.platform, &p->media[i], expires, &known);
	}
	return rc < 0 ? rc : tl_accept_store(db, &p->accept);
}

/* Before the commit --------------------------------------------------------------------------------------------- */

/* Aside: every file is sealed and synced, and becomes one of the item's media. */
static int
finish_uploads(void *ctx)
{
	struct post *p = ctx;
	struct tl_item *it = &p->accept.item;
	int rc = 0;
	for (size_t i = 0; i < p->media_count && rc == 0; i++) {
		struct tl_upload *u = TL_TAKE(p->uploads[i]);
		rc = tl_upload_finish(u, &p->media[i]);
		it->media[it->media_count++].id = p->media[i].id;
	}
	return rc;
}

void
tl_api_own_item(const struct tl_req *req, const struct tl_who *who, struct tl_accept *a)
{
	const struct tl_api *api = tl_api_of(req);
	a->item.platform = who->platform;
	a->item.live = who->live;
	a->keep_us = api->app.config->retention_days * TL_US_DAY;
	tl_accept_print(a, &api->print_key);
}

static int
read_post(struct tl_req *req, struct post *p)
{
	json_t *j = NULL;
	int rc = p->is_multipart ? tl_multipart_end(&p->multipart) : 0;
	if (rc == 0 && p->is_multipart && !p->has_item)
		rc = tl_fail_at(TL_EFIELD, "item", "the part \"item\" is required");
	if (rc == 0)
		rc = tl_req_query_int(req, "wait", 0, WAIT_MAX_MS, &p->wait_ms);
	if (rc == 0)
		rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_decode_item(j, tl_req_arena(req), &p->accept.item);
	if (rc == 0 && p->accept.item.media_count + p->media_count > media_most(req))
		rc = tl_fail_at(TL_EFIELD, "/media", "too many files in one item");
	return rc;
}

static void
store(struct tl_req *req, int rc, void *ctx)
{
	struct post *p = ctx;
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_api_own_item(req, tl_req_who(req), &p->accept);
	bool clean = !tl_accept_half(&p->accept) && p->media_count == 0;
	tl_api_write_early(req, clean, store_post, &WHILE_SYNCING, on_stored, p);
}

void
tl_api_post_item(struct tl_req *req)
{
	struct post *p = tl_req_kept(req);
	int rc = read_post(req, p);
	if (rc == 0 && p->media_count)
		tl_aside_run(tl_api_of(req)->aside, req, finish_uploads, store, p);
	else
		store(req, rc, p);
}
