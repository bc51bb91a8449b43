/*
 * People: who they are (users), what they may do (core/access.h), that it is them (passwords, sessions), and the
 * trail of what they did. Passwords are hashed outside of transactions, because argon2id takes its time on purpose.
 */
#pragma once

#include "core/access.h"
#include "store/people.h"

#define TL_PASSWORD_LEAST 12

/* 0 when name and password are fit for use; TL_EFIELD with /name or /password. */
int tl_user_name_check(struct tl_str name) TL_MUST;
int tl_password_fit(struct tl_str password, struct tl_str name) TL_MUST;

struct tl_new_user {
	struct tl_str name, password, skills;
	enum tl_role role;
	char hash[TL_PWHASH_MAX]; /* by tl_new_user_prepare */
	struct tl_id id;          /* by tl_new_user_store */
	const char *actor;
};

/* Checks and hashes, no transaction; then store it inside one. `ctx` is the struct. Audited. */
int tl_new_user_prepare(struct tl_new_user *u) TL_MUST;
int tl_new_user_store(struct tl_db *db, void *ctx) TL_MUST;

/* A password that nobody has to think up: about 95 bits in groups that can be read aloud. Wipe it after use. */
#define TL_PASSWORD_MADE 24
void tl_password_make(char dst[TL_PASSWORD_MADE]);

/*
 * Changes of a person, each audited and inside the caller's transaction. `actor` is who does it: nobody changes
 * their own role, skills, grants or being shut out (TL_EPERM), and the last enabled administrator can be neither
 * disabled nor given another role (TL_ECONFLICT).
 */
/* Sets a prepared hash, ends the user's sessions and every lock. */
int tl_user_new_password(
    struct tl_db *db, struct tl_id user, struct tl_str hash, const char *actor) TL_MUST;
int tl_user_disable(
    struct tl_db *db, struct tl_id user, bool disable, const char *actor) TL_MUST;
int tl_user_change_role(
    struct tl_db *db, struct tl_id user, enum tl_role role, const char *actor) TL_MUST;
/* Words of small letters, digits, _ and -. TL_EFIELD. Sessions go on: they ask anew each time. */
int tl_user_change_skills(
    struct tl_db *db, struct tl_id user, struct tl_str skills, const char *actor) TL_MUST;
int tl_user_change_grants(struct tl_db *db, struct tl_id user, const struct tl_grant *list,
    size_t count, const char *actor) TL_MUST;
/* "queue urgent: see work; policy fraud: see": what the audit trail and proposals keep. */
struct tl_buf;
void tl_grants_text(struct tl_buf *b, const struct tl_grant *list, size_t count);
/* Signs the person out everywhere. */
int tl_user_end_sessions(struct tl_db *db, struct tl_id user, const char *actor) TL_MUST;

/* What a person may do, as of now; texts live in `arena`. `set` is borrowed. */
int tl_access_of(struct tl_db *db, struct tl_arena *arena, const struct tl_user *u,
    const struct tl_policy_set *set, struct tl_access *ret) TL_MUST;
