/*
 * What a file is known by: it is decoded in the jail, and what banks hold of such a medium goes back. Nothing is kept.
 *
 * Promises: the answer has one entry, of the video's frames, else of the picture, else of the sound. A video whose frames do
 * not fit into an answer is told with one a second; if these do not fit either it is too long. Failure: INPUT saying what
 * is wrong with the file. Called for questions.
 */
#include "role/worker_int.h"

#include "again/crisis.h"
#include "base/arena.h"
#include "base/json.h"
#include "hash/video.h"
#include "store/bank_media.h"

#define VALUE_MAX ((TL_ASK_MAX - 1024) / 4 * 3)

static void
reply(struct worker *w, struct match *m, const struct tl_bank_entry *e)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf json = {0};
	char *text = tl_arena_alloc(match_arena(m), (e->value.n + 2) / 3 * 4 + 1);
	if (!text) {
		ask_refuse(w, match_serial(m), tl_arena_check(match_arena(m)));
		return;
	}
	(void)tl_base64(text, e->value.p, e->value.n);
	tl_js_open(&json, NULL, '{');
	tl_js_open(&json, "known", '[');
	tl_js_open(&json, NULL, '{');
	tl_js_z(&json, "form", tl_entry_form_names[e->form]);
	tl_js_z(&json, "value", text);
	tl_js_close(&json, '}');
	tl_js_close(&json, ']');
	tl_js_close(&json, '}');
	ask_reply(w, match_serial(m), tl_buf_str(&json));
}

/* One frame a second: what other programs keep of a video, too. */
static int
plain_frames(struct tl_str packed, struct tl_arena *arena, struct tl_str *ret)
{
	TL_CLEANUP(tl_video_fini) struct tl_video v = {0};
	TL_CLEANUP(tl_video_fini) struct tl_video plain = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	int rc = tl_video_unpack(packed, &v);
	for (size_t i = 0; rc == 0 && i < v.n; i++)
		if (v.f[i].flags == 0)
			rc = tl_video_add(&plain, &v.f[i]);
	if (rc < 0)
		return rc;
	tl_video_pack(&b, &plain);
	*ret = tl_arena_dup(arena, tl_buf_str(&b));
	return tl_arena_check(arena);
}

/* Of which kind of bank something is wanted; -1: of any that looks or listens. */
static int
wanted(const struct match *m)
{
	int kind = -1;
	const json_t *named = json_object_get(match_json(m), "kind");
	if (!json_is_string(named) ||
	    tl_word_parse(tl_bank_kind_names, tl_json_str(named), &kind) < 0)
		return -1;
	return kind;
}

static int
fit(struct tl_bank_entry *e, struct tl_arena *arena)
{
	int rc = 0;
	if (e->value.n > VALUE_MAX && e->form == TL_FORM_VPDQ)
		rc = plain_frames(e->value, arena, &e->value);
	if (rc == 0 && e->value.n > VALUE_MAX)
		rc = tl_fail_at(TL_EFIELD, "",
		    "it is too long to be given as a file here; start from a case or a "
		    "decision");
	return rc;
}

/* As a bank of this kind would hold it. */
static int
of_kind(enum tl_bank_kind kind, const struct tl_media *m, struct tl_arena *arena,
    struct tl_bank_entry *ret)
{
	static const struct tl_bank_entry like;
	return tl_bank_of_medium(kind, m, &like, arena, ret)
		   ? 0
		   : tl_fail_at(TL_EFIELD, "",
			 "it cannot be found again by what a %s bank holds",
			 tl_bank_kind_names[kind]);
}

static void
on_decoded(struct worker *w, struct match *m, const struct tl_picture *pic,
    enum tl_decode_reason reason)
{
	struct tl_bank_entry e = {0};
	struct tl_media d = {
	    .state = TL_MEDIA_DECODED, .frames = match_frames(m), .words = match_words(m)};
	int rc = reason == TL_DECODE_OK ? 0 : tl_decode_err(reason);
	if (pic) {
		d.has_pdq = true;
		d.pdq_quality = pic->quality;
		memcpy(d.pdq, pic->pdq[TL_PDQ_ORIGINAL].b, sizeof d.pdq);
	}
	int kind = wanted(m);
	if (rc == 0)
		rc = kind < 0 ? tl_watch_of_medium(&d, match_arena(m), &e)
			      : of_kind((enum tl_bank_kind)kind, &d, match_arena(m), &e);
	if (rc == 0)
		rc = fit(&e, match_arena(m));
	if (rc < 0)
		ask_refuse(w, match_serial(m), rc);
	else
		reply(w, m, &e);
}

void
known_begin(struct worker *w, const struct tl_ask *q, int fd)
{
	int rc = match_wait(w, q, fd, on_decoded);
	if (rc < 0)
		ask_refuse(w, q->serial, rc);
}
