/*
 * Writes help lines into an answer (help.h).
 *
 * Promises: only numbers of policy/interventions.yaml, never one of another country. Called by the routes that show notices.
 */
#include "api/help.h"

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
