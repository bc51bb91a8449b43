/*
 * Every kind of pixel that files hold, through the real jail: the same picture as palette, 1 to 16 bits, grey, with alpha,
 * in printing colours, progressive. Pictures and files are made here, so that the right hash is known: that of the luma
 * which a viewer's eight-bit RGB or grey would have (pdq_oracle.h).
 */
#include "media_unit.h"
#include "pdq_oracle.h"
#include "png_write.h"

#include <jpeglib.h>

#define W 201 /* no whole number of bytes at 1, 2 or 4 bits */
#define H 147

static struct tl_jails *jails;
static uint8_t rgb[H][W][3];

static int
setup(void **state)
{
	(void)state;
	jails = unit_jails(1);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			double wave = sin(x * 0.09 + y * 0.02) + sin(y * 0.11 - x * 0.05);
			bool box = x / 40 % 2 == y / 30 % 2;
			rgb[y][x][0] = (uint8_t)(128 + 50 * wave + (box ? 20 : -20));
			rgb[y][x][1] = (uint8_t)(120 + 40 * wave * (box ? -1 : 1));
			rgb[y][x][2] = (uint8_t)(x + y / 4);
		}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tl_jails_destroy(jails);
	return 0;
}

/* The grey of a pixel with `bits` bits, and what it means in eight. */
static unsigned
grey_of(int x, int y, int bits)
{
	return rgb[y][x][0] >> (8 - bits);
}

static uint8_t
widened(unsigned v, int bits)
{
	return (uint8_t)(v * 255 / ((1u << bits) - 1));
}

/* The file must hash like this plane of luma, `away` bits at most. Frees the file. */
static void
expect(struct tl_buf *file, const float luma[H * W], int away, const char *what)
{
	static float plane[H * W];
	struct tl_pdq want;
	int quality;
	memcpy(plane, luma, sizeof plane);
	oracle_pdq(plane, W, H, &want, &quality);
	struct tl_decoded d;
	struct tl_decode_job job = {.bytes = tl_buf_str(file)};
	if (tl_jails_decode(jails, &job, &d) < 0)
		fail_msg("%s: %s", what, tl_err_text());
	assert_true(d.picture.width == W && d.picture.height == H);
	int got = tl_pdq_distance(&want, &d.picture.pdq[TL_PDQ_ORIGINAL]);
	if (got > away || abs(d.picture.quality - quality) > 1)
		print_error("%s: %d bits away\n", what, got);
	assert_in_range(got, 0, away);
	assert_in_range(abs(d.picture.quality - quality), 0, 1);
	assert_true(quality >= TL_PDQ_QUALITY_MIN);
	tl_picture_fini(&d.picture);
	tl_buf_fini(file);
}

static const float *
luma_of_rgb(void)
{
	static float luma[H * W];
	tl_pdq_luma(luma, rgb[0][0], (size_t)H * W);
	return luma;
}

static void
t_grey_of_every_depth_is_scaled(void **state)
{
	(void)state;
	static float luma[H * W];
	for (int bits = 1; bits <= 16; bits *= 2) {
		struct png p = png_begin(W, H, bits, PNG_GREY);
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++) {
				unsigned v = grey_of(x, y, bits < 8 ? bits : 8);
				png_put(&p, bits == 16 ? v * 257 : v);
				luma[y * W + x] = widened(v, bits < 8 ? bits : 8);
			}
		struct tl_buf file = png_end(&p);
		expect(&file, luma, 0, "grey");
	}
}

static void
t_palettes_are_expanded(void **state)
{
	(void)state;
	static float luma[H * W];
	for (int bits = 1; bits <= 8; bits *= 2) {
		struct png p = png_begin(W, H, bits, PNG_PALETTE);
		uint8_t colour[256][3];
		for (unsigned i = 0; i < 256; i++) { /* far from the order of brightness */
			colour[i][0] = (uint8_t)(i * 167 + 20);
			colour[i][1] = (uint8_t)(255 - i * 59);
			colour[i][2] = (uint8_t)(i * 91);
		}
		png_palette(&p, colour, 1u << bits);
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++) {
				unsigned v = grey_of(x, y, bits);
				png_put(&p, v);
				tl_pdq_luma(&luma[y * W + x], colour[v], 1);
			}
		struct tl_buf file = png_end(&p);
		expect(&file, luma, 0, "palette");
	}
}

/* Alpha of every strength: dropped, as the reference does. */
static void
t_colours_with_and_without_alpha_hash_alike(void **state)
{
	(void)state;
	static const enum png_kind kind[] = {PNG_RGB, PNG_RGBA};
	for (int bits = 8; bits <= 16; bits += 8)
		for (size_t k = 0; k < TL_COUNT(kind); k++) {
			struct png p = png_begin(W, H, bits, kind[k]);
			for (int y = 0; y < H; y++)
				for (int x = 0; x < W; x++) {
					unsigned scale = bits == 16 ? 257 : 1;
					for (int c = 0; c < 3; c++)
						png_put(&p, rgb[y][x][c] * scale);
					if (kind[k] == PNG_RGBA)
						png_put(
						    &p, (unsigned)(x * 5 + y) % 256 * scale);
				}
			struct tl_buf file = png_end(&p);
			expect(&file, luma_of_rgb(), 0, "colours");
		}
}

static void
t_grey_with_alpha_hashes_as_grey(void **state)
{
	(void)state;
	static float luma[H * W];
	for (int bits = 8; bits <= 16; bits += 8) {
		struct png p = png_begin(W, H, bits, PNG_GREY_ALPHA);
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++) {
				unsigned v = grey_of(x, y, 8), scale = bits == 16 ? 257 : 1;
				png_put(&p, v * scale);
				png_put(&p, (unsigned)(x + y) % 256 * scale);
				luma[y * W + x] = (float)v;
			}
		struct tl_buf file = png_end(&p);
		expect(&file, luma, 0, "grey with alpha");
	}
}

struct jpeg_case {
	const char *what;
	J_COLOR_SPACE in, stored;
	bool progressive;
	int away; /* the codec's loss moves a few bits */
};

/* A pixel in the colours of a case; printing colours inverted, as Adobe stores them. */
static void
pixel(uint8_t *to, const uint8_t *from, J_COLOR_SPACE space)
{
	uint8_t key = from[0] > from[1] ? from[0] : from[1];
	key = key > from[2] ? key : from[2];
	if (space == JCS_GRAYSCALE) {
		to[0] = from[0];
		return;
	}
	for (int c = 0; c < 3; c++)
		to[c] = space != JCS_CMYK
			    ? from[c]
			    : (uint8_t)(key ? (from[c] * 255 + key / 2) / key : 0);
	if (space == JCS_CMYK)
		to[3] = key;
}

static struct tl_buf
jpeg_of(const struct jpeg_case *j)
{
	struct jpeg_error_mgr err;
	struct jpeg_compress_struct c = {.err = jpeg_std_error(&err)};
	unsigned char *mem = NULL;
	unsigned long n = 0;
	uint8_t row[W * 4];
	JSAMPROW at = row;
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &mem, &n);
	c.image_width = W;
	c.image_height = H;
	c.in_color_space = j->in;
	c.input_components = j->in == JCS_GRAYSCALE ? 1 : j->in == JCS_CMYK ? 4 : 3;
	jpeg_set_defaults(&c);
	jpeg_set_colorspace(&c, j->stored);
	jpeg_set_quality(&c, 97, TRUE);
	if (j->progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	for (int y = 0; y < H; y++) {
		for (int x = 0; x < W; x++)
			pixel(row + x * c.input_components, rgb[y][x], j->in);
		(void)jpeg_write_scanlines(&c, &at, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	struct tl_buf b = {0};
	tl_buf_put(&b, mem, n);
	free(mem);
	return b;
}

static void
t_jpeg_of_every_colour_space_hashes_as_seen(void **state)
{
	(void)state;
	static const struct jpeg_case cases[] = {
	    {"colours", JCS_RGB, JCS_YCbCr, false, 4},
	    {"progressive", JCS_RGB, JCS_YCbCr, true, 4},
	    {"stored as RGB", JCS_RGB, JCS_RGB, false, 4},
	    {"grey", JCS_GRAYSCALE, JCS_GRAYSCALE, false, 4},
	    {"progressive grey", JCS_GRAYSCALE, JCS_GRAYSCALE, true, 4},
	    {"CMYK", JCS_CMYK, JCS_CMYK, false, 4},
	    {"progressive CMYK", JCS_CMYK, JCS_CMYK, true, 4},
	    {"YCCK", JCS_CMYK, JCS_YCCK, false, 4},
	};
	static float grey[H * W];
	for (int i = 0; i < H * W; i++)
		grey[i] = rgb[i / W][i % W][0];
	for (size_t i = 0; i < TL_COUNT(cases); i++) {
		struct tl_buf file = jpeg_of(&cases[i]);
		expect(&file, cases[i].in == JCS_GRAYSCALE ? grey : luma_of_rgb(),
		    cases[i].away, cases[i].what);
	}
}

/* What a turned picture shows at x, y, of a plane of sw x sh. */
static uint8_t
turned_pixel(
    const uint8_t *plane, uint32_t sw, uint32_t sh, enum tl_pdq_turn t, uint32_t x, uint32_t y)
{
	static const struct {
		bool swap, mirror_x, mirror_y; /* of the place where it was */
	} rule[TL_PDQ_TURNS] = {
	    [TL_PDQ_ROT90] = {true, true, false},
	    [TL_PDQ_ROT180] = {false, true, true},
	    [TL_PDQ_ROT270] = {true, false, true},
	    [TL_PDQ_FLIP_X] = {false, false, true},
	    [TL_PDQ_FLIP_Y] = {false, true, false},
	    [TL_PDQ_FLIP_PLUS1] = {true, false, false},
	    [TL_PDQ_FLIP_MINUS1] = {true, true, true},
	};
	uint32_t sx = rule[t].swap ? y : x, sy = rule[t].swap ? x : y;
	sx = rule[t].mirror_x ? sw - 1 - sx : sx;
	sy = rule[t].mirror_y ? sh - 1 - sy : sy;
	return plane[sy * sw + sx];
}

/* All eight hashes of one decode are those of files that really are turned. */
static void
t_eight_hashes_come_from_one_decode(void **state)
{
	(void)state;
	enum { SW = 640, SH = 448 }; /* large: turning moves the kept places by a pixel */
	static uint8_t plane[SW * SH], turned[SW * SH];
	struct png p = png_begin(SW, SH, 8, PNG_GREY);
	for (int i = 0; i < SW * SH; i++) {
		double x = i % SW, y = (double)i / SW;
		plane[i] = (uint8_t)(100 + 30 * sin(x * 0.03 + y * 0.01) +
				     30 * sin(y * 0.05 - x * 0.02) +
				     30 * sin(x * 0.011 + y * y * 2e-4) +
				     (x > 400 && y < 120 ? 60 : 0));
		png_put(&p, plane[i]);
	}
	struct tl_buf file = png_end(&p);
	struct tl_decoded d;
	struct tl_decode_job job = {.bytes = tl_buf_str(&file)};
	assert_int_equal(tl_jails_decode(jails, &job, &d), 0);
	tl_buf_fini(&file);
	for (int t = 0; t < TL_PDQ_TURNS; t++) {
		bool swap = t == TL_PDQ_ROT90 || t == TL_PDQ_ROT270 || t == TL_PDQ_FLIP_PLUS1 ||
			    t == TL_PDQ_FLIP_MINUS1;
		uint32_t w = swap ? SH : SW, h = swap ? SW : SH;
		struct tl_pdq want;
		int quality;
		for (uint32_t i = 0; i < SW * SH; i++)
			turned[i] =
			    turned_pixel(plane, SW, SH, (enum tl_pdq_turn)t, i % w, i / w);
		assert_int_equal(tl_pdq_of_luma(turned, w, h, w, &want, &quality), 0);
		assert_in_range(tl_pdq_distance(&want, &d.picture.pdq[t]), 0, 16);
		for (int other = 0; other < TL_PDQ_TURNS; other++)
			assert_true(
			    other == t || tl_pdq_distance(&want, &d.picture.pdq[other]) > 31);
	}
	tl_picture_fini(&d.picture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_grey_of_every_depth_is_scaled),
	    cmocka_unit_test(t_palettes_are_expanded),
	    cmocka_unit_test(t_colours_with_and_without_alpha_hash_alike),
	    cmocka_unit_test(t_grey_with_alpha_hashes_as_grey),
	    cmocka_unit_test(t_jpeg_of_every_colour_space_hashes_as_seen),
	    cmocka_unit_test(t_eight_hashes_come_from_one_decode),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
