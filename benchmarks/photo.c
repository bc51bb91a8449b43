/* Drawn photographs and their JPEGs; see photo.h. Called by the benches pdq and pictures. Without memory it aborts. */
#include "photo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

static uint32_t seed = 1;

static uint32_t
next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* Smooth noise: random values on a lattice of `cell` pixels, blended in between. */
static void
add_octave(float *plane, uint32_t w, uint32_t h, uint32_t cell, float weight)
{
	uint32_t lw = w / cell + 2, lh = h / cell + 2;
	float *lattice = malloc((size_t)lw * lh * sizeof *lattice);
	if (!lattice)
		abort();
	for (size_t i = 0; i < (size_t)lw * lh; i++)
		lattice[i] = ((float)(next() % 2001) - 1000) / 1000 * weight;
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			const float *at = lattice + (size_t)(y / cell) * lw + x / cell;
			float fx = (float)(x % cell) / (float)cell;
			float fy = (float)(y % cell) / (float)cell;
			plane[(size_t)y * w + x] += (at[0] * (1 - fx) + at[1] * fx) * (1 - fy) +
						    (at[lw] * (1 - fx) + at[lw + 1] * fx) * fy;
		}
	free(lattice);
}

static void
draw_plasma(uint8_t *rgb, uint32_t w, uint32_t h, uint32_t noise)
{
	size_t n = (size_t)w * h;
	float *plane = malloc(n * sizeof *plane);
	if (!plane)
		abort();
	for (size_t c = 0; c < 3; c++) {
		float weight = 70;
		for (size_t i = 0; i < n; i++)
			plane[i] = 128;
		for (uint32_t cell = w / 3; cell >= w / 96; cell /= 2, weight *= 0.6f)
			add_octave(plane, w, h, cell, weight);
		for (size_t i = 0; i < n; i++) {
			float v = plane[i] + (float)(next() % noise);
			rgb[3 * i + c] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	}
	free(plane);
}

static void
draw_hills(uint8_t *rgb, uint32_t w, uint32_t h, uint32_t noise)
{
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			for (uint32_t c = 0; c < 3; c++) {
				double v = 128 + 60 * sin(x * (c + 3) * 7.0 / w + y * 5.0 / h) +
					   40 * sin(y * 23.0 / h) + (double)(next() % noise);
				rgb[((size_t)y * w + x) * 3 + c] = (uint8_t)(v < 0     ? 0
									     : v > 255 ? 255
										       : v);
			}
}

uint8_t *
photo_draw(enum photo_kind kind, uint32_t w, uint32_t h, uint32_t noise)
{
	uint8_t *rgb = malloc((size_t)w * h * 3);
	if (!rgb)
		abort();
	if (kind == PHOTO_PLASMA)
		draw_plasma(rgb, w, h, noise);
	else
		draw_hills(rgb, w, h, noise);
	return rgb;
}

struct tl_buf
photo_jpeg(enum photo_kind kind, uint32_t w, uint32_t h, uint32_t noise)
{
	struct jpeg_error_mgr err;
	struct jpeg_compress_struct c = {.err = jpeg_std_error(&err)};
	unsigned char *mem = NULL;
	unsigned long n = 0;
	uint8_t *rgb = photo_draw(kind, w, h, noise);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &mem, &n);
	c.image_width = w;
	c.image_height = h;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c); /* 4:2:0 */
	jpeg_set_quality(&c, 85, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < h) {
		JSAMPROW row = rgb + (size_t)c.next_scanline * w * 3;
		(void)jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	struct tl_buf b = {0};
	tl_buf_put(&b, mem, n);
	free(mem);
	free(rgb);
	return b;
}

void
photo_decode_grey(struct tl_str jpeg)
{
	struct jpeg_error_mgr err;
	struct jpeg_decompress_struct d = {.err = jpeg_std_error(&err)};
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, jpeg.p, jpeg.n);
	(void)jpeg_read_header(&d, TRUE);
	d.out_color_space = JCS_GRAYSCALE;
	(void)jpeg_start_decompress(&d);
	JSAMPARRAY row = d.mem->alloc_sarray((j_common_ptr)&d, JPOOL_IMAGE, d.output_width, 1);
	while (d.output_scanline < d.output_height)
		(void)jpeg_read_scanlines(&d, row, 1);
	(void)jpeg_finish_decompress(&d);
	jpeg_destroy_decompress(&d);
}
