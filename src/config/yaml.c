/*
 * Owns the one door to libfyaml: text in, a plain tree with positions out, errors with a caret.
 *
 * Promises: no recursion on input; size and depth are bounded; nothing of libfyaml is visible outside. A
 * document that has any error is not returned at all. Called by config.c and policy.c.
 */
#include "config/yaml.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "sys/fd.h"

struct tl_yaml_doc {
	const char *name;
	struct tl_str text;
	struct tl_yaml *root;
	struct tl_arena *arena;
};

/* One container that is being copied; `after` is where its next child hangs. */
struct frame {
	struct fy_node *from;
	struct tl_yaml *to;
	void *iter;
	struct tl_yaml *last;
};

void
tl_yaml_destroy(struct tl_yaml_doc *d)
{
	if (d)
		tl_arena_destroy(d->arena); /* the document itself lives in it */
}

void
tl_yaml_destroyp(struct tl_yaml_doc **d)
{
	tl_yaml_destroy(*d);
	*d = NULL;
}

const struct tl_yaml *
tl_yaml_root(const struct tl_yaml_doc *d)
{
	return d->root;
}

const struct tl_yaml *
tl_yaml_get(const struct tl_yaml *map, const char *key)
{
	for (const struct tl_yaml *c = map ? map->first : NULL; c; c = c->next) {
		if (c->key && tl_str_is(c->key->text, key))
			return c;
	}
	return NULL;
}

static struct tl_str
source_line(struct tl_str text, int line)
{
	size_t from = 0;
	for (int n = 1; n < line && from < text.n; from++) {
		if (text.p[from] == '\n')
			n++;
	}
	size_t to = from;
	while (to < text.n && text.p[to] != '\n' && text.p[to] != '\r')
		to++;
	return tl_bytes(text.p + from, to - from);
}

static int
fail_at(const struct tl_yaml_doc *d, int line, int column, const char *message)
{
	enum { SHOWN = 96 };
	struct tl_str src = source_line(d->text, line);
	size_t col = column > 0 ? (size_t)column - 1 : 0;
	size_t cut = col > SHOWN - 16 ? col - (SHOWN - 16) : 0;
	if (cut > src.n)
		cut = src.n;
	size_t shown = src.n - cut < SHOWN ? src.n - cut : SHOWN;
	char pad[SHOWN + 1];
	size_t n = col - cut < SHOWN ? col - cut : SHOWN;
	for (size_t i = 0; i < n; i++)
		pad[i] = cut + i < src.n && src.p[cut + i] == '\t' ? '\t' : ' ';
	pad[n] = '\0';
	return tl_fail(TL_ECONFIG, "%s:%d:%d: %s\n    %.*s\n    %s^", d->name, line, column,
	    message, (int)shown, (const char *)src.p + cut, pad);
}

int
tl_yaml_error(const struct tl_yaml *at, const char *fmt, ...)
{
	char message[320];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	return fail_at(at->doc, at->line, at->column, message);
}

/* Where a node begins: a scalar's own mark, a container's first child. */
static void
place(struct fy_node *n, struct tl_yaml *to)
{
	struct fy_node *at = n;
	void *iter = NULL;
	for (int depth = 0; at && !fy_node_is_scalar(at) && depth < TL_YAML_DEPTH_MAX;
	     depth++) {
		iter = NULL;
		if (fy_node_is_mapping(at)) {
			struct fy_node_pair *pair = fy_node_mapping_iterate(at, &iter);
			at = pair ? fy_node_pair_key(pair) : NULL;
			continue;
		}
		at = fy_node_sequence_iterate(at, &iter);
	}
	struct fy_token *token = at ? fy_node_get_scalar_token(at) : NULL;
	const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
	if (mark) {
		to->line = mark->line + 1;
		to->column = mark->column + 1;
	}
}

static struct tl_yaml *
copy_node(struct tl_yaml_doc *d, struct fy_node *from, const struct tl_yaml *near)
{
	struct tl_yaml *to = TL_NEW(d->arena, struct tl_yaml);
	if (!to)
		return NULL;
	to->doc = d;
	to->line = near ? near->line : 1;
	to->column = near ? near->column : 1;
	if (!from)
		return to; /* an empty value: a scalar without text */
	place(from, to);
	if (fy_node_is_mapping(from)) {
		to->kind = TL_YAML_MAP;
		return to;
	}
	if (fy_node_is_sequence(from)) {
		to->kind = TL_YAML_LIST;
		return to;
	}
	size_t n = 0;
	const char *text = fy_node_get_scalar(from, &n);
	to->text = tl_arena_dup(d->arena, tl_bytes(text, text ? n : 0));
	enum fy_node_style style = fy_node_get_style(from);
	to->quoted = style != FYNS_PLAIN && style != FYNS_ANY;
	return to;
}

static int
check_node(struct fy_node *n, const struct tl_yaml *near)
{
	if (!n)
		return 0;
	if (fy_node_is_alias(n) || fy_node_get_anchor(n))
		return tl_yaml_error(near, "anchors and aliases are not allowed here");
	if (fy_node_get_tag_token(n))
		return tl_yaml_error(near, "tags are not allowed here");
	return 0;
}

/* Takes the next child out of the frame: 0 with *ret NULL at the end. */
static int
next_child(
    struct tl_yaml_doc *d, struct frame *f, struct fy_node **ret_from, struct tl_yaml **ret)
{
	*ret = NULL;
	*ret_from = NULL;
	struct tl_yaml *key = NULL;
	struct fy_node *child = NULL;
	if (f->to->kind == TL_YAML_MAP) {
		struct fy_node_pair *pair = fy_node_mapping_iterate(f->from, &f->iter);
		if (!pair)
			return 0;
		struct fy_node *k = fy_node_pair_key(pair);
		key = copy_node(d, k, f->to);
		if (key && (!k || key->kind != TL_YAML_SCALAR || key->text.n == 0))
			return tl_yaml_error(key, "a key must be a plain word");
		child = fy_node_pair_value(pair);
	} else {
		child = fy_node_sequence_iterate(f->from, &f->iter);
		if (!child)
			return 0;
	}
	struct tl_yaml *to = copy_node(d, child, key ? key : f->last ? f->last : f->to);
	if (!to)
		return tl_fail(TL_ENOMEM, "%s: the document is too large", d->name);
	to->key = key;
	*ret_from = child;
	*ret = to;
	return check_node(child, key ? key : to);
}

static int
copy_tree(struct tl_yaml_doc *d, struct fy_node *root)
{
	struct frame stack[TL_YAML_DEPTH_MAX];
	size_t depth = 0;
	d->root = copy_node(d, root, NULL);
	if (!d->root)
		return tl_fail(TL_ENOMEM, "%s: the document is too large", d->name);
	int rc = check_node(root, d->root);
	if (rc == 0 && d->root->kind != TL_YAML_SCALAR)
		stack[depth++] = (struct frame){root, d->root, NULL, NULL};
	while (rc == 0 && depth > 0) {
		struct frame *f = &stack[depth - 1];
		struct fy_node *from;
		struct tl_yaml *child;
		rc = next_child(d, f, &from, &child);
		if (rc < 0 || !child) {
			depth--;
			continue;
		}
		if (f->last)
			f->last->next = child;
		else
			f->to->first = child;
		f->last = child;
		f->to->count++;
		if (child->kind == TL_YAML_SCALAR)
			continue;
		if (depth == TL_YAML_DEPTH_MAX)
			return tl_yaml_error(child, "nested too deeply");
		stack[depth++] = (struct frame){from, child, NULL, NULL};
	}
	return rc;
}

static int
syntax_error(const struct tl_yaml_doc *d, struct fy_diag *diag)
{
	void *iter = NULL;
	const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &iter);
	if (!e)
		return tl_fail(TL_ECONFIG, "%s: not readable as YAML", d->name);
	return fail_at(d, e->line, e->column, e->msg);
}

/* Only blank lines and comments: libfyaml calls that an error, we call it an empty document. */
static bool
has_content(struct tl_str text)
{
	bool comment = false;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (c == '\n')
			comment = false;
		else if (c == '#')
			comment = true;
		else if (!comment && c != ' ' && c != '\t' && c != '\r')
			return true;
	}
	return false;
}

static int
build(struct tl_yaml_doc *d)
{
	if (!has_content(d->text))
		return 0;
	struct fy_diag_cfg cfg;
	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.level = FYET_ERROR;
	struct fy_diag *diag = fy_diag_create(&cfg);
	if (!diag)
		return tl_fail(TL_ENOMEM, "%s: out of memory", d->name);
	fy_diag_set_collect_errors(diag, true);
	struct fy_parse_cfg parse = {.flags = FYPCF_QUIET | FYPCF_JSON_NONE, .diag = diag};
	struct fy_document *doc =
	    fy_document_build_from_string(&parse, (const char *)d->text.p, d->text.n);
	int rc = 0;
	if (!doc && fy_diag_got_error(diag))
		rc = syntax_error(d, diag);
	if (doc && fy_document_root(doc))
		rc = copy_tree(d, fy_document_root(doc));
	fy_document_destroy(doc);
	fy_diag_destroy(diag);
	return rc;
}

int
tl_yaml_parse(const char *name, struct tl_str text, struct tl_yaml_doc **ret)
{
	if (text.n > TL_YAML_SIZE_MAX)
		return tl_fail(TL_ETOOBIG, "%s: larger than %u bytes", name, TL_YAML_SIZE_MAX);
	if (!tl_utf8_valid(text) || memchr(text.p, 0, text.n))
		return tl_fail(TL_EUTF8, "%s: not valid UTF-8 text", name);
	struct tl_arena *arena = tl_arena_create(64u << 20);
	struct tl_yaml_doc *d = TL_NEW(arena, struct tl_yaml_doc);
	if (!d) {
		tl_arena_destroy(arena);
		return tl_fail(TL_ENOMEM, "%s: out of memory", name);
	}
	d->arena = arena;
	d->name = (const char *)tl_arena_dup(arena, tl_str(name)).p;
	d->text = tl_arena_dup(arena, text);
	int rc = build(d);
	if (rc == 0)
		rc = tl_arena_check(arena);
	if (rc < 0) {
		tl_yaml_destroy(d);
		return rc;
	}
	*ret = d;
	return 0;
}

int
tl_yaml_load(const char *path, struct tl_yaml_doc **ret)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_file_read(path, TL_YAML_SIZE_MAX, &b);
	if (rc < 0)
		return rc;
	return tl_yaml_parse(path, tl_buf_str(&b), ret);
}
