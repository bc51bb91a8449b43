/*
 * Entries of a bank: looking for them, adding one by hand or from what was decided, changing and removing one, and many
 * by where they came from.
 *
 * Promises: a pattern or hash that a detector could not use is refused with its reason; many are counted before, and
 * done in parts of bounded size that say where to go on. Every change is in the audit trail with what was and what is.
 */
#include "api/console_banks_int.h"
#include "api/console_copies.h"

#include "detect/detect.h"
#include "store/bank_media.h"
#include "store/banks_export.h"
#include "store/banks_import.h"
#include "store/media.h"
#include "store/provenance.h"
#include "sys/clock.h"

#define PAGE 100
#define PART 2000
#define COUNT_MOST 10000000

/* Showing ---------------------------------------------------------------------------------- */

static void
entry_members(struct tl_call *c, const struct tl_bank_entry *e)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) value = {0};
	struct tl_buf *out = &c->out;
	bool cut = tl_bank_text_most(e->form) > TL_BANK_VALUE_MAX; /* a video, a sound */
	if (cut)
		tl_bank_value_brief(e->form, e->value, &value);
	else
		tl_bank_value_text(e->form, e->value, &value);
	tl_js_id(out, "id", e->id);
	tl_js_str(out, "value", tl_buf_str(&value));
	tl_js_bool(out, "cut", cut);
	tl_js_z(out, "form", tl_entry_form_names[e->form]);
	tl_js_str0(out, "note", e->note);
	tl_js_str0(out, "classification", e->classification);
	tl_js_raw0(out, "provenance", e->provenance);
	tl_js_z(out, "state", tl_entry_state_names[tl_bank_entry_state(e, tl_now_us())]);
	tl_js_bool(out, "enabled", e->enabled);
	tl_js_bool(out, "review_only", e->review_only);
	tl_js_time(out, "disabled_until", e->disabled_until);
	tl_js_time(out, "expires_at", e->expires_at);
	tl_js_time(out, "added_at", e->added_at);
	tl_js_str0(out, "added_by", bank_who(c, e->added_by));
}

void
bank_entry_write(struct tl_call *c, const struct tl_bank_entry *e)
{
	tl_js_open(&c->out, NULL, '{');
	entry_members(c, e);
	tl_js_close(&c->out, '}');
}

static struct tl_str
query(const struct tl_call *c, const char *name)
{
	struct tl_str s = {0};
	(void)tl_req_query(c->req, name, &s);
	return s;
}

int
tl_console_bank_get(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct tl_bank_found found = {0};
	struct tl_str state = query(c, "state");
	struct tl_bank_filter f = {.text = query(c, "q"),
	    .exchange = query(c, "exchange"),
	    .member = query(c, "member"),
	    .record = query(c, "record"),
	    .state = -1};
	int rc = bank_load(c, &b);
	if (rc == 0 && state.n && tl_word_parse(tl_entry_state_names, state, &f.state) < 0)
		rc = tl_fail_at(TL_EFIELD, "state", "is no state of entries");
	if (rc == 0)
		rc = tl_bank_search(c->db, &b, &f, query(c, "cursor"), PAGE, c->arena, &found);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	rc = bank_write(c, "bank", &b);
	tl_js_open(&c->out, "entries", '[');
	for (size_t i = 0; i < found.n; i++)
		bank_entry_write(c, &found.entries[i]);
	tl_js_close(&c->out, ']');
	tl_js_str0(&c->out, "next", found.next);
	tl_js_close(&c->out, '}');
	return rc;
}

/* Adding ----------------------------------------------------------------------------------- */

struct entry_ask {
	struct tl_str value, note, classification, media, decision, on_case;
	int64_t expires_at, disabled_until;
	json_t *provenance, *known;
	int form;
	bool enabled, review_only;
};

static int
one_medium(struct tl_call *c, struct tl_str hex, struct tl_media *ret)
{
	struct tl_media_id id;
	struct tl_row r;
	struct tl_tags tags = {0};
	if (tl_unhex(id.b, sizeof id.b, hex) < 0)
		return tl_fail_at(TL_EFIELD, "/media", "is not the id of a medium");
	int rc =
	    tl_db_first(c->db, &r, TL_SQL_VIEW_MEDIA, A_BYTES(tl_bytes(id.b, sizeof id.b)));
	if (rc == TL_ENOTFOUND)
		return tl_fail_at(TL_EFIELD, "/media", "there is no such medium");
	if (rc < 0)
		return rc;
	int64_t platform = tl_col_int(&r, 0);
	tl_row_end(&r);
	rc = tl_tags_of_media(c->db, platform, &id, c->arena, &tags);
	rc = tl_call_need_tags(c, TL_ACT_SEE, rc, &tags);
	if (rc == 0)
		rc = tl_media_get(c->db, platform, &id, c->arena, ret);
	return rc < 0 ? rc : tl_media_hashes(c->db, platform, ret, c->arena);
}

/* What a stored medium is known by, of the kind that this bank holds. */
static int
entry_of_media(
    struct tl_call *c, const struct tl_bank *b, struct tl_str hex, struct tl_bank_entry *e)
{
	struct tl_media *m = TL_NEW(c->arena, struct tl_media);
	struct tl_bank_entry found;
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = one_medium(c, hex, m);
	if (rc < 0)
		return rc;
	if (b->kind == TL_BANK_TEXT)
		return tl_fail_at(TL_EFIELD, "/media", "this bank holds terms, not media");
	if (tl_bank_of_medium(b->kind, m, e, c->arena, &found) == 0)
		return tl_fail_at(TL_EFIELD, "/media",
		    "it cannot be found again by what a %s bank holds; use a digest bank",
		    tl_bank_kind_names[b->kind]);
	*e = found;
	return 0;
}

static int
entry_of_value(struct tl_call *c, const struct tl_bank *b, const struct entry_ask *ask,
    struct tl_bank_entry *e)
{
	int rc = 0;
	if (!ask->value.n)
		return tl_fail_at(TL_EFIELD, "/value",
		    "a value, a medium or what a file is known by is required");
	if (ask->form < 0) {
		rc = tl_bank_value_read(b->kind, ask->value, c->arena, &e->form, &e->value);
	} else {
		e->form = (enum tl_entry_form)ask->form;
		if (!tl_bank_holds(b->kind, e->form))
			return tl_fail_at(TL_EFIELD, "/form",
			    "a %s bank holds no entries of this form",
			    tl_bank_kind_names[b->kind]);
		rc = tl_bank_value_parse(e->form, ask->value, c->arena, &e->value);
	}
	if (rc == 0)
		rc = tl_detect_entry_check(e->form, e->value);
	return rc < 0 ? tl_fail_at(TL_EFIELD, "/value", "%s", tl_err_text()) : 0;
}

/* Where it came from: as the request says, else from here. */
static int
entry_source(struct tl_call *c, const struct entry_ask *ask, struct tl_bank_entry *e)
{
	struct tl_id decision = {0};
	struct tl_str given = {0};
	if (ask->provenance) {
		char *text = json_dumps(ask->provenance, JSON_COMPACT);
		given = tl_arena_dup(c->arena, tl_str(text));
		free(text);
	}
	if (ask->decision.n && tl_id_parse(ask->decision, &decision) < 0)
		return tl_fail_at(TL_EFIELD, "/decision", "is not the id of a decision");
	return tl_bank_own(given, decision, c->arena, &e->provenance);
}

static int
read_entry(
    struct tl_call *c, const struct tl_bank *b, struct entry_ask *ask, struct tl_bank_entry *e)
{
	static const struct tl_json_field fields[] = {
	    {"form", TL_J_ENUM, offsetof(struct entry_ask, form), 0, 0, tl_entry_form_names,
		false},
	    {"value", TL_J_STR, offsetof(struct entry_ask, value), 1, TL_RECORD_BYTES, NULL,
		false},
	    {"note", TL_J_STR, offsetof(struct entry_ask, note), 0, 1000, NULL, false},
	    {"classification", TL_J_STR, offsetof(struct entry_ask, classification), 0,
		TL_BANK_CLASS_MAX, NULL, false},
	    {"provenance", TL_J_OBJECT, offsetof(struct entry_ask, provenance), 0, 6, NULL,
		false},
	    {"known", TL_J_ARRAY, offsetof(struct entry_ask, known), 1, 1, NULL, false},
	    {"media", TL_J_STR, offsetof(struct entry_ask, media), 64, 64, NULL, false},
	    {"case", TL_J_STR, offsetof(struct entry_ask, on_case), 36, 36, NULL, false},
	    {"decision", TL_J_STR, offsetof(struct entry_ask, decision), 36, 36, NULL, false},
	    {"expires_at", TL_J_TIME, offsetof(struct entry_ask, expires_at), 0, 0, NULL,
		false},
	    {"disabled_until", TL_J_TIME, offsetof(struct entry_ask, disabled_until), 0, 0,
		NULL, false},
	    {"enabled", TL_J_BOOL, offsetof(struct entry_ask, enabled), 0, 0, NULL, false},
	    {"review_only", TL_J_BOOL, offsetof(struct entry_ask, review_only), 0, 0, NULL,
		false},
	};
	int rc = TL_CALL_JSON(c, fields, ask);
	if (rc < 0)
		return rc;
	*e = (struct tl_bank_entry){.enabled = ask->enabled && !ask->disabled_until,
	    .note = ask->note,
	    .classification = ask->classification,
	    .expires_at = ask->expires_at,
	    .disabled_until = ask->disabled_until,
	    .review_only = ask->review_only,
	    .added_by = tl_str(c->actor)};
	rc = entry_source(c, ask, e);
	if (rc == 0)
		rc = ask->known     ? tl_console_known_of(c, ask->known, b, e)
		     : ask->media.n ? entry_of_media(c, b, ask->media, e)
				    : entry_of_value(c, b, ask, e);
	return rc;
}

static int
audit_entry(struct tl_call *c, const char *verb, const struct tl_bank *b,
    const struct tl_bank_entry *was, const struct tl_bank_entry *now)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) detail = {0};
	tl_bank_entry_difference(was, now, &detail);
	return bank_audit(c, verb, b, &detail);
}

static int
audit_added(
    struct tl_call *c, const struct tl_bank *b, const struct tl_bank_entry *e, bool longer)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, e->id);
	return tl_call_audit(c, "bank.add", b->id,
	    tl_arena_printf(c->arena, "%s %s%s", tl_entry_form_names[e->form], id,
		longer ? ": was there, expires later" : ""));
}

int
tl_console_bank_add(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct entry_ask ask = {.form = -1, .enabled = true};
	struct tl_bank_entry e = {0};
	int rc = bank_load(c, &b);
	if (rc == 0)
		rc = read_entry(c, &b, &ask, &e);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	struct tl_id before = tl_id_new(); /* ids rise */
	rc = tl_bank_entry_add(c->db, &b, &e);
	bool fresh = memcmp(&e.id, &before, sizeof before) > 0;
	if (rc == TL_EEXISTS)
		rc = tl_fail_at(rc, "/value", "the bank holds it already");
	bool longer = rc > 0;
	if (rc >= 0)
		rc = audit_added(c, &b, &e, longer);
	if (rc == 0 && longer)
		rc = tl_bank_entry_get(c->db, b.id, e.id, c->arena, &e);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	c->status = longer ? 200 : 201;
	tl_js_open(&c->out, NULL, '{');
	entry_members(c, &e);
	tl_js_bool(&c->out, "extended", longer);
	tl_js_bool(&c->out, "fresh", fresh);
	tl_js_close(&c->out, '}');
	return 0;
}

/* One entry -------------------------------------------------------------------------------- */

static int
load_entry(struct tl_call *c, struct tl_bank *b, struct tl_bank_entry *e)
{
	struct tl_id id = {0};
	int rc = bank_load(c, b);
	if (rc == 0)
		rc = tl_call_id(c, 1, &id);
	if (rc == 0)
		rc = tl_bank_entry_get(c->db, b->id, id, c->arena, e);
	return rc == TL_ENOTFOUND ? tl_fail(rc, "the bank holds no such entry") : rc;
}

int
tl_console_bank_remove(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct tl_bank_entry e = {0};
	int rc = load_entry(c, &b, &e);
	if (rc == 0)
		rc = bank_guard(c, TL_GUARD_BANK_REMOVE, &b, "entry", tl_call_param(c, 1),
		    (struct tl_str){0});
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_bank_entry_remove(c->db, b.id, e.id);
	if (rc == 0)
		rc = audit_entry(c, "bank.remove", &b, &e, NULL);
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

struct change_ask {
	struct tl_str note, classification, expires, until;
	bool enabled, restore;
	int64_t expires_at, disabled_until;
};

/* null takes a time away; absent leaves it. */
static int
time_member(struct tl_str s, int64_t *ret, const char *pointer)
{
	if (s.n && !tl_str_is(s, "never") && tl_import_time(s, ret) < 0)
		return tl_fail_at(
		    TL_EFIELD, pointer, "is neither a date nor a time nor \"never\"");
	if (tl_str_is(s, "never"))
		*ret = 0;
	return 0;
}

static int
read_change(struct tl_call *c, const struct tl_bank_entry *e, struct change_ask *ask)
{
	static const struct tl_json_field fields[] = {
	    {"note", TL_J_STR, offsetof(struct change_ask, note), 0, 1000, NULL, false},
	    {"classification", TL_J_STR, offsetof(struct change_ask, classification), 0,
		TL_BANK_CLASS_MAX, NULL, false},
	    {"expires_at", TL_J_STR, offsetof(struct change_ask, expires), 0, 40, NULL, false},
	    {"disabled_until", TL_J_STR, offsetof(struct change_ask, until), 0, 40, NULL,
		false},
	    {"enabled", TL_J_BOOL, offsetof(struct change_ask, enabled), 0, 0, NULL, false},
	    {"restore", TL_J_BOOL, offsetof(struct change_ask, restore), 0, 0, NULL, false},
	};
	*ask = (struct change_ask){.note = e->note,
	    .classification = e->classification,
	    .enabled = e->enabled,
	    .expires_at = e->expires_at,
	    .disabled_until = e->disabled_until};
	int rc = TL_CALL_JSON(c, fields, ask);
	if (rc == 0)
		rc = time_member(ask->expires, &ask->expires_at, "/expires_at");
	if (rc == 0)
		rc = time_member(ask->until, &ask->disabled_until, "/disabled_until");
	if (rc == 0 && ask->until.n && ask->disabled_until &&
	    ask->disabled_until <= tl_now_us())
		rc = tl_fail_at(TL_EFIELD, "/disabled_until", "is over already");
	return rc;
}

/* Makes the entry what is asked, by the fewest verbs. *ret_verb: what the trail calls it. */
static int
change_entry(struct tl_call *c, const struct tl_bank *b, const struct tl_bank_entry *e,
    const struct change_ask *ask, const char **ret_verb)
{
	int rc = 0;
	*ret_verb = "bank.entry_change";
	if (!tl_str_eq(ask->note, e->note) ||
	    !tl_str_eq(ask->classification, e->classification))
		rc = tl_bank_entry_say(c->db, b->id, e->id, ask->note, ask->classification);
	if (rc == 0 && ask->expires_at != e->expires_at)
		rc = tl_bank_entry_expire(c->db, b->id, e->id, ask->expires_at);
	bool off = !ask->enabled || ask->until.n;
	bool turns = ask->enabled != e->enabled || ask->disabled_until != e->disabled_until;
	if (rc == 0 && turns) {
		*ret_verb = off ? "bank.entry_disable" : "bank.entry_enable";
		rc = off ? tl_bank_entry_disable(c->db, b->id, e->id, ask->disabled_until)
			 : tl_bank_entry_enable(c->db, b->id, e->id);
	}
	if (rc == 0 && ask->restore && e->review_only) {
		*ret_verb = "bank.entry_restore";
		rc = tl_bank_entry_restore(c->db, b->id, e->id);
	}
	return rc < 0 ? rc : 0;
}

int
tl_console_bank_entry_change(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct tl_bank_entry e = {0}, now = {0};
	struct change_ask ask = {0};
	const char *verb = "";
	int rc = load_entry(c, &b, &e);
	if (rc == 0)
		rc = read_change(c, &e, &ask);
	/* What makes an entry match nothing needs who may remove it. */
	if (rc == 0 && e.enabled && (!ask.enabled || ask.until.n))
		rc = bank_guard(c, TL_GUARD_BANK_REMOVE, &b, "entry", tl_call_param(c, 1),
		    ask.until.n ? ask.until : TL_S("off"));
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = change_entry(c, &b, &e, &ask, &verb);
	if (rc == 0)
		rc = tl_bank_entry_get(c->db, b.id, e.id, c->arena, &now);
	if (rc == 0)
		rc = audit_entry(c, verb, &b, &e, &now);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_WORKER);
	bank_entry_write(c, &now);
	return 0;
}

/* Many ------------------------------------------------------------------------------------- */

struct bulk_ask {
	struct tl_str exchange, member, record, at, until, from, to;
	int act;
};

static const char *const acts[] = {"count", "disable", "enable", "remove", NULL};
static const struct {
	enum tl_bank_bulk bulk;
	const char *verb;
} bulks[] = {[1] = {TL_BULK_DISABLE, "bank.entry_disable"},
    [2] = {TL_BULK_ENABLE, "bank.entry_enable"},
    [3] = {TL_BULK_REMOVE, "bank.remove"}};

/* What this person has added meanwhile, as an import told it: to take that back. */
static int
added_between(
    struct tl_call *c, const struct bulk_ask *ask, bool origin, struct tl_bank_filter *f)
{
	if (origin || tl_id_parse(ask->from, &f->after) < 0 ||
	    tl_id_parse(ask->to, &f->before) < 0)
		return tl_fail_at(
		    TL_EFIELD, "/from", "from and to are what an import told, alone");
	f->added_by = tl_str(c->actor);
	return 0;
}

static int
read_bulk(struct tl_call *c, struct bulk_ask *ask, int64_t *ret_until, struct tl_id *ret_at,
    struct tl_bank_filter *f)
{
	static const struct tl_json_field fields[] = {
	    {"do", TL_J_ENUM, offsetof(struct bulk_ask, act), 0, 0, acts, true},
	    {"exchange", TL_J_STR, offsetof(struct bulk_ask, exchange), 0, 256, NULL, false},
	    {"member", TL_J_STR, offsetof(struct bulk_ask, member), 0, 256, NULL, false},
	    {"record", TL_J_STR, offsetof(struct bulk_ask, record), 0, 256, NULL, false},
	    {"from", TL_J_STR, offsetof(struct bulk_ask, from), 36, 36, NULL, false},
	    {"to", TL_J_STR, offsetof(struct bulk_ask, to), 36, 36, NULL, false},
	    {"until", TL_J_STR, offsetof(struct bulk_ask, until), 0, 40, NULL, false},
	    {"at", TL_J_STR, offsetof(struct bulk_ask, at), 36, 36, NULL, false},
	};
	int rc = TL_CALL_JSON(c, fields, ask);
	bool origin = ask->exchange.n || ask->member.n || ask->record.n;
	if (rc == 0 && !origin && !ask->from.n)
		rc = tl_fail_at(TL_EFIELD, "/exchange",
		    "an exchange, a member or a record says which entries are meant");
	if (rc == 0 && ask->from.n)
		rc = added_between(c, ask, origin, f);
	if (rc == 0)
		rc = time_member(ask->until, ret_until, "/until");
	if (rc == 0 && ask->at.n && tl_id_parse(ask->at, ret_at) < 0)
		rc = tl_fail_at(TL_EFIELD, "/at", "is not one of ours");
	return rc;
}

/* One part; in the confirmation of a second person all of it. */
static int
run_bulk(struct tl_call *c, const struct tl_bank *b, const struct tl_bank_filter *f,
    const struct bulk_ask *ask, int64_t until, struct tl_id *at, int64_t *ret_done)
{
	int64_t most = c->mode == TL_CALL_EXECUTE ? INT32_MAX : PART;
	struct tl_buf TL_CLEANUP(tl_buf_fini) detail = {0};
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	int n = tl_bank_bulk(c->db, b->id, f, bulks[ask->act].bulk, until, most, at);
	rc = n < 0 ? n : 0;
	if (rc == 0) {
		tl_bank_bulk_words(f, n, until, &detail);
		rc = bank_audit(c, bulks[ask->act].verb, b, &detail);
		*ret_done = n;
	}
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

int
tl_console_bank_bulk(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct bulk_ask ask = {0};
	struct tl_id at = {0};
	struct tl_bank_filter f = {.state = -1};
	int64_t until = 0, count = 0, done = 0;
	int rc = bank_load(c, &b);
	if (rc == 0)
		rc = read_bulk(c, &ask, &until, &at, &f);
	f.exchange = ask.exchange;
	f.member = ask.member;
	f.record = ask.record;
	if (rc == 0 && !ask.at.n)
		rc = tl_bank_count(c->db, b.id, &f, COUNT_MOST, &count);
	if (rc == 0 && ask.act != 0 && ask.act != 2)
		rc = bank_guard(c, TL_GUARD_BANK_REMOVE, &b, acts[ask.act],
		    tl_str(tl_arena_printf(c->arena, "%lld entries", (long long)count)),
		    (struct tl_str){0});
	if (rc == 0 && ask.act != 0)
		rc = run_bulk(c, &b, &f, &ask, until, &at, &done);
	if (rc < 0)
		return rc;
	if (done)
		tl_app_wake(c->app, TL_PROC_WORKER);
	tl_js_open(&c->out, NULL, '{');
	tl_js_int(&c->out, "count", count);
	tl_js_int(&c->out, "done", done);
	tl_js_id(&c->out, "at", at);
	tl_js_close(&c->out, '}');
	return 0;
}
