/*
 * Storyboards: stills laid out in rows, left to right, and what is told of a film.
 *
 * Promises: reads only the pixels that the film announces (their size was checked against the payload). Called by the
 * worker.
 */
#include "media/sheet.h"

#include "media/preview.h"

#include <stdlib.h>

static uint32_t
columns_of(const struct tl_film *f)
{
	uint32_t n = f->still_width ? TL_PREVIEW_SIDE / f->still_width : 1;
	n = n ? n : 1;
	return n < f->still_count ? n : f->still_count;
}

static const uint8_t *
still(const struct tl_film *f, uint32_t i)
{
	return f->stills.p + (size_t)i * f->still_width * f->still_height * 3;
}

int
tl_sheet_jpeg(const struct tl_film *f, struct tl_buf *out)
{
	if (f->still_count == 0 || f->still_width == 0 || f->still_height == 0)
		return tl_fail(TL_EFIELD, "nothing is to be seen of it");
	uint32_t columns = columns_of(f), rows = (f->still_count + columns - 1) / columns;
	uint32_t w = columns * f->still_width, h = rows * f->still_height;
	size_t row_bytes = 3 * (size_t)f->still_width;
	uint8_t *sheet = calloc((size_t)w * h, 3);
	if (!sheet)
		abort();
	for (uint32_t i = 0; i < f->still_count; i++) {
		uint32_t x = i % columns * f->still_width, y = i / columns * f->still_height;
		for (uint32_t line = 0; line < f->still_height; line++)
			memcpy(sheet + 3 * ((size_t)(y + line) * w + x),
			    still(f, i) + line * row_bytes, row_bytes);
	}
	struct tl_picture p = {.preview = tl_bytes(sheet, (size_t)w * h * 3),
	    .preview_width = w,
	    .preview_height = h};
	int rc = tl_preview_jpeg(&p, out);
	free(sheet);
	return rc;
}

int
tl_sheet_tiny(const struct tl_film *f, struct tl_buf *out)
{
	if (f->still_count == 0)
		return tl_fail(TL_EFIELD, "nothing is to be seen of it");
	size_t bytes = (size_t)f->still_width * f->still_height * 3;
	struct tl_picture p = {.preview = tl_bytes(still(f, f->still_count / 2), bytes),
	    .preview_width = f->still_width,
	    .preview_height = f->still_height};
	return tl_preview_tiny(&p, out);
}

static bool
is_video(const struct tl_film *f)
{
	return f->video != TL_TRACK_NONE;
}

static void
stills_json(const struct tl_film *f, struct tl_buf *out)
{
	tl_js_open(out, "board", '{');
	tl_js_int(out, "columns", columns_of(f));
	tl_js_int(out, "width", f->still_width);
	tl_js_int(out, "height", f->still_height);
	tl_js_open(out, "times_ms", '[');
	for (uint32_t i = 0; i < f->still_count; i++)
		tl_js_int(out, NULL, f->still_ms[i]);
	tl_js_close(out, ']');
	tl_js_close(out, '}');
}

void
tl_sheet_parts_json(
    bool moves, uint32_t duration_ms, const uint32_t *cut, uint32_t cuts, struct tl_buf *out)
{
	struct tl_film_windows w;
	if (moves)
		tl_film_windows(
		    duration_ms, TL_FILM_CLIP_WINDOWS, TL_FILM_CLIP_WINDOW_MS, cut, cuts, &w);
	else
		tl_film_windows(duration_ms, TL_FILM_LISTEN_WINDOWS, TL_FILM_LISTEN_WINDOW_MS,
		    cut, cuts, &w);
	tl_js_int(out, "parts", w.n);
	tl_js_int(out, "part_ms", w.n > 1 || cuts ? w.each_ms : duration_ms);
	tl_js_open(out, "starts_ms", '[');
	for (uint32_t i = 0; i < w.n; i++)
		tl_js_int(out, NULL, w.start_ms[i]);
	tl_js_close(out, ']');
}

static void
clip_json(const struct tl_film *f, struct tl_buf *out)
{
	tl_js_open(out, "clip", '{');
	tl_js_z(out, "kind", is_video(f) ? "video" : "sound");
	tl_sheet_parts_json(is_video(f), f->duration_ms, NULL, 0, out);
	tl_js_close(out, '}');
}

void
tl_sheet_json(const struct tl_film *f, struct tl_buf *out)
{
	tl_js_open(out, NULL, '{');
	bool still = !tl_format_is_film(f->format);
	tl_js_z(out, "kind", still ? "animation" : is_video(f) ? "video" : "sound");
	tl_js_int(out, "duration_ms", f->duration_ms);
	if (f->video)
		tl_js_z(out, "video", tl_track_word(f->video));
	if (f->sound)
		tl_js_z(out, "sound", tl_track_word(f->sound));
	if (is_video(f)) {
		tl_js_num(out, "fps", f->rate / 1000.0);
		tl_js_int(out, "pictures", f->pictures);
		tl_js_int(out, "rotation", f->rotation);
	}
	if (f->still_count)
		stills_json(f, out);
	if (f->clip.n || f->pcm.n)
		clip_json(f, out);
	tl_js_close(out, '}');
}

struct tl_str
tl_film_raw(const struct tl_film *f, struct tl_raw *ret)
{
	if (is_video(f)) {
		*ret = (struct tl_raw){
		    .width = f->clip_width, .height = f->clip_height, .frames = f->clip_frames};
		return f->clip;
	}
	*ret = (struct tl_raw){.samples = (uint32_t)(f->pcm.n / 2)};
	return f->pcm;
}
