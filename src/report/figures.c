/*
 * Owns the first figures.
 *
 * Promises: numbers are those of the counters, which are written in the transaction of what they count; a policy
 * beyond the table's size is counted under no policy. Called by the console's route and the CLI.
 */
#include "report/figures.h"

#include "base/json.h"
#include "core/words.h"
#include "store/actions.h"
#include "store/jobs.h"
#include "store/outbox.h"
#include "sys/clock.h"

_Static_assert(tl_verdict_word_count == 4, "struct tl_figures");
_Static_assert(tl_case_state_count == 4, "struct tl_figures");
_Static_assert(tl_action_state_count == 7, "struct tl_figures");
_Static_assert(tl_outbox_state_count == 6, "struct tl_figures");

/* Counters that are shown per policy, and where. */
static const struct {
	const char *counter, *name;
	size_t offset;
} per_policy[] = {
    {"verdict_review", "review", offsetof(struct tl_figures_policy, review)},
    {"verdict_withhold", "withhold", offsetof(struct tl_figures_policy, withhold)},
    {"verdict_block", "block", offsetof(struct tl_figures_policy, block)},
    {"decided_act", "decided_act", offsetof(struct tl_figures_policy, decided_act)},
    {"decided_clear", "decided_clear", offsetof(struct tl_figures_policy, decided_clear)},
    {"automatic", "automatic", offsetof(struct tl_figures_policy, automatic)},
    {"reversed", "reversed", offsetof(struct tl_figures_policy, reversed)},
    {"flags_received", "flags", offsetof(struct tl_figures_policy, flags)},
};

static const struct {
	const char *counter;
	size_t offset;
} totals[] = {
    {"items_received", offsetof(struct tl_figures, received)},
    {"items_unscannable", offsetof(struct tl_figures, unscannable)},
    {"items_deleted", offsetof(struct tl_figures, deleted)},
    {"items_retired", offsetof(struct tl_figures, retired)},
    {"verdict_allow", offsetof(struct tl_figures, verdicts[TL_VERDICT_ALLOW])},
    {"verdict_review", offsetof(struct tl_figures, verdicts[TL_VERDICT_REVIEW])},
    {"verdict_withhold", offsetof(struct tl_figures, verdicts[TL_VERDICT_WITHHOLD])},
    {"verdict_block", offsetof(struct tl_figures, verdicts[TL_VERDICT_BLOCK])},
};

static struct tl_figures_policy *
policy_row(struct tl_figures *f, struct tl_str policy)
{
	if (f->policy_count == TL_FIGURES_POLICIES_MAX ||
	    policy.n >= sizeof f->policies[0].policy)
		policy = TL_S("");
	for (size_t i = 0; i < f->policy_count; i++) {
		if (tl_str_is(policy, f->policies[i].policy))
			return &f->policies[i];
	}
	if (f->policy_count == TL_FIGURES_POLICIES_MAX)
		return &f->policies[0];
	struct tl_figures_policy *p = &f->policies[f->policy_count++];
	if (tl_str_copy(p->policy, sizeof p->policy, policy) < 0)
		p->policy[0] = '\0';
	return p;
}

static void
add_at(void *row, size_t offset, int64_t n)
{
	int64_t *slot = (void *)((char *)row + offset);
	*slot += n;
}

static int64_t
value_at(const void *row, size_t offset)
{
	const int64_t *slot = (const void *)((const char *)row + offset);
	return *slot;
}

static void
count(struct tl_figures *f, struct tl_str counter, struct tl_str policy, int64_t n)
{
	for (size_t i = 0; i < TL_COUNT(totals); i++) {
		if (tl_str_is(counter, totals[i].counter))
			add_at(f, totals[i].offset, n);
	}
	for (size_t i = 0; i < TL_COUNT(per_policy); i++) {
		if (tl_str_is(counter, per_policy[i].counter))
			add_at(policy_row(f, policy), per_policy[i].offset, n);
	}
}

static int
read_counters(struct tl_db *db, bool live, struct tl_figures *f)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_COUNTER_SUM, A_INT(f->from / TL_US_DAY),
	    A_INT(f->to / TL_US_DAY), A_INT(live));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0)
		count(f, tl_col_str(&r, 0), tl_col_str(&r, 1), tl_col_int(&r, 2));
	tl_row_end(&r);
	return rc;
}

static int
read_cases(struct tl_db *db, struct tl_figures *f)
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_INSPECT_CASE_STATES, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int state;
		if (tl_word_parse(tl_case_state_names, tl_col_str(&r, 0), &state) == 0)
			f->cases[state] = tl_col_int(&r, 1);
	}
	tl_row_end(&r);
	return rc;
}

static int
one_number(struct tl_db *db, struct tl_row *r, int rc, int64_t *ret)
{
	(void)db;
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	*ret = tl_col_int(r, 0);
	tl_row_end(r);
	return 0;
}

static int
read_medians(struct tl_db *db, bool live, struct tl_figures *f)
{
	struct tl_row r;
	int64_t n = 0;
	f->median_queued_us = f->median_decided_us = -1;
	int rc = tl_db_first(
	    db, &r, TL_SQL_INSPECT_MEDIAN, A_INT(f->from), A_INT(f->to), A_INT(live));
	rc = one_number(db, &r, rc, &n);
	if (rc < 0 || n == 0)
		return rc;
	rc = tl_db_first(db, &r, TL_SQL_INSPECT_MEDIAN_QUEUED, A_INT(f->from), A_INT(f->to),
	    A_INT(live), A_INT((n - 1) / 2));
	rc = one_number(db, &r, rc, &f->median_queued_us);
	if (rc < 0)
		return rc;
	rc = tl_db_first(db, &r, TL_SQL_INSPECT_MEDIAN_DECIDED, A_INT(f->from), A_INT(f->to),
	    A_INT(live), A_INT((n - 1) / 2));
	return one_number(db, &r, rc, &f->median_decided_us);
}

/* By name, as the policy tree has them; what is counted under no policy comes last. */
static int
by_policy(const void *a, const void *b)
{
	const struct tl_figures_policy *x = a, *y = b;
	if (!x->policy[0] || !y->policy[0])
		return (y->policy[0] != '\0') - (x->policy[0] != '\0');
	return strcmp(x->policy, y->policy);
}

int
tl_figures_read(
    struct tl_db *db, int64_t days, bool live, struct tl_arena *arena, struct tl_figures *ret)
{
	struct tl_jobs_depth depth;
	*ret = (struct tl_figures){.to = tl_now_us()};
	ret->policies = TL_NEWS(arena, struct tl_figures_policy, TL_FIGURES_POLICIES_MAX);
	if (!ret->policies)
		return tl_fail(TL_ENOMEM, "out of memory");
	ret->from = (ret->to / TL_US_DAY - (days > 0 ? days - 1 : 0)) * TL_US_DAY;
	int rc = read_counters(db, live, ret);
	if (ret->policy_count > 1)
		qsort(ret->policies, ret->policy_count, sizeof *ret->policies, by_policy);
	if (rc == 0)
		rc = read_cases(db, ret);
	if (rc == 0)
		rc = tl_action_counts(db, ret->actions);
	if (rc == 0)
		rc = tl_outboxrow_counts(db, ret->deliveries);
	if (rc == 0)
		rc = read_medians(db, live, ret);
	if (rc == 0)
		rc = tl_jobs_depth(db, &depth);
	if (rc == 0)
		ret->pending = depth.waiting + depth.leased;
	return rc;
}

static void
states(struct tl_buf *out, const char *name, const char *const *names, const int64_t *n)
{
	tl_js_open(out, name, '{');
	for (size_t i = 0; names[i]; i++)
		tl_js_int(out, names[i], n[i]);
	tl_js_close(out, '}');
}

static void
seconds(struct tl_buf *out, const char *name, int64_t us)
{
	if (us < 0)
		tl_js_null(out, name);
	else
		tl_js_num(out, name, (double)us / (double)TL_US_S);
}

void
tl_figures_json(const struct tl_figures *f, struct tl_buf *out)
{
	int64_t judged = 0;
	for (size_t i = 0; i < TL_COUNT(f->verdicts); i++)
		judged += f->verdicts[i];
	const int64_t items[tl_item_state_count] = {[TL_ITEM_PENDING] = f->pending,
	    [TL_ITEM_SCANNED] = judged - f->unscannable,
	    [TL_ITEM_UNSCANNABLE] = f->unscannable,
	    [TL_ITEM_DELETED] = f->deleted,
	    [TL_ITEM_RETIRED] = f->retired};
	tl_js_open(out, NULL, '{');
	tl_js_time(out, "from", f->from);
	tl_js_time(out, "to", f->to);
	tl_js_open(out, "policies", '[');
	for (size_t i = 0; i < f->policy_count; i++) {
		const struct tl_figures_policy *p = &f->policies[i];
		tl_js_open(out, NULL, '{');
		tl_js_z(out, "policy", p->policy);
		for (size_t k = 0; k < TL_COUNT(per_policy); k++)
			tl_js_int(out, per_policy[k].name, value_at(p, per_policy[k].offset));
		tl_js_close(out, '}');
	}
	tl_js_close(out, ']');
	states(out, "items", tl_item_state_names, items);
	states(out, "verdicts", tl_verdict_word_names, f->verdicts);
	states(out, "cases", tl_case_state_names, f->cases);
	states(out, "actions", tl_action_state_names, f->actions);
	states(out, "deliveries", tl_outbox_state_names, f->deliveries);
	seconds(out, "median_queued_s", f->median_queued_us);
	seconds(out, "median_decided_s", f->median_decided_us);
	tl_js_close(out, '}');
}
