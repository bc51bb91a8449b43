/*
 * Proof that a process with FFmpeg and chromaprint in it is confined as promised once its jail is closed: whatever these
 * libraries brought along, it opens no file, has no network, starts no program, makes no code. Each probe is a process of
 * its own; the same probe without the jail shows that it works.
 */
#include "decode/decode.h"

#include "unit_jail.h"

#include <sys/socket.h>

static int
probe_library(void)
{
	return unit_probe_opened(open("/usr/lib/os-release", O_RDONLY | O_CLOEXEC));
}

static int
probe_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ? DONE : 1;
}

static const char *const libraries[] = {"/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache", NULL};

static int
enter(bool jailed)
{
	const struct tl_jail_limits limits = {.memory_bytes = (uint64_t)2 << 30,
	    .file_bytes = TL_DECODE_PAYLOAD_MAX,
	    .cpu_s = 5,
	    .fds = 16};
	bool weak;
	int rc = jailed ? tl_jail_files(libraries, &weak) : 0;
	if (rc == 0)
		rc = tl_film_load();
	return rc == 0 && jailed ? tl_jail_close(&limits) : rc;
}

static void
t_files_stay_closed(void **state)
{
	(void)state;
	unit_assert_refused(enter, unit_probe_openat);
	unit_assert_refused(enter, probe_library);
}

static void
t_sockets_programs_children_and_code_end_the_process(void **state)
{
	(void)state;
	unit_assert_killed(enter, probe_socket);
	unit_assert_killed(enter, unit_probe_execve);
	unit_assert_killed(enter, unit_probe_fork);
	unit_assert_killed(enter, unit_probe_exec_mapping);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_files_stay_closed),
	    cmocka_unit_test(t_sockets_programs_children_and_code_end_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
