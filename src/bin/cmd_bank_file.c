/*
 * `tutela bank import` and `export`: files of entries, read and written in parts.
 *
 * Promises: a part is one transaction of at most PART_RECORDS records, so that others get their turn to write; what
 * was committed is said however an import ends, and the same file can be imported again. Failure: lines that cannot
 * be used are told with their place, and kept in --errors FILE.
 */
#include "bin/cli_bank.h"
#include "detect/detect.h"
#include "store/banks_export.h"
#include "store/banks_import.h"
#include "store/people.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_BYTES ((size_t)256 << 10)
#define PART_RECORDS 2000
#define TOLD_MOST 20
#define EXPORT_PAGE 1000

static volatile sig_atomic_t interrupted;

static void
interrupt(int signal)
{
	interrupted = signal;
}

struct importing {
	struct tl_cli *cli;
	const struct tl_bank *bank;
	const char *path;
	struct tl_import *import;
	FILE *errors; /* or NULL */
	bool audits;
	int64_t told;
	struct tl_import_counts kept; /* as of the last commit */
};

/* A cell of CSV. */
static void
put_cell(FILE *f, const char *text, char after)
{
	(void)fputc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', f);
		(void)fputc(*text, f);
	}
	(void)fputc('"', f);
	(void)fputc(after, f);
}

static void
tell(void *ctx, const struct tl_import_error *e)
{
	struct importing *x = ctx;
	char place[48] = "";
	if (e->column)
		(void)snprintf(place, sizeof place, ":%d", e->column);
	if (x->told++ < TOLD_MOST)
		(void)fprintf(stderr, "%s:%lld%s: %s%s%s\n", x->path, (long long)e->line, place,
		    e->field, *e->field ? ": " : "", e->why);
	if (!x->errors)
		return;
	(void)fprintf(x->errors, "%lld,%d,", (long long)e->line, e->column);
	put_cell(x->errors, e->field, ',');
	put_cell(x->errors, e->why, '\n');
}

static int
audit(struct tl_db *db, const struct importing *x)
{
	char id[TL_ID_TEXT];
	struct tl_import_counts n = tl_import_counts(x->import);
	struct tl_buf detail TL_CLEANUP(tl_buf_fini) = {0};
	tl_id_text(id, x->bank->id);
	tl_buf_printf(&detail, "%.*s: %lld added, %lld known, %lld expired, %lld refused",
	    TL_ARG(x->bank->name), (long long)n.added, (long long)n.known, (long long)n.expired,
	    (long long)n.refused);
	return tl_audit_add(db, "cli", "bank.import", tl_str(id), tl_buf_str(&detail));
}

static int
store_part(struct tl_db *db, void *ctx)
{
	struct importing *x = ctx;
	if (x->audits)
		return audit(db, x);
	return tl_import_step(x->import, db, PART_RECORDS);
}

/* One part of the file: step by step until it needs more bytes. */
static int
import_part(struct importing *x, enum tl_sync sync)
{
	int rc = 1;
	while (rc > 0) {
		if (interrupted)
			return tl_fail(TL_EAGAIN, "it was interrupted");
		rc = tl_db_tx(x->cli->db, sync, store_part, x);
		if (rc >= 0)
			x->kept = tl_import_counts(x->import);
	}
	return rc;
}

static int
import_file(struct importing *x, int fd, int64_t size)
{
	uint8_t *buf = TL_NEWS(x->cli->arena, uint8_t, PART_BYTES);
	int64_t done = 0;
	int rc = tl_arena_check(x->cli->arena);
	for (bool last = false; rc >= 0 && !last;) {
		ssize_t n = read(fd, buf, PART_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tl_fail(TL_EIO, "cannot read %s: %m", x->path);
		last = n == 0;
		tl_import_push(x->import, tl_bytes(buf, (size_t)n), last);
		rc = import_part(x, last ? TL_SYNC_FULL : TL_SYNC_NORMAL);
		done += n;
		cli_progress("imported bytes", done, size);
	}
	return rc;
}

/* However it ended, what was committed is in the trail and said. */
static int
say_counts(struct importing *x, int rc)
{
	static const char *const columns[] = {
	    "format", "lines", "added", "known", "extended", "expired", "refused", NULL};
	struct tl_cli *c = x->cli;
	if (x->told > TOLD_MOST)
		(void)fprintf(stderr, "and %lld more%s\n", (long long)(x->told - TOLD_MOST),
		    x->errors ? "" : "; --errors FILE keeps them all");
	if (rc < 0) {
		int kept = rc;
		const char *why = tl_arena_printf(c->arena, "%s", tl_err_text());
		if (x->kept.added + x->kept.known + x->kept.refused == 0)
			return tl_fail(rc, "%s: %s", x->path, why);
		return cli_fail(kept,
		    "The same file can be imported again: what is there is left alone.",
		    "%s: %s; %lld entries were added before, %lld were known, %lld refused",
		    x->path, why, (long long)x->kept.added, (long long)x->kept.known,
		    (long long)x->kept.refused);
	}
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, tl_import_format_names[tl_import_format(x->import)]);
	cli_cell_int(&l, x->kept.lines);
	cli_cell_int(&l, x->kept.added);
	cli_cell_int(&l, x->kept.known);
	cli_cell_int(&l, x->kept.extended);
	cli_cell_int(&l, x->kept.expired);
	cli_cell_int(&l, x->kept.refused);
	cli_list_end(&l, "");
	if (x->kept.added + x->kept.known + x->kept.refused + x->kept.expired == 0)
		cli_say(c, "There is no entry in it.");
	c->exit = x->kept.refused ? CLI_FOUND : CLI_DONE;
	return 0;
}

static int
import(struct importing *x, int fd, int64_t size)
{
	struct tl_cli *c = x->cli;
	int format = TL_IMPORT_AUTO, form = -1;
	int rc = cli_option_word(c, "format", tl_import_format_names, &format);
	if (rc == 0)
		rc = cli_option_word(c, "form", tl_entry_form_names, &form);
	if (rc == 0 && form >= 0 && !tl_bank_holds(x->bank->kind, (enum tl_entry_form)form))
		rc = tl_fail(TL_EUSAGE, "--form: a %s bank holds no %s entries",
		    tl_bank_kind_names[x->bank->kind], tl_entry_form_names[form]);
	enum tl_entry_form as = (enum tl_entry_form)form;
	struct tl_import_options o = {.format = (enum tl_import_format)format,
	    .name = tl_str(x->path),
	    .form = form < 0 ? NULL : &as,
	    .exchange = tl_str(cli_option(c, "exchange")),
	    .member = tl_str(cli_option(c, "member")),
	    .actor = "cli",
	    .check = tl_detect_entry_check,
	    .on_error = tell,
	    .ctx = x};
	if (rc == 0)
		rc = tl_import_create(x->bank, &o, &x->import);
	if (rc < 0)
		return rc;
	/* The part under way is finished, and what was added is said. */
	(void)sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupt}, NULL);
	(void)sigaction(SIGTERM, &(struct sigaction){.sa_handler = interrupt}, NULL);
	rc = import_file(x, fd, size);
	const char *why = tl_arena_printf(c->arena, "%s", tl_err_text());
	cli_progress_end();
	x->audits = true;
	int recorded =
	    x->kept.added || rc == 0 ? tl_db_tx(c->db, TL_SYNC_FULL, store_part, x) : 0;
	if (rc < 0)
		(void)tl_fail(rc, "%s", why);
	rc = say_counts(x, rc < 0 ? rc : recorded);
	tl_import_destroy(x->import);
	return rc;
}

static int
open_errors(const struct tl_cli *c, FILE **ret)
{
	const char *path = cli_option(c, "errors");
	if (!path)
		return 0;
	*ret = fopen(path, "we");
	if (!*ret)
		return tl_fail(TL_EUSAGE, "--errors: cannot write %s: %m", path);
	(void)fputs("line,column,field,why\n", *ret);
	return 0;
}

int
cmd_bank_import(struct tl_cli *c)
{
	struct tl_bank b = {0};
	struct stat st = {0};
	struct importing x = {.cli = c, .bank = &b, .path = c->argv[1]};
	int rc = cli_bank_find(c, c->argv[0], &b);
	if (rc == 0)
		rc = open_errors(c, &x.errors);
	if (rc < 0)
		return rc;
	bool standard = strcmp(c->argv[1], "-") == 0;
	int fd = standard ? STDIN_FILENO : open(c->argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		rc = tl_fail(TL_EUSAGE, "cannot read %s: %m", c->argv[1]);
	else if (S_ISDIR(st.st_mode))
		rc = tl_fail(TL_EUSAGE, "%s is a folder; give the name of a file", c->argv[1]);
	else
		rc = import(&x, fd, S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0);
	if (x.errors && fclose(x.errors) != 0 && rc == 0)
		rc = tl_fail(TL_EIO, "--errors: cannot write: %m");
	if (fd >= 0 && !standard)
		(void)close(fd);
	return rc;
}

/* Export ------------------------------------------------------------------------------------------------------ */

static int
export_page(struct tl_cli *c, const struct tl_bank *b, enum tl_import_format format,
    struct tl_id *before, size_t *ret_n, int64_t *left_out)
{
	struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(256U << 20);
	struct tl_bank_entry *entries;
	int rc = tl_bank_entry_page(c->db, b->id, *before, EXPORT_PAGE, a, &entries, ret_n);
	for (size_t i = 0; rc == 0 && i < *ret_n; i++) {
		*left_out +=
		    !tl_export_entry(format, &entries[i], tl_id_is_nil(*before), a, &c->out);
		*before = entries[i].id;
	}
	return rc < 0 ? rc : cli_flush(c);
}

int
cmd_bank_export(struct tl_cli *c)
{
	struct tl_bank b = {0};
	struct tl_id before = {0};
	int format = (c->json ? TL_IMPORT_JSON : TL_IMPORT_NDJSON) - 1; /* without "auto" */
	int64_t done = 0, left_out = 0;
	int rc = cli_option_word(c, "format", tl_import_format_names + 1, &format);
	format++;
	if (rc == 0)
		rc = cli_bank_find(c, c->argv[0], &b);
	if (rc < 0)
		return rc;
	tl_export_begin((enum tl_import_format)format, &c->out);
	for (size_t n = EXPORT_PAGE; rc == 0 && n == EXPORT_PAGE; done += (int64_t)n) {
		rc = export_page(c, &b, (enum tl_import_format)format, &before, &n, &left_out);
		if (!isatty(STDOUT_FILENO))
			cli_progress("exported entries", done, b.entries);
	}
	cli_progress_end();
	if (rc == 0)
		tl_export_end((enum tl_import_format)format, &c->out);
	if (left_out)
		(void)fprintf(stderr,
		    "%lld %s left out: plain lines hold only what is in force for good; "
		    "--format "
		    "ndjson keeps everything\n",
		    (long long)left_out, left_out == 1 ? "entry is" : "entries are");
	return rc;
}
