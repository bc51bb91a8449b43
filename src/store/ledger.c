/*
 * The sealer.
 *
 * Promises: numbers are 1, 2, 3 … without gaps, each given once, to decisions, their events and the audit trail alike;
 * the row hash covers every column but the number itself, the link the row hash, number, time and row (chain.h).
 * Failures: ECORRUPT when the tip is damaged. Called by the clerk.
 */
#include "store/ledger.h"

#include "store/ledger_int.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

/* Decisions first: deliveries wait for them. `first_columns`: what format 1 covers of them. */
const struct ledger_source ledger_sources[TL_CHAIN_SOURCES] = {
    {"decisions", TL_SQL_SEAL_DECISIONS, TL_SQL_SEAL_SET_DECISION, TL_SQL_SEAL_DECISION_ROW,
	TL_SQL_SEAL_STRAY_DECISION, 68},
    {"decision_events", TL_SQL_SEAL_EVENTS, TL_SQL_SEAL_SET_EVENT, TL_SQL_SEAL_EVENT_ROW,
	TL_SQL_SEAL_STRAY_EVENT, 9},
    {"audit", TL_SQL_SEAL_AUDIT, TL_SQL_SEAL_SET_AUDIT, TL_SQL_SEAL_AUDIT_ROW,
	TL_SQL_SEAL_STRAY_AUDIT, 0},
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

/* The columns of a row as chain.h wants them. */
void
ledger_row_hash(
    const struct tl_row *r, const char *source, struct tl_buf *b, uint8_t dst[TL_CHAIN_HASH])
{
	int columns = sqlite3_column_count(r->stmt);
	tl_chain_row_begin(b, tl_str(source));
	for (int c = 0; c < columns; c++) {
		struct tl_str name = tl_str(sqlite3_column_name(r->stmt, c));
		if (tl_str_is(name, "seq"))
			continue;
		switch (sqlite3_column_type(r->stmt, c)) {
		case SQLITE_INTEGER:
			tl_chain_row_int(b, name, tl_col_int(r, c));
			break;
		case SQLITE_FLOAT:
			tl_chain_row_real(b, name, tl_col_real(r, c));
			break;
		case SQLITE_TEXT:
			tl_chain_row_text(b, name, tl_col_str(r, c));
			break;
		case SQLITE_BLOB:
			tl_chain_row_bytes(b, name, tl_col_str(r, c));
			break;
		default:
			break; /* NULL is left out: columns that come later change no old hash */
		}
	}
	tl_chain_row_end(b, dst);
}

struct tip {
	int64_t seq;
	uint8_t chain[TL_CHAIN_HASH];
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
	bool ok = chain.n == TL_CHAIN_HASH;
	if (ok)
		memcpy(ret->chain, chain.p, TL_CHAIN_HASH);
	tl_row_end(&r);
	return ok ? 0 : tl_fail(TL_ECORRUPT, "the tip of the ledger is damaged");
}

#define SEAL_MAX 512

struct unsealed {
	struct tl_id id;
	uint8_t hash[TL_CHAIN_HASH];
};

static int
seal_one(struct tl_db *db, const struct ledger_source *src, const struct unsealed *u,
    struct tip *tip)
{
	int64_t seq = tip->seq + 1;
	uint8_t chain[TL_CHAIN_HASH];
	struct tl_chain_link l = {.seq = seq,
	    .at = tl_now_us(),
	    .format = TL_CHAIN_FORMAT,
	    .source = tl_str(src->name),
	    .ref = u->id};
	memcpy(l.row, u->hash, sizeof l.row);
	tl_chain_next(chain, tip->chain, &l);
	int rc = tl_db_run(db, TL_SQL_SEAL_ADD, A_INT(seq), A_Z(src->name), A_ID(u->id),
	    A_BYTES(tl_bytes(u->hash, sizeof u->hash)), A_BYTES(tl_bytes(chain, sizeof chain)),
	    A_INT(l.at));
	TL_KILLPOINT(SEAL_ADDED);
	if (rc >= 0)
		rc = tl_db_run(db, src->set, A_ID(u->id), A_INT(seq));
	if (rc < 0)
		return rc;
	tip->seq = seq;
	memcpy(tip->chain, chain, sizeof chain);
	return 0;
}

static int
seal_source(struct tl_db *db, const struct ledger_source *src, int max, struct tip *tip)
{
	static _Thread_local struct unsealed list[SEAL_MAX];
	int n = 0;
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_row r;
	int rc = tl_db_query(db, &r, src->unsealed, A_INT(max < SEAL_MAX ? max : SEAL_MAX));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < SEAL_MAX) {
		list[n].id = tl_col_id(&r, 0);
		ledger_row_hash(&r, src->name, &b, list[n++].hash);
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
	for (size_t i = 0; i < TL_COUNT(ledger_sources) && rc >= 0 && total < max; i++) {
		rc = seal_source(db, &ledger_sources[i], max - total, &tip);
		total += rc > 0 ? rc : 0;
	}
	return rc < 0 ? rc : total;
}
