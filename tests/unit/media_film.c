/*
 * Videos and sounds through the real jail: frame hashes as the reference makes them, every container and codec that is
 * allowed, fingerprints, stills and clip, and the way back to a WebM. A library update that calls something new fails
 * here first.
 */
#include "media/jails.h"

#include "media_unit.h"

static struct tl_jails *jails;

static int
setup(void **state)
{
	(void)state;
	struct tl_jails_config c = {.program = TEST_DECODER, .slots = 1, .long_only = true};
	return tl_jails_create(&c, &jails);
}

static int
teardown(void **state)
{
	(void)state;
	tl_jails_destroy(jails);
	return 0;
}

static void
decode(const char *name, bool show, struct tl_decoded *d)
{
	struct tl_buf b = unit_file(TEST_DATA, name);
	struct tl_decode_job job = {.bytes = tl_buf_str(&b), .preview_side = show ? 320 : 0};
	int rc = tl_jails_decode(jails, &job, d);
	if (rc < 0)
		print_error("%s: %s\n", name, tl_err_text());
	assert_int_equal(rc, 0);
	assert_false(d->retried);
	assert_true(d->is_film);
	tl_buf_fini(&b);
}

/* The list that others exchange: no scene starts, nothing cropped. */
static void
check_list(const char *name)
{
	char path[256];
	struct tl_decoded d;
	struct tl_video want = {0};
	(void)snprintf(path, sizeof path, "vpdq/%s.txt", name);
	struct tl_buf text = unit_file(TEST_DATA, path);
	assert_int_equal(tl_video_parse(tl_buf_str(&text), &want), 0);
	(void)snprintf(path, sizeof path, "vpdq/%s.mp4", name);
	decode(path, false, &d);
	size_t n = 0;
	for (size_t i = 0; i < d.film.frames.n; i++) {
		const struct tl_video_frame *f = &d.film.frames.f[i];
		if (f->flags)
			continue;
		assert_true(n < want.n);
		const struct tl_video_frame *w = &want.f[n++];
		int away = tl_pdq_distance(&f->hash, &w->hash);
		if (w->quality >= TL_PDQ_QUALITY_MIN && away > 8)
			print_error("%s frame %u: %d bits away\n", name, w->number, away);
		assert_true(w->quality < TL_PDQ_QUALITY_MIN || away <= 8);
		assert_int_equal(f->number, w->number);
		assert_int_equal(f->ms, w->ms);
		assert_true(f->quality <= w->quality + 1 && f->quality + 1 >= w->quality);
	}
	assert_int_equal(n, want.n);
	tl_decoded_fini(&d);
	tl_video_fini(&want);
	tl_buf_fini(&text);
}

static void
t_frames_hash_as_the_reference_does(void **state)
{
	(void)state;
	static const char *const names[] = {
	    "life", "mandelbrot", "mandelbrot-clip-small", "testsrc2", "testsrc2-bright"};
	for (size_t i = 0; i < TL_COUNT(names); i++)
		check_list(names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_frames_hash_as_the_reference_does),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
