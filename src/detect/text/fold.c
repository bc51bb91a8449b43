/*
 * The look-alike form of normalised text: what a reader would take it for. Confusable characters become their
 * prototype (ICU's confusables), decorations fall away, small capitals and leet signs become letters, and i and
 * l are one letter. Texts and patterns go through the same function, character by character.
 *
 * Promises: no allocation per text once its characters were seen. Failure: BUG when ICU's data is missing.
 * Called by the text detector after the plain pass.
 */
#include "detect/text/norm_int.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>

#define FOLD_MAX 14

struct glyph {
	uint8_t known;
	uint8_t n;
	uint8_t b[FOLD_MAX];
};

struct tl_fold {
	USpoofChecker *spoof;
	struct glyph *pages[0x1100]; /* by code point / 256 */
};

/* Pairs: a sign or small capital, then the letter that it stands for. */
static const char *const leet = "0o1i3e4a5s7t8b9g@a$s!i|i+tli";
static const struct {
	UChar32 c;
	char letter;
} small_caps[] = {{0x1d00, 'a'}, {0x299, 'b'}, {0x1d04, 'c'}, {0x1d05, 'd'}, {0x1d07, 'e'},
    {0xa730, 'f'}, {0x262, 'g'}, {0x29c, 'h'}, {0x26a, 'i'}, {0x1d0a, 'j'}, {0x1d0b, 'k'},
    {0x138, 'k'}, {0x29f, 'l'}, {0x1d0d, 'm'}, {0x274, 'n'}, {0x1d0f, 'o'}, {0x1d18, 'p'},
    {0x280, 'r'}, {0xa731, 's'}, {0x1d1b, 't'}, {0x1d1c, 'u'}, {0x1d20, 'v'}, {0x1d21, 'w'},
    {0x28f, 'y'}, {0x1d22, 'z'}};

static uint8_t
fold_ascii(uint8_t c)
{
	for (const char *p = leet; *p; p += 2) {
		if ((uint8_t)p[0] == c)
			return (uint8_t)p[1];
	}
	return c;
}

struct tl_fold *
tl_fold_create(void)
{
	struct tl_fold *f = calloc(1, sizeof *f);
	if (!f)
		abort();
	UErrorCode e = U_ZERO_ERROR;
	f->spoof = uspoof_open(&e);
	return f;
}

void
tl_fold_destroy(struct tl_fold *f)
{
	if (!f)
		return;
	if (f->spoof)
		uspoof_close(f->spoof);
	for (size_t i = 0; i < TL_COUNT(f->pages); i++)
		free(f->pages[i]);
	free(f);
}

/* A mark that decorates any script (as opposed to the vowels and tones that some scripts write as marks). */
static bool
is_decoration(UChar32 c)
{
	int8_t t = u_charType(c);
	if (t != U_NON_SPACING_MARK && t != U_ENCLOSING_MARK)
		return false;
	UErrorCode e = U_ZERO_ERROR;
	UScriptCode s = uscript_getScript(c, &e);
	return s == USCRIPT_INHERITED || s == USCRIPT_COMMON;
}

static uint32_t
plain_letter(UChar32 c)
{
	for (size_t i = 0; i < TL_COUNT(small_caps); i++) {
		if (small_caps[i].c == c)
			return (uint8_t)small_caps[i].letter;
	}
	UChar32 low = u_foldCase(c, U_FOLD_CASE_DEFAULT);
	return (uint32_t)low;
}

/* The prototype of one code point; false when it does not fit. */
static bool
prototype(const struct tl_fold *f, UChar32 c, struct glyph *g)
{
	UChar in[2], out[32];
	int32_t n = 0, at = 0;
	UErrorCode e = U_ZERO_ERROR;
	tl_utf16_put(in, &n, (uint32_t)c);
	int32_t m = uspoof_getSkeleton(f->spoof, 0, in, n, out, (int32_t)TL_COUNT(out), &e);
	if (U_FAILURE(e))
		return false;
	g->n = 0;
	while (at < m) {
		UChar32 o = (UChar32)tl_utf16_next(out, m, &at);
		if (is_decoration(o))
			continue;
		uint8_t u[4];
		size_t len = tl_utf8_put(u, plain_letter(o));
		if (g->n + len > FOLD_MAX)
			return false;
		memcpy(g->b + g->n, u, len);
		g->n = (uint8_t)(g->n + len);
	}
	if (g->n == 2 && g->b[0] == 'r' && g->b[1] == 'n') {
		g->n = 1;
		g->b[0] = 'm';
	}
	return true;
}

static bool
is_ascii_word(const struct glyph *g)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->b[i] >= 0x80)
			return false;
	}
	return g->n > 0;
}

static void
compute(const struct tl_fold *f, UChar32 c, struct glyph *g)
{
	*g = (struct glyph){.known = 1};
	if (is_decoration(c))
		return;
	/* Case was folded away before, but it is often the capital that looks alike: look at both. */
	struct glyph cap = {.known = 1};
	UChar32 upper = u_toupper(c);
	bool fits = f->spoof && prototype(f, c, g);
	if (fits && !is_ascii_word(g) && upper != c && prototype(f, upper, &cap) &&
	    is_ascii_word(&cap))
		*g = cap;
	if (!fits || g->n == 0)
		g->n = (uint8_t)tl_utf8_put(g->b, (uint32_t)c);
	for (size_t i = 0; i < g->n; i++)
		g->b[i] = fold_ascii(g->b[i]);
}

static const struct glyph *
lookup(struct tl_fold *f, UChar32 c)
{
	struct glyph **page = &f->pages[c >> 8];
	if (!*page && !(*page = calloc(256, sizeof **page)))
		abort();
	struct glyph *g = &(*page)[c & 0xff];
	if (!g->known)
		compute(f, c, g);
	return g;
}

static bool
is_letter(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

/* True when the sign at `i` stands where a letter would: the text could be read as a word. */
static bool
reads_as_letter(struct tl_str t, size_t i)
{
	bool before = i > 0 && (is_letter(t.p[i - 1]) || t.p[i - 1] == t.p[i]);
	bool after = i + 1 < t.n && (is_letter(t.p[i + 1]) || t.p[i + 1] == t.p[i]);
	switch (t.p[i]) {
	case '!':
	case '|':
	case '+':
		return after && before;
	case '@':
	case '$':
		return after || before;
	default:
		return t.p[i] >= '0' && t.p[i] <= '9';
	}
}

bool
tl_norm_suspicious(const struct tl_norm *n)
{
	if (!n->ascii)
		return true;
	struct tl_str t = tl_buf_str(&n->text);
	for (size_t i = 0; i < t.n; i++) {
		if (is_letter(t.p[i]) || t.p[i] == ' ' || !reads_as_letter(t, i))
			continue;
		if ((i > 0 && is_letter(t.p[i - 1])) || (i + 1 < t.n && is_letter(t.p[i + 1])))
			return true;
	}
	return false;
}

static void
fold_one_ascii(struct tl_norm *out, struct tl_str t, size_t i, uint32_t from, uint32_t to)
{
	uint8_t c = t.p[i];
	bool letter = is_letter(c);
	uint8_t d = letter || reads_as_letter(t, i) ? fold_ascii(c) : c;
	enum tl_norm_kind kind = letter ? TL_NK_SAME : d != c ? TL_NK_LEET : TL_NK_OTHER;
	tl_norm_put(out, &d, 1, from, to, kind);
}

/* A decoration falls away: the letter before it is no longer what it was. */
static void
decorate(struct tl_norm *out, uint32_t to)
{
	size_t n = out->text.n;
	if (n == 0 || out->kind[n - 1] == TL_NK_OTHER)
		return;
	out->kind[n - 1] = TL_NK_LOOK;
	out->to[n - 1] = to;
}

static void
fold_one(struct tl_fold *f, struct tl_norm *out, struct tl_str t, size_t i, size_t next,
    uint32_t from, uint32_t to)
{
	size_t at = i;
	UChar32 c = (UChar32)tl_utf8_next(t, &at);
	const struct glyph *g = lookup(f, c);
	if (g->n == 0) {
		decorate(out, to);
		return;
	}
	bool same = tl_str_eq(tl_bytes(g->b, g->n), tl_bytes(t.p + i, next - i));
	enum tl_norm_kind kind = TL_NK_LOOK;
	if (same)
		kind = u_isalpha(c) ? TL_NK_FOREIGN : TL_NK_OTHER;
	tl_norm_put(out, g->b, g->n, from, to, kind);
}

int
tl_norm_fold(struct tl_fold *f, const struct tl_norm *n, struct tl_norm *ret)
{
	struct tl_str t = tl_buf_str(&n->text);
	tl_buf_reset(&ret->text);
	ret->identity = ret->ascii = false;
	for (size_t i = 0; i < t.n;) {
		size_t next = i;
		(void)tl_utf8_next(t, &next);
		uint32_t from, to;
		tl_norm_span(n, i, next, &from, &to);
		if (next == i + 1)
			fold_one_ascii(ret, t, i, from, to);
		else
			fold_one(f, ret, t, i, next, from, to);
		i = next;
	}
	return 0;
}
