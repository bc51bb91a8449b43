/*
 * The flat scan. The two halves of each hash lie in two arrays: a hash whose first half alone is too far away (all
 * but a few in a billion) costs 16 bytes and two population counts. Compiled twice: with the processor's own count
 * where there is one. No failure. Called by the PDQ detector.
 */
#include "detect/hash/pdq_scan.h"

struct half {
	uint64_t w[2];
};

struct tl_pdq_list {
	size_t n, capacity;
	int most; /* the largest distance of all */
	struct half *first, *second;
	uint8_t *distance;
	uint32_t *entry;
	size_t (*scan)(const struct tl_pdq_list *l, const struct half needle[2],
	    struct tl_pdq_hit *hits, size_t cap);
};

static inline __attribute__((always_inline)) int
differ(const struct half *a, const struct half *b)
{
	return __builtin_popcountll(a->w[0] ^ b->w[0]) +
	       __builtin_popcountll(a->w[1] ^ b->w[1]);
}

static inline __attribute__((always_inline)) size_t
scan(const struct tl_pdq_list *l, const struct half needle[2], struct tl_pdq_hit *hits,
    size_t cap)
{
	size_t found = 0;
	const struct half a = needle[0], b = needle[1];
	for (size_t i = 0; i < l->n; i++) {
		int d = differ(&l->first[i], &a);
		if (__builtin_expect(d > l->most, 1))
			continue;
		d += differ(&l->second[i], &b);
		if (d > l->distance[i])
			continue;
		if (found < cap)
			hits[found] = (struct tl_pdq_hit){l->entry[i], d};
		found++;
	}
	return found;
}

static size_t
scan_any(const struct tl_pdq_list *l, const struct half needle[2], struct tl_pdq_hit *hits,
    size_t cap)
{
	return scan(l, needle, hits, cap);
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static size_t
scan_popcnt(const struct tl_pdq_list *l, const struct half needle[2], struct tl_pdq_hit *hits,
    size_t cap)
{
	return scan(l, needle, hits, cap);
}
#endif

static void
split(const struct tl_pdq *h, struct half ret[2])
{
	memcpy(ret, h->b, sizeof h->b);
}

struct tl_pdq_list *
tl_pdq_list_create(size_t capacity)
{
	struct tl_pdq_list *l = calloc(1, sizeof *l);
	size_t n = capacity ? capacity : 1;
	if (!l)
		abort();
	l->capacity = capacity;
	l->first = calloc(n, sizeof *l->first);
	l->second = calloc(n, sizeof *l->second);
	l->distance = calloc(n, 1);
	l->entry = calloc(n, sizeof *l->entry);
	if (!l->first || !l->second || !l->distance || !l->entry)
		abort();
	l->scan = scan_any;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("popcnt"))
		l->scan = scan_popcnt;
#endif
	return l;
}

void
tl_pdq_list_destroy(struct tl_pdq_list *l)
{
	if (!l)
		return;
	free(l->first);
	free(l->second);
	free(l->distance);
	free(l->entry);
	free(l);
}

void
tl_pdq_list_add(struct tl_pdq_list *l, uint32_t entry, const struct tl_pdq *h, int distance)
{
	struct half part[2];
	if (l->n == l->capacity)
		return;
	int d = distance < 0 ? 0 : distance > 255 ? 255 : distance;
	split(h, part);
	l->first[l->n] = part[0];
	l->second[l->n] = part[1];
	l->entry[l->n] = entry;
	l->distance[l->n++] = (uint8_t)d;
	l->most = d > l->most ? d : l->most;
}

size_t
tl_pdq_list_scan(const struct tl_pdq_list *l, const struct tl_pdq *needle,
    struct tl_pdq_hit *hits, size_t cap)
{
	struct half part[2];
	split(needle, part);
	return l->scan(l, part, hits, cap);
}
