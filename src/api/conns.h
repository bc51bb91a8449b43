/*
 * The connections of one HTTP server: what each is doing since when, who it is, and when it must go. The library
 * calls tl_conn_opened and tl_conn_closed; the core says what a connection does; a thread of ours looks after them.
 */
#pragma once

#include "sys/addr.h"

struct tl_conn;
struct tl_conns;
struct tl_stream;

enum tl_conn_does {
	TL_CONN_WAITS,   /* for the client's next head, whole */
	TL_CONN_TAKES,   /* a body arrives */
	TL_CONN_DRAINS,  /* a refused body arrives and is dropped */
	TL_CONN_WORKS,   /* we owe the answer */
	TL_CONN_ANSWERS, /* the client takes the answer */
	TL_CONN_STREAMS, /* the client takes an answer without end */
};

struct tl_conns_conf {
	int most;             /* connections in all */
	int most_per_address; /* 0: no limit of its own */
	int wait_s;           /* for a whole head, counted from the answer before it */
	int64_t body_min_bytes_per_s;
	const struct tl_net *trusted; /* proxies: no limit of their own */
	size_t trusted_count;
};

struct tl_conns_counts {
	int64_t open, refused, slow, idle, crowded;
};

struct tl_conns *tl_conns_create(const struct tl_conns_conf *conf);
void tl_conns_destroy(struct tl_conns *c); /* all connections are closed; NULL is fine */

/* Whether one more may come in from there. */
bool tl_conns_room(struct tl_conns *c, const struct tl_addr *from);
struct tl_conn *tl_conn_opened(struct tl_conns *c, int fd, const struct tl_addr *from);
void tl_conn_closed(struct tl_conns *c, struct tl_conn *conn);
void tl_conn_now(struct tl_conns *c, struct tl_conn *conn, enum tl_conn_does does);
/* Bytes of a body came in. */
void tl_conn_got(struct tl_conns *c, struct tl_conn *conn, size_t n);
/* A key or a session was shown on it: it goes last when there is no room. */
void tl_conn_known(struct tl_conns *c, struct tl_conn *conn);
/* The stream that it carries; NULL once that is over. */
void tl_conn_carries(struct tl_conns *c, struct tl_conn *conn, struct tl_stream *stream);
struct tl_addr tl_conn_address(const struct tl_conn *conn);

struct tl_conns_counts tl_conns_counts(struct tl_conns *c);
