/* Loading: what is refused and where, tests beside rules, versions, and the watched folder. */
#include "rules/watch.h"
#include "rules_unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct refusal {
	const char *text, *want;
};

static const struct refusal refusals[] = {
    {"rule a policy csae.knwn when item.views > 1 then block",
	"1:15: there is no policy \"csae.knwn\"; did you mean \"csae.known\"?"},
    {"rule a policy csae.known when item.views > 1 then blok",
	"1:51: there is no action \"blok\"; did you mean \"block\"?"},
    {"rule a policy csae.known when item.views > 1 then agerestrict",
	"1:51: there is no action \"agerestrict\"; did you mean \"age_restrict\"?"},
    {"rule a policy csae.known when item.views > 1 then allow",
	"1:51: allow is what happens when no rule holds"},
    {"rule a policy csae.known when item.views > 1 then block, review",
	"1:58: a rule has one verdict: review, withhold or block"},
    {"rule a policy csae.known when item.views > 1 then block(1)",
	"1:51: block takes nothing in brackets"},
    {"rule a policy csae.known when item.views > 1 then restore",
	"1:51: restore takes something back; only people do that"},
    {"rule a policy csae.known when item.views > 1 then case('child-saftey')",
	"1:56: there is no queue \"child-saftey\"; did you mean \"child-safety\"?"},
    {"rule a policy csae.known when item.views > 1 then case(critical)",
	"1:56: the queue comes first, in quotes: case(\"general\", high)"},
    {"rule a policy csae.known when item.views > 1 then case('general', urgent)",
	"1:67: the severity is one of low, medium, high, critical"},
    {"rule a policy csae.known when item.views > 1 then case('general', low, 3)",
	"1:51: case takes a queue and a severity"},
    {"rule a policy csae.known when item.views > 1 then case, case",
	"1:57: a rule opens one case"},
    {"rule a policy csae.known when item.views > 1 then age_restrict(18)",
	"1:64: write the name of the parameter, as in duration: \"7d\""},
    {"rule a policy csae.known when item.views > 1 then age_restrict(agee: 18)",
	"1:64: there is no parameter \"agee\"; did you mean \"age\"?"},
    {"rule a policy csae.known when item.views > 1 then age_restrict(age: 'x')",
	"1:69: age is an int"},
    {"rule a policy csae.known when item.views > 1 then age_restrict(duration: '7 days')",
	"1:74: \"7 days\" is not a duration, as \"24h\" or \"7d\" is"},
    {"rule a policy csae.known when media.exists(m, m.in_bank('csm')) then block",
	"1:57: there is no bank \"csm\"; did you mean \"csam\"?"},
    {"rule a policy csae.known when media.exists(m, m.in_bank('hate')) then block",
	"1:57: there is no bank \"hate\""},
    {"rule a policy csae.known when text.in_list('csam') then block",
	"1:44: there is no list \"csam\""},
    {"rule a policy csae.known when author.age_band == '18' then block",
	"1:50: \"18\" is not one of \"unknown\", \"under13\", \"13-15\", \"16-17\", \"18+\"; "
	"did you mean "
	"\"18+\"?"},
    {"rule a policy csae.known when item.views > 1 then block\n"
     "rule a policy csae.known when item.views > 1 then block",
	"2:6: there is a rule \"a\" already"},
    /* tests */
    {"rule a policy csae.known when item.views > 1 then block\n"
     "test 't' { item.views = 1 } expect block",
	"2:36: the test \"t\" failed: the verdict was allow"},
    {"rule a policy csae.known when item.views > 1 then block\n"
     "test 't' { item.views = 5 } expect review",
	"2:36: the test \"t\" failed: the verdict was block; rules that held: a"},
    {"rule a policy csae.known when item.views > 1 then block\n"
     "rule b policy csae.known when item.views > 9 then block\n"
     "test 't' { item.views = 5 } expect block by a, b",
	"3:48: the test \"t\" failed: the rule b did not hold"},
    {"test 't' { item.vews = 5 } expect allow",
	"1:12: \"item.vews\" cannot be given; did you mean \"item.views\"?"},
    {"test 't' { text.contains('x') = true } expect allow",
	"1:12: \"text.contains\" cannot be given"},
    {"test 't' { item.views = 'x' } expect allow", "1:25: item.views is an int"},
    {"test 't' { item.kind = 'pots' } expect allow", "1:24: this is not a value of item.kind"},
    {"test 't' { item.age = 'soon' } expect allow", "1:23: this is not a value of item.age"},
    {"test 't' { text.in_list('x') = true } expect allow", "1:25: there is no list \"x\""},
    {"test 't' { text.in_list = true } expect allow", "1:12: write text.in_list as rules do"},
    {"test 't' { media[99].width = 1 } expect allow", "1:12: an item has at most 16 media"},
    {"test 't' { media[0].widht = 1 } expect allow",
	"1:12: \"widht\" cannot be given; did you mean \"width\"?"},
    {"test 't' { media = 1 } expect allow", "1:12: \"media\" cannot be given"},
    {"test 't' { detector('pdq') = 'off' } expect allow",
	"1:12: write detector(\"pdq\") = \"failed\""},
    {"test 't' { } expect perhaps", "1:21: a verdict is one of allow, review, withhold, block"},
};

static void
t_refusals_name_place_and_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < TL_COUNT(refusals); i++) {
		struct tl_arena *a = tl_arena_create(1 << 20);
		struct tl_lang_report r;
		const struct tl_rule_set *set;
		tl_lang_report_init(&r, a);
		if (tl_rules_load_text(
			"t.rules", tl_str(refusals[i].text), &rules_known, &r, &set) == 0)
			fail_msg("%s: loaded", refusals[i].text);
		const char *got = tl_arena_printf(
		    a, "%u:%u: %s", r.errors[0].line, r.errors[0].column, r.errors[0].text);
		if (strcmp(got, refusals[i].want) != 0)
			fail_msg("%s\n  want %s\n  got  %s", refusals[i].text, refusals[i].want,
			    got);
		assert_string_equal("t.rules", r.errors[0].file);
		tl_lang_report_fini(&r);
		tl_arena_destroy(a);
	}
}

static void
t_every_error_of_a_pack_is_told(void **state)
{
	(void)state;
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_lang_report r;
	const struct tl_rule_set *set;
	tl_lang_report_init(&r, a);
	assert_true(tl_rules_load_text("t.rules",
			TL_S("rule a policy nope when item.vews > 1 then block\n"
			     "rule b policy csae.known when item.views > 1 then zzz\n"),
			&rules_known, &r, &set) < 0);
	assert_int_equal(3, r.count);
	assert_string_equal(
	    "t.rules:1:15: error: there is no policy \"nope\"\n"
	    "    1 | rule a policy nope when item.vews > 1 then block\n"
	    "      |               ^~~~\n"
	    "t.rules:1:25: error: there is nothing called \"item.vews\"; did you mean "
	    "\"item.views\"?\n"
	    "    1 | rule a policy nope when item.vews > 1 then block\n"
	    "      |                         ^~~~~~~~~\n"
	    "t.rules:2:51: error: there is no action \"zzz\"\n"
	    "    2 | rule b policy csae.known when item.views > 1 then zzz\n"
	    "      |                                                   ^~~\n",
	    tl_buf_z(&r.text));
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
}

static void
put_file(const char *dir, const char *name, const char *text)
{
	char path[200];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(0, tl_file_write_atomic(path, 0600, tl_str(text)));
}

static const char rule_a[] = "rule a policy csae.known when item.views > 1 then block\n";
static const char rule_b[] = "rule b policy terms.spam when item.views > 1 then review\n"
			     "test 't' { item.views = 2 } expect review\n";

static void
t_folder_is_one_set(void **state)
{
	(void)state;
	char dir[] = "/tmp/tl-rules-XXXXXX";
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_lang_report r;
	const struct tl_rule_set *one, *two;
	struct tl_rule_view v;
	assert_non_null(mkdtemp(dir));
	tl_lang_report_init(&r, a);
	assert_true(tl_rules_load(dir, &rules_known, &r, &one) < 0);
	assert_non_null(strstr(tl_buf_z(&r.text), "holds no rule packs"));
	tl_lang_report_fini(&r);
	tl_lang_report_init(&r, a);
	put_file(dir, "20-b.rules", rule_b);
	put_file(dir, "10-a.rules", rule_a);
	put_file(dir, ".hidden.rules", "nonsense");
	put_file(dir, "README.md", "nonsense");
	assert_int_equal(0, tl_rules_load(dir, &rules_known, &r, &one));
	assert_int_equal(2, tl_rules_count(one));
	assert_int_equal(1, tl_rules_test_count(one));
	assert_int_equal(12, tl_rules_version(one).n);
	tl_rules_view(one, 1, 0, &v);
	assert_true(tl_str_is(v.name, "b"));
	assert_int_equal(0, memcmp(v.pack.p, "20-b@", 5));
	assert_true(tl_str_is(v.when, "item.views > 1"));
	assert_true(tl_str_is(v.then, "review"));
	assert_true(
	    tl_str_eq(v.source, tl_bytes(rule_b, (size_t)(strchr(rule_b, '\n') - rule_b))));
	assert_int_equal(1, v.line);
	assert_int_equal(TL_RULE_ACTIVE, v.state);
	assert_int_equal(0, tl_rules_load(dir, &rules_known, &r, &two));
	assert_true(tl_str_eq(tl_rules_version(one), tl_rules_version(two)));
	tl_rules_unref(two);
	put_file(
	    dir, "20-b.rules", "rule a policy terms.spam when item.views > 1 then review\n");
	assert_true(tl_rules_load(dir, &rules_known, &r, &two) < 0);
	assert_string_equal("there is a rule \"a\" already", r.errors[0].text);
	tl_rules_unref(one);
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
	unit_remove_tree(dir);
}

static enum tl_rules_change
poll_once(struct tl_rules_watch *w, uint64_t stamp, unsigned *ret_errors)
{
	struct tl_arena *a = tl_arena_create(1 << 20);
	struct tl_lang_report r;
	tl_lang_report_init(&r, a);
	enum tl_rules_change c = tl_rules_watch_poll(w, &rules_known, stamp, &r);
	*ret_errors = r.count;
	tl_lang_report_fini(&r);
	tl_arena_destroy(a);
	return c;
}

static void
t_watch_swaps_and_keeps_the_last_good_set(void **state)
{
	(void)state;
	char dir[] = "/tmp/tl-rules-XXXXXX";
	unsigned errors;
	assert_non_null(mkdtemp(dir));
	struct tl_rules_watch *w = tl_rules_watch_create(dir);
	assert_null(tl_rules_watch_current(w));
	assert_int_equal(TL_RULES_REFUSED, poll_once(w, 1, &errors));
	assert_int_equal(TL_RULES_SAME, poll_once(w, 1, &errors));
	put_file(dir, "a.rules", rule_a);
	assert_int_equal(TL_RULES_SWAPPED, poll_once(w, 1, &errors));
	const struct tl_rule_set *held = tl_rules_watch_current(w);
	assert_int_equal(1, tl_rules_count(held));
	assert_int_equal(TL_RULES_SAME, poll_once(w, 1, &errors));
	put_file(dir, "b.rules", "rule b policy nope when item.views > 1 then block\n");
	assert_int_equal(TL_RULES_REFUSED, poll_once(w, 1, &errors));
	assert_int_equal(1, errors);
	assert_int_equal(TL_RULES_SAME, poll_once(w, 1, &errors));
	const struct tl_rule_set *still = tl_rules_watch_current(w);
	assert_ptr_equal(held, still);
	tl_rules_unref(still);
	put_file(dir, "b.rules", rule_b);
	assert_int_equal(TL_RULES_SWAPPED, poll_once(w, 1, &errors));
	assert_int_equal(TL_RULES_SWAPPED, poll_once(w, 2, &errors)); /* banks changed */
	assert_int_equal(TL_RULES_SAME, poll_once(w, 2, &errors));
	const struct tl_rule_set *now = tl_rules_watch_current(w);
	assert_int_equal(2, tl_rules_count(now));
	assert_int_equal(1, tl_rules_count(held)); /* the old one lives as long as it is held */
	tl_rules_unref(now);
	tl_rules_unref(held);
	tl_rules_watch_destroy(w);
	unit_remove_tree(dir);
}

/* What a thread of evaluations shares with the one that reloads. */
struct race {
	struct tl_rules_watch *watch;
	int stop;          /* atomic */
	uint64_t verdicts; /* atomic */
};

static void *
evaluate_always(void *arg)
{
	struct race *race = arg;
	struct tl_arena *a = tl_arena_create(1 << 18);
	struct tl_item item = {.views = 5, .state = TL_ITEM_SCANNED};
	struct tl_rules_input in = {.item = &item, .now_us = 1};
	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE)) {
		struct tl_verdict v;
		const struct tl_rule_set *set = tl_rules_watch_current(race->watch);
		tl_arena_reset(a);
		if (tl_rules_verdict(set, &in, a, &v) < 0 || v.word == TL_VERDICT_ALLOW)
			abort();
		tl_rules_unref(set);
		__atomic_add_fetch(&race->verdicts, 1, __ATOMIC_RELEASE);
	}
	tl_arena_destroy(a);
	return NULL;
}

static void
t_reload_while_evaluating_is_safe(void **state)
{
	(void)state;
	char dir[] = "/tmp/tl-rules-XXXXXX";
	unsigned errors;
	pthread_t thread;
	assert_non_null(mkdtemp(dir));
	put_file(dir, "a.rules", rule_a);
	struct race race = {.watch = tl_rules_watch_create(dir)};
	assert_int_equal(TL_RULES_SWAPPED, poll_once(race.watch, 0, &errors));
	assert_int_equal(0, pthread_create(&thread, NULL, evaluate_always, &race));
	/* Both must have had their turns, however the machine is loaded. */
	for (uint64_t stamp = 1;
	     stamp <= 50 || __atomic_load_n(&race.verdicts, __ATOMIC_ACQUIRE) < 50; stamp++)
		assert_int_equal(TL_RULES_SWAPPED, poll_once(race.watch, stamp, &errors));
	__atomic_store_n(&race.stop, 1, __ATOMIC_RELEASE);
	assert_int_equal(0, pthread_join(thread, NULL));
	tl_rules_watch_destroy(race.watch);
	unit_remove_tree(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_refusals_name_place_and_cause),
	    cmocka_unit_test(t_every_error_of_a_pack_is_told),
	    cmocka_unit_test(t_folder_is_one_set),
	    cmocka_unit_test(t_watch_swaps_and_keeps_the_last_good_set),
	    cmocka_unit_test(t_reload_while_evaluating_is_safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
