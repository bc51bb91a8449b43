/*
 * Questions of the server for the bytes behind an address.
 *
 * Owns at most FETCHES_MAX requests under way. Promises: every address, also each that a redirect names, is checked as text
 * and again as the address that is connected to, so a name that changes between both gains nothing; no more than the
 * asked-for bytes are kept; no answer after the deadline; cookies, credentials and proxies are never used. Failure: an
 * error in our own words, never the other side's. Called by the courier's loop.
 */
#include "role/courier_fetch.h"

#include "base/json.h"
#include "core/ask.h"
#include "enforce/guard.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <sys/mman.h>
#include <unistd.h>

#define FETCHES_MAX 16
#define HOPS_MAX 5
#define NETS_MAX 64
#define TYPE_MAX 128
#define AGENT "Tutela/1 (+media)"

struct fetch {
	CURL *easy; /* NULL: free */
	struct tl_guard guard;
	uint32_t serial;
	int64_t until_us; /* monotonic */
	int64_t max_bytes, got_bytes;
	int fd;
	int hops;
	bool too_large;
	const char *io; /* why the bytes cannot be kept */
};

struct courier_fetches {
	const struct tl_config *config;
	const struct tl_wires *wires;
	CURLM *multi;
	struct tl_guard_net nets[NETS_MAX];
	struct fetch all[FETCHES_MAX];
	uint8_t msg[TL_ASK_MAX];
};

/* Answers ------------------------------------------------------------------------------------------------------- */

static void
send_answer(struct courier_fetches *f, const struct tl_ask_answer *a, int fd)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	tl_ask_answer_write(&out, a);
	/* The server reads all the time; when it does not, nobody waits for this any more. */
	int rc =
	    tl_sock_send(f->wires->fetch, tl_buf_str(&out), fd, tl_mono_us() + 50 * TL_US_MS);
	(void)rc;
}

static void
refuse(struct courier_fetches *f, uint32_t serial, int err)
{
	send_answer(f,
	    &(struct tl_ask_answer){.serial = serial,
		.err = err,
		.text = tl_str(tl_err_text()),
		.field = tl_str(tl_err_field())},
	    -1);
}

static void
let_go(struct courier_fetches *f, struct fetch *x)
{
	(void)curl_multi_remove_handle(f->multi, x->easy);
	curl_easy_cleanup(x->easy);
	tl_fd_close(&x->fd);
	*x = (struct fetch){.fd = -1};
}

/* The bytes ----------------------------------------------------------------------------------------------------- */

static size_t
keep(char *data, size_t size, size_t count, void *ctx)
{
	struct fetch *x = ctx;
	size_t n = size * count, done = 0;
	long status = 0;
	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	x->got_bytes += (int64_t)n;
	bool wanted = status >= 200 && status < 300;
	x->too_large = x->got_bytes > (wanted ? x->max_bytes : TL_GUARD_BODY_MAX);
	if (x->too_large)
		return 0;
	while (wanted && done < n) {
		ssize_t w = write(x->fd, data + done, n - done);
		if (w <= 0) {
			x->io = "there is no memory for the file";
			return 0;
		}
		done += (size_t)w;
	}
	return n;
}

/* One hop: the address is checked, everything that the last one left is forgotten. */
static int
aim(struct courier_fetches *f, struct fetch *x, const char *url)
{
	const struct tl_config *c = f->config;
	int64_t left_ms = (x->until_us - tl_mono_us()) / TL_US_MS - TL_ASK_SPARE_MS;
	if (left_ms <= 0)
		return tl_fail_at(TL_EFIELD, "url", "no answer in time");
	int rc = tl_guard_read_url(
	    url, c->fetch_private_allow.n > 0, c->fetch_hosts.v, c->fetch_hosts.n);
	if (rc < 0)
		return tl_fail_at(rc, "url", "%s", tl_err_text());
	x->guard = (struct tl_guard){.nets = f->nets,
	    .net_count = c->fetch_private_allow.n,
	    .timeout_ms = (long)left_ms};
	x->got_bytes = 0;
	x->too_large = false;
	x->io = NULL;
	rc = tl_guard_apply(x->easy, &x->guard);
	if (rc < 0)
		return rc;
	if (curl_easy_setopt(x->easy, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(x->easy, CURLOPT_HTTPGET, 1L) != CURLE_OK ||
	    curl_easy_setopt(x->easy, CURLOPT_USERAGENT, AGENT) != CURLE_OK ||
	    curl_easy_setopt(x->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->max_bytes) !=
		CURLE_OK ||
	    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, keep) != CURLE_OK ||
	    curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x) != CURLE_OK)
		return tl_fail(TL_EBUG, "libcurl refuses a request");
	if (ftruncate(x->fd, 0) < 0 || lseek(x->fd, 0, SEEK_SET) < 0)
		return tl_fail(TL_EIO, "a memory file cannot be used: %m");
	if (curl_multi_add_handle(f->multi, x->easy) != CURLM_OK)
		return tl_fail(TL_EBUG, "libcurl refuses a request");
	return 0;
}

/* Questions ----------------------------------------------------------------------------------------------------- */

static int
begin(struct courier_fetches *f, const struct tl_ask *q)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	struct fetch *x = NULL;
	int rc = tl_json_parse(q->json, &j);
	if (rc < 0)
		return rc;
	const char *url = json_string_value(json_object_get(j, "url"));
	json_int_t max = json_integer_value(json_object_get(j, "max_bytes"));
	if (!url || max <= 0)
		return tl_fail(TL_EPARSE, "not a question");
	for (size_t i = 0; i < FETCHES_MAX && !x; i++)
		if (!f->all[i].easy)
			x = &f->all[i];
	if (!x)
		return tl_fail(TL_ERATE, "too many addresses are read at one time");
	*x = (struct fetch){.easy = curl_easy_init(),
	    .serial = q->serial,
	    .until_us = tl_mono_us() + (int64_t)q->within_ms * TL_US_MS,
	    .max_bytes = max,
	    .fd = memfd_create("fetch", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
	if (!x->easy)
		abort();
	rc = x->fd < 0 ? tl_fail(TL_EIO, "cannot make a memory file: %m") : aim(f, x, url);
	if (rc < 0)
		let_go(f, x);
	return rc;
}

void
courier_fetches_take(struct courier_fetches *f)
{
	for (int i = 0; f->wires->fetch >= 0 && i < 2 * FETCHES_MAX; i++) {
		size_t n = 0;
		int fd = -1;
		struct tl_ask q;
		if (tl_sock_recv(f->wires->fetch, f->msg, sizeof f->msg, 0, &n, &fd) < 0 ||
		    n == 0)
			return;
		tl_fd_close(&fd);
		if (tl_ask_read(tl_bytes(f->msg, n), &q) < 0 || q.kind != TL_ASK_FETCH)
			continue;
		int rc = begin(f, &q);
		if (rc < 0)
			refuse(f, q.serial, rc);
	}
}

/* Ends ---------------------------------------------------------------------------------------------------------- */

/* 0: there is a whole answer of 2xx; 1: it is redirected. */
static int
judge(struct fetch *x, CURLcode code)
{
	long status = 0;
	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (x->guard.refused)
		return tl_fail_at(
		    TL_EFIELD, "url", "the address is shut: %s", x->guard.refused);
	if (x->io)
		return tl_fail(TL_EIO, "%s", x->io);
	if (x->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return tl_fail(
		    TL_ETOOBIG, "the file is larger than %lld bytes", (long long)x->max_bytes);
	if (status >= 300 && status < 400 && x->guard.head_done)
		return 1;
	if (code != CURLE_OK)
		return tl_fail_at(TL_EFIELD, "url", "%s", tl_guard_trouble(&x->guard, code));
	if (status < 200 || status >= 300)
		return tl_fail_at(TL_EFIELD, "url", "the server there answered %ld", status);
	return x->got_bytes > 0 ? 0 : tl_fail_at(TL_EFIELD, "url", "the file is empty");
}

static int
go_on(struct courier_fetches *f, struct fetch *x)
{
	char *next = NULL;
	if (x->hops == HOPS_MAX)
		return tl_fail_at(
		    TL_EFIELD, "url", "it redirects more than %d times", HOPS_MAX);
	if (curl_easy_getinfo(x->easy, CURLINFO_REDIRECT_URL, &next) != CURLE_OK || !next)
		return tl_fail_at(TL_EFIELD, "url", "it redirects to nowhere");
	TL_CLEANUP(tl_buf_fini) struct tl_buf url = {.limit = 4096};
	tl_buf_puts(&url, next); /* libcurl's own text goes when the handle is used again */
	x->hops++;
	return url.bad ? tl_fail_at(TL_EFIELD, "url", "it redirects to nowhere")
		       : aim(f, x, tl_buf_z(&url));
}

static void
hand_over(struct courier_fetches *f, struct fetch *x)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	char *type = NULL;
	int rc = tl_memfd_seal(x->fd);
	if (rc < 0) {
		refuse(f, x->serial, rc);
		return;
	}
	(void)curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
	struct tl_str said = tl_str(type ? type : "");
	tl_js_open(&json, NULL, '{');
	tl_js_str(&json, "type", said.n <= TYPE_MAX ? said : TL_S(""));
	tl_js_int(&json, "bytes", x->got_bytes);
	tl_js_close(&json, '}');
	send_answer(
	    f, &(struct tl_ask_answer){.serial = x->serial, .json = tl_buf_str(&json)}, x->fd);
}

bool
courier_fetches_ended(struct courier_fetches *f, CURL *easy, CURLcode code)
{
	struct fetch *x = NULL;
	for (size_t i = 0; i < FETCHES_MAX && !x; i++)
		if (f->all[i].easy == easy)
			x = &f->all[i];
	if (!x)
		return false;
	(void)curl_multi_remove_handle(f->multi, easy);
	int rc = judge(x, code);
	if (rc == 1) {
		rc = go_on(f, x);
		if (rc == 0)
			return true;
	}
	if (tl_mono_us() < x->until_us) {
		if (rc < 0)
			refuse(f, x->serial, rc);
		else
			hand_over(f, x);
	}
	let_go(f, x);
	return true;
}

/* Start and stop ------------------------------------------------------------------------------------------------ */

int
courier_fetches_create(const struct tl_config *config, const struct tl_wires *wires,
    CURLM *multi, struct courier_fetches **ret)
{
	size_t n = config->fetch_private_allow.n;
	if (n > NETS_MAX)
		return tl_fail(
		    TL_ECONFIG, "fetch_private_allow: at most %d networks", NETS_MAX);
	struct courier_fetches *f = calloc(1, sizeof *f);
	if (!f)
		abort();
	f->config = config;
	f->wires = wires;
	f->multi = multi;
	for (size_t i = 0; i < FETCHES_MAX; i++)
		f->all[i].fd = -1;
	for (size_t i = 0; i < n; i++) {
		const char *text = config->fetch_private_allow.v[i];
		if (tl_guard_net_parse(tl_str(text), &f->nets[i]) < 0) {
			free(f);
			return tl_fail(TL_ECONFIG,
			    "fetch_private_allow: \"%s\" is not a network such as 10.1.0.0/16",
			    text);
		}
	}
	*ret = f;
	return 0;
}

void
courier_fetches_destroy(struct courier_fetches *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < FETCHES_MAX; i++)
		if (f->all[i].easy)
			let_go(f, &f->all[i]);
	free(f);
}
