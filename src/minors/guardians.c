/*
 * Guardians in the store.
 *
 * Promises: a guardian's bound can only take away (matrix.c), the strictest of several counts, and a link that ends takes its
 * bounds with it. Whoever is linked or leaves, and what they bound, the child is told in its own language, in the
 * transaction that did it. History names no guardian: it stays with the child. Failures: see the header.
 * Called by the API and by age.c.
 */
#include "minors/guardians.h"

#include "base/arena.h"
#include "base/buf.h"
#include "minors/history.h"
#include "minors/tell.h"
#include "store/accounts.h"

#define WARDS_PAGE 64
#define ARENA_BYTES ((size_t)1 << 16)

int
tl_guardians_list(struct tl_db *db, int64_t platform, struct tl_id account,
    struct tl_arena *arena, struct tl_guardian **ret, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	struct tl_guardian *list = TL_NEWS(arena, struct tl_guardian, TL_GUARDIANS_MAX);
	if (!list)
		return tl_arena_check(arena);
	int rc = tl_db_query(db, &r, TL_SQL_GUARDIAN_LIST, A_INT(platform), A_ID(account));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && n < TL_GUARDIANS_MAX)
		list[n++] = (struct tl_guardian){
		    tl_arena_dup(arena, tl_col_str(&r, 0)), tl_col_int(&r, 1)};
	tl_row_end(&r);
	if (rc >= 0)
		rc = tl_arena_check(arena);
	if (rc < 0)
		return rc;
	*ret = list;
	*ret_count = n;
	return 0;
}

void
tl_guardians_json(struct tl_buf *b, const struct tl_guardian *list, size_t n)
{
	tl_js_open(b, "guardians", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(b, NULL, '{');
		tl_js_str(b, "guardian", list[i].id);
		tl_js_time(b, "linked_at", list[i].linked_at);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

/* 0 and since when; NOTFOUND. */
static int
find(struct tl_db *db, const struct tl_account *who, struct tl_str guardian, int64_t *ret_at)
{
	struct tl_row r;
	int rc = tl_db_first(
	    db, &r, TL_SQL_GUARDIAN_GET, A_INT(who->platform), A_ID(who->id), A_TEXT(guardian));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? tl_fail(rc, "there is no such guardian") : rc;
	*ret_at = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}

static int
note_link(struct tl_db *db, const struct tl_policy_set *set, const struct tl_account *who,
    bool linked, const char *actor, int64_t now, struct tl_id *ret)
{
	struct tl_history h = {.setting = TL_S(TL_HISTORY_GUARDIAN),
	    .event = linked ? TL_S("linked") : TL_S("ended"),
	    .from = linked ? TL_S("none") : TL_S("linked"),
	    .to = linked ? TL_S("linked") : TL_S("none"),
	    .actor = tl_str(actor),
	    .policy = set->version,
	    .at = now};
	return tl_history_add(db, who, &h, ret);
}

static int
tell_link(struct tl_db *db, const struct tl_policy_set *set, const struct tl_tell *t,
    struct tl_str guardian, const char *actor, const char *notice)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	tl_js_open(&data, NULL, '{');
	tl_js_str(&data, "account", t->who->ext_id);
	tl_js_str(&data, "guardian", guardian);
	tl_js_z(&data, "by", actor);
	tl_js_str(&data, "notice_text",
	    tl_minors_text(set->minors, t->who->language, tl_str(notice)));
	tl_js_close(&data, '}');
	return tl_minors_tell(db, t, &data);
}

/* Linking ------------------------------------------------------------------------------------------------------------ */

static int
check_guardian(struct tl_db *db, const struct tl_account *who, struct tl_str guardian)
{
	struct tl_id id;
	enum tl_age_band band = TL_AGE_UNKNOWN;
	if (tl_str_eq(guardian, who->ext_id))
		return tl_fail_at(TL_EFIELD, "guardian", "nobody is their own guardian");
	if (who->age_band == TL_AGE_18)
		return tl_fail(TL_ECONFLICT, "the account's holder is an adult");
	int rc = tl_account_find(db, who->platform, who->live, guardian, &id);
	if (rc == TL_ENOTFOUND)
		return 0; /* an id that means something to the platform alone */
	if (rc == 0)
		rc = tl_account_band(db, who->platform, id, &band);
	if (rc == 0 && band != TL_AGE_UNKNOWN && band != TL_AGE_18)
		rc = tl_fail_at(TL_EFIELD, "guardian", "is the account of a minor");
	return rc;
}

static int
check_room(struct tl_db *db, const struct tl_account *who)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	struct tl_guardian *list = NULL;
	size_t n = 0;
	int rc = tl_guardians_list(db, who->platform, who->id, arena, &list, &n);
	if (rc == 0 && n == TL_GUARDIANS_MAX)
		rc = tl_fail(
		    TL_ECONFLICT, "the account has %d guardians already", TL_GUARDIANS_MAX);
	return rc;
}

int
tl_guardian_link(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, struct tl_str guardian, int64_t now, int64_t *ret_at)
{
	struct tl_tell t = {"account.guardian_linked", who, {{0}}, now};
	int rc = find(db, who, guardian, ret_at);
	if (rc != TL_ENOTFOUND)
		return rc;
	rc = check_guardian(db, who, guardian);
	if (rc == 0)
		rc = check_room(db, who);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_GUARDIAN_ADD, A_INT(who->platform), A_ID(who->id),
		    A_TEXT(guardian), A_INT(who->live), A_INT(now));
	if (rc >= 0)
		rc = note_link(db, set, who, true, "platform", now, &t.cause);
	if (rc == 0)
		rc = tell_link(db, set, &t, guardian, "platform", "guardian_linked");
	if (rc == 0)
		*ret_at = now;
	return rc;
}

/* Ending ------------------------------------------------------------------------------------------------------------- */

int
tl_guardian_end(struct tl_db *db, const struct tl_policy_set *set, const struct tl_account *who,
    struct tl_str guardian, const char *actor, int64_t now)
{
	const struct tl_minors *m = set->minors;
	struct tl_minors_account was, is;
	struct tl_tell t = {"account.guardian_ended", who, {{0}}, now};
	int64_t since;
	int rc = find(db, who, guardian, &since);
	if (rc == 0)
		rc = tl_settings_load(db, m, who->platform, who, &was);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_GUARDIAN_CAPS_DROP, A_INT(who->platform),
		    A_ID(who->id), A_TEXT(guardian));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_GUARDIAN_END, A_INT(who->platform), A_ID(who->id),
		    A_TEXT(guardian));
	if (rc >= 0)
		rc = note_link(db, set, who, false, actor, now, &t.cause);
	if (rc == 0)
		rc = tell_link(db, set, &t, guardian, actor, "guardian_ended");
	if (rc == 0)
		rc = tl_settings_load(db, m, who->platform, who, &is);
	t.type = "account.settings_changed";
	return rc < 0 ? rc : tl_minors_tell_settings(db, m, &t, &was, &is, "guardian", NULL);
}

int
tl_guardians_end(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, int64_t now)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	struct tl_guardian *list;
	size_t n = 0;
	int rc = tl_guardians_list(db, who->platform, who->id, arena, &list, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = tl_guardian_end(db, set, who, list[i].id, "system", now);
	return rc;
}

static int
wards(struct tl_db *db, const struct tl_account *guardian, struct tl_id ids[WARDS_PAGE],
    size_t *ret_n)
{
	struct tl_row r;
	*ret_n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_GUARDIAN_WARDS, A_INT(guardian->platform),
	    A_INT(guardian->live), A_TEXT(guardian->ext_id), A_INT(WARDS_PAGE));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0 && *ret_n < WARDS_PAGE)
		ids[(*ret_n)++] = tl_col_id(&r, 0);
	tl_row_end(&r);
	return rc;
}

int
tl_guardian_leaves(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *guardian, int64_t now)
{
	struct tl_id ids[WARDS_PAGE];
	for (;;) {
		size_t n;
		int rc = wards(db, guardian, ids, &n);
		for (size_t i = 0; rc >= 0 && i < n; i++) {
			TL_CLEANUP(tl_arena_destroyp)
			struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
			struct tl_account child;
			rc = tl_account_get(db, guardian->platform, ids[i], arena, &child);
			if (rc == 0)
				rc = tl_guardian_end(
				    db, set, &child, guardian->ext_id, "system", now);
		}
		if (rc < 0 || n == 0)
			return rc < 0 ? rc : 0;
	}
}

/* Bounds ------------------------------------------------------------------------------------------------------------- */

static int
keep_bound(struct tl_db *db, const struct tl_account *who, struct tl_str guardian,
    const struct tl_minors_setting *s, const struct tl_minors_choice *c)
{
	int rc = c->capped ? tl_db_run(db, TL_SQL_GUARDIAN_CAP_PUT, A_INT(who->platform),
				 A_ID(who->id), A_TEXT(guardian), A_TEXT(s->key),
				 A_TEXT(s->values[c->cap]))
			   : tl_db_run(db, TL_SQL_GUARDIAN_CAP_DROP, A_INT(who->platform),
				 A_ID(who->id), A_TEXT(guardian), A_TEXT(s->key));
	return rc < 0 ? rc : 0;
}

/* One bound: kept, and all bounds read again, because another guardian's may be stricter. */
static int
bound(struct tl_db *db, const struct tl_policy_set *set, const struct tl_account *who,
    struct tl_str guardian, const struct tl_settings_wish *w, int64_t now,
    struct tl_minors_account *a, struct tl_id *ret_cause)
{
	const struct tl_minors *m = set->minors;
	const struct tl_minors_setting *s = &m->settings[w->setting];
	struct tl_minors_choice mine = {0};
	const char *why;
	struct tl_minors_answer was = tl_minors_answer(m, a, w->setting, now);
	if (tl_minors_ask(m, a, w->setting, &w->wish, now, &mine, &why) != TL_SAY_ALLOW)
		return tl_fail(TL_EBUG, "a guardian's bound was refused");
	int rc = keep_bound(db, who, guardian, s, &mine);
	if (rc == 0)
		rc = tl_settings_load(db, m, who->platform, who, a);
	if (rc < 0)
		return rc;
	struct tl_minors_answer is = tl_minors_answer(m, a, w->setting, now);
	struct tl_history h = {.setting = s->key,
	    .event = TL_S("bounded"),
	    .from = s->values[was.loosest],
	    .to = s->values[is.loosest],
	    .actor = TL_S("guardian"),
	    .policy = set->version,
	    .at = now};
	return tl_history_add(db, who, &h, ret_cause);
}

int
tl_guardian_bound(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_account *who, struct tl_str guardian, const struct tl_settings_wish *wish,
    size_t count, int64_t now, struct tl_minors_account *a)
{
	struct tl_tell t = {"account.settings_changed", who, {{0}}, now};
	struct tl_minors_account was = *a;
	int64_t since;
	int rc = find(db, who, guardian, &since);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = bound(db, set, who, guardian, &wish[i], now, a, &t.cause);
	return rc < 0 ? rc
		      : tl_minors_tell_settings(
			    db, set->minors, &t, &was, a, "guardian", "guardian_bound");
}
