/*
 * The supervisor: starts the roles with their sockets, restarts those that end, stops all in order. It parses
 * nothing, opens no store and faces nobody.
 *
 * Promises: one supervisor a data folder (a lock that the kernel frees); a role that ends is started again with the
 * same sockets, ever more slowly when it keeps ending; on SIGTERM roles end in an order in which nothing accepted
 * is left without its commit. On failure to start a role at all it stops the rest and returns the error.
 */
#include "role/role.h"

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/killpoint.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/spawn.h"
#include "sys/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define CHILDREN_MAX (TL_PROC_COUNT - 1 + TL_WORKERS_MAX)
#define RESTART_FIRST_MS 100
#define RESTART_LONGEST_MS 15000
#define STABLE_US (60 * TL_US_S)
#define STOP_US (20 * TL_US_S)

struct duty {
	enum tl_proc role;
	int index;
	struct tl_child child;
	int64_t started_us; /* monotonic */
	int64_t again_us;   /* monotonic; 0 while it runs */
	int64_t delay_ms;
	int64_t restarts;
};

struct supervisor {
	const struct tl_config *config;
	const char *const *sets;
	size_t set_count;
	bool testing;
	struct tl_wire_box box;
	struct duty duties[CHILDREN_MAX];
	size_t count;
	struct tl_stop stop;
};

#define SETS_MAX 64

static int
start(struct supervisor *s, struct duty *d)
{
	const char *argv[9 + 2 * SETS_MAX];
	char index[16];
	size_t n = 0;
	(void)snprintf(index, sizeof index, "%d", d->index);
	argv[n++] = "tutelad";
	argv[n++] = "--data";
	argv[n++] = s->config->data_dir;
	argv[n++] = "--role";
	argv[n++] = tl_proc_names[d->role];
	argv[n++] = "--index";
	argv[n++] = index;
	for (size_t i = 0; i < s->set_count && i < SETS_MAX; i++) {
		argv[n++] = "--set";
		argv[n++] = s->sets[i];
	}
	if (s->testing)
		argv[n++] = "--testing";
	argv[n] = NULL;

	int fds[TL_WIRES_FDS];
	size_t fd_count = 0;
	char wires[TL_WIRES_TEXT];
	tl_wires_list(&s->box, d->role, d->index, fds, &fd_count, wires);
	/* Only the server tells the service manager that requests are taken. */
	char manager[sizeof TL_NOTIFY_SOCKET + 128];
	const char *at = d->role == TL_PROC_SERVER ? getenv(TL_NOTIFY_SOCKET) : NULL;
	(void)snprintf(manager, sizeof manager, TL_NOTIFY_SOCKET "=%s", at ? at : "");
	const char *const envp[] = {"LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", wires,
	    at ? manager : NULL, NULL};
	struct tl_spawn how = {.argv = argv, .envp = envp, .fds = fds, .fd_count = fd_count};
	int rc = tl_spawn(&how, &d->child);
	if (rc < 0)
		return rc;
	d->started_us = tl_mono_us();
	d->again_us = 0;
	TL_KILLPOINT(ROLE_STARTED);
	return 0;
}

static void
add_duty(struct supervisor *s, enum tl_proc role, int index)
{
	s->duties[s->count++] = (struct duty){
	    .role = role, .index = index, .child = TL_CHILD_NONE, .delay_ms = RESTART_FIRST_MS};
}

static void
child_ended(struct duty *d)
{
	int status = 0;
	int rc = tl_child_wait(&d->child, tl_mono_us() + TL_US_S, &status);
	(void)rc; /* the descriptor said that it has ended */
	TL_KILLPOINT(ROLE_ENDED);
	d->restarts++;
	if (tl_mono_us() - d->started_us > STABLE_US)
		d->delay_ms = RESTART_FIRST_MS;
	tl_log(EV_CHILD_DIED, TL_LWORD("role", tl_proc_names[d->role]),
	    TL_LINT("index", d->index), TL_LINT("status", status),
	    TL_LINT("restarts", d->restarts));
	d->again_us = tl_mono_us() + d->delay_ms * TL_US_MS;
	d->delay_ms =
	    d->delay_ms * 2 > RESTART_LONGEST_MS ? RESTART_LONGEST_MS : d->delay_ms * 2;
	if (d->delay_ms == RESTART_LONGEST_MS)
		tl_log(EV_CHILD_THROTTLED, TL_LWORD("role", tl_proc_names[d->role]),
		    TL_LINT("delay_ms", d->delay_ms));
}

static void
restart_due(struct supervisor *s)
{
	int64_t now = tl_mono_us();
	for (size_t i = 0; i < s->count; i++) {
		struct duty *d = &s->duties[i];
		if (d->again_us == 0 || d->again_us > now)
			continue;
		if (start(s, d) < 0)
			d->again_us = now + d->delay_ms * TL_US_MS;
	}
}

/* Milliseconds until the next restart is due, -1 when none is. */
static int
next_restart(const struct supervisor *s)
{
	int64_t next = -1;
	int64_t now = tl_mono_us();
	for (size_t i = 0; i < s->count; i++) {
		if (s->duties[i].again_us == 0)
			continue;
		int64_t left = s->duties[i].again_us > now ? s->duties[i].again_us - now : 0;
		if (next < 0 || left < next)
			next = left;
	}
	return next < 0 ? -1 : (int)(next / TL_US_MS) + 1;
}

static void
signal_role(struct supervisor *s, enum tl_proc role, int sig)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->duties[i].role == role && s->duties[i].child.pid > 0)
			(void)kill(s->duties[i].child.pid, sig);
	}
}

static void
watch(struct supervisor *s)
{
	while (!s->stop.stop) {
		struct pollfd p[CHILDREN_MAX + 1] = {{.fd = s->stop.fd, .events = POLLIN}};
		for (size_t i = 0; i < s->count; i++)
			p[i + 1] =
			    (struct pollfd){.fd = s->duties[i].child.fd, .events = POLLIN};
		int n = poll(p, s->count + 1, next_restart(s));
		if (n < 0 && errno != EINTR)
			return;
		for (size_t i = 0; n > 0 && i < s->count; i++) {
			if (p[i + 1].revents)
				child_ended(&s->duties[i]);
		}
		if (n > 0 && p[0].revents)
			tl_stop_read(&s->stop);
		for (int role = 0; s->stop.reload && role < TL_PROC_COUNT; role++)
			signal_role(s, (enum tl_proc)role, SIGHUP);
		s->stop.reload = false;
		if (!s->stop.stop)
			restart_due(s);
	}
}

/*
 * The server first, so that nothing new comes in; the clerk late, so that what was decided gets its seal; the copies last,
 * so that they have it all.
 */
static void
stop_all(struct supervisor *s)
{
	static const enum tl_proc order[] = {TL_PROC_SERVER, TL_PROC_FINDER, TL_PROC_WORKER,
	    TL_PROC_COURIER, TL_PROC_CLERK, TL_PROC_BACKUP};
	for (size_t o = 0; o < TL_COUNT(order); o++) {
		signal_role(s, order[o], SIGTERM);
		int64_t deadline = tl_mono_us() + STOP_US;
		for (size_t i = 0; i < s->count; i++) {
			struct duty *d = &s->duties[i];
			int status = 0;
			if (d->role != order[o] || d->child.pid <= 0)
				continue;
			if (tl_child_wait(&d->child, deadline, &status) < 0)
				tl_child_end(
				    &d->child); /* it had its time: its leases make this harmless */
		}
	}
}

/* Holds the data folder for this supervisor and writes its process id for tools. */
static int
lock_folder(const struct tl_config *c, int *ret_fd)
{
	char path[TL_PATH_MAX];
	char text[32];
	int rc = tl_config_path(c, "tutelad.pid", path);
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_fd_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return tl_fail(TL_EIO, "cannot write %s: %m", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return tl_fail(TL_ECONFLICT, "tutelad already runs on %s", c->data_dir);
	int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || write(fd, text, (size_t)n) != n)
		return tl_fail(TL_EIO, "cannot write %s: %m", path);
	*ret_fd = tl_fd_take(&fd);
	return 0;
}

int
tl_supervise(
    const struct tl_config *config, const char *const *sets, size_t set_count, bool testing)
{
	static struct supervisor s;
	s = (struct supervisor){
	    .config = config, .sets = sets, .set_count = set_count, .testing = testing};
	TL_CLEANUP(tl_fd_close) int lock = -1;
	int rc = lock_folder(config, &lock);
	if (rc == 0)
		rc = tl_stop_open(&s.stop);
	if (rc == 0)
		rc = tl_wires_make((int)config->workers, &s.box);
	if (rc == 0)
		rc = tl_killpoint_attach(config->data_dir);
	if (rc < 0)
		return rc;
	if (config->backup_dir[0])
		add_duty(&s, TL_PROC_BACKUP, 0);
	add_duty(&s, TL_PROC_CLERK, 0);
	for (int i = 0; i < (int)config->workers; i++)
		add_duty(&s, TL_PROC_WORKER, i);
	add_duty(&s, TL_PROC_FINDER, 0);
	add_duty(&s, TL_PROC_COURIER, 0);
	add_duty(&s, TL_PROC_SERVER, 0);
	for (size_t i = 0; i < s.count && rc == 0; i++)
		rc = start(&s, &s.duties[i]);
	if (rc == 0)
		watch(&s);
	tl_notify("STOPPING=1");
	stop_all(&s);
	tl_stop_close(&s.stop);
	return rc;
}
