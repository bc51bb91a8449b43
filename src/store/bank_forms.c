/*
 * Forms of bank entries: which kind of bank holds each, how long it is, how it is written.
 *
 * Promises: what was parsed passes the check, and what passes the check can be written. Failure: EFIELD at /value.
 * Called by the bank verbs, by imports and by whoever shows entries.
 */
#include "store/banks.h"

#include "base/arena.h"
#include "hash/sound_match.h"
#include "hash/video.h"

#define MIB ((size_t)1 << 20)

struct form {
	enum tl_bank_kind kind;
	size_t bytes; /* of a hash; 0: it varies */
	size_t most, text_most;
	/* Of forms that are neither a hash nor a pattern. */
	int (*check)(struct tl_str value);
	void (*print)(struct tl_str value, struct tl_buf *out);
	void (*brief)(struct tl_str value, struct tl_buf *out);
	int (*parse)(struct tl_str text, struct tl_buf *out);
};

/* What cannot be found again is no entry: a video without one frame of sufficient quality. */
static int
check_video(struct tl_str value)
{
	struct tl_video v = {0};
	int rc = tl_video_unpack(value, &v);
	if (rc == 0 && tl_video_usable(&v) == 0)
		rc = tl_fail(
		    TL_EPARSE, "no frame of the video is good enough to be found again");
	tl_video_fini(&v);
	return rc;
}

static void
print_video(struct tl_str value, struct tl_buf *out)
{
	struct tl_video v = {0};
	if (tl_video_unpack(value, &v) == 0)
		tl_video_json(out, &v);
	tl_video_fini(&v);
}

static void
brief_time(struct tl_buf *out, int64_t ms)
{
	int64_t s = (ms + 500) / 1000;
	tl_buf_printf(out, "%lld:%02lld", (long long)(s / 60), (long long)(s % 60));
}

static void
brief_video(struct tl_str value, struct tl_buf *out)
{
	struct tl_video v = {0};
	if (tl_video_unpack(value, &v) == 0) {
		tl_buf_printf(out, "%zu frames, ", tl_video_usable(&v));
		brief_time(out, v.f[v.n - 1].ms);
	}
	tl_video_fini(&v);
}

static int
parse_video(struct tl_str text, struct tl_buf *out)
{
	struct tl_video v = {0};
	int rc = tl_video_parse(text, &v);
	for (size_t i = 0; i < v.n; i++)
		v.f[i].number =
		    (uint32_t)i; /* only one of the texts says it: the same entry of both */
	if (rc == 0)
		tl_video_pack(out, &v);
	tl_video_fini(&v);
	return rc;
}

/* Nor is a sound that is too short for the shortest stretch that counts. */
static int
check_sound(struct tl_str value)
{
	struct tl_sound s = {0};
	int rc = tl_sound_unpack(value, &s);
	if (rc == 0 && s.n < TL_SOUND_WORDS_MIN)
		rc = tl_fail(TL_EPARSE,
		    "the fingerprint is too short to be found again: it has %zu words, at "
		    "least %d are needed (4 seconds)",
		    s.n, TL_SOUND_WORDS_MIN);
	tl_sound_fini(&s);
	return rc;
}

static void
print_sound(struct tl_str value, struct tl_buf *out)
{
	struct tl_sound s = {0};
	if (tl_sound_unpack(value, &s) == 0)
		tl_sound_text(out, &s);
	tl_sound_fini(&s);
}

static void
brief_sound(struct tl_str value, struct tl_buf *out)
{
	struct tl_sound s = {0};
	if (tl_sound_unpack(value, &s) == 0) {
		tl_buf_printf(out, "%zu words, ", s.n);
		brief_time(out, tl_sound_ms((int64_t)s.n));
	}
	tl_sound_fini(&s);
}

static int
parse_sound(struct tl_str text, struct tl_buf *out)
{
	struct tl_sound s = {0};
	int rc = tl_sound_parse(text, &s);
	if (rc == 0)
		tl_sound_pack(out, &s);
	tl_sound_fini(&s);
	return rc;
}

static const struct form forms[tl_entry_form_count] = {
    [TL_FORM_PDQ] = {TL_BANK_PDQ, .bytes = 32, .most = 32, .text_most = 64},
    [TL_FORM_MD5] = {TL_BANK_DIGEST, .bytes = 16, .most = 16, .text_most = 32},
    [TL_FORM_SHA256] = {TL_BANK_DIGEST, .bytes = 32, .most = 32, .text_most = 64},
    [TL_FORM_WORD] = {TL_BANK_TEXT, .most = TL_BANK_VALUE_MAX, .text_most = TL_BANK_VALUE_MAX},
    [TL_FORM_PHRASE] = {TL_BANK_TEXT, .most = TL_BANK_VALUE_MAX,
	.text_most = TL_BANK_VALUE_MAX},
    [TL_FORM_REGEX] = {TL_BANK_TEXT, .most = TL_BANK_VALUE_MAX, .text_most = TL_BANK_VALUE_MAX},
    [TL_FORM_VPDQ] = {TL_BANK_VIDEO, .most = TL_VIDEO_PACKED_MAX, .text_most = 2 * MIB,
	.check = check_video, .print = print_video, .brief = brief_video, .parse = parse_video},
    [TL_FORM_CHROMAPRINT] = {TL_BANK_SOUND, .most = TL_SOUND_PACKED_MAX, .text_most = 3 * MIB,
	.check = check_sound, .print = print_sound, .brief = brief_sound, .parse = parse_sound},
};

bool
tl_bank_holds(enum tl_bank_kind kind, enum tl_entry_form form)
{
	return forms[form].kind == kind;
}

size_t
tl_bank_value_most(enum tl_entry_form form)
{
	return forms[form].most;
}

size_t
tl_bank_text_most(enum tl_entry_form form)
{
	return forms[form].text_most;
}

int
tl_bank_value_check(enum tl_entry_form form, struct tl_str value)
{
	const struct form *f = &forms[form];
	if (f->bytes && value.n != f->bytes)
		return tl_fail_at(TL_EFIELD, "/value", "a %s value has %zu hex digits",
		    tl_entry_form_names[form], f->bytes * 2);
	if (value.n == 0 || value.n > f->most)
		return tl_fail_at(TL_EFIELD, "/value", "a %s has 1 to %zu bytes",
		    f->check ? "value" : "pattern", f->most);
	if (f->check && f->check(value) < 0)
		return tl_fail_at(TL_EFIELD, "/value", "%s", tl_err_text());
	return 0;
}

void
tl_bank_value_text(enum tl_entry_form form, struct tl_str value, struct tl_buf *out)
{
	const struct form *f = &forms[form];
	char hex[65] = "";
	if (f->print) {
		f->print(value, out);
		return;
	}
	if (!f->bytes) {
		tl_buf_put(out, value.p, value.n);
		return;
	}
	if (value.n <= 32)
		tl_hex(hex, value.p, value.n);
	tl_buf_puts(out, hex);
}

void
tl_bank_value_brief(enum tl_entry_form form, struct tl_str value, struct tl_buf *out)
{
	if (forms[form].brief)
		forms[form].brief(value, out);
	else
		tl_bank_value_text(form, value, out);
}

static int
parse_other(
    const struct form *f, struct tl_str text, struct tl_arena *arena, struct tl_str *ret)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	int rc = f->parse(text, &b);
	if (rc < 0)
		return tl_fail_at(TL_EFIELD, "/value", "%s", tl_err_text());
	*ret = tl_arena_dup(arena, tl_buf_str(&b));
	return tl_arena_check(arena);
}

static int
parse_hash(
    enum tl_entry_form form, struct tl_str text, struct tl_arena *arena, struct tl_str *ret)
{
	size_t bytes = forms[form].bytes;
	uint8_t *raw = tl_arena_alloc(arena, bytes);
	if (!raw)
		return tl_arena_check(arena);
	if (tl_unhex(raw, bytes, text) < 0)
		return tl_fail_at(TL_EFIELD, "/value", "a %s value has %zu hex digits",
		    tl_entry_form_names[form], bytes * 2);
	*ret = tl_bytes(raw, bytes);
	return 0;
}

int
tl_bank_value_parse(
    enum tl_entry_form form, struct tl_str text, struct tl_arena *arena, struct tl_str *ret)
{
	const struct form *f = &forms[form];
	if (f->bytes)
		return parse_hash(form, text, arena, ret);
	if (f->parse)
		return parse_other(f, text, arena, ret);
	if (!tl_utf8_valid(text))
		return tl_fail_at(TL_EFIELD, "/value", "the pattern is not valid UTF-8");
	*ret = tl_arena_dup(arena, text);
	return tl_arena_check(arena);
}
