/*
 * PUT /v1/media: bytes once, under a name that is a keyed hash of them.
 *
 * Promises: the body is never held whole; the answer comes after blob and row are durable. Bytes that no item
 * names within a day are erased. Called by the route table.
 */
#include "api/routes.h"

#include "api/aside.h"
#include "intake/upload.h"
#include "sys/clock.h"

struct put {
	struct tl_upload *upload;
	struct tl_media media;
	int64_t platform;
	bool known;
};

static void
put_destroy(void *p)
{
	struct put *put = p;
	tl_upload_abort(put->upload);
}

static int
put_begin(struct tl_req *req)
{
	struct tl_api *api = tl_api_of(req);
	int rc = tl_api_accepting(api);
	if (rc < 0)
		return rc;
	if (!tl_api_is_bytes(req))
		return tl_fail_at(TL_ETYPE, "Content-Type",
		    "this call takes application/octet-stream or a type of media");
	const struct tl_config *config = api->app.config;
	int64_t most = config->media_max_bytes > config->video_max_bytes
			   ? config->media_max_bytes
			   : config->video_max_bytes;
	if (tl_req_length(req) > most)
		return tl_fail(TL_ETOOBIG, "a file is larger than %lld bytes", (long long)most);
	struct put *p = TL_NEW(tl_req_arena(req), struct put);
	if (!p)
		return tl_fail(TL_ENOMEM, "the request is too large");
	p->platform = tl_req_who(req)->platform;
	tl_req_keep(req, p, put_destroy);
	rc = tl_upload_begin(api->app.store, p->platform, config->media_max_bytes, &p->upload);
	if (rc == 0)
		tl_upload_film_limit(p->upload, config->video_max_bytes);
	return rc;
}

static int
put_feed(struct tl_req *req, struct tl_str data)
{
	struct put *p = tl_req_kept(req);
	return tl_upload_add(p->upload, data);
}

const struct tl_body tl_api_put_media_body = {put_begin, put_feed};

bool
tl_api_is_bytes(const struct tl_req *req)
{
	static const char *const KINDS[] = {"image/", "video/", "audio/"};
	struct tl_str type;
	if (tl_req_type_is(req, "application/octet-stream"))
		return true;
	if (!tl_req_header(req, "Content-Type", &type))
		return false;
	for (size_t i = 0; i < TL_COUNT(KINDS); i++)
		if (type.n > 6 && memcmp(type.p, KINDS[i], 6) == 0)
			return true;
	return false;
}

static int
store_put(struct tl_db *db, void *ctx)
{
	struct put *p = ctx;
	return tl_upload_store(db, p->platform, &p->media, tl_now_us() + TL_US_DAY, &p->known);
}

static void
on_stored(struct tl_req *req, int rc, void *ctx)
{
	const struct put *p = ctx;
	struct tl_buf b = {0};
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	tl_js_hex(&b, "id", tl_bytes(p->media.id.b, sizeof p->media.id.b));
	tl_js_str(&b, "mime", p->media.mime);
	tl_js_int(&b, "bytes", p->media.bytes);
	tl_js_close(&b, '}');
	tl_req_answer_json(req, p->known ? 200 : 201, &b);
}

static int
finish_put(void *ctx)
{
	struct put *p = ctx;
	struct tl_upload *u = TL_TAKE(p->upload);
	return tl_upload_finish(u, &p->media);
}

static void
on_finished(struct tl_req *req, int rc, void *ctx)
{
	if (rc < 0) {
		tl_req_problem_at(req, rc, "", tl_err_text());
		return;
	}
	tl_api_write(req, TL_SYNC_FULL, store_put, on_stored, ctx);
}

void
tl_api_put_media(struct tl_req *req)
{
	struct put *p = tl_req_kept(req);
	tl_aside_run(tl_api_of(req)->aside, req, finish_put, on_finished, p);
}
