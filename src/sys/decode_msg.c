/*
 * Writing and reading the decoder's messages from one table.
 *
 * Promises: what is read is of exact length and inside the table's bounds, and an answer that fits
 * (tl_decode_answer_fits) cannot make its receiver read outside the payload or show more than was asked for.
 * On failure the caller ends the sender.
 */
#include "sys/decode_msg.h"

#include "base/cur.h"

static uint8_t *
put(uint8_t *p, uint64_t v, int bits)
{
	for (int shift = bits - 8; shift >= 0; shift -= 8)
		*p++ = (uint8_t)(v >> shift);
	return p;
}

static uint64_t
take(struct tl_cur *c, int bits)
{
	struct tl_str s = tl_cur_take(c, (size_t)bits / 8);
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

static void
check(
    struct tl_cur *c, uint64_t v, uint64_t lo, uint64_t hi, const char *name, const char **bad)
{
	if (!*bad && (c->bad || v < lo || v > hi))
		*bad = name;
}

enum tl_decoder
tl_decoder_for(enum tl_format f)
{
	if (f == TL_FORMAT_RAW)
		return TL_DECODER_ENCODE;
	if (tl_format_is_film(f))
		return TL_DECODER_FILM;
	return f == TL_FORMAT_JPEG || f == TL_FORMAT_BMP ? TL_DECODER_LIGHT : TL_DECODER_FULL;
}

struct tl_decode_ask
tl_decode_ask_new(void)
{
	return (struct tl_decode_ask){.magic = 0x544c4451, .version = 3};
}

struct tl_decode_answer
tl_decode_answer_new(void)
{
	return (struct tl_decode_answer){.magic = 0x544c4441, .version = 3};
}

void
tl_decode_ask_write(uint8_t dst[TL_DECODE_ASK_BYTES], const struct tl_decode_ask *m)
{
#define Q(field, bits, lo, hi) dst = put(dst, m->field, bits);
#include "sys/decode_msg.tbl.h"
}

void
tl_decode_answer_write(uint8_t dst[TL_DECODE_ANSWER_BYTES], const struct tl_decode_answer *m)
{
#define A(field, bits, lo, hi) dst = put(dst, m->field, bits);
#include "sys/decode_msg.tbl.h"
}

int
tl_decode_ask_read(struct tl_str msg, struct tl_decode_ask *ret)
{
	struct tl_cur c = tl_cur(msg);
	struct tl_decode_ask m;
	const char *bad = NULL;
#define Q(field, bits, lo, hi)                                                                 \
	m.field = (uint##bits##_t)take(&c, bits);                                              \
	check(&c, m.field, lo, hi, #field, &bad);
#include "sys/decode_msg.tbl.h"
	if (bad || tl_cur_end(&c) < 0)
		return tl_fail(TL_EPARSE, "question: %s is wrong", bad ? bad : "its length");
	*ret = m;
	return 0;
}

int
tl_decode_answer_read(struct tl_str msg, struct tl_decode_answer *ret)
{
	struct tl_cur c = tl_cur(msg);
	struct tl_decode_answer m;
	const char *bad = NULL;
#define A(field, bits, lo, hi)                                                                 \
	m.field = (uint##bits##_t)take(&c, bits);                                              \
	check(&c, m.field, lo, hi, #field, &bad);
#include "sys/decode_msg.tbl.h"
	if (bad || tl_cur_end(&c) < 0)
		return tl_fail(TL_EPARSE, "answer: %s is wrong", bad ? bad : "its length");
	*ret = m;
	return 0;
}

uint64_t
tl_decode_parts(const struct tl_decode_answer *a, struct tl_decode_place ret[TL_DECODE_PARTS])
{
	uint64_t at = 0; /* every factor is bounded by the table: no sum can overflow */
#define P(name, count, unit)                                                                   \
	ret[TL_DECODE_PART_##name] = (struct tl_decode_place){at, (uint64_t)(count) * (unit)}; \
	at += ret[TL_DECODE_PART_##name].bytes;
#include "sys/decode_part.tbl.h"
#undef P
	return at;
}

static bool
size_fits(const struct tl_decode_answer *a, const struct tl_decode_ask *q)
{
	uint64_t pixels = (uint64_t)a->width * a->height;
	return pixels > 0 && pixels <= q->max_pixels && a->width <= q->max_side &&
	       a->height <= q->max_side;
}

static int
picture_fits(const struct tl_decode_answer *a, const struct tl_decode_ask *q)
{
	bool moves = a->pages > 1;
	if (!size_fits(a, q) || !a->samples || a->video || a->sound || a->words ||
	    a->clip_frames || a->pcm || a->coded || a->pictures ||
	    (!moves && (a->duration_ms || a->frames)) || (!a->frames && a->stills) ||
	    (a->stills && (!q->show || !a->still_width || !a->still_height)))
		return tl_fail(TL_EPARSE, "answer: the picture is not one that was asked for");
	bool preview = q->preview_side > 0;
	if (a->preview_width > q->preview_side || a->preview_height > q->preview_side ||
	    (preview && (a->preview_width == 0 || a->preview_height == 0)))
		return tl_fail(TL_EPARSE, "answer: the preview is not one that was asked for");
	return 0;
}

static bool
is_sound(uint16_t track)
{
	static const bool sound[TL_TRACKS] = {
#define T(name, word, is_sound, decoder) [TL_TRACK_##name] = (is_sound),
#include "sys/track.tbl.h"
#undef T
	};
	return sound[track];
}

static int
film_fits(const struct tl_decode_answer *a, const struct tl_decode_ask *q)
{
	bool seen = a->width > 0 || a->height > 0, moves = a->video != TL_TRACK_NONE;
	bool only_clip = q->cuts > 0;
	if (a->samples || a->preview_width || a->preview_height || a->coded || a->pages ||
	    a->duration_ms > q->max_ms || (!moves && !a->sound) || is_sound(a->video) ||
	    (a->sound && !is_sound(a->sound)) ||
	    (moves && (!seen || (a->frames == 0) != only_clip)) || (seen && !size_fits(a, q)) ||
	    a->rotation % 90)
		return tl_fail(TL_EPARSE, "answer: the film is not one that was asked for");
	if ((!a->frames && (a->stills || (a->clip_frames && !(moves && only_clip)))) ||
	    (!a->sound && (a->words || a->pcm)))
		return tl_fail(TL_EPARSE, "answer: a film without that track");
	if (only_clip && (a->frames || a->words || a->stills || (moves && a->pcm)))
		return tl_fail(TL_EPARSE, "answer: more than the clip that was asked for");
	if ((!q->show && (a->stills || a->clip_frames || a->pcm)) ||
	    (a->stills && (!a->still_width || !a->still_height)) ||
	    (a->clip_frames &&
		(!a->clip_width || !a->clip_height || a->clip_width % 2 || a->clip_height % 2)))
		return tl_fail(
		    TL_EPARSE, "answer: the stills are not ones that were asked for");
	return 0;
}

int
tl_decode_answer_fits(const struct tl_decode_answer *a, const struct tl_decode_ask *q)
{
	struct tl_decode_place place[TL_DECODE_PARTS];
	if (a->id != q->id)
		return tl_fail(TL_EPARSE, "answer: it is to another question");
	if (a->reason != TL_DECODE_OK)
		return a->payload_bytes == 0
			   ? 0
			   : tl_fail(TL_EPARSE, "answer: a failure has no payload");
	uint64_t bytes = tl_decode_parts(a, place);
	if (a->payload_bytes != bytes)
		return tl_fail(TL_EPARSE, "answer: the payload has another size");
	if (a->format != q->format)
		return tl_fail(TL_EPARSE, "answer: another format than was asked for");
	if (q->format == TL_FORMAT_RAW)
		return bytes && a->coded == bytes
			   ? 0
			   : tl_fail(TL_EPARSE, "answer: more than a clip");
	return tl_format_is_film((enum tl_format)q->format) ? film_fits(a, q)
							    : picture_fits(a, q);
}

const char *
tl_track_word(enum tl_track t)
{
	static const char *const words[TL_TRACKS] = {
	    "",
#define T(name, word, is_sound, decoder) word,
#include "sys/track.tbl.h"
#undef T
	};
	return words[t < TL_TRACKS ? t : TL_TRACK_NONE];
}

static const struct {
	const char *word, *help;
	bool retry;
} reasons[] = {
#define R(name, word, retry, help) {word, help, retry},
#include "sys/decode_reason.tbl.h"
#undef R
};

const char *
tl_decode_reason_word(enum tl_decode_reason r)
{
	return reasons[r < TL_DECODE_REASONS ? r : TL_DECODE_PROTOCOL].word;
}

const char *
tl_decode_reason_help(enum tl_decode_reason r)
{
	return reasons[r < TL_DECODE_REASONS ? r : TL_DECODE_PROTOCOL].help;
}

bool
tl_decode_reason_retry(enum tl_decode_reason r)
{
	return reasons[r < TL_DECODE_REASONS ? r : TL_DECODE_PROTOCOL].retry;
}

uint32_t
tl_decode_cuts(const struct tl_decode_ask *q, uint32_t ret[TL_FILM_CUTS])
{
	const uint32_t cut[TL_FILM_CUTS] = {q->cut0, q->cut1, q->cut2, q->cut3, q->cut4};
	memcpy(ret, cut, sizeof cut);
	return q->cuts;
}

/* Around moments: each as near to its own as the others and the film's ends let it. */
static void
around(struct tl_film_windows *w, const uint32_t *cut, int64_t all_ms)
{
	for (uint32_t i = 0; i < w->n; i++) {
		int64_t least = i ? w->start_ms[i - 1] + w->each_ms : 0;
		int64_t most = all_ms - (int64_t)(w->n - i) * w->each_ms;
		int64_t at = (int64_t)cut[i] - w->each_ms / 2;
		at = at > most ? most : at;
		w->start_ms[i] = at < least ? least : at;
	}
}

void
tl_film_windows(int64_t all_ms, uint32_t n, int64_t each_ms, const uint32_t *cut, uint32_t cuts,
    struct tl_film_windows *ret)
{
	int64_t most = n * each_ms;
	*ret = (struct tl_film_windows){.n = 1, .each_ms = most};
	if (all_ms <= most)
		return;
	ret->n = cuts ? cuts : n;
	ret->each_ms = most / ret->n / TL_FILM_CLIP_MS * TL_FILM_CLIP_MS;
	if (cuts) {
		around(ret, cut, all_ms);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		ret->start_ms[i] = i * (all_ms - each_ms) / (n - 1);
}
