/*
 * What is in force: policies, actions, rules; and the first figures.
 *
 * Promises: figures come from counters and indexes, never from a scan of items; rules are shown as the worker
 * would load them, with the reason when a text was refused. Reads only.
 */
#include "api/console_int.h"

#include "detect/detect.h"
#include "report/figures.h"
#include "rules/rules.h"
#include "store/banks.h"
#include "sys/clock.h"

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
		tl_view_action(out, d, TL_SUBJECT_ITEM);
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

int
tl_console_figures(struct tl_call *c)
{
	int64_t days = 7;
	struct tl_figures f;
	int rc = tl_req_query_int(c->req, "days", 1, 366, &days);
	if (rc == 0)
		rc = tl_figures_read(c->db, days, true, c->arena, &f);
	if (rc < 0)
		return rc;
	tl_figures_json(&f, &c->out);
	return 0;
}
