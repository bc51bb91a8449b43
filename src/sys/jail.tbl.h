/*
 * What a jailed process may still call. J(call): freely. JC(call, argument, mask, value): only when the argument,
 * masked, has that value. JE(call, errno): fails with that error instead of ending the process. JP and JPC: likewise,
 * but only for the clean parent that forks the jailed ones and never looks at their bytes.
 * Everything else ends the process. Each row says who needs it.
 */
J(read)
J(write)
J(recvmsg)
J(sendmsg)
J(close)
J(fstat)
J(lseek)
J(poll)
J(ppoll)
JC(newfstatat, 3, ~0ul, AT_EMPTY_PATH) /* how the C library spells fstat */
J(brk)
JC(mmap, 2, PROT_EXEC, 0)
JC(mprotect, 2, PROT_EXEC, 0)
J(munmap)
J(mremap)
J(madvise)
J(futex)
J(clock_gettime)
J(clock_nanosleep)
J(nanosleep)
J(gettimeofday)
J(getrandom)
J(sched_yield)
J(exit)
J(exit_group)
J(rt_sigreturn)
J(rt_sigaction) /* the first thread */
J(sigaltstack)  /* sanitizers, when a thread ends */
J(rt_sigprocmask)
J(set_robust_list)
J(rseq)
J(getpid)            /* AVIF */
J(gettid)            /* abort() */
J(sched_getaffinity) /* AVIF */
J(memfd_create)      /* the answer */
J(ftruncate)
JC(fcntl, 1, ~0ul, F_ADD_SEALS)
JC(fcntl, 1, ~0ul, F_GET_SEALS)
JC(ioctl, 1, ~0ul, TCGETS)      /* stdio asks whether it is a terminal */
JC(prctl, 0, ~0ul, PR_SET_NAME) /* thread names */
JC(prctl, 0, ~0ul, PR_SET_VMA)  /* the C library names its heaps */
JC(clone, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM)
JE(clone3, ENOSYS) /* its flags lie in memory: the C library falls back to clone */
JE(open, EACCES)   /* libraries look for files and take no for an answer */
JE(openat, EACCES)
JE(access, EACCES)
JE(stat, EACCES)
JE(readlink, EACCES)
JE(getpeername, ENOTSOCK) /* GLib asks where standard error goes before it complains */
JE(sysinfo, EPERM)
JE(getcpu, EPERM)
JE(tgkill, EPERM)          /* abort(): falls through to an illegal instruction */
JPC(clone, 0, CLONE_VM, 0) /* fork */
JP(wait4)
JP(waitid)
JP(kill)
JPC(setpriority, 0, ~0ul, PRIO_PROCESS) /* of a slow one */
JP(socketpair)
JP(dup2)
JPC(prctl, 0, ~0ul, PR_SET_PDEATHSIG)
JPC(prctl, 0, ~0ul, PR_SET_NO_NEW_PRIVS)
JP(landlock_create_ruleset)
JP(landlock_restrict_self)
JP(prlimit64)
JP(setrlimit)
JP(seccomp)
