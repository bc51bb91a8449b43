/*
 * `tutela minors show`, `preview` and `history`: the matrix of settings by age band, what a changed one would do to the
 * accounts that there are, and the ones that were in force.
 *
 * Promises: nothing is changed; a file is checked as the daemon would check it, with line and column. Failures: INPUT.
 */
#include "bin/cli_rules.h"

#include "core/minors.h"
#include "minors/preview.h"
#include "store/policies.h"
#include "sys/fd.h"

#define FILE_MAX ((size_t)1 << 20)
#define PAGE 5000
#define VERSIONS_MAX 1000

/* The policies in force, with the matrix of a file when one is named. */
static int
load(struct tl_cli *c, const char *path, const struct tl_policy_set **ret)
{
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	char dir[TL_PATH_MAX];
	int rc = tl_config_path(c->config, c->config->policy_dir, dir);
	if (rc == 0 && !path)
		return tl_policy_load(dir, ret);
	if (rc == 0)
		rc = tl_file_read(path, FILE_MAX, &text);
	if (rc == 0)
		rc = tl_policy_load_minors(dir, tl_buf_str(&text), path, ret);
	return rc == TL_ECONFIG ? tl_fail(TL_EPARSE, "%s", tl_err_text()) : rc;
}

/* Showing --------------------------------------------------------------------------------------------------------- */

static const char *
hold(struct tl_cli *c, const struct tl_minors_cell *cell)
{
	if (cell->hold_us == 0)
		return "";
	if (cell->hold_us == TL_MINORS_SESSION)
		return ", for a session";
	return tl_arena_printf(
	    c->arena, ", for %lld h", (long long)(cell->hold_us / (3600 * INT64_C(1000000))));
}

/* "private", or "private, up to public after a warning". */
static struct tl_str
cell_text(struct tl_cli *c, const struct tl_minors *m, const struct tl_minors_setting *s,
    const struct tl_minors_cell *cell)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	tl_buf_printf(&b, "%.*s", TL_ARG(s->values[cell->value]));
	if (cell->loosest > cell->value)
		tl_buf_printf(&b, ", up to %.*s%s%s", TL_ARG(s->values[cell->loosest]),
		    cell->warn ? " after a warning" : "", hold(c, cell));
	for (size_t i = 0; i < cell->after_count; i++) {
		const struct tl_minors_setting *first = &m->settings[cell->after[i].setting];
		tl_buf_printf(&b, ", once %.*s is %.*s", TL_ARG(first->key),
		    TL_ARG(first->values[cell->after[i].value]));
	}
	return tl_arena_dup(c->arena, tl_buf_str(&b));
}

int
cmd_minors_show(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "setting", "title", "13-15", "16-17", "18+", NULL};
	const struct tl_policy_set *set TL_CLEANUP(tl_policy_unrefp) = NULL;
	struct cli_list l;
	int rc = load(c, c->argc ? c->argv[0] : NULL, &set);
	if (rc < 0 || !set)
		return rc;
	const struct tl_minors *m = set->minors;
	cli_list_begin(&l, c, "settings", columns);
	for (size_t i = 0; i < m->setting_count; i++) {
		cli_cell(&l, m->settings[i].key);
		cli_cell(&l, m->settings[i].title);
		for (size_t k = 0; k < TL_COLUMNS; k++)
			cli_cell(&l, cell_text(c, m, &m->settings[i], &m->settings[i].cell[k]));
	}
	cli_list_end(&l, "");
	cli_say(c, "\nMinimum age %d; an unknown age counts as %s. Version %.*s%s.",
	    m->minimum_age, tl_age_band_names[m->unknown_as], TL_ARG(set->version),
	    m->built_in ? ", the program's own" : "");
	return 0;
}

/* Preview --------------------------------------------------------------------------------------------------------- */

static void
say_sum(void *ctx, const struct tl_preview_sum *s)
{
	struct cli_list *l = ctx;
	cli_cell(l, s->setting);
	cli_cell_z(l, tl_age_band_names[s->band]);
	cli_cell_z(l, s->is_new ? "new" : s->is_gone ? "gone" : "");
	cli_cell_int(l, s->stricter);
	cli_cell_int(l, s->looser);
	cli_cell_int(l, s->other);
	cli_cell_int(l, s->lapse);
	cli_cell_int(l, s->more);
	cli_cell_int(l, s->less);
}

static int
count(struct tl_cli *c, struct tl_preview *p)
{
	int64_t platform = 0;
	struct tl_id place = {0};
	int rc = cli_platform(c, cli_option(c, "platform"), &platform);
	while (rc == 0) {
		rc = tl_preview_add(c->db, p, platform, !cli_option(c, "test"), PAGE, &place);
		cli_progress("accounts", tl_preview_accounts(p), 0);
		if (tl_id_is_nil(place))
			break;
	}
	cli_progress_end();
	return rc;
}

int
cmd_minors_preview(struct tl_cli *c)
{
	static const char *const columns[] = {"setting", "age_band", "in_matrix", "stricter",
	    "looser", "other", "choices_lapse", "may_more", "may_less", NULL};
	const struct tl_policy_set *now TL_CLEANUP(tl_policy_unrefp) = NULL;
	const struct tl_policy_set *then TL_CLEANUP(tl_policy_unrefp) = NULL;
	struct cli_list l;
	int rc = load(c, NULL, &now);
	if (rc == 0)
		rc = load(c, c->argv[0], &then);
	if (rc < 0)
		return rc;
	struct tl_preview *p = tl_preview_create(now, then);
	rc = count(c, p);
	if (rc == 0) {
		cli_list_begin(&l, c, "changes", columns);
		l.brief = true;
		tl_preview_each(p, say_sum, &l);
		cli_list_end(&l, "Nothing would change for any account.");
		cli_say(
		    c, "\n%lld accounts were looked at.", (long long)tl_preview_accounts(p));
	}
	tl_preview_destroy(p);
	return rc;
}

/* History --------------------------------------------------------------------------------------------------------- */

/* The text of one version. */
static int
print_version(struct tl_cli *c, const struct tl_settings_policy *list, size_t n)
{
	int64_t seq = 0;
	if (tl_parse_i64(tl_str(c->argv[0]), 1, INT64_MAX, &seq) < 0)
		return tl_fail(TL_EUSAGE, "\"%s\" is not the number of a version", c->argv[0]);
	for (size_t i = 0; i < n; i++) {
		if (list[i].seq != seq)
			continue;
		if (list[i].body.n)
			tl_buf_put(&c->out, list[i].body.p, list[i].body.n);
		else
			cli_say(c, "The program's own matrix was in force.");
		return 0;
	}
	return cli_fail(
	    TL_ENOTFOUND, "`tutela minors history` lists them.", "there is no such version");
}

int
cmd_minors_history(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "number", "in_force_since", "version", "file_changed_at", "file_owner", NULL};
	struct tl_settings_policy *list = NULL;
	struct cli_list l;
	size_t n = 0;
	int rc = tl_settings_policy_list(c->db, VERSIONS_MAX, c->arena, &list, &n);
	if (rc == 0 && c->argc)
		return print_version(c, list, n);
	if (rc < 0)
		return rc;
	cli_list_begin(&l, c, "versions", columns);
	for (size_t i = 0; i < n; i++) {
		cli_cell_int(&l, list[i].seq);
		cli_cell_time(&l, list[i].seen_at);
		cli_cell(&l, list[i].version);
		cli_cell_time(&l, list[i].file_at);
		cli_cell(&l, list[i].file_owner);
	}
	cli_list_end(&l, "The daemon has not noted any yet.");
	return 0;
}
