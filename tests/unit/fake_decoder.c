/*
 * A decoder gone bad, for media_jails.c: speaks the protocol of tutela-decode and breaks it in the way that the
 * fourth byte of the "picture" names. Not part of the product.
 */
#include "base/buf.h"
#include "sys/decode_msg.h"
#include "sys/fd.h"

#include <math.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define CLIENT 3

static int
plain_memfd(struct tl_str data)
{
	int fd = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return write(fd, data.p, data.n) == (ssize_t)data.n ? fd : -1;
}

static void
send_answer(const struct tl_decode_answer *a, int fd)
{
	uint8_t msg[TL_DECODE_ANSWER_BYTES];
	tl_decode_answer_write(msg, a);
	if (tl_sock_send(CLIENT, tl_bytes(msg, sizeof msg), fd, -1) < 0)
		_exit(1);
}

static void
misbehave(uint8_t how, const struct tl_decode_ask *q)
{
	static float samples[TL_DECODE_SAMPLES];
	struct tl_str payload = tl_bytes(samples, sizeof samples);
	struct tl_decode_answer a = tl_decode_answer_new();
	int fd = -1;
	a.id = q->id;
	a.format = q->format;
	a.samples = 1;
	a.width = a.height = 100;
	a.payload_bytes = sizeof samples;
	samples[5] = how == 'n' ? NAN : how == 'b' ? 1e9f : 5;
	a.id += how == 'i';
	a.width = how == 'l' ? 60000 : how == 'z' ? 0 : 100;
	a.preview_width = a.preview_height = how == 'p' ? 10 : 0;
	a.payload_bytes += how == 's' ? 4 : 0;
	a.reason = how == 'r' ? TL_DECODE_REASONS : how == 'f' ? TL_DECODE_CORRUPT : 0;
	a.orientation = how == 'o' ? 9 : 0;
	a.magic += how == 'm';
	if (how == 'u')
		fd = plain_memfd(payload);
	else if (how != 'd' && tl_memfd_sealed("fake", payload, &fd) < 0)
		_exit(1);
	if (how == 'c')
		_exit(0);
	if (how == 'k')
		(void)raise(SIGSEGV);
	if (how == 'h')
		for (;;)
			(void)pause();
	if (how == 'w') { /* works until its deadline, and says so */
		(void)usleep((q->quick_ms ? q->quick_ms : q->deadline_ms) * 1000);
		a = tl_decode_answer_new();
		a.id = q->id;
		a.reason = TL_DECODE_TIMEOUT;
		tl_fd_close(&fd);
	}
	static const uint8_t big[4000];
	int rc = 0;
	if (how == 't')
		rc = tl_sock_send(CLIENT, TL_S("short"), -1, -1);
	else if (how == 'x')
		rc = tl_sock_send(CLIENT, tl_bytes(big, sizeof big), fd, -1);
	else
		send_answer(&a, fd);
	if (rc < 0)
		_exit(1);
	if (how == '2')
		send_answer(&a, fd);
	tl_fd_close(&fd);
}

int
main(void)
{
	for (;;) {
		uint8_t msg[TL_DECODE_ASK_BYTES];
		struct tl_decode_ask q;
		struct tl_str file;
		size_t n = 0;
		int fd = -1;
		if (tl_sock_recv(CLIENT, msg, sizeof msg, -1, &n, &fd) < 0 || n == 0 ||
		    tl_decode_ask_read(tl_bytes(msg, n), &q) < 0 ||
		    tl_memfd_map(fd, q.size, &file) < 0)
			return 0;
		misbehave(file.n > 3 ? file.p[3] : 0, &q);
		tl_memfd_unmap(file);
		tl_fd_close(&fd);
	}
}
