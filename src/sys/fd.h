/*
 * File descriptors: all CLOEXEC; sealed memory files; descriptors passed over sockets; whole reads and writes
 * with a deadline.
 */
#pragma once

#include "base/buf.h"

void tl_fd_close(int *fd); /* closes when >= 0 and sets -1; for TL_CLEANUP */
int tl_fd_take(int *fd);   /* hands it out of a variable that has the cleanup attribute */

/* Lets this process open `count` descriptors; TL_ECONFIG when the hard limit is lower. */
int tl_fd_need(int64_t count) TL_MUST;

/* An anonymous memory file of `data`, sealed against every change. */
int tl_memfd_sealed(const char *name, struct tl_str data, int *ret_fd) TL_MUST;

/* An anonymous memory file of `size` zero bytes, mapped for writing; unmap, then seal it against every change. */
int tl_memfd_new(const char *name, size_t size, int *ret_fd, uint8_t **ret_map) TL_MUST;
int tl_memfd_seal(int fd) TL_MUST;

/* Maps a memory file read-only after checking that it is sealed and of exactly `size` bytes. */
int tl_memfd_map(int fd, size_t size, struct tl_str *ret) TL_MUST;
/* The same, of whatever size up to `max`: EFIELD when it is empty, ETOOBIG. */
int tl_memfd_whole(int fd, size_t max, struct tl_str *ret) TL_MUST;
void tl_memfd_unmap(struct tl_str s);

/* A connected pair of CLOEXEC sockets: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
int tl_socketpair(int type, int ret_fd[2]) TL_MUST;

/*
 * One message with at most one descriptor (`fd` -1: none). Receiving: waits until `deadline_us` (tl_mono_us
 * time, -1 for ever); *ret_n 0 means that the peer is gone; *ret_fd is -1 when none came. RETRY kinds on
 * time-out (TL_ETIME is LIMIT) and on peers that are gone.
 */
int tl_sock_send(int sock, struct tl_str msg, int fd, int64_t deadline_us) TL_MUST;
int tl_sock_recv(
    int sock, void *dst, size_t cap, int64_t deadline_us, size_t *ret_n, int *ret_fd) TL_MUST;

/* Waits for `events` (POLLIN, POLLOUT) until the deadline; TL_ETIME when it passes. */
int tl_fd_wait(int fd, short events, int64_t deadline_us) TL_MUST;

/* All bytes of a file, at most `limit`; appended to `out`. */
int tl_file_read(const char *path, size_t limit, struct tl_buf *out) TL_MUST;

/* Writes a file so that after a crash either the old or the whole new content is there (temporary name,
 * fsync, rename, fsync of the folder). */
int tl_file_write_atomic(const char *path, unsigned mode, struct tl_str data) TL_MUST;

/* Creates a folder with all missing parents (mode 0700). */
int tl_mkdirs(const char *path) TL_MUST;
