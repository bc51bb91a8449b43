/*
 * Lookups for clients of the HMA API: hashes of a picture or video, and every content near them.
 *
 * Promises: only the banks that are asked for are searched, and none hides another; what is off, disabled or has expired at this
 * moment is never told, nor what an allow-list sets aside, as in scans. Of more than HITS_MAX matches of one type, or than an answer holds,
 * each bank's nearest are told, and the answer says that there are more; provenance is left out first. A picture is decoded in the
 * jail like any other. Failure: INPUT naming what is wrong with the picture. Called for questions.
 */
#include "role/worker_int.h"

#include "again/turn.h"
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
	struct tl_hma_asked banks;
	bool has[tl_entry_form_count];
	uint8_t value[tl_entry_form_count][32];
	int quality; /* of the PDQ hash; -1: it was sent */
	struct tl_str
	    turned; /* hashes of the turned picture, nearly so when its own was sent; or empty */
	struct tl_str frames, words, bent; /* of a video, packed */
};

struct hit {
	double score;
	int distance; /* -1: exactly */
	int percent;  /* of a video's frames that match; 0: of no meaning */
	size_t rank;  /* in its bank; 0: the nearest */
	struct tl_hma_hit is;
};

/* Of one form. */
struct hits {
	struct hit *v;
	size_t n;
	bool cut; /* there were more */
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

static int
read_banks(struct facts *f, struct tl_arena *a)
{
	const json_t *banks = json_object_get(f->q, "banks");
	size_t n = json_array_size(banks);
	struct tl_str *names = n ? TL_NEWS(a, struct tl_str, n) : NULL;
	for (size_t i = 0; i < n && names; i++)
		names[i] = tl_json_str(json_array_get(banks, i));
	f->banks = (struct tl_hma_asked){names, n};
	return tl_arena_check(a);
}

static size_t
value_bytes(enum tl_entry_form form)
{
	return form == TL_FORM_MD5 ? 16 : 32;
}

static int
exact(struct worker *w, struct tl_arena *a, enum tl_entry_form form, const struct facts *f,
    struct hits *out)
{
	struct tl_hma_hit *list = NULL;
	size_t n = 0;
	int rc = tl_hma_hits_of(w->db, form, tl_bytes(f->value[form], value_bytes(form)),
	    tl_now_us(), &f->banks, a, &list, &n);
	out->v = TL_NEWS(a, struct hit, n + 1);
	if (rc < 0 || !out->v)
		return rc < 0 ? rc : tl_arena_check(a);
	for (size_t i = 0; i < n; i++)
		out->v[out->n++] = (struct hit){.is = list[i], .distance = -1, .score = 1};
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c = (x->is.key > y->is.key) - (x->is.key < y->is.key);
	return c ? c : x->distance - y->distance;
}

/* An entry that is near the picture in more than one turn is told once, as near as it is. */
static void
once(struct hits *h)
{
	size_t kept = 0;
	if (h->n)
		qsort(h->v, h->n, sizeof *h->v, by_key);
	for (size_t i = 0; i < h->n; i++)
		if (kept == 0 || h->v[kept - 1].is.key != h->v[i].is.key)
			h->v[kept++] = h->v[i];
	h->n = kept;
}

static int
near_hash(struct worker *w, const struct tl_pdq *hash, struct tl_near *near, struct hits *out)
{
	int rc = tl_banks_near(w->banks, hash, near);
	if (rc < 0)
		return rc;
	out->cut = out->cut || near->cut;
	for (size_t i = 0; i < near->n; i++) {
		const struct tl_index_hit *h = &near->hit[i];
		out->v[out->n++] = (struct hit){.is.key = (int64_t)h->key,
		    .distance = h->distance,
		    .score = 1.0 - h->distance / 64.0};
	}
	return 0;
}

/* The picture as it is, and turned for the banks that want it. */
static int
near(struct worker *w, struct tl_arena *a, const struct facts *f, struct hits *out)
{
	struct tl_pdq hash;
	struct tl_id *banks = NULL;
	struct tl_near near = {.hit = TL_NEWS(a, struct tl_index_hit, HITS_MAX),
	    .cap = HITS_MAX,
	    .now_us = tl_now_us()};
	out->v = TL_NEWS(a, struct hit, (size_t)HITS_MAX * TL_PDQ_TURNS);
	if (!near.hit || !out->v)
		return tl_arena_check(a);
	memcpy(hash.b, f->value[TL_FORM_PDQ], sizeof hash.b);
	int rc = tl_hma_banks_asked(w->db, TL_BANK_PDQ, &f->banks, a, &banks, &near.count);
	near.banks = banks;
	if (rc == 0)
		rc = near_hash(w, &hash, &near, out);
	near.turned = true;
	for (size_t at = 0; at + sizeof hash.b <= f->turned.n && rc == 0; at += sizeof hash.b) {
		memcpy(hash.b, f->turned.p + at, sizeof hash.b);
		rc = near_hash(w, &hash, &near, out);
	}
	once(out);
	return rc;
}

/* Everything that is known of the file, as a detector takes it. A hash that was sent has no quality, and counts. */
static struct tl_media
medium(const struct facts *f)
{
	struct tl_media m = {.state = TL_MEDIA_DECODED,
	    .has_pdq = !f->has[TL_FORM_VPDQ],
	    .pdq_quality = f->has[TL_FORM_PDQ] ? 100 : 0,
	    .turned = f->turned,
	    .film = f->has[TL_FORM_VPDQ] ? TL_S("{}") : TL_S(""),
	    .frames = f->frames,
	    .words = f->words,
	    .bent = f->bent};
	memcpy(m.pdq, f->value[TL_FORM_PDQ], sizeof m.pdq);
	memcpy(m.sha256, f->value[TL_FORM_SHA256], sizeof m.sha256);
	memcpy(m.md5, f->value[TL_FORM_MD5], sizeof m.md5);
	return m;
}

/* What the video detector says, of these banks (names here). */
static int
watch(struct worker *w, struct tl_arena *a, const struct facts *f, const struct tl_str *only,
    size_t count, struct hits *out)
{
	struct tl_media media = medium(f);
	struct tl_detect_input in = {.media = &media,
	    .media_count = 1,
	    .db = w->db,
	    .only = only,
	    .only_count = count,
	    .most = TL_SIGNALS_MAX};
	w->found->n = 0;
	int rc = tl_detect_run(w->detect, w->banks, &in, a, w->found);
	struct hit *room = TL_NEWS(a, struct hit, out->n + w->found->n + 1);
	if (rc < 0 || !room)
		return rc < 0 ? rc : tl_arena_check(a);
	if (out->n)
		memcpy(room, out->v, out->n * sizeof *room);
	out->v = room;
	for (size_t i = 0; i < w->found->n; i++) {
		const struct tl_signal *s = &w->found->s[i];
		out->cut = out->cut || s->failed;
		if (!s->failed && tl_str_is(s->detector, "video"))
			out->v[out->n++] = (struct hit){.is.key = s->key,
			    .distance = s->distance,
			    .score = s->score,
			    .percent = (int)(s->score * 100 + 0.5)};
	}
	return 0;
}

/* Videos: all banks at once, and each for itself when these had more than can be said at once. */
static int
alike(struct worker *w, struct tl_arena *a, const struct facts *f, struct hits *out)
{
	struct tl_id *banks = NULL;
	size_t n = 0;
	if (!tl_bank_loader_whole(w->loader))
		return tl_fail(TL_EAGAIN, "the index of known hashes is not whole");
	int rc = tl_hma_banks_asked(w->db, TL_BANK_VIDEO, &f->banks, a, &banks, &n);
	struct tl_str *names = TL_NEWS(a, struct tl_str, n + 1);
	if (rc < 0 || !names)
		return rc < 0 ? rc : tl_arena_check(a);
	for (size_t i = 0; i < n; i++)
		names[i] = tl_banks_name(w->banks, TL_BANK_VIDEO, banks[i]);
	rc = watch(w, a, f, names, n, out);
	if (rc < 0 || !out->cut || n < 2)
		return rc;
	*out = (struct hits){.n = 0};
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = watch(w, a, f, &names[i], 1, out);
	return rc;
}

/* What each key means now; keys that mean nothing to these clients are dropped. */
static int
resolve(struct worker *w, struct tl_arena *a, struct hits *hits)
{
	size_t kept = 0;
	int64_t now = tl_now_us();
	for (size_t i = 0; i < hits->n; i++) {
		bool seen = false;
		struct hit *h = &hits->v[i];
		int rc = tl_hma_hit(w->db, h->is.key, now, a, &h->is, &seen);
		if (rc < 0)
			return rc;
		if (seen)
			hits->v[kept++] = *h;
	}
	hits->n = kept;
	return 0;
}

static int
find_form(struct worker *w, struct tl_arena *a, const struct facts *f, enum tl_entry_form form,
    struct hits *out)
{
	int rc;
	if (form == TL_FORM_MD5 || form == TL_FORM_SHA256)
		return exact(w, a, form, f, out);
	rc = form == TL_FORM_VPDQ ? alike(w, a, f, out) : near(w, a, f, out);
	return rc < 0 ? rc : resolve(w, a, out);
}

/* Which detector would have said this. */
static struct tl_str
detector_of(int form)
{
	return form == TL_FORM_PDQ    ? TL_S("pdq")
	       : form == TL_FORM_VPDQ ? TL_S("video")
				      : TL_S("digest");
}

/* Leaves out what an allow-list sets aside, by all that is known of the file; *ret_n says how many. */
static int
set_aside(struct worker *w, struct tl_arena *a, const struct facts *f, struct hits *all,
    size_t *ret_n)
{
	struct tl_media media = medium(f);
	struct tl_detect_input in = {
	    .media = &media, .media_count = 1, .db = w->db, .allows = true};
	w->found->n = 0;
	*ret_n = 0;
	int rc = tl_detect_run(w->detect, w->banks, &in, a, w->found);
	for (int form = 0; form < tl_entry_form_count && rc == 0; form++) {
		struct hits *h = &all[form];
		size_t kept = 0;
		for (size_t i = 0; i < h->n; i++)
			if (!tl_detect_allowed(
				w->found, 0, &media.id, detector_of(form), h->v[i].score))
				h->v[kept++] = h->v[i];
		*ret_n += h->n - kept;
		h->n = kept;
	}
	return rc;
}

/* All forms that are asked for. */
static int
find(struct worker *w, struct tl_arena *a, const struct facts *f, struct hits *all,
    size_t *ret_allowed)
{
	int rc = 0;
	size_t any = 0;
	for (int form = 0; form < tl_entry_form_count && rc == 0; form++) {
		if (!f->has[form] || !asks_for(f->q, (enum tl_entry_form)form))
			continue;
		rc = find_form(w, a, f, (enum tl_entry_form)form, &all[form]);
		any += all[form].n;
	}
	return rc < 0 || !any ? rc : set_aside(w, a, f, all, ret_allowed);
}

/* Writing ------------------------------------------------------------------------------------------------------- */

static int
by_bank(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c = tl_str_cmp(x->is.bank, y->is.bank);
	if (c == 0)
		c = (x->score < y->score) - (x->score > y->score);
	return c ? c : (x->is.content > y->is.content) - (x->is.content < y->is.content);
}

static int
by_rank(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c = (x->rank > y->rank) - (x->rank < y->rank);
	return c ? c : (x->score < y->score) - (x->score > y->score);
}

/* Ordered by bank, then nearness; at most `most` are left, of each bank its nearest. */
static void
order(struct hits *h, size_t most)
{
	if (h->n)
		qsort(h->v, h->n, sizeof *h->v, by_bank);
	for (size_t i = 0; i < h->n; i++) {
		bool same = i > 0 && tl_str_eq(h->v[i].is.bank, h->v[i - 1].is.bank);
		h->v[i].rank = same ? h->v[i - 1].rank + 1 : 0;
	}
	if (h->n <= most)
		return;
	qsort(h->v, h->n, sizeof *h->v, by_rank);
	h->n = most;
	h->cut = true;
	if (h->n)
		qsort(h->v, h->n, sizeof *h->v, by_bank);
}

static void
write_hits(struct tl_buf *out, const char *key, const struct hits *hits, bool from)
{
	tl_js_open(out, key, '[');
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *x = &hits->v[i];
		const struct tl_hma_hit *h = &x->is;
		bool again = i > 0 && x[-1].is.content == h->content &&
			     tl_str_eq(x[-1].is.bank, h->bank);
		if (again)
			continue;
		tl_js_open(out, NULL, '{');
		tl_js_str(out, "bank", h->bank);
		tl_js_int(out, "id", h->content);
		tl_js_int(out, "distance", x->distance);
		if (x->percent)
			tl_js_int(out, "percent", x->percent);
		tl_js_num(out, "ratio", h->ratio);
		if (h->review_only)
			tl_js_bool(out, "review_only", true);
		if (from)
			tl_js_raw0(out, "provenance", h->provenance);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
}

/* What fits; what does not gives up its provenance first. */
static void
write_form(struct tl_buf *out, const char *key, struct hits *hits, bool from)
{
	size_t before = out->n;
	order(hits, HITS_MAX);
	write_hits(out, key, hits, from);
	while (hits->n > 0 && out->n > ANSWER_MAX) {
		out->n = before;
		if (!from)
			order(hits, hits->n / 2);
		from = false;
		write_hits(out, key, hits, from);
	}
}

static void
write_found(struct tl_buf *out, const struct facts *f, struct hits *all, size_t allowed)
{
	bool from = json_is_true(json_object_get(f->q, "provenance"));
	tl_js_open(out, "hits", '{');
	for (int form = 0; form < tl_entry_form_count; form++)
		if (all[form].n)
			write_form(out, tl_entry_form_names[form], &all[form], from);
	tl_js_close(out, '}');
	tl_js_open(out, "cut", '[');
	for (int form = 0; form < tl_entry_form_count; form++)
		if (all[form].cut)
			tl_js_z(out, NULL, tl_entry_form_names[form]);
	tl_js_close(out, ']');
	tl_js_int(out, "allowed", (int64_t)allowed);
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

static int
answer(struct worker *w, uint32_t serial, struct tl_arena *a, struct facts *f)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	struct hits all[tl_entry_form_count] = {0};
	size_t allowed = 0;
	int rc = read_banks(f, a);
	if (rc == 0 && json_is_true(json_object_get(f->q, "find")))
		rc = find(w, a, f, all, &allowed);
	if (rc < 0)
		return rc;
	tl_js_open(&out, NULL, '{');
	write_hashes(&out, f);
	write_found(&out, f, all, allowed);
	tl_js_close(&out, '}');
	ask_reply(w, serial, tl_buf_str(&out));
	return 0;
}

/* Reading ------------------------------------------------------------------------------------------------------- */

static int
read_value(struct facts *f, int form, struct tl_str text, struct tl_arena *a)
{
	if (form == TL_FORM_VPDQ)
		return tl_bank_value_parse(TL_FORM_VPDQ, text, a, &f->frames);
	return tl_unhex(f->value[form], value_bytes((enum tl_entry_form)form), text);
}

/* The picture is not here: its turned hashes come from its hash. */
static int
turn_hash(struct facts *f, struct tl_arena *a)
{
	struct tl_pdq *turn = TL_NEWS(a, struct tl_pdq, TL_PDQ_TURNS);
	if (!turn)
		return tl_arena_check(a);
	memcpy(turn[TL_PDQ_ORIGINAL].b, f->value[TL_FORM_PDQ], sizeof turn->b);
	tl_again_turn(turn, turn);
	f->turned = tl_bytes(turn[1].b, sizeof *turn * (TL_PDQ_TURNS - 1));
	return 0;
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
	return f->has[TL_FORM_PDQ] ? turn_hash(f, a) : 0;
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
	struct facts f = {.q = match_json(m),
	    .quality = -1,
	    .frames = match_frames(m),
	    .words = match_words(m),
	    .bent = match_bent(m)};
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
		f.turned = tl_bytes(
		    (const uint8_t *)&pic->pdq[1], sizeof pic->pdq - sizeof pic->pdq[0]);
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
