/*
 * The model of a disk without power (replay.h).
 *
 * Promises: strict where file systems are kind: a synced file without a synced folder has no name, writes reach the
 * disk in any order, a failed sync loses for good what was pending (only writing it again helps). Failure: a record
 * that cannot be read ends the program. Called by power_cut.c.
 */
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 20000
#define SYNCS_MAX 256
#define SECTOR 512

const char *const replay_variant_names[REPLAY_VARIANTS] = {
    "dropped", "kept", "subset", "torn", "names"};

struct bytes {
	uint8_t *p;
	size_t n, cap;
};

/* A write or a change of size that no sync has covered. */
struct op {
	uint64_t seq;
	const struct shim_head *head;
	const uint8_t *data;
	bool lost;
};

struct object {
	uint64_t inode;
	bool folder;
	struct bytes live, durable;
	uint64_t durable_version;
	struct op *ops;
	size_t op_count, op_cap;
	struct object *next;
};

struct name {
	char *path;
	struct object *live, *durable;
	/* What stands in the laid-out folder. */
	const struct object *shown;
	uint64_t shown_version;
};

/* A name that was set (object) or taken away (NULL). Ops of one group stand or fall together. */
struct name_op {
	uint64_t seq, group;
	size_t name;
	struct object *object;
	bool lost;
};

struct sync {
	int64_t ticket;
	uint64_t seq;
	struct object *object; /* or a folder: */
	char *folder;
};

struct replay {
	const uint8_t *p, *end, *start;
	uint64_t seq;
	struct object *objects;
	struct name names[NAMES_MAX];
	size_t name_count;
	struct name_op *name_ops;
	size_t name_op_count, name_op_cap;
	struct sync syncs[SYNCS_MAX];
	size_t sync_count;
	struct bytes scratch;
};

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "replay: %s: %s\n", what, strerror(errno));
	_exit(2);
}

static void *
grown(void *p, size_t n)
{
	void *q = realloc(p, n);
	if (!q)
		die("memory");
	return q;
}

static void
resize(struct bytes *b, size_t n)
{
	if (n > b->cap) {
		b->cap = n * 2 + 4096;
		b->p = grown(b->p, b->cap);
	}
	if (n > b->n)
		memset(b->p + b->n, 0, n - b->n);
	b->n = n;
}

static void
store(struct bytes *b, size_t at, const uint8_t *p, size_t n)
{
	if (at + n > b->n)
		resize(b, at + n);
	if (n)
		memcpy(b->p + at, p, n);
}

static void
apply(struct bytes *b, const struct op *o)
{
	if (o->head->kind == SHIM_SIZE)
		resize(b, (size_t)o->head->offset);
	else
		store(b, (size_t)o->head->offset, o->data, o->head->bytes);
}

/* Reading ------------------------------------------------------------------------------------------------------ */

struct replay *
replay_open(const char *record)
{
	struct stat st;
	struct replay *r = calloc(1, sizeof *r);
	int fd = open(record, O_RDONLY | O_CLOEXEC);
	if (!r || fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
		die(record);
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		die(record);
	(void)close(fd);
	r->p = r->start = p;
	r->end = r->p + st.st_size;
	return r;
}

void
replay_close(struct replay *r)
{
	for (struct object *o = r->objects, *next; o; o = next) {
		next = o->next;
		free(o->live.p);
		free(o->durable.p);
		free(o->ops);
		free(o);
	}
	for (size_t i = 0; i < r->name_count; i++)
		free(r->names[i].path);
	for (size_t i = 0; i < r->sync_count; i++)
		free(r->syncs[i].folder);
	free(r->name_ops);
	free(r->scratch.p);
	union {
		const uint8_t *in;
		void *out;
	} p = {.in = r->start};
	(void)munmap(p.out, (size_t)(r->end - r->start));
	free(r);
}

static size_t
name_of(struct replay *r, const char *path, size_t n)
{
	for (size_t i = 0; i < r->name_count; i++)
		if (strlen(r->names[i].path) == n && memcmp(r->names[i].path, path, n) == 0)
			return i;
	if (r->name_count == NAMES_MAX)
		die("too many names");
	r->names[r->name_count].path = strndup(path, n);
	return r->name_count++;
}

/* The newest with that number: a number is used again once its file is gone. */
static struct object *
object_of(struct replay *r, uint64_t inode)
{
	for (struct object *o = r->objects; o; o = o->next)
		if (o->inode == inode && !o->folder)
			return o;
	return NULL;
}

static struct object *
new_object(struct replay *r, uint64_t inode, bool folder)
{
	struct object *o = calloc(1, sizeof *o);
	if (!o)
		die("memory");
	o->inode = inode;
	o->folder = folder;
	o->next = r->objects;
	r->objects = o;
	return o;
}

static void
set_name(struct replay *r, size_t name, struct object *o, uint64_t group)
{
	if (r->name_op_count == r->name_op_cap) {
		r->name_op_cap = r->name_op_cap * 2 + 64;
		r->name_ops = grown(r->name_ops, r->name_op_cap * sizeof *r->name_ops);
	}
	r->names[name].live = o;
	r->name_ops[r->name_op_count++] =
	    (struct name_op){.seq = r->seq, .group = group, .name = name, .object = o};
}

static void
change(struct replay *r, const struct shim_head *h, const uint8_t *data)
{
	struct object *o = object_of(r, h->inode);
	if (!o)
		return; /* of a file that is not recorded */
	if (o->op_count == o->op_cap) {
		o->op_cap = o->op_cap * 2 + 16;
		o->ops = grown(o->ops, o->op_cap * sizeof *o->ops);
	}
	struct op op = {.seq = r->seq, .head = h, .data = data};
	o->ops[o->op_count++] = op;
	apply(&o->live, &op);
}

static void
begin_sync(struct replay *r, const struct shim_head *h, const char *name)
{
	if (r->sync_count == SYNCS_MAX)
		die("too many syncs at once");
	struct sync *s = &r->syncs[r->sync_count++];
	*s = (struct sync){.ticket = h->offset, .seq = r->seq};
	if (h->flags & SHIM_FOLDER)
		s->folder = strndup(name, h->name_bytes);
	else
		s->object = object_of(r, h->inode);
}

static void
settle_object(struct object *o, uint64_t until, bool failed)
{
	size_t kept = 0;
	for (size_t i = 0; i < o->op_count; i++) {
		struct op op = o->ops[i];
		if (op.seq < until && !op.lost && !failed) {
			apply(&o->durable, &op);
			o->durable_version++;
			continue;
		}
		op.lost = op.lost || (failed && op.seq < until);
		o->ops[kept++] = op;
	}
	o->op_count = kept;
}

static bool
in_folder(const char *path, const char *folder)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	return strlen(folder) == n && memcmp(path, folder, n) == 0;
}

static void
settle_folder(struct replay *r, const char *folder, uint64_t until, bool failed)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->name_op_count; i++) {
		struct name_op op = r->name_ops[i];
		bool mine = op.seq < until && in_folder(r->names[op.name].path, folder);
		if (mine && !op.lost && !failed) {
			r->names[op.name].durable = op.object;
			continue;
		}
		op.lost = op.lost || (mine && failed);
		r->name_ops[kept++] = op;
	}
	r->name_op_count = kept;
}

static void
end_sync(struct replay *r, const struct shim_head *h)
{
	for (size_t i = 0; i < r->sync_count; i++) {
		struct sync s = r->syncs[i];
		if (s.ticket != h->offset)
			continue;
		bool failed = (h->flags & SHIM_FAILED) != 0;
		r->syncs[i] = r->syncs[--r->sync_count];
		if (s.folder)
			settle_folder(r, s.folder, s.seq, failed);
		else if (s.object)
			settle_object(s.object, s.seq, failed);
		free(s.folder);
		return;
	}
}

static void
rename_name(struct replay *r, size_t from, size_t to, bool keep)
{
	struct object *o = r->names[from].live;
	if (!o)
		return;
	set_name(r, to, o, r->seq);
	if (!keep)
		set_name(r, from, NULL, r->seq);
}

const struct shim_head *
replay_step(struct replay *r, const char **ret_bytes)
{
	if ((size_t)(r->end - r->p) < sizeof(struct shim_head))
		return NULL;
	const struct shim_head *h = (const void *)r->p;
	static struct shim_head copies[1 << 20]; /* the record has no alignment */
	static size_t count;
	struct shim_head *own = &copies[count++];
	if (count == sizeof copies / sizeof *copies)
		die("too many records");
	memcpy(own, r->p, sizeof *own);
	h = own;
	size_t rest = (size_t)h->name_bytes + h->other_bytes + h->bytes;
	if (h->magic != SHIM_MAGIC || rest > (size_t)(r->end - r->p) - sizeof *h)
		die("a record is damaged");
	const char *name = (const char *)r->p + sizeof *h;
	const char *other = name + h->name_bytes;
	const uint8_t *data = (const uint8_t *)other + h->other_bytes;
	r->p = data + h->bytes;
	r->seq++;
	*ret_bytes = (const char *)data;
	switch ((enum shim_kind)h->kind) {
	case SHIM_CREATE: {
		size_t n = name_of(r, name, h->name_bytes);
		const struct object *known = r->names[n].live;
		if (!known || known->inode != h->inode) /* two made it at once */
			set_name(r, n, new_object(r, h->inode, false), r->seq);
		break;
	}
	case SHIM_MKDIR:
		set_name(r, name_of(r, name, h->name_bytes), new_object(r, 0, true), r->seq);
		break;
	case SHIM_WRITE:
	case SHIM_SIZE:
		change(r, h, data);
		break;
	case SHIM_SYNC_BEGIN:
		begin_sync(r, h, name);
		break;
	case SHIM_SYNC_END:
		end_sync(r, h);
		break;
	case SHIM_RENAME:
	case SHIM_LINK:
		rename_name(r, name_of(r, name, h->name_bytes),
		    name_of(r, other, h->other_bytes), h->kind == SHIM_LINK);
		break;
	case SHIM_UNLINK:
		set_name(r, name_of(r, name, h->name_bytes), NULL, r->seq);
		break;
	case SHIM_MARK:
		break;
	}
	return h;
}

bool
replay_pending(const struct replay *r)
{
	if (r->name_op_count)
		return true;
	for (const struct object *o = r->objects; o; o = o->next)
		if (o->op_count)
			return true;
	return false;
}

/* Laying out --------------------------------------------------------------------------------------------------- */

static uint64_t
next_random(uint64_t *s)
{
	uint64_t z = (*s += 0x9e3779b97f4a7c15U);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

/* The newest pending write of all: the one that the power cut tears. */
static const struct op *
last_write(const struct replay *r)
{
	const struct op *last = NULL;
	for (const struct object *o = r->objects; o; o = o->next)
		for (size_t i = 0; i < o->op_count; i++)
			if (!o->ops[i].lost && o->ops[i].head->kind == SHIM_WRITE &&
			    (!last || o->ops[i].seq > last->seq))
				last = &o->ops[i];
	return last;
}

/* Sectors of the write, from its first on, or any of them. */
static void
apply_torn(struct bytes *b, const struct op *o, uint64_t *seed)
{
	size_t at = (size_t)o->head->offset, end = at + o->head->bytes;
	size_t sectors = (end - at + SECTOR - 1) / SECTOR;
	bool prefix = next_random(seed) & 1;
	size_t upto = next_random(seed) % (sectors + 1);
	for (size_t i = 0, from = at; from < end; i++) {
		size_t next = (from / SECTOR + 1) * SECTOR;
		next = next < end ? next : end;
		if (prefix ? i < upto : (next_random(seed) & 1))
			store(b, from, o->data + (from - at), next - from);
		from = next;
	}
}

static const struct bytes *
content(struct replay *r, const struct object *o, enum replay_variant v, uint64_t *seed,
    const struct op *last)
{
	if (v == REPLAY_KEPT)
		return &o->live;
	if (v == REPLAY_DROPPED || v == REPLAY_NAMES || o->op_count == 0)
		return &o->durable;
	resize(&r->scratch, 0);
	store(&r->scratch, 0, o->durable.p, o->durable.n);
	for (size_t i = 0; i < o->op_count; i++) {
		const struct op *op = &o->ops[i];
		if (op->lost)
			continue;
		if (v == REPLAY_TORN && op == last)
			apply_torn(&r->scratch, op, seed);
		else if (v == REPLAY_TORN || (next_random(seed) & 1))
			apply(&r->scratch, op);
	}
	return &r->scratch;
}

static void
write_file(const char *path, const struct bytes *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die(path);
	for (size_t at = 0; at < b->n;) {
		ssize_t n = write(fd, b->p + at, b->n - at);
		if (n <= 0)
			die(path);
		at += (size_t)n;
	}
	(void)close(fd);
}

/* Whoever looks at the folder may have changed these. */
static bool
changes(const char *path)
{
	return strchr(path, '/') == NULL;
}

static struct object **
choose_names(struct replay *r, enum replay_variant v, uint64_t *seed)
{
	static struct object *chosen[NAMES_MAX];
	bool all = v == REPLAY_KEPT || v == REPLAY_TORN || v == REPLAY_NAMES;
	for (size_t i = 0; i < r->name_count; i++)
		chosen[i] = all ? r->names[i].live : r->names[i].durable;
	if (v != REPLAY_SUBSET)
		return chosen;
	uint64_t group = 0;
	bool keep = false;
	for (size_t i = 0; i < r->name_op_count; i++) {
		const struct name_op *op = &r->name_ops[i];
		if (op->group != group)
			keep = next_random(seed) & 1;
		group = op->group;
		if (keep && !op->lost)
			chosen[op->name] = op->object;
	}
	return chosen;
}

static void
show(struct replay *r, size_t i, const struct object *o, const struct bytes *b, const char *dir)
{
	struct name *n = &r->names[i];
	char path[PATH_MAX];
	(void)snprintf(path, sizeof path, "%s/%s", dir, n->path);
	bool settled = o && !o->folder && o->op_count == 0 && !changes(n->path);
	if (n->shown == o &&
	    (!o || o->folder || (settled && n->shown_version == o->durable_version)))
		return;
	if (!o) {
		if (n->shown && n->shown->folder)
			return; /* an empty folder does no harm */
		(void)unlink(path);
	} else if (o->folder) {
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			die(path);
	} else {
		write_file(path, b);
	}
	n->shown = o;
	n->shown_version = settled ? o->durable_version : UINT64_MAX;
}

/* A file in a folder that is not there is not there. */
static bool
reachable(struct replay *r, size_t i, struct object **chosen)
{
	const char *slash = strrchr(r->names[i].path, '/');
	if (!slash)
		return true;
	size_t up = name_of(r, r->names[i].path, (size_t)(slash - r->names[i].path));
	return chosen[up] && reachable(r, up, chosen);
}

void
replay_lay_out(struct replay *r, enum replay_variant v, uint64_t seed, const char *dir)
{
	static const char *const made[] = {"store.db-shm", "keys.db-shm", "store.db-wal",
	    "keys.db-wal", "store.db-journal", "keys.db-journal", "keys.db", "store.db"};
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, made[i]);
		(void)unlink(path);
	}
	struct object **chosen = choose_names(r, v, &seed);
	const struct op *last = last_write(r);
	size_t count = r->name_count;
	for (size_t i = 0; i < count; i++) {
		struct object *o = chosen[i] && reachable(r, i, chosen) ? chosen[i] : NULL;
		const struct bytes *b = o && !o->folder ? content(r, o, v, &seed, last) : NULL;
		if (changes(r->names[i].path) && o && !o->folder)
			r->names[i].shown = NULL;
		show(r, i, o, b, dir);
	}
}

static bool
same_file(const char *path, const struct bytes *b)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	void *p =
	    st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	bool same = (size_t)st.st_size == b->n && (!b->n || memcmp(p, b->p, b->n) == 0);
	if (p)
		(void)munmap(p, (size_t)st.st_size);
	(void)close(fd);
	return same;
}

/* Indexes are made anew from the store, and written in ways that are not recorded. */
static bool
derived(const char *path)
{
	return strncmp(path, "again/", 6) == 0 || strncmp(path, "index/", 6) == 0;
}

int
replay_compare(struct replay *r, const char *dir)
{
	int bad = 0;
	for (size_t i = 0; i < r->name_count; i++) {
		const struct object *o = r->names[i].live;
		char path[PATH_MAX];
		(void)snprintf(path, sizeof path, "%s/%s", dir, r->names[i].path);
		bool there = access(path, F_OK) == 0;
		if (derived(r->names[i].path))
			continue;
		if (there == (o != NULL) && (!o || o->folder || same_file(path, &o->live)))
			continue;
		(void)fprintf(
		    stderr, "replay: %s differs from the real folder\n", r->names[i].path);
		bad++;
	}
	return bad;
}
