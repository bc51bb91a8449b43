/*
 * The rule language against hostile text, three ways: a pack that parses prints to a text that parses to the
 * same text; so does a condition; and a condition that compiles is total, gives the same answer when it is
 * explained, when its negations are not pushed down, and the opposite under "!".
 */
#include "../tests/unit/lang_schema.h"
#include "base/arena.h"
#include "lang/eval.h"
#include "lang/parse.h"
#include "lang/print.h"

#include <stdlib.h>

#define TEXT_MAX 20000U
#define ARENA_BYTES ((size_t)32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
print_pack(struct tl_arena *a, struct tl_str text, struct tl_buf *out)
{
	struct tl_lang_source src = {"fuzz", text};
	struct tl_lang_report r;
	struct tl_lang_pack p;
	tl_lang_report_init(&r, a);
	int err = tl_lang_parse_pack(a, &src, &r, &p);
	if (err < 0 && r.count == 0 && tl_err_kind(err) != TL_LIMIT)
		abort();
	if (err == 0)
		tl_lang_print_pack(out, &p);
	tl_lang_report_fini(&r);
	return err;
}

static int
print_expr(struct tl_arena *a, struct tl_str text, struct tl_buf *out)
{
	struct tl_lang_source src = {"fuzz", text};
	struct tl_lang_report r;
	struct tl_lang_expr e;
	tl_lang_report_init(&r, a);
	int err = tl_lang_parse_expr(a, &src, &r, &e);
	if (err < 0 && r.count == 0 && tl_err_kind(err) != TL_LIMIT)
		abort();
	if (err == 0)
		tl_lang_print_expr(out, e);
	tl_lang_report_fini(&r);
	return err;
}

static void
is_stable(struct tl_arena *a, struct tl_str text,
    int (*print)(struct tl_arena *a, struct tl_str text, struct tl_buf *out))
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf once = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf twice = {0};
	tl_arena_reset(a);
	if (print(a, text, &once) < 0)
		return;
	tl_arena_reset(a);
	if (print(a, tl_buf_str(&once), &twice) < 0 ||
	    !tl_str_eq(tl_buf_str(&once), tl_buf_str(&twice)))
		abort();
}

/* -1 when it does not compile. 3: unknown because something failed. */
static int
truth(struct tl_arena *a, const char *before, struct tl_str text, const char *after)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf whole = {0};
	tl_buf_puts(&whole, before);
	tl_buf_put(&whole, text.p, text.n);
	tl_buf_puts(&whole, after);
	struct tl_lang_source src = {"fuzz", tl_buf_str(&whole)};
	struct tl_lang_report r;
	struct tl_lang_expr e;
	struct tl_lang_prog p;
	struct tl_lang_result res;
	struct tl_lang_explanation x;
	tl_lang_report_init(&r, a);
	int err = tl_lang_parse_expr(a, &src, &r, &e);
	if (err == 0)
		err = tl_lang_compile(a, &lang_schema, &src, e, &r, &p);
	tl_lang_report_fini(&r);
	if (err < 0)
		return -1;
	tl_lang_eval(&p, &lang_env, &res);
	if (tl_lang_explain(&p, &lang_env, a, &x) == 0 && x.result.truth != res.truth)
		abort();
	return res.truth == TL_LANG_UNKNOWN && res.failed ? 3 : (int)res.truth;
}

static void
is_total(struct tl_arena *a, struct tl_str text)
{
	static const int opposite[] = {1, 0, 2, 3};
	tl_arena_reset(a);
	int plain = truth(a, "", text, "");
	if (plain < 0)
		return;
	int kept = truth(a, "(", text, "\n) == true");
	int turned = truth(a, "!(", text, "\n)");
	if ((kept >= 0 && kept != plain) || (turned >= 0 && turned != opposite[plain]))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tl_arena *a;
	struct tl_str text = {data, size < TEXT_MAX ? size : TEXT_MAX};
	if (!a)
		a = tl_arena_create(ARENA_BYTES);
	is_stable(a, text, print_pack);
	is_stable(a, text, print_expr);
	is_total(a, text);
	return 0;
}
