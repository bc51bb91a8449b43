/*
 * One item: read it in the clear, ask every detector, ask the rules.
 *
 * Promises: an item leaves here judged, delayed or given up, never silently; a detector without an answer is a
 * failed signal, and media that could not be decoded make the item unscannable whatever the rules say. Called by
 * the main loop.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "detect/contact/figures.h"
#include "store/accounts.h"
#include "store/cases.h"
#include "store/media.h"
#include "store/rejudge.h"
#include "sys/clock.h"
#include "sys/killpoint.h"
#include "sys/log.h"

#define RETRY_US (5 * TL_US_S)
#define POLICY_UNSCANNABLE "terms.unscannable"

void
scan_push(struct scan_list *l, struct scan *s)
{
	s->next = NULL;
	if (l->tail)
		l->tail->next = s;
	else
		l->head = s;
	l->tail = s;
	l->n++;
}

void
scan_push_asked(struct scan_list *l, struct scan *s)
{
	struct scan **at = &l->head;
	while (*at && (*at)->asks)
		at = &(*at)->next;
	s->next = *at;
	*at = s;
	if (!s->next)
		l->tail = s;
	l->n++;
}

struct scan *
scan_pop(struct scan_list *l)
{
	struct scan *s = l->head;
	if (!s)
		return NULL;
	l->head = s->next;
	if (!l->head)
		l->tail = NULL;
	l->n--;
	s->next = NULL;
	return s;
}

void
scan_remove(struct scan_list *l, struct scan *s)
{
	struct scan *prev = NULL;
	struct scan *at = l->head;
	while (at && at != s) {
		prev = at;
		at = at->next;
	}
	if (!at)
		return;
	if (prev)
		prev->next = s->next;
	else
		l->head = s->next;
	if (l->tail == s)
		l->tail = prev;
	l->n--;
	s->next = NULL;
}

struct scan *
scan_find(struct scan_list *l, int64_t platform, struct tl_id item)
{
	for (struct scan *s = l->head; s; s = s->next) {
		if (s->job.platform == platform && tl_id_eq(s->job.item, item))
			return s;
	}
	return NULL;
}

struct scan *
scan_new(struct worker *w)
{
	struct scan *s = scan_pop(&w->idle);
	if (s)
		return s;
	if (w->todo.n + w->media.n + w->ready.n + w->elsewhere.n >= SCANS_MAX)
		return NULL;
	s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->arena = tl_arena_create(SCAN_ARENA);
	return s;
}

void
scan_recycle(struct worker *w, struct scan *s)
{
	struct tl_arena *arena = s->arena;
	tl_rules_unref(s->rules);
	tl_arena_reset(arena);
	s->job = (struct tl_job){0};
	s->full = (struct tl_item_full){0}; /* its strings lived in the arena */
	s->leased = s->has_account = s->has_stream = s->loaded = false;
	s->rules = NULL;
	s->again = (struct tl_again){0};
	s->bank_mark = s->rules_mark = 0;
	s->signals = NULL;
	s->signal_count = s->media_pending = s->media_next = 0;
	s->verdict = (struct tl_verdict){0};
	s->unscannable = s->why = (struct tl_str){0};
	memset(s->media_changed, 0, sizeof s->media_changed);
	s->end = SCAN_VERDICT;
	s->back_at = 0;
	s->asks = NULL;
	scan_push(&w->idle, s);
}

int
scan_load(struct worker *w, struct scan *s)
{
	int rc = tl_item_get(w->db, s->job.platform, s->job.item, s->arena, &s->full);
	if (rc == 0 && s->job.rescan)
		rc = tl_again_asked(w->db, s->job.platform, s->job.item, &s->again);
	if (rc < 0)
		return rc;
	s->loaded = true;
	struct tl_item *it = &s->full.item;
	for (size_t i = 0; i < it->media_count && rc == 0; i++) {
		if (it->media[i].film.n)
			rc = tl_media_hashes(w->db, it->platform, &it->media[i], s->arena);
	}
	if (rc == 0 && it->kind == TL_KIND_LIVE_STREAM) {
		rc = tl_stream_of_item(w->db, it->platform, it->id, s->arena, &s->stream);
		s->has_stream = rc == 0;
		rc = rc == TL_ENOTFOUND ? 0 : rc;
	}
	if (rc < 0)
		return rc;
	if (tl_id_is_nil(it->account))
		return 0;
	rc = tl_account_get(w->db, it->platform, it->account, s->arena, &s->account);
	s->has_account = rc == 0;
	return rc == TL_ENOTFOUND ? 0 : rc;
}

static int
detect(struct worker *w, struct scan *s)
{
	const struct tl_item *it = &s->full.item;
	struct tl_detect_input in = {.fields = it->fields,
	    .field_count = it->field_count,
	    .media = it->media,
	    .media_count = it->media_count,
	    .db = w->db,
	    .platform = it->platform,
	    .subject = it->ext_id};
	w->found->n = 0;
	w->found->cut = false;
	s->bank_mark = w->bank_mark;
	int rc = tl_detect_run(w->detect, w->banks, &in, s->arena, w->found);
	if (rc < 0)
		return rc;
	if (w->found->n == 0)
		return 0;
	struct tl_signal *copy = TL_NEWS(s->arena, struct tl_signal, w->found->n);
	if (!copy)
		return tl_arena_check(s->arena);
	memcpy(copy, w->found->s, w->found->n * sizeof *copy);
	s->signals = copy;
	s->signal_count = w->found->n;
	return 0;
}

static void
find_unscannable(struct scan *s)
{
	if (s->full.item.state == TL_ITEM_RETIRED)
		return; /* a person has seen to that when it came in */
	for (size_t i = 0; i < s->full.item.media_count; i++) {
		const struct tl_media *m = &s->full.item.media[i];
		if (m->state == TL_MEDIA_UNSCANNABLE) {
			s->unscannable = m->reason.n ? m->reason : TL_S("it cannot be decoded");
			return;
		}
	}
}

/* Does a rule say so already? */
static bool
rules_say_unscannable(const struct tl_verdict *v, enum tl_verdict_word least)
{
	for (size_t i = 0; i < v->reason_count; i++) {
		const struct tl_reason *r = &v->reasons[i];
		if (!r->shadow && r->wants_case && r->outcome >= least &&
		    tl_str_is(r->policy, POLICY_UNSCANNABLE))
			return true;
	}
	return false;
}

/* Gravest first, and ours after its equals. */
static int
add_reason(struct scan *s, const struct tl_reason *own)
{
	size_t n = s->verdict.reason_count, at = 0;
	struct tl_reason *all = TL_NEWS(s->arena, struct tl_reason, n + 1);
	if (!all)
		return tl_arena_check(s->arena);
	while (at < n && s->verdict.reasons[at].outcome >= own->outcome)
		at++;
	if (n) {
		memcpy(all, s->verdict.reasons, at * sizeof *all);
		memcpy(all + at + 1, s->verdict.reasons + at, (n - at) * sizeof *all);
	}
	all[at] = *own;
	s->verdict.reasons = all;
	s->verdict.reason_count = n + 1;
	if (s->verdict.word < own->outcome)
		s->verdict.word = own->outcome;
	return tl_arena_check(s->arena);
}

/* Adds the reason that no rule can give: part of the item has not been looked at. */
static int
add_unscannable(const struct worker *w, struct scan *s)
{
	bool hold = w->config->unscannable == TL_UNSCANNABLE_WITHHOLD;
	enum tl_verdict_word outcome = hold ? TL_VERDICT_WITHHOLD : TL_VERDICT_REVIEW;
	if (rules_say_unscannable(&s->verdict, outcome))
		return 0;
	return add_reason(
	    s, &(struct tl_reason){.rule = TL_S("unscannable"),
		   .pack = TL_S("tutela"),
		   .policy = TL_S(POLICY_UNSCANNABLE),
		   .outcome = outcome,
		   .explanation = tl_str(tl_arena_printf(s->arena,
		       "part of the item could not be checked: %.*s", TL_ARG(s->unscannable))),
		   .values = TL_S("[]"),
		   .case_queue = TL_S("unscannable"),
		   .wants_case = true,
		   .case_severity = TL_SEVERITY_MEDIUM});
}

/* A watch of crisis mode caught it: its bank says what becomes of that, no rule need name it. */
static int
add_watched(struct scan *s)
{
	const struct tl_signal *hit = NULL;
	bool holds = false;
	for (size_t i = 0; i < s->signal_count; i++) {
		const struct tl_signal *g = &s->signals[i];
		bool hold = tl_str_is(g->source, TL_WATCH_SOURCE_HOLD);
		if (g->failed || !tl_signal_counts(g) || g->effect == TL_EFFECT_ALLOW ||
		    (!hold && !tl_str_is(g->source, TL_WATCH_SOURCE_ASK)))
			continue;
		if (!hit || (hold && !holds)) {
			hit = g;
			holds = hold;
		}
	}
	if (!hit)
		return 0;
	return add_reason(
	    s, &(struct tl_reason){.rule = TL_S("crisis-watch"),
		   .pack = TL_S("crisis"),
		   .policy = hit->policy,
		   .outcome = holds ? TL_VERDICT_WITHHOLD : TL_VERDICT_REVIEW,
		   .explanation = tl_str(tl_arena_printf(s->arena,
		       "it is like what crisis mode watches (%.*s), %d bits away",
		       TL_ARG(hit->label), hit->distance > 0 ? hit->distance : 0)),
		   .values = TL_S("[]"),
		   .wants_case = true,
		   .case_severity = TL_SEVERITY_CRITICAL});
}

/* The author's contacts, when a rule about items asks for them. */
static int
count_contacts(struct worker *w, struct scan *s, struct tl_rules_input *in)
{
	struct tl_rules_contacts need = {0};
	if (w->set && s->has_account)
		need = tl_rules_contacts(w->set);
	if (!need.of_items)
		return 0;
	struct tl_contact_ask ask = {.platform = s->job.platform,
	    .account = s->account.id,
	    .band = s->account.age_band,
	    .now = in->now_us,
	    .origins = need.origins};
	struct tl_contact_figures *f = TL_NEW(s->arena, struct tl_contact_figures);
	struct tl_contact_seen seen;
	int rc = f ? tl_contact_see(w->db, &ask, s->arena, &seen) : tl_arena_check(s->arena);
	if (rc == 0)
		rc = tl_contact_count(&seen, &ask, s->arena, f);
	in->contacts = f;
	return rc;
}

static int
judge(struct worker *w, struct scan *s)
{
	struct tl_rules_input in = {.item = &s->full.item,
	    .account = s->has_account ? &s->account : NULL,
	    .signals = s->signals,
	    .signal_count = s->signal_count,
	    .stream = s->has_stream ? &s->stream : NULL,
	    .now_us = tl_now_us()};
	int64_t flags[tl_flag_kind_count] = {0};
	int rc = 0;
	if (s->job.rescan)
		rc = tl_flag_open_counts(
		    w->db, s->job.platform, TL_SUBJECT_ITEM, s->job.item, flags);
	in.flags = (struct tl_rules_flags){.user = flags[TL_FLAG_USER],
	    .trusted = flags[TL_FLAG_TRUSTED],
	    .notice = flags[TL_FLAG_NOTICE],
	    .referral = flags[TL_FLAG_REFERRAL]};
	s->rules = w->set ? tl_rules_ref(w->set) : NULL;
	s->rules_mark = w->rules_mark;
	if (rc == 0)
		rc = count_contacts(w, s, &in);
	if (rc == 0)
		rc = tl_rules_verdict(s->rules, &in, s->arena, &s->verdict);
	if (rc == 0)
		find_unscannable(s);
	if (rc == 0 && s->unscannable.n)
		rc = add_unscannable(w, s);
	return rc < 0 ? rc : add_watched(s);
}

/*
 * What must be known of an item that is not opened again: whose it is and what the platform calls it. A case, a
 * decision and an action are made of it.
 */
static int
load_head(struct worker *w, struct scan *s)
{
	char why[200];
	(void)snprintf(why, sizeof why, "%.*s", TL_ARG(s->why));
	tl_arena_reset(s->arena); /* may be full of what could not be loaded */
	s->why = tl_arena_dup(s->arena, tl_str(why));
	return tl_item_head(w->db, s->job.platform, s->job.item, s->arena, &s->full);
}

/* What to do after a failure: its kind decides. */
void
scan_give_up(struct worker *w, struct scan *s)
{
	int rc = s->loaded ? 0 : load_head(w, s);
	bool gone = rc == TL_ENOTFOUND || (rc == 0 && s->full.item.state >= TL_ITEM_DELETED);
	s->end = gone ? SCAN_GONE : SCAN_BURY;
	s->unscannable = s->why;
	s->verdict = (struct tl_verdict){0};
	if (rc == 0 && !gone)
		rc = add_unscannable(w, s);
	if (rc < 0 && !gone) /* the arena is full of the item that could not be scanned */
		s->end = SCAN_AGAIN;
}

void
scan_failed(struct worker *w, struct scan *s, int rc, const char *where)
{
	bool last = s->job.tries >= w->config->scan_tries;
	s->why = tl_arena_dup(s->arena, tl_str(tl_err_text()));
	if (s->why.n == 0)
		s->why = TL_S("the scan failed");
	s->end = rc == TL_ENOTFOUND ? SCAN_GONE : SCAN_AGAIN;
	if (s->end == SCAN_AGAIN && last)
		scan_give_up(w, s);
	tl_log(EV_STORE_ERROR, TL_LWORD("where", where), TL_LID("item", s->job.item),
	    TL_LWORD("error", tl_err_name(rc)));
}

/* Of what is kept as hashes only: what its text said is not known any more, so it can only become graver. */
static bool
nothing_to_judge(const struct scan *s)
{
	if (s->full.item.state == TL_ITEM_RETIRED)
		return !s->again.asked;
	return s->full.item.state == TL_ITEM_DELETED || s->full.erased;
}

static bool
no_graver(const struct scan *s)
{
	enum tl_verdict_word was = s->full.has_verdict ? s->full.verdict : TL_VERDICT_ALLOW;
	if (s->full.item.state == TL_ITEM_RETIRED)
		return s->verdict.word <= was;
	return s->job.found && tl_again_whole(&s->again) && s->verdict.word < was;
}

/* The bank that has grown is not read yet. Whatever the marks say, the newest state of the banks is good enough. */
static bool
banks_behind(struct worker *w, const struct scan *s)
{
	int64_t now = 0, have = w->bank_mark;
	if (tl_again_whole(&s->again) && tl_rejudge_rules_mark(w->db, &now) == 0 &&
	    w->rules_mark < now)
		return true; /* nor are the rules that name it */
	if (!s->again.asked || have >= s->again.mark)
		return false;
	return tl_again_bank_mark(w->db, &now) == 0 && have != now;
}

static bool
said_before(const struct tl_signal *s, const struct tl_signal *old, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tl_id_eq(s->entry, old[i].entry) && tl_id_eq(s->bank, old[i].bank) &&
		    s->effect == old[i].effect)
			return true;
	return false;
}

/* It matches what did not match before, or with another weight; or it is not known whether it does. */
static bool
is_new(const struct tl_signal *s, const struct tl_signal *old, size_t n)
{
	return s->failed || (!tl_id_is_nil(s->entry) && !said_before(s, old, n));
}

/*
 * Judged only because a bank has grown, and no entry matches that did not match before: what was decided about it stands.
 * Of a retired item it is not known any more what matched.
 */
static int
nothing_new(struct worker *w, const struct scan *s, bool *ret)
{
	const struct tl_signal *old = NULL;
	size_t n = 0;
	*ret = false;
	if (!s->job.found || s->full.item.state == TL_ITEM_RETIRED || tl_again_whole(&s->again))
		return 0;
	int rc = tl_item_signals_get(w->db, s->job.platform, s->job.item, s->arena, &old, &n);
	bool any = false;
	for (size_t i = 0; i < s->signal_count && !any; i++)
		any = is_new(&s->signals[i], old, n);
	*ret = rc == 0 && !any;
	return rc;
}

static const char *const judged_again[] = {
    [TL_REJUDGE_ENTRIES] = "an allow-list no longer sets its match aside",
    [TL_REJUDGE_ALLOW] = "an allow-list no longer sets its match aside",
    [TL_REJUDGE_SHARE] = "a bank that it matches applies to more of the traffic now",
    [TL_REJUDGE_REVIEW] = "an entry that it matches is no longer review-only",
    [TL_REJUDGE_RULES] = "rules that name a bank which it matches have come into force",
    [TL_REJUDGE_ASKED] = "a person asked for all that a bank matches"};

/* The match because of which it is judged now; of a bank that does not match any more: the first. */
static const struct tl_signal *
asked_for(const struct scan *s)
{
	const struct tl_signal *first = NULL;
	for (size_t i = 0; i < s->signal_count; i++) {
		if (tl_id_eq(s->signals[i].bank, s->again.bank))
			return &s->signals[i];
		if (!first && !tl_id_is_nil(s->signals[i].bank))
			first = &s->signals[i];
	}
	return s->again.grew ? NULL : first;
}

enum grew { GREW_NEW, GREW_BACK, GREW_REACH };

static const char *const found_again[] = {
    [GREW_NEW] = "found again: it was published before the bank \"%.*s\" knew of it",
    [GREW_BACK] =
	"found again: an entry of the bank \"%.*s\" that was off for a time counts again",
    [GREW_REACH] =
	"found again: the bank \"%.*s\" reaches it now; it did not when it was published"};

/* What the bank had of it when it was published. An entry that is gone meanwhile was new once. */
static enum grew
how_it_grew(struct worker *w, const struct scan *s)
{
	struct tl_bank_entry e = {0};
	if (tl_bank_entry_get(w->db, s->again.bank, s->again.entry, s->arena, &e) < 0 ||
	    e.added_at > s->full.item.received_at)
		return GREW_NEW;
	return !e.enabled && e.disabled_until ? GREW_BACK : GREW_REACH;
}

/* Says beside the rules' reasons why the item is judged now. */
static int
add_why_again(struct worker *w, struct scan *s)
{
	const struct tl_signal *hit = s->again.asked ? asked_for(s) : NULL;
	if (!hit)
		return 0;
	size_t n = s->verdict.reason_count;
	struct tl_reason *all = TL_NEWS(s->arena, struct tl_reason, n + 1);
	if (!all)
		return tl_arena_check(s->arena);
	if (n)
		memcpy(all, s->verdict.reasons, n * sizeof *all);
	const char *why =
	    s->again.grew
		? tl_arena_printf(s->arena, found_again[how_it_grew(w, s)], TL_ARG(hit->label))
		: tl_arena_printf(s->arena, "judged again: %s", judged_again[s->again.why]);
	all[n] = (struct tl_reason){
	    .rule = s->again.grew ? TL_S("found-again") : TL_S("judged-again"),
	    .pack = TL_S("tutela"),
	    .policy = hit->policy,
	    .outcome = TL_VERDICT_ALLOW,
	    .explanation = tl_str(why),
	    .values = TL_S("[]")};
	s->verdict.reasons = all;
	s->verdict.reason_count = n + 1;
	return tl_arena_check(s->arena);
}

void
scan_judge(struct worker *w, struct scan *s)
{
	s->end = SCAN_VERDICT;
	if (nothing_to_judge(s)) {
		s->end = SCAN_GONE;
		return;
	}
	if (banks_behind(w, s)) {
		s->end = SCAN_WAIT;
		return;
	}
	bool same = false;
	int rc = detect(w, s);
	if (rc == 0)
		rc = nothing_new(w, s, &same);
	if (rc < 0) {
		scan_failed(w, s, rc, "detect");
		return;
	}
	if (same) {
		s->end = SCAN_GONE;
		return;
	}
	rc = judge(w, s);
	if (rc == 0)
		rc = add_why_again(w, s);
	TL_KILLPOINT(ITEM_JUDGED);
	if (rc < 0)
		scan_failed(w, s, rc, "rules");
	else if (no_graver(s))
		s->end = SCAN_GONE;
}
