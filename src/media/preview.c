/*
 * Previews: turn upright, shrink, encode with libjpeg-turbo.
 *
 * Promises: reads only the pixels that the picture announces (their size was checked against the payload); the
 * output is made from scratch. Fails with LIMIT when the buffer is full. Called by the worker.
 */
#include "media/preview.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#define QUALITY 82
#define TINY_QUALITY 60

struct raster {
	const uint8_t *p;
	uint32_t w, h;
	uint32_t channels;
	uint16_t turn; /* EXIF 1..8 */
};

static bool
swaps_sides(uint16_t turn)
{
	return turn >= 5 && turn <= 8;
}

/* The stored pixel that is seen at (x, y) of the upright picture. */
static const uint8_t *
upright(const struct raster *r, uint32_t x, uint32_t y)
{
	static const struct {
		bool swap, flip_x, flip_y; /* of the stored coordinates */
	} rule[9] = {[2] = {.flip_x = true},
	    [3] = {.flip_x = true, .flip_y = true},
	    [4] = {.flip_y = true},
	    [5] = {.swap = true},
	    [6] = {.swap = true, .flip_y = true},
	    [7] = {.swap = true, .flip_x = true, .flip_y = true},
	    [8] = {.swap = true, .flip_x = true}};
	uint16_t t = r->turn <= 8 ? r->turn : 0;
	uint32_t sx = rule[t].swap ? y : x, sy = rule[t].swap ? x : y;
	sx = rule[t].flip_x ? r->w - 1 - sx : sx;
	sy = rule[t].flip_y ? r->h - 1 - sy : sy;
	return r->p + ((size_t)sy * r->w + sx) * r->channels;
}

struct encoder {
	struct jpeg_error_mgr err; /* first: the library hands it back */
	jmp_buf out;
};

static _Noreturn void
on_error(j_common_ptr c)
{
	struct encoder *e = c->client_data;
	longjmp(e->out, 1);
}

static void
encode_rows(struct jpeg_compress_struct *c, const struct raster *r, int quality)
{
	bool swap = swaps_sides(r->turn);
	c->image_width = swap ? r->h : r->w;
	c->image_height = swap ? r->w : r->h;
	c->input_components = (int)r->channels;
	c->in_color_space = r->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, quality, TRUE);
	jpeg_start_compress(c, TRUE);
	JSAMPARRAY row =
	    c->mem->alloc_sarray((j_common_ptr)c, JPOOL_IMAGE, c->image_width * r->channels, 1);
	for (uint32_t y = 0; y < c->image_height; y++) {
		for (uint32_t x = 0; x < c->image_width; x++)
			memcpy(row[0] + (size_t)x * r->channels, upright(r, x, y), r->channels);
		(void)jpeg_write_scanlines(c, row, 1);
	}
	jpeg_finish_compress(c);
}

static int
encode(const struct raster *r, int quality, struct tl_buf *out)
{
	struct encoder e;
	unsigned char *mem = NULL;
	unsigned long n = 0;
	struct jpeg_compress_struct c = {.err = jpeg_std_error(&e.err), .client_data = &e};
	e.err.error_exit = on_error;
	int rc = 0;
	if (setjmp(e.out) == 0) {
		jpeg_create_compress(&c);
		jpeg_mem_dest(&c, &mem, &n);
		encode_rows(&c, r, quality);
		tl_buf_put(out, mem, n);
	} else {
		rc = tl_fail(TL_EBUG, "a preview cannot be encoded");
	}
	jpeg_destroy_compress(&c);
	free(mem);
	return rc == 0 && out->bad ? tl_fail(TL_ETOOBIG, "no room for a preview") : rc;
}

static int
check(const struct tl_picture *p)
{
	if (p->preview_width == 0 || p->preview_height == 0 ||
	    p->preview.n != (size_t)p->preview_width * p->preview_height * 3)
		return tl_fail(TL_EFIELD, "the picture was decoded without a preview");
	return 0;
}

int
tl_preview_jpeg(const struct tl_picture *p, struct tl_buf *out)
{
	int rc = check(p);
	struct raster r = {
	    p->preview.p, p->preview_width, p->preview_height, 3, p->orientation};
	return rc < 0 ? rc : encode(&r, QUALITY, out);
}

/* The mean luma of one cell of the grid that divides the preview into w x h. */
static uint8_t
cell(const struct tl_picture *p, uint32_t w, uint32_t h, uint32_t cx, uint32_t cy)
{
	uint32_t x0 = cx * p->preview_width / w, x1 = (cx + 1) * p->preview_width / w;
	uint32_t y0 = cy * p->preview_height / h, y1 = (cy + 1) * p->preview_height / h;
	uint64_t sum = 0, n = 0;
	for (uint32_t y = y0; y < y1; y++)
		for (uint32_t x = x0; x < x1; x++, n++) {
			const uint8_t *q =
			    p->preview.p + ((size_t)y * p->preview_width + x) * 3;
			sum += 299u * q[0] + 587u * q[1] + 114u * q[2];
		}
	return n ? (uint8_t)(sum / n / 1000) : 0;
}

int
tl_preview_tiny(const struct tl_picture *p, struct tl_buf *out)
{
	int rc = check(p);
	if (rc < 0)
		return rc;
	uint8_t grey[TL_TINY_SIDE * TL_TINY_SIDE];
	uint32_t pw = p->preview_width, ph = p->preview_height, most = pw > ph ? pw : ph;
	uint32_t scale = most > TL_TINY_SIDE ? most : TL_TINY_SIDE;
	uint32_t w = pw * TL_TINY_SIDE / scale, h = ph * TL_TINY_SIDE / scale;
	w = w ? w : 1;
	h = h ? h : 1;
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			grey[y * w + x] = cell(p, w, h, x, y);
	struct raster r = {grey, w, h, 1, p->orientation};
	return encode(&r, TINY_QUALITY, out);
}
