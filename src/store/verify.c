/*
 * The verifier of the chain.
 *
 * Promises: every row is read, whatever was found before it; nothing is changed; memory does not grow with the store.
 * A finding is told once, at the number where it begins. Failures: those of reading. Called by the clerk (in slices),
 * `tutela audit verify`, `tutela doctor --deep` and the verification of copies.
 */
#include "store/verify.h"

#include "store/ledger_int.h"

#define PAGE 1000

static void
tell(struct tl_verify *v, enum tl_chain_fault fault, int64_t seq, const char *source,
    struct tl_id row)
{
	struct tl_chain_finding f = {fault, seq, source, row};
	if (v->found_count++ == 0)
		v->first = f;
	if (v->found)
		v->found(v->ctx, &f);
}

/* Links ------------------------------------------------------------------------------------ */

bool
ledger_link(const struct tl_row *w, struct tl_chain_link *ret, uint8_t ret_chain[TL_CHAIN_HASH],
    const struct ledger_source **ret_source)
{
	struct tl_str name = tl_col_str(w, 1), hash = tl_col_str(w, 3),
		      chain = tl_col_str(w, 4);
	*ret = (struct tl_chain_link){.seq = tl_col_int(w, 0),
	    .at = tl_col_int(w, 5),
	    .format = tl_col_int(w, 6),
	    .ref = tl_col_id(w, 2)};
	*ret_source = NULL;
	for (size_t i = 0; i < TL_COUNT(ledger_sources); i++) {
		if (tl_str_is(name, ledger_sources[i].name))
			*ret_source = &ledger_sources[i];
	}
	if (!*ret_source || hash.n != TL_CHAIN_HASH || chain.n != TL_CHAIN_HASH ||
	    tl_id_is_nil(ret->ref) || ret->format < 1 || ret->format > TL_CHAIN_FORMAT)
		return false;
	ret->source = tl_str((*ret_source)->name);
	memcpy(ret->row, hash.p, TL_CHAIN_HASH);
	memcpy(ret_chain, chain.p, TL_CHAIN_HASH);
	return true;
}

static void
old_part(struct tl_buf *b, char tag, struct tl_str s)
{
	uint8_t n[8];
	for (int i = 0; i < 8; i++)
		n[i] = (uint8_t)((uint64_t)s.n >> (56 - 8 * i));
	tl_buf_byte(b, (uint8_t)tag);
	tl_buf_put(b, n, sizeof n);
	tl_buf_put(b, s.p, s.n);
}

static void
old_number(struct tl_buf *b, char tag, uint64_t v)
{
	tl_buf_byte(b, (uint8_t)tag);
	for (int i = 0; i < 8; i++)
		tl_buf_byte(b, (uint8_t)(v >> (56 - 8 * i)));
}

/* Format 1, of stores before schema 7: the columns of the first schema, text and bytes alike. */
static void
old_row_hash(const struct tl_row *r, int columns, struct tl_buf *b, uint8_t dst[TL_CHAIN_HASH])
{
	tl_buf_reset(b);
	for (int c = 0; c < columns && c < sqlite3_column_count(r->stmt); c++) {
		const char *name = sqlite3_column_name(r->stmt, c);
		double d = tl_col_real(r, c);
		uint64_t bits;
		if (strcmp(name, "seq") == 0)
			continue;
		old_part(b, 'n', tl_str(name));
		memcpy(&bits, &d, sizeof bits);
		switch (sqlite3_column_type(r->stmt, c)) {
		case SQLITE_INTEGER:
			old_number(b, 'i', (uint64_t)tl_col_int(r, c));
			break;
		case SQLITE_FLOAT:
			old_number(b, 'f', bits);
			break;
		case SQLITE_NULL:
			tl_buf_byte(b, '0');
			break;
		default:
			old_part(b, 's', tl_col_str(r, c));
		}
	}
	tl_blake2b(dst, TL_CHAIN_HASH, tl_buf_str(b), NULL);
	tl_buf_reset(b);
}

static int64_t
number_of_row(const struct tl_row *r)
{
	for (int c = 0; c < sqlite3_column_count(r->stmt); c++) {
		if (strcmp(sqlite3_column_name(r->stmt, c), "seq") == 0)
			return tl_col_int(r, c);
	}
	return 0;
}

/* Compares the row behind a link with its hash. */
static int
check_row(struct tl_db *db, struct tl_verify *v, const struct ledger_source *src,
    const struct tl_chain_link *l, struct tl_buf *b)
{
	struct tl_row r;
	uint8_t now[TL_CHAIN_HASH];
	int rc = tl_db_first(db, &r, src->one, A_ID(l->ref));
	if (rc == TL_ENOTFOUND) {
		tell(v, TL_CHAIN_ROW_REMOVED, l->seq, src->name, l->ref);
		return 0;
	}
	if (rc < 0)
		return rc;
	if (l->format == 1)
		old_row_hash(&r, src->first_columns, b, now);
	else
		ledger_row_hash(&r, src->name, b, now);
	int64_t seq = number_of_row(&r);
	tl_row_end(&r);
	if (memcmp(now, l->row, sizeof now) != 0)
		tell(v, TL_CHAIN_ROW_CHANGED, l->seq, src->name, l->ref);
	else if (seq != l->seq)
		tell(v, TL_CHAIN_ROW_RENUMBERED, l->seq, src->name, l->ref);
	return 0;
}

/* After a link that does not fit the walk goes on from what stands there: it is blamed, not its successors. */
static int
check_link(struct tl_db *db, struct tl_verify *v, const struct tl_row *w, struct tl_buf *b)
{
	struct tl_chain_link l;
	const struct ledger_source *src;
	uint8_t stored[TL_CHAIN_HASH], expected[TL_CHAIN_HASH];
	bool whole = ledger_link(w, &l, stored, &src);
	bool gap = l.seq != v->seq + 1;
	if (gap)
		tell(v, TL_CHAIN_NUMBER_MISSING, v->seq + 1, NULL, (struct tl_id){0});
	v->seq = l.seq;
	v->rows++;
	if (!whole) {
		tell(v, TL_CHAIN_SEAL_DAMAGED, l.seq, NULL, l.ref);
		v->failed_link = true;
		return 0;
	}
	tl_chain_next(expected, v->chain, &l);
	if (!gap && !v->failed_link && memcmp(expected, stored, sizeof stored) != 0)
		tell(v, TL_CHAIN_MISFIT, l.seq, src->name, l.ref);
	v->failed_link = false;
	memcpy(v->chain, stored, sizeof stored);
	return check_row(db, v, src, &l, b);
}

int
tl_verify_links(struct tl_db *db, struct tl_verify *v, int max)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_row w;
	int n = 0;
	int rc = tl_db_query(db, &w, TL_SQL_SEAL_WALK, A_INT(v->seq), A_INT(max));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&w)) > 0) {
		n++;
		rc = check_link(db, v, &w, &b);
		if (rc < 0)
			break;
	}
	tl_row_end(&w);
	return rc < 0 ? rc : n == max;
}

/* Checkpoints ------------------------------------------------------------------------------ */

/* The chain's value at a number; TL_ENOTFOUND when it does not reach so far. */
static int
chain_at(struct tl_db *db, int64_t seq, uint8_t ret[TL_CHAIN_HASH])
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_SEAL_CHAIN_AT, A_INT(seq));
	if (rc < 0)
		return rc;
	struct tl_str chain = tl_col_str(&r, 0);
	memset(ret, 0, TL_CHAIN_HASH);
	if (chain.n == TL_CHAIN_HASH)
		memcpy(ret, chain.p, TL_CHAIN_HASH);
	tl_row_end(&r);
	return 0;
}

/* A checkpoint against its signature, the keys and the chain. */
static int
check_signed(struct tl_db *db, struct tl_verify *v, const struct tl_checkpoint *c)
{
	uint8_t chain[TL_CHAIN_HASH];
	int64_t before = v->found_count;
	if (!tl_checkpoint_fits(c))
		tell(v, TL_CHAIN_CHECKPOINT_DAMAGED, c->seq, NULL, (struct tl_id){0});
	else if (v->trust.count && !tl_trust_has(&v->trust, c->key))
		tell(v, TL_CHAIN_KEY_UNKNOWN, c->seq, NULL, (struct tl_id){0});
	int rc = chain_at(db, c->seq, chain);
	if (rc == TL_ENOTFOUND) {
		tell(v, TL_CHAIN_TRUNCATED, c->seq, NULL, (struct tl_id){0});
		rc = 0;
	} else if (rc == 0 && memcmp(chain, c->chain, sizeof chain) != 0) {
		tell(v, TL_CHAIN_REWRITTEN, c->seq, NULL, (struct tl_id){0});
	}
	if (rc == 0 && v->found_count == before) {
		v->checkpoints++;
		v->checkpoint_seq = c->seq;
		v->checkpoint_at = c->at;
	}
	return rc;
}

/* What lies between two checkpoints is what the second counts more. */
static int
check_counts(struct tl_db *db, struct tl_verify *v, const struct tl_checkpoint *last,
    const struct tl_checkpoint *c)
{
	int64_t rows[TL_CHAIN_SOURCES];
	struct tl_row r;
	memcpy(rows, last->rows, sizeof rows);
	int rc = tl_db_query(db, &r, TL_SQL_SEAL_COUNTS, A_INT(last->seq), A_INT(c->seq));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		for (int i = 0; i < TL_CHAIN_SOURCES; i++) {
			if (tl_str_is(tl_col_str(&r, 0), ledger_sources[i].name))
				rows[i] += tl_col_int(&r, 1);
		}
	}
	tl_row_end(&r);
	if (rc == 0 && memcmp(rows, c->rows, sizeof rows) != 0)
		tell(v, TL_CHAIN_COUNTS, c->seq, NULL, (struct tl_id){0});
	return rc;
}

#define LINES 32

static int
checkpoints_after(struct tl_db *db, int64_t after, struct tl_checkpoint *list, int64_t *seqs,
    bool *whole, size_t *ret_n)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_CHECKPOINT_WALK, A_INT(after), A_INT(LINES));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < LINES) {
		seqs[n] = tl_col_int(&r, 0);
		whole[n] = tl_checkpoint_parse(tl_col_str(&r, 1), &list[n]) == 0 &&
			   list[n].seq == seqs[n];
		n++;
	}
	tl_row_end(&r);
	*ret_n = n;
	return rc;
}

static int
check_own(struct tl_db *db, struct tl_verify *v)
{
	struct tl_checkpoint list[LINES], last = {0};
	int64_t seqs[LINES], after = 0;
	bool whole[LINES];
	size_t n = LINES;
	while (n == LINES) {
		int rc = checkpoints_after(db, after, list, seqs, whole, &n);
		for (size_t i = 0; i < n && rc == 0; i++) {
			after = seqs[i];
			if (!whole[i]) {
				tell(v, TL_CHAIN_CHECKPOINT_DAMAGED, after, NULL,
				    (struct tl_id){0});
				continue;
			}
			rc = check_signed(db, v, &list[i]);
			if (rc == 0)
				rc = check_counts(db, v, &last, &list[i]);
			last = list[i];
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What was kept outside must be in the store as well. */
static int
check_outside(struct tl_db *db, struct tl_verify *v)
{
	for (size_t i = 0; i < v->outside_count; i++) {
		const struct tl_checkpoint *c = &v->outside[i];
		struct tl_checkpoint one[LINES];
		int64_t seqs[LINES];
		bool whole[LINES];
		size_t n = 0;
		int rc = check_signed(db, v, c);
		if (rc == 0)
			rc = checkpoints_after(db, c->seq - 1, one, seqs, whole, &n);
		if (rc < 0)
			return rc;
		if (n == 0 || seqs[0] != c->seq)
			tell(v, TL_CHAIN_CHECKPOINT_REMOVED, c->seq, NULL, (struct tl_id){0});
	}
	return 0;
}

static int
check_strays(struct tl_db *db, struct tl_verify *v)
{
	for (size_t i = 0; i < TL_COUNT(ledger_sources); i++) {
		struct tl_row r;
		int rc = tl_db_first_args(db, &r, ledger_sources[i].stray, NULL, 0);
		if (rc == TL_ENOTFOUND)
			continue;
		if (rc < 0)
			return rc;
		tell(v, TL_CHAIN_ROW_INSERTED, tl_col_int(&r, 1), ledger_sources[i].name,
		    tl_col_id(&r, 0));
		tl_row_end(&r);
	}
	return 0;
}

int
tl_verify_ends(struct tl_db *db, struct tl_verify *v)
{
	int rc = check_strays(db, v);
	if (rc == 0)
		rc = check_own(db, v);
	return rc < 0 ? rc : check_outside(db, v);
}

int
tl_verify_all(struct tl_db *db, struct tl_verify *v, tl_ledger_progress_fn progress)
{
	int rc;
	while ((rc = tl_verify_links(db, v, PAGE)) > 0) {
		if (progress)
			progress(v->seq, 0);
	}
	return rc < 0 ? rc : tl_verify_ends(db, v);
}

/* The finding as a failure, with its number and words. */
static int
as_failure(const struct tl_chain_finding *f)
{
	return tl_fail(TL_ECORRUPT, "ledger number %lld%s%s: %s", (long long)f->seq,
	    f->source ? " of " : "", f->source ? f->source : "", tl_chain_fault_text(f->fault));
}

int
tl_ledger_verify(
    struct tl_db *db, tl_ledger_progress_fn progress, int64_t *ret_count, int64_t *ret_seq)
{
	struct tl_verify v = {0};
	*ret_seq = 0;
	int rc = tl_verify_all(db, &v, progress);
	if (rc < 0)
		return rc;
	*ret_count = v.rows;
	if (v.found_count == 0)
		return 0;
	*ret_seq = v.first.seq;
	return as_failure(&v.first);
}
