/*
 * Signals as a descriptor.
 *
 * Promises: no handler runs, ever; a signal is seen by whoever polls the descriptor. Failure: RETRY when the
 * system has no room. Used by every role.
 */
#include "sys/stop.h"

#include "sys/fd.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
tl_stop_open(struct tl_stop *s)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return tl_fail(TL_EIO, "cannot block signals: %m");
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return tl_fail(TL_EIO, "cannot receive signals: %m");
	*s = (struct tl_stop){.fd = fd};
	return 0;
}

void
tl_stop_close(struct tl_stop *s)
{
	tl_fd_close(&s->fd);
}

void
tl_stop_read(struct tl_stop *s)
{
	struct signalfd_siginfo si;
	while (read(s->fd, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo == SIGHUP)
			s->reload = true;
		else
			s->stop = true;
	}
}
