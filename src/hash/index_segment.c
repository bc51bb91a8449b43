/*
 * A segment: one immutable file, mapped read-only and shared. Opening checks the header's sum, that the file has the size that
 * it names and that every section lies inside it, and reads nothing else; `verify` sums the sections. Whatever the
 * sections hold, no read leaves the map: numbers taken from them are bounded where they are used. On failure nothing
 * stays open. Called when an index opens, flushes, merges or follows.
 */
#include "hash/index_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int
damaged(uint64_t id, const char *what)
{
	char name[32];
	tl_ix_segment_name(name, id);
	return tl_fail(TL_ECORRUPT, "%s is damaged: %s", name, what);
}

/* How many bytes section `i` has; false: any multiple of *ret. */
static bool
expected(const struct tl_ix_head *h, unsigned i, uint64_t *ret)
{
	static const uint8_t width[] = {16, 16, 8, 4, 4};
	if (i < TL_COUNT(width)) {
		*ret = (uint64_t)width[i] * h->n;
		return true;
	}
	unsigned slot = (i - TL_IX_SLOT) / 3, part = (i - TL_IX_SLOT) % 3;
	*ret = 0;
	if (slot >= h->slots)
		return true;
	*ret = part == 0
		   ? tl_ix_lines(tl_ix_slot_bits(h->slots, slot)) * sizeof(struct tl_ix_line)
	       : part == 1 ? sizeof(struct tl_ix_hot)
			   : tl_ix_entry_bytes(tl_ix_id_bits(h->n));
	return part == 0;
}

static bool
head_is_whole(const uint8_t *p, struct tl_ix_head *h)
{
	memcpy(h, p, sizeof *h);
	uint64_t sum = h->sum;
	h->sum = 0;
	bool whole = h->magic == TL_IX_MAGIC && tl_ix_sum(h, sizeof *h) == sum;
	h->sum = sum;
	return whole;
}

static int
check_sections(const struct tl_ix_head *h, uint64_t bytes)
{
	if (h->bytes != bytes)
		return damaged(h->id, "the file is cut or too long");
	if (h->n > TL_IX_ENTRIES_MAX || h->slots > TL_IX_SLOTS_MAX ||
	    (h->slots && h->slots < TL_IX_SLOTS_MIN))
		return damaged(h->id, "impossible counts");
	for (unsigned i = 0; i < TL_IX_SECTIONS; i++) {
		uint64_t unit, n = h->section[i].bytes, from = h->section[i].from;
		bool exact = expected(h, i, &unit);
		if (exact ? n != unit : n % unit != 0 || n / unit > h->n)
			return damaged(h->id, "a section's length");
		/* 64 bytes more than each section may be read */
		if (from % 64 != 0 || from > bytes || bytes - from < n || bytes - from - n < 64)
			return damaged(h->id, "a section's place");
	}
	return 0;
}

int
tl_ix_segment_parse(struct tl_str bytes, struct tl_ix_segment *s)
{
	struct tl_ix_head h;
	if (bytes.n < sizeof h || (uintptr_t)bytes.p % 64 != 0)
		return damaged(s->id, "the file is cut");
	if (!head_is_whole(bytes.p, &h) || (s->id && h.id != s->id))
		return damaged(s->id, "the header");
	int rc = check_sections(&h, bytes.n);
	if (rc < 0)
		return rc;
#define AT(i) ((const void *)(bytes.p + h.section[i].from))
	s->id = h.id;
	s->head_sum = h.sum;
	s->bytes = bytes.n;
	s->map = bytes.p;
	s->n = h.n;
	s->slots = h.slots;
	s->id_bits = tl_ix_id_bits(h.n);
	s->entry_bytes = tl_ix_entry_bytes(s->id_bits);
	s->key_min = h.key_min;
	s->key_max = h.key_max;
	s->half[0] = AT(TL_IX_FIRST);
	s->half[1] = AT(TL_IX_SECOND);
	s->key = AT(TL_IX_KEY);
	s->bank = AT(TL_IX_BANK);
	s->order = AT(TL_IX_ORDER);
	for (unsigned i = 0; i < h.slots; i++) {
		unsigned at = TL_IX_SLOT + 3 * i;
		s->slot[i] = (struct tl_ix_slot){.line = AT(at),
		    .hot = AT(at + 1),
		    .entry = AT(at + 2),
		    .lines = (uint32_t)(h.section[at].bytes / sizeof(struct tl_ix_line)),
		    .hots = (uint32_t)(h.section[at + 1].bytes / sizeof(struct tl_ix_hot)),
		    .entries = (uint32_t)(h.section[at + 2].bytes / s->entry_bytes)};
	}
#undef AT
	s->scan_cost = s->n * TL_IX_COST_SCAN;
	for (int d = 0; d <= TL_INDEX_DISTANCE_MAX; d++)
		tl_ix_plan(s->n, s->slots, d, &s->plan[d]);
	return 0;
}

int
tl_ix_segment_open(const char *dir, uint64_t id, struct tl_ix_segment **ret)
{
	char name[32], path[4096];
	struct stat st;
	tl_ix_segment_name(name, id);
	int rc = tl_ix_path(path, sizeof path, dir, name);
	if (rc < 0)
		return rc;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? tl_fail(TL_ENOTFOUND, "%s is missing", name)
				       : tl_fail(TL_EIO, "cannot read %s: %m", path);
	void *map = MAP_FAILED;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED)
		return damaged(id, "it cannot be mapped");
	struct tl_ix_segment *s = tl_ix_alloc(1, sizeof *s);
	s->id = id;
	rc = tl_ix_segment_parse(tl_bytes(map, (size_t)st.st_size), s);
	if (rc < 0) {
		(void)munmap(map, (size_t)st.st_size);
		free(s);
		return rc;
	}
	(void)madvise(map, s->bytes, MADV_RANDOM);
	s->gone = tl_ix_alloc(s->n / 64 + 1, sizeof *s->gone);
	s->limited = tl_ix_alloc(s->n / 64 + 1, sizeof *s->limited);
	*ret = s;
	return 0;
}

void
tl_ix_segment_close(struct tl_ix_segment *s)
{
	if (!s)
		return;
	union {
		const void *c;
		void *v;
	} map = {s->map};
	(void)munmap(map.v, s->bytes);
	free(s->gone);
	free(s->limited);
	free(s);
}

int
tl_ix_segment_verify(const struct tl_ix_segment *s)
{
	struct tl_ix_head h;
	if (!head_is_whole(s->map, &h))
		return damaged(s->id, "the header");
	for (unsigned i = 0; i < TL_IX_SECTIONS; i++)
		if (h.section[i].bytes && tl_ix_sum(s->map + h.section[i].from,
					      h.section[i].bytes) != h.section[i].sum)
			return damaged(s->id, "a section's sum");
	for (uint32_t i = 0; i < s->n; i++)
		if (s->order[i] >= s->n ||
		    (i && s->key[s->order[i - 1]] >= s->key[s->order[i]]))
			return damaged(s->id, "the order of keys");
	return 0;
}

uint32_t
tl_ix_segment_find(const struct tl_ix_segment *s, uint64_t key)
{
	if (s->n == 0 || key < s->key_min || key > s->key_max)
		return s->n;
	uint32_t lo = 0, hi = s->n;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2, at = s->order[mid];
		if (at >= s->n)
			return s->n;
		if (s->key[at] < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == s->n || s->order[lo] >= s->n || s->key[s->order[lo]] != key)
		return s->n;
	return s->order[lo];
}

void
tl_ix_segment_row(const struct tl_ix_segment *s, uint32_t at, struct tl_ix_row *ret)
{
	*ret = (struct tl_ix_row){{{s->half[0][at], s->half[1][at]}}, s->key[at], s->bank[at]};
}
