/*
 * A film's sound: its chromaprint fingerprint (mono, 11025 Hz, default algorithm, 32-bit words) over the whole length,
 * the fingerprints that it has when it is played a little slower and faster, and a listening sample of two minutes at most, of what is longer spread over it or around the moments asked for.
 *
 * Promises: samples are bounded by the question's length whatever the file says of its own. Called by film.c.
 */
#include "decode/film_int.h"
#include "hash/sound.h"

#include <stdlib.h>

#define RATE 11025

struct print {
	ChromaprintContext *chroma;
	uint32_t *words;
	int count;
};

struct lane { /* one rate that the sound is brought to */
	int rate;
	struct SwrContext *swr;
	uint64_t samples; /* so far */
};

/* The same sound at another speed: as many more or fewer samples, at the same rate. */
struct bend {
	struct SwrContext *swr;
	struct print print;
};

struct film_sound {
	const struct film *f;
	struct lane print, listen;
	int in_format, in_rate, in_channels;
	int16_t *room, *bent_room;
	int room_samples, bent_samples;
	struct print own;
	struct bend bend[TL_SOUND_BENDS];
	struct tl_buf pcm;
	struct tl_film_windows windows;
};

static void
print_begin(struct print *p)
{
	p->chroma = av.chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT);
	if (!p->chroma || !av.chromaprint_start(p->chroma, RATE, 1))
		abort();
}

static void
print_fini(struct print *p)
{
	if (p->words)
		av.chromaprint_dealloc(p->words);
	av.chromaprint_free(p->chroma);
}

static enum tl_decode_reason
print_end(struct print *p)
{
	if (!av.chromaprint_finish(p->chroma) ||
	    !av.chromaprint_get_raw_fingerprint(p->chroma, &p->words, &p->count))
		return TL_DECODE_MEMORY;
	return p->count > TL_FILM_WORDS ? TL_DECODE_TOO_LONG : TL_DECODE_OK;
}

static void
bend_begin(struct bend *b, int speed)
{
	AVChannelLayout mono = {0};
	av.av_channel_layout_default(&mono, 1);
	if (av.swr_alloc_set_opts2(&b->swr, &mono, AV_SAMPLE_FMT_S16, RATE * 1000 / speed,
		&mono, AV_SAMPLE_FMT_S16, RATE, 0, NULL) < 0 ||
	    av.swr_init(b->swr) < 0)
		abort();
	av.av_channel_layout_uninit(&mono);
	print_begin(&b->print);
}

struct film_sound *
film_sound_create(const struct film *f)
{
	static const int speeds[] = TL_SOUND_BEND_SPEEDS;
	struct film_sound *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->f = f;
	s->print.rate = RATE;
	s->listen.rate = TL_FILM_PCM_RATE;
	s->pcm.limit = 2 * TL_FILM_PCM;
	uint32_t cut[TL_FILM_CUTS], cuts = tl_decode_cuts(f->q, cut);
	tl_film_windows(f->duration_ms, TL_FILM_LISTEN_WINDOWS, TL_FILM_LISTEN_WINDOW_MS, cut,
	    cuts, &s->windows);
	print_begin(&s->own);
	for (size_t i = 0; i < TL_SOUND_BENDS; i++)
		bend_begin(&s->bend[i], speeds[i]);
	return s;
}

void
film_sound_destroyp(struct film_sound **at)
{
	struct film_sound *s = *at;
	*at = NULL;
	if (!s)
		return;
	av.swr_free(&s->print.swr);
	av.swr_free(&s->listen.swr);
	print_fini(&s->own);
	for (size_t i = 0; i < TL_SOUND_BENDS; i++) {
		av.swr_free(&s->bend[i].swr);
		print_fini(&s->bend[i].print);
	}
	free(s->bent_room);
	tl_buf_fini(&s->pcm);
	free(s->room);
	free(s);
}

/* Which window is filled next; as many as there are: none. */
static uint32_t
listen_window(const struct film_sound *s)
{
	uint64_t w = s->pcm.n / 2 * 1000 / TL_FILM_PCM_RATE / (uint64_t)s->windows.each_ms;
	bool full = s->pcm.n >= 2 * TL_FILM_PCM || w >= s->windows.n;
	return full ? s->windows.n : (uint32_t)w;
}

/* Keeps of n samples what lies in a window. */
static void
listen(struct film_sound *s, const int16_t *v, int n)
{
	uint64_t at = s->listen.samples;
	for (int i = 0; i < n; i++, at++) {
		int64_t ms = (int64_t)(at * 1000 / TL_FILM_PCM_RATE);
		uint32_t w = listen_window(s);
		if (w == s->windows.n)
			break;
		if (ms < s->windows.start_ms[w])
			continue;
		uint8_t b[2] = {(uint8_t)((uint16_t)v[i] >> 8), (uint8_t)v[i]};
		tl_buf_put(&s->pcm, b, 2);
	}
}

/* Room for `most` samples; NULL: there is none. */
static int16_t *
make_room(int16_t **room, int *has, int most)
{
	if (most > *has) {
		free(*room);
		*has = most;
		*room = calloc((size_t)most, sizeof **room);
	}
	return *room;
}

/* NULL: nothing more comes. */
static enum tl_decode_reason
bend_take(struct film_sound *s, struct bend *b, const int16_t *in, int n)
{
	int most = av.swr_get_out_samples(b->swr, n);
	if (most <= 0)
		return most < 0 ? TL_DECODE_CORRUPT : TL_DECODE_OK;
	if (!make_room(&s->bent_room, &s->bent_samples, most))
		return TL_DECODE_MEMORY;
	uint8_t *dst[1] = {(uint8_t *)s->bent_room};
	const uint8_t *src[1] = {(const uint8_t *)in};
	int got = av.swr_convert(b->swr, dst, most, in ? src : NULL, n);
	return got < 0 || !av.chromaprint_feed(b->print.chroma, s->bent_room, got)
		   ? TL_DECODE_CORRUPT
		   : TL_DECODE_OK;
}

static enum tl_decode_reason
print_take(struct film_sound *s, const int16_t *v, int n)
{
	enum tl_decode_reason why = TL_DECODE_OK;
	if (n == 0)
		return why;
	if (!av.chromaprint_feed(s->own.chroma, v, n))
		return TL_DECODE_CORRUPT;
	for (size_t i = 0; why == TL_DECODE_OK && i < TL_SOUND_BENDS; i++)
		why = bend_take(s, &s->bend[i], v, n);
	return why;
}

static enum tl_decode_reason
convert(struct film_sound *s, struct lane *l, const AVFrame *in)
{
	int n = in ? in->nb_samples : 0;
	int most = av.swr_get_out_samples(l->swr, n);
	if (most < 0 || most > 64 << 20)
		return TL_DECODE_CORRUPT;
	if (most && !make_room(&s->room, &s->room_samples, most))
		return TL_DECODE_MEMORY;
	uint8_t *dst[1] = {(uint8_t *)s->room};
	union {
		uint8_t **from;
		const uint8_t **to;
	} data = {.from = in ? in->extended_data : NULL};
	int got = most == 0 ? 0 : av.swr_convert(l->swr, dst, most, data.to, n);
	if (got < 0)
		return TL_DECODE_CORRUPT;
	enum tl_decode_reason why = l == &s->print ? print_take(s, s->room, got) : TL_DECODE_OK;
	if (why != TL_DECODE_OK)
		return why;
	if (l == &s->listen)
		listen(s, s->room, got);
	l->samples += (uint64_t)got;
	uint64_t cap = ((uint64_t)s->f->q->max_ms + 2000) * (uint64_t)l->rate / 1000;
	return l->samples > cap ? TL_DECODE_TOO_LONG : TL_DECODE_OK;
}

static enum tl_decode_reason
flush(struct film_sound *s)
{
	enum tl_decode_reason why = TL_DECODE_OK;
	if (s->print.swr)
		why = convert(s, &s->print, NULL);
	if (why == TL_DECODE_OK && s->listen.swr)
		why = convert(s, &s->listen, NULL);
	return why;
}

static bool
begin(struct lane *l, const AVFrame *in)
{
	AVChannelLayout from = {0}, mono = {0};
	av.swr_free(&l->swr);
	av.av_channel_layout_default(&mono, 1);
	int rc = 0;
	if (in->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av.av_channel_layout_default(&from, in->ch_layout.nb_channels);
	else
		rc = av.av_channel_layout_copy(&from, &in->ch_layout);
	if (rc >= 0)
		rc = av.swr_alloc_set_opts2(&l->swr, &mono, AV_SAMPLE_FMT_S16, l->rate, &from,
		    in->format, in->sample_rate, 0, NULL);
	if (rc >= 0)
		rc = av.swr_init(l->swr);
	av.av_channel_layout_uninit(&from);
	return rc >= 0;
}

enum tl_decode_reason
film_sound_take(struct film_sound *s, const AVFrame *in)
{
	enum tl_decode_reason why = TL_DECODE_OK;
	int channels = in->ch_layout.nb_channels;
	if (in->sample_rate < 1000 || in->sample_rate > 768000 || channels < 1 || channels > 64)
		return TL_DECODE_UNSUPPORTED;
	if (!s->print.swr || s->in_format != in->format || s->in_rate != in->sample_rate ||
	    s->in_channels != channels) {
		why = flush(s);
		if (why == TL_DECODE_OK && (!begin(&s->print, in) || !begin(&s->listen, in)))
			why = TL_DECODE_UNSUPPORTED;
		s->in_format = in->format;
		s->in_rate = in->sample_rate;
		s->in_channels = channels;
	}
	if (why == TL_DECODE_OK && !s->f->q->cuts)
		why = convert(s, &s->print, in);
	if (why == TL_DECODE_OK && s->f->q->show)
		why = convert(s, &s->listen, in);
	return why;
}

bool
film_sound_done(const struct film_sound *s)
{
	return listen_window(s) == s->windows.n;
}

/* The fingerprints. */
static enum tl_decode_reason
end_prints(struct film_sound *s, struct tl_decode_answer *a)
{
	if (s->print.samples == 0)
		return TL_DECODE_CORRUPT;
	enum tl_decode_reason why = print_end(&s->own);
	for (size_t i = 0; why == TL_DECODE_OK && i < TL_SOUND_BENDS; i++) {
		why = bend_take(s, &s->bend[i], NULL, 0);
		if (why == TL_DECODE_OK)
			why = print_end(&s->bend[i].print);
	}
	if (why != TL_DECODE_OK)
		return why;
	a->words = s->own.count ? (uint32_t)s->own.count + 1 : 0;
	for (size_t i = 0; a->words && i < TL_SOUND_BENDS; i++)
		a->words += (uint32_t)s->bend[i].print.count + 1;
	return TL_DECODE_OK;
}

enum tl_decode_reason
film_sound_end(struct film_sound *s, struct tl_decode_answer *a)
{
	enum tl_decode_reason why = flush(s);
	if (why == TL_DECODE_OK && !s->f->q->cuts)
		why = end_prints(s, a);
	else if (why == TL_DECODE_OK && s->pcm.n == 0)
		why = TL_DECODE_CORRUPT;
	a->pcm = (uint32_t)(s->pcm.n / 2);
	return why;
}

static void
put_number(struct tl_buf *out, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	tl_buf_put(out, b, sizeof b);
}

static void
put_print(struct tl_buf *out, const struct print *p)
{
	put_number(out, (uint32_t)p->count);
	for (int i = 0; i < p->count; i++)
		put_number(out, p->words[i]);
}

void
film_sound_words(const struct film_sound *s, struct tl_buf *out)
{
	if (s->own.count == 0)
		return;
	put_print(out, &s->own);
	for (size_t i = 0; i < TL_SOUND_BENDS; i++)
		put_print(out, &s->bend[i].print);
}

void
film_sound_pcm(const struct film_sound *s, struct tl_buf *out)
{
	tl_buf_put(out, s->pcm.p, s->pcm.n);
}
