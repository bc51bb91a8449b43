/*
 * Runs a program as the service manager would that reads packaging/systemd/tutela.service, as far as that can be had
 * without it: only the system calls named on standard input, no memory that is both writable and executable, only the
 * named address families, no new namespaces, no new privileges, no capabilities, not root.
 *
 *   confine PROGRAM ARGUMENTS…  <list of system calls, one a line
 *
 * A name that this kernel's libseccomp does not know is left out. Fails with 111 before anything runs.
 */
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOBODY 65534
#define FAILED 111

static int
allow_named(scmp_filter_ctx ctx, FILE *names)
{
	char line[128];
	while (fgets(line, sizeof line, names)) {
		line[strcspn(line, "\n")] = '\0';
		int call = seccomp_syscall_resolve_name(line);
		if (call == __NR_SCMP_ERROR || call < 0)
			continue;
		if (call == SCMP_SYS(socket) || call == SCMP_SYS(mmap) ||
		    call == SCMP_SYS(mprotect) || call == SCMP_SYS(clone) ||
		    call == SCMP_SYS(unshare) || call == SCMP_SYS(setns))
			continue;
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 0) < 0)
			return -1;
	}
	return 0;
}

static int
allow_narrowly(scmp_filter_ctx ctx)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
	const uint64_t wx = PROT_WRITE | PROT_EXEC;
	const uint64_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	int rc = 0;
	for (size_t i = 0; i < sizeof families / sizeof *families && rc == 0; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, (uint64_t)families[i], 0));
	const uint64_t some[] = {0, PROT_WRITE, PROT_EXEC};
	for (size_t i = 0; i < sizeof some / sizeof *some && rc == 0; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, wx, some[i]));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, spaces, 0));
	return rc;
}

static int
confine(void)
{
	struct rlimit no_core = {0, 0};
	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return -1;
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = ctx ? allow_named(ctx, stdin) : -1;
	if (rc == 0)
		rc = allow_narrowly(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc;
}

int
main(int argc, char **argv)
{
	if (argc < 2 || confine() < 0) {
		(void)fprintf(
		    stderr, "confine: %s\n", argc < 2 ? "no program" : strerror(errno));
		return FAILED;
	}
	(void)execv(argv[1], argv + 1);
	(void)fprintf(stderr, "confine: %s: %s\n", argv[1], strerror(errno));
	return FAILED;
}
