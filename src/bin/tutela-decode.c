/*
 * tutela-decode: the jail for hostile pictures. Started by a worker or by `tutela hash` with one socket on
 * descriptor 3; argv[1] is "light" or "full" (sys/decode_msg.h). Not for people: it has no other interface.
 * Fails at start when its libraries are missing; refuses each item when the kernel cannot confine it.
 */
#include "decode/decode.h"
#include "sys/jail.h"

#include <stdio.h>

#define CLIENT 3

static const char *const libraries[] = {
    "/usr/lib", "/lib", "/lib64", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", NULL};

int
main(int argc, char **argv)
{
	bool full = argc == 2 && strcmp(argv[1], "full") == 0;
	bool light = argc == 2 && strcmp(argv[1], "light") == 0;
	bool weak;
	if (!full && !light) {
		(void)fprintf(
		    stderr, "tutela-decode is started by tutelad and by tutela hash.\n");
		return 2;
	}
	if (tl_jail_files(libraries, &weak) < 0 || (full && tl_codec_vips_load() < 0)) {
		(void)fprintf(stderr, "tutela-decode: %s\n", tl_err_text());
		return 1;
	}
	if (tl_jail_parent() <
	    0) /* then no item can close its jail either, and each is refused */
		(void)fprintf(stderr, "tutela-decode: %s\n", tl_err_text());
	return tl_zygote_run(CLIENT);
}
