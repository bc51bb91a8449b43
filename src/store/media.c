/*
 * Media rows and their release.
 *
 * Promises: bytes go only when no item uses them. Failures: NOTFOUND, CORRUPT. Called by intake, worker, clerk.
 */
#include "store/media.h"

#include "base/arena.h"
#include "base/json.h"
#include "store/blobs.h"
#include "store/rows_int.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define A_MEDIA(id_) A_BYTES(tl_bytes((id_)->b, sizeof(id_)->b))

int
tl_media_add(struct tl_db *db, int64_t platform, const struct tl_media *m, int64_t expires_at)
{
	int rc = tl_db_run(db, TL_SQL_MEDIA_ADD, A_INT(platform), A_MEDIA(&m->id),
	    A_INT(m->bytes), A_TEXT(m->mime), A_BYTES(tl_bytes(m->sha256, sizeof m->sha256)),
	    A_BYTES(tl_bytes(m->md5, sizeof m->md5)), A_INT(tl_now_us()), A_INT0(expires_at));
	if (rc >= 0 && !tl_blob_exists(tl_db_store(db), &m->id))
		return tl_fail(
		    TL_EAGAIN, "the uploaded bytes were removed meanwhile; upload them again");
	return rc < 0 ? rc : 0;
}

static bool
copy_exact(void *dst, size_t n, struct tl_str s)
{
	if (s.n != n)
		return false;
	memcpy(dst, s.p, n);
	return true;
}

void
tl_media_know_film(struct tl_media *m)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	m->pictures = 0;
	m->has_sound = false;
	if (m->film.n == 0 || tl_json_parse(m->film, &j) < 0)
		return;
	m->pictures = (int)json_integer_value(json_object_get(j, "pictures"));
	m->has_sound = json_is_string(json_object_get(j, "sound"));
}

static int
read_media(struct tl_row *r, struct tl_arena *arena, struct tl_media *ret)
{
	struct tl_media m = {.bytes = tl_col_int(r, 1)};
	int state = 0;
	bool ok = copy_exact(m.id.b, sizeof m.id.b, tl_col_str(r, 0)) &&
		  copy_exact(m.sha256, sizeof m.sha256, tl_col_str(r, 7)) &&
		  copy_exact(m.md5, sizeof m.md5, tl_col_str(r, 8)) &&
		  tl_word_parse(tl_media_state_names, tl_col_str(r, 3), &state) == 0;
	if (!ok)
		return tl_fail(TL_ECORRUPT, "a media row is damaged");
	m.mime = tl_arena_dup(arena, tl_col_str(r, 2));
	m.state = (enum tl_media_state)state;
	m.reason = tl_arena_dup(arena, tl_col_str(r, 4));
	m.width = (int)tl_col_int(r, 5);
	m.height = (int)tl_col_int(r, 6);
	m.has_pdq = copy_exact(m.pdq, sizeof m.pdq, tl_col_str(r, 9));
	m.pdq_quality = (int)tl_col_int(r, 10);
	m.pages = (int)tl_col_int(r, 11);
	m.duration_ms = tl_col_int(r, 12);
	m.film = tl_arena_dup(arena, tl_col_str(r, 13));
	m.turned = tl_arena_dup(arena, tl_col_str(r, 14));
	tl_media_know_film(&m);
	*ret = m;
	return 0;
}

int
tl_media_get(struct tl_db *db, int64_t platform, const struct tl_media_id *id,
    struct tl_arena *arena, struct tl_media *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_MEDIA_GET, A_INT(platform), A_MEDIA(id));
	if (rc < 0)
		return rows_found(rc, "media");
	rc = read_media(&r, arena, ret);
	tl_row_end(&r);
	return rc < 0 ? rc : tl_arena_check(arena);
}

int
tl_media_of_item(struct tl_db *db, struct tl_item *item, struct tl_arena *arena)
{
	struct tl_row r;
	int rc =
	    tl_db_query(db, &r, TL_SQL_ITEM_MEDIA_LIST, A_INT(item->platform), A_ID(item->id));
	if (rc < 0)
		return rc;
	item->media_count = 0;
	while ((rc = tl_row_next(&r)) > 0 && item->media_count < TL_ITEM_MEDIA_MAX) {
		rc = read_media(&r, arena, &item->media[item->media_count]);
		if (rc < 0)
			break;
		item->media_count++;
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

/* A hash that is good enough to compare gets the key that the media index carries. */
static int
give_key(struct tl_db *db, int64_t platform, const struct tl_media_id *id)
{
	struct tl_row r;
	int64_t key;
	int rc = tl_db_first(db, &r, TL_SQL_MEDIA_UNKEYED, A_INT(platform), A_MEDIA(id),
	    A_INT(TL_MEDIA_QUALITY_MIN));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	tl_row_end(&r);
	rc = ROWS_NUMBER(db, &key, TL_SQL_MEDIA_KEY_NEXT, A_NULL);
	if (rc == 0)
		rc = tl_db_run(
		    db, TL_SQL_MEDIA_KEY_SET, A_INT(platform), A_MEDIA(id), A_INT(key));
	return rc < 0 ? rc : 0;
}

int
tl_media_scanned(struct tl_db *db, int64_t platform, const struct tl_media *m)
{
	int rc = tl_db_run(db, TL_SQL_MEDIA_SCANNED, A_INT(platform), A_MEDIA(&m->id),
	    A_Z(tl_media_state_names[m->state]), A_TEXT0(m->reason), A_INT0(m->width),
	    A_INT0(m->height), m->has_pdq ? A_BYTES(tl_bytes(m->pdq, sizeof m->pdq)) : A_NULL,
	    m->has_pdq ? A_INT(m->pdq_quality) : A_NULL, A_INT(m->pages), A_INT(m->duration_ms),
	    A_TEXT0(m->film), m->frames.n ? A_BYTES(m->frames) : A_NULL,
	    m->words.n ? A_BYTES(m->words) : A_NULL, m->turned.n ? A_BYTES(m->turned) : A_NULL,
	    m->bent.n ? A_BYTES(m->bent) : A_NULL);
	return rc < 0 ? rc : give_key(db, platform, &m->id);
}

int
tl_media_hashes(struct tl_db *db, int64_t platform, struct tl_media *m, struct tl_arena *arena)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_MEDIA_HASHES, A_INT(platform), A_MEDIA(&m->id));
	if (rc < 0)
		return rows_found(rc, "media");
	m->frames = tl_arena_dup(arena, tl_col_str(&r, 0));
	m->words = tl_arena_dup(arena, tl_col_str(&r, 1));
	m->bent = tl_arena_dup(arena, tl_col_str(&r, 2));
	tl_row_end(&r);
	return tl_arena_check(arena);
}

/* The bytes go; the hashes stay for as long as an item names them. */
static int
erase_one(struct tl_db *db, int64_t platform, const struct tl_media_id *id)
{
	int rc = tl_db_run(db, TL_SQL_MEDIA_ERASE, A_INT(platform), A_MEDIA(id));
	return rc < 0 ? rc : 0;
}

static int
wipe_one(struct tl_db *db, int64_t platform, const struct tl_media_id *id)
{
	int64_t change = 0;
	int rc = erase_one(db, platform, id);
	if (rc == 0)
		rc = ROWS_NUMBER(db, &change, TL_SQL_MEDIA_KEY_NEXT, A_NULL);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_MEDIA_DROP_KEY, A_INT(platform), A_MEDIA(id),
		    A_INT(change), A_INT(tl_now_us()));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_MEDIA_WIPE, A_INT(platform), A_MEDIA(id));
	return rc < 0 ? rc : 0;
}

static int
erase_unused(struct tl_db *db, int64_t platform, const struct tl_media_id *id)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_MEDIA_USES, A_INT(platform), A_MEDIA(id));
	if (rc < 0)
		return rc;
	bool named = tl_col_int(&r, 0) > 0, needed = tl_col_int(&r, 1) > 0;
	tl_row_end(&r);
	if (needed)
		return 0;
	return named ? erase_one(db, platform, id) : wipe_one(db, platform, id);
}

int
tl_media_release(struct tl_db *db, int64_t platform, struct tl_id item, bool hashes_too)
{
	struct tl_media_id ids[TL_ITEM_MEDIA_MAX];
	size_t n = 0;
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ITEM_MEDIA_LIST, A_INT(platform), A_ID(item));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < TL_ITEM_MEDIA_MAX)
		n += copy_exact(ids[n].b, sizeof ids[n].b, tl_col_str(&r, 0));
	tl_row_end(&r);
	if (rc >= 0 && hashes_too)
		rc = tl_db_run(db, TL_SQL_ITEM_MEDIA_DROP, A_INT(platform), A_ID(item));
	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = erase_unused(db, platform, &ids[i]);
	return rc < 0 ? rc : 0;
}

#define SWEEP_MAX 256

struct found {
	int64_t platform;
	struct tl_media_id id;
};

/* Reads (platform, id) rows of an opened query. */
static int
collect(struct tl_row *r, struct found found[SWEEP_MAX])
{
	int n = 0;
	int rc;
	while ((rc = tl_row_next(r)) > 0 && n < SWEEP_MAX) {
		found[n].platform = tl_col_int(r, 0);
		n += copy_exact(found[n].id.b, sizeof found[n].id.b, tl_col_str(r, 1));
	}
	tl_row_end(r);
	return rc < 0 ? rc : n;
}

int
tl_media_sweep(struct tl_db *db, int64_t now_us, int max)
{
	struct found found[SWEEP_MAX];
	struct tl_row r;
	int limit = max < SWEEP_MAX ? max : SWEEP_MAX;
	int rc = tl_db_query(db, &r, TL_SQL_MEDIA_ORPHANS, A_INT(now_us), A_INT(limit));
	int n = rc < 0 ? rc : collect(&r, found);
	for (int i = 0; i < n && rc >= 0; i++)
		rc = wipe_one(db, found[i].platform, &found[i].id);
	return rc < 0 ? rc : n;
}

int
tl_media_purge(struct tl_db *db, int max)
{
	struct found found[SWEEP_MAX];
	struct tl_row r;
	int limit = max < SWEEP_MAX ? max : SWEEP_MAX;
	int rc = tl_db_query(db, &r, TL_SQL_MEDIA_PURGEABLE, A_INT(limit));
	int n = rc < 0 ? rc : collect(&r, found);
	/* The bytes must not be gone while a power cut can still bring the row back. */
	if (n > 0)
		rc = tl_db_sync(db);
	for (int i = 0; i < n && rc >= 0; i++) {
		tl_blob_remove(tl_db_store(db), &found[i].id);
		TL_KILLPOINT(BLOB_REMOVED);
		rc = tl_db_run(
		    db, TL_SQL_MEDIA_PURGED, A_INT(found[i].platform), A_MEDIA(&found[i].id));
	}
	return rc < 0 ? rc : n;
}

struct orphans {
	struct tl_db *db;
	struct tl_media_id id[SWEEP_MAX];
	int n, rc;
};

static int
is_named(struct tl_db *db, const struct tl_media_id *id)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_MEDIA_NAMED, A_MEDIA(id));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	tl_row_end(&r);
	return 1;
}

static bool
collect_orphan(void *ctx, const struct tl_media_id *id)
{
	struct orphans *o = ctx;
	o->rc = is_named(o->db, id);
	if (o->rc == 0)
		o->id[o->n++] = *id;
	return o->rc >= 0 && o->n < SWEEP_MAX;
}

/* Looked at again while nobody can write: an upload of the same bytes finds its file or is told to come again. */
static int
remove_orphans(struct tl_db *db, void *ctx)
{
	struct orphans *o = ctx;
	for (int i = 0; i < o->n; i++) {
		int rc = is_named(db, &o->id[i]);
		if (rc < 0)
			return rc;
		if (rc == 0)
			tl_blob_remove(tl_db_store(db), &o->id[i]);
	}
	return 0;
}

int
tl_media_sweep_files(struct tl_db *db, unsigned part, int64_t before_us)
{
	struct orphans o = {.db = db};
	int rc = tl_blob_each_old(tl_db_store(db), part, before_us, collect_orphan, &o);
	if (rc == 0)
		rc = o.rc < 0 ? o.rc : 0;
	if (rc == 0 && o.n)
		rc = tl_db_tx(db, TL_SYNC_NORMAL, remove_orphans, &o);
	return rc < 0 ? rc : o.n;
}
