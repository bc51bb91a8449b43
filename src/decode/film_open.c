/*
 * Opening a film and measuring it.
 *
 * Promises: the container's reader is chosen by our own sniffing, codecs by our own table; no protocol is there to be
 * asked, and a file that refers to others finds none. One track of pictures and one of sound: with more, what a person
 * sees depends on the player. Everything is measured by reading, not by what the file announces; one that announces a
 * tenth more than it holds, or that cannot be read to its end, is told to be seen in part. Called by film.c.
 */
#include "decode/film_int.h"

#include "sys/clock.h"

#define IO_BYTES 65536
#define STREAMS_MAX 32
#define PACKETS_MAX 20000000
#define BROKEN_MAX 64 /* reads that fail; behind each the file may go on */
#define MS_SANE ((int64_t)1 << 45)
#define START_US (5 * TL_US_S) /* what the shortest film has */

static const char *const readers[TL_FORMATS] = {
    [TL_FORMAT_MP4] = "mov",
    [TL_FORMAT_MATROSKA] = "matroska",
    [TL_FORMAT_MPEGTS] = "mpegts",
    [TL_FORMAT_OGG] = "ogg",
    [TL_FORMAT_WAV] = "wav",
    [TL_FORMAT_MP3] = "mp3",
    [TL_FORMAT_FLAC] = "flac",
    [TL_FORMAT_AAC] = "aac",
    [TL_FORMAT_AVI] = "avi",
};

static const struct {
	enum AVCodecID id;
	bool sound;
	const char *decoder;
} codecs[TL_TRACKS] = {
#define T(name, word, is_sound, decoder)                                                       \
	[TL_TRACK_##name] = {AV_CODEC_ID_##name, is_sound, decoder},
#include "sys/track.tbl.h"
#undef T
};

#define T(name, word, is_sound, decoder) decoder ","
static const char decoders_allowed[] =
#include "sys/track.tbl.h"
    ;
#undef T

bool
film_is_late(const struct film *f)
{
	return tl_mono_us() > f->until_us;
}

enum tl_decode_reason
film_reason(int averror)
{
	if (averror == AVERROR(ENOMEM))
		return TL_DECODE_MEMORY;
	return averror == AVERROR_PATCHWELCOME || averror == AVERROR(ENOSYS)
		   ? TL_DECODE_UNSUPPORTED
		   : TL_DECODE_CORRUPT;
}

static int
io_read(void *ctx, uint8_t *dst, int n)
{
	struct film *f = ctx;
	size_t left = f->file.n - f->at;
	if (left == 0 || film_is_late(f))
		return AVERROR_EOF;
	size_t take = (size_t)n < left ? (size_t)n : left;
	memcpy(dst, f->file.p + f->at, take);
	f->at += take;
	return (int)take;
}

static int64_t
io_seek(void *ctx, int64_t to, int whence)
{
	struct film *f = ctx;
	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return (int64_t)f->file.n;
	int64_t base = whence == SEEK_SET   ? 0
		       : whence == SEEK_CUR ? (int64_t)f->at
					    : (int64_t)f->file.n;
	int64_t at;
	if (__builtin_add_overflow(base, to, &at) || at < 0 || (uint64_t)at > f->file.n)
		return AVERROR(EINVAL);
	f->at = (size_t)at;
	return at;
}

/* What a file names outside itself. */
static int
no_other_file(struct AVFormatContext *s, AVIOContext **pb, const char *url, int flags,
    AVDictionary **opts)
{
	(void)s;
	(void)pb;
	(void)url;
	(void)flags;
	(void)opts;
	return AVERROR(EACCES);
}

static int
late(void *ctx)
{
	return film_is_late(ctx);
}

void
film_close(struct film *f)
{
	av.avcodec_free_context(&f->video.decoder);
	av.avcodec_free_context(&f->sound.decoder);
	av.avformat_close_input(&f->fmt);
	if (f->io)
		av.av_freep(&f->io->buffer);
	av.avio_context_free(&f->io);
}

static AVFormatContext *
new_context(struct film *f)
{
	uint8_t *room = av.av_malloc(IO_BYTES);
	f->at = 0;
	f->io =
	    room ? av.avio_alloc_context(room, IO_BYTES, 0, f, io_read, NULL, io_seek) : NULL;
	AVFormatContext *c = f->io ? av.avformat_alloc_context() : NULL;
	if (!c)
		return NULL;
	c->pb = f->io;
	c->io_open = no_other_file;
	c->interrupt_callback = (AVIOInterruptCB){late, f};
	c->max_streams = STREAMS_MAX;
	c->probesize = 5 << 20;
	c->max_analyze_duration = 5 * AV_TIME_BASE;
	c->flags |= AVFMT_FLAG_CUSTOM_IO;
	return c;
}

static int
open_input(struct film *f, const char *reader)
{
	AVDictionary *o = NULL;
	(void)av.av_dict_set(&o, "format_whitelist", reader, 0);
	(void)av.av_dict_set(&o, "codec_whitelist", decoders_allowed, 0);
	(void)av.av_dict_set(&o, "protocol_whitelist", "none", 0);
	int rc = av.avformat_open_input(&f->fmt, "", av.av_find_input_format(reader), &o);
	av.av_dict_free(&o);
	return rc;
}

static enum tl_track
track_of(const AVCodecParameters *p)
{
	for (int t = 1; t < TL_TRACKS; t++)
		if (codecs[t].id == p->codec_id &&
		    codecs[t].sound == (p->codec_type == AVMEDIA_TYPE_AUDIO))
			return (enum tl_track)t;
	return TL_TRACK_NONE;
}

enum tl_track
film_kind(const struct film *f, int stream)
{
	return track_of(f->fmt->streams[stream]->codecpar);
}

static enum tl_decode_reason
choose(struct film *f, int i)
{
	AVStream *st = f->fmt->streams[i];
	AVCodecParameters *p = st->codecpar;
	bool sound = p->codec_type == AVMEDIA_TYPE_AUDIO;
	st->discard = AVDISCARD_ALL;
	if (!sound && p->codec_type != AVMEDIA_TYPE_VIDEO)
		return TL_DECODE_OK; /* subtitles, data: nothing that we look at */
	enum tl_track kind = track_of(p);
	if (kind == TL_TRACK_NONE)
		return TL_DECODE_UNSUPPORTED;
	if (st->time_base.num <= 0 || st->time_base.den <= 0)
		return TL_DECODE_CORRUPT;
	if (st->disposition & AV_DISPOSITION_ATTACHED_PIC) {
		if (f->cover >= 0)
			return TL_DECODE_TRACKS;
		f->cover = i;
		return TL_DECODE_OK;
	}
	struct film_track *t = sound ? &f->sound : &f->video;
	if (t->stream >= 0)
		return TL_DECODE_TRACKS;
	if (!sound && (p->width > (int)f->q->max_side || p->height > (int)f->q->max_side ||
			  (int64_t)p->width * p->height > (int64_t)f->q->max_pixels))
		return TL_DECODE_TOO_LARGE;
	t->stream = i;
	t->kind = kind;
	st->discard = AVDISCARD_DEFAULT;
	return TL_DECODE_OK;
}

static uint16_t
rotation_of(const AVStream *st)
{
	size_t n = 0;
	union {
		const uint8_t *bytes;
		const int32_t *matrix;
	} m = {.bytes = av.av_stream_get_side_data(st, AV_PKT_DATA_DISPLAYMATRIX, &n)};
	double turn =
	    m.bytes && n >= 9 * sizeof *m.matrix ? av.av_display_rotation_get(m.matrix) : 0;
	if (!(turn >= -360 && turn <= 360))
		return 0;
	return (uint16_t)(((int)(-turn + 360 + 45) / 90 * 90) % 360);
}

enum tl_decode_reason
film_open(struct film *f)
{
	const char *reader = readers[f->q->format];
	f->video.stream = f->sound.stream = f->cover = -1;
	f->broken = 0;
	f->fmt = new_context(f);
	if (!f->fmt)
		return TL_DECODE_MEMORY;
	int rc = open_input(f, reader);
	if (rc >= 0)
		rc = av.avformat_find_stream_info(f->fmt, NULL);
	if (film_is_late(f))
		return TL_DECODE_TIMEOUT;
	if (rc < 0)
		return rc != AVERROR(ENOMEM) && f->at == f->file.n ? TL_DECODE_TRUNCATED
								   : film_reason(rc);
	f->streams = f->fmt->nb_streams;
	for (unsigned i = 0; i < f->streams; i++) {
		enum tl_decode_reason why = choose(f, (int)i);
		if (why != TL_DECODE_OK)
			return why;
	}
	if (f->video.stream < 0 && f->sound.stream < 0)
		return TL_DECODE_UNSUPPORTED;
	if (f->video.stream >= 0)
		f->rotation = rotation_of(f->fmt->streams[f->video.stream]);
	return TL_DECODE_OK;
}

static bool
measure(struct film_track *t, const AVStream *st, const AVPacket *p)
{
	const AVRational ms = {1, 1000};
	int64_t ts = p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
	t->packets++;
	if (ts == AV_NOPTS_VALUE)
		return true;
	int64_t at = av.av_rescale_q(ts, st->time_base, ms);
	int64_t long_ms = p->duration > 0 ? av.av_rescale_q(p->duration, st->time_base, ms) : 0;
	if (at < -MS_SANE || at > MS_SANE || long_ms < 0 || long_ms > MS_SANE)
		return false;
	if (t->first_ms > at)
		t->first_ms = at;
	if (t->end_ms < at + long_ms)
		t->end_ms = at + long_ms;
	return true;
}

/* The container's own rate where it is near what was counted: absurd ones would leave pictures unseen. */
static double
rate_of(const struct film *f)
{
	const AVStream *st = f->fmt->streams[f->video.stream];
	AVRational said = st->avg_frame_rate;
	double r = said.num > 0 && said.den > 0 ? (double)said.num / said.den : 0;
	int64_t span = f->video.end_ms - f->video.first_ms;
	if (span <= 0 || f->video.packets < 2)
		return r > 0 && r < 1000 ? r : 25;
	double counted = f->video.packets * 1000.0 / (double)span;
	if (r > counted * 2.5 || r < counted / 2.5)
		r = counted;
	return r < 1000 ? r : 1000;
}

static enum tl_decode_reason
conclude(struct film *f)
{
	struct film_track *t[2] = {&f->video, &f->sound};
	int64_t start = INT64_MAX, end = INT64_MIN;
	for (int i = 0; i < 2; i++) {
		if (t[i]->packets == 0)
			continue;
		if (t[i]->first_ms > t[i]->end_ms)
			t[i]->first_ms = t[i]->end_ms = 0; /* says nothing of time */
		start = t[i]->first_ms < start ? t[i]->first_ms : start;
		end = t[i]->end_ms > end ? t[i]->end_ms : end;
	}
	if (start == INT64_MAX)
		return f->at == f->file.n ? TL_DECODE_TRUNCATED : TL_DECODE_CORRUPT;
	f->start_ms = start;
	f->duration_ms = end - start;
	if (f->video.stream >= 0) {
		f->rate = rate_of(f);
		int64_t least = (int64_t)(f->video.packets * 1000.0 / f->rate);
		if (f->duration_ms == 0)
			f->duration_ms = least;
	}
	int64_t said = f->fmt->duration == AV_NOPTS_VALUE ? 0 : f->fmt->duration / 1000;
	if (f->duration_ms > (int64_t)f->q->max_ms || f->video.packets > f->q->max_frames)
		return TL_DECODE_TOO_LONG;
	if (said - said / 10 - 2000 > f->duration_ms && f->partly == TL_DECODE_OK)
		f->partly = TL_DECODE_TRUNCATED;
	return TL_DECODE_OK;
}

/* A track that came, or showed what it is, only on the way: players show it and we would not. */
static bool
has_late_track(const struct film *f)
{
	for (unsigned i = 0; i < f->fmt->nb_streams; i++) {
		enum AVMediaType type = f->fmt->streams[i]->codecpar->codec_type;
		int n = (int)i;
		if (n == f->video.stream || n == f->sound.stream || n == f->cover)
			continue;
		if (type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO)
			return true;
		if (i >= f->streams && type == AVMEDIA_TYPE_UNKNOWN)
			return true;
	}
	return false;
}

int
film_read(struct film *f, AVPacket *p)
{
	int rc;
	while ((rc = av.av_read_frame(f->fmt, p)) < 0 && rc != AVERROR_EOF &&
	       rc != AVERROR(ENOMEM) && !film_is_late(f)) {
		if (f->partly == TL_DECODE_OK)
			f->partly =
			    f->at == f->file.n ? TL_DECODE_TRUNCATED : TL_DECODE_CORRUPT;
		if (++f->broken == BROKEN_MAX)
			return 0;
	}
	return rc == AVERROR(ENOMEM) ? -1 : rc >= 0;
}

enum tl_decode_reason
film_survey(struct film *f)
{
	AVPacket *p = av.av_packet_alloc();
	if (!p)
		return TL_DECODE_MEMORY;
	enum tl_decode_reason why = TL_DECODE_OK;
	f->video.first_ms = f->sound.first_ms = INT64_MAX;
	f->video.end_ms = f->sound.end_ms = INT64_MIN;
	for (uint32_t n = 0; why == TL_DECODE_OK; n++) {
		int rc = film_read(f, p);
		if (film_is_late(f))
			why = TL_DECODE_TIMEOUT;
		else if (n == PACKETS_MAX || f->video.packets > f->q->max_frames)
			why = TL_DECODE_TOO_LONG;
		else if (rc < 0)
			why = TL_DECODE_MEMORY;
		if (rc <= 0)
			break;
		struct film_track *t = p->stream_index == f->video.stream   ? &f->video
				       : p->stream_index == f->sound.stream ? &f->sound
									    : NULL;
		if (t && !measure(t, f->fmt->streams[p->stream_index], p))
			why = TL_DECODE_CORRUPT;
		av.av_packet_unref(p);
	}
	av.av_packet_free(&p);
	if (why == TL_DECODE_OK)
		why = has_late_track(f) ? TL_DECODE_TRACKS : conclude(f);
	film_close(f);
	int64_t more = f->duration_ms * (int64_t)f->q->ms_per_s; /* of each second, in µs */
	int64_t most = tl_mono_us() + START_US + more;
	if (f->q->ms_per_s && most < f->until_us)
		f->until_us = most;
	return why;
}

enum tl_decode_reason
film_start(struct film *f, struct film_track *t)
{
	const AVCodec *c = av.avcodec_find_decoder_by_name(codecs[t->kind].decoder);
	if (!c)
		return TL_DECODE_UNSUPPORTED;
	t->decoder = av.avcodec_alloc_context3(c);
	if (!t->decoder)
		return TL_DECODE_MEMORY;
	AVStream *st = f->fmt->streams[t->stream];
	int rc = av.avcodec_parameters_to_context(t->decoder, st->codecpar);
	t->decoder->thread_count = 1;
	t->decoder->max_pixels = f->q->max_pixels;
	t->decoder->pkt_timebase = st->time_base;
	if (rc >= 0)
		rc = av.avcodec_open2(t->decoder, c, NULL);
	return rc < 0 ? film_reason(rc) : TL_DECODE_OK;
}

enum tl_decode_reason
film_start_decoders(struct film *f)
{
	enum tl_decode_reason why = TL_DECODE_OK;
	if (f->video.stream >= 0)
		why = film_start(f, &f->video);
	if (why == TL_DECODE_OK && f->sound.stream >= 0)
		why = film_start(f, &f->sound);
	return why;
}
