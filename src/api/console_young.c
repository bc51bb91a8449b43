/*
 * What searches and comments were told, for the console: figures by topic, country and age band.
 *
 * Promises: a figure below LEAST is not shown, so that nobody is found in it; what did not fit is said. Reads only.
 */
#include "api/console_int.h"

#include "minors/counts.h"
#include "sys/clock.h"

#define ROWS 500
#define LEAST 5

static struct tl_str
title_of(const struct tl_call *c, const struct tl_intervention_count *n)
{
	const struct tl_word_list *l =
	    tl_word_list_find(c->set->interventions, n->use, tl_str(n->list));
	return l ? l->title : TL_S("");
}

static void
put_count(struct tl_call *c, const struct tl_intervention_count *n)
{
	struct tl_buf *out = &c->out;
	tl_js_open(out, NULL, '{');
	tl_js_z(out, "used", tl_list_use_names[n->use]);
	tl_js_str0(out, "list", tl_str(n->list));
	tl_js_str0(out, "title", title_of(c, n));
	tl_js_str0(out, "country", tl_str(n->country));
	tl_js_z(out, "age_band", tl_age_band_names[n->band]);
	tl_js_z(out, "said", tl_intervention_said(n->use, n->say));
	tl_js_int0(out, "n", n->n >= LEAST, n->n);
	tl_js_close(out, '}');
}

int
tl_console_interventions(struct tl_call *c)
{
	int64_t days = 28;
	size_t n = 0;
	bool more = false;
	struct tl_intervention_count *rows =
	    TL_NEWS(c->arena, struct tl_intervention_count, ROWS);
	int rc =
	    rows ? tl_req_query_int(c->req, "days", 1, 3650, &days) : tl_arena_check(c->arena);
	int64_t from = tl_now_us() / TL_US_DAY - days + 1;
	if (rc == 0)
		rc = tl_intervention_counts(c->db, from, ROWS, rows, &n, &more);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_time(&c->out, "from", from * TL_US_DAY);
	tl_js_int(&c->out, "least", LEAST);
	tl_js_bool(&c->out, "more", more);
	tl_js_open(&c->out, "counts", '[');
	for (size_t i = 0; i < n; i++)
		put_count(c, &rows[i]);
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return 0;
}
