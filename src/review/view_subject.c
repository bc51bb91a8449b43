/*
 * JSON of what a case is about: the item, its author, what detectors, rules and people said of it.
 *
 * Promises: every member of the console's types is there, null when not known; text whose key was forgotten is
 * shown as erased. Failure: the store's. Called by the case view and the item trail.
 */
#include "review/view_int.h"

#include "base/json.h"
#include "store/accounts.h"
#include "store/tags.h"

bool
tl_view_sees(const struct tl_view *v, struct tl_str queue, struct tl_str policy)
{
	struct tl_tag tag = {queue, policy};
	return !v->eyes || tl_may_on(v->eyes, TL_ACT_SEE, &tag, 1);
}

int
tl_view_sees_subject(const struct tl_view *v, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, bool *ret)
{
	struct tl_tags tags;
	*ret = true;
	if (!v->eyes)
		return 0;
	int rc = tl_tags_of_subject(v->db, platform, kind, subject, v->arena, &tags);
	if (rc == 0)
		*ret = tl_may_on(v->eyes, TL_ACT_SEE, tags.v, tags.n);
	return rc;
}

int
view_rows(const struct tl_view *v, const char *key, struct tl_row *r, view_row fn, void *ctx)
{
	return view_rows_if(v, key, r, NULL, fn, ctx);
}

int
view_rows_if(const struct tl_view *v, const char *key, struct tl_row *r, view_pick pick,
    view_row fn, void *ctx)
{
	int rc;
	tl_js_open(v->out, key, '[');
	while ((rc = tl_row_next(r)) > 0) {
		bool wanted = true;
		rc = pick ? pick(v, r, ctx, &wanted) : 0;
		if (rc < 0)
			break;
		if (!wanted)
			continue;
		tl_js_open(v->out, NULL, '{');
		rc = fn(v, r, ctx);
		tl_js_close(v->out, '}');
		if (rc < 0)
			break;
	}
	tl_row_end(r);
	tl_js_close(v->out, ']');
	return rc;
}

int
tl_view_platform(const struct tl_view *v, const char *key, int64_t platform)
{
	struct tl_row r;
	int rc = tl_db_first(v->db, &r, TL_SQL_PLATFORM_NAME, A_INT(platform));
	if (rc < 0)
		return rc;
	tl_js_str(v->out, key, tl_col_str(&r, 0));
	tl_row_end(&r);
	return 0;
}

int
tl_view_person(const struct tl_view *v, const char *key, struct tl_id user)
{
	struct tl_row r;
	int rc = tl_id_is_nil(user) ? TL_ENOTFOUND
				    : tl_db_first(v->db, &r, TL_SQL_VIEW_USER_NAME, A_ID(user));
	if (rc == TL_ENOTFOUND) {
		tl_js_null(v->out, key);
		return 0;
	}
	if (rc < 0)
		return rc;
	tl_js_str(v->out, key, tl_col_str(&r, 0));
	tl_row_end(&r);
	return 0;
}

static void
write_media(struct tl_buf *out, const struct tl_media *m)
{
	tl_js_open(out, NULL, '{');
	tl_js_hex(out, "id", tl_bytes(m->id.b, sizeof m->id.b));
	tl_js_z(out, "state", tl_media_state_names[m->state]);
	tl_js_str0(out, "reason", m->reason);
	tl_js_str(out, "mime", m->mime);
	tl_js_int(out, "bytes", m->bytes);
	tl_js_int0(out, "width", m->width > 0, m->width);
	tl_js_int0(out, "height", m->height > 0, m->height);
	tl_js_raw0(out, "film", m->film);
	tl_js_close(out, '}');
}

void
view_content(struct tl_buf *out, const struct tl_item_full *f)
{
	tl_js_open(out, "text", '[');
	for (size_t i = 0; i < f->item.field_count; i++) {
		tl_js_open(out, NULL, '{');
		tl_js_str(out, "field", f->item.fields[i].name);
		tl_js_str(out, "text", f->item.fields[i].text);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	tl_js_bool(out, "erased", f->erased);
	tl_js_open(out, "media", '[');
	for (size_t i = 0; i < f->item.media_count; i++)
		write_media(out, &f->item.media[i]);
	tl_js_close(out, ']');
}

int
tl_view_item(const struct tl_view *v, const char *key, const struct tl_item_full *f)
{
	struct tl_buf *out = v->out;
	const struct tl_item *it = &f->item;
	tl_js_open(out, key, '{');
	int rc = tl_view_platform(v, "platform", it->platform);
	tl_js_str(out, "id", it->ext_id);
	tl_js_id(out, "uuid", it->id);
	tl_js_int(out, "version", it->version);
	tl_js_bool(out, "live", it->live);
	tl_js_z(out, "kind", tl_item_kind_names[it->kind]);
	tl_js_z(out, "state", tl_item_state_names[it->state]);
	tl_js_z(out, "verdict", f->has_verdict ? tl_verdict_word_names[f->verdict] : NULL);
	view_content(out, f);
	tl_js_z(out, "audience", tl_audience_names[it->audience]);
	tl_js_int(out, "views", it->views);
	tl_js_int(out, "engagement", it->engagement);
	tl_js_str0(out, "language", it->language);
	tl_js_str0(out, "territory", it->territory);
	tl_js_str0(out, "url", it->url);
	tl_js_time(out, "posted_at", it->posted_at);
	tl_js_time(out, "received_at", it->received_at);
	tl_js_close(out, '}');
	return rc;
}

static int
account_items(const struct tl_view *v, int64_t platform, struct tl_id id)
{
	struct tl_row r;
	int rc = tl_db_first(v->db, &r, TL_SQL_VIEW_ACCOUNT_ITEMS, A_INT(platform), A_ID(id));
	if (rc < 0)
		return rc;
	tl_js_int(v->out, "items", tl_col_int(&r, 0));
	tl_row_end(&r);
	return 0;
}

int
tl_view_account(const struct tl_view *v, const char *key, int64_t platform, struct tl_id id)
{
	struct tl_buf *out = v->out;
	struct tl_account acc;
	int rc = tl_id_is_nil(id) ? TL_ENOTFOUND
				  : tl_account_get(v->db, platform, id, v->arena, &acc);
	if (rc == TL_ENOTFOUND) {
		tl_js_null(out, key);
		return 0;
	}
	if (rc < 0)
		return rc;
	tl_js_open(out, key, '{');
	rc = tl_view_platform(v, "platform", platform);
	tl_js_str(out, "id", acc.ext_id);
	tl_js_str0(out, "name", acc.name);
	tl_js_z(out, "age_band", tl_age_band_names[acc.age_band]);
	tl_js_z(out, "age_assured", tl_age_assured_names[acc.age_assured]);
	tl_js_str0(out, "country", acc.country);
	tl_js_str0(out, "language", acc.language);
	tl_js_time(out, "joined", acc.created_at);
	tl_js_z(out, "state", tl_account_state_names[acc.state]);
	tl_js_int(out, "strikes", acc.strikes);
	if (rc == 0)
		rc = account_items(v, platform, id);
	if (rc == 0)
		rc = tl_view_decisions_of_account(v, "decisions", platform, id);
	tl_js_close(out, '}');
	return rc;
}

static int
write_signal(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	(void)ctx;
	struct tl_buf *out = v->out;
	tl_js_int(out, "n", tl_col_int(r, 0));
	tl_js_str(out, "detector", tl_col_str(r, 1));
	tl_js_str(out, "version", tl_col_str(r, 2));
	tl_js_str(out, "status", tl_col_str(r, 3));
	tl_js_str(out, "label", tl_col_str(r, 4));
	if (tl_col_null(r, 5))
		tl_js_null(out, "score");
	else
		tl_js_num(out, "score", tl_col_real(r, 5));
	tl_js_str0(out, "policy", tl_col_str(r, 6));
	if (tl_col_null(r, 8)) {
		tl_js_null(out, "bank");
	} else {
		tl_js_open(out, "bank", '{');
		tl_js_id(out, "id", tl_col_id(r, 7));
		tl_js_str(out, "name", tl_col_str(r, 8));
		tl_js_str(out, "source", tl_col_str(r, 9));
		tl_js_close(out, '}');
	}
	tl_js_int0(out, "distance", !tl_col_null(r, 10), tl_col_int(r, 10));
	tl_js_hex(out, "media", tl_col_str(r, 11));
	tl_js_str0(out, "field", tl_col_str(r, 12));
	tl_js_int0(out, "span_from", !tl_col_null(r, 13), tl_col_int(r, 13));
	tl_js_int0(out, "span_to", !tl_col_null(r, 14), tl_col_int(r, 14));
	tl_js_time(out, "at", tl_col_int(r, 15));
	tl_js_str(out, "effect", tl_col_null(r, 16) ? TL_S("full") : tl_col_str(r, 16));
	tl_js_str0(out, "turned", tl_col_str(r, 17));
	tl_js_raw0(out, "provenance", tl_col_str(r, 18));
	tl_js_str0(out, "classification", tl_col_str(r, 19));
	tl_js_id(out, "entry", tl_col_id(r, 20));
	tl_js_raw0(out, "part", tl_col_str(r, 21));
	return 0;
}

int
tl_view_signals(const struct tl_view *v, const char *key, int64_t platform, struct tl_id item)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_SIGNALS, A_INT(platform), A_ID(item));
	return rc < 0 ? rc : view_rows(v, key, &r, write_signal, NULL);
}

/* One comment at a time. */
#define SCRATCH_BYTES (1U << 20)

/* Accuracy is only worth saying from a few judged flags on. */
#define JUDGED_MIN 3

static int
write_reporter(const struct tl_view *v, int64_t platform, struct tl_id reporter)
{
	struct tl_accuracy acc = {0};
	if (!tl_id_is_nil(reporter)) {
		int rc = tl_flag_accuracy(v->db, platform, reporter, &acc);
		if (rc < 0)
			return rc;
	}
	if (acc.judged >= JUDGED_MIN)
		tl_js_num(v->out, "reporter_accuracy", (double)acc.upheld / (double)acc.judged);
	else
		tl_js_null(v->out, "reporter_accuracy");
	tl_js_int(v->out, "reporter_flags", acc.all);
	return 0;
}

struct flags {
	struct tl_arena *scratch;
	int64_t platform;
	struct tl_id subject;
};

static int
write_flag(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	const struct flags *f = ctx;
	struct tl_id reporter = tl_col_id(r, 4);
	struct tl_str comment;
	tl_arena_reset(f->scratch);
	int rc = tl_flag_comment(
	    v->db, f->scratch, f->platform, reporter, f->subject, tl_col_str(r, 6), &comment);
	if (rc < 0)
		return rc;
	struct tl_buf *out = v->out;
	tl_js_id(out, "id", tl_col_id(r, 0));
	tl_js_str(out, "kind", tl_col_str(r, 2));
	tl_js_str0(out, "policy", tl_col_str(r, 3));
	tl_js_str0(out, "comment", comment);
	tl_js_str0(out, "reporter", tl_col_str(r, 5));
	rc = write_reporter(v, f->platform, reporter);
	tl_js_time(out, "received_at", tl_col_int(r, 7));
	tl_js_str0(out, "outcome", tl_col_str(r, 8));
	return rc;
}

int
tl_view_flags(const struct tl_view *v, const char *key, int64_t platform,
    enum tl_subject_kind kind, struct tl_id subject)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_FLAG_LIST, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject));
	if (rc < 0)
		return rc;
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *scratch = tl_arena_create(SCRATCH_BYTES);
	struct flags f = {scratch, platform, subject};
	return view_rows(v, key, &r, write_flag, &f);
}

static struct tl_str
member(const json_t *obj, const char *key)
{
	const json_t *s = json_object_get(obj, key);
	return json_is_string(s) ? tl_json_str(s) : (struct tl_str){0};
}

static void
write_rule(struct tl_buf *out, const json_t *reason, struct tl_str ruleset)
{
	struct tl_str outcome = member(reason, "outcome");
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "rule", member(reason, "rule"));
	tl_js_str(out, "policy", member(reason, "policy"));
	tl_js_str(out, "ruleset", ruleset);
	tl_js_str(out, "outcome", outcome.n ? outcome : TL_S("held"));
	tl_js_str(out, "text", member(reason, "text"));
	tl_js_open(out, "values", '[');
	size_t i;
	json_t *pair;
	json_array_foreach(json_object_get(reason, "values"), i, pair)
	{
		tl_js_open(out, NULL, '{');
		tl_js_str(out, "expr", member(pair, "expr"));
		tl_js_str(out, "value", member(pair, "value"));
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	tl_js_close(out, '}');
}

int
tl_view_rules(
    const struct tl_view *v, const char *key, struct tl_str reasons, struct tl_str ruleset)
{
	json_t TL_CLEANUP(tl_json_unref) *list = NULL;
	if (reasons.n) {
		int rc = tl_json_parse(reasons, &list);
		if (rc < 0)
			return tl_fail(TL_ECORRUPT, "an item's reasons are damaged");
	}
	tl_js_open(v->out, key, '[');
	size_t i;
	json_t *reason;
	json_array_foreach(list, i, reason)
	{
		if (!json_is_true(json_object_get(reason, "shadow")))
			write_rule(v->out, reason, ruleset);
	}
	tl_js_close(v->out, ']');
	return 0;
}
