/*
 * Values of settings by small numbers that keep their meaning when the matrix changes: what a platform said of an account
 * is two bytes a setting (table setting_words).
 */
#pragma once

#include "core/minors.h"
#include "store/db.h"

#define TL_IN_FORCE_BYTES_MAX (2 * TL_MINORS_SETTINGS_MAX)
#define TL_NOT_TOLD (-1)

/* One account: the rank of each setting of the matrix, TL_NOT_TOLD where nothing was said. */
struct tl_in_force {
	int16_t value[TL_MINORS_SETTINGS_MAX];
};

struct tl_setting_words;

/* For one matrix, which must outlive it. Free with tl_setting_words_destroy. */
int tl_setting_words_load(
    struct tl_db *db, const struct tl_minors *m, struct tl_setting_words **ret) TL_MUST;
void tl_setting_words_destroy(struct tl_setting_words *w);
void tl_setting_words_destroyp(struct tl_setting_words **w);
/* Inside a transaction: each value of the matrix has its number from now on. */
int tl_setting_words_complete(struct tl_db *db, struct tl_setting_words *w) TL_MUST;

/* Values without a number are left out: complete them first. Returns the bytes. */
size_t tl_in_force_pack(const struct tl_setting_words *w, const struct tl_in_force *v,
    uint8_t dst[TL_IN_FORCE_BYTES_MAX]);
/* What the matrix does not name any more was not told. */
void tl_in_force_unpack(
    const struct tl_setting_words *w, struct tl_str packed, struct tl_in_force *ret);
