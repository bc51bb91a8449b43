/*
 * Every hostile video and sound of tests/make_hostile_film.py through the real jail: it ends, without the decoder's death,
 * in the state of its row in hostile.tsv; good ones between them do not notice.
 */
#include "media/jails.h"
#include "sys/clock.h"
#include "sys/spawn.h"

#include "media_unit.h"

#include <sys/wait.h>

#define LINE 256
#define GOOD_EVERY 10

static char dir[64] = "/tmp/tutela-test-XXXXXX";

static void
generate(void)
{
	const char *argv[] = {"python3", TEST_DATA "/../make_hostile_film.py", dir, NULL};
	struct tl_spawn how = {.path = "/usr/bin/python3", .argv = argv};
	struct tl_child c = TL_CHILD_NONE;
	int status = -1;
	assert_int_equal(tl_spawn(&how, &c), 0);
	assert_int_equal(tl_child_wait(&c, tl_mono_us() + 60 * TL_US_S, &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
decode(struct tl_jails *j, const char *folder, const char *name, struct tl_decoded *d)
{
	struct tl_buf b = unit_file(folder, name);
	struct tl_decode_job job = {.bytes = tl_buf_str(&b),
	    .preview_side = 1,
	    .limits = {.film_s = 60, .side = 8192, .pixels = 50000000}};
	int rc = tl_jails_decode(j, &job, d);
	assert_int_equal(rc, d->err);
	tl_buf_fini(&b);
}

static bool
as_expected(const char *state, const char *reasons, const struct tl_decoded *d)
{
	bool partly = d->reason == TL_DECODE_OK && d->film.partly != TL_DECODE_OK;
	enum tl_decode_reason why = partly ? d->film.partly : d->reason;
	const char *word = tl_decode_reason_word(why), *at = strstr(reasons, word);
	if (strcmp(state, "either") == 0)
		return true;
	size_t n = strlen(word);
	if (partly != (strcmp(state, "partly") == 0))
		return false;
	return at && (at == reasons || at[-1] == ',') && (at[n] == ',' || at[n] == '\0');
}

static void
t_every_hostile_film_ends_as_its_row_says(void **state)
{
	(void)state;
	struct tl_jails *j = NULL;
	struct tl_jails_config c = {.program = TEST_DECODER, .slots = 1, .long_only = true};
	assert_int_equal(tl_jails_create(&c, &j), 0);
	FILE *f = fopen(TEST_DATA "/film/hostile.tsv", "re");
	char line[LINE], name[64], what[16], reasons[64];
	size_t n = 0, wrong = 0;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		struct tl_decoded d = {0};
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%63s %15s %63s", name, what, reasons), 3);
		decode(j, dir, name, &d);
		if (d.retried || !as_expected(what, reasons, &d)) {
			print_error("%s: %s %s%s, expected %s %s\n", name,
			    tl_decode_reason_word(d.reason),
			    tl_decode_reason_word(d.film.partly), d.retried ? " twice" : "",
			    what, reasons);
			wrong++;
		}
		tl_decoded_fini(&d);
		if (n++ % GOOD_EVERY)
			continue;
		decode(j, TEST_DATA "/film", "scenes.mp4", &d);
		assert_int_equal(d.reason, TL_DECODE_OK);
		assert_int_equal(d.film.duration_ms, 6000);
		tl_decoded_fini(&d);
	}
	(void)fclose(f);
	assert_int_equal(wrong, 0);
	assert_true(n >= 80);
	tl_jails_destroy(j);
}

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	generate();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	const char *argv[] = {"rm", "-rf", dir, NULL};
	struct tl_spawn how = {.path = "/bin/rm", .argv = argv};
	struct tl_child c = TL_CHILD_NONE;
	int status = -1;
	if (tl_spawn(&how, &c) < 0)
		return -1;
	return tl_child_wait(&c, tl_mono_us() + 10 * TL_US_S, &status);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_hostile_film_ends_as_its_row_says),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
