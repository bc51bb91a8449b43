/* The bank loader on a real store: new entries show up, disabled ones go, signals say where they come from. */
#include "base/buf.h"
#include "detect/banks.h"
#include "detect/detect.h"
#include "store/banks.h"
#include "sys/clock.h"

#include "unit_store.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

struct fixture {
	struct unit_store s;
	struct tl_bank terms;
	struct tl_bank_loader *loader;
	struct tl_detect *detect;
	_Atomic int refused;
	struct tl_signals out;
};

static void
on_refused(void *ctx, struct tl_id bank, struct tl_id entry, const char *why)
{
	struct fixture *f = ctx;
	(void)bank;
	(void)entry;
	(void)why;
	f->refused++;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	unit_store_open(&f->s);
	f->terms = (struct tl_bank){.name = TL_S("demo-terms"),
	    .kind = TL_BANK_TEXT,
	    .policy = TL_S("demo.policy"),
	    .source = TL_S("test"),
	    .enabled = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_create(f->s.db, &f->terms), 0);
	unit_commit(f->s.db);
	struct tl_bank_events ev = {.refused = on_refused, .ctx = f};
	assert_int_equal(tl_bank_loader_start(f->s.store, &ev, &f->loader), 0);
	f->detect = tl_detect_create();
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	tl_bank_loader_stop(f->loader);
	tl_detect_destroy(f->detect);
	unit_store_close(&f->s);
	free(f);
	return 0;
}

static struct tl_id
add(struct fixture *f, const char *value, enum tl_entry_form form)
{
	struct tl_bank_entry e = {.value = tl_str(value), .form = form, .enabled = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_entry_add(f->s.db, &f->terms, &e), 0);
	unit_commit(f->s.db);
	return e.id;
}

static size_t
run(struct fixture *f, const char *text)
{
	struct tl_banks *b = tl_bank_loader_take(f->loader);
	const struct tl_field fields[] = {
	    {TL_S("title"), TL_S("x")}, {TL_S("body"), tl_str(text)}};
	struct tl_detect_input in = {.fields = fields, .field_count = 2, .db = f->s.db};
	f->out.n = 0;
	assert_int_equal(tl_detect_run(f->detect, b, &in, f->s.arena, &f->out), 0);
	tl_banks_unref(b);
	return f->out.n;
}

static bool
within_2s(struct fixture *f, const char *text, size_t want)
{
	for (int64_t end = tl_mono_us() + 2 * TL_US_S; tl_mono_us() < end;
	     (void)usleep(20000)) {
		if (run(f, text) == want)
			return true;
	}
	return false;
}

static void
t_new_entries_are_seen_within_two_seconds(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(run(f, "a grobnik b"), 0);
	struct tl_id id = add(f, "grobnik", TL_FORM_WORD);
	assert_true(within_2s(f, "a Gr0bnik b", 1));
	const struct tl_signal *s = &f->out.s[0];
	assert_true(tl_str_is(s->detector, "text"));
	assert_true(tl_str_is(s->label, "demo-terms"));
	assert_true(tl_str_is(s->policy, "demo.policy"));
	assert_true(tl_str_is(s->field, "body"));
	assert_true(tl_id_eq(s->bank, f->terms.id));
	assert_true(tl_id_eq(s->entry, id));
	assert_int_equal(s->span_from, 2);
	assert_int_equal(s->span_to, 9);
	assert_true(s->score > 0.8 && s->score < 1);
	assert_false(s->failed);
}

static void
t_disabled_entries_and_banks_fall_silent(void **state)
{
	struct fixture *f = *state;
	struct tl_id id = add(f, "grobnik", TL_FORM_WORD);
	assert_true(within_2s(f, "grobnik", 1));
	unit_begin(f->s.db);
	assert_int_equal(
	    tl_bank_entry_disable(f->s.db, f->terms.id, id, tl_now_us() + TL_US_S), 0);
	unit_commit(f->s.db);
	tl_bank_loader_poke(f->loader);
	assert_true(within_2s(f, "grobnik", 0));
	assert_true(within_2s(f, "grobnik", 1)); /* it comes back by itself */
	f->terms.enabled = false;
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_set(f->s.db, &f->terms), 0);
	unit_commit(f->s.db);
	assert_true(within_2s(f, "grobnik", 0));
}

static void
t_unusable_entries_are_reported_and_the_rest_works(void **state)
{
	struct fixture *f = *state;
	add(f, "(unclosed", TL_FORM_REGEX);
	add(f, "zork", TL_FORM_WORD);
	assert_true(within_2s(f, "zork", 1));
	assert_true(f->refused >= 1);
	assert_int_equal(
	    tl_err_kind(tl_detect_entry_check(TL_FORM_REGEX, TL_S("(unclosed"))), TL_INPUT);
}

static void
t_a_field_that_cannot_be_matched_fails_loudly(void **state)
{
	struct fixture *f = *state;
	add(f, "zork", TL_FORM_WORD);
	assert_true(within_2s(f, "zork", 1));
	assert_int_equal(run(f, "bad \xff bytes"), 1);
	assert_true(f->out.s[0].failed);
	assert_true(tl_str_is(f->out.s[0].label, "the text is not valid UTF-8"));
	assert_true(tl_str_is(f->out.s[0].field, "body"));
}

static void
spoil(struct fixture *f, const char *sql)
{
	char path[128];
	sqlite3 *h = NULL;
	(void)snprintf(path, sizeof path, "%s/store.db", f->s.dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	(void)sqlite3_busy_timeout(h, 5000);
	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(h);
}

static void
t_banks_that_cannot_be_read_stay_and_are_reported(void **state)
{
	struct fixture *f = *state;
	add(f, "zork", TL_FORM_WORD);
	assert_true(within_2s(f, "zork", 1));
	assert_int_equal(tl_bank_loader_failing_us(f->loader), 0);
	spoil(f, "ALTER TABLE bank_entries RENAME COLUMN form TO no_form;"
		 " UPDATE banks SET changed = changed + 1");
	for (int i = 0; i < 300 && !tl_bank_loader_failing_us(f->loader); i++)
		(void)usleep(10000);
	assert_true(tl_bank_loader_failing_us(f->loader) > 0);
	assert_int_equal(run(f, "zork"), 1);
	spoil(f, "ALTER TABLE bank_entries RENAME COLUMN no_form TO form");
	for (int i = 0; i < 300 && tl_bank_loader_failing_us(f->loader); i++)
		(void)usleep(10000);
	assert_int_equal(tl_bank_loader_failing_us(f->loader), 0);
}

/* Many terms of one list in one text, and one of another list behind them: found, or said to be unknown. */
static void
t_what_does_not_fit_fails_loudly(void **state)
{
	struct fixture *f = *state;
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {0};
	for (int i = 0; i < 100; i++) {
		char word[16];
		(void)snprintf(word, sizeof word, "zork%c%c", 'a' + i / 26, 'a' + i % 26);
		add(f, word, TL_FORM_WORD);
		tl_buf_printf(&text, "%s ", word);
	}
	add(f, "grobnik", TL_FORM_WORD);
	tl_buf_puts(&text, "grobnik");
	assert_true(within_2s(f, "grobnik", 1));
	(void)run(f, tl_buf_z(&text));
	size_t failed = 0;
	for (size_t i = 0; i < f->out.n; i++)
		failed += f->out.s[i].failed && tl_str_is(f->out.s[i].detector, "text");
	assert_int_equal(failed, 1);

	struct tl_field fields[TL_ITEM_FIELDS_MAX];
	for (size_t i = 0; i < TL_ITEM_FIELDS_MAX; i++)
		fields[i] = (struct tl_field){TL_S("body"), tl_bytes(text.p, 60 * 7)};
	struct tl_detect_input in = {
	    .fields = fields, .field_count = TL_ITEM_FIELDS_MAX, .db = f->s.db};
	struct tl_banks *b = tl_bank_loader_take(f->loader);
	f->out.n = 0;
	assert_int_equal(tl_detect_run(f->detect, b, &in, f->s.arena, &f->out), 0);
	tl_banks_unref(b);
	assert_true(f->out.n <= TL_SIGNALS_MAX && f->out.n > 60);
	assert_true(f->out.s[f->out.n - 1].failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_new_entries_are_seen_within_two_seconds, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_disabled_entries_and_banks_fall_silent, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_unusable_entries_are_reported_and_the_rest_works, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_a_field_that_cannot_be_matched_fails_loudly, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_banks_that_cannot_be_read_stay_and_are_reported, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_what_does_not_fit_fails_loudly, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
