/*
 * Questions of the server: scan this now, match this now.
 *
 * Promises: at most ASKS_MAX wait at one time; no answer is sent after its deadline; an answer to a scan is sent
 * after its commit. A malformed question is dropped. Called by the main loop between items.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "base/json.h"
#include "store/banks.h"
#include "store/media.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <math.h>
#include <unistd.h>

#define MATCH_ARENA ((size_t)16 << 20)
#define HASHES_MAX 64

void
asks_init(struct worker *w)
{
	for (size_t i = 0; i < ASKS_MAX; i++) {
		w->ask_room[i].next = w->idle_asks;
		w->idle_asks = &w->ask_room[i];
	}
}

static void
send_answer(struct worker *w, const struct tl_ask_answer *a)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	tl_ask_answer_write(&out, a);
	/* The server reads all the time; when it does not, it has given up on us and the answer is of no use. */
	int rc = tl_sock_send(
	    w->wires->request[0], tl_buf_str(&out), -1, tl_mono_us() + 50 * TL_US_MS);
	(void)rc;
}

static void
send_error(struct worker *w, uint32_t serial, int err)
{
	struct tl_ask_answer a = {.serial = serial,
	    .err = err,
	    .text = tl_str(tl_err_text()),
	    .field = tl_str(tl_err_field())};
	send_answer(w, &a);
}

static void
scan_json(struct tl_buf *out, const struct scan *s)
{
	enum tl_item_state state = s->full.item.state;
	if (s->end == SCAN_VERDICT || s->end == SCAN_BURY)
		state = s->unscannable.n ? TL_ITEM_UNSCANNABLE : TL_ITEM_SCANNED;
	tl_js_open(out, NULL, '{');
	tl_js_z(out, "state", tl_item_state_names[state]);
	tl_js_z(out, "verdict", tl_verdict_word_names[s->verdict.word]);
	tl_rules_reasons_json(out, "reasons", &s->verdict);
	tl_js_close(out, '}');
}

void
asks_answer(struct worker *w, struct scan *s, int err)
{
	if (!s->asks)
		return;
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	bool judged = s->end == SCAN_VERDICT || s->end == SCAN_BURY;
	if (err == 0 && !judged)
		err = tl_fail(
		    s->end == SCAN_GONE ? TL_EGONE : TL_EAGAIN, "the item has no verdict yet");
	if (err == 0)
		scan_json(&json, s);
	int64_t now = tl_mono_us();
	for (struct ask_wait *a = s->asks, *next; a; a = next) {
		next = a->next;
		struct tl_ask_answer answer = {.serial = a->serial, .json = tl_buf_str(&json)};
		if (a->until_us > now && err == 0)
			send_answer(w, &answer);
		else if (a->until_us > now)
			send_error(w, a->serial, err);
		a->next = w->idle_asks;
		w->idle_asks = a;
		w->ask_count--;
	}
	s->asks = NULL;
}

/* Scan ------------------------------------------------------------------------------------------------------ */

static int
wait_for(struct worker *w, struct scan *s, const struct tl_ask *q)
{
	struct ask_wait *a = w->idle_asks;
	if (!a)
		return tl_fail(TL_ERATE, "too many questions wait");
	w->idle_asks = a->next;
	w->ask_count++;
	*a = (struct ask_wait){.serial = q->serial,
	    .until_us = tl_mono_us() + (int64_t)q->within_ms * TL_US_MS,
	    .next = s->asks};
	s->asks = a;
	return 0;
}

/* Has its verdict already: answers from the store. */
static int
answer_stored(struct worker *w, const struct scan *s, uint32_t serial)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	tl_js_open(&json, NULL, '{');
	tl_js_z(&json, "state", tl_item_state_names[s->full.item.state]);
	tl_js_z(&json, "verdict",
	    s->full.has_verdict ? tl_verdict_word_names[s->full.verdict] : NULL);
	tl_js_raw(&json, "reasons", s->full.reasons.n ? s->full.reasons : TL_S("[]"));
	tl_js_close(&json, '}');
	send_answer(w, &(struct tl_ask_answer){.serial = serial, .json = tl_buf_str(&json)});
	return 0;
}

static int
ask_scan(struct worker *w, const struct tl_ask *q)
{
	struct scan *s = scan_find(&w->todo, q->platform, q->item);
	if (s) {
		scan_remove(&w->todo, s);
		scan_push_front(&w->todo, s);
		return wait_for(w, s, q);
	}
	s = scan_find(&w->media, q->platform, q->item);
	if (!s)
		s = scan_find(&w->ready, q->platform, q->item);
	if (s)
		return wait_for(w, s, q);
	s = scan_new(w);
	if (!s)
		return tl_fail(TL_ERATE, "too many items under way");
	s->job = (struct tl_job){.platform = q->platform, .item = q->item, .tries = 1};
	int rc = scan_load(w, s);
	if (rc == 0 && s->full.item.state != TL_ITEM_PENDING)
		rc = answer_stored(w, s, q->serial);
	else if (rc == 0)
		rc = wait_for(w, s, q);
	if (rc == 0 && s->asks)
		scan_push_front(&w->todo, s);
	else
		scan_recycle(w, s);
	return rc;
}

/* Match ----------------------------------------------------------------------------------------------------- */

struct match {
	struct tl_arena *arena;
	struct tl_field fields[TL_ITEM_FIELDS_MAX];
	size_t field_count;
	struct tl_media media[HASHES_MAX + TL_ITEM_MEDIA_MAX + 1];
	size_t media_count;
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

static int
match_hash(struct match *m, size_t i, json_t *h)
{
	char at[48];
	(void)snprintf(at, sizeof at, "/hashes/%zu", i);
	static const char *const kinds[] = {"pdq", "sha256", "md5", NULL};
	int kind = 0;
	struct tl_str value = tl_json_str(json_object_get(h, "value"));
	if (tl_word_parse(kinds, tl_json_str(json_object_get(h, "kind")), &kind) < 0)
		return tl_fail_at(TL_EFIELD, at, "kind is pdq, sha256 or md5");
	struct tl_media *d = &m->media[m->media_count++];
	*d = (struct tl_media){.state = TL_MEDIA_DECODED};
	int rc;
	if (kind == 0) {
		d->has_pdq = true;
		d->pdq_quality = 100;
		rc = tl_unhex(d->pdq, sizeof d->pdq, value);
	} else if (kind == 1) {
		rc = tl_unhex(d->sha256, sizeof d->sha256, value);
	} else {
		rc = tl_unhex(d->md5, sizeof d->md5, value);
	}
	return rc < 0 ? tl_fail_at(TL_EFIELD, at, "value is not a %s in hex", kinds[kind]) : 0;
}

static int
match_media(struct worker *w, struct match *m, int64_t platform, size_t i, const json_t *hex)
{
	char at[48];
	struct tl_media_id id;
	(void)snprintf(at, sizeof at, "/media/%zu", i);
	if (tl_unhex(id.b, sizeof id.b, tl_json_str(hex)) < 0)
		return tl_fail_at(TL_EFIELD, at, "a media id has 64 hex digits");
	int rc = tl_media_get(w->db, platform, &id, m->arena, &m->media[m->media_count]);
	if (rc == TL_ENOTFOUND)
		return tl_fail_at(TL_EFIELD, at, "this media was never uploaded");
	if (rc == 0)
		m->media_count++;
	return rc;
}

static int
match_read(struct worker *w, struct match *m, const struct tl_ask *q, json_t *j)
{
	json_t *hashes = json_object_get(j, "hashes"), *media = json_object_get(j, "media");
	if (json_array_size(hashes) > HASHES_MAX || json_array_size(media) > TL_ITEM_MEDIA_MAX)
		return tl_fail(TL_EFIELD, "too many hashes or media");
	int rc = match_text(m, json_object_get(j, "text"));
	for (size_t i = 0; i < json_array_size(hashes) && rc == 0; i++)
		rc = match_hash(m, i, json_array_get(hashes, i));
	for (size_t i = 0; i < json_array_size(media) && rc == 0; i++)
		rc = match_media(w, m, q->platform, i, json_array_get(media, i));
	return rc;
}

static void
str0(struct tl_buf *out, const char *key, struct tl_str s)
{
	if (s.n)
		tl_js_str(out, key, s);
	else
		tl_js_null(out, key);
}

static void
int0(struct tl_buf *out, const char *key, bool there, int64_t v)
{
	if (there)
		tl_js_int(out, key, v);
	else
		tl_js_null(out, key);
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
	str0(out, "policy", g->policy);
	int0(out, "distance", g->distance >= 0, g->distance);
	tl_js_hex(out, "media", tl_bytes(g->media.b, g->has_media ? sizeof g->media.b : 0));
	str0(out, "field", g->field);
	int0(out, "from", g->field.n > 0, g->span_from);
	int0(out, "to", g->field.n > 0, g->span_to);
	tl_js_close(out, '}');
}

static int
match_run(struct worker *w, struct match *m, uint32_t serial)
{
	struct tl_detect_input in = {m->fields, m->field_count, m->media, m->media_count};
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
	send_answer(w, &(struct tl_ask_answer){.serial = serial, .json = tl_buf_str(&json)});
	return 0;
}

static int
ask_match(struct worker *w, const struct tl_ask *q)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(MATCH_ARENA);
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	struct match *m = TL_NEW(arena, struct match);
	if (!m)
		return tl_arena_check(arena);
	m->arena = arena;
	int rc = q->json.n ? tl_json_parse(q->json, &j) : 0;
	if (rc == 0)
		rc = match_read(w, m, q, j);
	return rc < 0 ? rc : match_run(w, m, q->serial);
}

/* ----------------------------------------------------------------------------------------------------------- */

static void
answer_one(struct worker *w, struct tl_str msg, int fd)
{
	struct tl_ask q;
	TL_CLEANUP(tl_fd_close) int bytes = fd;
	if (tl_ask_read(msg, &q) < 0)
		return;
	int rc;
	if (q.kind == TL_ASK_SCAN) {
		w->last_ask_us = tl_mono_us();
		rc = ask_scan(w, &q);
	} else {
		rc = ask_match(w, &q);
	}
	if (rc < 0)
		send_error(w, q.serial, rc);
}

void
asks_take(struct worker *w)
{
	static uint8_t msg[TL_ASK_MAX];
	int sock = w->wires->request_count ? w->wires->request[0] : -1;
	for (int i = 0; sock >= 0 && i < ASKS_MAX; i++) {
		size_t n = 0;
		int fd = -1;
		if (tl_sock_recv(sock, msg, sizeof msg, 0, &n, &fd) < 0 || n == 0)
			return;
		answer_one(w, tl_bytes(msg, n), fd);
	}
}
