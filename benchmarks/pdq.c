/*
 * Files to PDQ hashes: reading, the JPEG codec, sampling and the hash, in this process, as tutela-decode does it for each
 * item. The peer is libjpeg-turbo decoding the same bytes from memory to grey, full size, one row at a time, and nothing
 * else. Both take turns picture by picture, on the clock of this thread's processor time; a round is all pictures of
 * a size, what is printed are medians of rounds with least and most. Beside it, by the wall clock, the way through the
 * jail. Pictures: plasma and noise, quality 85, 4:2:0, about 1.5 bits a pixel. Last line: one JSON object. Usage: pdq DECODER.
 */
#include "hash/pdq.h"
#include "base/buf.h"
#include "base/json.h"
#include "decode/decode.h"
#include "media/jails.h"
#include "sys/fd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <jpeglib.h>

#define ROUNDS_MAX 64
#define PICTURES_MAX 32

static uint32_t seed = 1;

static uint32_t
next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* Smooth noise: random values on a lattice of `cell` pixels, blended in between. */
static void
add_octave(float *plane, uint32_t w, uint32_t h, uint32_t cell, float weight)
{
	uint32_t lw = w / cell + 2, lh = h / cell + 2;
	float *lattice = malloc((size_t)lw * lh * sizeof *lattice);
	if (!lattice)
		abort();
	for (size_t i = 0; i < (size_t)lw * lh; i++)
		lattice[i] = ((float)(next() % 2001) - 1000) / 1000 * weight;
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			const float *at = lattice + (size_t)(y / cell) * lw + x / cell;
			float fx = (float)(x % cell) / (float)cell;
			float fy = (float)(y % cell) / (float)cell;
			plane[(size_t)y * w + x] += (at[0] * (1 - fx) + at[1] * fx) * (1 - fy) +
						    (at[lw] * (1 - fx) + at[lw + 1] * fx) * fy;
		}
	free(lattice);
}

/* Plasma of six octaves and noise of `noise` steps in each of three channels. */
static uint8_t *
draw(uint32_t w, uint32_t h, uint32_t noise)
{
	size_t n = (size_t)w * h;
	uint8_t *rgb = malloc(n * 3);
	float *plane = malloc(n * sizeof *plane);
	if (!rgb || !plane)
		abort();
	for (size_t c = 0; c < 3; c++) {
		float weight = 70;
		for (size_t i = 0; i < n; i++)
			plane[i] = 128;
		for (uint32_t cell = w / 3; cell >= w / 96; cell /= 2, weight *= 0.6f)
			add_octave(plane, w, h, cell, weight);
		for (size_t i = 0; i < n; i++) {
			float v = plane[i] + (float)(next() % noise);
			rgb[3 * i + c] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	}
	free(plane);
	return rgb;
}

static struct tl_buf
encode(uint32_t w, uint32_t h, uint32_t noise)
{
	struct jpeg_error_mgr err;
	struct jpeg_compress_struct c = {.err = jpeg_std_error(&err)};
	unsigned char *mem = NULL;
	unsigned long n = 0;
	uint8_t *rgb = draw(w, h, noise);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &mem, &n);
	c.image_width = w;
	c.image_height = h;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c); /* 4:2:0 */
	jpeg_set_quality(&c, 85, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < h) {
		JSAMPROW row = rgb + (size_t)c.next_scanline * w * 3;
		(void)jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	struct tl_buf b = {0};
	tl_buf_put(&b, mem, n);
	free(mem);
	free(rgb);
	return b;
}

static double
now_us(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct spread {
	double v[ROUNDS_MAX];
	int n;
};

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
settle(struct spread *s)
{
	qsort(s->v, (size_t)s->n, sizeof *s->v, by_value);
	return s->v[s->n / 2];
}

static void
tell(struct tl_buf *js, struct spread *s, const char *label, const char *name, const char *what)
{
	char key[64];
	double middle = settle(s);
	(void)snprintf(key, sizeof key, "%s%s", name, label);
	(void)printf(
	    "%-34s %10.3f  [%.3f..%.3f]  %s\n", key, middle, s->v[0], s->v[s->n - 1], what);
	tl_js_num(js, key, middle);
}

static _Noreturn void
give_up(const char *why)
{
	(void)fprintf(stderr, "bench pdq: %s\n", why);
	exit(1);
}

struct set {
	uint32_t w, h;
	uint32_t noise; /* that makes 1.5 bits a pixel */
	int count;
	char path[PICTURES_MAX][64];
	struct tl_buf bytes[PICTURES_MAX];
};

/* The whole way of one file to its hash. */
static void
file_to_hash(const char *path, struct tl_buf *bytes, struct tl_pdq *ret)
{
	struct tl_decode_ask q = tl_decode_ask_new();
	struct tl_decode_answer a = tl_decode_answer_new();
	struct tl_str map;
	int fd = -1, quality;
	bytes->n = 0;
	if (tl_file_read(path, TL_DECODE_BYTES_MAX, bytes) < 0)
		give_up(tl_err_text());
	q.max_side = 65535;
	q.max_pixels = TL_DECODE_PIXELS_MAX;
	struct tl_sink *s = tl_sink_create(&q);
	if (tl_codec_jpeg(tl_buf_str(bytes), &q, s) != TL_DECODE_OK ||
	    tl_sink_end(s, &a, &fd) != TL_DECODE_OK ||
	    tl_memfd_map(fd, a.payload_bytes, &map) < 0)
		give_up("a picture was not decoded");
	static struct tl_pdq_frame f;
	memcpy(f.v, map.p, sizeof f.v);
	if (tl_pdq_frame_check(&f) < 0)
		give_up(tl_err_text());
	tl_pdq_hash(&f, ret, &quality);
	tl_memfd_unmap(map);
	tl_fd_close(&fd);
	tl_sink_destroyp(&s);
}

static void
grey_decode(struct tl_str bytes)
{
	struct jpeg_error_mgr err;
	struct jpeg_decompress_struct d = {.err = jpeg_std_error(&err)};
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, bytes.p, bytes.n);
	(void)jpeg_read_header(&d, TRUE);
	d.out_color_space = JCS_GRAYSCALE;
	(void)jpeg_start_decompress(&d);
	JSAMPARRAY row = d.mem->alloc_sarray((j_common_ptr)&d, JPOOL_IMAGE, d.output_width, 1);
	while (d.output_scanline < d.output_height)
		(void)jpeg_read_scanlines(&d, row, 1);
	(void)jpeg_finish_decompress(&d);
	jpeg_destroy_decompress(&d);
}

static void
make_set(struct set *s, const char *dir)
{
	double bits = 0;
	for (int i = 0; i < s->count; i++) {
		s->bytes[i] = encode(s->w, s->h, s->noise);
		(void)snprintf(
		    s->path[i], sizeof s->path[i], "%s/%ux%u-%d.jpg", dir, s->w, s->h, i);
		if (tl_file_write_atomic(s->path[i], 0600, tl_buf_str(&s->bytes[i])) < 0)
			give_up(tl_err_text());
		bits += 8.0 * (double)s->bytes[i].n / s->w / s->h;
	}
	(void)printf("%d pictures of %u x %u, %.2f bits a pixel\n", s->count, s->w, s->h,
	    bits / s->count);
}

static void
drop_set(struct set *s)
{
	for (int i = 0; i < s->count; i++) {
		(void)unlink(s->path[i]);
		tl_buf_fini(&s->bytes[i]);
	}
}

/* One picture by both; who is first changes each time. Adds up microseconds. */
static void
one_pair(struct set *s, int i, bool peer_first, double *ours, double *grey)
{
	static struct tl_buf bytes;
	for (int turn = 0; turn < 2; turn++) {
		struct tl_pdq h;
		bool peer = (turn == 0) == peer_first;
		double from = now_us(CLOCK_THREAD_CPUTIME_ID);
		if (peer)
			grey_decode(tl_buf_str(&s->bytes[i]));
		else
			file_to_hash(s->path[i], &bytes, &h);
		*(peer ? grey : ours) += now_us(CLOCK_THREAD_CPUTIME_ID) - from;
	}
}

static double
jail_us(struct tl_jails *j, const struct set *s, int i)
{
	struct tl_decode_job job = {.bytes = tl_buf_str(&s->bytes[i])};
	struct tl_decoded d;
	double from = now_us(CLOCK_MONOTONIC);
	if (tl_jails_decode(j, &job, &d) < 0)
		give_up(tl_err_text());
	tl_picture_fini(&d.picture);
	return now_us(CLOCK_MONOTONIC) - from;
}

static void
bench_set(struct tl_buf *js, struct tl_jails *j, struct set *s, const char *label, int rounds)
{
	struct spread ratio = {.n = rounds}, ours = {.n = rounds}, grey = {.n = rounds};
	struct spread jail = {.n = rounds};
	double unused = 0;
	one_pair(s, 0, true, &unused, &unused); /* warm */
	unused = jail_us(j, s, 0);
	for (int r = 0; r < rounds; r++) {
		double us = 0, them = 0, jailed = 0;
		for (int i = 0; i < s->count; i++) {
			one_pair(s, i, (i + r) % 2, &us, &them);
			jailed += jail_us(j, s, i);
		}
		ratio.v[r] = them / us;
		ours.v[r] = s->count * 1e6 / us;
		grey.v[r] = s->count * 1e6 / them;
		jail.v[r] = s->count * 1e6 / jailed;
	}
	tell(js, &ratio, label, "ratio_to_grey_decode_", "files to hash, to grey decode alone");
	tell(js, &ours, label, "files_to_hash_per_s_", "");
	tell(js, &grey, label, "grey_decode_per_s_", "");
	tell(js, &jail, label, "through_jail_per_s_", "wall clock");
}

/* 512 x 512 luma in memory to its hash. */
static void
bench_step(struct tl_buf *js)
{
	enum { SIDE = 512, CALLS = 200 };
	struct spread one = {.n = 15};
	struct spread all = {.n = 15};
	uint8_t *luma = draw(SIDE, SIDE, 24); /* its first bytes will do */
	for (int r = 0; r < one.n; r++) {
		struct tl_pdq h[TL_PDQ_TURNS];
		int quality;
		double from = now_us(CLOCK_THREAD_CPUTIME_ID);
		for (int i = 0; i < CALLS; i++)
			if (tl_pdq_of_luma(luma, SIDE, SIDE, SIDE, h, &quality) < 0)
				give_up(tl_err_text());
		one.v[r] = (now_us(CLOCK_THREAD_CPUTIME_ID) - from) / CALLS;
		static struct tl_pdq_frame f;
		for (int i = 0; i < TL_PDQ_SIDE * TL_PDQ_SIDE; i++)
			f.v[i / TL_PDQ_SIDE][i % TL_PDQ_SIDE] = luma[i];
		from = now_us(CLOCK_THREAD_CPUTIME_ID);
		for (int i = 0; i < CALLS; i++)
			tl_pdq_hash_all(&f, h, &quality);
		all.v[r] = (now_us(CLOCK_THREAD_CPUTIME_ID) - from) / CALLS;
	}
	tell(js, &one, "", "hash_step_us", "512 x 512 luma to its hash");
	tell(js, &all, "", "eight_hashes_us", "64 x 64 samples to all eight hashes");
	free(luma);
}

int
main(int argc, char **argv)
{
	static struct set set[] = {{.w = 640, .h = 480, .noise = 25, .count = 24},
	    {.w = 1920, .h = 1080, .noise = 28, .count = 6},
	    {.w = 4032, .h = 3024, .noise = 30, .count = 2}};
	static const char *const label[] = {"vga", "hd", "mp12"};
	char dir[] = "/tmp/bench-pdq-XXXXXX";
	struct tl_jails *j = NULL;
	struct tl_buf js = {0};
	if (argc != 2)
		return 2;
	struct tl_jails_config config = {.program = argv[1], .slots = 1};
	if (tl_jails_create(&config, &j) < 0 || !mkdtemp(dir))
		give_up(tl_err_text());
	tl_js_open(&js, NULL, '{');
	bench_step(&js);
	for (size_t i = 0; i < TL_COUNT(set); i++) {
		make_set(&set[i], dir);
		bench_set(&js, j, &set[i], label[i], 15);
		drop_set(&set[i]);
	}
	tl_js_close(&js, '}');
	(void)printf("{\"bench\":\"pdq\",\"figures\":%s}\n", tl_buf_z(&js));
	(void)rmdir(dir);
	tl_buf_fini(&js);
	tl_jails_destroy(j);
	return 0;
}
