/*
 * A load generator for the API: one thread, epoll, keep-alive connections, one request in flight on each. It makes
 * its bodies itself and measures from the first byte sent to the last byte of the answer.
 *
 *   load MODE --port N --key KEY [--connections 64] [--seconds 10] [--rate 0] [--bytes 600] [--tag T] …
 *
 * MODE: contacts, contacts-batch (POST /v1/contacts/check and :batch, of the --accounts and --pairs of crowd.c), items (POST /v1/items), batch (POST /v1/items:batch), wait (POST /v1/items?wait=…), echo (POST PATH).
 * Prints one JSON object: counts, rate, latencies in milliseconds. Exits 1 when an answer was not a success.
 */
#include "base/str.h"
#include "crowd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define IN_BYTES (1U << 20)
#define SAMPLES_MAX (1U << 22)

enum mode { ITEMS, BATCH, WAIT, ECHO, CONTACTS, CONTACTS_BATCH };

struct options {
	enum mode mode;
	int port, connections, bytes, batch, wait_ms;
	double seconds, rate; /* rate 0: as fast as it goes */
	long count;           /* 0: until time is over */
	uint32_t accounts;
	uint64_t pairs;
	const char *key, *tag, *path;
};

struct conn {
	int fd;
	char *out;
	size_t out_n, out_at, out_cap;
	char *in;
	size_t in_n, need; /* need 0: head not read yet */
	int64_t sent_us, due_us;
	bool busy;
};

static struct options opt = {.connections = 64,
    .bytes = 600,
    .batch = 500,
    .wait_ms = 1000,
    .seconds = 10,
    .tag = "b",
    .path = "/"};
static struct conn conns[CONNECTIONS_MAX];
static uint32_t *samples;
static size_t sample_n;
static long serial, done, items_done, failed, in_flight;
static int64_t started_us;

static int64_t
now_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

/* Words that no list holds, different in every item. */
static size_t
write_item(char *dst, size_t cap, long n)
{
	static const char *const words[] = {"river", "window", "paper", "garden", "quiet",
	    "morning", "letter", "blue", "stone", "market", "bicycle", "evening", "table",
	    "winter", "music", "harbour"};
	int head = snprintf(dst, cap,
	    "{\"id\":\"%s-%ld\",\"kind\":\"post\",\"author\":{\"id\":\"user-%ld\"},\"url\":"
	    "\"https://social.example/p/%ld\",\"text\":{\"title\":\"A day %ld\",\"body\":\"",
	    opt.tag, n, n % 5000, n, n);
	size_t at = (size_t)head, tail = sizeof "\"}}" - 1, end = (size_t)opt.bytes - tail;
	uint32_t x = (uint32_t)n * 2654435761U + 1;
	while (at + 12 < end) {
		const char *w = words[x >> 28];
		size_t k = strlen(w);
		memcpy(dst + at, w, k);
		dst[at + k] = ' ';
		at += k + 1;
		x = x * 1664525U + 1013904223U;
	}
	while (at < end)
		dst[at++] = '.';
	memcpy(dst + at, "\"}}", tail);
	return at + tail;
}

/* Every second question is about two who know each other. */
static size_t
write_contact(char *dst, size_t cap, long n)
{
	static const char *const kinds[] = {
	    "message", "message_media", "follow", "comment", "mention", "group_invitation"};
	uint64_t lot = crowd_mix((uint64_t)n + 77);
	uint32_t a = 1 + (uint32_t)(lot % (opt.accounts - 1));
	uint32_t d = crowd_degree(a, opt.accounts, opt.pairs);
	uint32_t b = crowd_other(
	    a, (lot >> 40 & 1) && d ? (uint32_t)(lot >> 41) % d : 1U << 19, opt.accounts);
	bool turn = lot >> 32 & 1;
	return (size_t)snprintf(dst, cap,
	    "{\"from\":\"u%08u\",\"to\":\"u%08u\",\"kind\":\"%s\"}", turn ? b : a, turn ? a : b,
	    kinds[(lot >> 20) % 6]);
}

static bool
is_batch(void)
{
	return opt.mode == BATCH || opt.mode == CONTACTS_BATCH;
}

static void
make_request(struct conn *c)
{
	size_t room = (size_t)(is_batch() ? opt.batch : 1) * ((size_t)opt.bytes + 64) + 1024;
	if (c->out_cap < room) {
		free(c->out);
		c->out = malloc(room);
		c->out_cap = room;
		if (!c->out)
			die("malloc");
	}
	/* The body first, behind the room for a head; then the head right before it. */
	char *body = c->out + 512;
	size_t n = 0;
	for (int i = 0; i < (is_batch() ? opt.batch : 1); i++) {
		n += opt.mode >= CONTACTS ? write_contact(body + n, room - 512 - n, serial++)
					  : write_item(body + n, room - 512 - n, serial++);
		if (is_batch())
			body[n++] = '\n';
	}
	char head[512], path[64];
	if (opt.mode == WAIT)
		(void)snprintf(path, sizeof path, "/v1/items?wait=%d", opt.wait_ms);
	else
		(void)snprintf(path, sizeof path, "%s",
		    opt.mode == ECHO             ? opt.path
		    : opt.mode == CONTACTS       ? "/v1/contacts/check"
		    : opt.mode == CONTACTS_BATCH ? "/v1/contacts/check:batch"
		    : opt.mode == BATCH          ? "/v1/items:batch"
						 : "/v1/items");
	int h = snprintf(head, sizeof head,
	    "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: "
	    "%s\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    path, opt.key, is_batch() ? "application/x-ndjson" : "application/json", n);
	c->out_at = 512 - (size_t)h;
	memcpy(c->out + c->out_at, head, (size_t)h);
	c->out_n = 512 + n;
}

static void
watch(int ep, struct conn *c, uint32_t events, int how)
{
	struct epoll_event e = {.events = events, .data.ptr = c};
	if (epoll_ctl(ep, how, c->fd, &e) < 0)
		die("epoll_ctl");
}

static void
flush_out(int ep, struct conn *c)
{
	while (c->out_at < c->out_n) {
		ssize_t n = send(c->fd, c->out + c->out_at, c->out_n - c->out_at,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN) {
			watch(ep, c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
			return;
		}
		if (n <= 0)
			die("send");
		c->out_at += (size_t)n;
	}
}

static void
start(int ep, struct conn *c)
{
	make_request(c);
	c->in_n = c->need = 0;
	c->busy = true;
	c->sent_us = now_us();
	in_flight++;
	flush_out(ep, c);
}

/* Bytes of the whole answer once its head is there; 0 before. Chunked answers are not made by our API's calls. */
static size_t
answer_size(struct conn *c)
{
	char *end = memmem(c->in, c->in_n, "\r\n\r\n", 4);
	if (!end)
		return 0;
	char *cl = memmem(c->in, (size_t)(end - c->in), "Content-Length: ", 16);
	size_t body = 0;
	for (char *p = cl ? cl + 16 : end; *p >= '0' && *p <= '9'; p++)
		body = body * 10 + (size_t)(*p - '0');
	return (size_t)(end - c->in) + 4 + body;
}

static void
finish(struct conn *c)
{
	int64_t took = now_us() - (c->due_us ? c->due_us : c->sent_us);
	bool ok = c->in_n > 9 && c->in[9] == '2';
	if (!ok && failed == 0)
		(void)fprintf(stderr, "load: %.*s\n", (int)c->in_n, c->in);
	failed += !ok;
	done++;
	in_flight--;
	if (is_batch()) {
		const char *what = opt.mode == BATCH ? "\"received_at\"" : "\"outcome\":\"";
		const char *p = c->in, *e = c->in + c->in_n;
		for (; (p = memmem(p, (size_t)(e - p), what, strlen(what))); p += strlen(what))
			items_done++;
	} else if (opt.mode == WAIT) {
		items_done += memmem(c->in, c->in_n, "\"verdict\":\"", 11) != NULL;
	} else {
		items_done += ok;
	}
	if (sample_n < SAMPLES_MAX)
		samples[sample_n++] = took < 0 ? 0 : (uint32_t)took;
	c->busy = false;
}

static void
on_ready(int ep, struct conn *c, uint32_t events)
{
	if (events & EPOLLOUT) {
		watch(ep, c, EPOLLIN, EPOLL_CTL_MOD);
		flush_out(ep, c);
	}
	if (!(events & EPOLLIN))
		return;
	ssize_t n = recv(c->fd, c->in + c->in_n, IN_BYTES - c->in_n, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die("the server closed a connection");
	c->in_n += (size_t)n;
	if (!c->need)
		c->need = answer_size(c);
	if (c->need && c->in_n >= c->need)
		finish(c);
}

static void
dial(int ep, struct conn *c)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)opt.port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int on = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	c->in = malloc(IN_BYTES);
	if (c->fd < 0 || !c->in || connect(c->fd, (struct sockaddr *)&a, sizeof a) < 0)
		die("connect");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	watch(ep, c, EPOLLIN, EPOLL_CTL_ADD);
}

static bool
is_over(void)
{
	if (opt.count)
		return serial >= opt.count;
	return (double)(now_us() - started_us) / 1e6 >= opt.seconds;
}

/* Starts what is due. With a rate the latency counts from the moment at which the request was due. */
static void
start_due(int ep)
{
	static long begun;
	for (int i = 0; i < opt.connections; i++) {
		struct conn *c = &conns[i];
		if (c->busy || is_over())
			continue;
		if (opt.rate > 0) {
			int64_t due = started_us + (int64_t)((double)begun / opt.rate * 1e6);
			if (due > now_us())
				return;
			c->due_us = due;
		}
		begun++;
		start(ep, c);
	}
}

static void
run(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ready[256];
	if (ep < 0)
		die("epoll");
	for (int i = 0; i < opt.connections; i++)
		dial(ep, &conns[i]);
	started_us = now_us();
	start_due(ep);
	while (in_flight || !is_over()) {
		int n = epoll_wait(ep, ready, 256, opt.rate > 0 ? 1 : 1000);
		for (int i = 0; i < n; i++)
			on_ready(ep, ready[i].data.ptr, ready[i].events);
		start_due(ep);
	}
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double
percentile(double p)
{
	return sample_n ? (double)samples[(size_t)((double)(sample_n - 1) * p)] / 1000 : 0;
}

static int
parse(int argc, char **argv)
{
	static const struct option longs[] = {{"port", 1, NULL, 'p'}, {"key", 1, NULL, 'k'},
	    {"connections", 1, NULL, 'c'}, {"seconds", 1, NULL, 's'}, {"rate", 1, NULL, 'r'},
	    {"bytes", 1, NULL, 'b'}, {"batch", 1, NULL, 'n'}, {"wait", 1, NULL, 'w'},
	    {"tag", 1, NULL, 't'}, {"count", 1, NULL, 'C'}, {"path", 1, NULL, 'P'},
	    {"accounts", 1, NULL, 'a'}, {"pairs", 1, NULL, 'e'}, {0}};
	static const char *const modes[] = {
	    "items", "batch", "wait", "echo", "contacts", "contacts-batch"};
	bool known = false;
	for (int i = 0; argc > 1 && i < (int)TL_COUNT(modes); i++)
		if (strcmp(argv[1], modes[i]) == 0) {
			opt.mode = (enum mode)i;
			known = true;
		}
	opt.key = "";
	optind = 2;
	for (int c; known && (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		switch (c) {
		case 'p':
			opt.port = (int)strtol(optarg, NULL, 10);
			break;
		case 'k':
			opt.key = optarg;
			break;
		case 'c':
			opt.connections = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			opt.seconds = strtod(optarg, NULL);
			break;
		case 'r':
			opt.rate = strtod(optarg, NULL);
			break;
		case 'b':
			opt.bytes = (int)strtol(optarg, NULL, 10);
			break;
		case 'n':
			opt.batch = (int)strtol(optarg, NULL, 10);
			break;
		case 'w':
			opt.wait_ms = (int)strtol(optarg, NULL, 10);
			break;
		case 't':
			opt.tag = optarg;
			break;
		case 'C':
			opt.count = strtol(optarg, NULL, 10);
			break;
		case 'P':
			opt.path = optarg;
			break;
		case 'a':
			opt.accounts = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'e':
			opt.pairs = strtoull(optarg, NULL, 10);
			break;
		default:
			return -1;
		}
	}
	bool bounds = opt.connections > 0 && opt.connections <= CONNECTIONS_MAX &&
		      opt.bytes >= 300 && opt.bytes <= 65536 && opt.batch > 0 &&
		      opt.batch <= 1000;
	return known && opt.port > 0 && bounds ? 0 : -1;
}

int
main(int argc, char **argv)
{
	if (parse(argc, argv) < 0) {
		(void)fputs(
		    "usage: load items|batch|wait|echo --port N [--key KEY] [--connections 64]"
		    " [--seconds 10] [--count N] [--rate 0] [--bytes 600] [--batch 500] "
		    "[--wait 1000]"
		    " [--tag T] [--path P]\n",
		    stderr);
		return 2;
	}
	samples = calloc(SAMPLES_MAX, sizeof *samples);
	if (!samples)
		die("calloc");
	run();
	double took = (double)(now_us() - started_us) / 1e6;
	qsort(samples, sample_n, sizeof *samples, by_value);
	(void)printf(
	    "{\"requests\":%ld,\"items\":%ld,\"failed\":%ld,\"seconds\":%.3f,"
	    "\"requests_per_s\":%.0f,\"items_per_s\":%.0f,\"p50_ms\":%.3f,\"p90_ms\":%.3f,"
	    "\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f}\n",
	    done, items_done, failed, took, (double)done / took, (double)items_done / took,
	    percentile(0.5), percentile(0.9), percentile(0.99), percentile(0.999),
	    percentile(1));
	return failed != 0;
}
