/*
 * Exports with proof.
 *
 * Promises: what was written verifies with nothing but the file and the public key; rows that were not asked for are
 * there as hashes only; reading believes no line before its hash or signature fits. Failures: IO, ECORRUPT at a line.
 * Called by `tutela audit` and the console.
 */
#include "store/proof.h"

#include "base/json.h"
#include "store/checkpoint.h"
#include "store/ledger_int.h"

#include <stdlib.h>
#include <string.h>

/* Writing ---------------------------------------------------------------------------------- */

struct writing {
	struct tl_db *db;
	FILE *out;
	int64_t from, to, first, last;
	struct tl_buf b;
	struct tl_proof_report *report;
};

static int
flush(struct writing *w)
{
	tl_buf_byte(&w->b, '\n');
	bool ok = fwrite(w->b.p, 1, w->b.n, w->out) == w->b.n;
	tl_buf_reset(&w->b);
	return ok ? 0 : tl_fail(TL_EIO, "cannot write the export: %m");
}

static int
write_line(struct writing *w, const char *type, struct tl_str line)
{
	tl_js_open(&w->b, NULL, '{');
	tl_js_z(&w->b, "type", type);
	tl_js_str(&w->b, "line", line);
	tl_js_close(&w->b, '}');
	return flush(w);
}

/* A column as [name, type, value]; text that is not UTF-8 goes as hex. */
static void
write_column(struct writing *w, const struct tl_row *r, int c)
{
	struct tl_str s = tl_col_str(r, c);
	tl_js_open(&w->b, NULL, '[');
	tl_js_z(&w->b, NULL, sqlite3_column_name(r->stmt, c));
	switch (sqlite3_column_type(r->stmt, c)) {
	case SQLITE_INTEGER:
		tl_js_z(&w->b, NULL, "i");
		tl_js_int(&w->b, NULL, tl_col_int(r, c));
		break;
	case SQLITE_TEXT:
		if (tl_utf8_valid(s) && (!s.n || !memchr(s.p, 0, s.n))) {
			tl_js_z(&w->b, NULL, "t");
			tl_js_str(&w->b, NULL, s);
			break;
		}
		tl_js_z(&w->b, NULL, "x");
		tl_js_hex(&w->b, NULL, s);
		break;
	default:
		tl_js_z(&w->b, NULL, "b");
		tl_js_hex(&w->b, NULL, s);
	}
	tl_js_close(&w->b, ']');
}

static int
write_row(struct writing *w, struct tl_id ref)
{
	struct tl_row r;
	int rc = tl_db_first(w->db, &r, TL_SQL_SEAL_AUDIT_ROW, A_ID(ref));
	if (rc < 0)
		return tl_fail(
		    TL_ECORRUPT, "a sealed row is not there: run `tutela audit verify`");
	int64_t at = tl_col_int(&r, 1); /* id, at, … as in the first migration */
	if (at >= w->from && at < w->to) {
		tl_js_open(&w->b, "row", '[');
		for (int c = 0; c < sqlite3_column_count(r.stmt); c++) {
			if (strcmp(sqlite3_column_name(r.stmt, c), "seq") != 0 &&
			    !tl_col_null(&r, c))
				write_column(w, &r, c);
		}
		tl_js_close(&w->b, ']');
		w->report->rows++;
	}
	tl_row_end(&r);
	return 0;
}

static int
write_link(struct writing *w, const struct tl_row *r)
{
	struct tl_chain_link l;
	uint8_t chain[TL_CHAIN_HASH];
	const struct ledger_source *src;
	if (!ledger_link(r, &l, chain, &src))
		return tl_fail(TL_ECORRUPT, "the chain is damaged: run `tutela audit verify`");
	tl_js_open(&w->b, NULL, '{');
	tl_js_z(&w->b, "type", "link");
	tl_js_int(&w->b, "seq", l.seq);
	tl_js_int(&w->b, "at", l.at);
	tl_js_int(&w->b, "format", l.format);
	tl_js_z(&w->b, "source", src->name);
	tl_js_hex(&w->b, "ref", tl_bytes(l.ref.b, sizeof l.ref.b));
	tl_js_hex(&w->b, "hash", tl_bytes(l.row, sizeof l.row));
	int rc = src == &ledger_sources[TL_CHAIN_AUDIT] ? write_row(w, l.ref) : 0;
	tl_js_close(&w->b, '}');
	w->report->links++;
	return rc < 0 ? rc : flush(w);
}

/* Links after `after` up to and with `upto`, in slices. */
static int
write_links(struct writing *w, int64_t after, int64_t upto)
{
	while (after < upto) {
		struct tl_row r;
		int64_t before = after;
		int rc = tl_db_query(w->db, &r, TL_SQL_SEAL_WALK, A_INT(after),
		    A_INT(upto - after < 1000 ? upto - after : 1000));
		if (rc < 0)
			return rc;
		while ((rc = tl_row_next(&r)) > 0) {
			after = tl_col_int(&r, 0);
			rc = write_link(w, &r);
			if (rc < 0)
				break;
		}
		tl_row_end(&r);
		if (rc < 0)
			return rc;
		if (after == before)
			return tl_fail(
			    TL_ECORRUPT, "the chain ends early: run `tutela audit verify`");
	}
	return 0;
}

static int
a_checkpoint(struct writing *w, enum tl_sql sql, int64_t seq, struct tl_checkpoint *ret)
{
	struct tl_row r;
	int rc = tl_db_first(w->db, &r, sql, A_INT(seq));
	if (rc < 0)
		return rc;
	rc = tl_checkpoint_parse(tl_col_str(&r, 1), ret);
	tl_row_end(&r);
	return rc < 0 ? tl_fail(TL_ECORRUPT, "a checkpoint is damaged") : 0;
}

static int
write_checkpoint(struct writing *w, const struct tl_checkpoint *c)
{
	struct tl_buf line TL_CLEANUP(tl_buf_fini) = {0};
	tl_checkpoint_text(&line, c);
	w->report->checkpoints++;
	w->report->signed_at = c->at;
	memcpy(w->report->key, c->key, sizeof c->key);
	return write_line(w, "checkpoint", tl_buf_str(&line));
}

static int
write_head(struct writing *w)
{
	struct tl_chain_key keys[TL_PROOF_KEYS];
	size_t n = 0;
	tl_js_open(&w->b, NULL, '{');
	tl_js_z(&w->b, "type", "tutela-export");
	tl_js_int(&w->b, "version", 1);
	tl_js_int(&w->b, "from", w->from);
	tl_js_int(&w->b, "to", w->to);
	tl_js_close(&w->b, '}');
	int rc = flush(w);
	if (rc == 0)
		rc = tl_audit_keys(w->db, keys, TL_PROOF_KEYS, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct tl_buf line TL_CLEANUP(tl_buf_fini) = {0};
		tl_chain_key_text(&line, &keys[i]);
		rc = write_line(w, "key", tl_buf_str(&line));
	}
	return rc;
}

/* From the checkpoint before the first row to the one after the last, with all between. */
static int
write_stretch(struct writing *w)
{
	struct tl_checkpoint c = {0};
	int64_t at = 0;
	int rc = a_checkpoint(w, TL_SQL_CHECKPOINT_BEFORE, w->first, &c);
	if (rc == 0)
		rc = write_checkpoint(w, &c);
	if (rc == 0)
		at = c.seq;
	if (rc == TL_ENOTFOUND)
		rc = 0; /* the chain's beginning needs no signature */
	w->report->first = at + 1;
	while (rc == 0 && at < w->last) {
		rc = a_checkpoint(w, TL_SQL_CHECKPOINT_FROM, at + 1, &c);
		if (rc == TL_ENOTFOUND)
			return tl_fail(
			    TL_ECONFLICT, "no checkpoint covers the newest rows yet");
		if (rc == 0)
			rc = write_links(w, at, c.seq);
		if (rc == 0)
			rc = write_checkpoint(w, &c);
		at = c.seq;
	}
	w->report->last = at;
	return rc;
}

int
tl_proof_write(
    struct tl_db *db, int64_t from, int64_t to, FILE *out, struct tl_proof_report *ret)
{
	struct tl_row r;
	struct tl_proof_report report = {0};
	struct writing w = {.db = db, .out = out, .from = from, .to = to, .report = &report};
	int rc = tl_db_first(db, &r, TL_SQL_SEAL_SINCE, A_INT(from), A_INT(to));
	if (rc < 0)
		return rc;
	w.first = tl_col_int(&r, 0);
	w.last = tl_col_int(&r, 1);
	tl_row_end(&r);
	if (w.first == 0)
		return tl_fail(TL_ENOTFOUND, "no sealed audit row is of that time");
	rc = write_head(&w);
	if (rc == 0)
		rc = write_stretch(&w);
	if (rc == 0) {
		tl_js_open(&w.b, NULL, '{');
		tl_js_z(&w.b, "type", "end");
		tl_js_int(&w.b, "links", report.links);
		tl_js_int(&w.b, "rows", report.rows);
		tl_js_close(&w.b, '}');
		rc = flush(&w);
	}
	tl_buf_fini(&w.b);
	if (rc == 0)
		*ret = report;
	return rc;
}

/* Reading ---------------------------------------------------------------------------------- */

static int
wrong(const struct tl_proof *p, const char *what)
{
	return tl_fail(TL_ECORRUPT, "line %lld: %s", (long long)p->line, what);
}

static struct tl_str
text_of(const json_t *j, const char *name)
{
	const json_t *v = json_object_get(j, name);
	return json_is_string(v) ? tl_json_str(v) : (struct tl_str){0};
}

static bool
int_of(const json_t *j, const char *name, int64_t *ret)
{
	const json_t *v = json_object_get(j, name);
	if (!json_is_integer(v))
		return false;
	*ret = json_integer_value(v);
	return true;
}

static bool
hex_of(const json_t *j, const char *name, uint8_t *dst, size_t n)
{
	struct tl_str hex = text_of(j, name);
	return hex.n == 2 * n && tl_unhex(dst, n, hex) == 0;
}

/* One [name, type, value] into the row's form. */
static bool
hash_column(struct tl_buf *b, const json_t *column)
{
	const json_t *name = json_array_get(column, 0), *type = json_array_get(column, 1),
		     *value = json_array_get(column, 2);
	if (json_array_size(column) != 3 || !json_is_string(name) || !json_is_string(type))
		return false;
	struct tl_str n = tl_json_str(name), t = tl_json_str(type);
	if (tl_str_is(t, "i") && json_is_integer(value)) {
		tl_chain_row_int(b, n, json_integer_value(value));
		return true;
	}
	if (json_is_null(value) && tl_str_is(t, "b")) {
		tl_chain_row_bytes(b, n, (struct tl_str){0}); /* empty */
		return true;
	}
	if (!json_is_string(value))
		return false;
	struct tl_str v = tl_json_str(value);
	if (tl_str_is(t, "t")) {
		tl_chain_row_text(b, n, v);
		return true;
	}
	struct tl_buf raw TL_CLEANUP(tl_buf_fini) = {0};
	uint8_t *room = tl_buf_room(&raw, v.n / 2 + 1);
	if (!room || v.n % 2 || tl_unhex(room, v.n / 2, v) < 0)
		return false;
	if (tl_str_is(t, "b"))
		tl_chain_row_bytes(b, n, tl_bytes(room, v.n / 2));
	else if (tl_str_is(t, "x"))
		tl_chain_row_text(b, n, tl_bytes(room, v.n / 2));
	else
		return false;
	return true;
}

static int
check_row(struct tl_proof *p, const json_t *row, const struct tl_chain_link *l)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	uint8_t hash[TL_CHAIN_HASH];
	tl_chain_row_begin(&b, l->source);
	for (size_t i = 0; i < json_array_size(row); i++) {
		if (!hash_column(&b, json_array_get(row, i)))
			return wrong(p, "a column is not in form");
	}
	tl_chain_row_end(&b, hash);
	if (!json_is_array(row) || memcmp(hash, l->row, sizeof hash) != 0)
		return wrong(p, "the row was changed: it has another hash");
	p->report.rows++;
	return 0;
}

static int
take_link(struct tl_proof *p, const json_t *j)
{
	struct tl_chain_link l = {.source = text_of(j, "source")};
	if (!int_of(j, "seq", &l.seq) || !int_of(j, "at", &l.at) ||
	    !int_of(j, "format", &l.format) || l.format < 1 || l.format > TL_CHAIN_FORMAT ||
	    !hex_of(j, "ref", l.ref.b, sizeof l.ref.b) ||
	    !hex_of(j, "hash", l.row, sizeof l.row) || !l.source.n)
		return wrong(p, "the link is not in form");
	if (l.seq != p->seq + 1)
		return wrong(p, "a number is missing or in the wrong place");
	const json_t *row = json_object_get(j, "row");
	int rc = row ? check_row(p, row, &l) : 0;
	uint8_t next[TL_CHAIN_HASH];
	tl_chain_next(next, p->chain, &l);
	memcpy(p->chain, next, sizeof next);
	p->seq = l.seq;
	if (p->report.links++ == 0)
		p->report.first = l.seq;
	p->report.last = l.seq;
	return rc;
}

static int
take_checkpoint(struct tl_proof *p, const json_t *j)
{
	struct tl_checkpoint c;
	if (tl_checkpoint_parse(text_of(j, "line"), &c) < 0)
		return wrong(p, "the checkpoint is not in form");
	if (!tl_checkpoint_fits(&c))
		return wrong(p, "the checkpoint's signature does not fit");
	if (!tl_trust_has(&p->trust, c.key))
		return wrong(p, "the checkpoint is signed by a key that nobody vouches for");
	if (p->report.links == 0 && p->report.checkpoints == 0) {
		p->seq = c.seq; /* where the stretch begins */
		memcpy(p->chain, c.chain, sizeof c.chain);
	} else if (c.seq != p->seq || memcmp(c.chain, p->chain, sizeof c.chain) != 0) {
		return wrong(p, "the chain up to here is another one than was signed");
	}
	p->signed_seq = c.seq;
	p->report.checkpoints++;
	p->report.signed_at = c.at;
	memcpy(p->report.key, c.key, sizeof c.key);
	return 0;
}

static int
take_key(struct tl_proof *p, const json_t *j)
{
	if (p->key_count == TL_PROOF_KEYS ||
	    tl_chain_key_parse(text_of(j, "line"), &p->keys[p->key_count]) < 0)
		return wrong(p, "the key is not in form");
	if (!tl_chain_key_fits(&p->keys[p->key_count]))
		return wrong(p, "the key's signature does not fit");
	if (!p->given)
		tl_trust_add(&p->trust, p->keys[p->key_count].key);
	p->key_count++;
	tl_trust_follow(&p->trust, p->keys, p->key_count);
	return 0;
}

static int
take_end(struct tl_proof *p, const json_t *j)
{
	int64_t links, rows;
	if (!int_of(j, "links", &links) || !int_of(j, "rows", &rows) ||
	    links != p->report.links || rows != p->report.rows)
		return wrong(p, "the file has other rows than its end says");
	if (p->signed_seq != p->seq || p->report.links == 0)
		return wrong(p, "no checkpoint covers the last rows");
	p->ended = true;
	return 0;
}

static int
take_head(struct tl_proof *p, const json_t *j)
{
	int64_t version;
	if (!tl_str_is(text_of(j, "type"), "tutela-export") ||
	    !int_of(j, "version", &version) || version != 1 || !int_of(j, "from", &p->from) ||
	    !int_of(j, "to", &p->to))
		return tl_fail(TL_EFIELD, "this is not an export of version 1");
	p->given = p->trust.count > 0;
	p->begun = true;
	return 0;
}

int
tl_proof_line(struct tl_proof *p, struct tl_str line)
{
	json_t *j TL_CLEANUP(tl_json_unref) = NULL;
	p->line++;
	if (p->ended)
		return wrong(p, "something follows the end");
	int rc = tl_json_parse(line, &j);
	if (rc < 0)
		return tl_fail(TL_EFIELD, "line %lld is not JSON", (long long)p->line);
	if (!p->begun)
		return take_head(p, j);
	struct tl_str type = text_of(j, "type");
	if (tl_str_is(type, "link"))
		return take_link(p, j);
	if (tl_str_is(type, "checkpoint"))
		return take_checkpoint(p, j);
	if (tl_str_is(type, "key"))
		return take_key(p, j);
	if (tl_str_is(type, "end"))
		return take_end(p, j);
	return wrong(p, "the line is of no known type");
}

int
tl_proof_end(struct tl_proof *p)
{
	return p->ended ? 0 : wrong(p, "the file ends early: its last lines were cut off");
}

int
tl_proof_file(struct tl_proof *p, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = malloc(TL_PROOF_LINE);
	int rc = 0;
	if (!line)
		abort();
	if (!f)
		rc = tl_fail(TL_ENOTFOUND, "cannot read %s: %m", path);
	while (rc == 0 && fgets(line, TL_PROOF_LINE, f)) {
		size_t n = strlen(line);
		if (n == 0 || line[n - 1] != '\n')
			rc = tl_fail(TL_ECORRUPT, "line %lld is cut off or too long",
			    (long long)p->line + 1);
		else
			rc = tl_proof_line(p, tl_bytes(line, n - 1));
	}
	if (f && rc == 0 && ferror(f))
		rc = tl_fail(TL_EIO, "cannot read %s: %m", path);
	if (f)
		(void)fclose(f);
	free(line);
	return rc < 0 ? rc : tl_proof_end(p);
}
