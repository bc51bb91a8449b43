/*
 * The receiving half of a jail with a decoder that says what the input says. Included by the fuzz targets of answers, each
 * with its own question and its own view of what may come out.
 */
#pragma once

#include "media/jails.c" /* the receiving half is private to it */

struct answer {
	int receiver, sender;
};

/* The slot that asked; the caller fills its question. */
static inline struct slot *
answer_begin(struct answer *a, enum tl_decoder kind, enum tl_format format)
{
	static struct slot s;
	int pair[2];
	if (tl_socketpair(SOCK_SEQPACKET, pair) < 0)
		abort();
	*a = (struct answer){pair[0], pair[1]};
	s = (struct slot){.kind = kind};
	s.decoder[kind].sock = pair[0];
	s.q = tl_decode_ask_new();
	s.q.id = 7;
	s.q.format = (uint16_t)format;
	s.q.max_pixels = 1 << 20;
	s.q.max_side = 4096;
	return &s;
}

/* `fd`: what carries the payload; -1: nothing does. */
static inline void
answer_send(const struct answer *a, struct tl_str bytes, int fd)
{
	if (tl_sock_send(a->sender, bytes, fd, -1) < 0)
		abort();
}

/* A sealed payload, or -1 for an empty one. */
static inline int
answer_sealed(struct tl_str payload)
{
	int fd = -1;
	if (payload.n && tl_memfd_sealed("fuzz", payload, &fd) < 0)
		abort();
	return fd;
}

static inline void
answer_end(struct answer *a)
{
	tl_fd_close(&a->receiver);
	tl_fd_close(&a->sender);
}
