/*
 * The audit trail: its rows with filters, how far its proof reaches, and rows taken out with their proof.
 *
 * Promises: whoever looks is recorded before anything is shown, whoever exports too. Failures: 422 with the field, LIMIT
 * when an export is too large for a browser, STATE when nothing of that time is signed. Called through the route table.
 */
#include "api/console_int.h"

#include "store/alarms.h"
#include "store/checkpoint.h"
#include "store/people.h"
#include "store/proof.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE 100
#define EXPORT_LINKS 200000

static const struct {
	const char *verb, *help;
} verbs[] = {
#define A(verb, subject, detail, help) {verb, help},
#include "core/audit.tbl.h"
#undef A
};

/* "user:<id>" of a person's name; the others as they are. */
static struct tl_str
actor_of(struct tl_call *c, struct tl_str name)
{
	struct tl_user u;
	char actor[TL_ACTOR_MAX];
	if (!name.n || tl_user_find(c->db, name, c->arena, &u) < 0)
		return name;
	tl_actor_user(actor, u.id);
	return tl_arena_dup(c->arena, tl_str(actor));
}

static int
query_time(struct tl_call *c, const char *name, int64_t *ret)
{
	struct tl_str text;
	if (!tl_req_query(c->req, name, &text) || !text.n)
		return 0;
	return tl_time_parse(text, ret) < 0 ? tl_fail_at(TL_EFIELD, name, "is not a moment")
					    : 0;
}

static int
read_filter(struct tl_call *c, struct tl_audit_filter *f)
{
	struct tl_str text = {0};
	if (tl_req_query(c->req, "actor", &text))
		f->actor = actor_of(c, text);
	(void)tl_req_query(c->req, "verb", &f->verb);
	(void)tl_req_query(c->req, "subject", &f->subject);
	f->limit = PAGE + 1;
	if (tl_req_query(c->req, "cursor", &text) && text.n &&
	    tl_id_parse(text, &f->before) < 0)
		return tl_fail_at(TL_EFIELD, "cursor", "is not one of ours");
	int rc = query_time(c, "from", &f->from);
	return rc < 0 ? rc : query_time(c, "to", &f->to);
}

static struct tl_str
name_of(struct tl_str actor, const struct tl_user *people, size_t count)
{
	struct tl_id id;
	if (actor.n <= 5 || memcmp(actor.p, "user:", 5) != 0 ||
	    tl_id_parse(tl_bytes(actor.p + 5, actor.n - 5), &id) < 0)
		return actor;
	for (size_t i = 0; i < count; i++) {
		if (tl_id_eq(people[i].id, id))
			return people[i].name;
	}
	return actor;
}

static int
write_rows(struct tl_call *c, const struct tl_audit_filter *f)
{
	struct tl_audit_row *rows = NULL;
	struct tl_user *people = NULL;
	size_t n = 0, count = 0;
	struct tl_buf *out = &c->out;
	int rc = tl_user_list(c->db, c->arena, &people, &count);
	if (rc == 0)
		rc = tl_audit_list(c->db, f, c->arena, &rows, &n);
	tl_js_open(out, "rows", '[');
	for (size_t i = 0; rc == 0 && i < n && i < PAGE; i++) {
		tl_js_open(out, NULL, '{');
		tl_js_id(out, "id", rows[i].id);
		tl_js_int0(out, "seq", rows[i].seq > 0, rows[i].seq);
		tl_js_time(out, "at", rows[i].at);
		tl_js_str(out, "actor", rows[i].actor);
		tl_js_str(out, "who", name_of(rows[i].actor, people, count));
		tl_js_str(out, "verb", rows[i].verb);
		tl_js_str0(out, "subject", rows[i].subject);
		tl_js_str0(out, "detail", rows[i].detail);
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	tl_js_id(out, "next", n > PAGE ? rows[PAGE - 1].id : (struct tl_id){0});
	return rc;
}

/* How much is sealed, what waits for its seal, what is signed, and whether the clerk found a break. */
static int
write_proof(struct tl_call *c)
{
	struct tl_row r;
	struct tl_checkpoint last = {0};
	struct tl_str *broken = NULL;
	size_t breaks = 0;
	int64_t sealed = 0, waiting = 0;
	int rc = tl_db_first_args(c->db, &r, TL_SQL_SEAL_LAST, NULL, 0);
	if (rc == 0) {
		sealed = tl_col_int(&r, 0);
		tl_row_end(&r);
	}
	if (rc == 0 || rc == TL_ENOTFOUND)
		rc = tl_db_first_args(c->db, &r, TL_SQL_INSPECT_UNSEALED, NULL, 0);
	if (rc == 0) {
		waiting = tl_col_int(&r, 0);
		tl_row_end(&r);
		rc = tl_alarm_refs(c->db, TL_AL_CHAIN_BROKEN, c->arena, &broken, &breaks);
	}
	if (rc == 0)
		rc = tl_checkpoint_last(c->db, &last);
	if (rc == TL_ENOTFOUND)
		rc = 0;
	tl_js_open(&c->out, "proof", '{');
	tl_js_int(&c->out, "sealed", sealed);
	tl_js_int(&c->out, "waiting", waiting);
	tl_js_int0(&c->out, "signed", last.seq > 0, last.seq);
	tl_js_time(&c->out, "signed_at", last.at);
	tl_js_bool(&c->out, "broken", breaks > 0);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_audit(struct tl_call *c)
{
	struct tl_audit_filter f = {0};
	int rc = read_filter(c, &f);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	rc = write_rows(c, &f);
	if (rc == 0)
		rc = write_proof(c);
	tl_js_open(&c->out, "verbs", '[');
	for (size_t i = 0; i < TL_COUNT(verbs); i++) {
		tl_js_open(&c->out, NULL, '{');
		tl_js_z(&c->out, "verb", verbs[i].verb);
		tl_js_z(&c->out, "help", verbs[i].help);
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

/* Export ----------------------------------------------------------------------------------- */

struct span {
	int64_t from, to;
};

static int
small_enough(struct tl_call *c, const struct span *s)
{
	struct tl_row r;
	int rc = tl_db_first(c->db, &r, TL_SQL_SEAL_SINCE, A_INT(s->from), A_INT(s->to));
	if (rc < 0)
		return rc;
	int64_t links = tl_col_int(&r, 1) - tl_col_int(&r, 0);
	tl_row_end(&r);
	return links < EXPORT_LINKS
		   ? 0
		   : tl_fail_at(TL_EFIELD, "/from",
			 "that is too much for a browser; take a shorter time, or "
			 "`tutela audit export`");
}

/* Who took what is recorded, and what is sealed now is signed, before anything is written. */
static int
record_export(struct tl_call *c, const struct span *s)
{
	char from[TL_TIME_MAX], to[TL_TIME_MAX];
	struct tl_checkpoint made;
	tl_time_format(from, s->from);
	tl_time_format(to, s->to);
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_checkpoint_make(c->db, c->app->config->data_dir, 0, &made);
	if (rc >= 0)
		rc = tl_audit_add(c->db, c->actor, "audit.export",
		    tl_str(tl_arena_printf(c->arena, "%s/%s", from, to)), TL_S(""));
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

static int
send_export(struct tl_call *c, const struct span *s)
{
	struct tl_proof_report report;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	if (!f)
		abort();
	int rc = tl_proof_write(c->db, s->from, s->to, f, &report);
	if (fclose(f) != 0)
		abort();
	if (rc == 0) {
		struct tl_buf body = {0};
		tl_buf_put(&body, text, n);
		tl_req_set_header(
		    c->req, "Content-Disposition", "attachment; filename=\"audit.jsonl\"");
		c->answered = true;
		tl_req_answer(c->req, 200, "application/x-ndjson", &body);
	}
	free(text);
	return rc == TL_ENOTFOUND
		   ? tl_fail_at(TL_EFIELD, "/from", "nothing sealed is of that time")
		   : rc;
}

int
tl_console_audit_export(struct tl_call *c)
{
	struct span s = {.to = tl_now_us()};
	static const struct tl_json_field fields[] = {
	    {"from", TL_J_TIME, offsetof(struct span, from), 0, 0, NULL, false},
	    {"to", TL_J_TIME, offsetof(struct span, to), 0, 0, NULL, false}};
	int rc = TL_CALL_JSON(c, fields, &s);
	if (rc == 0)
		rc = small_enough(c, &s);
	if (rc == 0)
		rc = record_export(c, &s);
	return rc < 0 ? rc : send_export(c, &s);
}
