/*
 * The other way: raw pictures or samples, made by a decoder of films, to a small WebM for a reviewer's browser. Runs in
 * a process of its own that never sees a file, so that nothing of one can reach a browser. VP8 without sound, or Opus.
 *
 * Promises: reads exactly what the question announces; the output is bounded. Called by item.c.
 */
#include "decode/film_int.h"

#include "sys/fd.h"

#define IO_BYTES 65536
#define OPUS_SAMPLES (TL_FILM_PCM_RATE / 50) /* 20 ms */

struct out {
	struct tl_buf webm;
	size_t at; /* where the muxer writes next: it comes back to fill sizes in */
};

struct work {
	struct tl_str raw;
	const struct tl_decode_ask *q;
	struct out *out;
	AVFormatContext *fmt;
	AVIOContext *io;
	AVCodecContext *encoder;
	AVStream *stream;
	AVPacket *packet;
	AVFrame *frame;
};

static int
io_write(void *ctx, uint8_t *p, int n)
{
	struct out *o = ctx;
	size_t over = o->webm.n - o->at < (size_t)n ? o->webm.n - o->at : (size_t)n;
	memcpy(o->webm.p + o->at, p, over);
	tl_buf_put(&o->webm, p + over, (size_t)n - over);
	o->at += (size_t)n;
	return o->webm.bad ? AVERROR(ENOSPC) : n;
}

static int64_t
io_seek(void *ctx, int64_t to, int whence)
{
	struct out *o = ctx;
	if (whence == AVSEEK_SIZE)
		return (int64_t)o->webm.n;
	if (whence != SEEK_SET || to < 0 || (uint64_t)to > o->webm.n)
		return AVERROR(EINVAL);
	o->at = (size_t)to;
	return to;
}

static int
open_encoder(struct work *w)
{
	bool video = w->q->raw_frames > 0;
	const AVCodec *c = av.avcodec_find_encoder_by_name(video ? "libvpx" : "libopus");
	AVCodecContext *e = c ? av.avcodec_alloc_context3(c) : NULL;
	if (!e)
		return AVERROR_ENCODER_NOT_FOUND;
	w->encoder = e;
	e->thread_count = 1;
	e->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
	if (video) {
		e->width = w->q->raw_width;
		e->height = w->q->raw_height;
		e->pix_fmt = AV_PIX_FMT_YUV420P;
		e->time_base = (AVRational){TL_FILM_CLIP_MS, 1000};
		e->framerate = (AVRational){1000, TL_FILM_CLIP_MS};
		e->bit_rate = 400000;
		e->gop_size = 10; /* stepping back must be quick */
		(void)av.av_opt_set(e->priv_data, "deadline", "realtime", 0);
		(void)av.av_opt_set(e->priv_data, "cpu-used", "6", 0);
	} else {
		e->sample_fmt = AV_SAMPLE_FMT_S16;
		e->sample_rate = TL_FILM_PCM_RATE;
		e->time_base = (AVRational){1, TL_FILM_PCM_RATE};
		e->bit_rate = 24000;
		av.av_channel_layout_default(&e->ch_layout, 1);
	}
	return av.avcodec_open2(e, c, NULL);
}

static int
open_output(struct work *w)
{
	int rc = av.avformat_alloc_output_context2(&w->fmt, NULL, "webm", NULL);
	uint8_t *room = av.av_malloc(IO_BYTES);
	if (rc < 0 || !room)
		return AVERROR(ENOMEM);
	w->io = av.avio_alloc_context(room, IO_BYTES, 1, w->out, NULL, io_write, io_seek);
	w->stream = av.avformat_new_stream(w->fmt, NULL);
	w->packet = av.av_packet_alloc();
	w->frame = av.av_frame_alloc();
	if (!w->io || !w->stream || !w->packet || !w->frame)
		return AVERROR(ENOMEM);
	w->fmt->pb = w->io;
	w->fmt->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
	w->stream->time_base = w->encoder->time_base;
	rc = av.avcodec_parameters_from_context(w->stream->codecpar, w->encoder);
	return rc < 0 ? rc : av.avformat_write_header(w->fmt, NULL);
}

/* `f` NULL: the end. */
static int
push(struct work *w, const AVFrame *f)
{
	int rc = av.avcodec_send_frame(w->encoder, f);
	while (rc >= 0) {
		rc = av.avcodec_receive_packet(w->encoder, w->packet);
		if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
			return 0;
		if (rc < 0)
			return rc;
		av.av_packet_rescale_ts(w->packet, w->encoder->time_base, w->stream->time_base);
		w->packet->stream_index = 0;
		rc = av.av_interleaved_write_frame(w->fmt, w->packet);
	}
	return rc;
}

static int
encode_pictures(struct work *w)
{
	uint32_t pw = w->q->raw_width, ph = w->q->raw_height;
	const uint8_t *src = w->raw.p;
	AVFrame *f = w->frame;
	f->width = (int)pw;
	f->height = (int)ph;
	f->format = AV_PIX_FMT_YUV420P;
	int rc = av.av_frame_get_buffer(f, 0);
	for (uint32_t i = 0; i < w->q->raw_frames && rc >= 0; i++) {
		rc = av.av_frame_make_writable(f);
		for (int plane = 0; plane < 3 && rc >= 0; plane++) {
			uint32_t cw = plane ? pw / 2 : pw, ch = plane ? ph / 2 : ph;
			for (uint32_t y = 0; y < ch; y++, src += cw)
				memcpy(f->data[plane] + (ptrdiff_t)y * f->linesize[plane], src,
				    cw);
		}
		f->pts = i;
		if (rc >= 0)
			rc = push(w, f);
	}
	return rc < 0 ? rc : push(w, NULL);
}

static int
encode_samples(struct work *w)
{
	AVFrame *f = w->frame;
	f->format = AV_SAMPLE_FMT_S16;
	f->sample_rate = TL_FILM_PCM_RATE;
	f->nb_samples = OPUS_SAMPLES;
	int rc = av.av_channel_layout_copy(&f->ch_layout, &w->encoder->ch_layout);
	if (rc >= 0)
		rc = av.av_frame_get_buffer(f, 0);
	for (uint32_t at = 0; at < w->q->raw_pcm && rc >= 0; at += OPUS_SAMPLES) {
		rc = av.av_frame_make_writable(f);
		for (uint32_t i = 0; i < OPUS_SAMPLES && rc >= 0; i++) {
			const uint8_t *b = w->raw.p + 2 * ((size_t)at + i);
			uint16_t v = at + i < w->q->raw_pcm ? (uint16_t)(b[0] << 8 | b[1]) : 0;
			memcpy(f->data[0] + 2 * (size_t)i, &v, 2);
		}
		f->pts = at;
		if (rc >= 0)
			rc = push(w, f);
	}
	return rc < 0 ? rc : push(w, NULL);
}

static void
end(struct work *w)
{
	av.av_frame_free(&w->frame);
	av.av_packet_free(&w->packet);
	av.avcodec_free_context(&w->encoder);
	av.avformat_free_context(w->fmt);
	if (w->io)
		av.av_freep(&w->io->buffer);
	av.avio_context_free(&w->io);
}

enum tl_decode_reason
tl_film_encode(
    struct tl_str raw, const struct tl_decode_ask *q, struct tl_decode_answer *a, int *ret_fd)
{
	size_t pixels = (size_t)q->raw_width * q->raw_height;
	bool even = q->raw_width % 2 == 0 && q->raw_height % 2 == 0 && pixels > 0;
	if (!av.av_malloc || (q->raw_frames > 0) == (q->raw_pcm > 0) ||
	    (q->raw_frames > 0 && (!even || raw.n != q->raw_frames * (pixels * 3 / 2))) ||
	    (q->raw_pcm > 0 && raw.n != 2 * (size_t)q->raw_pcm))
		return TL_DECODE_UNSUPPORTED;
	struct out out = {.webm = {.limit = TL_FILM_CODED}};
	struct work w = {.raw = raw, .q = q, .out = &out};
	int rc = open_encoder(&w);
	if (rc >= 0)
		rc = open_output(&w);
	if (rc >= 0)
		rc = q->raw_frames ? encode_pictures(&w) : encode_samples(&w);
	if (rc >= 0)
		rc = av.av_write_trailer(w.fmt);
	end(&w);
	a->format = TL_FORMAT_RAW;
	a->coded = a->payload_bytes = (uint32_t)out.webm.n;
	if (rc >= 0)
		rc = tl_memfd_sealed("tutela-webm", tl_buf_str(&out.webm), ret_fd);
	tl_buf_fini(&out.webm);
	return rc < 0 ? TL_DECODE_MEMORY : TL_DECODE_OK;
}
