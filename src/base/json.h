/*
 * Reading JSON: jansson behind one strict door. Duplicate keys, bad UTF-8, NUL, deep nesting and bytes after
 * the end are refused, so that two readers can never disagree about one text. Decoders are tables: one row a
 * field, with type, bounds and place; every error names the field as a JSON Pointer (RFC 6901).
 */
#pragma once

#include "base/str.h"

#include <jansson.h>

struct tl_arena;

#define TL_JSON_DEPTH_MAX 32

/* Parses one document. INPUT with line and column in the text. Free with json_decref. */
int tl_json_parse(struct tl_str text, json_t **ret) TL_MUST;
void tl_json_unref(json_t **j); /* for TL_CLEANUP */

enum tl_json_type {
	TL_J_STR,   /* struct tl_str; lo..hi bytes */
	TL_J_INT,   /* int64_t; lo..hi */
	TL_J_NUM,   /* double; lo..hi */
	TL_J_BOOL,  /* bool */
	TL_J_ENUM,  /* int: index into `names` */
	TL_J_TIME,  /* int64_t microseconds, from RFC 3339 text */
	TL_J_HEX,   /* struct tl_str of the raw hex text, even length, lo..hi digits */
	TL_J_ARRAY, /* json_t *, borrowed; lo..hi elements */
	TL_J_OBJECT /* json_t *, borrowed; lo..hi members */
};

struct tl_json_field {
	const char *name;
	enum tl_json_type type;
	size_t offset; /* into the struct that is filled */
	int64_t lo, hi;
	const char *const *names; /* TL_J_ENUM: NULL-terminated */
	bool required;
};

/*
 * Fills `out` from `obj`. Strings borrow from `obj`, which must outlive them. Absent fields leave `out` as it
 * was (set your defaults first); null counts as absent. Unknown members are INPUT errors unless they begin
 * with "x_". `at` is the pointer prefix ("" at the top).
 */
int tl_json_fill(json_t *obj, const char *at, const struct tl_json_field *fields, size_t count,
    void *out) TL_MUST;

/* View of a JSON string. */
struct tl_str tl_json_str(const json_t *s);

/* RFC 3339 date-time (with offset or Z) to microseconds since the epoch, and back (UTC, milliseconds, Z). */
int tl_time_parse(struct tl_str s, int64_t *ret_us) TL_MUST;
#define TL_TIME_MAX 32
void tl_time_format(char dst[TL_TIME_MAX], int64_t us);
