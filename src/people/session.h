/*
 * Staying signed in: who is at the other end of a cookie, where else they are signed in, and ending it. Signing in is
 * signin.h.
 */
#pragma once

#include "people/people.h"

#define TL_TOKEN_TEXT 44 /* 32 random bytes, base64url, NUL */

struct tl_signin_rules {
	int64_t tries, lock_s;       /* signin_tries, signin_lock_seconds */
	int64_t session_us, idle_us; /* session_hours, session_idle_minutes */
	unsigned second_roles;       /* second_factor_roles: bits 1 << enum tl_role */
	int64_t step_up_us;          /* step_up_minutes; 0: never asked for */
};

struct tl_session {
	struct tl_user user;
	char csrf[TL_TOKEN_TEXT];
	uint8_t hash[TL_SESSION_HASH];
	int64_t expires_at;
	int64_t proved_at; /* when they last proved that it is them */
	bool enrolling;    /* may do nothing but get a second factor */
	bool touch;        /* a minute old: write tl_session_seen when convenient */
};

struct tl_session_made {
	char cookie[TL_TOKEN_TEXT], csrf[TL_TOKEN_TEXT];
	int64_t expires_at;
};
/* A new session of `user`. Inside a transaction. */
int tl_session_make(struct tl_db *db, const struct tl_signin_rules *rules, struct tl_id user,
    struct tl_str device, struct tl_str address, bool enrolling,
    struct tl_session_made *ret) TL_MUST;

/* Who a cookie is; TL_EAUTH when it is nobody, over or idle for too long, or the user is disabled. */
int tl_session_of(struct tl_db *db, struct tl_str cookie, const struct tl_signin_rules *rules,
    struct tl_arena *arena, struct tl_session *ret) TL_MUST;

/* TL_EPERM when the token is not this session's. Constant time. */
int tl_session_csrf(const struct tl_session *s, struct tl_str token) TL_MUST;

/* TL_EPERM, with the field /proof, when they have not proved for so long that it is them. */
int tl_session_fresh(const struct tl_session *s, int64_t within_us) TL_MUST;

/* Ends it; audited. Inside a transaction. */
int tl_signout(struct tl_db *db, const struct tl_session *s) TL_MUST;

/* Sessions are named by the beginning of their hash, which opens nothing. */
struct tl_id tl_session_id(const uint8_t hash[TL_SESSION_HASH]);
/* Ends one session of a user; NOTFOUND. Audited. Inside a transaction. */
int tl_session_end_one(struct tl_db *db, struct tl_arena *arena, struct tl_id user,
    struct tl_id session, const char *actor) TL_MUST;
/* Ends all of a user's, but `keep` (may be NULL). Audited. Inside a transaction. */
int tl_session_end_all(struct tl_db *db, struct tl_id user, const uint8_t keep[TL_SESSION_HASH],
    const char *actor) TL_MUST;

/* A few words for the device that sent this User-Agent: "Firefox on Linux". Our own words, whatever it says. */
const char *tl_device_words(struct tl_arena *arena, struct tl_str user_agent);
