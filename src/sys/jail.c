/*
 * The jail: resource limits, no new privileges, Landlock, seccomp.
 *
 * Promises: after tl_jail_close the process, with all its threads, can compute, use descriptors that it holds, make
 * memory files and threads, and nothing else. Missing Landlock weakens it (reported); missing seccomp refuses it.
 * Called by tutela-decode only; the list of calls is jail.tbl.h.
 */
#include "sys/jail.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* AddressSanitizer reserves terabytes of address space; the other limits hold in its builds too. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* Landlock as of its fifth version; older kernels know a prefix of the struct and fewer rights. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

enum { LL_EXECUTE = 1 << 0, LL_READ_FILE = 1 << 2, LL_READ_DIR = 1 << 3, LL_PATH_BENEATH = 1 };

static struct ruleset
ruleset_of(long abi)
{
	struct ruleset r = {.fs = (1 << 13) - 1};
	if (abi >= 2)
		r.fs |= 1 << 13; /* linking across folders */
	if (abi >= 3)
		r.fs |= 1 << 14; /* truncating */
	if (abi >= 4)
		r.net = 3; /* bind and connect */
	if (abi >= 5)
		r.fs |= 1 << 15; /* ioctl on devices */
	if (abi >= 6)
		r.scoped = 3; /* abstract sockets, signals to others */
	return r;
}

static void
allow_reading(int ruleset_fd, const char *dir)
{
	TL_CLEANUP(tl_fd_close) int fd = open(dir, O_PATH | O_CLOEXEC);
	struct path_rule rule = {LL_EXECUTE | LL_READ_FILE | LL_READ_DIR, fd};
	if (fd >= 0)
		(void)syscall(SYS_landlock_add_rule, ruleset_fd, LL_PATH_BENEATH, &rule, 0);
}

/* `dirs` NULL: no files at all. */
static int
landlock(const char *const *dirs, bool *ret_weak)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	*ret_weak = abi < 1;
	if (abi < 1)
		return 0;
	struct ruleset r = ruleset_of(abi);
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
	TL_CLEANUP(tl_fd_close)
	int fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	if (fd < 0)
		return tl_fail(TL_EPERM, "cannot make a Landlock rule set: %m");
	for (; dirs && *dirs; dirs++)
		allow_reading(fd, *dirs);
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return tl_fail(TL_EPERM, "cannot enter the Landlock rule set: %m");
	return 0;
}

int
tl_jail_files(const char *const *dirs, bool *ret_weak)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return tl_fail(TL_EPERM, "cannot give up new privileges: %m");
	return landlock(dirs, ret_weak);
}

static int
limit(__rlimit_resource_t what, uint64_t n)
{
	struct rlimit r = {.rlim_cur = n, .rlim_max = n};
	if (setrlimit(what, &r) < 0)
		return tl_fail(TL_EPERM, "cannot set resource limit %d: %m", (int)what);
	return 0;
}

static int
limits_set(const struct tl_jail_limits *l)
{
	const struct {
		__rlimit_resource_t what;
		uint64_t n;
	} row[] = {
	    {RLIMIT_CORE, 0},
	    {RLIMIT_AS, SANITIZED ? RLIM_INFINITY : l->memory_bytes},
	    {RLIMIT_FSIZE, l->file_bytes},
	    {RLIMIT_CPU, l->cpu_s},
	    {RLIMIT_NOFILE, l->fds},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int rc = limit(row[i].what, row[i].n);
		if (rc < 0)
			return rc;
	}
	return 0;
}

struct call {
	int number;
	bool parent; /* for the clean parent only */
	uint32_t action;
	bool conditional;
	unsigned arg;
	uint64_t mask, value;
};

static int
allow(scmp_filter_ctx f, const struct call *c)
{
	if (!c->conditional)
		return seccomp_rule_add(f, c->action, c->number, 0);
	struct scmp_arg_cmp when = {
	    .arg = c->arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = c->mask, .datum_b = c->value};
	return seccomp_rule_add_array(f, c->action, c->number, 1, &when);
}

#define ALWAYS(call, act, only) {.number = SCMP_SYS(call), .action = (act), .parent = (only)},
#define WHEN(call, n, m, v, only)                                                              \
	{.number = SCMP_SYS(call),                                                             \
	    .parent = (only),                                                                  \
	    .action = SCMP_ACT_ALLOW,                                                          \
	    .conditional = true,                                                               \
	    .arg = (n),                                                                        \
	    .mask = (m),                                                                       \
	    .value = (v)},

static const struct call calls[] = {
#define J(call) ALWAYS(call, SCMP_ACT_ALLOW, false)
#define JC(call, n, m, v) WHEN(call, n, m, v, false)
#define JE(call, error) ALWAYS(call, SCMP_ACT_ERRNO(error), false)
#define JP(call) ALWAYS(call, SCMP_ACT_ALLOW, true)
#define JPC(call, n, m, v) WHEN(call, n, m, v, true)
#include "sys/jail.tbl.h"
#undef J
#undef JC
#undef JE
#undef JP
#undef JPC
};

/* A filter as the kernel takes it. */
#define CODE_MAX 1024
struct program {
	size_t n;
	struct sock_filter code[CODE_MAX];
};

/* What closes the jail, made once by the parent: making it costs each item more than a small picture does. */
static struct program closing;

static int
read_program(int fd, struct program *ret)
{
	ssize_t n = pread(fd, ret->code, sizeof ret->code, 0);
	if (n <= 0 || (size_t)n == sizeof ret->code || (size_t)n % sizeof *ret->code)
		return tl_fail(TL_EPERM, "the system call filter has an impossible size");
	ret->n = (size_t)n / sizeof *ret->code;
	return 0;
}

static int
compile(bool parent, struct program *ret)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	TL_CLEANUP(tl_fd_close) int fd = memfd_create("filter", MFD_CLOEXEC);
	int rc = f && fd >= 0 ? 0 : -EPERM;
	for (size_t i = 0; rc == 0 && i < sizeof calls / sizeof *calls; i++)
		if (parent || !calls[i].parent)
			rc = allow(f, &calls[i]);
	if (rc == 0)
		rc = seccomp_export_bpf(f, fd);
	if (f)
		seccomp_release(f);
	return rc == 0 ? read_program(fd, ret)
		       : tl_fail(TL_EPERM, "cannot make a system call filter (%d)", rc);
}

/* For all threads; filters of a parent and its child are both in force in the child. */
static int
load(struct program *p)
{
	const struct sock_fprog prog = {.len = (unsigned short)p->n, .filter = p->code};
	long rc =
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
	return rc == 0 ? 0 : tl_fail(TL_EPERM, "cannot load the system call filter: %m");
}

int
tl_jail_parent(void)
{
	bool weak;
	struct program own = {0};
	int rc = tl_jail_files(NULL, &weak);
	if (rc == 0)
		rc = compile(false, &closing);
	if (rc == 0)
		rc = compile(true, &own);
	return rc < 0 ? rc : load(&own);
}

int
tl_jail_close(const struct tl_jail_limits *limits)
{
	bool weak;
	int rc = limits_set(limits);
	if (rc == 0)
		rc = tl_jail_files(NULL, &weak);
	if (rc == 0 && !closing.n)
		rc = compile(false, &closing);
	return rc < 0 ? rc : load(&closing);
}
