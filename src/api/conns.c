/*
 * Connections and their clocks.
 *
 * Promises: a client that does not send, or not take, what it owes is cut off at its clock, whatever bytes trickle;
 * beyond the most connections the one goes that has waited longest for its client, strangers before those who have
 * shown a key or session; who has closed an event stream is noticed within a second. Memory is bounded by the
 * connections. The watching thread only shuts a socket down: the library then closes it on its own thread, and not
 * before tl_conn_closed has returned, so a number is never another connection's. Called by the HTTP core.
 */
#include "api/conns.h"

#include "api/http_int.h"
#include "base/map.h"
#include "sys/clock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define LOOK_MS 500
#define DRAIN_US (10 * TL_US_S)
#define BODY_GRACE_US (10 * TL_US_S)
#define ANSWER_US (2 * TL_US_MIN)
#define UNACKNOWLEDGED_MS 30000U
#define STREAMS_MAX 1024

struct list {
	struct tl_conn *first, *last;
};

struct tl_conn {
	int fd;
	bool known, shut;
	enum tl_conn_does does;
	struct tl_addr from;
	int64_t since_us;
	int64_t got; /* of the body, since then */
	struct tl_stream *stream;
	struct list *in;
	struct tl_conn *prev, *next;
};

struct tl_conns {
	struct tl_conns_conf conf;
	pthread_mutex_t lock;
	pthread_cond_t stop_cond;
	pthread_t thread;
	bool stopping;
	/* Waiting ones stand in the order in which they began to wait. */
	struct list strangers, known, busy, ending;
	struct tl_map *addresses; /* block -> struct share */
	struct tl_conns_counts n;
	/* The watching thread's own. */
	struct pollfd polled[STREAMS_MAX];
	struct tl_conn *polled_conn[STREAMS_MAX];
	struct tl_stream *lost[STREAMS_MAX];
};

struct share {
	int open;
};

/* Lists ----------------------------------------------------------------------------------------------------------- */

static void
take_out(struct tl_conn *k)
{
	struct list *l = k->in;
	if (k->prev)
		k->prev->next = k->next;
	else if (l)
		l->first = k->next;
	if (k->next)
		k->next->prev = k->prev;
	else if (l)
		l->last = k->prev;
}

static void
put_last(struct list *l, struct tl_conn *k)
{
	k->in = l;
	k->next = NULL;
	k->prev = l->last;
	if (l->last)
		l->last->next = k;
	else
		l->first = k;
	l->last = k;
}

static struct list *
list_of(struct tl_conns *c, const struct tl_conn *k)
{
	if (k->shut)
		return &c->ending;
	if (k->does != TL_CONN_WAITS)
		return &c->busy;
	return k->known ? &c->known : &c->strangers;
}

/* Ends it both ways; the library sees the end and closes. With the lock held. */
static void
shut(struct tl_conns *c, struct tl_conn *k, int64_t *count)
{
	take_out(k);
	k->shut = true;
	put_last(list_of(c, k), k);
	++*count;
	(void)shutdown(k->fd, SHUT_RDWR);
}

/* Coming and going ------------------------------------------------------------------------------------------------ */

static bool
is_trusted(const struct tl_conns *c, const struct tl_addr *from)
{
	return tl_nets_hold(c->conf.trusted, c->conf.trusted_count, from);
}

static struct share *
share_of(struct tl_conns *c, const struct tl_addr *from)
{
	struct tl_addr block = tl_addr_block(from);
	return tl_map_get(c->addresses, tl_bytes(&block, sizeof block));
}

bool
tl_conns_room(struct tl_conns *c, const struct tl_addr *from)
{
	(void)pthread_mutex_lock(&c->lock);
	const struct share *s = share_of(c, from);
	bool crowded = c->conf.most_per_address && s && s->open >= c->conf.most_per_address &&
		       !is_trusted(c, from);
	bool full = c->n.open >= c->conf.most && !c->strangers.first && !c->known.first;
	/* Those that were shut but are not closed yet count until they are: a flood cannot outrun the closing. */
	full = full || c->n.open >= 2 * (int64_t)c->conf.most;
	c->n.refused += crowded || full;
	(void)pthread_mutex_unlock(&c->lock);
	return !crowded && !full;
}

static void
count_address(struct tl_conns *c, const struct tl_addr *from, int by)
{
	struct tl_addr block = tl_addr_block(from);
	struct tl_str key = tl_bytes(&block, sizeof block);
	struct share *s = tl_map_get(c->addresses, key);
	if (!s) {
		s = calloc(1, sizeof *s);
		if (!s)
			abort();
		(void)tl_map_put(c->addresses, key, s);
	}
	s->open += by;
	if (s->open <= 0) {
		(void)tl_map_del(c->addresses, key);
		free(s);
	}
}

struct tl_conn *
tl_conn_opened(struct tl_conns *c, int fd, const struct tl_addr *from)
{
	struct tl_conn *k = calloc(1, sizeof *k);
	if (!k)
		abort();
	/* A machine that vanished without a word is given up when it acknowledges nothing for so long. */
	unsigned ms = UNACKNOWLEDGED_MS;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
	*k = (struct tl_conn){.fd = fd, .from = *from, .since_us = tl_mono_us()};
	(void)pthread_mutex_lock(&c->lock);
	put_last(&c->strangers, k);
	count_address(c, from, 1);
	if (++c->n.open > c->conf.most) {
		struct tl_conn *out = c->strangers.first;
		if (out == k && c->known.first)
			out = c->known.first;
		shut(c, out, &c->n.crowded);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return k;
}

void
tl_conn_closed(struct tl_conns *c, struct tl_conn *k)
{
	(void)pthread_mutex_lock(&c->lock);
	take_out(k);
	count_address(c, &k->from, -1);
	c->n.open--;
	(void)pthread_mutex_unlock(&c->lock);
	free(k);
}

void
tl_conn_now(struct tl_conns *c, struct tl_conn *k, enum tl_conn_does does)
{
	int64_t now = tl_mono_us();
	if (!k)
		return;
	(void)pthread_mutex_lock(&c->lock);
	take_out(k);
	k->does = does;
	k->since_us = now;
	k->got = 0;
	put_last(list_of(c, k), k);
	(void)pthread_mutex_unlock(&c->lock);
}

void
tl_conn_got(struct tl_conns *c, struct tl_conn *k, size_t n)
{
	if (!k)
		return;
	(void)pthread_mutex_lock(&c->lock);
	k->got += (int64_t)n;
	(void)pthread_mutex_unlock(&c->lock);
}

void
tl_conn_known(struct tl_conns *c, struct tl_conn *k)
{
	if (!k)
		return;
	(void)pthread_mutex_lock(&c->lock);
	k->known = true;
	(void)pthread_mutex_unlock(&c->lock);
}

void
tl_conn_carries(struct tl_conns *c, struct tl_conn *k, struct tl_stream *stream)
{
	if (!k)
		return;
	(void)pthread_mutex_lock(&c->lock);
	k->stream = stream;
	(void)pthread_mutex_unlock(&c->lock);
}

struct tl_addr
tl_conn_address(const struct tl_conn *k)
{
	return k->from;
}

struct tl_conns_counts
tl_conns_counts(struct tl_conns *c)
{
	(void)pthread_mutex_lock(&c->lock);
	struct tl_conns_counts n = c->n;
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}

/* Looking after them ---------------------------------------------------------------------------------------------- */

static bool
is_slow(const struct tl_conns *c, const struct tl_conn *k, int64_t now)
{
	int64_t us = now - k->since_us;
	switch (k->does) {
	case TL_CONN_TAKES:
		return us > BODY_GRACE_US &&
		       k->got / (us / TL_US_S) < c->conf.body_min_bytes_per_s;
	case TL_CONN_DRAINS:
		return us > DRAIN_US;
	case TL_CONN_ANSWERS:
		return us > ANSWER_US;
	case TL_CONN_WAITS:
	case TL_CONN_WORKS:
	case TL_CONN_STREAMS:
		return false;
	}
	return false;
}

/* Waiting ones stand in order: the first that is in time ends the walk. */
static void
shut_idle(struct tl_conns *c, const struct list *l, int64_t now)
{
	while (l->first && now - l->first->since_us > c->conf.wait_s * TL_US_S)
		shut(c, l->first, &c->n.idle);
}

/*
 * The library does not look at a connection that sleeps, and event streams do almost always. With the lock held;
 * the streams are told without it, because telling takes the library's locks.
 */
static size_t
find_lost(struct tl_conns *c)
{
	size_t found = 0;
	static const short GONE = POLLRDHUP | POLLHUP | POLLERR;
	struct pollfd *p = c->polled;
	nfds_t n = 0;
	for (struct tl_conn *k = c->busy.first; k && n < STREAMS_MAX; k = k->next) {
		if (k->does != TL_CONN_STREAMS || !k->stream)
			continue;
		p[n] = (struct pollfd){.fd = k->fd, .events = POLLRDHUP};
		c->polled_conn[n++] = k;
	}
	if (n == 0 || poll(p, n, 0) <= 0)
		return 0;
	for (nfds_t i = 0; i < n; i++)
		if (p[i].revents & GONE)
			c->lost[found++] = tl_stream_hold(c->polled_conn[i]->stream);
	return found;
}

static void
look(struct tl_conns *c)
{
	int64_t now = tl_mono_us();
	shut_idle(c, &c->strangers, now);
	shut_idle(c, &c->known, now);
	for (struct tl_conn *k = c->busy.first, *next; k; k = next) {
		next = k->next;
		if (is_slow(c, k, now))
			shut(c, k, &c->n.slow);
	}
	size_t n = find_lost(c);
	(void)pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < n; i++)
		tl_stream_lost(c->lost[i]);
	(void)pthread_mutex_lock(&c->lock);
}

static void *
watch(void *arg)
{
	struct tl_conns *c = arg;
	(void)pthread_mutex_lock(&c->lock);
	while (!c->stopping) {
		look(c);
		struct timespec until;
		(void)clock_gettime(CLOCK_REALTIME, &until);
		int64_t ns = until.tv_nsec + LOOK_MS * INT64_C(1000000);
		until.tv_sec += ns / 1000000000;
		until.tv_nsec = ns % 1000000000;
		if (!c->stopping)
			(void)pthread_cond_timedwait(&c->stop_cond, &c->lock, &until);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct tl_conns *
tl_conns_create(const struct tl_conns_conf *conf)
{
	struct tl_conns *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->conf = *conf;
	c->addresses = tl_map_create();
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->stop_cond, NULL);
	if (pthread_create(&c->thread, NULL, watch, c) != 0)
		abort();
	return c;
}

void
tl_conns_destroy(struct tl_conns *c)
{
	if (!c)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stopping = true;
	(void)pthread_cond_signal(&c->stop_cond);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->thread, NULL);
	tl_map_destroy(c->addresses, free);
	(void)pthread_cond_destroy(&c->stop_cond);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
