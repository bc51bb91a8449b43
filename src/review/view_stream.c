/*
 * JSON of a live stream: whether it runs, since when, who watches, and its newest segments with what was found in them.
 *
 * Promises: newest first and bounded; a segment whose text was erased is shown as erased. Failure: the store's. Called by
 * the case view and the item trail.
 */
#include "review/view_int.h"

#include "store/streams.h"

#define SEGMENTS_SHOWN 24
#define SCRATCH_BYTES (1U << 20)

static int
write_segment(const struct tl_view *v, struct tl_arena *scratch, int64_t platform,
    const struct tl_segment *g)
{
	tl_arena_reset(scratch);
	struct tl_item_full *f = TL_NEW(scratch, struct tl_item_full);
	int rc = tl_arena_check(scratch);
	if (rc == 0)
		rc = tl_item_get(v->db, platform, g->item, scratch, f);
	if (rc < 0)
		return rc;
	struct tl_buf *out = v->out;
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "id", f->item.ext_id);
	tl_js_int(out, "seq", g->seq);
	tl_js_time(out, "received_at", f->item.received_at);
	tl_js_z(out, "state", tl_item_state_names[f->item.state]);
	tl_js_z(out, "verdict", f->has_verdict ? tl_verdict_word_names[f->verdict] : NULL);
	view_content(out, f);
	rc = tl_view_signals(v, "signals", platform, g->item);
	if (rc == 0)
		rc = tl_view_rules(v, "rules", f->reasons, f->ruleset);
	tl_js_close(out, '}');
	return rc;
}

static int
write_segments(const struct tl_view *v, const struct tl_stream *s)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *scratch = tl_arena_create(SCRATCH_BYTES);
	struct tl_segment list[SEGMENTS_SHOWN];
	size_t n = 0;
	int rc = tl_stream_segments(v->db, s->platform, s->item, list, SEGMENTS_SHOWN, &n);
	tl_js_open(v->out, "newest", '[');
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = write_segment(v, scratch, s->platform, &list[i]);
	tl_js_close(v->out, ']');
	return rc;
}

int
tl_view_stream(const struct tl_view *v, const char *key, const struct tl_item *item)
{
	struct tl_buf *out = v->out;
	struct tl_stream s;
	bool stopping = false;
	int rc = item && item->kind == TL_KIND_LIVE_STREAM
		     ? tl_stream_of_item(v->db, item->platform, item->id, v->arena, &s)
		     : TL_ENOTFOUND;
	if (rc == TL_ENOTFOUND) {
		tl_js_null(out, key);
		return 0;
	}
	if (rc == 0)
		rc = tl_stream_stop_asked(v->db, s.platform, s.item, &stopping);
	if (rc < 0)
		return rc;
	bool over = s.state != TL_STREAM_RUNNING;
	tl_js_open(out, key, '{');
	tl_js_str(out, "id", s.ext_id);
	tl_js_z(out, "state", tl_stream_state_names[s.state]);
	tl_js_z(out, "ended_by", over ? tl_stream_end_names[s.ended_by] : NULL);
	tl_js_bool(out, "stopping", stopping && !over);
	tl_js_time(out, "started_at", s.started_at);
	tl_js_time(out, "last_at", s.last_at);
	tl_js_time(out, "ended_at", s.ended_at);
	tl_js_int(out, "viewers", s.viewers);
	tl_js_int(out, "segments", s.segments);
	rc = write_segments(v, &s);
	tl_js_close(out, '}');
	return rc;
}
