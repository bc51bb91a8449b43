/*
 * Word boundaries. Where a word character meets something else there is one; between two word characters only
 * ICU's break iterator can say (Thai and Japanese write without spaces), and it is asked only then.
 *
 * Promises: never a boundary inside a word of a script that uses spaces (Scunthorpe stays whole), nor between
 * a letter and its marks. Failure: without ICU's data every such place counts as a boundary, so that terms are
 * found too often rather than not at all. Called by the text scan for each candidate.
 */
#include "detect/text/list_int.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

struct tl_bounds {
	UBreakIterator *it;
	UText ut;
	struct tl_str text;
	bool set; /* the iterator stands on `text` */
};

struct tl_bounds *
tl_bounds_create(void)
{
	struct tl_bounds *b = calloc(1, sizeof *b);
	if (!b)
		abort();
	b->ut = (UText)UTEXT_INITIALIZER;
	UErrorCode e = U_ZERO_ERROR;
	b->it = ubrk_open(UBRK_WORD, "", NULL, 0, &e);
	return b;
}

void
tl_bounds_destroy(struct tl_bounds *b)
{
	if (!b)
		return;
	if (b->it)
		ubrk_close(b->it);
	utext_close(&b->ut);
	free(b);
}

void
tl_bounds_begin(struct tl_bounds *b, struct tl_str text)
{
	b->text = text;
	b->set = false;
}

bool
tl_is_word_char(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		       (c >= '0' && c <= '9') || c == '_';
	return u_isalnum((UChar32)c) || (U_MASK(u_charType((UChar32)c)) & U_GC_M_MASK) != 0;
}

static bool
ask_icu(struct tl_bounds *b, size_t at)
{
	if (!b->it)
		return true;
	if (!b->set) {
		UErrorCode e = U_ZERO_ERROR;
		utext_openUTF8(&b->ut, (const char *)b->text.p, (int64_t)b->text.n, &e);
		ubrk_setUText(b->it, &b->ut, &e);
		if (U_FAILURE(e))
			return true;
		b->set = true;
	}
	return ubrk_isBoundary(b->it, (int32_t)at);
}

bool
tl_bounds_at(struct tl_bounds *b, size_t at)
{
	if (at == 0 || at >= b->text.n)
		return true;
	size_t prev = at - 1, next = at;
	while (prev > 0 && (b->text.p[prev] & 0xc0) == 0x80)
		prev--;
	uint32_t before = tl_utf8_next(b->text, &prev);
	uint32_t after = tl_utf8_next(b->text, &next);
	if (!tl_is_word_char(before) || !tl_is_word_char(after))
		return true;
	if (before < 0x80 && after < 0x80)
		return false;
	return ask_icu(b, at);
}
