/*
 * Types and values of the rule language. A value is known, absent (nobody gave the datum) or failed (a
 * detector should have given it and could not). Absent and failed are the third value of the logic.
 */
#pragma once

#include "base/str.h"

enum tl_lang_type {
	TL_T_NONE,
	TL_T_BOOL,
	TL_T_INT,
	TL_T_DOUBLE,
	TL_T_STRING,
	TL_T_DURATION,  /* microseconds */
	TL_T_TIMESTAMP, /* microseconds since 1970 UTC */
	TL_T_ENUM,      /* index into the name's words */
	TL_T_LIST,      /* of strings when it comes from a schema; of any literals in source */
	TL_T_HANDLE,    /* one thing with members, such as one medium: its index */
	TL_T_HANDLES    /* how many there are; only exists(), all() and size() take them */
};

enum tl_lang_state { TL_V_KNOWN, TL_V_ABSENT, TL_V_FAILED };

struct tl_lang_value {
	enum tl_lang_type type;
	enum tl_lang_state state;
	union {
		bool b;
		int64_t i;
		double d;
		struct tl_str s;
		struct {
			const struct tl_lang_value *items;
			size_t n;
		} list;
	} u;
	const char
	    *note; /* known: detail for the explanation, or NULL; else: why there is no value */
	uint32_t op; /* absent or failed: where it came from (set by the evaluator) */
};

static inline struct tl_lang_value
tl_lang_bool(bool b)
{
	return (struct tl_lang_value){.type = TL_T_BOOL, .u.b = b};
}

/* TL_T_INT, TL_T_DURATION, TL_T_TIMESTAMP, TL_T_ENUM, TL_T_HANDLE or TL_T_HANDLES. */
static inline struct tl_lang_value
tl_lang_whole(enum tl_lang_type type, int64_t i)
{
	return (struct tl_lang_value){.type = type, .u.i = i};
}

static inline struct tl_lang_value
tl_lang_double(double d)
{
	return (struct tl_lang_value){.type = TL_T_DOUBLE, .u.d = d};
}

static inline struct tl_lang_value
tl_lang_string(struct tl_str s)
{
	return (struct tl_lang_value){.type = TL_T_STRING, .u.s = s};
}

static inline struct tl_lang_value
tl_lang_absent(const char *why)
{
	return (struct tl_lang_value){.state = TL_V_ABSENT, .note = why};
}

static inline struct tl_lang_value
tl_lang_failed(const char *why)
{
	return (struct tl_lang_value){.state = TL_V_FAILED, .note = why};
}

/* "a bool", "an int", … as error messages say it. */
const char *tl_lang_type_name(enum tl_lang_type t);

/* "90m", "24h", "7d", "1h30m": one or more of whole number and unit (ms s m h d w). INPUT otherwise. */
int tl_lang_duration_parse(struct tl_str s, int64_t *ret_us) TL_MUST;
