/*
 * Bodies of lines that are read whole.
 *
 * Promises: memory is bounded by the route's limit of bytes and the call's limit of lines; lines are numbered as in the body,
 * empty ones are skipped. Called by the routes of relations and of the contact gate.
 */
#include "api/lined.h"

#include "base/arena.h"
#include "intake/lines.h"

#include <stdlib.h>

#define LINE_BYTES (16U * 1024)
#define ARENA_BYTES (64U << 20)

struct reading {
	struct tl_lined *lined;
	size_t max, size;
};

static int
begin_lines(struct tl_req *req)
{
	if (!tl_req_type_is(req, "application/x-ndjson"))
		return tl_fail_at(
		    TL_ETYPE, "Content-Type", "this call takes application/x-ndjson");
	return 0;
}

static int
feed_lines(struct tl_req *req, struct tl_str data)
{
	return tl_body_bytes.feed(req, data);
}

const struct tl_body tl_body_lines = {begin_lines, feed_lines};

static void
lined_destroy(void *p)
{
	struct tl_lined *l = p;
	for (size_t i = 0; i < l->count; i++)
		json_decref(l->lines[i].json);
	tl_arena_destroy(l->arena);
	free(l);
}

void
tl_lined_refuse(struct tl_lined *l, struct tl_lined_line *line, int rc)
{
	line->rc = rc;
	line->text = tl_arena_printf(l->arena, "%s", tl_err_text());
	line->field = tl_arena_printf(l->arena, "%s", tl_err_field());
}

static int
on_line(void *ctx, struct tl_str text, int64_t number, bool too_long)
{
	struct reading *r = ctx;
	struct tl_lined *l = r->lined;
	if (l->count == r->max)
		return tl_fail(TL_ETOOBIG, "a batch holds at most %zu lines", r->max);
	struct tl_lined_line *line = &l->lines[l->count++];
	line->number = number;
	line->of = tl_arena_alloc(l->arena, r->size);
	int rc = too_long ? tl_fail(TL_ETOOBIG, "the line is longer than %u bytes", LINE_BYTES)
			  : tl_json_parse(text, &line->json);
	if (rc < 0)
		tl_lined_refuse(l, line, rc);
	return tl_arena_check(l->arena);
}

int
tl_lined_read(struct tl_req *req, size_t max, size_t size, struct tl_lined **ret)
{
	struct tl_lined *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->arena = tl_arena_create(ARENA_BYTES);
	l->lines = TL_NEWS(l->arena, struct tl_lined_line, max);
	tl_req_keep(req, l, lined_destroy);
	struct reading r = {l, max, size};
	struct tl_lines lines = {.limit = LINE_BYTES};
	int rc = tl_arena_check(l->arena);
	if (rc == 0)
		rc = tl_lines_feed(&lines, tl_req_body(req), on_line, &r);
	if (rc == 0)
		rc = tl_lines_end(&lines, on_line, &r);
	tl_lines_fini(&lines);
	*ret = l;
	return rc;
}

void
tl_lined_answer(struct tl_req *req, const struct tl_lined *l,
    void (*put)(struct tl_buf *out, const struct tl_lined_line *line, const void *ctx),
    const void *ctx)
{
	struct tl_buf out = {0};
	for (size_t i = 0; i < l->count; i++) {
		const struct tl_lined_line *line = &l->lines[i];
		tl_js_open(&out, NULL, '{');
		tl_js_int(&out, "line", line->number);
		if (line->rc < 0) {
			struct tl_buf problem = {0};
			(void)tl_problem_write(
			    &problem, line->rc, line->field, line->text, NULL);
			tl_js_raw(&out, "problem", tl_buf_str(&problem));
			tl_buf_fini(&problem);
		} else {
			put(&out, line, ctx);
		}
		tl_js_close(&out, '}');
		tl_buf_byte(&out, '\n');
	}
	tl_req_answer(req, 200, "application/x-ndjson", &out);
}
