/*
 * The audit of settings in force, put in words (audit.h).
 *
 * Promises: an account to mend is judged by the policy and the choices of now, so what was put right meanwhile by either is
 * not asked for again. Failures: the store's. Called by the API, the console and the CLI.
 */
#include "minors/audit.h"

#include "base/arena.h"
#include "minors/in_force.h"
#include "minors/settings.h"
#include "sys/clock.h"

void
tl_audit_put_snapshot(struct tl_buf *b, const struct tl_snapshot *s)
{
	tl_js_str(b, "id", s->id);
	tl_js_z(b, "state", s->ended_at ? "ended" : "open");
	tl_js_time(b, "taken_at", s->taken_at);
	tl_js_time(b, "begun_at", s->begun_at);
	tl_js_time(b, "ended_at", s->ended_at);
	tl_js_str(b, "policy_version", s->policy);
	tl_js_int(b, "lines", s->lines);
	tl_js_int(b, "accounts", s->accounts);
	tl_js_int(b, "looser_accounts", s->looser_accounts);
	tl_js_int(b, "looser_settings", s->looser_settings);
	int64_t found = 0;
	tl_js_open(b, "findings", '{');
	for (int i = 0; i < (int)tl_snapshot_oddity_count; i++) {
		tl_js_int(b, tl_snapshot_oddity_names[i], s->odd[i]);
		found += s->odd[i];
	}
	tl_js_close(b, '}');
	tl_js_int(b, "findings_not_listed", found - s->listed);
}

static int64_t
looser_of(const struct tl_snapshot_count *list, size_t n, const struct tl_audit_sum *of)
{
	int64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (list[i].looser && tl_str_eq(list[i].setting, of->setting) &&
		    tl_str_eq(list[i].band, of->band))
			sum += list[i].accounts;
	}
	return sum;
}

static void
add_up(struct tl_audit_sum *s, const struct tl_snapshot_count *c)
{
	if (c->is.n == 0)
		s->not_told += c->accounts;
	else
		s->told += c->accounts;
	if (c->looser)
		s->looser += c->accounts;
}

int
tl_audit_sums(struct tl_db *db, const struct tl_snapshot *s, struct tl_arena *arena,
    struct tl_audit_sum **ret, size_t *ret_count)
{
	struct tl_snapshot_count *now = NULL, *then = NULL;
	size_t now_count = 0, then_count = 0, n = 0;
	struct tl_snapshot before = {0};
	int rc = tl_snapshot_counts(db, s->seq, arena, &now, &now_count);
	if (rc == 0)
		rc = tl_snapshot_before(db, s, arena, &before);
	bool first = rc == TL_ENOTFOUND;
	if (rc == 0)
		rc = tl_snapshot_counts(db, before.seq, arena, &then, &then_count);
	if (rc < 0 && !first)
		return rc;
	struct tl_audit_sum *sums = TL_NEWS(arena, struct tl_audit_sum, now_count + 1);
	if (!sums)
		return tl_arena_check(arena);
	for (size_t i = 0; i < now_count; i++) {
		bool new = n == 0 || !tl_str_eq(sums[n - 1].setting, now[i].setting) ||
			   !tl_str_eq(sums[n - 1].band, now[i].band);
		if (new)
			sums[n++] = (struct tl_audit_sum){
			    .setting = now[i].setting, .band = now[i].band};
		add_up(&sums[n - 1], &now[i]);
	}
	for (size_t i = 0; i < n; i++)
		sums[i].looser_before = first ? -1 : looser_of(then, then_count, &sums[i]);
	*ret = sums;
	*ret_count = n;
	return 0;
}

static void
put_values(struct tl_buf *b, const struct tl_snapshot_count *list, size_t n,
    const struct tl_audit_sum *of)
{
	tl_js_open(b, "values", '[');
	for (size_t i = 0; i < n; i++) {
		if (!tl_str_eq(list[i].setting, of->setting) ||
		    !tl_str_eq(list[i].band, of->band))
			continue;
		tl_js_open(b, NULL, '{');
		tl_js_str0(b, "is", list[i].is);
		tl_js_str(b, "must_be", list[i].must);
		tl_js_bool(b, "looser", list[i].looser);
		tl_js_int(b, "accounts", list[i].accounts);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

int
tl_audit_put_whole(
    struct tl_db *db, const struct tl_snapshot *s, struct tl_arena *arena, struct tl_buf *b)
{
	struct tl_snapshot_count *list = NULL;
	struct tl_audit_sum *sums = NULL;
	size_t count = 0, n = 0;
	int rc = tl_snapshot_counts(db, s->seq, arena, &list, &count);
	if (rc == 0)
		rc = tl_audit_sums(db, s, arena, &sums, &n);
	if (rc < 0)
		return rc;
	tl_js_open(b, NULL, '{');
	tl_audit_put_snapshot(b, s);
	tl_js_open(b, "settings", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(b, NULL, '{');
		tl_js_str(b, "key", sums[i].setting);
		tl_js_str(b, "age_band", sums[i].band);
		tl_js_int(b, "told", sums[i].told);
		tl_js_int(b, "not_told", sums[i].not_told);
		tl_js_int(b, "looser", sums[i].looser);
		tl_js_int0(
		    b, "looser_before", sums[i].looser_before >= 0, sums[i].looser_before);
		put_values(b, list, count, &sums[i]);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	tl_js_close(b, '}');
	return 0;
}

/* Accounts to mend ------------------------------------------------------------------------------------------------ */

static void
put_mend(struct tl_buf *b, const struct tl_minors *m, const struct tl_in_force_row *row,
    const struct tl_in_force *is, const struct tl_minors_account *a, int64_t now)
{
	tl_js_open(b, NULL, '{');
	tl_js_str(b, "account", row->ext_id);
	tl_js_z(b, "age_band", tl_age_band_names[a->band]);
	tl_js_str(b, "snapshot", row->snapshot_id);
	tl_js_int(b, "line", row->line);
	tl_js_time(b, "taken_at", row->at);
	tl_js_open(b, "settings", '[');
	for (size_t i = 0; i < m->setting_count; i++) {
		uint8_t must = tl_minors_answer(m, a, i, now).value;
		if (is->value[i] <= must)
			continue;
		tl_js_open(b, NULL, '{');
		tl_js_str(b, "key", m->settings[i].key);
		tl_js_str(b, "is", m->settings[i].values[is->value[i]]);
		tl_js_str(b, "must_be", m->settings[i].values[must]);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	tl_js_close(b, '}');
}

static bool
any_looser(const struct tl_minors *m, const struct tl_in_force *is,
    const struct tl_minors_account *a, int64_t now)
{
	for (size_t i = 0; i < m->setting_count; i++) {
		if (is->value[i] > tl_minors_answer(m, a, i, now).value)
			return true;
	}
	return false;
}

int
tl_audit_put_mend(struct tl_db *db, const struct tl_policy_set *set, const struct tl_mend *ask,
    struct tl_arena *arena, struct tl_buf *b, struct tl_id *ret_last)
{
	struct tl_setting_words *w TL_CLEANUP(tl_setting_words_destroyp) = NULL;
	struct tl_in_force_row *rows = NULL;
	size_t n = 0;
	int64_t now = tl_now_us();
	int rc = tl_setting_words_load(db, set->minors, &w);
	if (rc == 0)
		rc = tl_in_force_looser(
		    db, ask->platform, ask->live, ask->after, ask->max, arena, &rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct tl_account who = {
		    .platform = ask->platform, .id = rows[i].account, .age_band = rows[i].band};
		struct tl_minors_account a;
		struct tl_in_force is;
		rc = tl_settings_load(db, set->minors, ask->platform, &who, &a);
		tl_in_force_unpack(w, rows[i].words, &is);
		if (rc < 0 || !any_looser(set->minors, &is, &a, now))
			continue;
		put_mend(b, set->minors, &rows[i], &is, &a, now);
		if (ask->lines)
			tl_buf_byte(b, '\n');
	}
	if (rc < 0)
		return rc;
	*ret_last = n && n == ask->max ? rows[n - 1].account : (struct tl_id){0};
	return 0;
}
