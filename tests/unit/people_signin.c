/* Second factors: codes, recovery codes, what must be had, waiting, sessions. */
#include "base/json.h"
#include "people/signin.h"
#include "people/totp.h"
#include "sys/clock.h"

#include "unit_people.h"

static struct unit_store at;
static struct tl_signin_rules rules = {3, 30, 12 * TL_US_HOUR, TL_US_HOUR, 0, 0};

static int
setup(void **state)
{
	(void)state;
	unit_store_open(&at);
	rules.second_roles = 0;
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
first(const char *name, const char *secret, struct tl_signin *s)
{
	*s = (struct tl_signin){.name = tl_str(name),
	    .password = tl_str(secret),
	    .address = TL_S("192.0.2.7"),
	    .rules = rules};
	int rc = tl_signin_check(at.db, at.arena, s);
	assert_int_equal(tl_db_tx(at.db, TL_SYNC_NORMAL, tl_signin_record, s), 0);
	return rc;
}

static int
second(struct tl_signin *s, const struct tl_step *step, struct tl_proof proof)
{
	static char text[TL_STEP_TEXT];
	tl_step_write(at.db, step, text);
	*s = (struct tl_signin){.step = tl_str(text), .proof = proof, .rules = rules};
	unit_begin(at.db);
	assert_int_equal(tl_signin_second(at.db, at.arena, TL_STEP_SIGNIN, s), 0);
	unit_commit(at.db);
	return s->outcome;
}

static struct tl_session
session_of(const struct tl_signin *s)
{
	struct tl_session session;
	assert_int_equal(
	    tl_session_of(at.db, tl_str(s->session.cookie), &rules, at.arena, &session), 0);
	return session;
}

static struct tl_proof
code_at(const uint8_t *secret, int64_t steps)
{
	static char code[TL_TOTP_CODE];
	int64_t now = tl_now_us() / TL_US_S / TL_TOTP_STEP_S + steps;
	assert_int_equal(tl_totp_code(tl_bytes(secret, TL_TOTP_SECRET), now, 6, code), 0);
	return (struct tl_proof){.code = tl_str(code)};
}

/* Stands in the middle of a step, so that the clock does not pass into the next one between two lines. */
static void
mid_step(void)
{
	int64_t off = tl_now_us() % (TL_TOTP_STEP_S * TL_US_S);
	assert_int_equal(tl_clock_shift(15 * TL_US_S - off), 0);
}

static void
enrol(const struct tl_session *session, uint8_t secret[TL_TOTP_SECRET],
    char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT])
{
	int64_t late;
	unit_begin(at.db);
	assert_int_equal(tl_totp_enrol(at.db, session, secret), 0);
	assert_int_equal(tl_totp_confirm(at.db, session, TL_S("000"), &late), TL_EFIELD);
	assert_int_equal(tl_totp_confirm(at.db, session, code_at(secret, -1).code, &late), 0);
	assert_int_equal(tl_recovery_make(at.db, session, codes), 0);
	unit_commit(at.db);
}

static void
t_codes_are_those_of_rfc_6238(void **state)
{
	(void)state;
	static const struct {
		int64_t at;
		const char *code;
	} rows[] = {{59, "94287082"}, {1111111109, "07081804"}, {1111111111, "14050471"},
	    {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
	struct tl_str secret = TL_S("12345678901234567890");
	char code[TL_TOTP_CODE];
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		assert_int_equal(tl_totp_code(secret, rows[i].at / TL_TOTP_STEP_S, 8, code), 0);
		assert_string_equal(code, rows[i].code);
		int64_t step, late, now = rows[i].at * TL_US_S;
		struct tl_str six = tl_bytes(code + 2, 6);
		assert_int_equal(tl_totp_check(secret, six, now, 0, &step, &late), 0);
		assert_int_equal(step, rows[i].at / TL_TOTP_STEP_S);
		assert_int_equal(
		    tl_totp_check(secret, six, now + 30 * TL_US_S, 0, &step, &late), 0);
		assert_int_equal(
		    tl_totp_check(secret, six, now, step, &step, &late), TL_EAUTH); /* once */
		assert_int_equal(
		    tl_totp_check(secret, six, now + 300 * TL_US_S, 0, &step, &late), TL_EAUTH);
		assert_int_equal(late, 300); /* the device's clock is slow */
		assert_int_equal(
		    tl_totp_check(secret, six, now - 90 * TL_US_S, 0, &step, &late), TL_EAUTH);
		assert_int_equal(late, 0); /* of the future nothing is said */
	}
}

static void
t_secret_is_handed_over_as_text_address_and_picture(void **state)
{
	(void)state;
	struct tl_buf b = {0};
	struct tl_str secret = TL_S("12345678901234567890");
	tl_totp_uri(&b, secret, TL_S("My Demo"), TL_S("ann"));
	assert_string_equal(tl_buf_z(&b),
	    "otpauth://totp/"
	    "My%20Demo:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20Demo");
	struct tl_buf qr = {0};
	json_t *j = NULL;
	assert_int_equal(tl_qr_rows(&qr, NULL, tl_buf_z(&b)), 0);
	assert_int_equal(tl_json_parse(tl_buf_str(&qr), &j), 0);
	size_t n = json_array_size(j);
	assert_true(n >= 21);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(json_string_length(json_array_get(j, i)), n);
	assert_memory_equal(json_string_value(json_array_get(j, 0)), "11111110", 8);
	json_decref(j);
	tl_buf_fini(&qr);
	tl_buf_fini(&b);
}

static void
t_code_is_asked_for_after_the_password_and_counts_once(void **state)
{
	(void)state;
	struct tl_signin s, t;
	uint8_t secret[TL_TOTP_SECRET];
	char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT];
	mid_step();
	(void)unit_user(&at, "ann", TL_ROLE_ADMIN);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	assert_false(s.second);
	struct tl_session session = session_of(&s);
	enrol(&session, secret, codes);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	assert_true(s.second && s.has.totp);
	assert_string_equal(s.session.cookie, "");
	assert_int_equal(
	    second(&t, &s.asked, code_at(secret, -1)), TL_EAUTH); /* used to enrol */
	assert_int_equal(second(&t, &s.asked, code_at(secret, 0)), 0);
	assert_true(session_of(&t).proved_at > 0);
	assert_int_equal(second(&t, &s.asked, code_at(secret, 0)), TL_EAUTH);
	assert_non_null(strstr(t.why, "used already"));
	assert_int_equal(second(&t, &s.asked, (struct tl_proof){0}), TL_EAUTH);
}

static void
t_recovery_codes_sign_in_once_each(void **state)
{
	(void)state;
	struct tl_signin s, t;
	uint8_t secret[TL_TOTP_SECRET];
	char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT];
	mid_step();
	(void)unit_user(&at, "ann", TL_ROLE_ADMIN);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	struct tl_session session = session_of(&s);
	enrol(&session, secret, codes);
	for (int i = 0; i < TL_RECOVERY_CODES; i++) {
		char typed[TL_RECOVERY_TEXT];
		for (size_t k = 0; k < sizeof typed; k++)
			typed[k] = (char)(codes[i][k] == '-'   ? ' '
					  : codes[i][k] >= 'A' ? codes[i][k] + 32
							       : codes[i][k]);
		assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
		assert_int_equal(s.has.recovery_left, TL_RECOVERY_CODES - i);
		struct tl_proof p = {.recovery = tl_str(typed)};
		assert_int_equal(second(&t, &s.asked, p), 0);
		assert_int_equal(second(&t, &s.asked, p), TL_EAUTH);
	}
}

static void
t_secret_is_sealed_and_bound_to_its_person(void **state)
{
	(void)state;
	struct tl_signin s;
	struct tl_totp_row row;
	uint8_t secret[TL_TOTP_SECRET];
	char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT];
	struct tl_id ann = unit_user(&at, "ann", TL_ROLE_ADMIN),
		     bob = unit_user(&at, "bob", TL_ROLE_LEAD);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	struct tl_session session = session_of(&s);
	enrol(&session, secret, codes);
	struct tl_row r;
	assert_int_equal(tl_db_first(at.db, &r, TL_SQL_TOTP_GET, A_ID(ann)), 0);
	struct tl_str sealed = tl_arena_dup(at.arena, tl_col_str(&r, 0));
	tl_row_end(&r);
	assert_null(memmem(sealed.p, sealed.n, secret, sizeof secret));
	unit_begin(at.db);
	assert_true(
	    tl_db_run(at.db, TL_SQL_TOTP_BEGIN, A_ID(bob), A_BYTES(sealed), A_INT(1)) >= 0);
	unit_commit(at.db);
	assert_int_equal(tl_totp_get(at.db, ann, &row), 0);
	assert_memory_equal(row.secret, secret, sizeof secret);
	assert_int_equal(tl_err_kind(tl_totp_get(at.db, bob, &row)), TL_DENIED);
}

static void
t_wrong_codes_wait_and_the_machine_lets_in_again(void **state)
{
	(void)state;
	struct tl_signin s, t;
	uint8_t secret[TL_TOTP_SECRET];
	char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT];
	mid_step();
	struct tl_id id = unit_user(&at, "ann", TL_ROLE_ADMIN);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	struct tl_session session = session_of(&s);
	enrol(&session, secret, codes);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	struct tl_step asked = s.asked;
	struct tl_proof wrong = {.recovery = TL_S("22222-22222")};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(second(&t, &asked, wrong), TL_EAUTH);
		if (i < 2) /* a right UNIT_PASSWORD in between wins no new tries */
			assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	}
	assert_int_equal(second(&t, &asked, code_at(secret, 0)), TL_ERATE);
	assert_true(t.wait_s > 25 && t.wait_s <= 31);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), TL_ERATE);
	unit_begin(at.db);
	assert_int_equal(tl_user_unlock(at.db, id, "cli"), 0);
	unit_commit(at.db);
	assert_int_equal(second(&t, &asked, code_at(secret, 0)), 0);
	unit_begin(at.db);
	assert_int_equal(tl_factors_reset(at.db, id, "cli"), 0);
	unit_commit(at.db);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	assert_false(s.second);
}

static void
t_steps_are_bound_to_purpose_time_and_password(void **state)
{
	(void)state;
	struct tl_signin s, t;
	uint8_t secret[TL_TOTP_SECRET];
	char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT], text[TL_STEP_TEXT];
	struct tl_step step;
	mid_step();
	struct tl_id id = unit_user(&at, "ann", TL_ROLE_ADMIN);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	struct tl_session session = session_of(&s);
	enrol(&session, secret, codes);
	assert_int_equal(first("ann", UNIT_PASSWORD, &s), 0);
	tl_step_write(at.db, &s.asked, text);
	assert_int_equal(tl_step_read(at.db, tl_str(text), TL_STEP_PROVE, &step), TL_EGONE);
	assert_int_equal(tl_step_read(at.db, tl_str(text), TL_STEP_SIGNIN, &step), 0);
	for (size_t i = 0; i < strlen(text); i += 7) {
		char bad[TL_STEP_TEXT];
		memcpy(bad, text, sizeof bad);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_equal(
		    tl_step_read(at.db, tl_str(bad), TL_STEP_SIGNIN, &step), TL_EGONE);
	}
	struct tl_step kept = s.asked;
	char hash[TL_PWHASH_MAX];
	assert_int_equal(tl_password_hash(hash, TL_S("another fine password")), 0);
	unit_begin(at.db);
	assert_int_equal(tl_user_new_password(at.db, id, tl_str(hash), "cli"), 0);
	unit_commit(at.db);
	assert_int_equal(second(&t, &kept, code_at(secret, 0)), TL_EGONE);
	assert_int_equal(first("ann", "another fine password", &s), 0);
	s.asked.expires_at = tl_now_us();
	assert_int_equal(second(&t, &s.asked, code_at(secret, 0)), TL_EGONE);
}

static void
t_role_that_must_have_one_enrols_first_and_keeps_it(void **state)
{
	(void)state;
	struct tl_signin s;
	uint8_t secret[TL_TOTP_SECRET];
	char codes[TL_RECOVERY_CODES][TL_RECOVERY_TEXT];
	rules.second_roles = 1U << TL_ROLE_LEAD;
	mid_step();
	(void)unit_user(&at, "mia", TL_ROLE_MODERATOR);
	(void)unit_user(&at, "lea", TL_ROLE_LEAD);
	assert_int_equal(first("mia", UNIT_PASSWORD, &s), 0);
	assert_false(session_of(&s).enrolling);
	assert_int_equal(first("lea", UNIT_PASSWORD, &s), 0);
	struct tl_session session = session_of(&s);
	assert_true(session.enrolling);
	enrol(&session, secret, codes);
	assert_false(session_of(&s).enrolling);
	unit_begin(at.db);
	assert_int_equal(
	    tl_factor_remove(at.db, &session, (struct tl_id){0}, true), TL_ECONFLICT);
	tl_db_rollback(at.db);
	unit_begin(at.db);
	assert_int_equal(tl_factor_remove(at.db, &session, (struct tl_id){0}, false), 0);
	unit_commit(at.db);
	struct tl_factors f;
	assert_int_equal(tl_factors_of(at.db, session.user.id, &f), 0);
	assert_true(!f.totp && f.passkeys == 0 && f.recovery_left == 0);
}

static void
t_sessions_are_listed_and_end_one_by_one(void **state)
{
	(void)state;
	struct tl_signin a, b, c;
	struct tl_session_row *rows;
	struct tl_session gone;
	size_t n;
	struct tl_id id = unit_user(&at, "ann", TL_ROLE_ADMIN),
		     bob = unit_user(&at, "bob", TL_ROLE_LEAD);
	assert_int_equal(first("ann", UNIT_PASSWORD, &a), 0);
	assert_int_equal(first("ann", UNIT_PASSWORD, &b), 0);
	assert_int_equal(first("ann", UNIT_PASSWORD, &c), 0);
	struct tl_session mine = session_of(&a);
	assert_int_equal(tl_session_list(at.db, id, 0, at.arena, &rows, &n), 0);
	assert_int_equal(n, 3);
	assert_true(tl_str_is(rows[0].address, "192.0.2.7"));
	struct tl_id second_id = tl_session_id(session_of(&b).hash);
	unit_begin(at.db);
	assert_int_equal(
	    tl_session_end_one(at.db, at.arena, bob, second_id, "cli"), TL_ENOTFOUND);
	assert_int_equal(tl_session_end_one(at.db, at.arena, id, second_id, "cli"), 0);
	unit_commit(at.db);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(b.session.cookie), &rules, at.arena, &gone), TL_EAUTH);
	unit_begin(at.db);
	assert_int_equal(tl_session_end_all(at.db, id, mine.hash, "cli"), 0);
	unit_commit(at.db);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(c.session.cookie), &rules, at.arena, &gone), TL_EAUTH);
	(void)session_of(&a);
}

static void
t_own_new_password_keeps_this_session_only(void **state)
{
	(void)state;
	struct tl_signin a, b;
	struct tl_session gone;
	char hash[TL_PWHASH_MAX];
	(void)unit_user(&at, "ann", TL_ROLE_ADMIN);
	assert_int_equal(first("ann", UNIT_PASSWORD, &a), 0);
	assert_int_equal(first("ann", UNIT_PASSWORD, &b), 0);
	struct tl_session mine = session_of(&a);
	assert_int_equal(tl_password_hash(hash, TL_S("another fine password")), 0);
	unit_begin(at.db);
	assert_int_equal(tl_user_own_password(at.db, &mine, tl_str(hash)), 0);
	unit_commit(at.db);
	(void)session_of(&a);
	assert_int_equal(
	    tl_session_of(at.db, tl_str(b.session.cookie), &rules, at.arena, &gone), TL_EAUTH);
	assert_int_equal(first("ann", UNIT_PASSWORD, &b), TL_EAUTH);
}

static void
t_proof_grows_old(void **state)
{
	(void)state;
	struct tl_signin a, p = {.password = TL_S("wrong"), .rules = rules};
	(void)unit_user(&at, "ann", TL_ROLE_ADMIN);
	assert_int_equal(first("ann", UNIT_PASSWORD, &a), 0);
	struct tl_session s = session_of(&a);
	assert_int_equal(tl_session_fresh(&s, 10 * TL_US_MIN), 0);
	assert_int_equal(tl_clock_shift(11 * TL_US_MIN), 0);
	assert_int_equal(tl_session_fresh(&s, 10 * TL_US_MIN), TL_EPERM);
	assert_string_equal(tl_err_field(), "/proof");
	assert_int_equal(tl_reproof_check(at.db, at.arena, &s, &p), TL_EAUTH);
	p.password = tl_str(UNIT_PASSWORD);
	assert_int_equal(tl_reproof_check(at.db, at.arena, &s, &p), 0);
	unit_begin(at.db);
	assert_int_equal(tl_reproof_record(at.db, &s, &p), 0);
	unit_commit(at.db);
	s = session_of(&a);
	assert_int_equal(tl_session_fresh(&s, 10 * TL_US_MIN), 0);
}

static void
t_devices_are_named_in_our_words(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"Firefox on Linux"},
	    {"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 "
	     "Edg/126.0",
		"Edge on Windows"},
	    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 "
	     "Version/17.5 Safari/604.1",
		"Safari on iPhone"},
	    {"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile "
	     "Safari/537.36",
		"Chrome on Android"},
	    {"curl/7.88", "curl"}, {"<script>alert(1)</script>", "an unknown device"},
	    {"", "an unknown device"}};
	for (size_t i = 0; i < TL_COUNT(rows); i++)
		assert_string_equal(tl_device_words(at.arena, tl_str(rows[i][0])), rows[i][1]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(t_codes_are_those_of_rfc_6238),
	    T(t_secret_is_handed_over_as_text_address_and_picture),
	    T(t_code_is_asked_for_after_the_password_and_counts_once),
	    T(t_recovery_codes_sign_in_once_each),
	    T(t_secret_is_sealed_and_bound_to_its_person),
	    T(t_wrong_codes_wait_and_the_machine_lets_in_again),
	    T(t_steps_are_bound_to_purpose_time_and_password),
	    T(t_role_that_must_have_one_enrols_first_and_keeps_it),
	    T(t_sessions_are_listed_and_end_one_by_one),
	    T(t_own_new_password_keeps_this_session_only),
	    T(t_proof_grows_old),
	    T(t_devices_are_named_in_our_words),
	};
	return cmocka_run_group_tests_name("people_signin", tests, NULL, NULL);
}
