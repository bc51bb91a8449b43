/*
 * Clips of the moments at which something known was found: asked for with the verdict, cut afterwards by decoding the
 * file once more up to the last of them, one at a time in each worker, so that neither verdicts nor other films wait.
 *
 * Promises: what is told of a film names a clip of moments only while that very clip is stored. What is due is a row and
 * outlives this process. Failure: tried TRIES times, then given up with a line in the log; the clip of the whole is there
 * in any case. Called by the main loop.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "base/json.h"
#include "media/sheet.h"
#include "role/worker_film_int.h"
#include "store/media.h"
#include "sys/clock.h"
#include "sys/killpoint.h"
#include "sys/log.h"

#include <stdlib.h>

#define TRIES 3
#define LOOK_US (5 * TL_US_S)
#define AGAIN_US (60 * TL_US_S)       /* after a failure */
#define LEASE_MORE_US (120 * TL_US_S) /* beside twice what decoding may take */
#define ARENA ((size_t)1 << 20)

/* What is told of the film; NULL when that cannot be read. */
static json_t *
film_json(const struct tl_media *m)
{
	json_t *j = NULL;
	return m->film.n && tl_json_parse(m->film, &j) == 0 ? j : NULL;
}

/* Has it a clip of just these already? */
static bool
is_cut(const struct tl_media *m, const struct tl_moments *at)
{
	TL_CLEANUP(tl_json_unref) json_t *j = film_json(m);
	const json_t *has = json_object_get(j, "moments");
	const json_t *cuts = json_object_get(has, "cuts_ms");
	bool same = json_array_size(cuts) == at->n &&
		    json_integer_value(json_object_get(has, "places")) == at->places;
	for (uint32_t i = 0; i < at->n && same; i++)
		same = json_integer_value(json_array_get(cuts, i)) == at->cut[i];
	return same;
}

int
moments_ask(struct worker *w, const struct scan *s)
{
	int rc = 0;
	for (size_t i = 0; i < s->full.item.media_count && rc == 0; i++) {
		const struct tl_media *m = &s->full.item.media[i];
		struct tl_moments at;
		char cuts[TL_MOMENTS_TEXT];
		tl_moments_of(m, s->signals, s->signal_count, &at);
		if (at.n == 0 || is_cut(m, &at))
			continue;
		tl_moments_write(cuts, &at);
		rc = tl_moments_ask(w->db, s->job.platform, &m->id, cuts);
		w->moments_look_us = 0;
	}
	return rc;
}

struct begun {
	struct worker *w;
	struct film_job *j;
	struct tl_arena *arena;
};

static int
put_film(struct tl_db *db, const struct tl_moments_job *due, const json_t *film)
{
	char *text = json_dumps(film, JSON_COMPACT | JSON_REAL_PRECISION(6));
	if (!text)
		abort();
	int rc = tl_moments_film(db, due, tl_str(text));
	free(text);
	return rc;
}

/* The clip that is there will be another one. */
static int
forget_clip(struct tl_db *db, const struct tl_moments_job *due, const struct tl_media *m)
{
	TL_CLEANUP(tl_json_unref) json_t *film = film_json(m);
	if (json_object_del(film, "moments") < 0)
		return 0;
	return put_film(db, due, film);
}

/* NOTFOUND: there is nothing to do. */
static int
lease(struct tl_db *db, void *ctx)
{
	struct begun *b = ctx;
	struct film_job *j = b->j;
	struct tl_media m;
	int64_t now = tl_now_us();
	int64_t most = 2 * b->w->config->video_ms * TL_US_MS + LEASE_MORE_US;
	int rc = tl_moments_lease(db, now, now + most, &j->due);
	if (rc < 0)
		return rc;
	rc = tl_media_get(db, j->due.platform, &j->due.media, b->arena, &m);
	bool usable = rc == 0 && m.state != TL_MEDIA_ERASED && j->due.tries <= TRIES;
	if (rc == 0 && usable)
		rc = tl_moments_read(tl_str(j->due.cuts), &j->moments);
	if (rc == TL_ENOTFOUND || rc == TL_ECORRUPT || !usable) {
		j->moments.n = 0;
		return tl_moments_done(db, &j->due);
	}
	j->media = j->due.media;
	j->bytes = (size_t)m.bytes;
	return rc < 0 ? rc : forget_clip(db, &j->due, &m);
}

void
moments_pump(struct worker *w)
{
	int64_t now = tl_mono_us();
	if (w->cutting || now < w->moments_look_us || !media_film_place(w))
		return;
	w->moments_look_us = now + LOOK_US;
	if (tl_moments_due(w->db, tl_now_us()) <= 0)
		return;
	struct film_job *j = calloc(1, sizeof *j);
	if (!j)
		abort();
	struct begun b = {.w = w, .j = j, .arena = tl_arena_create(ARENA)};
	int rc = tl_db_tx(w->db, TL_SYNC_NORMAL, lease, &b);
	tl_arena_destroy(b.arena);
	if (rc < 0 || j->moments.n == 0) {
		film_job_free(j);
		return;
	}
	w->cutting = true;
	w->moments_look_us = 0; /* there may be more */
	media_film_begin(w, j);
}

/* Its place in what is told of the film. */
static json_t *
moments_json(const struct film_job *j)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	json_t *ret = NULL;
	bool moves = j->width > 0;
	tl_js_open(&b, NULL, '{');
	tl_sheet_parts_json(moves, j->duration_ms, j->moments.cut, j->moments.n, &b);
	tl_js_int(&b, "places", j->moments.places);
	tl_js_open(&b, "cuts_ms", '[');
	for (uint32_t i = 0; i < j->moments.n; i++)
		tl_js_int(&b, NULL, j->moments.cut[i]);
	tl_js_close(&b, ']');
	tl_js_close(&b, '}');
	return tl_json_parse(tl_buf_str(&b), &ret) == 0 ? ret : NULL;
}

struct ended {
	const struct film_job *j;
	struct tl_arena *arena;
};

static int
tell(struct tl_db *db, void *ctx)
{
	const struct ended *e = ctx;
	const struct film_job *j = e->j;
	struct tl_media m;
	int rc = tl_media_get(db, j->due.platform, &j->due.media, e->arena, &m);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	TL_CLEANUP(tl_json_unref) json_t *film = rc == 0 ? film_json(&m) : NULL;
	if (film && json_object_set_new(film, "moments", moments_json(j)) == 0)
		rc = put_film(db, &j->due, film);
	return rc < 0 && rc != TL_ENOTFOUND ? rc : tl_moments_done(db, &j->due);
}

/* Cancelled is no try; a failure waits. */
static int
give_back(struct tl_db *db, void *ctx)
{
	const struct film_job *j = ((const struct ended *)ctx)->j;
	if (j->cancelled)
		return tl_moments_back(db, &j->due, tl_now_us(), j->due.tries - 1);
	if (j->due.tries >= TRIES)
		return tl_moments_done(db, &j->due);
	return tl_moments_back(db, &j->due, tl_now_us() + AGAIN_US, j->due.tries);
}

void
moments_back(struct worker *w, const struct film_job *j)
{
	bool made = !j->cancelled && !j->missing && j->reason == TL_DECODE_OK && j->rc == 0;
	struct ended e = {.j = j, .arena = tl_arena_create(ARENA)};
	w->cutting = false;
	TL_KILLPOINT(MOMENTS_STORED);
	if (!made && !j->cancelled)
		tl_log(EV_MOMENTS_FAILED, TL_LINT("tries", j->due.tries),
		    TL_LWORD(
			"reason", j->missing ? "missing" : tl_decode_reason_word(j->reason)));
	int rc = tl_db_tx(w->db, TL_SYNC_NORMAL, made ? tell : give_back, &e);
	tl_arena_destroy(e.arena);
	if (rc < 0) /* its lease runs out, and it is cut again */
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "moments"),
		    TL_LWORD("error", tl_err_name(rc)));
}
