/* The contact gate over the store: the settings in force count, questions are recorded, and what cannot be read is denied. */
#include "config/policy.h"
#include "minors/gate.h"
#include "minors/settings.h"
#include "store/contact_log.h"
#include "store/db_int.h"
#include "sys/clock.h"

#include "unit_store.h"

static const struct tl_policy_set *set;
static struct tl_contact_map map;

static int
setup(void **state)
{
	int rc = unit_store_setup(state);
	if (rc == 0)
		rc = tl_policy_load(TEST_DATA "/../../policy", &set);
	if (rc == 0)
		tl_contact_map_init(&map, set->minors);
	return rc;
}

static int
teardown(void **state)
{
	tl_policy_unrefp(&set);
	return unit_store_teardown(state);
}

static struct tl_account
describe(struct unit_store *s, const char *ext, enum tl_age_band band)
{
	struct tl_account a = {
	    .platform = s->platform, .live = true, .ext_id = tl_str(ext), .age_band = band};
	assert_int_equal(tl_account_put(s->db, &a), 0);
	return a;
}

static struct tl_gate_ask
about(struct unit_store *s, const char *from, const char *to, enum tl_contact_kind kind)
{
	return (struct tl_gate_ask){
	    s->platform, true, tl_str(from), tl_str(to), kind, 0, 1000, 0, 0};
}

static const char *
code(struct unit_store *s, const char *from, const char *to, enum tl_contact_kind kind)
{
	struct tl_gate_ask ask = about(s, from, to, kind);
	struct tl_gate_answer a;
	tl_gate_check(s->db, &map, &ask, &a);
	return tl_contact_code(a.said.why);
}

static void
tell(struct unit_store *s, const char *from, const char *to, enum tl_relation_kind kind)
{
	struct tl_account_ref a, b;
	struct tl_relation_event e = {kind, TL_RELATION_END, 10};
	bool changed;
	assert_int_equal(tl_account_ref_ensure(s->db, s->platform, true, tl_str(from), &a), 0);
	assert_int_equal(tl_account_ref_ensure(s->db, s->platform, true, tl_str(to), &b), 0);
	assert_int_equal(
	    tl_relation_put(s->db, s->platform, a.number, b.number, &e, &changed), 0);
}

static void
t_what_was_chosen_counts_for_both(void **state)
{
	struct unit_store *s = *state;
	unit_begin(s->db);
	(void)describe(s, "adult", TL_AGE_18);
	struct tl_account teen = describe(s, "teen", TL_AGE_16_17);
	tell(s, "teen", "adult", TL_RELATION_CONTACT);
	assert_string_equal(code(s, "adult", "teen", TL_CONTACT_MESSAGE), "accepted");
	struct tl_minors_account chosen;
	struct tl_settings_wish wish = {.wish = {.value = 0}};
	wish.setting = (size_t)(tl_minors_find(set->minors, TL_S("private_messages")) -
				set->minors->settings);
	enum tl_minors_say say;
	const char *why;
	assert_int_equal(tl_settings_load(s->db, set->minors, s->platform, &teen, &chosen), 0);
	assert_int_equal(
	    tl_settings_wish(s->db, set, &teen, &chosen, &wish, 1000, &say, &why), 0);
	assert_string_equal(code(s, "adult", "teen", TL_CONTACT_MESSAGE), "messages_off");
	assert_string_equal(
	    code(s, "teen", "adult", TL_CONTACT_MESSAGE), "sender_messages_off");
	unit_commit(s->db);
}

static int
count_row(void *ctx, const struct tl_contact_row *row)
{
	int *n = ctx;
	assert_int_equal(row->kind, TL_CONTACT_MEDIA);
	assert_int_equal(row->outcome, TL_RESULT_DENY);
	assert_int_equal(row->flags, TL_CONTACT_HAS_MEDIA);
	(*n)++;
	return 0;
}

static void
t_a_question_about_strangers_is_denied_and_recorded(void **state)
{
	struct unit_store *s = *state;
	struct tl_gate_ask ask = about(s, "nobody-1", "nobody-2", TL_CONTACT_MEDIA);
	struct tl_gate_answer a;
	int n = 0;
	tl_gate_check(s->db, &map, &ask, &a);
	assert_int_equal(a.said.outcome, TL_CONTACT_DENY);
	assert_true(tl_id_is_nil(a.from.id));
	unit_begin(s->db);
	assert_int_equal(tl_gate_record(s->db, &ask, &a), 0);
	struct tl_contact_span span = {s->platform, a.from.id, 0, 2000, 10};
	assert_int_equal(tl_contact_log_sent(s->db, &span, count_row, &n), 0);
	assert_int_equal(n, 1);
	unit_commit(s->db);
}

static int
keep_row(void *ctx, const struct tl_contact_row *row)
{
	*(struct tl_contact_row *)ctx = *row;
	return 1;
}

/* What the other made of a contact is in the log of who made it; what is no answer, or long ago, is not. */
static void
t_answers_go_into_the_log_of_who_asked(void **state)
{
	struct unit_store *s = *state;
	static const struct {
		enum tl_relation_kind kind;
		bool of_other; /* the log of the other has it */
		int want;      /* enum tl_contact_result; -1: nothing */
	} rows[] = {
	    {TL_RELATION_DECLINE, true, TL_RESULT_DECLINED},
	    {TL_RELATION_BLOCK, true, TL_RESULT_BLOCKED},
	    {TL_RELATION_CONTACT, true, TL_RESULT_ACCEPTED},
	    {TL_RELATION_FOLLOW, false, TL_RESULT_ACCEPTED},
	    {TL_RELATION_LIMIT, true, -1},
	    {TL_RELATION_REQUEST, true, -1},
	};
	int64_t now = tl_now_us();
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		struct tl_account_ref a, b;
		char one[16], other[16];
		struct tl_contact_row row = {0};
		(void)snprintf(one, sizeof one, "one-%zu", i);
		(void)snprintf(other, sizeof other, "other-%zu", i);
		struct tl_relation_event e = {.kind = rows[i].kind, .at = now - TL_US_MIN},
					 old = {
					     .kind = rows[i].kind, .at = now - 31 * TL_US_DAY};
		unit_begin(s->db);
		assert_int_equal(
		    tl_account_ref_ensure(s->db, s->platform, true, tl_str(one), &a), 0);
		assert_int_equal(
		    tl_account_ref_ensure(s->db, s->platform, true, tl_str(other), &b), 0);
		assert_int_equal(tl_gate_told(s->db, s->platform, &a, &b, &old, now), 0);
		assert_int_equal(tl_gate_told(s->db, s->platform, &a, &b, &e, now), 0);
		unit_commit(s->db);
		struct tl_contact_span span = {
		    s->platform, rows[i].of_other ? b.id : a.id, 0, now, 10};
		int rc = tl_contact_log_sent(s->db, &span, keep_row, &row);
		assert_int_equal(rc, rows[i].want >= 0);
		if (rows[i].want >= 0) {
			assert_int_equal(row.outcome, rows[i].want);
			assert_memory_equal(
			    &row.to, rows[i].of_other ? &a.id : &b.id, sizeof a.id);
		}
	}
}

static void
t_what_cannot_be_read_is_denied(void **state)
{
	struct unit_store *s = *state;
	unit_begin(s->db);
	(void)describe(s, "a", TL_AGE_18);
	(void)describe(s, "b", TL_AGE_18);
	tell(s, "a", "b", TL_RELATION_CONTACT);
	unit_commit(s->db);
	assert_string_equal(code(s, "a", "b", TL_CONTACT_MESSAGE), "accepted");
	assert_int_equal(
	    tl_sqlite_exec(s->db->main, "ALTER TABLE relations RENAME TO gone"), 0);
	assert_string_equal(code(s, "a", "b", TL_CONTACT_MESSAGE), "unavailable");
	assert_int_equal(
	    tl_sqlite_exec(s->db->main, "ALTER TABLE gone RENAME TO relations"), 0);
	assert_string_equal(code(s, "a", "b", TL_CONTACT_MESSAGE), "accepted");
	assert_int_equal(
	    tl_sqlite_exec(s->db->main, "ALTER TABLE account_choices RENAME TO gone"), 0);
	assert_string_equal(code(s, "a", "b", TL_CONTACT_MESSAGE), "unavailable");
}

/* Many questions on one state of the store answer as one by one, and a failure among them leaves nothing open. */
static void
t_questions_can_share_one_look(void **state)
{
	struct unit_store *s = *state;
	assert_int_equal(tl_db_read_begin(s->db), 0);
	assert_string_equal(code(s, "a", "b", TL_CONTACT_MESSAGE), "unavailable");
	assert_string_equal(code(s, "x", "y", TL_CONTACT_COMMENT), "friends_only");
	tl_db_read_end(s->db);
	unit_begin(s->db);
	unit_commit(s->db);
}

static void
t_what_was_not_recorded_does_not_reach_a_minor(void **state)
{
	struct tl_gate_answer adults = {.said = {TL_CONTACT_ALLOW, TL_CONTACT_WHY_MESSAGE}},
			      minor = adults;
	(void)state;
	minor.minor = true;
	tl_gate_unrecorded(&adults);
	tl_gate_unrecorded(&minor);
	assert_int_equal(adults.said.outcome, TL_CONTACT_ALLOW);
	assert_int_equal(minor.said.outcome, TL_CONTACT_DENY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_what_was_chosen_counts_for_both),
	    cmocka_unit_test(t_a_question_about_strangers_is_denied_and_recorded),
	    cmocka_unit_test(t_answers_go_into_the_log_of_who_asked),
	    cmocka_unit_test(t_what_cannot_be_read_is_denied),
	    cmocka_unit_test(t_questions_can_share_one_look),
	    cmocka_unit_test(t_what_was_not_recorded_does_not_reach_a_minor),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
