/*
 * Descriptors, memory files, messages with deadlines.
 *
 * Promises: every descriptor made here is CLOEXEC; a received memory file is used only when sealed and of the
 * announced size. Failures are RETRY (peer, I/O) or LIMIT (time, size).
 */
#include "sys/fd.h"

#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void
tl_fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int
tl_fd_take(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static int
write_all(int fd, struct tl_str data)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tl_fail(errno == ENOSPC || errno == EDQUOT ? TL_EFULL : TL_EIO,
			    "writing failed: %m");
		data.p += n;
		data.n -= (size_t)n;
	}
	return 0;
}

int
tl_fd_need(int64_t count)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return tl_fail(TL_EIO, "cannot read the limit of open files: %m");
	if (r.rlim_cur >= (rlim_t)count)
		return 0;
	if (r.rlim_max < (rlim_t)count)
		return tl_fail(TL_ECONFIG,
		    "connections_max needs %lld open files and the system allows %lld "
		    "(LimitNOFILE, "
		    "ulimit -n)",
		    (long long)count, (long long)r.rlim_max);
	r.rlim_cur = (rlim_t)count;
	if (setrlimit(RLIMIT_NOFILE, &r) < 0)
		return tl_fail(TL_EIO, "cannot raise the limit of open files: %m");
	return 0;
}

int
tl_memfd_sealed(const char *name, struct tl_str data, int *ret_fd)
{
	TL_CLEANUP(tl_fd_close) int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return tl_fail(TL_EIO, "cannot make a memory file: %m");
	int rc = write_all(fd, data);
	if (rc < 0)
		return rc;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return tl_fail(TL_EIO, "cannot seal a memory file: %m");
	*ret_fd = tl_fd_take(&fd);
	return 0;
}

int
tl_memfd_new(const char *name, size_t size, int *ret_fd, uint8_t **ret_map)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *p = MAP_FAILED;
	if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		tl_fd_close(&fd);
		return tl_fail(TL_EIO, "cannot make a memory file of %zu bytes", size);
	}
	*ret_map = p;
	*ret_fd = fd;
	return 0;
}

int
tl_memfd_seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, SEALS) < 0
		   ? tl_fail(TL_EIO, "cannot seal a memory file: %m")
		   : 0;
}

int
tl_memfd_map(int fd, size_t size, struct tl_str *ret)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) < 0)
		return tl_fail(TL_EPEER, "the memory file is not sealed");
	if (st.st_size < 0 || (size_t)st.st_size != size || size == 0)
		return tl_fail(TL_EPEER, "the memory file has another size than announced");
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return tl_fail(TL_EIO, "cannot map a memory file: %m");
	*ret = (struct tl_str){p, size};
	return 0;
}

int
tl_memfd_whole(int fd, size_t max, struct tl_str *ret)
{
	struct stat st;
	if (fstat(fd, &st) < 0 || st.st_size <= 0)
		return tl_fail(TL_EFIELD, "the file is empty");
	if ((size_t)st.st_size > max)
		return tl_fail(TL_ETOOBIG, "the file is larger than the limit");
	return tl_memfd_map(fd, (size_t)st.st_size, ret);
}

void
tl_memfd_unmap(struct tl_str s)
{
	if (s.n) {
		union {
			const uint8_t *in;
			void *out;
		} p = {.in = s.p}; /* munmap wants a pointer without const */
		(void)munmap(p.out, s.n);
	}
}

int
tl_socketpair(int type, int ret_fd[2])
{
	int fd[2];
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fd) < 0)
		return tl_fail(TL_EIO, "cannot make a socket pair: %m");
	ret_fd[0] = fd[0];
	ret_fd[1] = fd[1];
	return 0;
}

int
tl_fd_wait(int fd, short events, int64_t deadline_us)
{
	for (;;) {
		int timeout = -1;
		if (deadline_us >= 0) {
			int64_t left = deadline_us - tl_mono_us();
			timeout = left <= 0               ? 0
				  : left > 3600 * TL_US_S ? 3600000
							  : (int)((left + 999) / 1000);
		}
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, timeout);
		if (n > 0)
			return 0;
		if (n == 0 && deadline_us >= 0 && tl_mono_us() >= deadline_us)
			return tl_fail(TL_ETIME, "the deadline has passed");
		if (n < 0 && errno != EINTR)
			return tl_fail(TL_EIO, "waiting failed: %m");
	}
}

int
tl_sock_send(int sock, struct tl_str msg, int fd, int64_t deadline_us)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	union {
		const uint8_t *in;
		void *out;
	} p = {.in = msg.p}; /* iovec has no const */
	struct iovec iov = {.iov_base = p.out, .iov_len = msg.n};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	if (fd >= 0) {
		mh.msg_control = control.buf;
		mh.msg_controllen = sizeof control.buf;
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	for (;;) {
		ssize_t n = sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0 && (size_t)n == msg.n)
			return 0;
		if (n >= 0)
			return tl_fail(TL_EPEER, "a message was cut");
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return tl_fail(TL_EPEER, "sending failed: %m");
		int rc = tl_fd_wait(sock, POLLOUT, deadline_us);
		if (rc < 0)
			return rc;
	}
}

int
tl_sock_recv(int sock, void *dst, size_t cap, int64_t deadline_us, size_t *ret_n, int *ret_fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {.iov_base = dst, .iov_len = cap};
	struct msghdr mh = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.buf,
	    .msg_controllen = sizeof control.buf};
	int rc = tl_fd_wait(sock, POLLIN, deadline_us);
	if (rc < 0)
		return rc;
	ssize_t n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return tl_fail(errno == EAGAIN || errno == EINTR ? TL_EAGAIN : TL_EPEER,
		    "receiving failed: %m");
	TL_CLEANUP(tl_fd_close) int fd = -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	if (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return tl_fail(TL_EPEER, "a message is larger than announced");
	*ret_n = (size_t)n;
	*ret_fd = tl_fd_take(&fd);
	return 0;
}

int
tl_file_read(const char *path, size_t limit, struct tl_buf *out)
{
	TL_CLEANUP(tl_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return tl_fail(
		    errno == ENOENT ? TL_ENOTFOUND : TL_EIO, "cannot open %s: %m", path);
	size_t total = 0;
	for (;;) {
		uint8_t *to = tl_buf_room(out, 65536);
		if (!to)
			return tl_fail(TL_ETOOBIG, "%s is larger than the buffer", path);
		ssize_t n = read(fd, to, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tl_fail(TL_EIO, "cannot read %s: %m", path);
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > limit)
			return tl_fail(TL_ETOOBIG, "%s is larger than %zu bytes", path, limit);
		tl_buf_grew(out, (size_t)n);
	}
}

int
tl_mkdirs(const char *path)
{
	char part[4096];
	int rc = tl_str_copy(part, sizeof part, tl_str(path));
	if (rc < 0)
		return rc;
	for (char *p = part + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char keep = *p;
		*p = 0;
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return tl_fail(TL_EIO, "cannot make the folder %s: %m", part);
		*p = keep;
		if (!keep)
			return 0;
	}
}
