/*
 * How well known videos and sounds are found after edits. Everything is generated (robustness.tbl.h), edited by ffmpeg,
 * decoded in the jail and held against every original; hits on others are false matches. Known videos are lists as
 * exchanges have them: one frame a second, nothing else. Sounds also the other way round, as when a bank grows: the copies
 * in an index, each original asked for. Prints a table and, last, one JSON object.
 * Usage: robustness [--small] [--sounds] DECODER FOLDER. Exit 1 when recall or false matches miss their bars.
 */
#include "film.h"
#include "song.h"

#include "base/buf.h"
#include "hash/sound_find.h"
#include "hash/video_match.h"
#include "media/jails.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECALL 0.95
#define FALSE_MATCHES 1e-4
#define FILM_SECONDS 20
#define SONG_SECONDS 40
#define MADE_MAX 256
#define EDITS_MAX 32

struct edit {
	const char *name, *filter, *a, *b; /* crf; or end of the file's name and bit rate */
	bool small, limit;
};

static const struct edit film_edits[] = {
#define FILM(spec, count, few)
#define FILM_EDIT(name, filter, crf, few) {name, filter, crf, NULL, few, false},
#define SONG(kind, count, few)
#define SONG_EDIT(name, filter, end, rate, few)
#define SONG_LIMIT(name, filter, end, rate, few)
#include "robustness.tbl.h"
#undef FILM_EDIT
#undef SONG_EDIT
#undef SONG_LIMIT
};

static const struct edit song_edits[] = {
#define FILM_EDIT(name, filter, crf, few)
#define SONG_EDIT(name, filter, end, rate, few) {name, filter, end, rate, few, false},
#define SONG_LIMIT(name, filter, end, rate, few) {name, filter, end, rate, few, true},
#include "robustness.tbl.h"
#undef FILM
#undef SONG
};

static const struct source {
	const char *spec;
	enum song_kind kind;
	int count, few;
} films[] =
    {
#define FILM(spec, count, few) {spec, SONG_MUSIC, count, few},
#define SONG(kind, count, few)
#undef FILM_EDIT
#undef SONG_EDIT
#undef SONG_LIMIT
#define FILM_EDIT(name, filter, crf, few)
#define SONG_EDIT(name, filter, end, rate, few)
#define SONG_LIMIT(name, filter, end, rate, few)
#include "robustness.tbl.h"
#undef FILM
#undef SONG
},
  songs[] = {
#define FILM(spec, count, few)
#define SONG(kind, count, few) {"", kind, count, few},
#include "robustness.tbl.h"
};

static const char *folder;
static bool small;
static struct tl_jails *jails;
static struct tl_buf figures;

static void
fail(const char *what)
{
	(void)fprintf(stderr, "robustness: %s: %s\n", what, tl_err_text());
	exit(1);
}

static void
in_folder(char dst[256], const char *name, const char *end)
{
	(void)snprintf(dst, 256, "%s/%s.%s", folder, name, end);
}

/* ffmpeg with these arguments, NULL-terminated. */
static void
ffmpeg(const char *first, ...)
{
	const char *argv[32] = {"ffmpeg", "-nostdin", "-v", "error", "-y", first};
	struct tl_child c = TL_CHILD_NONE;
	int status = 0, n = 6;
	va_list ap;
	va_start(ap, first);
	while (n < 31 && (argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	struct tl_spawn how = {.path = "/usr/bin/ffmpeg", .argv = argv};
	if (tl_spawn(&how, &c) < 0 ||
	    tl_child_wait(&c, tl_mono_us() + 120 * TL_US_S, &status) < 0)
		fail("ffmpeg");
	if (status != 0)
		fail("ffmpeg ended with an error");
}

static void
decode(const char *file, struct tl_decoded *ret)
{
	struct tl_buf b = {0};
	if (tl_file_read(file, 1 << 28, &b) < 0)
		fail(file);
	struct tl_decode_job job = {.bytes = tl_buf_str(&b), .limits = {.deadline_ms = 60000}};
	if (tl_jails_decode(jails, &job, ret) < 0 || !ret->is_film)
		fail(file);
	tl_buf_fini(&b);
}

static int
wanted(const struct source *s)
{
	return small ? s->few : s->count;
}

/* One row of the table and its share of the sums. */
struct sums {
	size_t found, of, pairs, wrong;
};

static void
row(const char *what, size_t found, size_t of, bool limit, struct sums *all)
{
	(void)printf("| %-34s | %4zu of %4zu | %.3f |\n", what, found, of,
	    of ? (double)found / (double)of : 0);
	all->found += limit ? 0 : found;
	all->of += limit ? 0 : of;
}

static bool
finish(const char *what, const struct sums *s)
{
	double recall = s->of ? (double)s->found / (double)s->of : 0;
	double rate = s->pairs ? (double)s->wrong / (double)s->pairs : 0;
	char name[64];
	(void)printf("| %-34s | %4zu of %4zu | %.3f |\n", "all that is asked for", s->found,
	    s->of, recall);
	(void)printf("%s: %zu false matches in %zu pairs\n\n", what, s->wrong, s->pairs);
	(void)snprintf(name, sizeof name, "%s_recall", what);
	tl_js_num(&figures, name, recall);
	(void)snprintf(name, sizeof name, "%s_pairs", what);
	tl_js_int(&figures, name, (int64_t)s->pairs);
	(void)snprintf(name, sizeof name, "%s_false_matches", what);
	tl_js_int(&figures, name, (int64_t)s->wrong);
	return recall >= RECALL && rate < FALSE_MATCHES;
}

/* Films ------------------------------------------------------------------------------------------------------ */

static struct tl_video_looks known[MADE_MAX], copy[EDITS_MAX][MADE_MAX][2];
static size_t film_count;

static void
make_film(const char *spec, const char *to)
{
	char drawn[256], seconds[16];
	(void)snprintf(seconds, sizeof seconds, "%d", small ? FILM_SECONDS / 2 : FILM_SECONDS);
	if (strncmp(spec, "film", 4) != 0) {
		ffmpeg("-f", "lavfi", "-i", spec, "-t", seconds, "-pix_fmt", "yuv420p", "-c:v",
		    "libx264", "-preset", "veryfast", "-crf", "20", to, NULL);
		return;
	}
	in_folder(drawn, "drawn", "y4m");
	FILE *f = fopen(drawn, "we");
	if (!f ||
	    !film_write(
		f, (uint32_t)strtoul(spec + 4, NULL, 10), (int)strtol(seconds, NULL, 10)) ||
	    fclose(f) != 0)
		fail(drawn);
	ffmpeg("-i", drawn, "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", to, NULL);
}

/* What an exchange would have of a video. */
static void
plain_only(struct tl_video *v)
{
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++)
		if (v->f[i].flags == 0)
			v->f[n++] = v->f[i];
	v->n = n;
}

static void
one_film(const char *spec)
{
	char base[256], edited[256];
	struct tl_decoded d;
	in_folder(base, "base", "mp4");
	in_folder(edited, "edited", "mp4");
	make_film(spec, base);
	decode(base, &d);
	plain_only(&d.film.frames);
	tl_video_looks_of(&d.film.frames, false, &known[film_count]);
	tl_decoded_fini(&d);
	for (size_t e = 0; e < TL_COUNT(film_edits); e++) {
		if (small && !film_edits[e].small)
			continue;
		ffmpeg("-i", base, "-vf", film_edits[e].filter, "-pix_fmt", "yuv420p", "-c:v",
		    "libx264", "-preset", "veryfast", "-crf", film_edits[e].a, edited, NULL);
		decode(edited, &d);
		for (int m = 0; m < 2; m++)
			tl_video_looks_of(&d.film.frames, m == 1, &copy[e][film_count][m]);
		tl_decoded_fini(&d);
	}
	film_count++;
}

static void
make_films(void)
{
	for (size_t s = 0; s < TL_COUNT(films); s++)
		for (int i = 1; i <= wanted(&films[s]); i++) {
			char spec[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(spec, sizeof spec, films[s].spec, i);
#pragma GCC diagnostic pop
			one_film(spec);
			(void)fprintf(stderr, "film %zu\n", film_count);
		}
}

/* Straight or mirrored, by the usual rule. */
static bool
held(size_t e, size_t q, size_t k)
{
	static const struct tl_video_rule rule = {.distance = TL_PDQ_DISTANCE_USE,
	    .share_query = TL_VIDEO_SHARE_QUERY,
	    .share_known = TL_VIDEO_SHARE_KNOWN};
	struct tl_video_match m = {.how = TL_VIDEO_APART};
	for (int mirrored = 0; mirrored < 2 && m.how == TL_VIDEO_APART; mirrored++)
		tl_video_compare(&copy[e][q][mirrored], &known[k], &rule, &m);
	return m.how != TL_VIDEO_APART;
}

static bool
judge_films(void)
{
	struct sums s = {0};
	for (size_t e = 0; e < TL_COUNT(film_edits); e++) {
		size_t found = 0, of = 0;
		if (small && !film_edits[e].small)
			continue;
		for (size_t v = 0; v < film_count; v++) {
			if (known[v].frames == 0)
				continue;
			of++;
			found += held(e, v, v);
			for (size_t k = 0; k < film_count; k++) {
				if (k == v || known[k].frames == 0)
					continue;
				s.pairs++;
				s.wrong += held(e, v, k);
			}
		}
		row(film_edits[e].name, found, of, false, &s);
	}
	return finish("video", &s);
}

/* Sounds ----------------------------------------------------------------------------------------------------- */

static struct tl_sound song_copy[EDITS_MAX][MADE_MAX][1 + TL_SOUND_BENDS], song_known[MADE_MAX];
static struct tl_index *index_of_songs;
static uint32_t song_count;

static void
write_song(enum song_kind kind, uint32_t n, const char *to)
{
	FILE *f = fopen(to, "we");
	if (!f || !song_write(f, kind, n, SONG_SECONDS) || fclose(f) != 0)
		fail(to);
}

static int
to_index(void *ctx, uint32_t window, const struct tl_pdq *h)
{
	return tl_index_add(
	    index_of_songs, h, tl_sound_key(*(const uint32_t *)ctx, window), 1, 0);
}

static int
find_windows(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	return tl_index_find(ctx, ask, found);
}

static int
read_known(void *ctx, uint64_t entry, struct tl_sound *ret)
{
	(void)ctx;
	return tl_sound_set(ret, song_known[entry].w, song_known[entry].n);
}

/* `bent`: at other speeds as well, TL_SOUND_BENDS of them; or NULL. */
static void
fingerprint(const char *file, struct tl_sound *ret, struct tl_sound *bent)
{
	struct tl_decoded d;
	decode(file, &d);
	if (tl_sound_set(ret, d.film.words, d.film.word_count) < 0)
		fail(file);
	for (size_t i = 0; bent && i < TL_SOUND_BENDS; i++) {
		bent[i] = d.film.bent[i];
		d.film.bent[i] = (struct tl_sound){0};
	}
	tl_decoded_fini(&d);
}

static void
one_song(enum song_kind kind, uint32_t n, const char *talk)
{
	char base[256], edited[256];
	in_folder(base, "base", "wav");
	write_song(kind, n, base);
	fingerprint(base, &song_known[song_count], NULL);
	if (tl_sound_index_windows(&song_known[song_count], to_index, &song_count) < 0)
		fail("index");
	for (size_t e = 0; e < TL_COUNT(song_edits); e++) {
		if (small && !song_edits[e].small)
			continue;
		in_folder(edited, "edited", song_edits[e].a);
		const char *opus = strcmp(song_edits[e].a, "ogg") == 0   ? "libopus"
				   : strcmp(song_edits[e].a, "mp3") == 0 ? "libmp3lame"
									 : "pcm_s16le";
		ffmpeg("-i", base, "-i", talk, "-filter_complex", song_edits[e].filter, "-c:a",
		    opus, "-b:a", song_edits[e].b, edited, NULL);
		fingerprint(edited, &song_copy[e][song_count][0], &song_copy[e][song_count][1]);
	}
	song_count++;
}

static void
make_songs(void)
{
	char talk[256];
	if (tl_index_open(NULL, TL_INDEX_OWN, &index_of_songs) < 0)
		fail("index");
	in_folder(talk, "talk", "wav");
	write_song(SONG_TALK, 999, talk);
	for (size_t s = 0; s < TL_COUNT(songs); s++)
		for (int i = 1; i <= wanted(&songs[s]); i++) {
			one_song(songs[s].kind, (uint32_t)i, talk);
			(void)fprintf(stderr, "sound %u\n", song_count);
		}
}

/* The other way round -------------------------------------------------------------------------------------------- */

static bool song_found[EDITS_MAX][MADE_MAX]; /* forwards */

struct uploads {
	struct tl_index *x;
	uint64_t key;
};

static int
to_uploads(void *ctx, size_t speed, const struct tl_pdq *h)
{
	struct uploads *u = ctx;
	return tl_index_add(u->x, h, u->key++, speed ? 2 : 1, 0);
}

/* Which copies are near to an original in any place, as src/again/hear.c asks. */
static void
near_uploads(struct tl_index *x, const struct tl_sound *song, bool *ret)
{
	static const struct tl_index_bank speeds[] = {
	    {1, TL_SOUND_WINDOW_BITS + TL_SOUND_BACK_BITS},
	    {2, TL_SOUND_BEND_BITS + TL_SOUND_BACK_BITS}};
	static struct tl_index_hit room[1 << 17];
	for (size_t i = 0; i < tl_sound_places(song); i++) {
		struct tl_pdq needle = tl_sound_place(song, i);
		struct tl_index_ask ask = {.needle = &needle,
		    .needles = 1,
		    .distance = -1,
		    .bank = speeds,
		    .banks = TL_COUNT(speeds)};
		struct tl_index_found f = {.hit = room, .cap = TL_COUNT(room)};
		if (tl_index_find(x, &ask, &f) < 0 || f.all > f.n)
			fail("index");
		for (size_t k = 0; k < f.n; k++)
			ret[room[k].key >> 32] = true;
	}
}

/* Of the copies that are found when they come: are they when they were there before? */
static bool
judge_backwards(void)
{
	static bool near[EDITS_MAX * MADE_MAX];
	struct uploads u = {0};
	size_t of = 0, again = 0, pairs = 0, chance = 0;
	if (tl_index_open(NULL, TL_INDEX_OWN, &u.x) < 0)
		fail("index");
	for (size_t n = 0; n < EDITS_MAX * MADE_MAX; n++) {
		const struct tl_sound *c = song_copy[n / MADE_MAX][n % MADE_MAX];
		u.key = (uint64_t)n << 32;
		if (c->n && tl_sound_upload_windows(c, 1 + TL_SOUND_BENDS, to_uploads, &u) < 0)
			fail("index");
	}
	for (uint32_t v = 0; v < song_count; v++) {
		memset(near, 0, sizeof near);
		near_uploads(u.x, &song_known[v], near);
		for (size_t n = 0; n < EDITS_MAX * MADE_MAX; n++) {
			size_t e = n / MADE_MAX, o = n % MADE_MAX;
			of += o == v && song_found[e][v];
			again += o == v && song_found[e][v] && near[n];
			pairs += o != v && song_copy[e][o][0].n;
			chance += o != v && near[n];
		}
	}
	tl_index_close(u.x);
	(void)printf(
	    "sound: %zu of the %zu that are found are found again when the bank grows; "
	    "%zu of %zu other pairs are looked at for it\n\n",
	    again, of, chance, pairs);
	tl_js_num(&figures, "sound_found_again", of ? (double)again / (double)of : 0);
	tl_js_num(&figures, "sound_looked_at", pairs ? (double)chance / (double)pairs : 0);
	return again == of;
}

static bool
judge_songs(void)
{
	struct sums s = {0};
	for (size_t e = 0; e < TL_COUNT(song_edits); e++) {
		size_t found = 0;
		if (small && !song_edits[e].small)
			continue;
		for (uint32_t v = 0; v < song_count; v++) {
			static const uint32_t bank = 1;
			struct tl_sound_found f = {0};
			struct tl_sound_ask ask = {.find = find_windows,
			    .read = read_known,
			    .ctx = index_of_songs,
			    .bank = &bank,
			    .banks = 1,
			    .query = song_copy[e][v],
			    .queries = 1 + TL_SOUND_BENDS};
			if (tl_sound_find(&ask, &f) < 0)
				fail("index");
			for (size_t i = 0; i < f.n; i++) {
				song_found[e][v] |= f.hit[i].entry == v;
				s.wrong += f.hit[i].entry != v;
			}
			tl_sound_found_fini(&f);
			found += song_found[e][v];
			s.pairs += song_count - 1;
		}
		row(song_edits[e].name, found, song_count, song_edits[e].limit, &s);
	}
	return finish("sound", &s);
}

int
main(int argc, char **argv)
{
	bool only_sounds = false, good = true;
	int at = 1;
	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
		small |= strcmp(argv[at], "--small") == 0;
		only_sounds |= strcmp(argv[at], "--sounds") == 0;
	}
	if (argc != at + 2)
		return 2;
	struct tl_jails_config config = {.program = argv[at], .slots = 1, .long_only = true};
	folder = argv[at + 1];
	if (tl_jails_create(&config, &jails) < 0)
		fail("decoder");
	tl_js_open(&figures, NULL, '{');
	tl_js_z(&figures, "bench", "robustness");
	if (!only_sounds) {
		make_films();
		good = judge_films();
	}
	make_songs();
	good = judge_songs() && good;
	good = judge_backwards() && good;
	tl_js_close(&figures, '}');
	(void)printf("%s\n", tl_buf_z(&figures));
	tl_jails_destroy(jails);
	return good ? 0 : 1;
}
