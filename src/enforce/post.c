/*
 * One try of one delivery.
 *
 * Promises: the same webhook-id on every try; signed afresh with its own time, so that receivers can refuse old
 * copies; errors in our own words, never the receiver's. Any 2xx counts once its head is whole, whatever follows it.
 * Called by the courier.
 */
#include "enforce/post.h"

#include "base/arena.h"
#include "sys/clock.h"

#define AGENT "Tutela/1 (+webhooks)"
#define ROW_ARENA ((size_t)8 << 20)

struct tl_post {
	CURL *easy;
	struct curl_slist *headers;
	struct tl_arena *arena; /* owns the row's texts */
	struct tl_outbox_row row;
	struct tl_id endpoint;
	struct tl_guard guard;
	char error[160];
};

static int
add_header(struct tl_post *p, const char *name, const char *value)
{
	const char *line = tl_arena_printf(p->arena, "%s: %s", name, value);
	struct curl_slist *more = curl_slist_append(p->headers, line);
	if (!more)
		abort();
	p->headers = more;
	return tl_arena_check(p->arena);
}

static int
sign(struct tl_post *p, const struct tl_endpoint *e, int64_t now)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	struct tl_secret secrets[2] = {{.n = e->secret_bytes}, {.n = e->secret_old_bytes}};
	char id[TL_ID_TEXT], at[24];
	memcpy(secrets[0].b, e->secret, e->secret_bytes);
	memcpy(secrets[1].b, e->secret_old, e->secret_old_bytes);
	tl_id_text(id, p->row.id);
	(void)snprintf(at, sizeof at, "%lld", (long long)(now / TL_US_S));
	tl_sign_webhook(
	    &b, tl_str(id), now / TL_US_S, p->row.body, secrets, secrets[1].n > 0 ? 2 : 1);
	tl_secret_wipe(&secrets[0]);
	tl_secret_wipe(&secrets[1]);
	int rc = add_header(p, "webhook-id", id);
	if (rc == 0)
		rc = add_header(p, "webhook-timestamp", at);
	if (rc == 0)
		rc = add_header(p, "webhook-signature", tl_buf_z(&b));
	if (rc == 0)
		rc = add_header(p, "Content-Type", "application/json");
	if (rc == 0)
		rc = add_header(p, "Expect", "");
	return rc;
}

static int
set_up(struct tl_post *p, const struct tl_endpoint *e, const struct tl_post_options *o)
{
	p->guard = (struct tl_guard){.private_ok = e->private_ok,
	    .nets = o->nets,
	    .net_count = o->net_count,
	    .timeout_ms = o->timeout_ms};
	int rc = tl_guard_apply(p->easy, &p->guard);
	if (rc < 0)
		return rc;
	if (curl_easy_setopt(p->easy, CURLOPT_URL, e->url) != CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->row.body.n) !=
		CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, p->row.body.p) != CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers) != CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_USERAGENT, AGENT) != CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_PRIVATE, p) != CURLE_OK)
		return tl_fail(TL_EBUG, "libcurl refuses a request");
	return 0;
}

int
tl_post_create(const struct tl_outbox_row *row, const struct tl_endpoint *e,
    const struct tl_post_options *o, int64_t now, struct tl_post **ret)
{
	struct tl_post *p = calloc(1, sizeof *p);
	if (!p || !(p->easy = curl_easy_init()))
		abort();
	p->arena = tl_arena_create(ROW_ARENA);
	p->endpoint = e->id;
	p->row = *row;
	p->row.kind = tl_arena_dup(p->arena, row->kind);
	p->row.subject_key = tl_arena_dup(p->arena, row->subject_key);
	p->row.body = tl_arena_dup(p->arena, row->body);
	p->row.error = TL_S("");
	int rc = tl_arena_check(p->arena);
	if (rc == 0)
		rc = sign(p, e, now);
	if (rc == 0)
		rc = set_up(p, e, o);
	if (rc < 0) {
		tl_post_destroy(p);
		return rc;
	}
	*ret = p;
	return 0;
}

void
tl_post_destroy(struct tl_post *p)
{
	if (!p)
		return;
	curl_easy_cleanup(p->easy);
	curl_slist_free_all(p->headers);
	tl_arena_destroy(p->arena);
	free(p);
}

CURL *
tl_post_handle(struct tl_post *p)
{
	return p->easy;
}

struct tl_outbox_row *
tl_post_row(struct tl_post *p)
{
	return &p->row;
}

struct tl_id
tl_post_endpoint(const struct tl_post *p)
{
	return p->endpoint;
}

static int64_t
asked_to_wait(struct tl_post *p, long status)
{
	curl_off_t seconds = 0;
	if (status != 429 && status != 503)
		return 0;
	if (curl_easy_getinfo(p->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK ||
	    seconds < 0)
		return 0;
	return (int64_t)(seconds > 86400 ? 86400 : seconds) * TL_US_S;
}

void
tl_post_result(struct tl_post *p, CURLcode code, struct tl_outbox_result *ret, bool *ret_gone)
{
	long status = 0;
	(void)curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	*ret = (struct tl_outbox_result){.status = status};
	*ret_gone = status == 410;
	bool whole = p->guard.head_done && p->guard.head_bytes <= TL_GUARD_HEAD_MAX;
	if (status >= 200 && status < 300 && whole)
		return;
	ret->error = p->error;
	if (status < 200 || !whole)
		(void)snprintf(p->error, sizeof p->error, "%s%s",
		    p->guard.refused ? "the address is shut: " : "",
		    tl_guard_trouble(&p->guard, code));
	else if (status == 410)
		(void)snprintf(p->error, sizeof p->error, "the endpoint is gone (410)");
	else if (status >= 300 && status < 400)
		(void)snprintf(p->error, sizeof p->error,
		    "the receiver redirects (%ld); redirects are not followed", status);
	else
		(void)snprintf(p->error, sizeof p->error, "the receiver answered %ld", status);
	ret->retry_after_us = asked_to_wait(p, status);
	ret->no_count = status == 410;
}
