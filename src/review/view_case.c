/*
 * JSON of a case for Work, and the rows of queues.
 *
 * Promises: the reason stands in words; policies that somebody or something named come first; nothing is shown
 * that was erased. Failure: the store's; NOTFOUND for an unknown case. Called by the console's routes.
 */
#include "review/view_int.h"

#include "base/json.h"

#define CAUSES_MAX 64
#define SUGGESTED_MAX 64
#define THREAD_MAX 20
#define THREAD_TEXT_MAX 1000
#define SCRATCH_BYTES (8U << 20)

/* The sentence of a cause: the one that came with it, or one from its kind. */
static struct tl_str
cause_text(struct tl_arena *a, struct tl_str kind, struct tl_str ref, struct tl_str detail)
{
	static const struct {
		const char *kind, *words;
	} words[] = {{"rule", "the rule %.*s asks for a person"},
	    {"flag", "somebody reported it (%.*s)"},
	    {"unscannable", "it could not be scanned: %.*s"},
	    {"unknown", "a check could not be completed: %.*s"},
	    {"appeal", "a decision was appealed (%.*s)"}};
	json_t TL_CLEANUP(tl_json_unref) *j = NULL;
	if (detail.n && tl_json_parse(detail, &j) == 0) {
		const json_t *text = json_object_get(j, "text");
		if (json_is_string(text))
			return tl_arena_dup(a, tl_json_str(text));
	}
	for (size_t i = 0; i < TL_COUNT(words); i++) {
		if (tl_str_is(kind, words[i].kind))
			return tl_str(tl_arena_printf(a, words[i].words, TL_ARG(ref)));
	}
	return tl_arena_dup(a, ref);
}

/* Causes ---------------------------------------------------------------------------------- */

struct cause {
	struct tl_str kind, ref, policy, text;
	int64_t at;
	int gravity;
};

static int
gravity(const struct tl_policy_set *set, struct tl_str policy)
{
	const struct tl_policy *p = policy.n ? tl_policy_find(set, policy) : NULL;
	return p ? (int)p->severity : -1;
}

/* Keeps the list gravest first, and in order of arrival among equals. */
static void
insert_cause(struct cause *list, size_t n, const struct cause *c)
{
	size_t i = n;
	for (; i > 0 && list[i - 1].gravity < c->gravity; i--)
		list[i] = list[i - 1];
	list[i] = *c;
}

static int
write_causes(const struct tl_view *v, struct tl_id id)
{
	struct cause *list = TL_NEWS(v->arena, struct cause, CAUSES_MAX);
	size_t n = 0;
	struct tl_row r;
	int rc = tl_arena_check(v->arena);
	if (rc == 0)
		rc = tl_db_query(v->db, &r, TL_SQL_CASE_CAUSES, A_ID(id));
	if (rc < 0)
		return rc;
	while (n < CAUSES_MAX && (rc = tl_row_next(&r)) > 0) {
		struct cause c = {.kind = tl_arena_dup(v->arena, tl_col_str(&r, 0)),
		    .ref = tl_arena_dup(v->arena, tl_col_str(&r, 1)),
		    .policy = tl_arena_dup(v->arena, tl_col_str(&r, 2)),
		    .at = tl_col_int(&r, 4)};
		c.text = cause_text(v->arena, c.kind, c.ref, tl_col_str(&r, 3));
		c.gravity = gravity(v->set, c.policy);
		insert_cause(list, n++, &c);
	}
	tl_row_end(&r);
	tl_js_open(v->out, "causes", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(v->out, NULL, '{');
		tl_js_str(v->out, "kind", list[i].kind);
		tl_js_str(v->out, "ref", list[i].ref);
		tl_js_str0(v->out, "policy", list[i].policy);
		tl_js_str(v->out, "text", list[i].text);
		tl_js_time(v->out, "at", list[i].at);
		tl_js_close(v->out, '}');
	}
	tl_js_close(v->out, ']');
	return rc < 0 ? rc : tl_arena_check(v->arena);
}

/* Thread ---------------------------------------------------------------------------------- */

/* All text fields, one line each, cut between characters. */
static void
write_thread_text(struct tl_buf *out, const struct tl_item *it)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) text = {0};
	for (size_t i = 0; i < it->field_count; i++) {
		if (i)
			tl_buf_byte(&text, '\n');
		tl_buf_put(&text, it->fields[i].text.p, it->fields[i].text.n);
	}
	struct tl_str s = tl_buf_str(&text);
	size_t at = 0, chars = 0;
	while (at < s.n && chars < THREAD_TEXT_MAX) {
		(void)tl_utf8_next(s, &at);
		chars++;
	}
	tl_js_str(out, "text", tl_bytes(s.p, at));
}

/* `scratch` is emptied for each: forty of the longest texts would not fit into any sensible arena together. */
static int
write_thread_item(
    const struct tl_view *v, struct tl_arena *scratch, int64_t platform, struct tl_id id)
{
	tl_arena_reset(scratch);
	struct tl_item_full *f = TL_NEW(scratch, struct tl_item_full);
	int rc = tl_arena_check(scratch);
	if (rc == 0)
		rc = tl_item_get(v->db, platform, id, scratch, f);
	if (rc < 0)
		return rc;
	struct tl_buf *out = v->out;
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "id", f->item.ext_id);
	tl_js_str0(out, "account", f->item.account_ext);
	tl_js_z(out, "kind", tl_item_kind_names[f->item.kind]);
	write_thread_text(out, &f->item);
	tl_js_int(out, "media", (int64_t)f->item.media_count);
	tl_js_time(out, "posted_at", f->item.posted_at);
	tl_js_z(out, "verdict", f->has_verdict ? tl_verdict_word_names[f->verdict] : NULL);
	tl_js_close(out, '}');
	return 0;
}

static int
write_side(const struct tl_view *v, const char *key, enum tl_sql sql, const struct tl_item *it,
    bool backwards)
{
	struct tl_id ids[THREAD_MAX];
	size_t n = 0;
	int rc = 0;
	if (it && it->thread_ext.n) {
		struct tl_row r;
		rc = tl_db_query(v->db, &r, sql, A_INT(it->platform), A_TEXT(it->thread_ext),
		    A_INT(it->posted_at), A_ID(it->id), A_TEXT(it->ext_id), A_INT(it->live));
		if (rc < 0)
			return rc;
		while (n < THREAD_MAX && (rc = tl_row_next(&r)) > 0)
			ids[n++] = tl_col_id(&r, 0);
		tl_row_end(&r);
	}
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *scratch = tl_arena_create(SCRATCH_BYTES);
	tl_js_open(v->out, key, '[');
	for (size_t i = 0; i < n && rc >= 0; i++) {
		struct tl_id id = ids[backwards ? n - 1 - i : i];
		bool seen = false;
		rc = tl_view_sees_subject(v, it->platform, TL_SUBJECT_ITEM, id, &seen);
		if (rc == 0 && seen)
			rc = write_thread_item(v, scratch, it->platform, id);
	}
	tl_js_close(v->out, ']');
	return rc < 0 ? rc : 0;
}

static int
write_thread(const struct tl_view *v, const struct tl_item *it)
{
	tl_js_open(v->out, "thread", '{');
	int rc = write_side(v, "before", TL_SQL_VIEW_THREAD_BEFORE, it, true);
	if (rc == 0)
		rc = write_side(v, "after", TL_SQL_VIEW_THREAD_AFTER, it, false);
	tl_js_close(v->out, '}');
	return rc;
}

/* Choices --------------------------------------------------------------------------------- */

void
tl_view_policy(struct tl_buf *out, const struct tl_policy *p)
{
	tl_js_str(out, "name", p->id);
	tl_js_str(out, "title", p->title);
	tl_js_z(out, "severity", tl_severity_names[p->severity]);
	tl_js_z(out, "ground", tl_ground_names[p->ground]);
	tl_js_str(out, "text", p->guidance.n ? p->guidance : p->public_text);
	tl_js_open(out, "actions", '[');
	for (size_t i = 0; i < p->action_count; i++)
		tl_js_str(out, NULL, p->actions[i]);
	tl_js_close(out, ']');
}

void
tl_view_action(struct tl_buf *out, const struct tl_action_def *d, enum tl_subject_kind about)
{
	tl_js_str(out, "name", d->name);
	tl_js_str(out, "title", d->title);
	tl_js_str(out, "help", d->help.n ? d->help : d->sentence);
	tl_js_str0(out, "key", tl_bytes(&d->key, d->key ? 1 : 0));
	bool account = d->on_account && (about == TL_SUBJECT_ACCOUNT || !d->on_item);
	tl_js_z(out, "subject", account ? "account" : "item");
}

static void
write_choice(
    const struct tl_view *v, const struct tl_policy *p, const char *kind, bool suggested)
{
	tl_js_open(v->out, NULL, '{');
	tl_view_policy(v->out, p);
	const char *sentence = tl_arena_printf(v->arena,
	    "A person reviewed this %s and found that it falls under our rules on “%.*s”.",
	    kind, TL_ARG(p->title));
	tl_js_str(v->out, "facts", p->facts.n ? p->facts : tl_str(sentence));
	tl_js_bool(v->out, "suggested", suggested);
	tl_js_close(v->out, '}');
}

static bool
listed(const struct tl_str *list, size_t n, struct tl_str name)
{
	for (size_t i = 0; i < n; i++) {
		if (tl_str_eq(list[i], name))
			return true;
	}
	return false;
}

static int
suggested(const struct tl_view *v, const struct tl_case *c, struct tl_str *list, size_t *ret_n)
{
	size_t n = 0;
	if (c->policy.n)
		list[n++] = c->policy;
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_SUGGESTED, A_ID(c->id), A_INT(c->platform),
	    A_ID(c->subject), A_Z(tl_subject_kind_names[c->subject_kind]));
	if (rc < 0)
		return rc;
	while (n < SUGGESTED_MAX && (rc = tl_row_next(&r)) > 0) {
		if (!listed(list, n, tl_col_str(&r, 0)))
			list[n++] = tl_arena_dup(v->arena, tl_col_str(&r, 0));
	}
	tl_row_end(&r);
	*ret_n = n;
	return rc < 0 ? rc : tl_arena_check(v->arena);
}

/* The case's own policy, then the other suggested ones by gravity, then all others as the tree has them. */
static int
write_policies(const struct tl_view *v, const struct tl_case *c, const char *kind)
{
	struct tl_str list[SUGGESTED_MAX];
	size_t n = 0;
	int rc = suggested(v, c, list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(v->out, "policies", '[');
	const struct tl_policy *own = c->policy.n ? tl_policy_find(v->set, c->policy) : NULL;
	if (own)
		write_choice(v, own, kind, true);
	for (int s = TL_SEVERITY_CRITICAL; s >= TL_SEVERITY_LOW; s--) {
		for (size_t i = 0; i < v->set->policy_count; i++) {
			const struct tl_policy *p = &v->set->policies[i];
			if (p != own && (int)p->severity == s && listed(list, n, p->id))
				write_choice(v, p, kind, true);
		}
	}
	for (size_t i = 0; i < v->set->policy_count; i++) {
		const struct tl_policy *p = &v->set->policies[i];
		if (p != own && !listed(list, n, p->id))
			write_choice(v, p, kind, false);
	}
	tl_js_close(v->out, ']');
	return tl_arena_check(v->arena);
}

static void
write_actions(const struct tl_view *v, const struct tl_case *c)
{
	bool item = c->subject_kind == TL_SUBJECT_ITEM;
	bool account = !item || !tl_id_is_nil(c->account);
	tl_js_open(v->out, "actions", '[');
	for (size_t i = 0; i < v->set->action_count; i++) {
		const struct tl_action_def *d = &v->set->actions[i];
		if (!((d->on_item && item) || (d->on_account && account)) ||
		    tl_policy_takes_back(v->set, d->name))
			continue;
		tl_js_open(v->out, NULL, '{');
		tl_view_action(v->out, d, c->subject_kind);
		tl_js_close(v->out, '}');
	}
	tl_js_close(v->out, ']');
}

/* Notes ----------------------------------------------------------------------------------- */

static int
write_note(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	(void)ctx;
	tl_js_id(v->out, "id", tl_col_id(r, 0));
	tl_js_str(v->out, "author", tl_col_str(r, 1));
	tl_js_str(v->out, "kind", tl_col_str(r, 2));
	tl_js_str(v->out, "body", tl_col_str(r, 3));
	tl_js_time(v->out, "at", tl_col_int(r, 4));
	return 0;
}

static int
write_notes(const struct tl_view *v, struct tl_id id)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_CASE_NOTES, A_ID(id));
	if (rc == 0)
		rc = view_rows(v, "notes", &r, write_note, NULL);
	if (rc < 0)
		return rc;
	rc = tl_db_first(v->db, &r, TL_SQL_CASE_DRAFT, A_ID(id));
	if (rc == TL_ENOTFOUND) {
		tl_js_null(v->out, "draft");
		return 0;
	}
	if (rc < 0)
		return rc;
	tl_js_raw(v->out, "draft", tl_col_str(&r, 0));
	tl_row_end(&r);
	return 0;
}

/* The case -------------------------------------------------------------------------------- */

static bool
pick_policy(const void *ctx, struct tl_str policy)
{
	return tl_view_sees(ctx, (struct tl_str){0}, policy);
}

static int
write_queue(const struct tl_view *v, struct tl_str queue)
{
	struct tl_row r;
	tl_js_str(v->out, "queue", queue);
	int rc = tl_db_first(v->db, &r, TL_SQL_QUEUE_GET, A_TEXT(queue));
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	tl_js_str(v->out, "queue_title", rc == 0 ? tl_col_str(&r, 0) : queue);
	if (rc == 0)
		tl_row_end(&r);
	int64_t waiting = 0;
	struct tl_case_want want = {.queue = queue, .pick = pick_policy, .ctx = v};
	rc = tl_case_open_count(v->db, &want, &waiting);
	tl_js_int(v->out, "waiting", waiting);
	return rc;
}

/* State, order, clock and claim. */
static int
write_head(const struct tl_view *v, const struct tl_case *c, const struct tl_reviewer *who)
{
	struct tl_buf *out = v->out;
	tl_js_id(out, "id", c->id);
	tl_js_z(out, "state", tl_case_state_names[c->state]);
	int rc = tl_view_platform(v, "platform", c->platform);
	tl_js_bool(out, "live", c->live);
	if (rc == 0)
		rc = write_queue(v, c->queue);
	tl_js_z(out, "severity", tl_severity_names[c->severity]);
	tl_js_str0(out, "policy", c->policy);
	tl_js_num(out, "urgency", c->urgency);
	tl_js_num(out, "confidence", c->confidence);
	tl_js_int(out, "reach", c->reach);
	tl_js_time(out, "clock_at", c->clock_at);
	tl_js_time(out, "opened_at", c->opened_at);
	tl_js_time(out, "updated_at", c->updated_at);
	if (rc == 0)
		rc = tl_view_person(v, "claimed_by", c->claimed_by);
	bool claimed = c->state == TL_CASE_CLAIMED;
	tl_js_bool(out, "mine", claimed && tl_id_eq(c->claimed_by, who->id));
	tl_js_time(out, "claim_until", claimed ? c->claim_until : 0);
	return rc;
}

/* True when the claimant has opened every picture. */
static int
write_seen(const struct tl_view *v, const struct tl_case *c)
{
	bool seen = c->seen_whole;
	if (c->state == TL_CASE_CLAIMED && c->subject_kind == TL_SUBJECT_ITEM) {
		int rc = tl_review_seen_whole(v->db, c, &seen);
		if (rc < 0)
			return rc;
	}
	tl_js_bool(v->out, "seen_whole", seen);
	return 0;
}

static int
write_subject(const struct tl_view *v, const struct tl_case *c, struct tl_item_full **ret)
{
	struct tl_buf *out = v->out;
	struct tl_str ext = {0};
	int rc = 0;
	*ret = NULL;
	if (c->subject_kind == TL_SUBJECT_ITEM) {
		struct tl_item_full *f = TL_NEW(v->arena, struct tl_item_full);
		rc = tl_arena_check(v->arena);
		if (rc == 0)
			rc = tl_item_get(v->db, c->platform, c->subject, v->arena, f);
		if (rc < 0)
			return rc;
		ext = f->item.ext_id;
		*ret = f;
	} else {
		struct tl_row r;
		rc = tl_db_first(
		    v->db, &r, TL_SQL_ACCOUNT_GET, A_INT(c->platform), A_ID(c->subject));
		if (rc < 0)
			return rc;
		ext = tl_arena_dup(v->arena, tl_col_str(&r, 0));
		tl_row_end(&r);
	}
	tl_js_open(out, "subject", '{');
	tl_js_z(out, "kind", tl_subject_kind_names[c->subject_kind]);
	tl_js_str(out, "id", ext);
	tl_js_close(out, '}');
	return 0;
}

/* What was said and shown, by whom, and what detectors, rules and people said of it. */
static int
write_known(const struct tl_view *v, const struct tl_case *c, const struct tl_item_full *f)
{
	struct tl_buf *out = v->out;
	bool item = c->subject_kind == TL_SUBJECT_ITEM;
	int rc = write_causes(v, c->id);
	if (rc == 0)
		rc = tl_view_rules(v, "rules", f ? f->reasons : (struct tl_str){0},
		    f ? f->ruleset : (struct tl_str){0});
	if (rc == 0)
		rc = tl_view_signals(v, "signals", c->platform, c->subject);
	if (rc == 0)
		rc = tl_view_flags(v, "flags", c->platform, c->subject_kind, c->subject);
	if (rc == 0 && f)
		rc = tl_view_item(v, "item", f);
	else
		tl_js_null(out, "item");
	if (rc == 0)
		rc = tl_view_stream(v, "stream", f ? &f->item : NULL);
	if (rc == 0)
		rc = tl_view_account(v, "account", c->platform, item ? c->account : c->subject);
	if (rc == 0)
		rc = write_thread(v, f ? &f->item : NULL);
	return rc;
}

int
tl_view_case(
    const struct tl_view *v, const char *key, const struct tl_reviewer *who, struct tl_id id)
{
	struct tl_case c;
	int rc = tl_case_get(v->db, v->arena, id, &c);
	if (rc == 0 && v->eyes)
		rc = tl_review_need(v->db, v->arena, who, TL_ACT_SEE, &c);
	if (rc < 0)
		return rc;
	struct tl_item_full *f = NULL;
	tl_js_open(v->out, key, '{');
	rc = write_head(v, &c, who);
	if (rc == 0)
		rc = write_seen(v, &c);
	if (rc == 0)
		rc = write_subject(v, &c, &f);
	if (rc == 0)
		rc = write_known(v, &c, f);
	if (rc == 0)
		rc = write_policies(v, &c, f ? tl_item_kind_names[f->item.kind] : "account");
	if (rc == 0)
		write_actions(v, &c);
	if (rc == 0)
		rc = write_notes(v, id);
	if (rc == 0)
		rc = tl_view_decision(v, "decision", c.decision);
	tl_js_close(v->out, '}');
	return rc < 0 ? rc : tl_arena_check(v->arena);
}

/* Rows of queues -------------------------------------------------------------------------- */

static int
pick_case(const struct tl_view *v, const struct tl_row *r, void *ctx, bool *ret)
{
	int64_t *n = ctx;
	int kind;
	++*n;
	*ret = tl_view_sees(v, tl_col_str(r, 20), tl_col_str(r, 5));
	if (!*ret)
		return 0;
	if (tl_word_parse(tl_subject_kind_names, tl_col_str(r, 6), &kind) < 0)
		return tl_fail(TL_ECORRUPT, "a case's row is damaged");
	return tl_view_sees_subject(
	    v, tl_col_int(r, 21), (enum tl_subject_kind)kind, tl_col_id(r, 22), ret);
}

static int
write_case_row(const struct tl_view *v, const struct tl_row *r, void *ctx)
{
	(void)ctx;
	struct tl_buf *out = v->out;
	bool item = tl_str_is(tl_col_str(r, 6), "item");
	bool claimed = tl_str_is(tl_col_str(r, 1), "claimed");
	tl_js_id(out, "id", tl_col_id(r, 0));
	tl_js_str(out, "state", tl_col_str(r, 1));
	tl_js_str(out, "platform", tl_col_str(r, 2));
	tl_js_bool(out, "live", tl_col_int(r, 3) != 0);
	tl_js_str(out, "severity", tl_col_str(r, 4));
	tl_js_str0(out, "policy", tl_col_str(r, 5));
	tl_js_str(out, "because",
	    cause_text(v->arena, tl_col_str(r, 16), tl_col_str(r, 17), tl_col_str(r, 18)));
	tl_js_open(out, "subject", '{');
	tl_js_str(out, "kind", tl_col_str(r, 6));
	tl_js_str(out, "id", tl_col_str(r, item ? 7 : 9));
	tl_js_str0(out, "item_kind", tl_col_str(r, 8));
	tl_js_close(out, '}');
	tl_js_str0(out, "account", tl_col_str(r, 9));
	tl_js_num(out, "urgency", tl_col_real(r, 10));
	tl_js_int(out, "reach", tl_col_int(r, 11));
	tl_js_str0(out, "stream", tl_col_str(r, 23));
	tl_js_time(out, "stream_since", tl_col_int(r, 24));
	tl_js_int(out, "flags", tl_col_int(r, 19));
	tl_js_time(out, "clock_at", tl_col_int(r, 12));
	tl_js_time(out, "opened_at", tl_col_int(r, 13));
	tl_js_str0(out, "claimed_by", tl_col_str(r, 14));
	tl_js_time(out, "claim_until", claimed ? tl_col_int(r, 15) : 0);
	return tl_arena_check(v->arena);
}

static int
write_case_rows(const struct tl_view *v, const char *key, struct tl_row *r, int64_t *ret_n)
{
	int64_t n = 0;
	int rc = view_rows_if(v, key, r, pick_case, write_case_row, &n);
	if (rc == 0 && ret_n)
		*ret_n = n;
	return rc;
}

int
tl_view_queue(const struct tl_view *v, const char *key, struct tl_str queue,
    const char *state_a, const char *state_b, int64_t limit, int64_t offset, int64_t *ret_n)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_CASES_OF_QUEUE, A_TEXT(queue), A_Z(state_a),
	    A_Z(state_b), A_INT(limit), A_INT(offset));
	return rc < 0 ? rc : write_case_rows(v, key, &r, ret_n);
}

int
tl_view_cases_of(const struct tl_view *v, const char *key, int64_t platform,
    enum tl_subject_kind kind, struct tl_id subject)
{
	struct tl_row r;
	int rc = tl_db_query(v->db, &r, TL_SQL_VIEW_CASES_OF_SUBJECT, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject));
	return rc < 0 ? rc : write_case_rows(v, key, &r, NULL);
}

int
tl_view_cases_of_account(
    const struct tl_view *v, const char *key, int64_t platform, struct tl_id account)
{
	struct tl_row r;
	int rc = tl_db_query(
	    v->db, &r, TL_SQL_VIEW_CASES_OF_ACCOUNT, A_INT(platform), A_ID(account));
	return rc < 0 ? rc : write_case_rows(v, key, &r, NULL);
}
