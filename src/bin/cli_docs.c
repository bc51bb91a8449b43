/*
 * Everything that explains the command line, generated from its one table: help, man page (scdoc), completions,
 * doc/commands.md.
 *
 * Promises: a command or option that exists is in all of them. Called by `tutela help`, `tutela docs` and tools/docs.
 */
#include "bin/cli.h"

#include <stdio.h>

static const struct {
	const char *name;
	int code;
	const char *help;
} exits[] = {
#define X(name, code, help) {#name, code, help},
#include "bin/exit.tbl.h"
#undef X
};

#define HELP_WIDTH 100

/* "  left   text", the text within the width of a page, its further lines below its first. */
static void
help_row(struct tl_buf *out, const char *left, size_t wide, const char *text)
{
	size_t at = wide + 3;
	tl_buf_printf(out, "  %-*s", (int)wide, left);
	if (strlen(left) > wide)
		tl_buf_printf(out, "\n%*s", (int)at - 1, "");
	while (*text) {
		size_t n = strcspn(text, " ");
		if (at + n > HELP_WIDTH && at > wide + 3) {
			tl_buf_printf(out, "\n%*s", (int)wide + 2, "");
			at = wide + 3;
		}
		tl_buf_printf(out, " %.*s", (int)n, text);
		at += n + 1;
		text += n + strspn(text + n, " ");
	}
	tl_buf_byte(out, '\n');
}

static void
help_option(struct tl_buf *out, const struct cli_option *o)
{
	char left[64];
	(void)snprintf(
	    left, sizeof left, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	help_row(out, left, 22, o->help);
}

static void
help_name(struct tl_buf *out, const struct cli_command *c)
{
	char left[64];
	(void)snprintf(left, sizeof left, "%s %s", c->name, c->args);
	help_row(out, left, 28, c->help);
}

static void
help_command(struct tl_buf *out, const struct cli_command *c)
{
	tl_buf_printf(out, "tutela %s%s%s%s\n\n%s\n", c->name, *c->args ? " " : "", c->args,
	    cli_option_of(c, 0) ? " [options]" : "", c->help);
	if (cli_option_of(c, 0))
		tl_buf_puts(out, "\nOptions:\n");
	const struct cli_option *o;
	for (size_t i = 0; (o = cli_option_of(c, i)) != NULL; i++)
		help_option(out, o);
	tl_buf_puts(out, "\nFor every command:\n");
	for (o = cli_global_options; o->name; o++)
		help_option(out, o);
	tl_buf_printf(out, "\nExample:\n  %s\n", c->example);
}

/* The first word of a command's name. */
static size_t
group_length(const char *name)
{
	const char *space = strchr(name, ' ');
	return space ? (size_t)(space - name) : strlen(name);
}

static void
help_all(struct tl_buf *out)
{
	tl_buf_puts(out,
	    "Tutela: trust and safety for platforms that carry other people's content.\n\n"
	    "usage: tutela [--data FOLDER] COMMAND [arguments] [options]\n\n");
	const char *group = "";
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		size_t n = group_length(c->name);
		bool same = strncmp(c->name, group, n) == 0 && strlen(group) >= n &&
			    group_length(group) == n;
		if (!same && *group && strchr(group, ' '))
			tl_buf_byte(out, '\n');
		help_name(out, c);
		group = c->name;
	}
	tl_buf_puts(out, "\n`tutela help COMMAND` says more. Every command takes --json.\n");
}

/* The command is of that name, or of the group of that name. */
static bool
is_called(const struct cli_command *command, const char *name)
{
	size_t n = strlen(name);
	return strncmp(command->name, name, n) == 0 &&
	       (command->name[n] == '\0' || command->name[n] == ' ');
}

static void
help_group(struct tl_buf *out, const char *name)
{
	tl_buf_printf(out, "usage: tutela %s COMMAND [arguments] [options]\n\n", name);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (is_called(c, name) && strcmp(c->name, name) != 0)
			help_name(out, c);
	}
	tl_buf_printf(out, "\n`tutela help %s COMMAND` says more, with every option.\n", name);
}

bool
cli_help_known(const char *name)
{
	const struct cli_command *c = cli_commands;
	while (c->name && !is_called(c, name))
		c++;
	return c->name != NULL;
}

void
cli_help(struct tl_buf *out, const char *name)
{
	const struct cli_command *c = cli_commands;
	if (!name) {
		help_all(out);
		return;
	}
	while (c->name && strcmp(c->name, name) != 0)
		c++;
	bool is_command = c->name != NULL;
	if (is_command)
		help_command(out, c);
	for (c = cli_commands; c->name; c++) {
		if (is_called(c, name) && strcmp(c->name, name) != 0) {
			tl_buf_puts(out, is_command ? "\n" : "");
			help_group(out, name);
			return;
		}
	}
}

static void
option_json(struct tl_buf *out, const struct cli_option *o)
{
	tl_js_open(out, NULL, '{');
	tl_js_z(out, "name", o->name);
	tl_js_z(out, "arg", o->arg);
	tl_js_z(out, "help", o->help);
	tl_js_close(out, '}');
}

void
cli_help_json(struct tl_buf *out, const char *name)
{
	const struct cli_option *o;
	tl_js_open(out, NULL, '{');
	tl_js_open(out, "commands", '[');
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (name && !is_called(c, name))
			continue;
		tl_js_open(out, NULL, '{');
		tl_js_z(out, "name", c->name);
		tl_js_z(out, "args", c->args);
		tl_js_z(out, "help", c->help);
		tl_js_z(out, "example", c->example);
		tl_js_open(out, "options", '[');
		for (size_t i = 0; (o = cli_option_of(c, i)) != NULL; i++)
			option_json(out, o);
		tl_js_close(out, ']');
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	tl_js_open(out, "options", '[');
	for (o = cli_global_options; o->name; o++)
		option_json(out, o);
	tl_js_close(out, ']');
	tl_js_close(out, '}');
	tl_buf_byte(out, '\n');
}

/* scdoc gives _ and * and \ a meaning. */
static void
sc(struct tl_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '_' || *text == '*' || *text == '\\' || *text == '[' ||
		    *text == '<' || *text == '#')
			tl_buf_byte(out, '\\');
		tl_buf_byte(out, (uint8_t)*text);
	}
}

static void
sc_option(struct tl_buf *out, const struct cli_option *o, const char *indent)
{
	tl_buf_printf(out, "%s*--%s*", indent, o->name);
	if (o->arg) {
		tl_buf_puts(out, " _");
		sc(out, o->arg);
		tl_buf_puts(out, "_");
	}
	tl_buf_printf(out, "\n%s\t", indent);
	sc(out, o->help);
	tl_buf_puts(out, "\n\n");
}

void
cli_scdoc(struct tl_buf *out)
{
	tl_buf_puts(out,
	    "tutela(1)\n\n# NAME\n\ntutela - run and look after a trust and safety engine\n\n"
	    "# SYNOPSIS\n\n*tutela* [--data _FOLDER_] _COMMAND_ [arguments] [options]\n\n"
	    "# DESCRIPTION\n\n"
	    "*tutela* works on the data folder directly, whether or not *tutelad* is running.\n"
	    "Lists are tables for people and, with *--json*, objects for programs. Secrets "
	    "are\n"
	    "printed once, when they are made.\n\n# OPTIONS\n\n");
	for (const struct cli_option *o = cli_global_options; o->name; o++)
		sc_option(out, o, "");
	tl_buf_puts(out, "# COMMANDS\n\n");
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		tl_buf_printf(out, "*%s* ", c->name);
		sc(out, c->args);
		tl_buf_puts(out, "\n\t");
		sc(out, c->help);
		tl_buf_puts(out, "\n\n");
		const struct cli_option *o;
		for (size_t i = 0; (o = cli_option_of(c, i)) != NULL; i++)
			sc_option(out, o, "\t");
	}
	tl_buf_puts(out, "# EXIT STATUS\n\n");
	for (size_t i = 0; i < TL_COUNT(exits); i++) {
		tl_buf_printf(out, "*%d*\n\t", exits[i].code);
		sc(out, exits[i].help);
		tl_buf_puts(out, "\n\n");
	}
	tl_buf_puts(out, "# ENVIRONMENT\n\n*TUTELA\\_DATA*\n\tThe data folder when *--data* is "
			 "not given.\n\n"
			 "# FILES\n\n_tutela.yaml_, _policy/_, _store.db_, _keys.db_, "
			 "_master.key_, _blobs/_ in the data folder.\n");
}

static void
words_of_options(struct tl_buf *out, const struct cli_command *c)
{
	const struct cli_option *o;
	for (size_t i = 0; (o = cli_option_of(c, i)) != NULL; i++)
		tl_buf_printf(out, "--%s ", o->name);
	for (o = cli_global_options; o->name; o++)
		tl_buf_printf(out, "--%s%s", o->name, o[1].name ? " " : "");
}

void
cli_completion_bash(struct tl_buf *out)
{
	tl_buf_puts(out,
	    "# bash completion of tutela; generated, do not edit\n_tutela() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=() w skip=\n"
	    "\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	    "\t\tif [ -n \"$skip\" ]; then skip=; continue; fi\n"
	    "\t\tcase $w in --data|--set) skip=1 ;; -*) ;; *) words+=(\"$w\") ;; esac\n"
	    "\tdone\n\tlocal options=\n\tcase \"${words[*]:0:2}\" in\n");
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		bool two = strchr(c->name, ' ') != NULL;
		tl_buf_printf(out, "\t\"%s\"%s) options=\"", c->name, two ? "" : "*");
		words_of_options(out, c);
		tl_buf_puts(out, "\" ;;\n");
	}
	tl_buf_puts(out,
	    "\tesac\n\tif [ -n \"$options\" ]; then\n"
	    "\t\tif [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	    "\t\telse COMPREPLY=($(compgen -f -- \"$cur\")); fi\n\t\treturn\n\tfi\n"
	    "\tcase \"${words[0]}\" in\n");
	const char *group = "";
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		size_t n = group_length(c->name);
		if (c->name[n] == '\0' || (strncmp(c->name, group, n) == 0 && group[n] == ' '))
			continue;
		group = c->name;
		tl_buf_printf(out, "\t%.*s) COMPREPLY=($(compgen -W \"", (int)n, c->name);
		for (const struct cli_command *k = cli_commands; k->name; k++) {
			if (strncmp(k->name, c->name, n + 1) == 0)
				tl_buf_printf(out, "%s ", k->name + n + 1);
		}
		tl_buf_puts(out, "\" -- \"$cur\")) ;;\n");
	}
	tl_buf_puts(out, "\t\"\") COMPREPLY=($(compgen -W \"");
	group = "";
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		size_t n = group_length(c->name);
		if (strncmp(c->name, group, n) != 0 || group_length(group) != n)
			tl_buf_printf(out, "%.*s ", (int)n, c->name);
		group = c->name;
	}
	tl_buf_puts(out, "\" -- \"$cur\")) ;;\n\tesac\n}\ncomplete -F _tutela tutela\n");
}

/* Inside single quotes of the shell. */
static void
quoted(struct tl_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			tl_buf_puts(out, "'\\''");
		else if (*text == ':' || *text == '[' || *text == ']')
			tl_buf_printf(out, "\\%c", *text);
		else
			tl_buf_byte(out, (uint8_t)*text);
	}
}

void
cli_completion_zsh(struct tl_buf *out)
{
	tl_buf_puts(out, "#compdef tutela\n# generated, do not edit\n_tutela() {\n"
			 "\tlocal -a commands options\n\tlocal name=\"${words[2]}\"\n"
			 "\tif (( CURRENT == 2 )); then\n\t\tcommands=(\n");
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		tl_buf_printf(out, "\t\t\t'%.*s:", (int)group_length(c->name), c->name);
		quoted(out, c->help);
		tl_buf_puts(out, "'\n");
	}
	tl_buf_puts(out, "\t\t)\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
			 "\tif (( CURRENT == 3 )); then\n\t\tcase $name in\n");
	const char *group = "";
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		size_t n = group_length(c->name);
		if (c->name[n] == '\0' || (strncmp(c->name, group, n) == 0 && group[n] == ' '))
			continue;
		group = c->name;
		tl_buf_printf(out, "\t\t%.*s) commands=(", (int)n, c->name);
		for (const struct cli_command *k = cli_commands; k->name; k++) {
			if (strncmp(k->name, c->name, n + 1) != 0)
				continue;
			tl_buf_printf(out, "'%s:", k->name + n + 1);
			quoted(out, k->help);
			tl_buf_puts(out, "' ");
		}
		tl_buf_puts(out, "); _describe command commands; return ;;\n");
	}
	tl_buf_puts(out, "\t\tesac\n\tfi\n\tcase \"${words[2]} ${words[3]}\" in\n");
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		bool two = strchr(c->name, ' ') != NULL;
		tl_buf_printf(out, "\t\"%s\"%s) options=(", c->name, two ? "" : "*");
		words_of_options(out, c);
		tl_buf_puts(out, ") ;;\n");
	}
	tl_buf_puts(out, "\tesac\n\tif [[ ${words[CURRENT]} == -* ]]; then compadd -- "
			 "$options; else _files; fi\n"
			 "}\n_tutela \"$@\"\n");
}

void
cli_markdown(struct tl_buf *out)
{
	tl_buf_puts(out, "# Commands\n\nFor operators. Generated from `src/bin/commands.tbl.h` "
			 "by `tools/docs`; do not edit.\n\n"
			 "`tutela` works on the data folder directly, whether or not `tutelad` "
			 "runs. Every command takes\n"
			 "`--json`, `--data FOLDER` and `--set KEY=VALUE`.\n");
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		tl_buf_printf(out, "\n## tutela %s%s%s\n\n%s\n", c->name, *c->args ? " " : "",
		    c->args, c->help);
		if (cli_option_of(c, 0))
			tl_buf_puts(out, "\n| option | what |\n| --- | --- |\n");
		const struct cli_option *o;
		for (size_t i = 0; (o = cli_option_of(c, i)) != NULL; i++)
			tl_buf_printf(out, "| `--%s%s%s` | %s |\n", o->name, o->arg ? " " : "",
			    o->arg ? o->arg : "", o->help);
		tl_buf_printf(out, "\n    %s\n", c->example);
	}
	tl_buf_puts(out, "\n## Exit codes\n\n| code | what |\n| --- | --- |\n");
	for (size_t i = 0; i < TL_COUNT(exits); i++)
		tl_buf_printf(out, "| %d | %s |\n", exits[i].code, exits[i].help);
}

/* doc/audit-verbs.md: the table of what is recorded. */
void
cli_audit_markdown(struct tl_buf *out)
{
	static const struct {
		const char *verb, *subject, *detail, *help;
	} rows[] = {
#define A(verb, subject, detail, help) {verb, subject, detail, help},
#include "core/audit.tbl.h"
#undef A
	};
	tl_buf_puts(out,
	    "# What the audit trail records\n\nWritten by `tools/docs`; how to prove it: "
	    "[audit.md](audit.md). A subject or detail is an id or one of our own "
	    "words.\n\n| verb | subject | detail | when |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < TL_COUNT(rows); i++)
		tl_buf_printf(out, "| `%s` | %s | %s | %s |\n", rows[i].verb, rows[i].subject,
		    rows[i].detail, rows[i].help);
}
