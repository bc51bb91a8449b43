/*
 * The sealer.
 *
 * Promises: numbers are 1, 2, 3 … without gaps, each given once; chain = BLAKE2b-256(previous chain, number,
 * source, row hash); the row hash covers every column but the number itself, with names and types. Failures:
 * ECORRUPT when a row no longer fits. Called by the clerk and by `tutela doctor`.
 */
#include "store/ledger.h"

#include "store/db_int.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define HASH 32

struct source {
	const char *name;
	enum tl_sql unsealed, set, one;
};

static const struct source sources[] = {
    {"decisions", TL_SQL_SEAL_DECISIONS, TL_SQL_SEAL_SET_DECISION, TL_SQL_SEAL_DECISION_ROW},
    {"decision_events", TL_SQL_SEAL_EVENTS, TL_SQL_SEAL_SET_EVENT, TL_SQL_SEAL_EVENT_ROW},
};

int
tl_duty_take(struct tl_db *db, const char *name, struct tl_id holder, int64_t until)
{
	int rc = tl_db_run(
	    db, TL_SQL_DUTY_TAKE, A_Z(name), A_ID(holder), A_INT(until), A_INT(tl_now_us()));
	if (rc < 0)
		return rc;
	return rc > 0 ? 0 : tl_fail(TL_EAGAIN, "another process has the duty %s", name);
}

static void
put_u64(struct tl_buf *b, uint64_t v)
{
	uint8_t p[8];
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
	tl_buf_put(b, p, sizeof p);
}

static void
put_part(struct tl_buf *b, char tag, struct tl_str s)
{
	tl_buf_byte(b, (uint8_t)tag);
	put_u64(b, s.n);
	tl_buf_put(b, s.p, s.n);
}

/* The canonical form of the current row: for each column its name and a typed value. */
static void
row_hash(const struct tl_row *r, uint8_t dst[HASH])
{
	struct tl_buf b = {0};
	int columns = sqlite3_column_count(r->stmt);
	for (int c = 0; c < columns; c++) {
		const char *name = sqlite3_column_name(r->stmt, c);
		if (strcmp(name, "seq") == 0)
			continue;
		put_part(&b, 'n', tl_str(name));
		switch (sqlite3_column_type(r->stmt, c)) {
		case SQLITE_INTEGER:
			tl_buf_byte(&b, 'i');
			put_u64(&b, (uint64_t)tl_col_int(r, c));
			break;
		case SQLITE_FLOAT: {
			double d = tl_col_real(r, c);
			uint64_t bits;
			memcpy(&bits, &d, sizeof bits);
			tl_buf_byte(&b, 'f');
			put_u64(&b, bits);
			break;
		}
		case SQLITE_NULL:
			tl_buf_byte(&b, '0');
			break;
		default:
			put_part(&b, 's', tl_col_str(r, c));
		}
	}
	tl_blake2b(dst, HASH, tl_buf_str(&b), NULL);
	tl_buf_fini(&b);
}

static void
chain_hash(uint8_t dst[HASH], const uint8_t prev[HASH], int64_t seq, const char *source,
    const uint8_t row[HASH])
{
	struct tl_buf b = {0};
	tl_buf_put(&b, prev, HASH);
	put_u64(&b, (uint64_t)seq);
	put_part(&b, 's', tl_str(source));
	tl_buf_put(&b, row, HASH);
	tl_blake2b(dst, HASH, tl_buf_str(&b), NULL);
	tl_buf_fini(&b);
}

struct tip {
	int64_t seq;
	uint8_t chain[HASH];
};

static int
read_tip(struct tl_db *db, struct tip *ret)
{
	*ret = (struct tip){0};
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_SEAL_LAST, A_NULL);
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	struct tl_str chain = tl_col_str(&r, 1);
	ret->seq = tl_col_int(&r, 0);
	bool ok = chain.n == HASH;
	if (ok)
		memcpy(ret->chain, chain.p, HASH);
	tl_row_end(&r);
	return ok ? 0 : tl_fail(TL_ECORRUPT, "the tip of the ledger is damaged");
}

#define SEAL_MAX 512

struct unsealed {
	struct tl_id id;
	uint8_t hash[HASH];
};

static int
seal_one(struct tl_db *db, const struct source *src, const struct unsealed *u, struct tip *tip)
{
	int64_t seq = tip->seq + 1;
	uint8_t chain[HASH];
	chain_hash(chain, tip->chain, seq, src->name, u->hash);
	int rc = tl_db_run(db, TL_SQL_SEAL_ADD, A_INT(seq), A_Z(src->name), A_ID(u->id),
	    A_BYTES(tl_bytes(u->hash, HASH)), A_BYTES(tl_bytes(chain, HASH)),
	    A_INT(tl_now_us()));
	TL_KILLPOINT(SEAL_ADDED);
	if (rc >= 0)
		rc = tl_db_run(db, src->set, A_ID(u->id), A_INT(seq));
	if (rc < 0)
		return rc;
	tip->seq = seq;
	memcpy(tip->chain, chain, HASH);
	return 0;
}

static int
seal_source(struct tl_db *db, const struct source *src, int max, struct tip *tip)
{
	static _Thread_local struct unsealed list[SEAL_MAX];
	int n = 0;
	struct tl_row r;
	int rc = tl_db_query(db, &r, src->unsealed, A_INT(max < SEAL_MAX ? max : SEAL_MAX));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < SEAL_MAX) {
		list[n].id = tl_col_id(&r, 0);
		row_hash(&r, list[n++].hash);
	}
	tl_row_end(&r);
	for (int i = 0; i < n && rc >= 0; i++)
		rc = seal_one(db, src, &list[i], tip);
	return rc < 0 ? rc : n;
}

int
tl_ledger_seal(struct tl_db *db, int max)
{
	struct tip tip;
	int rc = read_tip(db, &tip);
	int total = 0;
	for (size_t i = 0; i < TL_COUNT(sources) && rc >= 0 && total < max; i++) {
		rc = seal_source(db, &sources[i], max - total, &tip);
		total += rc > 0 ? rc : 0;
	}
	return rc < 0 ? rc : total;
}

static int
broken(int64_t seq, int64_t *ret_seq, const char *what)
{
	*ret_seq = seq;
	return tl_fail(TL_ECORRUPT, "ledger number %lld: %s", (long long)seq, what);
}

/* Compares the row behind a seal with its hash. */
static int
check_row(struct tl_db *db, const struct source *src, struct tl_id ref, int64_t seq,
    const uint8_t *hash, int64_t *ret_seq)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, src->one, A_ID(ref));
	if (rc == TL_ENOTFOUND)
		return broken(seq, ret_seq, "its row was removed");
	if (rc < 0)
		return rc;
	uint8_t now[HASH];
	row_hash(&r, now);
	tl_row_end(&r);
	return tl_same(now, hash, HASH) ? 0 : broken(seq, ret_seq, "its row was changed");
}

static int
check_seal(struct tl_db *db, struct tl_row *w, struct tip *tip, int64_t *ret_seq)
{
	int64_t seq = tl_col_int(w, 0);
	struct tl_str name = tl_col_str(w, 1);
	struct tl_str hash = tl_col_str(w, 3);
	struct tl_str chain = tl_col_str(w, 4);
	if (seq != tip->seq + 1)
		return broken(tip->seq + 1, ret_seq, "a number is missing");
	const struct source *src = NULL;
	for (size_t i = 0; i < TL_COUNT(sources); i++) {
		if (tl_str_is(name, sources[i].name))
			src = &sources[i];
	}
	if (!src || hash.n != HASH || chain.n != HASH)
		return broken(seq, ret_seq, "its seal is damaged");
	uint8_t expected[HASH];
	chain_hash(expected, tip->chain, seq, src->name, hash.p);
	if (!tl_same(expected, chain.p, HASH))
		return broken(seq, ret_seq, "the chain does not fit");
	int rc = check_row(db, src, tl_col_id(w, 2), seq, hash.p, ret_seq);
	if (rc < 0)
		return rc;
	tip->seq = seq;
	memcpy(tip->chain, expected, HASH);
	return 0;
}

int
tl_ledger_verify(
    struct tl_db *db, tl_ledger_progress_fn progress, int64_t *ret_count, int64_t *ret_seq)
{
	struct tip tip = {0};
	*ret_seq = 0;
	for (;;) {
		int64_t before = tip.seq;
		struct tl_row w;
		int rc = tl_db_query(db, &w, TL_SQL_SEAL_WALK, A_INT(tip.seq), A_INT(1000));
		if (rc < 0)
			return rc;
		while ((rc = tl_row_next(&w)) > 0) {
			rc = check_seal(db, &w, &tip, ret_seq);
			if (rc < 0)
				break;
		}
		tl_row_end(&w);
		if (rc < 0)
			return rc;
		if (tip.seq == before)
			break;
		if (progress)
			progress(tip.seq, 0);
	}
	*ret_count = tip.seq;
	return 0;
}
