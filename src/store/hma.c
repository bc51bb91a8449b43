/*
 * Banks and contents for clients of the HMA API.
 *
 * Promises: an integer names the same entries for ever; what belongs to another bank is not found; entries change only
 * through the verbs of banks.c, so that every index hears of it. Deleting keeps our bank, empty and off: rules may name
 * it. Failures: EFIELD, EEXISTS, NOTFOUND. Called by the HMA routes and by the worker's lookups.
 */
#include "store/hma.h"

#include "base/arena.h"
#include "store/rows_int.h"

#define SOURCE "HMA API"
#define NAME_MAX_THERE 255
#define NAME_OWN_MAX 48 /* of a name there; what is behind it in ours needs room */

/* Our banks behind one bank there: the first has its name, the others one behind it. */
static const struct part_kind {
	enum tl_bank_kind kind;
	const char *suffix;
} parts[] = {{TL_BANK_PDQ, ""}, {TL_BANK_DIGEST, ".digest"}, {TL_BANK_VIDEO, ".video"}};

static int
read_part(const struct tl_row *r, struct tl_arena *arena, struct tl_hma_bank *b)
{
	int kind;
	if (tl_word_parse(tl_bank_kind_names, tl_col_str(r, 2), &kind) < 0)
		return tl_fail(TL_ECORRUPT, "the store holds an unknown kind of bank");
	double ratio = tl_col_int(r, 3) ? tl_col_real(r, 4) : 0;
	if (b->parts == 0) {
		*b = (struct tl_hma_bank){.name = tl_arena_dup(arena, tl_col_str(r, 0)),
		    .ratio = ratio,
		    .made = tl_col_int(r, 5) != 0,
		    .policy = tl_arena_dup(arena, tl_col_str(r, 6)),
		    .own_name = tl_arena_dup(arena, tl_col_str(r, 7))};
	}
	if (b->parts == TL_HMA_PARTS)
		return 0;
	b->part[b->parts] = tl_col_id(r, 1);
	b->kind[b->parts++] = (enum tl_bank_kind)kind;
	return tl_arena_check(arena);
}

int
tl_hma_bank_find(
    struct tl_db *db, struct tl_str name, struct tl_arena *arena, struct tl_hma_bank *ret)
{
	struct tl_row r;
	struct tl_hma_bank b = {.parts = 0};
	int rc = tl_db_query(db, &r, TL_SQL_HMA_BANK, A_TEXT(name));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		rc = read_part(&r, arena, &b);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	if (b.parts == 0)
		return tl_fail(TL_ENOTFOUND, "there is no such bank");
	*ret = b;
	return 0;
}

int
tl_hma_bank_list(
    struct tl_db *db, struct tl_arena *arena, struct tl_hma_bank **ret, size_t *ret_count)
{
	struct tl_bank *all = NULL;
	struct tl_row r;
	size_t most = 0, n = 0;
	int rc = tl_bank_list(db, arena, &all, &most);
	if (rc < 0)
		return rc;
	struct tl_hma_bank *list = TL_NEWS(arena, struct tl_hma_bank, most + 1);
	if (!list)
		return tl_arena_check(arena);
	rc = tl_db_query(db, &r, TL_SQL_HMA_BANKS, A_NULL);
	if (rc < 0)
		return rc;
	while (n <= most && (rc = tl_row_next(&r)) > 0) {
		if (n == 0 || !tl_str_eq(list[n - 1].name, tl_col_str(&r, 0)))
			list[n++] = (struct tl_hma_bank){.parts = 0};
		rc = read_part(&r, arena, &list[n - 1]);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	*ret = list;
	*ret_count = n;
	return rc < 0 ? rc : 0;
}

static int
check_name(struct tl_str s)
{
	if (s.n == 0 || s.n > NAME_MAX_THERE)
		return tl_fail_at(
		    TL_EFIELD, "name", "a name has 1 to %d characters", NAME_MAX_THERE);
	for (size_t i = 0; i < s.n; i++) {
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';
		bool upper = s.p[i] >= 'A' && s.p[i] <= 'Z';
		if (!upper && s.p[i] != '_' && (!digit || i == 0))
			return tl_fail_at(TL_EFIELD, "name",
			    "a name has A to Z, 0 to 9 and _ only, and does not begin with a "
			    "digit");
	}
	return 0;
}

/* Our bank of this name, when that API made it and has deleted it since. */
static bool
is_gone(struct tl_db *db, struct tl_id bank)
{
	struct tl_row r;
	if (tl_db_first(db, &r, TL_SQL_HMA_BANK_OF, A_ID(bank)) < 0)
		return false;
	bool gone = tl_col_int(&r, 2) != 0;
	tl_row_end(&r);
	return gone;
}

static int
share_out(struct tl_bank *b, double ratio)
{
	if (!(ratio >= 0 && ratio <= 1))
		return tl_fail_at(TL_EFIELD, "enabled_ratio", "a ratio is 0 to 1");
	b->enabled = ratio > 0;
	b->share = ratio > 0 ? ratio : 1;
	return 0;
}

/* A bank of this kind, new or one that was deleted; its name here is `name`, or with a number when that is taken. */
static int
make_part(struct tl_db *db, struct tl_str name, struct tl_str shown, struct tl_bank *b,
    bool made, struct tl_arena *arena)
{
	struct tl_id id;
	for (int i = 1; i < 100; i++) {
		b->name =
		    i == 1 ? name : tl_str(tl_arena_printf(arena, "%.*s.%d", TL_ARG(name), i));
		int rc = tl_bank_find(db, b->name, &id);
		if (rc == TL_ENOTFOUND) {
			rc = tl_bank_create(db, b);
		} else if (rc == 0 && is_gone(db, id)) {
			struct tl_bank old = {0};
			rc = tl_bank_get(db, id, arena, &old);
			if (rc == 0 && old.kind != b->kind)
				continue;
			b->id = id;
			if (rc == 0)
				rc = tl_bank_set(db, b);
		} else if (rc == 0) {
			continue;
		}
		return rc < 0 ? rc
		       : tl_db_run(db, TL_SQL_HMA_BANK_PUT, A_ID(b->id), A_TEXT(shown),
			     A_INT(made)) < 0
			   ? TL_EIO
			   : 0;
	}
	return tl_fail_at(TL_EEXISTS, "name", "Bank already exists");
}

/* One more bank of ours behind a bank there, like its first one. From then on all stand under one name. */
static int
add_part(
    struct tl_db *db, struct tl_hma_bank *b, const struct part_kind *p, struct tl_arena *arena)
{
	struct tl_bank first = {0};
	int rc = tl_bank_get(db, b->part[0], arena, &first);
	if (rc < 0)
		return rc;
	struct tl_bank made = {.kind = p->kind,
	    .policy = first.policy,
	    .source = first.source,
	    .distance = 31,
	    .enabled = first.enabled,
	    .share = first.share,
	    .direction = first.direction};
	struct tl_str name =
	    tl_str(tl_arena_printf(arena, "%.*s%s", TL_ARG(first.name), p->suffix));
	rc = make_part(db, name, b->name, &made, b->made, arena);
	if (rc == 0)
		rc = tl_db_run(
		    db, TL_SQL_HMA_BANK_PUT, A_ID(b->part[0]), A_TEXT(b->name), A_INT(b->made));
	if (rc < 0)
		return rc;
	b->part[b->parts] = made.id;
	b->kind[b->parts++] = p->kind;
	return 0;
}

int
tl_hma_bank_create(struct tl_db *db, struct tl_str name, struct tl_str policy, double ratio,
    struct tl_arena *arena, struct tl_hma_bank *ret)
{
	struct tl_bank b = {.kind = TL_BANK_PDQ,
	    .policy = policy,
	    .source = TL_S(SOURCE),
	    .distance = 31,
	    .direction = TL_DIRECTION_BLOCK};
	struct tl_hma_bank there;
	int rc = check_name(name);
	if (rc == 0)
		rc = share_out(&b, ratio);
	if (rc < 0)
		return rc;
	rc = tl_hma_bank_find(db, name, arena, &there);
	if (rc == 0)
		return tl_fail_at(TL_EEXISTS, "", "Bank already exists");
	if (rc == TL_ENOTFOUND)
		rc = make_part(db,
		    tl_bytes(name.p, name.n < NAME_OWN_MAX ? name.n : NAME_OWN_MAX), name, &b,
		    true, arena);
	if (rc == 0)
		rc = tl_hma_bank_find(db, name, arena, ret);
	return rc < 0 ? rc : add_part(db, ret, &parts[1], arena);
}

static int
set_part(struct tl_db *db, struct tl_id id, double ratio, struct tl_arena *arena)
{
	struct tl_bank b = {0};
	int rc = tl_bank_get(db, id, arena, &b);
	if (rc == 0)
		rc = share_out(&b, ratio);
	return rc < 0 ? rc : tl_bank_set(db, &b);
}

int
tl_hma_bank_set(struct tl_db *db, const struct tl_hma_bank *b, struct tl_str name, double ratio,
    struct tl_arena *arena)
{
	struct tl_hma_bank other;
	bool renames = name.n && !tl_str_eq(name, b->name);
	int rc = renames ? check_name(name) : 0;
	if (rc == 0 && renames && !b->made)
		rc = tl_fail_at(
		    TL_EPERM, "name", "this bank was not made here: rename it in the console");
	if (rc < 0)
		return rc;
	if (renames) {
		rc = tl_hma_bank_find(db, name, arena, &other);
		if (rc == 0)
			return tl_fail_at(TL_EEXISTS, "", "Bank already exists");
		rc = rc == TL_ENOTFOUND ? 0 : rc;
	}
	for (size_t i = 0; i < b->parts && rc == 0; i++) {
		if (ratio >= 0)
			rc = set_part(db, b->part[i], ratio, arena);
		if (rc == 0 && renames)
			rc = tl_db_run(
			    db, TL_SQL_HMA_BANK_PUT, A_ID(b->part[i]), A_TEXT(name), A_INT(1));
		rc = rc > 0 ? 0 : rc;
	}
	return rc;
}

/* Deleting ------------------------------------------------------------------------------------------------------ */

struct named {
	struct tl_id id;
	int64_t key;
};

static int
read_named(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	(void)arena;
	*(struct named *)ret = (struct named){tl_col_id(r, 0), tl_col_int(r, 1)};
	return 0;
}

static int
forget(struct tl_db *db, int64_t key, int64_t content)
{
	int rc = tl_db_run(db, TL_SQL_HMA_MEMBER_DROP, A_INT(key));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_HMA_CONTENT_DROP, A_INT(content));
	return rc < 0 ? rc : 0;
}

static int
content_of(struct tl_db *db, int64_t key, int64_t *ret)
{
	int rc = ROWS_NUMBER(db, ret, TL_SQL_HMA_CONTENT_OF, A_INT(key));
	if (rc != TL_ENOTFOUND)
		return rc;
	*ret = key;
	return 0;
}

static int
empty_part(struct tl_db *db, struct tl_id bank, size_t max, struct tl_arena *arena)
{
	struct tl_row r;
	struct named *some = NULL;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_HMA_BANK_SOME, A_ID(bank), A_INT(max));
	if (rc == 0)
		rc = ROWS_READ(&r, arena, max, read_named, &some, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		int64_t content = 0;
		rc = content_of(db, some[i].key, &content);
		if (rc == 0)
			rc = forget(db, some[i].key, content);
		if (rc == 0)
			rc = tl_bank_entry_remove(db, bank, some[i].id);
	}
	return rc < 0 ? rc : (int)n;
}

int
tl_hma_bank_empty(
    struct tl_db *db, const struct tl_hma_bank *b, size_t max, struct tl_arena *arena)
{
	size_t removed = 0;
	if (!b->made)
		return tl_fail(
		    TL_EPERM, "this bank was not made here: it cannot be deleted here");
	int rc = b->ratio > 0 ? tl_hma_bank_set(db, b, TL_S(""), 0, arena) : 0;
	for (size_t i = 0; i < b->parts && rc >= 0 && removed < max; i++) {
		rc = empty_part(db, b->part[i], max - removed, arena);
		removed += rc > 0 ? (size_t)rc : 0;
	}
	for (size_t i = 0; i < b->parts && rc >= 0 && removed < max; i++)
		rc = tl_db_run(db, TL_SQL_HMA_BANK_GONE, A_ID(b->part[i]));
	return rc < 0 ? rc : (int)removed;
}

/* Matches ------------------------------------------------------------------------------------------------------- */

static bool
asks_bank(const struct tl_hma_asked *asked, struct tl_str name)
{
	for (size_t i = 0; i < asked->count; i++)
		if (tl_str_eq(asked->names[i], name))
			return true;
	return !asked->names;
}

/* One more row of a list whose length nobody knows before. */
static void *
one_more(struct tl_arena *arena, void *list, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return list;
	size_t more = *room ? *room * 2 : 16;
	void *grown = tl_arena_alloc(arena, more * size);
	if (grown && n)
		memcpy(grown, list, n * size);
	*room = grown ? more : 0;
	return grown;
}

int
tl_hma_banks_asked(struct tl_db *db, enum tl_bank_kind kind, const struct tl_hma_asked *asked,
    struct tl_arena *arena, struct tl_id **ret, size_t *ret_count)
{
	struct tl_row r;
	struct tl_id *list = NULL;
	size_t n = 0, room = 0;
	int rc = tl_db_query(db, &r, TL_SQL_HMA_BANKS_IN_USE, A_Z(tl_bank_kind_names[kind]));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		if (!asks_bank(asked, tl_col_str(&r, 0)))
			continue;
		list = one_more(arena, list, n, &room, sizeof *list);
		if (!list)
			break;
		list[n++] = tl_col_id(&r, 1);
	}
	tl_row_end(&r);
	*ret = list;
	*ret_count = list ? n : 0;
	return rc < 0 ? rc : tl_arena_check(arena);
}

static void
read_hit(const struct tl_row *r, struct tl_arena *arena, struct tl_hma_hit *ret)
{
	*ret = (struct tl_hma_hit){.bank = tl_arena_dup(arena, tl_col_str(r, 0)),
	    .content = tl_col_int(r, 1),
	    .ratio = tl_col_int(r, 3) ? tl_col_real(r, 2) : 0,
	    .review_only = tl_col_int(r, 4) != 0,
	    .provenance = tl_arena_dup(arena, tl_col_str(r, 5)),
	    .key = tl_col_int(r, 6)};
}

int
tl_hma_hit(struct tl_db *db, int64_t key, int64_t now_us, struct tl_arena *arena,
    struct tl_hma_hit *ret, bool *ret_seen)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_HMA_HIT, A_INT(key), A_INT(now_us));
	*ret_seen = rc == 0;
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	read_hit(&r, arena, ret);
	tl_row_end(&r);
	return tl_arena_check(arena);
}

int
tl_hma_hits_of(struct tl_db *db, enum tl_entry_form form, struct tl_str value, int64_t now_us,
    const struct tl_hma_asked *asked, struct tl_arena *arena, struct tl_hma_hit **ret,
    size_t *ret_count)
{
	struct tl_row r;
	struct tl_hma_hit *list = NULL;
	size_t n = 0, room = 0;
	int rc = tl_db_query(db, &r, TL_SQL_HMA_HITS_OF, A_Z(tl_entry_form_names[form]),
	    A_INT(now_us), A_BYTES(value));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		if (!asks_bank(asked, tl_col_str(&r, 0)))
			continue;
		list = one_more(arena, list, n, &room, sizeof *list);
		if (!list)
			break;
		read_hit(&r, arena, &list[n++]);
	}
	tl_row_end(&r);
	*ret = list;
	*ret_count = list ? n : 0;
	return rc < 0 ? rc : tl_arena_check(arena);
}

/* Contents ------------------------------------------------------------------------------------------------------ */

/* The part of a bank that holds this form; made when it is not there yet. */
static int
part_for(struct tl_db *db, struct tl_hma_bank *b, enum tl_entry_form form,
    struct tl_arena *arena, struct tl_bank *ret)
{
	size_t i = 0;
	for (size_t k = 0; k < b->parts; k++)
		if (tl_bank_holds(b->kind[k], form))
			return tl_bank_get(db, b->part[k], arena, ret);
	while (i < TL_COUNT(parts) && !tl_bank_holds(parts[i].kind, form))
		i++;
	if (i == TL_COUNT(parts) || b->parts == TL_HMA_PARTS)
		return tl_fail(TL_EFIELD, "no bank here can hold this");
	int rc = add_part(db, b, &parts[i], arena);
	return rc < 0 ? rc : tl_bank_get(db, b->part[b->parts - 1], arena, ret);
}

int
tl_hma_content_add(struct tl_db *db, const struct tl_hma_bank *bank, struct tl_hma_add *add,
    struct tl_arena *arena, int64_t *ret_content)
{
	struct tl_hma_bank b = *bank;
	int64_t content = 0;
	int rc = 0;
	for (size_t i = 0; i < add->count && rc == 0; i++) {
		struct tl_bank_entry *e = &add->entries[i];
		struct tl_bank part = {0};
		int64_t of = 0;
		e->enabled = true;
		rc = part_for(db, &b, e->form, arena, &part);
		if (rc == 0)
			rc = tl_bank_entry_add(db, &part, e);
		rc = rc == TL_EEXISTS || rc > 0 ? 0 : rc;
		if (rc == 0)
			rc = content_of(db, e->key, &of);
		content = content ? content : of;
		/* What is part of another content stays there. */
		if (rc == 0 && of == e->key)
			rc =
			    tl_db_run(db, TL_SQL_HMA_MEMBER_PUT, A_INT(e->key), A_INT(content));
		rc = rc > 0 ? 0 : rc;
	}
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_HMA_CONTENT_PUT, A_INT(content), A_TEXT0(add->uri),
		    A_TEXT0(add->metadata));
	*ret_content = content;
	return rc < 0 ? rc : 0;
}

static int
read_key(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	(void)arena;
	*(int64_t *)ret = tl_col_int(r, 0);
	return 0;
}

static bool
is_part(const struct tl_hma_bank *b, struct tl_id bank)
{
	for (size_t i = 0; i < b->parts; i++)
		if (tl_id_eq(b->part[i], bank))
			return true;
	return false;
}

static int
read_entries(struct tl_db *db, const struct tl_hma_bank *b, struct tl_arena *arena,
    struct tl_hma_content *c)
{
	struct tl_row r;
	int64_t *keys = NULL;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_HMA_CONTENT_KEYS, A_INT(c->id));
	if (rc == 0)
		rc = ROWS_READ(&r, arena, 64, read_key, &keys, &n);
	if (rc < 0)
		return rc;
	c->entries = TL_NEWS(arena, struct tl_bank_entry, n + 1);
	for (size_t i = 0; i < n && c->entries && rc == 0; i++) {
		struct tl_bank_entry *e = &c->entries[c->count];
		rc = tl_bank_entry_by_key(db, keys[i], arena, e);
		if (rc == 0 && is_part(b, e->bank))
			c->count++;
		rc = rc == TL_ENOTFOUND ? 0 : rc;
	}
	return rc < 0 ? rc : tl_arena_check(arena);
}

int
tl_hma_content_get(struct tl_db *db, const struct tl_hma_bank *b, int64_t id,
    struct tl_arena *arena, struct tl_hma_content *ret)
{
	struct tl_hma_content c = {.id = id};
	struct tl_row r;
	int rc = read_entries(db, b, arena, &c);
	if (rc < 0)
		return rc;
	if (c.count == 0)
		return tl_fail(TL_ENOTFOUND, "the bank has no such content");
	rc = tl_db_first(db, &r, TL_SQL_HMA_CONTENT, A_INT(id));
	if (rc == 0) {
		c.uri = tl_arena_dup(arena, tl_col_str(&r, 0));
		c.metadata = tl_arena_dup(arena, tl_col_str(&r, 1));
		tl_row_end(&r);
	}
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	*ret = c;
	return tl_arena_check(arena);
}

int
tl_hma_note_set(struct tl_db *db, const struct tl_bank_entry *e, struct tl_str note)
{
	return rows_one(
	    tl_db_run(db, TL_SQL_HMA_NOTE, A_ID(e->bank), A_ID(e->id), A_TEXT0(note)), "entry");
}

int
tl_hma_content_remove(struct tl_db *db, const struct tl_hma_content *c)
{
	int rc = 0;
	for (size_t i = 0; i < c->count && rc == 0; i++) {
		rc = forget(db, c->entries[i].key, c->id);
		if (rc == 0)
			rc = tl_bank_entry_remove(db, c->entries[i].bank, c->entries[i].id);
	}
	return rc;
}

/* Types --------------------------------------------------------------------------------------------------------- */

int
tl_hma_type_share(struct tl_db *db, struct tl_str name, double *ret)
{
	struct tl_row r;
	double share = 1;
	int rc = tl_db_query(db, &r, TL_SQL_HMA_TYPES, A_NULL);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0)
		if (tl_str_eq(tl_col_str(&r, 0), name))
			share = tl_col_real(&r, 1);
	tl_row_end(&r);
	*ret = share;
	return rc < 0 ? rc : 0;
}

int
tl_hma_type_set(struct tl_db *db, struct tl_str name, double share)
{
	int rc = tl_db_run(db, TL_SQL_HMA_TYPE_PUT, A_TEXT(name), A_REAL(share));
	return rc < 0 ? rc : 0;
}

int
tl_hma_sizes(
    struct tl_db *db, enum tl_bank_kind kind, enum tl_entry_form form, struct tl_hma_sizes *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_HMA_SIZE, A_Z(tl_entry_form_names[form]),
	    A_Z(tl_bank_kind_names[kind]));
	if (rc < 0)
		return rc;
	*ret = (struct tl_hma_sizes){.entries = tl_col_int(&r, 0),
	    .newest_at = tl_col_int(&r, 1),
	    .has_files = tl_col_int(&r, 2) != 0,
	    .later = tl_col_int(&r, 3),
	    .files_at = tl_col_int(&r, 4)};
	tl_row_end(&r);
	return 0;
}
