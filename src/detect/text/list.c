/*
 * Compiling term lists for Vectorscan.
 *
 * Promises: a list is immutable once made and may be used by several threads; one bad pattern never spoils the
 * rest: it is reported and left out. Failure: INPUT for a single pattern (tl_term_check), BUG when the matcher
 * cannot be made at all. Called by bank imports (check) and by the bank loader's thread (create).
 */
#include "detect/text/list_int.h"

#include "base/arena.h"

#include <stdatomic.h>

/* Look-alike forms of very short terms would be found everywhere. */
#define FOLD_LEN_MIN 3
#define PATTERNS_MAX ((size_t)1 << 32)

struct build {
	const struct tl_term *terms;
	size_t n;
	tl_term_refused_fn refused;
	void *ctx;
	struct tl_fold *fold;
	struct tl_text_list *list;
};

/* The patterns of one database. */
struct batch {
	struct tl_arena *arena; /* of the patterns */
	const char **pat;       /* NUL-terminated, for regexes */
	size_t *len;
	unsigned *id;
	unsigned *flags;
	size_t n;
};

static void
batch_init(struct batch *b, size_t n)
{
	n = n ? n : 1;
	*b = (struct batch){.arena = tl_arena_create(PATTERNS_MAX),
	    .pat = calloc(n, sizeof *b->pat),
	    .len = calloc(n, sizeof *b->len),
	    .id = calloc(n, sizeof *b->id),
	    .flags = calloc(n, sizeof *b->flags)};
	if (!b->pat || !b->len || !b->id || !b->flags)
		abort();
}

static void
batch_fini(struct batch *b)
{
	tl_arena_destroy(b->arena);
	free(b->pat);
	free(b->len);
	free(b->id);
	free(b->flags);
}

static void
batch_add(struct batch *b, struct tl_str pattern, size_t id, unsigned flags)
{
	struct tl_str copy = tl_arena_dup(b->arena, pattern);
	if (tl_arena_check(b->arena) < 0)
		abort(); /* PATTERNS_MAX of terms is more than memory holds */
	b->pat[b->n] = (const char *)copy.p;
	b->len[b->n] = pattern.n;
	b->id[b->n] = (unsigned)id;
	b->flags[b->n++] = flags;
}

static void
batch_drop(struct batch *b, size_t i)
{
	size_t last = --b->n;
	b->pat[i] = b->pat[last];
	b->len[i] = b->len[last];
	b->id[i] = b->id[last];
	b->flags[i] = b->flags[last];
}

/* Takes \b off both ends of a regex: Vectorscan refuses it with Unicode, we check boundaries afterwards. */
static struct tl_str
strip_bounds(struct tl_str p, bool *ret_start, bool *ret_end)
{
	*ret_start = p.n >= 2 && p.p[0] == '\\' && p.p[1] == 'b';
	if (*ret_start) {
		p.p += 2;
		p.n -= 2;
	}
	/* An even number of backslashes before "\b" leaves it a boundary: "\\\\b" is a backslash and a b. */
	size_t slashes = 0;
	while (p.n >= 2 + slashes && p.p[p.n - 1] == 'b' && p.p[p.n - 2 - slashes] == '\\')
		slashes++;
	*ret_end = slashes % 2 == 1;
	if (*ret_end)
		p.n -= 2;
	return p;
}

#define REGEX_FLAGS                                                                            \
	(HS_FLAG_UTF8 | HS_FLAG_UCP | HS_FLAG_CASELESS | HS_FLAG_SOM_LEFTMOST | HS_FLAG_DOTALL)

static int
check_regex(struct tl_str value)
{
	bool start, end;
	struct tl_str p = strip_bounds(value, &start, &end);
	char z[TL_TERM_MAX + 1];
	int rc = tl_str_copy(z, sizeof z, p);
	if (rc < 0)
		return rc;
	if (p.n == 0)
		return tl_fail(TL_EFIELD, "the pattern is empty");
	hs_expr_info_t *info = NULL;
	hs_compile_error_t *err = NULL;
	if (hs_expression_info(z, REGEX_FLAGS, &info, &err) != HS_SUCCESS) {
		rc = tl_fail(TL_EFIELD, "the expression cannot be used: %s", err->message);
		hs_free_compile_error(err);
		return rc;
	}
	bool empty = info->min_width == 0;
	free(info);
	if (empty)
		return tl_fail(TL_EFIELD, "the expression matches the empty text");
	hs_database_t *db = NULL;
	if (hs_compile(z, REGEX_FLAGS, HS_MODE_BLOCK, NULL, &db, &err) != HS_SUCCESS) {
		rc = tl_fail(TL_EFIELD, "the expression cannot be used: %s", err->message);
		hs_free_compile_error(err);
		return rc;
	}
	hs_free_database(db);
	return 0;
}

/* Normalises a word or phrase into `n`, without white space at its ends. */
static int
normalise(const struct tl_term *t, struct tl_norm *n, struct tl_str *ret)
{
	int rc = tl_norm_run(n, t->value);
	if (rc < 0)
		return rc;
	struct tl_str s = tl_buf_str(&n->text);
	while (s.n && s.p[0] == ' ') {
		s.p++;
		s.n--;
	}
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	if (s.n == 0)
		return tl_fail(TL_EFIELD, "the pattern is empty");
	if (t->form == TL_FORM_WORD && memchr(s.p, ' ', s.n))
		return tl_fail(TL_EFIELD, "a word holds no spaces; use the form phrase");
	*ret = s;
	return 0;
}

static int
check_size(const struct tl_term *t)
{
	if (t->value.n == 0)
		return tl_fail(TL_EFIELD, "the pattern is empty");
	if (t->value.n > TL_TERM_MAX)
		return tl_fail(TL_EFIELD, "the pattern is longer than %d bytes", TL_TERM_MAX);
	if (!tl_utf8_valid(t->value))
		return tl_fail(TL_EUTF8, "the pattern is not valid UTF-8");
	return 0;
}

int
tl_term_check(const struct tl_term *t)
{
	int rc = check_size(t);
	if (rc < 0)
		return rc;
	if (t->form == TL_FORM_REGEX)
		return check_regex(t->value);
	if (t->form != TL_FORM_WORD && t->form != TL_FORM_PHRASE)
		return tl_fail(TL_EFIELD, "a term is a word, a phrase or a regex");
	TL_CLEANUP(tl_norm_fini) struct tl_norm n = {0};
	struct tl_str s;
	return normalise(t, &n, &s);
}

static void
refuse(const struct build *b, size_t index, const char *why)
{
	if (b->refused)
		b->refused(b->ctx, index, why);
}

static void
edges(struct tl_str s, struct tl_term_use *use)
{
	size_t at = 0;
	use->word_start = tl_is_word_char(tl_utf8_next(s, &at));
	size_t last = s.n - 1;
	while (last > 0 && (s.p[last] & 0xc0) == 0x80)
		last--;
	use->word_end = tl_is_word_char(tl_utf8_next(s, &last));
}

static int
add_literal(struct build *b, size_t i, struct batch *plain, struct batch *fold)
{
	TL_CLEANUP(tl_norm_fini) struct tl_norm n = {0};
	TL_CLEANUP(tl_norm_fini) struct tl_norm f = {0};
	TL_CLEANUP(tl_norm_fini) struct tl_norm trimmed = {0};
	struct tl_str s = {0};
	int rc = normalise(&b->terms[i], &n, &s);
	if (rc == 0)
		rc = tl_norm_run(&trimmed, s);
	if (rc == 0)
		rc = tl_norm_fold(b->fold, &trimmed, &f);
	if (rc < 0)
		return rc;
	struct tl_term_use *use = &b->list->use[i];
	edges(s, use);
	use->len = (uint32_t)s.n;
	batch_add(plain, s, i, 0);
	if (f.text.n >= FOLD_LEN_MIN) {
		use->fold_len = (uint32_t)f.text.n;
		batch_add(fold, tl_buf_str(&f.text), i, 0);
	}
	b->list->count++;
	return 0;
}

static int
add_term(
    struct build *b, size_t i, struct batch *plain, struct batch *fold, struct batch *regex)
{
	const struct tl_term *t = &b->terms[i];
	int rc = check_size(t);
	if (rc < 0)
		return rc;
	if (t->form != TL_FORM_REGEX)
		return add_literal(b, i, plain, fold);
	rc = check_regex(t->value);
	if (rc < 0)
		return rc;
	struct tl_term_use *use = &b->list->use[i];
	struct tl_str p = strip_bounds(t->value, &use->word_start, &use->word_end);
	batch_add(regex, p, i, REGEX_FLAGS);
	b->list->count++;
	return 0;
}

static int
compile_literals(struct batch *b, hs_database_t **ret)
{
	hs_compile_error_t *err = NULL;
	if (b->n == 0)
		return 0;
	if (hs_compile_lit_multi(b->pat, b->flags, b->id, b->len, (unsigned)b->n, HS_MODE_BLOCK,
		NULL, ret, &err) == HS_SUCCESS)
		return 0;
	int rc = tl_fail(TL_EBUG, "the term list cannot be compiled: %s", err->message);
	hs_free_compile_error(err);
	return rc;
}

static int
compile_regexes(struct build *bd, struct batch *b, hs_database_t **ret)
{
	while (b->n > 0) {
		hs_compile_error_t *err = NULL;
		if (hs_compile_multi(b->pat, b->flags, b->id, (unsigned)b->n, HS_MODE_BLOCK,
			NULL, ret, &err) == HS_SUCCESS)
			return 0;
		int at = err->expression;
		if (at < 0 || (size_t)at >= b->n) {
			int rc = tl_fail(
			    TL_EBUG, "expressions cannot be compiled: %s", err->message);
			hs_free_compile_error(err);
			return rc;
		}
		refuse(bd, b->id[at], err->message);
		hs_free_compile_error(err);
		batch_drop(b, (size_t)at);
		bd->list->count--;
	}
	return 0;
}

static int
build(struct build *b)
{
	TL_CLEANUP(batch_fini) struct batch plain, fold, regex;
	batch_init(&plain, b->n);
	batch_init(&fold, b->n);
	batch_init(&regex, b->n);
	for (size_t i = 0; i < b->n; i++) {
		int rc = add_term(b, i, &plain, &fold, &regex);
		if (rc < 0)
			refuse(b, i, tl_err_text());
	}
	int rc = compile_literals(&plain, &b->list->plain);
	if (rc == 0)
		rc = compile_literals(&fold, &b->list->fold);
	if (rc == 0)
		rc = compile_regexes(b, &regex, &b->list->regex);
	return rc;
}

int
tl_text_list_create(const struct tl_term *terms, size_t n, tl_term_refused_fn refused,
    void *ctx, struct tl_text_list **ret)
{
	static _Atomic uint64_t serial;
	struct tl_text_list *l = calloc(1, sizeof *l);
	if (!l || !(l->use = calloc(n ? n : 1, sizeof *l->use)))
		abort();
	l->serial = ++serial;
	struct build b = {terms, n, refused, ctx, tl_fold_create(), l};
	int rc = build(&b);
	tl_fold_destroy(b.fold);
	if (rc < 0) {
		tl_text_list_destroy(l);
		return rc;
	}
	*ret = l;
	return 0;
}

void
tl_text_list_destroy(struct tl_text_list *l)
{
	if (!l)
		return;
	hs_free_database(l->plain);
	hs_free_database(l->fold);
	hs_free_database(l->regex);
	free(l->use);
	free(l);
}

size_t
tl_text_list_count(const struct tl_text_list *l)
{
	return l->count;
}
