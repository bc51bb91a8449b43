/*
 * `tutela audit`: who did and read what, the proof that nothing of it was changed, and that proof to take along.
 *
 * Promises: verifying changes nothing, works on copies and goes on to the end whatever it finds; an export is recorded
 * before it is written. Exit code 5 (FOUND) when something was found.
 */
#include "base/json.h"
#include "bin/cli.h"
#include "store/backup.h"
#include "store/checkpoint.h"
#include "store/people.h"
#include "store/proof.h"
#include "store/verify.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The name of "user:ID"; what is no person stays as it is. */
static struct tl_str
who(struct tl_cli *c, struct tl_str actor)
{
	struct tl_user u;
	struct tl_id id;
	if (actor.n <= 5 || memcmp(actor.p, "user:", 5) != 0 ||
	    tl_id_parse(tl_bytes(actor.p + 5, actor.n - 5), &id) < 0 ||
	    tl_user_get(c->db, id, c->arena, &u) < 0)
		return actor;
	return u.name;
}

/* A person's name as the trail has them. */
static struct tl_str
actor_of(struct tl_cli *c, const char *text)
{
	struct tl_user u;
	char actor[TL_ACTOR_MAX];
	if (!text || tl_user_find(c->db, tl_str(text), c->arena, &u) < 0)
		return tl_str(text);
	tl_actor_user(actor, u.id);
	return tl_arena_dup(c->arena, tl_str(actor));
}

static int
moment(const struct tl_cli *c, const char *option, int64_t *ret)
{
	const char *text = cli_option(c, option);
	if (!text || tl_time_parse(tl_str(text), ret) == 0)
		return 0;
	return cli_fail(TL_EUSAGE, "Like this: 2026-11-24T09:00:00Z",
	    "--%s: \"%s\" is not a moment", option, text);
}

int
cmd_audit_list(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "at", "who", "verb", "subject", "detail", "actor", "seq", NULL};
	struct tl_audit_row *rows = NULL;
	size_t n = 0;
	struct tl_audit_filter f = {.limit = 50,
	    .actor = actor_of(c, cli_option(c, "actor")),
	    .verb = tl_str(cli_option(c, "verb")),
	    .subject = tl_str(cli_option(c, "subject"))};
	int rc = cli_option_int(c, "limit", 1, 1000, &f.limit);
	if (rc == 0)
		rc = moment(c, "from", &f.from);
	if (rc == 0)
		rc = moment(c, "to", &f.to);
	if (rc == 0)
		rc = tl_audit_list(c->db, &f, c->arena, &rows, &n);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "audit", columns);
	for (size_t i = 0; i < n; i++) {
		cli_cell_time(&l, rows[i].at);
		cli_cell(&l, who(c, rows[i].actor));
		cli_cell(&l, rows[i].verb);
		cli_cell(&l, rows[i].subject);
		cli_cell(&l, rows[i].detail);
		cli_cell(&l, rows[i].actor);
		cli_cell_int(&l, rows[i].seq);
	}
	cli_list_end(&l, "Nothing of that kind was done yet.");
	return 0;
}

int
cmd_audit(struct tl_cli *c)
{
	return cmd_audit_list(c);
}

/* Keys ------------------------------------------------------------------------------------- */

static int
read_public(const char *path, uint8_t ret[TL_SIGN_PUBLIC])
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_file_read(path, 4096, &b);
	struct tl_str hex = tl_buf_str(&b);
	while (hex.n && (hex.p[hex.n - 1] == '\n' || hex.p[hex.n - 1] == ' '))
		hex.n--;
	if (rc == 0 && tl_unhex(ret, TL_SIGN_PUBLIC, hex) < 0)
		return cli_fail(TL_EFIELD, "`tutela audit key` prints one.",
		    "%s does not hold a public key of 64 hex digits", path);
	return rc;
}

int
cmd_audit_key(struct tl_cli *c)
{
	static const char *const columns[] = {"public_key", NULL};
	uint8_t key[TL_SIGN_PUBLIC];
	char hex[2 * TL_SIGN_PUBLIC + 1];
	int rc = tl_audit_key_public(c->data_dir, key);
	if (rc < 0)
		return rc;
	tl_hex(hex, key, sizeof key);
	if (!c->json) {
		tl_buf_printf(&c->out, "%s\n", hex);
		return 0;
	}
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, hex);
	cli_list_end(&l, "");
	return 0;
}

static int
rotate(struct tl_db *db, void *ctx)
{
	const struct tl_cli *c = ctx;
	struct tl_chain_key k;
	char hex[2 * sizeof k.key + 1];
	int rc = tl_audit_key_rotate(db, c->data_dir, &k);
	if (rc < 0)
		return rc;
	tl_hex(hex, k.key, sizeof k.key);
	return tl_audit_add(db, "cli", "audit.rotate", tl_str(hex), TL_S(""));
}

int
cmd_audit_rotate(struct tl_cli *c)
{
	int rc = tl_db_tx(c->db, TL_SYNC_FULL, rotate, c);
	return rc < 0 ? rc : cmd_audit_key(c);
}

/* Verifying -------------------------------------------------------------------------------- */

struct verifying {
	struct tl_cli *c;
	struct cli_list list;
	struct tl_verify v;
	struct tl_checkpoint *outside;
	struct tl_chain_key keys[64];
	size_t key_count;
	int64_t shown, began_us;
};

#define SHOWN_MAX 1000

static void
found(void *ctx, const struct tl_chain_finding *f)
{
	struct verifying *x = ctx;
	if (x->shown++ >= SHOWN_MAX)
		return;
	cli_cell_int(&x->list, f->seq);
	cli_cell_z(&x->list, f->source);
	cli_cell_id(&x->list, f->row);
	cli_cell_z(&x->list, tl_chain_fault_word(f->fault));
	cli_cell_z(&x->list, tl_chain_fault_text(f->fault));
	cli_cell_z(&x->list, tl_chain_fault_remedy(f->fault));
}

static void
progress(int64_t done, int64_t all)
{
	cli_progress("checked rows", done, all);
}

/* Whom to believe: the key that was given, else that of the data folder, and whom they vouch for. */
static int
trust(struct verifying *x)
{
	const char *file = cli_option(x->c, "public-key");
	uint8_t key[TL_SIGN_PUBLIC];
	int rc = file ? read_public(file, key) : 0;
	if (file && rc < 0)
		return rc;
	if (file || tl_audit_key_public(x->c->data_dir, key) == 0)
		tl_trust_add(&x->v.trust, key);
	return 0;
}

static int
outside(struct verifying *x)
{
	const char *file = cli_option(x->c, "checkpoints");
	bool asked = file != NULL;
	if (!asked)
		file =
		    tl_arena_printf(x->c->arena, "%s/%s", x->c->data_dir, TL_CHECKPOINT_FILE);
	if (!asked && (cli_option(x->c, "store") || access(file, F_OK) != 0))
		return 0;
	int rc = tl_checkpoint_read(
	    file, &x->outside, &x->v.outside_count, x->keys, 32, &x->key_count);
	x->v.outside = x->outside;
	return rc;
}

static int
verify_db(struct tl_db *db, void *ctx)
{
	struct verifying *x = ctx;
	struct tl_chain_key own[32];
	size_t n = 0;
	int rc = tl_audit_keys(db, own, TL_COUNT(own), &n);
	for (size_t i = 0; i < n && x->key_count < TL_COUNT(x->keys); i++)
		x->keys[x->key_count++] = own[i];
	tl_trust_follow(&x->v.trust, x->keys, x->key_count);
	return rc < 0 ? rc : tl_verify_all(db, &x->v, progress);
}

static void
summary(struct verifying *x)
{
	static const char *const columns[] = {"rows", "checkpoints", "last_checkpoint",
	    "last_checkpoint_at", "key_known", "findings", "rows_per_second", NULL};
	int64_t us = tl_mono_us() - x->began_us;
	struct cli_list l;
	cli_record_begin(&l, x->c, columns);
	cli_cell_int(&l, x->v.rows);
	cli_cell_int(&l, x->v.checkpoints);
	cli_cell_int(&l, x->v.checkpoint_seq);
	cli_cell_time(&l, x->v.checkpoint_at);
	cli_cell_bool(&l, x->v.trust.count > 0);
	cli_cell_int(&l, x->v.found_count);
	cli_cell_int(&l, us > 0 ? x->v.rows * 1000000 / us : 0);
	cli_list_end(&l, "");
}

static int
verify_export(struct tl_cli *c, const char *path)
{
	static const char *const columns[] = {
	    "rows", "links", "first", "last", "signed_at", "key", NULL};
	struct tl_proof p = {0};
	uint8_t key[TL_SIGN_PUBLIC];
	char hex[2 * TL_SIGN_PUBLIC + 1];
	const char *file = cli_option(c, "public-key");
	int rc = file ? read_public(file, key) : 0;
	if (file && rc == 0)
		tl_trust_add(&p.trust, key);
	if (rc == 0)
		rc = tl_proof_file(&p, path);
	if (rc == TL_ECORRUPT || rc == TL_EFIELD) {
		c->exit = CLI_FOUND;
		return cli_fail(rc, "Do not rely on this file; ask for it again.", "%s: %s",
		    path, tl_err_text());
	}
	if (rc < 0)
		return rc;
	tl_hex(hex, p.report.key, sizeof p.report.key);
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_int(&l, p.report.rows);
	cli_cell_int(&l, p.report.links);
	cli_cell_int(&l, p.report.first);
	cli_cell_int(&l, p.report.last);
	cli_cell_time(&l, p.report.signed_at);
	cli_cell_z(&l, hex);
	cli_list_end(&l, "");
	if (!file)
		cli_say(c,
		    "The file fits itself. Compare the key with the one that you were given, "
		    "or give it with --public-key.");
	return 0;
}

static int
verify_store(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "number", "source", "row", "fault", "text", "remedy", NULL};
	struct verifying x = {.c = c, .began_us = tl_mono_us()};
	const char *copy = cli_option(c, "store");
	x.v.found = found;
	x.v.ctx = &x;
	int rc = trust(&x);
	if (rc == 0)
		rc = outside(&x);
	cli_list_begin(&x.list, c, "findings", columns);
	if (rc == 0)
		rc = tl_backup_read(
		    copy ? copy : tl_arena_printf(c->arena, "%s/store.db", c->data_dir),
		    verify_db, &x);
	cli_progress_end();
	if (rc == 0 && (x.v.found_count == 0 || !c->json))
		summary(&x);
	if (rc == 0 && x.v.found_count) {
		c->exit = CLI_FOUND;
		cli_list_end(&x.list, "");
	}
	free(x.outside);
	return rc;
}

int
cmd_audit_verify(struct tl_cli *c)
{
	const char *path = cli_option(c, "export");
	int rc = tl_crypto_init();
	if (rc < 0)
		return rc;
	return path ? verify_export(c, path) : verify_store(c);
}

/* Export ----------------------------------------------------------------------------------- */

struct exporting {
	struct tl_cli *c;
	int64_t from, to;
};

/* The checkpoint that covers what is sealed now, and the line that says who took what. */
static int
begin_export(struct tl_db *db, void *ctx)
{
	const struct exporting *x = ctx;
	struct tl_checkpoint made;
	char from[TL_TIME_MAX], to[TL_TIME_MAX];
	tl_time_format(from, x->from);
	tl_time_format(to, x->to);
	int rc = tl_checkpoint_make(db, x->c->data_dir, 0, &made);
	return rc < 0 ? rc
		      : tl_audit_add(db, "cli", "audit.export",
			    tl_str(tl_arena_printf(x->c->arena, "%s/%s", from, to)), TL_S(""));
}

int
cmd_audit_export(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "file", "rows", "links", "first", "last", "signed_at", NULL};
	struct exporting x = {.c = c, .to = tl_now_us()};
	struct tl_proof_report report;
	int rc = moment(c, "from", &x.from);
	if (rc == 0)
		rc = moment(c, "to", &x.to);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, begin_export, &x);
	if (rc < 0)
		return rc;
	FILE *f = fopen(c->argv[0], "wxe");
	if (!f)
		return tl_fail(TL_EIO, "cannot write %s: %m", c->argv[0]);
	rc = tl_proof_write(c->db, x.from, x.to, f, &report);
	if (fclose(f) != 0 && rc == 0)
		rc = tl_fail(TL_EIO, "cannot write %s: %m", c->argv[0]);
	if (rc < 0) {
		(void)unlink(c->argv[0]);
		return rc;
	}
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_z(&l, c->argv[0]);
	cli_cell_int(&l, report.rows);
	cli_cell_int(&l, report.links);
	cli_cell_int(&l, report.first);
	cli_cell_int(&l, report.last);
	cli_cell_time(&l, report.signed_at);
	cli_list_end(&l, "");
	return 0;
}
