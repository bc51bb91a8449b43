/*
 * A library that is loaded before the C library (LD_PRELOAD): it records what all roles do to the data folder, and
 * fails or slows it when a test asks. SQLite and our own code call the same few functions, so nothing escapes; the
 * test compares the replayed record with the real folder.
 *
 * Promises: a call is recorded before it returns; without TUTELA_SHIM_DIR nothing is changed. The wal-index (-shm)
 * is not recorded: it does not outlive a power cut. Failure to record ends the process. Loaded by tests/crash only.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS_MAX 65536
#define MAPS_MAX 16
#define IS_FOLDER 0x10U
#define IS_INDEX 0x20U /* -shm */

/* What an open descriptor is: 0, or the class of its file. */
static _Atomic uint8_t classes[FDS_MAX];
static char root[PATH_MAX];
static size_t root_len;
static int record_fd = -1;
static struct shim_faults no_faults;
static struct shim_faults *faults = &no_faults;

/* Shared mappings of recorded files (the clock), for msync. */
static struct {
	const char *at;
	size_t n;
	int fd;
} maps[MAPS_MAX];

/* Start -------------------------------------------------------------------------------------------------------- */

static int
open_high(const char *path, int flags)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 900);
	if (high < 0) {
		(void)dprintf(2, "shim: cannot open %s\n", path);
		_exit(99);
	}
	(void)syscall(SYS_close, fd);
	return high;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *dir = getenv("TUTELA_SHIM_DIR");
	const char *record = getenv("TUTELA_SHIM_RECORD");
	const char *page = getenv("TUTELA_SHIM_FAULTS");
	if (!dir || strlen(dir) >= sizeof root)
		return;
	memcpy(root, dir, strlen(dir) + 1);
	root_len = strlen(root);
	if (record)
		record_fd = open_high(record, O_WRONLY | O_APPEND);
	if (page) {
		int fd = open_high(page, O_RDWR);
		void *p = (void *)syscall(
		    SYS_mmap, NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED)
			_exit(99);
		faults = p;
		(void)syscall(SYS_close, fd);
	}
}

/* Names -------------------------------------------------------------------------------------------------------- */

/* The name within the data folder, or NULL for what lies elsewhere. */
static const char *
inside(const char *path)
{
	if (!root_len || !path || strncmp(path, root, root_len) != 0)
		return NULL;
	path += root_len;
	if (*path == 0)
		return path;
	if (*path != '/')
		return NULL;
	while (*path == '/')
		path++;
	return path;
}

static bool
ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);
	return n >= m && strcmp(name + n - m, with) == 0;
}

static uint8_t
class_of(const char *name)
{
	if (strncmp(name, "store.db", 8) == 0)
		return ends(name, "-shm") ? SHIM_STORE | IS_INDEX : SHIM_STORE;
	if (strncmp(name, "keys.db", 7) == 0)
		return ends(name, "-shm") ? SHIM_KEYS | IS_INDEX : SHIM_KEYS;
	return strncmp(name, "blobs/", 6) == 0 ? SHIM_BLOBS : SHIM_OTHER;
}

static uint8_t
class_fd(int fd)
{
	return fd >= 0 && fd < FDS_MAX ? atomic_load(&classes[fd]) : 0;
}

/* Records ------------------------------------------------------------------------------------------------------ */

static void
put(enum shim_kind kind, unsigned flags, uint64_t inode, int64_t offset, const char *name,
    const char *other, const void *bytes, size_t n)
{
	int kept = errno;
	if (record_fd < 0)
		return;
	struct shim_head h = {.magic = SHIM_MAGIC,
	    .kind = (uint16_t)kind,
	    .flags = (uint16_t)flags,
	    .pid = (uint32_t)getpid(),
	    .name_bytes = (uint16_t)strlen(name),
	    .other_bytes = (uint16_t)strlen(other),
	    .inode = inode,
	    .offset = offset,
	    .bytes = n};
	struct iovec v[4] = {{&h, sizeof h}, {(void *)(uintptr_t)name, h.name_bytes},
	    {(void *)(uintptr_t)other, h.other_bytes}, {(void *)(uintptr_t)bytes, n}};
	size_t want = sizeof h + h.name_bytes + h.other_bytes + n;
	if (syscall(SYS_writev, record_fd, v, 4) != (long)want) {
		(void)dprintf(2, "shim: cannot record\n");
		_exit(99);
	}
	errno = kept;
}

static uint64_t
inode_of(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static bool
recorded(int fd)
{
	uint8_t c = class_fd(fd);
	return record_fd >= 0 && c && !(c & IS_INDEX);
}

/* Names change one at a time, each with its record: nobody can see a file before the record knows it. */
static pthread_mutex_t names_mutex = PTHREAD_MUTEX_INITIALIZER;

static void
names_lock(void)
{
	int kept = errno;
	(void)pthread_mutex_lock(&names_mutex);
	if (record_fd >= 0)
		(void)flock(record_fd, LOCK_EX);
	errno = kept;
}

static void
names_unlock(void)
{
	int kept = errno;
	if (record_fd >= 0)
		(void)flock(record_fd, LOCK_UN);
	(void)pthread_mutex_unlock(&names_mutex);
	errno = kept;
}

/* Faults ------------------------------------------------------------------------------------------------------- */

static bool
hit(uint8_t class)
{
	if (!(faults->files & class))
		return false;
	__atomic_add_fetch(&faults->hits, 1, __ATOMIC_RELAXED);
	return true;
}

/* 0, or -1 with errno set: whether a write up to `end` is refused. */
static int
refuse_write(int fd, int64_t end)
{
	uint8_t c = class_fd(fd);
	struct stat st;
	if (faults->write_errno && !(c & IS_INDEX) && hit(c)) {
		errno = (int)faults->write_errno;
		return -1;
	}
	if (faults->grow_errno && fstat(fd, &st) == 0 && end > st.st_size && hit(c)) {
		errno = (int)faults->grow_errno;
		return -1;
	}
	return 0;
}

/* A name that is made, moved or taken away. */
static int
refuse_name(const char *name, bool grows)
{
	if (name && faults->write_errno && hit(class_of(name))) {
		errno = (int)faults->write_errno;
		return -1;
	}
	if (name && grows && faults->grow_errno && hit(class_of(name))) {
		errno = (int)faults->grow_errno;
		return -1;
	}
	return 0;
}

/* Opening ------------------------------------------------------------------------------------------------------ */

static int
opened_inside(const char *name, const char *path, int flags, mode_t mode)
{
	struct stat st;
	bool is_new = (flags & O_CREAT) && stat(path, &st) < 0;
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	if ((writes || is_new) && refuse_name(name, is_new) < 0)
		return -1;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (fd < 0 || fd >= FDS_MAX || fstat(fd, &st) < 0)
		return fd;
	bool folder = S_ISDIR(st.st_mode);
	uint8_t c = class_of(name);
	atomic_store(&classes[fd], (uint8_t)(c | (folder ? IS_FOLDER : 0U)));
	if ((c & IS_INDEX) || folder)
		return fd;
	if (is_new)
		put(SHIM_CREATE, 0, st.st_ino, 0, name, "", NULL, 0);
	else if (flags & O_TRUNC)
		put(SHIM_SIZE, 0, st.st_ino, 0, "", "", NULL, 0);
	return fd;
}

static int
opened(const char *path, int flags, mode_t mode)
{
	const char *name = inside(path);
	if (!name)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (!(flags & O_CREAT))
		return opened_inside(name, path, flags, mode);
	names_lock();
	int fd = opened_inside(name, path, flags, mode);
	names_unlock();
	return fd;
}

#define MODE_OF(flags, last)                                                                   \
	__extension__({                                                                        \
		mode_t got = 0;                                                                \
		if ((flags) & (O_CREAT | O_TMPFILE)) {                                         \
			va_list ap;                                                            \
			va_start(ap, last);                                                    \
			got = va_arg(ap, mode_t);                                              \
			va_end(ap);                                                            \
		}                                                                              \
		got;                                                                           \
	})

/*
 * The headers redirect `open` to `open64` and so on; both names are ours, so each has a name of its own here and its real
 * one in the assembler.
 */
#define SHIM_EXPORT __attribute__((visibility("default")))
#define NAMED(name) __asm__(name) SHIM_EXPORT

int shim_open(const char *path, int flags, ...) NAMED("open");
int shim_open64(const char *path, int flags, ...) NAMED("open64");
int shim_open_2(const char *path, int flags) NAMED("__open_2");
int shim_open64_2(const char *path, int flags) NAMED("__open64_2");
ssize_t shim_pwrite(int fd, const void *p, size_t n, off_t at) NAMED("pwrite");
ssize_t shim_pwrite64(int fd, const void *p, size_t n, off_t at) NAMED("pwrite64");
int shim_ftruncate(int fd, off_t size) NAMED("ftruncate");
int shim_ftruncate64(int fd, off_t size) NAMED("ftruncate64");
void *shim_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset) NAMED("mmap");
void *shim_mmap64(void *at, size_t n, int prot, int flags, int fd, off_t offset)
    NAMED("mmap64");
int shim_statvfs(const char *path, struct statvfs *st) NAMED("statvfs");
int shim_statvfs64(const char *path, struct statvfs *st) NAMED("statvfs64");

int
shim_open(const char *path, int flags, ...)
{
	return opened(path, flags, MODE_OF(flags, flags));
}

int
shim_open64(const char *path, int flags, ...)
{
	return opened(path, flags, MODE_OF(flags, flags));
}

int
shim_open_2(const char *path, int flags)
{
	return opened(path, flags, 0);
}

int
shim_open64_2(const char *path, int flags)
{
	return opened(path, flags, 0);
}

SHIM_EXPORT int
close(int fd)
{
	if (fd >= 0 && fd < FDS_MAX)
		atomic_store(&classes[fd], 0);
	return (int)syscall(SYS_close, fd);
}

/* Writing ------------------------------------------------------------------------------------------------------ */

static ssize_t
written_at(int fd, const void *p, size_t n, off_t at)
{
	uint8_t c = class_fd(fd);
	if (c && refuse_write(fd, at + (int64_t)n) < 0)
		return -1;
	ssize_t got = syscall(SYS_pwrite64, fd, p, n, at);
	if (got > 0 && recorded(fd))
		put(SHIM_WRITE, 0, inode_of(fd), at, "", "", p, (size_t)got);
	return got;
}

ssize_t
shim_pwrite(int fd, const void *p, size_t n, off_t at)
{
	return written_at(fd, p, n, at);
}

ssize_t
shim_pwrite64(int fd, const void *p, size_t n, off_t at)
{
	return written_at(fd, p, n, at);
}

SHIM_EXPORT ssize_t
write(int fd, const void *p, size_t n)
{
	uint8_t c = class_fd(fd);
	if (!c)
		return syscall(SYS_write, fd, p, n);
	off_t at = lseek(fd, 0, SEEK_CUR);
	if (refuse_write(fd, at + (int64_t)n) < 0)
		return -1;
	ssize_t got = syscall(SYS_write, fd, p, n);
	if (got > 0 && recorded(fd))
		put(SHIM_WRITE, 0, inode_of(fd), at, "", "", p, (size_t)got);
	return got;
}

static int
resized(int fd, off_t size)
{
	uint8_t c = class_fd(fd);
	if (c && refuse_write(fd, size) < 0)
		return -1;
	int rc = (int)syscall(SYS_ftruncate, fd, size);
	if (rc == 0 && recorded(fd))
		put(SHIM_SIZE, 0, inode_of(fd), size, "", "", NULL, 0);
	return rc;
}

int
shim_ftruncate(int fd, off_t size)
{
	return resized(fd, size);
}

int
shim_ftruncate64(int fd, off_t size)
{
	return resized(fd, size);
}

/* Nothing of ours calls these on the data folder; whoever begins to must teach the shim first. */
static void
unknown(int fd, const char *what)
{
	if (!class_fd(fd))
		return;
	(void)dprintf(2, "shim: %s is not recorded\n", what);
	_exit(99);
}

SHIM_EXPORT ssize_t
writev(int fd, const struct iovec *v, int n)
{
	unknown(fd, "writev");
	return syscall(SYS_writev, fd, v, n);
}

SHIM_EXPORT ssize_t
copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned flags)
{
	unknown(out, "copy_file_range");
	return syscall(SYS_copy_file_range, in, in_at, out, out_at, n, flags);
}

SHIM_EXPORT int
sync_file_range(int fd, off_t at, off_t n, unsigned flags)
{
	unknown(fd, "sync_file_range");
	return (int)syscall(SYS_sync_file_range, fd, at, n, flags);
}

/* Syncing ------------------------------------------------------------------------------------------------------ */

static bool
take_failure(void)
{
	uint32_t left = __atomic_load_n(&faults->sync_count, __ATOMIC_RELAXED);
	while (left)
		if (__atomic_compare_exchange_n(&faults->sync_count, &left, left - 1, false,
			__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* What was written before it began is on disk when it has ended well; both moments are recorded. */
static int
synced(int fd, long call)
{
	uint8_t c = class_fd(fd);
	static _Atomic int64_t tickets;
	if (!c)
		return (int)syscall(call, fd);
	int64_t ticket = ((int64_t)getpid() << 32) | atomic_fetch_add(&tickets, 1);
	if (c & IS_FOLDER) {
		char link[64], path[PATH_MAX];
		(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(link, path, sizeof path - 1);
		path[n < 0 ? 0 : n] = 0;
		const char *name = inside(path);
		put(SHIM_SYNC_BEGIN, SHIM_FOLDER, 0, ticket, name ? name : "", "", NULL, 0);
	} else if (recorded(fd)) {
		put(SHIM_SYNC_BEGIN, 0, inode_of(fd), ticket, "", "", NULL, 0);
	}
	if (faults->sync_ms && hit(c & 0xF))
		(void)usleep(faults->sync_ms * 1000);
	int rc = (int)syscall(call, fd);
	if (rc == 0 && faults->sync_errno && (faults->files & c) && take_failure()) {
		(void)hit(c);
		errno = (int)faults->sync_errno;
		rc = -1;
	}
	put(SHIM_SYNC_END, rc < 0 ? SHIM_FAILED : 0, 0, ticket, "", "", NULL, 0);
	return rc;
}

SHIM_EXPORT int
fsync(int fd)
{
	return synced(fd, SYS_fsync);
}

SHIM_EXPORT int
fdatasync(int fd)
{
	return synced(fd, SYS_fdatasync);
}

/* Names again -------------------------------------------------------------------------------------------------- */

SHIM_EXPORT int
rename(const char *from, const char *to)
{
	const char *a = inside(from), *b = inside(to);
	if (refuse_name(b, true) < 0)
		return -1;
	names_lock();
	int rc = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (rc == 0 && a && b)
		put(SHIM_RENAME, 0, 0, 0, a, b, NULL, 0);
	names_unlock();
	return rc;
}

SHIM_EXPORT int
link(const char *from, const char *to)
{
	const char *a = inside(from), *b = inside(to);
	if (refuse_name(b, true) < 0)
		return -1;
	names_lock();
	int rc = (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (rc == 0 && a && b)
		put(SHIM_LINK, 0, 0, 0, a, b, NULL, 0);
	names_unlock();
	return rc;
}

SHIM_EXPORT int
unlink(const char *path)
{
	const char *name = inside(path);
	if (refuse_name(name, false) < 0)
		return -1;
	names_lock();
	int rc = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	if (rc == 0 && name && !(class_of(name) & IS_INDEX))
		put(SHIM_UNLINK, 0, 0, 0, name, "", NULL, 0);
	names_unlock();
	return rc;
}

SHIM_EXPORT int
mkdir(const char *path, mode_t mode)
{
	const char *name = inside(path);
	struct stat st;
	if (name && stat(path, &st) < 0 && refuse_name(name, true) < 0)
		return -1;
	names_lock();
	int rc = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
	if (rc == 0 && name)
		put(SHIM_MKDIR, 0, 0, 0, name, "", NULL, 0);
	names_unlock();
	return rc;
}

/* Memory that is a file ---------------------------------------------------------------------------------------- */

static void *
mapped(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	void *p = (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
	if (p == MAP_FAILED || !(flags & MAP_SHARED) || !(prot & PROT_WRITE) || !recorded(fd))
		return p;
	for (size_t i = 0; i < MAPS_MAX; i++) {
		if (maps[i].at)
			continue;
		maps[i].fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
		maps[i].n = n;
		maps[i].at = p;
		break;
	}
	return p;
}

void *
shim_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return mapped(at, n, prot, flags, fd, offset);
}

void *
shim_mmap64(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return mapped(at, n, prot, flags, fd, offset);
}

SHIM_EXPORT int
msync(void *at, size_t n, int flags)
{
	for (size_t i = 0; i < MAPS_MAX; i++) {
		if (maps[i].at != at)
			continue;
		uint64_t inode = inode_of(maps[i].fd);
		int64_t ticket = ((int64_t)getpid() << 32) | (int64_t)inode;
		put(SHIM_WRITE, 0, inode, 0, "", "", at, n < maps[i].n ? n : maps[i].n);
		put(SHIM_SYNC_BEGIN, 0, inode, ticket, "", "", NULL, 0);
		int rc = (int)syscall(SYS_msync, at, n, flags);
		put(SHIM_SYNC_END, rc < 0 ? SHIM_FAILED : 0, 0, ticket, "", "", NULL, 0);
		return rc;
	}
	return (int)syscall(SYS_msync, at, n, flags);
}

/* Space and children ------------------------------------------------------------------------------------------- */

static int
space(const char *path, struct statvfs *st)
{
	struct statfs f;
	if (syscall(SYS_statfs, path, &f) < 0)
		return -1;
	memset(st, 0, sizeof *st);
	st->f_bsize = (unsigned long)f.f_bsize;
	st->f_frsize = (unsigned long)(f.f_frsize ? f.f_frsize : f.f_bsize);
	st->f_blocks = (fsblkcnt_t)f.f_blocks;
	st->f_bfree = (fsblkcnt_t)f.f_bfree;
	st->f_bavail = (fsblkcnt_t)f.f_bavail;
	st->f_namemax = (unsigned long)f.f_namelen;
	if (inside(path) && faults->no_space)
		st->f_bavail = st->f_bfree = 0;
	return 0;
}

int
shim_statvfs(const char *path, struct statvfs *st)
{
	return space(path, st);
}

int
shim_statvfs64(const char *path, struct statvfs *st)
{
	return space(path, st);
}

/* A role gets the shim like its supervisor; a decoder does not: it has no files. */
SHIM_EXPORT int
execve(const char *path, char *const argv[], char *const envp[])
{
	static char text[4][PATH_MAX + 32];
	static const char *const names[] = {
	    "LD_PRELOAD", "TUTELA_SHIM_DIR", "TUTELA_SHIM_RECORD", "TUTELA_SHIM_FAULTS"};
	char *with[64];
	size_t n = 0;
	bool role = false;
	for (size_t i = 0; argv[i]; i++)
		role = role || strcmp(argv[i], "--role") == 0;
	while (envp[n] && n < 56) {
		with[n] = envp[n];
		n++;
	}
	for (size_t i = 0; role && i < 4; i++) {
		const char *value = getenv(names[i]);
		if (!value)
			continue;
		(void)snprintf(text[i], sizeof text[i], "%s=%s", names[i], value);
		with[n++] = text[i];
	}
	with[n] = NULL;
	return (int)syscall(SYS_execve, path, argv, role ? with : envp);
}
