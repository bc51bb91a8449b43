/*
 * Working a case: next, claim, heartbeat, release, skip, move, notes, drafts, decided, undone; lapse and settle.
 *
 * Promises: two people never hold one case (every write is guarded by state and holder, inside a transaction that
 * took its turn); a lapsed claim loses nothing, its draft goes back with the case; who skipped a case is not
 * offered it again for a while. Failure: STATE and DENIED from the state machine. Called by the console's routes.
 */
#include "review/review.h"

#include "store/tags.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define SKIP_US (30 * TL_US_MIN)

int
tl_review_need(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    enum tl_act act, const struct tl_case *c)
{
	struct tl_tags tags;
	int rc = tl_tags_of_case(db, c, a, &tags);
	return rc < 0 ? rc : tl_need_on(&who->access, act, tags.v, tags.n);
}

static unsigned
by_bits(const struct tl_case *c, const struct tl_reviewer *who)
{
	bool mine = tl_id_eq(c->claimed_by, who->id);
	unsigned by = TL_BY_ANY | (who->oversees ? TL_BY_OVERSEER : 0U);
	if (mine && c->state == TL_CASE_CLAIMED)
		by |= TL_BY_HOLDER;
	if (mine && c->state == TL_CASE_DECIDED)
		by |= TL_BY_DECIDER;
	return by;
}

/* Loads the case and takes the step in `c`; nothing is written yet. */
static int
step(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who, struct tl_id id,
    enum tl_case_event event, struct tl_case *was, struct tl_case *c)
{
	int rc = tl_case_get(db, a, id, was);
	if (rc < 0)
		return rc;
	*c = *was;
	rc = tl_case_step(was->state, event, by_bits(was, who), &c->state);
	c->updated_at = tl_now_us();
	if (rc == TL_EPERM && was->state == TL_CASE_CLAIMED)
		return tl_fail(TL_ECONFLICT, "you do not hold this case (any more)");
	return rc;
}

static void
let_go(struct tl_case *c)
{
	c->claimed_by = (struct tl_id){0};
	c->claimed_at = 0;
	c->claim_until = 0;
	c->seen_whole = false;
}

static void
hold(struct tl_case *c, const struct tl_reviewer *who)
{
	c->claimed_by = who->id;
	c->claimed_at = c->updated_at;
	c->claim_until = c->updated_at + who->claim_us;
	c->seen_whole = false;
}

int
tl_review_claim(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_case *ret)
{
	struct tl_case was, c;
	int rc = tl_case_get(db, a, id, &was);
	if (rc < 0)
		return rc;
	if (was.state == TL_CASE_CLAIMED && tl_id_eq(was.claimed_by, who->id)) {
		int64_t until;
		rc = tl_review_heartbeat(db, a, who, id, &until);
		return rc < 0 ? rc : tl_case_get(db, a, id, ret);
	}
	if (was.state == TL_CASE_CLAIMED)
		return tl_fail(TL_ECONFLICT, "somebody else holds this case");
	rc = step(db, a, who, id, TL_CASE_CLAIM, &was, &c);
	if (rc == 0)
		rc = tl_review_need(db, a, who, TL_ACT_WORK, &was);
	if (rc < 0)
		return rc;
	hold(&c, who);
	rc = tl_case_put(db, &was, &c);
	if (rc == 0)
		*ret = c;
	return rc;
}

/* Every queue that the person may work, or the named one. */
static int
queues_of(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_str queue, const struct tl_str **ret, size_t *ret_n)
{
	struct tl_str *list = TL_NEWS(a, struct tl_str, 100);
	size_t n = 0;
	struct tl_row r;
	int rc = tl_arena_check(a);
	if (rc == 0)
		rc = tl_db_query(db, &r, TL_SQL_QUEUE_LIST, A_NULL);
	if (rc < 0)
		return rc;
	while (n < 100 && (rc = tl_row_next(&r)) > 0) {
		struct tl_str name = tl_col_str(&r, 0);
		if (queue.n && !tl_str_eq(name, queue))
			continue;
		struct tl_tag tag = {.queue = name};
		if (tl_may_on(&who->access, TL_ACT_WORK, &tag, 1))
			list[n++] = tl_arena_dup(a, name);
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	*ret = list;
	*ret_n = n;
	return tl_arena_check(a);
}

/* The person may work on cases of this policy. */
static bool
workable(const void *ctx, struct tl_str policy)
{
	const struct tl_reviewer *who = ctx;
	struct tl_tag tag = {.policy = policy};
	return tl_may_on(&who->access, TL_ACT_WORK, &tag, 1);
}

#define CANDIDATES 32

/* The most urgent case of a queue that the person may work on in every respect. NOTFOUND. */
static int
top_of_queue(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    const struct tl_case_want *want, struct tl_case_top *ret)
{
	struct tl_case_top tops[CANDIDATES];
	size_t n = 0;
	int rc = tl_case_tops(db, want, CANDIDATES, tops, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct tl_case c;
		rc = tl_case_get(db, a, tops[i].id, &c);
		if (rc == 0)
			rc = tl_review_need(db, a, who, TL_ACT_WORK, &c);
		if (rc == 0) {
			*ret = tops[i];
			return 0;
		}
		if (rc == TL_EPERM) /* something else said of its subject keeps it closed */
			rc = 0;
	}
	return rc < 0 ? rc : TL_ENOTFOUND;
}

/* The most urgent of all these queues. NOTFOUND. */
static int
top_of(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who, bool live,
    const struct tl_str *queues, size_t n, struct tl_id *ret)
{
	struct tl_case_top best = {0};
	bool found = false;
	for (size_t i = 0; i < n; i++) {
		struct tl_case_top top = {0};
		struct tl_case_want want = {
		    queues[i], live, who->id, tl_now_us() - SKIP_US, workable, who};
		int rc = top_of_queue(db, a, who, &want, &top);
		if (rc == TL_ENOTFOUND)
			continue;
		if (rc < 0)
			return rc;
		if (!found || top.urgency > best.urgency ||
		    (!(top.urgency < best.urgency) && top.opened_at < best.opened_at))
			best = top;
		found = true;
	}
	if (!found)
		return tl_fail(TL_ENOTFOUND, "nothing is waiting");
	*ret = best.id;
	return 0;
}

int
tl_review_next(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_str queue, struct tl_case *ret)
{
	struct tl_case held;
	int rc = tl_case_held(db, a, who->id, tl_now_us(), &held);
	/* Not when it was closed to them meanwhile: the claim lapses, the case goes back. */
	bool mine = rc == 0;
	if (mine)
		rc = tl_review_need(db, a, who, TL_ACT_WORK, &held);
	if (rc == 0)
		return tl_review_claim(db, a, who, held.id, ret);
	if (mine && rc == TL_EPERM)
		rc = TL_ENOTFOUND;
	const struct tl_str *queues = NULL;
	size_t n = 0;
	struct tl_id id = {0};
	if (rc == TL_ENOTFOUND)
		rc = queues_of(db, a, who, queue, &queues, &n);
	if (rc < 0)
		return rc;
	rc = top_of(db, a, who, true, queues, n, &id);
	if (rc ==
	    TL_ENOTFOUND) /* what a platform's engineers try out never goes before people */
		rc = top_of(db, a, who, false, queues, n, &id);
	return rc < 0 ? rc : tl_review_claim(db, a, who, id, ret);
}

int
tl_review_waiting(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_str queue, int64_t *ret)
{
	const struct tl_str *queues = NULL;
	size_t n = 0;
	int rc = queues_of(db, a, who, queue, &queues, &n);
	int64_t sum = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct tl_case_want want = {.queue = queues[i], .pick = workable, .ctx = who};
		int64_t one = 0;
		rc = tl_case_open_count(db, &want, &one);
		sum += one;
	}
	if (rc == 0)
		*ret = sum;
	return rc;
}

int
tl_review_heartbeat(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, int64_t *ret_until)
{
	struct tl_case was, c;
	int rc = step(db, a, who, id, TL_CASE_HEARTBEAT, &was, &c);
	if (rc == 0)
		rc = tl_review_need(db, a, who, TL_ACT_WORK, &was);
	if (rc < 0)
		return rc;
	c.claim_until = c.updated_at + who->claim_us;
	rc = tl_case_put(db, &was, &c);
	if (rc == 0)
		*ret_until = c.claim_until;
	return rc;
}

int
tl_review_release(
    struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who, struct tl_id id)
{
	struct tl_case was, c;
	int rc = step(db, a, who, id, TL_CASE_RELEASE, &was, &c);
	if (rc < 0)
		return rc;
	let_go(&c);
	return tl_case_put(db, &was, &c);
}

int
tl_review_skip(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_str reason)
{
	struct tl_case was, c;
	int rc = step(db, a, who, id, TL_CASE_SKIP, &was, &c);
	if (rc < 0)
		return rc;
	let_go(&c);
	rc = tl_case_put(db, &was, &c);
	return rc < 0 ? rc : tl_case_note_add(db, id, who->id, "skip", reason, NULL);
}

int
tl_review_move(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_str queue, struct tl_str reason)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_QUEUE_GET, A_TEXT(queue));
	if (rc == TL_ENOTFOUND)
		return tl_fail_at(TL_EFIELD, "/queue", "there is no such queue");
	if (rc < 0)
		return rc;
	tl_row_end(&r);
	struct tl_case was, c;
	rc = step(db, a, who, id, TL_CASE_MOVE, &was, &c);
	/* Whoever holds it may always pass it on, also when it was closed to them meanwhile. */
	if (rc == 0 && !tl_id_eq(was.claimed_by, who->id))
		rc = tl_review_need(db, a, who, TL_ACT_WORK, &was);
	if (rc < 0)
		return rc;
	let_go(&c);
	c.queue = queue;
	rc = tl_case_put(db, &was, &c);
	if (rc < 0)
		return rc;
	const char *note = tl_arena_printf(
	    a, "%.*s to %.*s: %.*s", TL_ARG(was.queue), TL_ARG(queue), TL_ARG(reason));
	return tl_case_note_add(db, id, who->id, "move", tl_str(note), NULL);
}

int
tl_review_note(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_str body, struct tl_id *ret_note)
{
	struct tl_case was, c;
	int rc = step(db, a, who, id, TL_CASE_NOTE, &was, &c);
	if (rc == 0)
		rc = tl_review_need(db, a, who, TL_ACT_WORK, &was);
	return rc < 0 ? rc : tl_case_note_add(db, id, who->id, "note", body, ret_note);
}

int
tl_review_draft(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_str json)
{
	struct tl_case was, c;
	int rc = step(db, a, who, id, TL_CASE_DRAFT, &was, &c);
	if (rc == 0)
		rc = tl_review_need(db, a, who, TL_ACT_WORK, &was);
	return rc < 0 ? rc : tl_case_draft_set(db, id, who->id, json);
}

/* Deciding -------------------------------------------------------------------------------- */

int
tl_review_seen_whole(struct tl_db *db, const struct tl_case *c, bool *ret)
{
	*ret = true;
	if (c->subject_kind != TL_SUBJECT_ITEM)
		return 0;
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_REVEAL_UNSEEN, A_INT(c->platform), A_ID(c->subject),
	    A_ID(c->id), A_ID(c->claimed_by));
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0) == 0;
	tl_row_end(&r);
	return 0;
}

int
tl_review_may_decide(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_case *ret)
{
	struct tl_case was, c;
	int rc = step(db, a, who, id, TL_CASE_DECIDE, &was, &c);
	if (rc == 0)
		rc = tl_review_need(db, a, who, TL_ACT_DECIDE, &was);
	if (rc == 0)
		rc = tl_review_seen_whole(db, &was, &was.seen_whole);
	if (rc == 0)
		*ret = was;
	return rc;
}

int
tl_review_decided(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_id decision, bool upheld)
{
	struct tl_case was, c;
	int rc = step(db, a, who, id, TL_CASE_DECIDE, &was, &c);
	if (rc == 0)
		rc = tl_review_seen_whole(db, &was, &c.seen_whole);
	if (rc < 0)
		return rc;
	c.decision = decision;
	c.claim_until = 0;
	rc = tl_case_put(db, &was, &c);
	if (rc == 0)
		rc = tl_db_run(
		    db, TL_SQL_FLAG_OUTCOME, A_ID(id), A_Z(upheld ? "upheld" : "refused"));
	return rc < 0 ? rc : 0;
}

/* What came in on the subject since the decision goes into the case that is taken up again. */
static int
absorb_newer(struct tl_db *db, struct tl_arena *a, struct tl_case *c)
{
	struct tl_case newer;
	int rc = tl_case_of(db, a, c->platform, c->subject_kind, c->subject, &newer);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	struct tl_case gone = newer;
	rc = tl_case_step(newer.state, TL_CASE_CLOSE, TL_BY_SYSTEM, &gone.state);
	gone.updated_at = c->updated_at;
	if (rc == 0)
		rc = tl_case_put(db, &newer, &gone);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_CASE_CAUSES_TAKE, A_ID(c->id), A_ID(newer.id));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_FLAG_JOIN, A_INT(c->platform),
		    A_Z(tl_subject_kind_names[c->subject_kind]), A_ID(c->subject), A_ID(c->id));
	if (rc < 0)
		return rc;
	if (newer.severity > c->severity)
		c->severity = newer.severity;
	if (newer.urgency > c->urgency)
		c->urgency = newer.urgency;
	return 0;
}

int
tl_review_undone(struct tl_db *db, struct tl_arena *a, const struct tl_reviewer *who,
    struct tl_id id, struct tl_case *ret)
{
	struct tl_case was, c;
	int rc = step(db, a, who, id, TL_CASE_UNDO, &was, &c);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_FLAG_REOPEN, A_ID(id));
	if (rc >= 0)
		rc = absorb_newer(db, a, &c);
	if (rc < 0)
		return rc;
	c.decision = (struct tl_id){0};
	hold(&c, who);
	c.claimed_at = was.claimed_at;
	rc = tl_case_put(db, &was, &c);
	if (rc == 0)
		rc = tl_review_need(db, a, who, TL_ACT_WORK, &c);
	if (rc == 0)
		*ret = c;
	return rc;
}

/* Clerk ----------------------------------------------------------------------------------- */

#define SWEEP_MAX 256

static int
sweep(struct tl_db *db, enum tl_sql sql, int64_t now, int max, enum tl_case_event event)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(1 << 20);
	struct tl_id ids[SWEEP_MAX];
	size_t n = 0;
	struct tl_row r;
	int rc = tl_db_query(db, &r, sql, A_INT(now), A_INT(max < SWEEP_MAX ? max : SWEEP_MAX));
	if (rc < 0)
		return rc;
	while (n < SWEEP_MAX && (rc = tl_row_next(&r)) > 0)
		ids[n++] = tl_col_id(&r, 0);
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct tl_case was, c;
		rc = tl_case_get(db, a, ids[i], &was);
		if (rc < 0)
			return rc;
		c = was;
		rc = tl_case_step(was.state, event, TL_BY_SYSTEM, &c.state);
		if (rc < 0)
			return rc;
		c.updated_at = now;
		if (event == TL_CASE_LAPSE)
			let_go(&c);
		rc = tl_case_put(db, &was, &c);
		if (rc < 0)
			return rc;
		TL_KILLPOINT(CLAIM_LAPSED);
	}
	return (int)n;
}

int
tl_review_lapse(struct tl_db *db, int64_t now, int max)
{
	return sweep(db, TL_SQL_CASE_LAPSED, now, max, TL_CASE_LAPSE);
}

int
tl_review_settle(struct tl_db *db, int64_t now, int max)
{
	return sweep(db, TL_SQL_CASE_SETTLED, now, max, TL_CASE_CLOSE);
}
