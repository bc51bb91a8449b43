/*
 * Pictures of items and of questions on their way through the decoders, several at a time.
 *
 * Promises: every medium handed in comes back once, decoded or with the reason why not; previews are stored sealed
 * before the item's result says that it is decoded; a picture that takes long does not hold up the others. Failure: what cannot be read or decoded is unscannable, with
 * the reason; the decoder pool itself retries once. Called by the main loop.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "media/preview.h"
#include "media/sheet.h"
#include "role/worker_film_int.h"
#include "role/worker_preview_int.h"
#include "store/blobs.h"
#include "store/media.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/killpoint.h"
#include "sys/log.h"

#include <stdio.h>

/* Our own reasons, beside the decoder's. */
#define REASON_MISSING "missing" /* the bytes cannot be read */
#define REASON_PREVIEW "preview" /* the previews cannot be stored */

/* One picture in a decoder: of an item's medium, or of a question. */
struct decode {
	struct scan *scan;
	size_t index;
	struct match *match;
	struct decode *next;
};

#define FILM_SIDE 8192 /* pixels */
#define FILMS_WAITING_MAX                                                                      \
	4 /* more are put off: their items shall take no place from pictures */
#define PUT_OFF_US (2 * TL_US_S) /* at least; at most 30 times that */
#define SLOW_MAX 64 /* pictures put back; more than these are unscannable for now */

struct slow_medium {
	struct scan *scan;
	size_t index;
};

struct media_pool {
	struct tl_jails *jails; /* NULL: the program is not there; everything is unscannable */
	struct decode room[TL_JAILS_MAX];
	struct decode *idle;
	size_t under_way;
	struct slow_medium slow[SLOW_MAX]; /* first come, first served */
	size_t slow_count;
	struct films *films; /* videos and sounds go another way */
	bool stopping;
	size_t films_under_way;
	size_t put_off;     /* items in a row whose films found no place */
	int64_t film_us;    /* about how long one takes */
	int64_t film_at_us; /* when the last came back */
	struct previewer *previewer;
	size_t previews; /* under way */
	size_t
	    previews_max; /* each holds megabytes of pixels: decoders wait when there are so many */
	struct tl_buf bytes; /* of one file */
	bool weak_said;
};

static int
create_films(struct tl_store *store, const struct tl_config *c, struct films **ret)
{
	struct film_limits l = {.bytes = c->video_max_bytes,
	    .decode = {.bytes = (uint32_t)c->video_max_bytes,
		.pixels = (uint32_t)c->media_pixels_max,
		.side = FILM_SIDE,
		.memory_mb = (uint32_t)(c->decode_memory_bytes >> 20),
		.deadline_ms = (uint32_t)c->video_ms,
		.film_s = (uint32_t)c->video_seconds_max,
		.film_share = (uint32_t)c->video_share_ms}};
	return films_create(store, &l, (unsigned)c->videos_per_worker, ret);
}

int
media_create(struct tl_store *store, const struct tl_config *c, struct media_pool **ret)
{
	struct media_pool *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	for (size_t i = 0; i < TL_JAILS_MAX; i++) {
		p->room[i].next = p->idle;
		p->idle = &p->room[i];
	}
	p->previews_max = 2 * (size_t)c->decoders_per_worker;
	int rc = previewer_create(store, &p->previewer);
	if (rc == 0)
		rc = create_films(store, c, &p->films);
	if (rc < 0) {
		previewer_destroy(p->previewer);
		free(p);
		return rc;
	}
	struct tl_jails_config jc = {.slots = (unsigned)c->decoders_per_worker};
	if (tl_jails_create(&jc, &p->jails) < 0) {
		p->jails = NULL;
		tl_log(
		    EV_CONFIG, TL_LWORD("where", "decoder"), TL_LWORD("text", tl_err_text()));
	}
	*ret = p;
	return 0;
}

void
media_destroy(struct media_pool *p)
{
	if (!p)
		return;
	films_destroy(p->films);
	previewer_destroy(p->previewer);
	tl_jails_destroy(p->jails);
	for (size_t i = 0; i < TL_JAILS_MAX; i++) {
		if (p->room[i].match)
			match_destroy(p->room[i].match);
	}
	tl_buf_fini(&p->bytes);
	free(p);
}

int
media_fd(const struct media_pool *p)
{
	return p->jails && p->under_way ? tl_jails_fd(p->jails) : -1;
}

int
media_preview_fd(const struct media_pool *p)
{
	return p->previews ? previewer_fd(p->previewer) : -1;
}

int
media_film_fd(const struct media_pool *p)
{
	return p->films_under_way ? films_fd(p->films) : -1;
}

/* Reasons that may be gone next time; the others lie in the file. */
static bool
may_pass(struct tl_str reason)
{
	if (tl_str_is(reason, REASON_MISSING) || tl_str_is(reason, REASON_PREVIEW) ||
	    tl_str_is(reason, tl_decode_reason_word(TL_DECODE_NO_JAIL)))
		return true;
	for (int r = 0; r < TL_DECODE_REASONS; r++) {
		if (tl_str_is(reason, tl_decode_reason_word((enum tl_decode_reason)r)))
			return tl_decode_reason_retry((enum tl_decode_reason)r);
	}
	return false;
}

static bool
wants_decoding(const struct scan *s, const struct tl_media *m)
{
	if (m->state != TL_MEDIA_UNSCANNABLE)
		return m->state == TL_MEDIA_PENDING;
	if ((m->film.n || m->has_pdq) && !may_pass(m->reason))
		return false; /* as far as it goes; that does not change */
	return s->job.rescan || may_pass(m->reason);
}

bool
media_needed(const struct scan *s)
{
	for (size_t i = 0; i < s->full.item.media_count; i++) {
		if (!s->media_changed[i] && wants_decoding(s, &s->full.item.media[i]))
			return true;
	}
	return false;
}

static struct tl_decode_job
job_of(const struct tl_config *c, struct tl_str bytes, bool preview)
{
	return (struct tl_decode_job){.bytes = bytes,
	    .limits = {.bytes = (uint32_t)c->media_max_bytes,
		.pixels = (uint32_t)c->media_pixels_max,
		.memory_mb = (uint32_t)(c->decode_memory_bytes >> 20),
		.deadline_ms = (uint32_t)c->decode_ms},
	    .preview_side = preview ? TL_PREVIEW_SIDE : 0};
}

static void
cannot(struct scan *s, size_t i, const char *why)
{
	struct tl_media *m = &s->full.item.media[i];
	m->state = TL_MEDIA_UNSCANNABLE;
	m->reason = tl_arena_dup(s->arena, tl_str(why));
	m->has_pdq = false;
	m->film = m->frames = m->words = m->bent = (struct tl_str){0};
	s->media_changed[i] = true;
}

/* What was looked at in part is compared like any other, and a person looks at it. */
static void
set_state(struct tl_media *m, enum tl_decode_reason partly)
{
	m->state = TL_MEDIA_DECODED;
	m->reason = (struct tl_str){0};
	if (partly == TL_DECODE_OK)
		return;
	m->state = TL_MEDIA_UNSCANNABLE;
	m->reason = tl_str(tl_decode_reason_word(partly));
}

/* The pictures of an animation. */
static void
take_moving(struct tl_media *m, const struct tl_film *f, struct tl_arena *a)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf facts = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf frames = {0};
	tl_sheet_json(f, &facts);
	tl_video_pack(&frames, &f->frames);
	m->film = tl_arena_dup(a, tl_buf_str(&facts));
	m->frames = tl_arena_dup(a, tl_buf_str(&frames));
}

static void
take_picture(struct tl_media *m, const struct tl_picture *pic, struct tl_arena *a)
{
	set_state(m, pic->moving.partly);
	m->film = m->frames = (struct tl_str){0};
	m->duration_ms = pic->moving.duration_ms;
	if (pic->moving.frames.n)
		take_moving(m, &pic->moving, a);
	m->width = (int)pic->width;
	m->height = (int)pic->height;
	m->pages = (int)pic->pages;
	m->has_pdq = true;
	m->pdq_quality = pic->quality;
	memcpy(m->pdq, pic->pdq[TL_PDQ_ORIGINAL].b, sizeof m->pdq);
	m->turned = tl_arena_dup(
	    a, tl_bytes((const uint8_t *)&pic->pdq[1], sizeof pic->pdq - sizeof pic->pdq[0]));
}

/* Takes the picture over; the medium is back once its previews are stored. */
static void
item_decoded(struct worker *w, struct scan *s, size_t i, struct tl_decoded *d)
{
	struct tl_media *m = &s->full.item.media[i];
	if (d->reason != TL_DECODE_OK) {
		s->media_pending--;
		cannot(s, i, tl_decode_reason_word(d->reason));
		return;
	}
	take_picture(m, &d->picture, s->arena);
	struct preview_job *j = calloc(1, sizeof *j);
	if (!j)
		abort();
	*j = (struct preview_job){.scan = s, .index = i, .media = m->id, .picture = d->picture};
	w->pool->previews++;
	previewer_submit(w->pool->previewer, j);
}

static void
take_preview(struct worker *w, struct preview_job *j)
{
	struct scan *s = j->scan;
	s->media_pending--;
	s->media_changed[j->index] = true;
	TL_KILLPOINT(MEDIA_DECODED);
	if (j->rc < 0) {
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "preview"),
		    TL_LID("item", s->job.item), TL_LWORD("error", tl_err_name(j->rc)));
		cannot(s, j->index, REASON_PREVIEW);
	}
	w->pool->previews--;
	preview_free(j);
}

static void
take_film(struct scan *s, struct tl_media *m, const struct film_job *j)
{
	set_state(m, j->partly);
	m->width = (int)j->width;
	m->height = (int)j->height;
	m->pages = 0;
	m->has_pdq = false;
	m->duration_ms = j->duration_ms;
	m->film = tl_arena_dup(s->arena, tl_buf_str(&j->film));
	m->frames = tl_arena_dup(s->arena, tl_buf_str(&j->frames));
	m->words = tl_arena_dup(s->arena, tl_buf_str(&j->words));
	m->bent = tl_arena_dup(s->arena, tl_buf_str(&j->bent));
	tl_media_know_film(m);
}

static void
item_film_back(struct scan *s, const struct film_job *j)
{
	struct tl_media *m = &s->full.item.media[j->index];
	s->media_pending--;
	if (j->cancelled) {
		s->media_next = s->media_next < j->index ? s->media_next : j->index;
		return; /* nobody has looked at it */
	}
	s->media_changed[j->index] = true;
	if (j->missing)
		cannot(s, j->index, REASON_MISSING);
	else if (j->reason != TL_DECODE_OK)
		cannot(s, j->index, tl_decode_reason_word(j->reason));
	else if (j->rc < 0)
		cannot(s, j->index, REASON_PREVIEW);
	else
		take_film(s, m, j);
}

static void
take_film_job(struct worker *w, struct film_job *j)
{
	struct media_pool *p = w->pool;
	int64_t now = tl_mono_us();
	if (j->retried)
		tl_log(EV_JAIL_DIED, TL_LWORD("reason", tl_decode_reason_word(j->reason)));
	if (j->rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "storyboard"),
		    TL_LWORD("error", tl_err_name(j->rc)));
	if (p->film_at_us)
		p->film_us = (p->film_us + now - p->film_at_us) / 2;
	p->film_at_us = now;
	p->put_off = 0;
	p->films_under_way--;
	if (j->scan)
		item_film_back(j->scan, j);
	else if (j->moments.n)
		moments_back(w, j);
	else if (!j->cancelled)
		match_film_decoded(w, j->match, j);
	else
		match_destroy(j->match);
	film_job_free(j);
}

static bool
is_film(struct tl_str mime)
{
	return tl_str_is(mime, "application/ogg") ||
	       (mime.n > 6 &&
		   (memcmp(mime.p, "video/", 6) == 0 || memcmp(mime.p, "audio/", 6) == 0));
}

/* Another worker may have room; the more were put off, the later this one comes back. */
static void
put_off(struct media_pool *p, struct scan *s)
{
	int64_t wait = (int64_t)++p->put_off * p->film_us;
	wait = wait < PUT_OFF_US ? PUT_OFF_US : wait > 30 * PUT_OFF_US ? 30 * PUT_OFF_US : wait;
	s->end = SCAN_BACK;
	s->back_at = tl_now_us() + wait;
}

/* False: there is no place for it now, and its item goes back. */
static bool
submit_film(struct worker *w, struct scan *s, size_t i)
{
	struct media_pool *p = w->pool;
	const struct tl_media *m = &s->full.item.media[i];
	if (!media_film_place(w)) {
		if (s->media_pending == 0)
			put_off(p, s);
		return false;
	}
	struct film_job *j = calloc(1, sizeof *j);
	if (!j)
		abort();
	*j =
	    (struct film_job){.scan = s, .index = i, .media = m->id, .bytes = (size_t)m->bytes};
	s->media_pending++;
	media_film_begin(w, j);
	return true;
}

bool
media_film_place(struct worker *w)
{
	return !w->pool->stopping && films_waiting(w->pool->films) < FILMS_WAITING_MAX;
}

void
media_film_begin(struct worker *w, struct film_job *j)
{
	w->pool->films_under_way++;
	films_submit(w->pool->films, j);
}

/* It waits for a decoder that has time for it; its item stays pending. */
static bool
put_back(struct media_pool *p, const struct decode *x)
{
	if (p->slow_count == SLOW_MAX)
		return false;
	p->slow[p->slow_count++] = (struct slow_medium){x->scan, x->index};
	return true;
}

static struct decode *
begin(struct media_pool *p, const struct tl_decode_job *job, struct decode what)
{
	struct decode *d = p->idle;
	if (!d)
		return NULL;
	struct tl_decode_job copy = *job;
	copy.user = d;
	struct decode *next = d->next;
	*d = what;
	if (tl_jails_submit(p->jails, &copy) < 0) {
		*d = (struct decode){.next = next};
		return NULL;
	}
	p->idle = next;
	p->under_way++;
	TL_KILLPOINT(JAIL_ASKED);
	return d;
}

/* False when no decoder is free for it now. `slow`: it was put back, and is pending already. */
static bool
submit_medium(struct worker *w, struct scan *s, size_t i, bool slow)
{
	struct media_pool *p = w->pool;
	struct tl_media *m = &s->full.item.media[i];
	if (!p->jails) {
		cannot(s, i, tl_decode_reason_word(TL_DECODE_NO_JAIL));
		return true;
	}
	if (is_film(m->mime))
		return submit_film(w, s, i);
	if (tl_jails_free(p->jails) == 0 || p->previews >= p->previews_max)
		return false;
	tl_buf_reset(&p->bytes);
	int rc = tl_blob_read(w->store, &m->id, &p->bytes);
	if (rc < 0) {
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "blob"), TL_LID("item", s->job.item),
		    TL_LWORD("error", tl_err_name(rc)));
		cannot(s, i, REASON_MISSING);
		return true;
	}
	struct tl_decode_job job = job_of(w->config, tl_buf_str(&p->bytes), true);
	job.slow = slow;
	if (!begin(p, &job, (struct decode){.scan = s, .index = i}))
		return false;
	s->media_pending += !slow;
	return true;
}

/* Those that were put back, as soon as one may take long. */
static void
pump_slow(struct worker *w)
{
	struct media_pool *p = w->pool;
	while (p->slow_count && tl_jails_may_take_long(p->jails)) {
		struct slow_medium m = p->slow[0];
		if (!submit_medium(w, m.scan, m.index, true))
			return;
		if (m.scan->media_changed[m.index])
			m.scan->media_pending--; /* its bytes have gone meanwhile */
		memmove(p->slow, p->slow + 1, --p->slow_count * sizeof *p->slow);
	}
}

/* Hands in what it can; true when every medium of the item has come back. */
static bool
advance(struct worker *w, struct scan *s)
{
	const struct tl_item *it = &s->full.item;
	while (s->media_next < it->media_count) {
		if (wants_decoding(s, &it->media[s->media_next]) &&
		    !submit_medium(w, s, s->media_next, false))
			return false;
		s->media_next++;
	}
	return s->media_pending == 0;
}

/* A question that cannot wait long is refused rather than put behind others. */
static bool
submit_film_match(struct worker *w, struct match *m)
{
	struct film_job *j = calloc(1, sizeof *j);
	if (!j)
		abort();
	*j = (struct film_job){.match = m, .bytes = match_bytes(m).n};
	if (!media_film_place(w) ||
	    tl_memfd_sealed("tutela-file", match_bytes(m), &j->file_fd) < 0) {
		film_job_free(j);
		match_decoded(w, m, NULL, TL_DECODE_TIMEOUT);
		return true;
	}
	media_film_begin(w, j);
	return true;
}

static bool
submit_match(struct worker *w, struct match *m)
{
	struct media_pool *p = w->pool;
	if (tl_format_is_film(tl_sniff(match_bytes(m))))
		return submit_film_match(w, m);
	if (tl_jails_free(p->jails) == 0)
		return false;
	struct tl_decode_job job = job_of(w->config, match_bytes(m), false);
	if (!begin(p, &job, (struct decode){.match = m}))
		return false;
	return true;
}

static void
pump_matches(struct worker *w)
{
	while (w->matches) {
		struct match *m = w->matches;
		struct match *next = match_next(m);
		if (!w->pool->jails)
			match_decoded(w, m, NULL, TL_DECODE_NO_JAIL);
		else if (!submit_match(w, m))
			return;
		w->matches = next;
	}
}

static void
pump_items(struct worker *w)
{
	for (struct scan *s = w->media.head, *next; s; s = next) {
		next = s->next;
		bool whole = advance(w, s);
		if (!whole && s->end != SCAN_BACK)
			continue;
		scan_remove(&w->media, s);
		if (whole)
			scan_judge(w, s);
		scan_push(&w->ready, s);
	}
}

static void
take_one(struct worker *w, struct tl_decoded *d)
{
	struct media_pool *p = w->pool;
	struct decode *x = d->user;
	if (d->retried)
		tl_log(EV_JAIL_DIED, TL_LWORD("reason", tl_decode_reason_word(d->reason)));
	if (d->weak && !p->weak_said) {
		p->weak_said = true;
		tl_log(EV_JAIL_WEAK, TL_LWORD("missing", "landlock"));
	}
	if (x->scan) {
		if (!d->put_back || !put_back(p, x))
			item_decoded(w, x->scan, x->index, d);
	} else {
		bool ok = d->reason == TL_DECODE_OK;
		match_decoded(w, x->match, ok ? &d->picture : NULL, d->reason);
		if (ok)
			tl_picture_fini(&d->picture);
	}
	*x = (struct decode){.next = p->idle};
	p->idle = x;
	p->under_way--;
}

void
media_pump(struct worker *w)
{
	struct tl_decoded d;
	while (w->pool->jails && tl_jails_next(w->pool->jails, &d))
		take_one(w, &d);
	for (struct preview_job *j;
	     w->pool->previews && (j = previewer_next(w->pool->previewer));)
		take_preview(w, j);
	for (struct film_job *j; w->pool->films_under_way && (j = films_next(w->pool->films));)
		take_film_job(w, j);
	if (w->pool->slow_count)
		pump_slow(w);
	pump_matches(w);
	if (w->media.n)
		pump_items(w);
}

void
media_stop(struct worker *w)
{
	struct media_pool *p = w->pool;
	p->stopping = true;
	films_stop(p->films);
	for (struct film_job *j; (j = films_next(p->films));)
		take_film_job(w, j);
}
