/*
 * The comparison of grown banks with what was published before.
 *
 * Promises: every medium within reach of an entry that came into force is noted, in the same transaction that moves the
 * place up to which all is compared; so a death repeats a step or none. The media index is brought up to the store
 * inside that transaction: what was committed before is in it, what is committed afterwards is judged with a mark that
 * says so (tl_again_mark). Work of one transaction is bounded, also when one entry reaches millions. What is noted may be
 * more than what matches (turned pictures are found through an approximation): the worker judges exactly.
 * Failure: the store's and the index's codes. Called by the finder.
 */
#include "again/again.h"

#include "again/turn.h"
#include "hash/video_match.h"
#include "store/banks.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <stdlib.h>

#define ENTRY_FRAMES 64
#define TURNED 64 /* added to the reach of a bank that looks for turned pictures as well */

/* One entry, copied out of its row. */
struct entry {
	struct tl_id bank, id;
	uint8_t value[32];
	size_t n;
	struct tl_str raw; /* while its row is open */
	enum tl_entry_form form;
	int64_t change, since;
	int distance;
	bool turned, live;
};

struct growing {
	struct tl_db *db;
	struct tl_again_index *x;
	int64_t now, mark, quiet_at;
	size_t room; /* media that may still be noted in this transaction */
	int64_t *keys;
	size_t key_count, key_cap;
};

static void
read_entry(const struct tl_row *r, enum tl_entry_form form, struct entry *e)
{
	struct tl_str value = tl_col_str(r, 2);
	*e = (struct entry){.bank = tl_col_id(r, 0),
	    .id = tl_col_id(r, 1),
	    .form = form,
	    .raw = value,
	    .change = tl_col_int(r, 3),
	    .since = tl_col_int(r, 4),
	    .distance = (int)tl_col_int(r, 5),
	    .turned = tl_col_int(r, 6) != 0,
	    .live = tl_col_int(r, 7) != 0};
	if (value.n <= sizeof e->value) {
		memcpy(e->value, value.p, value.n);
		e->n = value.n;
	}
}

/* Media of one hash ----------------------------------------------------------------------------------------------- */

static int
note_as(struct growing *g, const struct entry *e, enum tl_sql sql, struct tl_arg what)
{
	int n = tl_db_run(g->db, sql, what, A_ID(e->bank), A_ID(e->id), A_INT(g->mark),
	    A_INT(e->since), A_INT(g->now), A_BYTES(TL_S("")));
	TL_KILLPOINT(AGAIN_FOUND);
	return n < 0 ? n : 0;
}

static int
by_key(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static void
keep_keys(struct growing *g, const struct tl_again_hit *hits, size_t n)
{
	if (g->key_count + n > g->key_cap) {
		g->key_cap = 2 * (g->key_count + n);
		g->keys = realloc(g->keys, g->key_cap * sizeof *g->keys);
		if (!g->keys)
			abort();
	}
	for (size_t i = 0; i < n; i++)
		g->keys[g->key_count++] = hits[i].key;
}

static int
gather(struct growing *g, const struct tl_pdq *needle, int distance)
{
	const struct tl_again_hit *hits;
	size_t n;
	uint64_t all;
	int rc = tl_again_index_find(g->x, needle, distance, 0, &hits, &n, &all);
	if (rc == 0)
		keep_keys(g, hits, n);
	return rc;
}

/* Notes the gathered media after the key *hit; *ret_whole says whether all were, else *hit says how far. */
static int
note_keys(struct growing *g, const struct entry *e, int64_t *hit, bool *ret_whole)
{
	int rc = 0;
	if (g->key_count)
		qsort(g->keys, g->key_count, sizeof *g->keys, by_key);
	*ret_whole = true;
	for (size_t i = 0; i < g->key_count && rc == 0; i++) {
		if (g->keys[i] <= *hit)
			continue;
		if (g->room == 0) {
			*ret_whole = false;
			return 0;
		}
		rc = note_as(g, e, TL_SQL_AGAIN_FOUND_KEY, A_INT(g->keys[i]));
		*hit = g->keys[i];
		g->room--;
	}
	*hit = 0;
	return rc;
}

static int
note_pictures(struct growing *g, const struct entry *e, int64_t *hit, bool *ret_whole)
{
	struct tl_pdq needle[TL_PDQ_TURNS];
	int rc = 0;
	size_t turns = e->turned ? TL_PDQ_TURNS : 1;
	memcpy(needle[0].b, e->value, sizeof needle[0].b);
	if (e->turned)
		tl_again_turn(&needle[0], needle);
	g->key_count = 0;
	for (size_t i = 0; i < turns && rc == 0; i++) {
		int distance = e->distance + (i ? TL_AGAIN_TURN_SLACK : 0);
		rc = gather(g, &needle[i],
		    distance > TL_INDEX_DISTANCE_MAX ? TL_INDEX_DISTANCE_MAX : distance);
	}
	return rc < 0 ? rc : note_keys(g, e, hit, ret_whole);
}

/* Every video that shares a frame with it: what of that is a match the worker judges. */
static int
note_videos(struct growing *g, const struct entry *e, int64_t *hit, bool *ret_whole)
{
	struct tl_video v = {0};
	struct tl_pdq frame[ENTRY_FRAMES];
	if (tl_video_unpack(e->raw, &v) < 0) {
		*hit = 0;
		return 0;
	}
	size_t n = tl_again_pick_frames(&v, ENTRY_FRAMES, frame);
	int rc = 0;
	tl_video_fini(&v);
	g->key_count = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct tl_again_hit *hits;
		size_t found = 0;
		rc = tl_again_index_find_videos(g->x, &frame[i], e->distance, &hits, &found);
		if (rc == 0)
			keep_keys(g, hits, found);
		tl_pdq_mirror(&frame[i]); /* videos are known by their mirror image as well */
		if (rc == 0)
			rc = tl_again_index_find_videos(
			    g->x, &frame[i], e->distance, &hits, &found);
		if (rc == 0)
			keep_keys(g, hits, found);
	}
	return rc < 0 ? rc : note_keys(g, e, hit, ret_whole);
}

static int
note_entry(struct growing *g, const struct entry *e, int64_t *hit, bool *ret_whole)
{
	struct tl_arg value = A_BYTES(tl_bytes(e->value, e->n));
	*ret_whole = true;
	if (!e->live) {
		*hit = 0;
		return 0;
	}
	if (e->form == TL_FORM_PDQ && e->n == TL_PDQ_BYTES)
		return note_pictures(g, e, hit, ret_whole);
	if (e->form == TL_FORM_VPDQ)
		return note_videos(g, e, hit, ret_whole);
	if (e->form == TL_FORM_SHA256)
		return note_as(g, e, TL_SQL_AGAIN_FOUND_SHA256, value);
	if (e->form == TL_FORM_MD5)
		return note_as(g, e, TL_SQL_AGAIN_FOUND_MD5, value);
	return 0;
}

/* Entries that changed -------------------------------------------------------------------------------------------- */

/* `hit` is a place inside the entry of the next change, and of that one only: it may change meanwhile, or be gone. */
struct place {
	int64_t change, hit, at;
};

static int
place_of(struct growing *g, const char *form, struct place *ret)
{
	struct tl_row r;
	*ret = (struct place){0};
	int rc = tl_db_first(g->db, &r, TL_SQL_AGAIN_AT, A_Z(form));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	*ret = (struct place){tl_col_int(&r, 0), tl_col_int(&r, 1), tl_col_int(&r, 2)};
	tl_row_end(&r);
	return 0;
}

static int
place_set(struct growing *g, const char *form, const struct place *p)
{
	int rc = tl_db_run(g->db, TL_SQL_AGAIN_AT_SET, A_Z(form), A_INT(p->change),
	    A_INT(p->hit), A_INT(p->at), A_INT(g->mark));
	return rc < 0 ? rc : 0;
}

/* Returns how many entries it did. */
static int
changed_entries(struct growing *g, enum tl_entry_form form, struct place *p, int64_t target)
{
	struct tl_row r;
	int n = 0;
	bool whole = true;
	int rc = tl_db_query(g->db, &r, TL_SQL_AGAIN_ENTRIES, A_Z(tl_entry_form_names[form]),
	    A_INT(g->now), A_INT(p->change), A_INT(target), A_INT(TL_AGAIN_PAGE));
	if (rc < 0)
		return rc;
	while (whole && (rc = tl_row_next(&r)) > 0) {
		struct entry e;
		read_entry(&r, form, &e);
		if (n == 0 && e.change != p->change + 1)
			p->hit = 0;
		/* An older entry that changed: after nothing was left, and no later than now. */
		if (e.since < g->quiet_at)
			e.since = g->quiet_at;
		rc = note_entry(g, &e, &p->hit, &whole);
		if (rc < 0)
			break;
		n++;
		p->change = whole ? e.change : e.change - 1;
	}
	tl_row_end(&r);
	if (rc >= 0 && whole && n < TL_AGAIN_PAGE) {
		p->change = target;
		p->hit = 0;
	}
	return rc < 0 ? rc : n;
}

/* Entries that were disabled until a time which has come. All of one time together: the place is that time. */
static int
returned_entries(struct growing *g, enum tl_entry_form form, struct place *p)
{
	struct tl_row r;
	int n = 0;
	int rc = tl_db_query(g->db, &r, TL_SQL_AGAIN_RETURNED, A_Z(tl_entry_form_names[form]),
	    A_INT(g->now), A_INT(p->at), A_INT(INT64_MAX));
	if (rc < 0)
		return rc;
	int64_t at = g->now;
	while ((rc = tl_row_next(&r)) > 0) {
		struct entry e;
		bool whole;
		int64_t hit = 0;
		read_entry(&r, form, &e);
		e.since = tl_col_int(&r, 8);
		if (n >= TL_AGAIN_PAGE && e.since != at)
			break;
		at = e.since;
		g->room = SIZE_MAX;
		rc = note_entry(g, &e, &hit, &whole);
		if (rc < 0)
			break;
		n++;
	}
	tl_row_end(&r);
	p->at = n < TL_AGAIN_PAGE ? g->now : at;
	return rc < 0 ? rc : n;
}

static int
by_change(struct growing *g, enum tl_entry_form form, int64_t target)
{
	struct place was, p;
	const char *name = tl_entry_form_names[form];
	int rc = place_of(g, name, &was), back = 0;
	p = was;
	if (rc == 0 && target > p.change)
		rc = changed_entries(g, form, &p, target);
	if (rc >= 0)
		back = returned_entries(g, form, &p);
	if (rc < 0 || back < 0)
		return rc < 0 ? rc : back;
	if (p.change == was.change && p.hit == was.hit && back == 0)
		return 0;
	int set = place_set(g, name, &p);
	return set < 0 ? set : rc + back;
}

/* Banks whose reach has grown ------------------------------------------------------------------------------------- */

struct pass {
	struct tl_id bank, entry;
	enum tl_bank_kind kind;
	bool known;
	int64_t now, reach, goal, hit, since;
};

static int
pass_put(struct growing *g, const struct pass *p)
{
	int rc = tl_db_run(g->db, TL_SQL_AGAIN_BANK_PUT, A_ID(p->bank), A_INT(p->reach),
	    A_INT(p->goal), A_ID(p->entry), A_INT(p->hit), A_INT(p->since));
	return rc < 0 ? rc : 0;
}

static void
read_pass(const struct tl_row *r, struct pass *p)
{
	int kind = 0;
	*p = (struct pass){.bank = tl_col_id(r, 0),
	    .now = tl_col_int(r, 2),
	    .known = !tl_col_null(r, 3),
	    .reach = tl_col_int(r, 3),
	    .goal = tl_col_int(r, 4),
	    .entry = tl_col_id(r, 5),
	    .hit = tl_col_int(r, 6),
	    .since = tl_col_int(r, 7)};
	if (tl_word_parse(tl_bank_kind_names, tl_col_str(r, 1), &kind) == 0)
		p->kind = (enum tl_bank_kind)kind;
	if (p->kind == TL_BANK_DIGEST && p->now > 0)
		p->now = 0; /* a digest has no distance */
}

/* True when the row must be written. */
static bool
follow_bank(struct pass *p, int64_t now_us)
{
	if (!p->known) { /* its entries are new themselves */
		p->reach = p->goal = p->now;
		p->since = now_us;
		return true;
	}
	if (p->now == p->goal)
		return false;
	if (p->now > p->goal) {
		p->entry = (struct tl_id){0};
		p->hit = 0;
		p->since = now_us;
	} else if (p->now < p->reach) {
		p->reach = p->now;
	}
	p->goal = p->now;
	return true;
}

/* Notes what became of the banks; *ret is one whose pass is under way. Returns 1 when there is one. */
static int
look_at_banks(struct growing *g, struct pass *ret)
{
	struct tl_row r;
	bool any = false;
	int rc = tl_db_query(g->db, &r, TL_SQL_AGAIN_BANKS, A_NULL);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct pass p;
		read_pass(&r, &p);
		rc = follow_bank(&p, g->now) ? pass_put(g, &p) : 0;
		if (rc < 0)
			break;
		if (!any && p.goal > p.reach) {
			any = true;
			*ret = p;
		}
	}
	tl_row_end(&r);
	return rc < 0 ? rc : any;
}

/* The greatest id below it: a pass stands before an entry that it is inside of. */
static struct tl_id
id_before(struct tl_id id)
{
	for (size_t i = sizeof id.b; i-- > 0;)
		if (id.b[i]-- != 0)
			break;
	return id;
}

/* A page of one bank's entries, whenever they came. Returns how many, at least 1. */
static int
whole_bank(struct growing *g, struct pass *p)
{
	struct tl_row r;
	int n = 0;
	bool whole = true;
	int rc = tl_db_query(g->db, &r, TL_SQL_AGAIN_BANK_ENTRIES, A_ID(p->bank), A_INT(g->now),
	    A_ID(p->entry), A_INT(TL_AGAIN_PAGE));
	if (rc < 0)
		return rc;
	while (whole && (rc = tl_row_next(&r)) > 0) {
		struct entry e;
		int form = 0;
		if (tl_word_parse(tl_entry_form_names, tl_col_str(&r, 8), &form) < 0)
			continue;
		read_entry(&r, (enum tl_entry_form)form, &e);
		e.since = p->since;
		if (n == 0 && !tl_id_eq(id_before(e.id), p->entry))
			p->hit = 0; /* it was inside another */
		rc = note_entry(g, &e, &p->hit, &whole);
		if (rc < 0)
			break;
		n++;
		p->entry = whole ? e.id : id_before(e.id);
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	if (whole && n < TL_AGAIN_PAGE)
		p->reach = p->goal;
	rc = pass_put(g, p);
	return rc < 0 ? rc : n + 1;
}

/* Who judges from now on must know what this step compared. */
static int
mark_pass(struct growing *g)
{
	struct place p;
	int rc = place_of(g, "", &p);
	return rc < 0 ? rc : place_set(g, "", &p);
}

static int
step(struct growing *g, int64_t target)
{
	static const enum tl_entry_form forms[] = {
	    TL_FORM_PDQ, TL_FORM_MD5, TL_FORM_SHA256, TL_FORM_VPDQ};
	struct pass p;
	bool more = true;
	int rc = 0, done = 0;
	while (rc == 0 && more)
		rc = tl_again_index_follow(g->x, g->db, 4096, &more);
	if (rc == 0)
		rc = tl_again_bank_mark(g->db, &g->mark);
	if (rc == 0)
		rc = look_at_banks(g, &p);
	bool pass = rc > 0;
	for (size_t i = 0; i < TL_COUNT(forms) && rc >= 0; i++) {
		rc = by_change(g, forms[i], target);
		done += rc > 0 ? rc : 0;
	}
	if (rc >= 0 && done == 0 && pass) {
		rc = whole_bank(g, &p);
		done = rc;
		if (rc > 0)
			rc = mark_pass(g);
	}
	TL_KILLPOINT(AGAIN_STEP);
	return rc < 0 ? rc : done;
}

int
tl_again_grow(struct tl_db *db, struct tl_again_index *x, int64_t target, int64_t quiet_at)
{
	struct growing g = {.db = db,
	    .x = x,
	    .now = tl_now_us(),
	    .quiet_at = quiet_at,
	    .room = TL_AGAIN_HITS_PAGE};
	int rc = step(&g, target);
	free(g.keys);
	return rc;
}
