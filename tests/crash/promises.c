/*
 * Holds a store to what was promised (power_cut.h): it opens, its pages and its chain are whole, each promised thing is
 * there once, every text has its key, every media row its bytes, every item without verdict its job.
 *
 * Promises: looks at everything in each call; a finding is counted and named, never fatal. Called by power_cut.c.
 */
#include "power_cut.h"

#include "base/arena.h"
#include "base/json.h"
#include "config/config.h"
#include "store/blobs.h"
#include "store/items.h"
#include "store/ledger.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>

#define WORDS_MAX 160

enum kind { ITEM, MEDIA, FLAG, DECISION, CONFIRMED, HEARD, EVENT, KEY, ENTRY, KINDS };

static const char *const kinds[KINDS] = {
    "item", "media", "flag", "decision", "confirmed", "heard", "event", "key", "entry"};

struct promise {
	enum kind kind;
	char id[80];
	char text[WORDS_MAX];
	char account[40];
	int64_t number;
	bool asked, erased; /* its erasure was asked for; was answered */
};

struct promises {
	bool made;     /* `tutela init` has ended */
	bool expiring; /* the clock was moved on: what is old may go */
	struct promise *list;
	size_t count, cap;
	char accounts[64][40]; /* whose forgetting was asked for */
	size_t account_count;
	size_t marks;
};

struct promises *
promises_create(void)
{
	struct promises *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	return p;
}

void
promises_destroy(struct promises *p)
{
	free(p->list);
	free(p);
}

size_t
promises_count(const struct promises *p)
{
	return p->marks;
}

static const char *
text_of(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));
	return s ? s : "";
}

static struct promise *
find(struct promises *p, enum kind kind, const char *id)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].kind == kind && strcmp(p->list[i].id, id) == 0)
			return &p->list[i];
	return NULL;
}

static void
add(struct promises *p, enum kind kind, const json_t *j)
{
	if (find(p, kind, text_of(j, "id")))
		return;
	if (p->count == p->cap) {
		p->cap = p->cap * 2 + 64;
		p->list = realloc(p->list, p->cap * sizeof *p->list);
		if (!p->list)
			abort();
	}
	struct promise *x = &p->list[p->count++];
	*x = (struct promise){
	    .kind = kind, .number = json_integer_value(json_object_get(j, "n"))};
	(void)snprintf(x->id, sizeof x->id, "%s", text_of(j, "id"));
	(void)snprintf(x->text, sizeof x->text, "%s", text_of(j, "text"));
	(void)snprintf(x->account, sizeof x->account, "%s", text_of(j, "account"));
}

/* An account's erasure covers its items. */
static void
forget(struct promises *p, const char *account)
{
	if (p->account_count < TL_COUNT(p->accounts))
		(void)snprintf(
		    p->accounts[p->account_count++], sizeof p->accounts[0], "%s", account);
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->list[i].account, account) == 0)
			p->list[i].asked = true;
}

void
promises_hear(struct promises *p, const char *json, size_t n)
{
	json_t *j = json_loadb(json, n, 0, NULL);
	const char *t = text_of(j, "t");
	struct promise *x;
	p->marks++;
	if (strcmp(t, "made") == 0)
		p->made = true;
	if (strcmp(t, "expiring") == 0)
		p->expiring = true;
	if (strcmp(t, "forgetting") == 0)
		forget(p, text_of(j, "id"));
	if ((strcmp(t, "erasing") == 0 || strcmp(t, "erased") == 0) &&
	    (x = find(p, ITEM, text_of(j, "id"))) != NULL) {
		x->asked = true;
		x->erased = strcmp(t, "erased") == 0;
	}
	for (int kind = 0; kind < KINDS; kind++)
		if (strcmp(t, kinds[kind]) == 0)
			add(p, (enum kind)kind, j);
	json_decref(j);
}

/* Looking ------------------------------------------------------------------------------------------------------ */

struct look {
	const struct promises *p;
	struct tl_store *store;
	struct tl_db *db;
	struct tl_arena *arena;
	sqlite3 *h;
	int bad;
};

static void wrong(struct look *l, const char *fmt, ...) TL_PRINTF(2, 3);

static void
wrong(struct look *l, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (l->bad < 6) {
		(void)fputs("    ", stderr);
		(void)vfprintf(stderr, fmt, ap);
		(void)fputc('\n', stderr);
	}
	va_end(ap);
	l->bad++;
}

/* The number that a query gives; -1 when it cannot run. `id`: 16 bytes or a text for ?1. */
static int64_t
ask(struct look *l, const char *sql, const char *id)
{
	sqlite3_stmt *st = NULL;
	struct tl_id uuid;
	int64_t n = -1;
	int code = sqlite3_prepare_v2(l->h, sql, -1, &st, NULL);
	if (code == SQLITE_OK && id && tl_id_parse(tl_str(id), &uuid) == 0)
		code = sqlite3_bind_blob(st, 1, uuid.b, sizeof uuid.b, SQLITE_TRANSIENT);
	else if (code == SQLITE_OK && id)
		code = sqlite3_bind_text(st, 1, id, -1, SQLITE_TRANSIENT);
	if (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	else
		wrong(l, "%s: %s", sql, sqlite3_errmsg(l->h));
	(void)sqlite3_finalize(st);
	return n;
}

static void
check_pages(struct look *l, const char *dir, const char *name)
{
	char path[4200];
	sqlite3 *h = NULL;
	sqlite3_stmt *st = NULL;
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	int code = sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(h, "PRAGMA integrity_check(1)", -1, &st, NULL);
	if (code != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW ||
	    strcmp((const char *)sqlite3_column_text(st, 0), "ok") != 0)
		wrong(l, "%s: %s", name,
		    st ? (const char *)sqlite3_column_text(st, 0) : sqlite3_errmsg(h));
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(h);
}

static bool
may_be_gone(const struct look *l, struct tl_str account)
{
	for (size_t i = 0; i < l->p->account_count; i++)
		if (tl_str_is(account, l->p->accounts[i]))
			return true;
	return false;
}

/* Every text has its key; a promised item says what it said. */
static void
check_item(struct look *l, int64_t platform, struct tl_id id)
{
	static struct tl_item_full full;
	const struct promise *x = NULL;
	tl_arena_reset(l->arena);
	int rc = tl_item_head(l->db, platform, id, l->arena, &full);
	if (rc == 0 && may_be_gone(l, full.item.account_ext))
		return;
	if (rc == 0)
		rc = tl_item_get(l->db, platform, id, l->arena, &full);
	if (rc < 0) {
		wrong(l, "an item cannot be read: %s", tl_err_text());
		return;
	}
	for (size_t i = 0; i < l->p->count && !x; i++)
		if (l->p->list[i].kind == ITEM && tl_str_is(full.item.ext_id, l->p->list[i].id))
			x = &l->p->list[i];
	bool deleted = full.item.state == TL_ITEM_DELETED;
	if (!x)
		return;
	if (x->erased && !deleted)
		wrong(l, "item %s was erased and is back", x->id);
	if (deleted && !x->asked && !l->p->expiring)
		wrong(l, "item %s is gone", x->id);
	if (!deleted &&
	    !(full.item.field_count && tl_str_is(full.item.fields[0].text, x->text)))
		wrong(l, "item %s says something else", x->id);
}

static void
check_items(struct look *l)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(l->h, "SELECT platform, id FROM items", -1, &st, NULL);
	while (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		struct tl_id id;
		memcpy(id.b, sqlite3_column_blob(st, 1), sizeof id.b);
		check_item(l, sqlite3_column_int64(st, 0), id);
	}
	(void)sqlite3_finalize(st);
}

static void
check_blobs(struct look *l)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(
	    l->h, "SELECT id, bytes FROM media WHERE state <> 'erased'", -1, &st, NULL);
	while (code == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		struct tl_media_id id;
		struct tl_buf b = {.limit = 1 << 24};
		memcpy(id.b, sqlite3_column_blob(st, 0), sizeof id.b);
		if (tl_blob_read(l->store, &id, &b) < 0)
			wrong(l, "media without its bytes: %s", tl_err_text());
		else if ((int64_t)b.n != sqlite3_column_int64(st, 1))
			wrong(l, "media of another size");
		tl_buf_fini(&b);
	}
	(void)sqlite3_finalize(st);
}

/* How many rows there must be for a promise; items are looked at one by one. */
static const struct {
	const char *sql;
	int64_t want;
} proofs[KINDS] = {
    [ITEM] = {"SELECT count(*) FROM items WHERE ext_id = ?1", 1},
    [MEDIA] = {"SELECT count(*) FROM media WHERE lower(hex(id)) = ?1", 1},
    [FLAG] = {"SELECT count(*) FROM flags WHERE ext_id = ?1", 1},
    [DECISION] = {"SELECT count(*) FROM decisions WHERE id = ?1", 1},
    [CONFIRMED] =
	{"SELECT count(*) FROM actions WHERE id = ?1 AND state IN ('confirmed', 'reversed')",
	    1},
    [HEARD] = {"SELECT count(*) FROM outbox WHERE id = ?1", 1},
    [EVENT] = {"SELECT coalesce(max(event_seq), 0) FROM outbox WHERE id = ?1", -1},
    [KEY] = {"SELECT count(*) FROM api_keys WHERE id = ?1", 1},
    [ENTRY] = {"SELECT count(*) FROM bank_entries WHERE CAST(value AS TEXT) = ?1", 1},
};

/* What must not be there at all, each with what it would mean. */
static const struct {
	const char *what, *sql;
} never[] = {
    {"an action twice", "SELECT count(*) FROM (SELECT 1 FROM actions GROUP BY decision, "
			"subject, name, reverses HAVING count(*) > 1)"},
    {"a case decided twice", "SELECT count(*) FROM (SELECT 1 FROM decisions WHERE case_id IS "
			     "NOT NULL GROUP BY case_id HAVING count(*) > 1)"},
    {"an action asked for twice",
	"SELECT count(*) FROM (SELECT 1 FROM outbox WHERE kind = 'action.requested' GROUP BY "
	"cause, body HAVING count(*) > 1)"},
    {"an item that nobody will scan",
	"SELECT count(*) FROM items i WHERE verdict IS NULL AND state = 'pending' AND NOT "
	"EXISTS"
	" (SELECT 1 FROM jobs j WHERE j.platform = i.platform AND j.item = i.id)"},
    {"an item with media that are not there",
	"SELECT count(*) FROM item_media x JOIN items i ON i.platform = x.platform AND i.id = "
	"x.item"
	" WHERE i.state <> 'deleted' AND NOT EXISTS (SELECT 1 FROM media m WHERE m.platform = "
	"x.platform AND m.id = x.media AND m.state <> 'erased')"},
    {"an action without its decision", "SELECT count(*) FROM actions a WHERE NOT EXISTS "
				       "(SELECT 1 FROM decisions d WHERE d.id = a.decision)"},
};

static void
check_promises(struct look *l)
{
	for (size_t i = 0; i < l->p->count; i++) {
		const struct promise *x = &l->p->list[i];
		bool may_expire = x->kind == MEDIA || x->kind == HEARD || x->kind == EVENT;
		if (may_expire && l->p->expiring)
			continue;
		int64_t want = proofs[x->kind].want < 0 ? x->number : proofs[x->kind].want;
		int64_t n = ask(l, proofs[x->kind].sql, x->id);
		if (n != want)
			wrong(l, "%s %s: %lld instead of %lld", kinds[x->kind], x->id,
			    (long long)n, (long long)want);
	}
	for (size_t i = 0; i < TL_COUNT(never); i++)
		if (ask(l, never[i].sql, NULL) != 0)
			wrong(l, "%s", never[i].what);
}

static int
open_all(struct look *l, const char *dir)
{
	struct tl_config *config = NULL;
	char path[4200];
	int rc = tl_config_load(dir, NULL, 0, &config);
	tl_config_destroy(config);
	/* Before it has ended, `tutela init` may be given again; that must do. */
	if (rc == 0 && !l->p->made)
		rc = tl_store_create(dir);
	if (rc == 0)
		rc = tl_store_open(dir, &l->store);
	if (rc == 0)
		rc = tl_db_open(l->store, &l->db);
	(void)snprintf(path, sizeof path, "%s/store.db", dir);
	if (rc == 0 && sqlite3_open_v2(path, &l->h, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		rc = tl_fail(TL_EIO, "cannot open the store twice");
	return rc;
}

int
promises_check(const struct promises *p, const char *dir)
{
	struct look l = {.p = p, .arena = tl_arena_create(1 << 24)};
	int64_t rows = 0, bad = 0;
	if (open_all(&l, dir) < 0) {
		wrong(&l, "it does not open: %s", tl_err_text());
	} else {
		check_pages(&l, dir, "store.db");
		check_pages(&l, dir, "keys.db");
		if (tl_ledger_verify(l.db, NULL, &rows, &bad) < 0)
			wrong(&l, "the chain: %s", tl_err_text());
		check_items(&l);
		check_blobs(&l);
		check_promises(&l);
	}
	(void)sqlite3_close(l.h);
	tl_db_close(l.db);
	tl_store_close(l.store);
	tl_arena_destroy(l.arena);
	return l.bad;
}
