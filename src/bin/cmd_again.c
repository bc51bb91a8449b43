/* `tutela again`: how far each bank is compared with what was published before. */
#include "again/again.h"
#include "bin/cli.h"
#include "store/rejudge.h"

/* What matched a bank and is judged again. */
static int
say_passes(struct tl_cli *c, const struct tl_bank *b)
{
	struct tl_rejudge_pass pass[tl_rejudge_count];
	size_t n = 0;
	int rc = tl_rejudge_of_bank(c->db, b->id, pass, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		int64_t left = 0;
		rc = tl_rejudge_left(c->db, &pass[i], &left);
		bool more = left > TL_REJUDGE_COUNT_MAX;
		cli_say(c,
		    "\n%.*s: what it matched is judged again (%s): %lld items done, %s%lld "
		    "left.",
		    TL_ARG(b->name), tl_rejudge_names[pass[i].why], (long long)pass[i].done,
		    more ? "more than " : "", (long long)(more ? TL_REJUDGE_COUNT_MAX : left));
	}
	return rc;
}

int
cmd_again(struct tl_cli *c)
{
	static const char *const columns[] = {"bank", "entries", "compared", "percent", NULL};
	struct tl_again_progress p = {0};
	struct tl_bank *banks;
	struct cli_list l;
	size_t n = 0;
	int rc = tl_bank_list(c->db, c->arena, &banks, &n);
	if (rc == 0)
		rc = tl_again_progress(c->db, &p);
	if (rc < 0)
		return rc;
	cli_list_begin(&l, c, "banks", columns);
	for (size_t i = 0; i < n; i++) {
		int64_t entries = 0, left = 0;
		if (banks[i].kind == TL_BANK_TEXT)
			continue;
		rc = tl_again_bank_progress(c->db, banks[i].id, &entries, &left);
		if (rc < 0)
			return rc;
		int64_t done = entries > left ? entries - left : 0;
		cli_cell(&l, banks[i].name);
		cli_cell_int(&l, entries);
		cli_cell_int(&l, done);
		cli_cell_int(&l, entries ? done * 100 / entries : 100);
	}
	cli_list_end(&l, "There is no bank of hashes yet.");
	if (c->json)
		return 0;
	for (size_t i = 0; i < n; i++) {
		rc = say_passes(c, &banks[i]);
		if (rc < 0)
			return rc;
	}
	if (p.entries_left + p.found + p.asked == 0)
		cli_say(c, "\nEverything that was published before is compared.");
	else
		cli_say(c,
		    "\n%lld entries are left to compare, %lld files were found, %lld items are "
		    "being judged again.",
		    (long long)p.entries_left, (long long)p.found, (long long)p.asked);
	return 0;
}
