/*
 * Making and keeping checkpoints.
 *
 * Promises: a checkpoint signs what is committed; the file never misses for long what the store has (what a crash left
 * out is added with the next). Failures: NOTFOUND or ECRYPTO for the key, IO for the file: nothing is signed, sealing
 * goes on. Called by the clerk and `tutela audit`.
 */
#include "store/checkpoint.h"

#include "store/ledger_int.h"
#include "store/rows_int.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX (256U << 20)
#define KEYS_MAX 32

static int
path_of(const char *dir, const char *name, char dst[4200])
{
	int n = snprintf(dst, 4200, "%s/%s", dir, name);
	return n < 0 || n >= 4200 ? tl_fail(TL_ETOOBIG, "the path is too long") : 0;
}

/* The key ---------------------------------------------------------------------------------- */

static int
write_key(const char *path, const uint8_t secret[TL_SIGN_SECRET])
{
	char hex[2 * TL_SIGN_SECRET + 1];
	tl_hex(hex, secret, TL_SIGN_SECRET);
	int rc = tl_file_write_atomic(path, 0600, tl_str(hex));
	tl_wipe(hex, sizeof hex);
	return rc;
}

int
tl_audit_key_make(const char *dir)
{
	char path[4200];
	uint8_t secret[TL_SIGN_SECRET], public_key[TL_SIGN_PUBLIC];
	int rc = path_of(dir, TL_AUDIT_KEY_FILE, path);
	if (rc < 0 || access(path, F_OK) == 0)
		return rc;
	tl_sign_new(public_key, secret);
	rc = write_key(path, secret);
	tl_wipe(secret, sizeof secret);
	return rc;
}

int
tl_audit_key_read(const char *dir, uint8_t ret_secret[TL_SIGN_SECRET])
{
	char path[4200];
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	int rc = path_of(dir, TL_AUDIT_KEY_FILE, path);
	if (rc == 0)
		rc = tl_file_read(path, 1024, &b);
	struct tl_str hex = tl_buf_str(&b);
	while (hex.n && (hex.p[hex.n - 1] == '\n' || hex.p[hex.n - 1] == ' '))
		hex.n--;
	if (rc == 0 && tl_unhex(ret_secret, TL_SIGN_SECRET, hex) < 0)
		rc = tl_fail(TL_ECRYPTO, "%s does not hold a key of 128 hex digits", path);
	if (b.p)
		tl_wipe(b.p, b.n);
	return rc;
}

int
tl_audit_key_public(const char *dir, uint8_t ret[TL_SIGN_PUBLIC])
{
	uint8_t secret[TL_SIGN_SECRET];
	int rc = tl_audit_key_read(dir, secret);
	if (rc == 0)
		memcpy(ret, secret + TL_SIGN_PUBLIC_AT, TL_SIGN_PUBLIC);
	tl_wipe(secret, sizeof secret);
	return rc;
}

static int
put_key(struct tl_db *db, const struct tl_chain_key *k)
{
	struct tl_buf line TL_CLEANUP(tl_buf_fini) = {0};
	tl_chain_key_text(&line, k);
	int rc = tl_db_run(db, TL_SQL_AUDIT_KEY_ADD, A_BYTES(tl_bytes(k->key, sizeof k->key)),
	    A_INT(k->at), A_TEXT(tl_buf_str(&line)));
	return rc < 0 ? rc : 0;
}

int
tl_audit_keys(struct tl_db *db, struct tl_chain_key *list, size_t max, size_t *ret_n)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_AUDIT_KEYS, A_INT(max));
	if (rc < 0)
		return rc;
	while (n < max && (rc = tl_row_next(&r)) > 0) {
		if (tl_chain_key_parse(tl_col_str(&r, 1), &list[n]) == 0)
			n++; /* a damaged one vouches for nobody */
	}
	tl_row_end(&r);
	*ret_n = n;
	return rc < 0 ? rc : 0;
}

/* A key that the store does not know (the first, or one that was put there by hand) gets its row, vouched by none. */
static int
know_key(struct tl_db *db, const uint8_t secret[TL_SIGN_SECRET], int64_t seq)
{
	struct tl_chain_key list[KEYS_MAX], k = {.seq = seq, .at = tl_now_us()};
	size_t n = 0;
	int rc = tl_audit_keys(db, list, KEYS_MAX, &n);
	tl_chain_key_sign(&k, NULL, secret);
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (memcmp(list[i].key, k.key, sizeof k.key) == 0)
			return 0;
	}
	return rc < 0 ? rc : put_key(db, &k);
}

int
tl_audit_key_rotate(struct tl_db *db, const char *dir, struct tl_chain_key *ret)
{
	char path[4200], old_path[4200];
	uint8_t old[TL_SIGN_SECRET], fresh[TL_SIGN_SECRET], public_key[TL_SIGN_PUBLIC];
	struct tl_checkpoint last = {0};
	int rc = path_of(dir, TL_AUDIT_KEY_FILE, path);
	if (rc == 0)
		rc = path_of(dir, TL_AUDIT_KEY_FILE ".old", old_path);
	if (rc == 0)
		rc = tl_audit_key_read(dir, old);
	if (rc < 0)
		return rc;
	tl_sign_new(public_key, fresh);
	rc = tl_checkpoint_last(db, &last);
	if (rc == TL_ENOTFOUND)
		rc = 0;
	struct tl_chain_key k = {.seq = last.seq, .at = tl_now_us()};
	tl_chain_key_sign(&k, old, fresh);
	if (rc == 0)
		rc = know_key(db, old, last.seq);
	if (rc == 0)
		rc = put_key(db, &k);
	if (rc == 0)
		rc = write_key(old_path, old); /* until the store has the new one */
	if (rc == 0)
		rc = write_key(path, fresh);
	tl_wipe(old, sizeof old);
	tl_wipe(fresh, sizeof fresh);
	if (rc == 0)
		*ret = k;
	return rc;
}

/* Checkpoints ------------------------------------------------------------------------------ */

int
tl_checkpoint_last(struct tl_db *db, struct tl_checkpoint *ret)
{
	struct tl_row r;
	int rc = tl_db_first_args(db, &r, TL_SQL_CHECKPOINT_LAST, NULL, 0);
	if (rc < 0)
		return rows_found(rc, "checkpoint");
	rc = tl_checkpoint_parse(tl_col_str(&r, 1), ret);
	tl_row_end(&r);
	return rc < 0 ? tl_fail(TL_ECORRUPT, "the newest checkpoint is damaged") : 0;
}

static int
head(struct tl_db *db, struct tl_checkpoint *c)
{
	struct tl_row r;
	int rc = tl_db_first_args(db, &r, TL_SQL_SEAL_LAST, NULL, 0);
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	struct tl_str chain = tl_col_str(&r, 1);
	c->seq = tl_col_int(&r, 0);
	bool whole = chain.n == sizeof c->chain;
	if (whole)
		memcpy(c->chain, chain.p, sizeof c->chain);
	tl_row_end(&r);
	return whole ? 0 : tl_fail(TL_ECORRUPT, "the tip of the ledger is damaged");
}

static int
count_rows(struct tl_db *db, int64_t after, struct tl_checkpoint *c)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_SEAL_COUNTS, A_INT(after), A_INT(c->seq));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		for (int i = 0; i < TL_CHAIN_SOURCES; i++) {
			if (tl_str_is(tl_col_str(&r, 0), tl_chain_source_names[i]))
				c->rows[i] += tl_col_int(&r, 1);
		}
	}
	tl_row_end(&r);
	return rc;
}

static int
put_checkpoint(struct tl_db *db, const struct tl_checkpoint *c)
{
	struct tl_buf line TL_CLEANUP(tl_buf_fini) = {0};
	tl_checkpoint_text(&line, c);
	int rc = tl_db_run(
	    db, TL_SQL_CHECKPOINT_ADD, A_INT(c->seq), A_INT(c->at), A_TEXT(tl_buf_str(&line)));
	return rc < 0 ? rc : 1;
}

int
tl_checkpoint_make(struct tl_db *db, const char *dir, int64_t rows, struct tl_checkpoint *ret)
{
	uint8_t secret[TL_SIGN_SECRET];
	struct tl_checkpoint last = {0}, c = {.at = tl_now_us()};
	int rc = tl_checkpoint_last(db, &last);
	if (rc == TL_ENOTFOUND)
		rc = 0;
	if (rc == 0)
		rc = head(db, &c);
	if (rc < 0 || c.seq <= last.seq + rows)
		return rc;
	rc = tl_audit_key_read(dir, secret);
	if (rc < 0)
		return rc;
	memcpy(c.rows, last.rows, sizeof c.rows);
	rc = count_rows(db, last.seq, &c);
	if (rc == 0)
		rc = know_key(db, secret, c.seq);
	tl_checkpoint_sign(&c, secret);
	tl_wipe(secret, sizeof secret);
	if (rc == 0)
		rc = put_checkpoint(db, &c);
	if (rc > 0)
		*ret = c;
	return rc;
}

/* The file --------------------------------------------------------------------------------- */

static int
take_line(struct tl_str line, struct tl_checkpoint **list, size_t *n, size_t *cap,
    struct tl_chain_key *keys, size_t max_keys, size_t *key_count)
{
	struct tl_checkpoint c;
	struct tl_chain_key k;
	if (tl_chain_key_parse(line, &k) == 0) {
		if (*key_count < max_keys)
			keys[(*key_count)++] = k;
		return 0;
	}
	int rc = tl_checkpoint_parse(line, &c);
	if (rc < 0)
		return rc;
	if (*n == *cap) {
		*cap = *cap ? 2 * *cap : 64;
		struct tl_checkpoint *more = reallocarray(*list, *cap, sizeof **list);
		if (!more)
			abort();
		*list = more;
	}
	(*list)[(*n)++] = c;
	return 0;
}

/* A last line without its end is what a crash left; it is not counted. */
int
tl_checkpoint_read(const char *path, struct tl_checkpoint **ret, size_t *ret_n,
    struct tl_chain_key *keys, size_t max_keys, size_t *ret_keys)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_checkpoint *list = NULL;
	size_t n = 0, cap = 0, key_count = 0, number = 0;
	int rc = tl_file_read(path, FILE_MAX, &b);
	for (size_t at = 0; rc == 0 && at < b.n; number++) {
		const uint8_t *end = memchr(b.p + at, '\n', b.n - at);
		if (!end)
			break;
		struct tl_str line = tl_bytes(b.p + at, (size_t)(end - b.p) - at);
		rc = take_line(line, &list, &n, &cap, keys, max_keys, &key_count);
		if (rc < 0)
			rc = tl_fail(
			    rc, "%s:%zu: is neither a checkpoint nor a key", path, number + 1);
		at += line.n + 1;
	}
	if (rc < 0) {
		free(list);
		return rc;
	}
	*ret = list;
	*ret_n = n;
	*ret_keys = key_count;
	return 0;
}

/* Where whole lines end, and which is the newest checkpoint among them. */
static int
file_state(int fd, int64_t *ret_end, int64_t *ret_seq)
{
	enum { TAIL = 64 << 10 };
	uint8_t *tail = malloc(TAIL);
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > TAIL ? size - TAIL : 0;
	if (!tail)
		abort();
	ssize_t got = pread(fd, tail, TAIL, from);
	int rc =
	    size < 0 || got < 0 ? tl_fail(TL_EIO, "cannot read %s: %m", TL_CHECKPOINT_FILE) : 0;
	const uint8_t *end = got > 0 ? memrchr(tail, '\n', (size_t)got) : NULL;
	*ret_end = end ? from + (end - tail) + 1 : 0;
	*ret_seq = 0;
	while (rc == 0 && end && *ret_seq == 0) {
		const uint8_t *before = memrchr(tail, '\n', (size_t)(end - tail));
		const uint8_t *start = before ? before + 1 : tail;
		struct tl_checkpoint c;
		if (tl_checkpoint_parse(tl_bytes(start, (size_t)(end - start)), &c) == 0)
			*ret_seq = c.seq;
		end = before;
	}
	free(tail);
	return rc;
}

/* Keys are told again before the checkpoints that follow them; a reader takes each once. */
static int
missing_lines(struct tl_db *db, int64_t after, bool all_keys, struct tl_buf *out)
{
	struct tl_chain_key keys[KEYS_MAX];
	size_t n = 0;
	int rc = tl_audit_keys(db, keys, KEYS_MAX, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (!all_keys && keys[i].seq < after)
			continue;
		tl_chain_key_text(out, &keys[i]);
		tl_buf_byte(out, '\n');
	}
	struct tl_row r;
	if (rc == 0)
		rc = tl_db_query(db, &r, TL_SQL_CHECKPOINT_WALK, A_INT(after), A_INT(10000));
	if (rc < 0)
		return rc;
	size_t before = out->n;
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_str line = tl_col_str(&r, 1);
		tl_buf_put(out, line.p, line.n);
		tl_buf_byte(out, '\n');
	}
	tl_row_end(&r);
	if (out->n == before)
		tl_buf_reset(out); /* no checkpoint: nothing to say */
	return rc;
}

int
tl_checkpoint_log(struct tl_db *db, const char *dir)
{
	char path[4200];
	struct tl_buf lines TL_CLEANUP(tl_buf_fini) = {0};
	int64_t end = 0, seq = 0;
	int rc = path_of(dir, TL_CHECKPOINT_FILE, path);
	if (rc < 0)
		return rc;
	int fd TL_CLEANUP(tl_fd_close) = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return tl_fail(TL_EIO, "cannot write %s: %m", path);
	rc = file_state(fd, &end, &seq);
	if (rc == 0)
		rc = missing_lines(db, seq, end == 0, &lines);
	if (rc < 0 || lines.n == 0)
		return rc;
	if (pwrite(fd, lines.p, lines.n, end) != (ssize_t)lines.n || fdatasync(fd) < 0)
		return tl_fail(TL_EIO, "cannot write %s: %m", path);
	return 0;
}
