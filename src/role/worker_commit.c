/*
 * One transaction for all that is ready: results with their consequences, and the next leases.
 *
 * Promises: an item's signals, verdict, case, decision and deliveries are stored together or not at all; a lease
 * that was lost ends nothing; one item that cannot be stored never holds up the others. A batch with
 * consequences is on disk before anybody hears of it. Failure: what could not be stored is tried again by its
 * job's next lease. Called by the main loop.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "decide/decide.h"
#include "outbox/outbox.h"
#include "report/statement.h"
#include "review/review.h"
#include "store/alarms.h"
#include "store/bank_log.h"
#include "store/decisions.h"
#include "store/media.h"
#include "store/rejudge.h"
#include "sys/clock.h"
#include "sys/killpoint.h"
#include "sys/log.h"

#include <math.h>

#define DECISIONS_LOOKED_AT 50
#define BANKS_READ_US (300 * TL_US_MS) /* how long the loader of banks may need */
#define RULES_READ_US TL_US_S          /* how long the other rules may need */
#define DELAY_FIRST_US (2 * TL_US_S)
#define HOLD_BUSY_US 8000  /* how long a transaction may take: nobody waits */
#define HOLD_ASKED_US 1500 /* somebody does */
#define STORE_PAUSE_US (250 * TL_US_MS)
#define ASKED_RECENTLY_US (2 * TL_US_S)

struct round {
	struct worker *w;
	size_t want;
	struct tl_job jobs[BATCH_MAX];
	size_t leased;
	bool full;          /* as many as wanted: there is more */
	int64_t again_mark; /* state of the banks that was compared last; -1: not read yet */
	int64_t rules_mark; /* of the rules that name banks; -1: not read yet */
	bool consequences;  /* something was promised outward: sync */
};

/* What is decided about a segment is decided about its stream. */
static int
subject_of(struct worker *w, struct scan *s, const struct tl_item **ret)
{
	*ret = &s->full.item;
	if (!s->has_stream || !s->stream.is_segment)
		return 0;
	struct tl_item_full *own = TL_NEW(s->arena, struct tl_item_full);
	if (!own)
		return tl_arena_check(s->arena);
	int rc = tl_item_head(w->db, s->job.platform, s->stream.item, s->arena, own);
	if (rc < 0)
		return rc;
	own->item.views = s->stream.viewers;
	*ret = &own->item;
	return 0;
}

void
commit_env(const struct worker *w, struct tl_statement_env *st, struct tl_decide_env *ret)
{
	*st = (struct tl_statement_env){.policies = law_policies(w->law),
	    .service_name = w->config->service_name,
	    .complaint_url = w->config->complaint_url,
	    .contact = w->config->contact,
	    .complaint_days = w->config->complaint_days};
	*ret = (struct tl_decide_env){.policies = st->policies,
	    .service = w->config->service_name,
	    .public_url = w->config->public_url,
	    .undo_us = w->config->undo_seconds * TL_US_S,
	    .statement = tl_statement_hook,
	    .statement_ctx = st};
}

static int
decide(struct worker *w, struct scan *s, enum tl_decided *ret)
{
	struct tl_statement_env st;
	struct tl_decide_env env;
	commit_env(w, &st, &env);
	struct tl_id decision;
	const struct tl_item *about = NULL;
	int rc = subject_of(w, s, &about);
	return rc < 0 ? rc
		      : tl_decide_automatic(w->db, &env, about, &s->verdict, s->signals,
			    s->signal_count, ret, &decision);
}

static double
confidence(const struct scan *s)
{
	double best = 0;
	for (size_t i = 0; i < s->signal_count; i++) {
		const struct tl_signal *g = &s->signals[i];
		if (!g->failed && tl_signal_counts(g) && g->effect != TL_EFFECT_ALLOW &&
		    isfinite(g->score) && g->score > best)
			best = g->score;
	}
	return best > 1 ? 1 : best;
}

static int
ask_for_person(struct worker *w, struct scan *s, const struct tl_reason *r)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf detail = {0};
	tl_js_open(&detail, NULL, '{');
	tl_js_str(&detail, "text", r->explanation);
	if (s->again.asked && s->again.grew)
		tl_js_bool(&detail, "found_again", true);
	tl_js_close(&detail, '}');
	bool ours = tl_str_is(r->pack, "tutela");
	enum tl_cause_kind cause = ours         ? TL_CAUSE_UNSCANNABLE
				   : r->unknown ? TL_CAUSE_UNKNOWN
						: TL_CAUSE_RULE;
	struct tl_case_ask ask = {.platform = s->full.item.platform,
	    .live = s->full.item.live,
	    .subject_kind = TL_SUBJECT_ITEM,
	    .subject = s->full.item.id,
	    .account = s->full.item.account,
	    .policy = r->policy,
	    .has_severity = r->wants_case,
	    .severity = r->case_severity,
	    .queue = r->case_queue,
	    .confidence = confidence(s),
	    .reach = s->full.item.views,
	    .cause = cause,
	    .ref = ours ? s->unscannable : r->rule,
	    .detail = tl_buf_str(&detail)};
	struct tl_id id;
	bool opened;
	return tl_review_open_or_join(w->db, law_policies(w->law), &ask, &id, &opened);
}

bool
wants_person(const struct tl_reason *r, enum tl_decided decided)
{
	if (r->shadow)
		return false;
	if (r->wants_case)
		return true;
	if (decided == TL_DECIDED_NOT && (r->outcome > TL_VERDICT_REVIEW || r->action_count))
		return true;
	return r->outcome == TL_VERDICT_REVIEW || r->outcome == TL_VERDICT_WITHHOLD;
}

static int
tell(struct worker *w, struct scan *s, struct tl_str reasons)
{
	const struct tl_item *it = &s->full.item;
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	tl_js_open(&data, NULL, '{');
	tl_js_open(&data, "subject", '{');
	tl_js_z(&data, "kind", "item");
	tl_js_str(&data, "id", it->ext_id);
	tl_js_int(&data, "item_version", it->version);
	tl_js_close(&data, '}');
	tl_js_z(&data, "verdict", tl_verdict_word_names[s->verdict.word]);
	tl_js_raw(&data, "reasons", reasons);
	tl_js_close(&data, '}');
	struct tl_outbox_message e = {.type = "item.verdict",
	    .platform = it->platform,
	    .live = it->live,
	    .subject_key =
		tl_outbox_subject_key(s->arena, it->live, TL_SUBJECT_ITEM, it->ext_id),
	    .cause = it->id,
	    .at = tl_now_us(),
	    .data = tl_buf_str(&data)};
	return tl_outbox_put(w->db, &e, NULL);
}

bool
has_effect(const struct tl_verdict *v)
{
	if (v->word > TL_VERDICT_ALLOW)
		return true;
	for (size_t i = 0; i < v->reason_count; i++) {
		const struct tl_reason *r = &v->reasons[i];
		if (!r->shadow && (r->wants_case || r->action_count))
			return true;
	}
	return false;
}

/* Scanned again to the same end: neither counted nor told twice. */
static bool
same_as_before(const struct scan *s)
{
	return s->job.rescan && s->full.has_verdict && s->full.verdict == s->verdict.word;
}

/*
 * Found again, and decided before under this policy: nobody is asked twice. Not so when it was cleared and something
 * grave is known of it by now.
 */
static int
settled(struct worker *w, const struct scan *s, const struct tl_reason *r, bool *ret)
{
	struct tl_decision *list;
	size_t n = 0;
	const struct tl_policy *p = tl_policy_find(law_policies(w->law), r->policy);
	*ret = false;
	if (!s->again.asked)
		return 0;
	struct tl_id subject = s->has_stream ? s->stream.item : s->full.item.id;
	int rc = tl_decision_of_subject(w->db, s->full.item.platform, TL_SUBJECT_ITEM, subject,
	    DECISIONS_LOOKED_AT, s->arena, &list, &n);
	for (size_t i = 0; i < n && rc == 0 && !*ret; i++) {
		bool undone = false;
		bool cleared = list[i].kind == TL_DECISION_CLEAR && p && !p->child_safety;
		if (list[i].kind != TL_DECISION_ACT && !cleared)
			continue;
		if (!tl_str_eq(list[i].policy, r->policy))
			continue;
		rc = tl_decision_is_reversed(w->db, list[i].id, &undone);
		*ret = !undone;
	}
	return rc;
}

/* What still comes of a stream whose stop is asked for opens no further case. */
static int
is_being_stopped(struct worker *w, struct scan *s, bool *ret)
{
	struct tl_case c;
	*ret = false;
	if (!s->has_stream)
		return 0;
	int rc = tl_stream_stop_asked(w->db, s->job.platform, s->stream.item, ret);
	if (rc < 0 || !*ret)
		return rc;
	rc = tl_case_of(w->db, s->arena, s->job.platform, TL_SUBJECT_ITEM, s->stream.item, &c);
	*ret = rc == TL_ENOTFOUND;
	return rc == TL_ENOTFOUND ? 0 : rc;
}

/* How long a segment waited for its verdict. */
static int
count_segment(struct worker *w, const struct scan *s)
{
	const struct tl_item *it = &s->full.item;
	if (!s->has_stream || !s->stream.is_segment || s->job.rescan)
		return 0;
	int64_t ms = (tl_now_us() - it->received_at) / TL_US_MS;
	int rc = tl_counter_add(w->db, it->platform, it->live, "segments_judged", TL_S(""), 1);
	return rc < 0 ? rc
		      : tl_counter_add(
			    w->db, it->platform, it->live, "segment_verdict_ms", TL_S(""), ms);
}

static int
consequences(struct worker *w, struct scan *s, struct tl_str reasons)
{
	enum tl_decided decided = TL_DECIDED_NOT;
	bool stopping;
	int rc = is_being_stopped(w, s, &stopping);
	if (rc == 0)
		rc = decide(w, s, &decided);
	bool fresh = decided == TL_DECIDED;
	for (size_t i = 0; i < s->verdict.reason_count && rc == 0 && !stopping; i++) {
		const struct tl_reason *r = &s->verdict.reasons[i];
		bool done = false;
		if (!wants_person(r, decided))
			continue;
		if (!fresh)
			rc = settled(w, s, r, &done);
		if (rc == 0 && !done)
			rc = ask_for_person(w, s, r);
		fresh = fresh || !done;
	}
	if (rc == 0 && s->again.asked && s->again.grew && fresh)
		rc = tl_again_took(w->db, s->full.item.platform, s->full.item.live,
		    s->verdict.reasons[0].policy, s->again.since);
	if (rc == 0 && s->verdict.word > TL_VERDICT_ALLOW && !same_as_before(s))
		rc = tell(w, s, reasons);
	return rc;
}

static int
store_media(struct worker *w, const struct scan *s)
{
	for (size_t i = 0; i < s->full.item.media_count; i++) {
		int rc = s->media_changed[i]
			     ? tl_media_scanned(w->db, s->job.platform, &s->full.item.media[i])
			     : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Every entry that matched the item, once: one that suddenly matches too much becomes review-only. */
static int
count_matches(struct worker *w, const struct scan *s)
{
	struct tl_brake brake = {w->config->brake_per_hour, w->config->brake_factor};
	int64_t now = tl_now_us();
	for (size_t i = 0; i < s->signal_count; i++) {
		const struct tl_signal *g = &s->signals[i];
		bool before = !g->key || !tl_signal_counts(g);
		for (size_t k = 0; k < i && !before; k++)
			before = s->signals[k].key == g->key;
		if (before)
			continue;
		struct tl_braked n;
		int rc = tl_brake_count(w->db, &brake, g->key, now, &n);
		if (rc < 0)
			return rc;
		if (rc > 0)
			tl_log(EV_BANK_BRAKED, TL_LID("entry", g->entry),
			    TL_LINT("items", n.items));
	}
	return 0;
}

/* Rules that name a bank which it matches came into force meanwhile, and what matched before may be judged already. */
static int
rules_have_changed(struct round *r, const struct scan *s, bool *ret)
{
	bool matches = false;
	int rc = 0;
	for (size_t i = 0; i < s->signal_count && !matches; i++)
		matches = !tl_id_is_nil(s->signals[i].bank);
	if (matches && r->rules_mark < 0)
		rc = tl_rejudge_rules_mark(r->w->db, &r->rules_mark);
	*ret = rc == 0 && matches && s->rules_mark < r->rules_mark;
	return rc;
}

/*
 * Banks may have grown since this was judged, and what was published before was compared with them already: then this
 * was in neither, and is judged once more when the banks are read.
 */
static int
banks_have_grown(struct round *r, const struct scan *s)
{
	struct worker *w = r->w;
	int64_t now = 0;
	int rc = 0;
	if (s->again.asked) {
		int64_t mark = s->end == SCAN_BURY ? INT64_MAX : s->bank_mark;
		rc = tl_again_done(w->db, s->job.platform, s->job.item, mark);
	}
	if (rc < 0 || s->full.item.media_count + s->signal_count == 0 || s->end != SCAN_VERDICT)
		return rc;
	bool changed = false;
	rc = rules_have_changed(r, s, &changed);
	if (rc == 0 && changed)
		return tl_job_again_at(
		    w->db, s->job.platform, s->job.item, tl_now_us() + RULES_READ_US);
	if (rc == 0 && r->again_mark < 0)
		rc = tl_again_mark(w->db, &r->again_mark);
	if (rc < 0 || s->bank_mark >= r->again_mark)
		return rc;
	rc = tl_again_bank_mark(w->db, &now);
	if (rc < 0 || s->bank_mark == now)
		return rc;
	return tl_job_again_at(
	    w->db, s->job.platform, s->job.item, tl_now_us() + BANKS_READ_US);
}

static int
store_verdict(struct round *r, struct scan *s)
{
	struct worker *w = r->w;
	TL_CLEANUP(tl_buf_fini) struct tl_buf reasons = {0};
	if (s->verdict.reason_count)
		tl_rules_reasons_json(&reasons, NULL, &s->verdict);
	int rc = store_media(w, s);
	if (rc == 0 && (s->signal_count || s->job.rescan || s->job.tries > 1))
		rc = tl_item_signals_put(
		    w->db, s->job.platform, s->job.item, s->signals, s->signal_count);
	bool known = s->job.rescan && (!s->job.found || (s->again.asked && !s->again.grew));
	if (rc == 0 && !known)
		rc = count_matches(w, s);
	if (rc == 0)
		rc = moments_ask(w, s);
	TL_KILLPOINT(SIGNALS_STORED);
	enum tl_item_state state = s->full.item.state == TL_ITEM_RETIRED ? TL_ITEM_RETIRED
				   : s->unscannable.n                    ? TL_ITEM_UNSCANNABLE
									 : TL_ITEM_SCANNED;
	if (rc == 0)
		rc = tl_item_verdict_put(w->db, &s->full.item, state, &s->verdict,
		    tl_buf_str(&reasons), same_as_before(s));
	if (rc == 0)
		rc = count_segment(w, s);
	if (rc == 0 && s->job.rescan && s->end == SCAN_VERDICT) {
		char id[TL_ID_TEXT];
		tl_id_text(id, s->job.item);
		rc = tl_alarm_over(w->db, TL_AL_JOB_BURIED, tl_str(id));
	}
	if (rc == 0)
		rc = banks_have_grown(r, s);
	if (rc < 0 || !has_effect(&s->verdict))
		return rc;
	r->consequences = true;
	TL_KILLPOINT(VERDICT_STORED);
	return consequences(w, s, tl_buf_str(&reasons));
}

static int
store_buried(struct round *r, struct scan *s)
{
	struct worker *w = r->w;
	bool opened;
	char id[TL_ID_TEXT];
	tl_id_text(id, s->job.item);
	r->consequences = true;
	int rc = tl_alarm_open(w->db, TL_AL_JOB_BURIED, tl_str(id), TL_SAID_NOTHING, &opened);
	if (rc < 0)
		return rc;
	tl_log(EV_JOB_BURIED, TL_LID("item", s->job.item));
	return store_verdict(r, s);
}

/* What somebody waited for was scanned before its turn. A report that came meanwhile was not looked at. */
static int
lease_late(struct worker *w, struct scan *s)
{
	bool looked = s->job.rescan;
	int rc = tl_job_lease_one(w->db, w->lease, w->config->scan_lease_seconds * TL_US_S,
	    s->job.platform, s->job.item, &s->job);
	if (rc == TL_ENOTFOUND)
		return tl_fail(TL_ECONFLICT, "another worker has this item");
	if (rc == 0 && s->job.rescan && !looked)
		rc = tl_job_again(w->db, s->job.platform, s->job.item);
	return rc;
}

static int
end_lease(struct worker *w, struct scan *s)
{
	int rc = s->leased ? 0 : lease_late(w, s);
	if (rc < 0)
		return rc;
	if (s->end == SCAN_AGAIN) {
		int64_t pause = DELAY_FIRST_US << (s->job.tries < 8 ? s->job.tries : 8);
		return tl_job_delay(w->db, &s->job, w->lease, tl_now_us() + pause, s->why);
	}
	if (s->end == SCAN_BACK)
		return tl_job_back(
		    w->db, &s->job, w->lease, s->back_at ? s->back_at : tl_now_us());
	if (s->end == SCAN_WAIT)
		return tl_job_back(w->db, &s->job, w->lease, tl_now_us() + BANKS_READ_US);
	if (s->end == SCAN_BURY)
		return tl_job_bury(w->db, &s->job, w->lease, s->why);
	return tl_job_done(w->db, &s->job, w->lease);
}

/* CONFLICT: the lease is lost and nothing was written. */
static int
store_one(struct round *r, struct scan *s)
{
	int rc = end_lease(r->w, s);
	if (rc < 0)
		return rc;
	switch (s->end) {
	case SCAN_VERDICT:
		return store_verdict(r, s);
	case SCAN_BURY:
		return store_buried(r, s);
	case SCAN_BACK:
		return store_media(r->w, s); /* decoded once is enough */
	case SCAN_AGAIN:
	case SCAN_WAIT:
		break;
	case SCAN_GONE:
		return s->again.asked
			   ? tl_again_done(r->w->db, s->job.platform, s->job.item, INT64_MAX)
			   : 0;
	}
	return 0;
}

static void
log_result(const struct scan *s)
{
	if (s->end != SCAN_VERDICT)
		return;
	if (s->unscannable.n)
		tl_log(EV_ITEM_UNSCANNABLE, TL_LID("item", s->job.item));
	else if (s->verdict.word >= TL_VERDICT_WITHHOLD)
		tl_log(EV_ITEM_HELD, TL_LID("item", s->job.item),
		    TL_LWORD("reason", tl_verdict_word_names[s->verdict.word]));
}

static void
finish(struct worker *w, struct scan *s, int rc)
{
	if (rc == 0)
		log_result(s);
	asks_answer(w, s, rc);
	scan_recycle(w, s);
}

/* What a failed item's error means for it: another try by its job, sooner or later. */
static int
store_alone(struct round *r, struct scan *s)
{
	struct worker *w = r->w;
	int rc = tl_db_begin(w->db);
	if (rc < 0)
		return rc;
	rc = store_one(r, s);
	if (rc < 0) {
		tl_db_rollback(w->db);
		return rc;
	}
	return tl_db_commit(w->db, TL_SYNC_FULL);
}

/* After the batch failed: each item for itself; what fails even so is delayed, so that it does not come at once. */
static void
store_each(struct round *r, struct scan_list *batch)
{
	struct worker *w = r->w;
	for (struct scan *s; (s = scan_pop(batch));) {
		int rc = store_alone(r, s);
		if (rc < 0 && rc != TL_ECONFLICT) {
			tl_log(EV_STORE_ERROR, TL_LWORD("where", "result"),
			    TL_LID("item", s->job.item), TL_LWORD("error", tl_err_name(rc)),
			    TL_LWORD("text", tl_err_text()));
			s->why = tl_arena_dup(s->arena, tl_str(tl_err_text()));
			s->end = SCAN_AGAIN;
			if (s->leased && store_alone(r, s) < 0)
				tl_log(EV_STORE_ERROR, TL_LWORD("where", "delay"));
		}
		finish(w, s, rc);
	}
}

/* Items that wait for decoders keep their lease. */
static int
renew_leases(struct worker *w)
{
	int64_t now = tl_mono_us(), lease_us = w->config->scan_lease_seconds * TL_US_S;
	for (struct scan *s = w->media.head; s; s = s->next) {
		if (!s->leased || now < s->renew_us)
			continue;
		int rc = tl_job_renew(w->db, &s->job, w->lease, lease_us);
		if (rc < 0 && rc != TL_ECONFLICT)
			return rc;
		s->renew_us = now + lease_us / 2; /* lost: its result will be refused */
	}
	return 0;
}

/*
 * A worker may have died over any item that was leased before. Such suspects are scanned one at a time, so that one
 * poisonous item does not take the others' tries with it: all but the first go back.
 */
static int
keep_one_suspect(struct round *r)
{
	struct tl_job suspect = {0};
	bool have = false;
	size_t n = 0;
	for (size_t i = 0; i < r->leased; i++) {
		struct tl_job j = r->jobs[i];
		bool ours = r->w->media.n && scan_find(&r->w->media, j.platform, j.item);
		if (j.tries <= 1 || ours) {
			r->jobs[n++] = j;
		} else if (!have) {
			have = true;
			suspect = j;
		} else {
			int rc = tl_job_back(r->w->db, &j, r->w->lease, tl_now_us());
			if (rc < 0)
				return rc;
		}
	}
	if (have)
		r->jobs[n++] = suspect; /* last: after everything else is stored */
	r->leased = n;
	return 0;
}

/* Inside the transaction. */
static int
store_batch(struct round *r, struct scan_list *batch, struct scan_list *lost)
{
	for (struct scan *s = batch->head, *next; s; s = next) {
		next = s->next;
		int rc = store_one(r, s);
		if (rc == TL_ECONFLICT) {
			scan_remove(batch, s);
			scan_push(lost, s);
		} else if (rc < 0) {
			return rc;
		}
	}
	int rc = renew_leases(r->w);
	if (rc < 0 || !r->want)
		return rc;
	rc = tl_jobs_lease(r->w->db, r->w->lease, r->w->config->scan_lease_seconds * TL_US_S,
	    r->jobs, r->want, &r->leased);
	r->full = rc == 0 && r->leased == r->want;
	return rc < 0 ? rc : keep_one_suspect(r);
}

static int
transact(struct round *r, struct scan_list *batch, struct scan_list *lost, int64_t *ret_held_us)
{
	struct tl_db *db = r->w->db;
	int rc = tl_db_begin(db);
	if (rc < 0)
		return rc;
	int64_t start = tl_mono_us();
	rc = store_batch(r, batch, lost);
	if (rc < 0) {
		tl_db_rollback(db);
		return rc;
	}
	if (r->consequences)
		TL_KILLPOINT(ROUND_BEFORE_COMMIT);
	rc = tl_db_commit(db, r->consequences ? TL_SYNC_FULL : TL_SYNC_NORMAL);
	*ret_held_us = tl_mono_us() - start;
	return rc;
}

/* Leased jobs become scans; a job that we hold already (its lease ran out while a decoder was slow) is renewed. */
static void
take_jobs(struct round *r)
{
	struct worker *w = r->w;
	if (r->leased)
		TL_KILLPOINT(SCAN_LEASED);
	int64_t renew_us = tl_mono_us() + w->config->scan_lease_seconds * TL_US_S / 2;
	for (size_t i = 0; i < r->leased; i++) {
		const struct tl_job *j = &r->jobs[i];
		struct scan *s = w->media.n ? scan_find(&w->media, j->platform, j->item) : NULL;
		if (!s)
			s = scan_find(&w->todo, j->platform, j->item);
		bool known = s != NULL;
		if (!known)
			s = scan_new(w);
		if (!s)
			continue; /* cannot happen: `want` leaves room; its lease would run out */
		s->job = *j;
		s->leased = true;
		s->renew_us = renew_us;
		if (!known)
			scan_push(&w->todo, s);
	}
}

/* Transactions of the right length: short while somebody waits for an answer, longer when nobody does. */
static void
adapt(struct worker *w, size_t done, int64_t held_us)
{
	bool asked = tl_mono_us() - w->last_ask_us < ASKED_RECENTLY_US;
	int64_t goal = asked ? HOLD_ASKED_US : HOLD_BUSY_US;
	if (held_us > goal && w->batch > BATCH_MIN)
		w->batch -= w->batch / 4;
	else if (held_us < goal / 2 && done >= w->batch / 2 && w->batch < BATCH_MAX)
		w->batch += w->batch / 4 + 1;
	if (w->batch > BATCH_MAX)
		w->batch = BATCH_MAX;
	if (w->batch < BATCH_MIN)
		w->batch = BATCH_MIN;
}

/* The store is full or away: what is judged stays judged and is stored when it is back. */
static void
keep_for_later(struct worker *w, struct scan_list *batch, struct scan_list *lost, int rc)
{
	tl_log(rc == TL_EFULL ? EV_STORE_FULL : EV_STORE_ERROR, TL_LWORD("where", "results"),
	    TL_LWORD("error", tl_err_name(rc)), TL_LWORD("text", tl_err_text()));
	for (struct scan *s; (s = scan_pop(batch));)
		scan_push(&w->ready, s);
	for (struct scan *s; (s = scan_pop(lost));)
		scan_push(&w->ready, s);
	w->more = false;
	w->store_again_us = tl_mono_us() + STORE_PAUSE_US;
}

void
commit_round(struct worker *w, size_t want)
{
	struct round r = {.w = w,
	    .again_mark = -1,
	    .rules_mark = -1,
	    .want = want > BATCH_MAX ? BATCH_MAX : want};
	struct scan_list batch = w->ready, lost = {0};
	size_t count = batch.n;
	int64_t held_us = 0;
	w->ready = (struct scan_list){0};
	int rc = transact(&r, &batch, &lost, &held_us);
	if (rc < 0 && tl_err_kind(rc) == TL_RETRY) {
		keep_for_later(w, &batch, &lost, rc);
		return;
	}
	if (rc < 0) {
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "batch"),
		    TL_LWORD("error", tl_err_name(rc)), TL_LWORD("text", tl_err_text()));
		for (struct scan *s; (s = scan_pop(&lost));)
			scan_push(&batch, s);
		store_each(&r, &batch);
		w->more = false;
		return;
	}
	if (r.consequences)
		TL_KILLPOINT(ROUND_COMMITTED);
	for (struct scan *s; (s = scan_pop(&batch));)
		finish(w, s, 0);
	for (struct scan *s; (s = scan_pop(&lost));) {
		if (s->asks)
			scan_push(&w->elsewhere, s);
		else
			finish(w, s, TL_ECONFLICT);
	}
	take_jobs(&r);
	w->more = r.full;
	adapt(w, count, held_us);
	if (r.consequences) {
		tl_wake(w->wires, TL_PROC_CLERK);
		tl_wake(w->wires, TL_PROC_SERVER);
	}
}
