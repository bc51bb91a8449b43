/*
 * Items that matched a bank, judged again because a person asks for it: how many they are, asking, and how far it is.
 *
 * Promises: what is only counted changes nothing; what is asked for is in the audit trail with the figure that was shown;
 * a figure that stopped at its most says so. Fails as the store does. Called by the console's routes.
 */
#include "api/console_banks_int.h"

#include "store/banks_import.h"
#include "store/rejudge.h"

static void
write_count(struct tl_buf *out, const char *key, int64_t n)
{
	bool more = n > TL_REJUDGE_COUNT_MAX;
	tl_js_int(out, key, more ? TL_REJUDGE_COUNT_MAX : n);
	tl_js_bool(out, "more", more);
}

int
tl_console_bank_judging(struct tl_call *c)
{
	struct tl_rejudge_pass pass[tl_rejudge_count];
	struct tl_bank b = {0};
	size_t n = 0;
	int rc = bank_load(c, &b);
	if (rc == 0)
		rc = tl_rejudge_of_bank(c->db, b.id, pass, &n);
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "judging", '[');
	for (size_t i = 0; rc == 0 && i < n; i++) {
		int64_t left = 0;
		rc = tl_rejudge_left(c->db, &pass[i], &left);
		tl_js_open(&c->out, NULL, '{');
		tl_js_z(&c->out, "why", tl_rejudge_names[pass[i].why]);
		tl_js_int(&c->out, "done", pass[i].done);
		write_count(&c->out, "left", left);
		tl_js_time(&c->out, "since", pass[i].since);
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

struct rescan_ask {
	struct tl_str received_from;
	int act;
};

static int
read_ask(struct tl_call *c, struct rescan_ask *ask, int64_t *ret_from)
{
	static const char *const acts[] = {"count", "ask", NULL};
	static const struct tl_json_field fields[] = {
	    {"do", TL_J_ENUM, offsetof(struct rescan_ask, act), 0, 0, acts, true},
	    {"received_from", TL_J_STR, offsetof(struct rescan_ask, received_from), 0, 40, NULL,
		false},
	};
	int rc = TL_CALL_JSON(c, fields, ask);
	if (rc == 0 && ask->received_from.n && tl_import_time(ask->received_from, ret_from) < 0)
		rc = tl_fail_at(TL_EFIELD, "/received_from", "is neither a date nor a time");
	return rc;
}

static int
ask_for(struct tl_call *c, const struct tl_bank *b, int64_t from, int64_t items)
{
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_rejudge_ask(c->db, b->id, TL_REJUDGE_ASKED, from);
	if (rc == 0)
		rc = tl_call_audit(c, "item.rescan", b->id,
		    tl_rejudge_asked_words(c->arena, b->name, items, from));
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

int
tl_console_bank_rescan(struct tl_call *c)
{
	struct tl_bank b = {0};
	struct rescan_ask ask = {0};
	int64_t from = 0, items = 0;
	int rc = bank_load(c, &b);
	if (rc == 0)
		rc = read_ask(c, &ask, &from);
	const struct tl_rejudge_pass all = {
	    .bank = b.id, .why = TL_REJUDGE_ASKED, .received_from = from};
	if (rc == 0)
		rc = tl_rejudge_left(c->db, &all, &items);
	if (rc == 0 && ask.act != 0)
		rc = ask_for(c, &b, from, items);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	write_count(&c->out, "items", items);
	tl_js_bool(&c->out, "asked", ask.act != 0);
	tl_js_close(&c->out, '}');
	return 0;
}
