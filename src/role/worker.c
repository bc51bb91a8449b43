/*
 * The worker: leases scan jobs, runs detectors and rules over each item, stores verdicts with what follows from
 * them, and answers the server's questions in between.
 *
 * Promises: a leased item is stored, delayed or given up with a case before its lease ends, or another worker
 * takes it; a question never waits behind more than one item; on SIGTERM what is under way is finished. Failure:
 * without a store it ends and is restarted; without rules items wait and an alarm is open.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "store/alarms.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <poll.h>

#define POLL_US TL_US_S  /* how long to wait for work without a wake-up */
#define LOOK_ASKS_US 500 /* how long to scan without a look at the questions */
#define ELSEWHERE_MS 3   /* how often to look for what another worker does */
#define STOP_US (10 * TL_US_S)

/* Bank loader events, on its thread: only what is safe from there. */
static void
on_loaded(void *ctx, int64_t version, size_t entries, int64_t took_us)
{
	(void)ctx;
	tl_log(EV_BANK_LOADED, TL_LINT("version", version), TL_LINT("entries", entries),
	    TL_LINT("took_ms", took_us / TL_US_MS));
}

static void
on_refused(void *ctx, struct tl_id bank, struct tl_id entry, const char *why)
{
	(void)ctx;
	(void)why; /* may hold the pattern */
	tl_log(EV_BANK_ENTRY_REFUSED, TL_LID("bank", bank), TL_LID("entry", entry));
}

static void
on_damaged(void *ctx, enum tl_entry_form form, const char *why)
{
	(void)ctx;
	tl_log(EV_INDEX_DAMAGED, TL_LWORD("form", tl_entry_form_names[form]),
	    TL_LWORD("text", why));
}

static void
on_bank_failure(void *ctx, int err, const char *text)
{
	(void)ctx;
	tl_log(EV_STORE_ERROR, TL_LWORD("where", "bank loader"),
	    TL_LWORD("error", tl_err_name(err)), TL_LWORD("text", text));
}

/* One leased item: read, then judged or handed to the decoders. */
static void
scan_one(struct worker *w, struct scan *s)
{
	int rc = 0;
	if (s->leased && s->job.tries > w->config->scan_tries) {
		/* Its worker died each time: do not touch it again. */
		s->why = TL_S("every try to scan it ended without a result");
		s->end = SCAN_BURY;
		scan_give_up(w, s);
		scan_push(&w->ready, s);
		return;
	}
	if (!s->loaded)
		rc = scan_load(w, s);
	if (rc == 0 && media_needed(s)) {
		if (s->asks)
			scan_push_asked(&w->media, s);
		else
			scan_push(&w->media, s);
		return;
	}
	if (rc < 0)
		scan_failed(w, s, rc, "load");
	else
		scan_judge(w, s);
	scan_push(&w->ready, s);
}

/* Scans until all is done, a question has come or the batch is full. */
static void
scan_some(struct worker *w)
{
	int64_t look_us = tl_mono_us() + LOOK_ASKS_US;
	while (w->todo.n && w->ready.n < BATCH_MAX) {
		if (w->todo.head->job.tries > 1 && w->ready.n)
			return; /* it may be the death of us: store the others first */
		bool asked = w->todo.head->asks != NULL;
		scan_one(w, scan_pop(&w->todo));
		if (asked && !(w->todo.n && w->todo.head->asks))
			return; /* answer first */
		int64_t now = tl_mono_us();
		if (now < look_us)
			continue;
		look_us = now + LOOK_ASKS_US;
		asks_take(w);
	}
}

bool
can_judge(const struct worker *w)
{
	return w->set && law_policies(w->law) && tl_bank_loader_whole(w->loader);
}

static size_t
room(const struct worker *w)
{
	size_t under_way = w->todo.n + w->media.n + w->ready.n;
	size_t left = under_way < SCANS_MAX - ASKS_MAX ? SCANS_MAX - ASKS_MAX - under_way : 0;
	return left < w->batch ? left : w->batch;
}

static void
wait_for_work(struct worker *w)
{
	int64_t now = tl_mono_us(), left = w->next_look_us - now;
	if (contacts_next_us(w->contacts) - now < left)
		left = contacts_next_us(w->contacts) - now;
	bool busy = w->todo.n || w->ready.n || (w->more && room(w) > 0);
	if (now < w->store_again_us) {
		busy = false;
		left = w->store_again_us - now;
	}
	struct pollfd p[6] = {{.fd = w->stop.fd, .events = POLLIN},
	    {.fd = w->wires->wake, .events = POLLIN},
	    {.fd = w->wires->request_count ? w->wires->request[0] : -1, .events = POLLIN},
	    {.fd = media_fd(w->pool), .events = POLLIN},
	    {.fd = media_preview_fd(w->pool), .events = POLLIN},
	    {.fd = media_film_fd(w->pool), .events = POLLIN}};
	int timeout_ms = busy || left <= 0 ? 0 : (int)(left / TL_US_MS) + 1;
	if (w->elsewhere.n && timeout_ms > ELSEWHERE_MS)
		timeout_ms = ELSEWHERE_MS;
	if (poll(p, TL_COUNT(p), timeout_ms) <= 0)
		return;
	if (p[0].revents)
		tl_stop_read(&w->stop);
	if (p[1].revents && tl_wake_drain(w->wires)) {
		w->next_look_us = 0;
		tl_bank_loader_poke(w->loader);
	}
}

static void
round_begin(struct worker *w)
{
	law_poll(w);
	w->bank_mark = tl_bank_loader_level(w->loader);
	w->banks = tl_bank_loader_take(w->loader);
	w->set = law_rules(w->law);
}

static void
round_end(struct worker *w)
{
	tl_banks_unref(w->banks);
	tl_rules_unref(w->set);
	w->banks = NULL;
	w->set = NULL;
}

static bool
leases_end(const struct worker *w)
{
	int64_t now = tl_mono_us();
	for (const struct scan *s = w->media.head; s; s = s->next) {
		if (s->leased && now >= s->renew_us)
			return true;
	}
	return false;
}

/* Leases when there is nothing left to scan and the queue may hold something; `last`: only finishes. */
static void
work_round(struct worker *w, bool last)
{
	round_begin(w);
	asks_take(w);
	media_pump(w);
	int64_t now = tl_mono_us();
	bool pause = now < w->store_again_us;
	bool due = w->more || now >= w->next_look_us;
	bool look = !last && !pause && due && w->todo.n == 0 && can_judge(w);
	size_t want = look ? room(w) : 0;
	if (look)
		w->next_look_us = now + POLL_US;
	if (!pause && (w->ready.n || want || leases_end(w)))
		commit_round(w, want);
	scan_some(w);
	if (!last && !pause)
		contacts_round(w);
	media_pump(w);
	if (!last && !pause)
		moments_pump(w);
	if (w->elsewhere.n)
		asks_elsewhere(w);
	round_end(w);
}

/* What no decoder has begun is given back. */
static void
give_back(struct worker *w)
{
	for (struct scan *s = w->media.head, *next; s; s = next) {
		next = s->next;
		if (s->media_pending || !s->leased)
			continue;
		scan_remove(&w->media, s);
		s->end = SCAN_BACK;
		scan_push(&w->ready, s);
	}
}

static void
loop(struct worker *w)
{
	while (!w->stop.stop) {
		beat_now(&w->beat, w->db);
		wait_for_work(w);
		work_round(w, false);
	}
	media_stop(w);
	beat_stop(&w->beat, w->db);
	int64_t until = tl_mono_us() + STOP_US;
	while ((w->todo.n || w->media.n || w->ready.n) && tl_mono_us() < until) {
		if ((!w->todo.n && !w->ready.n) || tl_mono_us() < w->store_again_us)
			wait_for_work(w);
		give_back(w);
		work_round(w, true);
	}
}

static int
start(struct worker *w)
{
	int rc = tl_stop_open(&w->stop);
	if (rc == 0)
		rc = tl_store_open(w->config->data_dir, &w->store);
	if (rc == 0)
		rc = tl_db_open(w->store, &w->db);
	struct tl_bank_events ev = {.loaded = on_loaded,
	    .refused = on_refused,
	    .damaged = on_damaged,
	    .failed = on_bank_failure};
	if (rc == 0)
		rc = tl_bank_loader_start(w->store, &ev, &w->loader);
	if (rc == 0)
		rc = media_create(w->store, w->config, &w->pool);
	if (rc < 0)
		return rc;
	w->lease = tl_id_new();
	w->detect = tl_detect_create();
	w->found = calloc(1, sizeof *w->found);
	if (!w->found)
		abort();
	w->law = law_create(w);
	w->contacts = contacts_create();
	w->batch = BATCH_MIN * 4;
	asks_init(w);
	return 0;
}

static void
free_scans(struct scan_list *l)
{
	for (struct scan *s; (s = scan_pop(l));) {
		tl_rules_unref(s->rules);
		tl_arena_destroy(s->arena);
		free(s);
	}
}

static void
finish(struct worker *w)
{
	media_destroy(w->pool);
	for (struct match *m = w->matches, *next; m; m = next) {
		next = match_next(m);
		match_destroy(m);
	}
	free_scans(&w->todo);
	free_scans(&w->media);
	free_scans(&w->ready);
	free_scans(&w->elsewhere);
	free_scans(&w->idle);
	law_destroy(w->law);
	contacts_destroy(w->contacts);
	tl_bank_loader_stop(w->loader);
	tl_detect_destroy(w->detect);
	free(w->found);
	tl_db_close(w->db);
	tl_store_close(w->store);
	tl_stop_close(&w->stop);
}

int
tl_role_worker(const struct tl_role_args *a)
{
	struct worker *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->config = a->config;
	w->wires = a->wires;
	w->stop.fd = -1;
	beat_init(&w->beat, "worker", a->index);
	int rc = start(w);
	if (rc == 0) {
		tl_log(EV_START, TL_LWORD("role", "worker"), TL_LINT("index", a->index));
		loop(w);
		tl_log(EV_STOP, TL_LWORD("role", "worker"));
	}
	finish(w);
	free(w);
	return rc;
}
