/*
 * Reading the command line by the table of commands.
 *
 * Promises: options may stand anywhere before "--"; an unknown word offers the nearest known one. Called by
 * tutela.c.
 */
#include "bin/cli.h"

#include <stdarg.h>
#include <unistd.h>

#include "config/yaml.h"
#include "store/accounts.h"
#include "store/people.h"

struct words {
	char *v[1024];
	int n;
};

const char *
cli_option(const struct tl_cli *c, const char *name)
{
	for (size_t i = 0; i < CLI_OPTIONS_MAX; i++) {
		const struct cli_option *o = cli_option_of(c->command, i);
		if (!o)
			return NULL;
		if (strcmp(o->name, name) == 0)
			return c->option[i];
	}
	return NULL;
}

int
cli_option_int(const struct tl_cli *c, const char *name, int64_t lo, int64_t hi, int64_t *ret)
{
	const char *v = cli_option(c, name);
	if (!v)
		return 0;
	if (tl_parse_i64(tl_str(v), lo, hi, ret) < 0)
		return tl_fail(TL_EUSAGE,
		    "--%s: expected a whole number from %lld to %lld, not \"%s\"", name,
		    (long long)lo, (long long)hi, v);
	return 0;
}

int
cli_word(const char *what, const char *text, const char *const *names, int *ret)
{
	char known[200] = "";
	size_t used = 0;
	for (int i = 0; names[i]; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = i;
			return 0;
		}
		int w = snprintf(
		    known + used, sizeof known - used, "%s%s", i ? ", " : "", names[i]);
		used = w > 0 && used + (size_t)w < sizeof known ? used + (size_t)w
								: sizeof known - 1;
	}
	return tl_fail(TL_EUSAGE, "%s: \"%s\" is not one of %s", what, text, known);
}

int
cli_option_word(const struct tl_cli *c, const char *name, const char *const *names, int *ret)
{
	const char *v = cli_option(c, name);
	char what[64];
	(void)snprintf(what, sizeof what, "--%s", name);
	return v ? cli_word(what, v, names, ret) : 0;
}

/* Splits "--name=value"; the value is NULL when it is in the next word. */
static struct tl_str
option_name(const char *word, const char **ret_value)
{
	const char *eq = strchr(word, '=');
	*ret_value = eq ? eq + 1 : NULL;
	return eq ? tl_bytes(word + 2, (size_t)(eq - word - 2)) : tl_str(word + 2);
}

static int
unknown_option(const struct cli_command *command, struct tl_str name)
{
	const char *names[CLI_OPTIONS_MAX + 8];
	size_t n = 0;
	const struct cli_option *o;
	for (; command && (o = cli_option_of(command, n)) != NULL && n < CLI_OPTIONS_MAX; n++)
		names[n] = o->name;
	for (const struct cli_option *g = cli_global_options; g->name; g++)
		names[n++] = g->name;
	const char *near = tl_nearest(name, names, n);
	char all[80] = "`tutela help` lists them.";
	if (command)
		(void)snprintf(
		    all, sizeof all, "`tutela help %s` lists its options.", command->name);
	return cli_fail(TL_EUSAGE, all, "there is no option --%.*s%s%s%s", TL_ARG(name),
	    near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
}

static int
take_value(const char *name, const char *inline_value, int argc, char **argv, int *at,
    const char **ret)
{
	if (inline_value) {
		*ret = inline_value;
		return 0;
	}
	if (*at + 1 >= argc)
		return tl_fail(TL_EUSAGE, "--%s needs a value", name);
	*ret = argv[++*at];
	return 0;
}

/* 1: it was a global option. */
static int
global_option(
    struct tl_cli *c, struct tl_str name, const char *value, int argc, char **argv, int *at)
{
	int rc = 0;
	if (tl_str_is(name, "json"))
		c->json = true;
	else if (tl_str_is(name, "help"))
		c->help = true;
	else if (tl_str_is(name, "data"))
		rc = take_value("data", value, argc, argv, at, &c->data_dir);
	else if (tl_str_is(name, "set")) {
		if (c->set_count == TL_COUNT(c->sets))
			return tl_fail(TL_EUSAGE, "too many --set");
		rc = take_value("set", value, argc, argv, at, &c->sets[c->set_count]);
		c->set_count += rc == 0;
	} else
		return 0;
	return rc < 0 ? rc : 1;
}

static int
command_option(
    struct tl_cli *c, struct tl_str name, const char *value, int argc, char **argv, int *at)
{
	for (size_t i = 0; i < CLI_OPTIONS_MAX; i++) {
		const struct cli_option *o = cli_option_of(c->command, i);
		if (!o)
			break;
		if (!tl_str_is(name, o->name))
			continue;
		if (o->arg)
			return take_value(o->name, value, argc, argv, at, &c->option[i]);
		if (value)
			return tl_fail(TL_EUSAGE, "--%s takes no value", o->name);
		c->option[i] = "";
		return 0;
	}
	return unknown_option(c->command, name);
}

static const struct cli_command *
find_command(const struct words *w, int *ret_used)
{
	for (int used = 2; used >= 1; used--) {
		char name[64];
		if (w->n < used)
			continue;
		(void)snprintf(name, sizeof name, used == 2 ? "%s %s" : "%s", w->v[0],
		    used == 2 ? w->v[1] : "");
		for (const struct cli_command *c = cli_commands; c->name; c++) {
			if (strcmp(c->name, name) == 0) {
				*ret_used = used;
				return c;
			}
		}
	}
	return NULL;
}

static int
unknown_command(const struct words *w)
{
	const char *names[128];
	size_t n = 0;
	char said[80], all[80] = "`tutela help` lists all commands.";
	bool group = cli_help_known(w->v[0]);
	for (const struct cli_command *c = cli_commands; c->name && n < TL_COUNT(names); c++)
		names[n++] = c->name;
	if (group)
		(void)snprintf(
		    all, sizeof all, "`tutela help %s` lists its commands.", w->v[0]);
	(void)snprintf(said, sizeof said, "%.38s%s%.38s", w->v[0], w->n > 1 ? " " : "",
	    w->n > 1 ? w->v[1] : "");
	const char *near = tl_nearest(tl_str(said), names, n);
	if (!near && !group)
		near = tl_nearest(tl_str(w->v[0]), names, n);
	return cli_fail(TL_EUSAGE, all, "there is no command \"%s\"%s%s%s", said,
	    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int
check_count(const struct cli_command *c, int n)
{
	if (n >= c->least && (c->most < 0 || n <= c->most))
		return 0;
	return cli_fail(TL_EUSAGE, c->example, "expected: tutela %s %s", c->name, c->args);
}

/* The words that are no options, to find the command by; options with values are skipped by the table. */
static int
collect_words(int argc, char **argv, struct words *w)
{
	for (int i = 0; i < argc && w->n < (int)TL_COUNT(w->v); i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (strncmp(argv[i], "--", 2) != 0) {
			w->v[w->n++] = argv[i];
			continue;
		}
		const char *value;
		struct tl_str name = option_name(argv[i], &value);
		bool global_value = tl_str_is(name, "data") || tl_str_is(name, "set");
		if (global_value && !value)
			i++;
	}
	return w->n;
}

static int
parse_rest(struct tl_cli *c, int argc, char **argv, int used)
{
	bool options = true;
	c->argv = TL_NEWS(c->arena, char *, (size_t)argc + 1);
	for (int i = 0; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			continue;
		}
		if (!options || strncmp(argv[i], "--", 2) != 0) {
			if (used > 0)
				used--;
			else
				c->argv[c->argc++] = argv[i];
			continue;
		}
		const char *value;
		struct tl_str name = option_name(argv[i], &value);
		int rc = global_option(c, name, value, argc, argv, &i);
		if (rc == 0)
			rc = command_option(c, name, value, argc, argv, &i);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
cli_parse(struct tl_cli *c, int argc, char **argv)
{
	struct words w = {.n = 0};
	int used = 0;
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--version") == 0) {
			tl_buf_puts(&c->out, "tutela " TUTELA_VERSION "\n");
			(void)fwrite(c->out.p, 1, c->out.n, stdout);
			exit(CLI_DONE);
		}
		c->json |= strcmp(argv[i], "--json") == 0;
	}
	c->help = collect_words(argc, argv, &w) == 0;
	if (c->help)
		return 0;
	c->command = find_command(&w, &used);
	if (!c->command && w.n == 1 && cli_help_known(w.v[0])) {
		c->help = true; /* `tutela bank`: what can be done with banks */
		c->help_name = w.v[0];
		return 0;
	}
	if (!c->command)
		return unknown_command(&w);
	int rc = parse_rest(c, argc, argv, used);
	c->help_name = c->command->name;
	return rc < 0 || c->help ? rc : check_count(c->command, c->argc);
}

int
cli_open_store(struct tl_cli *c)
{
	int rc = tl_store_open(c->data_dir, &c->store);
	if (rc == TL_ENOTFOUND)
		return cli_fail(rc,
		    "Create it with `tutela init`, or name another folder with --data.",
		    "there is no store in %s", c->data_dir);
	if (rc == 0)
		rc = tl_db_open(c->store, &c->db);
	return rc;
}

int
cli_open(struct tl_cli *c)
{
	if (c->command->needs == CLI_NOTHING)
		return 0;
	int rc = tl_config_load(c->data_dir, c->sets, c->set_count, &c->config);
	if (rc == 0 && c->command->needs == CLI_STORE)
		rc = cli_open_store(c);
	return rc;
}

void
cli_close(struct tl_cli *c)
{
	tl_db_close(c->db);
	tl_store_close(c->store);
	tl_config_destroy(c->config);
}

const char *
cli_path(struct tl_cli *c, const char *name)
{
	char path[TL_PATH_MAX];
	if (tl_config_path(c->config, name, path) < 0)
		return NULL;
	struct tl_str own = tl_arena_dup(c->arena, tl_str(path));
	return own.n ? (const char *)own.p : NULL;
}

/* By name; without one: the only one there is. */
int
cli_platform(struct tl_cli *c, const char *name, int64_t *ret)
{
	if (name) {
		int rc = tl_platform_find(c->db, tl_str(name), ret);
		if (rc == TL_ENOTFOUND)
			return cli_fail(rc,
			    "`tutela platform list` shows them, `tutela platform add` adds "
			    "one.",
			    "there is no platform \"%s\"", name);
		return rc;
	}
	struct tl_row r;
	int64_t found = 0, n = 0;
	int rc = tl_db_query_args(c->db, &r, TL_SQL_PLATFORM_LIST, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		found = tl_col_int(&r, 0);
		n++;
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	if (n != 1)
		return cli_fail(TL_EUSAGE,
		    n ? "Say which with --platform NAME."
		      : "Add one with `tutela platform add NAME`.",
		    n ? "there are %lld platforms" : "there is no platform yet", (long long)n);
	*ret = found;
	return 0;
}

int
cli_id(const char *what, const char *text, struct tl_id *ret)
{
	if (tl_id_parse(tl_str(text), ret) < 0)
		return tl_fail(TL_EUSAGE, "\"%s\" is not the id of %s", text, what);
	return 0;
}

int
cli_read_line(char *dst, size_t cap)
{
	if (!fgets(dst, (int)cap, stdin))
		return tl_fail(TL_EUSAGE, "expected a line on standard input");
	size_t n = strlen(dst);
	if (n + 1 == cap && dst[n - 1] != '\n')
		return tl_fail(TL_ETOOBIG, "the line on standard input is too long");
	while (n && (dst[n - 1] == '\n' || dst[n - 1] == '\r'))
		dst[--n] = '\0';
	return 0;
}
