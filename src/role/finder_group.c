/*
 * One decision for many: what a person decided on one case is decided on its copies, when the time to undo is over.
 *
 * Promises: each copy gets a decision of its own, in the person's name, with its statement and its actions, and a line that
 * says which decision it follows; a few in one transaction, each once, whoever dies when. What was decided, taken by
 * somebody, erased or closed to this person meanwhile is left out, with its reason; the trail says how many. Failure: the store's codes, tried again; a copy that cannot
 * be decided is left out. Called by the finder's loop.
 */
#include "role/finder_int.h"

#include "again/crisis.h"
#include "base/arena.h"
#include "base/json.h"
#include "decide/decide.h"
#include "people/people.h"
#include "report/statement.h"
#include "review/cover.h"
#include "store/decisions.h"
#include "store/items.h"
#include "store/people.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <stdlib.h>

#define ITEMS_PAGE 16
#define ARENA_BYTES ((size_t)16 << 20)

struct group {
	const struct tl_config *config;
	const struct tl_policy_set *set;
	struct tl_arena *arena;
	struct tl_id id, decision, user;
	struct tl_reviewer who; /* as of now */
	bool may;               /* they are still here, and may decide this */
	int64_t platform;
	struct tl_str ask; /* JSON */
	struct tl_person_decision p;
};

/* Takes the body of the decision apart again: it was checked when it was made. */
static int
read_ask(struct group *g, json_t *j)
{
	struct tl_action_wish *w;
	const json_t *actions = json_object_get(j, "actions");
	const char *kind = json_string_value(json_object_get(j, "kind"));
	int ground = TL_GROUND_NONE;
	size_t n = json_array_size(actions);
	w = TL_NEWS(g->arena, struct tl_action_wish, n + 1);
	if (!w || !kind)
		return tl_fail(TL_ECORRUPT, "a decision for copies cannot be read");
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(actions, i);
		const json_t *params = json_object_get(one, "params");
		w[i].name = tl_arena_dup(g->arena, tl_json_str(json_object_get(one, "name")));
		char *text = json_is_object(params) ? json_dumps(params, JSON_COMPACT) : NULL;
		if (text)
			w[i].params = tl_arena_dup(g->arena, tl_str(text));
		free(text);
	}
	const json_t *word = json_object_get(j, "ground");
	if (!json_is_string(word) ||
	    tl_word_parse(tl_ground_names, tl_json_str(word), &ground) < 0)
		return tl_fail(TL_ECORRUPT, "a decision for copies cannot be read");
	const json_t *policy = json_object_get(j, "policy");
	const json_t *facts = json_object_get(j, "facts");
	g->p = (struct tl_person_decision){.user = g->user,
	    .kind = strcmp(kind, "clear") == 0 ? TL_DECISION_CLEAR : TL_DECISION_ACT,
	    .policy =
		json_is_string(policy) ? tl_arena_dup(g->arena, tl_json_str(policy)) : TL_S(""),
	    .ground = (enum tl_ground)ground,
	    .actions = w,
	    .action_count = n,
	    .facts =
		json_is_string(facts) ? tl_arena_dup(g->arena, tl_json_str(facts)) : TL_S(""),
	    .viewed_whole = 0, /* it was its like that was looked at */
	    .appeal_of = TL_TRIGGER_OWN};
	return tl_arena_check(g->arena);
}

/* What the person may do has changed, or they were shut out: what they decided for copies is asked anew. */
static int
look_up(struct tl_db *db, struct group *g)
{
	struct tl_user u;
	g->who = (struct tl_reviewer){.id = g->user, .access = {.set = g->set}};
	g->may = false;
	int rc = tl_user_get(db, g->user, g->arena, &u);
	if (rc < 0 || u.disabled_at)
		return rc == TL_ENOTFOUND ? 0 : rc;
	rc = tl_access_of(db, g->arena, &u, g->set, &g->who.access);
	g->may = rc == 0 && tl_may(u.role, TL_MAY_WORK) &&
		 (!g->p.policy.n || tl_need_to_decide(&g->who.access, g->p.policy,
					g->p.kind == TL_DECISION_ACT) == 0);
	return rc;
}

static int
follow(struct tl_db *db, const struct group *g, struct tl_id fresh)
{
	char main[TL_ID_TEXT], actor[TL_ID_TEXT + 8], user[TL_ID_TEXT];
	tl_id_text(main, g->decision);
	tl_id_text(user, g->user);
	(void)snprintf(actor, sizeof actor, "user:%s", user);
	struct tl_decision_event e = {.kind = TL_S("copy_of"),
	    .at = tl_now_us(),
	    .actor = tl_str(actor),
	    .ref = tl_str(main)};
	return tl_decision_event_add(db, fresh, &e);
}

static int
decide_copy(struct tl_db *db, struct group *g, const struct tl_item *it,
    const struct tl_case *open, struct tl_id *ret)
{
	struct tl_statement_env st = {.policies = g->set,
	    .service_name = g->config->service_name,
	    .complaint_url = g->config->complaint_url,
	    .contact = g->config->contact,
	    .complaint_days = g->config->complaint_days};
	struct tl_decide_env env = {.policies = g->set,
	    .service = g->config->service_name,
	    .public_url = g->config->public_url,
	    .statement = tl_statement_hook,
	    .statement_ctx = &st};
	struct tl_case c = {.platform = g->platform,
	    .live = it->live,
	    .subject_kind = TL_SUBJECT_ITEM,
	    .subject = it->id,
	    .account = it->account,
	    .policy = open ? open->policy : TL_S("")};
	int64_t effective;
	int rc = tl_decide_person(db, &env, &c, &g->p, ret, &effective);
	if (rc == 0)
		rc = follow(db, g, *ret);
	if (rc < 0 || !open)
		return rc;
	rc = tl_db_run(db, TL_SQL_FLAG_OUTCOME, A_ID(open->id),
	    A_Z(g->p.kind == TL_DECISION_ACT ? "upheld" : "refused"));
	return rc < 0 ? rc
		      : tl_review_subject_gone(
			    db, g->platform, TL_SUBJECT_ITEM, it->id, "decided with a copy");
}

/* One copy; *ret_why says why it was left out. */
static int
one_copy(struct tl_db *db, struct group *g, struct tl_id item, struct tl_id *ret_decision,
    const char **ret_why)
{
	struct tl_item_full *full = TL_NEW(g->arena, struct tl_item_full);
	const struct tl_cover_ask ask = {g->platform, item, g->p.kind, g->p.policy};
	struct tl_coverable is = {0};
	if (!full)
		return tl_arena_check(g->arena);
	int rc = tl_item_head(db, g->platform, item, g->arena, full);
	if (rc == TL_ENOTFOUND || (rc == 0 && full->item.state == TL_ITEM_DELETED)) {
		*ret_why = "erased";
		return 0;
	}
	if (rc == 0)
		rc = tl_review_coverable(db, g->arena, &g->who, &ask, &is);
	if (rc == 0)
		*ret_why = g->may ? is.why : "not_yours";
	if (rc < 0 || *ret_why)
		return rc;
	rc = tl_db_savepoint(db);
	if (rc < 0)
		return rc;
	rc = decide_copy(db, g, &full->item, is.is_open ? &is.open : NULL, ret_decision);
	if (rc == 0)
		return tl_db_release(db);
	tl_db_undo(db);
	if (tl_err_kind(rc) == TL_RETRY)
		return rc;
	*ret_why = "failed"; /* an account action without an account, a policy that is gone */
	return 0;
}

/* In the trail, beside the decision: how many were decided, and why others were not. */
static int
tell_end(struct tl_db *db, const struct group *g)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {0};
	char main[TL_ID_TEXT];
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_GROUP_COUNT_DONE, A_ID(g->id));
	if (rc < 0)
		return rc;
	tl_buf_printf(&text, "%lld decided", (long long)tl_col_int(&r, 0));
	tl_row_end(&r);
	rc = tl_db_query(db, &r, TL_SQL_GROUP_LEFT, A_ID(g->id));
	if (rc < 0)
		return rc;
	for (bool first = true; (rc = tl_row_next(&r)) > 0; first = false)
		tl_buf_printf(&text, "%s%lld %.*s", first ? "; left as they were: " : ", ",
		    (long long)tl_col_int(&r, 1), TL_ARG(tl_col_str(&r, 0)));
	tl_row_end(&r);
	tl_id_text(main, g->decision);
	if (rc >= 0)
		rc = tl_audit_add(
		    db, "system", "decide.copies.end", tl_str(main), tl_buf_str(&text));
	return rc < 0 ? rc : 0;
}

static int
page(struct tl_db *db, struct group *g)
{
	struct tl_id ids[ITEMS_PAGE];
	size_t n = 0;
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_GROUP_ITEMS_NEXT, A_ID(g->id), A_INT(ITEMS_PAGE));
	if (rc < 0)
		return rc;
	while (n < ITEMS_PAGE && (rc = tl_row_next(&r)) > 0)
		ids[n++] = tl_col_id(&r, 0);
	tl_row_end(&r);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		struct tl_id fresh = {0};
		const char *why = NULL;
		rc = one_copy(db, g, ids[i], &fresh, &why);
		if (rc == 0)
			rc = tl_db_run(db, TL_SQL_GROUP_ITEM_END, A_ID(g->id), A_ID(ids[i]),
			    A_Z(why ? "left" : "done"), A_ID0(fresh), why ? A_Z(why) : A_NULL);
		TL_KILLPOINT(GROUP_ITEM);
	}
	if (rc >= 0 && n < ITEMS_PAGE)
		rc = tl_db_run(db, TL_SQL_GROUP_DONE, A_ID(g->id), A_INT(tl_now_us()));
	if (rc >= 0 && n < ITEMS_PAGE)
		rc = tell_end(db, g);
	return rc < 0 ? rc : (int)n + 1;
}

/* Returns 1 when a page of a group was done, 0 when none is due. */
static int
next_page(struct tl_db *db, void *ctx)
{
	struct group *g = ctx;
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_GROUP_DUE, A_INT(tl_now_us()));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	g->id = tl_col_id(&r, 0);
	g->decision = tl_col_id(&r, 1);
	g->platform = tl_col_int(&r, 2);
	g->user = tl_col_id(&r, 3);
	g->ask = tl_arena_dup(g->arena, tl_col_str(&r, 4));
	tl_row_end(&r);
	rc = tl_json_parse(g->ask, &j);
	if (rc == 0)
		rc = read_ask(g, j);
	if (rc == 0)
		rc = look_up(db, g);
	return rc < 0 ? rc : page(db, g);
}

int
finder_groups(struct tl_db *db, const struct tl_config *config)
{
	char dir[TL_PATH_MAX];
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_GROUP_DUE, A_INT(tl_now_us()));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	tl_row_end(&r);
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	TL_CLEANUP(tl_policy_unrefp) const struct tl_policy_set *set = NULL;
	rc = tl_config_path(config, config->policy_dir, dir);
	if (rc == 0)
		rc = tl_policy_load(dir, &set);
	struct group g = {.config = config, .set = set, .arena = arena};
	return rc < 0 ? rc : tl_db_tx(db, TL_SYNC_FULL, next_page, &g);
}

static int
end_watch(struct tl_db *db, void *arena)
{
	return tl_watch_end_due(db, arena);
}

int
finder_watches(struct tl_db *db)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_WATCH_DUE, A_INT(tl_now_us()));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	tl_row_end(&r);
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	return tl_db_tx(db, TL_SYNC_FULL, end_watch, arena);
}
