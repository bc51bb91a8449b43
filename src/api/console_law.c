/*
 * What is in force: policies, actions, rules; and the first figures.
 *
 * Promises: figures come from counters and indexes, never from a scan of items; rules are shown as the worker
 * would load them, with the reason when a text was refused. Reads only.
 */
#include "api/console_int.h"

#include "detect/detect.h"
#include "rules/rules.h"
#include "store/actions.h"
#include "store/banks.h"
#include "store/outbox.h"
#include "sys/clock.h"

#include <stdlib.h>

/* Policies and actions -------------------------------------------------------------------- */

static void
clock_s(struct tl_buf *out, const char *key, int64_t us)
{
	if (us > 0)
		tl_js_int(out, key, us / TL_US_S);
	else
		tl_js_null(out, key);
}

int
tl_console_policies(struct tl_call *c)
{
	struct tl_buf *out = &c->out;
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "version", c->set->version);
	tl_js_open(out, "policies", '[');
	for (size_t i = 0; i < c->set->policy_count; i++) {
		const struct tl_policy *p = &c->set->policies[i];
		tl_js_open(out, NULL, '{');
		tl_view_policy(out, p);
		tl_js_text0(out, "parent", p->parent);
		clock_s(out, "clock_s", p->clock_us);
		tl_js_z(out, "on_unknown", tl_verdict_word_names[p->on_unknown]);
		tl_js_text0(out, "category", p->category);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	tl_js_close(out, '}');
	return 0;
}

int
tl_console_actions(struct tl_call *c)
{
	struct tl_buf *out = &c->out;
	tl_js_open(out, NULL, '{');
	tl_js_open(out, "actions", '[');
	for (size_t i = 0; i < c->set->action_count; i++) {
		const struct tl_action_def *d = &c->set->actions[i];
		tl_js_open(out, NULL, '{');
		tl_view_action(out, d);
		tl_js_bool(out, "reversible", d->reverse.n > 0);
		clock_s(out, "clock_s", d->confirm_us);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	tl_js_close(out, '}');
	return 0;
}

/* Rules ----------------------------------------------------------------------------------- */

static int
known_names(struct tl_call *c, struct tl_rules_known *k)
{
	struct tl_bank *banks;
	size_t n, detectors = 0;
	int rc = tl_bank_list(c->db, c->arena, &banks, &n);
	if (rc < 0)
		return rc;
	while (tl_detector_names[detectors])
		detectors++;
	struct tl_rules_bank *names = TL_NEWS(c->arena, struct tl_rules_bank, n + 1);
	struct tl_str *words = TL_NEWS(c->arena, struct tl_str, detectors + 1);
	rc = tl_arena_check(c->arena);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		names[i] = (struct tl_rules_bank){banks[i].name, banks[i].kind};
	for (size_t i = 0; i < detectors; i++)
		words[i] = tl_str(tl_detector_names[i]);
	*k = (struct tl_rules_known){.policies = c->set,
	    .banks = names,
	    .bank_count = n,
	    .detectors = words,
	    .detector_count = detectors};
	return 0;
}

static int
rule_hits(struct tl_call *c, struct tl_str rule, int64_t *ret)
{
	struct tl_row r;
	const char *name = tl_arena_printf(c->arena, "rule/%.*s", TL_ARG(rule));
	int rc = tl_db_first(
	    c->db, &r, TL_SQL_VIEW_COUNTER, A_INT(tl_now_us() / TL_US_DAY - 6), A_Z(name));
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}

static int
write_rule(struct tl_call *c, const struct tl_rule_view *v)
{
	struct tl_buf *out = &c->out;
	int64_t hits = 0, shadow = 0;
	int rc = rule_hits(c, v->name, &hits);
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "name", v->name);
	tl_js_str(out, "policy", v->policy);
	tl_js_str(out, "pack", v->pack);
	tl_js_int(out, "line", v->line);
	tl_js_bool(out, "active", v->state == TL_RULE_ACTIVE);
	tl_js_text0(out, "reason", v->why);
	if (v->state == TL_RULE_SHADOW && v->shadow_date.n)
		(void)!tl_time_parse(
		    tl_str(tl_arena_printf(c->arena, "%.*sT00:00:00Z", TL_ARG(v->shadow_date))),
		    &shadow);
	tl_js_time(out, "shadow_until", shadow);
	tl_js_z(out, "source",
	    tl_arena_printf(c->arena,
		"rule %.*s\n    policy  %.*s\n    when    %.*s\n    then    %.*s",
		TL_ARG(v->name), TL_ARG(v->policy), TL_ARG(v->when), TL_ARG(v->then)));
	tl_js_int(out, "hits_7d", hits);
	tl_js_close(out, '}');
	return rc;
}

static int
write_rules(
    struct tl_call *c, const struct tl_rule_set *set, const struct tl_lang_report *report)
{
	struct tl_buf *out = &c->out;
	int64_t now = tl_now_us();
	int rc = 0;
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "version", set ? tl_rules_version(set) : TL_S(""));
	tl_js_time(out, "loaded_at", now);
	tl_js_text0(out, "refused", set ? TL_S("") : tl_buf_str(&report->text));
	tl_js_open(out, "rules", '[');
	size_t n = set ? tl_rules_count(set) : 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct tl_rule_view v;
		tl_rules_view(set, i, now, &v);
		rc = write_rule(c, &v);
	}
	tl_js_close(out, ']');
	tl_js_close(out, '}');
	return rc;
}

int
tl_console_rules(struct tl_call *c)
{
	char dir[TL_PATH_MAX], rules[TL_PATH_MAX + 8];
	struct tl_rules_known known;
	int rc = tl_config_path(c->app->config, c->app->config->policy_dir, dir);
	if (rc == 0)
		rc = known_names(c, &known);
	if (rc < 0)
		return rc;
	(void)snprintf(rules, sizeof rules, "%s/rules", dir);
	struct tl_lang_report report;
	const struct tl_rule_set *set = NULL;
	tl_lang_report_init(&report, c->arena);
	rc = tl_rules_load(rules, &known, &report, &set);
	/* A refused text is an answer, not a failure of this call. */
	rc = write_rules(c, rc < 0 ? NULL : set, &report);
	tl_rules_unref(set);
	tl_lang_report_fini(&report);
	return rc;
}

/* Figures --------------------------------------------------------------------------------- */

enum {
	F_REVIEW,
	F_WITHHOLD,
	F_BLOCK,
	F_ACT,
	F_CLEAR,
	F_AUTOMATIC,
	F_REVERSED,
	F_FLAGS,
	F_COUNT
};
static const struct {
	const char *counter, *member;
} figure[F_COUNT] = {
    [F_REVIEW] = {"verdict_review", "review"},
    [F_WITHHOLD] = {"verdict_withhold", "withhold"},
    [F_BLOCK] = {"verdict_block", "block"},
    [F_ACT] = {"decided_act", "decided_act"},
    [F_CLEAR] = {"decided_clear", "decided_clear"},
    [F_AUTOMATIC] = {"automatic", "automatic"},
    [F_REVERSED] = {"reversed", "reversed"},
    [F_FLAGS] = {"flags_received", "flags"},
};
#define FIGURE_POLICIES_MAX 512

struct policy_figures {
	struct tl_str policy;
	int64_t n[F_COUNT];
};

struct all_figures {
	struct policy_figures *rows;
	size_t count;
	int64_t verdicts[tl_verdict_word_count];
};

static struct policy_figures *
figures_of(struct tl_call *c, struct all_figures *f, struct tl_str policy)
{
	for (size_t i = 0; i < f->count; i++) {
		if (tl_str_eq(f->rows[i].policy, policy))
			return &f->rows[i];
	}
	if (f->count == FIGURE_POLICIES_MAX)
		return NULL;
	f->rows[f->count].policy = tl_arena_dup(c->arena, policy);
	return &f->rows[f->count++];
}

static void
take_counter(struct tl_call *c, struct all_figures *f, const struct tl_row *r)
{
	struct tl_str name = tl_col_str(r, 0);
	for (int v = 0; v < tl_verdict_word_count; v++) {
		if (tl_str_is(name,
			tl_arena_printf(c->arena, "verdict_%s", tl_verdict_word_names[v])))
			f->verdicts[v] += tl_col_int(r, 2);
	}
	for (int i = 0; i < F_COUNT; i++) {
		if (!tl_str_is(name, figure[i].counter))
			continue;
		struct policy_figures *p = figures_of(c, f, tl_col_str(r, 1));
		if (p)
			p->n[i] += tl_col_int(r, 2);
	}
}

static int
read_counters(struct tl_call *c, int64_t from_day, struct all_figures *f)
{
	struct tl_row r;
	f->rows = TL_NEWS(c->arena, struct policy_figures, FIGURE_POLICIES_MAX);
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = tl_db_query(c->db, &r, TL_SQL_VIEW_COUNTERS, A_INT(from_day));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0)
		take_counter(c, f, &r);
	return rc;
}

static void
write_policy_figures(struct tl_buf *out, const struct all_figures *f)
{
	tl_js_open(out, "policies", '[');
	for (size_t i = 0; i < f->count; i++) {
		tl_js_open(out, NULL, '{');
		tl_js_str(out, "policy", f->rows[i].policy);
		for (int k = 0; k < F_COUNT; k++)
			tl_js_int(out, figure[k].member, f->rows[i].n[k]);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
}

/* Rows of (state, count) as one object with every state in it. */
static int
write_states(struct tl_call *c, const char *key, enum tl_sql sql, const char *const *names)
{
	struct tl_row r;
	int64_t n[32] = {0};
	int word, rc = tl_db_query(c->db, &r, sql, A_NULL);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		if (tl_word_parse(names, tl_col_str(&r, 0), &word) == 0 && word < 32)
			n[word] = tl_col_int(&r, 1);
	}
	tl_js_open(&c->out, key, '{');
	for (int i = 0; names[i] && i < 32; i++)
		tl_js_int(&c->out, names[i], n[i]);
	tl_js_close(&c->out, '}');
	return rc;
}

static void
write_counts(struct tl_buf *out, const char *key, const char *const *names, const int64_t *n)
{
	tl_js_open(out, key, '{');
	for (int i = 0; names[i]; i++)
		tl_js_int(out, names[i], n[i]);
	tl_js_close(out, '}');
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void
write_median(struct tl_buf *out, const char *key, int64_t *us, size_t n)
{
	if (!n) {
		tl_js_null(out, key);
		return;
	}
	qsort(us, n, sizeof *us, by_size);
	tl_js_num(out, key, (double)(us[n / 2] / TL_US_MS) / 1000);
}

#define TIMES_MAX 2000

static int
write_times(struct tl_call *c, int64_t from)
{
	int64_t *queued = TL_NEWS(c->arena, int64_t, TIMES_MAX);
	int64_t *decided = TL_NEWS(c->arena, int64_t, TIMES_MAX);
	size_t n = 0;
	struct tl_row r;
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = tl_db_query(c->db, &r, TL_SQL_VIEW_TIMES, A_INT(from));
	if (rc < 0)
		return rc;
	while (n < TIMES_MAX && (rc = tl_row_next(&r)) > 0) {
		queued[n] = tl_col_int(&r, 0);
		decided[n++] = tl_col_int(&r, 1);
	}
	tl_row_end(&r);
	write_median(&c->out, "median_queued_s", queued, n);
	write_median(&c->out, "median_decided_s", decided, n);
	return rc < 0 ? rc : 0;
}

int
tl_console_figures(struct tl_call *c)
{
	int64_t days = 7, now = tl_now_us();
	int rc = tl_req_query_int(c->req, "days", 1, 366, &days);
	int64_t from_day = now / TL_US_DAY - days + 1;
	struct all_figures f = {0};
	int64_t actions[tl_action_state_count] = {0}, out[tl_outbox_state_count] = {0};
	if (rc == 0)
		rc = read_counters(c, from_day, &f);
	if (rc == 0)
		rc = tl_action_counts(c->db, actions);
	if (rc == 0)
		rc = tl_outboxrow_counts(c->db, out);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_time(&c->out, "from", from_day * TL_US_DAY);
	tl_js_time(&c->out, "to", now);
	write_policy_figures(&c->out, &f);
	rc = write_states(c, "items", TL_SQL_ITEM_COUNT_STATE, tl_item_state_names);
	write_counts(&c->out, "verdicts", tl_verdict_word_names, f.verdicts);
	if (rc == 0)
		rc = write_states(c, "cases", TL_SQL_VIEW_CASE_STATES, tl_case_state_names);
	write_counts(&c->out, "actions", tl_action_state_names, actions);
	write_counts(&c->out, "deliveries", tl_outbox_state_names, out);
	if (rc == 0)
		rc = write_times(c, from_day * TL_US_DAY);
	tl_js_close(&c->out, '}');
	return rc;
}
