/*
 * Owns one database's way into its copy: the reading transaction that keeps the log, the position in it, the files of the
 * generation.
 *
 * Promises: a line of the index is written after what it tells of is on disk; nothing is merged before it is copied, but
 * for tl_ship_give_up. On failure the files are let go and the next step finds its place from what is on disk. Called by
 * the backup role.
 */
#include "ship/ship_int.h"

#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 50

int
tl_ship_path(const struct tl_ship *s, const char *name, char dst[TL_SHIP_PATH])
{
	int n = snprintf(dst, TL_SHIP_PATH, "%s/%s/%s", s->to, s->state.generation, name);
	return n > 0 && n < TL_SHIP_PATH
		   ? 0
		   : tl_fail(TL_ETOOBIG, "the folder for copies has too long a name");
}

int
tl_ship_segment(const struct tl_ship *s, char dst[TL_SHIP_PATH])
{
	char name[32];
	(void)snprintf(name, sizeof name, "%06lld.wal", (long long)s->segment);
	return tl_ship_path(s, name, dst);
}

/* SQLite, only as far as the log needs it -------------------------------------------------------------------------- */

static int
open_connection(const char *path, sqlite3 **ret)
{
	int code =
	    sqlite3_open_v2(path, ret, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(*ret, BUSY_MS);
	if (code == SQLITE_OK)
		code = sqlite3_exec(*ret, "PRAGMA wal_autocheckpoint=0;PRAGMA cache_size=-512",
		    NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : tl_fail(TL_EIO, "%s: %s", path, sqlite3_errmsg(*ret));
}

static void
let_go(struct tl_ship *s)
{
	if (s->held)
		(void)sqlite3_exec(s->reader, "ROLLBACK", NULL, NULL, NULL);
	s->held = false;
}

/*
 * A reading transaction at the log's newest state. Readers within the log keep everybody from beginning it anew. The log
 * is merged up to the mark of the last transaction before a newer one is taken, so that something always stays unmerged:
 * then the log goes on even while nobody holds it, after this process was killed.
 */
static int
hold(struct tl_ship *s)
{
	let_go(s);
	int code = sqlite3_exec(
	    s->reader, "BEGIN;SELECT COUNT(*) FROM sqlite_schema", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return tl_fail(TL_EIO, "%s: %s", s->database, sqlite3_errmsg(s->reader));
	s->held = true;
	return 0;
}

/* PASSIVE waits for nobody. *ret_all: nothing of the log is left unmerged. */
static int
merge(struct tl_ship *s, bool *ret_all)
{
	int in_log = 0, merged = 0;
	int code = sqlite3_wal_checkpoint_v2(
	    s->merger, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &merged);
	if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY)
		return tl_fail(TL_EIO, "merging the log of %s: %s", s->database,
		    sqlite3_errmsg(s->merger));
	*ret_all = code == SQLITE_OK && in_log == merged;
	return 0;
}

/* Generations ------------------------------------------------------------------------------------------------------ */

/* Forgets the position; the next step finds it again from what is on disk, or begins anew when `broken` says why. */
static void
drop(struct tl_ship *s, const char *broken)
{
	tl_fd_close(&s->log_fd);
	tl_fd_close(&s->segment_fd);
	tl_fd_close(&s->index_fd);
	tl_ship_base_abort(s);
	s->segment = -1;
	s->at = 0;
	s->ended = false;
	s->based_us = 0;
	s->state.generation[0] = '\0';
	if (broken) {
		s->state.broken = broken;
		s->begin_anew = true;
	}
}

static int
write_line(struct tl_ship *s, struct tl_track_line *line)
{
	char text[TL_TRACK_LINE];
	line->segment = s->segment;
	line->bytes = s->at;
	tl_track_print(line, text);
	size_t n = strlen(text);
	if (write(s->index_fd, text, n) != (ssize_t)n || fdatasync(s->index_fd) < 0)
		return tl_fail(errno == ENOSPC ? TL_EFULL : TL_EIO,
		    "writing the index of the copy failed: %m");
	return 0;
}

static int
begin_generation(struct tl_ship *s)
{
	char path[TL_SHIP_PATH];
	drop(s, NULL);
	(void)snprintf(
	    s->state.generation, sizeof s->state.generation, "%020lld", (long long)tl_now_us());
	int rc = tl_ship_path(s, "index", path);
	if (rc == 0)
		rc = tl_mkdirs(s->to);
	if (rc == 0) {
		char *slash = strrchr(path, '/');
		*slash = '\0';
		rc = tl_mkdirs(path);
		*slash = '/';
	}
	if (rc < 0)
		return rc;
	s->index_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (s->index_fd < 0)
		return tl_fail(
		    errno == ENOSPC ? TL_EFULL : TL_EIO, "cannot write %s: %m", path);
	s->begin_anew = false;
	s->state.generations++;
	return 0;
}

/* The log -------------------------------------------------------------------------------------------------------- */

/* Opens the log that is there now; it is another file when somebody removed it. *ret_size -1: there is none. */
static int
look_at_log(struct tl_ship *s, int64_t *ret_size)
{
	char path[TL_SHIP_PATH];
	struct stat now, ours;
	(void)snprintf(path, sizeof path, "%s-wal", s->database);
	*ret_size = -1;
	if (stat(path, &now) < 0)
		return errno == ENOENT ? 0 : tl_fail(TL_EIO, "%s: %m", path);
	if (s->log_fd >= 0 && fstat(s->log_fd, &ours) == 0 && ours.st_ino != now.st_ino)
		tl_fd_close(&s->log_fd);
	if (s->log_fd < 0)
		s->log_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->log_fd < 0)
		return tl_fail(TL_EIO, "%s: %m", path);
	*ret_size = now.st_size;
	return 0;
}

/*
 * The log that is there now follows the one whose end was noted: SQLite counts the lives of a log (0 after it was removed),
 * and the database is as it was, so that nobody merged another log meanwhile.
 */
static bool
follows(const struct tl_ship *s, const uint8_t *head)
{
	struct stat st;
	if (head && tl_wal_life(head) != 0 && tl_wal_life(head) != tl_wal_life(s->head) + 1)
		return false;
	return stat(s->database, &st) == 0 && st.st_size == s->end_size &&
	       st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec == s->end_mtime_ns;
}

static int
begin_segment(struct tl_ship *s, const uint8_t head[TL_WAL_HEAD])
{
	char path[TL_SHIP_PATH];
	int rc = tl_wal_begin(&s->wal, tl_bytes(head, TL_WAL_HEAD));
	if (rc < 0)
		return rc;
	tl_fd_close(&s->segment_fd);
	s->segment++;
	s->ended = false;
	rc = tl_ship_segment(s, path);
	if (rc < 0)
		return rc;
	s->segment_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (s->segment_fd < 0 || pwrite(s->segment_fd, head, TL_WAL_HEAD, 0) != TL_WAL_HEAD)
		return tl_fail(
		    errno == ENOSPC ? TL_EFULL : TL_EIO, "cannot write %s: %m", path);
	memcpy(s->head, head, TL_WAL_HEAD);
	s->at = TL_WAL_HEAD;
	s->begun_us = tl_mono_us();
	return tl_ship_sync_folder(s);
}

/* One piece of the log: takes its frames, writes those up to the last commit. *ret_end: no further frame is there. */
static int
copy_piece(struct tl_ship *s, bool *ret_end)
{
	size_t frame = tl_wal_frame_bytes(&s->wal);
	size_t room = TL_SHIP_PIECE / frame * frame;
	size_t whole = 0, at = 0;
	ssize_t got = pread(s->log_fd, s->piece, room, s->at);
	if (got < 0)
		return tl_fail(TL_EIO, "reading the log of %s failed: %m", s->database);
	struct tl_wal taken = s->wal, committed = s->wal;
	for (bool commit = false; at + frame <= (size_t)got; at += frame) {
		if (!tl_wal_frame(&taken, tl_bytes(s->piece + at, frame), &commit))
			break;
		if (commit) {
			whole = at + frame;
			committed = taken;
		}
	}
	/* A transaction larger than the piece is copied in part: it counts only when its end is. */
	bool part = whole == 0 && at == room;
	size_t n = part ? at : whole;
	if (n && pwrite(s->segment_fd, s->piece, n, s->at) != (ssize_t)n)
		return tl_fail(errno == ENOSPC ? TL_EFULL : TL_EIO,
		    "writing the copy of a log failed: %m");
	s->wal = part ? taken : committed;
	s->at += (int64_t)n;
	s->in_part = part || (s->in_part && n == 0);
	*ret_end = n == 0 || (!part && (size_t)got < room);
	return 0;
}

/* Copies all that is committed. What was copied of an unfinished transaction is taken back. */
static int
copy_log(struct tl_ship *s)
{
	bool end = false;
	struct tl_wal kept = s->wal;
	int64_t from = s->at, sound = s->at;
	int rc = 0;
	s->in_part = false;
	while (!end && rc == 0) {
		rc = copy_piece(s, &end);
		if (rc == 0 && !s->in_part) {
			kept = s->wal;
			sound = s->at;
		}
	}
	s->wal = kept;
	s->at = sound;
	if (rc < 0 || sound == from)
		return rc;
	if (fdatasync(s->segment_fd) < 0)
		return tl_fail(TL_EIO, "syncing the copy of a log failed: %m");
	return 0;
}

/* Sees what log is there; *ret_new: it may hold frames that are not copied. */
static int
find_log(struct tl_ship *s, bool *ret_new)
{
	uint8_t head[TL_WAL_HEAD];
	int64_t size = 0;
	*ret_new = false;
	int rc = look_at_log(s, &size);
	if (rc < 0)
		return rc;
	s->state.log_bytes = size > 0 ? size : 0;
	bool there =
	    size >= TL_WAL_HEAD && pread(s->log_fd, head, sizeof head, 0) == sizeof head;
	if (there && s->segment >= 0 && memcmp(head, s->head, sizeof head) == 0) {
		*ret_new = size > s->at;
		return 0;
	}
	if (s->segment >= 0 && !s->ended) {
		drop(s, "the log was begun anew by another program, or lost its end in a power "
			"cut");
		return 0;
	}
	if (s->segment >= 0 && !follows(s, there ? head : NULL)) {
		drop(s, "the database was changed by another program");
		return 0;
	}
	if (!there)
		return 0;
	*ret_new = true;
	return begin_segment(s, head);
}

/* Merges up to what was held until now, and holds what is there now. Under a base copy the database's file stands still. */
static int
move_on(struct tl_ship *s)
{
	bool all = false;
	int rc = s->held && !s->base ? merge(s, &all) : 0;
	return rc < 0 ? rc : hold(s);
}

static int
follow(struct tl_ship *s, bool holding)
{
	bool new = false;
	int rc = find_log(s, &new);
	if (rc == 0 && new &&holding)
		rc = move_on(s);
	int64_t now = tl_now_us(), before = s->at;
	if (rc == 0 && new)
		rc = copy_log(s);
	if (rc == 0 && new && s->at > before) {
		struct tl_track_line line = {.kind = TL_TRACK_SHIPPED, .at_us = now};
		s->ended = false;
		rc = write_line(s, &line);
	}
	if (rc == 0 && s->state.generation[0])
		s->state.shipped_us = now;
	return rc;
}

/*
 * Copies the rest, merges all and notes the end of this life of the log, while no writer can come in between. When a
 * reader elsewhere keeps part of it, the log simply goes on.
 */
static int
turn_over(struct tl_ship *s)
{
	struct stat st;
	bool all = false;
	int rc = tl_turn_take(&s->turn);
	if (rc < 0)
		return rc;
	rc = follow(s, false);
	let_go(s);
	if (rc == 0)
		rc = merge(s, &all);
	/* A log that keeps what was forgotten is emptied, not only begun anew. */
	if (rc == 0 && all && s->rules.whole_us)
		all = sqlite3_wal_checkpoint_v2(
			  s->merger, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK;
	if (rc == 0 && all && s->segment >= 0 && stat(s->database, &st) == 0) {
		struct tl_track_line line = {.kind = TL_TRACK_END,
		    .at_us = tl_now_us(),
		    .mtime_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec,
		    .size = st.st_size};
		rc = write_line(s, &line);
		s->ended = rc == 0;
		s->end_mtime_ns = line.mtime_ns;
		s->end_size = line.size;
	}
	tl_turn_give(&s->turn);
	return rc;
}

/* A generation that is old and no longer what the database is makes room for a new one. */
static bool
is_old(const struct tl_ship *s)
{
	bool changed = s->segment > 0 || s->at > s->based_at;
	return s->based_us && changed && tl_now_us() - s->based_us > s->rules.renew_us;
}

static bool
must_turn(const struct tl_ship *s)
{
	if (s->base || s->segment < 0 || s->ended)
		return false;
	return s->state.log_bytes > (int64_t)s->rules.whole_bytes ||
	       (s->rules.whole_us && s->state.log_bytes > TL_WAL_HEAD &&
		   tl_mono_us() - s->begun_us > s->rules.whole_us);
}

static int
base_done(struct tl_ship *s)
{
	int rc = follow(s, true);
	if (rc < 0 || !s->state.generation[0])
		return rc;
	struct tl_track_line line = {.kind = TL_TRACK_BASE, .at_us = tl_now_us()};
	rc = write_line(s, &line);
	if (rc < 0)
		return rc;
	s->based_us = line.at_us;
	s->based_at = s->at;
	tl_ship_prune(s);
	return 0;
}

/* Copies; while a base copy is under way nothing is merged, so that the database's file stands still under it. */
static int
advance(struct tl_ship *s, bool *ret_more)
{
	bool done = false;
	int rc = follow(s, true);
	if (rc == 0 && s->base) {
		rc = tl_ship_base_step(s, &done);
		if (rc == 0 && done)
			rc = base_done(s);
		*ret_more = rc == 0 && !done;
		return rc;
	}
	*ret_more = rc == 0 && !s->state.generation[0]; /* it broke: begin the next at once */
	return rc == 0 && must_turn(s) ? turn_over(s) : rc;
}

/* A generation begins when there is a log to follow: only then is it known that nothing comes in between. */
static int
begin(struct tl_ship *s)
{
	int64_t size = 0;
	int rc = look_at_log(s, &size);
	if (rc < 0 || size < TL_WAL_HEAD)
		return rc;
	rc = begin_generation(s);
	if (rc == 0)
		rc = follow(s, true);
	return rc < 0 ? rc : tl_ship_base_begin(s);
}

int
tl_ship_step(struct tl_ship *s, bool *ret_more)
{
	*ret_more = false;
	int rc = 0;
	if (!s->state.generation[0] && !s->begin_anew)
		rc = tl_ship_resume(s);
	if (rc == 0 && is_old(s)) {
		drop(s, NULL);
		s->begin_anew = true;
	}
	if (rc == 0 && !s->state.generation[0])
		rc = begin(s);
	if (rc == 0 && s->state.generation[0])
		rc = advance(s, ret_more);
	if (rc < 0)
		drop(s, NULL);
	return rc;
}

int
tl_ship_finish(struct tl_ship *s)
{
	bool more = true;
	int rc = 0;
	while (rc == 0 && more)
		rc = tl_ship_step(s, &more);
	return rc < 0 ? rc : turn_over(s);
}

int
tl_ship_give_up(struct tl_ship *s)
{
	bool all = false;
	drop(s, "the copy could not be written for too long");
	let_go(s);
	return merge(s, &all);
}

/* ----------------------------------------------------------------------------------------------------------------- */

static char *
copy_of(const char *z)
{
	char *copy = strdup(z);
	if (!copy)
		abort();
	return copy;
}

int
tl_ship_open(const struct tl_ship_rules *rules, struct tl_ship **ret)
{
	struct tl_ship *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->rules = *rules;
	s->database = copy_of(rules->database);
	s->to = copy_of(rules->to);
	s->log_fd = s->segment_fd = s->index_fd = s->base_to = -1;
	s->segment = -1;
	s->turn = (struct tl_turn){-1, -1};
	int rc = tl_turn_open(&s->turn, rules->turn);
	if (rc == 0)
		rc = open_connection(s->database, &s->reader);
	if (rc == 0)
		rc = open_connection(s->database, &s->merger);
	if (rc < 0) {
		tl_ship_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void
tl_ship_close(struct tl_ship *s)
{
	if (!s)
		return;
	drop(s, NULL);
	let_go(s);
	(void)sqlite3_close(s->reader);
	(void)sqlite3_close(s->merger);
	tl_turn_close(&s->turn);
	free(s->database);
	free(s->to);
	free(s);
}

const struct tl_ship_state *
tl_ship_state(const struct tl_ship *s)
{
	return &s->state;
}
