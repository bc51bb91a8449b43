/*
 * `tutela relations load`: the whole graph of a platform from a file, a line an event, as PUT /v1/relations takes it.
 *
 * Promises: events are taken in pieces, sorted by their pair, so that a store of any size is written from front to end; a
 * place in the file is kept with each piece, and the same command goes on there. Events may come twice, so that a piece which
 * was cut off does no harm. Failure: lines that cannot be used are told with their number; a failing store ends it.
 */
#include "bin/cli.h"
#include "intake/contacts.h"
#include "store/people.h"
#include "store/relations.h"
#include "store/retention.h"
#include "sys/clock.h"
#include "sys/crypto.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LINE_BYTES 16384
#define PIECE 4000000 /* events sorted at once, unless --piece: 160 MB */
#define SLICE 20000U  /* of them in a transaction */
#define TOLD_MOST 20
#define HEAD_BYTES 4096
#define LOG_PAGES 8192
#define SEEN (1U << 18)

static volatile sig_atomic_t interrupted;

static void
interrupt(int signal)
{
	interrupted = signal;
}

struct event {
	int64_t from, to;
	struct tl_relation_event e;
};

/* Numbers that were asked for lately. */
struct seen {
	uint8_t n;
	char ext[31];
	int64_t number;
};

struct loading {
	struct tl_cli *cli;
	const char *path;
	FILE *in, *errors; /* errors may be NULL */
	int64_t platform, size;
	bool live, ended;
	struct event *events;
	size_t piece, count, at; /* most events, how many there are, what is written next */
	struct seen *seen;
	char line[LINE_BYTES];
	uint8_t print[32]; /* of the file: its size and its first bytes */
	struct tl_relations_load done;
};

/* Reading -------------------------------------------------------------------------------------------------------- */

static void
refuse(struct loading *x, const char *why)
{
	x->done.refused++;
	if (x->done.refused <= TOLD_MOST)
		(void)fprintf(stderr, "%s:%lld: %s%s%s\n", x->path, (long long)x->done.lines,
		    tl_err_field(), *tl_err_field() ? ": " : "", why);
	if (x->errors)
		(void)fprintf(x->errors, "%lld,%s,\"%s\"\n", (long long)x->done.lines,
		    tl_err_field(), why);
}

static int
number_of(struct tl_db *db, struct loading *x, struct tl_str ext, int64_t *ret)
{
	uint32_t h = 2166136261U;
	for (size_t i = 0; i < ext.n; i++)
		h = (h ^ ext.p[i]) * 16777619U;
	struct seen *s = &x->seen[(h ^ h >> 15) % SEEN];
	if (s->number && s->n == ext.n && memcmp(s->ext, ext.p, ext.n) == 0) {
		*ret = s->number;
		return 0;
	}
	struct tl_account_ref a;
	int rc = tl_account_ref_ensure(db, x->platform, x->live, ext, &a);
	if (rc < 0)
		return rc;
	*ret = a.number;
	if (ext.n <= sizeof s->ext) {
		s->n = (uint8_t)ext.n;
		memcpy(s->ext, ext.p, ext.n);
		s->number = a.number;
	}
	return 0;
}

/* The next line without its end; false at the end of the file. Longer than a line may be: it is skipped and *too_long. */
static bool
next_line(struct loading *x, struct tl_str *ret, bool *too_long)
{
	if (!fgets(x->line, sizeof x->line, x->in))
		return false;
	size_t n = strlen(x->line);
	*too_long = n + 1 == sizeof x->line && x->line[n - 1] != '\n';
	for (int c = 0; *too_long && c != EOF && c != '\n';)
		c = getc(x->in);
	while (n && (x->line[n - 1] == '\n' || x->line[n - 1] == '\r'))
		n--;
	*ret = tl_bytes(x->line, n);
	x->done.lines++;
	return true;
}

/* One event of the piece; a line that is wrong is told and passed over. */
static int
take_line(struct tl_db *db, struct loading *x, struct tl_str text, bool too_long)
{
	json_t *j TL_CLEANUP(tl_json_unref) = NULL;
	struct tl_relation_in in;
	int rc = too_long ? tl_fail(TL_ETOOBIG, "the line is longer than %d bytes", LINE_BYTES)
			  : tl_json_parse(text, &j);
	if (rc == 0)
		rc = tl_decode_relation(j, tl_now_us(), &in);
	if (rc < 0) {
		refuse(x, tl_err_text());
		return 0;
	}
	struct event *e = &x->events[x->count];
	rc = number_of(db, x, in.from, &e->from);
	if (rc == 0)
		rc = number_of(db, x, in.to, &e->to);
	e->e = in.event;
	x->count += rc == 0;
	return rc;
}

static int
read_slice(struct tl_db *db, void *ctx)
{
	struct loading *x = ctx;
	struct tl_str text;
	bool too_long;
	int rc = 0;
	for (size_t end = x->count + SLICE; rc == 0 && x->count < end && x->count < x->piece;) {
		if (!next_line(x, &text, &too_long)) {
			x->ended = true;
			break;
		}
		if (text.n)
			rc = take_line(db, x, text, too_long);
	}
	return rc;
}

/* Writing -------------------------------------------------------------------------------------------------------- */

static int64_t
low(const struct event *e)
{
	return e->from < e->to ? e->from : e->to;
}

static int64_t
high(const struct event *e)
{
	return e->from < e->to ? e->to : e->from;
}

static int
rising(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
by_low(const void *a, const void *b)
{
	int c = rising(low(a), low(b));
	return c ? c : rising(high(a), high(b));
}

static int
by_high(const void *a, const void *b)
{
	int c = rising(high(a), high(b));
	return c ? c : rising(low(a), low(b));
}

static int
mark_slice(struct tl_db *db, void *ctx)
{
	struct loading *x = ctx;
	int rc = 0;
	for (size_t end = x->at + SLICE; rc == 0 && x->at < end && x->at < x->count; x->at++)
		rc = tl_relation_mark(
		    db, x->platform, x->events[x->at].from, x->events[x->at].to);
	return rc;
}

static int
put_slice(struct tl_db *db, void *ctx)
{
	struct loading *x = ctx;
	int rc = 0;
	for (size_t end = x->at + SLICE; rc == 0 && x->at < end && x->at < x->count; x->at++) {
		const struct event *e = &x->events[x->at];
		bool changed = false;
		rc = tl_relation_put(db, x->platform, e->from, e->to, &e->e, &changed);
		x->done.applied += changed;
	}
	return rc;
}

static int
keep_place(struct tl_db *db, void *ctx)
{
	struct loading *x = ctx;
	return tl_relations_load_keep(
	    db, x->platform, x->live, tl_bytes(x->print, sizeof x->print), &x->done);
}

static int
forget_place(struct tl_db *db, void *ctx)
{
	struct loading *x = ctx;
	char detail[96];
	(void)snprintf(detail, sizeof detail, "%lld lines: %lld applied, %lld refused",
	    (long long)x->done.lines, (long long)x->done.applied, (long long)x->done.refused);
	int rc = tl_relations_load_end(
	    db, x->platform, x->live, tl_bytes(x->print, sizeof x->print));
	return rc < 0 ? rc
		      : tl_audit_add(db, "cli", "relations.load", TL_S(""), tl_str(detail));
}

/* All slices of one step; merges the log meanwhile, unless the copies need it whole. */
static int
each_slice(struct loading *x, int (*fn)(struct tl_db *db, void *ctx), const char *what)
{
	struct tl_cli *c = x->cli;
	int rc = 0;
	for (x->at = 0; rc == 0 && x->at < x->count;) {
		int64_t pages = 0;
		if (interrupted)
			return tl_fail(TL_EAGAIN, "it was interrupted");
		rc = tl_db_tx(c->db, TL_SYNC_NORMAL, fn, x);
		if (rc == 0 && !c->config->backup_dir[0])
			rc = tl_store_checkpoint(c->db, false, &pages);
		if (rc == 0 && pages > LOG_PAGES)
			rc = tl_store_checkpoint(c->db, true, &pages);
		cli_progress(what, (int64_t)x->at, (int64_t)x->count);
	}
	return rc;
}

static int
load_piece(struct loading *x)
{
	int rc = 0;
	x->count = 0;
	while (rc == 0 && !x->ended && x->count < x->piece) {
		if (interrupted)
			return tl_fail(TL_EAGAIN, "it was interrupted");
		rc = tl_db_tx(x->cli->db, TL_SYNC_NORMAL, read_slice, x);
		cli_progress("read bytes", ftello(x->in), x->size);
	}
	/* First that they can be found from the other end: a pair is never without. */
	qsort(x->events, x->count, sizeof *x->events, by_high);
	if (rc == 0)
		rc = each_slice(x, mark_slice, "marked events");
	qsort(x->events, x->count, sizeof *x->events, by_low);
	if (rc == 0)
		rc = each_slice(x, put_slice, "loaded events");
	x->done.bytes = ftello(x->in);
	return rc == 0 ? tl_db_tx(x->cli->db, TL_SYNC_FULL, keep_place, x) : rc;
}

/* The command --------------------------------------------------------------------------------------------------- */

static int
open_file(struct loading *x)
{
	struct stat st;
	uint8_t head[HEAD_BYTES];
	x->in = fopen(x->path, "re");
	if (!x->in || fstat(fileno(x->in), &st) < 0)
		return tl_fail(TL_EIO, "cannot read %s: %m", x->path);
	x->size = st.st_size;
	size_t n = fread(head, 1, sizeof head - sizeof x->size, x->in);
	memcpy(head + n, &x->size, sizeof x->size);
	tl_sha256(x->print, tl_bytes(head, n + sizeof x->size));
	const char *errors = cli_option(x->cli, "errors");
	if (errors && !(x->errors = fopen(errors, "we")))
		return tl_fail(TL_EIO, "cannot write %s: %m", errors);
	return 0;
}

/* Where an earlier load of this file stopped. */
static int
go_on(struct loading *x)
{
	struct tl_cli *c = x->cli;
	int rc = tl_relations_load_find(
	    c->db, x->platform, x->live, tl_bytes(x->print, sizeof x->print), &x->done);
	if (rc == TL_ENOTFOUND || cli_option(c, "again")) {
		x->done = (struct tl_relations_load){0};
		rc = 0;
	}
	if (rc == 0 && fseeko(x->in, x->done.bytes, SEEK_SET) < 0)
		rc = tl_fail(TL_EIO, "cannot read %s: %m", x->path);
	if (rc == 0 && x->done.lines)
		(void)fprintf(stderr, "%s: going on behind line %lld\n", x->path,
		    (long long)x->done.lines);
	return rc;
}

static int
say(struct loading *x, int rc)
{
	static const char *const columns[] = {"lines", "applied", "refused", NULL};
	struct cli_list l;
	if (rc < 0)
		return cli_fail(rc, "The same command goes on where it stopped.",
		    "%s: %s; %lld lines were loaded", x->path,
		    tl_arena_printf(x->cli->arena, "%s", tl_err_text()),
		    (long long)x->done.lines);
	if (x->done.refused > TOLD_MOST)
		(void)fprintf(stderr, "and %lld more%s\n",
		    (long long)(x->done.refused - TOLD_MOST),
		    x->errors ? "" : "; --errors FILE keeps them all");
	cli_record_begin(&l, x->cli, columns);
	cli_cell_int(&l, x->done.lines);
	cli_cell_int(&l, x->done.applied);
	cli_cell_int(&l, x->done.refused);
	cli_list_end(&l, "");
	x->cli->exit = x->done.refused ? CLI_FOUND : CLI_DONE;
	return 0;
}

static int
load(struct loading *x)
{
	int rc = cli_platform(x->cli, cli_option(x->cli, "platform"), &x->platform);
	if (rc == 0)
		rc = open_file(x);
	if (rc == 0)
		rc = go_on(x);
	if (rc < 0)
		return rc;
	(void)sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupt}, NULL);
	(void)sigaction(SIGTERM, &(struct sigaction){.sa_handler = interrupt}, NULL);
	while (rc == 0 && !x->ended)
		rc = load_piece(x);
	cli_progress_end();
	if (rc == 0 && ferror(x->in))
		rc = tl_fail(TL_EIO, "cannot read %s", x->path);
	if (rc == 0)
		rc = tl_db_tx(x->cli->db, TL_SYNC_FULL, forget_place, x);
	return say(x, rc);
}

int
cmd_relations_load(struct tl_cli *c)
{
	struct loading *x = calloc(1, sizeof *x);
	if (!x)
		abort();
	x->cli = c;
	x->path = c->argv[0];
	x->live = !cli_option(c, "test");
	int64_t piece = PIECE;
	int rc = cli_option_int(c, "piece", 1000, 100000000, &piece);
	x->piece = (size_t)piece;
	x->events = calloc(x->piece, sizeof *x->events);
	x->seen = calloc(SEEN, sizeof *x->seen);
	if (!x->events || !x->seen)
		abort();
	if (rc == 0)
		rc = load(x);
	if (x->in)
		(void)fclose(x->in);
	if (x->errors && fclose(x->errors) != 0 && rc == 0)
		rc = tl_fail(TL_EIO, "cannot write the file of errors: %m");
	free(x->events);
	free(x->seen);
	free(x);
	return rc;
}
