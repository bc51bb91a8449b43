/*
 * Child programs: started with a clean environment and exactly the descriptors that they are given, watched
 * through a descriptor, killed when their parent dies.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct tl_child {
	pid_t pid; /* 0: none */
	int fd;    /* readable once the child has ended; -1: none */
};

#define TL_CHILD_NONE ((struct tl_child){.pid = 0, .fd = -1})

struct tl_spawn {
	const char *path;        /* the program, or NULL for the running one */
	const char *const *argv; /* NULL-terminated, with the name in front */
	const char *const
	    *envp;       /* NULL-terminated "NAME=value"; NULL: only LANG, PATH and TZ */
	const int *fds;  /* become 3, 4, … in the child */
	size_t fd_count; /* at most TL_SPAWN_FDS */
};

#define TL_SPAWN_FDS 64

/*
 * Standard input and output are /dev/null, standard error is shared. The child dies with the *thread* that
 * started it, so start children from the main thread. RETRY when the system has no room, STATE when the program
 * cannot be run (found out at once: the call returns after the child's exec).
 */
int tl_spawn(const struct tl_spawn *how, struct tl_child *ret) TL_MUST;

/* Waits for the end and forgets the child; *ret_status is as of wait(2). TL_ETIME when the deadline passes. */
int tl_child_wait(struct tl_child *c, int64_t deadline_us, int *ret_status) TL_MUST;

/* Kills if need be, waits, forgets. For TL_CLEANUP too. Fine on TL_CHILD_NONE. */
void tl_child_end(struct tl_child *c);

/* The folder of the running program with its slash, and another program in it. LIMIT when too long. */
int tl_program_beside(const char *name, char *dst, size_t cap) TL_MUST;
