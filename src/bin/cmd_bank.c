/* `tutela bank`: lists of known hashes and terms. Entries are checked like those of the console. */
#include "bin/cli.h"
#include "config/policy.h"
#include "detect/detect.h"
#include "store/banks.h"
#include "store/people.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const bank_columns[] = {"name", "kind", "policy", "source", "distance",
    "enabled", "entries", "created_at", "id", NULL};

static void
bank_row(struct cli_list *l, const struct tl_bank *b)
{
	cli_cell(l, b->name);
	cli_cell_z(l, tl_bank_kind_names[b->kind]);
	cli_cell(l, b->policy);
	cli_cell(l, b->source);
	if (b->kind == TL_BANK_PDQ)
		cli_cell_int(l, b->distance);
	else
		cli_cell_json(l, TL_S("null"), "");
	cli_cell_bool(l, b->enabled);
	cli_cell_int(l, b->entries);
	cli_cell_time(l, b->created_at);
	cli_cell_id(l, b->id);
}

int
cmd_bank_list(struct tl_cli *c)
{
	struct tl_bank *banks;
	size_t n;
	int rc = tl_bank_list(c->db, c->arena, &banks, &n);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "banks", bank_columns);
	for (size_t i = 0; i < n; i++)
		bank_row(&l, &banks[i]);
	cli_list_end(&l, "There is no bank yet; `tutela bank create NAME` makes one.");
	return 0;
}

static int
find_bank(struct tl_cli *c, struct tl_bank *ret)
{
	struct tl_id id;
	int rc = tl_bank_find(c->db, tl_str(c->argv[0]), &id);
	if (rc == TL_ENOTFOUND)
		return cli_fail(rc, "`tutela bank list` shows them.", "there is no bank \"%s\"",
		    c->argv[0]);
	return rc < 0 ? rc : tl_bank_get(c->db, id, c->arena, ret);
}

static int
print_bank(struct tl_cli *c)
{
	struct tl_bank b = {0};
	int rc = find_bank(c, &b);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_record_begin(&l, c, bank_columns);
	bank_row(&l, &b);
	cli_list_end(&l, "");
	return 0;
}

static int
audit(struct tl_db *db, const char *verb, const struct tl_bank *b)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, b->id);
	return tl_audit_add(db, "cli", verb, tl_str(id), b->name);
}

static int
store_bank(struct tl_db *db, void *ctx)
{
	struct tl_bank *b = ctx;
	int rc = tl_bank_create(db, b);
	return rc < 0 ? rc : audit(db, "bank.create", b);
}

static int
check_policy(struct tl_cli *c, const char *policy)
{
	char dir[TL_PATH_MAX];
	const struct tl_policy_set *set TL_CLEANUP(tl_policy_unrefp) = NULL;
	int rc = tl_config_path(c->config, c->config->policy_dir, dir);
	if (rc == 0)
		rc = tl_policy_load(dir, &set);
	if (rc == 0 && !tl_policy_find(set, tl_str(policy)))
		return cli_fail(TL_EUSAGE, "`tutela policy list` shows them.",
		    "--policy: there is no policy \"%s\"", policy);
	return rc;
}

int
cmd_bank_create(struct tl_cli *c)
{
	const char *policy = cli_option(c, "policy"), *source = cli_option(c, "source");
	int kind = -1;
	int64_t distance = 31;
	if (!policy || !cli_option(c, "kind"))
		return cli_fail(
		    TL_EUSAGE, c->command->example, "a bank needs --kind and --policy");
	int rc = cli_option_word(c, "kind", tl_bank_kind_names, &kind);
	if (rc == 0)
		rc = cli_option_int(c, "distance", 0, TL_BANK_DISTANCE_MAX, &distance);
	if (rc == 0)
		rc = check_policy(c, policy);
	struct tl_bank b = {.name = tl_str(c->argv[0]),
	    .kind = (enum tl_bank_kind)kind,
	    .policy = tl_str(policy),
	    .source = tl_str(source ? source : "local"),
	    .distance = (int)distance,
	    .enabled = true};
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_bank, &b);
	return rc < 0 ? rc : print_bank(c);
}

static void
entry_row(struct cli_list *l, const struct tl_bank_entry *e)
{
	struct tl_buf value TL_CLEANUP(tl_buf_fini) = {0};
	tl_bank_value_text(e->form, e->value, &value);
	cli_cell(l, tl_buf_str(&value));
	cli_cell_z(l, tl_entry_form_names[e->form]);
	cli_cell_bool(l, e->enabled);
	cli_cell(l, e->note);
	cli_cell_time(l, e->added_at);
	cli_cell_id(l, e->id);
}

int
cmd_bank_show(struct tl_cli *c)
{
	static const char *const columns[] = {
	    "value", "form", "enabled", "note", "added_at", "id", NULL};
	struct tl_bank b = {0};
	struct tl_bank_entry *entries = NULL;
	size_t n = 0;
	int64_t limit = 20;
	int rc = cli_option_int(c, "limit", 1, 10000, &limit);
	if (rc == 0)
		rc = find_bank(c, &b);
	if (rc == 0)
		rc = tl_bank_entry_page(
		    c->db, b.id, (struct tl_id){0}, (size_t)limit, c->arena, &entries, &n);
	if (rc < 0)
		return rc;
	if (!c->json) {
		rc = print_bank(c);
		cli_say(c, "%s", "");
	}
	struct cli_list l;
	cli_list_begin(&l, c, "entries", columns);
	for (size_t i = 0; i < n; i++)
		entry_row(&l, &entries[i]);
	cli_list_end(&l, "It has no entries yet.");
	return rc;
}

struct new_entry {
	const struct tl_bank *bank;
	struct tl_bank_entry entry;
};

static int
store_entry(struct tl_db *db, void *ctx)
{
	struct new_entry *x = ctx;
	int rc = tl_bank_entry_add(db, x->bank, &x->entry);
	return rc < 0 ? rc : audit(db, "bank.add", x->bank);
}

/* The form that a value has by its looks in this kind of bank. */
static int
guess_form(const struct tl_bank *b, const char *value)
{
	if (b->kind == TL_BANK_PDQ)
		return TL_FORM_PDQ;
	if (b->kind == TL_BANK_DIGEST)
		return strlen(value) == 32 ? TL_FORM_MD5 : TL_FORM_SHA256;
	return strchr(value, ' ') ? TL_FORM_PHRASE : TL_FORM_WORD;
}

int
cmd_bank_add(struct tl_cli *c)
{
	struct tl_bank b = {0};
	const char *note = cli_option(c, "note");
	int rc = find_bank(c, &b);
	if (rc < 0)
		return rc;
	int form = guess_form(&b, c->argv[1]);
	rc = cli_option_word(c, "form", tl_entry_form_names, &form);
	struct new_entry x = {.bank = &b,
	    .entry = {.form = (enum tl_entry_form)form,
		.note = tl_str(note ? note : ""),
		.enabled = true}};
	if (rc == 0)
		rc = tl_bank_value_parse(
		    x.entry.form, tl_str(c->argv[1]), c->arena, &x.entry.value);
	if (rc == 0)
		rc = tl_detect_entry_check(x.entry.form, x.entry.value);
	if (rc == 0)
		rc = tl_db_tx(c->db, TL_SYNC_FULL, store_entry, &x);
	if (rc == TL_EEXISTS)
		return tl_fail(rc, "the bank has this entry already");
	return rc < 0 ? rc : print_bank(c);
}

/* Import: parts of a file, each in a transaction of its own, so that nobody waits for long. */
struct importing {
	struct tl_cli *cli;
	const struct tl_bank *bank;
	struct tl_import *import;
	struct tl_str part;
	bool last;
	struct tl_import_counts counts;
	int64_t told;
};

static void
tell_line(void *ctx, int64_t line, const char *why)
{
	struct importing *x = ctx;
	if (x->told++ < 20)
		(void)fprintf(stderr, "%s:%lld: %s\n", x->cli->argv[1], (long long)line, why);
}

static int
store_part(struct tl_db *db, void *ctx)
{
	struct importing *x = ctx;
	if (!x->last)
		return tl_import_feed(x->import, db, x->part);
	int rc = tl_import_finish(x->import, db, &x->counts);
	return rc < 0 ? rc : audit(db, "bank.import", x->bank);
}

static int
import_file(struct importing *x, int fd, int64_t size)
{
	enum { PART = 256 << 10 };
	uint8_t *buf = TL_NEWS(x->cli->arena, uint8_t, PART);
	int64_t done = 0;
	if (!buf)
		return tl_fail(TL_ENOMEM, "out of memory");
	for (;;) {
		ssize_t n = read(fd, buf, PART);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tl_fail(TL_EIO, "cannot read %s: %m", x->cli->argv[1]);
		if (n == 0)
			break;
		x->part = tl_bytes(buf, (size_t)n);
		int rc = tl_db_tx(x->cli->db, TL_SYNC_NORMAL, store_part, x);
		if (rc < 0)
			return rc;
		done += n;
		cli_progress("imported bytes", done, size);
	}
	x->last = true;
	return tl_db_tx(x->cli->db, TL_SYNC_FULL, store_part, x);
}

int
cmd_bank_import(struct tl_cli *c)
{
	static const char *const columns[] = {"lines", "added", "known", "refused", NULL};
	struct tl_bank b = {0};
	struct stat st = {0};
	int rc = find_bank(c, &b);
	if (rc < 0)
		return rc;
	bool standard = strcmp(c->argv[1], "-") == 0;
	int fd = standard ? STDIN_FILENO : open(c->argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return tl_fail(TL_EUSAGE, "cannot read %s: %m", c->argv[1]);
	struct importing x = {.cli = c, .bank = &b};
	x.import = tl_import_create(&b, TL_S(""), tl_detect_entry_check, tell_line, &x);
	rc = import_file(&x, fd, S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0);
	tl_import_destroy(x.import);
	if (!standard)
		(void)close(fd);
	cli_progress_end();
	if (rc < 0)
		return rc;
	if (x.told > 20)
		(void)fprintf(stderr, "and %lld more lines\n", (long long)(x.told - 20));
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell_int(&l, x.counts.lines);
	cli_cell_int(&l, x.counts.added);
	cli_cell_int(&l, x.counts.known);
	cli_cell_int(&l, x.counts.refused);
	cli_list_end(&l, "");
	c->exit = x.counts.refused ? CLI_FOUND : CLI_DONE;
	return 0;
}

/* One entry: a line that import reads, or an object. */
static void
export_entry(struct tl_cli *c, const struct tl_bank_entry *e)
{
	const char *form = tl_entry_form_names[e->form];
	if (c->json) {
		struct tl_buf value TL_CLEANUP(tl_buf_fini) = {0};
		tl_bank_value_text(e->form, e->value, &value);
		tl_js_open(&c->out, NULL, '{');
		tl_js_z(&c->out, "form", form);
		tl_js_str(&c->out, "value", tl_buf_str(&value));
		tl_js_str(&c->out, "note", e->note);
		tl_js_close(&c->out, '}');
		return;
	}
	tl_buf_printf(&c->out, "%s:", form);
	tl_bank_value_text(e->form, e->value, &c->out);
	if (e->note.n) {
		tl_buf_byte(&c->out, '\t');
		cli_clean(&c->out, e->note);
	}
	tl_buf_byte(&c->out, '\n');
}

int
cmd_bank_export(struct tl_cli *c)
{
	enum { PAGE = 1000 };
	struct tl_bank b = {0};
	struct tl_id before = {0};
	int rc = find_bank(c, &b);
	if (rc == 0 && c->json) {
		tl_js_open(&c->out, NULL, '{');
		tl_js_open(&c->out, "entries", '[');
	}
	for (size_t n = PAGE; rc == 0 && n == PAGE;) {
		struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(32u << 20);
		struct tl_bank_entry *entries;
		rc = tl_bank_entry_page(c->db, b.id, before, PAGE, a, &entries, &n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			if (c->json && i == 0 && !tl_id_is_nil(before))
				tl_buf_puts(&c->out, ",\n"); /* the page before was written */
			export_entry(c, &entries[i]);
			before = entries[i].id;
		}
		if (rc == 0)
			rc = cli_flush(c);
	}
	if (rc == 0 && c->json) {
		tl_js_close(&c->out, ']');
		tl_js_close(&c->out, '}');
		tl_buf_byte(&c->out, '\n');
	}
	return rc;
}

static int
store_enabled(struct tl_db *db, void *ctx)
{
	const struct tl_bank *b = ctx;
	int rc = tl_bank_set(db, b);
	return rc < 0 ? rc : audit(db, b->enabled ? "bank.enable" : "bank.disable", b);
}

static int
set_enabled(struct tl_cli *c, bool enabled)
{
	struct tl_bank b = {0};
	int rc = find_bank(c, &b);
	if (rc < 0)
		return rc;
	b.enabled = enabled;
	rc = tl_db_tx(c->db, TL_SYNC_FULL, store_enabled, &b);
	return rc < 0 ? rc : print_bank(c);
}

int
cmd_bank_enable(struct tl_cli *c)
{
	return set_enabled(c, true);
}

int
cmd_bank_disable(struct tl_cli *c)
{
	return set_enabled(c, false);
}
