/*
 * `tutela minors`: the matrix of settings by age band, and the audit of what platforms say is really in force.
 *
 * Promises: a file of any size is read in parts, each one transaction; after an interruption the same command goes on where it
 * was. Ends with 5 when accounts stand looser than the policy. Failures: INPUT, CONFLICT, the store's.
 */
#include "bin/cli_rules.h"

#include "config/policy.h"
#include "intake/lines.h"
#include "minors/audit.h"
#include "minors/snapshot.h"
#include "minors/snapshot_line.h"
#include "store/people.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)256 << 10)
#define ARENA_BYTES ((size_t)4 << 20)
#define PAGE 500

/* Taking a file --------------------------------------------------------------------------------------------------- */

struct auditing {
	struct tl_cli *cli;
	const struct tl_policy_set *set;
	struct tl_lines lines;
	struct tl_snapshot_gather gather;
	struct tl_snapshot_part part;
	struct tl_snapshot snapshot;
	struct tl_arena *arena;
	int64_t done, size;
};

static int
audit_row(struct tl_db *db, const struct tl_snapshot *s)
{
	struct tl_buf detail TL_CLEANUP(tl_buf_fini) = {0};
	tl_buf_printf(&detail, "%lld accounts, %lld looser", (long long)s->accounts,
	    (long long)s->looser_accounts);
	return tl_audit_add(db, "cli", "minors.snapshot", s->id, tl_buf_str(&detail));
}

static int
store_part(struct tl_db *db, void *ctx)
{
	struct auditing *x = ctx;
	uint8_t chain[TL_SNAPSHOT_CHAIN];
	int rc = tl_snapshot_take(db, x->set, &x->part, x->arena, &x->snapshot, chain);
	if (rc == 0 && x->part.last)
		rc = audit_row(db, &x->snapshot);
	if (rc == 0)
		memcpy(x->part.chain, chain, sizeof chain);
	return rc;
}

static int
take_gathered(struct auditing *x, bool last)
{
	x->part.before = x->part.after;
	x->part.after = x->lines.number;
	x->part.last = last;
	tl_snapshot_gathered(&x->gather, &x->part);
	tl_arena_reset(x->arena);
	int rc = tl_db_tx(x->cli->db, last ? TL_SYNC_FULL : TL_SYNC_NORMAL, store_part, x);
	tl_snapshot_gather_reset(&x->gather);
	cli_progress("bytes taken", x->done, x->size);
	return rc;
}

static int
take_file(struct auditing *x, int fd)
{
	uint8_t *buf = TL_NEWS(x->cli->arena, uint8_t, READ_BYTES);
	int rc = tl_arena_check(x->cli->arena);
	for (bool last = false; rc == 0 && !last;) {
		ssize_t n = read(fd, buf, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tl_fail(TL_EIO, "cannot read %s: %m", x->cli->argv[0]);
		last = n == 0;
		x->done += n;
		rc = last ? tl_lines_end(&x->lines, tl_snapshot_gather, &x->gather)
			  : tl_lines_feed(&x->lines, tl_bytes(buf, (size_t)n),
				tl_snapshot_gather, &x->gather);
		if (rc == 0 && (last || tl_snapshot_gather_full(&x->gather)))
			rc = take_gathered(x, last);
	}
	cli_progress_end();
	return rc;
}

/* The snapshot's id: the platform's, else the file's name. */
static int
name_snapshot(struct auditing *x)
{
	struct tl_cli *c = x->cli;
	const char *id = cli_option(c, "id"), *at = cli_option(c, "taken-at");
	const char *slash = strrchr(c->argv[0], '/');
	if (at && tl_time_parse(tl_str(at), &x->part.taken_at) < 0)
		return tl_fail(TL_EUSAGE, "--taken-at: must be a time (RFC 3339)");
	if (!id && strcmp(c->argv[0], "-") == 0)
		return tl_fail(TL_EUSAGE, "--id is needed for standard input");
	x->part.id = tl_str(id ? id : slash ? slash + 1 : c->argv[0]);
	return 0;
}

static int
take(struct auditing *x)
{
	struct tl_cli *c = x->cli;
	struct stat st = {0};
	bool standard = strcmp(c->argv[0], "-") == 0;
	int rc = name_snapshot(x);
	if (rc < 0)
		return rc;
	int fd = standard ? STDIN_FILENO : open(c->argv[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		rc = tl_fail(TL_EUSAGE, "cannot read %s: %m", c->argv[0]);
	else if (S_ISDIR(st.st_mode))
		rc = tl_fail(TL_EUSAGE, "%s is a folder; give the name of a file", c->argv[0]);
	x->size = S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0;
	x->part.from_start = true;
	x->lines.limit = TL_SNAPSHOT_LINE_MAX;
	if (rc == 0)
		rc = take_file(x, fd);
	if (fd >= 0 && !standard)
		(void)close(fd);
	tl_lines_fini(&x->lines);
	tl_snapshot_gather_fini(&x->gather);
	return rc;
}

/* Saying what was found ------------------------------------------------------------------------------------------- */

static const char *const snapshot_columns[] = {"id", "state", "taken_at", "accounts",
    "looser_accounts", "looser_settings", "lines", "bad_line", "repeated_account",
    "unknown_account", "erased_account", "unknown_setting", "unknown_value", NULL};

static void
say_snapshot(struct cli_list *l, const struct tl_snapshot *s)
{
	cli_cell(l, s->id);
	cli_cell_z(l, s->ended_at ? "ended" : "open");
	cli_cell_time(l, s->taken_at);
	cli_cell_int(l, s->accounts);
	cli_cell_int(l, s->looser_accounts);
	cli_cell_int(l, s->looser_settings);
	cli_cell_int(l, s->lines);
	for (int i = 0; i < (int)tl_snapshot_oddity_count; i++)
		cli_cell_int(l, s->odd[i]);
}

static int
say_looser(struct tl_cli *c, const struct tl_snapshot *s)
{
	static const char *const columns[] = {
	    "setting", "age_band", "told", "looser", "looser_before", "not_told", NULL};
	struct tl_audit_sum *sums = NULL;
	struct cli_list l;
	size_t n = 0;
	int rc = tl_audit_sums(c->db, s, c->arena, &sums, &n);
	if (rc < 0)
		return rc;
	cli_list_begin(&l, c, "settings", columns);
	for (size_t i = 0; i < n; i++) {
		if (!cli_option(c, "all") && sums[i].looser + sums[i].looser_before <= 0)
			continue;
		cli_cell(&l, sums[i].setting);
		cli_cell(&l, sums[i].band);
		cli_cell_int(&l, sums[i].told);
		cli_cell_int(&l, sums[i].looser);
		if (sums[i].looser_before < 0)
			cli_cell_z(&l, "");
		else
			cli_cell_int(&l, sums[i].looser_before);
		cli_cell_int(&l, sums[i].not_told);
	}
	cli_list_end(&l, "No account stands looser than the policy.");
	return 0;
}

static int
say_audit(struct tl_cli *c, const struct tl_snapshot *s)
{
	struct cli_list l;
	int rc = 0;
	if (c->json) {
		rc = tl_audit_put_whole(c->db, s, c->arena, &c->out);
		tl_buf_byte(&c->out, '\n');
	} else {
		cli_record_begin(&l, c, snapshot_columns);
		say_snapshot(&l, s);
		cli_list_end(&l, "");
		cli_say(c, "%s", "");
		rc = say_looser(c, s);
	}
	c->exit = s->looser_accounts ? CLI_FOUND : CLI_DONE;
	return rc;
}

/* The snapshot that is named, or the newest. */
static int
find(struct tl_cli *c, const char *id, int64_t platform, struct tl_snapshot *ret)
{
	struct tl_snapshot *list = NULL;
	size_t n = 0;
	bool live = !cli_option(c, "test");
	int rc = id ? tl_snapshot_get(c->db, platform, live, tl_str(id), c->arena, ret)
		    : tl_snapshot_page(c->db, platform, live, 0, 1, c->arena, &list, &n);
	if (rc == TL_ENOTFOUND || (rc == 0 && !id && n == 0))
		return cli_fail(TL_ENOTFOUND,
		    "Take one with `tutela minors audit FILE`, or PUT /v1/minors/snapshots.",
		    "there is no such snapshot");
	if (rc == 0 && !id)
		*ret = list[0];
	return rc;
}

int
cmd_minors_audit(struct tl_cli *c)
{
	struct cli_rules rules;
	struct auditing x = {.cli = c, .part = {.live = !cli_option(c, "test")}};
	int rc = cli_platform(c, cli_option(c, "platform"), &x.part.platform);
	if (rc < 0)
		return rc;
	if (c->argc == 0) {
		rc = find(c, cli_option(c, "id"), x.part.platform, &x.snapshot);
		return rc < 0 ? rc : say_audit(c, &x.snapshot);
	}
	rc = cli_policies_load(c, &rules);
	x.set = rules.policies;
	x.arena = tl_arena_create(ARENA_BYTES);
	if (rc == 0)
		rc = take(&x);
	if (rc == 0)
		rc = say_audit(c, &x.snapshot);
	tl_arena_destroy(x.arena);
	cli_rules_free(&rules);
	return rc;
}

int
cmd_minors_snapshots(struct tl_cli *c)
{
	struct tl_snapshot *list = NULL;
	struct cli_list l;
	size_t n = 0;
	int64_t platform = 0, limit = 50;
	int rc = cli_platform(c, cli_option(c, "platform"), &platform);
	if (rc == 0)
		rc = cli_option_int(c, "limit", 1, 10000, &limit);
	if (rc == 0)
		rc = tl_snapshot_page(c->db, platform, !cli_option(c, "test"), 0, (size_t)limit,
		    c->arena, &list, &n);
	if (rc < 0)
		return rc;
	cli_list_begin(&l, c, "snapshots", snapshot_columns);
	l.brief = true;
	for (size_t i = 0; i < n; i++)
		say_snapshot(&l, &list[i]);
	cli_list_end(&l, "There is no snapshot yet.");
	return 0;
}

int
cmd_minors_findings(struct tl_cli *c)
{
	static const char *const columns[] = {"line", "kind", "what", NULL};
	struct tl_snapshot s = {0};
	struct tl_snapshot_finding *list = NULL;
	struct cli_list l;
	size_t n = 0;
	int64_t platform = 0, limit = 1000, all = 0;
	int rc = cli_platform(c, cli_option(c, "platform"), &platform);
	if (rc == 0)
		rc = cli_option_int(c, "limit", 1, 100000, &limit);
	if (rc == 0)
		rc = find(c, c->argc ? c->argv[0] : NULL, platform, &s);
	if (rc == 0)
		rc = tl_snapshot_findings(
		    c->db, s.seq, 0, -1, (size_t)limit, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	cli_list_begin(&l, c, "findings", columns);
	for (size_t i = 0; i < n; i++) {
		cli_cell_int(&l, list[i].line);
		cli_cell(&l, list[i].kind);
		cli_cell(&l, list[i].what);
	}
	cli_list_end(&l, "Every line was taken as it was.");
	for (int i = 0; i < (int)tl_snapshot_oddity_count; i++)
		all += s.odd[i];
	if (all > (int64_t)n)
		cli_say(c, "\n%lld of %lld are shown, %lld are listed (--limit).", (long long)n,
		    (long long)all, (long long)s.listed);
	c->exit = n ? CLI_FOUND : CLI_DONE;
	return 0;
}

int
cmd_minors_mend(struct tl_cli *c)
{
	struct cli_rules rules;
	struct tl_mend ask = {.live = !cli_option(c, "test"), .lines = true, .max = PAGE};
	int rc = cli_platform(c, cli_option(c, "platform"), &ask.platform);
	if (rc < 0)
		return rc;
	rc = cli_policies_load(c, &rules);
	while (rc == 0) {
		struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(ARENA_BYTES);
		rc = tl_audit_put_mend(c->db, rules.policies, &ask, a, &c->out, &ask.after);
		if (rc == 0)
			rc = cli_flush(c);
		if (tl_id_is_nil(ask.after))
			break;
	}
	cli_rules_free(&rules);
	return rc;
}
