/* A store, its media index and what is published there: for tests of what is found again. */
#pragma once

#include "again/again.h"
#include "store/bank_log.h"
#include "store/blobs.h"
#include "store/items.h"
#include "store/jobs.h"
#include "store/media.h"
#include "sys/clock.h"

#include "unit_store.h"

struct site {
	struct unit_store s;
	struct tl_again_index *x;
	struct tl_again_grower *grower;
	struct tl_bank bank;
	uint64_t dice;
	int serial;
};

static inline uint8_t
throw_byte(struct site *t)
{
	t->dice = t->dice * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint8_t)(t->dice >> 56);
}

static inline struct tl_pdq
any_hash(struct site *t)
{
	struct tl_pdq h = {{0}};
	for (size_t i = 0; i < sizeof h.b; i++)
		h.b[i] = throw_byte(t);
	return h;
}

/* `bits` other bits. */
static inline struct tl_pdq
near(const struct tl_pdq *h, int bits)
{
	struct tl_pdq n = *h;
	for (int i = 0; i < bits; i++)
		n.b[i / 8 * 3] ^= (uint8_t)(1 << (i % 8));
	return n;
}

static const struct tl_again_index_own unit_own = {.check_us = 0}; /* at every turn */

static inline int
setup(void **state)
{
	struct site *t = calloc(1, sizeof *t);
	assert_non_null(t);
	t->dice = 7;
	unit_store_open(&t->s);
	assert_int_equal(tl_again_index_open(t->s.dir, &unit_own, &t->x), 0);
	assert_int_equal(tl_again_index_catch_up(t->x, t->s.db), 0);
	t->grower = tl_again_grower_create(t->s.db, t->x);
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

static inline int
teardown(void **state)
{
	struct site *t = *state;
	tl_again_grower_destroy(t->grower);
	tl_again_index_close(t->x);
	unit_store_close(&t->s);
	free(t);
	return 0;
}

/* An item with one medium of these hashes, published and judged. */
static inline struct tl_id
publish_as(struct site *t, struct tl_media *m)
{
	struct unit_store *s = &t->s;
	static const uint8_t print[TL_PRINT_BYTES] = {1};
	char name[32];
	(void)snprintf(name, sizeof name, "item-%d", t->serial++);
	struct tl_blob_in *b = NULL;
	assert_int_equal(tl_blob_create(s->store, s->platform, &b), 0);
	assert_int_equal(tl_blob_add(b, tl_str(name)), 0);
	assert_int_equal(tl_blob_finish(b, &m->id), 0);
	m->mime = TL_S("image/png");
	m->bytes = 1;
	unit_begin(s->db);
	assert_int_equal(tl_media_add(s->db, s->platform, m, 0), 0);
	m->state = TL_MEDIA_DECODED;
	assert_int_equal(tl_media_scanned(s->db, s->platform, m), 0);
	struct tl_item it = {.platform = s->platform,
	    .ext_id = tl_str(name),
	    .version = 1,
	    .live = true,
	    .received_at = tl_now_us(),
	    .media_count = 1};
	it.media[0] = *m;
	struct tl_item_state_row row;
	bool known;
	assert_int_equal(
	    tl_item_put(s->db, &it, print, tl_now_us() + 30 * TL_US_DAY, &row, &known), 0);
	struct tl_verdict v = {.word = TL_VERDICT_ALLOW};
	assert_int_equal(
	    tl_item_verdict_put(s->db, &it, TL_ITEM_SCANNED, &v, TL_S(""), false), 0);
	assert_true(tl_db_run(s->db, TL_SQL_JOB_DROP, A_INT(s->platform), A_ID(it.id)) > 0);
	unit_commit(s->db);
	return it.id;
}

static inline struct tl_media
picture_of(const struct tl_pdq *h)
{
	static const uint8_t turned[TL_MEDIA_TURNS * TL_PDQ_BYTES] = {1};
	struct tl_media m = {
	    .has_pdq = true, .pdq_quality = 90, .turned = tl_bytes(turned, sizeof turned)};
	memcpy(m.sha256, h->b, sizeof m.sha256);
	memcpy(m.md5, h->b, sizeof m.md5);
	memcpy(m.pdq, h->b, sizeof m.pdq);
	return m;
}

static inline struct tl_id
publish(struct site *t, const struct tl_pdq *h, struct tl_media *ret)
{
	struct tl_media m = picture_of(h);
	struct tl_id id = publish_as(t, &m);
	if (ret)
		*ret = m;
	return id;
}

static inline struct tl_bank_entry
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
static inline int
grow(struct site *t)
{
	int64_t change = 0;
	int steps = 0;
	assert_int_equal(tl_bank_change(t->s.db, &change), 0);
	for (int rc = 1; rc > 0; steps++) {
		rc = tl_again_grow(t->grower, change, 0);
		assert_true(rc >= 0);
	}
	unit_begin(t->s.db);
	assert_true(tl_again_feed(t->s.db) >= 0);
	unit_commit(t->s.db);
	return steps;
}

static inline bool
asked(struct site *t, struct tl_id item)
{
	struct tl_again a;
	assert_int_equal(tl_again_asked(t->s.db, t->s.platform, item, &a), 0);
	return a.asked;
}

static inline void
judged(struct site *t, struct tl_id item)
{
	unit_begin(t->s.db);
	assert_int_equal(tl_again_done(t->s.db, t->s.platform, item, INT64_MAX), 0);
	assert_true(tl_db_run(t->s.db, TL_SQL_JOB_DROP, A_INT(t->s.platform), A_ID(item)) >= 0);
	unit_commit(t->s.db);
}

/* Discs of any grey on one another: edges of all directions, and no symmetry. */
static inline void
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

struct published {
	struct tl_media m;
	struct tl_buf frames, words, bent, turned;
	struct tl_id id;
	bool found; /* what it must be */
};

static inline struct tl_video
film(struct site *t, uint32_t seconds)
{
	struct tl_video v = {0};
	for (uint32_t i = 0; i < 4 * seconds; i++) {
		struct tl_video_frame f = {.hash = any_hash(t),
		    .ms = i * 250,
		    .number = i * 6,
		    .quality = 90,
		    .flags = i % 4 ? TL_VIDEO_BETWEEN : 0};
		assert_int_equal(tl_video_add(&v, &f), 0);
	}
	return v;
}

/* Seconds of it from a quarter of a second on, every hash some bits away. */
static inline void
clip(struct published *p, const struct tl_video *v, uint32_t from, uint32_t n, int bits,
    bool mirrored)
{
	struct tl_video c = {0};
	for (uint32_t i = 0; i < 4 * n; i++) {
		struct tl_video_frame f = v->f[from + i];
		f.hash = near(&f.hash, bits);
		f.ms = i * 250;
		f.number = i * 6;
		f.flags = i % 4 ? TL_VIDEO_BETWEEN : 0;
		if (mirrored)
			tl_pdq_mirror(&f.hash);
		assert_int_equal(tl_video_add(&c, &f), 0);
	}
	tl_video_pack(&p->frames, &c);
	tl_video_fini(&c);
}
