/*
 * Watches as rows, their banks, and what they found.
 *
 * Promises: a watch has one bank of its own and always an end; ending it leaves its figures. Failures: EFIELD, STATE (it has
 * ended), NOTFOUND, the store's. Called by the console and the finder.
 */
#include "again/crisis.h"

#include "again/alike.h"
#include "base/arena.h"
#include "base/buf.h"
#include "hash/sound_match.h"
#include "store/alarms.h"
#include "store/bank_media.h"
#include "store/banks.h"
#include "store/media.h"
#include "store/people.h"
#include "sys/clock.h"

#include <stdlib.h>

#define SAMPLE 12
#define NEWEST_LOOK 1000 /* that are asked whether they may be seen */
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

static bool
wanted(const struct tl_media *m, struct tl_str medium)
{
	char hex[2 * sizeof m->id.b + 1];
	tl_hex(hex, m->id.b, sizeof m->id.b);
	return !medium.n || tl_str_is(medium, hex);
}

/* Why: of the first medium that was wanted. */
static int
nothing_of(
    struct tl_db *db, const struct tl_item *item, struct tl_str medium, struct tl_arena *arena)
{
	for (size_t i = 0; i < item->media_count; i++) {
		struct tl_media m = item->media[i];
		if (!wanted(&m, medium))
			continue;
		int rc = tl_media_hashes(db, item->platform, &m, arena);
		return rc < 0 ? rc : tl_bank_not_of_medium(&m, "/media");
	}
	return tl_fail_at(TL_EFIELD, "/media", "%s",
	    medium.n ? "it has no such file" : "it has no picture, video or sound");
}

static const enum tl_bank_kind watched[] = {TL_BANK_VIDEO, TL_BANK_PDQ, TL_BANK_SOUND};

int
tl_watch_of_medium(const struct tl_media *m, struct tl_arena *arena, struct tl_bank_entry *ret)
{
	static const struct tl_bank_entry like;
	for (size_t k = 0; k < TL_COUNT(watched); k++)
		if (tl_bank_of_medium(watched[k], m, &like, arena, ret))
			return tl_arena_check(arena);
	return tl_bank_not_of_medium(m, "");
}

int
tl_watch_of_item(struct tl_db *db, const struct tl_item *item, struct tl_str medium,
    struct tl_arena *arena, struct tl_bank_entry **ret, size_t *ret_count)
{
	static const struct tl_bank_entry like;
	struct tl_bank_entry *list = TL_NEWS(arena, struct tl_bank_entry, TL_ITEM_MEDIA_MAX);
	size_t n = 0;
	if (!list)
		return tl_arena_check(arena);
	for (size_t k = 0; k < TL_COUNT(watched) && n == 0; k++) {
		for (size_t i = 0; i < item->media_count; i++) {
			struct tl_media m = item->media[i];
			if (!wanted(&m, medium))
				continue;
			int rc = tl_media_hashes(db, item->platform, &m, arena);
			if (rc < 0)
				return rc;
			n += tl_bank_of_medium(watched[k], &m, &like, arena, &list[n]);
		}
	}
	if (n == 0)
		return nothing_of(db, item, medium, arena);
	*ret = list;
	*ret_count = n;
	return tl_arena_check(arena);
}

/* Everybody who leads hears of it, since nobody else had to agree. */
static int
tell_leads(struct tl_db *db, const struct tl_watch *w, int distance, struct tl_str who)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, w->id);
	return tl_alarm_open(db, TL_AL_WATCH_RUNS, tl_str(id),
	    TL_SAID(A_TEXT(w->title), A_TEXT(w->policy), A_INT(distance),
		A_Z(w->holds ? "withheld at once" : "sent to people"), A_TEXT(who)),
	    NULL);
}

static int
add_entries(struct tl_db *db, const struct tl_bank *b, const struct tl_bank_entry *entries,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct tl_bank_entry e = {.form = entries[i].form,
		    .value = entries[i].value,
		    .enabled = true,
		    .note = TL_S("crisis mode")};
		int rc = tl_bank_entry_add(db, b, &e);
		if (rc < 0 && rc != TL_EEXISTS) /* the same picture twice in one item */
			return rc;
	}
	return 0;
}

/* Of sounds the distance counts differing bits of 32, of which more than some are chance. */
void
tl_watch_net(
    const struct tl_bank_entry *entries, size_t count, int distance, struct tl_watch_net *ret)
{
	enum tl_entry_form form = entries[0].form;
	*ret = (struct tl_watch_net){.entries = entries,
	    .count = count,
	    .kind = form == TL_FORM_VPDQ  ? TL_BANK_VIDEO
		    : form == TL_FORM_PDQ ? TL_BANK_PDQ
					  : TL_BANK_SOUND,
	    .distance = distance};
	if (ret->kind == TL_BANK_VIDEO)
		ret->share_query = ret->share_known = 30;
	if (ret->kind == TL_BANK_SOUND && distance > TL_SOUND_BITS_MAX)
		ret->distance = TL_SOUND_BITS_MAX;
}

int
tl_watch_start(struct tl_db *db, const struct tl_bank_entry *entries, size_t count,
    struct tl_str who, struct tl_watch *w, struct tl_arena *arena)
{
	char id[TL_ID_TEXT];
	struct tl_watch_net net;
	tl_watch_net(entries, count, w->distance, &net);
	w->id = tl_id_new();
	w->started_at = tl_now_us();
	tl_id_text(id, w->id);
	struct tl_bank b = {.kind = net.kind,
	    .policy = w->policy,
	    .source = w->holds ? TL_S(TL_WATCH_SOURCE_HOLD) : TL_S(TL_WATCH_SOURCE_ASK),
	    .distance = net.distance,
	    .share_query = net.share_query,
	    .share_known = net.share_known,
	    .turned = w->turned,
	    .no_brake = true, /* it is meant to match much */
	    .enabled = true};
	/* The first and the last digits: two that start in one moment differ. */
	b.name =
	    tl_str(tl_arena_printf(arena, TL_WATCH_PREFIX "%.8s-%s", id, id + TL_ID_TEXT - 7));
	int rc = tl_bank_create(db, &b);
	if (rc == 0)
		rc = add_entries(db, &b, entries, count);
	if (rc < 0)
		return rc;
	w->bank = b.id;
	w->bank_name = b.name;
	w->kind = b.kind;
	w->distance = b.distance;
	w->entries = (int64_t)count;
	w->enabled = true;
	rc = tl_db_run(db, TL_SQL_WATCH_ADD, A_ID(w->id), A_ID(w->bank), A_TEXT(w->title),
	    A_TEXT(w->policy), A_Z(w->holds ? "withhold" : "review"), A_ID(w->started_by),
	    A_INT(w->started_at), A_INT(w->ends_at));
	return rc < 0 ? rc : tell_leads(db, w, w->distance, who);
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
tl_watch_distance(struct tl_db *db, const struct tl_watch *w, int distance, struct tl_str who,
    struct tl_arena *arena)
{
	int rc = running(w);
	if (rc == 0 && w->kind == TL_BANK_SOUND && distance > TL_SOUND_BITS_MAX)
		rc = tl_fail_at(TL_EFIELD, "/distance",
		    "of sounds at most %d of 32 bits may differ", TL_SOUND_BITS_MAX);
	if (rc == 0)
		rc = set_bank(db, w, distance, true, arena);
	return rc < 0 || distance <= w->distance ? rc : tell_leads(db, w, distance, who);
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
	char id[TL_ID_TEXT];
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
	tl_id_text(id, w->id);
	return rc < 0 ? rc : tl_alarm_over(db, TL_AL_WATCH_RUNS, tl_str(id));
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

static void
put_found(const struct tl_row *r, struct tl_buf *out)
{
	tl_js_open(out, NULL, '{');
	tl_js_id(out, "item", tl_col_id(r, 1));
	tl_js_str(out, "platform", tl_col_str(r, 2));
	tl_js_str(out, "id", tl_col_str(r, 3));
	tl_js_str0(out, "author", tl_col_str(r, 4));
	tl_js_time(out, "posted_at", tl_col_int(r, 5));
	tl_js_time(out, "found_at", tl_col_int(r, 6));
	tl_js_int(out, "distance", tl_col_int(r, 7));
	tl_js_hex(out, "media", tl_col_str(r, 8));
	tl_js_int(out, "views", tl_col_int(r, 9));
	tl_js_str(out, "state", tl_col_str(r, 10));
	tl_js_bool(out, "stream", tl_col_int(r, 11) != 0);
	tl_js_close(out, '}');
}

int
tl_watch_newest(struct tl_db *db, const struct tl_watch *w, const char *key, size_t limit,
    const struct tl_watch_eyes *eyes, struct tl_buf *out)
{
	struct tl_row r;
	size_t shown = 0;
	int64_t hidden = 0;
	int rc = tl_db_query(db, &r, TL_SQL_WATCH_NEWEST, A_ID(w->bank), A_INT(NEWEST_LOOK));
	if (rc < 0)
		return rc;
	tl_js_open(out, key, '[');
	while (shown < limit && (rc = tl_row_next(&r)) > 0) {
		bool seen = false;
		rc = eyes->item(eyes->ctx, tl_col_int(&r, 0), tl_col_id(&r, 1), &seen);
		if (rc < 0)
			break;
		hidden += !seen;
		shown += seen;
		if (seen)
			put_found(&r, out);
	}
	tl_row_end(&r);
	tl_js_close(out, ']');
	tl_js_int(out, "hidden", hidden);
	return rc < 0 ? rc : 0;
}

/* Preview --------------------------------------------------------------------------------------------------------- */

struct preview {
	struct tl_alike_hit *hit;
	size_t n, cap;
};

static int
on_alike(void *ctx, const struct tl_alike_hit *hit)
{
	struct preview *p = ctx;
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 256;
		p->hit = realloc(p->hit, p->cap * sizeof *p->hit);
		if (!p->hit)
			abort();
	}
	p->hit[p->n++] = *hit;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct tl_alike_hit *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->reach - y->reach;
}

static int
farthest_first(const void *a, const void *b)
{
	const struct tl_alike_hit *x = a, *y = b;
	if (x->reach != y->reach)
		return y->reach - x->reach;
	return (x->key > y->key) - (x->key < y->key);
}

/* A file that several entries reach counts once, by the nearest. */
static void
once_each(struct preview *p)
{
	size_t kept = 0;
	if (p->n)
		qsort(p->hit, p->n, sizeof *p->hit, by_key);
	for (size_t i = 0; i < p->n; i++)
		if (kept == 0 || p->hit[i].key != p->hit[kept - 1].key)
			p->hit[kept++] = p->hit[i];
	p->n = kept;
	if (p->n)
		qsort(p->hit, p->n, sizeof *p->hit, farthest_first);
}

static int
put_one(struct tl_db *db, const struct tl_alike_hit *h, struct tl_buf *out)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_WATCH_SAMPLE, A_INT(h->platform),
	    A_BYTES(tl_bytes(h->media.b, sizeof h->media.b)));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc; /* erased meanwhile */
	tl_js_open(out, NULL, '{');
	tl_js_hex(out, "media", tl_bytes(h->media.b, sizeof h->media.b));
	tl_js_int(out, "distance", h->reach);
	tl_js_str(out, "platform", tl_col_str(&r, 0));
	tl_js_str(out, "id", tl_col_str(&r, 1));
	tl_js_close(out, '}');
	tl_row_end(&r);
	return 0;
}

/* Those of the rim that whoever looks may see. */
static int
put_sample(struct tl_db *db, const struct preview *p, int distance,
    const struct tl_watch_eyes *eyes, struct tl_buf *out)
{
	size_t shown = 0;
	int rc = 0;
	tl_js_open(out, "sample", '[');
	for (size_t i = 0; i < p->n && i < NEWEST_LOOK && shown < SAMPLE && rc == 0; i++) {
		const struct tl_alike_hit *h = &p->hit[i];
		bool seen = false;
		if (h->reach > distance)
			continue;
		rc = eyes->media(eyes->ctx, h->platform, &h->media, &seen);
		if (rc == 0 && seen)
			rc = put_one(db, h, out);
		shown += seen;
	}
	tl_js_close(out, ']');
	return rc;
}

int
tl_watch_net_of(struct tl_db *db, const struct tl_watch *w, int distance,
    struct tl_arena *arena, struct tl_watch_net *ret)
{
	struct tl_bank_entry *entries = NULL;
	struct tl_bank b;
	size_t count = 0;
	int rc = tl_bank_get(db, w->bank, arena, &b);
	if (rc == 0)
		rc = tl_bank_entry_page(
		    db, w->bank, (struct tl_id){0}, TL_ITEM_MEDIA_MAX, arena, &entries, &count);
	if (rc < 0)
		return rc;
	*ret = (struct tl_watch_net){.kind = w->kind};
	if (count)
		tl_watch_net(entries, count, distance, ret);
	ret->share_query = b.share_query;
	ret->share_known = b.share_known;
	return 0;
}

int
tl_watch_preview(struct tl_db *db, struct tl_again_index *x, const struct tl_watch_net *net,
    int now, const struct tl_watch_eyes *eyes, struct tl_buf *out)
{
	struct preview p = {0};
	int64_t caught = 0, within = 0;
	bool cut = false;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < net->count; i++) {
		struct tl_alike a = {.form = net->entries[i].form,
		    .value = net->entries[i].value,
		    .distance = net->distance > now ? net->distance : now,
		    .turned = true,
		    .share_query = net->share_query,
		    .share_known = net->share_known};
		rc = tl_alike_find(db, x, &a, on_alike, &p, &cut);
	}
	once_each(&p);
	for (size_t i = 0; i < p.n; i++) {
		caught += p.hit[i].reach <= net->distance;
		within += p.hit[i].reach <= now;
	}
	tl_js_z(out, "kind", tl_bank_kind_names[net->kind]);
	tl_js_int(out, "distance", net->distance);
	tl_js_int(out, "caught", caught);
	tl_js_int0(out, "now", now >= 0, within);
	tl_js_bool(out, "cut", cut);
	if (rc == 0)
		rc = put_sample(db, &p, net->distance, eyes, out);
	free(p.hit);
	return rc;
}
