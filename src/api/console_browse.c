/*
 * Looking around: queues, search by id, the trail of an item, the page of an account.
 *
 * Promises: reads only; a search walks an index and stops at its limit, whatever was typed. Failures: NOTFOUND for
 * unknown names. Media are named here and shown by console_media.c only.
 */
#include "api/console_int.h"

#include "minors/view.h"
#include "store/accounts.h"
#include "store/decisions.h"
#include "sys/clock.h"

/* Queues ---------------------------------------------------------------------------------- */

#define QUEUES_MAX 100

struct queue_sum {
	struct tl_str name, title, skills;
	int64_t open, claimed, late, by_severity[tl_severity_count], oldest, next_clock;
};

static int
list_queues(struct tl_call *c, struct queue_sum *list, size_t *ret_n)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(c->db, &r, TL_SQL_QUEUE_LIST, A_NULL);
	if (rc < 0)
		return rc;
	while (n < QUEUES_MAX && (rc = tl_row_next(&r)) > 0) {
		list[n++] =
		    (struct queue_sum){.name = tl_arena_dup(c->arena, tl_col_str(&r, 0)),
			.title = tl_arena_dup(c->arena, tl_col_str(&r, 1)),
			.skills = tl_arena_dup(c->arena, tl_col_str(&r, 2))};
	}
	tl_row_end(&r);
	*ret_n = n;
	return rc < 0 ? rc : tl_arena_check(c->arena);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static void
add_sum(struct queue_sum *q, const struct tl_row *r)
{
	int severity = 0;
	int64_t n = tl_col_int(r, 3);
	if (tl_word_parse(tl_severity_names, tl_col_str(r, 2), &severity) < 0)
		return;
	if (tl_str_is(tl_col_str(r, 1), "claimed")) {
		q->claimed += n;
		return;
	}
	q->open += n;
	q->late += tl_col_int(r, 4);
	q->by_severity[severity] += n;
	q->oldest = earlier(q->oldest, tl_col_int(r, 5));
	q->next_clock = earlier(q->next_clock, tl_col_int(r, 6));
}

static int
sum_queues(struct tl_call *c, struct queue_sum *list, size_t n)
{
	struct tl_row r;
	int rc = tl_db_query(c->db, &r, TL_SQL_VIEW_QUEUE_SUMS, A_INT(tl_now_us()));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		for (size_t i = 0; i < n; i++) {
			if (tl_str_eq(list[i].name, tl_col_str(&r, 0)) &&
			    tl_call_may(c, TL_ACT_SEE, list[i].name, tl_col_str(&r, 7)))
				add_sum(&list[i], &r);
		}
	}
	return rc;
}

static void
write_queue(struct tl_call *c, const struct queue_sum *q)
{
	struct tl_buf *out = &c->out;
	/* The name of a queue is no secret (cases are moved there); what is in it is. */
	bool seen = tl_call_may(c, TL_ACT_SEE, q->name, TL_S(""));
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "name", q->name);
	tl_js_str(out, "title", q->title);
	tl_js_words(out, "skills", q->skills);
	tl_js_int0(out, "open", seen, q->open);
	tl_js_int0(out, "claimed", seen, q->claimed);
	tl_js_int0(out, "late", seen, q->late);
	tl_js_open(out, "by_severity", '{');
	for (int s = 0; s < tl_severity_count; s++)
		tl_js_int0(out, tl_severity_names[s], seen, q->by_severity[s]);
	tl_js_close(out, '}');
	tl_js_time(out, "oldest_at", q->oldest);
	tl_js_time(out, "next_clock_at", q->next_clock);
	tl_js_bool(out, "mine", tl_call_may(c, TL_ACT_WORK, q->name, TL_S("")));
	tl_js_close(out, '}');
}

int
tl_console_queues(struct tl_call *c)
{
	struct queue_sum *list = TL_NEWS(c->arena, struct queue_sum, QUEUES_MAX);
	size_t n = 0;
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = list_queues(c, list, &n);
	if (rc == 0)
		rc = sum_queues(c, list, n);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "queues", '[');
	for (size_t i = 0; i < n; i++)
		write_queue(c, &list[i]);
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return 0;
}

/* Which two states a list shows; one word twice when only one was asked for. */
static int
states_asked(struct tl_call *c, const char *ret[2])
{
	struct tl_str asked;
	int state;
	ret[0] = tl_case_state_names[TL_CASE_OPEN];
	ret[1] = tl_case_state_names[TL_CASE_CLAIMED];
	if (!tl_req_query(c->req, "state", &asked) || !asked.n)
		return 0;
	if (tl_word_parse(tl_case_state_names, asked, &state) < 0)
		return tl_fail_at(
		    TL_EFIELD, "state", "must be open, claimed, decided or closed");
	ret[0] = ret[1] = tl_case_state_names[state];
	return 0;
}

/* How many of a queue's cases in these states the person may see by their policy, and how many there are. */
static int
count_cases(struct tl_call *c, struct tl_str queue, const char *states[2], int64_t *ret_seen,
    int64_t *ret_all)
{
	struct tl_row r;
	int64_t seen = 0, all = 0;
	int rc = tl_db_query(
	    c->db, &r, TL_SQL_VIEW_CASES_COUNT, A_TEXT(queue), A_Z(states[0]), A_Z(states[1]));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		all += tl_col_int(&r, 1);
		if (tl_call_may(c, TL_ACT_SEE, queue, tl_col_str(&r, 0)))
			seen += tl_col_int(&r, 1);
	}
	*ret_seen = seen;
	*ret_all = all;
	return rc;
}

int
tl_console_queue_cases(struct tl_call *c)
{
	struct tl_tag tag = {.queue = tl_req_param(c->req, 0)};
	int64_t all = 0, total = 0;
	const char *states[2];
	struct tl_str queue = tl_req_param(c->req, 0);
	int64_t limit = 100, offset = 0, n = 0;
	struct tl_row r;
	int rc = states_asked(c, states);
	if (rc == 0)
		rc = tl_req_query_int(c->req, "limit", 1, 500, &limit);
	if (rc == 0)
		rc = tl_req_query_int(c->req, "cursor", 0, 1000000, &offset);
	if (rc == 0)
		rc = tl_db_first(c->db, &r, TL_SQL_QUEUE_GET, A_TEXT(queue));
	if (rc == TL_ENOTFOUND)
		return tl_fail(TL_ENOTFOUND, "there is no such queue");
	if (rc < 0)
		return rc;
	tl_row_end(&r);
	rc = tl_need_on(&c->who.access, TL_ACT_SEE, &tag, 1);
	if (rc < 0)
		return rc;
	struct tl_view v = tl_call_view(c);
	tl_js_open(&c->out, NULL, '{');
	rc = tl_view_queue(&v, "cases", queue, states[0], states[1], limit, offset, &n);
	if (rc == 0)
		rc = count_cases(c, queue, states, &total, &all);
	if (rc < 0)
		return rc;
	tl_js_int(&c->out, "total", total);
	int64_t next = offset + n;
	if (next < all && n > 0)
		tl_js_z(&c->out, "next", tl_arena_printf(c->arena, "%lld", (long long)next));
	else
		tl_js_null(&c->out, "next");
	tl_js_close(&c->out, '}');
	return 0;
}

/* Search ---------------------------------------------------------------------------------- */

#define PLATFORMS_MAX 64

struct platform {
	int64_t id;
	struct tl_str name;
};

static int
platforms(struct tl_call *c, struct platform *list, size_t *ret_n)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(c->db, &r, TL_SQL_PLATFORM_LIST, A_NULL);
	if (rc < 0)
		return rc;
	while (n < PLATFORMS_MAX && (rc = tl_row_next(&r)) > 0) {
		list[n++] = (struct platform){
		    tl_col_int(&r, 0), tl_arena_dup(c->arena, tl_col_str(&r, 1))};
	}
	tl_row_end(&r);
	*ret_n = n;
	return rc < 0 ? rc : tl_arena_check(c->arena);
}

static int
sees(struct tl_call *c, int64_t platform, enum tl_subject_kind kind, struct tl_id id, bool *ret)
{
	struct tl_view v = tl_call_view(c);
	return tl_view_sees_subject(&v, platform, kind, id, ret);
}

static int
write_items(struct tl_call *c, struct tl_row *r, const struct platform *platform)
{
	int rc;
	struct tl_buf *out = &c->out;
	while ((rc = tl_row_next(r)) > 0) {
		bool seen = false;
		rc = sees(c, platform->id, TL_SUBJECT_ITEM, tl_col_id(r, 10), &seen);
		if (rc < 0)
			break;
		if (!seen)
			continue;
		tl_js_open(out, NULL, '{');
		tl_js_str(out, "platform", platform->name);
		tl_js_str(out, "id", tl_col_str(r, 0));
		tl_js_int(out, "version", tl_col_int(r, 1));
		tl_js_bool(out, "live", tl_col_int(r, 2) != 0);
		tl_js_str(out, "kind", tl_col_str(r, 3));
		tl_js_str0(out, "account", tl_col_str(r, 4));
		tl_js_str(out, "state", tl_col_str(r, 5));
		tl_js_str0(out, "verdict", tl_col_str(r, 6));
		tl_js_int(out, "media", tl_col_int(r, 7));
		tl_js_time(out, "posted_at", tl_col_int(r, 8));
		tl_js_time(out, "received_at", tl_col_int(r, 9));
		tl_js_close(out, '}');
	}
	tl_row_end(r);
	return rc;
}

/* The first text that does not begin with `q`, for a range scan of the index. */
static struct tl_str
range_end(struct tl_arena *a, struct tl_str q)
{
	return tl_str(tl_arena_printf(a, "%.*s\xF4\x8F\xBF\xBF", TL_ARG(q)));
}

static int
find_items(struct tl_call *c, struct tl_str q, const struct platform *list, size_t n)
{
	int rc = 0;
	struct tl_id id;
	bool whole = tl_id_parse(q, &id) == 0;
	tl_js_open(&c->out, "items", '[');
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct tl_row r;
		if (!q.n)
			rc = tl_db_query(c->db, &r, TL_SQL_VIEW_ITEMS_NEW, A_INT(list[i].id));
		else
			rc = tl_db_query(c->db, &r, TL_SQL_VIEW_ITEMS_LIKE, A_INT(list[i].id),
			    A_TEXT(q), A_TEXT(range_end(c->arena, q)));
		if (rc == 0)
			rc = write_items(c, &r, &list[i]);
		if (rc == 0 && whole)
			rc = tl_db_query(
			    c->db, &r, TL_SQL_VIEW_ITEM_ID, A_INT(list[i].id), A_ID(id));
		if (rc == 0 && whole)
			rc = write_items(c, &r, &list[i]);
	}
	tl_js_close(&c->out, ']');
	return rc;
}

static int
find_accounts(struct tl_call *c, struct tl_str q, const struct platform *list, size_t n)
{
	struct tl_buf *out = &c->out;
	int rc = 0;
	tl_js_open(out, "accounts", '[');
	for (size_t i = 0; q.n && i < n && rc == 0; i++) {
		struct tl_row r;
		rc = tl_db_query(c->db, &r, TL_SQL_VIEW_ACCOUNTS_LIKE, A_INT(list[i].id),
		    A_TEXT(q), A_TEXT(range_end(c->arena, q)));
		if (rc < 0)
			break;
		while ((rc = tl_row_next(&r)) > 0) {
			bool seen = false;
			rc = sees(c, list[i].id, TL_SUBJECT_ACCOUNT, tl_col_id(&r, 5), &seen);
			if (rc < 0)
				break;
			if (!seen)
				continue;
			tl_js_open(out, NULL, '{');
			tl_js_str(out, "platform", list[i].name);
			tl_js_str(out, "id", tl_col_str(&r, 0));
			tl_js_str(out, "age_band", tl_col_str(&r, 1));
			tl_js_str(out, "state", tl_col_str(&r, 2));
			tl_js_int(out, "strikes", tl_col_int(&r, 3));
			tl_js_time(out, "joined", tl_col_int(&r, 4));
			tl_js_close(out, '}');
		}
		tl_row_end(&r);
	}
	tl_js_close(out, ']');
	return rc;
}

/* The range of ids that begin with these hex digits (dashes apart); false when it is not the beginning of one. */
static bool
id_range(struct tl_str q, struct tl_id *lo, struct tl_id *hi)
{
	size_t digits = 0;
	memset(lo->b, 0, sizeof lo->b);
	memset(hi->b, 0xFF, sizeof hi->b);
	for (size_t i = 0; i < q.n; i++) {
		uint8_t ch = q.p[i] | 0x20;
		if (q.p[i] == '-')
			continue;
		int v = ch >= '0' && ch <= '9'   ? ch - '0'
			: ch >= 'a' && ch <= 'f' ? ch - 'a' + 10
						 : -1;
		if (v < 0 || digits == 32)
			return false;
		int shift = digits % 2 ? 0 : 4;
		uint8_t *l = &lo->b[digits / 2], *h = &hi->b[digits / 2];
		*l = (uint8_t)(*l | v << shift);
		*h = (uint8_t)((*h & ~(15 << shift)) | v << shift);
		digits++;
	}
	return digits >= 4;
}

static int
sees_case(struct tl_call *c, const struct tl_row *r, bool *ret)
{
	int kind;
	*ret = tl_call_may(c, TL_ACT_SEE, tl_col_str(r, 1), tl_col_str(r, 5));
	if (!*ret)
		return 0;
	if (tl_word_parse(tl_subject_kind_names, tl_col_str(r, 3), &kind) < 0)
		return tl_fail(TL_ECORRUPT, "a case's row is damaged");
	return sees(c, tl_col_int(r, 6), (enum tl_subject_kind)kind, tl_col_id(r, 7), ret);
}

static int
find_cases(struct tl_call *c, struct tl_str q)
{
	struct tl_buf *out = &c->out;
	struct tl_id lo, hi;
	struct tl_row r;
	int rc = 0;
	tl_js_open(out, "cases", '[');
	if (id_range(q, &lo, &hi)) {
		rc = tl_db_query(c->db, &r, TL_SQL_VIEW_CASES_LIKE, A_ID(lo), A_ID(hi));
		if (rc < 0)
			return rc;
		while ((rc = tl_row_next(&r)) > 0) {
			bool seen = false;
			rc = sees_case(c, &r, &seen);
			if (rc < 0)
				break;
			if (!seen)
				continue;
			tl_js_open(out, NULL, '{');
			tl_js_id(out, "id", tl_col_id(&r, 0));
			tl_js_str(out, "queue", tl_col_str(&r, 1));
			tl_js_str(out, "state", tl_col_str(&r, 2));
			tl_js_open(out, "subject", '{');
			tl_js_str(out, "kind", tl_col_str(&r, 3));
			tl_js_str(out, "id", tl_col_str(&r, 4));
			tl_js_close(out, '}');
			tl_js_close(out, '}');
		}
		tl_row_end(&r);
	}
	tl_js_close(out, ']');
	return rc;
}

int
tl_console_search(struct tl_call *c)
{
	struct tl_str q = {0};
	struct platform *list = TL_NEWS(c->arena, struct platform, PLATFORMS_MAX);
	size_t n = 0;
	(void)tl_req_query(c->req, "q", &q);
	if (q.n > TL_EXT_ID_MAX)
		return tl_fail_at(TL_EFIELD, "q", "longer than %d bytes", TL_EXT_ID_MAX);
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = platforms(c, list, &n);
	tl_js_open(&c->out, NULL, '{');
	if (rc == 0)
		rc = find_items(c, q, list, n);
	if (rc == 0)
		rc = find_accounts(c, q, list, n);
	if (rc == 0)
		rc = find_cases(c, q);
	tl_js_close(&c->out, '}');
	return rc;
}

/* Trail and account ----------------------------------------------------------------------- */

static int
find_platform(struct tl_call *c, int64_t *ret)
{
	int rc = tl_platform_find(c->db, tl_req_param(c->req, 0), ret);
	return rc == TL_ENOTFOUND ? tl_fail(rc, "there is no such platform") : rc;
}

static int
write_trail(struct tl_call *c, const struct tl_item_full *f)
{
	struct tl_view v = tl_call_view(c);
	int64_t platform = f->item.platform;
	struct tl_id id = f->item.id;
	tl_js_open(&c->out, NULL, '{');
	int rc = tl_view_item(&v, "item", f);
	if (rc == 0)
		rc = tl_view_stream(&v, "stream", &f->item);
	if (rc == 0)
		rc = tl_view_account(&v, "account", platform, f->item.account);
	tl_js_str0(&c->out, "ruleset", f->ruleset);
	tl_js_time(&c->out, "verdict_at", f->verdict_at);
	if (rc == 0)
		rc = tl_view_rules(&v, "rules", f->reasons, f->ruleset);
	if (rc == 0)
		rc = tl_view_signals(&v, "signals", platform, id);
	if (rc == 0)
		rc = tl_view_flags(&v, "flags", platform, TL_SUBJECT_ITEM, id);
	if (rc == 0)
		rc = tl_view_cases_of(&v, "cases", platform, TL_SUBJECT_ITEM, id);
	if (rc == 0)
		rc = tl_view_decisions_of(&v, "decisions", platform, TL_SUBJECT_ITEM, id);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_trail(struct tl_call *c)
{
	int64_t platform = 0;
	struct tl_item_state_row row;
	struct tl_item_full *f = TL_NEW(c->arena, struct tl_item_full);
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = find_platform(c, &platform);
	if (rc == 0)
		rc = tl_item_find_any(c->db, platform, tl_req_param(c->req, 1), &row);
	struct tl_tags tags = {0};
	if (rc == 0)
		rc = tl_tags_of_subject(
		    c->db, platform, TL_SUBJECT_ITEM, row.id, c->arena, &tags);
	rc = tl_call_need_tags(c, TL_ACT_SEE, rc, &tags);
	if (rc == 0)
		rc = tl_item_get(c->db, platform, row.id, c->arena, f);
	return rc < 0 ? rc : write_trail(c, f);
}

static int
write_strikes(struct tl_call *c, int64_t platform, struct tl_id id)
{
	struct tl_strike *list;
	size_t n;
	int rc = tl_strike_list(c->db, platform, id, c->arena, &list, &n);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, "strikes", '[');
	for (size_t i = 0; i < n; i++) {
		if (!tl_call_may(c, TL_ACT_SEE, TL_S(""), list[i].policy))
			continue;
		tl_js_open(&c->out, NULL, '{');
		tl_js_id(&c->out, "decision", list[i].decision);
		tl_js_str(&c->out, "policy", list[i].policy);
		tl_js_int(&c->out, "weight", list[i].weight);
		tl_js_time(&c->out, "at", list[i].at);
		tl_js_time(&c->out, "expires_at", list[i].expires_at);
		tl_js_time(&c->out, "revoked_at", list[i].revoked_at);
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	return 0;
}

/* The account of the path, when the person may see it. */
static int
find_account(struct tl_call *c, int64_t *ret_platform, struct tl_id *ret_id)
{
	int rc = find_platform(c, ret_platform);
	if (rc == 0)
		rc = tl_account_find_any(c->db, *ret_platform, tl_req_param(c->req, 1), ret_id);
	if (rc == TL_ENOTFOUND)
		return tl_fail(rc, "there is no such account");
	struct tl_tags tags = {0};
	if (rc == 0)
		rc = tl_tags_of_subject(
		    c->db, *ret_platform, TL_SUBJECT_ACCOUNT, *ret_id, c->arena, &tags);
	return tl_call_need_tags(c, TL_ACT_SEE, rc, &tags);
}

int
tl_console_account(struct tl_call *c)
{
	int64_t platform = 0;
	struct tl_id id = {0};
	struct tl_row r;
	int rc = find_account(c, &platform, &id);
	if (rc < 0)
		return rc;
	const struct platform here = {platform, tl_req_param(c->req, 0)};
	struct tl_view v = tl_call_view(c);
	tl_js_open(&c->out, NULL, '{');
	rc = tl_view_account(&v, "account", platform, id);
	if (rc == 0)
		rc = write_strikes(c, platform, id);
	if (rc == 0)
		rc = tl_db_query(
		    c->db, &r, TL_SQL_VIEW_ITEMS_OF_ACCOUNT, A_INT(platform), A_ID(id));
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, "items", '[');
	rc = write_items(c, &r, &here);
	tl_js_close(&c->out, ']');
	if (rc == 0)
		rc = tl_view_cases_of_account(&v, "cases", platform, id);
	tl_js_close(&c->out, '}');
	return rc;
}

/* So many rows of its history are shown. */
#define HISTORY_MAX 200

int
tl_console_account_settings(struct tl_call *c)
{
	int64_t platform = 0;
	struct tl_id id = {0};
	struct tl_account who;
	struct tl_minors_view v;
	int rc = find_account(c, &platform, &id);
	if (rc == 0)
		rc = tl_account_get(c->db, platform, id, c->arena, &who);
	if (rc == 0)
		rc =
		    tl_minors_view(c->db, c->set, &who, HISTORY_MAX, tl_now_us(), c->arena, &v);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	tl_minors_view_json(&c->out, &v);
	tl_js_close(&c->out, '}');
	return 0;
}
