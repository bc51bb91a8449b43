/* People: roles, sign-in with its waiting, sessions, the gate of API keys. */
#include "people/key_gate.h"
#include "people/signin.h"
#include "sys/clock.h"

#include "unit_people.h"

#include <pthread.h>

static struct unit_store at;
static const struct tl_signin_rules rules = {3, 30, 12 * TL_US_HOUR, TL_US_HOUR, 0, 0};

static int
setup(void **state)
{
	(void)state;
	unit_store_open(&at);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unit_people_close(&at);
	return 0;
}

static int
sign_in(const char *name, const char *password, struct tl_signin *s)
{
	*s = (struct tl_signin){
	    .name = tl_str(name), .password = tl_str(password), .rules = rules};
	int rc = tl_signin_check(at.db, at.arena, s);
	assert_int_equal(tl_db_tx(at.db, TL_SYNC_NORMAL, tl_signin_record, s), 0);
	return rc;
}

static void
t_right_password_opens_a_session_and_its_cookie_finds_it(void **state)
{
	(void)state;
	struct tl_signin s;
	struct tl_session session;
	struct tl_id id = unit_user(&at, "alex", TL_ROLE_MODERATOR);
	assert_int_equal(sign_in("alex", UNIT_PASSWORD, &s), 0);
	assert_int_equal(strlen(s.session.cookie), 43);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &rules, at.arena, &session), 0);
	assert_true(tl_id_eq(session.user.id, id));
	assert_int_equal(session.user.role, TL_ROLE_MODERATOR);
	assert_int_equal(tl_session_csrf(&session, tl_str(s.session.csrf)), 0);
	assert_int_equal(tl_session_csrf(&session, tl_str(s.session.cookie)), TL_EPERM);
	assert_int_equal(tl_session_csrf(&session, TL_S("")), TL_EPERM);
	s.session.cookie[0] = s.session.cookie[0] == 'A' ? 'B' : 'A';
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &rules, at.arena, &session),
	    TL_EAUTH);
	assert_int_equal(
	    tl_session_of(at.db, TL_S("short"), &rules, at.arena, &session), TL_EAUTH);
}

static void
t_sessions_end_by_age_idleness_and_sign_out(void **state)
{
	(void)state;
	struct tl_signin s;
	struct tl_session session;
	(void)unit_user(&at, "sam", TL_ROLE_ADMIN);
	assert_int_equal(sign_in("sam", UNIT_PASSWORD, &s), 0);
	assert_int_equal(tl_clock_shift(59 * TL_US_MIN), 0);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &rules, at.arena, &session), 0);
	assert_true(session.touch);
	assert_int_equal(tl_clock_shift(61 * TL_US_MIN), 0);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &rules, at.arena, &session),
	    TL_EAUTH);
	struct tl_signin_rules lazy = rules;
	lazy.idle_us = 1000 * TL_US_DAY;
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &lazy, at.arena, &session), 0);
	assert_int_equal(tl_clock_shift(13 * TL_US_HOUR), 0);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &lazy, at.arena, &session),
	    TL_EAUTH);
	assert_int_equal(tl_clock_shift(0), 0);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &rules, at.arena, &session), 0);
	unit_begin(at.db);
	assert_int_equal(tl_signout(at.db, &session), 0);
	unit_commit(at.db);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &rules, at.arena, &session),
	    TL_EAUTH);
}

static void
t_wrong_passwords_make_the_next_try_wait_and_end(void **state)
{
	(void)state;
	struct tl_signin s, open;
	struct tl_session session;
	(void)unit_user(&at, "kim", TL_ROLE_LEAD);
	assert_int_equal(sign_in("kim", UNIT_PASSWORD, &open), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sign_in("kim", "wrong", &s), TL_EAUTH);
	assert_int_equal(sign_in("kim", UNIT_PASSWORD, &s), TL_ERATE);
	assert_true(s.wait_s > 25 && s.wait_s <= 31);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(open.session.cookie), &rules, at.arena, &session), 0);
	assert_int_equal(tl_clock_shift(31 * TL_US_S), 0);
	assert_int_equal(
	    sign_in("kim", "wrong", &s), TL_EAUTH); /* the next wait is twice as long */
	assert_int_equal(sign_in("kim", "wrong", &s), TL_ERATE);
	assert_true(s.wait_s > 55 && s.wait_s <= 61);
	assert_int_equal(tl_clock_shift(16 * TL_US_MIN), 0);
	assert_int_equal(sign_in("kim", UNIT_PASSWORD, &s), 0);
	assert_int_equal(sign_in("kim", "wrong", &s), TL_EAUTH); /* counting begins anew */
	assert_int_equal(sign_in("kim", UNIT_PASSWORD, &s), 0);
}

static void
t_unknown_and_disabled_users_get_the_same_answer(void **state)
{
	(void)state;
	struct tl_signin s;
	char text[128];
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sign_in("nobody", UNIT_PASSWORD, &s), TL_EAUTH);
		(void)snprintf(text, sizeof text, "%s", tl_err_text());
	}
	assert_int_equal(sign_in("nobody", UNIT_PASSWORD, &s), TL_ERATE);
	assert_true(s.wait_s > 25 && s.wait_s <= 31);
	struct tl_id id = unit_user(&at, "gone", TL_ROLE_VIEWER);
	(void)unit_user(&at, "boss", TL_ROLE_ADMIN);
	unit_begin(at.db);
	assert_int_equal(tl_user_disable(at.db, id, true, "cli"), 0);
	unit_commit(at.db);
	assert_int_equal(sign_in("gone", UNIT_PASSWORD, &s), TL_EAUTH);
	assert_string_equal(tl_err_text(), text);
	assert_string_equal(s.session.cookie, "");
}

static void
t_last_administrator_stays(void **state)
{
	(void)state;
	struct tl_id only = unit_user(&at, "only", TL_ROLE_ADMIN);
	unit_begin(at.db);
	assert_int_equal(tl_user_disable(at.db, only, true, "cli"), TL_ECONFLICT);
	assert_int_equal(tl_user_change_role(at.db, only, TL_ROLE_VIEWER, "cli"), TL_ECONFLICT);
	tl_db_rollback(at.db);
	(void)unit_user(&at, "second", TL_ROLE_ADMIN);
	unit_begin(at.db);
	assert_int_equal(tl_user_change_role(at.db, only, TL_ROLE_VIEWER, "cli"), 0);
	unit_commit(at.db);
}

static void
t_new_password_ends_sessions(void **state)
{
	(void)state;
	struct tl_signin s;
	struct tl_session session;
	char hash[TL_PWHASH_MAX];
	struct tl_id id = unit_user(&at, "pat", TL_ROLE_SPECIALIST);
	assert_int_equal(sign_in("pat", UNIT_PASSWORD, &s), 0);
	assert_int_equal(tl_password_hash(hash, TL_S("another fine password")), 0);
	unit_begin(at.db);
	assert_int_equal(tl_user_new_password(at.db, id, tl_str(hash), "cli"), 0);
	unit_commit(at.db);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s.session.cookie), &rules, at.arena, &session),
	    TL_EAUTH);
	assert_int_equal(sign_in("pat", "another fine password", &s), 0);
}

static void
t_names_and_passwords_are_checked(void **state)
{
	(void)state;
	assert_int_equal(tl_user_name_check(TL_S("a.b-c_d@e9")), 0);
	assert_int_equal(tl_user_name_check(TL_S("")), TL_EFIELD);
	assert_int_equal(tl_user_name_check(TL_S("A")), TL_EFIELD);
	assert_int_equal(tl_user_name_check(TL_S(".a")), TL_EFIELD);
	assert_int_equal(tl_password_fit(TL_S("short"), TL_S("x")), TL_EFIELD);
	assert_int_equal(tl_password_fit(TL_S("aaaaaaaaaaaaaaaa"), TL_S("x")), TL_EFIELD);
	static const char *const easy[] = {"password1234", "Password!2026", "qwertyuiop12",
	    "123456789012", "WelcomeWelcome1", "iloveyou-iloveyou", "Admin.admin.2026"};
	for (size_t i = 0; i < TL_COUNT(easy); i++)
		assert_int_equal(tl_password_fit(tl_str(easy[i]), TL_S("x")), TL_EFIELD);
	assert_int_equal(tl_password_fit(TL_S(UNIT_PASSWORD), TL_S("x")), 0);
	assert_int_equal(
	    tl_password_fit(TL_S("alexanderson1"), TL_S("alexanderson")), TL_EFIELD);
	assert_string_equal(tl_err_field(), "/password");
}

static void
t_higher_roles_may_all_that_lower_may(void **state)
{
	(void)state;
	for (int p = 0; p < TL_PERMISSION_COUNT; p++) {
		enum tl_permission perm = (enum tl_permission)p;
		assert_true(tl_may(TL_ROLE_ADMIN, perm));
		for (int r = 0; r + 1 < tl_role_count; r++) {
			if (tl_may((enum tl_role)r, perm))
				assert_true(tl_may((enum tl_role)(r + 1), perm));
		}
	}
	assert_int_equal(tl_need(TL_ROLE_VIEWER, "look"), 0);
	assert_int_equal(tl_need(TL_ROLE_VIEWER, "work"), TL_EPERM);
	assert_int_equal(tl_need(TL_ROLE_ADMIN, "no such"), TL_EBUG);
}

static void
t_every_change_is_audited(void **state)
{
	(void)state;
	struct tl_signin s;
	struct tl_audit_row *rows;
	size_t n;
	(void)unit_user(&at, "ann", TL_ROLE_ADMIN);
	(void)sign_in("ann", UNIT_PASSWORD, &s);
	(void)sign_in("ann", "wrong", &s);
	assert_int_equal(
	    tl_audit_list(at.db, &(struct tl_audit_filter){.limit = 10}, at.arena, &rows, &n),
	    0);
	assert_int_equal(n, 3);
	assert_true(tl_str_is(rows[0].verb, "signin.refused"));
	assert_true(tl_str_is(rows[1].verb, "signin"));
	assert_true(tl_str_is(rows[2].verb, "user.add"));
}

static char secret[TL_API_KEY_TEXT];

static const struct tl_addr here = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}};

static struct tl_id
add_key(const char *scopes, int64_t rate, int64_t expires_at)
{
	struct tl_api_key k = {.platform = 3,
	    .live = true,
	    .label = TL_S("t"),
	    .rate_per_s = rate,
	    .expires_at = expires_at};
	assert_int_equal(tl_scopes_parse(tl_str(scopes), &k.scopes), 0);
	unit_begin(at.db);
	assert_int_equal(tl_api_key_create(at.db, &k, at.arena, secret), 0);
	unit_commit(at.db);
	return k.id;
}

static void
t_gate_asks_where_a_key_comes_from(void **state)
{
	(void)state;
	struct tl_key_gate *g = tl_key_gate_create();
	struct tl_key_grant grant;
	struct tl_addr elsewhere = here;
	elsewhere.b[15] = 200;
	struct tl_api_key k = {.platform = 3,
	    .scopes = 1U << TL_SCOPE_INGEST,
	    .networks = TL_S("198.51.100.0/24 192.0.2.0/25")};
	unit_begin(at.db);
	assert_int_equal(tl_api_key_create(at.db, &k, at.arena, secret), 0);
	unit_commit(at.db);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant), 0);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_INGEST, &elsewhere, &grant),
	    TL_EPERM);
	tl_key_gate_destroy(g);
}

static void
t_gate_lets_a_burst_through(void **state)
{
	(void)state;
	struct tl_key_gate *g = tl_key_gate_create();
	struct tl_key_grant grant = {0};
	struct tl_api_key k = {
	    .platform = 3, .scopes = 1U << TL_SCOPE_INGEST, .rate_per_s = 1, .burst = 20};
	int granted = 0;
	unit_begin(at.db);
	assert_int_equal(tl_api_key_create(at.db, &k, at.arena, secret), 0);
	unit_commit(at.db);
	for (int i = 0; i < 40; i++)
		granted += tl_key_gate_check(
			       g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant) == 0;
	assert_in_range(granted, 20, 30);
	assert_int_equal(grant.rate_burst, 20);
	tl_key_gate_destroy(g);
}

static void
t_gate_grants_by_scope(void **state)
{
	(void)state;
	struct tl_key_gate *g = tl_key_gate_create();
	struct tl_key_grant grant;
	struct tl_id id = add_key("ingest", 0, 0);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant), 0);
	assert_true(tl_id_eq(grant.id, id));
	assert_int_equal(grant.platform, 3);
	assert_true(grant.live);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_READ, &here, &grant),
	    TL_EPERM);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, TL_S("tlk_live_x"), TL_SCOPE_READ, &here, &grant),
	    TL_EAUTH);
	secret[20] ^= 1;
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant),
	    TL_EAUTH);
	(void)add_key("admin", 0, 0);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_EVENTS, &here, &grant), 0);
	assert_int_equal(tl_db_tx(at.db, TL_SYNC_NORMAL, tl_key_gate_flush, g), 0);
	tl_key_gate_destroy(g);
}

static void
t_gate_refuses_expired_and_revoked_keys(void **state)
{
	(void)state;
	struct tl_key_gate *g = tl_key_gate_create();
	struct tl_key_grant grant;
	(void)add_key("ingest", 0, tl_now_us() + TL_US_MIN);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant), 0);
	assert_int_equal(tl_clock_shift(2 * TL_US_MIN), 0);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant),
	    TL_EAUTH);
	struct tl_id id = add_key("ingest", 0, 0);
	unit_begin(at.db);
	assert_int_equal(tl_api_key_revoke(at.db, id), 0);
	unit_commit(at.db);
	assert_int_equal(
	    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant),
	    TL_EAUTH);
	tl_key_gate_destroy(g);
}

static void
t_gate_limits_the_rate(void **state)
{
	(void)state;
	struct tl_key_gate *g = tl_key_gate_create();
	struct tl_key_grant grant;
	(void)add_key("ingest", 5, 0);
	int granted = 0;
	for (int i = 0; i < 50; i++)
		granted += tl_key_gate_check(
			       g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant) == 0;
	assert_in_range(granted, 5, 6);
	tl_key_gate_destroy(g);
}

static void
t_gate_is_fast_when_it_remembers(void **state)
{
	(void)state;
	struct tl_key_gate *g = tl_key_gate_create();
	struct tl_key_grant grant;
	(void)add_key("ingest", 0, 0);
	enum { N = 20000 };
	int64_t from = tl_mono_us();
	for (int i = 0; i < N; i++)
		assert_int_equal(
		    tl_key_gate_check(g, at.db, tl_str(secret), TL_SCOPE_INGEST, &here, &grant),
		    0);
	int64_t took = tl_mono_us() - from;
	print_message("             %.2f us a check\n", (double)took / N);
	assert_true(took / N < 20); /* 5 us when the machine is idle; tests share it */
	tl_key_gate_destroy(g);
}

struct knocking {
	pthread_t thread;
	struct tl_key_gate *gate;
	int refused;
};

static void *
knock(void *arg)
{
	struct knocking *k = arg;
	struct tl_db *own = NULL;
	struct tl_key_grant grant;
	k->refused = tl_db_open(at.store, &own) < 0 ? 1 : 0;
	for (int i = 0; own && i < 2000; i++)
		k->refused += tl_key_gate_check(k->gate, own, tl_str(secret), TL_SCOPE_INGEST,
				  &here, &grant) != 0;
	tl_db_close(own);
	return NULL;
}

static void
t_gate_is_shared_by_threads(void **state)
{
	(void)state;
	struct knocking k[4];
	struct tl_key_gate *g = tl_key_gate_create();
	(void)add_key("ingest", 0, 0);
	for (size_t i = 0; i < TL_COUNT(k); i++) {
		k[i] = (struct knocking){.gate = g};
		assert_int_equal(pthread_create(&k[i].thread, NULL, knock, &k[i]), 0);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(tl_db_tx(at.db, TL_SYNC_NORMAL, tl_key_gate_flush, g), 0);
	for (size_t i = 0; i < TL_COUNT(k); i++) {
		assert_int_equal(pthread_join(k[i].thread, NULL), 0);
		assert_int_equal(k[i].refused, 0);
	}
	tl_key_gate_destroy(g);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(t_right_password_opens_a_session_and_its_cookie_finds_it),
	    T(t_sessions_end_by_age_idleness_and_sign_out),
	    T(t_wrong_passwords_make_the_next_try_wait_and_end),
	    T(t_unknown_and_disabled_users_get_the_same_answer),
	    T(t_last_administrator_stays),
	    T(t_new_password_ends_sessions),
	    T(t_every_change_is_audited),
	    T(t_gate_asks_where_a_key_comes_from),
	    T(t_gate_lets_a_burst_through),
	    T(t_gate_grants_by_scope),
	    T(t_gate_refuses_expired_and_revoked_keys),
	    T(t_gate_limits_the_rate),
	    T(t_gate_is_fast_when_it_remembers),
	    T(t_gate_is_shared_by_threads),
	    cmocka_unit_test(t_names_and_passwords_are_checked),
	    cmocka_unit_test(t_higher_roles_may_all_that_lower_may),
	};
	return cmocka_run_group_tests_name("people_people", tests, NULL, NULL);
}
