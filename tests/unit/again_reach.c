/*
 * Backwards is forwards: what was published before a bank grew is found when it grows exactly when the detectors would
 * find it now, for every kind of bank. And what is like a sound is found by it, for copies and watches.
 */
#include "again/alike.h"
#include "again/copies.h"
#include "detect/banks.h"
#include "detect/detect.h"
#include "hash/sound_match.h"

#include "unit_again.h"

/* Whatever is published, and what the detectors say of it once the banks have grown ------------------------------- */

static void
stills(struct published *p, struct site *t, const struct tl_pdq *h, int shown)
{
	struct tl_video v = film(t, 10);
	for (int i = 0; i < shown; i++)
		v.f[8 + 12 * i].hash = near(h, 3 * i);
	tl_video_pack(&p->frames, &v);
	tl_video_fini(&v);
}

#define WORDS 400

static void
draw_sound(struct site *t, uint32_t *w)
{
	uint32_t at = 0;
	for (size_t i = 0; i < WORDS; i++) {
		for (int k = 0; k < 5; k++)
			at ^= 1u << throw_byte(t) % 32;
		w[i] = at;
	}
}

static void
play(struct published *p, const uint32_t *w, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		uint32_t x = w[i] ^ (i % 3 ? 0 : 1u << i % 32);
		uint8_t b[4] = {
		    (uint8_t)(x >> 24), (uint8_t)(x >> 16), (uint8_t)(x >> 8), (uint8_t)x};
		tl_buf_put(&p->words, b, sizeof b);
	}
}

static void
bend(struct published *p, uint32_t *w, size_t n)
{
	struct tl_sound undone = {w, n};
	tl_sound_pack(&p->bent, &undone);
}

static struct tl_bank
new_bank(struct site *t, const char *name, enum tl_bank_kind kind, bool turned)
{
	struct tl_bank b = {.name = tl_str(name),
	    .kind = kind,
	    .policy = TL_S("csae.known"),
	    .distance = 10,
	    .turned = turned,
	    .enabled = true};
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_create(t->s.db, &b), 0);
	unit_commit(t->s.db);
	return b;
}

static void
add_value(struct site *t, const struct tl_bank *b, enum tl_entry_form form, struct tl_str value)
{
	struct tl_bank_entry e = {.value = value, .form = form, .enabled = true};
	unit_begin(t->s.db);
	assert_int_equal(tl_bank_entry_add(t->s.db, b, &e), 0);
	unit_commit(t->s.db);
}

/* Says the live detectors' word on it. */
static bool
detected(struct site *t, struct tl_detect *d, struct tl_banks *banks, const struct published *p)
{
	static struct tl_signals out;
	struct tl_detect_input in = {
	    .media = &p->m, .media_count = 1, .db = t->s.db, .platform = t->s.platform};
	out.n = 0;
	assert_int_equal(tl_detect_run(d, banks, &in, t->s.arena, &out), 0);
	for (size_t i = 0; i < out.n; i++)
		assert_false(out.s[i].failed);
	return out.n > 0;
}

static void
hash_painting(struct site *t, struct tl_pdq ret[TL_PDQ_TURNS])
{
	enum { SIDE = 128 };
	static uint8_t luma[SIDE * SIDE];
	struct tl_pdq_sampler *s = NULL;
	int quality = 0;
	while (quality < TL_PDQ_QUALITY_MIN) {
		paint(t, luma, SIDE);
		assert_int_equal(tl_pdq_sampler_create(SIDE, SIDE, &s), 0);
		for (size_t y = 0; y < SIDE; y++)
			tl_pdq_row_u8(s, luma + y * SIDE);
		tl_pdq_hash_all(tl_pdq_sampler_frame(s), ret, &quality);
		tl_pdq_sampler_destroy(s);
	}
}

enum {
	PICTURE,
	TURNED,
	OTHER_PICTURE,
	SHOWN_TWICE,
	SHOWN_ONCE,
	CLIP,
	BETWEEN_CLIP,
	MIRRORED,
	OTHER_FILM,
	SOUND,
	SOUND_OF_FILM,
	BENT_SOUND,
	OTHER_SOUND,
	FILE_OF_IT,
	ALL
};

static void
publish_all(struct site *t, struct published *p, const struct tl_pdq *painting,
    const struct tl_video *v, uint32_t *w)
{
	uint32_t other[WORDS];
	struct tl_pdq any = any_hash(t);
	struct tl_video unlike = film(t, 30);
	p[PICTURE].m = picture_of(&painting[0]);
	p[TURNED].m = picture_of(&painting[TL_PDQ_ROT90]);
	p[OTHER_PICTURE].m = picture_of(&any);
	/* Turned back it is the painting: the fourth part of its turns is enough. */
	for (int i = 0; i < TL_MEDIA_TURNS; i++)
		tl_buf_put(&p[TURNED].turned, painting[0].b, sizeof painting[0].b);
	stills(&p[SHOWN_TWICE], t, &painting[0], 2);
	stills(&p[SHOWN_ONCE], t, &painting[0], 1);
	clip(&p[CLIP], v, 40, 12, 4, false);
	/* None of its seconds is one of the known. */
	clip(&p[BETWEEN_CLIP], v, 42, 12, 6, false);
	clip(&p[MIRRORED], v, 44, 12, 4, true);
	clip(&p[OTHER_FILM], &unlike, 40, 12, 0, false);
	play(&p[SOUND], w, 100, 200);
	clip(&p[SOUND_OF_FILM], &unlike, 0, 10, 0, false);
	play(&p[SOUND_OF_FILM], w, 50, 200);
	draw_sound(t, other);
	/* At another pitch its words are others; those of the speed that undoes it are not. */
	play(&p[BENT_SOUND], other, 0, WORDS);
	bend(&p[BENT_SOUND], w + 100, 200);
	draw_sound(t, other);
	play(&p[OTHER_SOUND], other, 0, WORDS);
	memset(p[FILE_OF_IT].m.sha256, 9, sizeof p[FILE_OF_IT].m.sha256);
	play(&p[FILE_OF_IT], other, 0, WORDS);
	tl_video_fini(&unlike);
	for (size_t i = 0; i < ALL; i++) {
		if (p[i].frames.n || p[i].words.n)
			p[i].m.film = TL_S("{}");
		p[i].m.frames = tl_buf_str(&p[i].frames);
		p[i].m.words = tl_buf_str(&p[i].words);
		p[i].m.bent = tl_buf_str(&p[i].bent);
		if (p[i].turned.n)
			p[i].m.turned = tl_buf_str(&p[i].turned);
		p[i].id = publish_as(t, &p[i].m);
	}
}

static void
grow_all(
    struct site *t, const struct tl_pdq *painting, const struct tl_video *v, const uint32_t *w)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf packed = {0};
	struct tl_sound s = {0};
	struct tl_bank stills_bank = new_bank(t, "turned", TL_BANK_PDQ, true);
	struct tl_bank films = new_bank(t, "films", TL_BANK_VIDEO, false);
	struct tl_bank songs = new_bank(t, "songs", TL_BANK_SOUND, false);
	struct tl_bank exact = new_bank(t, "exact", TL_BANK_DIGEST, false);
	uint8_t digest[32];
	memset(digest, 9, sizeof digest);
	add_value(t, &stills_bank, TL_FORM_PDQ, tl_bytes(painting[0].b, 32));
	add_value(t, &exact, TL_FORM_SHA256, tl_bytes(digest, sizeof digest));
	tl_video_pack(&packed, v);
	add_value(t, &films, TL_FORM_VPDQ, tl_buf_str(&packed));
	assert_int_equal(tl_sound_set(&s, w, WORDS), 0);
	tl_buf_reset(&packed);
	tl_sound_pack(&packed, &s);
	add_value(t, &songs, TL_FORM_CHROMAPRINT, tl_buf_str(&packed));
	tl_sound_fini(&s);
}

static void
t_grown_banks_find_what_the_detectors_find(void **state)
{
	struct site *t = *state;
	static const bool must[ALL] = {[PICTURE] = true,
	    [TURNED] = true,
	    [SHOWN_TWICE] = true,
	    [CLIP] = true,
	    [BETWEEN_CLIP] = true,
	    [MIRRORED] = true,
	    [SOUND] = true,
	    [SOUND_OF_FILM] = true,
	    [BENT_SOUND] = true,
	    [FILE_OF_IT] = true};
	struct published *p = calloc(ALL, sizeof *p);
	struct tl_pdq painting[TL_PDQ_TURNS];
	uint32_t w[WORDS];
	assert_non_null(p);
	hash_painting(t, painting);
	struct tl_video v = film(t, 40);
	draw_sound(t, w);
	publish_all(t, p, painting, &v, w);
	(void)grow(t);
	grow_all(t, painting, &v, w);
	(void)grow(t);

	struct tl_bank_events none = {.ctx = NULL};
	struct tl_bank_loader *loader = NULL;
	struct tl_detect *d = tl_detect_create();
	assert_int_equal(tl_bank_loader_start(t->s.store, &none, &loader), 0);
	struct tl_banks *banks = tl_bank_loader_take(loader);
	for (size_t i = 0; i < ALL; i++) {
		bool forward = detected(t, d, banks, &p[i]), back = asked(t, p[i].id);
		if (forward != back || back != must[i])
			fail_msg("medium %zu: detected %d, found again %d", i, forward, back);
		tl_buf_fini(&p[i].frames);
		tl_buf_fini(&p[i].words);
		tl_buf_fini(&p[i].bent);
		tl_buf_fini(&p[i].turned);
	}
	tl_banks_unref(banks);
	tl_bank_loader_stop(loader);
	tl_detect_destroy(d);
	tl_video_fini(&v);
	free(p);
}

/* What is like one sound ------------------------------------------------------------------------------------------ */

enum { OWN, AGAIN, NOISY, MOST, HALF, PITCHED, FILM_OF_IT, UNLIKE, SOUNDS };

static void
publish_sounds(struct site *t, struct published *p, uint32_t *w)
{
	uint32_t other[WORDS];
	struct tl_video v = film(t, 30);
	draw_sound(t, w);
	play(&p[OWN], w, 0, WORDS);
	play(&p[AGAIN], w, 0, WORDS);
	for (size_t i = 3; i < p[AGAIN].words.n; i += 16)
		p[AGAIN].words.p[i] ^= 0x11;
	play(&p[NOISY], w, 0, WORDS);
	for (size_t i = 0; i < p[NOISY].words.n; i++)
		p[NOISY].words.p[i] ^= (uint8_t)(i % 3 ? 0x20 : 0);
	play(&p[MOST], w, 40, WORDS - 100);
	play(&p[HALF], w, 0, WORDS * 2 / 5);
	draw_sound(t, other);
	play(&p[PITCHED], other, 0, WORDS);
	bend(&p[PITCHED], w + 40, WORDS - 100);
	clip(&p[FILM_OF_IT], &v, 0, 10, 0, false);
	play(&p[FILM_OF_IT], w, 0, WORDS);
	draw_sound(t, other);
	play(&p[UNLIKE], other, 0, WORDS);
	tl_video_fini(&v);
	for (size_t i = 0; i < SOUNDS; i++) {
		p[i].m.film = TL_S("{}");
		p[i].m.frames = tl_buf_str(&p[i].frames);
		p[i].m.words = tl_buf_str(&p[i].words);
		p[i].m.bent = tl_buf_str(&p[i].bent);
		p[i].id = publish_as(t, &p[i].m);
	}
}

static int
hit_of(void *ctx, const struct tl_alike_hit *hit)
{
	struct published *p = ctx;
	for (size_t i = 0; i < SOUNDS; i++)
		p[i].found =
		    p[i].found || memcmp(&hit->media, &p[i].m.id, sizeof hit->media) == 0;
	assert_true(hit->reach <= TL_SOUND_BITS_MAX && hit->percent > 0);
	return 0;
}

/* Whatever a watch of it would catch, also a part and a video's sound; the narrower the less. */
static void
check_watch(struct site *t, struct published *p, const uint32_t *w)
{
	static const bool wide[SOUNDS] = {true, true, true, true, true, true, true, false};
	TL_CLEANUP(tl_buf_fini) struct tl_buf packed = {0};
	struct tl_sound s = {0};
	bool cut = false;
	assert_int_equal(tl_sound_set(&s, w, WORDS), 0);
	tl_sound_pack(&packed, &s);
	tl_sound_fini(&s);
	struct tl_alike a = {
	    .form = TL_FORM_CHROMAPRINT, .value = tl_buf_str(&packed), .distance = 63};
	assert_int_equal(tl_alike_find(t->s.db, t->x, &a, hit_of, p, &cut), 0);
	for (size_t i = 0; i < SOUNDS; i++) {
		if (p[i].found != wide[i])
			fail_msg("sound %zu: found %d", i, p[i].found);
		p[i].found = false;
	}
	a.distance = 2;
	assert_int_equal(tl_alike_find(t->s.db, t->x, &a, hit_of, p, &cut), 0);
	assert_true(p[OWN].found && p[AGAIN].found && !p[NOISY].found);
	assert_false(cut);
}

static void
t_copies_of_a_sound_are_what_holds_most_of_it(void **state)
{
	static const bool copy[SOUNDS] = {
	    [AGAIN] = true, [NOISY] = true, [MOST] = true, [PITCHED] = true};
	struct site *t = *state;
	struct published *p = calloc(SOUNDS, sizeof *p);
	struct tl_item it = {.platform = t->s.platform, .live = true, .media_count = 1};
	struct tl_copy *list = NULL;
	uint32_t w[WORDS];
	size_t n = 0, wanted = 0;
	bool cut = false;
	assert_non_null(p);
	publish_sounds(t, p, w);
	assert_int_equal(tl_again_index_catch_up(t->x, t->s.db), 0);
	it.id = p[OWN].id;
	it.media[0] = p[OWN].m;
	assert_int_equal(tl_copies_of(t->s.db, t->x, &it, 15, t->s.arena, &list, &n, &cut), 0);
	for (size_t i = 0; i < SOUNDS; i++) {
		bool found = false;
		for (size_t k = 0; k < n; k++)
			found = found || tl_id_eq(list[k].item, p[i].id);
		if (found != copy[i])
			fail_msg("sound %zu: a copy %d", i, found);
		wanted += copy[i];
	}
	assert_int_equal(n, wanted);
	assert_false(cut);
	check_watch(t, p, w);
	for (size_t i = 0; i < SOUNDS; i++) {
		tl_buf_fini(&p[i].frames);
		tl_buf_fini(&p[i].words);
		tl_buf_fini(&p[i].bent);
	}
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		t_grown_banks_find_what_the_detectors_find, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		t_copies_of_a_sound_are_what_holds_most_of_it, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
