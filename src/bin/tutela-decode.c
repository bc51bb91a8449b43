/*
 * tutela-decode: the jail for hostile pictures, videos and sounds. Started by a worker or by `tutela hash` with one socket on
 * descriptor 3; argv[1] is "light", "full", "film" or "encode" (sys/decode_msg.h). Not for people: it has no other interface.
 * Fails at start when its libraries are missing; refuses each item when the kernel cannot confine it.
 */
#include "decode/decode.h"
#include "sys/fd.h"
#include "sys/jail.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLIENT 3
#define PROGRAM_BYTES ((uint64_t)256 << 20)

static const char *const libraries[] = {
    "/usr/lib", "/lib", "/lib64", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", NULL};

/* Before the jail: nothing of /proc can be opened in it. */
static int
statm_open(void)
{
	return open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

/* The address space of this process; what a full decoder once took when the kernel does not say. */
static uint64_t
statm_read(int fd)
{
	char text[64] = "";
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
	tl_fd_close(&fd);
	unsigned long long pages = n > 0 ? strtoull(text, NULL, 10) : 0;
	return pages ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : PROGRAM_BYTES;
}

int
main(int argc, char **argv)
{
	int statm = statm_open();
	const char *kind = argc == 2 ? argv[1] : "";
	bool full = strcmp(kind, "full") == 0, light = strcmp(kind, "light") == 0;
	bool film = strcmp(kind, "film") == 0 || strcmp(kind, "encode") == 0;
	bool weak;
	if (!full && !light && !film) {
		(void)fprintf(
		    stderr, "tutela-decode is started by tutelad and by tutela hash.\n");
		return 2;
	}
	if (tl_jail_files(libraries, &weak) < 0 || (full && tl_codec_vips_load() < 0) ||
	    (film && tl_film_load() < 0)) {
		(void)fprintf(stderr, "tutela-decode: %s\n", tl_err_text());
		return 1;
	}
	uint64_t program_bytes = statm_read(statm);
	if (tl_jail_parent() <
	    0) /* then no item can close its jail either, and each is refused */
		(void)fprintf(stderr, "tutela-decode: %s\n", tl_err_text());
	return tl_zygote_run(CLIENT, program_bytes);
}
