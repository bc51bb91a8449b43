/*
 * Real files through the real jail: the published PDQ vectors, every format, previews, hashing a file. Each format
 * must pass inside the system call filter: a library update that calls something new fails here first.
 */
#include "media/file.h"
#include "media/preview.h"

#include "media_unit.h"

#include <jpeglib.h>
#include <math.h>

static struct tl_jails *jails;

static int
setup(void **state)
{
	(void)state;
	jails = unit_jails(1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tl_jails_destroy(jails);
	return 0;
}

static void
decode(const char *name, uint32_t preview, struct tl_decoded *d)
{
	struct tl_buf b = unit_file(TEST_DATA, name);
	struct tl_decode_job job = {.bytes = tl_buf_str(&b), .preview_side = preview};
	int rc = tl_jails_decode(jails, &job, d);
	if (rc < 0)
		print_error("%s: %s\n", name, tl_err_text());
	assert_int_equal(rc, 0);
	assert_false(d->retried);
	tl_buf_fini(&b);
}

static void
check_vector(const char *name, int quality, const char *hex, uint32_t preview)
{
	char path[256];
	struct tl_decoded d;
	struct tl_pdq want;
	(void)snprintf(path, sizeof path, "pdq/%s", name);
	assert_int_equal(tl_pdq_unhex(tl_str(hex), &want), 0);
	decode(path, preview, &d);
	int away = tl_pdq_distance(&want, &d.picture.pdq[TL_PDQ_ORIGINAL]);
	if (away > 2)
		print_error("%s: %d bits away\n", name, away);
	assert_in_range(away, 0, 2);
	assert_in_range(abs(d.picture.quality - quality), 0, 1);
	tl_picture_fini(&d.picture);
}

static void
t_published_vectors_come_out(void **state)
{
	(void)state;
	FILE *f = fopen(TEST_DATA "/pdq/vectors.tsv", "re");
	char line[512], name[128], hex[128];
	int quality, n = 0;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%127s %d %127s", name, &quality, hex), 3);
		check_vector(name, quality, hex, 0);
		check_vector(name, quality, hex, TL_PREVIEW_SIDE);
		n++;
	}
	(void)fclose(f);
	assert_int_equal(n, 24);
}

static void
t_every_format_passes_inside_the_filter(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum tl_format format;
		uint32_t pages;
		uint16_t channels;
		int away; /* bits from the same picture as PNG, at most */
	} row[] = {
	    {"media/scene04.avif", TL_FORMAT_AVIF, 1, 3, 12},
	    {"media/scene04.heic", TL_FORMAT_HEIC, 1, 3, 12},
	    {"media/scene04-16bit.png", TL_FORMAT_PNG, 1, 3, 0},
	    {"media/scene04-lossless.webp", TL_FORMAT_WEBP, 1, 3, 0},
	    {"media/scene04-progressive.jpg", TL_FORMAT_JPEG, 1, 3, 6},
	    {"media/scene04-cmyk.jpg", TL_FORMAT_JPEG, 1, 4, 64},
	    {"media/animated.gif", TL_FORMAT_GIF, 3, 4, 31},
	    {"media/animated.webp", TL_FORMAT_WEBP, 3, 3, 31},
	};
	struct tl_pdq want;
	struct tl_decoded d;
	decode("pdq/scene04.png", 0, &d);
	want = d.picture.pdq[TL_PDQ_ORIGINAL];
	tl_picture_fini(&d.picture);
	for (size_t i = 0; i < TL_COUNT(row); i++) {
		decode(row[i].name, TL_PREVIEW_SIDE, &d);
		assert_int_equal(d.picture.format, row[i].format);
		assert_int_equal(d.picture.pages, row[i].pages);
		assert_int_equal(d.picture.channels, row[i].channels);
		assert_in_range(
		    tl_pdq_distance(&want, &d.picture.pdq[TL_PDQ_ORIGINAL]), 0, row[i].away);
		tl_picture_fini(&d.picture);
	}
}

/* The fourth picture of six is another one; a browser shows it, so it is hashed and a still shows it. */
static void
t_every_picture_of_an_animation_is_hashed(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint32_t pages, hidden; /* its encoder leaves out what does not change */
	} row[] = {{"animation/hidden.gif", 6, 3}, {"animation/hidden.png", 6, 3},
	    {"animation/hidden.webp", 3, 1}};
	for (size_t i = 0; i < TL_COUNT(row); i++) {
		struct tl_decoded d;
		int hidden = 0;
		decode(row[i].name, TL_PREVIEW_SIDE, &d);
		const struct tl_film *f = &d.picture.moving;
		assert_int_equal(d.picture.pages, row[i].pages);
		assert_int_equal(f->partly, TL_DECODE_OK);
		assert_int_equal(f->still_count, row[i].pages);
		assert_in_range(f->still_ms[row[i].hidden], 290, 310);
		assert_in_range(f->duration_ms, 390, 510);
		for (size_t k = 0; k < f->frames.n; k++) {
			int away = tl_pdq_distance(
			    &f->frames.f[k].hash, &d.picture.pdq[TL_PDQ_ORIGINAL]);
			hidden += f->frames.f[k].number == row[i].hidden && away > 80;
			assert_true(f->frames.f[k].number == row[i].hidden || away < 20);
		}
		assert_int_equal(hidden, 1);
		tl_decoded_fini(&d);
	}
}

/* Cut off behind its first pictures: those count, and it is told. */
static void
t_a_cut_animation_is_hashed_in_part(void **state)
{
	(void)state;
	struct tl_jails_config c = {.program = TEST_DECODER, .slots = 1};
	struct tl_jails *j = NULL;
	assert_int_equal(tl_jails_create(&c, &j), 0);
	struct tl_buf b = unit_file(TEST_DATA, "animation/hidden.png");
	const uint8_t *second = memmem(b.p + b.n / 2, b.n / 2, "fdAT", 4);
	assert_non_null(second);
	b.p[(size_t)(second - b.p) + 40] ^= 0x55; /* its deflated rows */
	struct tl_decode_job job = {.bytes = tl_buf_str(&b)};
	struct tl_decoded d;
	assert_int_equal(tl_jails_decode(j, &job, &d), 0);
	assert_int_equal(d.picture.moving.partly, TL_DECODE_CORRUPT);
	assert_in_range(d.picture.moving.frames.n, 1, 5);
	tl_decoded_fini(&d);
	tl_buf_fini(&b);
	tl_jails_destroy(j);
}

/* What a JPEG of ours shows: size, and the mean luma of its quarters: top left, top right, bottom left, right. */
struct seen {
	uint32_t w, h;
	int channels;
	double quarter[4];
};

static struct seen
look(const struct tl_buf *b)
{
	struct jpeg_error_mgr err;
	struct jpeg_decompress_struct d = {.err = jpeg_std_error(&err)};
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, b->p, b->n);
	(void)jpeg_read_header(&d, TRUE);
	struct seen s = {.channels = d.num_components};
	d.out_color_space = JCS_GRAYSCALE;
	(void)jpeg_start_decompress(&d);
	s.w = d.output_width;
	s.h = d.output_height;
	uint8_t *row = malloc(s.w);
	assert_non_null(row);
	while (d.output_scanline < s.h) {
		uint32_t y = d.output_scanline;
		(void)jpeg_read_scanlines(&d, &row, 1);
		for (uint32_t x = 0; x < s.w; x++)
			s.quarter[(y >= s.h / 2) * 2 + (x >= s.w / 2)] +=
			    row[x] * 4.0 / s.w / s.h;
	}
	free(row);
	(void)jpeg_finish_decompress(&d);
	jpeg_destroy_decompress(&d);
	return s;
}

static void
t_large_pictures_get_a_preview_within_the_limit(void **state)
{
	(void)state;
	struct tl_decoded d;
	struct tl_buf out = {0};
	decode("pdq/scene00-large.jpg", TL_PREVIEW_SIDE, &d);
	assert_int_equal(d.picture.width, 2400);
	assert_int_equal(d.picture.preview_width, 1200);
	assert_int_equal(d.picture.preview_height, 900);
	assert_int_equal(tl_preview_jpeg(&d.picture, &out), 0);
	struct seen s = look(&out);
	assert_int_equal(s.w, 1200);
	assert_int_equal(s.h, 900);
	assert_int_equal(s.channels, 3);
	assert_true(out.n < 400000);
	tl_buf_fini(&out);
	tl_picture_fini(&d.picture);
}

static void
t_tiny_derivative_is_grey_and_small(void **state)
{
	(void)state;
	static const char *const name[] = {
	    "pdq/scene00-large.jpg", "pdq/scene10.png", "pdq/tiny4.png", "media/orient6.jpg"};
	static const uint32_t size[][2] = {{32, 24}, {32, 6}, {4, 4}, {21, 32}};
	for (size_t i = 0; i < TL_COUNT(name); i++) {
		struct tl_decoded d;
		struct tl_buf out = {0};
		decode(name[i], TL_PREVIEW_SIDE, &d);
		assert_int_equal(tl_preview_tiny(&d.picture, &out), 0);
		struct seen s = look(&out);
		assert_int_equal(s.channels, 1);
		assert_int_equal(s.w, size[i][0]);
		assert_int_equal(s.h, size[i][1]);
		assert_true(out.n < 1500);
		tl_buf_fini(&out);
		tl_picture_fini(&d.picture);
	}
}

static void
t_orientation_turns_previews_and_leaves_hashes(void **state)
{
	(void)state;
	struct tl_decoded a, b;
	struct tl_buf pa = {0}, pb = {0}, pf = {0};
	decode("media/orient3.jpg", TL_PREVIEW_SIDE, &a);
	decode("media/orient6.jpg", TL_PREVIEW_SIDE, &b);
	assert_int_equal(a.picture.orientation, 3);
	assert_int_equal(b.picture.orientation, 6);
	assert_memory_equal(a.picture.pdq, b.picture.pdq, sizeof a.picture.pdq);
	struct tl_picture flat = a.picture; /* both hold the same pixels */
	flat.orientation = 1;
	assert_int_equal(tl_preview_jpeg(&flat, &pf), 0);
	assert_int_equal(tl_preview_jpeg(&a.picture, &pa), 0);
	assert_int_equal(tl_preview_jpeg(&b.picture, &pb), 0);
	struct seen f = look(&pf), half = look(&pa), clockwise = look(&pb);
	assert_true(f.w == 120 && f.h == 80 && half.w == 120 && half.h == 80);
	assert_true(clockwise.w == 80 && clockwise.h == 120);
	static const int of_half[4] = {3, 2, 1, 0}, of_clockwise[4] = {2, 0, 3, 1};
	for (int i = 0; i < 4; i++) {
		assert_true(fabs(half.quarter[i] - f.quarter[of_half[i]]) < 1);
		assert_true(fabs(clockwise.quarter[i] - f.quarter[of_clockwise[i]]) < 1);
	}
	for (int i = 0; i < 3; i++) /* else this proves nothing */
		assert_true(fabs(f.quarter[i] - f.quarter[i + 1]) > 2);
	tl_buf_fini(&pa);
	tl_buf_fini(&pb);
	tl_buf_fini(&pf);
	tl_picture_fini(&a.picture);
	tl_picture_fini(&b.picture);
}

static void
t_files_are_hashed_for_the_command_line(void **state)
{
	(void)state;
	struct tl_file_hash h;
	char hex[65];
	assert_int_equal(tl_hash_file(jails, TEST_DATA "/pdq/scene07.png", &h), 0);
	assert_int_equal(h.reason, TL_DECODE_OK);
	assert_int_equal(h.quality, 83);
	assert_int_equal(h.width, 63);
	tl_hex(hex, h.sha256, 32);
	assert_string_equal(
	    hex, "e063d302bf458b3f0c01e41eedef0dab64482ee99c1a6ac21acdd298ec6b6604");
	assert_int_equal(tl_hash_file(jails, TEST_DATA "/pdq/vectors.tsv", &h), 0);
	assert_int_equal(h.reason, TL_DECODE_UNSUPPORTED);
	assert_int_equal(tl_hash_file(jails, TEST_DATA "/no-such-file", &h), TL_ENOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_published_vectors_come_out),
	    cmocka_unit_test(t_every_format_passes_inside_the_filter),
	    cmocka_unit_test(t_every_picture_of_an_animation_is_hashed),
	    cmocka_unit_test(t_a_cut_animation_is_hashed_in_part),
	    cmocka_unit_test(t_large_pictures_get_a_preview_within_the_limit),
	    cmocka_unit_test(t_tiny_derivative_is_grey_and_small),
	    cmocka_unit_test(t_orientation_turns_previews_and_leaves_hashes),
	    cmocka_unit_test(t_files_are_hashed_for_the_command_line),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
