/*
 * Owns the files of the index: writes, merges, checks and rebuilds them.
 *
 * Promises: the store's row says how far the files may reach before they do; a directory is named in the store once it is
 * whole; a death at any moment leaves one that is right or one that nobody uses. Failure: nothing but files is lost; it is
 * said and tried again at the next look. Called by the clerk.
 */
#include "detect/keeper.h"

#include "base/buf.h"
#include "detect/known.h"
#include "store/bank_log.h"
#include "store/derived.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#define POLL_US (500 * TL_US_MS)
#define AGAIN_US (10 * TL_US_S)   /* after a failure */
#define FLUSH_TAIL 16384          /* entries in memory; sooner when */
#define FLUSH_US (3 * TL_US_S)    /* the oldest of them has waited so long, or */
#define QUIET_US (600 * TL_US_MS) /* nothing more has come for so long */
#define BUILD_TAIL 262144         /* while building nobody follows: larger files */
#define SLICE 10000

struct kept {
	enum tl_entry_form form;
	struct tl_index *x; /* NULL: none is usable */
	int64_t epoch;
	int64_t after;    /* told up to this change */
	int64_t dirty_us; /* monotonic: since when something is in memory only; 0: nothing is */
	int64_t came_us;  /* when the last of it came */
	int64_t verify_us, again_us;
	bool bad; /* the files are damaged or not of this store */
};

struct tl_keeper {
	struct tl_db *db;
	const char *data_dir;
	struct tl_keeper_events events;
	int64_t check_us;
	struct kept kept[tl_entry_form_count];
	size_t n;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool poked, stop; /* under lock */
};

static bool
stopping(struct tl_keeper *k)
{
	(void)pthread_mutex_lock(&k->lock);
	bool stop = k->stop;
	(void)pthread_mutex_unlock(&k->lock);
	return stop;
}

/* Transactions -------------------------------------------------------------------------------------------------- */

struct writing {
	enum tl_entry_form form;
	struct tl_derived row;
	int64_t drop;
};

static int
write_row(struct tl_db *db, void *ctx)
{
	const struct writing *w = ctx;
	return tl_derived_set(db, tl_entry_form_names[w->form], &w->row);
}

static int
write_built(struct tl_db *db, void *ctx)
{
	const struct writing *w = ctx;
	return tl_derived_built(db, tl_entry_form_names[w->form], &w->row);
}

static int
drop_removed(struct tl_db *db, void *ctx)
{
	const struct writing *w = ctx;
	return tl_bank_removed_drop(db, w->form, w->drop);
}

/* Keeping ------------------------------------------------------------------------------------------------------- */

static void
let_go(struct kept *f)
{
	tl_index_close(f->x);
	f->x = NULL;
	f->epoch = f->after = f->dirty_us = 0;
	f->bad = false;
}

/* What the files say of themselves: something else than a store that cannot be read. */
static int
of_files(struct kept *f, int rc)
{
	f->bad = f->bad || rc == TL_ECORRUPT || rc == TL_ENOTFOUND;
	return rc;
}

static int
give_up(struct tl_keeper *k, struct kept *f, int64_t epoch)
{
	char why[512];
	if (tl_str_copy(why, sizeof why, tl_str(tl_err_text())) < 0)
		why[0] = '\0';
	let_go(f);
	int rc = tl_derived_give_up(k->db, tl_entry_form_names[f->form], epoch, why);
	if (rc >= 0 && k->events.damaged)
		k->events.damaged(k->events.ctx, f->form, why);
	return rc < 0 ? rc : 0;
}

struct telling {
	struct kept *f;
	bool fresh;
	size_t told;
};

static int
on_change(void *ctx, const struct tl_bank_change *c)
{
	struct telling *t = ctx;
	t->told++;
	return tl_known_tell(t->f->x, t->f->form, c, t->fresh);
}

/* One slice of changes; *ret_more: there are more. */
static int
read_slice(struct tl_keeper *k, struct kept *f, bool fresh, bool *ret_more)
{
	struct telling t = {f, fresh, 0};
	int64_t upto = f->after;
	int rc =
	    tl_bank_changes(k->db, f->form, f->after, SLICE, on_change, &t, &upto, ret_more);
	if (rc < 0)
		return rc;
	if (t.told) {
		f->came_us = tl_mono_us();
		f->dirty_us = f->dirty_us ? f->dirty_us : f->came_us;
	}
	f->after = upto;
	tl_index_reached(f->x, (uint64_t)upto);
	return 0;
}

static int
flush(struct tl_keeper *k, struct kept *f)
{
	struct writing w = {f->form, {f->epoch, f->after}, f->after};
	int rc = tl_db_tx(k->db, TL_SYNC_NORMAL, write_row, &w);
	TL_KILLPOINT(INDEX_ANNOUNCED);
	if (rc == 0)
		rc = of_files(f, tl_index_flush(f->x));
	TL_KILLPOINT(INDEX_FLUSHED);
	if (rc < 0)
		return rc;
	f->dirty_us = 0;
	return tl_db_tx(k->db, TL_SYNC_NORMAL, drop_removed, &w);
}

static int
merge(struct tl_keeper *k, struct kept *f)
{
	bool merged = true;
	int rc = 0;
	while (rc == 0 && merged && !stopping(k))
		rc = of_files(f, tl_index_merge(f->x, &merged));
	return rc;
}

/* Everything that the store holds, into a directory that nobody uses yet. */
static int
fill(struct tl_keeper *k, struct kept *f)
{
	struct tl_index_stats s;
	bool more = true;
	int rc = 0;
	while (rc == 0 && more && !stopping(k)) {
		rc = read_slice(k, f, true, &more);
		tl_index_stats(f->x, &s);
		if (rc == 0 && s.tail >= BUILD_TAIL)
			rc = tl_index_flush(f->x);
	}
	if (rc == 0 && !more)
		rc = tl_index_flush(f->x);
	if (rc == 0 && !more)
		rc = merge(k, f);
	f->dirty_us = 0;
	return rc < 0 ? rc : more ? tl_fail(TL_EAGAIN, "stopped") : 0;
}

static int
make_parent(struct tl_keeper *k)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	tl_buf_printf(&path, "%s/index", k->data_dir);
	if (mkdir(tl_buf_z(&path), 0700) < 0 && errno != EEXIST)
		return tl_fail(TL_EIO, "cannot make %s: %m", tl_buf_z(&path));
	return 0;
}

static int
build(struct tl_keeper *k, struct kept *f)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	struct tl_index_stats s;
	int64_t start = tl_mono_us(), epoch = 0;
	int rc = make_parent(k);
	if (rc == 0)
		rc = tl_known_path(k->data_dir, f->form, 0, &path);
	if (rc == 0)
		rc = tl_derived_anew(tl_buf_z(&path), &epoch);
	if (rc == 0)
		rc = tl_known_path(k->data_dir, f->form, epoch, &path);
	if (rc == 0)
		rc = tl_index_open(tl_buf_z(&path), TL_INDEX_OWN, &f->x);
	if (rc < 0)
		return rc;
	f->epoch = epoch;
	rc = fill(k, f);
	TL_KILLPOINT(INDEX_BUILT);
	struct writing w = {f->form, {epoch, f->after}, f->after};
	if (rc == 0)
		rc = tl_db_tx(k->db, TL_SYNC_NORMAL, write_built, &w);
	if (rc < 0) {
		let_go(f);
		return rc;
	}
	f->verify_us = tl_mono_us() + k->check_us;
	tl_index_stats(f->x, &s);
	if (k->events.built)
		k->events.built(k->events.ctx, f->form, s.entries, tl_mono_us() - start);
	return tl_db_tx(k->db, TL_SYNC_NORMAL, drop_removed, &w);
}

/* Takes over the directory that the store names. */
static int
adopt(struct tl_keeper *k, struct kept *f, const struct tl_derived *row)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	struct tl_index_stats s;
	struct stat st;
	int rc = tl_known_path(k->data_dir, f->form, 0, &path);
	if (rc == 0) {
		tl_derived_sweep(tl_buf_z(&path), row->epoch);
		rc = tl_known_path(k->data_dir, f->form, row->epoch, &path);
	}
	if (rc == 0 && stat(tl_buf_z(&path), &st) < 0)
		rc = tl_fail(TL_ECORRUPT, "%s is missing", tl_buf_z(&path));
	if (rc == 0)
		rc = tl_index_open(tl_buf_z(&path), TL_INDEX_OWN, &f->x);
	if (rc < 0)
		return rc;
	tl_index_stats(f->x, &s);
	if (s.mark > (uint64_t)row->upto || s.mark == 0)
		return tl_fail(TL_ECORRUPT, "%s is not of this store", tl_buf_z(&path));
	f->epoch = row->epoch;
	f->after = (int64_t)s.mark;
	f->verify_us = 0;
	return 0;
}

/* As somebody finds them who opens them now: what is missing or cut short no more shows in what was mapped before. */
static int
verify(struct tl_keeper *k, struct kept *f)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	TL_CLEANUP(tl_index_closep) struct tl_index *x = NULL;
	if (tl_mono_us() < f->verify_us)
		return 0;
	int rc = tl_known_path(k->data_dir, f->form, f->epoch, &path);
	if (rc == 0)
		rc = tl_index_open(tl_buf_z(&path), TL_INDEX_FOLLOW, &x);
	if (rc == 0)
		rc = tl_index_verify(x);
	f->verify_us = tl_mono_us() + k->check_us;
	return rc;
}

static int
keep_level(struct tl_keeper *k, struct kept *f)
{
	struct tl_index_stats s;
	bool more = true;
	int rc = 0;
	while (rc == 0 && more && !stopping(k)) {
		rc = read_slice(k, f, false, &more);
		tl_index_stats(f->x, &s);
		int64_t now = tl_mono_us();
		bool due = f->dirty_us &&
			   (now - f->dirty_us >= FLUSH_US || now - f->came_us >= QUIET_US);
		if (rc == 0 && (s.tail >= FLUSH_TAIL || due)) {
			rc = flush(k, f);
			if (rc == 0)
				rc = merge(k, f);
		}
	}
	return rc;
}

/* True when the store has entries of this form, or had. */
static int
any(struct tl_keeper *k, const struct kept *f, bool *ret)
{
	return tl_bank_form_used(k->db, f->form, ret);
}

static int
look(struct tl_keeper *k, struct kept *f)
{
	struct tl_derived row;
	bool used = true;
	int rc = tl_derived_get(k->db, tl_entry_form_names[f->form], &row);
	if (rc == 0 && f->x && row.epoch != f->epoch)
		let_go(f); /* a follower has found it damaged */
	if (rc == 0 && !f->x && row.epoch)
		rc = of_files(f, adopt(k, f, &row));
	if (rc == 0 && f->x)
		rc = of_files(f, verify(k, f));
	if (rc == 0 && f->x)
		rc = keep_level(k, f);
	if (rc < 0 && f->bad)
		rc = give_up(k, f, row.epoch);
	if (rc == 0 && !f->x)
		rc = any(k, f, &used);
	return rc == 0 && !f->x && used ? build(k, f) : rc;
}

static void
look_all(struct tl_keeper *k)
{
	for (size_t i = 0; i < k->n && !stopping(k); i++) {
		struct kept *f = &k->kept[i];
		if (tl_mono_us() < f->again_us)
			continue;
		int rc = look(k, f);
		if (rc == 0)
			continue;
		f->again_us = tl_mono_us() + AGAIN_US;
		if (!stopping(k) && k->events.failed)
			k->events.failed(k->events.ctx, f->form, rc, tl_err_text());
	}
}

/* The thread ---------------------------------------------------------------------------------------------------- */

static bool
rest(struct tl_keeper *k)
{
	int64_t until = tl_mono_us() + POLL_US;
	struct timespec ts = {.tv_sec = until / TL_US_S, .tv_nsec = (until % TL_US_S) * 1000};
	(void)pthread_mutex_lock(&k->lock);
	while (!k->poked && !k->stop && pthread_cond_timedwait(&k->wake, &k->lock, &ts) == 0) {
	}
	k->poked = false;
	bool go_on = !k->stop;
	(void)pthread_mutex_unlock(&k->lock);
	return go_on;
}

/* A process that starts again finds it in files. */
static void
write_last(struct tl_keeper *k, struct kept *f)
{
	bool more;
	int rc = f->x ? read_slice(k, f, false, &more) : 0;
	if (rc == 0 && f->x && f->dirty_us)
		rc = flush(k, f);
	if (rc < 0 && k->events.failed)
		k->events.failed(k->events.ctx, f->form, rc, tl_err_text());
}

static void *
keeper_main(void *arg)
{
	struct tl_keeper *k = arg;
	do
		look_all(k);
	while (rest(k));
	for (size_t i = 0; i < k->n; i++)
		write_last(k, &k->kept[i]);
	return NULL;
}

int
tl_keeper_start(struct tl_store *s, const struct tl_keeper_events *events, int64_t check_us,
    struct tl_keeper **ret)
{
	struct tl_keeper *k = calloc(1, sizeof *k);
	pthread_condattr_t attr;
	if (!k)
		abort();
	k->events = *events;
	k->check_us = check_us;
	k->data_dir = tl_store_dir(s);
	for (int f = 0; f < tl_entry_form_count; f++) {
		if (tl_known_form((enum tl_entry_form)f))
			k->kept[k->n++].form = (enum tl_entry_form)f;
	}
	(void)pthread_mutex_init(&k->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&k->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	int rc = tl_db_open(s, &k->db);
	if (rc == 0 && pthread_create(&k->thread, NULL, keeper_main, k) != 0)
		rc = tl_fail(TL_EAGAIN, "no thread for the keeper of the index");
	k->started = rc == 0;
	if (rc < 0) {
		tl_keeper_stop(k);
		return rc;
	}
	*ret = k;
	return 0;
}

void
tl_keeper_stop(struct tl_keeper *k)
{
	if (!k)
		return;
	if (k->started) {
		(void)pthread_mutex_lock(&k->lock);
		k->stop = true;
		(void)pthread_cond_signal(&k->wake);
		(void)pthread_mutex_unlock(&k->lock);
		(void)pthread_join(k->thread, NULL);
	}
	for (size_t i = 0; i < k->n; i++)
		let_go(&k->kept[i]);
	tl_db_close(k->db);
	(void)pthread_cond_destroy(&k->wake);
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}

void
tl_keeper_poke(struct tl_keeper *k)
{
	(void)pthread_mutex_lock(&k->lock);
	k->poked = true;
	(void)pthread_cond_signal(&k->wake);
	(void)pthread_mutex_unlock(&k->lock);
}
