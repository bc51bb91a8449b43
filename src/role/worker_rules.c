/*
 * Policies and rules in force: read at start, read again when their files change.
 *
 * Promises: a folder with errors changes nothing and opens an alarm; the last good set stays. Without any good
 * set nothing is judged: items wait, none passes. Called by the main loop about once a second.
 */
#include "role/worker_int.h"

#include "base/arena.h"
#include "config/policy.h"
#include "detect/banks.h"
#include "review/review.h"
#include "store/alarms.h"
#include "store/banks.h"
#include "store/people.h"
#include "store/rejudge.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <stdio.h>
#include <unistd.h>

#define LOOK_US TL_US_S
#define NOTE_US (60 * TL_US_S) /* rules leave the shadow by themselves */
#define BANKS_MAX 4096
#define STALE_US (10 * TL_US_S)

struct law {
	char dir[TL_PATH_MAX];
	char rules_dir[TL_PATH_MAX + 8];
	const struct tl_policy_set *policies;
	uint64_t policy_stamp; /* of the files, good or bad, last looked at */
	struct tl_rules_watch *watch;
	int64_t bank_mark;
	uint64_t bank_stamp; /* of the banks' names and kinds */
	int64_t next_us;
	int64_t
	    note_us; /* monotonic: when it is noted next which rules name banks; 0: at once */
	bool wait_said;         /* an index is not whole */
	bool stale_said;        /* the alarm of old banks may be open */
	struct tl_arena *arena; /* of the known banks */
	struct tl_rules_bank *banks;
	size_t bank_count;
};

static uint64_t
mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * UINT64_C(0x9e3779b97f4a7c15) + (h >> 29);
}

static uint64_t
mix_str(uint64_t h, struct tl_str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = mix(h, s.p[i]);
	return mix(h, s.n);
}

struct alarm_text {
	enum tl_alarm_kind kind;
	bool open;
	struct tl_str text; /* what stays inside */
};

static int
set_alarm(struct tl_db *db, void *ctx)
{
	const struct alarm_text *a = ctx;
	if (!a->open)
		return tl_alarm_over(db, a->kind, TL_S("policy"));
	return tl_alarm_open(db, a->kind, TL_S("policy"), TL_SAID(A_TEXT(a->text)), NULL);
}

static void
alarm_set(struct worker *w, enum tl_alarm_kind kind, bool open, struct tl_str text)
{
	struct alarm_text a = {kind, open, text};
	int rc = tl_db_tx(w->db, TL_SYNC_NORMAL, set_alarm, &a);
	if (rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "alarm"),
		    TL_LWORD("error", tl_err_name(rc)));
}

static int
sync_queues(struct tl_db *db, void *ctx)
{
	return tl_review_queues_sync(db, ctx);
}

static void
poll_policies(struct worker *w, struct law *l)
{
	uint64_t stamp = tl_policy_stamp(l->dir);
	if (stamp == l->policy_stamp)
		return;
	l->policy_stamp = stamp;
	const struct tl_policy_set *fresh = NULL;
	int rc = tl_policy_load(l->dir, &fresh);
	if (rc < 0) {
		TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
		tl_buf_puts(&b, tl_err_text());
		tl_log(EV_RULES_REFUSED, TL_LWORD("where", "policies"));
		alarm_set(w, TL_AL_POLICY_REFUSED, true, tl_buf_str(&b));
		return;
	}
	tl_policy_unref(l->policies);
	l->policies = fresh;
	void *set = NULL;
	memcpy(&set, &fresh, sizeof set); /* the callback takes it as const again */
	rc = tl_db_tx(w->db, TL_SYNC_NORMAL, sync_queues, set);
	if (rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "queues"),
		    TL_LWORD("error", tl_err_name(rc)));
	alarm_set(w, TL_AL_POLICY_REFUSED, false, TL_S(""));
}

static void
add_bank(void *ctx, struct tl_str name, enum tl_bank_kind kind)
{
	struct law *l = ctx;
	if (l->bank_count == BANKS_MAX)
		return; /* rules that name it are refused */
	l->banks[l->bank_count++] = (struct tl_rules_bank){tl_arena_dup(l->arena, name), kind};
	l->bank_stamp = mix(mix_str(l->bank_stamp, name), kind);
}

/* Reads the banks' names when one of their counters moved. */
static int
poll_banks(struct worker *w, struct law *l)
{
	int64_t marks[tl_bank_kind_count], sum = 1;
	int rc = tl_bank_marks(w->db, marks);
	for (size_t i = 0; i < tl_bank_kind_count && rc == 0; i++)
		sum += marks[i];
	if (rc < 0 || sum == l->bank_mark)
		return rc;
	tl_arena_reset(l->arena);
	l->banks = TL_NEWS(l->arena, struct tl_rules_bank, BANKS_MAX);
	l->bank_stamp = 1;
	l->bank_count = 0;
	rc = l->banks ? tl_bank_names(w->db, add_bank, l) : tl_arena_check(l->arena);
	if (rc < 0)
		return rc;
	l->bank_mark = sum;
	return tl_arena_check(l->arena);
}

static int
record_rules(struct tl_db *db, void *ctx)
{
	return tl_audit_add(db, "system", "rules.load", tl_str(ctx), TL_S(""));
}

static void
swapped(struct worker *w, struct law *l)
{
	const struct tl_rule_set *set = tl_rules_watch_current(l->watch);
	char version[32];
	struct tl_str v = tl_rules_version(set);
	if (tl_str_copy(version, sizeof version, v) < 0)
		version[0] = '\0';
	tl_log(EV_RULES_LOADED, TL_LWORD("version", version),
	    TL_LINT("rules", tl_rules_count(set)));
	tl_rules_unref(set);
	if (tl_db_tx(w->db, TL_SYNC_NORMAL, record_rules, version) < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "audit"));
	alarm_set(w, TL_AL_RULES_REFUSED, false, TL_S(""));
	l->note_us = 0;
}

/* Which rules name which bank: what matched a bank is judged again when others do, or say something else. */
struct noting {
	const struct law *l;
	const struct tl_rule_set *set;
	int64_t mark;
};

static int
note_bank(struct tl_db *db, const struct noting *n, struct tl_str bank, bool first)
{
	struct tl_id id;
	uint64_t stamp = tl_rules_stamp_for(n->set, bank, tl_now_us());
	int rc = tl_bank_find(db, bank, &id);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	return tl_rejudge_rules(db, id, (int64_t)(stamp >> 1), first);
}

static int
note_banks(struct tl_db *db, void *ctx)
{
	struct noting *n = ctx;
	bool differs = false;
	int rc = tl_rejudge_rules_mark(db, &n->mark);
	bool first = n->mark == 0;
	for (size_t i = 0; i < n->l->bank_count && rc >= 0; i++) {
		rc = note_bank(db, n, n->l->banks[i].name, first);
		differs = differs || rc > 0;
	}
	if (rc >= 0 && (differs || first))
		rc = tl_rejudge_rules_noted(db, ++n->mark);
	return rc < 0 ? rc : 0;
}

static void
note_rules(struct worker *w, struct law *l)
{
	if (tl_mono_us() < l->note_us)
		return;
	const struct tl_rule_set *set = tl_rules_watch_current(l->watch);
	struct noting n = {.l = l, .set = set};
	int rc = set ? tl_db_tx(w->db, TL_SYNC_NORMAL, note_banks, &n) : TL_ENOTFOUND;
	tl_rules_unref(set);
	if (rc == 0) {
		w->rules_mark = n.mark;
		l->note_us = tl_mono_us() + NOTE_US;
	} else if (set) {
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "rules"),
		    TL_LWORD("error", tl_err_name(rc)));
	}
}

static void
refused(struct worker *w, struct tl_lang_report *report)
{
	struct tl_str text = tl_buf_str(&report->text);
	if (text.n > 3500)
		text.n = 3500;
	tl_log(EV_RULES_REFUSED, TL_LWORD("where", "rules"), TL_LINT("errors", report->count));
	alarm_set(w, TL_AL_RULES_REFUSED, true, text);
}

static void
poll_rules(struct worker *w, struct law *l)
{
	struct tl_str detectors[16];
	size_t n = 0;
	uint64_t stamp = l->bank_stamp;
	for (; n < TL_COUNT(detectors) && tl_detector_names[n]; n++)
		detectors[n] = tl_str(tl_detector_names[n]);
	if (l->policies)
		stamp = mix_str(stamp, l->policies->version);
	struct tl_rules_known known = {.policies = l->policies,
	    .banks = l->banks,
	    .bank_count = l->bank_count,
	    .detectors = detectors,
	    .detector_count = n};
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(1 << 20);
	TL_CLEANUP(tl_lang_report_fini) struct tl_lang_report report;
	tl_lang_report_init(&report, arena);
	switch (tl_rules_watch_poll(l->watch, &known, stamp, &report)) {
	case TL_RULES_SWAPPED:
		swapped(w, l);
		break;
	case TL_RULES_REFUSED:
		refused(w, &report);
		break;
	case TL_RULES_SAME:
		break;
	}
	note_rules(w, l);
}

/* Matching goes on with the banks as they were; somebody must know that new entries are not among them. */
static void
poll_loader(struct worker *w, struct law *l)
{
	bool waits = !tl_bank_loader_whole(w->loader);
	if (waits && !l->wait_said)
		tl_log(EV_BANK_WAIT, TL_LINT("pid", getpid()));
	l->wait_said = waits;
	int64_t since = tl_bank_loader_failing_us(w->loader);
	bool stale = since && tl_mono_us() - since > STALE_US;
	if (stale == l->stale_said)
		return;
	l->stale_said = stale;
	alarm_set(w, TL_AL_BANKS_STALE, stale, TL_S(""));
}

void
law_poll(struct worker *w)
{
	struct law *l = w->law;
	int64_t now = tl_mono_us();
	if (now < l->next_us && !w->stop.reload)
		return;
	w->stop.reload = false;
	l->next_us = now + LOOK_US;
	poll_policies(w, l);
	poll_loader(w, l);
	int rc = poll_banks(w, l);
	if (rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "banks"),
		    TL_LWORD("error", tl_err_name(rc)));
	else if (l->policies)
		poll_rules(w, l);
}

struct law *
law_create(struct worker *w)
{
	struct law *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->arena = tl_arena_create((size_t)64 << 20);
	int rc = tl_config_path(w->config, w->config->policy_dir, l->dir);
	(void)rc; /* too long: then nothing loads, and items wait */
	(void)snprintf(l->rules_dir, sizeof l->rules_dir, "%s/rules", l->dir);
	l->watch = tl_rules_watch_create(l->rules_dir);
	l->stale_said = true; /* left open by a worker before us: closed when all is well */
	return l;
}

void
law_destroy(struct law *l)
{
	if (!l)
		return;
	tl_rules_watch_destroy(l->watch);
	tl_policy_unref(l->policies);
	tl_arena_destroy(l->arena);
	free(l);
}

const struct tl_policy_set *
law_policies(const struct law *l)
{
	return l->policies;
}

const struct tl_rule_set *
law_rules(struct law *l)
{
	return tl_rules_watch_current(l->watch);
}
