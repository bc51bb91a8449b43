/*
 * What the shim writes and what it reads: the record of a run, and the page on which a test asks for faults.
 *
 * A record is one append to the file that TUTELA_SHIM_RECORD names: this head, then the two names, then the bytes.
 * Appends of several processes do not mix, and each is made before the recorded call returns, so that the order of
 * the file is an order in which things happened.
 */
#pragma once

#include <stdint.h>

#define SHIM_MAGIC 0x314d4853U /* "SHM1" */
#define SHIM_CHUNK_MAX (64U << 20)

enum shim_kind {
	SHIM_CREATE = 1, /* a file: name, inode */
	SHIM_WRITE,      /* inode, offset, bytes */
	SHIM_SIZE,       /* inode, offset: the new size */
	SHIM_SYNC_BEGIN, /* inode or folder; offset: a ticket */
	SHIM_SYNC_END,   /* offset: the ticket; flag: it failed */
	SHIM_RENAME,     /* both names */
	SHIM_LINK,       /* both names */
	SHIM_UNLINK,     /* name */
	SHIM_MKDIR,      /* name */
	SHIM_MARK,       /* bytes: what a client was promised, or asked for (JSON) */
};

#define SHIM_FOLDER 1U
#define SHIM_FAILED 2U

struct shim_head {
	uint32_t magic;
	uint16_t kind, flags;
	uint32_t pid;
	uint16_t name_bytes,
	    other_bytes; /* names, relative to the data folder; "" is the folder */
	uint64_t inode;
	int64_t offset;
	uint64_t bytes;
};

/* Which files a fault is for. */
#define SHIM_STORE 1U
#define SHIM_KEYS 2U
#define SHIM_BLOBS 4U
#define SHIM_OTHER 8U

/* The page in the file that TUTELA_SHIM_FAULTS names; all 0 means that all is well. 32-bit words, in this order. */
struct shim_faults {
	uint32_t files;       /* mask of the above */
	uint32_t grow_errno;  /* of every write that would need new space */
	uint32_t write_errno; /* of every write, and of opening for writing */
	uint32_t sync_errno;
	uint32_t sync_count; /* how many syncs fail; counts down to 0 */
	uint32_t sync_ms;    /* how long each sync takes */
	uint32_t no_space;   /* statvfs tells of no free space */
	uint32_t hits;       /* counted by the shim: how many calls it failed or slowed */
};
