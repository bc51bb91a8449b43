/*
 * Walks over what matched a bank, as rows.
 *
 * Promises: what asks for a walk does so in the transaction of the change itself, so that neither is there without the
 * other; whoever asks twice is served from the beginning. Failures: those of the store. Called by the verbs of banks,
 * the worker (rules), console and command line (a person), and the finder.
 */
#include "store/rejudge.h"

#include "base/arena.h"
#include "store/rows_int.h"
#include "sys/clock.h"

static const struct tl_id nil;

int
tl_rejudge_ask(struct tl_db *db, struct tl_id bank, enum tl_rejudge why, int64_t received_from)
{
	int64_t now = tl_now_us();
	bool whole = why == TL_REJUDGE_SHARE || why >= TL_REJUDGE_RULES;
	int rc = tl_db_run(db, TL_SQL_REJUDGE_ASK, A_ID(bank), A_Z(tl_rejudge_names[why]),
	    A_ID(nil), A_INT(received_from), A_INT(now));
	/* What matched is not known any more of items that are kept as hashes only: they are compared again. */
	if (rc >= 0 && whole)
		rc = tl_db_run(db, TL_SQL_REJUDGE_RETIRED, A_ID(bank), A_ID(nil), A_INT(now));
	return rc < 0 ? rc : 0;
}

const char *
tl_rejudge_asked_words(
    struct tl_arena *a, struct tl_str bank, int64_t items, int64_t received_from)
{
	bool more = items > TL_REJUDGE_COUNT_MAX;
	return tl_arena_printf(a, "all that %.*s matched: %s%lld items%s", TL_ARG(bank),
	    more ? "more than " : "", (long long)(more ? TL_REJUDGE_COUNT_MAX : items),
	    received_from ? ", of those since a date" : "");
}

int
tl_rejudge_before(struct tl_db *db, const struct tl_bank *will)
{
	int64_t less = 0, more = 0;
	int rc = ROWS_NUMBER(db, &less, TL_SQL_REJUDGE_BANK_ALLOWS_LESS, A_ID(will->id),
	    A_INT(will->enabled), A_Z(tl_bank_direction_names[will->direction]),
	    A_INT(will->distance), A_REAL(will->share), A_INT(will->turned),
	    A_INT(will->share_query), A_INT(will->share_known));
	if (rc == 0)
		rc = ROWS_NUMBER(db, &more, TL_SQL_REJUDGE_BANK_TAKES_MORE, A_ID(will->id),
		    A_REAL(will->share));
	if (rc == 0 && less)
		rc = tl_rejudge_ask(db, will->id, TL_REJUDGE_ALLOW, 0);
	if (rc == 0 && more)
		rc = tl_rejudge_ask(db, will->id, TL_REJUDGE_SHARE, 0);
	return rc;
}

int
tl_rejudge_entries_gone(struct tl_db *db, struct tl_id bank)
{
	int64_t allows = 0;
	int rc = ROWS_NUMBER(db, &allows, TL_SQL_REJUDGE_ALLOWS, A_ID(bank));
	return rc < 0 || !allows ? rc : tl_rejudge_ask(db, bank, TL_REJUDGE_ENTRIES, 0);
}

int
tl_rejudge_expired(struct tl_db *db, int64_t from, int64_t to)
{
	struct tl_row r;
	struct tl_id bank[64];
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_REJUDGE_EXPIRED, A_INT(from), A_INT(to));
	while (rc == 0 && n < TL_COUNT(bank) && (rc = tl_row_next(&r)) > 0) {
		bank[n++] = tl_col_id(&r, 0);
		rc = 0;
	}
	tl_row_end(&r);
	for (size_t i = 0; rc >= 0 && i < n; i++)
		rc = tl_rejudge_ask(db, bank[i], TL_REJUDGE_ENTRIES, 0);
	return rc < 0 ? rc : (int)n;
}

static int
read_pass(const struct tl_row *r, struct tl_rejudge_pass *ret)
{
	int why = 0;
	if (tl_word_parse(tl_rejudge_names, tl_col_str(r, 1), &why) < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown reason to judge again");
	*ret = (struct tl_rejudge_pass){.bank = tl_col_id(r, 0),
	    .why = (enum tl_rejudge)why,
	    .platform = tl_col_int(r, 2),
	    .item = tl_col_id(r, 3),
	    .received_from = tl_col_int(r, 4),
	    .since = tl_col_int(r, 5),
	    .done = tl_col_int(r, 6)};
	return 0;
}

int
tl_rejudge_next(struct tl_db *db, struct tl_rejudge_pass *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_REJUDGE_NEXT, A_NULL);
	if (rc < 0)
		return rc;
	rc = read_pass(&r, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_rejudge_of_bank(struct tl_db *db, struct tl_id bank,
    struct tl_rejudge_pass ret[tl_rejudge_count], size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_REJUDGE_OF_BANK, A_ID(bank));
	if (rc < 0)
		return rc;
	while (n < tl_rejudge_count && (rc = tl_row_next(&r)) > 0) {
		rc = read_pass(&r, &ret[n]);
		if (rc < 0)
			break;
		n++;
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	*ret_count = n;
	return 0;
}

int
tl_rejudge_left(struct tl_db *db, const struct tl_rejudge_pass *p, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_REJUDGE_COUNT, A_ID(p->bank),
	    A_Z(tl_rejudge_names[p->why]), A_INT(p->platform), A_ID(p->item),
	    A_INT(p->received_from), A_INT(TL_REJUDGE_COUNT_MAX + 1), A_INT(tl_now_us()));
}

/* Rules that name a bank ------------------------------------------------------------------------------------------ */

static int
stamp_of(struct tl_db *db, struct tl_id bank, int64_t *ret)
{
	int rc = ROWS_NUMBER(db, ret, TL_SQL_REJUDGE_RULES, A_ID(bank));
	if (rc == TL_ENOTFOUND)
		*ret = 0;
	return rc == TL_ENOTFOUND ? 0 : rc;
}

int
tl_rejudge_rules(struct tl_db *db, struct tl_id bank, int64_t stamp, bool first)
{
	int64_t was = 0;
	int rc = stamp_of(db, bank, &was);
	if (rc < 0 || was == stamp)
		return rc;
	if (!stamp)
		rc = tl_db_run(db, TL_SQL_REJUDGE_RULES_DROP, A_ID(bank));
	else
		rc = tl_db_run(db, TL_SQL_REJUDGE_RULES_SET, A_ID(bank), A_INT(stamp));
	if (rc >= 0 && stamp && !first)
		rc = tl_rejudge_ask(db, bank, TL_REJUDGE_RULES, 0);
	return rc < 0 ? rc : 1;
}

int
tl_rejudge_rules_mark(struct tl_db *db, int64_t *ret)
{
	return stamp_of(db, nil, ret);
}

int
tl_rejudge_named(struct tl_db *db, struct tl_id bank, bool *ret_named, bool *ret_known)
{
	int64_t mark = 0, stamp = 0;
	int rc = tl_rejudge_rules_mark(db, &mark);
	if (rc == 0)
		rc = stamp_of(db, bank, &stamp);
	if (rc < 0)
		return rc;
	*ret_named = stamp != 0;
	*ret_known = mark != 0;
	return 0;
}

int
tl_rejudge_rules_noted(struct tl_db *db, int64_t mark)
{
	int rc = tl_db_run(db, TL_SQL_REJUDGE_RULES_SET, A_ID(nil), A_INT(mark));
	return rc < 0 ? rc : 0;
}
