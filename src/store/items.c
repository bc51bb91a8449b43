/*
 * Items: storing with their job, reading back in the clear, verdicts, erasure.
 *
 * Promises: item, media list, job and figure are in one transaction; text is stored sealed only. Failures:
 * EEXISTS (same version, other content), EFIELD (unknown media), CORRUPT. Called by intake, worker and review.
 */
#include "store/items.h"

#include "base/arena.h"
#include "base/json.h"
#include "store/accounts.h"
#include "store/jobs.h"
#include "store/keys.h"
#include "store/media.h"
#include "store/rows_int.h"
#include "store/streams.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <math.h>
#include <stdio.h>

/* The owner of an item's content key: its account, or itself when it has none. */
static struct tl_id
key_owner(const struct tl_item *item)
{
	return tl_id_is_nil(item->account) ? item->id : item->account;
}

static int
state_row(struct tl_row *r, struct tl_item_state_row *ret)
{
	struct tl_item_state_row row = {.id = tl_col_id(r, 0),
	    .version = tl_col_int(r, 4),
	    .received_at = tl_col_int(r, 5)};
	int state = 0, verdict = 0;
	int rc = tl_word_parse(tl_item_state_names, tl_col_str(r, 2), &state);
	row.has_verdict = !tl_col_null(r, 3);
	if (rc == 0 && row.has_verdict)
		rc = tl_word_parse(tl_verdict_word_names, tl_col_str(r, 3), &verdict);
	struct tl_str print = tl_col_str(r, 1);
	if (rc < 0 || print.n != sizeof row.print)
		rc = tl_fail(TL_ECORRUPT, "an item's row is damaged");
	else
		memcpy(row.print, print.p, sizeof row.print);
	row.state = (enum tl_item_state)state;
	row.verdict = (enum tl_verdict_word)verdict;
	tl_row_end(r);
	if (rc == 0)
		*ret = row;
	return rc;
}

int
tl_item_find(struct tl_db *db, int64_t platform, bool live, struct tl_str ext_id,
    int64_t version, struct tl_item_state_row *ret)
{
	struct tl_row r;
	if (version == 0) {
		int rc = tl_db_first(
		    db, &r, TL_SQL_ITEM_LATEST, A_INT(platform), A_INT(live), A_TEXT(ext_id));
		if (rc < 0)
			return rows_found(rc, "item");
		version = tl_col_int(&r, 1);
		tl_row_end(&r);
	}
	int rc = tl_db_first(db, &r, TL_SQL_ITEM_BY_EXT, A_INT(platform), A_INT(live),
	    A_TEXT(ext_id), A_INT(version));
	if (rc < 0)
		return rows_found(rc, "item");
	return state_row(&r, ret);
}

int
tl_item_find_any(
    struct tl_db *db, int64_t platform, struct tl_str ext_id, struct tl_item_state_row *ret)
{
	int rc = tl_item_find(db, platform, true, ext_id, 0, ret);
	return rc == TL_ENOTFOUND ? tl_item_find(db, platform, false, ext_id, 0, ret) : rc;
}

int
tl_item_author(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_id *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ITEM_AUTHOR, A_INT(platform), A_ID(id));
	if (rc < 0)
		return rows_found(rc, "item");
	*ret = tl_col_id(&r, 0);
	tl_row_end(&r);
	return 0;
}

static int
seal_body(struct tl_db *db, const struct tl_item *item, struct tl_buf *out)
{
	struct tl_buf body = {0};
	tl_js_open(&body, NULL, '{');
	tl_js_open(&body, "text", '{');
	for (size_t i = 0; i < item->field_count; i++)
		tl_js_strkey(&body, item->fields[i].name, item->fields[i].text);
	tl_js_close(&body, '}');
	if (item->url.n)
		tl_js_str(&body, "url", item->url);
	tl_js_close(&body, '}');
	int rc =
	    tl_text_seal(db, item->platform, key_owner(item), "item", tl_buf_str(&body), out);
	tl_wipe(body.p, body.n);
	tl_buf_fini(&body);
	return rc;
}

static int
add_media(struct tl_db *db, const struct tl_item *item)
{
	for (size_t i = 0; i < item->media_count; i++) {
		const struct tl_media_id *id = &item->media[i].id;
		struct tl_row r;
		int rc = tl_db_first(db, &r, TL_SQL_MEDIA_GET, A_INT(item->platform),
		    A_BYTES(tl_bytes(id->b, sizeof id->b)));
		if (rc == 0) {
			bool erased = tl_str_is(tl_col_str(&r, 3), "erased");
			tl_row_end(&r);
			rc = erased ? TL_ENOTFOUND : 0;
		}
		char at[32];
		(void)snprintf(at, sizeof at, "/media/%zu", i);
		if (rc == TL_ENOTFOUND)
			return tl_fail_at(TL_EFIELD, at, "this media was never uploaded");
		if (rc == 0)
			rc = tl_db_run(db, TL_SQL_ITEM_MEDIA_ADD, A_INT(item->platform),
			    A_ID(item->id), A_INT(i), A_BYTES(tl_bytes(id->b, sizeof id->b)));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
insert(struct tl_db *db, const struct tl_item *item, struct tl_str body, const uint8_t *print,
    int64_t expires_at)
{
	int rc = tl_db_run(db, TL_SQL_ITEM_ADD, A_INT(item->platform), A_ID(item->id),
	    A_TEXT(item->ext_id), A_INT(item->version), A_INT(item->live),
	    A_Z(tl_item_kind_names[item->kind]), A_ID0(item->account),
	    A_TEXT0(item->thread_ext), A_TEXT0(item->parent_ext),
	    A_Z(tl_audience_names[item->audience]), A_INT(item->views), A_INT(item->engagement),
	    A_TEXT0(item->language), A_TEXT0(item->territory), A_INT(item->posted_at),
	    A_INT(item->received_at), A_BYTES(body), A_BYTES(tl_bytes(print, TL_PRINT_BYTES)),
	    A_INT0(expires_at));
	return rc < 0 ? rc : 0;
}

int
tl_item_put(struct tl_db *db, struct tl_item *item, const uint8_t print[TL_PRINT_BYTES],
    int64_t expires_at, struct tl_item_state_row *ret, bool *ret_known)
{
	struct tl_item_state_row known = {0};
	int rc =
	    tl_item_find(db, item->platform, item->live, item->ext_id, item->version, &known);
	if (rc == 0) {
		if (known.state == TL_ITEM_DELETED)
			return tl_fail_at(TL_EEXISTS, "/version",
			    "this id and version was erased; send a higher version");
		if (!tl_same(known.print, print, TL_PRINT_BYTES))
			return tl_fail_at(TL_EEXISTS, "/version",
			    "this id and version was sent before with other content; send a "
			    "higher version");
		*ret = known;
		*ret_known = true;
		return 0;
	}
	if (rc != TL_ENOTFOUND)
		return rc;
	item->id = tl_id_new();
	rc = item->account_ext.n ? tl_account_ensure(db, item->platform, item->live,
				       item->account_ext, &item->account)
				 : 0;
	struct tl_buf body = {0};
	if (rc == 0)
		rc = seal_body(db, item, &body);
	if (rc == 0)
		rc = insert(db, item, tl_buf_str(&body), print, expires_at);
	tl_buf_fini(&body);
	if (rc == 0)
		rc = add_media(db, item);
	if (rc == 0)
		rc = tl_job_add(db, item->platform, item->id, "scan", item->received_at);
	if (rc == 0)
		rc = tl_counter_add(
		    db, item->platform, item->live, "items_received", TL_S(""), 1);
	if (rc < 0)
		return rc;
	*ret = (struct tl_item_state_row){.id = item->id,
	    .version = item->version,
	    .state = TL_ITEM_PENDING,
	    .received_at = item->received_at};
	*ret_known = false;
	return 0;
}

static int
open_body(
    struct tl_db *db, struct tl_item_full *f, struct tl_str sealed, struct tl_arena *arena)
{
	struct tl_buf plain = {0};
	int rc =
	    tl_text_open(db, f->item.platform, key_owner(&f->item), "item", sealed, &plain);
	if (rc == TL_EGONE) {
		f->erased = true;
		tl_buf_fini(&plain);
		return 0;
	}
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	if (rc == 0)
		rc = tl_json_parse(tl_buf_str(&plain), &j);
	tl_buf_fini(&plain);
	if (rc < 0)
		return tl_fail(
		    TL_ECORRUPT, "an item's text cannot be opened: %s", tl_err_text());
	const char *name;
	json_t *v;
	json_object_foreach(json_object_get(j, "text"), name, v)
	{
		if (f->item.field_count == TL_ITEM_FIELDS_MAX)
			break;
		f->item.fields[f->item.field_count++] = (struct tl_field){
		    tl_arena_dup(arena, tl_str(name)), tl_arena_dup(arena, tl_json_str(v))};
	}
	const json_t *url = json_object_get(j, "url");
	if (json_is_string(url))
		f->item.url = tl_arena_dup(arena, tl_json_str(url));
	return 0;
}

/* Columns of ITEM_GET that are words of the domain, and where they go. */
static int
read_words(struct tl_row *r, struct tl_item_full *f)
{
	int kind = 0, audience = 0, state = 0, verdict = 0;
	int rc = tl_word_parse(tl_item_kind_names, tl_col_str(r, 3), &kind);
	if (rc == 0)
		rc = tl_word_parse(tl_audience_names, tl_col_str(r, 8), &audience);
	if (rc == 0)
		rc = tl_word_parse(tl_item_state_names, tl_col_str(r, 16), &state);
	f->has_verdict = !tl_col_null(r, 17);
	if (rc == 0 && f->has_verdict)
		rc = tl_word_parse(tl_verdict_word_names, tl_col_str(r, 17), &verdict);
	f->item.kind = (enum tl_item_kind)kind;
	f->item.audience = (enum tl_audience)audience;
	f->item.state = (enum tl_item_state)state;
	f->verdict = (enum tl_verdict_word)verdict;
	return rc < 0 ? tl_fail(TL_ECORRUPT, "an item's row is damaged") : 0;
}

static int
read_item(
    struct tl_row *r, struct tl_arena *arena, struct tl_item_full *f, struct tl_str *ret_sealed)
{
	struct tl_item *it = &f->item;
	it->ext_id = tl_arena_dup(arena, tl_col_str(r, 0));
	it->version = tl_col_int(r, 1);
	it->live = tl_col_int(r, 2) != 0;
	it->account = tl_col_id(r, 4);
	it->account_ext = tl_arena_dup(arena, tl_col_str(r, 5));
	it->thread_ext = tl_arena_dup(arena, tl_col_str(r, 6));
	it->parent_ext = tl_arena_dup(arena, tl_col_str(r, 7));
	it->views = tl_col_int(r, 9);
	it->engagement = tl_col_int(r, 10);
	it->language = tl_arena_dup(arena, tl_col_str(r, 11));
	it->territory = tl_arena_dup(arena, tl_col_str(r, 12));
	it->posted_at = tl_col_int(r, 13);
	it->received_at = tl_col_int(r, 14);
	*ret_sealed = tl_arena_dup(arena, tl_col_str(r, 15));
	f->verdict_at = tl_col_int(r, 18);
	f->ruleset = tl_arena_dup(arena, tl_col_str(r, 19));
	f->reasons = tl_arena_dup(arena, tl_col_str(r, 20));
	return read_words(r, f);
}

int
tl_item_get(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_arena *arena,
    struct tl_item_full *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ITEM_GET, A_INT(platform), A_ID(id));
	if (rc < 0)
		return rc;
	/* Filled in place: the struct is large, and nobody may read it when this fails. */
	struct tl_item_full *f = ret;
	*f = (struct tl_item_full){.item = {.platform = platform, .id = id}};
	struct tl_str sealed = {0};
	rc = read_item(&r, arena, f, &sealed);
	tl_row_end(&r);
	if (rc == 0 && sealed.n)
		rc = open_body(db, f, sealed, arena);
	else if (rc == 0)
		f->erased = true;
	if (rc == 0)
		rc = tl_media_of_item(db, &f->item, arena);
	return rc < 0 ? rc : tl_arena_check(arena);
}

int
tl_item_head(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_arena *arena,
    struct tl_item_full *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ITEM_GET, A_INT(platform), A_ID(id));
	if (rc < 0)
		return rc;
	struct tl_str sealed = {0};
	*ret = (struct tl_item_full){.item = {.platform = platform, .id = id}};
	rc = read_item(&r, arena, ret, &sealed);
	tl_row_end(&r);
	ret->erased = sealed.n == 0;
	if (rc == 0)
		rc = tl_media_of_item(db, &ret->item, arena);
	return rc < 0 ? rc : tl_arena_check(arena);
}

int
tl_item_counters(
    struct tl_db *db, int64_t platform, struct tl_id id, int64_t views, int64_t engagement)
{
	int rc =
	    tl_db_run(db, TL_SQL_ITEM_COUNTERS, A_INT(platform), A_ID(id), A_INT(tl_now_us()),
		views < 0 ? A_NULL : A_INT(views), engagement < 0 ? A_NULL : A_INT(engagement));
	return rc < 0 ? rc : tl_stream_viewers(db, platform, id, views);
}

static int
add_signal(
    struct tl_db *db, int64_t platform, struct tl_id id, size_t n, const struct tl_signal *s)
{
	int rc = tl_db_run(db, TL_SQL_SIGNAL_ADD, A_INT(platform), A_ID(id), A_INT(n),
	    A_TEXT(s->detector), A_TEXT(s->version), A_Z(s->failed ? "failed" : "ok"),
	    A_TEXT(s->label), isfinite(s->score) ? A_REAL(s->score) : A_NULL,
	    A_TEXT0(s->policy), A_ID0(s->bank), A_ID0(s->entry),
	    s->distance < 0 ? A_NULL : A_INT(s->distance),
	    s->has_media ? A_BYTES(tl_bytes(s->media.b, sizeof s->media.b)) : A_NULL,
	    A_TEXT0(s->field), s->field.n ? A_INT(s->span_from) : A_NULL,
	    s->field.n ? A_INT(s->span_to) : A_NULL, A_INT(tl_now_us()),
	    s->effect ? A_Z(tl_effect_names[s->effect]) : A_NULL, A_TEXT0(s->turned),
	    A_TEXT0(s->provenance), A_TEXT0(s->classification), A_TEXT0(s->part));
	return rc < 0 ? rc : 0;
}

int
tl_item_signals_put(struct tl_db *db, int64_t platform, struct tl_id id,
    const struct tl_signal *signals, size_t count)
{
	int rc = tl_db_run(db, TL_SQL_SIGNAL_DROP, A_INT(platform), A_ID(id));
	for (size_t i = 0; i < count && rc >= 0; i++)
		rc = add_signal(db, platform, id, i, &signals[i]);
	return rc < 0 ? rc : 0;
}

static int
read_signal(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	struct tl_signal *s = ret;
	s->detector = tl_arena_dup(arena, tl_col_str(r, 0));
	s->version = tl_arena_dup(arena, tl_col_str(r, 1));
	s->failed = tl_str_is(tl_col_str(r, 2), "failed");
	s->label = tl_arena_dup(arena, tl_col_str(r, 3));
	s->score = tl_col_null(r, 4) ? (double)NAN : tl_col_real(r, 4);
	s->policy = tl_arena_dup(arena, tl_col_str(r, 5));
	s->bank = tl_col_id(r, 6);
	s->entry = tl_col_id(r, 7);
	s->distance = tl_col_null(r, 8) ? -1 : (int)tl_col_int(r, 8);
	struct tl_str media = tl_col_str(r, 9);
	s->has_media = media.n == sizeof s->media.b;
	if (s->has_media)
		memcpy(s->media.b, media.p, sizeof s->media.b);
	s->field = tl_arena_dup(arena, tl_col_str(r, 10));
	s->span_from = tl_col_int(r, 11);
	s->span_to = tl_col_int(r, 12);
	int effect = TL_EFFECT_FULL;
	if (!tl_col_null(r, 14) &&
	    tl_word_parse(tl_effect_names, tl_col_str(r, 14), &effect) < 0)
		return tl_fail(TL_ECORRUPT, "a signal's row is damaged");
	s->effect = (enum tl_effect)effect;
	s->turned = tl_arena_dup(arena, tl_col_str(r, 15));
	s->provenance = tl_arena_dup(arena, tl_col_str(r, 16));
	s->classification = tl_arena_dup(arena, tl_col_str(r, 17));
	s->source = tl_arena_dup(arena, tl_col_str(r, 18));
	s->part = tl_arena_dup(arena, tl_col_str(r, 19));
	return 0;
}

int
tl_item_signals_get(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_arena *arena,
    const struct tl_signal **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_SIGNAL_LIST, A_INT(platform), A_ID(id));
	struct tl_signal *list = NULL;
	if (rc == 0)
		rc = ROWS_READ(&r, arena, TL_SIGNALS_MAX, read_signal, &list, ret_count);
	if (rc == 0)
		*ret = list;
	return rc;
}

/* How often each rule held, under its policy: "rule/NAME". */
static int
count_rules(struct tl_db *db, const struct tl_item *item, const struct tl_verdict *verdict)
{
	int rc = 0;
	for (size_t i = 0; i < verdict->reason_count && rc == 0; i++) {
		const struct tl_reason *r = &verdict->reasons[i];
		char name[128];
		(void)snprintf(name, sizeof name, "rule/%.*s", TL_ARG(r->rule));
		if (!r->shadow && r->rule.n)
			rc = tl_counter_add(db, item->platform, item->live, name, r->policy, 1);
	}
	return rc;
}

int
tl_item_verdict_put(struct tl_db *db, const struct tl_item *item, enum tl_item_state state,
    const struct tl_verdict *verdict, struct tl_str reasons_json, bool counted)
{
	static const char *const figures[] = {
	    "verdict_allow", "verdict_review", "verdict_withhold", "verdict_block"};
	int rc = tl_db_run(db, TL_SQL_ITEM_VERDICT, A_INT(item->platform), A_ID(item->id),
	    A_Z(tl_item_state_names[state]), A_Z(tl_verdict_word_names[verdict->word]),
	    A_INT(tl_now_us()), A_TEXT0(verdict->ruleset), A_TEXT0(reasons_json));
	if (rc < 0 || counted)
		return rc < 0 ? rc : 0;
	rc = count_rules(db, item, verdict);
	if (rc < 0)
		return rc;
	struct tl_str policy = verdict->reason_count ? verdict->reasons[0].policy : TL_S("");
	rc = tl_counter_add(db, item->platform, item->live, figures[verdict->word], policy, 1);
	if (rc == 0 && state == TL_ITEM_UNSCANNABLE)
		rc = tl_counter_add(
		    db, item->platform, item->live, "items_unscannable", TL_S(""), 1);
	return rc;
}

/* `hashes_too`: also what it could be found again by. */
static int
erase(struct tl_db *db, int64_t platform, struct tl_id id, bool hashes_too)
{
	enum tl_item_state state = hashes_too ? TL_ITEM_DELETED : TL_ITEM_RETIRED;
	int rc = tl_hold_check(db, platform, TL_SUBJECT_ITEM, id);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_SIGNAL_DROP, A_INT(platform), A_ID(id));
	if (rc >= 0)
		rc = tl_stream_forget(db, platform, id);
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_JOB_DROP, A_INT(platform), A_ID(id));
	if (rc >= 0 && hashes_too)
		rc = tl_db_run(db, TL_SQL_AGAIN_ASKED_DROP, A_INT(platform), A_ID(id));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_ITEM_COUNT_GONE, A_INT(platform), A_ID(id),
		    A_INT(tl_now_us() / TL_US_DAY),
		    A_Z(hashes_too ? "items_deleted" : "items_retired"));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_ITEM_ERASE, A_INT(platform), A_ID(id),
		    A_INT(tl_now_us()), A_Z(tl_item_state_names[state]));
	if (rc >= 0) /* what is retired no longer needs the bytes */
		rc = tl_media_release(db, platform, id, hashes_too);
	TL_KILLPOINT(ITEM_ERASED);
	if (rc >= 0)
		rc = tl_key_forget(db, platform, id);
	return rc < 0 ? rc : 0;
}

int
tl_item_erase(struct tl_db *db, int64_t platform, struct tl_id id)
{
	return erase(db, platform, id, true);
}

int
tl_item_retire(struct tl_db *db, int64_t platform, struct tl_id id)
{
	return erase(db, platform, id, false);
}
