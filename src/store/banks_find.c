/*
 * Looking for entries and choosing many: each way of looking is one query with its index, or a walk in bounded steps.
 *
 * Promises: nothing is found twice within one search; what is found was there when its page was read. Failure: a cursor
 * that is none of ours. Called by console and CLI.
 */
#include "store/banks_find.h"

#include "base/arena.h"
#include "store/banks_int.h"
#include "store/provenance.h"
#include "store/rows_int.h"
#include "sys/clock.h"

#define WALK_MOST 50000 /* entries looked at for one page */
#define STEP_ROWS 500
#define SLICE 20000
#define STEP_BYTES ((size_t)64 << 20)

/* The ways of looking, in their order. VALUE is one way for each form. */
enum way { WAY_WALK, WAY_ID, WAY_MEMBER, WAY_RECORD, WAY_NOTE, WAY_VALUE };

struct search {
	struct tl_db *db;
	const struct tl_bank *b;
	const struct tl_bank_filter *f;
	struct tl_arena *arena;
	int64_t now;
	struct tl_str text;      /* small letters */
	struct tl_str low, high; /* of values */
	uint8_t top[33];         /* after every hash */
	/* where it goes on */
	int way;
	struct tl_str key;
	struct tl_id id;
};

enum tl_entry_state
tl_bank_entry_state(const struct tl_bank_entry *e, int64_t now_us)
{
	if (e->expires_at && e->expires_at <= now_us)
		return TL_ENTRY_EXPIRED;
	if (!tl_bank_entry_live(e, now_us))
		return TL_ENTRY_OFF;
	return e->review_only ? TL_ENTRY_REVIEW : TL_ENTRY_LIVE;
}

static struct tl_str
lower(struct tl_arena *arena, struct tl_str s)
{
	uint8_t *p = tl_arena_alloc(arena, s.n + 1);
	for (size_t i = 0; p && i < s.n; i++)
		p[i] = s.p[i] | (s.p[i] >= 'A' && s.p[i] <= 'Z' ? 0x20 : 0);
	return tl_bytes(p, p ? s.n : 0);
}

static bool
begins(struct tl_str s, struct tl_str with)
{
	return with.n == 0 || (s.n >= with.n && memcmp(s.p, with.p, with.n) == 0);
}

static bool
equal_or_any(struct tl_str want, struct tl_str have)
{
	return !want.n || tl_str_eq(want, have);
}

/* Filters that the way itself does not answer. */
static bool
fits(const struct search *s, const struct tl_bank_entry *e)
{
	const struct tl_bank_filter *f = s->f;
	struct tl_provenance p = {0};
	if (f->state >= 0 && tl_bank_entry_state(e, s->now) != (enum tl_entry_state)f->state)
		return false;
	if (!f->exchange.n && !f->member.n && !f->record.n)
		return true;
	return tl_provenance_read(e->provenance, s->arena, &p) == 0 &&
	       equal_or_any(f->exchange, p.exchange) && equal_or_any(f->member, p.member) &&
	       equal_or_any(f->record, p.record);
}

static bool
value_begins(const struct search *s, const struct tl_bank_entry *e)
{
	return s->low.n && tl_str_cmp(e->value, s->low) >= 0 &&
	       (!s->high.n || tl_str_cmp(e->value, s->high) < 0);
}

static bool
has_record(const struct search *s, const struct tl_bank_entry *e, struct tl_str record)
{
	struct tl_provenance p = {0};
	return tl_provenance_read(e->provenance, s->arena, &p) == 0 &&
	       tl_str_eq(record, p.record);
}

/* Found by an earlier way of the same search? */
static bool
found_before(const struct search *s, const struct tl_bank_entry *e)
{
	if (!s->f->text.n)
		return false;
	if (s->way == WAY_RECORD)
		return value_begins(s, e);
	return s->way == WAY_NOTE && (value_begins(s, e) || has_record(s, e, s->f->text));
}

/* A part of a term or of its note, whatever the case. */
static bool
term_holds(const struct search *s, const struct tl_bank_entry *e)
{
	if (!s->text.n)
		return true;
	struct tl_str value = lower(s->arena, e->value), note = lower(s->arena, e->note);
	return (value.n && memmem(value.p, value.n, s->text.p, s->text.n)) ||
	       (note.n && memmem(note.p, note.n, s->text.p, s->text.n)) ||
	       has_record(s, e, s->f->text);
}

/* The end of a range of what begins with `s`: the next of the same length; empty: there is none. */
static struct tl_str
next_of(struct tl_arena *arena, struct tl_str s)
{
	uint8_t *p = tl_arena_alloc(arena, s.n + 1);
	size_t n = p ? s.n : 0;
	if (n)
		memcpy(p, s.p, n);
	while (n && p[n - 1] == 0xff)
		n--;
	if (n)
		p[n - 1]++;
	return tl_bytes(p, n);
}

/* The range of hashes that begin with these hex digits; nothing when they are none. */
static void
hex_range(struct search *s)
{
	struct tl_str t = s->text;
	uint8_t low[32] = {0}, high[32];
	for (int f = 0; f < tl_entry_form_count; f++) {
		struct tl_str name = tl_str(tl_entry_form_names[f]);
		if (begins(t, name) && t.n > name.n && t.p[name.n] == ':')
			t = tl_bytes(t.p + name.n + 1, t.n - name.n - 1);
	}
	if (!t.n || t.n > 2 * sizeof low)
		return;
	for (size_t i = 0; i < t.n; i++) {
		uint8_t c = t.p[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return;
		low[i / 2] |= (uint8_t)((c <= '9' ? c - '0' : c - 'a' + 10) << (i % 2 ? 0 : 4));
	}
	size_t n = (t.n + 1) / 2, at = n;
	memcpy(high, low, n);
	uint8_t step = t.n % 2 ? 0x10 : 1;
	while (at && (high[at - 1] = (uint8_t)(high[at - 1] + step)) < step) {
		step = 1;
		at--;
	}
	s->low = tl_arena_dup(s->arena, tl_bytes(low, n));
	s->high = tl_arena_dup(s->arena, tl_bytes(high, at));
}

/* Where it goes on ------------------------------------------------------------------------------------------- */

/* "way key id", the key in hex. */
static struct tl_str
write_cursor(const struct search *s)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	char id[TL_ID_TEXT];
	tl_id_text(id, s->id);
	tl_buf_printf(&b, "%d.", s->way);
	for (size_t i = 0; i < s->key.n; i++)
		tl_buf_printf(&b, "%02x", s->key.p[i]);
	tl_buf_printf(&b, ".%s", id);
	return tl_arena_dup(s->arena, tl_buf_str(&b));
}

static int
read_cursor(struct search *s, struct tl_str c)
{
	int64_t way;
	const uint8_t *a = memchr(c.p, '.', c.n);
	const uint8_t *z = a ? memrchr(c.p, '.', c.n) : NULL;
	if (!z || z == a ||
	    tl_parse_i64(tl_bytes(c.p, (size_t)(a - c.p)), 0,
		WAY_VALUE + tl_entry_form_count - 1, &way) < 0 ||
	    tl_id_parse(tl_bytes(z + 1, c.n - (size_t)(z + 1 - c.p)), &s->id) < 0)
		return tl_fail_at(TL_EFIELD, "cursor", "is not one of ours");
	struct tl_str hex = tl_bytes(a + 1, (size_t)(z - a - 1));
	uint8_t *key = tl_arena_alloc(s->arena, hex.n / 2 + 1);
	if (!key || hex.n % 2 || tl_unhex(key, hex.n / 2, hex) < 0)
		return tl_fail_at(TL_EFIELD, "cursor", "is not one of ours");
	s->way = (int)way;
	s->key = tl_bytes(key, hex.n / 2);
	return 0;
}

/* The way after `way`, of those that this search needs; -1: that was the last. */
static int
way_after(const struct search *s, int way)
{
	if (!s->text.n || s->b->kind == TL_BANK_TEXT) {
		if (way >= 0)
			return -1;
		return s->text.n || (!s->f->record.n && !s->f->member.n) ? WAY_WALK
		       : s->f->record.n                                  ? WAY_RECORD
									 : WAY_MEMBER;
	}
	/* values, each form; then records, notes, and an entry by its id */
	for (int f = way < 0            ? 0
		     : way >= WAY_VALUE ? way - WAY_VALUE + 1
					: tl_entry_form_count;
	     f < tl_entry_form_count && s->low.n; f++) {
		if (tl_bank_holds(s->b->kind, (enum tl_entry_form)f))
			return WAY_VALUE + f;
	}
	return way < 0 || way >= WAY_VALUE ? WAY_RECORD
	       : way == WAY_RECORD         ? WAY_NOTE
	       : way == WAY_NOTE           ? WAY_ID
					   : -1;
}

static void
begin_way(struct search *s, int way)
{
	s->way = way;
	s->key = (struct tl_str){0};
	if (way == WAY_NOTE || way >= WAY_VALUE)
		s->id = (struct tl_id){0};
	else
		memset(&s->id, 0xff, sizeof s->id);
}

/* Looking ---------------------------------------------------------------------------------------------------- */

/* What is asked with lies in `s`: the rows are read after this returns. */
static int
open_way(struct search *s, struct tl_row *r, size_t max)
{
	const struct tl_id *bank = &s->b->id;
	switch (s->way) {
	case WAY_WALK:
		return tl_db_query(
		    s->db, r, TL_SQL_BANK_ENTRY_PAGE, A_ID(*bank), A_ID(s->id), A_INT(max));
	case WAY_MEMBER:
		return tl_db_query(s->db, r, TL_SQL_BANK_FIND_MEMBER, A_ID(*bank),
		    A_TEXT(s->f->member), A_ID(s->id), A_INT(max));
	case WAY_RECORD:
		return tl_db_query(s->db, r, TL_SQL_BANK_FIND_RECORD, A_ID(*bank),
		    A_TEXT(s->text.n ? s->f->text : s->f->record), A_ID(s->id), A_INT(max));
	case WAY_NOTE:
		return tl_db_query(s->db, r, TL_SQL_BANK_FIND_NOTE, A_ID(*bank),
		    A_TEXT(s->text), A_TEXT(next_of(s->arena, s->text)), A_TEXT(s->key),
		    A_ID(s->id), A_INT(max));
	default:
		break;
	}
	enum tl_entry_form form = (enum tl_entry_form)(s->way - WAY_VALUE);
	struct tl_str high = s->high.n ? s->high : tl_bytes(s->top, sizeof s->top);
	return tl_db_query(s->db, r, TL_SQL_BANK_FIND_VALUE, A_ID(*bank),
	    A_Z(tl_entry_form_names[form]), A_BYTES(s->low), A_BYTES(high), A_BYTES(s->key),
	    A_INT(max));
}

static int
by_id(struct search *s, size_t max, struct tl_bank_entry **ret, size_t *ret_n)
{
	struct tl_id id;
	*ret_n = 0;
	if (max == 0 || tl_id_parse(s->f->text, &id) < 0)
		return 0;
	*ret = TL_NEW(s->arena, struct tl_bank_entry);
	int rc = tl_arena_check(s->arena);
	if (rc == 0)
		rc = tl_bank_entry_get(s->db, s->b->id, id, s->arena, *ret);
	*ret_n = rc == 0;
	return rc == TL_ENOTFOUND ? 0 : rc;
}

/* The next rows of this way; moves on behind them. */
static int
rows(struct search *s, size_t max, struct tl_bank_entry **ret, size_t *ret_n)
{
	struct tl_row r;
	if (s->way == WAY_ID)
		return by_id(s, max, ret, ret_n);
	int rc = open_way(s, &r, max);
	if (rc == 0)
		rc = ROWS_READ(&r, s->arena, max, bank_entry_read, ret, ret_n);
	if (rc < 0 || *ret_n == 0)
		return rc;
	const struct tl_bank_entry *last = &(*ret)[*ret_n - 1];
	s->id = last->id;
	if (s->way == WAY_NOTE)
		s->key = lower(s->arena, last->note);
	else if (s->way >= WAY_VALUE)
		s->key = last->value;
	return 0;
}

static bool
wanted(const struct search *s, const struct tl_bank_entry *e)
{
	if (s->way == WAY_WALK && !term_holds(s, e))
		return false;
	return fits(s, e) && !found_before(s, e);
}

static struct tl_bank_entry
keep(struct tl_arena *arena, const struct tl_bank_entry *e)
{
	struct tl_bank_entry k = *e;
	k.value = tl_arena_dup(arena, e->value);
	k.note = tl_arena_dup(arena, e->note);
	k.provenance = tl_arena_dup(arena, e->provenance);
	k.classification = tl_arena_dup(arena, e->classification);
	k.added_by = tl_arena_dup(arena, e->added_by);
	return k;
}

/* One step of one way: rows into memory of their own, of which what is wanted is kept. Returns how many were read. */
static int
step(struct search *s, size_t max, struct tl_arena *arena, struct tl_bank_entry *found,
    size_t *n)
{
	struct tl_arena *page TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(STEP_BYTES);
	struct tl_bank_entry *list = NULL;
	size_t got = 0, ask = s->way == WAY_WALK ? STEP_ROWS : max - *n;
	struct tl_str key = s->key;
	s->arena = page;
	int rc = rows(s, ask, &list, &got);
	for (size_t i = 0; rc == 0 && i < got; i++) {
		if (!wanted(s, &list[i]))
			continue;
		found[(*n)++] = keep(arena, &list[i]);
		if (*n == max && i + 1 < got) { /* the rest of these rows is of the next page */
			s->id = list[i].id;
			s->arena = arena;
			return (int)ask;
		}
	}
	key = s->key.n ? tl_arena_dup(arena, s->key) : key;
	s->arena = arena;
	s->key = key;
	if (rc < 0)
		return rc;
	if (got < ask || s->way == WAY_ID)
		begin_way(s, way_after(s, s->way));
	return (int)got;
}

static int
look(struct search *s, size_t max, struct tl_bank_entry *found, size_t *ret_count)
{
	struct tl_arena *arena = s->arena;
	size_t n = 0;
	int looked = 0, rc = 0;
	while (rc >= 0 && s->way >= 0 && n < max && looked < WALK_MOST) {
		rc = step(s, max, arena, found, &n);
		looked += rc > 0 ? rc : 0;
	}
	*ret_count = n;
	return rc < 0 ? rc : tl_arena_check(arena);
}

int
tl_bank_search(struct tl_db *db, const struct tl_bank *b, const struct tl_bank_filter *f,
    struct tl_str cursor, size_t max, struct tl_arena *arena, struct tl_bank_found *ret)
{
	struct search s = {.db = db, .b = b, .f = f, .arena = arena, .now = tl_now_us()};
	memset(s.top, 0xff, sizeof s.top);
	s.text = lower(arena, f->text);
	if (b->kind == TL_BANK_PDQ || b->kind == TL_BANK_DIGEST)
		hex_range(&s);
	struct tl_bank_entry *found = TL_NEWS(arena, struct tl_bank_entry, max + 1);
	int rc = tl_arena_check(arena);
	if (rc == 0 && cursor.n)
		rc = read_cursor(&s, cursor);
	else
		begin_way(&s, way_after(&s, -1));
	if (rc == 0)
		rc = look(&s, max, found, &ret->n);
	if (rc < 0)
		return rc;
	ret->entries = found;
	ret->next = (struct tl_str){0};
	if (s.way >= 0)
		ret->next = write_cursor(&s);
	return tl_arena_check(arena);
}

/* Choosing many ---------------------------------------------------------------------------------------------- */

static enum tl_sql
pick(const struct tl_bank_filter *f, bool counts)
{
	if (f->record.n)
		return counts ? TL_SQL_BANK_COUNT_RECORD : TL_SQL_BANK_PICK_RECORD;
	if (f->member.n)
		return counts ? TL_SQL_BANK_COUNT_MEMBER : TL_SQL_BANK_PICK_MEMBER;
	return counts ? TL_SQL_BANK_COUNT_PICK : TL_SQL_BANK_PICK;
}

int
tl_bank_count(struct tl_db *db, struct tl_id bank, const struct tl_bank_filter *f, int64_t most,
    int64_t *ret)
{
	struct tl_id top;
	memset(&top, 0xff, sizeof top);
	if (f->added_by.n)
		return ROWS_NUMBER(db, ret, TL_SQL_BANK_COUNT_ADDED, A_ID(bank),
		    A_TEXT(f->added_by), A_ID(f->after), A_ID(f->before), A_INT(most));
	return ROWS_NUMBER(db, ret, pick(f, true), A_ID(bank), A_TEXT0(f->record),
	    A_TEXT0(f->exchange), A_TEXT0(f->member), A_ID(top), A_INT(most));
}

static int
read_id(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	(void)arena;
	*(struct tl_id *)ret = tl_col_id(r, 0);
	return 0;
}

static int
one_of_many(struct tl_db *db, struct tl_id bank, struct tl_id entry, enum tl_bank_bulk what,
    int64_t until)
{
	switch (what) {
	case TL_BULK_DISABLE:
		return tl_bank_entry_disable(db, bank, entry, until);
	case TL_BULK_ENABLE:
		return tl_bank_entry_enable(db, bank, entry);
	case TL_BULK_REMOVE:
		break;
	}
	return tl_bank_entry_remove(db, bank, entry);
}

int
tl_bank_bulk(struct tl_db *db, struct tl_id bank, const struct tl_bank_filter *f,
    enum tl_bank_bulk what, int64_t until, int64_t most, struct tl_id *at)
{
	struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(1 << 20);
	struct tl_id *ids = NULL;
	struct tl_row r;
	size_t n = 0;
	int rc = 0;
	if (tl_id_is_nil(*at))
		memset(at, 0xff, sizeof *at);
	if (f->added_by.n)
		rc = tl_db_query(db, &r, TL_SQL_BANK_PICK_ADDED, A_ID(bank),
		    A_TEXT(f->added_by), A_ID(f->after),
		    A_ID(memcmp(at, &f->before, sizeof *at) < 0 ? *at : f->before),
		    A_INT(most));
	else
		rc = tl_db_query(db, &r, pick(f, false), A_ID(bank), A_TEXT0(f->record),
		    A_TEXT0(f->exchange), A_TEXT0(f->member), A_ID(*at), A_INT(most));
	if (rc == 0)
		rc = ROWS_READ(&r, a, (size_t)most, read_id, &ids, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = one_of_many(db, bank, ids[i], what, until);
	if (rc < 0)
		return rc;
	*at = n && n == (size_t)most ? ids[n - 1] : (struct tl_id){0};
	return (int)n;
}

/* Walking ---------------------------------------------------------------------------------------------------- */

static int
slice(struct tl_db *db, struct tl_id bank, struct tl_id *at, size_t *ret_n,
    int (*fn)(void *ctx, const struct tl_bank_entry *e), void *ctx)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_BANK_SCAN, A_ID(bank), A_ID(*at), A_INT(SLICE));
	*ret_n = 0;
	while (rc == 0 && (rc = tl_row_next(&r)) > 0) {
		int form = 0;
		if (tl_word_parse(tl_entry_form_names, tl_col_str(&r, 2), &form) < 0) {
			rc = tl_fail(TL_ECORRUPT, "the store holds an unknown form of entry");
			break;
		}
		const struct tl_bank_entry e = {.id = tl_col_id(&r, 0),
		    .bank = bank,
		    .value = tl_col_str(&r, 1),
		    .form = (enum tl_entry_form)form,
		    .key = tl_col_int(&r, 3),
		    .enabled = tl_col_int(&r, 4) != 0,
		    .disabled_until = tl_col_int(&r, 5),
		    .expires_at = tl_col_int(&r, 6)};
		*at = e.id;
		++*ret_n;
		rc = fn(ctx, &e);
	}
	tl_row_end(&r);
	return rc;
}

int
tl_bank_scan(struct tl_db *db, struct tl_id bank,
    int (*fn)(void *ctx, const struct tl_bank_entry *e), void *ctx)
{
	struct tl_id at;
	size_t n = SLICE;
	int rc = 0;
	memset(&at, 0xff, sizeof at);
	while (rc == 0 && n == SLICE)
		rc = slice(db, bank, &at, &n, fn, ctx);
	return rc;
}
