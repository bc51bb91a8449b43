/*
 * How a case begins: routing, severity, clock, urgency; joining what is open already.
 *
 * Promises: one open case per subject; a case only becomes graver and sooner by joining, never lighter or later;
 * a case in somebody's hands stays in its queue. Failure: the store's. Called by the worker and by intake.
 */
#include "review/review.h"
#include "review/urgency.h"

#include "base/buf.h"
#include "store/streams.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define GENERAL "general"
#define LIVE "live" /* the queue for streams that run, when there is one */
/* Without a clock of its own a case is due after so long, so that it rises like all others. */
#define CLOCK_DEFAULT_US (7 * TL_US_DAY)
#define ARENA_BYTES (256 * 1024)

static enum tl_severity
severity_of(const struct tl_policy *p, const struct tl_case_ask *ask)
{
	if (ask->has_severity)
		return ask->severity;
	return p ? p->severity : TL_SEVERITY_MEDIUM;
}

/* The rule's wish, then the policy's queue, then general; a name that no queue has counts as no wish. */
static struct tl_str
route(const struct tl_policy_set *set, const struct tl_policy *p, struct tl_str wish)
{
	if (wish.n && tl_queue_find(set, wish))
		return wish;
	if (p && p->queue.n && tl_queue_find(set, p->queue))
		return p->queue;
	if (set->queue_count && !tl_queue_find(set, TL_S(GENERAL)))
		return set->queues[0].name;
	return TL_S(GENERAL);
}

/* A running stream waits with its like, unless its queue asks for people with a skill. */
static struct tl_str
route_stream(const struct tl_policy_set *set, const struct tl_policy *p,
    const struct tl_case_ask *ask, bool running)
{
	struct tl_str name = route(set, p, ask->queue);
	const struct tl_queue_def *q = tl_queue_find(set, name);
	const struct tl_queue_def *live = tl_queue_find(set, TL_S(LIVE));
	return running && live && !(q && q->skills.n) ? live->name : name;
}

/* The weightiest of the subject's open flags. */
static int
flagger_points(struct tl_db *db, const struct tl_case *c, double *ret)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_FLAG_LIST, A_INT(c->platform),
	    A_Z(tl_subject_kind_names[c->subject_kind]), A_ID(c->subject));
	if (rc < 0)
		return rc;
	double best = 0;
	while ((rc = tl_row_next(&r)) > 0) {
		char kind[32];
		struct tl_id reporter = tl_col_id(&r, 4);
		struct tl_accuracy acc = {.share = 0.5};
		if (!tl_col_null(&r, 8) ||
		    tl_str_copy(kind, sizeof kind, tl_col_str(&r, 2)) < 0)
			continue; /* judged already */
		if (!tl_id_is_nil(reporter))
			rc = tl_flag_accuracy(db, c->platform, reporter, &acc);
		if (rc < 0)
			break;
		double points = tl_urgency_flagger(kind, acc.share);
		best = points > best ? points : best;
	}
	tl_row_end(&r);
	if (rc == 0)
		*ret = best;
	return rc;
}

static int
weigh(struct tl_db *db, struct tl_case *c)
{
	struct tl_urgency u = {.severity = c->severity,
	    .confidence = c->confidence,
	    .reach = c->reach,
	    .clock_at = c->clock_at ? c->clock_at : c->opened_at + CLOCK_DEFAULT_US};
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(ARENA_BYTES);
	struct tl_stream stream;
	int rc = c->subject_kind == TL_SUBJECT_ITEM
		     ? tl_stream_get(db, c->platform, c->subject, a, &stream)
		     : TL_ENOTFOUND;
	if (rc == 0) {
		u.running = stream.state == TL_STREAM_RUNNING;
		u.opened_at = c->opened_at;
		u.reach = c->reach = stream.viewers > c->reach ? stream.viewers : c->reach;
	}
	rc = rc == TL_ENOTFOUND ? 0 : rc;
	if (rc == 0)
		rc = flagger_points(db, c, &u.flagger);
	if (rc == 0)
		c->urgency = tl_urgency(&u);
	return rc;
}

/* What is asked of a segment is asked of its stream. *ret_running: that runs. */
static int
of_stream(struct tl_db *db, struct tl_arena *a, int64_t platform, struct tl_id *subject,
    bool *ret_running)
{
	struct tl_stream s;
	int rc = tl_stream_of_item(db, platform, *subject, a, &s);
	if (rc == 0) {
		*subject = s.item;
		*ret_running = s.state == TL_STREAM_RUNNING;
	}
	return rc == TL_ENOTFOUND ? 0 : rc;
}

static int
open_new(struct tl_db *db, const struct tl_policy_set *set, const struct tl_policy *p,
    const struct tl_case_ask *ask, bool running, struct tl_case *c)
{
	int64_t now = tl_now_us();
	*c = (struct tl_case){.id = tl_id_new(),
	    .platform = ask->platform,
	    .live = ask->live,
	    .subject_kind = ask->subject_kind,
	    .subject = ask->subject,
	    .account = ask->account,
	    .queue = route_stream(set, p, ask, running),
	    .state = TL_CASE_OPEN,
	    .policy = ask->policy,
	    .severity = severity_of(p, ask),
	    .confidence = ask->confidence,
	    .reach = ask->reach,
	    .clock_at = p && p->clock_us ? now + p->clock_us : 0,
	    .opened_at = now,
	    .updated_at = now};
	int rc = weigh(db, c);
	if (rc == 0)
		rc = tl_case_add(db, c);
	if (rc == 0)
		rc = tl_counter_add(db, c->platform, c->live, "cases_opened", c->policy, 1);
	return rc;
}

static int
join(struct tl_db *db, const struct tl_policy_set *set, const struct tl_policy *p,
    const struct tl_case_ask *ask, bool running, const struct tl_case *was, struct tl_case *c)
{
	int rc = tl_case_step(was->state, TL_CASE_JOIN, TL_BY_SYSTEM, &c->state);
	if (rc < 0)
		return rc;
	int64_t now = tl_now_us();
	enum tl_severity severity = severity_of(p, ask);
	bool graver = severity > c->severity || !c->policy.n;
	if (graver && ask->policy.n)
		c->policy = ask->policy;
	if (severity > c->severity)
		c->severity = severity;
	if ((graver || tl_str_is(c->queue, GENERAL)) && c->state == TL_CASE_OPEN)
		c->queue = route_stream(set, p, ask, running);
	if (p && p->clock_us && (!c->clock_at || now + p->clock_us < c->clock_at))
		c->clock_at = now + p->clock_us;
	c->confidence = ask->confidence > c->confidence ? ask->confidence : c->confidence;
	c->reach = ask->reach > c->reach ? ask->reach : c->reach;
	c->updated_at = now;
	rc = weigh(db, c);
	return rc < 0 ? rc : tl_case_put(db, was, c);
}

int
tl_review_open_or_join(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_case_ask *asked, struct tl_id *ret_case, bool *ret_opened)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(ARENA_BYTES);
	const struct tl_case_ask *ask = asked;
	struct tl_case_ask of = *asked;
	const struct tl_policy *p = ask->policy.n ? tl_policy_find(set, ask->policy) : NULL;
	struct tl_case was = {0}, c = {0};
	bool running = false;
	int rc = 0;
	if (ask->subject_kind == TL_SUBJECT_ITEM) {
		rc = of_stream(db, a, ask->platform, &of.subject, &running);
		ask = &of;
	}
	if (rc == 0)
		rc = tl_case_of(db, a, ask->platform, ask->subject_kind, ask->subject, &was);
	bool opened = rc == TL_ENOTFOUND;
	if (opened) {
		rc = open_new(db, set, p, ask, running, &c);
		TL_KILLPOINT(CASE_OPENED);
	} else if (rc == 0) {
		c = was;
		rc = join(db, set, p, ask, running, &was, &c);
	}
	if (rc == 0)
		rc = tl_case_cause_add(
		    db, c.id, ask->cause, ask->ref, ask->policy, ask->detail, tl_now_us());
	if (rc < 0)
		return rc;
	*ret_case = c.id;
	if (ret_opened)
		*ret_opened = opened;
	return 0;
}

static void
flag_sentence(struct tl_buf *out, const struct tl_policy_set *set, const struct tl_flag *f)
{
	static const char *const by[] = {
	    [TL_FLAG_USER] = "reported by a user",
	    [TL_FLAG_TRUSTED] = "reported by a trusted flagger",
	    [TL_FLAG_NOTICE] = "a notice of illegal content was received",
	    [TL_FLAG_REFERRAL] = "referred by an authority",
	};
	struct tl_buf TL_CLEANUP(tl_buf_fini) text = {0};
	tl_buf_puts(&text, by[f->kind]);
	const struct tl_policy *p = f->policy.n ? tl_policy_find(set, f->policy) : NULL;
	if (p)
		tl_buf_printf(&text, " as: %.*s", TL_ARG(p->title));
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "text", tl_buf_str(&text));
	tl_js_close(out, '}');
}

int
tl_review_flagged(struct tl_db *db, const struct tl_policy_set *set, const struct tl_flag *f,
    struct tl_id account, int64_t reach, struct tl_id *ret_case)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) detail = {0};
	char ref[TL_ID_TEXT];
	struct tl_accuracy acc = {.share = 0.5};
	tl_id_text(ref, f->id);
	flag_sentence(&detail, set, f);
	int rc = 0;
	if (f->kind == TL_FLAG_USER && !tl_id_is_nil(f->reporter))
		rc = tl_flag_accuracy(db, f->platform, f->reporter, &acc);
	if (rc < 0)
		return rc;
	struct tl_case_ask ask = {.platform = f->platform,
	    .live = f->live,
	    .subject_kind = f->subject_kind,
	    .subject = f->subject,
	    .account = account,
	    .policy = f->policy,
	    .confidence = f->kind == TL_FLAG_USER ? acc.share : 0.9,
	    .reach = reach,
	    .cause = TL_CAUSE_FLAG,
	    .ref = tl_str(ref),
	    .detail = tl_buf_str(&detail)};
	rc = tl_review_open_or_join(db, set, &ask, ret_case, NULL);
	if (rc < 0)
		return rc;
	rc = tl_db_run(db, TL_SQL_FLAG_JOIN, A_INT(f->platform),
	    A_Z(tl_subject_kind_names[f->subject_kind]), A_ID(f->subject), A_ID(*ret_case));
	return rc < 0 ? rc : 0;
}

int
tl_review_reached(struct tl_db *db, int64_t platform, struct tl_id item, int64_t views)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(ARENA_BYTES);
	struct tl_case was = {0};
	bool running = false;
	int rc = of_stream(db, a, platform, &item, &running);
	if (rc == 0)
		rc = tl_case_of(db, a, platform, TL_SUBJECT_ITEM, item, &was);
	if (rc < 0 || views <= was.reach)
		return rc == TL_ENOTFOUND ? 0 : rc;
	struct tl_case c = was;
	c.reach = views;
	rc = weigh(db, &c);
	return rc < 0 ? rc : tl_case_put(db, &was, &c);
}

/* Its case goes where its state and its viewers put it now. */
static int
weigh_stream(struct tl_db *db, const struct tl_stream_key *k)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(ARENA_BYTES);
	struct tl_case was;
	int rc = tl_case_of(db, a, k->platform, TL_SUBJECT_ITEM, k->item, &was);
	if (rc == 0) {
		struct tl_case c = was;
		rc = weigh(db, &c);
		if (rc == 0 && (c.urgency < was.urgency || c.urgency > was.urgency ||
				   c.reach != was.reach))
			rc = tl_case_put(db, &was, &c);
	}
	return rc == 0 || rc == TL_ENOTFOUND ? tl_stream_weighed(db, k) : rc;
}

int
tl_review_streams(struct tl_db *db, int max)
{
	enum { PAGE = 64 };
	struct tl_stream_key key[PAGE];
	int n = tl_stream_to_weigh(db, key, max < PAGE ? max : PAGE);
	int rc = n < 0 ? n : 0;
	for (int i = 0; i < n && rc == 0; i++)
		rc = weigh_stream(db, &key[i]);
	return rc < 0 ? rc : n;
}

int
tl_review_subject_gone(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, const char *why)
{
	struct tl_arena TL_CLEANUP(tl_arena_destroyp) *a = tl_arena_create(ARENA_BYTES);
	struct tl_case was;
	int rc = tl_case_of(db, a, platform, kind, subject, &was);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	struct tl_case c = was;
	rc = tl_case_step(was.state, TL_CASE_CLOSE, TL_BY_SYSTEM, &c.state);
	if (rc < 0)
		return rc;
	c.updated_at = tl_now_us();
	rc = tl_case_put(db, &was, &c);
	if (rc < 0)
		return rc;
	return tl_case_cause_add(db, c.id, TL_CAUSE_MANUAL, tl_str(why), (struct tl_str){0},
	    (struct tl_str){0}, c.updated_at);
}

int
tl_review_queues_sync(struct tl_db *db, const struct tl_policy_set *set)
{
	int rc = 0;
	for (size_t i = 0; i < set->queue_count && rc >= 0; i++) {
		const struct tl_queue_def *q = &set->queues[i];
		rc = tl_db_run(db, TL_SQL_QUEUE_PUT, A_TEXT(q->name), A_TEXT(q->title),
		    A_INT(i), A_TEXT(q->skills));
	}
	if (rc >= 0 && !tl_queue_find(set, TL_S(GENERAL)) && !set->queue_count)
		rc = tl_db_run(
		    db, TL_SQL_QUEUE_PUT, A_Z(GENERAL), A_Z("General"), A_INT(0), A_Z(""));
	return rc < 0 ? rc : 0;
}
