/*
 * What is in force: policies and actions; and the first figures.
 *
 * Promises: figures come from counters and indexes, never from a scan of items. Reads only.
 */
#include "api/console_int.h"

#include "report/figures.h"
#include "sys/clock.h"

/* Policies and actions -------------------------------------------------------------------- */

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
		tl_js_str0(out, "parent", p->parent);
		tl_js_int0(out, "clock_s", p->clock_us > 0, p->clock_us / TL_US_S);
		tl_js_z(out, "on_unknown", tl_verdict_word_names[p->on_unknown]);
		tl_js_str0(out, "category", p->category);
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
		tl_js_int0(out, "clock_s", d->confirm_us > 0, d->confirm_us / TL_US_S);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	tl_js_close(out, '}');
	return 0;
}

/* Figures --------------------------------------------------------------------------------- */

int
tl_console_figures(struct tl_call *c)
{
	int64_t days = 7;
	struct tl_figures f = {0};
	int rc = tl_req_query_int(c->req, "days", 1, 366, &days);
	if (rc == 0)
		rc = tl_figures_read(c->db, days, true, c->arena, &f);
	if (rc < 0)
		return rc;
	size_t kept = 0;
	for (size_t i = 0; i < f.policy_count; i++) {
		if (tl_call_may(c, TL_ACT_SEE, TL_S(""), tl_str(f.policies[i].policy)))
			f.policies[kept++] = f.policies[i];
	}
	f.policy_count = kept;
	tl_figures_json(&f, &c->out);
	return 0;
}
