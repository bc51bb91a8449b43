/*
 * Signing in and staying signed in.
 *
 *   tl_signin_check   reads the user, compares the password (0.1 s), decides; no transaction
 *   tl_signin_record  inside a transaction: counts the failure, or opens the session; always call it after a check
 *
 * Lockout without lock-in: after `tries` wrong passwords in a row further tries wait, first `lock_s`, then twice
 * as long, at most 15 minutes; sessions that are open go on, and nobody is shut out for good. A name that does
 * not exist costs the same time and gives the same answer.
 */
#pragma once

#include "people/people.h"

#define TL_TOKEN_TEXT 44 /* 32 random bytes, base64url, NUL */

struct tl_signin_rules {
	int64_t tries, lock_s;       /* signin_tries, signin_lock_seconds */
	int64_t session_us, idle_us; /* session_hours, session_idle_minutes */
};

struct tl_signin {
	struct tl_str name, password;
	struct tl_signin_rules rules;
	int outcome;                /* 0, TL_EAUTH, TL_ERATE */
	bool known;                 /* there is such a user */
	struct tl_user user;        /* in the caller's arena, when known */
	int64_t wait_s;             /* TL_ERATE: how long still */
	char cookie[TL_TOKEN_TEXT]; /* when the outcome is 0 */
	char csrf[TL_TOKEN_TEXT];
	int64_t expires_at;
};

/* Returns s->outcome, or a failure of the store. */
int tl_signin_check(struct tl_db *db, struct tl_arena *arena, struct tl_signin *s) TL_MUST;
int tl_signin_record(struct tl_db *db, void *signin) TL_MUST;

struct tl_session {
	struct tl_user user;
	char csrf[TL_TOKEN_TEXT];
	uint8_t hash[TL_SESSION_HASH];
	int64_t expires_at;
	bool touch; /* a minute old: write tl_session_seen when convenient */
};

/* Who a cookie is; TL_EAUTH when it is nobody, over or idle for too long, or the user is disabled. */
int tl_session_of(struct tl_db *db, struct tl_str cookie, const struct tl_signin_rules *rules,
    struct tl_arena *arena, struct tl_session *ret) TL_MUST;

/* TL_EPERM when the token is not this session's. Constant time. */
int tl_session_csrf(const struct tl_session *s, struct tl_str token) TL_MUST;

/* Ends it; audited. Inside a transaction. */
int tl_signout(struct tl_db *db, const struct tl_session *s) TL_MUST;
