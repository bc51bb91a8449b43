/*
 * JPEG through libjpeg-turbo, one pass at full scale, row by row.
 *
 * Luma is JPEG's own (no detour through RGB). Strict where a viewer would guess: a file that ends early or whose
 * entropy data is broken is refused; bytes before markers or after the end are not. Progressive files with more
 * scans than any camera writes, or with many over very many pixels, are bombs. Errors jump out of the library; nothing here outlives the item's process.
 */
#include "decode/decode.h"

#include <setjmp.h>
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>

#define SCANS_MAX 100
#define SCANNED_PIXELS_MAX 1000000000 /* pixels times scans: 50 million in 20 scans */

struct job {
	struct jpeg_error_mgr err; /* first: the library hands it back */
	struct jpeg_progress_mgr progress;
	jmp_buf out;
	enum tl_decode_reason reason;
};

static _Noreturn void
leave(j_common_ptr c, enum tl_decode_reason why)
{
	struct job *j = c->client_data;
	j->reason = why;
	longjmp(j->out, 1);
}

static void
on_error(j_common_ptr c)
{
	switch (c->err->msg_code) {
	case JERR_INPUT_EOF:
	case JERR_INPUT_EMPTY:
		leave(c, TL_DECODE_TRUNCATED);
	case JERR_OUT_OF_MEMORY:
		leave(c, TL_DECODE_MEMORY);
	case JERR_IMAGE_TOO_BIG:
		leave(c, TL_DECODE_TOO_LARGE);
	case JERR_ARITH_NOTIMPL:
	case JERR_BAD_PRECISION:
	case JERR_CONVERSION_NOTIMPL:
	case JERR_SOF_UNSUPPORTED:
		leave(c, TL_DECODE_UNSUPPORTED);
	default:
		leave(c, TL_DECODE_CORRUPT);
	}
}

/* Warnings (level -1) that a viewer passes over without showing anything else than was meant. */
static void
on_message(j_common_ptr c, int level)
{
	if (level >= 0)
		return;
	switch (c->err->msg_code) {
	case JWRN_EXTRANEOUS_DATA:
	case JWRN_ADOBE_XFORM:
	case JWRN_JFIF_MAJOR:
	case JWRN_TOO_MUCH_DATA:
	case JWRN_BOGUS_ICC:
		return;
	case JWRN_JPEG_EOF:
		leave(c, TL_DECODE_TRUNCATED);
	default:
		leave(c, TL_DECODE_CORRUPT);
	}
}

static bool
is_bomb(const struct jpeg_decompress_struct *d, uint64_t scans)
{
	return scans > SCANS_MAX ||
	       scans * d->image_width * d->image_height > SCANNED_PIXELS_MAX;
}

static void
on_progress(j_common_ptr c)
{
	const struct jpeg_decompress_struct *d = (j_decompress_ptr)c;
	if (d->input_scan_number > 0 && is_bomb(d, (uint64_t)d->input_scan_number))
		leave(c, TL_DECODE_BOMB);
}

/* Scans of a file, of which `rest` lies behind the first one's head: by their markers, before any is decoded. */
static uint64_t
count_scans(struct tl_str rest)
{
	uint64_t scans = 1;
	while (rest.n >= 4) {
		const uint8_t *ff = memchr(rest.p, 0xff, rest.n - 3);
		if (!ff || ff[1] == 0xd9)
			break;
		size_t skip = 1; /* a byte of 0xff that was stuffed or repeated, or a restart */
		if (ff[1] >= 0xc0 && ff[1] < 0xff && (ff[1] & 0xf8) != 0xd0) {
			scans += ff[1] == 0xda;
			skip = 2 + ((size_t)ff[2] << 8 | ff[3]);
		}
		size_t at = (size_t)(ff - rest.p) + skip;
		if (at > rest.n)
			break;
		rest = tl_bytes(rest.p + at, rest.n - at);
	}
	return scans;
}

static uint16_t
orientation_of(j_decompress_ptr d)
{
	for (jpeg_saved_marker_ptr m = d->marker_list; m; m = m->next) {
		uint16_t o = m->marker == JPEG_APP0 + 1
				 ? tl_exif_orientation(tl_bytes(m->data, m->data_length))
				 : 0;
		if (o)
			return o;
	}
	return 0;
}

/* Chooses what comes out: luma alone where no colour is wanted, JPEG's own colours where there are. */
static enum tl_row_kind
choose_rows(j_decompress_ptr d, const struct tl_decode_ask *q)
{
	d->do_fancy_upsampling = FALSE;
	d->dct_method = JDCT_ISLOW;
	if (d->jpeg_color_space == JCS_GRAYSCALE ||
	    (d->jpeg_color_space == JCS_YCbCr && q->preview_side == 0)) {
		d->out_color_space = JCS_GRAYSCALE;
		return TL_ROW_GREY;
	}
	if (d->jpeg_color_space == JCS_YCbCr) {
		d->out_color_space = JCS_YCbCr;
		return TL_ROW_YCC;
	}
	if (d->jpeg_color_space == JCS_CMYK || d->jpeg_color_space == JCS_YCCK)
		d->out_color_space = JCS_CMYK;
	else
		d->out_color_space = JCS_RGB;
	return TL_ROW_RGB;
}

/* Printing colours as every viewer shows them: Adobe stores them inverted. In place, 4 bytes become 3. */
static void
cmyk_to_rgb(uint8_t *row, uint32_t n, bool inverted)
{
	for (uint32_t x = 0; x < n; x++) {
		uint32_t k = row[4 * x + 3];
		for (uint32_t c = 0; c < 3; c++) {
			uint32_t v = row[4 * x + c];
			v = inverted ? v * k : (255 - v) * (255 - k);
			row[3 * x + c] = (uint8_t)((v + 127) / 255);
		}
	}
}

static enum tl_decode_reason
decode_rows(j_decompress_ptr d, const struct tl_decode_ask *q, struct tl_sink *s)
{
	(void)jpeg_read_header(d, TRUE);
	struct tl_picture_facts facts = {.width = d->image_width,
	    .height = d->image_height,
	    .channels = (uint16_t)d->num_components,
	    .orientation = orientation_of(d),
	    .pages = 1};
	enum tl_row_kind kind = choose_rows(d, q);
	enum tl_decode_reason why = tl_sink_begin(s, &facts, kind);
	if (why != TL_DECODE_OK)
		return why;
	if (jpeg_has_multiple_scans(d) &&
	    is_bomb(d, count_scans(tl_bytes(d->src->next_input_byte, d->src->bytes_in_buffer))))
		return TL_DECODE_BOMB;
	(void)jpeg_start_decompress(d);
	if (d->output_width != facts.width || d->output_components > 4)
		return TL_DECODE_CORRUPT;
	JSAMPARRAY row = d->mem->alloc_sarray((j_common_ptr)d, JPOOL_IMAGE,
	    d->output_width * (JDIMENSION)d->output_components, 1);
	while (d->output_scanline < d->output_height) {
		(void)jpeg_read_scanlines(d, row, 1);
		if (d->out_color_space == JCS_CMYK)
			cmyk_to_rgb(row[0], d->output_width, d->saw_Adobe_marker);
		tl_sink_row(s, row[0]);
	}
	(void)jpeg_finish_decompress(d);
	return TL_DECODE_OK;
}

enum tl_decode_reason
tl_codec_jpeg(struct tl_str file, const struct tl_decode_ask *q, struct tl_sink *s)
{
	struct job j = {.reason = TL_DECODE_CORRUPT};
	struct jpeg_decompress_struct d = {.err = jpeg_std_error(&j.err), .client_data = &j};
	j.err.error_exit = on_error;
	j.err.emit_message = on_message;
	j.progress.progress_monitor = on_progress;
	if (setjmp(j.out) == 0) {
		jpeg_create_decompress(&d);
		d.progress = &j.progress;
		jpeg_save_markers(&d, JPEG_APP0 + 1, 0xffff);
		jpeg_mem_src(&d, file.p, file.n);
		j.reason = decode_rows(&d, q, s);
	}
	jpeg_destroy_decompress(&d);
	return j.reason;
}
