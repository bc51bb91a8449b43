/*
 * Lookups for clients of the HMA API: hashes of a picture or video, and every content near them.
 *
 * Promises: what is off, disabled or has expired at this moment is never told; of more hits than HITS_MAX, or than an answer
 * holds, the nearest are told, and provenance is left out first; a picture is decoded in the jail like any other. Failure:
 * INPUT naming what is wrong with the picture. Called for questions.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "base/json.h"
#include "detect/near.h"
#include "hash/video.h"
#include "store/hma.h"
#include "sys/clock.h"
#include "sys/crypto.h"
#include "sys/fd.h"

#define LOOKUP_ARENA ((size_t)16 << 20)
#define HITS_MAX 1000
#define ANSWER_MAX (TL_ASK_MAX - 16 * 1024)
#define QUALITY_LEAST 50

/* What is asked, and what is known of the file so far. */
struct facts {
	json_t *q;
	bool has[tl_entry_form_count];
	uint8_t value[tl_entry_form_count][32];
	int quality;          /* of the PDQ hash; -1: it was sent */
	struct tl_str frames; /* of a video, packed */
};

struct hit {
	int64_t key;
	int distance; /* -1: exactly */
	int percent;  /* of a video's frames that match; 0: of no meaning */
	struct tl_hma_hit is;
};

static bool
asks_for(const json_t *q, enum tl_entry_form form)
{
	const json_t *forms = json_object_get(q, "forms");
	for (size_t i = 0; i < json_array_size(forms); i++)
		if (tl_str_is(tl_json_str(json_array_get(forms, i)), tl_entry_form_names[form]))
			return true;
	return false;
}

/* Finding ------------------------------------------------------------------------------------------------------- */

static size_t
value_bytes(enum tl_entry_form form)
{
	return form == TL_FORM_MD5 ? 16 : 32;
}

static int
exact(struct worker *w, struct tl_arena *a, enum tl_entry_form form, const uint8_t *value,
    struct hit *hits, size_t *n)
{
	int64_t *keys = TL_NEWS(a, int64_t, HITS_MAX);
	if (!keys)
		return tl_arena_check(a);
	int rc =
	    tl_hma_keys(w->db, form, tl_bytes(value, value_bytes(form)), HITS_MAX, keys, n);
	for (size_t i = 0; rc == 0 && i < *n; i++)
		hits[i] = (struct hit){.key = keys[i], .distance = -1};
	return rc;
}

/* The banks asked for, by id; none when all are. Names that nobody has are no bank. */
static int
banks_of(struct worker *w, struct tl_arena *a, const json_t *q, struct tl_near_only *only)
{
	const json_t *banks = json_object_get(q, "banks");
	size_t names = json_array_size(banks);
	struct tl_id *ids = TL_NEWS(a, struct tl_id, names * TL_HMA_PARTS + 1);
	if (!ids)
		return tl_arena_check(a);
	*only = (struct tl_near_only){.all = names == 0, .banks = ids};
	for (size_t i = 0; i < names; i++) {
		struct tl_hma_bank b = {0};
		int rc = tl_hma_bank_find(w->db, tl_json_str(json_array_get(banks, i)), a, &b);
		if (rc < 0 && rc != TL_ENOTFOUND)
			return rc;
		for (size_t k = 0; rc == 0 && k < b.parts; k++)
			ids[only->count++] = b.part[k];
	}
	return 0;
}

static int
near(struct worker *w, struct tl_arena *a, const struct facts *facts, struct hit *hits,
    size_t *n)
{
	struct tl_near_only only;
	struct tl_pdq hash;
	struct tl_index_found f = {
	    .hit = TL_NEWS(a, struct tl_index_hit, HITS_MAX), .cap = HITS_MAX};
	if (!f.hit)
		return tl_arena_check(a);
	memcpy(hash.b, facts->value[TL_FORM_PDQ], sizeof hash.b);
	int rc = banks_of(w, a, facts->q, &only);
	if (rc == 0)
		rc = tl_banks_near(w->banks, &hash, &only, tl_now_us(), &f);
	for (size_t i = 0; rc == 0 && i < f.n; i++)
		hits[i] =
		    (struct hit){.key = (int64_t)f.hit[i].key, .distance = f.hit[i].distance};
	*n = rc == 0 ? f.n : 0;
	return rc;
}

/* Videos: what the detector says of the frames. */
static int
alike(struct worker *w, struct tl_arena *a, const struct facts *f, struct hit *hits, size_t *n)
{
	struct tl_media media = {
	    .state = TL_MEDIA_DECODED, .has_pdq = true, .frames = f->frames};
	struct tl_detect_input in = {.media = &media, .media_count = 1, .db = w->db};
	w->found->n = 0;
	w->found->cut = false;
	int rc = tl_detect_run(w->detect, w->banks, &in, a, w->found);
	for (size_t i = 0; rc == 0 && i < w->found->n && *n < HITS_MAX; i++) {
		const struct tl_signal *s = &w->found->s[i];
		if (!tl_str_is(s->detector, "video"))
			continue;
		if (s->failed)
			return tl_fail(TL_EAGAIN, "%.*s", TL_ARG(s->label));
		hits[(*n)++] = (struct hit){.key = s->key,
		    .distance = s->distance,
		    .percent = (int)(s->score * 100 + 0.5)};
	}
	return rc;
}

static bool
asks_bank(const json_t *q, struct tl_str name)
{
	const json_t *banks = json_object_get(q, "banks");
	for (size_t i = 0; i < json_array_size(banks); i++)
		if (tl_str_eq(tl_json_str(json_array_get(banks, i)), name))
			return true;
	return json_array_size(banks) == 0;
}

/* What each key means now; keys that mean nothing to these clients, or that are of banks not asked for, are dropped. */
static int
resolve(struct worker *w, struct tl_arena *a, const json_t *q, struct hit *hits, size_t *n)
{
	size_t kept = 0;
	int64_t now = tl_now_us();
	for (size_t i = 0; i < *n; i++) {
		bool seen = false;
		int rc = tl_hma_hit(w->db, hits[i].key, now, a, &hits[i].is, &seen);
		if (rc < 0)
			return rc;
		if (seen && asks_bank(q, hits[i].is.bank))
			hits[kept++] = hits[i];
	}
	*n = kept;
	return 0;
}

static int
by_distance(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c = (x->distance > y->distance) - (x->distance < y->distance);
	return c ? c : (x->is.content > y->is.content) - (x->is.content < y->is.content);
}

static int
by_bank(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c = tl_str_cmp(x->is.bank, y->is.bank);
	return c ? c : by_distance(a, b);
}

/* Writing ------------------------------------------------------------------------------------------------------- */

static void
write_hits(struct tl_buf *out, const char *key, const struct hit *hits, size_t n, bool from)
{
	tl_js_open(out, key, '[');
	for (size_t i = 0; i < n; i++) {
		const struct tl_hma_hit *h = &hits[i].is;
		bool again = i > 0 && hits[i - 1].is.content == h->content &&
			     tl_str_eq(hits[i - 1].is.bank, h->bank);
		if (again)
			continue;
		tl_js_open(out, NULL, '{');
		tl_js_str(out, "bank", h->bank);
		tl_js_int(out, "id", h->content);
		tl_js_int(out, "distance", hits[i].distance);
		if (hits[i].percent)
			tl_js_int(out, "percent", hits[i].percent);
		tl_js_num(out, "ratio", h->ratio);
		if (h->review_only)
			tl_js_bool(out, "review_only", true);
		if (from)
			tl_js_raw0(out, "provenance", h->provenance);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
}

/* The nearest that fit, ordered by bank; what does not fit gives up its provenance first. */
static void
write_nearest(struct tl_buf *out, const char *key, struct hit *hits, size_t n, bool from)
{
	size_t before = out->n;
	qsort(hits, n, sizeof *hits, by_bank);
	write_hits(out, key, hits, n, from);
	while (n > 0 && out->n > ANSWER_MAX) {
		out->n = before;
		if (!from) {
			qsort(hits, n, sizeof *hits, by_distance);
			n /= 2;
			qsort(hits, n, sizeof *hits, by_bank);
		}
		from = false;
		write_hits(out, key, hits, n, from);
	}
}

static int
find_form(struct worker *w, struct tl_arena *a, const struct facts *f, enum tl_entry_form form,
    struct tl_buf *out)
{
	struct hit *hits = TL_NEWS(a, struct hit, HITS_MAX);
	size_t n = 0;
	if (!hits)
		return tl_arena_check(a);
	int rc = form == TL_FORM_PDQ    ? near(w, a, f, hits, &n)
		 : form == TL_FORM_VPDQ ? alike(w, a, f, hits, &n)
					: exact(w, a, form, f->value[form], hits, &n);
	if (rc == 0)
		rc = resolve(w, a, f->q, hits, &n);
	if (rc < 0)
		return rc;
	write_nearest(out, tl_entry_form_names[form], hits, n,
	    json_is_true(json_object_get(f->q, "provenance")));
	return 0;
}

static void
write_frames(struct tl_buf *out, struct tl_str packed)
{
	TL_CLEANUP(tl_video_fini) struct tl_video v = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {0};
	if (tl_video_unpack(packed, &v) == 0)
		tl_video_json(&text, &v);
	tl_js_str(out, "value", tl_buf_str(&text));
}

static void
write_hashes(struct tl_buf *out, const struct facts *f)
{
	tl_js_open(out, "hashes", '{');
	for (int form = 0; form < tl_entry_form_count; form++) {
		bool pdq = form == TL_FORM_PDQ && f->quality >= 0;
		if (!asks_for(f->q, (enum tl_entry_form)form))
			continue;
		tl_js_open(out, tl_entry_form_names[form], '{');
		if (f->has[form] && form == TL_FORM_VPDQ)
			write_frames(out, f->frames);
		else if (f->has[form])
			tl_js_hex(out, "value",
			    tl_bytes(f->value[form], value_bytes((enum tl_entry_form)form)));
		if (pdq)
			tl_js_int(out, "quality", f->quality);
		tl_js_close(out, '}');
	}
	tl_js_close(out, '}');
}

/* Forms that are found exactly, or those that are found by nearness. */
static int
find_forms(struct worker *w, struct tl_arena *a, const struct facts *f, bool nearness,
    struct tl_buf *out)
{
	int rc = 0;
	for (int form = 0; form < tl_entry_form_count && rc == 0; form++)
		if (f->has[form] && asks_for(f->q, (enum tl_entry_form)form) &&
		    nearness == (form == TL_FORM_PDQ || form == TL_FORM_VPDQ))
			rc = find_form(w, a, f, (enum tl_entry_form)form, out);
	return rc;
}

static int
answer(struct worker *w, uint32_t serial, struct tl_arena *a, const struct facts *f)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	int rc = 0;
	tl_js_open(&out, NULL, '{');
	write_hashes(&out, f);
	tl_js_open(&out, "hits", '{');
	if (json_is_true(json_object_get(f->q, "find")))
		rc = find_forms(w, a, f, false, &out);
	if (rc == 0 && json_is_true(json_object_get(f->q, "find")))
		rc = find_forms(w, a, f, true, &out);
	tl_js_close(&out, '}');
	tl_js_close(&out, '}');
	if (rc == 0)
		ask_reply(w, serial, tl_buf_str(&out));
	return rc;
}

/* Reading ------------------------------------------------------------------------------------------------------- */

static int
read_value(struct facts *f, int form, struct tl_str text, struct tl_arena *a)
{
	if (form == TL_FORM_VPDQ)
		return tl_bank_value_parse(TL_FORM_VPDQ, text, a, &f->frames);
	return tl_unhex(f->value[form], value_bytes((enum tl_entry_form)form), text);
}

static int
read_values(struct facts *f, struct tl_arena *a)
{
	const char *name;
	json_t *v;
	json_object_foreach(json_object_get(f->q, "values"), name, v)
	{
		int form;
		if (tl_word_parse(tl_entry_form_names, tl_str(name), &form) < 0 ||
		    read_value(f, form, tl_json_str(v), a) < 0)
			return tl_fail_at(TL_EFIELD, "signal", "is malformed");
		f->has[form] = true;
	}
	return 0;
}

static void
add_digests(struct facts *f, struct tl_str bytes)
{
	struct tl_digest *d = tl_digest_create();
	tl_digest_add(d, bytes);
	tl_digest_end(d, f->value[TL_FORM_SHA256], f->value[TL_FORM_MD5]);
	f->has[TL_FORM_SHA256] = f->has[TL_FORM_MD5] = true;
}

static void
on_decoded(struct worker *w, struct match *m, const struct tl_picture *pic,
    enum tl_decode_reason reason)
{
	struct facts f = {.q = match_json(m), .quality = -1, .frames = match_frames(m)};
	bool film = reason == TL_DECODE_OK && f.frames.n && asks_for(f.q, TL_FORM_VPDQ);
	if (!pic && !film) {
		ask_refuse(w, match_serial(m),
		    tl_decode_err(reason == TL_DECODE_OK ? TL_DECODE_UNSUPPORTED : reason));
		return;
	}
	f.has[TL_FORM_VPDQ] = film;
	if (pic) {
		f.quality = pic->quality;
		f.has[TL_FORM_PDQ] = pic->quality >= QUALITY_LEAST;
		memcpy(f.value[TL_FORM_PDQ], pic->pdq[TL_PDQ_ORIGINAL].b, 32);
	}
	add_digests(&f, match_bytes(m));
	int rc = answer(w, match_serial(m), match_arena(m), &f);
	if (rc < 0)
		ask_refuse(w, match_serial(m), rc);
}

static void
answer_status(struct worker *w, uint32_t serial)
{
	bool stale = tl_bank_loader_failing_us(w->loader) != 0;
	if (!tl_bank_loader_whole(w->loader)) {
		ask_refuse(w, serial, tl_fail(TL_EAGAIN, "the index is not whole"));
		return;
	}
	ask_reply(w, serial, stale ? TL_S("{\"stale\":true}") : TL_S("{\"stale\":false}"));
}

static int
digests_only(struct worker *w, uint32_t serial, struct tl_arena *a, struct facts *f, int fd)
{
	struct tl_str bytes = {NULL, 0};
	int rc = tl_memfd_whole(fd, (size_t)w->config->media_max_bytes, &bytes);
	if (rc < 0)
		return rc;
	add_digests(f, bytes);
	tl_memfd_unmap(bytes);
	return answer(w, serial, a, f);
}

void
lookup_begin(struct worker *w, const struct tl_ask *q, int fd)
{
	TL_CLEANUP(tl_fd_close) int file = fd;
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *a = tl_arena_create(LOOKUP_ARENA);
	int rc = tl_json_parse(q->json, &j);
	struct facts f = {.q = j, .quality = -1};
	if (rc == 0 && json_is_true(json_object_get(j, "status"))) {
		answer_status(w, q->serial);
		return;
	}
	bool decodes = asks_for(j, TL_FORM_PDQ) || asks_for(j, TL_FORM_VPDQ);
	if (rc == 0 && file >= 0 && decodes)
		rc = match_wait(w, q, tl_fd_take(&file), on_decoded);
	else if (rc == 0 && file >= 0)
		rc = digests_only(w, q->serial, a, &f, file);
	else if (rc == 0 && (rc = read_values(&f, a)) == 0)
		rc = answer(w, q->serial, a, &f);
	if (rc < 0)
		ask_refuse(w, q->serial, rc);
}
