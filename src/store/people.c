/*
 * Users, sessions and audit lines: rows in, rows out.
 *
 * Promises: secrets are stored as hashes only (the caller makes them); audit lines are only ever added. Failures:
 * NOTFOUND, EXISTS, CORRUPT and those of the store. Called by src/people and the CLI.
 */
#include "store/people.h"

#include "store/rows_int.h"
#include "sys/clock.h"

#define LIST_MAX 1000

int
tl_user_put(struct tl_db *db, struct tl_user *u)
{
	u->id = tl_id_new();
	u->created_at = tl_now_us();
	int rc = tl_db_run(db, TL_SQL_USER_ADD, A_ID(u->id), A_TEXT(u->name),
	    A_Z(tl_role_names[u->role]), A_TEXT(u->password), A_TEXT(u->pseudonym),
	    A_TEXT(u->skills), A_INT(u->created_at));
	if (rc == TL_EEXISTS)
		return tl_fail_at(rc, "/name", "there is a user of that name");
	return rc < 0 ? rc : 0;
}

static int
read_user(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	int role;
	if (tl_word_parse(tl_role_names, tl_col_str(r, 2), &role) < 0)
		return tl_fail(TL_ECORRUPT, "a user's row is damaged");
	*(struct tl_user *)ret = (struct tl_user){.id = tl_col_id(r, 0),
	    .name = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .role = (enum tl_role)role,
	    .pseudonym = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .skills = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .prefs = tl_arena_dup(arena, tl_col_str(r, 5)),
	    .created_at = tl_col_int(r, 6),
	    .disabled_at = tl_col_int(r, 7),
	    .failed = tl_col_int(r, 8),
	    .locked_until = tl_col_int(r, 9),
	    .password = tl_arena_dup(arena, tl_col_str(r, 10))};
	return tl_arena_check(arena);
}

static int
first_user(struct tl_db *db, enum tl_sql sql, struct tl_arg key, struct tl_arena *a,
    struct tl_user *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, sql, key);
	if (rc < 0)
		return rows_found(rc, "user");
	rc = read_user(&r, a, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_user_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_user *ret)
{
	return first_user(db, TL_SQL_USER_GET, A_ID(id), arena, ret);
}

int
tl_user_find(struct tl_db *db, struct tl_str name, struct tl_arena *arena, struct tl_user *ret)
{
	return first_user(db, TL_SQL_USER_BY_NAME, A_TEXT(name), arena, ret);
}

int
tl_user_list(struct tl_db *db, struct tl_arena *arena, struct tl_user **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_USER_LIST, NULL, 0);
	return rc < 0 ? rc : ROWS_READ(&r, arena, LIST_MAX, read_user, ret, ret_count);
}

int
tl_user_set_password(struct tl_db *db, struct tl_id id, struct tl_str hash)
{
	return rows_one(tl_db_run(db, TL_SQL_USER_PASSWORD, A_ID(id), A_TEXT(hash)), "user");
}

int
tl_user_set_role(struct tl_db *db, struct tl_id id, enum tl_role role)
{
	return rows_one(
	    tl_db_run(db, TL_SQL_USER_ROLE, A_ID(id), A_Z(tl_role_names[role])), "user");
}

int
tl_user_set_skills(struct tl_db *db, struct tl_id id, struct tl_str skills)
{
	return rows_one(tl_db_run(db, TL_SQL_USER_SKILLS, A_ID(id), A_TEXT(skills)), "user");
}

int
tl_user_set_prefs(struct tl_db *db, struct tl_id id, struct tl_str prefs)
{
	return rows_one(tl_db_run(db, TL_SQL_USER_PREFS, A_ID(id), A_TEXT(prefs)), "user");
}

int
tl_user_set_disabled(struct tl_db *db, struct tl_id id, int64_t at)
{
	return rows_one(tl_db_run(db, TL_SQL_USER_DISABLED, A_ID(id), A_INT0(at)), "user");
}

int
tl_user_set_failed(struct tl_db *db, struct tl_id id, int64_t failed, int64_t locked_until)
{
	return rows_one(
	    tl_db_run(db, TL_SQL_USER_FAILED, A_ID(id), A_INT(failed), A_INT0(locked_until)),
	    "user");
}

int
tl_user_made_by(struct tl_db *db, struct tl_id id, const char *actor)
{
	return rows_one(
	    tl_db_run(db, TL_SQL_USER_MADE_BY, A_ID(id), A_Z(actor), A_INT(tl_now_us())),
	    "user");
}

int
tl_user_password_by(struct tl_db *db, struct tl_id id, const char *actor)
{
	return rows_one(
	    tl_db_run(db, TL_SQL_USER_PASSWORD_BY, A_ID(id), A_Z(actor), A_INT(tl_now_us())),
	    "user");
}

int
tl_user_vouched(struct tl_db *db, struct tl_id id, struct tl_user_vouched *ret)
{
	struct tl_row r;
	struct tl_user_vouched v = {0};
	int rc = tl_db_first(db, &r, TL_SQL_USER_VOUCHED, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "user");
	v.made_at = tl_col_int(&r, 1);
	v.password_at = tl_col_int(&r, 3);
	rc = tl_str_copy(v.made_by, sizeof v.made_by, tl_col_str(&r, 0));
	if (rc == 0)
		rc = tl_str_copy(v.password_by, sizeof v.password_by, tl_col_str(&r, 2));
	tl_row_end(&r);
	if (rc == 0)
		*ret = v;
	return rc;
}

int
tl_user_other_admins(struct tl_db *db, struct tl_id id, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_USER_ADMINS, A_ID(id));
}

int
tl_session_put(struct tl_db *db, const struct tl_session_row *s)
{
	int rc = tl_db_run(db, TL_SQL_SESSION_ADD, A_BYTES(tl_bytes(s->hash, sizeof s->hash)),
	    A_ID(s->user), A_BYTES(tl_bytes(s->csrf, sizeof s->csrf)), A_INT(s->created_at),
	    A_INT(s->expires_at), A_TEXT(s->device.p ? s->device : TL_S("")),
	    A_TEXT(s->address.p ? s->address : TL_S("")), A_INT(s->enrolling));
	return rc < 0 ? rc : 0;
}

static int
read_session(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	struct tl_str hash = tl_col_str(r, 0), csrf = tl_col_str(r, 2);
	struct tl_session_row s = {.user = tl_col_id(r, 1),
	    .created_at = tl_col_int(r, 3),
	    .seen_at = tl_col_int(r, 4),
	    .expires_at = tl_col_int(r, 5),
	    .enrolling = tl_col_int(r, 8) != 0,
	    .proved_at = tl_col_int(r, 9)};
	if (hash.n != sizeof s.hash || csrf.n != sizeof s.csrf)
		return tl_fail(TL_ECORRUPT, "a session's row is damaged");
	memcpy(s.hash, hash.p, sizeof s.hash);
	memcpy(s.csrf, csrf.p, sizeof s.csrf);
	if (arena) {
		s.device = tl_arena_dup(arena, tl_col_str(r, 6));
		s.address = tl_arena_dup(arena, tl_col_str(r, 7));
	}
	*(struct tl_session_row *)ret = s;
	return arena ? tl_arena_check(arena) : 0;
}

int
tl_session_get(struct tl_db *db, const uint8_t hash[TL_SESSION_HASH], struct tl_arena *arena,
    struct tl_session_row *ret)
{
	struct tl_row r;
	int rc =
	    tl_db_first(db, &r, TL_SQL_SESSION_GET, A_BYTES(tl_bytes(hash, TL_SESSION_HASH)));
	if (rc < 0)
		return rows_found(rc, "session");
	rc = read_session(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_session_list(struct tl_db *db, struct tl_id user, int64_t idle_since, struct tl_arena *arena,
    struct tl_session_row **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(
	    db, &r, TL_SQL_SESSION_LIST, A_ID(user), A_INT(tl_now_us()), A_INT(idle_since));
	return rc < 0 ? rc : ROWS_READ(&r, arena, LIST_MAX, read_session, ret, ret_count);
}

int
tl_session_proved(struct tl_db *db, const uint8_t hash[TL_SESSION_HASH], int64_t at)
{
	return rows_one(tl_db_run(db, TL_SQL_SESSION_PROVED,
			    A_BYTES(tl_bytes(hash, TL_SESSION_HASH)), A_INT(at)),
	    "session");
}

int
tl_session_enrolled(struct tl_db *db, const uint8_t hash[TL_SESSION_HASH], int64_t at)
{
	return rows_one(tl_db_run(db, TL_SQL_SESSION_ENROLLED,
			    A_BYTES(tl_bytes(hash, TL_SESSION_HASH)), A_INT(at)),
	    "session");
}

int
tl_session_end_others(struct tl_db *db, struct tl_id user, const uint8_t hash[TL_SESSION_HASH])
{
	int rc = tl_db_run(db, TL_SQL_SESSIONS_END_OTHERS, A_ID(user),
	    A_BYTES(tl_bytes(hash, TL_SESSION_HASH)));
	return rc < 0 ? rc : 0;
}

int
tl_session_seen(struct tl_db *db, const uint8_t hash[TL_SESSION_HASH], int64_t at)
{
	int rc = tl_db_run(
	    db, TL_SQL_SESSION_SEEN, A_BYTES(tl_bytes(hash, TL_SESSION_HASH)), A_INT(at));
	return rc < 0 ? rc : 0;
}

int
tl_session_end(struct tl_db *db, const uint8_t hash[TL_SESSION_HASH])
{
	int rc = tl_db_run(db, TL_SQL_SESSION_END, A_BYTES(tl_bytes(hash, TL_SESSION_HASH)));
	return rc < 0 ? rc : 0;
}

int
tl_session_end_of(struct tl_db *db, struct tl_id user)
{
	int rc = tl_db_run(db, TL_SQL_SESSIONS_END_OF, A_ID(user));
	return rc < 0 ? rc : 0;
}

int
tl_session_count(
    struct tl_db *db, struct tl_id user, int64_t now, int64_t *ret_count, int64_t *ret_seen_at)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_SESSIONS_COUNT, A_ID(user), A_INT(now));
	if (rc < 0)
		return rc;
	*ret_count = tl_col_int(&r, 0);
	*ret_seen_at = tl_col_int(&r, 1);
	tl_row_end(&r);
	return 0;
}

static _Thread_local uint64_t audit_added;

uint64_t
tl_audit_added(void)
{
	return audit_added;
}

int
tl_audit_add(struct tl_db *db, const char *actor, const char *verb, struct tl_str subject,
    struct tl_str detail)
{
	struct tl_id id = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_AUDIT_ADD, A_ID(id), A_INT(tl_now_us()), A_Z(actor),
	    A_Z(verb), A_TEXT0(subject), A_TEXT0(detail));
	audit_added += rc > 0;
	return rc < 0 ? rc : 0;
}

static int
read_audit(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_audit_row *)ret =
	    (struct tl_audit_row){tl_col_int(r, 6), tl_col_id(r, 0), tl_col_int(r, 1),
		tl_arena_dup(arena, tl_col_str(r, 2)), tl_arena_dup(arena, tl_col_str(r, 3)),
		tl_arena_dup(arena, tl_col_str(r, 4)), tl_arena_dup(arena, tl_col_str(r, 5))};
	return tl_arena_check(arena);
}

/* Each filter that has an index of its own is a statement of its own. */
static enum tl_sql
audit_statement(const struct tl_audit_filter *f)
{
	if (f->subject.n)
		return TL_SQL_AUDIT_BY_SUBJECT;
	if (f->actor.n)
		return TL_SQL_AUDIT_BY_ACTOR;
	if (f->verb.n)
		return TL_SQL_AUDIT_BY_VERB;
	return TL_SQL_AUDIT_LIST;
}

int
tl_audit_list(struct tl_db *db, const struct tl_audit_filter *f, struct tl_arena *arena,
    struct tl_audit_row **ret, size_t *ret_count)
{
	size_t most = f->limit > 0 && f->limit < LIST_MAX ? (size_t)f->limit : LIST_MAX;
	struct tl_id before = f->before;
	struct tl_buf last TL_CLEANUP(tl_buf_fini) = {0};
	bool many = f->verb.n && f->verb.p[f->verb.n - 1] == '.';
	if (tl_id_is_nil(before))
		memset(before.b, 0xFF, sizeof before.b);
	tl_buf_put(&last, f->verb.p, f->verb.n);
	if (many)
		tl_buf_byte(&last, 0x7F); /* after every letter */
	struct tl_row r;
	int rc = tl_db_query(db, &r, audit_statement(f), A_INT(f->from),
	    A_INT(f->to ? f->to : INT64_MAX), A_ID(before), A_TEXT0(f->actor), A_TEXT0(f->verb),
	    A_TEXT0(tl_buf_str(&last)), A_TEXT0(f->subject), A_INT(most));
	return rc < 0 ? rc : ROWS_READ(&r, arena, most, read_audit, ret, ret_count);
}

void
tl_actor_user(char dst[TL_ACTOR_MAX], struct tl_id user)
{
	char text[TL_ID_TEXT];
	tl_id_text(text, user);
	(void)snprintf(dst, TL_ACTOR_MAX, "user:%s", text);
}
