/*
 * The courier's messages about alarms.
 *
 * Promises: a message is leased before it is sent and recorded after, so that a killed courier sends it again; one
 * message under way to a reader at a time; its handles have their own few places, so that alarms and deliveries never
 * wait for each other. Failure: recorded in our words, tried again with growing pauses for a day. Called by the
 * courier's loop.
 */
#include "role/courier_alarms.h"

#include "base/arena.h"
#include "enforce/guard.h"
#include "enforce/sign.h"
#include "notify/mail.h"
#include "notify/message.h"
#include "notify/steps.h"
#include "store/alarms.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <stdio.h>

#define PARALLEL 6 /* three readers of two channels */
#define PATIENCE 3 /* times webhook_timeout_seconds: mail servers greet slowly on purpose */
#define LOOK_US TL_US_S

struct letter {
	CURL *easy;              /* NULL: the place is free */
	struct curl_slist *list; /* readers of a mail, headers of a webhook */
	struct tl_guard guard;
	struct tl_notice_to to;
	struct tl_id batch;
	int64_t attempts;
	struct tl_buf body;
	size_t sent; /* of the body */
	bool ended;
	CURLcode code;
	char error[160];
};

struct courier_alarms {
	struct tl_notify_plan plan;
	struct tl_db *db;
	struct tl_arena *arena;
	struct letter letters[PARALLEL];
	int64_t look_us;
	bool leasing;
};

static long
timeout_ms(const struct tl_notify_plan *p)
{
	return (long)p->config->webhook_timeout_seconds * 1000 * PATIENCE;
}

/* Building ----------------------------------------------------------------------------------------------------- */

static size_t
read_body(char *dst, size_t size, size_t count, void *ctx)
{
	struct letter *l = ctx;
	size_t room = size * count, left = l->body.n - l->sent;
	size_t n = left < room ? left : room;
	memcpy(dst, l->body.p + l->sent, n);
	l->sent += n;
	return n;
}

static void
add(struct letter *l, const char *text)
{
	struct curl_slist *more = curl_slist_append(l->list, text);
	if (!more)
		abort();
	l->list = more;
}

static int
set_mail_user(CURL *easy, const struct tl_config *c)
{
	char password[256] = "";
	if (!*c->alarm_mail_user)
		return 0;
	int rc = tl_notify_secret(c->alarm_mail_password_file, password, sizeof password);
	if (rc < 0)
		return rc;
	bool bad = curl_easy_setopt(easy, CURLOPT_USERNAME, c->alarm_mail_user) != CURLE_OK ||
		   curl_easy_setopt(easy, CURLOPT_PASSWORD, password) != CURLE_OK;
	explicit_bzero(password, sizeof password);
	return bad ? tl_fail(TL_EBUG, "libcurl refuses a user") : 0;
}

static int
set_mail(struct letter *l, const struct tl_notify_plan *p, enum tl_alarm_who who,
    const struct tl_message *m)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf subject = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {0};
	const struct tl_config *c = p->config;
	char id[TL_ID_TEXT];
	tl_message_subject(&subject, m);
	tl_message_text(&text, m);
	tl_id_text(id, m->id);
	const char *host = strrchr(c->alarm_mail_from, '@');
	struct tl_mail mail = {.from = c->alarm_mail_from,
	    .to = p->to[who].v,
	    .to_count = p->to[who].n,
	    .subject = tl_buf_str(&subject),
	    .body = tl_buf_str(&text),
	    .id = tl_str(id),
	    .host = tl_str(host ? host + 1 : "localhost"),
	    .at_us = m->at};
	int rc = tl_mail_compose(&l->body, &mail);
	for (size_t i = 0; i < mail.to_count; i++)
		add(l, mail.to[i]);
	if (rc == 0)
		rc = set_mail_user(l->easy, c);
	if (rc < 0)
		return rc;
	long tls = c->alarm_mail_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE;
	if (curl_easy_setopt(l->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps") != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_URL, c->alarm_mail_server) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_USE_SSL, tls) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_MAIL_FROM, mail.from) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_MAIL_RCPT, l->list) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_UPLOAD, 1L) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_READFUNCTION, read_body) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_READDATA, l) != CURLE_OK)
		return tl_fail(TL_EBUG, "libcurl refuses a mail");
	return 0;
}

static int
sign_hook(struct letter *l, const struct tl_config *c, const struct tl_message *m)
{
	TL_CLEANUP(tl_secret_wipe) struct tl_secret secret = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf line = {0};
	char text[256], id[TL_ID_TEXT];
	int rc = tl_notify_secret(c->alarm_webhook_secret_file, text, sizeof text);
	if (rc == 0)
		rc = tl_secret_parse(tl_str(text), &secret);
	explicit_bzero(text, sizeof text);
	if (rc < 0)
		return tl_fail(TL_ECONFIG, "alarm_webhook_secret_file: no usable secret");
	tl_id_text(id, m->id);
	tl_buf_printf(&line, "webhook-id: %s", id);
	add(l, tl_buf_z(&line));
	tl_buf_reset(&line);
	tl_buf_printf(&line, "webhook-timestamp: %lld", (long long)(m->at / TL_US_S));
	add(l, tl_buf_z(&line));
	tl_buf_reset(&line);
	tl_buf_puts(&line, "webhook-signature: ");
	tl_sign_webhook(&line, tl_str(id), m->at / TL_US_S, tl_buf_str(&l->body), &secret, 1);
	add(l, tl_buf_z(&line));
	add(l, "Content-Type: application/json");
	add(l, "Expect:");
	return 0;
}

static int
set_hook(struct letter *l, const struct tl_notify_plan *p, enum tl_alarm_who who,
    const struct tl_message *m)
{
	tl_message_json(&l->body, m);
	int rc = sign_hook(l, p->config, m);
	if (rc < 0)
		return rc;
	if (!p->hook[who])
		return tl_fail(TL_ECONFIG, "no web address is configured any more");
	if (curl_easy_setopt(l->easy, CURLOPT_URL, p->hook[who]) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)l->body.n) !=
		CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_POSTFIELDS, l->body.p) != CURLE_OK ||
	    curl_easy_setopt(l->easy, CURLOPT_HTTPHEADER, l->list) != CURLE_OK)
		return tl_fail(TL_EBUG, "libcurl refuses a request");
	return 0;
}

static int
build(struct letter *l, const struct tl_notify_plan *p, const struct tl_message *m)
{
	int who = 0;
	int rc = tl_word_parse(tl_alarm_who_names, tl_str(l->to.who), &who);
	/* The operator named these addresses in the configuration: private networks are theirs to choose. */
	l->guard = (struct tl_guard){.private_ok = true, .timeout_ms = timeout_ms(p)};
	l->easy = curl_easy_init();
	if (!l->easy)
		abort();
	if (rc == 0)
		rc = tl_guard_apply(l->easy, &l->guard);
	if (rc == 0 && (curl_easy_setopt(l->easy, CURLOPT_FRESH_CONNECT, 1L) != CURLE_OK ||
			   curl_easy_setopt(l->easy, CURLOPT_FORBID_REUSE, 1L) != CURLE_OK))
		rc = tl_fail(TL_EBUG, "libcurl refuses an option");
	if (rc == 0 && *p->config->alarm_ca_file &&
	    curl_easy_setopt(l->easy, CURLOPT_CAINFO, p->config->alarm_ca_file) != CURLE_OK)
		rc = tl_fail(TL_ECONFIG, "alarm_ca_file cannot be used");
	if (rc < 0)
		return rc;
	return strcmp(l->to.channel, "mail") == 0 ? set_mail(l, p, (enum tl_alarm_who)who, m)
						  : set_hook(l, p, (enum tl_alarm_who)who, m);
}

static void
letter_fini(struct letter *l, CURLM *multi)
{
	if (l->easy) {
		(void)curl_multi_remove_handle(multi, l->easy);
		curl_easy_cleanup(l->easy);
	}
	curl_slist_free_all(l->list);
	tl_buf_fini(&l->body);
	*l = (struct letter){0};
}

/* Recording ---------------------------------------------------------------------------------------------------- */

/* What an end means, in our words; NULL: it arrived. */
static const char *
what_happened(struct letter *l)
{
	bool mail = strcmp(l->to.channel, "mail") == 0;
	long status = 0;
	(void)curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &status);
	if (l->error[0])
		return l->error;
	if (mail ? l->code == CURLE_OK : status >= 200 && status < 300)
		return NULL;
	if (l->guard.refused) {
		(void)snprintf(
		    l->error, sizeof l->error, "the address is shut: %s", l->guard.refused);
		return l->error;
	}
	/* A mail server that refuses ends as a broken connection too, but with what it answered. */
	bool no_answer = status == 0 || (l->code != CURLE_OK && l->code != CURLE_SEND_ERROR &&
					    l->code != CURLE_RECV_ERROR);
	if (mail && l->code == CURLE_WEIRD_SERVER_REPLY)
		return "the server does not speak SMTP";
	if (no_answer)
		return tl_guard_trouble(&l->guard, l->code);
	(void)snprintf(l->error, sizeof l->error, "the %s answered %ld",
	    mail ? "mail server" : "receiver", status);
	return l->error;
}

static int
record(struct courier_alarms *a, struct letter *l, int64_t now)
{
	const char *error = what_happened(l);
	if (!error)
		return tl_notice_sent(a->db, l->batch, now);
	tl_log(EV_ALARM_UNSENT, TL_LWORD("channel", l->to.channel),
	    TL_LINT("attempt", l->attempts));
	return tl_notice_failed(
	    a->db, l->batch, tl_str(error), now + tl_notify_pause_us(l->attempts), now);
}

/* Leasing ------------------------------------------------------------------------------------------------------ */

static bool
under_way(const struct courier_alarms *a, const struct tl_notice_to *to)
{
	for (size_t i = 0; i < PARALLEL; i++)
		if (a->letters[i].batch.b[0] && strcmp(a->letters[i].to.who, to->who) == 0 &&
		    strcmp(a->letters[i].to.channel, to->channel) == 0)
			return true;
	return false;
}

static struct letter *
free_place(struct courier_alarms *a)
{
	for (size_t i = 0; i < PARALLEL; i++)
		if (!a->letters[i].easy && !a->letters[i].ended)
			return &a->letters[i];
	return NULL;
}

static int
lease(struct courier_alarms *a, const struct tl_notice_to *to, int64_t now)
{
	struct tl_told told[TL_NOTICE_BATCH];
	struct tl_notice *rows = NULL;
	size_t n = 0;
	struct letter *l = free_place(a);
	if (!l)
		return 0;
	struct tl_id batch = tl_id_new();
	int64_t until = now + 2 * timeout_ms(&a->plan) * TL_US_MS;
	int rc = tl_notice_lease(a->db, to, now, until, batch, a->arena, &rows, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct tl_alarm *alarm = TL_NEW(a->arena, struct tl_alarm);
		rc = tl_arena_check(a->arena);
		if (rc == 0)
			rc = tl_alarm_get(a->db, rows[i].alarm, a->arena, alarm);
		told[i] = (struct tl_told){&rows[i], alarm};
	}
	if (rc < 0 || n == 0)
		return rc;
	struct tl_message m = {.told = told,
	    .count = n,
	    .service = a->plan.config->service_name,
	    .public_url = a->plan.config->public_url,
	    .id = batch,
	    .at = now};
	*l = (struct letter){.to = *to, .batch = batch, .attempts = rows[0].attempts};
	if (build(l, &a->plan, &m) < 0) { /* recorded at once, like a failed try */
		(void)snprintf(l->error, sizeof l->error, "%s", tl_err_text());
		l->ended = true;
	}
	return 0;
}

static int
turn(struct tl_db *db, void *ctx)
{
	struct courier_alarms *a = ctx;
	struct tl_notice_to to[PARALLEL];
	int64_t now = tl_now_us();
	size_t n = 0;
	int rc = 0;
	for (size_t i = 0; i < PARALLEL && rc == 0; i++)
		if (a->letters[i].ended)
			rc = record(a, &a->letters[i], now);
	if (rc < 0 || !a->leasing)
		return rc;
	rc = tl_notify_steps(db, &a->plan, a->arena, now);
	if (rc >= 0)
		rc = tl_notice_targets(db, now, PARALLEL, to, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		bool may = false;
		if (under_way(a, &to[i]))
			continue;
		rc = tl_notify_may(db, &a->plan, &to[i], now, &may);
		if (rc == 0 && may)
			rc = lease(a, &to[i], now);
	}
	return rc;
}

static bool
any(const struct courier_alarms *a, bool ended)
{
	for (size_t i = 0; i < PARALLEL; i++)
		if (ended ? a->letters[i].ended : a->letters[i].easy != NULL)
			return true;
	return false;
}

/* What the last transaction recorded goes, what it leased starts; the other way round when it was undone. */
static void
settle(struct courier_alarms *a, CURLM *multi, const bool was_ended[PARALLEL],
    const bool was_there[PARALLEL], bool undone)
{
	for (size_t i = 0; i < PARALLEL; i++) {
		struct letter *l = &a->letters[i];
		if (undone ? !was_there[i] && (l->easy || l->ended) : was_ended[i])
			letter_fini(l, multi);
		else if (!undone && l->easy && !was_there[i] && !l->ended &&
			 curl_multi_add_handle(multi, l->easy) != CURLM_OK) {
			l->ended = true;
			l->code = CURLE_FAILED_INIT;
		}
	}
}

bool
courier_alarms_turn(struct courier_alarms *a, CURLM *multi, bool leasing)
{
	bool ended[PARALLEL], there[PARALLEL], due = false;
	if (!tl_notify_any(&a->plan))
		return false;
	if (!any(a, true)) {
		if (!leasing || tl_mono_us() < a->look_us)
			return any(a, false);
		a->look_us = tl_mono_us() + LOOK_US;
		if (tl_notice_due(a->db, tl_now_us(), &due) < 0 || !due)
			return any(a, false);
	}
	for (size_t i = 0; i < PARALLEL; i++) {
		ended[i] = a->letters[i].ended;
		there[i] = a->letters[i].easy || ended[i];
	}
	a->leasing = leasing;
	tl_arena_reset(a->arena);
	int rc = tl_db_tx(a->db, TL_SYNC_NORMAL, turn, a);
	if (rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "alarms"),
		    TL_LWORD("error", tl_err_name(rc)), TL_LWORD("text", tl_err_text()));
	settle(a, multi, ended, there, rc < 0);
	return any(a, false);
}

bool
courier_alarms_ended(struct courier_alarms *a, CURL *easy, CURLcode code)
{
	for (size_t i = 0; i < PARALLEL; i++)
		if (a->letters[i].easy == easy) {
			a->letters[i].ended = true;
			a->letters[i].code = code;
			return true;
		}
	return false;
}

/* Start and end ------------------------------------------------------------------------------------------------ */

static int
say_config(struct tl_db *db, void *error)
{
	struct tl_str text = tl_str(error);
	if (text.n == 0)
		return tl_alarm_over(db, TL_AL_ALARM_CHANNEL, TL_S("configuration"));
	return tl_alarm_say(db, TL_AL_ALARM_CHANNEL, TL_S("configuration"),
	    TL_SAID(A_Z("all that is configured"), A_TEXT(text)));
}

struct courier_alarms *
courier_alarms_create(const struct tl_config *config, struct tl_db *db)
{
	char error[300] = "";
	struct courier_alarms *a = calloc(1, sizeof *a);
	if (!a)
		abort();
	a->db = db;
	a->arena = tl_arena_create(4 << 20);
	if (tl_notify_plan(config, &a->plan) < 0) {
		(void)snprintf(error, sizeof error, "%s", tl_err_text());
		tl_log(EV_CONFIG, TL_LWORD("where", error));
	}
	int rc = tl_db_tx(db, TL_SYNC_NORMAL, say_config, error);
	if (rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "alarms"),
		    TL_LWORD("error", tl_err_name(rc)));
	return a;
}

void
courier_alarms_destroy(struct courier_alarms *a, CURLM *multi)
{
	if (!a)
		return;
	for (size_t i = 0; i < PARALLEL; i++)
		letter_fini(&a->letters[i], multi);
	tl_arena_destroy(a->arena);
	free(a);
}
