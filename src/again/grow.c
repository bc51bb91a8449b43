/*
 * The comparison of grown banks with what was published before, page by page of entries: taken (in a transaction that
 * brings the media index up to the store and says of which banks it knows), gone through (outside of any), and noted (in
 * transactions of bounded size).
 *
 * Promises: every medium within reach of an entry that came into force is noted, in the same transaction that moves the
 * place up to which all is compared; so a death repeats a page or a part of it. What was committed before a page was taken
 * is compared with it; what is committed afterwards is judged with a mark that says so (tl_again_mark). Work of one
 * transaction is bounded, also when one entry reaches millions. What is noted may be more than what matches: the worker
 * judges exactly. Failure: the store's and the index's codes; pages are taken anew. Called by the finder.
 */
#include "again/again.h"

#include "again/reach.h"
#include "store/banks.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <stdlib.h>

#define SLICE_US (10 * TL_US_MS) /* of one page at a time */
#define LOOK_US (200 * TL_US_MS) /* while a page is gone through: between looks for others */

static const enum tl_entry_form forms[] = {
    TL_FORM_PDQ, TL_FORM_MD5, TL_FORM_SHA256, TL_FORM_VPDQ, TL_FORM_CHROMAPRINT};

/* Why the entries of a page are compared. */
enum why {
	NO_PAGE,
	CHANGED,  /* they changed */
	RETURNED, /* they were disabled until a time that has come */
	WHOLE     /* the reach of their bank has grown */
};

struct page {
	enum why why;
	struct reach reach;
	bool last;         /* nothing comes after it */
	int64_t target;    /* CHANGED: the place after the last page; RETURNED: that time */
	int64_t hit;       /* of its first entry: media up to this key are noted already */
	struct tl_id bank; /* WHOLE */
	int64_t since;
	size_t entry, noted; /* how much is noted: entries, hits */
};

struct tl_again_grower {
	struct tl_db *db;
	struct tl_again_index *x;
	int64_t epoch; /* of the index that the pages were gone through with */
	struct page of_form[TL_COUNT(forms)], of_bank;
	int64_t look_us;
	/* Of one transaction. */
	int64_t now, mark, target, quiet_at;
	size_t room; /* media that may still be noted */
};

static void
page_clear(struct page *p)
{
	reach_clear(&p->reach);
	*p = (struct page){.why = NO_PAGE};
}

static void
clear_all(struct tl_again_grower *g)
{
	for (size_t i = 0; i < TL_COUNT(forms); i++)
		page_clear(&g->of_form[i]);
	page_clear(&g->of_bank);
}

struct tl_again_grower *
tl_again_grower_create(struct tl_db *db, struct tl_again_index *x)
{
	struct tl_again_grower *g = calloc(1, sizeof *g);
	if (!g)
		abort();
	g->db = db;
	g->x = x;
	return g;
}

void
tl_again_grower_destroy(struct tl_again_grower *g)
{
	if (!g)
		return;
	clear_all(g);
	free(g);
}

static struct reach_entry
read_entry(const struct tl_row *r, enum tl_entry_form form)
{
	return (struct reach_entry){.bank = tl_col_id(r, 0),
	    .id = tl_col_id(r, 1),
	    .form = form,
	    .value = tl_col_str(r, 2),
	    .change = tl_col_int(r, 3),
	    .since = tl_col_int(r, 4),
	    .distance = (int)tl_col_int(r, 5),
	    .turned = tl_col_int(r, 6) != 0,
	    .live = tl_col_int(r, 7) != 0};
}

/* Noting ----------------------------------------------------------------------------------------------------------- */

static int
note_as(
    struct tl_again_grower *g, const struct reach_entry *e, enum tl_sql sql, struct tl_arg what)
{
	int n = tl_db_run(g->db, sql, what, A_ID(e->bank), A_ID(e->id), A_INT(g->mark),
	    A_INT(e->since), A_INT(g->now), A_BYTES(TL_S("")));
	TL_KILLPOINT(AGAIN_FOUND);
	g->room--;
	return n < 0 ? n : 0;
}

static int
note_digest(struct tl_again_grower *g, const struct reach_entry *e)
{
	if (!e->live)
		return 0;
	if (e->form == TL_FORM_SHA256)
		return note_as(g, e, TL_SQL_AGAIN_FOUND_SHA256, A_BYTES(e->value));
	if (e->form == TL_FORM_MD5)
		return note_as(g, e, TL_SQL_AGAIN_FOUND_MD5, A_BYTES(e->value));
	return 0;
}

/* The hits of the entry that it is at, as far as there is room; p->hit says how far, 0: all of them. */
static int
note_hits(struct tl_again_grower *g, struct page *p)
{
	const struct reach *r = &p->reach;
	int rc = 0;
	for (; p->noted < r->hits && r->hit[p->noted].entry == p->entry; p->noted++) {
		int64_t key = r->hit[p->noted].key;
		if (key <= p->hit)
			continue;
		if (g->room == 0)
			return 0;
		rc = note_as(g, &r->e[p->entry], TL_SQL_AGAIN_FOUND_KEY, A_INT(key));
		if (rc < 0)
			return rc;
		p->hit = key;
	}
	p->hit = 0;
	return 0;
}

/* Entries of a gathered page; p->entry is the first that is not noted whole. */
static int
note_page(struct tl_again_grower *g, struct page *p)
{
	int rc = 0;
	while (p->entry < p->reach.n && g->room > 0 && rc == 0) {
		rc = note_digest(g, &p->reach.e[p->entry]);
		if (rc == 0)
			rc = note_hits(g, p);
		if (rc < 0 || p->hit)
			break;
		p->entry++;
	}
	return rc;
}

static bool
noted_whole(const struct page *p)
{
	return p->entry == p->reach.n;
}

/* Entries that changed, and those that came back ------------------------------------------------------------------- */

/*
 * `hit` is a place inside the entry of the next change, and of that one only: it may change meanwhile, or be gone. Of those
 * that came back all are done that did so before `at`, and at that time those up to the id `back`.
 */
struct place {
	int64_t change, hit, at;
	struct tl_id back;
	bool known;
};

static int
place_of(struct tl_again_grower *g, const char *form, struct place *ret)
{
	struct tl_row r;
	*ret = (struct place){.known = false};
	int rc = tl_db_first(g->db, &r, TL_SQL_AGAIN_AT, A_Z(form));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	*ret = (struct place){.change = tl_col_int(&r, 0),
	    .hit = tl_col_int(&r, 1),
	    .at = tl_col_int(&r, 2),
	    .back = tl_col_id(&r, 3),
	    .known = true};
	tl_row_end(&r);
	return 0;
}

static int
place_set(struct tl_again_grower *g, const char *form, const struct place *p)
{
	int rc = tl_db_run(g->db, TL_SQL_AGAIN_AT_SET, A_Z(form), A_INT(p->change),
	    A_INT(p->hit), A_INT(p->at), A_INT(g->mark), A_ID(p->back));
	return rc < 0 ? rc : 0;
}

static int
take_rows(struct tl_again_grower *g, struct tl_row *r, enum tl_entry_form form, struct page *p)
{
	int rc = 1;
	while (!reach_full(&p->reach) && (rc = tl_row_next(r)) > 0) {
		struct reach_entry e = read_entry(r, form);
		if (p->why == RETURNED)
			e.since = tl_col_int(r, 8);
		else if (e.since < g->quiet_at) /* it changed after nothing was left */
			e.since = g->quiet_at;
		reach_add(&p->reach, &e);
	}
	tl_row_end(r);
	p->last = !reach_full(&p->reach);
	return rc < 0 ? rc : 0;
}

static int
take_returned(
    struct tl_again_grower *g, enum tl_entry_form form, const struct place *at, struct page *p)
{
	struct tl_row r;
	*p = (struct page){.why = RETURNED, .target = g->now};
	int rc = tl_db_query(g->db, &r, TL_SQL_AGAIN_RETURNED, A_INT(g->now),
	    A_Z(tl_entry_form_names[form]), A_INT(at->at), A_ID(at->back),
	    A_INT(TL_AGAIN_PAGE));
	return rc < 0 ? rc : take_rows(g, &r, form, p);
}

static int
take_changed(
    struct tl_again_grower *g, enum tl_entry_form form, const struct place *at, struct page *p)
{
	struct tl_row r;
	*p = (struct page){.why = CHANGED, .target = g->target};
	int rc = tl_db_query(g->db, &r, TL_SQL_AGAIN_ENTRIES, A_Z(tl_entry_form_names[form]),
	    A_INT(g->now), A_INT(at->change), A_INT(g->target), A_INT(TL_AGAIN_PAGE));
	if (rc == 0)
		rc = take_rows(g, &r, form, p);
	if (rc == 0 && p->reach.n && p->reach.e[0].change == at->change + 1)
		p->hit = at->hit;
	return rc;
}

/* Takes the next page of a form, if there is one; else the place is where nothing is left. */
static int
take_of_form(
    struct tl_again_grower *g, enum tl_entry_form form, struct place *at, struct page *p)
{
	int rc = take_returned(g, form, at, p);
	if (rc == 0 && p->reach.n == 0) {
		page_clear(p);
		if (g->target > at->change)
			rc = take_changed(g, form, at, p);
	}
	if (rc < 0 || p->reach.n)
		return rc < 0 ? rc : 1;
	if (p->why == CHANGED) {
		at->change = g->target;
		at->hit = 0;
	}
	page_clear(p);
	return 0;
}

/* The place after what is noted. */
static void
move_place(const struct page *p, struct place *at)
{
	const struct reach_entry *last = p->entry ? &p->reach.e[p->entry - 1] : NULL;
	if (p->why == RETURNED) {
		if (noted_whole(p) && p->last) {
			at->at = p->target;
			at->back = (struct tl_id){{0}};
		} else if (last) {
			at->at = last->since;
			at->back = last->id;
		}
		return;
	}
	if (!noted_whole(p))
		at->change = p->reach.e[p->entry].change - 1;
	else if (p->last)
		at->change = p->target;
	else if (last)
		at->change = last->change;
	at->hit = p->hit;
}

/* Returns 1 when it did anything. */
static int
turn_of_form(struct tl_again_grower *g, size_t i)
{
	struct page *p = &g->of_form[i];
	const char *name = tl_entry_form_names[forms[i]];
	struct place was, at;
	bool did = false;
	if (p->why != NO_PAGE && !p->reach.gathered)
		return 0;
	int rc = place_of(g, name, &was);
	at = was;
	if (rc == 0 && p->why != NO_PAGE) {
		rc = note_page(g, p);
		move_place(p, &at);
		did = true;
		if (rc == 0 && noted_whole(p))
			page_clear(p);
	}
	if (rc == 0 && p->why == NO_PAGE) {
		rc = take_of_form(g, forms[i], &at, p);
		did = did || rc > 0;
	}
	if (rc >= 0 && (did || !was.known || at.change != was.change || at.hit != was.hit))
		rc = place_set(g, name, &at);
	return rc < 0 ? rc : did;
}

/* Banks whose reach has grown -------------------------------------------------------------------------------------- */

struct pass {
	struct tl_id bank, entry;
	enum tl_bank_kind kind;
	bool known;
	int64_t now, reach, goal, hit, since;
};

static int
pass_put(struct tl_again_grower *g, const struct pass *p)
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
		p->entry = (struct tl_id){{0}};
		p->hit = 0;
		p->since = now_us;
	} else if (p->now < p->reach) {
		p->reach = p->now;
	}
	p->goal = p->now;
	return true;
}

/* Is the page that is under way one of this pass still? */
static bool
goes_on(const struct page *page, const struct pass *p)
{
	return page->why == WHOLE && tl_id_eq(page->bank, p->bank) && page->target == p->goal &&
	       page->since == p->since;
}

/* Notes what became of the banks; *ret is the pass under way, else the first. Returns 1 when there is one. */
static int
look_at_banks(struct tl_again_grower *g, struct pass *ret)
{
	struct tl_row r;
	bool any = false, same = false;
	int rc = tl_db_query(g->db, &r, TL_SQL_AGAIN_BANKS, A_NULL);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct pass p;
		read_pass(&r, &p);
		rc = follow_bank(&p, g->now) ? pass_put(g, &p) : 0;
		if (rc < 0)
			break;
		if (p.goal <= p.reach || same)
			continue;
		same = goes_on(&g->of_bank, &p);
		if (!any || same)
			*ret = p;
		any = true;
	}
	tl_row_end(&r);
	if (!same)
		page_clear(&g->of_bank);
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

/* A page of one bank's entries, whenever they came. */
static int
take_of_bank(struct tl_again_grower *g, const struct pass *pass, struct page *p)
{
	struct tl_row r;
	*p = (struct page){
	    .why = WHOLE, .bank = pass->bank, .target = pass->goal, .since = pass->since};
	int rc = tl_db_query(g->db, &r, TL_SQL_AGAIN_BANK_ENTRIES, A_ID(pass->bank),
	    A_INT(g->now), A_ID(pass->entry), A_INT(TL_AGAIN_PAGE));
	if (rc < 0)
		return rc;
	while (!reach_full(&p->reach) && (rc = tl_row_next(&r)) > 0) {
		int form = 0;
		if (tl_word_parse(tl_entry_form_names, tl_col_str(&r, 8), &form) < 0)
			continue;
		struct reach_entry e = read_entry(&r, (enum tl_entry_form)form);
		e.since = pass->since;
		if (p->reach.n == 0 && tl_id_eq(id_before(e.id), pass->entry))
			p->hit = pass->hit;
		reach_add(&p->reach, &e);
	}
	tl_row_end(&r);
	p->last = !reach_full(&p->reach);
	return rc < 0 ? rc : 0;
}

static void
move_pass(const struct page *p, struct pass *pass)
{
	pass->hit = p->hit;
	if (!noted_whole(p))
		pass->entry = id_before(p->reach.e[p->entry].id);
	else if (p->entry)
		pass->entry = p->reach.e[p->entry - 1].id;
	if (noted_whole(p) && p->last)
		pass->reach = pass->goal;
}

/* Returns 1 when it did anything. */
static int
turn_of_bank(struct tl_again_grower *g, struct pass *pass)
{
	struct page *p = &g->of_bank;
	int rc = 0;
	if (p->why == NO_PAGE) {
		rc = take_of_bank(g, pass, p);
		return rc < 0 ? rc : 1;
	}
	if (!p->reach.gathered)
		return 0;
	rc = note_page(g, p);
	move_pass(p, pass);
	if (rc == 0 && noted_whole(p))
		page_clear(p);
	if (rc == 0)
		rc = pass_put(g, pass);
	return rc < 0 ? rc : 1;
}

/* All -------------------------------------------------------------------------------------------------------------- */

/* Who judges from now on must know what was taken and noted. */
static int
put_mark(struct tl_again_grower *g)
{
	struct place p;
	int rc = place_of(g, "", &p);
	return rc < 0 ? rc : place_set(g, "", &p);
}

static int
published(struct tl_again_grower *g)
{
	bool more = true;
	int rc = 0;
	while (rc == 0 && more)
		rc = tl_again_index_follow(g->x, g->db, 4096, &more);
	return rc;
}

/* Notes what was gathered, and takes what there is to take. Returns how much it did. */
static int
turn(struct tl_db *db, void *ctx)
{
	struct tl_again_grower *g = ctx;
	struct pass pass;
	int done = 0;
	g->now = tl_now_us();
	g->room = TL_AGAIN_HITS_PAGE;
	int rc = published(g);
	if (rc == 0)
		rc = tl_again_bank_mark(db, &g->mark);
	if (rc == 0)
		rc = look_at_banks(g, &pass);
	bool whole = rc > 0;
	for (size_t i = 0; i < TL_COUNT(forms) && rc >= 0; i++) {
		rc = turn_of_form(g, i);
		done += rc > 0;
	}
	if (rc >= 0 && whole) {
		rc = turn_of_bank(g, &pass);
		done += rc > 0;
	}
	if (rc >= 0 && done)
		rc = put_mark(g);
	TL_KILLPOINT(AGAIN_STEP);
	return rc < 0 ? rc : done;
}

static bool
to_gather(const struct page *p)
{
	return p->why != NO_PAGE && !p->reach.gathered;
}

/* Returns 1 when it did anything. */
static int
gather(struct tl_again_grower *g, struct page *p)
{
	if (!to_gather(p))
		return 0;
	int rc = reach_gather(&p->reach, g->db, g->x, tl_mono_us() + SLICE_US);
	TL_KILLPOINT(AGAIN_GATHERED);
	return rc < 0 ? rc : 1;
}

/* A page that takes long is not looked away from for each of its slices. */
static bool
turn_due(const struct tl_again_grower *g)
{
	bool gathering = to_gather(&g->of_bank), gathered = g->of_bank.reach.gathered;
	for (size_t i = 0; i < TL_COUNT(forms); i++) {
		gathering = gathering || to_gather(&g->of_form[i]);
		gathered = gathered || g->of_form[i].reach.gathered;
	}
	return gathered || !gathering || tl_mono_us() >= g->look_us;
}

int
tl_again_grow(struct tl_again_grower *g, int64_t target, int64_t quiet_at)
{
	int rc = 0, done = 0;
	if (g->epoch != tl_again_index_epoch(g->x)) { /* the other one may have been damaged */
		clear_all(g);
		g->epoch = tl_again_index_epoch(g->x);
	}
	g->target = target;
	g->quiet_at = quiet_at;
	if (turn_due(g)) {
		rc = tl_db_tx(g->db, TL_SYNC_NORMAL, turn, g);
		done = rc > 0 ? rc : 0;
		g->look_us = tl_mono_us() + LOOK_US;
	}
	for (size_t i = 0; i < TL_COUNT(forms) && rc >= 0; i++) {
		rc = gather(g, &g->of_form[i]);
		done += rc > 0;
	}
	if (rc >= 0) {
		rc = gather(g, &g->of_bank);
		done += rc > 0;
	}
	if (rc < 0)
		clear_all(g); /* what is in memory may be ahead of the store */
	return rc < 0 ? rc : done;
}
