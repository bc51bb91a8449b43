/*
 * Questions of the server, and their answers. Scan: the item goes to the front.
 *
 * Promises: at most ASKS_MAX wait at one time; no answer is sent after its deadline; an answer to a scan is sent
 * after its commit. A malformed question is dropped. Called by the main loop between items.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "sys/clock.h"
#include "sys/fd.h"

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

void
ask_refuse(struct worker *w, uint32_t serial, int err)
{
	struct tl_ask_answer a = {.serial = serial,
	    .err = err,
	    .text = tl_str(tl_err_text()),
	    .field = tl_str(tl_err_field())};
	send_answer(w, &a);
}

void
ask_reply(struct worker *w, uint32_t serial, struct tl_str json)
{
	send_answer(w, &(struct tl_ask_answer){.serial = serial, .json = json});
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

static void
free_asks(struct worker *w, struct scan *s)
{
	for (struct ask_wait *a = s->asks, *next; a; a = next) {
		next = a->next;
		a->next = w->idle_asks;
		w->idle_asks = a;
		w->ask_count--;
	}
	s->asks = NULL;
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
		if (a->until_us > now && err == 0)
			ask_reply(w, a->serial, tl_buf_str(&json));
		else if (a->until_us > now)
			ask_refuse(w, a->serial, err);
	}
	free_asks(w, s);
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
static void
answer_stored(struct worker *w, const struct scan *s, uint32_t serial)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	tl_js_open(&json, NULL, '{');
	tl_js_z(&json, "state", tl_item_state_names[s->full.item.state]);
	tl_js_z(&json, "verdict",
	    s->full.has_verdict ? tl_verdict_word_names[s->full.verdict] : NULL);
	tl_js_raw(&json, "reasons", s->full.reasons.n ? s->full.reasons : TL_S("[]"));
	tl_js_close(&json, '}');
	ask_reply(w, serial, tl_buf_str(&json));
}

/* True when nobody waits for it any more: answered, or too late. */
static bool
settled_elsewhere(struct worker *w, struct scan *s)
{
	int64_t now = tl_mono_us(), last = 0;
	for (const struct ask_wait *a = s->asks; a; a = a->next)
		last = a->until_us > last ? a->until_us : last;
	if (now >= last)
		return true;
	tl_arena_reset(s->arena);
	int rc = scan_load(w, s);
	if (rc == 0 && !s->full.has_verdict && s->full.item.state == TL_ITEM_PENDING)
		return false;
	for (const struct ask_wait *a = s->asks; a; a = a->next) {
		if (rc < 0)
			ask_refuse(w, a->serial, rc);
		else
			answer_stored(w, s, a->serial);
	}
	return true;
}

void
asks_elsewhere(struct worker *w)
{
	for (struct scan *s = w->elsewhere.head, *next; s; s = next) {
		next = s->next;
		if (!settled_elsewhere(w, s))
			continue;
		scan_remove(&w->elsewhere, s);
		free_asks(w, s);
		scan_recycle(w, s);
	}
}

static int
ask_scan(struct worker *w, const struct tl_ask *q)
{
	struct scan *s = scan_find(&w->todo, q->platform, q->item);
	if (s) {
		scan_remove(&w->todo, s);
		scan_push_asked(&w->todo, s);
		return wait_for(w, s, q);
	}
	s = scan_find(&w->media, q->platform, q->item);
	if (!s)
		s = scan_find(&w->ready, q->platform, q->item);
	if (!s)
		s = scan_find(&w->elsewhere, q->platform, q->item);
	if (s)
		return wait_for(w, s, q);
	if (!can_judge(w))
		return tl_fail(TL_EAGAIN,
		    "no rules are in force, or the index of known hashes is "
		    "not whole; the item waits");
	s = scan_new(w);
	if (!s)
		return tl_fail(TL_ERATE, "too many items under way");
	s->job = (struct tl_job){.platform = q->platform, .item = q->item, .tries = 1};
	int rc = scan_load(w, s);
	if (rc == 0 && s->full.item.state != TL_ITEM_PENDING)
		answer_stored(w, s, q->serial);
	else if (rc == 0)
		rc = wait_for(w, s, q);
	if (rc == 0 && s->asks)
		scan_push_asked(&w->todo, s);
	else
		scan_recycle(w, s);
	return rc;
}

static void
answer_one(struct worker *w, struct tl_str msg, int fd)
{
	struct tl_ask q;
	if (tl_ask_read(msg, &q) < 0) {
		tl_fd_close(&fd);
		return;
	}
	w->last_ask_us = tl_mono_us();
	if (q.kind == TL_ASK_MATCH) {
		match_begin(w, &q, fd);
		return;
	}
	if (q.kind == TL_ASK_LOOKUP) {
		lookup_begin(w, &q, fd);
		return;
	}
	if (q.kind == TL_ASK_KNOWN) {
		known_begin(w, &q, fd);
		return;
	}
	tl_fd_close(&fd);
	int rc = q.kind == TL_ASK_SCAN ? ask_scan(w, &q) : tl_fail(TL_EBUG, "not for a worker");
	if (rc < 0)
		ask_refuse(w, q.serial, rc);
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
