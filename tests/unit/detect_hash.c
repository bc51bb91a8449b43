/* Digest and PDQ banks: what matches, within which distance, with which weight, and what a picture without a hash says. */
#include "detect/banks.h"
#include "detect/detect.h"
#include "store/banks.h"
#include "sys/clock.h"

#include "unit_store.h"

struct fixture {
	struct unit_store s;
	struct tl_detect *detect;
	struct tl_bank near, exact, files;
	struct tl_media media;
	struct tl_detect_input in;
	struct tl_signals out;
};

static struct tl_bank
bank(struct fixture *f, const char *name, enum tl_bank_kind kind, int distance)
{
	struct tl_bank b = {.name = tl_str(name),
	    .kind = kind,
	    .policy = TL_S("demo.policy"),
	    .source = TL_S("exchange"),
	    .distance = distance,
	    .enabled = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_create(f->s.db, &b), 0);
	unit_commit(f->s.db);
	return b;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	unit_store_open(&f->s);
	f->detect = tl_detect_create();
	f->near = bank(f, "near", TL_BANK_PDQ, 31);
	f->exact = bank(f, "exact", TL_BANK_PDQ, 0);
	f->files = bank(f, "files", TL_BANK_DIGEST, 0);
	memset(f->media.id.b, 3, sizeof f->media.id.b);
	memset(f->media.pdq, 0x5a, 32);
	memset(f->media.sha256, 7, 32);
	memset(f->media.md5, 9, 16);
	f->media.has_pdq = true;
	f->media.pdq_quality = 50;
	f->in = (struct tl_detect_input){
	    .media = &f->media, .media_count = 1, .db = f->s.db, .platform = f->s.platform};
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	tl_detect_destroy(f->detect);
	unit_store_close(&f->s);
	free(f);
	return 0;
}

static struct tl_bank_entry
entry(struct fixture *f, const struct tl_bank *b, enum tl_entry_form form, const void *value,
    size_t n)
{
	struct tl_bank_entry e = {.form = form,
	    .value = tl_bytes(value, n),
	    .provenance = TL_S("{\"exchange\":\"demo\",\"record\":\"r1\",\"tags\":[\"a\"]}"),
	    .enabled = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_entry_add(f->s.db, b, &e), 0);
	unit_commit(f->s.db);
	return e;
}

static void
flip(uint8_t h[32], int bits)
{
	for (int i = 0; i < bits; i++)
		h[i * 8 % 32] ^= (uint8_t)(1 << (i * 8 / 32));
}

/* A hash of the picture with so many bits turned over. */
static struct tl_bank_entry
picture(struct fixture *f, const struct tl_bank *b, int bits)
{
	uint8_t h[32];
	memcpy(h, f->media.pdq, 32);
	flip(h, bits);
	return entry(f, b, TL_FORM_PDQ, h, 32);
}

static void
run(struct fixture *f)
{
	struct tl_bank_loader *l = NULL;
	struct tl_bank_events none = {.ctx = NULL};
	assert_int_equal(tl_bank_loader_start(f->s.store, &none, &l), 0);
	assert_true(tl_bank_loader_whole(l));
	struct tl_banks *b = tl_bank_loader_take(l);
	f->out.n = 0;
	assert_int_equal(tl_detect_run(f->detect, b, &f->in, f->s.arena, &f->out), 0);
	tl_banks_unref(b);
	tl_bank_loader_stop(l);
}

static void
change(struct fixture *f, int (*fn)(struct tl_db *db, struct tl_id bank, struct tl_id entry),
    const struct tl_bank_entry *e)
{
	unit_begin(f->s.db);
	assert_true(fn(f->s.db, e->bank, e->id) >= 0);
	unit_commit(f->s.db);
}

static void
set_bank(struct fixture *f, const struct tl_bank *b)
{
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_set(f->s.db, b), 0);
	unit_commit(f->s.db);
}

static void
t_digests_match_in_every_bank_that_has_them(void **state)
{
	struct fixture *f = *state;
	struct tl_bank more = bank(f, "more", TL_BANK_DIGEST, 0);
	uint8_t other[32] = {1};
	entry(f, &f->files, TL_FORM_SHA256, other, 32);
	entry(f, &f->files, TL_FORM_SHA256, f->media.sha256, 32);
	entry(f, &more, TL_FORM_SHA256, f->media.sha256, 32);
	struct tl_bank_entry md5 = entry(f, &more, TL_FORM_MD5, f->media.md5, 16);
	entry(f, &more, TL_FORM_MD5, other, 16);
	run(f);
	assert_int_equal(f->out.n, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct tl_signal *s = &f->out.s[i];
		assert_true(s->score == 1.0 && s->distance == 0);
		assert_true(s->has_media && !s->failed);
		assert_true(tl_str_is(s->detector, "digest"));
		assert_true(tl_str_is(s->source, "exchange"));
		assert_non_null(memmem(s->provenance.p, s->provenance.n, "\"r1\"", 4));
	}
	assert_true(tl_id_eq(f->out.s[2].entry, md5.id));
	assert_true(tl_str_is(f->out.s[2].label, "more"));
	memset(&f->media.sha256, 0, 32); /* a question may know one digest only */
	run(f);
	assert_int_equal(f->out.n, 1);
}

static void
t_pdq_matches_within_each_banks_distance(void **state)
{
	struct fixture *f = *state;
	static const int bits[4] = {0, 1, 31, 32};
	for (size_t i = 0; i < 4; i++) {
		picture(f, &f->near, bits[i]);
		picture(f, &f->exact, bits[i]);
	}
	run(f);
	assert_int_equal(f->out.n, 4);
	static const int distance[4] = {0, 0, 1, 31};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(f->out.s[i].distance, distance[i]);
	assert_true(f->out.s[0].score == 1.0);
	assert_true(f->out.s[3].score > 0.5 && f->out.s[3].score < 0.53);
	int wide = 32;
	f->in.distance = &wide;
	run(f);
	assert_int_equal(f->out.n, 8);
	f->in.only = &f->exact.name;
	f->in.only_count = 1;
	run(f);
	assert_int_equal(f->out.n, 4);
	assert_true(tl_str_is(f->out.s[3].label, "exact"));
}

/* Many entries of one bank near a picture do not hide those of another. */
static void
t_pdq_a_full_bank_hides_no_other(void **state)
{
	struct fixture *f = *state;
	uint8_t h[32];
	f->media.pdq_quality = 90;
	unit_begin(f->s.db);
	for (size_t i = 0; i < 600; i++) {
		memcpy(h, f->media.pdq, 32);
		h[i % 32] ^= (uint8_t)(1 << (i / 32 % 8));
		h[(i + 1) % 32] ^= (uint8_t)(1 << (i / 256));
		struct tl_bank_entry e = {
		    .form = TL_FORM_PDQ, .value = tl_bytes(h, 32), .enabled = true};
		int rc = tl_bank_entry_add(f->s.db, &f->near, &e);
		assert_true(rc == 0 || rc == TL_EEXISTS);
	}
	unit_commit(f->s.db);
	struct tl_bank far = bank(f, "far", TL_BANK_PDQ, 31);
	picture(f, &far, 30);
	run(f);
	assert_int_equal(f->out.n, 9);
	assert_true(tl_str_is(f->out.s[8].label, "far"));
	assert_false(f->out.cut);
}

/* Nearer entries that are for review only do not hide one of the same bank that is in full force. */
static void
t_pdq_review_only_entries_hide_no_full_one(void **state)
{
	struct fixture *f = *state;
	f->media.pdq_quality = 90;
	for (int i = 0; i < 10; i++) {
		struct tl_bank_entry e = picture(f, &f->near, i);
		change(f, tl_bank_entry_review, &e);
	}
	struct tl_bank_entry full = picture(f, &f->near, 20);
	run(f);
	assert_int_equal(f->out.n, 9);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(f->out.s[i].effect, TL_EFFECT_REVIEW);
	assert_true(tl_id_eq(f->out.s[8].entry, full.id));
	assert_int_equal(f->out.s[8].effect, TL_EFFECT_FULL);
}

static void
t_low_quality_is_silent_and_no_hash_is_a_failure(void **state)
{
	struct fixture *f = *state;
	picture(f, &f->near, 0);
	f->media.pdq_quality = 49;
	run(f);
	assert_int_equal(f->out.n, 0);
	f->media.has_pdq = false;
	f->media.reason = TL_S("truncated");
	run(f);
	assert_int_equal(f->out.n, 1);
	assert_true(f->out.s[0].failed);
	assert_true(tl_str_is(f->out.s[0].label, "truncated"));
	assert_true(f->out.s[0].has_media);
}

static void
t_without_a_store_hashes_are_a_failure(void **state)
{
	struct fixture *f = *state;
	picture(f, &f->near, 0);
	f->in.db = NULL;
	run(f);
	assert_int_equal(f->out.n, 1);
	assert_true(f->out.s[0].failed);
}

static int
disable(struct tl_db *db, struct tl_id b, struct tl_id e)
{
	return tl_bank_entry_disable(db, b, e, 0);
}

static int
expire(struct tl_db *db, struct tl_id b, struct tl_id e)
{
	return tl_bank_entry_expire(db, b, e, tl_now_us() - 1);
}

static int
come_back(struct tl_db *db, struct tl_id b, struct tl_id e)
{
	return tl_bank_entry_disable(db, b, e, tl_now_us() - 1);
}

static void
t_entries_out_of_force_do_not_match(void **state)
{
	struct fixture *f = *state;
	struct tl_bank_entry e = picture(f, &f->near, 3), x = picture(f, &f->near, 5);
	change(f, disable, &e);
	run(f);
	assert_int_equal(f->out.n, 1);
	assert_int_equal(f->out.s[0].distance, 5);
	change(f, come_back, &e);
	change(f, expire, &x);
	run(f);
	assert_int_equal(f->out.n, 1);
	assert_int_equal(f->out.s[0].distance, 3);
	change(f, tl_bank_entry_remove, &e);
	run(f);
	assert_int_equal(f->out.n, 0);
}

static enum tl_effect
effect_in(const struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->out.n; i++) {
		if (tl_str_is(f->out.s[i].label, name))
			return f->out.s[i].effect;
	}
	fail();
	return TL_EFFECT_FULL;
}

static void
t_an_allow_list_sets_aside_what_is_not_closer(void **state)
{
	struct fixture *f = *state;
	struct tl_bank good = bank(f, "good", TL_BANK_PDQ, 31);
	struct tl_bank good_files = bank(f, "good-files", TL_BANK_DIGEST, 0);
	good.direction = good_files.direction = TL_DIRECTION_ALLOW;
	set_bank(f, &good);
	set_bank(f, &good_files);
	struct tl_bank_entry e = picture(f, &f->near, 4), g = picture(f, &good, 4);
	struct tl_bank_entry file = entry(f, &f->files, TL_FORM_MD5, f->media.md5, 16);
	run(f);
	assert_int_equal(f->out.n, 3);
	assert_int_equal(effect_in(f, "good"), TL_EFFECT_ALLOW);
	assert_int_equal(effect_in(f, "near"), TL_EFFECT_ALLOWED);
	assert_int_equal(effect_in(f, "files"), TL_EFFECT_FULL); /* byte for byte */
	change(f, tl_bank_entry_remove, &e);
	e = picture(f, &f->near, 3);
	run(f);
	assert_int_equal(effect_in(f, "near"), TL_EFFECT_FULL); /* closer */
	entry(f, &good_files, TL_FORM_SHA256, f->media.sha256, 32);
	run(f);
	assert_int_equal(effect_in(f, "near"), TL_EFFECT_ALLOWED);
	assert_int_equal(effect_in(f, "files"), TL_EFFECT_ALLOWED);
	change(f, tl_bank_entry_remove, &e);
	picture(f, &f->near, 4);
	good_files.enabled = false;
	set_bank(f, &good_files);
	change(f, tl_bank_entry_review, &g); /* a review-only entry sets nothing aside */
	change(f, tl_bank_entry_review, &file);
	run(f);
	assert_int_equal(effect_in(f, "good"), TL_EFFECT_REVIEW);
	assert_int_equal(effect_in(f, "near"), TL_EFFECT_FULL);
	assert_int_equal(effect_in(f, "files"), TL_EFFECT_REVIEW);
}

static void
t_a_share_of_the_items_is_the_same_each_time(void **state)
{
	struct fixture *f = *state;
	picture(f, &f->near, 0);
	f->near.share = 0.5;
	set_bank(f, &f->near);
	struct tl_bank_loader *l = NULL;
	struct tl_bank_events none = {.ctx = NULL};
	assert_int_equal(tl_bank_loader_start(f->s.store, &none, &l), 0);
	struct tl_banks *b = tl_bank_loader_take(l);
	int inside = 0;
	for (int i = 0; i < 400; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "item-%d", i / 2);
		f->in.subject = tl_str(id);
		f->out.n = 0;
		assert_int_equal(tl_detect_run(f->detect, b, &f->in, f->s.arena, &f->out), 0);
		assert_int_equal(f->out.n, 1);
		bool in = f->out.s[0].effect == TL_EFFECT_FULL;
		inside += in;
		assert_int_equal(tl_signal_counts(&f->out.s[0]), in);
		if (i % 2)
			assert_true(inside % 2 == 0);
	}
	assert_true(inside > 120 && inside < 280);
	tl_banks_unref(b);
	tl_bank_loader_stop(l);
}

static void
t_turned_pictures_match_where_a_bank_wants_it(void **state)
{
	struct fixture *f = *state;
	uint8_t mirrored[32], turned[TL_MEDIA_TURNS * 32];
	memset(mirrored, 0xa3, 32);
	memset(turned, 0x11, sizeof turned);
	memcpy(turned + 3 * 32, mirrored, 32);
	f->media.turned = tl_bytes(turned, sizeof turned);
	entry(f, &f->near, TL_FORM_PDQ, mirrored, 32);
	entry(f, &f->exact, TL_FORM_PDQ, mirrored, 32);
	run(f);
	assert_int_equal(f->out.n, 0);
	f->exact.turned = true;
	set_bank(f, &f->exact);
	run(f);
	assert_int_equal(f->out.n, 1);
	assert_true(tl_str_is(f->out.s[0].label, "exact"));
	assert_true(tl_str_is(f->out.s[0].turned, "flip_x"));
	f->in.turned = true;
	run(f);
	assert_int_equal(f->out.n, 2);
}

int
main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(t_digests_match_in_every_bank_that_has_them),
	    CASE(t_pdq_matches_within_each_banks_distance),
	    CASE(t_pdq_a_full_bank_hides_no_other),
	    CASE(t_pdq_review_only_entries_hide_no_full_one),
	    CASE(t_low_quality_is_silent_and_no_hash_is_a_failure),
	    CASE(t_without_a_store_hashes_are_a_failure),
	    CASE(t_entries_out_of_force_do_not_match),
	    CASE(t_an_allow_list_sets_aside_what_is_not_closer),
	    CASE(t_a_share_of_the_items_is_the_same_each_time),
	    CASE(t_turned_pictures_match_where_a_bank_wants_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
