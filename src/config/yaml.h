/*
 * Reading YAML: libfyaml behind one strict door. A document becomes a plain tree whose every node knows its
 * line and column, so that each later check can point at the place: `file:line:column: message`, the source
 * line and a caret. We decide types, not the parser: a scalar is text until a field asks for a number.
 * Anchors, aliases, tags, duplicate keys and more than one document are refused.
 */
#pragma once

#include "base/str.h"

#define TL_YAML_SIZE_MAX (4u << 20)
#define TL_YAML_DEPTH_MAX 32

struct tl_yaml_doc;

enum tl_yaml_kind { TL_YAML_SCALAR, TL_YAML_MAP, TL_YAML_LIST };

struct tl_yaml {
	enum tl_yaml_kind kind;
	bool quoted;               /* a scalar in quotes or a block: always text */
	struct tl_str text;        /* scalar; NUL-terminated in the document's memory */
	int line, column;          /* 1-based */
	const struct tl_yaml *key; /* inside a map: the key's own node */
	const struct tl_yaml *first, *next;
	size_t count; /* children */
	const struct tl_yaml_doc *doc;
};

int tl_yaml_load(const char *path, struct tl_yaml_doc **ret) TL_MUST;
/* `name` stands in for the file's name in errors. */
int tl_yaml_parse(const char *name, struct tl_str text, struct tl_yaml_doc **ret) TL_MUST;
void tl_yaml_destroy(struct tl_yaml_doc *d);
void tl_yaml_destroyp(struct tl_yaml_doc **d);

/* NULL when the document is empty. */
const struct tl_yaml *tl_yaml_root(const struct tl_yaml_doc *d);
const struct tl_yaml *tl_yaml_get(const struct tl_yaml *map, const char *key);

/* Stores "file:line:column: message", the line and a caret; returns TL_ECONFIG. */
int tl_yaml_error(const struct tl_yaml *at, const char *fmt, ...) TL_PRINTF(2, 3);

enum tl_yaml_type {
	TL_Y_STR,      /* const char *, borrowed from the document; lo..hi bytes */
	TL_Y_INT,      /* int64_t; lo..hi */
	TL_Y_BOOL,     /* bool: true or false */
	TL_Y_ENUM,     /* int: index into `names` */
	TL_Y_DURATION, /* int64_t microseconds: 500ms 8s 15m 1h 7d; lo..hi in microseconds */
	TL_Y_SIZE,     /* int64_t bytes: 600 64KiB 10MiB 2GiB; lo..hi */
	TL_Y_STRS,     /* const struct tl_yaml *, a list of scalars; lo..hi elements */
	TL_Y_LIST,     /* const struct tl_yaml * */
	TL_Y_MAP       /* const struct tl_yaml * */
};

struct tl_yaml_field {
	const char *name;
	enum tl_yaml_type type;
	size_t offset;
	int64_t lo, hi; /* hi 0: no upper bound */
	const char *const *names;
	bool required;
};

/*
 * Fills `out` from a map. Absent fields leave `out` as it was. Unknown keys are errors that offer the nearest
 * known name; every error carries its place.
 */
int tl_yaml_fill(const struct tl_yaml *map, const struct tl_yaml_field *fields, size_t count,
    void *out) TL_MUST;

/* One value by a field's rule; what `tl_yaml_fill` and `--set` share. `where` prefixes errors without a place. */
int tl_yaml_scalar(struct tl_str text, const struct tl_yaml_field *field, void *slot) TL_MUST;

/* The candidate nearest to `word` by edit distance, or NULL when none is near. */
const char *tl_nearest(struct tl_str word, const char *const *candidates, size_t count);
