/*
 * Owns the life of a stream: running while it gives signs of life, ended by the platform's word or by silence, stopped
 * once the platform has confirmed that.
 *
 * Promises: segments may come in any order and twice; a stream that was stopped stays stopped, and one that goes on all
 * the same opens an alarm; one that ended runs again when a later segment comes. A stream has one author: cases, decisions and strikes
 * are that account's. Failures: EFIELD for what is of another author or kind; the store's. Called by intake, the worker,
 * enforcement, the clerk and the console's views.
 */
#include "store/streams.h"

#include "base/arena.h"
#include "store/accounts.h"
#include "store/alarms.h"
#include "store/items.h"
#include "store/keys.h"
#include "store/rows_int.h"
#include "sys/clock.h"

/* What is still under way when the platform confirms is not worth an alarm. */
#define TAIL_US (15 * TL_US_S)
#define ARENA_BYTES 8192

static int
read_stream(const struct tl_row *r, struct tl_arena *arena, struct tl_stream *ret)
{
	int state = 0, by = 0;
	*ret = (struct tl_stream){.platform = tl_col_int(r, 0),
	    .item = tl_col_id(r, 1),
	    .live = tl_col_int(r, 2) != 0,
	    .ext_id = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .started_at = tl_col_int(r, 6),
	    .last_at = tl_col_int(r, 7),
	    .ended_at = tl_col_int(r, 8),
	    .segments = tl_col_int(r, 9),
	    .seq = tl_col_int(r, 10),
	    .viewers = tl_col_int(r, 11)};
	int rc = tl_word_parse(tl_stream_state_names, tl_col_str(r, 4), &state);
	if (rc == 0 && !tl_col_null(r, 5))
		rc = tl_word_parse(tl_stream_end_names, tl_col_str(r, 5), &by);
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "a stream's row is damaged");
	ret->state = (enum tl_stream_state)state;
	ret->ended_by = (enum tl_stream_end)by;
	return tl_arena_check(arena);
}

static int
read_one(struct tl_row *r, struct tl_arena *arena, struct tl_stream *ret)
{
	int rc = read_stream(r, arena, ret);
	tl_row_end(r);
	return rc;
}

int
tl_stream_get(struct tl_db *db, int64_t platform, struct tl_id stream, struct tl_arena *arena,
    struct tl_stream *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_STREAM_GET, A_INT(platform), A_ID(stream));
	return rc < 0 ? rc : read_one(&r, arena, ret);
}

int
tl_stream_of_item(struct tl_db *db, int64_t platform, struct tl_id item, struct tl_arena *arena,
    struct tl_stream *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_STREAM_OF_ITEM, A_INT(platform), A_ID(item));
	if (rc < 0)
		return rc;
	bool segment = !tl_col_null(&r, 12);
	int64_t seq = tl_col_int(&r, 12);
	rc = read_one(&r, arena, ret);
	ret->is_segment = rc == 0 && segment;
	ret->segment_seq = seq;
	return rc;
}

/* Every change may move its case. */
static int
put(struct tl_db *db, const struct tl_stream *s)
{
	int rc = tl_db_run(db, TL_SQL_STREAM_PUT, A_INT(s->platform), A_ID(s->item),
	    A_Z(tl_stream_state_names[s->state]),
	    s->state == TL_STREAM_RUNNING ? A_NULL : A_Z(tl_stream_end_names[s->ended_by]),
	    A_INT(s->last_at), A_INT0(s->ended_at), A_INT(s->segments), A_INT(s->seq),
	    A_INT(s->viewers));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_STREAM_ITEM_VIEWS, A_INT(s->platform), A_ID(s->item),
		    A_INT(s->viewers));
	return rc < 0 ? rc : 0;
}

static void
end(struct tl_stream *s, enum tl_stream_end by, int64_t at)
{
	s->state = by == TL_STREAM_BY_ACTION ? TL_STREAM_STOPPED : TL_STREAM_ENDED;
	s->ended_by = by;
	s->ended_at = at;
}

/* The stream's own item, when the platform sends none: nothing but whose it is and where it was shown. */
static int
own_item(struct tl_db *db, const struct tl_item *of, int64_t expires_at, struct tl_id *ret)
{
	static const uint8_t no_print[TL_PRINT_BYTES];
	struct tl_buf TL_CLEANUP(tl_buf_fini) body = {0};
	struct tl_id id = tl_id_new();
	int rc = tl_text_seal(db, of->platform, tl_id_is_nil(of->account) ? id : of->account,
	    "item", TL_S("{\"text\":{}}"), &body);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_STREAM_ITEM_ADD, A_INT(of->platform), A_ID(id),
		    A_TEXT(of->stream.id), A_INT(of->live), A_ID0(of->account),
		    A_Z(tl_audience_names[of->audience]), A_TEXT0(of->language),
		    A_TEXT0(of->territory), A_INT(of->posted_at), A_INT(of->received_at),
		    A_BYTES(tl_buf_str(&body)), A_BYTES(tl_bytes(no_print, sizeof no_print)),
		    A_INT0(expires_at));
	if (rc < 0)
		return rc;
	*ret = id;
	return 0;
}

static int
begin(struct tl_db *db, const struct tl_item *item, struct tl_str ext_id, int64_t expires_at,
    struct tl_stream *ret)
{
	struct tl_item_state_row row;
	struct tl_id own = item->id;
	int rc = 0;
	if (item->stream.id.n) {
		rc = tl_item_find(db, item->platform, item->live, ext_id, 0, &row);
		if (rc == 0)
			own = row.id;
		else if (rc == TL_ENOTFOUND)
			rc = own_item(db, item, expires_at, &own);
	}
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_STREAM_ADD, A_INT(item->platform), A_ID(own),
		    A_INT(item->live), A_TEXT(ext_id), A_INT(item->received_at));
	if (rc < 0)
		return rc;
	*ret = (struct tl_stream){.platform = item->platform,
	    .item = own,
	    .live = item->live,
	    .ext_id = ext_id,
	    .state = TL_STREAM_RUNNING,
	    .started_at = item->received_at,
	    .last_at = item->received_at,
	    .seq = -1};
	return tl_counter_add(db, item->platform, item->live, "streams_started", TL_S(""), 1);
}

/* A platform that confirmed a stop and still sends what is shown: nobody may overlook that. */
static int
watch_stopped(struct tl_db *db, const struct tl_stream *s, const struct tl_item *item)
{
	if (s->state != TL_STREAM_STOPPED || item->stream.ended ||
	    item->received_at < s->ended_at + TAIL_US)
		return 0;
	return tl_alarm_open(
	    db, TL_AL_STREAM_GOES_ON, s->ext_id, TL_SAID(A_TEXT(s->ext_id)), NULL);
}

static void
advance(struct tl_stream *s, const struct tl_item *item)
{
	const struct tl_item_stream *in = &item->stream;
	bool later = in->id.n == 0 || in->seq > s->seq;
	if (in->id.n)
		s->segments++;
	if (item->received_at > s->last_at)
		s->last_at = item->received_at;
	if (later && item->views > 0)
		s->viewers = item->views;
	if (in->id.n && later)
		s->seq = in->seq;
	if (s->state == TL_STREAM_STOPPED)
		return;
	if (in->ended) {
		end(s, TL_STREAM_BY_PLATFORM, item->received_at);
	} else if (later) { /* it was silent for a time, or was begun again */
		s->state = TL_STREAM_RUNNING;
		s->ended_at = 0;
	}
}

/* What is decided of a stream concerns one account, so nobody else can add to it. */
static int
check_whose(struct tl_db *db, const struct tl_item *item, struct tl_id stream)
{
	struct tl_row r;
	int rc =
	    tl_db_first(db, &r, TL_SQL_STREAM_ITEM_IS, A_INT(item->platform), A_ID(stream));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	bool same = tl_id_eq(tl_col_id(&r, 0), item->account);
	bool is_stream = tl_str_is(tl_col_str(&r, 1), tl_item_kind_names[TL_KIND_LIVE_STREAM]);
	tl_row_end(&r);
	if (!is_stream)
		return tl_fail_at(TL_EFIELD, "/stream/id",
		    "there is an item of this id already, and it is no live stream");
	return same ? 0
		    : tl_fail_at(TL_EFIELD, "/author/id",
			  "the stream is of another author; a segment has the author of its "
			  "stream");
}

int
tl_stream_kept(struct tl_db *db, const struct tl_item *item)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_STREAM_BY_EXT, A_INT(item->platform),
	    A_INT(item->live), A_TEXT(item->ext_id));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	tl_row_end(&r);
	return tl_fail_at(TL_EFIELD, "/kind", "this id is a live stream's, and stays one");
}

int
tl_stream_item(struct tl_db *db, const struct tl_item *item, int64_t expires_at)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(ARENA_BYTES);
	bool segment = item->stream.id.n > 0;
	struct tl_str ext_id = segment ? item->stream.id : item->ext_id;
	struct tl_stream s = {0};
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_STREAM_BY_EXT, A_INT(item->platform),
	    A_INT(item->live), A_TEXT(ext_id));
	if (rc == 0)
		rc = read_one(&r, a, &s);
	else if (rc == TL_ENOTFOUND)
		rc = begin(db, item, ext_id, expires_at, &s);
	if (rc == 0)
		rc = check_whose(db, item, s.item);
	if (rc == 0 && segment)
		rc = tl_db_run(db, TL_SQL_STREAM_SEGMENT_ADD, A_INT(item->platform),
		    A_ID(item->id), A_ID(s.item), A_INT(item->stream.seq),
		    A_INT(item->received_at));
	if (rc >= 0 && expires_at)
		rc = tl_db_run(db, TL_SQL_STREAM_ITEM_KEEP, A_INT(item->platform), A_ID(s.item),
		    A_INT(expires_at));
	if (rc >= 0)
		rc = watch_stopped(db, &s, item);
	if (rc < 0)
		return rc;
	advance(&s, item);
	return put(db, &s);
}

int
tl_stream_viewers(struct tl_db *db, int64_t platform, struct tl_id item, int64_t viewers)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(ARENA_BYTES);
	struct tl_stream s;
	int rc = viewers < 0 ? TL_ENOTFOUND : tl_stream_of_item(db, platform, item, a, &s);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	s.viewers = viewers;
	if (s.state == TL_STREAM_RUNNING)
		s.last_at = tl_now_us();
	return put(db, &s);
}

int
tl_stream_stopped(struct tl_db *db, int64_t platform, struct tl_id item, int64_t now)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(ARENA_BYTES);
	struct tl_stream s;
	int rc = tl_stream_get(db, platform, item, a, &s);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	bool ran = s.state == TL_STREAM_RUNNING;
	end(&s, TL_STREAM_BY_ACTION, now);
	rc = put(db, &s);
	return rc < 0 || !ran
		   ? rc
		   : tl_counter_add(db, platform, s.live, "streams_stopped", TL_S(""), 1);
}

int
tl_stream_stop_asked(struct tl_db *db, int64_t platform, struct tl_id stream, bool *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_STREAM_STOP_ASKED, A_INT(platform), A_ID(stream));
	*ret = rc == 0;
	if (rc == 0)
		tl_row_end(&r);
	return rc == TL_ENOTFOUND ? 0 : rc;
}

int
tl_stream_silent(struct tl_db *db, int64_t before, int max)
{
	enum { PAGE = 64 };
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(64 * 1024);
	struct tl_stream list[PAGE];
	struct tl_row r;
	int n = 0;
	int rc = tl_db_query(
	    db, &r, TL_SQL_STREAM_SILENT, A_INT(before), A_INT(max < PAGE ? max : PAGE));
	if (rc < 0)
		return rc;
	while (n < PAGE && (rc = tl_row_next(&r)) > 0) {
		rc = read_stream(&r, a, &list[n++]);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	for (int i = 0; i < n && rc >= 0; i++) {
		end(&list[i], TL_STREAM_BY_SILENCE, list[i].last_at);
		rc = put(db, &list[i]);
	}
	return rc < 0 ? rc : n;
}

int
tl_stream_to_weigh(struct tl_db *db, struct tl_stream_key *ret, int max)
{
	struct tl_row r;
	int n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_STREAM_TO_WEIGH, A_INT(max));
	if (rc < 0)
		return rc;
	while (n < max && (rc = tl_row_next(&r)) > 0)
		ret[n++] = (struct tl_stream_key){tl_col_int(&r, 0), tl_col_id(&r, 1)};
	tl_row_end(&r);
	return rc < 0 ? rc : n;
}

int
tl_stream_weighed(struct tl_db *db, const struct tl_stream_key *k)
{
	int rc = tl_db_run(db, TL_SQL_STREAM_WEIGHED, A_INT(k->platform), A_ID(k->item));
	return rc < 0 ? rc : 0;
}

int
tl_stream_segments(struct tl_db *db, int64_t platform, struct tl_id stream,
    struct tl_segment *ret, size_t max, size_t *ret_n)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(
	    db, &r, TL_SQL_STREAM_SEGMENTS, A_INT(platform), A_ID(stream), A_INT(max));
	if (rc < 0)
		return rc;
	while (n < max && (rc = tl_row_next(&r)) > 0)
		ret[n++] = (struct tl_segment){tl_col_id(&r, 0), tl_col_int(&r, 1)};
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	*ret_n = n;
	return 0;
}

int
tl_stream_running(struct tl_db *db, int64_t ret[2])
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_STREAM_COUNTS, NULL, 0);
	if (rc < 0)
		return rc;
	ret[0] = ret[1] = 0;
	while ((rc = tl_row_next(&r)) > 0)
		ret[tl_col_int(&r, 0) != 0] = tl_col_int(&r, 1);
	tl_row_end(&r);
	return rc;
}

int
tl_stream_forget(struct tl_db *db, int64_t platform, struct tl_id item)
{
	int rc = tl_db_run(db, TL_SQL_STREAM_SEGMENT_DROP, A_INT(platform), A_ID(item));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_STREAM_DROP, A_INT(platform), A_ID(item));
	return rc < 0 ? rc : 0;
}
