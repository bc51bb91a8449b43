/* What the tests of src/rules share: the small world, and the banks of the demo. */
#pragma once

#include "base/arena.h"
#include "rules/rules.h"
#include "rules_known.h"
#include "sys/fd.h"
#include "unit.h"

static inline struct tl_str
demo_column(struct tl_str *line)
{
	size_t n = 0;
	while (n < line->n && line->p[n] != '\t')
		n++;
	struct tl_str cell = tl_bytes(line->p, n);
	*line = tl_bytes(line->p + n + (n < line->n), line->n - n - (n < line->n));
	return cell;
}

/* The banks of policy/lists/banks.tsv. */
static inline size_t
demo_banks(struct tl_arena *a, struct tl_rules_bank *banks, size_t cap)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	size_t n = 0;
	assert_int_equal(
	    0, tl_file_read(TEST_DATA "/../../policy/lists/banks.tsv", 1 << 16, &b));
	struct tl_str rest = tl_arena_dup(a, tl_buf_str(&b));
	while (rest.n) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		struct tl_str line = tl_bytes(rest.p, end ? (size_t)(end - rest.p) : rest.n);
		rest =
		    tl_bytes(rest.p + line.n + (end != NULL), rest.n - line.n - (end != NULL));
		if (line.n == 0 || line.p[0] == '#')
			continue;
		assert_true(n < cap);
		int kind;
		banks[n].name = demo_column(&line);
		assert_int_equal(
		    0, tl_word_parse(tl_bank_kind_names, demo_column(&line), &kind));
		banks[n++].kind = (enum tl_bank_kind)kind;
	}
	return n;
}
