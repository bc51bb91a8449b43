/*
 * Writes help lines into an answer (help.h).
 *
 * Promises: only numbers of policy/interventions.yaml, never one of another country. Called by the routes that show notices.
 */
#include "api/help.h"

#include <stdio.h>

void
tl_help_put(struct tl_buf *b, const struct tl_help *h)
{
	const struct tl_help_line *lines[TL_HELP_SHOWN_MAX];
	size_t n = tl_help_lines(h->set, h->topic, h->country, h->band, lines);
	tl_js_open(b, "help", '{');
	tl_js_str0(b, "country", h->country);
	tl_js_bool(b, "known", n > 0);
	tl_js_str(b, "text",
	    tl_intervention_text(h->set->interventions, h->language,
		n ? TL_S("help_lines") : TL_S("help_unknown")));
	tl_js_open(b, "lines", '[');
	for (size_t i = 0; i < n; i++) {
		tl_js_open(b, NULL, '{');
		tl_js_str(b, "kind", lines[i]->kind);
		tl_js_str(b, "name", lines[i]->name);
		tl_js_str(b, "phone", lines[i]->phone);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	tl_js_close(b, '}');
}

static void
put_steps(struct tl_buf *b, const struct tl_policy_set *set, const struct tl_safety *n)
{
	static const char *const steps[] = {"block", "report", "talk"};
	tl_js_open(b, "steps", '[');
	for (size_t i = 0; i < TL_COUNT(steps); i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "can_%s", steps[i]);
		tl_js_open(b, NULL, '{');
		tl_js_z(b, "step", steps[i]);
		tl_js_str(b, "text",
		    tl_intervention_text(set->interventions, n->language, tl_str(name)));
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

void
tl_safety_put(struct tl_buf *b, const struct tl_policy_set *set, const struct tl_safety *n)
{
	const char *name = tl_safety_name(n->kind);
	char title[24];
	if (!n->show) {
		tl_js_null(b, "safety_notice");
		return;
	}
	(void)snprintf(title, sizeof title, "%s_title", name);
	tl_js_open(b, "safety_notice", '{');
	tl_js_z(b, "notice", name);
	tl_js_str(
	    b, "title", tl_intervention_text(set->interventions, n->language, tl_str(title)));
	tl_js_str(
	    b, "text", tl_intervention_text(set->interventions, n->language, tl_str(name)));
	put_steps(b, set, n);
	tl_help_put(b,
	    &(struct tl_help){
		.set = set, .country = n->country, .language = n->language, .band = n->band});
	tl_js_close(b, '}');
}
