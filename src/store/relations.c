/*
 * Pairs of accounts and the facts between them.
 *
 * Promises: a pair stands in `relations` with its facts and in `relation_ends` to be found from the other end, written by one
 * transaction; events may come twice and in any order. Failures: the store's. Called by the API, the loader (relations_load.c)
 * and the clerk.
 */
#include "store/relations.h"

#include "base/arena.h"
#include "store/accounts.h"
#include "store/rows_int.h"

#include <stdio.h>

#define PAGE 128

static int
read_ref(const struct tl_row *r, struct tl_account_ref *ret)
{
	struct tl_account_ref a = {.id = tl_col_id(r, 0), .number = tl_col_int(r, 1)};
	int band = 0, state = 0;
	int rc = tl_word_parse(tl_age_band_names, tl_col_str(r, 2), &band);
	if (rc == 0)
		rc = tl_word_parse(tl_account_state_names, tl_col_str(r, 3), &state);
	if (rc == 0)
		rc = tl_str_copy(a.language, sizeof a.language, tl_col_str(r, 4));
	if (rc == 0)
		rc = tl_str_copy(a.country, sizeof a.country, tl_col_str(r, 5));
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an account that cannot be read");
	a.age_band = (enum tl_age_band)band;
	a.state = (enum tl_account_state)state;
	*ret = a;
	return 0;
}

int
tl_account_ref(struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id,
    struct tl_account_ref *ret)
{
	struct tl_row r;
	int rc = tl_db_first(
	    db, &r, TL_SQL_ACCOUNT_REF, A_INT(platform), A_INT(live), A_TEXT(ext_id));
	if (rc < 0)
		return rows_found(rc, "account");
	rc = read_ref(&r, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_account_ref_ensure(struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id,
    struct tl_account_ref *ret)
{
	struct tl_id id;
	int rc = tl_account_ref(db, platform, live, ext_id, ret);
	if (rc == 0 && ret->number)
		return 0;
	if (rc == TL_ENOTFOUND)
		rc = tl_account_ensure(db, platform, live, ext_id, &id);
	else
		id = ret->id;
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_ACCOUNT_NUMBER_SET, A_INT(platform), A_ID(id));
	return rc < 0 ? rc : tl_account_ref(db, platform, live, ext_id, ret);
}

int
tl_account_by_number(struct tl_db *db, int64_t number, struct tl_arena *arena,
    struct tl_id *ret_id, struct tl_str *ret_ext_id)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ACCOUNT_BY_NUMBER, A_INT(number));
	if (rc < 0)
		return rows_found(rc, "account");
	*ret_id = tl_col_id(&r, 0);
	*ret_ext_id = tl_arena_dup(arena, tl_col_str(&r, 1));
	tl_row_end(&r);
	return tl_arena_check(arena);
}

/* Facts ---------------------------------------------------------------------------------------------------------- */

struct pair {
	int64_t low, high;
	int first; /* the side of the account that asks: 0 low, 1 high */
};

static struct pair
pair_of(int64_t from, int64_t to)
{
	return from < to ? (struct pair){from, to, 0} : (struct pair){to, from, 1};
}

static void
read_facts(const struct tl_row *r, struct tl_relation *ret)
{
	ret->contact[0] = tl_col_int(r, 0);
	ret->contact[1] = tl_col_int(r, 1);
	for (int i = 0; i < 2 * TL_RELATION_FACTS; i++)
		ret->did[i / TL_RELATION_FACTS][i % TL_RELATION_FACTS] = tl_col_int(r, 2 + i);
}

static void
turn(struct tl_relation *r)
{
	struct tl_relation was = *r;
	r->contact[0] = was.contact[1];
	r->contact[1] = was.contact[0];
	memcpy(r->did[0], was.did[1], sizeof r->did[0]);
	memcpy(r->did[1], was.did[0], sizeof r->did[1]);
}

/* As the row has it: side 0 is `low`. */
static int
load_pair(struct tl_db *db, int64_t platform, const struct pair *p, struct tl_relation *ret)
{
	struct tl_row r;
	int rc = tl_db_first(
	    db, &r, TL_SQL_RELATION_GET, A_INT(platform), A_INT(p->low), A_INT(p->high));
	if (rc < 0)
		return rc;
	read_facts(&r, ret);
	tl_row_end(&r);
	return 0;
}

int
tl_relation_load(
    struct tl_db *db, int64_t platform, int64_t from, int64_t to, struct tl_relation *ret)
{
	struct pair p = pair_of(from, to);
	*ret = (struct tl_relation){0};
	int rc = from && to ? load_pair(db, platform, &p, ret) : 0;
	if (p.first == 1)
		turn(ret);
	return rc == TL_ENOTFOUND ? 0 : rc;
}

static int
write_pair(struct tl_db *db, enum tl_sql sql, int64_t platform, const struct pair *p,
    const struct tl_relation *r)
{
	const int64_t *l = r->did[0], *h = r->did[1];
	return tl_db_run(db, sql, A_INT(platform), A_INT(p->low), A_INT(p->high),
	    A_INT0(r->contact[0]), A_INT0(r->contact[1]), A_INT0(l[0]), A_INT0(l[1]),
	    A_INT0(l[2]), A_INT0(l[3]), A_INT0(l[4]), A_INT0(h[0]), A_INT0(h[1]), A_INT0(h[2]),
	    A_INT0(h[3]), A_INT0(h[4]), A_INT0(tl_relation_over(r)));
}

int
tl_relation_mark(struct tl_db *db, int64_t platform, int64_t from, int64_t to)
{
	struct pair p = pair_of(from, to);
	int rc = tl_db_run(
	    db, TL_SQL_RELATION_END_ADD, A_INT(platform), A_INT(p.high), A_INT(p.low));
	return rc < 0 ? rc : 0;
}

int
tl_relation_put(struct tl_db *db, int64_t platform, int64_t from, int64_t to,
    const struct tl_relation_event *e, bool *ret_changed)
{
	struct pair p = pair_of(from, to);
	if (from <= 0 || from == to)
		return tl_fail(TL_EBUG, "a relation needs two numbered accounts");
	struct tl_relation r = {0};
	*ret_changed = tl_relation_apply(&r, p.first, e);
	/* Most pairs are new: one look decides. */
	int rc = write_pair(db, TL_SQL_RELATION_ADD, platform, &p, &r);
	if (rc > 0)
		rc = tl_relation_mark(db, platform, from, to);
	else if (rc == 0) {
		rc = load_pair(db, platform, &p, &r);
		*ret_changed = rc == 0 && tl_relation_apply(&r, p.first, e);
		if (*ret_changed)
			rc = write_pair(db, TL_SQL_RELATION_SET, platform, &p, &r);
	}
	return rc < 0 ? rc : 0;
}

/* Neighbours ----------------------------------------------------------------------------------------------------- */

static int
above(struct tl_db *db, int64_t platform, int64_t number, int64_t after, size_t max,
    struct tl_relation_row *ret, size_t *n)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_RELATION_ABOVE, A_INT(platform), A_INT(number),
	    A_INT(after > number ? after : number), A_INT((int64_t)(max - *n)));
	if (rc < 0)
		return rc;
	while (*n < max && (rc = tl_row_next(&r)) > 0) {
		ret[*n].other = tl_col_int(&r, 2 + 2 * TL_RELATION_FACTS);
		read_facts(&r, &ret[(*n)++].relation);
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

/* The numbers first: their facts stand elsewhere. A pair whose facts are not there is being loaded, or going. */
static int
below(struct tl_db *db, int64_t platform, int64_t number, int64_t after, size_t max,
    struct tl_relation_row *ret, size_t *n)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_RELATION_BELOW, A_INT(platform), A_INT(number),
	    A_INT(after), A_INT((int64_t)max));
	if (rc < 0)
		return rc;
	while (*n < max && (rc = tl_row_next(&r)) > 0)
		ret[(*n)++].other = tl_col_int(&r, 0);
	tl_row_end(&r);
	for (size_t i = 0; i < *n && rc >= 0; i++)
		rc = tl_relation_load(db, platform, number, ret[i].other, &ret[i].relation);
	return rc < 0 ? rc : 0;
}

int
tl_relations_of(struct tl_db *db, int64_t platform, int64_t number, int64_t after, size_t max,
    struct tl_relation_row *ret, size_t *ret_n)
{
	size_t n = 0;
	int rc = after < number ? below(db, platform, number, after, max, ret, &n) : 0;
	if (rc == 0 && n < max)
		rc = above(db, platform, number, after, max, ret, &n);
	if (rc == 0)
		*ret_n = n;
	return rc;
}

/* Going ---------------------------------------------------------------------------------------------------------- */

int
tl_relations_erase(struct tl_db *db, int64_t platform, struct tl_id account)
{
	int rc = tl_db_run(db, TL_SQL_ORPHAN_ADD, A_INT(platform), A_ID(account));
	if (rc > 0)
		rc = tl_db_run(db, TL_SQL_ORPHAN_CUT, A_INT(platform), A_ID(account));
	return rc < 0 ? rc : 0;
}

static int
drop(struct tl_db *db, int64_t platform, const struct pair *p)
{
	int rc =
	    tl_db_run(db, TL_SQL_RELATION_DROP, A_INT(platform), A_INT(p->low), A_INT(p->high));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_RELATION_END_DROP, A_INT(platform), A_INT(p->high),
		    A_INT(p->low));
	return rc < 0 ? rc : 0;
}

/* One page of what hangs on the number; the number itself when nothing does. Returns how many. */
static int
sweep_page(struct tl_db *db, int64_t platform, int64_t number)
{
	struct tl_relation_row list[PAGE];
	size_t n = 0;
	int rc = tl_relations_of(db, platform, number, 0, PAGE, list, &n);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		struct pair p = pair_of(number, list[i].other);
		rc = drop(db, platform, &p);
	}
	if (rc >= 0 && n == 0)
		rc = tl_db_run(db, TL_SQL_ORPHAN_DONE, A_INT(number));
	return rc < 0 ? rc : (int)(n ? n : 1);
}

int
tl_relations_sweep(struct tl_db *db, int max)
{
	int done = 0;
	while (done < max) {
		struct tl_row r;
		int rc = tl_db_first(db, &r, TL_SQL_ORPHAN_NEXT, A_NULL);
		if (rc == TL_ENOTFOUND)
			break;
		if (rc < 0)
			return rc;
		int64_t number = tl_col_int(&r, 0), platform = tl_col_int(&r, 1);
		tl_row_end(&r);
		rc = sweep_page(db, platform, number);
		if (rc < 0)
			return rc;
		done += rc;
	}
	return done;
}

int
tl_relations_expire(struct tl_db *db, int64_t before, int max)
{
	struct {
		int64_t platform;
		struct pair p;
	} list[PAGE];
	struct tl_row r;
	int n = 0;
	int rc = tl_db_query(
	    db, &r, TL_SQL_RELATION_OVER, A_INT(before), A_INT(max < PAGE ? max : PAGE));
	if (rc < 0)
		return rc;
	while (n < PAGE && (rc = tl_row_next(&r)) > 0) {
		list[n].platform = tl_col_int(&r, 0);
		list[n++].p = (struct pair){tl_col_int(&r, 1), tl_col_int(&r, 2), 0};
	}
	tl_row_end(&r);
	for (int i = 0; i < n && rc >= 0; i++)
		rc = drop(db, list[i].platform, &list[i].p);
	return rc < 0 ? rc : n;
}

/* Loading a file ------------------------------------------------------------------------------------------------- */

int
tl_relations_load_find(struct tl_db *db, int64_t platform, bool live, struct tl_str print,
    struct tl_relations_load *ret)
{
	struct tl_row r;
	int rc = tl_db_first(
	    db, &r, TL_SQL_RELATION_LOAD_GET, A_INT(platform), A_INT(live), A_BYTES(print));
	if (rc < 0)
		return rows_found(rc, "load");
	*ret = (struct tl_relations_load){
	    tl_col_int(&r, 0), tl_col_int(&r, 1), tl_col_int(&r, 2), tl_col_int(&r, 3)};
	tl_row_end(&r);
	return 0;
}

int
tl_relations_load_keep(struct tl_db *db, int64_t platform, bool live, struct tl_str print,
    const struct tl_relations_load *l)
{
	int rc = tl_db_run(db, TL_SQL_RELATION_LOAD_PUT, A_INT(platform), A_INT(live),
	    A_BYTES(print), A_INT(l->bytes), A_INT(l->lines), A_INT(l->applied),
	    A_INT(l->refused));
	return rc < 0 ? rc : 0;
}

int
tl_relations_load_end(struct tl_db *db, int64_t platform, bool live, struct tl_str print)
{
	int rc = tl_db_run(
	    db, TL_SQL_RELATION_LOAD_END, A_INT(platform), A_INT(live), A_BYTES(print));
	return rc < 0 ? rc : 0;
}
