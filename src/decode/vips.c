/*
 * PNG, GIF, WebP, HEIC and AVIF through libvips, loaded at run time.
 *
 * The loader is chosen by our own table, never by libvips, and what it calls untrusted is blocked. Rows are asked for
 * strip by strip from this thread: no thread pool, no whole planes where the format allows it. Serious errors and
 * early ends fail the item. Only the HEIF module is loaded of all modules that may lie beside the library.
 */
#include "decode/decode.h"

#include "base/buf.h"

#include <dlfcn.h>

#include <vips/vips.h>

#define STRIP 16

static struct {
#define V(f) __typeof__(f) *f;
#include "decode/vips.tbl.h"
#undef V
} lib;

static int
look_up(void *handle)
{
	const struct {
		const char *name;
		void **to;
	} rows[] = {
#define V(f) {#f, (void **)&lib.f},
#include "decode/vips.tbl.h"
#undef V
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		*rows[i].to = dlsym(handle, rows[i].name);
		if (!*rows[i].to)
			return tl_fail(TL_ECONFIG, "libvips lacks %s", rows[i].name);
	}
	return 0;
}

/* HEIC and AVIF live in a module of their own; without it they are "unsupported". */
static void
load_heif(void)
{
	Dl_info where;
	if (!dladdr((void *)lib.vips_init, &where) || !where.dli_fname)
		return;
	const char *slash = strrchr(where.dli_fname, '/');
	int folder = slash ? (int)(slash - where.dli_fname) : 0;
	struct tl_buf path = {.limit = 4096};
	tl_buf_printf(&path, "%.*s/vips-modules-%d.%d/vips-heif.so", folder, where.dli_fname,
	    lib.vips_version(0), lib.vips_version(1));
	(void)lib.g_module_open(tl_buf_z(&path), G_MODULE_BIND_LAZY);
	tl_buf_fini(&path);
}

/* A black pixel: decoding it once touches what every later item needs, before the item's clock runs. */
static const uint8_t pixel_png[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00,
    0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08,
    0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41,
    0x54, 0x78, 0xda, 0x63, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01, 0xe5, 0x27, 0xde, 0xfc,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

static void
warm_up(void)
{
	struct tl_decode_ask q = tl_decode_ask_new();
	q.format = TL_FORMAT_PNG;
	q.max_pixels = q.max_side = 64;
	struct tl_sink *s = tl_sink_create(&q);
	(void)tl_codec_vips(tl_bytes(pixel_png, sizeof pixel_png), &q, s);
	tl_sink_destroyp(&s);
}

int
tl_codec_vips_load(void)
{
	if (setenv("VIPSHOME", "/nonexistent", 1) < 0 || /* no modules but the one below */
	    setenv("VIPS_NOVECTOR", "1", 1) < 0 ||       /* no code made at run time */
	    setenv("VIPS_WARNING", "0", 1) < 0)          /* nobody reads warnings */
		return tl_fail(TL_ENOMEM, "cannot set the environment");
	void *handle = dlopen("libvips.so.42", RTLD_NOW | RTLD_GLOBAL);
	if (!handle)
		return tl_fail(TL_ECONFIG, "libvips is not installed");
	int rc = look_up(handle);
	if (rc < 0)
		return rc;
	if (lib.vips_init("tutela-decode") != 0)
		return tl_fail(TL_ECONFIG, "libvips does not start");
	lib.vips_concurrency_set(1);
	lib.vips_cache_set_max(0);
	lib.vips_block_untrusted_set(TRUE);
	load_heif();
	warm_up();
	return 0;
}

static VipsImage *
open_image(struct tl_str file, enum tl_format format)
{
	static __typeof__(lib.vips_pngload_buffer) *const loader[TL_FORMATS] = {
	    [TL_FORMAT_PNG] = &lib.vips_pngload_buffer,
	    [TL_FORMAT_GIF] = &lib.vips_gifload_buffer,
	    [TL_FORMAT_WEBP] = &lib.vips_webpload_buffer,
	    [TL_FORMAT_HEIC] = &lib.vips_heifload_buffer,
	    [TL_FORMAT_AVIF] = &lib.vips_heifload_buffer,
	};
	union {
		const uint8_t *in;
		void *out;
	} p = {.in = file.p}; /* libvips takes no const; the mapping is read-only */
	VipsImage *im = NULL;
	if (!loader[format] || (*loader[format])(p.out, file.n, &im, "access",
				   VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL))
		return NULL;
	return im;
}

static enum tl_decode_reason
reason_of_error(void)
{
	static const struct {
		const char *part;
		enum tl_decode_reason why;
	} rows[] = {
	    {"truncat", TL_DECODE_TRUNCATED},
	    {"end of", TL_DECODE_TRUNCATED},
	    {"EOF", TL_DECODE_TRUNCATED},
	    {"remature", TL_DECODE_TRUNCATED},
	    {"memory", TL_DECODE_MEMORY},
	    {"nsupported", TL_DECODE_UNSUPPORTED},
	    {"not supported", TL_DECODE_UNSUPPORTED},
	    {"no codec", TL_DECODE_UNSUPPORTED},
	    {"not found", TL_DECODE_UNSUPPORTED},
	    {"too large", TL_DECODE_TOO_LARGE},
	    {"too big", TL_DECODE_TOO_LARGE},
	};
	const char *text = lib.vips_error_buffer();
	for (size_t i = 0; text && i < TL_COUNT(rows); i++)
		if (strstr(text, rows[i].part))
			return rows[i].why;
	return TL_DECODE_CORRUPT;
}

/* Libraries seldom say that a file just ends early; its own words about its length do. */
static bool
ends_early(struct tl_str file, enum tl_format format)
{
	const uint8_t *p = file.p;
	if (format == TL_FORMAT_PNG)
		return !memmem(p, file.n, "IEND", 4);
	if (format == TL_FORMAT_GIF)
		return p[file.n - 1] != ';';
	return format == TL_FORMAT_WEBP && ((uint64_t)p[4] | (uint64_t)p[5] << 8 |
					       (uint64_t)p[6] << 16 | (uint64_t)p[7] << 24) +
						   8 >
					       file.n;
}

struct layout {
	enum tl_row_kind kind;
	int bands; /* of the file */
	int keep;  /* bands of a row that goes to the sink */
	bool wide; /* 16 bits a band */
};

static bool
layout_of(const VipsImage *im, struct layout *ret)
{
	static const struct {
		enum tl_row_kind kind;
		int keep;
	} by_bands[5] = {[1] = {TL_ROW_GREY, 1},
	    [2] = {TL_ROW_GREY, 1},
	    [3] = {TL_ROW_RGB, 3},
	    [4] = {TL_ROW_RGBA, 4}};
	if (im->Bands < 1 || im->Bands > 4 || im->Xsize < 1 || im->Ysize < 1 ||
	    (im->BandFmt != VIPS_FORMAT_UCHAR && im->BandFmt != VIPS_FORMAT_USHORT))
		return false;
	*ret = (struct layout){by_bands[im->Bands].kind, im->Bands, by_bands[im->Bands].keep,
	    im->BandFmt == VIPS_FORMAT_USHORT};
	return true;
}

static void
pack_row(uint8_t *dst, const void *src, uint32_t n, const struct layout *l)
{
	const uint8_t *narrow = src;
	const uint16_t *wide = src;
	for (uint32_t x = 0; x < n; x++)
		for (int c = 0; c < l->keep; c++) {
			size_t at = (size_t)x * (size_t)l->bands + (size_t)c;
			*dst++ = l->wide ? (uint8_t)(wide[at] >> 8) : narrow[at];
		}
}

static enum tl_decode_reason
read_rows(VipsRegion *region, const VipsImage *im, const struct layout *l, struct tl_sink *s)
{
	uint8_t *row = l->keep > 0 ? calloc((size_t)im->Xsize, (size_t)l->keep) : NULL;
	if (!row)
		return TL_DECODE_MEMORY;
	enum tl_decode_reason why = TL_DECODE_OK;
	for (int y = 0; y < im->Ysize && why == TL_DECODE_OK; y++) {
		if (y % STRIP == 0) {
			int left = im->Ysize - y;
			VipsRect strip = {0, y, im->Xsize, left < STRIP ? left : STRIP};
			if (lib.vips_region_prepare(region, &strip))
				why = reason_of_error();
			else if (region->valid.left != 0 || region->valid.top != y)
				why = TL_DECODE_CORRUPT;
		}
		if (why == TL_DECODE_OK) {
			pack_row(row, region->data + (size_t)(y % STRIP) * (size_t)region->bpl,
			    (uint32_t)im->Xsize, l);
			tl_sink_row(s, row);
		}
	}
	free(row);
	return why;
}

static enum tl_decode_reason
read_image(VipsImage *im, const struct tl_png *png, struct tl_sink *s)
{
	struct layout l;
	if (!layout_of(im, &l))
		return TL_DECODE_UNSUPPORTED;
	int pages = png ? (int)png->pages : lib.vips_image_get_n_pages(im);
	int turn = png ? png->orientation : lib.vips_image_get_orientation(im);
	struct tl_picture_facts facts = {.width = (uint32_t)im->Xsize,
	    .height = (uint32_t)im->Ysize,
	    .channels = (uint16_t)l.bands,
	    .orientation = turn >= 1 && turn <= 8 ? (uint16_t)turn : 0,
	    .pages = pages > 0 && pages < TL_DECODE_PAGES_MAX ? (uint32_t)pages : 1};
	enum tl_decode_reason why = tl_sink_begin(s, &facts, l.kind);
	if (why != TL_DECODE_OK)
		return why;
	VipsRegion *region = lib.vips_region_new(im);
	if (!region)
		return TL_DECODE_MEMORY;
	why = read_rows(region, im, &l, s);
	lib.g_object_unref(region);
	return why;
}

static enum tl_decode_reason
decode(struct tl_str bytes, enum tl_format format, const struct tl_png *png, struct tl_sink *s)
{
	VipsImage *im = open_image(bytes, format);
	enum tl_decode_reason why = im ? read_image(im, png, s) : reason_of_error();
	if (im)
		lib.g_object_unref(im);
	lib.vips_error_clear();
	return why;
}

enum tl_decode_reason
tl_codec_vips(struct tl_str file, const struct tl_decode_ask *q, struct tl_sink *s)
{
	if (!lib.vips_init)
		return TL_DECODE_UNSUPPORTED;
	enum tl_format format = (enum tl_format)q->format;
	enum tl_decode_reason why;
	if (format == TL_FORMAT_PNG) {
		struct tl_png png;
		uint8_t *copy = malloc(file.n);
		if (!copy)
			return TL_DECODE_MEMORY;
		tl_png_pick(file, copy, &png);
		why = png.lacks_data ? TL_DECODE_TRUNCATED
				     : decode(tl_bytes(copy, png.n), format, &png, s);
		free(copy);
	} else {
		why = decode(file, format, NULL, s);
	}
	return why == TL_DECODE_CORRUPT && ends_early(file, format) ? TL_DECODE_TRUNCATED : why;
}
