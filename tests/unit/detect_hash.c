/* Digest and PDQ banks: what matches, within which distance, and what a picture without a hash says. */
#include "base/arena.h"
#include "detect/banks_int.h"
#include "detect/hash/pdq_scan.h"

#include "unit.h"

#define BANKS 2

struct fixture {
	struct tl_arena *arena;
	struct tl_bank_ref banks[BANKS];
	struct tl_bank_live entries[16];
	struct tl_bank_table table;
	struct tl_media media;
	struct tl_signals out;
	int refused;
};

static void
on_refused(void *ctx, const struct tl_bank_live *e, const char *why)
{
	struct fixture *f = ctx;
	assert_non_null(e);
	assert_non_null(why);
	f->refused++;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	f->arena = tl_arena_create(1 << 20);
	f->banks[0] = (struct tl_bank_ref){
	    .id = {{1}}, .name = TL_S("near"), .policy = TL_S("demo.policy"), .distance = 31};
	f->banks[1] = (struct tl_bank_ref){
	    .id = {{2}}, .name = TL_S("exact"), .policy = TL_S("demo.other"), .distance = 0};
	f->table = (struct tl_bank_table){.banks = f->banks,
	    .bank_count = BANKS,
	    .entries = f->entries,
	    .refused = on_refused,
	    .ctx = f};
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	tl_arena_destroy(f->arena);
	free(f);
	return 0;
}

static void
entry(struct fixture *f, uint32_t bank, enum tl_entry_form form, const void *value, size_t n)
{
	uint8_t no = (uint8_t)(f->table.entry_count + 1);
	f->entries[f->table.entry_count++] = (struct tl_bank_live){.bank = bank,
	    .id = {{no}},
	    .form = form,
	    .value = tl_arena_dup(f->arena, tl_bytes(value, n))};
}

static void
run(struct fixture *f, const struct tl_detector *d)
{
	void *part = NULL;
	assert_int_equal(d->build(&f->table, &part), 0);
	struct tl_detect_input in = {.media = &f->media, .media_count = 1};
	struct tl_detect_ctx c = {.table = &f->table,
	    .part = part,
	    .name = d->name,
	    .version = d->version,
	    .in = &in,
	    .arena = f->arena,
	    .out = &f->out};
	d->run(&c);
	d->destroy(part);
}

static void
t_digests_match_in_every_bank_that_has_them(void **state)
{
	struct fixture *f = *state;
	memset(f->media.sha256, 7, 32);
	memset(f->media.md5, 9, 16);
	uint8_t other[32] = {1};
	entry(f, 0, TL_FORM_SHA256, other, 32);
	entry(f, 0, TL_FORM_SHA256, f->media.sha256, 32);
	entry(f, 1, TL_FORM_SHA256, f->media.sha256, 32);
	entry(f, 1, TL_FORM_MD5, f->media.md5, 16);
	entry(f, 1, TL_FORM_MD5, other, 16);
	run(f, &tl_detector_digest);
	assert_int_equal(f->out.n, 3);
	assert_int_equal(f->refused, 0);
	for (size_t i = 0; i < 3; i++) {
		assert_true(f->out.s[i].score == 1.0);
		assert_true(f->out.s[i].has_media);
		assert_false(f->out.s[i].failed);
	}
	assert_int_equal(f->out.s[2].entry.b[0], 4);
	assert_true(tl_str_is(f->out.s[2].label, "exact"));
}

static void
t_entries_of_a_wrong_form_are_refused_not_matched(void **state)
{
	struct fixture *f = *state;
	entry(f, 0, TL_FORM_SHA256, "short", 5);
	entry(f, 0, TL_FORM_PDQ, f->media.sha256, 32);
	run(f, &tl_detector_digest);
	assert_int_equal(f->refused, 2);
	assert_int_equal(f->out.n, 0);
}

static void
flip(uint8_t h[32], int bits)
{
	for (int i = 0; i < bits; i++)
		h[i * 8 % 32] ^= (uint8_t)(1 << (i * 8 / 32));
}

static void
t_pdq_matches_within_each_banks_distance(void **state)
{
	struct fixture *f = *state;
	uint8_t h[32];
	memset(f->media.pdq, 0x5a, 32);
	f->media.has_pdq = true;
	f->media.pdq_quality = 50;
	for (int bits = 0; bits <= 32; bits += bits == 0 ? 1 : bits == 1 ? 30 : 1) {
		memcpy(h, f->media.pdq, 32); /* 0, 1, 31 and 32 bits away, in both banks */
		flip(h, bits);
		entry(f, 0, TL_FORM_PDQ, h, 32);
		entry(f, 1, TL_FORM_PDQ, h, 32);
	}
	run(f, &tl_detector_pdq);
	assert_int_equal(f->out.n, 4);
	static const int distance[4] = {0, 0, 1, 31}, entry_no[4] = {1, 2, 3, 5};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(f->out.s[i].distance, distance[i]);
		assert_int_equal(f->out.s[i].entry.b[0], entry_no[i]);
	}
	assert_true(f->out.s[0].score == 1.0);
	assert_true(f->out.s[3].score > 0.5 && f->out.s[3].score < 0.53);
}

/* Many entries of one bank near a picture do not hide those of another. */
static void
t_pdq_a_full_bank_hides_no_other(void **state)
{
	struct fixture *f = *state;
	struct tl_bank_live *many = TL_NEWS(f->arena, struct tl_bank_live, 301);
	uint8_t h[32];
	memset(f->media.pdq, 0x5a, 32);
	f->media.has_pdq = true;
	f->media.pdq_quality = 90;
	for (size_t i = 0; i <= 300; i++) {
		memcpy(h, f->media.pdq, 32);
		h[0] ^= i < 300 ? (uint8_t)(i | 1) : 0;
		many[i] = (struct tl_bank_live){.bank = i == 300,
		    .id = {{(uint8_t)i, (uint8_t)(i >> 8)}},
		    .form = TL_FORM_PDQ,
		    .value = tl_arena_dup(f->arena, tl_bytes(h, 32))};
	}
	f->table.entries = many;
	f->table.entry_count = 301;
	run(f, &tl_detector_pdq);
	assert_int_equal(f->out.n, 9);
	assert_true(tl_str_is(f->out.s[0].label, "exact"));
	assert_false(f->out.cut);
}

static void
t_low_quality_is_silent_and_no_hash_is_a_failure(void **state)
{
	struct fixture *f = *state;
	entry(f, 0, TL_FORM_PDQ, f->media.pdq, 32);
	f->media.has_pdq = true;
	f->media.pdq_quality = 49;
	run(f, &tl_detector_pdq);
	assert_int_equal(f->out.n, 0);
	f->media.has_pdq = false;
	f->media.reason = TL_S("truncated");
	run(f, &tl_detector_pdq);
	assert_int_equal(f->out.n, 1);
	assert_true(f->out.s[0].failed);
	assert_true(tl_str_is(f->out.s[0].label, "truncated"));
	assert_true(f->out.s[0].has_media);
}

/* The scan against a count bit by bit, on hashes near and far. */
static void
t_scan_equals_a_slow_scan(void **state)
{
	(void)state;
	enum { N = 2000 };
	struct tl_pdq *h = calloc(N + 1, sizeof *h);
	struct tl_pdq_hit *hit = calloc(N, sizeof *hit);
	struct tl_pdq_list *l = tl_pdq_list_create(N);
	uint32_t seed = 1;
	assert_non_null(h);
	assert_non_null(hit);
	for (size_t i = 0; i <= N; i++)
		for (size_t k = 0; k < 32; k++) {
			seed = seed * 1664525u + 1013904223u;
			h[i].b[k] = i % 3 ? (uint8_t)(h[0].b[k] ^ ((seed >> 24) & (seed >> 16) &
								      (seed >> 8)))
					  : (uint8_t)(seed >> 24);
		}
	for (uint32_t i = 0; i < N; i++)
		tl_pdq_list_add(l, i, &h[i], (int)(i % 64));
	tl_pdq_list_add(l, N, &h[N], 255); /* no room: ignored */
	size_t n = tl_pdq_list_scan(l, &h[0], hit, N), want = 0;
	for (uint32_t i = 0; i < N; i++) {
		int d = tl_pdq_distance(&h[0], &h[i]);
		if (d > (int)(i % 64))
			continue;
		assert_true(want < n);
		assert_int_equal(hit[want].entry, i);
		assert_int_equal(hit[want++].distance, d);
	}
	assert_int_equal(n, want);
	assert_true(n > 100);
	assert_int_equal(tl_pdq_list_scan(l, &h[0], hit, 3), n);
	tl_pdq_list_destroy(l);
	free(hit);
	free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_digests_match_in_every_bank_that_has_them, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_entries_of_a_wrong_form_are_refused_not_matched, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_pdq_matches_within_each_banks_distance, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_low_quality_is_silent_and_no_hash_is_a_failure, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_pdq_a_full_bank_hides_no_other, setup, teardown),
	    cmocka_unit_test(t_scan_equals_a_slow_scan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
