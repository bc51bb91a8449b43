/*
 * Watches as rows, their banks, and what they found.
 *
 * Promises: a watch has one bank of its own and always an end; ending it leaves its figures. Failures: EFIELD, STATE (it has
 * ended), NOTFOUND, the store's. Called by the console and the finder.
 */
#include "again/crisis.h"

#include "base/arena.h"
#include "base/buf.h"
#include "store/alarms.h"
#include "store/bank_media.h"
#include "store/banks.h"
#include "store/media.h"
#include "store/people.h"
#include "sys/clock.h"

#define SAMPLE 12
#define MINUTES 60

static int
read_watch(const struct tl_row *r, struct tl_arena *a, struct tl_watch *w)
{
	int kind = 0;
	*w = (struct tl_watch){.id = tl_col_id(r, 0),
	    .bank = tl_col_id(r, 1),
	    .title = tl_arena_dup(a, tl_col_str(r, 2)),
	    .policy = tl_arena_dup(a, tl_col_str(r, 3)),
	    .holds = tl_str_is(tl_col_str(r, 4), "withhold"),
	    .started_by = tl_col_id(r, 5),
	    .started_at = tl_col_int(r, 6),
	    .ends_at = tl_col_int(r, 7),
	    .ended_at = tl_col_int(r, 8),
	    .ended_by = tl_arena_dup(a, tl_col_str(r, 9)),
	    .report = tl_arena_dup(a, tl_col_str(r, 10)),
	    .bank_name = tl_arena_dup(a, tl_col_str(r, 11)),
	    .distance = (int)tl_col_int(r, 12),
	    .turned = tl_col_int(r, 13) != 0,
	    .entries = tl_col_int(r, 15),
	    .enabled = tl_col_int(r, 16) != 0};
	if (tl_word_parse(tl_bank_kind_names, tl_col_str(r, 14), &kind) < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown kind of bank");
	w->kind = (enum tl_bank_kind)kind;
	return tl_arena_check(a);
}

int
tl_watch_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_watch *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_WATCH_GET, A_ID(id));
	if (rc == TL_ENOTFOUND)
		return tl_fail(rc, "there is no such watch");
	if (rc < 0)
		return rc;
	rc = read_watch(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_watch_list(
    struct tl_db *db, struct tl_arena *arena, struct tl_watch **ret, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	struct tl_watch *list = TL_NEWS(arena, struct tl_watch, 100);
	if (!list)
		return tl_arena_check(arena);
	int rc = tl_db_query(db, &r, TL_SQL_WATCH_LIST, A_NULL);
	if (rc < 0)
		return rc;
	while (n < 100 && (rc = tl_row_next(&r)) > 0) {
		rc = read_watch(&r, arena, &list[n++]);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	*ret = list;
	*ret_count = n;
	return rc < 0 ? rc : 0;
}

int
tl_watch_open_count(struct tl_db *db, int64_t *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_WATCH_OPEN, A_NULL);
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}

/* Starting -------------------------------------------------------------------------------------------------------- */

/* The first kind of bank that can hold something of the item: pictures, then videos, then sounds. */
static int
entries_of(struct tl_db *db, const struct tl_item *item, struct tl_arena *arena,
    enum tl_bank_kind *ret_kind, struct tl_bank_entry *ret, size_t *ret_count)
{
	static const enum tl_bank_kind kinds[] = {TL_BANK_PDQ, TL_BANK_VIDEO, TL_BANK_SOUND};
	const struct tl_bank_entry like = {.enabled = true, .note = TL_S("crisis mode")};
	*ret_count = 0;
	for (size_t k = 0; k < TL_COUNT(kinds) && *ret_count == 0; k++) {
		for (size_t i = 0; i < item->media_count; i++) {
			struct tl_media m = item->media[i];
			int rc = tl_media_hashes(db, item->platform, &m, arena);
			if (rc < 0)
				return rc;
			*ret_count +=
			    tl_bank_of_medium(kinds[k], &m, &like, arena, &ret[*ret_count]);
		}
		*ret_kind = kinds[k];
	}
	return *ret_count ? 0
			  : tl_fail_at(TL_EFIELD, "/case",
				"nothing of this can be watched: it has no picture, video or "
				"sound that could be hashed");
}

int
tl_watch_start(
    struct tl_db *db, const struct tl_item *item, struct tl_watch *w, struct tl_arena *arena)
{
	struct tl_bank_entry entries[TL_ITEM_MEDIA_MAX];
	size_t n = 0;
	char id[TL_ID_TEXT];
	w->id = tl_id_new();
	w->started_at = tl_now_us();
	tl_id_text(id, w->id);
	struct tl_bank b = {.policy = w->policy,
	    .source = w->holds ? TL_S(TL_WATCH_SOURCE_HOLD) : TL_S(TL_WATCH_SOURCE_ASK),
	    .distance = w->distance,
	    .turned = w->turned,
	    .no_brake = true, /* it is meant to match much */
	    .enabled = true};
	/* The first and the last digits: two that start in one moment differ. */
	b.name =
	    tl_str(tl_arena_printf(arena, TL_WATCH_PREFIX "%.8s-%s", id, id + TL_ID_TEXT - 7));
	int rc = entries_of(db, item, arena, &b.kind, entries, &n);
	if (rc == 0 && b.kind == TL_BANK_VIDEO)
		b.share_query = b.share_known = 30;
	if (rc == 0)
		rc = tl_bank_create(db, &b);
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = tl_bank_entry_add(db, &b, &entries[i]);
		rc = rc == TL_EEXISTS ? 0 : rc; /* the same picture twice in one item */
	}
	if (rc < 0)
		return rc;
	w->bank = b.id;
	w->bank_name = b.name;
	w->kind = b.kind;
	w->entries = (int64_t)n;
	w->enabled = true;
	rc = tl_db_run(db, TL_SQL_WATCH_ADD, A_ID(w->id), A_ID(w->bank), A_TEXT(w->title),
	    A_TEXT(w->policy), A_Z(w->holds ? "withhold" : "review"), A_ID(w->started_by),
	    A_INT(w->started_at), A_INT(w->ends_at));
	return rc < 0 ? rc : 0;
}

static int
running(const struct tl_watch *w)
{
	return w->ended_at ? tl_fail(TL_ECONFLICT, "this watch has ended") : 0;
}

static int
set_bank(struct tl_db *db, const struct tl_watch *w, int distance, bool enabled,
    struct tl_arena *arena)
{
	struct tl_bank b;
	int rc = tl_bank_get(db, w->bank, arena, &b);
	if (rc < 0)
		return rc;
	b.distance = distance;
	b.enabled = enabled;
	return tl_bank_set(db, &b);
}

int
tl_watch_distance(
    struct tl_db *db, const struct tl_watch *w, int distance, struct tl_arena *arena)
{
	int rc = running(w);
	return rc < 0 ? rc : set_bank(db, w, distance, true, arena);
}

int
tl_watch_until(struct tl_db *db, const struct tl_watch *w, int64_t ends_at)
{
	int rc = running(w);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_WATCH_UNTIL, A_ID(w->id), A_INT(ends_at));
	return rc < 0 ? rc : 0;
}

int
tl_watch_end(
    struct tl_db *db, const struct tl_watch *w, struct tl_str by, struct tl_arena *arena)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf report = {0};
	int rc = running(w);
	tl_js_open(&report, NULL, '{');
	if (rc == 0)
		rc = tl_watch_figures(db, w, &report);
	tl_js_close(&report, '}');
	if (rc == 0)
		rc = set_bank(db, w, w->distance, false, arena);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_WATCH_END, A_ID(w->id), A_INT(tl_now_us()),
		    A_TEXT(by), A_TEXT(tl_buf_str(&report)));
	return rc < 0 ? rc : 0;
}

int
tl_watch_end_due(struct tl_db *db, struct tl_arena *arena)
{
	struct tl_row r;
	struct tl_watch w = {0};
	char id[TL_ID_TEXT];
	int rc = tl_db_first(db, &r, TL_SQL_WATCH_DUE, A_INT(tl_now_us()));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	struct tl_id due = tl_col_id(&r, 0);
	tl_row_end(&r);
	rc = tl_watch_get(db, due, arena, &w);
	if (rc == 0)
		rc = tl_watch_end(db, &w, TL_S("system"), arena);
	tl_id_text(id, due);
	if (rc == 0)
		rc = tl_audit_add(db, "system", "watch.end", tl_str(id), TL_S("its time"));
	return rc < 0 ? rc : 1;
}

/* Figures --------------------------------------------------------------------------------------------------------- */

static int
put_states(struct tl_db *db, const struct tl_watch *w, struct tl_buf *out)
{
	static const char *const names[] = {"waiting", "withheld", "removed", "standing"};
	int64_t n[TL_COUNT(names)] = {0}, views = 0, all = 0;
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_WATCH_STATES, A_ID(w->bank));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		for (size_t i = 0; i < TL_COUNT(names); i++)
			if (tl_str_is(tl_col_str(&r, 0), names[i]))
				n[i] = tl_col_int(&r, 1);
		all += tl_col_int(&r, 1);
		views += tl_col_int(&r, 2);
	}
	tl_row_end(&r);
	tl_js_int(out, "copies", all);
	tl_js_open(out, "states", '{');
	for (size_t i = 0; i < TL_COUNT(names); i++)
		tl_js_int(out, names[i], n[i]);
	tl_js_close(out, '}');
	tl_js_int(out, "views", views);
	return rc < 0 ? rc : 0;
}

/* One number a minute, oldest first; minutes without a copy are 0. */
static int
put_minutes(struct tl_db *db, const struct tl_watch *w, struct tl_buf *out)
{
	int64_t n[MINUTES] = {0};
	int64_t last = (w->ended_at ? w->ended_at : tl_now_us()) / TL_US_MIN;
	int64_t first = last - MINUTES + 1;
	struct tl_row r;
	int rc =
	    tl_db_query(db, &r, TL_SQL_WATCH_MINUTES, A_ID(w->bank), A_INT(first * TL_US_MIN));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int64_t i = tl_col_int(&r, 0) - first;
		if (i >= 0 && i < MINUTES)
			n[i] = tl_col_int(&r, 1);
	}
	tl_row_end(&r);
	tl_js_open(out, "minutes", '[');
	for (size_t i = 0; i < MINUTES; i++)
		tl_js_int(out, NULL, n[i]);
	tl_js_close(out, ']');
	return rc < 0 ? rc : 0;
}

int
tl_watch_figures(struct tl_db *db, const struct tl_watch *w, struct tl_buf *out)
{
	struct tl_row r;
	int rc = put_states(db, w, out);
	if (rc == 0)
		rc = put_minutes(db, w, out);
	if (rc == 0)
		rc =
		    tl_db_first(db, &r, TL_SQL_WATCH_PACE, A_ID(w->bank), A_INT(w->started_at));
	if (rc < 0)
		return rc;
	if (tl_col_int(&r, 1) > 0)
		tl_js_num(out, "seconds_to_action", tl_col_real(&r, 0) / (double)TL_US_S);
	else
		tl_js_null(out, "seconds_to_action");
	tl_row_end(&r);
	return 0;
}

int
tl_watch_newest(struct tl_db *db, const struct tl_watch *w, const char *key, int64_t limit,
    struct tl_buf *out)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_WATCH_NEWEST, A_ID(w->bank), A_INT(limit));
	if (rc < 0)
		return rc;
	tl_js_open(out, key, '[');
	while ((rc = tl_row_next(&r)) > 0) {
		tl_js_open(out, NULL, '{');
		tl_js_id(out, "item", tl_col_id(&r, 1));
		tl_js_str(out, "platform", tl_col_str(&r, 2));
		tl_js_str(out, "id", tl_col_str(&r, 3));
		tl_js_str0(out, "author", tl_col_str(&r, 4));
		tl_js_time(out, "posted_at", tl_col_int(&r, 5));
		tl_js_time(out, "found_at", tl_col_int(&r, 6));
		tl_js_int(out, "distance", tl_col_int(&r, 7));
		tl_js_hex(out, "media", tl_col_str(&r, 8));
		tl_js_int(out, "views", tl_col_int(&r, 9));
		tl_js_str(out, "state", tl_col_str(&r, 10));
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	return rc < 0 ? rc : 0;
}

/* Preview --------------------------------------------------------------------------------------------------------- */

struct sample {
	struct tl_again_hit hit[SAMPLE];
	size_t n;
};

static int
put_sample(struct tl_db *db, const struct sample *s, struct tl_buf *out)
{
	tl_js_open(out, "sample", '[');
	for (size_t i = 0; i < s->n; i++) {
		struct tl_row r;
		int rc = tl_db_first(db, &r, TL_SQL_AGAIN_MEDIA_OF_KEY, A_INT(s->hit[i].key));
		if (rc == TL_ENOTFOUND)
			continue;
		if (rc < 0)
			return rc;
		tl_js_open(out, NULL, '{');
		tl_js_hex(out, "media", tl_col_str(&r, 1));
		tl_js_int(out, "distance", s->hit[i].distance);
		tl_js_close(out, '}');
		tl_row_end(&r);
	}
	tl_js_close(out, ']');
	return 0;
}

/* Nearest first come the hits: those of the rim come last. */
static void
take_rim(struct sample *s, const struct tl_again_hit *hits, size_t n, int distance)
{
	for (size_t i = n; i > 0 && s->n < SAMPLE; i--)
		if (hits[i - 1].distance <= distance)
			s->hit[s->n++] = hits[i - 1];
}

int
tl_watch_preview(struct tl_db *db, struct tl_again_index *x, const struct tl_watch *w,
    int distance, struct tl_arena *arena, struct tl_buf *out)
{
	int64_t at[TL_INDEX_DISTANCE_MAX + 1] = {0}, sum = 0;
	struct tl_bank_entry *entries;
	struct sample sample = {.n = 0};
	size_t count = 0;
	int rc = tl_bank_entry_page(
	    db, w->bank, (struct tl_id){0}, TL_ITEM_MEDIA_MAX, arena, &entries, &count);
	for (size_t i = 0; i < count && rc == 0 && w->kind == TL_BANK_PDQ; i++) {
		const struct tl_again_hit *hits;
		size_t n;
		uint64_t all;
		struct tl_pdq h;
		if (entries[i].value.n != sizeof h.b)
			continue;
		memcpy(h.b, entries[i].value.p, sizeof h.b);
		rc = tl_again_index_find(x, &h, TL_INDEX_DISTANCE_MAX, 100000, &hits, &n, &all);
		for (size_t k = 0; k < n && rc == 0; k++)
			at[hits[k].distance]++;
		if (rc == 0)
			take_rim(&sample, hits, n, distance);
	}
	if (rc < 0)
		return rc;
	tl_js_open(out, "distances", '[');
	for (size_t d = 0; d < TL_COUNT(at); d++) {
		sum += at[d];
		tl_js_int(out, NULL, sum);
	}
	tl_js_close(out, ']');
	return put_sample(db, &sample, out);
}
