/* The ledger's rows: every column comes back as it went in; strikes count; endpoints keep their secrets sealed. */
#include "store/actions.h"
#include "store/decisions.h"
#include "store/endpoints.h"
#include "sys/clock.h"

#include "unit_store.h"

#include <math.h>

enum col_type { ID, ID0, INT, INT0, INTN, TEXT, TEXT0, REAL0, BOOL, WORD };

static void
set(struct tl_arena *a, void *at, size_t size, enum col_type t, int v, bool empty_)
{
	struct tl_id id = {{(uint8_t)v, 7}};
	struct tl_str s = tl_str(tl_arena_printf(a, "column %d", v));
	double real = empty_ ? (double)NAN : v + 0.5;
	int64_t wide = t == WORD ? v % 2 : v;
	if (empty_ && t == ID0)
		memset(&id, 0, sizeof id);
	if (empty_ && t == TEXT0)
		s = TL_S("");
	if (empty_ && (t == INT0 || t == INTN))
		wide = t == INT0 ? 0 : -1;
	int narrow = (int)wide;
	if (t == ID || t == ID0)
		memcpy(at, &id, sizeof id);
	else if (t == TEXT || t == TEXT0)
		memcpy(at, &s, sizeof s);
	else if (t == REAL0)
		memcpy(at, &real, sizeof real);
	else if (t == BOOL)
		*(bool *)at = v % 2 == 0;
	else if (size == sizeof narrow)
		memcpy(at, &narrow, sizeof narrow);
	else
		memcpy(at, &wide, sizeof wide);
}

/* Another value for each column, so that two that changed places are seen. */
static void
fill(struct tl_decision *d, struct tl_arena *arena, bool empty)
{
	int n = 0;
	*d = (struct tl_decision){0};
#define C(type, member, names)                                                                 \
	n++;                                                                                   \
	set(arena, &d->member, sizeof d->member, type, n, empty);
#include "store/decision_cols.tbl.h"
#undef C
}

static void
same(const void *a, const void *b, enum col_type t, size_t size, const char *name)
{
	struct tl_str s, u;
	double x, y;
	memcpy(&s, a, t == TEXT || t == TEXT0 ? sizeof s : 0);
	memcpy(&u, b, t == TEXT || t == TEXT0 ? sizeof u : 0);
	bool eq = t == TEXT || t == TEXT0 ? tl_str_eq(s, u) : memcmp(a, b, size) == 0;
	if (t == REAL0) {
		memcpy(&x, a, sizeof x);
		memcpy(&y, b, sizeof y);
		eq = isnan(x) ? isnan(y) : fabs(x - y) < 1e-9;
	}
	if (!eq)
		fail_msg("column %s", name);
}

static void
t_every_column_comes_back(void **state)
{
	struct unit_store *f = *state;
	for (int empty = 0; empty < 2; empty++) {
		struct tl_decision in, out;
		int64_t seq = 1;
		fill(&in, f->arena, empty);
		in.id = tl_id_new();
		in.puid = empty ? TL_S("puid-1") : TL_S("puid-2");
		assert_int_equal(tl_decision_add(f->db, &in), 0);
		assert_int_equal(tl_decision_get(f->db, in.id, f->arena, &out, &seq), 0);
		assert_int_equal(seq, 0);
#define C(type, member, names) same(&in.member, &out.member, type, sizeof in.member, #member);
#include "store/decision_cols.tbl.h"
#undef C
		assert_int_equal(tl_decision_add(f->db, &in), TL_EEXISTS);
	}
}

static void
t_strikes_are_the_sum_of_what_counts(void **state)
{
	struct unit_store *f = *state;
	struct tl_id account;
	struct tl_account a;
	struct tl_strike *list;
	size_t n;
	int64_t now = tl_now_us();
	assert_int_equal(tl_account_ensure(f->db, f->platform, true, TL_S("u1"), &account), 0);
	for (int i = 1; i <= 2; i++) {
		struct tl_strike s = {.decision = tl_id_new(),
		    .policy = TL_S("spam"),
		    .weight = i,
		    .at = now,
		    .expires_at = now + TL_US_DAY};
		assert_int_equal(tl_strike_add(f->db, f->platform, account, &s), 0);
	}
	assert_int_equal(tl_account_get(f->db, f->platform, account, f->arena, &a), 0);
	assert_int_equal(a.strikes, 3);
	assert_int_equal(tl_strike_list(f->db, f->platform, account, f->arena, &list, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(tl_strike_revoke(f->db, list[0].decision, now), 0);
	assert_int_equal(tl_strike_revoke(f->db, list[0].decision, now), 0);
	assert_int_equal(tl_account_get(f->db, f->platform, account, f->arena, &a), 0);
	assert_int_equal(a.strikes, 3 - list[0].weight);
	assert_int_equal(tl_strike_expire(f->db, now, now + TL_US_HOUR), 0);
	assert_int_equal(tl_strike_expire(f->db, now, now + 2 * TL_US_DAY), 1);
	assert_int_equal(tl_account_get(f->db, f->platform, account, f->arena, &a), 0);
	assert_int_equal(a.strikes, 0);
}

static void
t_endpoint_secrets_are_sealed_and_rotate(void **state)
{
	struct unit_store *f = *state;
	struct tl_endpoint e = {.platform = f->platform, .live = true, .secret_bytes = 32}, got;
	struct tl_row r;
	int64_t now = tl_now_us();
	memset(e.secret, 'S', 32);
	(void)snprintf(e.url, sizeof e.url, "https://platform.example/hook");
	assert_int_equal(tl_endpoint_find(f->db, f->platform, true, now, &got), TL_ENOTFOUND);
	assert_int_equal(tl_endpoint_put(f->db, &e), 0);
	assert_int_equal(
	    tl_db_first(f->db, &r, TL_SQL_ENDPOINT_FIND, A_INT(f->platform), A_INT(1)), 0);
	struct tl_str sealed = tl_col_str(&r, 4);
	assert_null(memmem(sealed.p, sealed.n, "SSSS", 4));
	tl_row_end(&r);
	assert_int_equal(
	    tl_endpoint_rotate(f->db, e.id, TL_S("0123456789abcdef01234567"), now + TL_US_HOUR),
	    0);
	assert_int_equal(tl_endpoint_find(f->db, f->platform, true, now, &got), 0);
	assert_int_equal(got.secret_bytes, 24);
	assert_memory_equal(got.secret, "0123", 4);
	assert_int_equal(got.secret_old_bytes, 32);
	assert_memory_equal(got.secret_old, e.secret, 32);
	assert_int_equal(
	    tl_endpoint_find(f->db, f->platform, true, now + 2 * TL_US_HOUR, &got), 0);
	assert_int_equal(got.secret_old_bytes, 0);
	/* A second endpoint takes the place of the first. */
	assert_int_equal(tl_endpoint_put(f->db, &e), 0);
	assert_int_equal(tl_endpoint_find(f->db, f->platform, true, now, &got), 0);
	assert_true(tl_id_eq(got.id, e.id));
	assert_int_equal(tl_endpoint_disable(f->db, e.id), 0);
	assert_int_equal(tl_endpoint_find(f->db, f->platform, true, now, &got), TL_ENOTFOUND);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, unit_store_setup_tx, unit_store_teardown_tx)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(t_every_column_comes_back),
	    T(t_strikes_are_the_sum_of_what_counts),
	    T(t_endpoint_secrets_are_sealed_and_rotate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
