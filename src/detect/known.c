/*
 * An index that follows the store.
 *
 * Promises: who asks gets an answer from an index that held everything the store held at the last look, or EAGAIN; a new
 * directory is used once it is level, the old one until then; files that are damaged, or that belong to another life of
 * the store, are never used. Memory: at most TAIL_MAX hashes beside the mapped files. Called by the bank loader and, for
 * the ways things are done (paths, telling), by the keeper.
 */
#include "detect/known.h"

#include "base/buf.h"
#include "hash/sound_find.h"
#include "hash/video_find.h"
#include "store/bank_log.h"
#include "store/derived.h"

#include <pthread.h>
#include <stdatomic.h>

#define ALONE_MAX 200000 /* entries held in memory while there are no files */
#define TAIL_MAX 1000000 /* beside files: then the keeper must write first */
#define SLICE 5000       /* changes of one query */

/* One opened index; the last who uses it closes it. */
struct view {
	_Atomic int refs;
	struct tl_index *x;
	int64_t epoch; /* 0: in memory */
	int64_t after; /* told up to this change */
	size_t told;   /* entries, beside files */
};

struct tl_known {
	enum tl_entry_form form;
	char *data_dir;
	pthread_mutex_t lock;
	struct view *now;  /* under lock; NULL: not whole */
	struct view *next; /* being filled; the looking thread's own */
	int64_t bad_epoch; /* its files cannot be used */
	bool too_much;     /* without files there is more than ALONE_MAX */
	int64_t too_much_epoch;
};

/* Entries of these forms are many hashes each, numbered from 0 without a gap. */
static bool
parts(enum tl_entry_form form)
{
	return form == TL_FORM_VPDQ || form == TL_FORM_CHROMAPRINT;
}

bool
tl_known_form(enum tl_entry_form form)
{
	return form == TL_FORM_PDQ || form == TL_FORM_MD5 || form == TL_FORM_SHA256 ||
	       parts(form);
}

bool
tl_known_hash(enum tl_entry_form form, struct tl_str value, struct tl_pdq *ret)
{
	size_t half = sizeof ret->b / 2;
	if (form == TL_FORM_MD5 && value.n == half) {
		memcpy(ret->b, value.p, half);
		memcpy(ret->b + half, value.p, half);
		return true;
	}
	if (form == TL_FORM_MD5 || value.n != sizeof ret->b)
		return false;
	memcpy(ret->b, value.p, sizeof ret->b);
	return true;
}

int
tl_known_path(const char *data_dir, enum tl_entry_form form, int64_t epoch, struct tl_buf *ret)
{
	tl_buf_reset(ret);
	tl_buf_printf(ret, "%s/index/%s", data_dir, tl_entry_form_names[form]);
	if (epoch)
		tl_buf_printf(ret, "/%lld", (long long)epoch);
	return ret->n < 4000 ? 0
			     : tl_fail(TL_ETOOBIG, "the path of the data folder is too long");
}

static int
limit(struct tl_index *x, uint64_t key, const struct tl_bank_change *c)
{
	int64_t from = TL_INDEX_NEVER, until = TL_INDEX_FOREVER;
	if (!c->enabled)
		from = c->disabled_until ? c->disabled_until : TL_INDEX_FOREVER;
	if (c->expires_at)
		until = c->expires_at;
	return tl_index_limit(x, key, from, until, (uint64_t)c->change);
}

static int
tell_hash(
    struct tl_index *x, uint64_t key, const struct tl_pdq *h, const struct tl_bank_change *c)
{
	int rc = tl_index_add(x, h, key, c->bank, (uint64_t)c->change);
	if (rc == 0 && (!c->enabled || c->expires_at))
		rc = limit(x, key, c);
	return rc;
}

struct telling_parts {
	struct tl_index *x;
	enum tl_entry_form form;
	const struct tl_bank_change *c;
};

static uint64_t
part_key(enum tl_entry_form form, int64_t entry, uint32_t part)
{
	return form == TL_FORM_VPDQ ? tl_video_key((uint64_t)entry, part)
				    : tl_sound_key((uint64_t)entry, part);
}

static int
tell_part(void *ctx, uint32_t part, const struct tl_pdq *h)
{
	const struct telling_parts *t = ctx;
	return tell_hash(t->x, part_key(t->form, t->c->key, part), h, t->c);
}

/* What was checked when it was added and cannot be read is damaged, and the store's check says so. */
static int
tell_value(struct telling_parts *t)
{
	struct tl_video v = {0};
	struct tl_sound s = {0};
	int rc = 0;
	if (t->form == TL_FORM_VPDQ && tl_video_unpack(t->c->value, &v) == 0)
		rc = tl_video_index_frames(&v, tell_part, t);
	if (t->form == TL_FORM_CHROMAPRINT && tl_sound_unpack(t->c->value, &s) == 0)
		rc = tl_sound_index_windows(&s, tell_part, t);
	tl_video_fini(&v);
	tl_sound_fini(&s);
	return rc;
}

static int
tell_parts(
    struct tl_index *x, enum tl_entry_form form, const struct tl_bank_change *c, bool fresh)
{
	struct tl_index_entry old;
	uint32_t part = 0;
	int rc = 0;
	for (; !fresh && rc == 0; part++) {
		uint64_t key = part_key(form, c->key, part);
		if (tl_index_get(x, key, &old) < 0)
			break;
		rc = c->removed ? tl_index_remove(x, key, (uint64_t)c->change)
				: limit(x, key, c);
	}
	if (rc < 0 || part || c->removed)
		return rc;
	return tell_value(&(struct telling_parts){x, form, c});
}

int
tl_known_tell(
    struct tl_index *x, enum tl_entry_form form, const struct tl_bank_change *c, bool fresh)
{
	struct tl_index_entry old;
	struct tl_pdq h;
	if (parts(form))
		return tell_parts(x, form, c, fresh);
	if (c->removed)
		return tl_index_remove(x, (uint64_t)c->key, (uint64_t)c->change);
	if (!tl_known_hash(form, c->value, &h))
		return 0; /* the store checks lengths; nothing can match it */
	/* A hash never changes: of a key that is there only its times. */
	if (!fresh && tl_index_get(x, (uint64_t)c->key, &old) == 0)
		return limit(x, (uint64_t)c->key, c);
	return tell_hash(x, (uint64_t)c->key, &h, c);
}

/* Views ----------------------------------------------------------------------------------------------------- */

static void
view_unref(struct view *v)
{
	if (!v || --v->refs > 0)
		return;
	tl_index_close(v->x);
	free(v);
}

static struct view *
view_take(struct tl_known *k)
{
	(void)pthread_mutex_lock(&k->lock);
	struct view *v = k->now;
	if (v)
		v->refs++;
	(void)pthread_mutex_unlock(&k->lock);
	return v;
}

static void
swap_in(struct tl_known *k, struct view *v)
{
	(void)pthread_mutex_lock(&k->lock);
	struct view *old = k->now;
	k->now = v;
	(void)pthread_mutex_unlock(&k->lock);
	view_unref(old);
}

static int
view_open(struct tl_known *k, const struct tl_derived *row, struct view **ret)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	struct tl_index *x = NULL;
	struct tl_index_stats s;
	int rc = row->epoch ? tl_known_path(k->data_dir, k->form, row->epoch, &path) : 0;
	if (rc == 0)
		rc = tl_index_open(row->epoch ? tl_buf_z(&path) : NULL, TL_INDEX_FOLLOW, &x);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? tl_fail(TL_ECORRUPT, "%s", tl_err_text()) : rc;
	tl_index_stats(x, &s);
	if (row->epoch && s.mark > (uint64_t)row->upto) {
		tl_index_close(x);
		return tl_fail(TL_ECORRUPT, "%s is ahead of the store", tl_buf_z(&path));
	}
	struct view *v = calloc(1, sizeof *v);
	if (!v)
		abort();
	*v = (struct view){
	    .refs = 1, .x = x, .epoch = row->epoch, .after = row->epoch ? (int64_t)s.mark : 0};
	*ret = v;
	return 0;
}

/* Looking --------------------------------------------------------------------------------------------------- */

struct telling {
	struct view *v;
	enum tl_entry_form form;
};

/* How many hashes stand for a value, or a few more. */
static size_t
size_of(enum tl_entry_form form, struct tl_str value)
{
	return form == TL_FORM_VPDQ          ? value.n / TL_VIDEO_FRAME_BYTES
	       : form == TL_FORM_CHROMAPRINT ? value.n / sizeof(struct tl_pdq) + 1
					     : 1;
}

static int
on_change(void *ctx, const struct tl_bank_change *c)
{
	struct telling *t = ctx;
	if (!c->removed)
		t->v->told += size_of(t->form, c->value);
	return tl_known_tell(t->v->x, t->form, c, false);
}

/* 0: level with the store. */
static int
catch_up(struct tl_known *k, struct tl_db *db, struct view *v)
{
	struct telling t = {v, k->form};
	bool more = true;
	while (more) {
		if (v->told >= (v->epoch ? TAIL_MAX : ALONE_MAX)) {
			k->too_much = true;
			k->too_much_epoch = v->epoch;
			return tl_fail(TL_EAGAIN,
			    "the index of %s hashes has still to be written",
			    tl_entry_form_names[k->form]);
		}
		int64_t upto;
		int rc =
		    tl_bank_changes(db, k->form, v->after, SLICE, on_change, &t, &upto, &more);
		if (rc < 0)
			return rc;
		v->after = upto;
	}
	tl_index_reached(v->x, (uint64_t)v->after);
	return 0;
}

/* The keeper may have written what this view holds in its tail. */
static int
refresh(struct view *v)
{
	bool changed = false;
	struct tl_index_stats s;
	if (!v->epoch)
		return 0;
	int rc = tl_index_refresh(v->x, &changed);
	if (rc < 0 || !changed)
		return rc;
	tl_index_stats(v->x, &s);
	v->told = s.tail;
	v->after = v->after > (int64_t)s.mark ? v->after : (int64_t)s.mark;
	return 0;
}

/* CORRUPT again, or the store's error. */
static int
damaged(struct tl_known *k, struct tl_db *db, int64_t epoch)
{
	char why[512];
	if (tl_str_copy(why, sizeof why, tl_str(tl_err_text())) < 0)
		why[0] = '\0';
	k->bad_epoch = epoch;
	if (k->now && k->now->epoch == epoch)
		swap_in(k, NULL);
	int rc = tl_derived_give_up(db, tl_entry_form_names[k->form], epoch, why);
	return rc < 0 ? rc : tl_fail(TL_ECORRUPT, "%s", why);
}

/* Goes on with the view that is in force. */
static int
look_on(struct tl_known *k, struct tl_db *db)
{
	int rc = refresh(k->now); /* only this thread changes k->now */
	if (rc == TL_ECORRUPT || rc == TL_ENOTFOUND)
		return damaged(k, db, k->now->epoch);
	return rc < 0 ? rc : catch_up(k, db, k->now);
}

/* Fills another view; the old one stays in force meanwhile, unless its directory was given up. */
static int
look_anew(struct tl_known *k, struct tl_db *db, const struct tl_derived *row)
{
	bool usable = row->epoch != k->bad_epoch;
	struct tl_derived want = {usable ? row->epoch : 0, row->upto};
	if (k->now && k->now->epoch && (!want.epoch || k->now->epoch == k->bad_epoch))
		swap_in(k, NULL);
	if (k->too_much && k->too_much_epoch == want.epoch && !want.epoch)
		return tl_fail(TL_EAGAIN, "the index of %s hashes has still to be written",
		    tl_entry_form_names[k->form]);
	if (k->next && k->next->epoch != want.epoch) {
		view_unref(k->next);
		k->next = NULL;
	}
	int rc = k->next ? refresh(k->next) : view_open(k, &want, &k->next);
	if (rc == TL_ECORRUPT)
		return damaged(k, db, row->epoch);
	if (rc == 0)
		rc = catch_up(k, db, k->next);
	if (rc < 0) {
		if (k->too_much && k->next && !k->next->epoch) {
			view_unref(k->next);
			k->next = NULL;
		}
		return rc;
	}
	struct view *v = k->next;
	k->next = NULL;
	k->too_much = false;
	swap_in(k, v);
	return 0;
}

int
tl_known_look(struct tl_known *k, struct tl_db *db)
{
	struct tl_derived row;
	int rc = tl_derived_get(db, tl_entry_form_names[k->form], &row);
	if (rc < 0)
		return rc;
	if (k->bad_epoch && row.epoch != k->bad_epoch)
		k->bad_epoch = 0;
	int64_t want = row.epoch == k->bad_epoch ? 0 : row.epoch;
	if (k->now && k->now->epoch == want)
		return look_on(k, db);
	return look_anew(k, db, &row);
}

bool
tl_known_whole(struct tl_known *k)
{
	(void)pthread_mutex_lock(&k->lock);
	bool whole = k->now != NULL;
	(void)pthread_mutex_unlock(&k->lock);
	return whole;
}

int
tl_known_find(struct tl_known *k, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	struct view *v = view_take(k);
	if (!v)
		return tl_fail(TL_EAGAIN, "the index of %s hashes is not whole",
		    tl_entry_form_names[k->form]);
	int rc = tl_index_find(v->x, ask, found);
	view_unref(v);
	return rc;
}

void
tl_known_stats(struct tl_known *k, struct tl_index_stats *ret)
{
	struct view *v = view_take(k);
	*ret = (struct tl_index_stats){0};
	if (!v)
		return;
	tl_index_stats(v->x, ret);
	view_unref(v);
}

struct tl_known *
tl_known_create(const char *data_dir, enum tl_entry_form form)
{
	struct tl_known *k = calloc(1, sizeof *k);
	if (!k)
		abort();
	k->form = form;
	k->data_dir = strdup(data_dir);
	if (!k->data_dir)
		abort();
	(void)pthread_mutex_init(&k->lock, NULL);
	return k;
}

void
tl_known_destroy(struct tl_known *k)
{
	if (!k)
		return;
	view_unref(k->now);
	view_unref(k->next);
	(void)pthread_mutex_destroy(&k->lock);
	free(k->data_dir);
	free(k);
}
