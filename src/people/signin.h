/*
 * Signing in: a password, then what proves it is them, or a passkey alone; and proving it again later.
 *
 *   tl_signin_check    reads the user, compares the password (0.1 s), decides; no transaction
 *   tl_signin_record   inside a transaction: counts the failure, or opens the session, or asks for the second factor;
 *                      always call it after a check
 *   tl_signin_second   inside a transaction: the second factor, or a passkey alone; decides and records
 *
 * Lock-out without lock-in: after `tries` wrong passwords or codes in a row further tries wait, first `lock_s`, then
 * twice as long, at most 15 minutes; sessions that are open go on, a passkey alone signs in meanwhile, and nobody is
 * shut out for good. A name that does not exist costs the same time and gives the same answer. Addresses that fail are
 * slowed down before this (api/rates.h).
 */
#pragma once

#include "people/factors.h"

struct tl_signin {
	struct tl_str name, password;
	struct tl_str step; /* of tl_signin_second: what it continues */
	struct tl_proof proof;
	const struct tl_webauthn_site *site; /* NULL: passkeys cannot work here */
	struct tl_str device, address;
	struct tl_signin_rules rules;

	int outcome;         /* 0, TL_EAUTH, TL_ERATE, TL_EGONE */
	char why[200];       /* a sentence, when it is not 0 */
	bool known;          /* there is such a user */
	struct tl_user user; /* in the caller's arena, when known */
	int64_t wait_s;      /* TL_ERATE: how long still */
	int64_t late_s;      /* a code was good so long ago */
	bool second;         /* the outcome is 0, but a second factor must follow */
	bool enrolling;      /* a session that may only get a second factor */
	struct tl_factors has;
	struct tl_step asked;           /* when `second` */
	struct tl_session_made session; /* when the outcome is 0 and not `second` */
};

/* Returns s->outcome, or a failure of the store. */
int tl_signin_check(struct tl_db *db, struct tl_arena *arena, struct tl_signin *s) TL_MUST;
int tl_signin_record(struct tl_db *db, void *signin) TL_MUST;

/* 0 also when refused: look at s->outcome. `kind`: TL_STEP_SIGNIN or TL_STEP_PASSKEY. */
int tl_signin_second(struct tl_db *db, struct tl_arena *arena, enum tl_step_kind kind,
    struct tl_signin *s) TL_MUST;

/*
 * Somebody who is signed in proves again that it is them: by password (check, then record), or by a second factor (prove).
 * Failures count like those of signing in.
 */
int tl_reproof_check(struct tl_db *db, struct tl_arena *arena, const struct tl_session *s,
    struct tl_signin *p) TL_MUST;
int tl_reproof_record(
    struct tl_db *db, const struct tl_session *s, struct tl_signin *p) TL_MUST;
int tl_reproof_second(struct tl_db *db, struct tl_arena *arena, const struct tl_session *s,
    struct tl_signin *p) TL_MUST;

/* Sets a prepared hash for oneself; other sessions end, this one stays. Audited. Inside a transaction. */
int tl_user_own_password(
    struct tl_db *db, const struct tl_session *s, struct tl_str hash) TL_MUST;

/* Ends the waiting of a user. Audited. Inside a transaction. */
int tl_user_unlock(struct tl_db *db, struct tl_id user, const char *actor) TL_MUST;
