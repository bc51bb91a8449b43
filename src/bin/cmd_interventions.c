/*
 * `tutela interventions`: what a search would be told, and which help lines must be looked at again.
 *
 * Promises: reads files only; nothing of a text is kept. Failures: the policy folder's, with file, line and column.
 */
#include "base/json.h"
#include "bin/cli.h"
#include "bin/cli_rules.h"
#include "detect/text/topics.h"
#include "minors/interventions.h"
#include "sys/clock.h"

static int
find_topics(const struct tl_policy_set *set, struct tl_str text, uint64_t *ret)
{
	struct tl_topics *topics = NULL;
	int rc = tl_topics_create(set->interventions, TL_LIST_SEARCH, &topics);
	if (rc < 0)
		return rc;
	struct tl_text_scan *scan = tl_text_scan_create();
	rc = tl_topics_find(topics, scan, text, ret);
	tl_text_scan_destroy(scan);
	tl_topics_destroy(topics);
	return rc;
}

static void
put_answer(struct tl_cli *c, const struct tl_policy_set *set, enum tl_age_band band,
    struct tl_search_answer say)
{
	static const char *const columns[] = {
	    "answer", "topic", "age_band", "text", "help_lines", NULL};
	const struct tl_help_line *lines[TL_HELP_SHOWN_MAX];
	const char *country = cli_option(c, "country"), *language = cli_option(c, "language");
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	bool silent = say.say == TL_SEARCH_NOTHING;
	size_t n =
	    silent ? 0
		   : tl_help_lines(set, say.topic, tl_str(country ? country : ""), band, lines);
	for (size_t i = 0; i < n; i++)
		tl_buf_printf(&b, "%s%.*s %.*s", i ? ", " : "", TL_ARG(lines[i]->name),
		    TL_ARG(lines[i]->phone));
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, tl_search_say_names[say.say]);
	cli_cell(&l, say.topic ? say.topic->name : TL_S(""));
	cli_cell_z(&l, tl_age_band_names[band]);
	cli_cell(&l,
	    silent ? TL_S("")
		   : tl_intervention_text(set->interventions, tl_str(language ? language : ""),
			 say.topic ? say.topic->name : TL_S("care")));
	cli_cell(&l, n || silent ? tl_buf_str(&b)
				 : tl_intervention_text(set->interventions,
				       tl_str(language ? language : ""), TL_S("help_unknown")));
	cli_list_end(&l, "");
}

int
cmd_interventions_check(struct tl_cli *c)
{
	struct cli_rules r;
	uint64_t topics = 0;
	int band = TL_AGE_UNKNOWN;
	int rc = cli_option_word(c, "age", tl_age_band_names, &band);
	if (rc < 0)
		return rc;
	rc = cli_policies_load(c, &r);
	if (rc == 0)
		rc = find_topics(r.policies, tl_str(c->argv[0]), &topics);
	if (rc == 0)
		put_answer(c, r.policies, (enum tl_age_band)band,
		    tl_search_answer(r.policies, (enum tl_age_band)band, topics, false));
	cli_rules_free(&r);
	return rc;
}

int
cmd_interventions_lines(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "country", "kind", "name", "phone", "minors_only", "check", "due", "source", NULL};
	const char *country = cli_option(c, "country");
	char today[TL_TIME_MAX];
	struct cli_rules r;
	int rc = cli_policies_load(c, &r);
	struct cli_list l;
	cli_list_begin(&l, c, "lines", columns);
	tl_time_format(today, tl_now_us());
	for (size_t i = 0; rc == 0 && i < r.policies->interventions->line_count; i++) {
		const struct tl_help_line *line = &r.policies->interventions->lines[i];
		bool due = tl_str_cmp(line->check, tl_bytes(today, line->check.n)) <= 0;
		if ((country && !tl_str_is(line->country, country)) ||
		    (cli_option(c, "due") && !due))
			continue;
		cli_cell(&l, line->country);
		cli_cell(&l, line->kind);
		cli_cell(&l, line->name);
		cli_cell(&l, line->phone);
		cli_cell_bool(&l, line->minors_only);
		cli_cell(&l, line->check);
		cli_cell_bool(&l, due);
		cli_cell(&l, line->source);
	}
	cli_list_end(&l, "There are no such help lines.");
	cli_rules_free(&r);
	return rc;
}
