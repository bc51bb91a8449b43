/* The case as Work shows it: all members there, reasons in words, suggested policies first, text erased with its key. */
#include "base/json.h"
#include "review/view.h"
#include "store/keys.h"
#include "sys/clock.h"

#include "unit_store.h"

#define Z(lit)                                                                                 \
	{                                                                                      \
		(const uint8_t *)(lit), sizeof(lit) - 1                                        \
	}

static const struct tl_policy policies[] = {
    {.id = Z("spam"), .title = Z("Spam"), .severity = TL_SEVERITY_LOW},
    {.id = Z("hate"), .title = Z("Hate"), .severity = TL_SEVERITY_HIGH, .clock_us = TL_US_HOUR},
};
static const struct tl_action_def actions[] = {
    {.name = Z("remove"), .title = Z("Remove"), .key = 'R', .on_item = true},
    {.name = Z("suspend"), .title = Z("Suspend"), .on_account = true},
};
static const struct tl_queue_def queues[] = {{.name = Z("general"), .title = Z("General")}};
static const struct tl_policy_set set = {.policies = policies,
    .policy_count = 2,
    .actions = actions,
    .action_count = 2,
    .queues = queues,
    .queue_count = 1};

struct fixture {
	struct unit_store s;
	struct tl_reviewer ann;
	struct tl_item item;
	struct tl_id case_id;
};

static void
put_item(
    struct fixture *f, struct tl_item *it, const char *ext, int64_t posted, const char *text)
{
	static const uint8_t print[TL_PRINT_BYTES] = {1};
	struct tl_item_state_row row;
	bool known;
	*it = (struct tl_item){.platform = f->s.platform,
	    .ext_id = tl_str(ext),
	    .version = 1,
	    .live = true,
	    .kind = TL_KIND_POST,
	    .account_ext = TL_S("u-1"),
	    .thread_ext = TL_S("t-1"),
	    .posted_at = posted,
	    .received_at = posted,
	    .field_count = 1};
	it->fields[0] = (struct tl_field){TL_S("body"), tl_str(text)};
	assert_int_equal(tl_item_put(f->s.db, it, print, 0, &row, &known), 0);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	unit_store_open(&f->s);
	f->ann = (struct tl_reviewer){tl_id_new(),
	    {.role = TL_ROLE_MODERATOR, .skills = TL_S(""), .set = &set}, false,
	    10 * TL_US_MIN};
	unit_begin(f->s.db);
	assert_int_equal(tl_review_queues_sync(f->s.db, &set), 0);
	struct tl_item other;
	put_item(f, &other, "p-0", 1790000000000000, "before");
	put_item(f, &f->item, "p-1", 1790000001000000, "the text itself");
	put_item(f, &other, "p-2", 1790000002000000, "after");
	struct tl_verdict verdict = {.word = TL_VERDICT_REVIEW, .ruleset = TL_S("r1")};
	assert_int_equal(
	    tl_item_verdict_put(f->s.db, &f->item, TL_ITEM_SCANNED, &verdict,
		TL_S("[{\"rule\":\"words\",\"policy\":\"hate\",\"text\":"
		     "\"a listed word\","
		     "\"values\":[{\"expr\":\"text.matches\",\"value\":\"true\"}]},"
		     "{\"rule\":\"quiet\",\"policy\":\"spam\",\"shadow\":true}]"),
		false),
	    0);
	struct tl_case_ask ask = {.platform = f->s.platform,
	    .live = true,
	    .subject_kind = TL_SUBJECT_ITEM,
	    .subject = f->item.id,
	    .account = f->item.account,
	    .policy = TL_S("hate"),
	    .cause = TL_CAUSE_RULE,
	    .ref = TL_S("words"),
	    .detail = TL_S("{\"text\":\"it holds a listed word\"}")};
	bool opened;
	assert_int_equal(tl_review_open_or_join(f->s.db, &set, &ask, &f->case_id, &opened), 0);
	unit_commit(f->s.db);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	unit_store_close(&f->s);
	free(f);
	return 0;
}

static json_t *
view(struct fixture *f)
{
	struct tl_buf out = {0};
	struct tl_view v = {f->s.db, f->s.arena, &set, &out, &f->ann.access};
	json_t *j = NULL;
	assert_int_equal(tl_view_case(&v, NULL, &f->ann, f->case_id), 0);
	assert_int_equal(tl_json_parse(tl_buf_str(&out), &j), 0);
	tl_buf_fini(&out);
	return j;
}

static const char *
at(json_t *j, const char *list, size_t i, const char *key)
{
	return json_string_value(
	    json_object_get(json_array_get(json_object_get(j, list), i), key));
}

static void
t_every_member_of_the_type_is_there(void **state)
{
	static const char *const members[] = {"id", "state", "platform", "live", "queue",
	    "queue_title", "severity", "policy", "urgency", "confidence", "reach", "clock_at",
	    "opened_at", "updated_at", "claimed_by", "mine", "claim_until", "seen_whole",
	    "waiting", "subject", "causes", "rules", "signals", "flags", "item", "stream",
	    "account", "thread", "policies", "actions", "notes", "draft", "decision"};
	json_t *j = view(*state);
	for (size_t i = 0; i < TL_COUNT(members); i++) {
		if (!json_object_get(j, members[i]))
			fail_msg("%s is missing", members[i]);
	}
	assert_int_equal(json_object_size(j), TL_COUNT(members));
	json_decref(j);
}

static void
t_the_reason_stands_in_words_and_its_policy_first(void **state)
{
	json_t *j = view(*state);
	assert_string_equal(at(j, "causes", 0, "text"), "it holds a listed word");
	assert_int_equal(json_array_size(json_object_get(j, "rules")), 1);
	assert_string_equal(at(j, "rules", 0, "text"), "a listed word");
	assert_string_equal(at(j, "policies", 0, "name"), "hate");
	assert_int_equal(json_array_size(json_object_get(j, "policies")), 2);
	assert_int_equal(json_array_size(json_object_get(j, "actions")), 2);
	json_decref(j);
}

static void
t_the_thread_stands_around_it(void **state)
{
	json_t *j = view(*state);
	json_t *thread = json_object_get(j, "thread");
	assert_string_equal(at(thread, "before", 0, "text"), "before");
	assert_string_equal(at(thread, "after", 0, "text"), "after");
	assert_int_equal(json_array_size(json_object_get(thread, "before")), 1);
	json_decref(j);
}

static void
t_a_thread_of_the_longest_texts_can_be_shown(void **state)
{
	struct fixture *f = *state;
	static char text[400000];
	memset(text, 'a', sizeof text - 1);
	struct tl_item other;
	unit_begin(f->s.db);
	for (int i = 0; i < 30; i++) {
		char ext[16];
		(void)snprintf(ext, sizeof ext, "long-%d", i);
		put_item(f, &other, tl_arena_printf(f->s.arena, "%s", ext),
		    1790000003000000 + i, text);
	}
	unit_commit(f->s.db);
	json_t *j = view(f);
	json_t *thread = json_object_get(j, "thread");
	assert_int_equal(json_array_size(json_object_get(thread, "after")), 20);
	assert_int_equal(strlen(at(thread, "after", 1, "text")), 1000);
	json_decref(j);
}

static void
t_a_forgotten_key_erases_the_text(void **state)
{
	struct fixture *f = *state;
	json_t *j = view(f);
	assert_string_equal(
	    at(json_object_get(j, "item"), "text", 0, "text"), "the text itself");
	json_decref(j);
	unit_begin(f->s.db);
	assert_int_equal(tl_key_forget(f->s.db, f->s.platform, f->item.account), 0);
	unit_commit(f->s.db);
	j = view(f);
	json_t *item = json_object_get(j, "item");
	assert_int_equal(json_array_size(json_object_get(item, "text")), 0);
	assert_true(json_is_true(json_object_get(item, "erased")));
	json_decref(j);
}

static void
t_rows_of_queue_trail_and_account_are_json(void **state)
{
	struct fixture *f = *state;
	struct tl_buf TL_CLEANUP(tl_buf_fini) out = {0};
	struct tl_view v = {f->s.db, f->s.arena, &set, &out, &f->ann.access};
	int64_t n = 0;
	json_t *j = NULL;
	tl_js_open(&out, NULL, '{');
	assert_int_equal(
	    tl_view_queue(&v, "q", TL_S("general"), "open", "claimed", 50, 0, &n), 0);
	assert_int_equal(
	    tl_view_cases_of(&v, "s", f->s.platform, TL_SUBJECT_ITEM, f->item.id), 0);
	assert_int_equal(tl_view_cases_of_account(&v, "a", f->s.platform, f->item.account), 0);
	assert_int_equal(
	    tl_view_decisions_of(&v, "d", f->s.platform, TL_SUBJECT_ITEM, f->item.id), 0);
	tl_js_close(&out, '}');
	assert_int_equal(n, 1);
	assert_int_equal(tl_json_parse(tl_buf_str(&out), &j), 0);
	assert_string_equal(at(j, "q", 0, "because"), "it holds a listed word");
	assert_string_equal(at(j, "a", 0, "account"), "u-1");
	assert_int_equal(json_array_size(json_object_get(j, "s")), 1);
	json_decref(j);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(t_every_member_of_the_type_is_there),
	    T(t_the_reason_stands_in_words_and_its_policy_first),
	    T(t_the_thread_stands_around_it),
	    T(t_a_thread_of_the_longest_texts_can_be_shown),
	    T(t_a_forgotten_key_erases_the_text),
	    T(t_rows_of_queue_trail_and_account_are_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
