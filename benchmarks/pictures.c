/*
 * How fast pictures become hashes: the hash step, the whole way through the jail, and
 * what two warm decoders cost in memory. The peer is libjpeg-turbo decoding the same files in this process, without a
 * jail, a hash or a preview. Prints a line for people a figure and, last, one JSON object. Usage: pictures DECODER DATA.
 */
#include "photo.h"
#include "timing.h"

#include "media/jails.h"
#include "media/preview.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 7
#define ROUND_US (150 * TL_US_MS)
#define NOISE 24

static struct tl_buf figures, peers;

/* Runs `work` for a while, several times; the median of microseconds a call. */
static double
measure(void (*work)(void *), void *ctx, const char *what)
{
	double us[ROUNDS];
	for (int r = 0; r < ROUNDS; r++) {
		int64_t start = tl_mono_us(), now = start;
		int n = 0;
		for (; now - start < ROUND_US; n++, now = tl_mono_us())
			work(ctx);
		us[r] = (double)(now - start) / n;
	}
	timing_sort(us, ROUNDS);
	(void)printf(
	    "%-44s %10.1f us  [%.1f..%.1f]\n", what, us[ROUNDS / 2], us[0], us[ROUNDS - 1]);
	return us[ROUNDS / 2];
}

struct luma {
	uint8_t *p;
	uint32_t w, h;
};

static void
hash_luma(void *ctx)
{
	struct luma *l = ctx;
	struct tl_pdq h;
	int quality;
	if (tl_pdq_of_luma(l->p, l->w, l->h, l->w, &h, &quality) < 0)
		abort();
}

struct picture {
	struct tl_jails *jails;
	struct tl_str bytes;
	uint32_t preview;
};

static void
through_the_jail(void *ctx)
{
	struct picture *p = ctx;
	struct tl_decode_job job = {.bytes = p->bytes, .preview_side = p->preview};
	struct tl_decoded d;
	if (tl_jails_decode(p->jails, &job, &d) < 0) {
		(void)fprintf(stderr, "%s\n", tl_err_text());
		exit(1);
	}
	tl_picture_fini(&d.picture);
}

/* The peer: full luma decode, nothing else. */
static void
decode_only(void *ctx)
{
	struct picture *p = ctx;
	photo_decode_grey(p->bytes);
}

static void
bench_hash(void)
{
	static const uint32_t size[][2] = {{512, 512}, {1920, 1080}};
	static const char *const name[] = {"hash_512_us", "hash_1080p_us"};
	for (size_t i = 0; i < TL_COUNT(name); i++) {
		struct luma l = {photo_draw(PHOTO_HILLS, size[i][0], size[i][1], NOISE),
		    size[i][0], size[i][1]};
		tl_js_num(&figures, name[i],
		    measure(
			hash_luma, &l, i ? "hash of 1920x1080 luma" : "hash of 512x512 luma"));
		free(l.p);
	}
}

static void
bench_jpeg(struct tl_jails *j, const char *label, uint32_t w, uint32_t h)
{
	char name[64], what[64];
	struct tl_buf file = photo_jpeg(PHOTO_HILLS, w, h, NOISE);
	struct picture p = {j, tl_buf_str(&file), 0};
	(void)snprintf(name, sizeof name, "jpeg_%s_per_s", label);
	(void)snprintf(what, sizeof what, "jpeg %s to hash", label);
	tl_js_num(&figures, name, 1e6 / measure(through_the_jail, &p, what));
	tl_js_num(&peers, name,
	    1e6 / measure(decode_only, &p, "  libjpeg-turbo, luma only, no jail"));
	p.preview = TL_PREVIEW_SIDE;
	(void)snprintf(name, sizeof name, "jpeg_%s_preview_per_s", label);
	(void)snprintf(what, sizeof what, "jpeg %s to hash and preview", label);
	tl_js_num(&figures, name, 1e6 / measure(through_the_jail, &p, what));
	tl_buf_fini(&file);
}

static void
bench_file(struct tl_jails *j, const char *label, const char *dir, const char *file)
{
	char name[512], what[64];
	struct tl_buf b = {0};
	(void)snprintf(name, sizeof name, "%s/%s", dir, file);
	if (tl_file_read(name, 1 << 28, &b) < 0) {
		(void)fprintf(stderr, "%s\n", tl_err_text());
		exit(1);
	}
	struct picture p = {j, tl_buf_str(&b), TL_PREVIEW_SIDE};
	(void)snprintf(name, sizeof name, "%s_preview_per_s", label);
	(void)snprintf(what, sizeof what, "%s to hash and preview", label);
	tl_js_num(&figures, name, 1e6 / measure(through_the_jail, &p, what));
	tl_buf_fini(&b);
}

static double
pss_mb(const int32_t *pids, size_t n)
{
	double kb = 0;
	for (size_t i = 0; i < n; i++) {
		char path[64], line[256];
		(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pids[i]);
		FILE *f = fopen(path, "re");
		while (f && fgets(line, sizeof line, f))
			if (strncmp(line, "Pss:", 4) == 0)
				kb += strtod(line + 4, NULL);
		if (f)
			(void)fclose(f);
	}
	return kb / 1024;
}

int
main(int argc, char **argv)
{
	struct tl_jails *j = NULL;
	if (argc != 3)
		return 2;
	struct tl_jails_config config = {.program = argv[1], .slots = 2};
	if (tl_jails_create(&config, &j) < 0 || tl_jails_warm(j) < 0) {
		(void)fprintf(stderr, "%s\n", tl_err_text());
		return 1;
	}
	tl_js_open(&figures, NULL, '{');
	tl_js_open(&peers, NULL, '{');
	bench_hash();
	bench_jpeg(j, "480p", 640, 480);
	bench_jpeg(j, "1080p", 1920, 1080);
	bench_file(j, "png_480p", argv[2], "pdq/scene00.png");
	bench_file(j, "webp_512", argv[2], "pdq/scene02.webp");
	bench_file(j, "avif_300x200", argv[2], "media/scene04.avif");
	int32_t pids[8];
	double mb = pss_mb(pids, tl_jails_pids(j, pids, TL_COUNT(pids)));
	(void)printf("%-44s %10.1f MB\n", "two warm decoders, proportional set size", mb);
	tl_js_num(&figures, "two_warm_decoders_pss_mb", mb);
	tl_js_close(&figures, '}');
	tl_js_close(&peers, '}');
	(void)printf("{\"bench\":\"pictures\",\"figures\":%s,", tl_buf_z(&figures));
	(void)printf("\"peers\":{\"libjpeg-turbo luma only\":%s}}\n", tl_buf_z(&peers));
	tl_jails_destroy(j);
	return 0;
}
