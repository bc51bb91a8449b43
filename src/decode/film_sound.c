/*
 * A film's sound: its chromaprint fingerprint (mono, 11025 Hz, default algorithm, 32-bit words) over the whole length,
 * and a listening sample of two minutes at most, of what is longer spread over it or around the moments asked for.
 *
 * Promises: samples are bounded by the question's length whatever the file says of its own. Called by film.c.
 */
#include "decode/film_int.h"

#include <stdlib.h>

#define RATE 11025

struct lane { /* one rate that the sound is brought to */
	int rate;
	struct SwrContext *swr;
	uint64_t samples; /* so far */
};

struct film_sound {
	const struct film *f;
	struct lane print, listen;
	int in_format, in_rate, in_channels;
	int16_t *room;
	int room_samples;
	ChromaprintContext *chroma;
	uint32_t *words;
	int word_count;
	struct tl_buf pcm;
	struct tl_film_windows windows;
};

struct film_sound *
film_sound_create(const struct film *f)
{
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
	s->chroma = av.chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT);
	if (!s->chroma || !av.chromaprint_start(s->chroma, RATE, 1))
		abort();
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
	if (s->words)
		av.chromaprint_dealloc(s->words);
	av.chromaprint_free(s->chroma);
	tl_buf_fini(&s->pcm);
	free(s->room);
	free(s);
}

/* Keeps of n samples what lies in a window. */
static void
listen(struct film_sound *s, const int16_t *v, int n)
{
	uint64_t at = s->listen.samples;
	for (int i = 0; i < n; i++, at++) {
		int64_t ms = (int64_t)(at * 1000 / TL_FILM_PCM_RATE);
		uint32_t w = (uint32_t)(s->pcm.n / 2 * 1000 / TL_FILM_PCM_RATE /
					(uint64_t)s->windows.each_ms);
		if (s->pcm.n >= 2 * TL_FILM_PCM || w >= s->windows.n)
			break;
		if (ms < s->windows.start_ms[w])
			continue;
		uint8_t b[2] = {(uint8_t)((uint16_t)v[i] >> 8), (uint8_t)v[i]};
		tl_buf_put(&s->pcm, b, 2);
	}
}

static enum tl_decode_reason
convert(struct film_sound *s, struct lane *l, const AVFrame *in)
{
	int n = in ? in->nb_samples : 0;
	int most = av.swr_get_out_samples(l->swr, n);
	if (most < 0 || most > 64 << 20)
		return TL_DECODE_CORRUPT;
	if (most > s->room_samples) {
		free(s->room);
		s->room_samples = most;
		s->room = calloc((size_t)most, sizeof *s->room);
		if (!s->room)
			return TL_DECODE_MEMORY;
	}
	uint8_t *dst[1] = {(uint8_t *)s->room};
	union {
		uint8_t **from;
		const uint8_t **to;
	} data = {.from = in ? in->extended_data : NULL};
	int got = most == 0 ? 0 : av.swr_convert(l->swr, dst, most, data.to, n);
	if (got < 0)
		return TL_DECODE_CORRUPT;
	if (l == &s->print && !av.chromaprint_feed(s->chroma, s->room, got))
		return TL_DECODE_CORRUPT;
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
	if (why == TL_DECODE_OK)
		why = convert(s, &s->print, in);
	if (why == TL_DECODE_OK && s->f->q->show)
		why = convert(s, &s->listen, in);
	return why;
}

enum tl_decode_reason
film_sound_end(struct film_sound *s, struct tl_decode_answer *a)
{
	enum tl_decode_reason why = flush(s);
	if (why != TL_DECODE_OK)
		return why;
	if (s->print.samples == 0)
		return TL_DECODE_CORRUPT;
	if (!av.chromaprint_finish(s->chroma) ||
	    !av.chromaprint_get_raw_fingerprint(s->chroma, &s->words, &s->word_count))
		return TL_DECODE_MEMORY;
	if (s->word_count > TL_FILM_WORDS)
		return TL_DECODE_TOO_LONG;
	a->words = (uint32_t)s->word_count;
	a->pcm = (uint32_t)(s->pcm.n / 2);
	return TL_DECODE_OK;
}

void
film_sound_words(const struct film_sound *s, struct tl_buf *out)
{
	for (int i = 0; i < s->word_count; i++) {
		uint32_t v = s->words[i];
		uint8_t b[4] = {
		    (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
		tl_buf_put(out, b, sizeof b);
	}
}

void
film_sound_pcm(const struct film_sound *s, struct tl_buf *out)
{
	tl_buf_put(out, s->pcm.p, s->pcm.n);
}
