/* `tutela queue` and `tutela case`: what waits for people. Cases are worked in the console, not here. */
#include "bin/cli.h"
#include "store/cases.h"
#include "sys/clock.h"

int
cmd_queue_list(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "name", "title", "skills", "open", "claimed", "late", "oldest_at", NULL};
	struct tl_row r;
	int rc = tl_db_query(c->db, &r, TL_SQL_INSPECT_QUEUES, A_INT(tl_now_us()));
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "queues", columns);
	while ((rc = tl_row_next(&r)) > 0) {
		cli_cell(&l, tl_col_str(&r, 0));
		cli_cell(&l, tl_col_str(&r, 1));
		cli_cell_words(&l, tl_col_str(&r, 2));
		for (int k = 3; k <= 5; k++)
			cli_cell_int(&l, tl_col_int(&r, k));
		cli_cell_time(&l, tl_col_int(&r, 6));
	}
	tl_row_end(&r);
	cli_list_end(&l, "There are no queues; `tutela init` writes those of the policies.");
	return rc;
}

int
cmd_case_list(struct tl_cli *c)
{
	static const char *const columns[] = {"id", "queue", "state", "severity", "policy",
	    "kind", "subject", "urgency", "clock_at", "opened_at", "claimed_by", NULL};
	const char *queue = cli_option(c, "queue"), *state = cli_option(c, "state");
	int64_t limit = 50;
	int ignored = 0;
	int rc = cli_option_int(c, "limit", 1, 100000, &limit);
	if (rc == 0)
		rc = cli_option_word(c, "state", tl_case_state_names, &ignored);
	struct tl_row r;
	if (rc == 0)
		rc = tl_db_query(c->db, &r, TL_SQL_INSPECT_CASES, A_Z(queue ? queue : ""),
		    A_Z(state ? state : ""), A_INT(limit));
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "cases", columns);
	while ((rc = tl_row_next(&r)) > 0) {
		cli_cell_id(&l, tl_col_id(&r, 0));
		for (int k = 1; k <= 6; k++)
			cli_cell(&l, tl_col_str(&r, k));
		cli_cell_num(&l, tl_col_real(&r, 7));
		cli_cell_time(&l, tl_col_int(&r, 8));
		cli_cell_time(&l, tl_col_int(&r, 9));
		cli_cell(&l, tl_col_str(&r, 10));
	}
	tl_row_end(&r);
	cli_list_end(&l, "No such cases.");
	return rc;
}

/* Causes as an array, and as lines for people. */
static int
read_causes(struct tl_cli *c, struct tl_id id, struct tl_buf *json, struct tl_buf *text)
{
	struct tl_row r;
	int rc = tl_db_query(c->db, &r, TL_SQL_CASE_CAUSES, A_ID(id));
	if (rc < 0)
		return rc;
	tl_js_open(json, NULL, '[');
	while ((rc = tl_row_next(&r)) > 0) {
		tl_js_open(json, NULL, '{');
		tl_js_str(json, "kind", tl_col_str(&r, 0));
		tl_js_str(json, "ref", tl_col_str(&r, 1));
		tl_js_str(json, "policy", tl_col_str(&r, 2));
		tl_js_time(json, "at", tl_col_int(&r, 4));
		tl_js_close(json, '}');
		if (text->n)
			tl_buf_puts(text, "; ");
		tl_buf_put(text, tl_col_str(&r, 0).p, tl_col_str(&r, 0).n);
		tl_buf_byte(text, ' ');
		tl_buf_put(text, tl_col_str(&r, 1).p, tl_col_str(&r, 1).n);
	}
	tl_js_close(json, ']');
	tl_row_end(&r);
	return rc;
}

/* What people call its platform, its subject and its holder. */
struct names {
	struct tl_str platform, subject, holder;
};

static int
read_names(struct tl_cli *c, struct tl_id id, struct names *n)
{
	struct tl_row r;
	int rc = tl_db_first(c->db, &r, TL_SQL_INSPECT_CASE_NAMES, A_ID(id));
	if (rc < 0)
		return rc;
	n->platform = tl_arena_dup(c->arena, tl_col_str(&r, 0));
	n->subject = tl_arena_dup(c->arena, tl_col_str(&r, 1));
	n->holder = tl_arena_dup(c->arena, tl_col_str(&r, 2));
	tl_row_end(&r);
	return tl_arena_check(c->arena);
}

int
cmd_case_show(struct tl_cli *c)
{
	static const char *const columns[] = {"id", "queue", "state", "severity", "policy",
	    "platform", "subject_kind", "subject", "urgency", "reach", "opened_at", "clock_at",
	    "claimed_by", "claim_until", "decision", "causes", NULL};
	struct tl_id id;
	struct tl_case k = {0};
	struct names names = {0};
	struct tl_buf causes TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	int rc = cli_id("a case", c->argv[0], &id);
	if (rc == 0)
		rc = tl_case_get(c->db, c->arena, id, &k);
	if (rc == TL_ENOTFOUND)
		return cli_fail(
		    rc, "`tutela case list` shows the ids.", "there is no such case");
	if (rc == 0)
		rc = read_causes(c, id, &causes, &text);
	if (rc == 0)
		rc = read_names(c, id, &names);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_id(&l, k.id);
	cli_cell(&l, k.queue);
	cli_cell_z(&l, tl_case_state_names[k.state]);
	cli_cell_z(&l, tl_severity_names[k.severity]);
	cli_cell(&l, k.policy);
	cli_cell(&l, names.platform);
	cli_cell_z(&l, tl_subject_kind_names[k.subject_kind]);
	cli_cell(&l, names.subject);
	cli_cell_num(&l, k.urgency);
	cli_cell_int(&l, k.reach);
	cli_cell_time(&l, k.opened_at);
	cli_cell_time(&l, k.clock_at);
	cli_cell(&l, names.holder);
	cli_cell_time(&l, k.claim_until);
	cli_cell_id(&l, k.decision);
	cli_cell_json(&l, tl_buf_str(&causes), tl_buf_z(&text));
	cli_list_end(&l, "");
	return 0;
}
