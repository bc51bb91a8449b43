/*
 * POST /v1/comments/check: what is to become of a comment before it is published: publish it, ask its author to think again,
 * hold it until the owner of the content agrees, or refuse it.
 *
 * Promises: the strictest of the contact gate, the policy's lists, the owner's own filter and the actions in force counts; nothing of
 * the text is kept; a refusal by a list of the policy carries its statement of reasons. What could not be compared or read is an
 * error, and never "publish". Failures: EFIELD naming the field, the store's. Called by the route table.
 */
#include "api/routes.h"

#include "api/screening.h"
#include "api/tally.h"
#include "decide/decide.h"
#include "intake/decode.h"
#include "minors/filters.h"
#include "minors/gate.h"
#include "minors/interventions.h"
#include "report/statement.h"
#include "store/accounts.h"
#include "store/actions.h"
#include "store/items.h"
#include "sys/clock.h"

struct comment {
	struct tl_req *req;
	struct tl_screening *screening;
	const struct tl_policy_set *set; /* of the screening */
	struct tl_comment_in in;
	struct tl_gate_ask ask;
	struct tl_gate_answer gate;
	struct tl_comment_input is;
	struct tl_comment_filter filter;
	struct tl_id friction; /* the action that asks people first; nil: none */
	struct tl_account owner;
	struct tl_comment_answer say;
};

/* Actions that say something of comments: on the author, on the owner, on the item. */
static int
look_at_actions(struct tl_db *db, struct comment *c, enum tl_subject_kind kind, struct tl_id id)
{
	struct tl_action_row *rows = NULL;
	size_t n = 0;
	if (tl_id_is_nil(id))
		return 0;
	int rc = tl_action_on(
	    db, c->ask.platform, kind, id, c->ask.now, tl_req_arena(c->req), &rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (tl_str_is(rows[i].name, "comment_friction")) {
			c->is.friction = true;
			c->friction = rows[i].id;
		}
		if (tl_str_is(rows[i].name, "restrict_interaction"))
			c->is.closed = true;
	}
	return rc;
}

static int
look_at_item(struct tl_db *db, struct comment *c)
{
	struct tl_item_state_row row;
	if (!c->in.item.n)
		return 0;
	int rc = tl_item_find(db, c->ask.platform, c->ask.live, c->in.item, 0, &row);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	return look_at_actions(db, c, TL_SUBJECT_ITEM, row.id);
}

static int
look_at_owner(struct tl_db *db, struct comment *c)
{
	struct tl_id id = c->gate.to.id;
	if (tl_id_is_nil(id))
		return 0;
	int rc = tl_account_get(db, c->ask.platform, id, tl_req_arena(c->req), &c->owner);
	if (rc == 0)
		rc = tl_filter_get(db, c->ask.platform, id, tl_req_arena(c->req), &c->filter);
	if (rc == 0 && c->filter.count && !c->is.own)
		rc = tl_screening_words(c->screening,
		    &(struct tl_words_key){id, c->filter.changed_at}, c->filter.words,
		    c->filter.count, c->in.text, &c->is.has_word);
	c->is.word_say = c->filter.say;
	c->is.approve_all = c->filter.approve_all;
	return rc;
}

/* Both accounts; one's own content needs no gate. */
static int
ask_gate(struct tl_db *db, struct comment *c)
{
	struct tl_contact_map map;
	if (c->is.own) {
		c->gate.to = (struct tl_account_ref){.age_band = TL_AGE_UNKNOWN};
		int rc =
		    tl_account_ref(db, c->ask.platform, c->ask.live, c->in.owner, &c->gate.to);
		c->gate.from = c->gate.to;
		return rc == TL_ENOTFOUND ? 0 : rc;
	}
	tl_contact_map_init(&map, c->set->minors);
	tl_gate_check(db, &map, &c->ask, &c->gate);
	c->is.closed = c->gate.said.outcome != TL_CONTACT_ALLOW;
	return c->gate.said.why == TL_CONTACT_WHY_AWAY
		   ? tl_fail(TL_EAGAIN, "what is known of the two accounts could not be read")
		   : 0;
}

static int
load(struct comment *c)
{
	struct tl_app *app = &tl_api_of(c->req)->app;
	struct tl_db *db = NULL;
	int rc = tl_app_db(app, &db);
	if (rc == 0)
		rc = ask_gate(db, c);
	if (rc == 0)
		rc = look_at_owner(db, c);
	if (rc == 0)
		rc = look_at_actions(db, c, TL_SUBJECT_ACCOUNT, c->gate.from.id);
	if (rc == 0 && !c->is.own)
		rc = look_at_actions(db, c, TL_SUBJECT_ACCOUNT, c->gate.to.id);
	if (rc == 0)
		rc = look_at_item(db, c);
	tl_app_db_give(app, db);
	c->is.owner = c->gate.to.age_band;
	return rc;
}

/* The answer ------------------------------------------------------------------------------------------------------ */

static void
count(const struct comment *c)
{
	struct tl_intervention_count n = {.platform = c->ask.platform,
	    .live = c->ask.live,
	    .use = TL_LIST_COMMENT,
	    .band = c->is.owner,
	    .say = (int)c->say.say};
	if (c->say.say == TL_COMMENT_PUBLISH)
		return;
	if (c->say.list)
		(void)!tl_str_copy(n.list, sizeof n.list, c->say.list->name);
	(void)!tl_str_copy(n.country, sizeof n.country, c->owner.country);
	tl_tally_add(tl_api_of(c->req)->tally, &n);
}

/* What the author reads: never which word it was, nor what the owner set. */
static struct tl_str
text(const struct comment *c)
{
	static const char *const names[] = {[TL_COMMENT_ASK] = "comment_ask",
	    [TL_COMMENT_HOLD] = "comment_hold",
	    [TL_COMMENT_REFUSE] = "comment_refuse"};
	struct tl_str language =
	    c->in.language.n ? c->in.language : tl_str(c->gate.from.language);
	const char *name = names[c->say.say];
	if (c->say.why == TL_COMMENT_WHY_CLOSED)
		name = "comment_closed";
	return name ? tl_intervention_text(c->set->interventions, language, tl_str(name))
		    : TL_S("");
}

static int
put_statement(const struct comment *c, struct tl_buf *b)
{
	const struct tl_config *conf = tl_api_of(c->req)->app.config;
	struct tl_buf json TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_statement_env env = {.policies = c->set,
	    .service_name = conf->service_name,
	    .complaint_url = conf->complaint_url,
	    .contact = conf->contact,
	    .complaint_days = conf->complaint_days};
	struct tl_decide_env decide = {.policies = c->set,
	    .service = conf->service_name,
	    .public_url = conf->public_url,
	    .statement = tl_statement_hook,
	    .statement_ctx = &env};
	if (c->say.say != TL_COMMENT_REFUSE || !c->say.list) {
		tl_js_null(b, "statement");
		return 0;
	}
	int rc = tl_decide_unpublished(&decide, c->say.list->policy, &json);
	if (rc == 0)
		tl_js_raw(b, "statement", tl_buf_str(&json));
	return rc;
}

static void
answer(struct comment *c)
{
	struct tl_req *req = c->req;
	struct tl_buf b = {0};
	c->say = tl_comment_answer(c->set, &c->is);
	tl_js_open(&b, NULL, '{');
	tl_js_z(&b, "answer", tl_comment_say_names[c->say.say]);
	tl_js_z(&b, "why", tl_comment_why_names[c->say.why]);
	tl_js_str0(&b, "list", c->say.list ? c->say.list->name : TL_S(""));
	tl_js_str0(&b, "text", text(c));
	tl_js_id(&b, "action_id",
	    c->say.why == TL_COMMENT_WHY_ACTION ? c->friction : (struct tl_id){{0}});
	tl_js_str(&b, "policy_version", c->set->version);
	int rc = put_statement(c, &b);
	tl_js_close(&b, '}');
	if (rc == 0)
		count(c);
	tl_screening_unref(c->screening);
	if (rc == 0) {
		tl_req_answer_json(req, 200, &b);
		return;
	}
	tl_buf_fini(&b);
	tl_req_problem(req, rc);
}

static int
record(struct tl_db *db, void *ctx)
{
	struct comment *c = ctx;
	return tl_gate_record(db, &c->ask, &c->gate);
}

/* What could not be recorded does not reach whoever may be a minor. */
static void
recorded(struct tl_req *req, int rc, void *ctx)
{
	struct comment *c = ctx;
	(void)req;
	if (rc < 0)
		tl_gate_unrecorded(&c->gate);
	c->is.closed = c->is.closed || c->gate.said.outcome != TL_CONTACT_ALLOW;
	answer(c);
}

static int
decode(struct tl_req *req, struct comment *c)
{
	const struct tl_who *key = tl_req_who(req);
	json_t *j = NULL;
	int rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_decode_comment(j, tl_req_arena(req), &c->in);
	if (rc < 0)
		return rc;
	c->ask = (struct tl_gate_ask){.platform = key->platform,
	    .live = key->live,
	    .from = c->in.author,
	    .to = c->in.owner,
	    .kind = TL_CONTACT_COMMENT,
	    .now = tl_now_us()};
	c->is.own = tl_str_eq(c->in.author, c->in.owner);
	c->is.confirmed = c->in.confirmed;
	return tl_screening_find(c->screening, TL_LIST_COMMENT, c->in.text, &c->is.lists);
}

void
tl_api_check_comment(struct tl_req *req)
{
	struct comment *c = TL_NEW(tl_req_arena(req), struct comment);
	if (!c) {
		tl_req_problem(req, tl_arena_check(tl_req_arena(req)));
		return;
	}
	c->req = req;
	c->screening = tl_app_screening(&tl_api_of(req)->app);
	c->set = tl_screening_policies(c->screening);
	int rc = decode(req, c);
	if (rc == 0)
		rc = load(c);
	if (rc < 0) {
		tl_screening_unref(c->screening);
		tl_req_problem(req, rc);
		return;
	}
	/* Who is asked first has not commented yet. */
	c->say = tl_comment_answer(c->set, &c->is);
	if (c->in.record && !c->is.own && c->say.say != TL_COMMENT_ASK)
		tl_api_write_clean(req, TL_SYNC_NORMAL, 1, record, recorded, c);
	else
		answer(c);
}
