/*
 * Platforms, accounts and legal holds.
 *
 * Promises: an account's display name is stored sealed only; erasure forgets the key, so that backups are
 * erased too. Failures: EEXISTS, NOTFOUND, CONFLICT (hold). Called by intake, review and the CLI.
 */
#include "store/accounts.h"

#include "base/arena.h"
#include "store/contact_log.h"
#include "store/items.h"
#include "store/keys.h"
#include "store/relations.h"
#include "store/rows_int.h"
#include "sys/clock.h"

int
tl_platform_add(struct tl_db *db, struct tl_str name, int64_t *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_PLATFORM_ADD, A_TEXT(name), A_INT(tl_now_us()));
	if (rc == 0) {
		*ret = tl_col_int(&r, 0);
		rc = tl_row_next(&r); /* lets the insert finish */
		tl_row_end(&r);
	}
	return rc < 0 ? rc : 0;
}

int
tl_platform_find(struct tl_db *db, struct tl_str name, int64_t *ret)
{
	return rows_found(
	    ROWS_NUMBER(db, ret, TL_SQL_PLATFORM_BY_NAME, A_TEXT(name)), "platform");
}

int
tl_platform_name(struct tl_db *db, int64_t platform, struct tl_arena *arena, struct tl_str *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_PLATFORM_NAME, A_INT(platform));
	if (rc < 0)
		return rc;
	*ret = tl_arena_dup(arena, tl_col_str(&r, 0));
	tl_row_end(&r);
	return tl_arena_check(arena);
}

int
tl_account_find(
    struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id, struct tl_id *ret)
{
	struct tl_row r;
	int rc = tl_db_first(
	    db, &r, TL_SQL_ACCOUNT_BY_EXT, A_INT(platform), A_INT(live), A_TEXT(ext_id));
	if (rc < 0)
		return rows_found(rc, "account");
	*ret = tl_col_id(&r, 0);
	tl_row_end(&r);
	return 0;
}

int
tl_account_find_any(struct tl_db *db, int64_t platform, struct tl_str ext_id, struct tl_id *ret)
{
	int rc = tl_account_find(db, platform, true, ext_id, ret);
	return rc == TL_ENOTFOUND ? tl_account_find(db, platform, false, ext_id, ret) : rc;
}

int
tl_account_ensure(
    struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id, struct tl_id *ret)
{
	int rc = tl_account_find(db, platform, live, ext_id, ret);
	if (rc != TL_ENOTFOUND)
		return rc;
	struct tl_id id = tl_id_new();
	rc = tl_db_run(db, TL_SQL_ACCOUNT_ADD, A_INT(platform), A_ID(id), A_TEXT(ext_id),
	    A_INT(live), A_INT(tl_now_us()));
	if (rc < 0)
		return rc;
	*ret = id;
	return 0;
}

int
tl_account_put(struct tl_db *db, struct tl_account *a)
{
	int rc = tl_account_ensure(db, a->platform, a->live, a->ext_id, &a->id);
	if (rc < 0)
		return rc;
	struct tl_buf name = {0};
	if (a->name.n)
		rc = tl_text_seal(db, a->platform, a->id, "name", a->name, &name);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_ACCOUNT_SET, A_INT(a->platform), A_ID(a->id),
		    A_Z(tl_age_band_names[a->age_band]),
		    A_Z(tl_age_assured_names[a->age_assured]), A_TEXT0(a->birth_month),
		    A_TEXT0(a->country), A_TEXT0(a->language),
		    name.n ? A_BYTES(tl_buf_str(&name)) : A_NULL, A_INT0(a->created_at),
		    A_TEXT0(a->settings), A_INT(tl_now_us()));
	tl_buf_fini(&name);
	return rc < 0 ? rc : 0;
}

static int
word(const char *const *names, struct tl_str s, int *ret)
{
	if (tl_word_parse(names, s, ret) < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown word");
	return 0;
}

int
tl_account_get(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_arena *arena,
    struct tl_account *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ACCOUNT_GET, A_INT(platform), A_ID(id));
	if (rc < 0)
		return rc;
	struct tl_account a = {.platform = platform, .id = id};
	int band = 0, assured = 0, state = 0;
	a.ext_id = tl_arena_dup(arena, tl_col_str(&r, 0));
	rc = word(tl_age_band_names, tl_col_str(&r, 1), &band);
	if (rc == 0)
		rc = word(tl_age_assured_names, tl_col_str(&r, 2), &assured);
	if (rc == 0)
		rc = word(tl_account_state_names, tl_col_str(&r, 9), &state);
	a.age_band = (enum tl_age_band)band;
	a.age_assured = (enum tl_age_assured)assured;
	a.state = (enum tl_account_state)state;
	a.birth_month = tl_arena_dup(arena, tl_col_str(&r, 3));
	a.country = tl_arena_dup(arena, tl_col_str(&r, 4));
	a.language = tl_arena_dup(arena, tl_col_str(&r, 5));
	struct tl_str sealed = tl_arena_dup(arena, tl_col_str(&r, 6));
	a.created_at = tl_col_int(&r, 7);
	a.settings = tl_arena_dup(arena, tl_col_str(&r, 8));
	a.strikes = tl_col_int(&r, 10);
	a.live = tl_col_int(&r, 11) != 0;
	tl_row_end(&r);
	struct tl_buf name = {0};
	if (rc == 0 && sealed.n && tl_text_open(db, platform, id, "name", sealed, &name) == 0)
		a.name = tl_arena_dup(arena, tl_buf_str(&name));
	tl_buf_fini(&name);
	if (rc == 0)
		rc = tl_arena_check(arena);
	if (rc == 0)
		*ret = a;
	return rc;
}

int
tl_account_band(struct tl_db *db, int64_t platform, struct tl_id id, enum tl_age_band *ret)
{
	struct tl_row r;
	int band = TL_AGE_UNKNOWN;
	int rc = tl_db_first(db, &r, TL_SQL_ACCOUNT_BAND, A_INT(platform), A_ID(id));
	if (rc == 0) {
		rc = word(tl_age_band_names, tl_col_str(&r, 0), &band);
		tl_row_end(&r);
	}
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	*ret = (enum tl_age_band)band;
	return 0;
}

int
tl_hold_check(
    struct tl_db *db, int64_t platform, enum tl_subject_kind kind, struct tl_id subject)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_HOLD_ON, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject), A_INT(tl_now_us()));
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	struct tl_str basis = tl_col_str(&r, 0);
	rc = tl_fail(TL_ECONFLICT, "a legal hold stands on it: %.*s", TL_ARG(basis));
	tl_row_end(&r);
	return rc;
}

int
tl_hold_place(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_str basis, int64_t min_until, int64_t max_until)
{
	struct tl_id id = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_HOLD_ADD, A_ID(id), A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject), A_TEXT(basis), A_INT0(min_until),
	    A_INT0(max_until), A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}

#define PAGE 256

/* One page of the account's items after `after`; *ret_n 0 at the end. */
static int
items_after(struct tl_db *db, int64_t platform, struct tl_id account, struct tl_id after,
    struct tl_id ids[PAGE], size_t *ret_n)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_ACCOUNT_ITEMS, A_INT(platform), A_ID(account),
	    A_ID(after), A_INT(PAGE));
	if (rc < 0)
		return rc;
	size_t n = 0;
	while ((rc = tl_row_next(&r)) > 0 && n < PAGE)
		ids[n++] = tl_col_id(&r, 0);
	tl_row_end(&r);
	*ret_n = n;
	return rc < 0 ? rc : 0;
}

static int
each_item(struct tl_db *db, int64_t platform, struct tl_id account,
    int (*fn)(struct tl_db *db, int64_t platform, struct tl_id item))
{
	struct tl_id ids[PAGE];
	struct tl_id after = {0};
	for (;;) {
		size_t n = 0;
		int rc = items_after(db, platform, account, after, ids, &n);
		if (rc < 0 || n == 0)
			return rc;
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = fn(db, platform, ids[i]);
		if (rc < 0)
			return rc;
		after = ids[n - 1];
	}
}

static int
item_is_free(struct tl_db *db, int64_t platform, struct tl_id item)
{
	return tl_hold_check(db, platform, TL_SUBJECT_ITEM, item);
}

/* What is known of its age and settings; links as a guardian while the account's own id is still there to find them. */
static const enum tl_sql settings_of[] = {TL_SQL_CHOICE_ERASE, TL_SQL_CHANGE_ERASE,
    TL_SQL_AGE_SAID_ERASE, TL_SQL_GUARDIAN_CAPS_ERASE_AS, TL_SQL_GUARDIAN_ERASE_AS,
    TL_SQL_GUARDIAN_CAPS_ERASE, TL_SQL_GUARDIAN_ERASE};

int
tl_account_erase(struct tl_db *db, int64_t platform, struct tl_id id)
{
	int rc = tl_hold_check(db, platform, TL_SUBJECT_ACCOUNT, id);
	if (rc == 0)
		rc = each_item(db, platform, id, item_is_free);
	if (rc == 0)
		rc = each_item(db, platform, id, tl_item_erase);
	if (rc == 0)
		rc = tl_key_forget(db, platform, id);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < TL_COUNT(settings_of); i++) {
		rc = tl_db_run(db, settings_of[i], A_INT(platform), A_ID(id));
		rc = rc < 0 ? rc : 0;
	}
	if (rc >= 0)
		rc = tl_relations_erase(db, platform, id);
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_FILTER_ERASE, A_INT(platform), A_ID(id));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_NOTICE_ERASE, A_INT(platform), A_ID(id));
	if (rc >= 0)
		rc = tl_contact_log_erase(db, platform, id);
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_IN_FORCE_ERASE, A_INT(platform), A_ID(id));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_MOVED_ERASE, A_INT(platform), A_ID(id));
	if (rc >= 0)
		rc = tl_db_run(
		    db, TL_SQL_ACCOUNT_ERASE, A_INT(platform), A_ID(id), A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}
