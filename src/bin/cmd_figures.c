/* `tutela figures`: what came in, what the rules said, what people decided, per policy. */
#include "bin/cli.h"
#include "report/figures.h"

static void
say_states(struct tl_cli *c, const char *what, const char *const *names, const int64_t *n)
{
	char line[400];
	size_t used = 0;
	for (size_t i = 0; names[i]; i++) {
		int w = snprintf(line + used, sizeof line - used, "%s%s %lld", i ? ", " : "",
		    names[i], (long long)n[i]);
		used = w > 0 && used + (size_t)w < sizeof line ? used + (size_t)w
							       : sizeof line - 1;
	}
	cli_say(c, "%-11s %s", what, line);
}

static void
print_policies(struct tl_cli *c, const struct tl_figures *f)
{
	static const char *const columns[] = {"policy", "review", "withhold", "block",
	    "decided_act", "decided_clear", "automatic", "reversed", "flags", NULL};
	struct cli_list l;
	cli_list_begin(&l, c, "policies", columns);
	for (size_t i = 0; i < f->policy_count; i++) {
		const struct tl_figures_policy *p = &f->policies[i];
		cli_cell_z(&l, *p->policy ? p->policy : "(none)");
		const int64_t n[] = {p->review, p->withhold, p->block, p->decided_act,
		    p->decided_clear, p->automatic, p->reversed, p->flags};
		for (size_t k = 0; k < TL_COUNT(n); k++)
			cli_cell_int(&l, n[k]);
	}
	cli_list_end(&l, "Nothing fell under a policy in this time.");
}

int
cmd_figures(struct tl_cli *c)
{
	struct tl_figures f = {0};
	int64_t days = 7;
	int rc = cli_option_int(c, "days", 1, 3650, &days);
	if (rc == 0)
		rc = tl_figures_read(c->db, days, cli_option(c, "test") == NULL, c->arena, &f);
	if (rc < 0)
		return rc;
	if (c->json) {
		struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
		tl_figures_json(&f, &b);
		tl_buf_put(&c->out, b.p, b.n);
		tl_buf_byte(&c->out, '\n');
		return 0;
	}
	cli_say(c, "%-11s received %lld, pending now %lld, unscannable %lld, deleted %lld",
	    "items", (long long)f.received, (long long)f.pending, (long long)f.unscannable,
	    (long long)f.deleted);
	say_states(c, "verdicts", tl_verdict_word_names, f.verdicts);
	say_states(c, "cases", tl_case_state_names, f.cases);
	say_states(c, "actions", tl_action_state_names, f.actions);
	say_states(c, "deliveries", tl_outbox_state_names, f.deliveries);
	if (f.median_queued_us >= 0)
		cli_say(c,
		    "%-11s %.1f s until a person took a case, %.1f s to decide it (median)",
		    "people", (double)f.median_queued_us / 1e6,
		    (double)f.median_decided_us / 1e6);
	cli_say(c, "%s", "");
	print_policies(c, &f);
	return 0;
}
