/*
 * Fingerprints of sounds: text and packed forms.
 *
 * Promises: what was read has 1 to TL_SOUND_WORDS_MAX words and writes back to the same. Failure: INPUT, LIMIT. Called
 * by the worker, by banks and by the detectors.
 */
#include "hash/sound.h"

#include <stdlib.h>

#include "base/cur.h"

#define VERSION 1

void
tl_sound_fini(struct tl_sound *s)
{
	free(s->w);
	*s = (struct tl_sound){0};
}

int64_t
tl_sound_ms(int64_t words)
{
	return words * TL_SOUND_HOP_SAMPLES * 1000 / TL_SOUND_RATE;
}

static int
check_count(size_t n)
{
	if (n == 0)
		return tl_fail(TL_EPARSE, "the fingerprint has no words");
	if (n > TL_SOUND_WORDS_MAX)
		return tl_fail(
		    TL_ETOOBIG, "a fingerprint has at most %d words", TL_SOUND_WORDS_MAX);
	return 0;
}

static uint32_t *
words(size_t n)
{
	uint32_t *w = malloc(n * sizeof *w);
	if (!w)
		abort();
	return w;
}

int
tl_sound_set(struct tl_sound *s, const uint32_t *from, size_t n)
{
	int rc = check_count(n);
	if (rc < 0)
		return rc;
	tl_sound_fini(s);
	s->w = words(n);
	memcpy(s->w, from, n * sizeof *from);
	s->n = n;
	return 0;
}

int
tl_sound_words(struct tl_str big_endian, struct tl_sound *ret)
{
	struct tl_cur c = tl_cur(big_endian);
	size_t n = big_endian.n / sizeof *ret->w;
	int rc = big_endian.n % sizeof *ret->w
		     ? tl_fail(TL_EPARSE, "the fingerprint ends inside a word")
		     : check_count(n);
	if (rc < 0)
		return rc;
	tl_sound_fini(ret);
	ret->w = words(n);
	ret->n = n;
	for (size_t i = 0; i < n; i++)
		ret->w[i] = tl_cur_u32(&c);
	return 0;
}

void
tl_sound_text(struct tl_buf *out, const struct tl_sound *s)
{
	for (size_t i = 0; i < s->n; i++)
		tl_buf_printf(out, "%s%u", i ? "," : "", s->w[i]);
}

static void
trim(struct tl_str *s)
{
	static const char space[] = " \t\r\n";
	while (s->n && memchr(space, s->p[0], sizeof space - 1))
		*s = tl_bytes(s->p + 1, s->n - 1);
	while (s->n && memchr(space, s->p[s->n - 1], sizeof space - 1))
		s->n--;
}

/* What frames the words is taken off; false when it is opened and not closed. */
static bool
unframe(struct tl_str *s)
{
	static const char name[] = "FINGERPRINT=";
	trim(s);
	if (s->n >= sizeof name - 1 && memcmp(s->p, name, sizeof name - 1) == 0)
		*s = tl_bytes(s->p + sizeof name - 1, s->n - (sizeof name - 1));
	if (s->n == 0 || s->p[0] != '[')
		return true;
	if (s->n < 2 || s->p[s->n - 1] != ']')
		return false;
	*s = tl_bytes(s->p + 1, s->n - 2);
	return true;
}

static size_t
count_commas(struct tl_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ',';
	return n;
}

int
tl_sound_parse(struct tl_str text, struct tl_sound *ret)
{
	if (!unframe(&text))
		return tl_fail(TL_EPARSE, "the array of words is not closed");
	size_t n = text.n ? count_commas(text) + 1 : 0;
	int rc = check_count(n);
	if (rc < 0)
		return rc;
	struct tl_sound s = {.w = words(n)};
	while (s.n < n && rc == 0) {
		int64_t v = 0;
		const uint8_t *comma = memchr(text.p, ',', text.n);
		size_t len = comma ? (size_t)(comma - text.p) : text.n;
		struct tl_str word = tl_bytes(text.p, len);
		trim(&word);
		rc = tl_parse_i64(word, INT32_MIN, UINT32_MAX, &v);
		s.w[s.n++] = (uint32_t)v;
		text = tl_bytes(text.p + len + (comma ? 1 : 0), text.n - len - (comma ? 1 : 0));
	}
	if (rc < 0) {
		rc = tl_fail(TL_EPARSE, "word %zu is not a number of 32 bits", s.n);
		tl_sound_fini(&s);
		return rc;
	}
	*ret = s;
	return 0;
}

static void
put_u32(struct tl_buf *out, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	tl_buf_put(out, b, sizeof b);
}

void
tl_sound_pack(struct tl_buf *out, const struct tl_sound *s)
{
	tl_buf_byte(out, VERSION);
	put_u32(out, (uint32_t)s->n);
	for (size_t i = 0; i < s->n; i++)
		put_u32(out, s->w[i]);
}

int
tl_sound_unpack(struct tl_str packed, struct tl_sound *ret)
{
	struct tl_cur c = tl_cur(packed);
	if (tl_cur_u8(&c) != VERSION)
		return tl_fail(TL_EPARSE, "a packed fingerprint of another version");
	uint32_t n = tl_cur_u32(&c);
	if (c.bad || c.n != (size_t)n * 4)
		return tl_fail(
		    TL_EPARSE, "a packed fingerprint has another length than it says");
	int rc = check_count(n);
	if (rc < 0)
		return rc;
	struct tl_sound s = {.w = words(n)};
	while (s.n < n)
		s.w[s.n++] = tl_cur_u32(&c);
	*ret = s;
	return tl_cur_end(&c);
}

int
tl_sound_unpack_bent(struct tl_str packed, struct tl_sound ret[TL_SOUND_BENDS])
{
	struct tl_sound s[TL_SOUND_BENDS] = {0};
	size_t n = 0;
	int rc = 0;
	while (rc == 0 && packed.n && n < TL_SOUND_BENDS) {
		struct tl_cur c = tl_cur(packed);
		(void)tl_cur_u8(&c);
		uint64_t len = TL_SOUND_HEAD_BYTES + 4 * (uint64_t)tl_cur_u32(&c);
		len = len < packed.n ? len : packed.n;
		rc = tl_sound_unpack(tl_bytes(packed.p, (size_t)len), &s[n++]);
		packed = tl_bytes(packed.p + len, packed.n - (size_t)len);
	}
	if (rc == 0 && packed.n)
		rc = tl_fail(TL_EPARSE, "there are more than %d speeds", TL_SOUND_BENDS);
	for (size_t i = 0; i < TL_SOUND_BENDS; i++) {
		if (rc == 0)
			ret[i] = s[i];
		else
			tl_sound_fini(&s[i]);
	}
	return rc;
}
