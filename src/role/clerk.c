/*
 * The clerk: whatever must happen because time passes. One table of duties; each has its pause, runs in its own
 * short transactions and is repeated at once while there is more to do.
 *
 * Promises: one clerk works at a time (a duty row that it renews; a second one waits); a failing duty is logged and
 * tried again at its next time, the others go on. Sealing comes first: deliveries wait for it.
 */
#include "role/beat.h"
#include "role/clerk_minors.h"
#include "role/role.h"
#include "role/watch.h"

#include "base/arena.h"
#include "detect/keeper.h"
#include "enforce/enforce.h"
#include "outbox/outbox.h"
#include "people/second.h"
#include "review/review.h"
#include "store/account_verdicts.h"
#include "store/alarms.h"
#include "store/bank_log.h"
#include "store/banks_change.h"
#include "store/blobs.h"
#include "store/checkpoint.h"
#include "store/contact_log.h"
#include "store/decisions.h"
#include "store/keys.h"
#include "store/ledger.h"
#include "store/media.h"
#include "store/moves.h"
#include "store/relations.h"
#include "store/retention.h"
#include "store/snapshots.h"
#include "store/streams.h"
#include "store/verify.h"
#include "sys/clock.h"
#include "sys/killpoint.h"
#include "sys/log.h"
#include "sys/stop.h"

#include <poll.h>
#include <stdio.h>

#define DUTY_US (15 * TL_US_S)
#define POLL_MS 500
#define MERGE_US (10 * TL_US_S)
#define LOG_PAGES 8192 /* 64 MiB: from there on the log is begun anew */
#define PAGE 256
#define CONTACTS_PAGE 2048 /* rows of a few bytes each, thousands a second */
#define VERIFY_LINKS 5000

struct clerk {
	const struct tl_config *config;
	const struct tl_wires *wires;
	struct tl_store *store;
	struct tl_db *db;
	struct tl_arena *arena;
	struct tl_id me;
	int64_t sealed;
	struct beat beat;
	struct watch watch;
	struct clerk_minors minors;
	unsigned part;         /* of the blob folder, looked through next */
	int64_t merge_until;   /* monotonic: until then the logs are ours to merge */
	int64_t checkpoint_us; /* when the last one was made */
	int64_t scrub_us;      /* monotonic: when the store's log is emptied next */
	struct tl_verify verify;
};

/* Returns how many things it did (more than 0: run again at once), or an error. */
typedef int (*duty_fn)(struct tl_db *db, void *clerk);

static int
seal(struct tl_db *db, void *clerk)
{
	(void)clerk;
	return tl_ledger_seal(db, PAGE);
}

static int
sign_head(struct tl_db *db, void *ctx)
{
	struct clerk *c = ctx;
	bool due =
	    tl_mono_us() - c->checkpoint_us >= c->config->audit_checkpoint_minutes * TL_US_MIN;
	struct tl_checkpoint made;
	int rc = tl_checkpoint_make(
	    db, c->config->data_dir, due ? 0 : c->config->audit_checkpoint_rows, &made);
	if (rc <= 0)
		return rc;
	char chain[2 * sizeof made.chain + 1];
	tl_hex(chain, made.chain, sizeof made.chain);
	c->checkpoint_us = tl_mono_us();
	tl_log(EV_CHECKPOINT, TL_LINT("seq", made.seq), TL_LWORD("chain", chain));
	return 0;
}

static int
checkpoints(struct tl_db *db, void *clerk)
{
	struct clerk *c = clerk;
	int rc = tl_db_tx(db, TL_SYNC_FULL, sign_head, c);
	return rc < 0 ? rc : tl_checkpoint_log(db, c->config->data_dir);
}

static int
ring_broken(struct tl_db *db, void *ctx)
{
	const struct clerk *c = ctx;
	const struct tl_chain_finding *f = &c->verify.first;
	return tl_alarm_say(db, TL_AL_CHAIN_BROKEN, tl_str(tl_chain_fault_word(f->fault)),
	    TL_SAID(A_INT(f->seq), A_Z(tl_chain_fault_text(f->fault))));
}

/* A slice of the chain at a time, over and over. What was changed behind our back is found within the round. */
static int
verify_chain(struct tl_db *db, void *clerk)
{
	struct clerk *c = clerk;
	int rc = tl_verify_links(db, &c->verify, VERIFY_LINKS);
	bool whole = rc == 0;
	if (whole)
		rc = tl_verify_ends(db, &c->verify);
	if (rc >= 0 && c->verify.found_count)
		rc = tl_db_tx(db, TL_SYNC_FULL, ring_broken, c);
	if (whole || c->verify.found_count)
		c->verify = (struct tl_verify){0};
	return rc < 0 ? rc : 0;
}

static int
number_events(struct tl_db *db, void *clerk)
{
	(void)clerk;
	size_t n = 0;
	int rc = tl_outboxrow_number(db, tl_now_us(), PAGE, &n);
	return rc < 0 ? rc : (int)n;
}

static int
lapse_claims(struct tl_db *db, void *clerk)
{
	(void)clerk;
	return tl_review_lapse(db, tl_now_us(), PAGE);
}

static int
settle_cases(struct tl_db *db, void *clerk)
{
	(void)clerk;
	return tl_review_settle(db, tl_now_us(), PAGE);
}

static int
case_clocks(struct tl_db *db, void *clerk)
{
	struct clerk *c = clerk;
	tl_arena_reset(c->arena);
	return tl_review_late(db, c->arena, tl_now_us());
}

static int
expire_proposals(struct tl_db *db, void *clerk)
{
	struct clerk *c = clerk;
	tl_arena_reset(c->arena);
	return tl_second_expire(db, c->arena, tl_now_us());
}

static int
end_streams(struct tl_db *db, void *clerk)
{
	const struct clerk *c = clerk;
	return tl_stream_silent(
	    db, tl_now_us() - c->config->stream_silence_seconds * TL_US_S, PAGE);
}

static int
weigh_streams(struct tl_db *db, void *clerk)
{
	(void)clerk;
	return tl_review_streams(db, PAGE);
}

static int
action_clocks(struct tl_db *db, void *clerk)
{
	struct clerk *c = clerk;
	size_t n = 0;
	tl_arena_reset(c->arena);
	int rc = tl_enforce_clocks(db, tl_now_us(), PAGE, c->arena, &n);
	return rc < 0 ? rc : 0;
}

static int
expire_items(struct tl_db *db, void *clerk)
{
	const struct clerk *c = clerk;
	struct tl_retention r = {.decided_us = c->config->complaint_days * TL_US_DAY};
	return tl_retention_items(db, &r, PAGE);
}

static int
expire_media(struct tl_db *db, void *clerk)
{
	(void)clerk;
	return tl_media_sweep(db, tl_now_us(), PAGE);
}

static int
purge_media(struct tl_db *db, void *clerk)
{
	(void)clerk;
	return tl_media_purge(db, PAGE);
}

/* Entries of banks that were deleted. */
static int
sweep_banks(struct tl_db *db, void *clerk)
{
	(void)clerk;
	return tl_bank_sweep(db, PAGE);
}

/* One part of the folder a minute: the whole of it a few times a day. */
static int
sweep_files(struct tl_db *db, void *clerk)
{
	struct clerk *c = clerk;
	int64_t before = tl_now_us() - TL_US_DAY;
	int rc = tl_blob_drop_unfinished(c->store, before);
	return rc < 0 ? rc : tl_media_sweep_files(db, c->part++, before);
}

static bool may_merge(struct clerk *c);

static int
scrub_keys(struct tl_db *db, void *clerk)
{
	return may_merge(clerk) ? tl_keys_scrub(db) : 0;
}

/* What was erased is out of the log in time, as it is out of the finder's files. */
static int
scrub_store(struct tl_db *db, void *clerk)
{
	struct clerk *c = clerk;
	int64_t now = tl_mono_us();
	if (now < c->scrub_us || !may_merge(c))
		return 0;
	int rc = tl_store_scrub(db);
	if (rc > 0)
		c->scrub_us = now + c->config->again_erase_minutes * TL_US_MIN;
	return rc < 0 ? rc : 0;
}

static int
expire_tokens(struct tl_db *db, void *clerk)
{
	(void)clerk;
	int rc = tl_retention_tokens(db);
	return rc < 0 ? rc : 0;
}

static int
expire_counts(struct tl_db *db, void *clerk)
{
	const struct clerk *c = clerk;
	return tl_retention_counts(db, c->config->intervention_days * TL_US_DAY);
}

/* From well before the last round: a clerk that was stopped for days catches up. */
static int
expire_strikes(struct tl_db *db, void *clerk)
{
	(void)clerk;
	int rc = tl_strike_expire(db, tl_now_us() - 30 * TL_US_DAY, tl_now_us());
	return rc < 0 ? rc : 0;
}

static int
prune_events(struct tl_db *db, void *clerk)
{
	const struct clerk *c = clerk;
	return tl_outboxrow_prune(db, tl_now_us() - c->config->events_days * TL_US_DAY, PAGE);
}

/* What hangs on the numbers of erased accounts, then pairs between which nothing holds any more. */
static int
sweep_relations(struct tl_db *db, void *clerk)
{
	const struct clerk *c = clerk;
	int rc = tl_relations_sweep(db, PAGE);
	return rc ? rc
		  : tl_relations_expire(
			db, tl_now_us() - c->config->relation_ended_days * TL_US_DAY, PAGE);
}

static int
expire_contacts(struct tl_db *db, void *clerk)
{
	const struct clerk *c = clerk;
	int64_t before = tl_now_us() - c->config->contact_days * TL_US_DAY;
	int rc = tl_account_verdict_expire(db, before, PAGE);
	return rc < 0 ? rc : tl_contact_log_expire(db, before, CONTACTS_PAGE);
}

static int
forget_matches(struct tl_db *db, void *clerk)
{
	(void)clerk;
	return tl_brake_forget(db, tl_now_us(), PAGE);
}

static int
forget_snapshots(struct tl_db *db, void *clerk)
{
	const struct clerk *c = clerk;
	return tl_snapshot_forget(db, tl_now_us() - c->config->snapshot_days * TL_US_DAY, PAGE);
}

static int
watch(struct tl_db *db, void *clerk)
{
	struct clerk *c = clerk;
	return watch_all(db, &c->watch);
}

static int
offer_ages(struct tl_db *db, void *clerk)
{
	return clerk_minors_ages(db, &((struct clerk *)clerk)->minors);
}

static int
lapse_settings(struct tl_db *db, void *clerk)
{
	return clerk_minors_lapses(db, &((struct clerk *)clerk)->minors);
}

static int
forget_history(struct tl_db *db, void *clerk)
{
	return clerk_minors_forget(db, &((struct clerk *)clerk)->minors);
}

static int
tell_settings(struct tl_db *db, void *clerk)
{
	return clerk_minors_tell(db, &((struct clerk *)clerk)->minors);
}

static int
move_settings(struct tl_db *db, void *clerk)
{
	return clerk_minors_moves(db, &((struct clerk *)clerk)->minors);
}

static int
forget_moves(struct tl_db *db, void *clerk)
{
	const struct clerk *c = clerk;
	return tl_move_forget(
	    db, tl_now_us() - c->config->migration_undo_days * TL_US_DAY, PAGE);
}

struct duty {
	const char *name;
	duty_fn fn;
	enum tl_sync sync;
	int64_t every_us;
	bool wakes; /* others wait for what it does */
	bool alone; /* begins its own transactions */
};

static const struct duty duties[] = {
    {"seal", seal, TL_SYNC_FULL, 0, true, false},
    {"number_events", number_events, TL_SYNC_FULL, 0, true, false},
    {"lapse_claims", lapse_claims, TL_SYNC_NORMAL, TL_US_S, false, false},
    {"end_streams", end_streams, TL_SYNC_NORMAL, TL_US_S, false, false},
    {"weigh_streams", weigh_streams, TL_SYNC_NORMAL, TL_US_S, false, false},
    {"settle_cases", settle_cases, TL_SYNC_NORMAL, 5 * TL_US_S, false, false},
    {"action_clocks", action_clocks, TL_SYNC_NORMAL, 5 * TL_US_S, false, false},
    {"proposals", expire_proposals, TL_SYNC_NORMAL, 10 * TL_US_S, false, false},
    {"case_clocks", case_clocks, TL_SYNC_NORMAL, 10 * TL_US_S, false, false},
    {"purge_media", purge_media, TL_SYNC_NORMAL, 5 * TL_US_S, false, false},
    {"expire_items", expire_items, TL_SYNC_FULL, TL_US_MIN, false, false},
    {"expire_media", expire_media, TL_SYNC_NORMAL, TL_US_MIN, false, false},
    {"sweep_files", sweep_files, TL_SYNC_NORMAL, TL_US_MIN, false, true},
    {"scrub_keys", scrub_keys, TL_SYNC_FULL, TL_US_MIN, false, true},
    {"scrub_store", scrub_store, TL_SYNC_FULL, 5 * TL_US_S, false, true},
    {"expire_tokens", expire_tokens, TL_SYNC_NORMAL, TL_US_MIN, false, false},
    {"expire_counts", expire_counts, TL_SYNC_NORMAL, TL_US_HOUR, false, false},
    {"expire_strikes", expire_strikes, TL_SYNC_NORMAL, TL_US_HOUR, false, false},
    {"prune_events", prune_events, TL_SYNC_NORMAL, 10 * TL_US_MIN, false, false},
    {"expire_contacts", expire_contacts, TL_SYNC_NORMAL, 10 * TL_US_S, false, false},
    {"sweep_banks", sweep_banks, TL_SYNC_NORMAL, 5 * TL_US_S, false, false},
    {"sweep_relations", sweep_relations, TL_SYNC_NORMAL, TL_US_S, false, false},
    {"forget_matches", forget_matches, TL_SYNC_NORMAL, 10 * TL_US_MIN, false, false},
    {"move_settings", move_settings, TL_SYNC_FULL, TL_US_S, true, false},
    {"forget_moves", forget_moves, TL_SYNC_NORMAL, 10 * TL_US_MIN, false, false},
    {"forget_snapshots", forget_snapshots, TL_SYNC_NORMAL, 10 * TL_US_MIN, false, false},
    {"checkpoints", checkpoints, TL_SYNC_FULL, 5 * TL_US_S, false, true},
    {"verify_chain", verify_chain, TL_SYNC_NORMAL, 10 * TL_US_S, false, true},
    {"offer_ages", offer_ages, TL_SYNC_FULL, 5 * TL_US_S, false, false},
    {"lapse_settings", lapse_settings, TL_SYNC_FULL, 5 * TL_US_S, false, false},
    {"forget_history", forget_history, TL_SYNC_NORMAL, TL_US_HOUR, false, false},
    {"tell_settings", tell_settings, TL_SYNC_FULL, 5 * TL_US_S, false, false},
    {"watch", watch, TL_SYNC_NORMAL, 5 * TL_US_S, false, true},
};

static void
run_duty(struct clerk *c, const struct duty *d)
{
	bool any = false;
	for (int rounds = 0; rounds < 64; rounds++) {
		int rc = d->alone ? d->fn(c->db, c) : tl_db_tx(c->db, d->sync, d->fn, c);
		if (rc < 0)
			tl_log(EV_STORE_ERROR, TL_LWORD("where", d->name),
			    TL_LWORD("error", tl_err_name(rc)),
			    TL_LWORD("text", tl_err_text()));
		if (rc <= 0)
			break;
		any = true;
		if (rc < PAGE)
			break;
	}
	if (any && d->wakes) {
		TL_KILLPOINT(DUTY_DONE);
		tl_wake(c->wires, TL_PROC_COURIER);
		tl_wake(c->wires, TL_PROC_SERVER);
	}
}

static int
take_duty(struct tl_db *db, void *ctx)
{
	const struct clerk *c = ctx;
	return tl_duty_take(db, "clerk", c->me, tl_now_us() + DUTY_US);
}

/* The next clerk need not wait until our hold has run out. */
static int
give_duty(struct tl_db *db, void *ctx)
{
	const struct clerk *c = ctx;
	return tl_duty_take(db, "clerk", c->me, tl_now_us());
}

static int
take_merge(struct tl_db *db, void *ctx)
{
	const struct clerk *c = ctx;
	return tl_duty_take(db, TL_DUTY_MERGE, c->me, tl_now_us() + MERGE_US);
}

/*
 * Who merges the logs: we, unless the backup role does, which must copy them first. When its hold has run out, because it
 * hangs or does not come up, the logs must not grow for ever.
 */
static bool
may_merge(struct clerk *c)
{
	int64_t now = tl_mono_us();
	if (!c->config->backup_dir[0] || now < c->merge_until)
		return true;
	if (now < c->merge_until + MERGE_US) /* it goes first */
		return false;
	c->merge_until = now - MERGE_US / 2;
	if (tl_db_tx(c->db, TL_SYNC_NORMAL, take_merge, c) == 0)
		c->merge_until = now + MERGE_US;
	return now < c->merge_until;
}

/* Copies the log while nobody waits; empties it when it has grown large. */
static void
checkpoint(struct clerk *c)
{
	if (!may_merge(c))
		return;
	int64_t pages = 0;
	int rc = tl_store_checkpoint(c->db, false, &pages);
	/* What came in while the first was copying, so that little is left for the turn. */
	if (rc == 0 && pages > LOG_PAGES)
		rc = tl_store_checkpoint(c->db, false, &pages);
	if (rc == 0 && pages > LOG_PAGES)
		rc = tl_store_checkpoint(c->db, true, &pages);
	if (rc < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "checkpoint"),
		    TL_LWORD("text", tl_err_text()));
}

static void
round_of_duties(struct clerk *c, int64_t next_us[TL_COUNT(duties)])
{
	int64_t now = tl_mono_us();
	for (size_t i = 0; i < TL_COUNT(duties); i++) {
		beat_now(&c->beat, c->db);
		if (next_us[i] > now)
			continue;
		run_duty(c, &duties[i]);
		next_us[i] = tl_mono_us() + duties[i].every_us;
	}
}

static void
loop(struct clerk *c, struct tl_stop *stop)
{
	int64_t next_us[TL_COUNT(duties)] = {0};
	int64_t duty_until = 0, next_checkpoint = 0;
	while (!stop->stop) {
		int64_t now = tl_mono_us();
		if (now > duty_until - DUTY_US / 2 &&
		    tl_db_tx(c->db, TL_SYNC_NORMAL, take_duty, c) == 0)
			duty_until = now + DUTY_US;
		if (now < duty_until) {
			TL_KILLPOINT(DUTY_TAKEN);
			round_of_duties(c, next_us);
			if (now >= next_checkpoint) {
				checkpoint(c);
				next_checkpoint = now + TL_US_S;
			}
		}
		struct pollfd p[2] = {{.fd = stop->fd, .events = POLLIN},
		    {.fd = c->wires->wake, .events = POLLIN}};
		(void)poll(p, 2, POLL_MS);
		tl_stop_read(stop);
		(void)tl_wake_drain(c->wires);
	}
	if (tl_mono_us() < duty_until) {
		run_duty(c, &duties[0]);
		c->checkpoint_us = -INT64_MAX / 2; /* what is sealed at the end is signed */
		int rc = checkpoints(c->db, c);
		if (rc < 0)
			tl_log(EV_STORE_ERROR, TL_LWORD("where", "checkpoints"),
			    TL_LWORD("text", tl_err_text()));
		beat_stop(&c->beat, c->db);
		if (tl_db_tx(c->db, TL_SYNC_NORMAL, give_duty, c) < 0)
			tl_log(EV_STORE_ERROR, TL_LWORD("where", "give_duty"),
			    TL_LWORD("text", tl_err_text()));
		checkpoint(c);
	}
}

/* The keeper of the index works on its own thread: writing files must hold up nothing that has a clock. */
static void
on_index_damaged(void *ctx, enum tl_entry_form form, const char *why)
{
	(void)ctx;
	tl_log(EV_INDEX_DAMAGED, TL_LWORD("form", tl_entry_form_names[form]),
	    TL_LWORD("text", why));
}

static void
on_index_built(void *ctx, enum tl_entry_form form, uint64_t entries, int64_t took_us)
{
	(void)ctx;
	tl_log(EV_INDEX_BUILT, TL_LWORD("form", tl_entry_form_names[form]),
	    TL_LINT("entries", entries), TL_LINT("took_ms", took_us / TL_US_MS));
}

static void
on_index_failed(void *ctx, enum tl_entry_form form, int err, const char *text)
{
	(void)ctx;
	tl_log(EV_INDEX_ERROR, TL_LWORD("where", tl_entry_form_names[form]),
	    TL_LWORD("error", tl_err_name(err)), TL_LWORD("text", text));
}

/*
 * One supervisor a data folder, one clerk of it: the same holder after a restart need not wait until the hold of the one
 * that died has run out.
 */
static struct tl_id
holder(void)
{
	return (struct tl_id){{'c', 'l', 'e', 'r', 'k'}};
}

int
tl_role_clerk(const struct tl_role_args *a)
{
	struct clerk c = {.config = a->config,
	    .wires = a->wires,
	    .me = holder(),
	    .minors = {.config = a->config}};
	TL_CLEANUP(tl_store_closep) struct tl_store *store = NULL;
	TL_CLEANUP(tl_db_closep) struct tl_db *db = NULL;
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(1 << 20);
	struct tl_stop stop;
	int rc = tl_stop_open(&stop);
	if (rc == 0)
		rc = tl_store_open(a->config->data_dir, &store);
	if (rc == 0)
		rc = tl_db_open(store, &db);
	if (rc < 0)
		return rc;
	c.store = store;
	c.db = db;
	c.arena = arena;
	beat_init(&c.beat, "clerk", -1);
	watch_init(&c.watch, a->config, arena);
	struct tl_keeper *keeper = NULL;
	struct tl_keeper_events ev = {
	    .damaged = on_index_damaged, .built = on_index_built, .failed = on_index_failed};
	rc = tl_keeper_start(store, &ev, a->config->index_check_seconds * TL_US_S, &keeper);
	if (rc < 0)
		return rc;
	c.merge_until = tl_mono_us() - 1; /* the backup role takes its hold first */
	tl_log(EV_START, TL_LWORD("role", "clerk"));
	loop(&c, &stop);
	tl_keeper_stop(keeper);
	clerk_minors_fini(&c.minors);
	tl_log(EV_STOP, TL_LWORD("role", "clerk"));
	tl_stop_close(&stop);
	return 0;
}
