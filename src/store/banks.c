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
#include "store/rows_int.h"
#include "sys/clock.h"

/* Per form: the kind of bank that holds it and the bytes of its value (0: text). */
static const struct {
	enum tl_bank_kind kind;
	size_t bytes;
} forms[tl_entry_form_count] = {
    [TL_FORM_PDQ] = {TL_BANK_PDQ, 32},
    [TL_FORM_MD5] = {TL_BANK_DIGEST, 16},
    [TL_FORM_SHA256] = {TL_BANK_DIGEST, 32},
    [TL_FORM_WORD] = {TL_BANK_TEXT, 0},
    [TL_FORM_PHRASE] = {TL_BANK_TEXT, 0},
    [TL_FORM_REGEX] = {TL_BANK_TEXT, 0},
};

bool
tl_bank_holds(enum tl_bank_kind kind, enum tl_entry_form form)
{
	return forms[form].kind == kind;
}

static int
check_name(struct tl_str s)
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
	return 0;
}

int
tl_bank_create(struct tl_db *db, struct tl_bank *b)
{
	int rc = check_name(b->name);
	if (rc == 0)
		rc = check_bank(b);
	if (rc < 0)
		return rc;
	b->id = tl_id_new();
	b->created_at = tl_now_us();
	b->changed = 1;
	rc = tl_db_run(db, TL_SQL_BANK_ADD, A_ID(b->id), A_TEXT(b->name),
	    A_Z(tl_bank_kind_names[b->kind]), A_TEXT(b->policy), A_TEXT(b->source),
	    A_INT(b->distance), A_INT(b->enabled), A_INT(b->created_at));
	if (rc == TL_EEXISTS)
		return tl_fail_at(rc, "/name", "there is a bank of this name");
	return rc < 0 ? rc : 0;
}

static int
read_bank(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int kind;
	if (tl_word_parse(tl_bank_kind_names, tl_col_str(r, 2), &kind) < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown kind of bank");
	*(struct tl_bank *)ret = (struct tl_bank){.id = tl_col_id(r, 0),
	    .name = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .kind = (enum tl_bank_kind)kind,
	    .policy = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .source = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .distance = (int)tl_col_int(r, 5),
	    .enabled = tl_col_int(r, 6) != 0,
	    .created_at = tl_col_int(r, 7),
	    .changed = tl_col_int(r, 8),
	    .entries = tl_col_int(r, 9)};
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
	return rows_one(tl_db_run(db, TL_SQL_BANK_SET, A_ID(b->id), A_TEXT(b->policy),
			    A_TEXT(b->source), A_INT(b->distance), A_INT(b->enabled)),
	    "bank");
}

static int
touch(struct tl_db *db, struct tl_id bank, int rc)
{
	rc = rows_one(rc, "entry");
	if (rc < 0)
		return rc;
	return rows_one(tl_db_run(db, TL_SQL_BANK_TOUCH, A_ID(bank)), "bank");
}

static int
check_value(const struct tl_bank *b, const struct tl_bank_entry *e)
{
	if (!tl_bank_holds(b->kind, e->form))
		return tl_fail_at(TL_EFIELD, "/form", "a %s bank holds no %s entries",
		    tl_bank_kind_names[b->kind], tl_entry_form_names[e->form]);
	size_t bytes = forms[e->form].bytes;
	if (bytes && e->value.n != bytes)
		return tl_fail_at(TL_EFIELD, "/value", "a %s value has %zu hex digits",
		    tl_entry_form_names[e->form], bytes * 2);
	if (!bytes && (e->value.n == 0 || e->value.n > TL_BANK_VALUE_MAX))
		return tl_fail_at(
		    TL_EFIELD, "/value", "a pattern has 1 to %d bytes", TL_BANK_VALUE_MAX);
	return 0;
}

/* An entry that somebody had disabled comes back when it is added again. */
static int
revive(struct tl_db *db, const struct tl_bank *b, const struct tl_bank_entry *e)
{
	int rc = tl_db_run(db, TL_SQL_BANK_ENTRY_REVIVE, A_ID(b->id),
	    A_Z(tl_entry_form_names[e->form]), A_BYTES(e->value), A_TEXT0(e->note));
	if (rc == 0)
		return tl_fail_at(TL_EEXISTS, "/value", "the bank holds this already");
	return touch(db, b->id, rc);
}

int
tl_bank_entry_add(struct tl_db *db, const struct tl_bank *b, struct tl_bank_entry *e)
{
	int rc = check_value(b, e);
	if (rc < 0)
		return rc;
	e->id = tl_id_new();
	e->added_at = tl_now_us();
	rc = tl_db_run(db, TL_SQL_BANK_ENTRY_ADD, A_ID(b->id), A_ID(e->id), A_BYTES(e->value),
	    A_Z(tl_entry_form_names[e->form]), A_TEXT0(e->note), A_TEXT0(e->provenance),
	    A_INT(e->enabled), A_INT0(e->disabled_until), A_INT(e->added_at));
	if (rc == TL_EEXISTS && e->enabled)
		return revive(db, b, e);
	return rc < 0 ? rc : touch(db, b->id, rc);
}

int
tl_bank_entry_remove(struct tl_db *db, struct tl_id bank, struct tl_id entry)
{
	return touch(db, bank, tl_db_run(db, TL_SQL_BANK_ENTRY_DROP, A_ID(bank), A_ID(entry)));
}

int
tl_bank_entry_disable(struct tl_db *db, struct tl_id bank, struct tl_id entry, int64_t until)
{
	return touch(db, bank,
	    tl_db_run(db, TL_SQL_BANK_ENTRY_ENABLE, A_ID(bank), A_ID(entry), A_INT(0),
		A_INT0(until)));
}

static int
read_entry(const struct tl_row *r, struct tl_arena *arena, void *ret)
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
	    .added_at = tl_col_int(r, 7)};
	return tl_arena_check(arena);
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
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_entry, ret, ret_count);
}

void
tl_bank_value_text(enum tl_entry_form form, struct tl_str value, struct tl_buf *out)
{
	if (!forms[form].bytes) {
		tl_buf_put(out, value.p, value.n);
		return;
	}
	char hex[65] = "";
	if (value.n <= 32)
		tl_hex(hex, value.p, value.n);
	tl_buf_puts(out, hex);
}

int
tl_bank_value_parse(
    enum tl_entry_form form, struct tl_str text, struct tl_arena *arena, struct tl_str *ret)
{
	size_t bytes = forms[form].bytes;
	if (!bytes) {
		if (!tl_utf8_valid(text))
			return tl_fail_at(
			    TL_EFIELD, "/value", "the pattern is not valid UTF-8");
		*ret = tl_arena_dup(arena, text);
		return tl_arena_check(arena);
	}
	uint8_t *raw = tl_arena_alloc(arena, bytes);
	if (!raw)
		return tl_arena_check(arena);
	if (tl_unhex(raw, bytes, text) < 0)
		return tl_fail_at(TL_EFIELD, "/value", "a %s value has %zu hex digits",
		    tl_entry_form_names[form], bytes * 2);
	*ret = tl_bytes(raw, bytes);
	return 0;
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
tl_bank_next_enable(struct tl_db *db, int64_t now_us, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_BANK_NEXT_ENABLE, A_INT(now_us));
}

int
tl_bank_live_entries(struct tl_db *db, struct tl_id bank, int64_t now_us,
    void (*fn)(void *ctx, struct tl_id entry, enum tl_entry_form form, struct tl_str value),
    void *ctx)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_BANK_ENTRY_LIVE, A_ID(bank), A_INT(now_us));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int form;
		if (tl_word_parse(tl_entry_form_names, tl_col_str(&r, 2), &form) == 0)
			fn(ctx, tl_col_id(&r, 0), (enum tl_entry_form)form, tl_col_str(&r, 1));
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}
