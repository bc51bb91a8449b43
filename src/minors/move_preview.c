/*
 * What a migration of settings would change (move.h), before it is started.
 *
 * Promises: the same judgement as the migration's own, page by page, and nothing is written. Failures: the store's. Called by
 * the console and the CLI.
 */
#include "minors/move.h"

#include "base/arena.h"
#include "minors/in_force.h"
#include "minors/settings.h"
#include "store/snapshots.h"
#include "sys/clock.h"

#include <stdlib.h>

#define ARENA_BYTES ((size_t)16 << 20)

struct tl_move_preview {
	const struct tl_policy_set *set;
	struct tl_setting_words *words;
	int64_t accounts;
	int64_t count[TL_MINORS_SETTINGS_MAX][tl_age_band_count][TL_MINORS_VALUES_MAX]
		     [TL_MINORS_VALUES_MAX];
};

struct tl_move_preview *
tl_move_preview_create(const struct tl_policy_set *set)
{
	struct tl_move_preview *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	p->set = set;
	return p;
}

void
tl_move_preview_destroy(struct tl_move_preview *p)
{
	if (p)
		tl_setting_words_destroy(p->words);
	free(p);
}

static int
add_account(struct tl_db *db, struct tl_move_preview *p, const struct tl_in_force_row *row)
{
	const struct tl_minors *m = p->set->minors;
	const struct tl_account who = {
	    .platform = row->platform, .id = row->account, .age_band = row->band};
	struct tl_minors_account a;
	struct tl_in_force is;
	bool before = false, any = false;
	int64_t now = tl_now_us();
	int rc = tl_moved_since(db, row->platform, row->account, row->at, &before);
	if (rc < 0 || before)
		return rc;
	rc = tl_settings_load(db, m, row->platform, &who, &a);
	tl_in_force_unpack(p->words, row->words, &is);
	for (size_t i = 0; rc == 0 && i < m->setting_count; i++) {
		uint8_t must = tl_minors_answer(m, &a, i, now).value;
		if (is.value[i] <= must)
			continue;
		any = true;
		p->count[i][a.band][is.value[i]][must]++;
	}
	p->accounts += any;
	return rc;
}

int
tl_move_preview_add(struct tl_db *db, struct tl_move_preview *p, const struct tl_move *m,
    size_t max, struct tl_id *place)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	struct tl_in_force_row *rows = NULL;
	size_t n = 0;
	int rc = p->words ? 0 : tl_setting_words_load(db, p->set->minors, &p->words);
	if (rc == 0)
		rc =
		    tl_in_force_looser(db, m->platform, m->live, *place, max, arena, &rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (tl_move_chooses(m, &rows[i]))
			rc = add_account(db, p, &rows[i]);
	}
	if (rc == 0)
		*place = n == max ? rows[n - 1].account : (struct tl_id){0};
	return rc;
}

int64_t
tl_move_preview_accounts(const struct tl_move_preview *p)
{
	return p->accounts;
}

static void
each_value(const struct tl_move_preview *p, struct tl_move_sum *s,
    void (*fn)(void *ctx, const struct tl_move_sum *s), void *ctx)
{
	for (s->from = 0; s->from < TL_MINORS_VALUES_MAX; s->from++) {
		for (s->to = 0; s->to < TL_MINORS_VALUES_MAX; s->to++) {
			s->accounts = p->count[s->setting][s->band][s->from][s->to];
			if (s->accounts)
				fn(ctx, s);
		}
	}
}

void
tl_move_preview_each(const struct tl_move_preview *p,
    void (*fn)(void *ctx, const struct tl_move_sum *s), void *ctx)
{
	struct tl_move_sum s = {0};
	for (s.setting = 0; s.setting < p->set->minors->setting_count; s.setting++) {
		for (int band = 0; band < (int)tl_age_band_count; band++) {
			s.band = (enum tl_age_band)band;
			each_value(p, &s, fn, ctx);
		}
	}
}
