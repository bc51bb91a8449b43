/*
 * The jail for code that touches hostile bytes. In this order, in the process that is to be jailed:
 *   tl_jail_files(…)    before any thread exists: may read libraries, nothing else
 *   … load and warm up libraries …
 *   tl_jail_close(…)    limits, no files at all, system calls denied but for a short list
 * After that openat fails with EACCES; socket, execve, ptrace, io_uring_setup, mappings with PROT_EXEC and every
 * call that is not listed in jail.tbl.h end the process. Without seccomp tl_jail_close fails: then do not decode.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct tl_jail_limits {
	uint64_t memory_bytes; /* address space */
	uint64_t file_bytes;   /* largest memory file that it can make */
	uint32_t cpu_s;
	uint32_t fds;
};

/*
 * No new privileges, and Landlock (where the kernel has it): reading and running only below `dirs`
 * (NULL-terminated; missing ones are skipped), no writing anywhere. *ret_weak: the kernel lacks Landlock.
 */
int tl_jail_files(const char *const *dirs, bool *ret_weak) TL_MUST;

/* For a parent that will fork jailed processes: the same, but it may fork, watch and kill, and close jails. */
int tl_jail_parent(void) TL_MUST;

/* Closes the jail for all threads. DENIED when the kernel cannot do it. */
int tl_jail_close(const struct tl_jail_limits *limits) TL_MUST;
