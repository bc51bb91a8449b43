/*
 * Users, their sessions and the audit trail as rows. Nothing here decides: src/people does. Writers run inside a
 * transaction.
 */
#pragma once

#include "base/arena.h"
#include "core/words.h"
#include "store/db.h"

struct tl_user {
	struct tl_id id;
	struct tl_str name;
	enum tl_role role;
	struct tl_str pseudonym; /* what exports and statements may show */
	struct tl_str skills;    /* words separated by spaces */
	struct tl_str prefs;     /* JSON object */
	int64_t created_at, disabled_at;
	int64_t failed, locked_until; /* wrong passwords in a row; no try before then */
	struct tl_str password;       /* argon2id hash */
};

/* `u->id` and `u->created_at` are filled. TL_EEXISTS when name or pseudonym is taken. */
int tl_user_put(struct tl_db *db, struct tl_user *u) TL_MUST;

/* Texts live in `arena`. NOTFOUND. */
int tl_user_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_user *ret) TL_MUST;
int tl_user_find(
    struct tl_db *db, struct tl_str name, struct tl_arena *arena, struct tl_user *ret) TL_MUST;
/* By name, at most 1000. */
int tl_user_list(
    struct tl_db *db, struct tl_arena *arena, struct tl_user **ret, size_t *ret_count) TL_MUST;

int tl_user_set_password(struct tl_db *db, struct tl_id id, struct tl_str hash) TL_MUST;
int tl_user_set_role(struct tl_db *db, struct tl_id id, enum tl_role role) TL_MUST;
int tl_user_set_skills(struct tl_db *db, struct tl_id id, struct tl_str skills) TL_MUST;
int tl_user_set_prefs(struct tl_db *db, struct tl_id id, struct tl_str prefs) TL_MUST;
int tl_user_set_disabled(
    struct tl_db *db, struct tl_id id, int64_t at) TL_MUST; /* 0: enabled */
int tl_user_set_failed(
    struct tl_db *db, struct tl_id id, int64_t failed, int64_t locked_until) TL_MUST;
/* Who made the account (and its first password), and who gave it a password later; see migration 0005. */
int tl_user_made_by(struct tl_db *db, struct tl_id id, const char *actor) TL_MUST;
int tl_user_password_by(struct tl_db *db, struct tl_id id, const char *actor) TL_MUST;
struct tl_user_vouched {
	char made_by[128],
	    password_by[128]; /* "user:<id>", two of them, "cli", "" when not known */
	int64_t made_at, password_at;
};
int tl_user_vouched(struct tl_db *db, struct tl_id id, struct tl_user_vouched *ret) TL_MUST;

/* How many enabled administrators there are besides this one. */
int tl_user_other_admins(struct tl_db *db, struct tl_id id, int64_t *ret) TL_MUST;

#define TL_SESSION_HASH 32
#define TL_CSRF_BYTES 32

struct tl_session_row {
	uint8_t hash[TL_SESSION_HASH];
	struct tl_id user;
	uint8_t csrf[TL_CSRF_BYTES];
	int64_t created_at, seen_at, expires_at;
	int64_t proved_at;    /* when the person last proved that it is them */
	bool enrolling;       /* may do nothing but get a second factor */
	struct tl_str device; /* in our words */
	struct tl_str address;
};

int tl_session_put(struct tl_db *db, const struct tl_session_row *s) TL_MUST;
/* NOTFOUND. Without an arena, device and address stay empty. */
int tl_session_get(struct tl_db *db, const uint8_t hash[TL_SESSION_HASH],
    struct tl_arena *arena, struct tl_session_row *ret) TL_MUST;
/* Of a user, those neither over nor unused since `idle_since`; the last seen first, at most 1000. */
int tl_session_list(struct tl_db *db, struct tl_id user, int64_t idle_since,
    struct tl_arena *arena, struct tl_session_row **ret, size_t *ret_count) TL_MUST;
/* They proved now that it is them; and they have a second factor now, which makes an enrolling session a whole one. */
int tl_session_proved(
    struct tl_db *db, const uint8_t hash[TL_SESSION_HASH], int64_t at) TL_MUST;
int tl_session_enrolled(
    struct tl_db *db, const uint8_t hash[TL_SESSION_HASH], int64_t at) TL_MUST;
int tl_session_end_others(
    struct tl_db *db, struct tl_id user, const uint8_t hash[TL_SESSION_HASH]) TL_MUST;
int tl_session_seen(struct tl_db *db, const uint8_t hash[TL_SESSION_HASH], int64_t at) TL_MUST;
int tl_session_end(struct tl_db *db, const uint8_t hash[TL_SESSION_HASH]) TL_MUST;
int tl_session_end_of(struct tl_db *db, struct tl_id user) TL_MUST;
/* Open sessions of a person and when the newest was last used (0: none is open). */
int tl_session_count(struct tl_db *db, struct tl_id user, int64_t now, int64_t *ret_count,
    int64_t *ret_seen_at) TL_MUST;

/* One line of the audit trail. actor: "user:<id>", "key:<id>", "cli", "system". Ids and our own words only. */
int tl_audit_add(struct tl_db *db, const char *actor, const char *verb, struct tl_str subject,
    struct tl_str detail) TL_MUST;

/* What a server's start says in `config.load`. */
#define TL_STARTED "server"
#define TL_STARTED_TESTING "server --testing"

/* How many rows this thread has added: whether something was recorded meanwhile. */
uint64_t tl_audit_added(void);

struct tl_audit_row {
	int64_t seq; /* 0: not sealed yet */
	struct tl_id id;
	int64_t at;
	struct tl_str actor, verb, subject, detail;
};
/* Newest first. */
/* What to list; empty members do not narrow. A verb that ends with a dot means all that begin so. */
struct tl_audit_filter {
	struct tl_str actor, verb, subject;
	int64_t from, to;    /* 0: open */
	struct tl_id before; /* only older ones than this row; nil: from the newest */
	int64_t limit;       /* at most 1000 */
};
int tl_audit_list(struct tl_db *db, const struct tl_audit_filter *f, struct tl_arena *arena,
    struct tl_audit_row **ret, size_t *ret_count) TL_MUST;

/* "user:<id>" */
#define TL_ACTOR_MAX 48
void tl_actor_user(char dst[TL_ACTOR_MAX], struct tl_id user);
