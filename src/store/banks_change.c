/*
 * Creating, changing, renaming and deleting banks, with the line in the audit trail.
 *
 * Promises: what is recorded says each field that changed, before and after; a bank is deleted at once for everybody,
 * however many entries it has. Failure: what the verbs of banks.h say. Called by console, CLI and the clerk.
 */
#include "store/banks_change.h"

#include "base/arena.h"
#include "base/json.h"
#include "store/people.h"
#include "store/rejudge.h"
#include "store/rows_int.h"
#include "sys/clock.h"

static void
begin(struct tl_buf *out, const char *field)
{
	tl_buf_printf(out, "%s%s ", out->n ? "; " : "", field);
}

static void
text(struct tl_buf *out, const char *field, struct tl_str was, struct tl_str will)
{
	if (tl_str_eq(was, will))
		return;
	begin(out, field);
	tl_buf_put(out, was.p, was.n);
	tl_buf_puts(out, was.n ? " -> " : "none -> ");
	tl_buf_put(out, will.p, will.n);
	if (!will.n)
		tl_buf_puts(out, "none");
}

static void
number(struct tl_buf *out, const char *field, double was, double will)
{
	if (was == will)
		return;
	begin(out, field);
	tl_buf_printf(out, "%g -> %g", was, will);
}

static void
flag(struct tl_buf *out, const char *field, bool was, bool will)
{
	text(out, field, was ? TL_S("yes") : TL_S("no"), will ? TL_S("yes") : TL_S("no"));
}

void
tl_bank_difference(const struct tl_bank *was, const struct tl_bank *will, struct tl_buf *out)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	flag(&b, "enabled", was->enabled, will->enabled);
	text(&b, "policy", was->policy, will->policy);
	text(&b, "source", was->source, will->source);
	text(&b, "classification", was->classification, will->classification);
	text(&b, "direction", tl_str(tl_bank_direction_names[was->direction]),
	    tl_str(tl_bank_direction_names[will->direction]));
	number(&b, "distance", was->distance, will->distance);
	number(&b, "share", was->share, will->share);
	number(&b, "share_query", was->share_query, will->share_query);
	number(&b, "share_known", was->share_known, will->share_known);
	flag(&b, "turned", was->turned, will->turned);
	flag(&b, "brake", !was->no_brake, !will->no_brake);
	tl_buf_put(out, b.p, b.n);
}

void
tl_bank_words(const struct tl_bank *b, struct tl_buf *out)
{
	tl_buf_printf(out,
	    "%.*s: %s, policy %.*s, source %.*s, direction %s, distance %d, share %g",
	    TL_ARG(b->name), tl_bank_kind_names[b->kind], TL_ARG(b->policy), TL_ARG(b->source),
	    tl_bank_direction_names[b->direction], b->distance, b->share);
}

static struct tl_str
time_text(char dst[TL_TIME_MAX], int64_t us)
{
	tl_time_format(dst, us);
	return us ? tl_str(dst) : (struct tl_str){0};
}

static void
when(struct tl_buf *out, const char *field, int64_t was, int64_t will)
{
	char a[TL_TIME_MAX], b[TL_TIME_MAX];
	text(out, field, time_text(a, was), time_text(b, will));
}

void
tl_bank_entry_difference(
    const struct tl_bank_entry *was, const struct tl_bank_entry *now, struct tl_buf *out)
{
	char id[TL_ID_TEXT];
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	tl_id_text(id, was->id);
	tl_buf_printf(out, "%s %s", tl_entry_form_names[was->form], id);
	if (!now) {
		tl_buf_puts(out, was->enabled ? " removed" : " removed, it was off");
		return;
	}
	flag(&b, "enabled", was->enabled, now->enabled);
	when(&b, "until", was->disabled_until, now->disabled_until);
	when(&b, "expires_at", was->expires_at, now->expires_at);
	flag(&b, "review_only", was->review_only, now->review_only);
	text(&b, "classification", was->classification, now->classification);
	if (!tl_str_eq(was->note, now->note)) /* what it says may be about people */
		tl_buf_printf(&b, "%snote", b.n ? "; " : "");
	tl_buf_puts(out, ": ");
	tl_buf_put(out, b.p, b.n);
}

void
tl_bank_bulk_words(
    const struct tl_bank_filter *f, int64_t count, int64_t until, struct tl_buf *out)
{
	const struct {
		const char *name;
		struct tl_str value;
	} parts[] = {{"exchange", f->exchange}, {"member", f->member}, {"record", f->record}};
	char time[TL_TIME_MAX];
	tl_buf_printf(
	    out, "%lld entries%s", (long long)count, f->added_by.n ? " of an import" : "");
	for (size_t i = 0; i < TL_COUNT(parts); i++) {
		if (parts[i].value.n)
			tl_buf_printf(out, ", %s %.*s", parts[i].name, TL_ARG(parts[i].value));
	}
	tl_time_format(time, until);
	if (until)
		tl_buf_printf(out, ", until %s", time);
}

static int
audit(struct tl_db *db, const char *actor, const char *verb, const struct tl_bank *b,
    struct tl_buf *detail)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, b->id);
	return tl_audit_add(db, actor, verb, tl_str(id), tl_buf_str(detail));
}

int
tl_bank_make(struct tl_db *db, struct tl_bank *b, const char *actor)
{
	struct tl_buf words TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_bank_create(db, b);
	if (rc < 0)
		return rc;
	tl_bank_words(b, &words);
	return audit(db, actor, "bank.create", b, &words);
}

int
tl_bank_edit(struct tl_db *db, const struct tl_bank *was, const struct tl_bank *will,
    const char *verb, const char *actor)
{
	struct tl_buf difference TL_CLEANUP(tl_buf_fini) = {0};
	tl_bank_difference(was, will, &difference);
	if (!difference.n)
		return 0;
	struct tl_buf detail TL_CLEANUP(tl_buf_fini) = {0};
	tl_buf_printf(&detail, "%.*s: ", TL_ARG(was->name));
	tl_buf_put(&detail, difference.p, difference.n);
	int rc = tl_bank_set(db, will);
	if (rc == 0)
		rc = audit(db, actor, verb, was, &detail);
	return rc < 0 ? rc : 1;
}

int
tl_bank_rename(struct tl_db *db, const struct tl_bank *b, struct tl_str name, const char *actor)
{
	struct tl_buf detail TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_bank_name_check(name);
	if (rc < 0 || tl_str_eq(name, b->name))
		return rc;
	rc = rows_one(tl_db_run(db, TL_SQL_BANK_RENAME, A_ID(b->id), A_TEXT(name)), "bank");
	if (rc == TL_EEXISTS)
		return tl_fail_at(rc, "/name", "there is a bank of this name");
	tl_buf_printf(&detail, "%.*s -> %.*s", TL_ARG(b->name), TL_ARG(name));
	return rc < 0 ? rc : audit(db, actor, "bank.rename", b, &detail);
}

int
tl_bank_delete(struct tl_db *db, const struct tl_bank *b, const char *actor)
{
	char id[TL_ID_TEXT], name[TL_BANK_NAME_MAX + TL_ID_TEXT + 2];
	struct tl_buf detail TL_CLEANUP(tl_buf_fini) = {0};
	tl_id_text(id, b->id);
	/* '~' is in no name that people give, so the name is free again. */
	(void)snprintf(name, sizeof name, "%.*s~%s", TL_ARG(b->name), id);
	struct tl_bank off = *b;
	off.enabled = false;
	int rc = tl_rejudge_before(db, &off);
	if (rc == 0)
		rc = rows_one(tl_db_run(db, TL_SQL_BANK_DELETE, A_ID(b->id), A_Z(name),
				  A_INT(tl_now_us())),
		    "bank");
	tl_buf_printf(&detail, "%.*s: %lld entries", TL_ARG(b->name), (long long)b->entries);
	return rc < 0 ? rc : audit(db, actor, "bank.delete", b, &detail);
}

int
tl_bank_sweep(struct tl_db *db, int64_t most)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_BANK_DELETED, A_NULL);
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	struct tl_id bank = tl_col_id(&r, 0), at = {0};
	tl_row_end(&r);
	return tl_bank_bulk(
	    db, bank, &(struct tl_bank_filter){.state = -1}, TL_BULK_REMOVE, 0, most, &at);
}
