/*
 * Normalisation with a way back to the original bytes.
 *
 * Promises: the result equals ICU's NFKC_Casefold of the whole text (white space aside), and every byte of it
 * maps to the bytes it came from. ASCII costs one pass without ICU. Failure: UTF8 for text that is not UTF-8,
 * TOOBIG beyond TL_NORM_TEXT_MAX. Called by the text detector for texts and patterns alike.
 */
#include "detect/text/norm_int.h"

#include <unicode/unorm2.h>

/* Longest run of combining characters that is normalised as one; longer runs are cut, for both sides alike. */
#define SEGMENT_MAX 64

void
tl_norm_fini(struct tl_norm *n)
{
	tl_buf_fini(&n->text);
	free(n->from);
	free(n->to);
	free(n->kind);
	*n = (struct tl_norm){0};
}

static void
grow(struct tl_norm *n, size_t need)
{
	size_t cap = n->cap ? n->cap : 256;
	while (cap < need)
		cap *= 2;
	n->from = realloc(n->from, cap * sizeof *n->from);
	n->to = realloc(n->to, cap * sizeof *n->to);
	n->kind = realloc(n->kind, cap);
	if (!n->from || !n->to || !n->kind)
		abort();
	n->cap = cap;
}

static bool
is_space(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

void
tl_norm_put(struct tl_norm *out, const uint8_t *p, size_t n, uint32_t from, uint32_t to,
    enum tl_norm_kind kind)
{
	size_t at = out->text.n;
	if (at + n > out->cap)
		grow(out, at + n);
	tl_buf_put(&out->text, p, n);
	for (size_t i = 0; i < n; i++) {
		out->from[at + i] = from;
		out->to[at + i] = to;
		out->kind[at + i] = (uint8_t)kind;
	}
}

static void
emit_char(struct tl_norm *out, uint32_t c, size_t from, size_t to)
{
	size_t at = out->text.n;
	if (is_space(c)) {
		if (at > 0 && out->text.p[at - 1] == ' ') {
			out->to[at - 1] = (uint32_t)to;
			return;
		}
		c = ' ';
	}
	uint8_t u[4];
	size_t n = tl_utf8_put(u, c);
	tl_norm_put(out, u, n, (uint32_t)from, (uint32_t)to, TL_NK_OTHER);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Copies ASCII without white-space runs; false (and nothing done) when the text is not like that. */
static bool
try_identity(struct tl_norm *out, struct tl_str src)
{
	uint8_t *dst = tl_buf_room(&out->text, src.n);
	bool space = false;
	for (size_t i = 0; i < src.n; i++) {
		uint8_t c = src.p[i];
		bool s = is_space(c);
		if (c >= 0x80 || (s && space))
			return false;
		space = s;
		dst[i] = s ? ' ' : lower(c);
	}
	tl_buf_grew(&out->text, src.n);
	out->identity = out->ascii = true;
	return true;
}

/* Normalises src[from, to), which begins and ends at normalisation boundaries. */
static int
emit_segment(struct tl_norm *out, const UNormalizer2 *nfkc, const UChar *in, int32_t n,
    size_t from, size_t to)
{
	UChar dst[SEGMENT_MAX * 20]; /* the longest compatibility decomposition has 18 units */
	UErrorCode e = U_ZERO_ERROR;
	int32_t m = unorm2_normalize(nfkc, in, n, dst, (int32_t)TL_COUNT(dst), &e);
	if (U_FAILURE(e))
		return tl_fail(TL_EBUG, "normalisation failed: %s", u_errorName(e));
	for (int32_t i = 0; i < m;)
		emit_char(out, tl_utf16_next(dst, m, &i), from, to);
	return 0;
}

static int
run_general(struct tl_norm *out, struct tl_str src, const UNormalizer2 *nfkc)
{
	size_t at = 0;
	while (at < src.n) {
		size_t from = at;
		if (src.p[at] < 0x80 && (at + 1 == src.n || src.p[at + 1] < 0x80)) {
			at++;
			emit_char(out, lower(src.p[from]), from, at);
			continue;
		}
		uint32_t c = tl_utf8_next(src, &at);
		if (unorm2_isInert(nfkc, (UChar32)c)) {
			emit_char(out, c, from, at);
			continue;
		}
		UChar seg[SEGMENT_MAX];
		int32_t n = 0;
		tl_utf16_put(seg, &n, c);
		while (at < src.n && n < SEGMENT_MAX - 1) {
			size_t next = at;
			c = tl_utf8_next(src, &next);
			if (unorm2_hasBoundaryBefore(nfkc, (UChar32)c))
				break;
			tl_utf16_put(seg, &n, c);
			at = next;
		}
		int rc = emit_segment(out, nfkc, seg, n, from, at);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
tl_norm_run(struct tl_norm *n, struct tl_str src)
{
	tl_buf_reset(&n->text);
	n->identity = n->ascii = false;
	if (src.n > TL_NORM_TEXT_MAX)
		return tl_fail(TL_ETOOBIG, "text of %zu bytes is too long to match", src.n);
	if (src.n == 0 || try_identity(n, src))
		return 0;
	if (!tl_utf8_valid(src))
		return tl_fail(TL_EUTF8, "the text is not valid UTF-8");
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nfkc = unorm2_getNFKCCasefoldInstance(&e);
	if (U_FAILURE(e))
		return tl_fail(TL_EBUG, "no normaliser: %s", u_errorName(e));
	return run_general(n, src, nfkc);
}

void
tl_norm_span(
    const struct tl_norm *n, size_t from, size_t to, uint32_t *ret_from, uint32_t *ret_to)
{
	if (n->identity || from >= to) {
		*ret_from = (uint32_t)from;
		*ret_to = (uint32_t)to;
		return;
	}
	*ret_from = n->from[from];
	*ret_to = n->to[to - 1];
}
