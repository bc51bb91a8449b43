/* `tutela config`, `tutela help` and `tutela docs`: what is in force, and what explains it. */
#include "bin/cli.h"

int
cmd_config(struct tl_cli *c)
{
	if (c->json) {
		struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
		tl_config_json(c->config, &b);
		tl_buf_put(&c->out, b.p, b.n);
		tl_buf_byte(&c->out, '\n');
	} else {
		tl_config_yaml(c->config, &c->out);
	}
	return 0;
}

int
cmd_help(struct tl_cli *c)
{
	char words[128];
	const char *name = c->argc ? words : NULL;
	if (name)
		(void)snprintf(words, sizeof words, "%s%s%s", c->argv[0],
		    c->argc > 1 ? " " : "", c->argc > 1 ? c->argv[1] : "");
	if (name && !cli_help_known(name))
		return cli_fail(TL_EUSAGE, "`tutela help` lists all commands.",
		    "there is no command \"%s\"", name);
	c->json ? cli_help_json(&c->out, name) : cli_help(&c->out, name);
	return 0;
}

static const struct {
	const char *name;
	void (*write)(struct tl_buf *out);
} documents[] = {
    {"man", cli_scdoc},
    {"bash", cli_completion_bash},
    {"zsh", cli_completion_zsh},
    {"commands", cli_markdown},
    {"configuration", tl_config_markdown},
    {"alarms", cli_alarms_markdown},
    {"audit-verbs", cli_audit_markdown},
};

static void
write_document(struct tl_cli *c, const char *name, void (*write)(struct tl_buf *out))
{
	static const char *const columns[] = {"kind", "text", NULL};
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	struct cli_list l;
	write(&text);
	if (!c->json) {
		tl_buf_put(&c->out, text.p, text.n);
		return;
	}
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, name);
	cli_cell(&l, tl_buf_str(&text));
	cli_list_end(&l, "");
}

int
cmd_docs(struct tl_cli *c)
{
	for (size_t i = 0; i < TL_COUNT(documents); i++) {
		if (strcmp(c->argv[0], documents[i].name) == 0) {
			write_document(c, documents[i].name, documents[i].write);
			return 0;
		}
	}
	return tl_fail(TL_EUSAGE,
	    "\"%s\" is not one of man, bash, zsh, commands, configuration, alarms, audit-verbs",
	    c->argv[0]);
}
