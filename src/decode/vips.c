/*
 * PNG, GIF, WebP, HEIC and AVIF through libvips, loaded at run time.
 *
 * The loader is chosen by our own table, never by libvips, and what it calls untrusted is blocked. Rows are asked for
 * strip by strip from this thread: no thread pool, no whole planes where the format allows it. Serious errors and
 * early ends fail the item; behind the first picture of an animation they are told, and what came before counts. Only the HEIF module is loaded of all modules that may lie beside the library.
 */
#include "decode/decode.h"

#include "base/buf.h"
#include "decode/apng.h"
#include "sys/clock.h"

#include <dlfcn.h>

#include <vips/vips.h>

#define STRIP 16
#define ROWS_MOST 9999999 /* what libvips takes for an image's height */
#define PAGES_SHARE 3     /* of the memory, for pages that are decoded at once */
#define GIF_COUNTED                                                                            \
	4096 /* libvips counts one page more of a GIF, and does not say how many follow */
#define CANVAS_SHARE 32 /* one pixel of an APNG's canvas may take so much of the memory */

/* What an animation may cost; more is looked at in part. */
struct budget {
	int64_t until_us;
	uint64_t pixels; /* of an APNG's canvas */
	uint64_t bytes;  /* of pages that are decoded at once */
};

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
	if (setenv("VIPSHOME", "/nonexistent", 1) < 0 ||  /* no modules but the one below */
	    setenv("VIPS_NOVECTOR", "1", 1) < 0 ||        /* no code made at run time */
	    setenv("VIPS_DISC_THRESHOLD", "8g", 1) < 0 || /* there is no disc: all in memory */
	    setenv("VIPS_WARNING", "0", 1) < 0)           /* nobody reads warnings */
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
open_image(struct tl_str file, enum tl_format format, uint32_t page, uint32_t n)
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
	const char *from = page ? "page" : NULL; /* a PNG's loader does not know the words */
	if (!loader[format] ||
	    (*loader[format])(p.out, file.n, &im, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
		VIPS_FAIL_ON_ERROR, from, (int)page, "n", (int)n, NULL))
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

/* The row y of an image whose rows are asked for from the top; NULL: *ret_why says why not. */
static const uint8_t *
row_at(VipsRegion *region, const VipsImage *im, int y, enum tl_decode_reason *ret_why)
{
	if (y % STRIP == 0) {
		int left = im->Ysize - y;
		VipsRect strip = {0, y, im->Xsize, left < STRIP ? left : STRIP};
		if (lib.vips_region_prepare(region, &strip)) {
			*ret_why = reason_of_error();
			return NULL;
		}
		if (region->valid.left != 0 || region->valid.top != y) {
			*ret_why = TL_DECODE_CORRUPT;
			return NULL;
		}
	}
	return region->data + (size_t)(y % STRIP) * (size_t)region->bpl;
}

/* One picture, or the pages of an animation from `page` on below each other; each `height` rows. */
struct pages {
	VipsImage *im;
	uint32_t page, height;
	uint32_t
	    ms;     /* when the first of them is shown; when they are read, what comes behind */
	int *delay; /* of all pages; owned; NULL: not known */
	int delays;
};

static uint32_t
shown_for(const struct pages *p, uint32_t page)
{
	int ms = p->delay && page < (uint32_t)p->delays ? p->delay[page] : 100;
	return ms <= 10 ? 100 : (uint32_t)ms; /* as browsers do */
}

static enum tl_decode_reason
begin_page(struct pages *p, uint32_t page, const struct layout *l, const struct budget *b,
    struct tl_sink *s)
{
	if (page == 0)
		return TL_DECODE_OK;
	p->ms += shown_for(p, page - 1);
	if (tl_mono_us() > b->until_us)
		return TL_DECODE_TIMEOUT;
	return tl_sink_page(s, page, p->ms, l->kind) ? TL_DECODE_OK : TL_DECODE_TOO_LONG;
}

static enum tl_decode_reason
read_rows(struct pages *p, const struct layout *l, const struct budget *b, struct tl_sink *s)
{
	enum tl_decode_reason why = TL_DECODE_OK;
	uint32_t width = (uint32_t)p->im->Xsize;
	uint8_t *row = l->keep > 0 ? calloc(width, (size_t)l->keep) : NULL;
	VipsRegion *region = row ? lib.vips_region_new(p->im) : NULL;
	if (!region)
		why = TL_DECODE_MEMORY;
	for (int y = 0; y < p->im->Ysize && why == TL_DECODE_OK; y++) {
		if ((uint32_t)y % p->height == 0)
			why = begin_page(p, p->page + (uint32_t)y / p->height, l, b, s);
		const uint8_t *at = why == TL_DECODE_OK ? row_at(region, p->im, y, &why) : NULL;
		if (!at)
			break;
		pack_row(row, at, width, l);
		tl_sink_row(s, row);
	}
	if (region)
		lib.g_object_unref(region);
	free(row);
	return why;
}

/* Only GIF comes row by row however long it is; of the others so many pages are held in memory. */
static uint32_t
pages_at_once(enum tl_format format, const struct pages *p, const struct budget *b)
{
	uint64_t bytes = 4 * (uint64_t)p->im->Xsize * p->height;
	uint64_t n = format == TL_FORMAT_GIF ? ROWS_MOST / p->height : b->bytes / bytes;
	return n < ROWS_MOST / p->height ? (uint32_t)n : ROWS_MOST / p->height;
}

/* The pages behind the first. What is wrong with one costs what follows it, and is told. */
static enum tl_decode_reason
read_more(struct tl_str bytes, enum tl_format format, const struct pages *first, uint32_t pages,
    const struct budget *b, struct tl_sink *s)
{
	struct pages p = *first;
	enum tl_decode_reason why = TL_DECODE_OK;
	uint32_t most = pages_at_once(format, first, b), n = 0;
	for (p.page = 1; p.page < pages && why == TL_DECODE_OK; p.page += n) {
		struct layout l;
		n = pages - p.page < most ? pages - p.page : most;
		p.im = n ? open_image(bytes, format, p.page, n) : NULL;
		if (!p.im)
			return n ? reason_of_error() : TL_DECODE_TOO_LARGE;
		bool same = layout_of(p.im, &l) && p.im->Xsize == first->im->Xsize &&
			    (uint32_t)p.im->Ysize == n * p.height;
		why = same ? read_rows(&p, &l, b, s) : TL_DECODE_UNSUPPORTED;
		lib.g_object_unref(p.im);
	}
	return why;
}

static enum tl_decode_reason
read_image(struct pages *p, const struct tl_png *png, uint32_t pages, const struct budget *b,
    struct tl_sink *s)
{
	struct layout l;
	VipsImage *im = p->im;
	if (!layout_of(im, &l))
		return TL_DECODE_UNSUPPORTED;
	int turn = png ? png->orientation : lib.vips_image_get_orientation(im);
	struct tl_picture_facts facts = {.width = (uint32_t)im->Xsize,
	    .height = p->height,
	    .channels = (uint16_t)l.bands,
	    .orientation = turn >= 1 && turn <= 8 ? (uint16_t)turn : 0,
	    .pages = png ? png->pages : pages};
	enum tl_decode_reason why = tl_sink_begin(s, &facts, l.kind);
	return why == TL_DECODE_OK ? read_rows(p, &l, b, s) : why;
}

/* The image's own does not outlive its first use. */
static int *
copy_of(const int *delay, int n)
{
	int *copy = n > 0 ? calloc((size_t)n, sizeof *copy) : NULL;
	if (copy)
		memcpy(copy, delay, (size_t)n * sizeof *copy);
	return copy;
}

static enum tl_decode_reason
decode(struct tl_str bytes, enum tl_format format, const struct tl_png *png,
    const struct budget *b, struct tl_sink *s)
{
	struct pages p = {.im = open_image(bytes, format, 0, 1)};
	if (!p.im) {
		enum tl_decode_reason why = reason_of_error();
		lib.vips_error_clear();
		return why;
	}
	int *delay = NULL, all = png ? 1 : lib.vips_image_get_n_pages(p.im);
	uint32_t pages = all > 1 ? (uint32_t)all : 1;
	bool more =
	    pages > TL_DECODE_PAGES_MAX || (format == TL_FORMAT_GIF && pages > GIF_COUNTED);
	pages = pages < TL_DECODE_PAGES_MAX ? pages : TL_DECODE_PAGES_MAX;
	p.height = (uint32_t)p.im->Ysize;
	if (pages > 1 && lib.vips_image_get_array_int(p.im, "delay", &delay, &p.delays) == 0)
		p.delay = copy_of(delay, p.delays);
	enum tl_decode_reason why = read_image(&p, png, pages, b, s);
	if (why == TL_DECODE_OK && pages > 1) {
		enum tl_decode_reason rest = read_more(bytes, format, &p, pages, b, s);
		tl_sink_partly(s, more && rest == TL_DECODE_OK ? TL_DECODE_TOO_LONG : rest);
	}
	lib.g_object_unref(p.im);
	lib.vips_error_clear();
	free(p.delay);
	return why;
}

/* APNG ------------------------------------------------------------------------------------------------------------ */

static void
pack_rgba(uint8_t *dst, const void *src, uint32_t n, const struct layout *l)
{
	const uint8_t *narrow = src;
	const uint16_t *wide = src;
	size_t bands = (size_t)l->bands;
	bool grey = bands < 3, alpha = bands % 2 == 0;
	for (size_t x = 0; x < n; x++)
		for (size_t c = 0; c < 4; c++) {
			size_t at = x * bands + (c == 3 ? bands - 1 : grey ? 0 : c);
			*dst++ = c == 3 && !alpha ? 255
				 : l->wide        ? (uint8_t)(wide[at] >> 8)
						  : narrow[at];
		}
}

/* One frame, laid on the canvas. */
static enum tl_decode_reason
lay_frame(struct tl_apng *a, struct tl_str one)
{
	struct layout l = {0};
	enum tl_decode_reason why = TL_DECODE_OK;
	VipsImage *im = open_image(one, TL_FORMAT_PNG, 0, 1);
	VipsRegion *region = NULL;
	uint8_t *rgba = calloc(a->frame.width, 4);
	if (!im)
		why = reason_of_error();
	else if (!layout_of(im, &l) || (uint32_t)im->Xsize != a->frame.width ||
		 (uint32_t)im->Ysize != a->frame.height)
		why = TL_DECODE_CORRUPT;
	else if (!(region = lib.vips_region_new(im)) || !rgba)
		why = TL_DECODE_MEMORY;
	for (uint32_t y = 0; im && why == TL_DECODE_OK && y < a->frame.height; y++) {
		const uint8_t *at = row_at(region, im, (int)y, &why);
		if (!at)
			break;
		pack_rgba(rgba, at, a->frame.width, &l);
		tl_apng_lay(a, y, rgba);
	}
	if (region)
		lib.g_object_unref(region);
	if (im)
		lib.g_object_unref(im);
	lib.vips_error_clear();
	free(rgba);
	return why;
}

static enum tl_decode_reason
next_frame(struct tl_apng *a, struct tl_buf *one, uint32_t page, uint32_t ms, struct tl_sink *s)
{
	tl_apng_save(a);
	enum tl_decode_reason why = lay_frame(a, tl_buf_str(one));
	if (why == TL_DECODE_OK && !tl_sink_page(s, page, ms, TL_ROW_RGBA))
		why = TL_DECODE_TOO_LONG;
	for (uint32_t y = 0; why == TL_DECODE_OK && y < a->height; y++)
		tl_sink_row(s, a->canvas + 4 * (size_t)y * a->width);
	tl_apng_dispose(a);
	return why;
}

/* The frames of an animated PNG, after the picture that others show of it. */
static void
read_frames(
    struct tl_str file, const struct tl_png *png, const struct budget *b, struct tl_sink *s)
{
	struct tl_apng a;
	struct tl_buf one = {.limit = 2 * file.n + 65536};
	enum tl_decode_reason why =
	    tl_apng_begin(&a, file, b->pixels) ? TL_DECODE_OK : TL_DECODE_TOO_LARGE;
	int more = why == TL_DECODE_OK;
	for (uint32_t i = 0, ms = 0; why == TL_DECODE_OK && more; i++) {
		more = tl_apng_next(&a, &one);
		if (more < 0 || one.bad)
			why = TL_DECODE_CORRUPT;
		else if (more && tl_mono_us() > b->until_us)
			why = TL_DECODE_TIMEOUT;
		else if (more)
			why = next_frame(&a, &one, i < png->pages ? i : png->pages - 1, ms, s);
		ms += more > 0 ? a.frame.delay_ms : 0;
	}
	if (why != TL_DECODE_OK)
		tl_sink_partly(s, why);
	tl_buf_fini(&one);
	tl_apng_end(&a);
}

static enum tl_decode_reason
decode_png(struct tl_str file, const struct budget *b, struct tl_sink *s)
{
	struct tl_png png;
	uint8_t *copy = malloc(file.n);
	if (!copy)
		return TL_DECODE_MEMORY;
	tl_png_pick(file, copy, &png);
	enum tl_decode_reason why =
	    png.lacks_data ? TL_DECODE_TRUNCATED
			   : decode(tl_bytes(copy, png.n), TL_FORMAT_PNG, &png, b, s);
	free(copy);
	if (why == TL_DECODE_OK && png.pages > 1)
		read_frames(file, &png, b, s);
	return why;
}

enum tl_decode_reason
tl_codec_vips(struct tl_str file, const struct tl_decode_ask *q, struct tl_sink *s)
{
	if (!lib.vips_init)
		return TL_DECODE_UNSUPPORTED;
	enum tl_format format = (enum tl_format)q->format;
	const struct budget b = {.until_us = tl_mono_us() + (int64_t)q->deadline_ms * 800,
	    .pixels = ((uint64_t)q->memory_mb << 20) / CANVAS_SHARE,
	    .bytes = ((uint64_t)q->memory_mb << 20) / PAGES_SHARE};
	enum tl_decode_reason why = format == TL_FORMAT_PNG ? decode_png(file, &b, s)
							    : decode(file, format, NULL, &b, s);
	return why == TL_DECODE_CORRUPT && ends_early(file, format) ? TL_DECODE_TRUNCATED : why;
}
