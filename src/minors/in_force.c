/*
 * The numbers of the values of settings, and accounts packed by them.
 *
 * Promises: a number once given always means the same setting and value, whatever becomes of the matrix. Failures: the
 * store's, LIMIT. Called by whatever takes or reads snapshots.
 */
#include "minors/in_force.h"

#include <stdlib.h>

#define WORDS_MAX 8192

struct place {
	int16_t setting; /* -1: not in this matrix */
	uint8_t value;
};

struct tl_setting_words {
	const struct tl_minors *m;
	size_t count; /* highest number + 1 */
	struct place place[WORDS_MAX];
	uint16_t number[TL_MINORS_SETTINGS_MAX][TL_MINORS_VALUES_MAX]; /* 0: none */
};

static int
know(struct tl_setting_words *w, int64_t id, struct tl_str setting, struct tl_str value)
{
	if (id < 1 || id >= WORDS_MAX)
		return tl_fail(TL_ETOOBIG, "too many values of settings were ever used");
	struct place *p = &w->place[id];
	if (w->count <= (size_t)id)
		w->count = (size_t)id + 1;
	const struct tl_minors_setting *s = tl_minors_find(w->m, setting);
	uint8_t v;
	if (!s || tl_minors_value(s, value, &v) < 0)
		return 0;
	*p = (struct place){(int16_t)(s - w->m->settings), v};
	w->number[p->setting][v] = (uint16_t)id;
	return 0;
}

int
tl_setting_words_load(
    struct tl_db *db, const struct tl_minors *m, struct tl_setting_words **ret)
{
	struct tl_setting_words *w TL_CLEANUP(tl_setting_words_destroyp) = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->m = m;
	memset(w->place, 0xff, sizeof w->place);
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_WORD_LIST, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		rc = know(w, tl_col_int(&r, 0), tl_col_str(&r, 1), tl_col_str(&r, 2));
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	*ret = w;
	w = NULL;
	return 0;
}

void
tl_setting_words_destroy(struct tl_setting_words *w)
{
	free(w);
}

void
tl_setting_words_destroyp(struct tl_setting_words **w)
{
	free(*w);
}

static int
add(struct tl_db *db, struct tl_setting_words *w, size_t i, size_t v)
{
	const struct tl_minors_setting *s = &w->m->settings[i];
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_WORD_ADD, A_TEXT(s->key), A_TEXT(s->values[v]));
	if (rc < 0)
		return rc;
	int64_t id = tl_col_int(&r, 0);
	tl_row_end(&r);
	return know(w, id, s->key, s->values[v]);
}

int
tl_setting_words_complete(struct tl_db *db, struct tl_setting_words *w)
{
	for (size_t i = 0; i < w->m->setting_count; i++) {
		for (size_t v = 0; v < w->m->settings[i].value_count; v++) {
			int rc = w->number[i][v] ? 0 : add(db, w, i, v);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

size_t
tl_in_force_pack(const struct tl_setting_words *w, const struct tl_in_force *v,
    uint8_t dst[TL_IN_FORCE_BYTES_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < w->m->setting_count; i++) {
		uint16_t id = v->value[i] < 0 ? 0 : w->number[i][v->value[i]];
		if (!id)
			continue;
		dst[n++] = (uint8_t)(id >> 8);
		dst[n++] = (uint8_t)id;
	}
	return n;
}

void
tl_in_force_unpack(
    const struct tl_setting_words *w, struct tl_str packed, struct tl_in_force *ret)
{
	memset(ret->value, TL_NOT_TOLD, sizeof ret->value);
	for (size_t at = 0; at + 1 < packed.n; at += 2) {
		size_t id = (size_t)packed.p[at] << 8 | packed.p[at + 1];
		if (id < w->count && w->place[id].setting >= 0)
			ret->value[w->place[id].setting] = (int16_t)w->place[id].value;
	}
}
