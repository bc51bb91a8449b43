/*
 * Banks and their entries as rows.
 *
 * Promises: a value's form fits its bank's kind; each change raises the bank's counter in the same transaction,
 * so that a loader that saw the counter saw the change. Failures: EFIELD naming the field, EEXISTS, NOTFOUND.
 * Called by the console, the CLI, exchanges and the bank loader of detect.
 */
#include "store/banks.h"

#include "base/arena.h"
#include "base/json.h"
#include "hash/sound_match.h"
#include "store/alarms.h"
#include "store/banks_int.h"
#include "store/provenance.h"
#include "store/rejudge.h"
#include "store/rows_int.h"
#include "sys/clock.h"

#define CALM_US (7 * TL_US_DAY) /* the brake trusts a person for so long */

int
tl_bank_name_check(struct tl_str s)
{
	if (s.n == 0 || s.n > TL_BANK_NAME_MAX)
		return tl_fail_at(
		    TL_EFIELD, "/name", "a name has 1 to %d characters", TL_BANK_NAME_MAX);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i] | 0x20;
		bool word = (c >= 'a' && c <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9');
		if (!word && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
			return tl_fail_at(TL_EFIELD, "/name",
			    "a name has letters, digits, '-', '_' and '.' only");
	}
	return 0;
}

static int
check_bank(const struct tl_bank *b)
{
	if (b->policy.n == 0 || b->policy.n > 256)
		return tl_fail_at(TL_EFIELD, "/policy", "a bank has a policy");
	if (b->source.n > 256)
		return tl_fail_at(TL_EFIELD, "/source", "a source has at most 256 characters");
	if (b->distance < 0 || b->distance > TL_BANK_DISTANCE_MAX)
		return tl_fail_at(
		    TL_EFIELD, "/distance", "a distance is 0 to %d", TL_BANK_DISTANCE_MAX);
	if (!(b->share >= 0 && b->share <= 1))
		return tl_fail_at(TL_EFIELD, "/share", "a share is above 0 and at most 1");
	if (b->classification.n > TL_BANK_CLASS_MAX)
		return tl_fail_at(TL_EFIELD, "/classification",
		    "a classification has at most %d characters", TL_BANK_CLASS_MAX);
	if (b->share_query < 0 || b->share_query > 100)
		return tl_fail_at(TL_EFIELD, "/share_query", "percent are 0 to 100");
	if (b->share_known < 0 || b->share_known > 100)
		return tl_fail_at(TL_EFIELD, "/share_known", "percent are 0 to 100");
	return 0;
}

static int
number_of(struct tl_db *db, struct tl_id bank, uint32_t *ret)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *a = tl_arena_create(1 << 14);
	struct tl_bank b = {0};
	int rc = tl_bank_get(db, bank, a, &b);
	if (rc == 0)
		*ret = b.number;
	return rc;
}

int
tl_bank_distance_max(enum tl_bank_kind kind)
{
	return kind == TL_BANK_SOUND ? TL_SOUND_BITS_MAX : TL_BANK_DISTANCE_MAX;
}

static int
distance_of(enum tl_bank_kind kind, int distance)
{
	int most = tl_bank_distance_max(kind);
	return distance < most ? distance : most;
}

int
tl_bank_create(struct tl_db *db, struct tl_bank *b)
{
	int rc = tl_bank_name_check(b->name);
	if (rc == 0)
		rc = check_bank(b);
	if (rc < 0)
		return rc;
	b->id = tl_id_new();
	b->created_at = tl_now_us();
	b->changed = 1;
	b->entries = 0;
	b->distance = distance_of(b->kind, b->distance);
	if (b->share == 0)
		b->share = 1;
	rc = tl_db_run(db, TL_SQL_BANK_ADD, A_ID(b->id), A_TEXT(b->name),
	    A_Z(tl_bank_kind_names[b->kind]), A_TEXT(b->policy), A_TEXT(b->source),
	    A_INT(b->distance), A_INT(b->enabled), A_INT(b->created_at),
	    A_Z(tl_bank_direction_names[b->direction]), A_REAL(b->share),
	    A_TEXT0(b->classification), A_INT0(b->share_query), A_INT0(b->share_known),
	    A_INT(b->turned), A_INT(!b->no_brake));
	if (rc == TL_EEXISTS)
		return tl_fail_at(rc, "/name", "there is a bank of this name");
	return rc < 0 ? rc : number_of(db, b->id, &b->number);
}

static int
read_bank(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int kind, direction;
	if (tl_word_parse(tl_bank_kind_names, tl_col_str(r, 2), &kind) < 0 ||
	    tl_word_parse(tl_bank_direction_names, tl_col_str(r, 11), &direction) < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown kind of bank");
	*(struct tl_bank *)ret = (struct tl_bank){.id = tl_col_id(r, 0),
	    .name = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .kind = (enum tl_bank_kind)kind,
	    .policy = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .source = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .distance = distance_of((enum tl_bank_kind)kind, (int)tl_col_int(r, 5)),
	    .enabled = tl_col_int(r, 6) != 0,
	    .created_at = tl_col_int(r, 7),
	    .changed = tl_col_int(r, 8),
	    .entries = tl_col_int(r, 9),
	    .number = (uint32_t)tl_col_int(r, 10),
	    .direction = (enum tl_bank_direction)direction,
	    .share = tl_col_real(r, 12),
	    .classification = tl_arena_dup(arena, tl_col_str(r, 13)),
	    .share_query = (int)tl_col_int(r, 14),
	    .share_known = (int)tl_col_int(r, 15),
	    .turned = tl_col_int(r, 16) != 0,
	    .no_brake = tl_col_int(r, 17) == 0};
	return tl_arena_check(arena);
}

int
tl_bank_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_bank *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_GET, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "bank");
	rc = read_bank(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_bank_find(struct tl_db *db, struct tl_str name, struct tl_id *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_BY_NAME, A_TEXT(name));
	if (rc < 0)
		return rows_found(rc, "bank");
	*ret = tl_col_id(&r, 0);
	tl_row_end(&r);
	return 0;
}

int
tl_bank_list(struct tl_db *db, struct tl_arena *arena, struct tl_bank **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_BANK_LIST, A_NULL);
	return rc < 0 ? rc : ROWS_READ(&r, arena, SIZE_MAX, read_bank, ret, ret_count);
}

int
tl_bank_names(struct tl_db *db,
    void (*fn)(void *ctx, struct tl_str name, enum tl_bank_kind kind), void *ctx)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_BANK_NAMES, A_NULL);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int kind;
		if (tl_word_parse(tl_bank_kind_names, tl_col_str(&r, 1), &kind) == 0)
			fn(ctx, tl_col_str(&r, 0), (enum tl_bank_kind)kind);
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

int
tl_bank_set(struct tl_db *db, const struct tl_bank *b)
{
	int rc = check_bank(b);
	if (rc < 0)
		return rc;
	if (b->share == 0)
		return tl_fail_at(TL_EFIELD, "/share",
		    "a share is above 0; a bank for no traffic is switched off");
	rc = tl_rejudge_before(db, b);
	if (rc < 0)
		return rc;
	return rows_one(tl_db_run(db, TL_SQL_BANK_SET, A_ID(b->id), A_TEXT(b->policy),
			    A_TEXT(b->source), A_INT(b->distance), A_INT(b->enabled),
			    A_Z(tl_bank_direction_names[b->direction]), A_REAL(b->share),
			    A_TEXT0(b->classification), A_INT0(b->share_query),
			    A_INT0(b->share_known), A_INT(b->turned), A_INT(!b->no_brake)),
	    "bank");
}

/* Entries --------------------------------------------------------------------------------------------------- */

/* The next change and, when `keys` is 1, the next key. */
static int
count(struct tl_db *db, int keys, int64_t *ret_key, int64_t *ret_change)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_COUNT, A_INT(keys));
	if (rc < 0)
		return rows_found(rc, "counter of banks");
	if (ret_key)
		*ret_key = tl_col_int(&r, 0);
	*ret_change = tl_col_int(&r, 1);
	tl_row_end(&r);
	return 0;
}

/* After a change of `rc` rows; the bank has `more` entries now. */
static int
touch(struct tl_db *db, struct tl_id bank, int more, int rc)
{
	rc = rows_one(rc, "entry");
	if (rc < 0)
		return rc;
	return rows_one(tl_db_run(db, TL_SQL_BANK_TOUCH, A_ID(bank), A_INT(more)), "bank");
}

static int
check_value(const struct tl_bank *b, const struct tl_bank_entry *e)
{
	if (!tl_bank_holds(b->kind, e->form))
		return tl_fail_at(TL_EFIELD, "/form", "a %s bank holds no %s entries",
		    tl_bank_kind_names[b->kind], tl_entry_form_names[e->form]);
	int rc = tl_bank_value_check(e->form, e->value);
	if (rc < 0)
		return rc;
	if (e->classification.n > TL_BANK_CLASS_MAX)
		return tl_fail_at(TL_EFIELD, "/classification",
		    "a classification has at most %d characters", TL_BANK_CLASS_MAX);
	if (e->provenance.n > TL_BANK_PROVENANCE_MAX)
		return tl_fail_at(TL_EFIELD, "/provenance", "a provenance has at most %d bytes",
		    TL_BANK_PROVENANCE_MAX);
	return 0;
}

/* What is live already lasts as long as the longer of both was said to: 1 when that is longer now. */
static int
extend(struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e, int64_t expires)
{
	bool longer = e->enabled && expires && (!e->expires_at || e->expires_at > expires);
	int rc = longer ? tl_bank_entry_expire(db, b->id, e->id, e->expires_at) : 0;
	if (!longer)
		e->expires_at = expires;
	if (rc == 0 && !longer)
		return tl_fail_at(TL_EEXISTS, "/value", "the bank holds this already");
	return rc < 0 ? rc : 1;
}

/*
 * An entry that somebody had disabled, or that has expired, comes back when it is added again; what a list names stays
 * off when a person switched it off, and expired when the list says no later.
 */
static int
revive(struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e, bool listed)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_ENTRY_OF, A_ID(b->id),
	    A_Z(tl_entry_form_names[e->form]), A_BYTES(e->value));
	if (rc < 0)
		return rows_found(rc, "entry");
	e->id = tl_col_id(&r, 0);
	e->key = tl_col_int(&r, 2);
	int64_t expires = tl_col_int(&r, 3);
	bool enabled = tl_col_int(&r, 1) != 0;
	bool live = enabled && (!expires || expires > e->added_at);
	tl_row_end(&r);
	bool past = e->expires_at && e->expires_at <= e->added_at;
	if (live || !e->enabled || (listed && (!enabled || past)))
		return extend(db, b, e, expires);
	rc = tl_db_run(db, TL_SQL_BANK_ENTRY_REVIVE, A_ID(b->id), A_ID(e->id), A_TEXT0(e->note),
	    A_INT(e->change), A_INT0(e->expires_at), A_TEXT0(e->provenance),
	    A_TEXT0(e->classification));
	return touch(db, b->id, 0, rc);
}

/* What can be looked for in a provenance stands beside it. */
static int
add_row(struct tl_db *db, const struct tl_bank *b, const struct tl_bank_entry *e)
{
	struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) =
	    tl_arena_create(4 * TL_BANK_PROVENANCE_MAX);
	struct tl_provenance p;
	int rc = tl_provenance_read(e->provenance, a, &p);
	if (rc < 0)
		return tl_fail_at(TL_EFIELD, "/provenance", "%s", tl_err_text());
	return tl_db_run(db, TL_SQL_BANK_ENTRY_ADD, A_ID(b->id), A_ID(e->id), A_BYTES(e->value),
	    A_Z(tl_entry_form_names[e->form]), A_TEXT0(e->note), A_TEXT0(e->provenance),
	    A_INT(e->enabled), A_INT0(e->disabled_until), A_INT(e->added_at), A_INT(e->key),
	    A_INT(e->change), A_INT0(e->expires_at), A_TEXT0(e->classification),
	    A_TEXT0(e->added_by), A_TEXT0(p.exchange), A_TEXT0(p.record), A_TEXT0(p.member),
	    A_INT(e->review_only));
}

static int
add(struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e, bool listed)
{
	int rc = check_value(b, e);
	if (rc == 0)
		rc = count(db, 1, &e->key, &e->change);
	if (rc < 0)
		return rc;
	e->id = tl_id_new();
	e->bank = b->id;
	e->added_at = tl_now_us();
	rc = add_row(db, b, e);
	if (rc == TL_EEXISTS)
		return revive(db, b, e, listed);
	return rc < 0 ? rc : touch(db, b->id, 1, rc);
}

int
tl_bank_entry_add(struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e)
{
	return add(db, b, e, false);
}

int
tl_bank_entry_list(struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e)
{
	return add(db, b, e, true);
}

int
tl_bank_entry_remove(struct tl_db *db, struct tl_id bank, struct tl_id entry)
{
	struct tl_row r;
	int64_t change = 0, key;
	int form;
	int rc = count(db, 0, NULL, &change);
	if (rc == 0)
		rc = tl_db_first(db, &r, TL_SQL_BANK_ENTRY_DROP, A_ID(bank), A_ID(entry));
	if (rc < 0)
		return rows_found(rc, "entry");
	key = tl_col_int(&r, 0);
	rc = tl_word_parse(tl_entry_form_names, tl_col_str(&r, 1), &form);
	tl_row_end(&r);
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown form of entry");
	rc = tl_db_run(db, TL_SQL_BANK_REMOVED_ADD, A_ID(bank), A_Z(tl_entry_form_names[form]),
	    A_INT(change), A_INT(key));
	rc = touch(db, bank, -1, rc);
	return rc < 0 ? rc : tl_rejudge_entries_gone(db, bank);
}

static int
enable(struct tl_db *db, struct tl_id bank, struct tl_id entry, bool enabled, int64_t until)
{
	int64_t change = 0;
	int rc = count(db, 0, NULL, &change);
	return rc < 0 ? rc
		      : touch(db, bank, 0,
			    tl_db_run(db, TL_SQL_BANK_ENTRY_ENABLE, A_ID(bank), A_ID(entry),
				A_INT(enabled), A_INT0(until), A_INT(change)));
}

int
tl_bank_entry_disable(struct tl_db *db, struct tl_id bank, struct tl_id entry, int64_t until)
{
	int rc = enable(db, bank, entry, false, until);
	return rc < 0 ? rc : tl_rejudge_entries_gone(db, bank);
}

int
tl_bank_entry_enable(struct tl_db *db, struct tl_id bank, struct tl_id entry)
{
	return enable(db, bank, entry, true, 0);
}

int
tl_bank_entry_say(struct tl_db *db, struct tl_id bank, struct tl_id entry, struct tl_str note,
    struct tl_str classification)
{
	int64_t change = 0;
	if (classification.n > TL_BANK_CLASS_MAX)
		return tl_fail_at(TL_EFIELD, "/classification",
		    "a classification has at most %d characters", TL_BANK_CLASS_MAX);
	int rc = count(db, 0, NULL, &change);
	return rc < 0 ? rc
		      : touch(db, bank, 0,
			    tl_db_run(db, TL_SQL_BANK_ENTRY_SAY, A_ID(bank), A_ID(entry),
				A_TEXT0(note), A_TEXT0(classification), A_INT(change)));
}

int
tl_bank_entry_expire(struct tl_db *db, struct tl_id bank, struct tl_id entry, int64_t at)
{
	int64_t change = 0;
	int rc = count(db, 0, NULL, &change);
	if (rc == 0)
		rc = touch(db, bank, 0,
		    tl_db_run(db, TL_SQL_BANK_ENTRY_EXPIRE, A_ID(bank), A_ID(entry), A_INT0(at),
			A_INT(change)));
	bool past = at && at <= tl_now_us();
	return rc < 0 || !past ? rc : tl_rejudge_entries_gone(db, bank);
}

static int
set_review(struct tl_db *db, struct tl_id bank, struct tl_id entry, bool review_only,
    int64_t no_brake_until)
{
	int64_t change = 0;
	int rc = count(db, 0, NULL, &change);
	if (rc < 0)
		return rc;
	rc = tl_db_run(db, TL_SQL_BANK_ENTRY_REVIEW, A_ID(bank), A_ID(entry),
	    A_INT(review_only), A_INT(change), A_INT0(no_brake_until));
	if (rc <= 0)
		return rc;
	rc = touch(db, bank, 0, rc);
	if (rc == 0)
		rc = review_only ? tl_rejudge_entries_gone(db, bank)
				 : tl_rejudge_ask(db, bank, TL_REJUDGE_REVIEW, 0);
	return rc < 0 ? rc : 1;
}

int
tl_bank_entry_review(struct tl_db *db, struct tl_id bank, struct tl_id entry)
{
	return set_review(db, bank, entry, true, 0);
}

int
tl_bank_entry_restore(struct tl_db *db, struct tl_id bank, struct tl_id entry)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, entry);
	int rc = set_review(db, bank, entry, false, tl_now_us() + CALM_US);
	int over = rc < 0 ? 0 : tl_alarm_over(db, TL_AL_ENTRY_FLOOD, tl_str(id));
	return over < 0 ? over : rc;
}

bool
tl_bank_entry_live(const struct tl_bank_entry *e, int64_t now_us)
{
	bool enabled = e->enabled || (e->disabled_until && e->disabled_until <= now_us);
	return enabled && (!e->expires_at || e->expires_at > now_us);
}

int
bank_entry_read(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int form;
	if (tl_word_parse(tl_entry_form_names, tl_col_str(r, 2), &form) < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown form of entry");
	*(struct tl_bank_entry *)ret = (struct tl_bank_entry){.id = tl_col_id(r, 0),
	    .value = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .form = (enum tl_entry_form)form,
	    .note = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .provenance = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .enabled = tl_col_int(r, 5) != 0,
	    .disabled_until = tl_col_int(r, 6),
	    .added_at = tl_col_int(r, 7),
	    .key = tl_col_int(r, 8),
	    .change = tl_col_int(r, 9),
	    .expires_at = tl_col_int(r, 10),
	    .review_only = tl_col_int(r, 11) != 0,
	    .classification = tl_arena_dup(arena, tl_col_str(r, 12)),
	    .no_brake_until = tl_col_int(r, 13),
	    .added_by = tl_arena_dup(arena, tl_col_str(r, 14)),
	    .bank = tl_col_id(r, 15)};
	return tl_arena_check(arena);
}

static int
one_entry(struct tl_row *r, int rc, struct tl_arena *arena, struct tl_bank_entry *ret)
{
	if (rc < 0)
		return rows_found(rc, "entry");
	rc = bank_entry_read(r, arena, ret);
	tl_row_end(r);
	return rc;
}

int
tl_bank_entry_get(struct tl_db *db, struct tl_id bank, struct tl_id entry,
    struct tl_arena *arena, struct tl_bank_entry *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_ENTRY_GET, A_ID(bank), A_ID(entry));
	return one_entry(&r, rc, arena, ret);
}

int
tl_bank_entry_of(struct tl_db *db, struct tl_id bank, enum tl_entry_form form,
    struct tl_str value, struct tl_id *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_ENTRY_OF, A_ID(bank),
	    A_Z(tl_entry_form_names[form]), A_BYTES(value));
	if (rc < 0)
		return rows_found(rc, "entry");
	*ret = tl_col_id(&r, 0);
	tl_row_end(&r);
	return 0;
}

int
tl_bank_entry_by_key(
    struct tl_db *db, int64_t key, struct tl_arena *arena, struct tl_bank_entry *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_ENTRY_BY_KEY, A_INT(key));
	return one_entry(&r, rc, arena, ret);
}

int
tl_bank_entry_page(struct tl_db *db, struct tl_id bank, struct tl_id before, size_t max,
    struct tl_arena *arena, struct tl_bank_entry **ret, size_t *ret_count)
{
	if (tl_id_is_nil(before))
		memset(&before, 0xff, sizeof before);
	struct tl_row r;
	int rc =
	    tl_db_query(db, &r, TL_SQL_BANK_ENTRY_PAGE, A_ID(bank), A_ID(before), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, bank_entry_read, ret, ret_count);
}

int
tl_bank_marks(struct tl_db *db, int64_t ret[tl_bank_kind_count])
{
	struct tl_row r;
	int64_t marks[tl_bank_kind_count] = {0};
	int rc = tl_db_query(db, &r, TL_SQL_BANK_MARKS, A_NULL);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int kind;
		if (tl_word_parse(tl_bank_kind_names, tl_col_str(&r, 0), &kind) == 0)
			marks[kind] = tl_col_int(&r, 1);
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	memcpy(ret, marks, sizeof marks);
	return 0;
}

int
tl_bank_next_turn(struct tl_db *db, int64_t now_us, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_BANK_NEXT_TURN, A_INT(now_us));
}

int
tl_bank_live_entries(struct tl_db *db, struct tl_id bank, int64_t now_us,
    void (*fn)(void *ctx, struct tl_id entry, int64_t key, enum tl_entry_form form,
	struct tl_str value),
    void *ctx)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_BANK_ENTRY_LIVE, A_ID(bank), A_INT(now_us));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int form;
		if (tl_word_parse(tl_entry_form_names, tl_col_str(&r, 2), &form) == 0)
			fn(ctx, tl_col_id(&r, 0), tl_col_int(&r, 3), (enum tl_entry_form)form,
			    tl_col_str(&r, 1));
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}
