/*
 * The clean parent of the items' processes.
 *
 * Promises: never looks at a file's bytes; each item has a fresh process, which can answer once and is dead before
 * the next question is read; an item that crashes or overruns becomes an answer that says so, one that takes long
 * yields the processor. It ends when its
 * client goes away. The client is trusted (a malformed question is a defect and ends this process); items are not.
 */
#include "decode/decode.h"

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOW_NICE 5 /* a third of an even share; less could cost a large picture its deadline */

struct item {
	struct tl_decode_ask q;
	int file_fd;
	int sock; /* our end */
	pid_t pid;
};

static int
start(struct item *i, int client, uint64_t program_bytes)
{
	int pair[2];
	int rc = tl_socketpair(SOCK_SEQPACKET, pair);
	if (rc < 0)
		return rc;
	i->pid = fork();
	if (i->pid == 0) {
		(void)close(pair[0]);
		(void)close(client);
		tl_item_run(pair[1], i->file_fd, &i->q, program_bytes);
	}
	(void)close(pair[1]);
	i->sock = pair[0];
	return i->pid > 0 ? 0 : tl_fail(TL_EAGAIN, "cannot start a process: %m");
}

/* Ends the item's process and tells how it had ended if nobody ended it. */
static int
finish(struct item *i)
{
	int status = 0;
	(void)kill(i->pid, SIGKILL);
	while (waitpid(i->pid, &status, 0) < 0)
		;
	tl_fd_close(&i->sock);
	tl_fd_close(&i->file_fd);
	return status;
}

static enum tl_decode_reason
reason_of_end(int status, bool late)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == TL_EXIT_NO_JAIL)
		return TL_DECODE_NO_JAIL;
	if (late || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		return TL_DECODE_TIMEOUT;
	return TL_DECODE_CRASHED;
}

static int
report(int client, const struct tl_decode_ask *q, enum tl_decode_reason why)
{
	uint8_t msg[TL_DECODE_ANSWER_BYTES];
	struct tl_decode_answer a = tl_decode_answer_new();
	a.id = q->id;
	a.reason = (uint16_t)why;
	tl_decode_answer_write(msg, &a);
	return tl_sock_send(client, tl_bytes(msg, sizeof msg), -1, -1);
}

/* Processor time of a child. clock_getcpuclockid gives this number too, but with a call that the jail denies. */
static int64_t
used_us(pid_t pid)
{
	struct timespec t = {0};
	clockid_t clock = (clockid_t)((~(unsigned)pid << 3) | 2u);
	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * TL_US_S + t.tv_nsec / 1000;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * The item's answer. One that takes long gets from then on what others leave of the processor; one that was to be
 * quick comes back. Both by the processor time that it used, so that a busy machine makes no picture long.
 */
static int
await(const struct item *i, uint8_t *msg, size_t cap, size_t *ret_n, int *ret_fd)
{
	const int64_t slow = (int64_t)TL_DECODE_SLOW_MS * TL_US_MS;
	const int64_t quick = i->q.quick_ms ? (int64_t)i->q.quick_ms * TL_US_MS : INT64_MAX;
	int64_t now = tl_mono_us(), until = now + (int64_t)i->q.deadline_ms * TL_US_MS;
	if (i->q.quick_ms)
		until = least(until, now + TL_DECODE_QUICK_WALL * quick);
	for (bool gives_way = false;;) {
		int64_t used = used_us(i->pid);
		if (used >= quick)
			return TL_ETIME;
		if (used >= slow && !gives_way) {
			(void)setpriority(PRIO_PROCESS, (id_t)i->pid, SLOW_NICE);
			gives_way = true;
		}
		int64_t next = least(gives_way ? INT64_MAX : slow - used, quick - used);
		next = next < until - now ? now + next + TL_US_MS : until;
		int rc = tl_sock_recv(i->sock, msg, cap, next, ret_n, ret_fd);
		now = tl_mono_us();
		if (rc != TL_ETIME || now >= until)
			return rc;
	}
}

/* One answer, passed on as it is: the client checks it. */
static int
serve(int client, struct item *i, uint64_t program_bytes)
{
	if (start(i, client, program_bytes) < 0)
		return report(client, &i->q, TL_DECODE_CRASHED);
	uint8_t msg[TL_DECODE_ANSWER_BYTES];
	size_t n = 0;
	TL_CLEANUP(tl_fd_close) int fd = -1;
	int rc = await(i, msg, sizeof msg, &n, &fd);
	if (rc == 0 &&
	    n == 0) { /* ended without an answer: by itself, so wait before the kill */
		siginfo_t info;
		(void)waitid(P_PID, (id_t)i->pid, &info, WEXITED | WNOWAIT);
	}
	if (rc == 0 && n > 0)
		rc = tl_sock_send(client, tl_bytes(msg, n), fd, -1);
	int status = finish(i);
	if (n > 0)
		return rc;
	return report(client, &i->q, reason_of_end(status, rc == TL_ETIME));
}

int
tl_zygote_run(int client, uint64_t program_bytes)
{
	for (;;) {
		uint8_t msg[TL_DECODE_ASK_BYTES];
		size_t n = 0;
		struct item i = {.file_fd = -1, .sock = -1};
		if (tl_sock_recv(client, msg, sizeof msg, -1, &n, &i.file_fd) < 0 || n == 0)
			return n != 0;
		if (tl_decode_ask_read(tl_bytes(msg, n), &i.q) < 0 || i.file_fd < 0)
			return 1;
		if (serve(client, &i, program_bytes) < 0)
			return 1;
	}
}
