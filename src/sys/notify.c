/*
 * Owns the words to a service manager: nothing is kept between calls.
 *
 * Promises: never waits and never fails its caller; without a manager it does nothing. Both kinds of address are known,
 * a path and an abstract name that begins with '@'. Called by the supervisor and the server.
 */
#include "sys/notify.h"

#include "sys/fd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

void
tl_notify(const char *state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *name = getenv(TL_NOTIFY_SOCKET);
	size_t n = name ? strlen(name) : 0;
	if (n < 2 || n > sizeof to.sun_path || (name[0] != '/' && name[0] != '@'))
		return;
	memcpy(to.sun_path, name, n);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	TL_CLEANUP(tl_fd_close)
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	(void)sendto(
	    fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
}
