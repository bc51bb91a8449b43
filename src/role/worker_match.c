/*
 * Matching without storing: texts, hashes, media that were uploaded, one picture in a memory file.
 *
 * Promises: nothing is kept; the answer lists what every detector says, failures too. A picture waits for a decoder
 * like any other, at most until the question's deadline. Failure: INPUT naming the field. Called for questions.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "base/json.h"
#include "hash/sound.h"
#include "role/worker_film_int.h"
#include "store/banks.h"
#include "store/media.h"
#include "sys/clock.h"
#include "sys/crypto.h"
#include "sys/fd.h"

#include <endian.h>
#include <stdio.h>

#define MATCH_ARENA ((size_t)16 << 20)
#define HASHES_MAX 64
#define WAITING_MAX 64
#define BANKS_MAX 64

struct match {
	struct match *next;
	uint32_t serial;
	int64_t platform;
	int64_t until_us;       /* monotonic */
	struct tl_arena *arena; /* holds this too */
	json_t *json;
	match_then then;                   /* NULL: match_run */
	struct tl_str frames, words, bent; /* of a video, while `then` runs */
	struct tl_str bytes;               /* mapped; empty when there is no picture */
	struct tl_field fields[TL_ITEM_FIELDS_MAX];
	size_t field_count;
	struct tl_media media[HASHES_MAX + TL_ITEM_MEDIA_MAX + 1];
	size_t media_count;
	struct tl_str only[BANKS_MAX];
	size_t only_count;
	bool has_distance, turned;
	int distance;
};

static int
match_text(struct match *m, json_t *text)
{
	const char *name;
	json_t *v;
	json_object_foreach(text, name, v)
	{
		if (m->field_count == TL_ITEM_FIELDS_MAX)
			return tl_fail_at(
			    TL_EFIELD, "/text", "at most %d fields", TL_ITEM_FIELDS_MAX);
		if (!json_is_string(v))
			return tl_fail_at(TL_EFIELD, "/text", "fields are strings");
		m->fields[m->field_count++] = (struct tl_field){tl_str(name), tl_json_str(v)};
	}
	return 0;
}

/* A hash that is asked for and the picture itself have no id: their place in the question, then zeros. */
static void
name_hash(struct tl_media *d, size_t i)
{
	d->id.b[0] = (uint8_t)i;
}

static bool
is_hash(const struct tl_media_id *id)
{
	for (size_t i = 1; i < sizeof id->b; i++) {
		if (id->b[i])
			return false;
	}
	return true;
}

/* The frames of a video or the fingerprint of a sound, as a scan would have kept them. */
static int
match_list(struct match *m, enum tl_entry_form form, struct tl_str text, struct tl_media *d)
{
	struct tl_str packed;
	d->has_pdq = false;
	d->film = TL_S("{}");
	int rc = tl_bank_value_parse(form, text, m->arena, &packed);
	if (rc == 0)
		rc = tl_bank_value_check(form, packed);
	if (rc < 0)
		return rc;
	if (form == TL_FORM_VPDQ) {
		d->frames = packed;
		return 0;
	}
	struct tl_sound TL_CLEANUP(tl_sound_fini) sound = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf words = {0};
	rc = tl_sound_unpack(packed, &sound);
	for (size_t i = 0; i < sound.n && rc == 0; i++) {
		uint32_t big = htobe32(sound.w[i]);
		tl_buf_put(&words, &big, sizeof big);
	}
	d->words = tl_arena_dup(m->arena, tl_buf_str(&words));
	return rc < 0 ? rc : tl_arena_check(m->arena);
}

static int
match_hash(struct match *m, size_t i, json_t *h)
{
	char at[48];
	int form = 0;
	struct tl_str value = tl_json_str(json_object_get(h, "value"));
	(void)snprintf(at, sizeof at, "/hashes/%zu/value", i);
	if (tl_word_parse(tl_entry_form_names, tl_json_str(json_object_get(h, "kind")), &form) <
	    0)
		return tl_fail_at(TL_EFIELD, at, "there is no such kind of hash");
	struct tl_media *d = &m->media[m->media_count++];
	/* Quality 0: a digest alone has no perceptual hash that could match, and that is no failure. */
	*d = (struct tl_media){.state = TL_MEDIA_DECODED, .has_pdq = true};
	name_hash(d, i);
	int rc = TL_EFIELD;
	if (form == TL_FORM_PDQ) {
		d->pdq_quality = 100;
		rc = tl_unhex(d->pdq, sizeof d->pdq, value);
	} else if (form == TL_FORM_SHA256) {
		rc = tl_unhex(d->sha256, sizeof d->sha256, value);
	} else if (form == TL_FORM_MD5) {
		rc = tl_unhex(d->md5, sizeof d->md5, value);
	} else if (form == TL_FORM_VPDQ || form == TL_FORM_CHROMAPRINT) {
		rc = match_list(m, (enum tl_entry_form)form, value, d);
		if (rc < 0 && tl_err_kind(rc) == TL_INPUT)
			return tl_fail_at(TL_EFIELD, at, "%s", tl_err_text());
		return rc;
	}
	return rc < 0
		   ? tl_fail_at(TL_EFIELD, at, "is not a %s in hex", tl_entry_form_names[form])
		   : 0;
}

static int
match_media(struct worker *w, struct match *m, size_t i, const json_t *hex)
{
	char at[48];
	struct tl_media_id id;
	(void)snprintf(at, sizeof at, "/media/%zu", i);
	if (tl_unhex(id.b, sizeof id.b, tl_json_str(hex)) < 0)
		return tl_fail_at(TL_EFIELD, at, "a media id has 64 hex digits");
	int rc = tl_media_get(w->db, m->platform, &id, m->arena, &m->media[m->media_count]);
	if (rc == TL_ENOTFOUND)
		return tl_fail_at(TL_EFIELD, at, "this media was never uploaded");
	if (rc == 0) /* of a video or sound: what its detectors compare */
		rc = tl_media_hashes(w->db, m->platform, &m->media[m->media_count], m->arena);
	if (rc == 0)
		m->media_count++;
	return rc;
}

/* A misspelt name would match nothing, and nobody would know. */
static int
match_banks(struct worker *w, struct match *m, json_t *banks)
{
	for (size_t i = 0; i < json_array_size(banks) && i < BANKS_MAX; i++) {
		char at[40];
		struct tl_id id;
		struct tl_str name = tl_json_str(json_array_get(banks, i));
		(void)snprintf(at, sizeof at, "/banks/%zu", i);
		int rc = tl_bank_find(w->db, name, &id);
		if (rc == TL_ENOTFOUND)
			return tl_fail_at(TL_EFIELD, at, "there is no bank of this name");
		if (rc < 0)
			return rc;
		m->only[m->only_count++] = name;
	}
	return 0;
}

/* What narrows or widens the question. */
static int
match_options(struct worker *w, struct match *m)
{
	const json_t *distance = json_object_get(m->json, "distance");
	m->has_distance = json_is_integer(distance);
	m->distance = m->has_distance ? (int)json_integer_value(distance) : 0;
	if (m->distance < 0 || m->distance > TL_BANK_DISTANCE_MAX)
		return tl_fail_at(
		    TL_EFIELD, "/distance", "a distance is 0 to %d", TL_BANK_DISTANCE_MAX);
	m->turned = json_is_true(json_object_get(m->json, "turned"));
	return match_banks(w, m, json_object_get(m->json, "banks"));
}

/* A hash alone cannot be turned: saying nothing would look like no match. */
static int
check_turned(const struct match *m)
{
	for (size_t i = 0; i < m->media_count && m->turned; i++) {
		const struct tl_media *d = &m->media[i];
		if (d->has_pdq && d->pdq_quality >= TL_PDQ_QUALITY_MIN && !d->turned.n)
			return tl_fail_at(TL_EFIELD, "/turned",
			    "a hash alone cannot be turned; send the bytes of the picture");
	}
	return 0;
}

static int
match_read(struct worker *w, struct match *m)
{
	json_t *hashes = json_object_get(m->json, "hashes");
	json_t *media = json_object_get(m->json, "media");
	if (json_array_size(hashes) > HASHES_MAX || json_array_size(media) > TL_ITEM_MEDIA_MAX)
		return tl_fail(TL_EFIELD, "too many hashes or media");
	int rc = match_options(w, m);
	if (rc == 0)
		rc = match_text(m, json_object_get(m->json, "text"));
	for (size_t i = 0; i < json_array_size(hashes) && rc == 0; i++)
		rc = match_hash(m, i, json_array_get(hashes, i));
	for (size_t i = 0; i < json_array_size(media) && rc == 0; i++)
		rc = match_media(w, m, i, json_array_get(media, i));
	return rc < 0 ? rc : check_turned(m);
}

static void
signal_json(struct tl_buf *out, const struct tl_signal *g)
{
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "detector", g->detector);
	tl_js_str(out, "version", g->version);
	tl_js_z(out, "status", g->failed ? "failed" : "ok");
	tl_js_str(out, "label", g->label);
	tl_js_num(out, "score", g->score);
	tl_js_str0(out, "policy", g->policy);
	tl_js_int0(out, "distance", g->distance >= 0, g->distance);
	bool stored = g->has_media && !is_hash(&g->media);
	tl_js_hex(out, "media", tl_bytes(g->media.b, stored ? sizeof g->media.b : 0));
	if (g->has_media && !stored && g->media.b[0] < HASHES_MAX)
		tl_js_int(out, "hash", g->media.b[0]);
	tl_js_str0(out, "field", g->field);
	tl_js_int0(out, "from", g->field.n > 0, g->span_from);
	tl_js_int0(out, "to", g->field.n > 0, g->span_to);
	tl_signal_known_json(out, g);
	if (g->key)
		tl_js_int(out, "number", g->key);
	tl_js_close(out, '}');
}

static int
match_run(struct worker *w, struct match *m)
{
	struct tl_detect_input in = {.fields = m->fields,
	    .field_count = m->field_count,
	    .media = m->media,
	    .media_count = m->media_count,
	    .db = w->db,
	    .platform = m->platform,
	    .only = m->only_count ? m->only : NULL,
	    .only_count = m->only_count,
	    .distance = m->has_distance ? &m->distance : NULL,
	    .turned = m->turned};
	if (!tl_bank_loader_whole(w->loader))
		return tl_fail(TL_EAGAIN, "the index of known hashes is being built");
	w->found->n = 0;
	w->found->cut = false;
	int rc = tl_detect_run(w->detect, w->banks, &in, m->arena, w->found);
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	tl_js_open(&json, NULL, '{');
	tl_js_open(&json, "matches", '[');
	for (size_t i = 0; i < w->found->n; i++)
		signal_json(&json, &w->found->s[i]);
	tl_js_close(&json, ']');
	tl_js_close(&json, '}');
	ask_reply(w, m->serial, tl_buf_str(&json));
	return 0;
}

void
match_destroy(struct match *m)
{
	struct tl_arena *arena = m->arena;
	json_decref(m->json);
	tl_memfd_unmap(m->bytes);
	tl_arena_destroy(arena);
}

struct tl_str
match_bytes(const struct match *m)
{
	return m->bytes;
}

struct match *
match_next(const struct match *m)
{
	return m->next;
}

static void
end(struct worker *w, struct match *m, int rc)
{
	if (rc < 0 && tl_mono_us() < m->until_us)
		ask_refuse(w, m->serial, rc);
	match_destroy(m);
}

void
match_decoded(struct worker *w, struct match *m, const struct tl_picture *pic,
    enum tl_decode_reason reason)
{
	if (tl_mono_us() >= m->until_us) {
		match_destroy(m);
		return;
	}
	if (m->then) {
		m->then(w, m, pic, reason);
		match_destroy(m);
		return;
	}
	if (!pic) {
		end(w, m, tl_decode_err(reason));
		return;
	}
	struct tl_media *d = &m->media[m->media_count++];
	struct tl_digest *digest = tl_digest_create();
	bool whole = pic->moving.partly == TL_DECODE_OK;
	*d = (struct tl_media){.state = whole ? TL_MEDIA_DECODED : TL_MEDIA_UNSCANNABLE,
	    .reason = tl_str(whole ? "" : tl_decode_reason_word(pic->moving.partly)),
	    .has_pdq = true,
	    .pdq_quality = pic->quality};
	if (pic->moving.frames.n) {
		TL_CLEANUP(tl_buf_fini) struct tl_buf frames = {0};
		tl_video_pack(&frames, &pic->moving.frames);
		d->film = TL_S("{}");
		d->frames = tl_arena_dup(m->arena, tl_buf_str(&frames));
	}
	name_hash(d, HASHES_MAX);
	memcpy(d->pdq, pic->pdq[TL_PDQ_ORIGINAL].b, sizeof d->pdq);
	d->turned =
	    tl_bytes((const uint8_t *)&pic->pdq[1], sizeof pic->pdq - sizeof pic->pdq[0]);
	tl_digest_add(digest, m->bytes);
	tl_digest_end(digest, d->sha256, d->md5);
	end(w, m, match_run(w, m));
}

void
match_film_decoded(struct worker *w, struct match *m, const struct film_job *j)
{
	if (tl_mono_us() >= m->until_us) {
		match_destroy(m);
		return;
	}
	if (m->then) {
		m->frames = tl_buf_str(&j->frames);
		m->words = tl_buf_str(&j->words);
		m->bent = tl_buf_str(&j->bent);
		m->then(w, m, NULL, j->missing ? TL_DECODE_CRASHED : j->reason);
		match_destroy(m);
		return;
	}
	if (j->missing || j->reason != TL_DECODE_OK) {
		end(w, m, tl_decode_err(j->missing ? TL_DECODE_CRASHED : j->reason));
		return;
	}
	struct tl_media *d = &m->media[m->media_count++];
	struct tl_digest *digest = tl_digest_create();
	bool whole = j->partly == TL_DECODE_OK;
	*d = (struct tl_media){.state = whole ? TL_MEDIA_DECODED : TL_MEDIA_UNSCANNABLE,
	    .reason = tl_str(whole ? "" : tl_decode_reason_word(j->partly)),
	    .duration_ms = j->duration_ms,
	    .film = tl_arena_dup(m->arena, tl_buf_str(&j->film)),
	    .frames = tl_arena_dup(m->arena, tl_buf_str(&j->frames)),
	    .words = tl_arena_dup(m->arena, tl_buf_str(&j->words)),
	    .bent = tl_arena_dup(m->arena, tl_buf_str(&j->bent))};
	name_hash(d, HASHES_MAX);
	tl_digest_add(digest, m->bytes);
	tl_digest_end(digest, d->sha256, d->md5);
	int rc = tl_arena_check(m->arena);
	end(w, m, rc < 0 ? rc : match_run(w, m));
}

/* Behind the others that wait. */
static int
enqueue(struct worker *w, struct match *m)
{
	size_t n = 0;
	struct match **at = &w->matches;
	for (; *at; at = &(*at)->next)
		n++;
	if (n >= WAITING_MAX)
		return tl_fail(TL_ERATE, "too many pictures wait for a decoder");
	*at = m;
	return 0;
}

static struct match *
match_new(const struct tl_ask *q)
{
	struct tl_arena *arena = tl_arena_create(MATCH_ARENA);
	struct match *m = TL_NEW(arena, struct match);
	if (!m)
		abort(); /* smaller than the arena */
	m->arena = arena;
	m->serial = q->serial;
	m->platform = q->platform;
	m->until_us = tl_mono_us() + (int64_t)q->within_ms * TL_US_MS;
	return m;
}

int
match_wait(struct worker *w, const struct tl_ask *q, int fd, match_then then)
{
	TL_CLEANUP(tl_fd_close) int picture = fd;
	struct match *m = match_new(q);
	m->then = then;
	int rc = tl_json_parse(q->json, &m->json);
	if (rc == 0)
		rc = tl_memfd_whole(picture, (size_t)w->config->media_max_bytes, &m->bytes);
	if (rc == 0)
		rc = enqueue(w, m);
	if (rc < 0)
		match_destroy(m);
	return rc;
}

json_t *
match_json(const struct match *m)
{
	return m->json;
}

struct tl_arena *
match_arena(const struct match *m)
{
	return m->arena;
}

struct tl_str
match_frames(const struct match *m)
{
	return m->frames;
}

struct tl_str
match_words(const struct match *m)
{
	return m->words;
}

struct tl_str
match_bent(const struct match *m)
{
	return m->bent;
}

uint32_t
match_serial(const struct match *m)
{
	return m->serial;
}

void
match_begin(struct worker *w, const struct tl_ask *q, int fd)
{
	TL_CLEANUP(tl_fd_close) int picture = fd;
	struct match *m = match_new(q);
	int rc = q->json.n ? tl_json_parse(q->json, &m->json) : 0;
	if (rc == 0)
		rc = match_read(w, m);
	if (rc == 0 && picture >= 0)
		rc = tl_memfd_whole(picture, (size_t)w->config->media_max_bytes, &m->bytes);
	if (rc == 0 && m->bytes.n) {
		rc = enqueue(w, m);
		if (rc == 0)
			return;
	} else if (rc == 0) {
		rc = match_run(w, m);
	}
	end(w, m, rc);
}
