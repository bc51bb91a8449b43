/*
 * The courier: deliveries go out, and media that the server asks for come in (courier_fetch.c). The only role that speaks
 * to the internet; it parses no media and reads no content beyond the body that it sends.
 *
 * Promises: only numbered rows leave (their decision is sealed, their undo window over), of one subject in order,
 * each with one webhook-id for all its tries; what a killed courier held is sent again once its lease has passed.
 * Failure: a failed try is recorded and repeated; a given-up one opens an alarm. Started by the supervisor.
 */
#include "role/beat.h"
#include "role/courier_alarms.h"
#include "role/courier_fetch.h"
#include "role/role.h"

#include "base/arena.h"
#include "enforce/enforce.h"
#include "enforce/post.h"
#include "store/alarms.h"
#include "sys/clock.h"
#include "sys/killpoint.h"
#include "sys/log.h"
#include "sys/stop.h"

#define POLL_MS 1000
#define LEASE_SPARE (5 * TL_US_S)
#define STOP_US (5 * TL_US_S)
#define NETS_MAX 64
#define PARALLEL_MAX 256
#define HELD_MAX (2 * PARALLEL_MAX)
#define TROUBLED_MAX 64
#define TROUBLED_PARALLEL 2
#define ROWS_ARENA ((size_t)256 << 20)

/* A leased row on its way, or one that waits because its endpoint has enough requests under way. */
struct slot {
	struct tl_post *post;
	bool started, ended;
	bool dropped; /* never tried: its lease lapses */
	CURLcode code;
	int64_t start_by; /* later its lease could lapse under way */
};

struct courier {
	const struct tl_config *config;
	const struct tl_wires *wires;
	struct tl_db *db;
	struct tl_arena *arena;
	CURLM *multi;
	struct tl_guard_net nets[NETS_MAX];
	struct tl_post_options options;
	int64_t give_up_us;
	size_t parallel, per_endpoint;
	struct slot slots[HELD_MAX];
	size_t count;
	struct tl_id
	    troubled[TROUBLED_MAX]; /* endpoints whose last try failed; the oldest goes first */
	size_t troubled_next;
	struct beat beat;
	struct courier_alarms *alarms;
	struct courier_fetches *fetches;
	bool more; /* the last lease was full: look again at once */
};

/* Records ------------------------------------------------------------------------------------------------------ */

static int
endpoint_gone(struct tl_db *db, struct tl_id endpoint)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, endpoint);
	int rc = tl_endpoint_disable(db, endpoint);
	if (rc == TL_ENOTFOUND) /* another answer said so already */
		return 0;
	if (rc < 0)
		return rc;
	return tl_alarm_open(db, TL_AL_ENDPOINT_GONE, tl_str(id), TL_SAID_NOTHING, NULL);
}

static void
log_failure(const struct tl_outbox_row *row)
{
	if (row->state == TL_OUTBOX_DEAD)
		tl_log(EV_DELIVERY_DEAD, TL_LID("delivery", row->id));
	else
		tl_log(EV_DELIVERY_FAILED, TL_LID("delivery", row->id),
		    TL_LINT("attempt", row->attempts), TL_LINT("status", row->status));
}

/* Endpoints ------------------------------------------------------------------------------------------------------ */

static struct tl_id *
troubled(struct courier *c, struct tl_id endpoint)
{
	for (size_t i = 0; i < TROUBLED_MAX; i++)
		if (tl_id_eq(c->troubled[i], endpoint))
			return &c->troubled[i];
	return NULL;
}

/* An endpoint that fails gets few requests at a time until it works again: the others' places are not its own. */
static void
remember(struct courier *c, struct tl_id endpoint, bool failed)
{
	struct tl_id *at = troubled(c, endpoint);
	if (failed && !at)
		c->troubled[c->troubled_next++ % TROUBLED_MAX] = endpoint;
	if (!failed && at)
		*at = (struct tl_id){0};
}

static size_t
share(struct courier *c, struct tl_id endpoint)
{
	return troubled(c, endpoint) && c->per_endpoint > TROUBLED_PARALLEL ? TROUBLED_PARALLEL
									    : c->per_endpoint;
}

/* Of this endpoint: on their way or waiting for it. */
static size_t
held(const struct courier *c, struct tl_id endpoint)
{
	size_t n = 0;
	for (size_t i = 0; i < c->count; i++)
		n += !c->slots[i].ended &&
		     tl_id_eq(tl_post_endpoint(c->slots[i].post), endpoint);
	return n;
}

/* Platforms that have their share already. */
static void
skip_busy(struct courier *c, struct tl_outbox_skip *skip)
{
	for (size_t i = 0; i < c->count && skip->count < TL_OUTBOX_SKIP; i++) {
		const struct tl_outbox_row *row = tl_post_row(c->slots[i].post);
		struct tl_id endpoint = tl_post_endpoint(c->slots[i].post);
		bool known = held(c, endpoint) < share(c, endpoint);
		for (size_t k = 0; k < skip->count; k++)
			known = known || (skip->who[k].platform == row->platform &&
					     skip->who[k].live == row->live);
		if (known)
			continue;
		skip->who[skip->count].platform = row->platform;
		skip->who[skip->count++].live = row->live;
	}
}

static int
record(struct courier *c, struct slot *s, int64_t now)
{
	struct tl_outbox_result result;
	struct tl_outbox_row *row = tl_post_row(s->post);
	bool gone;
	tl_post_result(s->post, s->code, &result, &gone);
	remember(c, tl_post_endpoint(s->post), result.error != NULL);
	int rc = tl_outbox_tried(c->db, row, &result, c->give_up_us, now);
	if (rc == TL_ECONFLICT) /* the lease lapsed; whoever has it now will tell */
		return 0;
	if (rc == 0 && !result.error)
		rc = tl_enforce_delivered(c->db, row, now, c->arena);
	if (rc == 0 && gone)
		rc = endpoint_gone(c->db, tl_post_endpoint(s->post));
	if (rc == 0 && result.error)
		log_failure(row);
	return rc;
}

/* One row's trouble must not keep the others from being recorded. */
static int
record_ended(struct courier *c, int64_t now)
{
	for (size_t i = 0; i < c->count; i++) {
		struct slot *s = &c->slots[i];
		if (!s->ended)
			continue;
		int rc = tl_db_savepoint(c->db);
		if (rc < 0)
			return rc;
		rc = record(c, s, now);
		TL_KILLPOINT(WEBHOOK_NOTED);
		if (rc == 0) {
			rc = tl_db_release(c->db);
			if (rc < 0)
				return rc;
			continue;
		}
		if (tl_err_kind(rc) == TL_RETRY)
			return rc;
		tl_db_undo(c->db); /* its lease lapses, it is tried again */
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "delivery"),
		    TL_LWORD("text", tl_err_text()));
	}
	return 0;
}

static int64_t
timeout_us(const struct courier *c)
{
	return c->options.timeout_ms * TL_US_MS;
}

/* Leases ------------------------------------------------------------------------------------------------------- */

static int
take_row(struct courier *c, struct tl_outbox_row *row, int64_t now)
{
	TL_CLEANUP(tl_endpoint_wipe) struct tl_endpoint e;
	static const struct tl_outbox_result nowhere = {
	    .error = "no endpoint is set up", .no_count = true};
	static const struct tl_outbox_result busy = {
	    .error = "waits until others to the same endpoint have ended", .no_count = true};
	int rc = tl_endpoint_find(c->db, row->platform, row->live, now, &e);
	if (rc == TL_ENOTFOUND)
		return tl_outbox_tried(c->db, row, &nowhere, c->give_up_us, now);
	if (rc < 0)
		return rc;
	if (held(c, e.id) >= share(c, e.id) + share(c, e.id) / 2)
		return tl_outbox_tried(c->db, row, &busy, c->give_up_us, now);
	struct tl_post *post;
	rc = tl_post_create(row, &e, &c->options, now, &post);
	if (rc < 0)
		return rc;
	c->slots[c->count++] = (struct slot){.post = post, .start_by = now + timeout_us(c)};
	return 0;
}

static int
lease(struct courier *c, int64_t now)
{
	struct tl_outbox_row *rows;
	size_t n, room = 2 * c->parallel - c->count;
	struct tl_outbox_skip skip = {.count = 0};
	int64_t until = now + 2 * timeout_us(c) + LEASE_SPARE;
	c->more = false;
	if (room == 0)
		return 0;
	size_t most = c->per_endpoint > 1 ? c->per_endpoint / 2 : 1;
	if (room > most) /* one endpoint never takes more than its share and a half */
		room = most;
	skip_busy(c, &skip);
	int rc = tl_outboxrow_lease(c->db, now, until, room, &skip, c->arena, &rows, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = take_row(c, &rows[i], now);
	c->more = rc == 0 && n == room;
	return rc;
}

/* Ended posts go once they are recorded; dropped ones at any time. */
static void
drop(struct courier *c, bool ended)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->count; i++) {
		if (!c->slots[i].dropped && !(ended && c->slots[i].ended)) {
			c->slots[kept++] = c->slots[i];
			continue;
		}
		(void)curl_multi_remove_handle(c->multi, tl_post_handle(c->slots[i].post));
		tl_post_destroy(c->slots[i].post);
	}
	c->count = kept;
}

struct turn {
	struct courier *c;
	bool leasing;
};

/* One transaction: what ended is recorded, what is due is leased. */
static int
turn(struct tl_db *db, void *ctx)
{
	struct turn *t = ctx;
	(void)db;
	int64_t now = tl_now_us();
	int rc = record_ended(t->c, now);
	return rc < 0 || !t->leasing ? rc : lease(t->c, now);
}

static bool
any_ended(const struct courier *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->slots[i].ended)
			return true;
	return false;
}

/* Whether there may be something to lease costs a read, a transaction costs everybody's turn. */
static bool
anything_due(struct courier *c)
{
	bool due = false;
	if (c->count >= 2 * c->parallel)
		return false;
	int rc = tl_outboxrow_due(c->db, tl_now_us(), &due);
	if (rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "courier"),
		    TL_LWORD("text", tl_err_text()));
	return due;
}

/* False when the store did not take it: what ended is recorded in a later turn. */
static bool
take_turn(struct courier *c, bool leasing)
{
	struct turn t = {.c = c, .leasing = leasing && anything_due(c)};
	/* What leaves must outlive a power cut: the rows were visible before their sync had ended. */
	enum tl_sync sync = t.leasing ? TL_SYNC_FULL : TL_SYNC_NORMAL;
	if (!t.leasing)
		c->more = false;
	if (!t.leasing && !any_ended(c))
		return true;
	tl_arena_reset(c->arena);
	size_t before = c->count;
	int rc = tl_db_tx(c->db, sync, turn, &t);
	if (rc < 0) {
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "courier"),
		    TL_LWORD("error", tl_err_name(rc)), TL_LWORD("text", tl_err_text()));
		while (c->count > before) /* not ours, or not surely: their lease lapses */
			tl_post_destroy(c->slots[--c->count].post);
		c->more = false;
		return false;
	}
	if (t.leasing)
		TL_KILLPOINT(OUTBOX_LEASED);
	if (any_ended(c))
		tl_wake(c->wires, TL_PROC_SERVER);
	drop(c, true);
	return true;
}

/* The wire ----------------------------------------------------------------------------------------------------- */

static size_t
under_way(const struct courier *c, struct tl_id endpoint)
{
	size_t n = 0;
	for (size_t i = 0; i < c->count; i++)
		n += c->slots[i].started && !c->slots[i].ended &&
		     tl_id_eq(tl_post_endpoint(c->slots[i].post), endpoint);
	return n;
}

static size_t
started(const struct courier *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->count; i++)
		n += c->slots[i].started && !c->slots[i].ended;
	return n;
}

static void
start_posts(struct courier *c)
{
	size_t busy = started(c);
	for (size_t i = 0; i < c->count; i++) {
		struct slot *s = &c->slots[i];
		struct tl_id endpoint = tl_post_endpoint(s->post);
		if (s->started || busy >= c->parallel ||
		    under_way(c, endpoint) >= share(c, endpoint))
			continue;
		if (tl_now_us() > s->start_by) {
			s->dropped = true;
			continue;
		}
		s->started = true;
		busy++;
		if (curl_multi_add_handle(c->multi, tl_post_handle(s->post)) != CURLM_OK) {
			s->ended = true;
			s->code = CURLE_FAILED_INIT;
		}
		TL_KILLPOINT(WEBHOOK_STARTED);
	}
	drop(c, false);
}

static void
mark_ended(struct courier *c, CURL *easy, CURLcode code)
{
	for (size_t i = 0; i < c->count; i++)
		if (tl_post_handle(c->slots[i].post) == easy) {
			c->slots[i].ended = true;
			c->slots[i].code = code;
		}
}

static void
drive(struct courier *c)
{
	int running, left;
	(void)curl_multi_perform(c->multi, &running);
	for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left)) != NULL;)
		if (m->msg == CURLMSG_DONE) {
			if (!courier_alarms_ended(c->alarms, m->easy_handle, m->data.result) &&
			    !courier_fetches_ended(c->fetches, m->easy_handle, m->data.result))
				mark_ended(c, m->easy_handle, m->data.result);
			TL_KILLPOINT(WEBHOOK_ANSWERED);
		}
}

static void
wait_for_news(struct courier *c, const struct tl_stop *stop, int ms)
{
	struct curl_waitfd fds[3] = {{.fd = stop->fd, .events = CURL_WAIT_POLLIN}};
	const int more[] = {c->wires->wake, c->wires->fetch};
	unsigned n = 1;
	for (size_t i = 0; i < TL_COUNT(more); i++)
		if (more[i] >= 0)
			fds[n++] =
			    (struct curl_waitfd){.fd = more[i], .events = CURL_WAIT_POLLIN};
	(void)curl_multi_poll(c->multi, fds, n, ms, NULL);
}

static void
loop(struct courier *c, struct tl_stop *stop)
{
	while (!stop->stop) {
		beat_now(&c->beat, c->db);
		bool ok = take_turn(c, true);
		(void)courier_alarms_turn(c->alarms, c->multi, true);
		courier_fetches_take(c->fetches);
		start_posts(c);
		drive(c);
		if (!ok || (!any_ended(c) && !(c->more && c->count < 2 * c->parallel)))
			wait_for_news(c, stop, POLL_MS);
		drive(c);
		tl_stop_read(stop);
		(void)tl_wake_drain(c->wires);
	}
}

/* What is on the wire may end; what is not started yet lapses with its lease. */
static void
finish(struct courier *c)
{
	int64_t until = tl_mono_us() + STOP_US;
	while (tl_mono_us() < until) {
		bool busy = false;
		drive(c);
		for (size_t i = 0; i < c->count; i++)
			busy = busy || (c->slots[i].started && !c->slots[i].ended);
		(void)take_turn(c, false);
		busy = courier_alarms_turn(c->alarms, c->multi, false) || busy;
		if (!busy)
			break;
		(void)curl_multi_poll(c->multi, NULL, 0, 50, NULL);
	}
	for (size_t i = 0; i < c->count; i++) {
		(void)curl_multi_remove_handle(c->multi, tl_post_handle(c->slots[i].post));
		tl_post_destroy(c->slots[i].post);
	}
	c->count = 0;
	beat_stop(&c->beat, c->db);
}

/* Start -------------------------------------------------------------------------------------------------------- */

static int
read_config(struct courier *c)
{
	const struct tl_config *k = c->config;
	size_t n = k->webhook_private_allow.n;
	if (n > NETS_MAX)
		return tl_fail(
		    TL_ECONFIG, "webhook_private_allow: at most %d networks", NETS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *text = k->webhook_private_allow.v[i];
		if (tl_guard_net_parse(tl_str(text), &c->nets[i]) < 0)
			return tl_fail(TL_ECONFIG,
			    "webhook_private_allow: \"%s\" is not a network such as "
			    "10.1.0.0/16",
			    text);
	}
	c->options =
	    (struct tl_post_options){.timeout_ms = (long)k->webhook_timeout_seconds * 1000,
		.nets = c->nets,
		.net_count = n};
	c->give_up_us = k->webhook_days * TL_US_DAY;
	c->parallel = (size_t)k->webhook_parallel < PARALLEL_MAX ? (size_t)k->webhook_parallel
								 : PARALLEL_MAX;
	c->per_endpoint = (c->parallel * 3 + 3) / 4;
	return 0;
}

static int
run(struct courier *c, struct tl_stop *stop)
{
	c->multi = curl_multi_init();
	if (!c->multi)
		abort();
	int rc = courier_fetches_create(c->config, c->wires, c->multi, &c->fetches);
	if (rc < 0) {
		(void)curl_multi_cleanup(c->multi);
		return rc;
	}
	c->alarms = courier_alarms_create(c->config, c->db);
	tl_log(EV_START, TL_LWORD("role", "courier"));
	loop(c, stop);
	finish(c);
	courier_alarms_destroy(c->alarms, c->multi);
	courier_fetches_destroy(c->fetches);
	tl_log(EV_STOP, TL_LWORD("role", "courier"));
	(void)curl_multi_cleanup(c->multi);
	return 0;
}

int
tl_role_courier(const struct tl_role_args *a)
{
	static struct courier c;
	TL_CLEANUP(tl_store_closep) struct tl_store *store = NULL;
	TL_CLEANUP(tl_db_closep) struct tl_db *db = NULL;
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ROWS_ARENA);
	struct tl_stop stop;
	c = (struct courier){.config = a->config, .wires = a->wires, .arena = arena};
	int rc = tl_stop_open(&stop);
	if (rc == 0)
		rc = read_config(&c);
	if (rc == 0)
		rc = tl_store_open(a->config->data_dir, &store);
	if (rc == 0)
		rc = tl_db_open(store, &db);
	if (rc < 0)
		return rc;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return tl_fail(TL_EBUG, "libcurl cannot start");
	c.db = db;
	beat_init(&c.beat, "courier", -1);
	rc = run(&c, &stop);
	curl_global_cleanup();
	tl_stop_close(&stop);
	return rc;
}
