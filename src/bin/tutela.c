/*
 * The command line: reads the words, opens what the command needs, runs it, prints what it said.
 *
 * Promises: standard output holds the result alone; errors go to standard error with what happened and what to
 * do; the exit code says which kind it was. Works while the daemon runs and while it does not.
 */
#include "bin/cli_alone.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "store/people.h"
#include "sys/crypto.h"

static const char *remedy_text;
static char remedy_buf[400];

int
cli_fail(int err, const char *remedy, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)snprintf(remedy_buf, sizeof remedy_buf, "%s", remedy);
	remedy_text = remedy_buf;
	return tl_fail(err, "%s", text);
}

static int
exit_code(int rc)
{
	switch (tl_err_kind(rc)) {
	case TL_KIND_OK:
		return CLI_DONE;
	case TL_INPUT:
		return rc == TL_EUSAGE ? CLI_USAGE : CLI_INPUT;
	case TL_LIMIT:
	case TL_RETRY:
		return CLI_AGAIN;
	case TL_STATE:
		return rc == TL_ECONFIG ? CLI_INPUT : CLI_FAILED;
	case TL_DENIED:
		return CLI_FAILED;
	case TL_BUG:
		break;
	}
	return CLI_DEFECT;
}

static void
print_error(const struct tl_cli *c, int rc)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	char code[32];
	(void)snprintf(code, sizeof code, "%s", tl_err_name(rc));
	for (char *p = code; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	if (c->json) {
		tl_js_open(&b, NULL, '{');
		tl_js_open(&b, "error", '{');
		tl_js_z(&b, "code", code);
		tl_js_z(&b, "detail", tl_err_text());
		if (remedy_text)
			tl_js_z(&b, "remedy", remedy_text);
		tl_js_close(&b, '}');
		tl_js_close(&b, '}');
		tl_buf_byte(&b, '\n');
	} else {
		tl_buf_printf(&b, "tutela%s%s: %s\n", c->command ? " " : "",
		    c->command ? c->command->name : "", tl_err_text());
		if (remedy_text)
			tl_buf_printf(&b, "  %s\n", remedy_text);
	}
	(void)fwrite(b.p, 1, b.n, stderr);
}

int
cli_flush(struct tl_cli *c)
{
	cli_progress_end(); /* the line of progress must not stand in the result */
	if (fwrite(c->out.p, 1, c->out.n, stdout) != c->out.n || fflush(stdout) != 0)
		return tl_fail(TL_EIO, "cannot write the result: %m");
	tl_buf_reset(&c->out);
	return 0;
}

static int
note_reading(struct tl_db *db, void *ctx)
{
	const struct tl_cli *c = ctx;
	return tl_audit_add(db, "cli", cli_read_verb(c->command),
	    tl_str(c->argc ? c->argv[0] : c->command->name), TL_S(""));
}

/* Before anything is shown. What reads files of the folder alone works without a store too. */
static int
note(struct tl_cli *c)
{
	if (!cli_read_verb(c->command))
		return 0;
	if (!c->db) {
		const char *store = cli_path(c, "store.db");
		if (!store || access(store, F_OK) != 0 || cli_open_store(c) < 0)
			return 0;
	}
	return tl_db_tx(c->db, TL_SYNC_FULL, note_reading, c);
}

static int
run(struct tl_cli *c, int argc, char **argv)
{
	int rc = cli_parse(c, argc, argv);
	if (rc < 0)
		return rc;
	if (c->help) {
		c->json ? cli_help_json(&c->out, c->help_name)
			: cli_help(&c->out, c->help_name);
		return cli_flush(c);
	}
	rc = tl_crypto_init();
	if (rc == 0)
		rc = cli_open(c);
	if (rc == 0)
		rc = note(c);
	if (rc >= 0)
		rc = c->command->run(c);
	if (rc == 0)
		rc = cli_alone(c);
	int printed = cli_flush(c); /* also what a command said before it failed */
	return rc < 0 ? rc : printed;
}

int
main(int argc, char **argv)
{
	(void)umask(077); /* what is made here holds secrets */
	struct tl_cli c = {
	    .data_dir = getenv("TUTELA_DATA"), .arena = tl_arena_create(256u << 20)};
	if (!c.data_dir || !*c.data_dir)
		c.data_dir = "var";
	int rc = run(&c, argc - 1, argv + 1);
	int code = rc < 0 && c.exit == CLI_DONE ? exit_code(rc) : c.exit;
	if (rc < 0)
		print_error(&c, rc);
	cli_close(&c);
	tl_buf_fini(&c.out);
	tl_arena_destroy(c.arena);
	return code;
}
