/* Found again: the media index follows the store, grown banks reach what was published before, and erasure ends it. */
#include "again/again.h"
#include "again/turn.h"
#include "store/bank_log.h"
#include "store/blobs.h"
#include "store/items.h"
#include "store/jobs.h"
#include "store/media.h"
#include "store/retention.h"
#include "sys/clock.h"

#include "unit_store.h"

struct site {
	struct unit_store s;
	struct tl_again_index *x;
	struct tl_bank bank;
	uint64_t dice;
	int serial;
};

static uint8_t
throw_byte(struct site *t)
{
	t->dice = t->dice * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint8_t)(t->dice >> 56);
}

static struct tl_pdq
any_hash(struct site *t)
{
	struct tl_pdq h = {{0}};
	for (size_t i = 0; i < sizeof h.b; i++)
		h.b[i] = throw_byte(t);
	return h;
}

/* `bits` other bits. */
static struct tl_pdq
near(const struct tl_pdq *h, int bits)
{
	struct tl_pdq n = *h;
	for (int i = 0; i < bits; i++)
		n.b[i / 8 * 3] ^= (uint8_t)(1 << (i % 8));
	return n;
}

static int
setup(void **state)
{
	struct site *t = calloc(1, sizeof *t);
	assert_non_null(t);
	t->dice = 7;
	unit_store_open(&t->s);
	assert_int_equal(tl_again_index_open(t->s.dir, true, &t->x), 0);
	t->bank = (struct tl_bank){.name = TL_S("known"),
	    .kind = TL_BANK_PDQ,
	    .policy = TL_S("csae.known"),
	    .distance = 10,
	    .enabled = true};
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_create(t->s.db, &t->bank), 0);
	unit_commit(t->s.db);
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	struct site *t = *state;
	tl_again_index_close(t->x);
	unit_store_close(&t->s);
	free(t);
	return 0;
}

/* An item with one picture of this hash, published and judged. */
static struct tl_id
publish(struct site *t, const struct tl_pdq *h, struct tl_media *ret)
{
	struct unit_store *s = &t->s;
	static const uint8_t print[TL_PRINT_BYTES] = {1};
	static const uint8_t turned[TL_MEDIA_TURNS * TL_PDQ_BYTES] = {1};
	char name[32];
	(void)snprintf(name, sizeof name, "item-%d", t->serial++);
	struct tl_media m = {.mime = TL_S("image/png"), .bytes = 1};
	struct tl_blob_in *b = NULL;
	assert_int_equal(tl_blob_create(s->store, s->platform, &b), 0);
	assert_int_equal(tl_blob_add(b, tl_str(name)), 0);
	assert_int_equal(tl_blob_finish(b, &m.id), 0);
	memcpy(m.sha256, h->b, sizeof m.sha256);
	memcpy(m.md5, h->b, sizeof m.md5);
	unit_begin(s->db);
	assert_int_equal(tl_media_add(s->db, s->platform, &m, 0), 0);
	m.state = TL_MEDIA_DECODED;
	m.has_pdq = true;
	m.pdq_quality = 90;
	memcpy(m.pdq, h->b, sizeof m.pdq);
	m.turned = tl_bytes(turned, sizeof turned);
	assert_int_equal(tl_media_scanned(s->db, s->platform, &m), 0);
	struct tl_item it = {.platform = s->platform,
	    .ext_id = tl_str(name),
	    .version = 1,
	    .live = true,
	    .received_at = tl_now_us(),
	    .media_count = 1};
	it.media[0] = m;
	struct tl_item_state_row row;
	bool known;
	assert_int_equal(
	    tl_item_put(s->db, &it, print, tl_now_us() + 30 * TL_US_DAY, &row, &known), 0);
	struct tl_verdict v = {.word = TL_VERDICT_ALLOW};
	assert_int_equal(
	    tl_item_verdict_put(s->db, &it, TL_ITEM_SCANNED, &v, TL_S(""), false), 0);
	assert_true(tl_db_run(s->db, TL_SQL_JOB_DROP, A_INT(s->platform), A_ID(it.id)) > 0);
	unit_commit(s->db);
	if (ret)
		*ret = m;
	return it.id;
}

static struct tl_bank_entry
add_entry(struct site *t, const struct tl_pdq *h)
{
	struct tl_bank_entry e = {
	    .value = tl_bytes(h->b, sizeof h->b), .form = TL_FORM_PDQ, .enabled = true};
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_entry_add(t->s.db, &t->bank, &e), 0);
	unit_commit(t->s.db);
	return e;
}

/* Everything that is to do, each step in its transaction. Returns how many steps. */
static int
grow(struct site *t)
{
	int64_t change = 0;
	int steps = 0;
	assert_int_equal(tl_bank_change(t->s.db, &change), 0);
	for (int rc = 1; rc > 0; steps++) {
		unit_begin(t->s.db);
		rc = tl_again_grow(t->s.db, t->x, change, 0);
		assert_true(rc >= 0);
		unit_commit(t->s.db);
	}
	unit_begin(t->s.db);
	assert_true(tl_again_feed(t->s.db) >= 0);
	unit_commit(t->s.db);
	return steps;
}

static bool
asked(struct site *t, struct tl_id item)
{
	struct tl_again a;
	assert_int_equal(tl_again_asked(t->s.db, t->s.platform, item, &a), 0);
	return a.asked;
}

static void
judged(struct site *t, struct tl_id item)
{
	unit_begin(t->s.db);
	assert_int_equal(tl_again_done(t->s.db, t->s.platform, item, INT64_MAX), 0);
	assert_true(tl_db_run(t->s.db, TL_SQL_JOB_DROP, A_INT(t->s.platform), A_ID(item)) >= 0);
	unit_commit(t->s.db);
}

static void
t_new_entry_reaches_what_was_published_before(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t), close = near(&h, 10), far = near(&h, 11);
	struct tl_id a = publish(t, &close, NULL), b = publish(t, &far, NULL);
	(void)grow(t);
	assert_false(asked(t, a));
	struct tl_bank_entry e = add_entry(t, &h);
	(void)grow(t);
	assert_true(asked(t, a));
	assert_false(asked(t, b));
	struct tl_again why;
	assert_int_equal(tl_again_asked(t->s.db, t->s.platform, a, &why), 0);
	assert_true(tl_id_eq(why.entry, e.id));
	assert_int_equal(why.since, e.added_at);
	judged(t, a);
	assert_int_equal(grow(t), 1); /* it is not compared a second time */
	assert_false(asked(t, a));
}

static void
t_digest_reaches_the_file(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	struct tl_id a = publish(t, &h, NULL);
	struct tl_bank exact = {.name = TL_S("exact"),
	    .kind = TL_BANK_DIGEST,
	    .policy = TL_S("csae.known"),
	    .enabled = true};
	struct tl_bank_entry e = {
	    .value = tl_bytes(h.b, 16), .form = TL_FORM_MD5, .enabled = true};
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_create(t->s.db, &exact), 0);
	assert_int_equal(tl_bank_entry_add(t->s.db, &exact, &e), 0);
	unit_commit(t->s.db);
	(void)grow(t);
	assert_true(asked(t, a));
}

static void
t_video_is_found_by_a_part_of_it(void **state)
{
	struct site *t = *state;
	struct unit_store *s = &t->s;
	struct tl_pdq still = any_hash(t);
	struct tl_media m;
	struct tl_id a = publish(t, &still, &m);
	TL_CLEANUP(tl_buf_fini) struct tl_buf whole = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf part = {0};
	struct tl_video v = {0}, clip = {0};
	for (uint32_t i = 0; i < 90; i++) {
		struct tl_video_frame f = {
		    .hash = any_hash(t), .ms = i * 1000, .number = i * 25, .quality = 90};
		assert_int_equal(tl_video_add(&v, &f), 0);
		f.hash = near(&f.hash, 6);
		if (i >= 30 && i < 50)
			assert_int_equal(tl_video_add(&clip, &f), 0);
	}
	tl_video_pack(&whole, &v);
	tl_video_pack(&part, &clip);
	tl_video_fini(&v);
	tl_video_fini(&clip);
	unit_begin(s->db);
	assert_true(tl_db_run(s->db, TL_SQL_MEDIA_WIPE, A_INT(s->platform),
			A_BYTES(tl_bytes(m.id.b, sizeof m.id.b))) > 0);
	m.frames = tl_buf_str(&whole);
	m.has_pdq = false;
	assert_int_equal(tl_media_add(s->db, s->platform, &m, 0), 0);
	assert_int_equal(tl_media_scanned(s->db, s->platform, &m), 0);
	struct tl_bank films = {.name = TL_S("films"),
	    .kind = TL_BANK_VIDEO,
	    .policy = TL_S("csae.known"),
	    .distance = 10,
	    .enabled = true};
	struct tl_bank_entry e = {
	    .value = tl_buf_str(&part), .form = TL_FORM_VPDQ, .enabled = true};
	assert_int_equal(tl_bank_create(s->db, &films), 0);
	assert_int_equal(tl_bank_entry_add(s->db, &films, &e), 0);
	unit_commit(s->db);
	(void)grow(t);
	assert_true(asked(t, a));
}

/* What is committed after the index was read, and before the entry is compared, is in the comparison. */
static void
t_entry_that_was_disabled_comes_back(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	struct tl_bank_entry e = add_entry(t, &h);
	unit_begin(t->s.db);
	int64_t until = tl_now_us() + TL_US_HOUR;
	assert_int_equal(tl_bank_entry_disable(t->s.db, t->bank.id, e.id, until), 0);
	unit_commit(t->s.db);
	struct tl_id a = publish(t, &h, NULL);
	(void)grow(t);
	assert_false(asked(t, a));
	assert_int_equal(tl_clock_shift(2 * TL_US_HOUR), 0);
	(void)grow(t);
	assert_true(asked(t, a));
	assert_int_equal(tl_clock_shift(0), 0);
}

/* As after a step that ended inside an entry which has very many. */
static void
inside(struct site *t, int64_t change)
{
	unit_begin(t->s.db);
	assert_true(tl_db_run(t->s.db, TL_SQL_AGAIN_AT_SET, A_Z("pdq"), A_INT(change),
			A_INT(1000000), A_INT(0), A_INT(0)) >= 0);
	unit_commit(t->s.db);
}

static void
t_place_inside_an_entry_is_not_the_next_ones(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t), other = any_hash(t), far = near(&h, 20);
	struct tl_id a = publish(t, &h, NULL), b = publish(t, &far, NULL);
	const struct tl_id none = {{0}};
	int64_t change = 0;
	(void)grow(t);
	assert_int_equal(tl_bank_change(t->s.db, &change), 0);
	struct tl_bank_entry many = add_entry(t, &other);
	struct tl_bank_entry e = add_entry(t, &h);
	inside(t, change);
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_entry_disable(t->s.db, t->bank.id, many.id, 0), 0);
	unit_commit(t->s.db);
	(void)grow(t);
	assert_true(asked(t, a));
	assert_false(asked(t, b));
	/* The pass of a bank whose reach has grown. */
	unit_begin(t->s.db);
	t->bank.distance = 25;
	assert_int_equal(tl_bank_set(t->s.db, &t->bank), 0);
	assert_true(tl_db_run(t->s.db, TL_SQL_AGAIN_BANK_PUT, A_ID(t->bank.id), A_INT(10),
			A_INT(25), A_ID(none), A_INT(1000000), A_INT(e.added_at)) >= 0);
	unit_commit(t->s.db);
	(void)grow(t);
	assert_true(asked(t, b));
}

static void
set_bank(struct site *t, int distance, bool enabled)
{
	t->bank.distance = distance;
	t->bank.enabled = enabled;
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_set(t->s.db, &t->bank), 0);
	unit_commit(t->s.db);
}

static void
t_bank_whose_reach_grows_is_compared_whole(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t), far = near(&h, 20);
	struct tl_id a = publish(t, &far, NULL);
	for (int i = 0; i < 2 * TL_AGAIN_PAGE; i++) {
		struct tl_pdq other = any_hash(t);
		(void)add_entry(t, &other);
	}
	(void)add_entry(t, &h);
	(void)grow(t);
	assert_false(asked(t, a));
	set_bank(t, 25, true);
	int64_t entries = 0, left = 0;
	unit_begin(t->s.db);
	assert_true(tl_again_grow(t->s.db, t->x, 0, 0) > 0);
	unit_commit(t->s.db);
	assert_int_equal(tl_again_bank_progress(t->s.db, t->bank.id, &entries, &left), 0);
	assert_int_equal(entries, 2 * TL_AGAIN_PAGE + 1);
	assert_int_equal(left, TL_AGAIN_PAGE + 1);
	(void)grow(t);
	assert_true(asked(t, a));
	judged(t, a);
	set_bank(t, 10, true);
	(void)grow(t);
	set_bank(t, 25, false);
	(void)grow(t);
	assert_false(asked(t, a));
	set_bank(t, 25, true);
	(void)grow(t);
	assert_true(asked(t, a));
}

static void
t_few_items_are_asked_for_at_one_time(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	enum { N = TL_AGAIN_UNDER_WAY + 5 };
	struct tl_id ids[N];
	for (int i = 0; i < N; i++)
		ids[i] = publish(t, &h, NULL);
	(void)add_entry(t, &h);
	(void)grow(t);
	int now = 0;
	for (int i = 0; i < N; i++)
		now += asked(t, ids[i]);
	assert_int_equal(now, TL_AGAIN_UNDER_WAY);
	for (int i = 0; i < N; i++)
		judged(t, ids[i]);
	(void)grow(t);
	for (int i = now = 0; i < N; i++)
		now += asked(t, ids[i]);
	assert_int_equal(now, 5);
}

static void
t_hashes_outlive_retention_and_not_erasure(void **state)
{
	struct site *t = *state;
	struct unit_store *s = &t->s;
	struct tl_pdq h = any_hash(t), g = any_hash(t);
	struct tl_media kept, gone;
	struct tl_id a = publish(t, &h, &kept), b = publish(t, &g, &gone);
	assert_int_equal(tl_again_index_catch_up(t->x, s->db), 0);
	struct tl_retention how = {0};
	assert_int_equal(tl_clock_shift(40 * TL_US_DAY), 0);
	unit_begin(s->db);
	assert_int_equal(tl_item_erase(s->db, s->platform, b), 0);
	assert_true(tl_retention_items(s->db, &how, 10) > 0);
	unit_commit(s->db);
	struct tl_media m;
	assert_int_equal(tl_media_get(s->db, s->platform, &kept.id, s->arena, &m), 0);
	assert_int_equal(m.state, TL_MEDIA_ERASED);
	assert_true(m.has_pdq && m.turned.n > 0);
	assert_memory_equal(m.sha256, h.b, 32);
	assert_int_equal(tl_media_get(s->db, s->platform, &gone.id, s->arena, &m), 0);
	assert_false(m.has_pdq || m.turned.n > 0);
	assert_memory_not_equal(m.sha256, g.b, 32);
	assert_memory_not_equal(m.md5, g.b, 16);

	(void)add_entry(t, &h);
	(void)add_entry(t, &g);
	(void)grow(t);
	assert_true(asked(t, a));
	assert_false(asked(t, b));
	const struct tl_again_hit *hits;
	size_t n;
	uint64_t all;
	assert_int_equal(tl_again_index_find(t->x, &g, 31, 0, &hits, &n, &all), 0);
	assert_int_equal(n, 0);
	/* In the end the platform erases what is kept as hashes only, too. */
	unit_begin(s->db);
	assert_int_equal(tl_item_erase(s->db, s->platform, a), 0);
	unit_commit(s->db);
	assert_false(asked(t, a));
	assert_int_equal(tl_media_get(s->db, s->platform, &kept.id, s->arena, &m), 0);
	assert_false(m.has_pdq);
	assert_int_equal(tl_again_index_catch_up(t->x, s->db), 0);
	assert_int_equal(tl_again_index_find(t->x, &h, 31, 0, &hits, &n, &all), 0);
	assert_int_equal(n, 0);
	assert_int_equal(tl_clock_shift(0), 0);
}

static void
t_index_is_made_anew_from_the_store(void **state)
{
	struct site *t = *state;
	struct tl_pdq h = any_hash(t);
	(void)publish(t, &h, NULL);
	assert_int_equal(tl_again_index_catch_up(t->x, t->s.db), 0);
	assert_int_equal(tl_again_index_keep(t->x, t->s.db), 0);
	tl_again_index_close(t->x);
	t->x = NULL;
	assert_int_equal(tl_again_index_wipe(t->s.dir), 0);
	assert_int_equal(tl_again_index_open(t->s.dir, true, &t->x), 0);
	assert_int_equal(tl_again_index_catch_up(t->x, t->s.db), 0);
	struct tl_again_index *other = NULL;
	assert_int_equal(tl_again_index_open(t->s.dir, false, &other), 0);
	assert_int_equal(tl_again_index_catch_up(other, t->s.db), 0);
	const struct tl_again_hit *hits;
	size_t n;
	uint64_t all;
	assert_int_equal(tl_again_index_find(other, &h, 0, 0, &hits, &n, &all), 0);
	assert_int_equal(n, 1);
	tl_again_index_close(other);
}

/* Discs of any grey on one another: edges of all directions, and no symmetry. */
static void
paint(struct site *t, uint8_t *luma, int side)
{
	memset(luma, throw_byte(t), (size_t)(side * side));
	for (int i = 0; i < 24; i++) {
		int cx = throw_byte(t) * side / 255, cy = throw_byte(t) * side / 255;
		int r = 4 + throw_byte(t) * side / 1200;
		uint8_t grey = throw_byte(t);
		for (int n = 0; n < side * side; n++) {
			int dx = n % side - cx, dy = n / side - cy;
			if (dx * dx + dy * dy < r * r)
				luma[n] = grey;
		}
	}
}

static void
t_turned_hash_is_near_the_turned_pictures(void **state)
{
	struct site *t = *state;
	enum { SIDE = 128 };
	static uint8_t luma[SIDE * SIDE];
	int most = 0;
	for (int i = 0; i < 30; i++) {
		struct tl_pdq real[TL_PDQ_TURNS], made[TL_PDQ_TURNS];
		int quality;
		struct tl_pdq_sampler *s = NULL;
		paint(t, luma, SIDE);
		assert_int_equal(tl_pdq_sampler_create(SIDE, SIDE, &s), 0);
		for (size_t y = 0; y < SIDE; y++)
			tl_pdq_row_u8(s, luma + y * SIDE);
		tl_pdq_hash_all(tl_pdq_sampler_frame(s), real, &quality);
		tl_pdq_sampler_destroy(s);
		tl_again_turn(&real[0], made);
		for (int k = 0; quality >= TL_PDQ_QUALITY_MIN && k < TL_PDQ_TURNS; k++) {
			int d = tl_pdq_distance(&real[k], &made[k]);
			most = d > most ? d : most;
		}
	}
	assert_in_range(most, 0, TL_AGAIN_TURN_SLACK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_new_entry_reaches_what_was_published_before, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_digest_reaches_the_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(t_video_is_found_by_a_part_of_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_entry_that_was_disabled_comes_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_place_inside_an_entry_is_not_the_next_ones, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_bank_whose_reach_grows_is_compared_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_few_items_are_asked_for_at_one_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_hashes_outlive_retention_and_not_erasure, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_index_is_made_anew_from_the_store, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_turned_hash_is_near_the_turned_pictures, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
