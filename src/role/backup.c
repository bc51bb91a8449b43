/*
 * The backup role: continuous copies of the store, the keys and the blobs, in folders on another disk. It runs when
 * backup_dir is set, and then it alone merges the databases' logs: what is not copied is not merged.
 *
 * Promises: a copied moment is complete (media before the rows that name them, keys before the texts that need them); a
 * target that cannot be written never stops the others: the log waits up to GIVE_UP bytes, then it is merged uncopied and a
 * new generation begins when the target is back. A target that hangs hangs this process only; the clerk sees that its hold
 * on the logs has run out and merges them itself. Started by the supervisor, last to stop.
 */
#include "role/role.h"

#include "role/beat.h"
#include "ship/files.h"
#include "ship/ship.h"
#include "store/checkpoint.h"
#include "store/keys.h"
#include "store/ledger.h"
#include "store/vitals.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"
#include "sys/stop.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ROUND_MS 1000
#define HOLD_US (60 * TL_US_S)
#define RENEW_US (15 * TL_US_S)
#define LATE_US (2 * TL_US_MIN) /* so old, and an alarm opens */
#define KEYS_RENEW_US TL_US_HOUR
#define WHOLE_BYTES ((size_t)64 << 20)
#define GIVE_UP_BYTES (INT64_C(512) << 20)
#define FILES_MOST 500
#define PART_US TL_US_MIN
#define SETTINGS_US TL_US_MIN

struct backup {
	const struct tl_config *config;
	struct tl_db *db;
	struct tl_id me;
	struct tl_ship *store, *keys;
	char blobs[TL_PATH_MAX], blobs_to[TL_PATH_MAX + 8], settings_to[TL_PATH_MAX + 16];
	int64_t hold_until, noted_at, part_at, scrub_at, settings_at; /* monotonic */
	unsigned part, parts_done;
	bool failing;
	struct beat beat;
};

/* One backup role at a time in an installation: the same holder after a restart need not wait for itself. */
static struct tl_id
holder(void)
{
	return (struct tl_id){{'b', 'a', 'c', 'k', 'u', 'p'}};
}

static int
open_ship(
    const struct backup *b, const char *name, const char *to, bool keys, struct tl_ship **ret)
{
	char database[TL_PATH_MAX], turn[TL_PATH_MAX], target[TL_PATH_MAX];
	const struct tl_config *c = b->config;
	int rc = tl_config_path(c, name, database);
	if (rc == 0)
		rc = tl_config_path(c, "lock", turn);
	if (rc == 0)
		rc = tl_config_path(c, to, target);
	if (rc < 0)
		return rc;
	int64_t erase_us =
	    c->again_erase_minutes ? c->again_erase_minutes * TL_US_MIN : TL_US_MIN;
	size_t n = strlen(target);
	(void)snprintf(target + n, sizeof target - n, "/%s", keys ? "keys" : "store");
	struct tl_ship_rules rules = {.database = database,
	    .turn = turn,
	    .to = target,
	    .renew_us = keys ? KEYS_RENEW_US : c->backup_base_hours * TL_US_HOUR,
	    .keep_us = keys ? 0 : c->backup_days * TL_US_DAY,
	    .whole_bytes = WHOLE_BYTES,
	    .whole_us = keys ? TL_US_MIN : erase_us};
	return tl_ship_open(&rules, ret);
}

static int
take_hold(struct tl_db *db, void *ctx)
{
	const struct backup *b = ctx;
	return tl_duty_take(db, TL_DUTY_MERGE, b->me, tl_now_us() + HOLD_US);
}

/* The next clerk need not wait until the hold has run out. */
static int
give_hold(struct tl_db *db, void *ctx)
{
	const struct backup *b = ctx;
	return tl_duty_take(db, TL_DUTY_MERGE, b->me, tl_now_us());
}

/* Everything up to `shipped` is copied; later than this an alarm opens. */
static int
note(struct tl_db *db, void *ctx)
{
	const struct backup *b = ctx;
	int64_t shipped = tl_ship_state(b->store)->shipped_us;
	/* Before the first account there are no keys to copy. */
	int64_t keys = b->keys ? tl_ship_state(b->keys)->shipped_us : 0;
	if (keys && keys < shipped)
		shipped = keys;
	return tl_deadline_set(
	    db, TL_AL_BACKUP_OLD, TL_S(TL_BACKUP_CONTINUOUS), shipped + LATE_US, shipped);
}

static int
copy_files(struct backup *b, bool *ret_more)
{
	int rc = tl_files_new(b->blobs, b->blobs_to, FILES_MOST);
	*ret_more = rc == FILES_MOST;
	bool first = b->parts_done < TL_FILES_PARTS;
	if (rc < 0 || (!first && tl_mono_us() < b->part_at))
		return rc < 0 ? rc : 0;
	rc =
	    tl_files_part(b->blobs, b->blobs_to, b->part++, b->config->backup_days * TL_US_DAY);
	b->part_at = tl_mono_us() + PART_US;
	b->parts_done += rc >= 0 && first;
	*ret_more = *ret_more || b->parts_done < TL_FILES_PARTS;
	return rc < 0 ? rc : 0;
}

/* A file that only grows and is shorter now was begun anew, after a restore: what is in the copy is kept beside it. */
static void
keep_longer(const char *from, const char *to)
{
	char beside[TL_PATH_MAX + 64];
	struct stat ours, theirs;
	if (stat(from, &ours) < 0 || stat(to, &theirs) < 0 || ours.st_size >= theirs.st_size)
		return;
	(void)snprintf(beside, sizeof beside, "%s.%lld", to, (long long)tl_now_us());
	if (rename(to, beside) < 0)
		tl_log(EV_BACKUP_FAILED, TL_LWORD("error", "IO"),
		    TL_LWORD("text", "the copy of the checkpoints cannot be kept"));
}

/*
 * tutela.yaml and the policy folder as they are now: a new machine needs them to go on. And the signed checkpoints: a copy
 * of them elsewhere proves what was done to the trail.
 */
static int
copy_settings(struct backup *b)
{
	char from[TL_PATH_MAX], to[TL_PATH_MAX + 32];
	static const char *const files[] = {"tutela.yaml", TL_CHECKPOINT_FILE};
	int rc = tl_mkdirs(b->settings_to);
	for (size_t i = 0; i < TL_COUNT(files) && rc == 0; i++) {
		rc = tl_config_path(b->config, files[i], from);
		(void)snprintf(to, sizeof to, "%s/%s", b->settings_to, files[i]);
		if (rc == 0 && i == 1)
			keep_longer(from, to);
		if (rc == 0)
			rc = tl_files_one(from, to);
		rc = rc == TL_ENOTFOUND ? 0 : rc;
	}
	if (rc == 0)
		rc = tl_config_path(b->config, b->config->policy_dir, from);
	(void)snprintf(to, sizeof to, "%s/policy", b->settings_to);
	return rc < 0 ? rc : tl_files_mirror(from, to);
}

/* Media first, then keys, then the rows that need both. */
static int
copy_all(struct backup *b, bool *ret_more)
{
	bool files = false, keys = false, rows = false;
	int rc = copy_files(b, &files);
	if (rc == 0 && tl_mono_us() > b->settings_at) {
		rc = copy_settings(b);
		b->settings_at = tl_mono_us() + SETTINGS_US;
	}
	if (rc == 0 && b->keys)
		rc = tl_ship_step(b->keys, &keys);
	if (rc == 0 && !b->keys && tl_mono_us() > b->scrub_at) {
		rc = tl_keys_scrub(b->db);
		b->scrub_at = tl_mono_us() + TL_US_MIN;
	}
	if (rc == 0)
		rc = tl_ship_step(b->store, &rows);
	*ret_more = files || keys || rows;
	return rc;
}

static void
say_broken(struct tl_ship *s, const char *what, int64_t before)
{
	const struct tl_ship_state *now = tl_ship_state(s);
	if (now->generations > before && now->broken)
		tl_log(EV_BACKUP_ANEW, TL_LWORD("what", what), TL_LWORD("why", now->broken));
}

/* The target cannot be written. The log may wait for it, but not for ever. */
static void
failed(struct backup *b, int rc)
{
	if (!b->failing)
		tl_log(EV_BACKUP_FAILED, TL_LWORD("error", tl_err_name(rc)),
		    TL_LWORD("text", tl_err_text()));
	b->failing = true;
	struct tl_ship *const ships[] = {b->store, b->keys};
	for (size_t i = 0; i < TL_COUNT(ships); i++) {
		if (ships[i] && tl_ship_state(ships[i])->log_bytes > GIVE_UP_BYTES &&
		    tl_ship_give_up(ships[i]) < 0)
			tl_log(EV_STORE_ERROR, TL_LWORD("where", "backup"),
			    TL_LWORD("text", tl_err_text()));
	}
}

static void
round_of_copies(struct backup *b, bool *ret_more)
{
	int64_t store = tl_ship_state(b->store)->generations;
	int64_t keys = b->keys ? tl_ship_state(b->keys)->generations : 0;
	int rc = copy_all(b, ret_more);
	say_broken(b->store, "store", store);
	if (b->keys)
		say_broken(b->keys, "keys", keys);
	if (rc < 0) {
		*ret_more = false;
		failed(b, rc);
		return;
	}
	if (b->failing)
		tl_log(EV_BACKUP_AGAIN,
		    TL_LINT("generations", tl_ship_state(b->store)->generations));
	b->failing = false;
	int64_t now = tl_mono_us();
	if (tl_ship_state(b->store)->shipped_us && now - b->noted_at > RENEW_US &&
	    tl_db_tx(b->db, TL_SYNC_NORMAL, note, b) == 0)
		b->noted_at = now;
}

static void
loop(struct backup *b, struct tl_stop *stop)
{
	while (!stop->stop) {
		bool more = false;
		int64_t now = tl_mono_us();
		beat_now(&b->beat, b->db);
		if (now > b->hold_until - (HOLD_US - RENEW_US) &&
		    tl_db_tx(b->db, TL_SYNC_NORMAL, take_hold, b) == 0)
			b->hold_until = now + HOLD_US;
		if (now < b->hold_until)
			round_of_copies(b, &more);
		struct pollfd p[1] = {{.fd = stop->fd, .events = POLLIN}};
		(void)poll(p, 1, more ? 0 : ROUND_MS);
		tl_stop_read(stop);
	}
}

/* Everybody else has stopped: the rest is copied and the logs are merged, so that one file each is left. */
static void
finish(struct backup *b)
{
	bool more = true;
	int rc = 0;
	beat_stop(&b->beat, b->db);
	while (rc >= 0 && more) {
		rc = tl_files_new(b->blobs, b->blobs_to, FILES_MOST);
		more = rc == FILES_MOST;
	}
	if (tl_mono_us() >=
	    b->hold_until) /* the clerk merges: what it merged is lost to this generation anyway */
		return;
	if (rc >= 0)
		rc = tl_db_tx(b->db, TL_SYNC_NORMAL, note, b);
	if (rc >= 0)
		rc = tl_db_tx(b->db, TL_SYNC_NORMAL, give_hold, b);
	if (rc >= 0 && b->keys)
		rc = tl_ship_finish(b->keys);
	if (rc >= 0)
		rc = tl_ship_finish(b->store);
	if (rc < 0)
		failed(b, rc);
}

static int
prepare(struct backup *b)
{
	const struct tl_config *c = b->config;
	char to[TL_PATH_MAX];
	int rc = tl_config_path(c, "blobs", b->blobs);
	if (rc == 0)
		rc = tl_config_path(c, c->backup_dir, to);
	if (rc < 0)
		return rc;
	(void)snprintf(b->blobs_to, sizeof b->blobs_to, "%s/blobs", to);
	(void)snprintf(b->settings_to, sizeof b->settings_to, "%s/settings", to);
	rc = tl_files_note(b->blobs);
	if (rc == 0)
		rc = open_ship(b, "store.db", c->backup_dir, false, &b->store);
	if (rc == 0 && c->backup_keys_dir[0])
		rc = open_ship(b, "keys.db", c->backup_keys_dir, true, &b->keys);
	return rc;
}

int
tl_role_backup(const struct tl_role_args *a)
{
	TL_CLEANUP(tl_store_closep) struct tl_store *store = NULL;
	TL_CLEANUP(tl_db_closep) struct tl_db *db = NULL;
	static struct backup b; /* large: the only one of the process */
	struct tl_stop stop;
	int rc = tl_stop_open(&stop);
	if (rc == 0)
		rc = tl_store_open(a->config->data_dir, &store);
	if (rc == 0)
		rc = tl_db_open(store, &db);
	b = (struct backup){.config = a->config, .me = holder(), .db = db};
	if (rc == 0)
		rc = prepare(&b);
	if (rc == 0) {
		beat_init(&b.beat, "backup", -1);
		tl_log(EV_START, TL_LWORD("role", "backup"));
		loop(&b, &stop);
		finish(&b);
		tl_log(EV_STOP, TL_LWORD("role", "backup"));
	}
	tl_ship_close(b.store);
	tl_ship_close(b.keys);
	tl_stop_close(&stop);
	return rc;
}
