/*
 * Videos and sounds through the real jail: frame hashes as the reference makes them, every container and codec that is
 * allowed, fingerprints, stills and clip, and the way back to a WebM. A library update that calls something new fails
 * here first.
 */
#include "media/file.h"
#include "media/jails.h"

#include "media_unit.h"

static struct tl_jails *jails;

static int
setup(void **state)
{
	(void)state;
	struct tl_jails_config c = {.program = TEST_DECODER, .slots = 1, .long_only = true};
	return tl_jails_create(&c, &jails);
}

static int
teardown(void **state)
{
	(void)state;
	tl_jails_destroy(jails);
	return 0;
}

static void
decode(const char *name, bool show, struct tl_decoded *d)
{
	struct tl_buf b = unit_file(TEST_DATA, name);
	struct tl_decode_job job = {.bytes = tl_buf_str(&b), .preview_side = show ? 320 : 0};
	int rc = tl_jails_decode(jails, &job, d);
	if (rc < 0)
		print_error("%s: %s\n", name, tl_err_text());
	assert_int_equal(rc, 0);
	assert_false(d->retried);
	assert_true(d->is_film);
	tl_buf_fini(&b);
}

/* The list that others exchange: no scene starts, nothing cropped. */
static void
check_list(const char *name)
{
	char path[256];
	struct tl_decoded d;
	struct tl_video want = {0};
	(void)snprintf(path, sizeof path, "vpdq/%s.txt", name);
	struct tl_buf text = unit_file(TEST_DATA, path);
	assert_int_equal(tl_video_parse(tl_buf_str(&text), &want), 0);
	(void)snprintf(path, sizeof path, "vpdq/%s.mp4", name);
	decode(path, false, &d);
	size_t n = 0;
	for (size_t i = 0; i < d.film.frames.n; i++) {
		const struct tl_video_frame *f = &d.film.frames.f[i];
		if (f->flags)
			continue;
		assert_true(n < want.n);
		const struct tl_video_frame *w = &want.f[n++];
		int away = tl_pdq_distance(&f->hash, &w->hash);
		if (w->quality >= TL_PDQ_QUALITY_MIN && away > 8)
			print_error("%s frame %u: %d bits away\n", name, w->number, away);
		assert_true(w->quality < TL_PDQ_QUALITY_MIN || away <= 8);
		assert_int_equal(f->number, w->number);
		assert_int_equal(f->ms, w->ms);
		assert_true(f->quality <= w->quality + 1 && f->quality + 1 >= w->quality);
	}
	assert_int_equal(n, want.n);
	tl_decoded_fini(&d);
	tl_video_fini(&want);
	tl_buf_fini(&text);
}

static void
t_frames_hash_as_the_reference_does(void **state)
{
	(void)state;
	static const char *const names[] = {
	    "life", "mandelbrot", "mandelbrot-clip-small", "testsrc2", "testsrc2-bright"};
	for (size_t i = 0; i < TL_COUNT(names); i++)
		check_list(names[i]);
}

static size_t
plain(const struct tl_film *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->frames.n; i++)
		n += f->frames.f[i].flags == 0;
	return n;
}

static void
t_every_container_and_codec_passes_inside_the_filter(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum tl_format format;
		enum tl_track video, sound;
	} row[] = {
	    {"h264-aac.mp4", TL_FORMAT_MP4, TL_TRACK_H264, TL_TRACK_AAC},
	    {"h264-alac.mov", TL_FORMAT_MP4, TL_TRACK_H264, TL_TRACK_ALAC},
	    {"hevc.mp4", TL_FORMAT_MP4, TL_TRACK_HEVC, TL_TRACK_NONE},
	    {"deep.mp4", TL_FORMAT_MP4, TL_TRACK_H264, TL_TRACK_NONE},
	    {"vp8-vorbis.webm", TL_FORMAT_MATROSKA, TL_TRACK_VP8, TL_TRACK_VORBIS},
	    {"vp9-opus.webm", TL_FORMAT_MATROSKA, TL_TRACK_VP9, TL_TRACK_OPUS},
	    {"av1.mkv", TL_FORMAT_MATROSKA, TL_TRACK_AV1, TL_TRACK_NONE},
	    {"av1.mp4", TL_FORMAT_MP4, TL_TRACK_AV1, TL_TRACK_NONE},
	    {"mpeg2.ts", TL_FORMAT_MPEGTS, TL_TRACK_MPEG2VIDEO, TL_TRACK_MP2},
	    {"h264-ac3.ts", TL_FORMAT_MPEGTS, TL_TRACK_H264, TL_TRACK_AC3},
	    {"mpeg4.avi", TL_FORMAT_AVI, TL_TRACK_MPEG4, TL_TRACK_MP3},
	    {"mjpeg.mov", TL_FORMAT_MP4, TL_TRACK_MJPEG, TL_TRACK_NONE},
	    {"tone.mp3", TL_FORMAT_MP3, TL_TRACK_NONE, TL_TRACK_MP3},
	    {"cover.mp3", TL_FORMAT_MP3, TL_TRACK_NONE, TL_TRACK_MP3},
	    {"tone.aac", TL_FORMAT_AAC, TL_TRACK_NONE, TL_TRACK_AAC},
	    {"tone.m4a", TL_FORMAT_MP4, TL_TRACK_NONE, TL_TRACK_AAC},
	    {"vorbis.ogg", TL_FORMAT_OGG, TL_TRACK_NONE, TL_TRACK_VORBIS},
	    {"opus.ogg", TL_FORMAT_OGG, TL_TRACK_NONE, TL_TRACK_OPUS},
	    {"tone.flac", TL_FORMAT_FLAC, TL_TRACK_NONE, TL_TRACK_FLAC},
	    {"tone.wav", TL_FORMAT_WAV, TL_TRACK_NONE, TL_TRACK_PCM_S16LE},
	    {"float.wav", TL_FORMAT_WAV, TL_TRACK_NONE, TL_TRACK_PCM_F32LE},
	};
	for (size_t i = 0; i < TL_COUNT(row); i++) {
		char path[128];
		struct tl_decoded d;
		(void)snprintf(path, sizeof path, "film/%s", row[i].name);
		decode(path, true, &d);
		const struct tl_film *f = &d.film;
		if (f->video != row[i].video || f->sound != row[i].sound ||
		    f->duration_ms < 1900 || f->duration_ms > 3200)
			print_error("%s: %s %s, %u ms\n", row[i].name, tl_track_word(f->video),
			    tl_track_word(f->sound), f->duration_ms);
		assert_int_equal(f->format, row[i].format);
		assert_int_equal(f->video, row[i].video);
		assert_int_equal(f->sound, row[i].sound);
		assert_in_range(f->duration_ms, 1900, 3200);
		if (f->video) {
			assert_in_range(plain(f), 2, 4);
			assert_in_range(f->still_count, 1, 3);
			assert_in_range(f->clip_frames, 10, TL_FILM_CLIP);
		}
		if (f->sound && !f->video)
			assert_in_range(f->pcm.n / 2, 44000, 51000);
		tl_decoded_fini(&d);
	}
}

static void
t_files_are_hashed_with_frames_and_fingerprint(void **state)
{
	(void)state;
	struct tl_file_hash h;
	assert_int_equal(tl_hash_file(jails, TEST_DATA "/film/h264-aac.mp4", &h), 0);
	assert_int_equal(h.reason, TL_DECODE_OK);
	assert_in_range(h.duration_ms, 3000, 3100);
	assert_true(h.frames.n >= 3 && h.sound.n >= 3);
	assert_int_equal(h.width, 160);
	tl_file_hash_fini(&h);
}

/* Too short for a fingerprint, and nothing of it was to be shown: no parts at all. */
static void
t_a_moment_of_sound_is_decoded(void **state)
{
	(void)state;
	struct tl_buf b = unit_file(TEST_DATA, "film/tone.wav");
	struct tl_decode_job job = {.bytes = tl_bytes(b.p, 2000)};
	struct tl_decoded d;
	assert_int_equal(tl_jails_decode(jails, &job, &d), 0);
	assert_int_equal(d.film.word_count, 0);
	assert_int_equal(d.film.sound, TL_TRACK_PCM_S16LE);
	tl_decoded_fini(&d);
	tl_buf_fini(&b);
}

/* One tune in six codecs: nearly the same fingerprint. */
static void
t_a_tune_sounds_the_same_in_every_codec(void **state)
{
	(void)state;
	static const char *const names[] = {"film/tone.wav", "film/tone.mp3", "film/tone.aac",
	    "film/tone.m4a", "film/vorbis.ogg", "film/opus.ogg", "film/tone.flac"};
	struct tl_decoded first, d;
	decode(names[0], false, &first);
	assert_in_range(first.film.word_count, 3, 10);
	for (size_t i = 1; i < TL_COUNT(names); i++) {
		size_t bits = 0, n = 0;
		decode(names[i], false, &d);
		for (; n < first.film.word_count && n < d.film.word_count; n++)
			bits +=
			    (size_t)__builtin_popcount(first.film.words[n] ^ d.film.words[n]);
		if (bits > n * 8)
			print_error("%s: %zu bits of %zu words\n", names[i], bits, n);
		assert_true(n >= 3 && bits <= n * 8);
		tl_decoded_fini(&d);
	}
	tl_decoded_fini(&first);
}

static size_t
flagged(const struct tl_film *f, uint8_t flag)
{
	size_t n = 0;
	for (size_t i = 0; i < f->frames.n; i++)
		n += (f->frames.f[i].flags & flag) > 0;
	return n;
}

static void
t_scenes_bars_covers_and_rotation_are_seen(void **state)
{
	(void)state;
	struct tl_decoded d;
	decode("film/scenes.mp4", true, &d);
	assert_int_equal(d.film.duration_ms, 6000);
	assert_int_equal(d.film.still_count, 6);
	tl_decoded_fini(&d);

	decode("film/letterbox.mp4", true, &d);
	assert_int_equal(flagged(&d.film, TL_VIDEO_CROPPED), d.film.frames.n / 2);
	assert_int_equal(plain(&d.film), 2);
	tl_decoded_fini(&d);

	decode("film/cover.mp3", true, &d);
	assert_int_equal(d.film.frames.n, 1);
	assert_int_equal(d.film.frames.f[0].flags, TL_VIDEO_SCENE);
	assert_int_equal(d.film.still_count, 1);
	assert_true(d.film.stills.p[0] > 200 && d.film.stills.p[2] < 60); /* orange */
	tl_decoded_fini(&d);

	struct tl_decoded turned;
	decode("film/h264-aac.mp4", true, &d);
	decode("film/turned.mp4", true, &turned);
	assert_int_equal(turned.film.rotation, 90);
	assert_int_equal(turned.film.still_width, d.film.still_height);
	assert_int_equal(turned.film.clip_width, d.film.clip_height);
	/* the upper left pixel, turned clockwise, is the upper right one */
	uint32_t w = turned.film.still_width;
	assert_memory_equal(turned.film.stills.p + 3 * (size_t)(w - 1), d.film.stills.p, 3);
	assert_memory_equal(&turned.film.frames.f[0].hash, &d.film.frames.f[0].hash,
	    sizeof(struct tl_pdq)); /* as stored */
	tl_decoded_fini(&d);
	tl_decoded_fini(&turned);
}

/* An MP4 whose pictures end in the middle, with the index that names them all. */
static struct tl_buf
half_of(const char *name)
{
	struct tl_buf whole = unit_file(TEST_DATA, name), half = {0};
	const uint8_t *mdat = memmem(whole.p, whole.n, "mdat", 4);
	const uint8_t *moov = memmem(whole.p, whole.n, "moov", 4);
	assert_true(mdat && moov && moov > mdat);
	size_t n = (size_t)(moov - mdat) / 2 + 4, at = (size_t)(mdat - whole.p) - 4;
	tl_buf_put(&half, whole.p, at + n);
	for (int i = 0; i < 4; i++)
		half.p[at + (size_t)i] = (uint8_t)(n >> (24 - 8 * i));
	tl_buf_put(&half, moov - 4, whole.n - (size_t)(moov - 4 - whole.p));
	tl_buf_fini(&whole);
	return half;
}

static void
t_a_broken_film_is_hashed_as_far_as_it_goes_and_says_so(void **state)
{
	(void)state;
	struct tl_buf b = half_of("vpdq/mandelbrot.mp4");
	struct tl_decode_job job = {.bytes = tl_buf_str(&b)};
	struct tl_decoded whole, d;
	decode("vpdq/mandelbrot.mp4", false, &whole);
	assert_int_equal(whole.film.partly, TL_DECODE_OK);
	assert_in_range(whole.film.pictures, 120, 120);
	assert_int_equal(tl_jails_decode(jails, &job, &d), 0);
	assert_false(d.retried);
	assert_int_not_equal(d.film.partly, TL_DECODE_OK);
	assert_in_range(plain(&d.film), 4, 9);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(&d.film.frames.f[i].hash, &whole.film.frames.f[i].hash,
		    sizeof(struct tl_pdq));
	tl_decoded_fini(&whole);
	tl_decoded_fini(&d);
	tl_buf_fini(&b);
}

static void
t_a_clip_is_cut_around_moments(void **state)
{
	(void)state;
	struct tl_film_windows w;
	const uint32_t cut[] = {500, 30000, 30500, 59990};
	tl_film_windows(8000, 10, 1000, cut, 4, &w);
	assert_int_equal(w.n, 1);
	tl_film_windows(60000, 10, 1000, NULL, 0, &w);
	assert_int_equal(w.n, 10);
	assert_int_equal(w.start_ms[9], 59000);
	tl_film_windows(60000, 10, 1000, cut, 4, &w);
	assert_int_equal(w.n, 4);
	assert_int_equal(w.each_ms, 2400);
	const int64_t starts[] = {0, 28800, 31200, 57600};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(w.start_ms[i], starts[i]);
}

static void
decode_cut(struct tl_str bytes, const uint32_t *cut, uint32_t cuts, struct tl_decoded *d)
{
	struct tl_decode_job job = {.bytes = bytes, .preview_side = 320, .cuts = cuts};
	memcpy(job.cut, cut, cuts * sizeof *cut);
	assert_int_equal(tl_jails_decode(jails, &job, d), 0);
	assert_false(d->retried);
	assert_int_equal(d->film.frames.n, 0);
	assert_int_equal(d->film.word_count, 0);
	assert_int_equal(d->film.still_count, 0);
}

/* And nothing else is done: no hashes, no stills. */
static void
t_of_a_video_only_the_clip_that_was_asked_for_comes(void **state)
{
	(void)state;
	const uint32_t begin[] = {0, 5000, 6000}, end[] = {11500};
	struct tl_buf b = unit_file(TEST_DATA, "vpdq/mandelbrot.mp4");
	struct tl_decoded whole, d;
	decode("vpdq/mandelbrot.mp4", true, &whole);
	decode_cut(tl_buf_str(&b), begin, 3, &d);
	assert_int_equal(d.film.clip_frames, 48); /* three parts of 3.2 s */
	size_t one = (size_t)d.film.clip_width * d.film.clip_height * 3 / 2;
	assert_int_equal(d.film.clip_width, whole.film.clip_width);
	assert_memory_equal(d.film.clip.p, whole.film.clip.p, one);
	tl_decoded_fini(&d);
	decode_cut(tl_buf_str(&b), end, 1, &d);
	assert_int_equal(d.film.clip_frames, TL_FILM_CLIP);
	assert_memory_not_equal(d.film.clip.p, whole.film.clip.p, one);
	assert_memory_equal(d.film.clip.p + (TL_FILM_CLIP - 1) * one,
	    whole.film.clip.p + (TL_FILM_CLIP - 1) * one, one);
	tl_decoded_fini(&d);
	tl_decoded_fini(&whole);
	tl_buf_fini(&b);
}

#define WAV_S 150
#define WAV_RATE 8000

/* A sound that stands at another height each second. */
static struct tl_buf
steps(void)
{
	struct tl_buf b = {0};
	uint8_t head[44] =
	    "RIFF    WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data";
	uint32_t n = WAV_S * WAV_RATE * 2;
	for (int i = 0; i < 4; i++) {
		head[4 + i] = (uint8_t)((n + 36) >> 8 * i);
		head[40 + i] = (uint8_t)(n >> 8 * i);
	}
	tl_buf_put(&b, head, sizeof head);
	for (int s = 0; s < WAV_S; s++)
		for (int i = 0; i < WAV_RATE; i++) {
			uint8_t v[2] = {(uint8_t)(s * 100), (uint8_t)(s * 100 >> 8)};
			tl_buf_put(&b, v, 2);
		}
	return b;
}

static int
heard_at(const struct tl_film *f, double second)
{
	const uint8_t *p = f->pcm.p + 2 * (size_t)(second * TL_FILM_PCM_RATE);
	return (int16_t)(p[0] << 8 | p[1]);
}

static void
t_of_a_sound_only_what_was_asked_for_is_heard(void **state)
{
	(void)state;
	const uint32_t cut[] = {100000, 120000}; /* from 30 s on, and from 90 s on */
	struct tl_buf b = steps();
	struct tl_decoded d;
	decode_cut(tl_buf_str(&b), cut, 2, &d);
	assert_int_equal(d.film.pcm.n, 2 * TL_FILM_PCM);
	assert_in_range(heard_at(&d.film, 0.5), 2990, 3010);
	assert_in_range(heard_at(&d.film, 60.5), 8990, 9010);
	tl_decoded_fini(&d);
	tl_buf_fini(&b);
}

static struct tl_str
raw_of(const struct tl_film *f, bool sound, struct tl_raw *ret)
{
	*ret = sound ? (struct tl_raw){.samples = (uint32_t)(f->pcm.n / 2)}
		     : (struct tl_raw){.width = f->clip_width,
			   .height = f->clip_height,
			   .frames = f->clip_frames};
	return sound ? f->pcm : f->clip;
}

/* What a reviewer's browser gets was made of pixels and samples alone, and plays. */
static void
t_clips_are_encoded_from_raw_pixels_and_samples(void **state)
{
	(void)state;
	for (int sound = 0; sound < 2; sound++) {
		struct tl_decoded d, webm, back;
		struct tl_raw raw;
		decode(sound ? "film/tone.flac" : "film/scenes.mp4", true, &d);
		struct tl_decode_job job = {.raw = &raw};
		job.bytes = raw_of(&d.film, sound, &raw);
		assert_int_equal(tl_jails_decode(jails, &job, &webm), 0);
		assert_int_equal(tl_sniff(webm.webm), TL_FORMAT_MATROSKA);
		assert_in_range(webm.webm.n, 500, 200000);
		struct tl_decode_job again = {.bytes = webm.webm};
		assert_int_equal(tl_jails_decode(jails, &again, &back), 0);
		assert_int_equal(back.film.video, sound ? TL_TRACK_NONE : TL_TRACK_VP8);
		assert_int_equal(back.film.sound, sound ? TL_TRACK_OPUS : TL_TRACK_NONE);
		assert_in_range(
		    back.film.duration_ms + 300, d.film.duration_ms, d.film.duration_ms + 600);
		tl_decoded_fini(&back);
		tl_decoded_fini(&webm);
		tl_decoded_fini(&d);
	}
}

/* A question whose bytes are not what it says is refused by the encoder. */
static void
t_an_encoder_takes_no_file(void **state)
{
	(void)state;
	struct tl_buf b = unit_file(TEST_DATA, "film/scenes.mp4");
	struct tl_raw raw = {.width = 64, .height = 64, .frames = 2};
	struct tl_decode_job job = {.bytes = tl_buf_str(&b), .raw = &raw};
	struct tl_decoded d;
	assert_int_equal(tl_jails_decode(jails, &job, &d), TL_EMEDIA);
	assert_int_equal(d.reason, TL_DECODE_UNSUPPORTED);
	tl_buf_fini(&b);
}

static void
t_length_and_size_are_limited(void **state)
{
	(void)state;
	struct tl_buf b = unit_file(TEST_DATA, "film/scenes.mp4");
	struct tl_decoded d;
	struct tl_decode_job job = {.bytes = tl_buf_str(&b), .limits = {.film_s = 5}};
	assert_int_equal(tl_jails_decode(jails, &job, &d), TL_ETOOBIG);
	assert_int_equal(d.reason, TL_DECODE_TOO_LONG);
	job.limits = (struct tl_decode_limits){.film_rate = 1};
	job.limits.film_s = 6; /* room for 6 pictures */
	assert_int_equal(tl_jails_decode(jails, &job, &d), TL_ETOOBIG);
	assert_int_equal(d.reason, TL_DECODE_TOO_LONG);
	job.limits = (struct tl_decode_limits){.side = 100};
	assert_int_equal(tl_jails_decode(jails, &job, &d), TL_ETOOBIG);
	assert_int_equal(d.reason, TL_DECODE_TOO_LARGE);
	tl_buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_frames_hash_as_the_reference_does),
	    cmocka_unit_test(t_every_container_and_codec_passes_inside_the_filter),
	    cmocka_unit_test(t_files_are_hashed_with_frames_and_fingerprint),
	    cmocka_unit_test(t_a_moment_of_sound_is_decoded),
	    cmocka_unit_test(t_a_tune_sounds_the_same_in_every_codec),
	    cmocka_unit_test(t_scenes_bars_covers_and_rotation_are_seen),
	    cmocka_unit_test(t_a_broken_film_is_hashed_as_far_as_it_goes_and_says_so),
	    cmocka_unit_test(t_a_clip_is_cut_around_moments),
	    cmocka_unit_test(t_of_a_video_only_the_clip_that_was_asked_for_comes),
	    cmocka_unit_test(t_of_a_sound_only_what_was_asked_for_is_heard),
	    cmocka_unit_test(t_clips_are_encoded_from_raw_pixels_and_samples),
	    cmocka_unit_test(t_an_encoder_takes_no_file),
	    cmocka_unit_test(t_length_and_size_are_limited),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
