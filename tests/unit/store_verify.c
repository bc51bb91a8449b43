/*
 * The verifier: every column of every kind of row, of every seal and every checkpoint is changed, one at a time, rows are
 * removed, swapped, inserted, the end is cut off and the chain rewritten: each is found at its number.
 */
#include "store/checkpoint.h"
#include "store/people.h"
#include "store/verify.h"
#include "sys/clock.h"

#include "unit_store.h"

#include <sqlite3.h>
#include <unistd.h>

struct fixture {
	struct unit_store s;
	sqlite3 *h; /* whoever owns the file */
	struct tl_checkpoint *outside;
	size_t outside_count;
};

static void
exec(struct fixture *f, const char *sql)
{
	if (sqlite3_exec(f->h, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(f->h));
}

static int64_t
number(struct fixture *f, const char *sql)
{
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(f->h, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

/* Every column of a decision is filled, so that changing each means something. */
static void
fill_decisions(struct fixture *f)
{
	struct tl_buf sql TL_CLEANUP(tl_buf_fini) = {0};
	sqlite3_stmt *st;
	tl_buf_puts(&sql, "INSERT INTO decisions SELECT ");
	assert_int_equal(
	    sqlite3_prepare_v2(
		f->h, "SELECT name, type FROM pragma_table_info('decisions')", -1, &st, NULL),
	    SQLITE_OK);
	for (int n = 0; sqlite3_step(st) == SQLITE_ROW; n++) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		const char *type = (const char *)sqlite3_column_text(st, 1);
		const char *v = strcmp(name, "seq") == 0       ? "NULL"
				: strcmp(type, "BLOB") == 0    ? "randomblob(16)"
				: strcmp(type, "INTEGER") == 0 ? "value"
				: strcmp(type, "REAL") == 0    ? "value + 0.5"
							       : "'t' || value";
		tl_buf_printf(&sql, "%s%s", n ? ", " : "", v);
	}
	(void)sqlite3_finalize(st);
	tl_buf_puts(&sql, " FROM generate");
	exec(f, "CREATE TEMP TABLE generate(value); INSERT INTO generate VALUES(1),(2),(3)");
	exec(f, tl_buf_z(&sql));
	exec(f,
	    "INSERT INTO decision_events(id, decision, kind, at, actor, ref, outcome, detail)"
	    " SELECT randomblob(16), randomblob(16), 'k', value, 'a', 'r', 'o', 'd' FROM"
	    " generate");
}

static void
seal_all(struct fixture *f)
{
	unit_begin(f->s.db);
	while (tl_ledger_seal(f->s.db, 2) > 0)
		;
	unit_commit(f->s.db);
}

static int
sign_tx(struct tl_db *db, void *ctx)
{
	const struct fixture *f = ctx;
	struct tl_checkpoint c;
	return tl_checkpoint_make(db, f->s.dir, 0, &c);
}

static void
sign(struct fixture *f)
{
	assert_int_equal(tl_db_tx(f->s.db, TL_SYNC_NORMAL, sign_tx, f), 1);
	assert_int_equal(tl_checkpoint_log(f->s.db, f->s.dir), 0);
}

static void
add_audit(struct fixture *f, int count)
{
	unit_begin(f->s.db);
	for (int i = 0; i < count; i++)
		assert_int_equal(
		    tl_audit_add(f->s.db, "cli", "backup", TL_S("x"), TL_S("d")), 0);
	unit_commit(f->s.db);
}

static void
read_outside(struct fixture *f)
{
	char path[128];
	struct tl_chain_key keys[8];
	size_t n;
	(void)snprintf(path, sizeof path, "%s/%s", f->s.dir, TL_CHECKPOINT_FILE);
	free(f->outside);
	f->outside = NULL;
	assert_int_equal(
	    tl_checkpoint_read(path, &f->outside, &f->outside_count, keys, 8, &n), 0);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char path[128];
	assert_non_null(f);
	unit_store_open(&f->s);
	(void)snprintf(path, sizeof path, "%s/store.db", f->s.dir);
	assert_int_equal(sqlite3_open(path, &f->h), SQLITE_OK);
	fill_decisions(f);
	add_audit(f, 3);
	seal_all(f);
	sign(f);
	add_audit(f, 2);
	seal_all(f);
	sign(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	(void)sqlite3_close(f->h);
	unit_store_close(&f->s);
	free(f->outside);
	free(f);
	return 0;
}

static void
drop_guards(struct fixture *f)
{
	static const char *const names[] = {"decisions_kept", "decisions_stay",
	    "decision_events_kept", "decision_events_stay", "audit_kept", "audit_stay",
	    "seals_kept", "seals_stay", "checkpoints_kept", "checkpoints_stay"};
	for (size_t i = 0; i < TL_COUNT(names); i++) {
		char sql[96];
		(void)snprintf(sql, sizeof sql, "DROP TRIGGER IF EXISTS %s", names[i]);
		exec(f, sql);
	}
}

static struct tl_verify
verify(struct fixture *f)
{
	struct tl_verify v = {.outside = f->outside, .outside_count = f->outside_count};
	uint8_t key[TL_SIGN_PUBLIC];
	assert_int_equal(tl_audit_key_public(f->s.dir, key), 0);
	tl_trust_add(&v.trust, key);
	assert_int_equal(tl_verify_all(f->s.db, &v, NULL), 0);
	return v;
}

static void
expect(struct fixture *f, enum tl_chain_fault fault, int64_t seq)
{
	struct tl_verify v = verify(f);
	if (v.found_count == 0)
		fail_msg("nothing was found");
	if (v.first.fault != fault)
		fail_msg(
		    "%s at %lld", tl_chain_fault_word(v.first.fault), (long long)v.first.seq);
	assert_int_equal(v.first.seq, seq);
}

/* The example of doc/audit.md. */
static void
t_row_has_the_documented_form(void **state)
{
	static const uint8_t id[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	uint8_t hash[TL_CHAIN_HASH];
	char hex[2 * TL_CHAIN_HASH + 1];
	(void)state;
	tl_chain_row_begin(&b, TL_S("audit"));
	tl_chain_row_bytes(&b, TL_S("id"), tl_bytes(id, sizeof id));
	tl_chain_row_int(&b, TL_S("at"), 7);
	tl_chain_row_text(&b, TL_S("actor"), TL_S("cli"));
	tl_chain_row_text(&b, TL_S("verb"), TL_S("init"));
	tl_chain_row_end(&b, hash);
	tl_hex(hex, hash, sizeof hash);
	assert_string_equal(
	    hex, "f4883344f84ae8e88ffad289a1e6dfefb6bd3c766f6f1934f2ccb10f2cc35587");
}

static void
t_whole_chain_verifies(void **state)
{
	struct fixture *f = *state;
	read_outside(f);
	struct tl_verify v = verify(f);
	assert_int_equal(v.found_count, 0);
	assert_int_equal(v.rows, 11);
	assert_int_equal(v.checkpoints, 4); /* two, in the store and in the file */
}

static void
t_guards_refuse_mistakes(void **state)
{
	struct fixture *f = *state;
	static const char *const mistakes[] = {"UPDATE decisions SET facts = ''",
	    "DELETE FROM decisions", "UPDATE decision_events SET at = 1",
	    "DELETE FROM decision_events", "UPDATE audit SET at = 1", "DELETE FROM audit",
	    "UPDATE seals SET at = 1", "DELETE FROM seals", "DELETE FROM checkpoints"};
	for (size_t i = 0; i < TL_COUNT(mistakes); i++)
		assert_int_equal(
		    sqlite3_exec(f->h, mistakes[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(verify(f).found_count, 0);
}

/* Each column of the row in the middle of a table is changed, found and put back. */
static int
change_columns(struct fixture *f, const char *table, const char *key)
{
	sqlite3_stmt *st;
	char sql[512];
	static char names[128][40], types[128][16];
	int n = 0;
	(void)snprintf(
	    sql, sizeof sql, "SELECT name, type FROM pragma_table_info('%s')", table);
	assert_int_equal(sqlite3_prepare_v2(f->h, sql, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW && n < 128) {
		(void)snprintf(names[n], 40, "%s", (const char *)sqlite3_column_text(st, 0));
		(void)snprintf(types[n++], 16, "%s", (const char *)sqlite3_column_text(st, 1));
	}
	(void)sqlite3_finalize(st);
	(void)snprintf(
	    sql, sizeof sql, "SELECT seq FROM %s ORDER BY %s LIMIT 1 OFFSET 1", table, key);
	int64_t seq = number(f, sql);
	for (int i = 0; i < n; i++) {
		const char *other = strcmp(types[i], "TEXT") == 0     ? "'other'"
				    : strcmp(types[i], "BLOB") == 0   ? "randomblob(32)"
				    : strcmp(names[i], "seq") == 0    ? "900"
				    : strcmp(names[i], "format") == 0 ? "1"
								      : "\"at\" + 77";
		(void)snprintf(sql, sizeof sql, "UPDATE %s SET %.39s = %s WHERE seq = %lld",
		    table, names[i], other, (long long)seq);
		exec(f, sql);
		struct tl_verify v = verify(f);
		if (v.found_count == 0)
			fail_msg("%s.%s: nothing was found", table, names[i]);
		if (v.first.seq != seq && v.first.seq != 900)
			fail_msg("%s.%s: found at %lld instead of %lld", table, names[i],
			    (long long)v.first.seq, (long long)seq);
		(void)snprintf(sql, sizeof sql,
		    "DELETE FROM %s; INSERT INTO %s SELECT * FROM temp.kept_%s", table, table,
		    table);
		exec(f, sql);
		assert_int_equal(verify(f).found_count, 0);
	}
	return n;
}

static void
keep(struct fixture *f, const char *table)
{
	char sql[128];
	(void)snprintf(sql, sizeof sql, "CREATE TEMP TABLE kept_%s AS SELECT * FROM main.%s",
	    table, table);
	exec(f, sql);
}

static void
t_every_column_is_covered(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *table, *key;
	} tables[] = {{"decisions", "seq"}, {"decision_events", "seq"}, {"audit", "seq"},
	    {"seals", "seq"}};
	int n = 0;
	drop_guards(f);
	for (size_t i = 0; i < TL_COUNT(tables); i++) {
		keep(f, tables[i].table);
		n += change_columns(f, tables[i].table, tables[i].key);
	}
	print_message("%d columns changed, %d found\n", n, n);
	assert_true(n >= 68 + 9 + 7 + 7);
}

static void
t_null_is_not_empty_text(void **state)
{
	struct fixture *f = *state;
	drop_guards(f);
	exec(f, "UPDATE audit SET detail = NULL WHERE seq = 8");
	expect(f, TL_CHAIN_ROW_CHANGED, 8);
}

static void
t_removed_rows_are_found(void **state)
{
	struct fixture *f = *state;
	drop_guards(f);
	exec(f, "DELETE FROM audit WHERE seq = 8");
	expect(f, TL_CHAIN_ROW_REMOVED, 8);
	exec(f, "DELETE FROM seals WHERE seq = 8");
	expect(f, TL_CHAIN_NUMBER_MISSING, 8);
}

static void
t_swapped_and_moved_rows_are_found(void **state)
{
	struct fixture *f = *state;
	drop_guards(f);
	exec(f, "UPDATE seals SET ref = (SELECT ref FROM seals s WHERE s.seq = 15 - seals.seq),"
		" row_hash = (SELECT row_hash FROM seals s WHERE s.seq = 15 - seals.seq)"
		" WHERE seq IN (7, 8)");
	expect(f, TL_CHAIN_MISFIT, 7);
}

static void
t_inserted_row_is_found(void **state)
{
	struct fixture *f = *state;
	drop_guards(f);
	exec(f, "INSERT INTO audit(id, at, actor, verb, seq) VALUES(randomblob(16), 1, 'x', "
		"'y', 99)");
	expect(f, TL_CHAIN_ROW_INSERTED, 99);
}

static void
t_cut_end_is_found(void **state)
{
	struct fixture *f = *state;
	read_outside(f);
	drop_guards(f);
	exec(f, "DELETE FROM audit WHERE seq > 9; DELETE FROM seals WHERE seq > 9");
	expect(f, TL_CHAIN_TRUNCATED, 11);
	exec(f, "DELETE FROM checkpoints WHERE seq > 9");
	expect(f, TL_CHAIN_TRUNCATED, 11); /* only what is outside the store can say it now */
	exec(f, "DELETE FROM audit; DELETE FROM seals; DELETE FROM checkpoints");
	assert_true(verify(f).found_count > 0);
}

/* Everything is sealed anew after a change, as whoever owns the file but not the key can do. */
static void
rewrite(struct fixture *f)
{
	drop_guards(f);
	exec(f, "UPDATE audit SET actor = 'nobody' WHERE seq = 8");
	exec(f, "UPDATE decisions SET seq = NULL; UPDATE decision_events SET seq = NULL;"
		"UPDATE audit SET seq = NULL; DELETE FROM seals");
	seal_all(f);
}

static void
t_rewritten_chain_is_found(void **state)
{
	struct fixture *f = *state;
	rewrite(f);
	expect(f, TL_CHAIN_REWRITTEN, 9);
	exec(f, "DELETE FROM checkpoints");
	assert_int_equal(verify(f).found_count, 0); /* nothing in the store can say it */
	read_outside(f);
	expect(f, TL_CHAIN_REWRITTEN, 9);
}

static void
t_other_key_is_found(void **state)
{
	struct fixture *f = *state;
	char path[128];
	uint8_t ours[TL_SIGN_PUBLIC];
	struct tl_verify v = {0};
	assert_int_equal(tl_audit_key_public(f->s.dir, ours), 0);
	rewrite(f);
	exec(f, "DELETE FROM checkpoints; DELETE FROM audit_keys");
	(void)snprintf(path, sizeof path, "%s/%s", f->s.dir, TL_AUDIT_KEY_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(tl_audit_key_make(f->s.dir), 0);
	assert_int_equal(tl_db_tx(f->s.db, TL_SYNC_NORMAL, sign_tx, f), 1);
	tl_trust_add(&v.trust, ours);
	assert_int_equal(tl_verify_all(f->s.db, &v, NULL), 0);
	assert_int_equal(v.first.fault, TL_CHAIN_KEY_UNKNOWN);
}

static void
t_changed_checkpoint_is_found(void **state)
{
	struct fixture *f = *state;
	drop_guards(f);
	exec(f,
	    "UPDATE checkpoints SET line = replace(line, 'audit=3', 'audit=2') WHERE seq = 9");
	expect(f, TL_CHAIN_CHECKPOINT_DAMAGED, 9);
	exec(f, "UPDATE checkpoints SET line = 'x' WHERE seq = 9");
	expect(f, TL_CHAIN_CHECKPOINT_DAMAGED, 9);
	read_outside(f);
	exec(f, "DELETE FROM checkpoints WHERE seq = 9");
	expect(f, TL_CHAIN_CHECKPOINT_REMOVED, 9);
}

static int
rotate_tx(struct tl_db *db, void *ctx)
{
	const struct fixture *f = ctx;
	struct tl_chain_key k;
	return tl_audit_key_rotate(db, f->s.dir, &k);
}

static void
t_rotated_key_is_vouched_for(void **state)
{
	struct fixture *f = *state;
	struct tl_verify v = {0};
	struct tl_chain_key keys[8];
	size_t n;
	uint8_t old[TL_SIGN_PUBLIC], now[TL_SIGN_PUBLIC];
	assert_int_equal(tl_audit_key_public(f->s.dir, old), 0);
	assert_int_equal(tl_db_tx(f->s.db, TL_SYNC_FULL, rotate_tx, f), 0);
	assert_int_equal(tl_audit_key_public(f->s.dir, now), 0);
	add_audit(f, 1);
	seal_all(f);
	sign(f);
	assert_int_equal(tl_audit_keys(f->s.db, keys, 8, &n), 0);
	assert_int_equal(n, 2);
	const uint8_t *const roots[] = {old, now};
	for (int i = 0; i < 2; i++) {
		v = (struct tl_verify){0};
		tl_trust_add(&v.trust, roots[i]);
		tl_trust_follow(&v.trust, keys, n);
		assert_int_equal(tl_verify_all(f->s.db, &v, NULL), 0);
		assert_int_equal(v.found_count, 0);
		assert_int_equal(v.checkpoints, 3);
	}
	read_outside(f);
	assert_int_equal(f->outside_count, 3);
	keys[0].by_new[0] ^= 1;
	keys[1].by_old[0] ^= 1;
	v.trust = (struct tl_trust){0};
	tl_trust_add(&v.trust, now);
	tl_trust_follow(&v.trust, keys, n);
	assert_int_equal(v.trust.count, 1);
}

static void
t_file_survives_a_torn_last_line(void **state)
{
	struct fixture *f = *state;
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", f->s.dir, TL_CHECKPOINT_FILE);
	FILE *file = fopen(path, "a");
	assert_non_null(file);
	(void)fputs("tutela-checkpoint 1 seq=12 at=", file);
	(void)fclose(file);
	add_audit(f, 1);
	seal_all(f);
	sign(f);
	read_outside(f);
	assert_int_equal(f->outside_count, 3);
	assert_int_equal(f->outside[2].seq, 12);
	assert_int_equal(verify(f).found_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_row_has_the_documented_form),
	    cmocka_unit_test_setup_teardown(t_whole_chain_verifies, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_guards_refuse_mistakes, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_every_column_is_covered, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_null_is_not_empty_text, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_removed_rows_are_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_swapped_and_moved_rows_are_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_inserted_row_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_cut_end_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_rewritten_chain_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_other_key_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_changed_checkpoint_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_rotated_key_is_vouched_for, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_file_survives_a_torn_last_line, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
