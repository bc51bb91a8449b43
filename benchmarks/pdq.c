/*
 * Files to PDQ hashes: reading, the JPEG codec, sampling and the hash, in this process, as tutela-decode does it for each
 * item. The peer is libjpeg-turbo decoding the same bytes from memory to grey, full size, one row at a time, and nothing
 * else. Both take turns picture by picture, on the clock of this thread's processor time; a round is all pictures of
 * a size, what is printed are medians of rounds with least and most. Beside it, by the wall clock, the way through the
 * jail. Pictures: plasma and noise, quality 85, 4:2:0, about 1.5 bits a pixel. Last line: one JSON object. Usage: pdq DECODER.
 */
#include "photo.h"
#include "timing.h"

#include "base/json.h"
#include "decode/decode.h"
#include "hash/pdq.h"
#include "media/jails.h"
#include "sys/fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS_MAX 64
#define PICTURES_MAX 32
#define CPU_US (timing_s(CLOCK_THREAD_CPUTIME_ID) * 1e6)
#define WALL_US (timing_s(CLOCK_MONOTONIC) * 1e6)

struct spread {
	double v[ROUNDS_MAX];
	int n;
};

static double
settle(struct spread *s)
{
	timing_sort(s->v, (size_t)s->n);
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
make_set(struct set *s, const char *dir)
{
	double bits = 0;
	for (int i = 0; i < s->count; i++) {
		s->bytes[i] = photo_jpeg(PHOTO_PLASMA, s->w, s->h, s->noise);
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
		double from = CPU_US;
		if (peer)
			photo_decode_grey(tl_buf_str(&s->bytes[i]));
		else
			file_to_hash(s->path[i], &bytes, &h);
		*(peer ? grey : ours) += CPU_US - from;
	}
}

static double
jail_us(struct tl_jails *j, const struct set *s, int i)
{
	struct tl_decode_job job = {.bytes = tl_buf_str(&s->bytes[i])};
	struct tl_decoded d;
	double from = WALL_US;
	if (tl_jails_decode(j, &job, &d) < 0)
		give_up(tl_err_text());
	tl_picture_fini(&d.picture);
	return WALL_US - from;
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
	uint8_t *luma = photo_draw(PHOTO_PLASMA, SIDE, SIDE, 24); /* its first bytes will do */
	for (int r = 0; r < one.n; r++) {
		struct tl_pdq h[TL_PDQ_TURNS];
		int quality;
		double from = CPU_US;
		for (int i = 0; i < CALLS; i++)
			if (tl_pdq_of_luma(luma, SIDE, SIDE, SIDE, h, &quality) < 0)
				give_up(tl_err_text());
		one.v[r] = (CPU_US - from) / CALLS;
		static struct tl_pdq_frame f;
		for (int i = 0; i < TL_PDQ_SIDE * TL_PDQ_SIDE; i++)
			f.v[i / TL_PDQ_SIDE][i % TL_PDQ_SIDE] = luma[i];
		from = CPU_US;
		for (int i = 0; i < CALLS; i++)
			tl_pdq_hash_all(&f, h, &quality);
		all.v[r] = (CPU_US - from) / CALLS;
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
