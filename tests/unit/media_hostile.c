/*
 * Hostile and corrupt pictures (tests/make_hostile.py) through the real decoder, many at a time, driven as an event
 * loop drives it: each ends as its row of data/media/hostile.tsv says, what must scan right has the size and the hash
 * of the clean picture, and good pictures in between still decode.
 */
#include "media/preview.h"
#include "sys/clock.h"
#include "sys/spawn.h"

#include "media_unit.h"

#include <poll.h>
#include <sys/wait.h>

#define SLOTS 2
#define GOOD_EVERY 5
#define LINE 512

/* A row of tests/data/media/hostile.tsv. */
struct sample {
	char name[64], state[16], reasons[64], like[32];
	unsigned width, height, pages;
	int away, quality; /* of 256 bits from the clean picture, at most; at least */
	struct tl_buf bytes;
	bool back;
};

static struct sample samples[512];
static size_t count;
static struct sample *again[8]; /* put back by the pool; NULL: a good picture */
static size_t again_count;
static char dir[64] = "/tmp/tutela-test-XXXXXX";

static void
generate(void)
{
	const char *argv[] = {"python3", TEST_DATA "/../make_hostile.py", TEST_DATA, dir, NULL};
	struct tl_spawn how = {.path = "/usr/bin/python3", .argv = argv};
	struct tl_child c = TL_CHILD_NONE;
	int status = -1;
	assert_int_equal(tl_spawn(&how, &c), 0);
	assert_int_equal(tl_child_wait(&c, tl_mono_us() + 60 * TL_US_S, &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* name, declared type, state, reasons; width, height, pages; like, away, quality, each "-" where nothing is expected */
static void
read_row(const char *line)
{
	char n[5][16];
	struct sample *s = &samples[count++];
	assert_true(count < TL_COUNT(samples));
	assert_int_equal(
	    sscanf(line, "%63s %*s %15s %63s %15s %15s %15s %31s %15s %15s", s->name, s->state,
		s->reasons, n[0], n[1], n[2], s->like, n[3], n[4]),
	    9);
	s->width = (unsigned)strtoul(n[0], NULL, 10);
	s->height = (unsigned)strtoul(n[1], NULL, 10);
	s->pages = (unsigned)strtoul(n[2], NULL, 10);
	s->away = (int)strtol(n[3], NULL, 10);
	s->quality = (int)strtol(n[4], NULL, 10);
	s->bytes = unit_file(dir, s->name);
}

static int
setup(void **state)
{
	(void)state;
	char line[LINE];
	assert_non_null(mkdtemp(dir));
	generate();
	FILE *f = fopen(TEST_DATA "/media/hostile.tsv", "re");
	assert_non_null(f);
	while (fgets(line, sizeof line, f))
		if (line[0] != '#')
			read_row(line);
	(void)fclose(f);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++)
		tl_buf_fini(&samples[i].bytes);
	unit_remove_tree(dir);
	return 0;
}

static bool
is_expected(const struct sample *s, const char *word)
{
	const char *at = strstr(s->reasons, word);
	size_t n = strlen(word);
	return at && (at == s->reasons || at[-1] == ',') && (at[n] == ',' || at[n] == 0);
}

/* The published hash of a clean picture (data/pdq/vectors.tsv). */
static struct tl_pdq
clean_hash(const char *name)
{
	char line[LINE], at[64], hex[80];
	struct tl_pdq h = {{0}};
	bool found = false;
	FILE *f = fopen(TEST_DATA "/pdq/vectors.tsv", "re");
	assert_non_null(f);
	while (!found && fgets(line, sizeof line, f))
		found = sscanf(line, "%63s %*d %79s", at, hex) == 2 && strcmp(at, name) == 0 &&
			tl_pdq_unhex(tl_str(hex), &h) == 0;
	(void)fclose(f);
	assert_true(found);
	return h;
}

static void
check_picture(const struct sample *s, const struct tl_picture *p)
{
	if (strcmp(s->state, "scanned") != 0 && strcmp(s->state, "partly") != 0)
		return;
	assert_int_equal(p->width, s->width);
	assert_int_equal(p->height, s->height);
	assert_int_equal(p->pages, s->pages);
	assert_in_range(p->orientation, 0, 8);
	/* Where the library's count of a GIF ends more may follow. */
	if (s->pages > 4096 && strstr(s->name, ".gif"))
		assert_int_not_equal(p->moving.partly, TL_DECODE_OK);
	if (strcmp(s->like, "-") == 0)
		return;
	struct tl_pdq clean = clean_hash(s->like);
	int away = tl_pdq_distance(&clean, &p->pdq[TL_PDQ_ORIGINAL]);
	if (away > s->away || p->quality < s->quality)
		print_error("%s: %d bits away, quality %d\n", s->name, away, p->quality);
	assert_true(away <= s->away && p->quality >= s->quality);
}

/* False when it must be handed in once more. */
static bool
check(struct tl_decoded *d, int *good)
{
	struct sample *s = d->user;
	const char *word = tl_decode_reason_word(d->reason);
	if (d->put_back) {
		assert_true(again_count < TL_COUNT(again));
		again[again_count++] = s;
		return false;
	}
	if (!s) { /* a good picture in between */
		assert_int_equal(d->reason, TL_DECODE_OK);
		assert_int_equal(d->picture.quality, 87);
		(*good)++;
	} else {
		assert_false(s->back);
		s->back = true;
		if (!is_expected(s, word))
			print_error("%s: %s, expected %s\n", s->name, word, s->reasons);
		assert_true(is_expected(s, word));
		assert_int_equal(d->err == 0, d->reason == TL_DECODE_OK);
		if (d->reason == TL_DECODE_OK)
			check_picture(s, &d->picture);
	}
	tl_picture_fini(&d->picture);
	return true;
}

static void
submit(struct tl_jails *j, struct sample *s, struct tl_str good, bool slow)
{
	struct tl_decode_job job = {.bytes = s ? tl_buf_str(&s->bytes) : good,
	    .preview_side = TL_PREVIEW_SIDE,
	    .limits = {.pixels = 50000000, .memory_mb = 512, .deadline_ms = 20000},
	    .slow = slow,
	    .user = s};
	assert_int_equal(tl_jails_submit(j, &job), 0);
}

/* Submits sample after sample (and now and then a good picture) while there are free slots. */
static void
feed(struct tl_jails *j, struct tl_str good, size_t *next, size_t total)
{
	while (again_count && tl_jails_may_take_long(j))
		submit(j, again[--again_count], good, true);
	while (*next < total && again_count < TL_COUNT(again) / 2 && tl_jails_free(j) > 0) {
		size_t i = (*next)++;
		bool is_good = i % GOOD_EVERY == GOOD_EVERY - 1;
		submit(j, is_good ? NULL : &samples[i - i / GOOD_EVERY], good, false);
	}
}

static void
t_every_hostile_file_has_its_reason_and_good_ones_go_on(void **state)
{
	(void)state;
	struct tl_jails *j = unit_jails(SLOTS);
	struct tl_buf good = unit_file(TEST_DATA, "pdq/scene00.png");
	struct tl_decoded d;
	size_t next = 0, back = 0, total = count + (count - 1) / (GOOD_EVERY - 1);
	int good_back = 0;
	assert_true(count >= 80);
	while (back < total) {
		feed(j, tl_buf_str(&good), &next, total);
		assert_int_equal(
		    tl_fd_wait(tl_jails_fd(j), POLLIN, tl_mono_us() + 100 * TL_US_S), 0);
		while (tl_jails_next(j, &d))
			back += check(&d, &good_back);
	}
	assert_int_equal(good_back, (count - 1) / (GOOD_EVERY - 1));
	for (size_t i = 0; i < count; i++)
		assert_true(samples[i].back);
	assert_int_equal(tl_jails_free(j), SLOTS);
	tl_buf_fini(&good);
	tl_jails_destroy(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_every_hostile_file_has_its_reason_and_good_ones_go_on),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
