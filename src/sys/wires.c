/*
 * Making, handing over and inheriting the sockets between roles.
 *
 * Promises: descriptors reach exactly the role they are for; everything else stays CLOEXEC. Failures: RETRY when
 * sockets cannot be made, INPUT when the environment is malformed.
 */
#include "sys/wires.h"

#include "sys/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const tl_proc_names[] = {
    "server", "worker", "courier", "clerk", "backup", "finder", NULL};

int
tl_wires_make(int workers, struct tl_wire_box *ret)
{
	if (workers < 1 || workers > TL_WORKERS_MAX)
		return tl_fail(TL_ECONFIG, "workers must be between 1 and %d", TL_WORKERS_MAX);
	struct tl_wire_box box = {.workers = workers};
	for (int i = 0; i < TL_PROC_COUNT; i++) {
		int rc = tl_socketpair(SOCK_DGRAM, box.wake[i]);
		if (rc < 0)
			return rc;
	}
	for (int i = 0; i < workers; i++) {
		int rc = tl_socketpair(SOCK_SEQPACKET, box.request[i]);
		if (rc < 0)
			return rc;
	}
	int rc = tl_socketpair(SOCK_SEQPACKET, box.fetch);
	if (rc < 0)
		return rc;
	*ret = box;
	return 0;
}

struct list {
	int *fds;
	size_t count;
	char *env;
};

static void
add_end(struct list *l, char tag, int n, int fd)
{
	size_t at = strlen(l->env);
	(void)snprintf(
	    l->env + at, TL_WIRES_TEXT - at, "%c%d:%zu ", tag, n, TL_WIRES_FIRST + l->count);
	l->fds[l->count++] = fd;
}

void
tl_wires_list(const struct tl_wire_box *box, enum tl_proc role, int index,
    int ret_fds[TL_WIRES_FDS], size_t *ret_count, char ret_env[TL_WIRES_TEXT])
{
	struct list l = {.fds = ret_fds, .env = ret_env};
	(void)snprintf(ret_env, TL_WIRES_TEXT, "%s=", TL_WIRES_ENV);
	add_end(&l, 'w', 0, box->wake[role][0]);
	for (int i = 0; i < TL_PROC_COUNT; i++)
		add_end(&l, 's', i, box->wake[i][1]);
	if (role == TL_PROC_WORKER)
		add_end(&l, 'q', 0, box->request[index][1]);
	for (int i = 0; role == TL_PROC_SERVER && i < box->workers; i++)
		add_end(&l, 'q', i, box->request[i][0]);
	if (role == TL_PROC_SERVER || role == TL_PROC_COURIER)
		add_end(&l, 'f', 0, box->fetch[role == TL_PROC_COURIER]);
	*ret_count = l.count;
}

static int
take_end(struct tl_wires *w, char tag, int n, int fd)
{
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return tl_fail(
		    TL_EPARSE, "%s names a descriptor that is not open", TL_WIRES_ENV);
	if (tag == 'w') {
		w->wake = fd;
	} else if (tag == 'f') {
		w->fetch = fd;
	} else if (tag == 's' && n < TL_PROC_COUNT) {
		w->wake_to[n] = fd;
	} else if (tag == 'q' && n < TL_WORKERS_MAX) {
		w->request[n] = fd;
		if (n + 1 > w->request_count)
			w->request_count = n + 1;
	} else {
		return tl_fail(TL_EPARSE, "%s is malformed", TL_WIRES_ENV);
	}
	return 0;
}

/* "<tag><n>:<fd>" */
static int
parse_end(struct tl_wires *w, struct tl_str end)
{
	const uint8_t *colon = end.n ? memchr(end.p, ':', end.n) : NULL;
	int64_t n = 0, fd = 0;
	int rc = colon && colon > end.p ? 0 : TL_EPARSE;
	if (rc == 0)
		rc = tl_parse_i64(tl_bytes(end.p + 1, (size_t)(colon - end.p) - 1), 0, 255, &n);
	if (rc == 0)
		rc = tl_parse_i64(
		    tl_bytes(colon + 1, (size_t)(end.p + end.n - colon) - 1), 0, 65535, &fd);
	if (rc < 0)
		return tl_fail(TL_EPARSE, "%s is malformed", TL_WIRES_ENV);
	return take_end(w, (char)end.p[0], (int)n, (int)fd);
}

int
tl_wires_inherit(struct tl_wires *ret)
{
	struct tl_wires w = {.wake = -1, .fetch = -1};
	for (int i = 0; i < TL_PROC_COUNT; i++)
		w.wake_to[i] = -1;
	for (int i = 0; i < TL_WORKERS_MAX; i++)
		w.request[i] = -1;
	const char *at = getenv(TL_WIRES_ENV);
	while (at && *at) {
		size_t n = strcspn(at, " ");
		int rc = parse_end(&w, tl_bytes(at, n));
		if (rc < 0)
			return rc;
		at += n + strspn(at + n, " ");
	}
	(void)unsetenv(TL_WIRES_ENV);
	*ret = w;
	return 0;
}

void
tl_wake(const struct tl_wires *w, enum tl_proc role)
{
	if (w->wake_to[role] >= 0)
		(void)send(w->wake_to[role], "!", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool
tl_wake_drain(const struct tl_wires *w)
{
	bool any = false;
	char c;
	while (w->wake >= 0 && recv(w->wake, &c, sizeof c, MSG_DONTWAIT) > 0)
		any = true;
	return any;
}
