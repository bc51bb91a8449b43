/* What the Hamming index finds, against the plain scan: every distance, every kind of skew, every kernel. */
#include "hash/index_find.h"

#include <unistd.h>

#include "unit.h"
#include "unit_hashes.h"

#define MANY 18000 /* more than are scanned without slots */

static void
t_sums_are_xxh64(void **state)
{
	(void)state;
	const char *text =
	    "0123456789abcdef0123456789ABCDEF0123456789"; /* longer than a round */
	assert_int_equal(tl_ix_sum("", 0), UINT64_C(0xEF46DB3751D8E999));
	assert_int_equal(tl_ix_sum("abc", 3), UINT64_C(0x44BC2CF5AD770999));
	assert_int_not_equal(tl_ix_sum(text, 42), tl_ix_sum(text, 41));
}

static void
t_mixing_keeps_distances_and_comes_back(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct tl_pdq a = hashes_any(), b = hashes_at(&a, i), back;
		struct tl_ix_mixed m, n;
		tl_ix_mix(&a, &m);
		tl_ix_mix(&b, &n);
		tl_ix_unmix(&m, &back);
		assert_memory_equal(&back, &a, sizeof a);
		assert_int_equal(
		    tl_ix_differ(&m.h[0], &n.h[0]) + tl_ix_differ(&m.h[1], &n.h[1]), i);
	}
}

static void
t_every_kernel_finds_the_same(void **state)
{
	(void)state;
	static struct tl_ix_half half[2][203];
	static uint32_t found[203];
	struct tl_ix_mixed m, needle;
	struct tl_pdq h = hashes_any();
	tl_ix_mix(&h, &needle);
	for (size_t i = 0; i < TL_COUNT(found); i++) {
		struct tl_pdq other = hashes_at(&h, (int)(i * 150 / TL_COUNT(found)));
		tl_ix_mix(&other, &m);
		half[0][i] = m.h[0];
		half[1][i] = m.h[1];
	}
	for (int k = 0; tl_ix_scan_nth(k); k++)
		for (int most = 0; most <= 128; most++) {
			size_t n = tl_ix_scan_nth(k)(
				   half[0], half[1], TL_COUNT(found), &needle, most, found),
			       at = 0;
			for (uint32_t i = 0; i < TL_COUNT(found); i++)
				if (tl_ix_differ(&half[0][i], &needle.h[0]) +
					tl_ix_differ(&half[1][i], &needle.h[1]) <=
				    most) {
					assert_true(at < n);
					assert_int_equal(found[at++], i);
				}
			assert_int_equal(at, n);
		}
}

/* The proof of recall needs only this: the radii and one each add up to more than the distance. */
static void
t_radii_reach_every_distance(void **state)
{
	(void)state;
	static const uint64_t size[] = {1, 20000, 1000000, 10000000, 30000000, 1000000000};
	for (size_t i = 0; i < TL_COUNT(size); i++)
		for (unsigned slots = TL_IX_SLOTS_MIN; slots <= TL_IX_SLOTS_MAX; slots++) {
			unsigned bits = 0;
			for (unsigned k = 0; k < slots; k++)
				bits += tl_ix_slot_bits(slots, k);
			assert_int_equal(bits, 256);
			for (int d = 0; d <= TL_INDEX_DISTANCE_MAX; d++) {
				struct tl_ix_plan p;
				int sum = 0;
				tl_ix_plan(size[i], slots, d, &p);
				for (unsigned k = 0; k < slots; k++)
					sum += p.radius[k] + 1;
				assert_int_equal(sum, d + 1);
			}
		}
}

/* Some slot finds every hash within the distance, alone and together with the next: what sketches are sifted by. */
static void
t_the_ring_misses_none(void **state)
{
	(void)state;
	static const unsigned slots[] = {8, 11, 14, 16, 24};
	for (size_t i = 0; i < TL_COUNT(slots); i++)
		for (int d = 0; d <= TL_INDEX_DISTANCE_MAX; d++) {
			struct tl_ix_plan p;
			tl_ix_plan(10000000, slots[i], d, &p);
			for (int round = 0; round < 40; round++) {
				int over[TL_IX_SLOTS_MAX], n = (int)slots[i], found = 0;
				struct tl_pdq zero = {{0}}, h = hashes_at(&zero, d);
				struct tl_ix_mixed m;
				tl_ix_mix(&h, &m);
				for (int k = 0; k < n; k++)
					over[k] = __builtin_popcount(tl_ix_slot_of(
						      &m, slots[i], (unsigned)k)) -
						  p.radius[k] - 1;
				for (int k = 0; k < n; k++)
					found += over[k] < 0 && over[k] + over[(k + 1) % n] < 0;
				assert_true(found > 0);
			}
		}
}

static void
t_masks_are_all_of_a_radius(void **state)
{
	(void)state;
	for (unsigned bits = 1; bits <= 16; bits++)
		for (int radius = 0; radius <= (int)bits; radius++) {
			struct tl_ix_masks m = tl_ix_masks(bits, radius);
			uint32_t mask, last = 0;
			double n = 0;
			for (; tl_ix_masks_next(&m, &mask); n++) {
				assert_int_equal(__builtin_popcount(mask), radius);
				assert_true(mask < 1u << bits);
				assert_true(mask > last || n < 1);
				last = mask;
			}
			assert_true(n == tl_ix_shell(bits, radius));
		}
}

/* Everything of one kind: a segment made of it, and the same by hand. */
struct kind {
	const char *name;
	struct tl_pdq hash[MANY];
};

static struct kind kind;

static void
make_kind(const char *name)
{
	struct tl_pdq centre = hashes_any(), *h = kind.hash;
	kind.name = name;
	for (uint32_t i = 0; i < MANY; i++) {
		h[i] = hashes_any();
		if (strcmp(name, "clusters") == 0)
			h[i] = hashes_at(i % 3000 ? &h[i / 3000 * 3000] : &h[i], (int)(i % 40));
		else if (strcmp(name, "one cluster") == 0)
			h[i] = hashes_at(&centre, (int)(i % 25));
		else if (strcmp(name, "one hash") == 0)
			h[i] = i % 4 ? centre : h[i];
		else if (strcmp(name, "zeroes and ones") == 0)
			memset(
			    &h[i], i % 3 == 0 ? 0 : 255, i % 3 ? sizeof *h : sizeof *h - i % 2);
		else if (strcmp(name, "pictures") == 0)
			h[i] = hashes_picture(i);
		else if (strcmp(name, "one slot") == 0)
			memcpy(&h[i], &centre, 24); /* three quarters of all bits agree */
	}
}

struct seen {
	uint64_t n, sum;
	uint8_t at[MANY];
	const struct tl_ix_segment *s;
	bool runs;
};

static void
see(void *ctx, uint32_t at, int d)
{
	struct seen *s = ctx;
	uint32_t first = at;
	do {
		assert_true(s->s->key[at] < MANY);
		assert_int_equal(s->at[s->s->key[at]]++, 0);
		s->n++;
		s->sum += (uint64_t)d;
		at++;
	} while (s->runs && at < s->s->n &&
		 memcmp(&s->s->half[0][at], &s->s->half[0][first], 16) == 0 &&
		 memcmp(&s->s->half[1][at], &s->s->half[1][first], 16) == 0);
}

static void
compare_with_scan(
    struct tl_ix_work *w, struct tl_ix_segment *s, const struct tl_pdq *needle, int d)
{
	static struct seen seen;
	struct tl_ix_mixed m;
	uint64_t n = 0, sum = 0;
	tl_ix_mix(needle, &m);
	memset(&seen, 0, sizeof seen);
	seen.s = s;
	seen.runs = true;
	if (!tl_ix_find(w, s, &m, d, see, &seen)) {
		const struct tl_ix_mixed *one = &m;
		void *ctx = &seen;
		seen.runs = false;
		tl_ix_find_plain(w, s->half, s->n, &one, &ctx, 1, d, see);
	}
	for (size_t i = 0; i < MANY; i++) {
		int there = tl_pdq_distance(needle, &kind.hash[i]);
		n += there <= d;
		sum += there <= d ? (uint64_t)there : 0;
		if (seen.at[i] != (there <= d))
			fail_msg("%s: an entry at %d of %d", kind.name, there, d);
	}
	assert_int_equal(seen.n, n);
	assert_int_equal(seen.sum, sum);
}

static void
compare_kind(const char *dir, const char *name)
{
	struct tl_ix_rows rows;
	struct tl_ix_segment *s = NULL;
	make_kind(name);
	tl_ix_rows_alloc(&rows, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		struct tl_ix_row r = {.key = i, .bank = i % 3};
		tl_ix_mix(&kind.hash[i], &r.hash);
		tl_ix_rows_put(&rows, &r);
	}
	assert_int_equal(tl_ix_build(dir, 1, &rows), 0);
	if (tl_ix_segment_open(dir, 1, &s) < 0)
		fail_msg("%s: %s", name, tl_err_text());
	if (tl_ix_segment_verify(s) < 0)
		fail_msg("%s: %s", name, tl_err_text());
	assert_true(s->slots > 0);
	struct tl_ix_work *w = tl_ix_work_create();
	for (int d = 0; d <= TL_INDEX_DISTANCE_MAX; d++)
		for (int i = 0; i < 3; i++) {
			struct tl_pdq needle = hashes_any();
			if (i)
				needle = hashes_at(&kind.hash[hashes_next() % MANY],
				    i == 1 ? d : (int)(hashes_next() % 64));
			s->scan_cost = i == 2 ? s->n * TL_IX_COST_SCAN
					      : 1e9; /* slots, or what is cheaper */
			if (d > 40 && i < 2)
				s->scan_cost = 1e7;
			compare_with_scan(w, s, &needle, d);
		}
	tl_ix_work_destroy(w);
	tl_ix_segment_close(s);
	tl_ix_rows_fini(&rows);
}

static void
t_segments_find_what_a_scan_finds(void **state)
{
	(void)state;
	char dir[64];
	assert_true(hashes_dir(dir, sizeof dir));
	static const char *const kinds[] = {"random", "clusters", "one cluster", "one hash",
	    "zeroes and ones", "pictures", "one slot"};
	for (size_t i = 0; i < TL_COUNT(kinds); i++)
		compare_kind(dir, kinds[i]);
	unit_remove_tree(dir);
}

static void
t_what_is_told_is_found_and_what_is_removed_is_not(void **state)
{
	(void)state;
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	struct tl_pdq h = hashes_any();
	struct tl_index_hit hit[4];
	struct tl_index_found f = {hit, TL_COUNT(hit), 0, 0};
	struct tl_index_bank two[] = {{7, 10}, {8, -1}};
	struct tl_index_ask ask = {&h, 1, 31, two, 2, 1000};
	assert_int_equal(tl_index_open(NULL, TL_INDEX_OWN, &x), 0);
	for (uint32_t bank = 7; bank <= 9; bank++)
		assert_int_equal(tl_index_add(x, &h, bank, bank, 0), 0);
	h = hashes_at(&h, 11);
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.hit[0].key, 9);
	assert_int_equal(f.hit[0].distance, 11);
	assert_int_equal(tl_index_limit(x, 9, TL_INDEX_NEVER, 1000, 0), 0);
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.all, 0);
	ask.now_us = 999;
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.all, 1);
	assert_int_equal(tl_index_remove(x, 9, 0), 0);
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.all, 0);
	assert_int_equal(tl_index_remove_bank(x, 7, 0), 0);
	two[0].distance = 63;
	two[1].distance = 63;
	assert_int_equal(tl_index_find(x, &ask, &f), 0);
	assert_int_equal(f.all, 1);
	assert_int_equal(f.hit[0].key, 8);
}

static void
t_too_many_hits_keep_the_nearest_and_say_so(void **state)
{
	(void)state;
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	struct tl_pdq h[2] = {hashes_any(), hashes_any()};
	struct tl_index_hit hit[2][5];
	struct tl_index_found f[2] = {{hit[0], 5, 0, 0}, {hit[1], 0, 0, 0}};
	struct tl_index_ask ask = {.needle = h, .needles = 2, .distance = 31};
	assert_int_equal(tl_index_open(NULL, TL_INDEX_OWN, &x), 0);
	for (uint64_t i = 0; i < 400; i++) {
		struct tl_pdq near = hashes_at(&h[0], (int)(397 - i % 398) % 40);
		assert_int_equal(tl_index_add(x, &near, i, 1, 0), 0);
	}
	assert_int_equal(tl_index_find(x, &ask, f), 0);
	assert_int_equal(f[0].n, 5);
	assert_true(f[0].all > 300);
	assert_int_equal(f[1].all, 0);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(f[0].hit[i].distance, 0);
		assert_true(i == 0 || f[0].hit[i].key > f[0].hit[i - 1].key);
	}
}

static void
t_impossible_questions_are_refused(void **state)
{
	(void)state;
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	struct tl_pdq h = hashes_any();
	struct tl_index_bank banks[] = {{2, 3}, {2, 3}};
	struct tl_index_found f = {0};
	struct tl_index_ask bad[] = {{&h, 0, 31, NULL, 0, 0}, {&h, 1, 64, NULL, 0, 0},
	    {&h, 1, -2, NULL, 0, 0}, {&h, 1, 31, banks, 2, 0},
	    {&h, TL_INDEX_NEEDLES_MAX + 1, 31, NULL, 0, 0}};
	assert_int_equal(tl_index_open(NULL, TL_INDEX_OWN, &x), 0);
	for (size_t i = 0; i < TL_COUNT(bad); i++)
		assert_int_equal(tl_index_find(x, &bad[i], &f), TL_EFIELD);
	assert_int_equal(tl_index_flush(x), TL_EBUG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_sums_are_xxh64),
	    cmocka_unit_test(t_mixing_keeps_distances_and_comes_back),
	    cmocka_unit_test(t_every_kernel_finds_the_same),
	    cmocka_unit_test(t_radii_reach_every_distance),
	    cmocka_unit_test(t_the_ring_misses_none),
	    cmocka_unit_test(t_masks_are_all_of_a_radius),
	    cmocka_unit_test(t_segments_find_what_a_scan_finds),
	    cmocka_unit_test(t_what_is_told_is_found_and_what_is_removed_is_not),
	    cmocka_unit_test(t_too_many_hits_keep_the_nearest_and_say_so),
	    cmocka_unit_test(t_impossible_questions_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
