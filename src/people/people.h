/*
 * People: who they are (users), what they may do (roles.tbl.h), that it is them (passwords, sessions), and the
 * trail of what they did. Passwords are hashed outside of transactions, because argon2id takes its time on purpose.
 */
#pragma once

#include "store/people.h"

enum tl_permission {
#define P(perm, name, viewer, moderator, specialist, lead, admin, help) perm,
#include "people/roles.tbl.h"
#undef P
	TL_PERMISSION_COUNT
};

bool tl_may(enum tl_role role, enum tl_permission p);
/* By the name in roles.tbl.h; TL_EPERM with a sentence that says what is missing. */
int tl_need(enum tl_role role, const char *permission) TL_MUST;

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

/* Sets a prepared hash, ends the user's sessions and every lock. Audited. Inside a transaction. */
int tl_user_new_password(
    struct tl_db *db, struct tl_id user, struct tl_str hash, const char *actor) TL_MUST;

/* The last enabled administrator can be neither disabled nor given another role (TL_ECONFLICT). Sessions end. */
int tl_user_disable(
    struct tl_db *db, struct tl_id user, bool disable, const char *actor) TL_MUST;
int tl_user_change_role(
    struct tl_db *db, struct tl_id user, enum tl_role role, const char *actor) TL_MUST;
