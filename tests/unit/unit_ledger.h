/*
 * A store with one platform, one item of user-7, two reviewers and the shipped policies: the ground on which tests of
 * decisions and enforcement stand.
 */
#pragma once

#include "base/json.h"
#include "config/policy.h"
#include "decide/decide.h"
#include "outbox/outbox.h"
#include "store/actions.h"
#include "store/alarms.h"
#include "store/decisions.h"
#include "store/items.h"
#include "store/ledger.h"
#include "sys/clock.h"

#include "unit_store.h"

#include <math.h>
#include <sqlite3.h>

#ifndef TEST_POLICY
#define TEST_POLICY TEST_DATA "/../../policy"
#endif

struct fixture {
	struct unit_store s;
	struct tl_id user, other;
	struct tl_item item;
	struct tl_decide_env env;
};

static inline int
compose(void *ctx, const struct tl_decision *d, struct tl_buf *out)
{
	(void)ctx;
	tl_buf_printf(out, "{\"facts\":\"%.*s\"}", TL_ARG(d->facts));
	return 0;
}

static inline struct tl_id
add_user(struct fixture *f, const char *name)
{
	char path[128], sql[512], hex[33];
	sqlite3 *h;
	struct tl_id id = tl_id_new();
	tl_hex(hex, id.b, sizeof id.b);
	(void)snprintf(path, sizeof path, "%s/store.db", f->s.dir);
	(void)snprintf(sql, sizeof sql,
	    "INSERT INTO users(id, name, role, password, pseudonym, created_at)"
	    " VALUES(x'%s', '%s', 'moderator', '', 'R-%s', 1)",
	    hex, name, name);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(h);
	return id;
}

static inline struct tl_item
add_item(struct fixture *f, const char *ext)
{
	struct tl_item it = {.platform = f->s.platform,
	    .ext_id = tl_str(ext),
	    .version = 3,
	    .live = true,
	    .kind = TL_KIND_POST,
	    .account_ext = TL_S("user-7"),
	    .audience = TL_AUDIENCE_PUBLIC,
	    .views = 41,
	    .language = TL_S("en"),
	    .posted_at = 5,
	    .field_count = 1};
	it.fields[0] = (struct tl_field){TL_S("body"), TL_S("DEMO-BANNED-PHRASE")};
	struct tl_item_state_row row;
	uint8_t print[TL_PRINT_BYTES] = {1};
	bool known;
	it.received_at = tl_now_us();
	assert_int_equal(tl_item_put(f->s.db, &it, print, 0, &row, &known), 0);
	struct tl_item_full full;
	assert_int_equal(tl_item_get(f->s.db, f->s.platform, row.id, f->s.arena, &full), 0);
	return full.item;
}

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	unit_store_open(&f->s);
	f->user = add_user(f, "ada");
	f->other = add_user(f, "ben");
	f->env = (struct tl_decide_env){.service = "Demo",
	    .public_url = "http://localhost:8080",
	    .undo_us = 8 * TL_US_S,
	    .statement = compose};
	if (tl_policy_load(TEST_POLICY, &f->env.policies) < 0)
		fail_msg("%s", tl_err_text());
	unit_begin(f->s.db);
	f->item = add_item(f, "post-1");
	*state = f;
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;
	unit_store_close(&f->s);
	tl_policy_unref(f->env.policies);
	free(f);
	return 0;
}

static inline struct tl_id
automatic(struct fixture *f, enum tl_verdict_word word, const char *policy, const char *action,
    enum tl_decided want)
{
	struct tl_action_wish w = {.name = tl_str(action)};
	struct tl_reason r = {.rule = TL_S("r"),
	    .policy = tl_str(policy),
	    .outcome = word,
	    .actions = &w,
	    .action_count = action ? 1 : 0};
	struct tl_verdict v = {
	    .word = word, .ruleset = TL_S("rules-1"), .reasons = &r, .reason_count = 1};
	struct tl_signal s = {.detector = TL_S("text"),
	    .version = TL_S("1"),
	    .label = TL_S("demo-list"),
	    .score = 1.0,
	    .policy = tl_str(policy),
	    .distance = -1};
	enum tl_decided got;
	struct tl_id id;
	int rc = tl_decide_automatic(f->s.db, &f->env, &f->item, &v, &s, 1, &got, &id);
	if (rc < 0)
		fail_msg("%s", tl_err_text());
	assert_int_equal(got, want);
	return id;
}

static inline struct tl_case
open_case(struct fixture *f)
{
	int64_t now = tl_now_us();
	struct tl_case c = {.id = tl_id_new(),
	    .platform = f->s.platform,
	    .live = true,
	    .subject_kind = TL_SUBJECT_ITEM,
	    .subject = f->item.id,
	    .account = f->item.account,
	    .queue = TL_S("general"),
	    .state = TL_CASE_CLAIMED,
	    .policy = TL_S("terms.spam"),
	    .severity = TL_SEVERITY_LOW,
	    .opened_at = now - 5 * TL_US_S,
	    .updated_at = now,
	    .claimed_by = f->user,
	    .claimed_at = now - 2 * TL_US_S,
	    .claim_until = now + TL_US_MIN};
	assert_int_equal(tl_case_add(f->s.db, &c), 0);
	return c;
}

static inline int
person(struct fixture *f, const struct tl_case *c, enum tl_decision_kind kind,
    const char *action, struct tl_id *ret)
{
	struct tl_action_wish w = {.name = tl_str(action)};
	bool act = kind == TL_DECISION_ACT;
	struct tl_person_decision p = {.user = f->user,
	    .kind = kind,
	    .policy = act ? TL_S("terms.spam") : TL_S(""),
	    .ground = act ? TL_GROUND_INCOMPATIBLE : TL_GROUND_NONE,
	    .actions = &w,
	    .action_count = action ? 1 : 0,
	    .viewed_whole = -1};
	int64_t effective;
	return tl_decide_person(f->s.db, &f->env, c, &p, ret, &effective);
}

static inline struct tl_action_row *
actions(struct fixture *f, struct tl_id decision, size_t want)
{
	struct tl_action_row *rows;
	size_t n;
	assert_int_equal(tl_action_of_decision(f->s.db, decision, f->s.arena, &rows, &n), 0);
	assert_int_equal(n, want);
	return rows;
}

static inline struct tl_decision
decision(struct fixture *f, struct tl_id id)
{
	struct tl_decision d;
	assert_int_equal(tl_decision_get(f->s.db, id, f->s.arena, &d, NULL), 0);
	return d;
}

static inline struct tl_outbox_row
delivery(struct fixture *f, struct tl_id cause)
{
	struct tl_outbox_row *rows;
	size_t n;
	assert_int_equal(tl_outboxrow_of_cause(f->s.db, cause, f->s.arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	return rows[0];
}

static inline int64_t
strikes(struct fixture *f)
{
	struct tl_account a;
	assert_int_equal(
	    tl_account_get(f->s.db, f->s.platform, f->item.account, f->s.arena, &a), 0);
	return a.strikes;
}
