/*
 * Writes a segment: rows ordered by the value of slot 0 and then whole, so that equal hashes lie together and only the first
 * of them is listed in the slots; per slot the entries counted into buckets. Needs about 80 bytes of memory a row beside the
 * file. On failure no file is left. Called by flush and merge.
 */
#include "hash/index_segment.h"

#include <stdlib.h>

#define PART_BITS 10 /* a slot is sorted in so many parts: 2 to the power of it */

struct pair {
	uint64_t value;
	uint32_t at;
};

struct out {
	struct tl_ix_head head;
	uint8_t *map;
	uint64_t used;
};

void
tl_ix_rows_alloc(struct tl_ix_rows *r, size_t cap)
{
	*r = (struct tl_ix_rows){
	    .half = {tl_ix_alloc(cap, sizeof **r->half), tl_ix_alloc(cap, sizeof **r->half)},
	    .key = tl_ix_alloc(cap, sizeof *r->key),
	    .bank = tl_ix_alloc(cap, sizeof *r->bank)};
}

void
tl_ix_rows_fini(struct tl_ix_rows *r)
{
	free(r->half[0]);
	free(r->half[1]);
	free(r->key);
	free(r->bank);
}

void
tl_ix_rows_put(struct tl_ix_rows *r, const struct tl_ix_row *row)
{
	r->half[0][r->n] = row->hash.h[0];
	r->half[1][r->n] = row->hash.h[1];
	r->key[r->n] = row->key;
	r->bank[r->n++] = row->bank;
}

/* Sorts by value, 16 bits a pass; passes in which nothing differs are left out. Returns the array that holds it. */
static struct pair *
sort(struct pair *a, struct pair *b, size_t n)
{
	uint32_t *count = tl_ix_alloc(1 << 16, sizeof *count);
	for (unsigned shift = 0; shift < 64; shift += 16) {
		memset(count, 0, sizeof *count << 16);
		for (size_t i = 0; i < n; i++)
			count[a[i].value >> shift & 0xffff]++;
		if (n == 0 || count[a[0].value >> shift & 0xffff] == n)
			continue;
		uint32_t sum = 0;
		for (size_t v = 0; v < 1 << 16; v++) {
			uint32_t c = count[v];
			count[v] = sum;
			sum += c;
		}
		for (size_t i = 0; i < n; i++)
			b[count[a[i].value >> shift & 0xffff]++] = a[i];
		struct pair *t = a;
		a = b;
		b = t;
	}
	free(count);
	return a;
}

static int
compare(const void *a, const void *b, void *ctx)
{
	const struct tl_ix_rows *r = ctx;
	uint32_t x = ((const struct pair *)a)->at, y = ((const struct pair *)b)->at;
	for (unsigned h = 0; h < 2; h++)
		for (unsigned k = 0; k < 2; k++)
			if (r->half[h][x].w[k] != r->half[h][y].w[k])
				return r->half[h][x].w[k] < r->half[h][y].w[k] ? -1 : 1;
	return r->key[x] < r->key[y] ? -1 : r->key[x] > r->key[y];
}

/* The order of rows in the file. */
static uint32_t *
order_of(const struct tl_ix_rows *r, unsigned slots)
{
	unsigned bits = slots ? tl_ix_slot_bits(slots, 0) : 16;
	struct pair *a = tl_ix_alloc(r->n, sizeof *a), *b = tl_ix_alloc(r->n, sizeof *b);
	for (size_t i = 0; i < r->n; i++) {
		uint64_t w = r->half[0][i].w[0];
		a[i] = (struct pair){w << (64 - bits) | w >> bits, (uint32_t)i};
	}
	struct pair *s = sort(a, b, r->n);
	struct tl_ix_rows rows = *r;
	for (size_t i = 0, end; i < r->n; i = end) {
		for (end = i + 1; end < r->n && s[end].value == s[i].value; end++)
			;
		if (end - i > 1)
			qsort_r(s + i, end - i, sizeof *s, compare, &rows);
	}
	uint32_t *order = tl_ix_alloc(r->n, sizeof *order);
	for (size_t i = 0; i < r->n; i++)
		order[i] = s[i].at;
	free(a);
	free(b);
	return order;
}

/* Begins section `i` at the place that is next; `bytes` of it. */
static void *
begin(struct out *o, unsigned i, size_t bytes)
{
	o->head.section[i].from = o->used;
	o->head.section[i].bytes = bytes;
	o->used += (bytes + 63) / 64 * 64;
	return o->map + o->head.section[i].from;
}

static void
end(struct out *o, unsigned i)
{
	o->head.section[i].sum =
	    tl_ix_sum(o->map + o->head.section[i].from, o->head.section[i].bytes);
}

static void
put_columns(struct out *o, const struct tl_ix_rows *r, const uint32_t *order)
{
	for (unsigned h = 0; h < 2; h++) {
		struct tl_ix_half *to = begin(o, TL_IX_FIRST + h, r->n * sizeof *to);
		for (size_t i = 0; i < r->n; i++) {
			__builtin_prefetch(&r->half[h][order[i + 32 < r->n ? i + 32 : i]]);
			to[i] = r->half[h][order[i]];
		}
		end(o, TL_IX_FIRST + h);
	}
	uint64_t *key = begin(o, TL_IX_KEY, r->n * sizeof *key);
	for (size_t i = 0; i < r->n; i++)
		key[i] = r->key[order[i]];
	end(o, TL_IX_KEY);
	uint32_t *bank = begin(o, TL_IX_BANK, r->n * sizeof *bank);
	for (size_t i = 0; i < r->n; i++)
		bank[i] = r->bank[order[i]];
	end(o, TL_IX_BANK);
	struct pair *a = tl_ix_alloc(r->n, sizeof *a), *b = tl_ix_alloc(r->n, sizeof *b);
	for (size_t i = 0; i < r->n; i++)
		a[i] = (struct pair){key[i], (uint32_t)i};
	struct pair *s = sort(a, b, r->n);
	uint32_t *by_key = begin(o, TL_IX_ORDER, r->n * sizeof *by_key);
	for (size_t i = 0; i < r->n; i++)
		by_key[i] = s[i].at;
	o->head.key_min = r->n ? s[0].value : 0;
	o->head.key_max = r->n ? s[r->n - 1].value : 0;
	free(a);
	free(b);
	end(o, TL_IX_ORDER);
}

/* Lines from where each bucket ends; a line with too many entries for small numbers becomes hot. */
static void
put_lines(struct out *o, unsigned at, unsigned bits, const uint32_t *ends)
{
	size_t lines = tl_ix_lines(bits), buckets = (size_t)1 << bits, hots = 0, from = 0;
	struct tl_ix_line *line = begin(o, at, lines * sizeof *line);
	struct tl_ix_hot *hot = (struct tl_ix_hot *)(void *)(o->map + o->used);
	for (size_t l = 0; l < lines; l++) {
		uint32_t base = from ? ends[from - 1] : 0;
		size_t to = from + TL_IX_LINE < buckets ? from + TL_IX_LINE : buckets;
		bool is_hot = ends[to - 1] - base >= UINT8_MAX;
		line[l].base = is_hot ? (uint32_t)hots : base;
		if (is_hot)
			hot[hots].base = base;
		for (size_t i = 0; i < TL_IX_LINE; i++) {
			uint32_t e = ends[from + i < to ? from + i : to - 1] - base;
			line[l].end[i] = is_hot ? UINT8_MAX : (uint8_t)e;
			if (is_hot)
				hot[hots].end[i] = e;
		}
		hots += is_hot;
		from = to;
	}
	(void)begin(o, at + 1, hots * sizeof *hot);
	end(o, at);
	end(o, at + 1);
}

struct valued {
	uint64_t entry;
	uint32_t value;
};

/* What every slot is sorted in, made once. */
struct room {
	uint32_t *first; /* of equal hashes in a row */
	size_t firsts;
	struct valued *valued;
	uint32_t *bucket;
	uint8_t *entry;
	size_t entry_bytes;
};

/* By the upper bits first, then each part in the processor's own memory. Leaves where each bucket ends. */
static void
sort_entries(const struct out *o, unsigned slot, struct room *r)
{
	unsigned bits = tl_ix_slot_bits(o->head.slots, slot);
	unsigned low = bits > PART_BITS ? bits - PART_BITS : 0;
	unsigned slots = o->head.slots, id_bits = tl_ix_id_bits(o->head.n);
	uint32_t mask = tl_ix_sketch_mask(slots, slot, id_bits);
	uint32_t at[(1 << PART_BITS) + 1] = {0}, next[1 << PART_BITS];
	const struct tl_ix_half *h[2];
	for (unsigned i = 0; i < 2; i++)
		h[i] = (const void *)(o->map + o->head.section[i].from);
	for (size_t i = 0; i < r->firsts; i++) {
		struct tl_ix_mixed m = {{h[0][r->first[i]], h[1][r->first[i]]}};
		at[(tl_ix_slot_of(&m, slots, slot) >> low) + 1]++;
	}
	for (size_t p = 0; p < 1 << PART_BITS; p++) {
		at[p + 1] += at[p];
		next[p] = at[p];
	}
	for (size_t i = 0; i < r->firsts; i++) {
		struct tl_ix_mixed m = {{h[0][r->first[i]], h[1][r->first[i]]}};
		uint32_t value = tl_ix_slot_of(&m, slots, slot);
		uint64_t sketch = tl_ix_slot_of(&m, slots, (slot + 1) % slots) & mask;
		r->valued[next[value >> low]++] =
		    (struct valued){sketch << id_bits | r->first[i], value};
	}
	for (size_t p = 0; p >> (bits - low) == 0; p++) {
		uint32_t *end = r->bucket + (p << low), sum = at[p];
		memset(end, 0, sizeof *end << low);
		for (size_t i = at[p]; i < at[p + 1]; i++)
			r->bucket[r->valued[i].value]++;
		for (size_t v = 0; v >> low == 0; v++) {
			uint32_t c = end[v];
			end[v] = sum;
			sum += c;
		}
		for (size_t i = at[p]; i < at[p + 1]; i++)
			memcpy(&r->entry[r->bucket[r->valued[i].value]++ * r->entry_bytes],
			    &r->valued[i].entry, r->entry_bytes);
	}
}

static void
put_slot(struct out *o, unsigned slot, struct room *r)
{
	unsigned at = TL_IX_SLOT + 3 * slot;
	size_t bytes = r->firsts * r->entry_bytes;
	sort_entries(o, slot, r);
	put_lines(o, at, tl_ix_slot_bits(o->head.slots, slot), r->bucket);
	memcpy(begin(o, at + 2, bytes), r->entry, bytes);
	end(o, at + 2);
}

static bool
same(const struct tl_ix_half *a, const struct tl_ix_half *b)
{
	return a->w[0] == b->w[0] && a->w[1] == b->w[1];
}

static void
put_slots(struct out *o)
{
	size_t n = o->head.n, entry_bytes = tl_ix_entry_bytes(tl_ix_id_bits(n));
	unsigned bits = 0;
	for (unsigned i = 0; i < o->head.slots; i++)
		if (tl_ix_slot_bits(o->head.slots, i) > bits)
			bits = tl_ix_slot_bits(o->head.slots, i);
	struct room r = {tl_ix_alloc(n, sizeof *r.first), 0, tl_ix_alloc(n, sizeof *r.valued),
	    tl_ix_alloc((size_t)1 << bits, sizeof *r.bucket), tl_ix_alloc(n, entry_bytes),
	    entry_bytes};
	const struct tl_ix_half *h[2];
	for (unsigned i = 0; i < 2; i++)
		h[i] = (const void *)(o->map + o->head.section[i].from);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !same(&h[0][i], &h[0][i - 1]) || !same(&h[1][i], &h[1][i - 1]))
			r.first[r.firsts++] = (uint32_t)i;
	for (unsigned slot = 0; slot < o->head.slots; slot++)
		put_slot(o, slot, &r);
	free(r.first);
	free(r.valued);
	free(r.bucket);
	free(r.entry);
}

/* The most that the file can need; what is left over is cut off. */
static size_t
most_bytes(size_t n, unsigned slots)
{
	size_t bytes = sizeof(struct tl_ix_head) + n * 48 + TL_IX_SECTIONS * 64 + 128;
	for (unsigned i = 0; i < slots; i++) {
		size_t lines = tl_ix_lines(tl_ix_slot_bits(slots, i));
		size_t hots = n / UINT8_MAX < lines ? n / UINT8_MAX : lines;
		bytes += lines * sizeof(struct tl_ix_line) + hots * sizeof(struct tl_ix_hot) +
			 n * tl_ix_entry_bytes(tl_ix_id_bits(n));
	}
	return bytes;
}

int
tl_ix_build(const char *dir, uint64_t id, const struct tl_ix_rows *rows)
{
	char name[32];
	if (rows->n > TL_IX_ENTRIES_MAX)
		return tl_fail(TL_ETOOBIG, "a segment holds at most 2^31 entries");
	unsigned slots = tl_ix_slots_for(rows->n);
	size_t most = most_bytes(rows->n, slots);
	struct out o = {.used = (sizeof o.head + 63) / 64 * 64};
	int fd = -1;
	tl_ix_segment_name(name, id);
	int rc = tl_ix_file_create(dir, name, most, &o.map, &fd);
	if (rc < 0)
		return rc;
	o.head.magic = TL_IX_MAGIC;
	o.head.id = id;
	o.head.n = (uint32_t)rows->n;
	o.head.slots = slots;
	uint32_t *order = order_of(rows, slots);
	put_columns(&o, rows, order);
	free(order);
	if (slots)
		put_slots(&o);
	o.head.bytes = o.used + 64;
	o.head.sum = tl_ix_sum(&o.head, sizeof o.head);
	memcpy(o.map, &o.head, sizeof o.head);
	return tl_ix_file_finish(dir, name, o.map, most, fd, o.head.bytes);
}
