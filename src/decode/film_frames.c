/*
 * A film's pictures: which of them are hashed, which are kept as stills, which make the clip.
 *
 * Hashed: every n-th, n = max(1, int(rate)), at its place / rate (as the vPDQ lists of exchanges have them: native size,
 * RGB by swscale's area method, PDQ without resizing before the filter); the first of each scene; a few between; and
 * whatever would leave two seconds of the film's own time unseen; each of these also without its black bars. Stills: up
 * to 24, one of each equal part of the film, a scene's first where there is one. Clip: all of a short film, of a long one
 * ten seconds spread over it or around the moments asked for, small and upright.
 * Promises: memory is one picture and what is kept. Out of memory ends the process. Called by film.c.
 */
#include "decode/film_int.h"

#include "hash/video.h"

#include <stdlib.h>

#define GRID 32          /* samples a side of what scenes are told by */
#define SCENE_MS 500     /* shortest scene */
#define SCENE_LEAST 18.0 /* mean change of a sample that may begin one */
#define SCENE_TIMES 3.0  /* as much as was usual before it */
#define GAP_MS 2000
#define LOOKS 4 /* in a second, while the film is young: a copy may have its grid elsewhere */
#define LOOKS_MS (10 * 60 * 1000)
#define BLACK 32 /* the darkest is within it after compression */
#define CROPPED_MOST (TL_FILM_FRAMES - TL_FILM_MS_MAX / 1000) /* leaves room for each second */
#define BAR_SHARE 25 /* bars are at least one in so many rows or columns */

struct still {
	bool there, scene;
	uint32_t ms;
};

struct film_frames {
	const struct film *f;
	uint32_t step, seen; /* every how many; how many there were */
	struct tl_video list;
	uint32_t scenes;
	int64_t hashed_ms; /* the film's own time of the last that was hashed */
	uint32_t width, height;
	struct SwsContext *to_rgb, *to_still, *to_clip;
	uint8_t *rgb;
	size_t rgb_bytes;
	float *luma;
	uint8_t grid[GRID * GRID];
	double usual;
	int64_t scene_ms;
	uint32_t small_w, small_h; /* of stills and clip as stored: before they are turned */
	struct still still[TL_FILM_STILLS];
	uint32_t stills;
	uint8_t *stills_rgb, *clip, *scratch;
	struct tl_film_windows windows;
	uint32_t clip_n;
};

struct film_frames *
film_frames_create(const struct film *f)
{
	struct film_frames *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	p->f = f;
	p->step = f->rate >= 1 ? (uint32_t)f->rate : 1;
	p->hashed_ms = -GAP_MS;
	p->scene_ms = -SCENE_MS;
	int64_t s = f->duration_ms / 1000;
	p->stills = s < 1 ? 1 : s < TL_FILM_STILLS ? (uint32_t)s : TL_FILM_STILLS;
	uint32_t cut[TL_FILM_CUTS], cuts = tl_decode_cuts(f->q, cut);
	tl_film_windows(f->duration_ms, TL_FILM_CLIP_WINDOWS, TL_FILM_CLIP_WINDOW_MS, cut, cuts,
	    &p->windows);
	return p;
}

void
film_frames_destroyp(struct film_frames **at)
{
	struct film_frames *p = *at;
	*at = NULL;
	if (!p)
		return;
	av.sws_freeContext(p->to_rgb);
	av.sws_freeContext(p->to_still);
	av.sws_freeContext(p->to_clip);
	tl_video_fini(&p->list);
	free(p->rgb);
	free(p->luma);
	free(p->stills_rgb);
	free(p->clip);
	free(p->scratch);
	free(p);
}

static void *
must(void *p)
{
	if (!p)
		abort();
	return p;
}

static size_t
stride_of(uint32_t width)
{
	return ((size_t)width * 3 + 127) / 64 * 64;
}

/* The picture as RGB in p->rgb, rows stride_of(width) apart. */
static enum tl_decode_reason
make_rgb(struct film_frames *p, const AVFrame *pic)
{
	size_t need = stride_of((uint32_t)pic->width) * (size_t)pic->height + 64;
	if (need > p->rgb_bytes) {
		free(p->rgb);
		free(p->luma);
		p->rgb_bytes = need;
		p->rgb = malloc(need);
		p->luma = NULL;
	}
	free(p->luma);
	p->luma = calloc((size_t)pic->width, sizeof *p->luma);
	if (!p->rgb || !p->luma)
		return TL_DECODE_MEMORY;
	p->to_rgb = av.sws_getCachedContext(p->to_rgb, pic->width, pic->height, pic->format,
	    pic->width, pic->height, AV_PIX_FMT_RGB24, SWS_AREA, NULL, NULL, NULL);
	if (!p->to_rgb)
		return TL_DECODE_UNSUPPORTED;
	uint8_t *dst[4] = {p->rgb};
	int stride[4] = {(int)stride_of((uint32_t)pic->width)};
	int rows = av.sws_scale(p->to_rgb, (const uint8_t *const *)pic->data, pic->linesize, 0,
	    pic->height, dst, stride);
	return rows == pic->height ? TL_DECODE_OK : TL_DECODE_CORRUPT;
}

/* The part of p->rgb that is hashed. */
struct box {
	uint32_t x, y, w, h;
};

static void
hash_box(struct film_frames *p, const struct box *b, size_t stride, struct tl_video_frame *fr)
{
	struct tl_pdq_sampler *s = NULL;
	if (tl_pdq_sampler_create(b->w, b->h, &s) < 0)
		abort();
	for (uint32_t y = 0; y < b->h; y++) {
		tl_pdq_luma(p->luma, p->rgb + (b->y + y) * stride + 3 * (size_t)b->x, b->w);
		tl_pdq_row_f32(s, p->luma);
	}
	int quality = 0;
	tl_pdq_hash(tl_pdq_sampler_frame(s), &fr->hash, &quality);
	fr->quality = (uint8_t)quality;
	tl_pdq_sampler_destroy(s);
}

static bool
is_black(const uint8_t *rgb, uint32_t n, size_t step)
{
	uint32_t light = 0;
	for (uint32_t i = 0; i < n; i++, rgb += step)
		light += rgb[0] > BLACK || rgb[1] > BLACK || rgb[2] > BLACK;
	return light <= n / 100; /* noise */
}

/* What lies inside black bars; false without them, or when next to nothing is left. */
static bool
inside_bars(const struct film_frames *p, uint32_t w, uint32_t h, struct box *ret)
{
	size_t stride = stride_of(w);
	uint32_t top = 0, bottom = h, left = 0, right = w;
	while (top < h && is_black(p->rgb + top * stride, w, 3))
		top++;
	while (bottom > top && is_black(p->rgb + (bottom - 1) * stride, w, 3))
		bottom--;
	const uint8_t *in = p->rgb + top * stride;
	while (left < w && is_black(in + 3 * (size_t)left, bottom - top, stride))
		left++;
	while (right > left && is_black(in + 3 * (size_t)(right - 1), bottom - top, stride))
		right--;
	*ret = (struct box){left, top, right - left, bottom - top};
	bool bars = ret->w < w - w / BAR_SHARE || ret->h < h - h / BAR_SHARE;
	return bars && ret->w >= w / 4 && ret->h >= h / 4 && ret->w >= TL_PDQ_SIDE &&
	       ret->h >= TL_PDQ_SIDE;
}

static enum tl_decode_reason
add(struct film_frames *p, const struct tl_video_frame *fr)
{
	return tl_video_add(&p->list, fr) < 0 ? TL_DECODE_TOO_LONG : TL_DECODE_OK;
}

static enum tl_decode_reason
hash(struct film_frames *p, const AVFrame *pic, struct tl_video_frame *fr)
{
	enum tl_decode_reason why = make_rgb(p, pic);
	if (why != TL_DECODE_OK)
		return why;
	struct box b = {0, 0, (uint32_t)pic->width, (uint32_t)pic->height};
	size_t stride = stride_of(b.w);
	hash_box(p, &b, stride, fr);
	why = add(p, fr);
	if (why != TL_DECODE_OK || p->list.n > CROPPED_MOST || !inside_bars(p, b.w, b.h, &b))
		return why;
	hash_box(p, &b, stride, fr);
	fr->flags |= TL_VIDEO_CROPPED;
	return add(p, fr);
}

/* Samples of the picture's lightness (of its green, when it is stored as colours). */
static void
grid_of(const AVFrame *pic, uint8_t g[GRID * GRID])
{
	const AVPixFmtDescriptor *d = av.av_pix_fmt_desc_get(pic->format);
	memset(g, 0, GRID * GRID);
	if (!d || (d->flags & (AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL)))
		return;
	const AVComponentDescriptor *c =
	    &d->comp[(d->flags & AV_PIX_FMT_FLAG_RGB) && d->nb_components > 2];
	if (!pic->data[c->plane] || c->depth < 8 || c->depth > 16)
		return;
	bool wide = c->depth > 8, big = d->flags & AV_PIX_FMT_FLAG_BE;
	for (int y = 0; y < GRID; y++)
		for (int x = 0; x < GRID; x++) {
			const uint8_t *q =
			    pic->data[c->plane] +
			    (ptrdiff_t)(y * pic->height / GRID) * pic->linesize[c->plane] +
			    (ptrdiff_t)(x * pic->width / GRID) * c->step + c->offset;
			int v = !wide ? q[0] : big ? q[0] << 8 | q[1] : q[1] << 8 | q[0];
			g[y * GRID + x] = (uint8_t)(v >> c->shift >> (c->depth - 8));
		}
}

static bool
begins_scene(struct film_frames *p, const AVFrame *pic, int64_t at_ms)
{
	uint8_t g[GRID * GRID];
	uint64_t sum = 0;
	grid_of(pic, g);
	for (int i = 0; i < GRID * GRID; i++)
		sum += (uint64_t)abs(g[i] - p->grid[i]);
	memcpy(p->grid, g, sizeof g);
	double change = (double)sum / (GRID * GRID);
	bool jump = p->seen == 0 || (change > SCENE_LEAST && change > SCENE_TIMES * p->usual);
	if (p->seen)
		p->usual = p->usual * 0.9 + change * 0.1;
	if (!jump || at_ms < p->scene_ms + SCENE_MS || p->scenes == TL_FILM_SCENES)
		return false;
	p->scene_ms = at_ms;
	p->scenes++;
	return true;
}

static void
plan_small(struct film_frames *p, const AVFrame *pic)
{
	double sar = pic->sample_aspect_ratio.num > 0 && pic->sample_aspect_ratio.den > 0
			 ? (double)pic->sample_aspect_ratio.num / pic->sample_aspect_ratio.den
			 : 1;
	double w = pic->width * (sar > 0.125 && sar < 8 ? sar : 1), h = pic->height;
	double scale = TL_FILM_SIDE / (w > h ? w : h);
	scale = scale < 1 ? scale : 1;
	p->small_w = (uint32_t)(w * scale) / 2 * 2;
	p->small_h = (uint32_t)(h * scale) / 2 * 2;
	p->small_w = p->small_w < 2 ? 2 : p->small_w;
	p->small_h = p->small_h < 2 ? 2 : p->small_h;
	size_t pixels = (size_t)p->small_w * p->small_h;
	p->width = (uint32_t)pic->width;
	p->height = (uint32_t)pic->height;
	if (!p->f->q->show)
		return;
	p->stills_rgb = must(malloc(TL_FILM_STILLS * pixels * 3 + 64));
	p->clip = must(malloc(TL_FILM_CLIP * pixels * 3 / 2 + 64));
	p->scratch = must(malloc(pixels * 3 + 256));
}

/* One plane, clockwise, to dst. */
static void
turn(
    uint8_t *dst, const uint8_t *src, uint32_t w, uint32_t h, uint32_t bytes, uint16_t rotation)
{
	bool swap = rotation == 90 || rotation == 270;
	uint32_t ow = swap ? h : w, oh = swap ? w : h;
	for (uint32_t y = 0; y < oh; y++)
		for (uint32_t x = 0; x < ow; x++, dst += bytes) {
			uint32_t sx = rotation == 0     ? x
				      : rotation == 90  ? y
				      : rotation == 180 ? w - 1 - x
							: w - 1 - y;
			uint32_t sy = rotation == 0     ? y
				      : rotation == 90  ? h - 1 - x
				      : rotation == 180 ? h - 1 - y
							: x;
			memcpy(dst, src + ((size_t)sy * w + sx) * bytes, bytes);
		}
}

static struct SwsContext *
smaller(
    struct film_frames *p, struct SwsContext **kept, const AVFrame *pic, enum AVPixelFormat to)
{
	*kept = av.sws_getCachedContext(*kept, pic->width, pic->height, pic->format,
	    (int)p->small_w, (int)p->small_h, to, SWS_AREA, NULL, NULL, NULL);
	return *kept;
}

static void
keep_still(struct film_frames *p, const AVFrame *pic, uint32_t slot)
{
	uint8_t *dst[4] = {p->scratch};
	int stride[4] = {(int)p->small_w * 3};
	size_t bytes = (size_t)p->small_w * p->small_h * 3;
	if (smaller(p, &p->to_still, pic, AV_PIX_FMT_RGB24) == NULL)
		return;
	(void)av.sws_scale(p->to_still, (const uint8_t *const *)pic->data, pic->linesize, 0,
	    pic->height, dst, stride);
	turn(p->stills_rgb + slot * bytes, p->scratch, p->small_w, p->small_h, 3,
	    p->f->rotation);
}

static void
maybe_still(struct film_frames *p, const AVFrame *pic, int64_t at_ms, bool scene)
{
	int64_t all = p->f->duration_ms > 0 ? p->f->duration_ms : 1;
	int64_t i = at_ms * p->stills / all;
	uint32_t slot = i < 0 ? 0 : i >= p->stills ? p->stills - 1 : (uint32_t)i;
	struct still *s = &p->still[slot];
	if (!p->scratch || (s->there && (s->scene || !scene)))
		return;
	*s = (struct still){true, scene, at_ms < 0 ? 0 : (uint32_t)at_ms};
	keep_still(p, pic, slot);
}

static void
keep_clip(struct film_frames *p, const AVFrame *pic)
{
	uint32_t w = p->small_w, h = p->small_h, cw = w / 2, ch = h / 2;
	uint8_t *y = p->scratch, *u = y + (size_t)w * h, *v = u + (size_t)cw * ch;
	uint8_t *dst[4] = {y, u, v};
	int stride[4] = {(int)w, (int)cw, (int)cw};
	uint8_t *to = p->clip + (size_t)p->clip_n * w * h * 3 / 2;
	if (!smaller(p, &p->to_clip, pic, AV_PIX_FMT_YUV420P))
		return;
	(void)av.sws_scale(p->to_clip, (const uint8_t *const *)pic->data, pic->linesize, 0,
	    pic->height, dst, stride);
	turn(to, y, w, h, 1, p->f->rotation);
	turn(to + (size_t)w * h, u, cw, ch, 1, p->f->rotation);
	turn(to + (size_t)w * h + (size_t)cw * ch, v, cw, ch, 1, p->f->rotation);
	p->clip_n++;
}

static int64_t
clip_due_ms(const struct film_frames *p)
{
	uint32_t per_window = (uint32_t)(p->windows.each_ms / TL_FILM_CLIP_MS);
	uint32_t w = p->clip_n / per_window;
	if (w >= p->windows.n)
		return INT64_MAX;
	return p->windows.start_ms[w] + (int64_t)(p->clip_n % per_window) * TL_FILM_CLIP_MS;
}

/* A slow film's picture is shown more than once. */
static void
maybe_clip(struct film_frames *p, const AVFrame *pic, int64_t at_ms)
{
	uint32_t before = UINT32_MAX;
	while (p->scratch && p->clip_n < TL_FILM_CLIP && at_ms >= clip_due_ms(p) &&
	       p->clip_n != before) {
		before = p->clip_n;
		keep_clip(p, pic);
	}
}

/* The film's own time of a picture, or what its place says. */
static int64_t
time_of(const struct film_frames *p, const AVFrame *pic)
{
	const struct film *f = p->f;
	const AVRational ms = {1, 1000};
	int64_t by_place = (int64_t)(p->seen * 1000.0 / f->rate);
	if (pic->best_effort_timestamp == AV_NOPTS_VALUE)
		return by_place;
	int64_t at = av.av_rescale_q(pic->best_effort_timestamp,
			 f->fmt->streams[f->video.stream]->time_base, ms) -
		     f->start_ms;
	return at >= 0 && at <= f->duration_ms ? at : by_place;
}

/* A picture is due for another look when it is the first of a quarter between two of the grid. */
static bool
look_due(const struct film_frames *p)
{
	uint32_t n = p->seen % p->step;
	return n > 0 && p->step >= LOOKS && n * LOOKS / p->step != (n - 1) * LOOKS / p->step;
}

bool
film_frames_done(const struct film_frames *p)
{
	return p->clip_n == TL_FILM_CLIP || clip_due_ms(p) == INT64_MAX;
}

enum tl_decode_reason
film_frames_take(struct film_frames *p, const struct film *f, const AVFrame *pic)
{
	int64_t at_ms = time_of(p, pic);
	if (pic->width <= 0 || pic->height <= 0 || pic->width > (int)f->q->max_side ||
	    pic->height > (int)f->q->max_side ||
	    (uint64_t)pic->width * (uint64_t)pic->height > f->q->max_pixels)
		return TL_DECODE_TOO_LARGE;
	if (p->seen == f->q->max_frames)
		return TL_DECODE_TOO_LONG;
	if (!p->width)
		plan_small(p, pic);
	if (f->q->cuts) {
		p->seen++;
		maybe_clip(p, pic, at_ms);
		return TL_DECODE_OK;
	}
	bool scene = begins_scene(p, pic, at_ms), grid = p->seen % p->step == 0;
	bool gap = at_ms >= p->hashed_ms + GAP_MS, between = at_ms < LOOKS_MS && look_due(p);
	struct tl_video_frame fr = {.number = p->seen,
	    .ms = (uint32_t)(p->seen * 1000.0 / f->rate + 0.5),
	    .flags = grid           ? 0
		     : scene || gap ? TL_VIDEO_SCENE
				    : TL_VIDEO_BETWEEN};
	p->seen++;
	maybe_clip(p, pic, at_ms);
	if (!grid && !scene && !gap && !between)
		return TL_DECODE_OK;
	p->hashed_ms = at_ms;
	if (grid || scene || gap)
		maybe_still(p, pic, at_ms, scene);
	return hash(p, pic, &fr);
}

enum tl_decode_reason
film_frames_cover(struct film_frames *p, const AVFrame *pic)
{
	struct tl_video_frame fr = {.flags = TL_VIDEO_SCENE};
	bool alone = p->f->video.stream < 0;
	if ((uint64_t)pic->width * (uint64_t)pic->height > p->f->q->max_pixels ||
	    pic->width > (int)p->f->q->max_side || pic->height > (int)p->f->q->max_side)
		return TL_DECODE_TOO_LARGE;
	if (alone)
		plan_small(p, pic);
	if (alone && p->scratch) {
		p->still[0] = (struct still){.there = true};
		keep_still(p, pic, 0);
	}
	return hash(p, pic, &fr);
}

void
film_frames_answer(struct film_frames *p, struct tl_decode_answer *a)
{
	bool swap = p->f->rotation == 90 || p->f->rotation == 270;
	uint32_t w = swap ? p->small_h : p->small_w, h = swap ? p->small_w : p->small_h;
	a->width = p->width;
	a->height = p->height;
	a->pictures = p->seen;
	a->frames = (uint32_t)p->list.n;
	for (uint32_t i = 0; i < p->stills; i++)
		a->stills = (uint16_t)(a->stills + p->still[i].there);
	a->clip_frames = (uint16_t)p->clip_n;
	if (a->stills) {
		a->still_width = (uint16_t)w;
		a->still_height = (uint16_t)h;
	}
	if (p->clip_n) {
		a->clip_width = (uint16_t)w;
		a->clip_height = (uint16_t)h;
	}
}

static void
put32(struct tl_buf *out, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	tl_buf_put(out, b, sizeof b);
}

void
film_frames_put(const struct film_frames *p, struct tl_buf *out)
{
	if (p->list.n)
		tl_video_pack(out, &p->list);
}

void
film_frames_times(const struct film_frames *p, struct tl_buf *out)
{
	for (uint32_t i = 0; i < p->stills; i++)
		if (p->still[i].there)
			put32(out, p->still[i].ms);
}

void
film_frames_stills(const struct film_frames *p, struct tl_buf *out)
{
	size_t bytes = (size_t)p->small_w * p->small_h * 3;
	for (uint32_t i = 0; i < p->stills; i++)
		if (p->still[i].there)
			tl_buf_put(out, p->stills_rgb + i * bytes, bytes);
}

void
film_frames_clip(const struct film_frames *p, struct tl_buf *out)
{
	if (p->clip_n)
		tl_buf_put(out, p->clip, (size_t)p->clip_n * p->small_w * p->small_h * 3 / 2);
}
