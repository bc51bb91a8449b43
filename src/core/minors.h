/*
 * The matrix of settings by age band as plain data: what policy/minors.yaml says (config/policy_minors.c reads it).
 * Values of a setting are ranks, 0 the strictest. Borrowed from the policy set, which is reference-counted.
 * Sources: Commission guidelines on article 28(4) DSA (C/2025/5519), UK Children's Code standards 3, 7, 10, 11.
 */
#pragma once

#include "core/words.h"

#define TL_MINORS_SETTINGS_MAX 64
#define TL_MINORS_VALUES_MAX 8
#define TL_MINORS_AFTER_MAX 4
#define TL_MINORS_SESSION (-1) /* hold_us: until the session ends */

/* The bands that have columns; people below the minimum age get the strictest of everything. */
enum tl_minors_column { TL_COLUMN_13_15, TL_COLUMN_16_17, TL_COLUMN_18, TL_COLUMNS };

struct tl_minors_after {
	uint8_t setting; /* its place in the list: an earlier one */
	uint8_t value;   /* must be at least as loose as this */
};

struct tl_minors_cell {
	uint8_t value;   /* by default */
	uint8_t loosest; /* how far the holder may go; equal to `value`: nobody can loosen it */
	bool warn;       /* loosening needs an explicit warning */
	int64_t hold_us; /* how long a loosened value holds; 0: until changed */
	struct tl_minors_after after[TL_MINORS_AFTER_MAX];
	size_t after_count;
};

struct tl_minors_setting {
	struct tl_str key, title, why;
	const struct tl_str *values;
	size_t value_count;
	struct tl_minors_cell cell[TL_COLUMNS];
};

/* Minutes after midnight, local time; from == to: none. */
struct tl_minors_quiet {
	int from, to;
};

struct tl_minors_text {
	struct tl_str language, name, text;
};

struct tl_minors {
	int minimum_age; /* years */
	enum tl_age_band unknown_as;
	struct tl_minors_quiet quiet[TL_COLUMNS];
	const struct tl_minors_setting *settings;
	size_t setting_count;
	const struct tl_minors_text *texts;
	size_t text_count;
	const struct tl_str
	    *message_text; /* countries in which texts of private messages may be looked at */
	size_t message_text_count;
	bool
	    built_in; /* the folder has no minors.yaml: what the program was built with holds */
};

/* NULL when there is none of that key. */
const struct tl_minors_setting *tl_minors_find(const struct tl_minors *m, struct tl_str key);
/* The rank of a value by its name; INPUT names those that there are. */
int tl_minors_value(
    const struct tl_minors_setting *s, struct tl_str name, uint8_t *ret) TL_MUST;
/* Of these texts for people the one in a language (BCP 47; only its first subtag counts), else in English. */
struct tl_str tl_people_text(
    const struct tl_minors_text *texts, size_t n, struct tl_str language, struct tl_str name);
struct tl_str tl_minors_text(
    const struct tl_minors *m, struct tl_str language, struct tl_str name);
/*
 * Whether the text that goes with a contact may be looked at (detect/contact/text.h). What is public may; of private messages
 * and invitations only where the countries of both sides are named, so never while one is not known.
 */
bool tl_minors_text_allowed(const struct tl_minors *m, enum tl_contact_kind kind,
    struct tl_str from_country, struct tl_str to_country);
