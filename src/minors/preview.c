/*
 * Previews of a changed matrix (preview.h).
 *
 * Promises: every account is answered by both matrices with the choices that are on record, as the routes would; nothing is
 * written. Values are compared by name: the order of a changed setting is that of the new matrix. Failures: the store's.
 * Called by the API, the console and the CLI.
 */
#include "minors/preview.h"

#include "minors/settings.h"
#include "sys/clock.h"

#include <stdlib.h>

#define PAGE 500

struct tl_preview {
	const struct tl_policy_set *now, *then;
	int64_t at, accounts;
	/* The settings of the new matrix, then those that only the old one has. */
	size_t count;
	struct {
		const struct tl_minors_setting *was, *will; /* NULL: there is none */
		struct tl_preview_sum sum[tl_age_band_count];
	} setting[2 * TL_MINORS_SETTINGS_MAX];
};

static void
add_setting(struct tl_preview *p, const struct tl_minors_setting *was,
    const struct tl_minors_setting *will)
{
	for (int b = 0; b < (int)tl_age_band_count; b++)
		p->setting[p->count].sum[b] =
		    (struct tl_preview_sum){.setting = will ? will->key : was->key,
			.band = (enum tl_age_band)b,
			.is_new = !was,
			.is_gone = !will};
	p->setting[p->count].was = was;
	p->setting[p->count++].will = will;
}

struct tl_preview *
tl_preview_create(const struct tl_policy_set *now, const struct tl_policy_set *then)
{
	struct tl_preview *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	p->now = now;
	p->then = then;
	p->at = tl_now_us();
	const struct tl_minors *a = now->minors, *b = then->minors;
	for (size_t i = 0; i < b->setting_count; i++)
		add_setting(p, tl_minors_find(a, b->settings[i].key), &b->settings[i]);
	for (size_t i = 0; i < a->setting_count; i++) {
		if (!tl_minors_find(b, a->settings[i].key))
			add_setting(p, &a->settings[i], NULL);
	}
	return p;
}

void
tl_preview_destroy(struct tl_preview *p)
{
	free(p);
}

/* A holder's choice is what the old matrix gives. */
static bool
is_chosen(const struct tl_minors_choice *c, struct tl_minors_answer was, int64_t at)
{
	return c->chosen && (c->until == 0 || at < c->until) && c->value == was.value;
}

static void
compare(struct tl_preview *p, size_t k, const struct tl_minors_account *a,
    const struct tl_minors_account *b)
{
	const struct tl_minors_setting *was = p->setting[k].was, *will = p->setting[k].will;
	struct tl_preview_sum *s = &p->setting[k].sum[b->band];
	if (!was || !will) {
		s->other++;
		return;
	}
	size_t i = (size_t)(was - p->now->minors->settings);
	size_t j = (size_t)(will - p->then->minors->settings);
	struct tl_minors_answer before = tl_minors_answer(p->now->minors, a, i, p->at);
	struct tl_minors_answer after = tl_minors_answer(p->then->minors, b, j, p->at);
	uint8_t value = 0, loosest = 0;
	bool known = tl_minors_value(will, was->values[before.value], &value) == 0;
	bool changes = !known || after.value != value;
	s->other += !known;
	s->stricter += known && after.value < value;
	s->looser += known && after.value > value;
	s->lapse += changes && is_chosen(&a->choice[i], before, p->at);
	if (tl_minors_value(will, was->values[before.loosest], &loosest) == 0) {
		s->more += after.loosest > loosest;
		s->less += after.loosest < loosest;
	}
}

struct found {
	struct tl_id id;
	enum tl_age_band band;
};

static int
find(struct tl_db *db, int64_t platform, bool live, struct tl_id after, size_t max,
    struct found *ret, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(
	    db, &r, TL_SQL_PREVIEW_PAGE, A_INT(platform), A_INT(live), A_ID(after), A_INT(max));
	if (rc < 0)
		return rc;
	while (n < max && (rc = tl_row_next(&r)) > 0) {
		int band = TL_AGE_UNKNOWN;
		rc = tl_word_parse(tl_age_band_names, tl_col_str(&r, 1), &band);
		if (rc < 0)
			break;
		ret[n++] = (struct found){tl_col_id(&r, 0), (enum tl_age_band)band};
	}
	tl_row_end(&r);
	*ret_count = n;
	return rc < 0 ? rc : 0;
}

static int
add_account(struct tl_db *db, struct tl_preview *p, int64_t platform, const struct found *f)
{
	const struct tl_account who = {.platform = platform, .id = f->id, .age_band = f->band};
	struct tl_minors_account a, b;
	int rc = tl_settings_load(db, p->now->minors, platform, &who, &a);
	if (rc == 0)
		rc = tl_settings_load(db, p->then->minors, platform, &who, &b);
	for (size_t k = 0; rc == 0 && k < p->count; k++)
		compare(p, k, &a, &b);
	p->accounts++;
	return rc;
}

int
tl_preview_add(struct tl_db *db, struct tl_preview *p, int64_t platform, bool live, size_t max,
    struct tl_id *place)
{
	struct found page[PAGE];
	size_t n = 0, done = 0, ask = 0;
	int rc = 0;
	for (; rc == 0 && done < max && n == ask; done += n) {
		ask = max - done < PAGE ? max - done : PAGE;
		rc = find(db, platform, live, *place, ask, page, &n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			*place = page[i].id;
			rc = add_account(db, p, platform, &page[i]);
		}
	}
	if (rc == 0 && n < ask)
		*place = (struct tl_id){0};
	return rc;
}

int64_t
tl_preview_accounts(const struct tl_preview *p)
{
	return p->accounts;
}

void
tl_preview_each(const struct tl_preview *p,
    void (*fn)(void *ctx, const struct tl_preview_sum *s), void *ctx)
{
	for (size_t k = 0; k < p->count; k++) {
		for (size_t b = 0; b < tl_age_band_count; b++) {
			const struct tl_preview_sum *s = &p->setting[k].sum[b];
			if (s->stricter + s->looser + s->other + s->lapse + s->more + s->less)
				fn(ctx, s);
		}
	}
}
