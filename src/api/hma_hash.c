/*
 * From a request to hashes and matches: the body of the HMA API's forms, fetching by address, and the question to a worker.
 *
 * Promises: exactly one file, whose field names its content; bytes go to the jail in a sealed memory file, whether they were
 * sent or fetched; only the courier fetches. A picture that cannot be decoded is 400 with the reason. Called by the
 * handlers of /h, /m and /c.
 */
#include "api/hma_int.h"

#include "api/asks.h"
#include "base/json.h"
#include "sys/fd.h"

#include <stdio.h>
#include <strings.h>

#define WITHIN_MS 8000
#define FIELD_BYTES (64U * 1024)

/* The body ------------------------------------------------------------------------------------------------------ */

static void
call_destroy(void *p)
{
	struct hma_call *c = p;
	tl_buf_fini(&c->file);
	tl_buf_fini(&c->metadata);
	tl_buf_fini(&c->note);
	json_decref(c->answer);
}

static struct hma_call *
new_call(struct tl_req *req)
{
	struct hma_call *c = TL_NEW(tl_req_arena(req), struct hma_call);
	if (c)
		tl_req_keep(req, c, call_destroy);
	return c;
}

struct hma_call *
hma_call(struct tl_req *req)
{
	struct hma_call *c = tl_req_kept(req);
	if (!c)
		c = new_call(req);
	if (!c)
		tl_req_problem(req, tl_fail(TL_ENOMEM, "the request is too large"));
	return c;
}

static int
part_begin(void *ctx, struct tl_str name)
{
	struct hma_call *c = ctx;
	c->into = NULL;
	if (tl_str_is(name, "metadata") || tl_str_is(name, "note")) {
		c->into = tl_str_is(name, "note") ? &c->note : &c->metadata;
		return c->into->n ? tl_fail(TL_EFIELD, "a field was given more than once") : 0;
	}
	unsigned content = tl_str_is(name, "photo")   ? HMA_PHOTO
			   : tl_str_is(name, "video") ? HMA_VIDEO
						      : 0;
	if (!content)
		return tl_fail(TL_EFIELD, "a file's field is named photo or video");
	if (++c->files > 1)
		return tl_fail(TL_EFIELD, "exactly one file is expected");
	c->content = content;
	c->into = &c->file;
	return 0;
}

static int
part_data(void *ctx, struct tl_str bytes)
{
	struct hma_call *c = ctx;
	tl_buf_put(c->into, bytes.p, bytes.n);
	if (c->into->bad)
		return tl_fail(TL_ETOOBIG, c->into == &c->file
					       ? "the file is larger than the limit"
					       : "a field is too large");
	return 0;
}

static int
part_end(void *ctx)
{
	(void)ctx;
	return 0;
}

static int
form_begin(struct tl_req *req)
{
	static const struct tl_multipart_ops ops = {part_begin, part_data, part_end};
	struct tl_str type = {NULL, 0};
	struct hma_call *c = new_call(req);
	if (!c)
		return tl_fail(TL_ENOMEM, "the request is too large");
	c->file.limit = (size_t)tl_api_of(req)->app.config->media_max_bytes;
	c->metadata.limit = c->note.limit = FIELD_BYTES;
	c->is_form = tl_req_type_is(req, "multipart/form-data");
	if (!c->is_form)
		return 0;
	(void)tl_req_header(req, "Content-Type", &type);
	return tl_multipart_begin(&c->form, type, &ops, c);
}

static int
form_feed(struct tl_req *req, struct tl_str data)
{
	struct hma_call *c = tl_req_kept(req);
	if (c->is_form)
		return tl_multipart_feed(&c->form, data);
	if (tl_req_body(req).n + data.n > FIELD_BYTES)
		return tl_fail(TL_ETOOBIG, "the body is larger than %u bytes", FIELD_BYTES);
	return tl_body_bytes.feed(req, data);
}

const struct tl_body tl_hma_form_body = {form_begin, form_feed};

/* Types --------------------------------------------------------------------------------------------------------- */

static int
types_of_content(const struct hma_call *c, unsigned content, unsigned *ret)
{
	unsigned types = c->types;
	for (int i = 0; i < HMA_TYPES; i++) {
		if (!c->types && (hma_types[i].usual & content))
			types |= 1U << i;
		if ((c->types & 1U << i) && !(hma_types[i].contents & content))
			return tl_fail_at(TL_EFIELD, "types", "a %.*s has no %s",
			    TL_ARG(hma_content_name(content)), hma_types[i].name);
	}
	*ret = types;
	return 0;
}

int
hma_read_types(struct tl_req *req, struct hma_call *c)
{
	struct tl_str list = {NULL, 0}, name;
	if (tl_req_query(req, "content_type", &name) && name.n && !c->content) {
		c->content = tl_str_is(name, "photo")   ? HMA_PHOTO
			     : tl_str_is(name, "video") ? HMA_VIDEO
							: 0;
		if (!c->content)
			return tl_fail_at(
			    TL_EFIELD, "content_type", "a content is photo or video");
	}
	(void)tl_req_query(req, "types", &list);
	while (list.n) {
		enum hma_type_tag type = HMA_TYPE_PDQ;
		const uint8_t *comma = memchr(list.p, ',', list.n);
		size_t n = comma ? (size_t)(comma - list.p) : list.n;
		int rc = n ? hma_type_parse(tl_bytes(list.p, n), "types", &type) : 0;
		if (rc < 0)
			return rc;
		if (n)
			c->types |= 1U << type;
		list = tl_bytes(list.p + n + (comma != NULL), list.n - n - (comma != NULL));
	}
	return 0;
}

/* Asking -------------------------------------------------------------------------------------------------------- */

static void
on_answer(struct tl_req *req, int rc, struct tl_str json)
{
	struct hma_call *c = tl_req_kept(req);
	if (rc == 0)
		rc = tl_json_parse(json, &c->answer);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		c->then(req, c);
}

static void
write_names(struct tl_buf *out, const char *key, struct tl_str list)
{
	tl_js_open(out, key, '[');
	while (list.n) {
		const uint8_t *comma = memchr(list.p, ',', list.n);
		size_t n = comma ? (size_t)(comma - list.p) : list.n;
		tl_js_str(out, NULL, tl_bytes(list.p, n));
		list = tl_bytes(list.p + n + (comma != NULL), list.n - n - (comma != NULL));
	}
	tl_js_close(out, ']');
}

static void
ask_worker(struct tl_req *req, struct hma_call *c, unsigned types, int fd)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf q = {0};
	tl_js_open(&q, NULL, '{');
	tl_js_bool(&q, "find", c->find);
	tl_js_bool(&q, "provenance", c->provenance);
	write_names(&q, "banks", c->banks);
	tl_js_open(&q, "forms", '[');
	for (int i = 0; i < HMA_TYPES; i++)
		if (types & 1U << i)
			tl_js_z(&q, NULL, tl_entry_form_names[hma_types[i].form]);
	tl_js_close(&q, ']');
	tl_js_open(&q, "values", '{');
	for (int i = 0; i < HMA_TYPES; i++)
		if (c->values[i].n)
			tl_js_str(&q, tl_entry_form_names[hma_types[i].form], c->values[i]);
	tl_js_close(&q, '}');
	tl_js_close(&q, '}');
	struct tl_ask ask = {.kind = TL_ASK_LOOKUP,
	    .within_ms = WITHIN_MS,
	    .platform = tl_req_who(req)->platform,
	    .live = tl_req_who(req)->live,
	    .json = tl_buf_str(&q)};
	tl_asks_ask(tl_api_of(req)->asks, req, &ask, fd, on_answer);
}

/* A file is here; its content is known or can be told by what the web said of it. */
static void
ask_file(struct tl_req *req, struct hma_call *c, int fd)
{
	unsigned types = 0;
	int rc = types_of_content(c, c->content, &types);
	if (rc == 0 && !types)
		rc = tl_fail_at(TL_EFIELD, "types", "no signal type is left");
	if (rc < 0) {
		tl_fd_close(&fd);
		tl_req_problem(req, rc);
		return;
	}
	c->types = types;
	ask_worker(req, c, types, fd);
}

static bool
begins(struct tl_str s, const char *z)
{
	return s.n >= strlen(z) && strncasecmp((const char *)s.p, z, strlen(z)) == 0;
}

/* What the other side says of the bytes decides only what they are hashed as; text is never media. */
static int
content_of(struct hma_call *c, struct tl_str json)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	int rc = tl_json_parse(json, &j);
	if (rc < 0)
		return rc;
	struct tl_str type = tl_json_str(json_object_get(j, "type"));
	if (begins(type, "text/"))
		return tl_fail_at(TL_EFIELD, "url", "there is text at this address, no medium");
	if (!c->content)
		c->content = begins(type, "image/")   ? HMA_PHOTO
			     : begins(type, "video/") ? HMA_VIDEO
						      : 0;
	if (!c->content)
		return tl_fail_at(TL_EFIELD, "content_type",
		    "the other side does not say what it is; give content_type");
	return 0;
}

static void
on_fetched(struct tl_req *req, int rc, struct tl_str json, int fd)
{
	struct hma_call *c = tl_req_kept(req);
	if (rc == 0)
		rc = content_of(c, json);
	if (rc < 0) {
		tl_fd_close(&fd);
		tl_req_problem(req, rc);
		return;
	}
	ask_file(req, c, fd);
}

static void
fetch(struct tl_req *req, struct tl_str url)
{
	const struct tl_config *config = tl_api_of(req)->app.config;
	TL_CLEANUP(tl_buf_fini) struct tl_buf q = {0};
	tl_js_open(&q, NULL, '{');
	tl_js_str(&q, "url", url);
	tl_js_int(&q, "max_bytes", config->media_max_bytes);
	tl_js_close(&q, '}');
	struct tl_ask ask = {.kind = TL_ASK_FETCH,
	    .within_ms = (uint32_t)config->fetch_seconds * 1000 + TL_ASK_SPARE_MS,
	    .platform = tl_req_who(req)->platform,
	    .live = tl_req_who(req)->live,
	    .json = tl_buf_str(&q)};
	tl_asks_fetch(tl_api_of(req)->asks, req, &ask, on_fetched);
}

static int
whole_form(const struct hma_call *c)
{
	int rc = tl_multipart_end(&c->form);
	if (rc == 0 && c->files != 1)
		rc = tl_fail(TL_EFIELD, "exactly one file is expected");
	if (rc == 0 && c->file.n == 0)
		rc = tl_fail(TL_EFIELD, "the file is empty");
	return rc;
}

void
hma_run(struct tl_req *req, struct hma_call *c)
{
	struct tl_str url = {NULL, 0};
	int fd = -1;
	bool given = false;
	for (int i = 0; i < HMA_TYPES; i++)
		given = given || c->values[i].n;
	if (given) {
		ask_worker(req, c, c->types, -1);
		return;
	}
	if (!c->is_form && tl_req_query(req, "url", &url) && url.n) {
		fetch(req, url);
		return;
	}
	int rc = c->is_form ? whole_form(c)
			    : tl_fail(TL_EFIELD, "a url or exactly one file is expected");
	if (rc == 0)
		rc = tl_memfd_sealed("hash", tl_buf_str(&c->file), &fd);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		ask_file(req, c, fd);
}

struct tl_str
hma_hash(const struct hma_call *c, enum hma_type_tag type, int *ret_quality)
{
	const json_t *all = json_object_get(c->answer, "hashes");
	const json_t *h = json_object_get(all, tl_entry_form_names[hma_types[type].form]);
	const json_t *quality = json_object_get(h, "quality");
	*ret_quality = quality ? (int)json_integer_value(quality) : -1;
	return json_is_string(json_object_get(h, "value"))
		   ? tl_json_str(json_object_get(h, "value"))
		   : TL_S("");
}

void
hma_say_quality(struct tl_req *req, const struct hma_call *c)
{
	char text[16];
	int quality = -1;
	(void)hma_hash(c, HMA_TYPE_PDQ, &quality);
	if (quality < 0)
		return;
	(void)snprintf(text, sizeof text, "%d", quality);
	tl_req_set_header(req, "X-PDQ-Quality", text);
}

/* /h/hash ------------------------------------------------------------------------------------------------------- */

static void
answer_hashes(struct tl_req *req, struct hma_call *c)
{
	struct tl_buf b = {0};
	int quality;
	tl_js_open(&b, NULL, '{');
	for (int i = 0; i < HMA_TYPES; i++)
		if (c->types & 1U << i)
			tl_js_str(
			    &b, hma_types[i].name, hma_hash(c, (enum hma_type_tag)i, &quality));
	tl_js_close(&b, '}');
	hma_say_quality(req, c);
	tl_req_answer_json(req, 200, &b);
}

static void
hash(struct tl_req *req)
{
	struct hma_call *c = hma_call(req);
	if (!c)
		return;
	int rc = hma_read_types(req, c);
	c->then = answer_hashes;
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		hma_run(req, c);
}

void
tl_hma_do_hash_url(struct tl_req *req)
{
	hash(req);
}

void
tl_hma_do_hash_file(struct tl_req *req)
{
	hash(req);
}
