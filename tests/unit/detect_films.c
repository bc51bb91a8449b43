/*
 * Video and sound banks: what is found of a video and of its sound, in which place, by which thresholds; what is taken out
 * of a bank or switched off; what was not decoded.
 */
#include "detect/banks.h"
#include "detect/detect.h"
#include "hash/sound.h"
#include "hash/video_match.h"
#include "store/banks.h"

#include "unit_store.h"

#define FRAMES 40
#define WORDS 600

struct fixture {
	struct unit_store s;
	struct tl_detect *detect;
	struct tl_bank_loader *loader;
	struct tl_bank films, songs;
	struct tl_video known;
	struct tl_sound song;
	struct tl_buf frames, words, bent;
	struct tl_media media;
	struct tl_detect_input in;
	struct tl_signals out;
};

static uint32_t seed;

static struct tl_bank
bank(struct fixture *f, const char *name, enum tl_bank_kind kind)
{
	struct tl_bank b = {.name = tl_str(name),
	    .kind = kind,
	    .policy = TL_S("demo.policy"),
	    .source = TL_S("exchange"),
	    .distance = 31,
	    .enabled = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_create(f->s.db, &b), 0);
	unit_commit(f->s.db);
	return b;
}

static void
draw_video(struct tl_video *v, int frames)
{
	for (int i = 0; i < frames; i++) {
		struct tl_video_frame f = {.ms = (uint32_t)i * 1000, .quality = 100};
		for (size_t k = 0; k < sizeof f.hash.b; k++)
			f.hash.b[k] = (uint8_t)(unit_random(&seed) >> 7);
		assert_int_equal(tl_video_add(v, &f), 0);
	}
}

static void
draw_sound(struct tl_sound *s)
{
	uint32_t w[WORDS], at = unit_random(&seed);
	for (size_t i = 0; i < WORDS; i++) {
		for (int k = 0; k < 5; k++)
			at ^= 1u << unit_random(&seed) % 32;
		w[i] = at;
	}
	assert_int_equal(tl_sound_set(s, w, WORDS), 0);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	seed = 5;
	unit_store_open(&f->s);
	f->detect = tl_detect_create();
	f->films = bank(f, "films", TL_BANK_VIDEO);
	f->songs = bank(f, "songs", TL_BANK_SOUND);
	draw_video(&f->known, FRAMES);
	draw_sound(&f->song);
	memset(f->media.id.b, 3, sizeof f->media.id.b);
	f->media.film = TL_S("{}");
	f->in = (struct tl_detect_input){
	    .media = &f->media, .media_count = 1, .db = f->s.db, .platform = f->s.platform};
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	tl_bank_loader_stop(f->loader);
	tl_detect_destroy(f->detect);
	tl_video_fini(&f->known);
	tl_sound_fini(&f->song);
	tl_buf_fini(&f->frames);
	tl_buf_fini(&f->words);
	tl_buf_fini(&f->bent);
	unit_store_close(&f->s);
	free(f);
	return 0;
}

static struct tl_bank_entry
add(struct fixture *f, const struct tl_bank *b, enum tl_entry_form form, struct tl_buf *value)
{
	struct tl_bank_entry e = {.form = form, .value = tl_buf_str(value), .enabled = true};
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_entry_add(f->s.db, b, &e), 0);
	unit_commit(f->s.db);
	tl_buf_fini(value);
	return e;
}

static struct tl_bank_entry
add_video(struct fixture *f, const struct tl_video *v)
{
	struct tl_buf b = {0};
	tl_video_pack(&b, v);
	return add(f, &f->films, TL_FORM_VPDQ, &b);
}

static struct tl_bank_entry
add_sound(struct fixture *f)
{
	struct tl_buf b = {0};
	tl_sound_pack(&b, &f->song);
	return add(f, &f->songs, TL_FORM_CHROMAPRINT, &b);
}

/* The medium shows the known video from one frame on, every hash a few bits away. */
static void
show(struct fixture *f, size_t from, size_t n, bool mirrored)
{
	struct tl_video v = {0};
	for (size_t i = 0; i < n; i++) {
		struct tl_video_frame x = f->known.f[from + i];
		x.ms = (uint32_t)i * 1000;
		x.hash.b[i % 32] ^= 0x0f;
		if (mirrored)
			tl_pdq_mirror(&x.hash);
		assert_int_equal(tl_video_add(&v, &x), 0);
	}
	tl_buf_reset(&f->frames);
	tl_video_pack(&f->frames, &v);
	f->media.frames = tl_buf_str(&f->frames);
	tl_video_fini(&v);
}

/* And plays the known sound from one word on. */
static void
play(struct fixture *f, size_t from, size_t n)
{
	tl_buf_reset(&f->words);
	for (size_t i = from; i < from + n; i++) {
		uint32_t w = f->song.w[i] ^ (i % 3 ? 0 : 1u << i % 32);
		uint8_t b[4] = {
		    (uint8_t)(w >> 24), (uint8_t)(w >> 16), (uint8_t)(w >> 8), (uint8_t)w};
		tl_buf_put(&f->words, b, sizeof b);
	}
	f->media.words = tl_buf_str(&f->words);
}

static void
look(struct fixture *f)
{
	struct tl_bank_events none = {.ctx = NULL};
	tl_bank_loader_stop(f->loader);
	f->loader = NULL;
	assert_int_equal(tl_bank_loader_start(f->s.store, &none, &f->loader), 0);
	assert_true(tl_bank_loader_whole(f->loader));
	struct tl_banks *b = tl_bank_loader_take(f->loader);
	f->out.n = 0;
	assert_int_equal(tl_detect_run(f->detect, b, &f->in, f->s.arena, &f->out), 0);
	tl_banks_unref(b);
}

static void
t_a_clip_of_a_known_video_is_found_with_its_place(void **state)
{
	struct fixture *f = *state;
	struct tl_video other = {0};
	draw_video(&other, FRAMES);
	add_video(f, &other);
	struct tl_bank_entry e = add_video(f, &f->known);
	tl_video_fini(&other);
	show(f, 12, 20, false);
	look(f);
	assert_int_equal(f->out.n, 1);
	const struct tl_signal *s = &f->out.s[0];
	assert_true(tl_str_is(s->detector, "video"));
	assert_true(tl_str_is(s->label, "films"));
	assert_true(tl_id_eq(s->entry, e.id));
	assert_float_equal(s->score, 1, 1e-9);
	assert_int_equal(s->distance, 4);
	assert_int_equal(s->turned.n, 0);
	assert_true(
	    tl_str_is(s->part, "{\"share_item\":1,\"share_entry\":0.5,\"offset_ms\":12000,"
			       "\"matched_ms\":null,\"speed\":1,\"in_step\":false,\"shown\":"
			       "[{\"from_ms\":0,\"to_ms\":20000}]}"));
}

static void
t_a_mirrored_copy_is_found(void **state)
{
	struct fixture *f = *state;
	add_video(f, &f->known);
	show(f, 0, FRAMES, true);
	look(f);
	assert_int_equal(f->out.n, 1);
	assert_true(tl_str_is(f->out.s[0].turned, "flip_y"));
}

static void
t_each_bank_has_its_own_shares(void **state)
{
	struct fixture *f = *state;
	add_video(f, &f->known);
	f->films.share_known = 60;
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_set(f->s.db, &f->films), 0);
	unit_commit(f->s.db);
	show(f, 12, 20, false);
	look(f);
	assert_int_equal(f->out.n, 0);
	show(f, 12, 24, false);
	look(f);
	assert_int_equal(f->out.n, 1);
}

static void
t_what_was_removed_or_switched_off_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct tl_bank_entry e = add_video(f, &f->known);
	show(f, 0, FRAMES, false);
	look(f);
	assert_int_equal(f->out.n, 1);
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_entry_disable(f->s.db, f->films.id, e.id, 0), 0);
	unit_commit(f->s.db);
	look(f);
	assert_int_equal(f->out.n, 0);
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_entry_enable(f->s.db, f->films.id, e.id), 0);
	unit_commit(f->s.db);
	look(f);
	assert_int_equal(f->out.n, 1);
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_entry_remove(f->s.db, f->films.id, e.id), 0);
	unit_commit(f->s.db);
	look(f);
	assert_int_equal(f->out.n, 0);
}

static void
t_a_known_sound_is_found_under_a_video(void **state)
{
	struct fixture *f = *state;
	struct tl_bank_entry e = add_sound(f);
	show(f, 0, FRAMES, false);
	play(f, 200, 160);
	look(f);
	assert_int_equal(f->out.n, 1);
	const struct tl_signal *s = &f->out.s[0];
	assert_true(tl_str_is(s->detector, "sound"));
	assert_true(tl_id_eq(s->entry, e.id));
	assert_true(s->score > 0.9);
	assert_non_null(strstr((const char *)s->part.p, "\"offset_ms\":24761,"));
	/* Too little of it. */
	f->songs.share_known = 50;
	unit_begin(f->s.db);
	assert_int_equal(tl_bank_set(f->s.db, &f->songs), 0);
	unit_commit(f->s.db);
	look(f);
	assert_int_equal(f->out.n, 0);
}

/* Its words are others altogether; those of the speed that undoes it are not. */
static void
t_a_known_sound_at_another_pitch_is_found(void **state)
{
	struct fixture *f = *state;
	struct tl_sound other = {0}, undone = {f->song.w + 100, 300};
	struct tl_bank_entry e = add_sound(f);
	draw_sound(&other);
	for (size_t i = 0; i < 300; i++)
		tl_buf_put(&f->words, &other.w[i], 4);
	f->media.words = tl_buf_str(&f->words);
	look(f);
	assert_int_equal(f->out.n, 0);
	tl_sound_pack(&f->bent, &other);
	tl_sound_pack(&f->bent, &undone);
	f->media.bent = tl_buf_str(&f->bent);
	look(f);
	assert_int_equal(f->out.n, 1);
	assert_true(tl_id_eq(f->out.s[0].entry, e.id));
	f->media.bent.n--;
	look(f);
	assert_int_equal(f->out.n, 1);
	assert_true(f->out.s[0].failed);
	tl_sound_fini(&other);
}

static void
t_a_known_picture_is_found_in_a_video(void **state)
{
	struct fixture *f = *state;
	struct tl_bank pictures = bank(f, "pictures", TL_BANK_PDQ);
	struct tl_buf b = {0};
	tl_buf_put(&b, f->known.f[7].hash.b, 32);
	add(f, &pictures, TL_FORM_PDQ, &b);
	/* Once among forty is not enough; for two seconds is. */
	show(f, 0, FRAMES, false);
	look(f);
	assert_int_equal(f->out.n, 0);
	f->known.f[8].hash = f->known.f[7].hash;
	show(f, 0, FRAMES, false);
	look(f);
	assert_int_equal(f->out.n, 1);
	const struct tl_signal *s = &f->out.s[0];
	assert_true(tl_str_is(s->detector, "pdq"));
	assert_int_equal(s->distance, 4);
	assert_non_null(strstr((const char *)s->part.p, "\"share_item\":0.05"));
	assert_non_null(strstr((const char *)s->part.p, "\"offset_ms\":-7000"));
	assert_non_null(
	    strstr((const char *)s->part.p, "\"shown\":[{\"from_ms\":7000,\"to_ms\":9000}]"));
	/* Each showing has its own place; of more than eight the eighth reaches to the end of the last. */
	for (size_t i = 11; i <= 35; i += 3)
		f->known.f[i].hash = f->known.f[7].hash;
	show(f, 0, FRAMES, false);
	look(f);
	assert_int_equal(f->out.n, 1);
	s = &f->out.s[0];
	assert_non_null(strstr((const char *)s->part.p,
	    "{\"from_ms\":11000,\"to_ms\":12000},{\"from_ms\":14000,\"to_ms\":15000}"));
	assert_non_null(
	    strstr((const char *)s->part.p, "{\"from_ms\":29000,\"to_ms\":36000}]}"));
	/* A video of one second has no more to show. */
	show(f, 7, 1, false);
	look(f);
	assert_int_equal(f->out.n, 1);
}

static void
assert_cut(const struct tl_signals *out, const char *detector)
{
	assert_int_equal(out->n, 9);
	for (size_t i = 0; i < 9; i++) {
		assert_true(tl_str_is(out->s[i].detector, detector));
		assert_int_equal(out->s[i].failed, i == 8);
	}
	assert_true(tl_str_is(out->s[8].label, "it matches too much"));
}

static void
t_a_flood_of_one_bank_hides_no_other(void **state)
{
	struct fixture *f = *state;
	struct tl_bank flood = bank(f, "a-flood", TL_BANK_VIDEO);
	f->known.n = 4;
	unit_begin(f->s.db);
	for (uint32_t i = 0; i < 10000; i++) { /* nearer than the one that is looked for */
		struct tl_buf b = {0};
		struct tl_video v = {0};
		for (size_t k = 0; k < f->known.n; k++) {
			struct tl_video_frame x = f->known.f[k];
			x.hash.b[k % 32] ^= 0x0f;
			x.hash.b[20] ^= (uint8_t)(i & 3);
			assert_int_equal(tl_video_add(&v, &x), 0);
		}
		struct tl_video_frame own = f->known.f[0]; /* no two are the same */
		memset(own.hash.b, (int)(i % 251), 16);
		memcpy(own.hash.b + 16, &i, sizeof i);
		own.ms = 4000;
		own.number = 100;
		assert_int_equal(tl_video_add(&v, &own), 0);
		tl_video_pack(&b, &v);
		struct tl_bank_entry e = {
		    .form = TL_FORM_VPDQ, .value = tl_buf_str(&b), .enabled = true};
		assert_int_equal(tl_bank_entry_add(f->s.db, &flood, &e), 0);
		tl_buf_fini(&b);
		tl_video_fini(&v);
	}
	unit_commit(f->s.db);
	struct tl_bank_entry e = add_video(f, &f->known);
	show(f, 0, f->known.n, false);
	look(f);
	bool found = false;
	for (size_t i = 0; i < f->out.n; i++)
		found = found || tl_id_eq(f->out.s[i].entry, e.id);
	assert_true(found);
}

static void
t_more_known_pictures_than_can_be_looked_at_are_a_failure(void **state)
{
	struct fixture *f = *state;
	struct tl_bank pictures = bank(f, "pictures", TL_BANK_PDQ);
	f->known.f[8].hash = f->known.f[7].hash;
	for (size_t i = 0; i < 70; i++) {
		struct tl_buf b = {0};
		struct tl_pdq h = f->known.f[7].hash;
		h.b[i % 32] ^= (uint8_t)(0x10 << i / 32);
		tl_buf_put(&b, h.b, 32);
		add(f, &pictures, TL_FORM_PDQ, &b);
	}
	show(f, 0, FRAMES, false);
	look(f);
	assert_cut(&f->out, "pdq");
}

static void
t_more_known_videos_than_can_be_compared_are_a_failure(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < 70; i++) {
		f->known.f[0].hash.b[i % 32] ^= (uint8_t)unit_random(&seed);
		add_video(f, &f->known);
	}
	show(f, 1, FRAMES - 1, false);
	look(f);
	assert_cut(&f->out, "video");
}

static void
t_what_was_not_decoded_leaves_failed_signals(void **state)
{
	struct fixture *f = *state;
	add_video(f, &f->known);
	add_sound(f);
	f->media.film = (struct tl_str){0};
	f->media.reason = TL_S("damaged");
	look(f);
	assert_int_equal(f->out.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(f->out.s[i].failed);
		assert_true(tl_str_is(f->out.s[i].label, "damaged"));
	}
	/* A picture has neither frames nor sound. */
	f->media.has_pdq = true;
	look(f);
	assert_int_equal(f->out.n, 0);
}

int
main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(t_a_clip_of_a_known_video_is_found_with_its_place),
	    CASE(t_a_mirrored_copy_is_found),
	    CASE(t_each_bank_has_its_own_shares),
	    CASE(t_what_was_removed_or_switched_off_is_not_found),
	    CASE(t_a_known_sound_is_found_under_a_video),
	    CASE(t_a_known_sound_at_another_pitch_is_found),
	    CASE(t_a_known_picture_is_found_in_a_video),
	    CASE(t_a_flood_of_one_bank_hides_no_other),
	    CASE(t_more_known_pictures_than_can_be_looked_at_are_a_failure),
	    CASE(t_more_known_videos_than_can_be_compared_are_a_failure),
	    CASE(t_what_was_not_decoded_leaves_failed_signals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
