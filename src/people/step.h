/*
 * A step between two requests: what was asked of somebody who is half-way through (a second factor, a passkey).
 * It travels sealed in a cookie, so that asking costs the server no memory and nobody can fill it; it is good for five
 * minutes, for one purpose, and bound to what it began with.
 */
#pragma once

#include "people/webauthn.h"
#include "store/db.h"

#define TL_STEP_US (5 * 60 * INT64_C(1000000))
#define TL_STEP_BOUND 16

enum tl_step_kind {
	TL_STEP_SIGNIN = 1, /* the password was right; bound to it */
	TL_STEP_PASSKEY,    /* signing in with a passkey alone; bound to nothing */
	TL_STEP_REGISTER,   /* a passkey is being made; bound to the session */
	TL_STEP_PROVE       /* proving again who it is; bound to the session */
};

struct tl_step {
	enum tl_step_kind kind;
	struct tl_id user; /* nil: not known yet */
	int64_t expires_at;
	uint8_t challenge[TL_CHALLENGE_BYTES];
	uint8_t bound[TL_STEP_BOUND]; /* begins the hash of what it is bound to */
};

#define TL_STEP_BYTES (1 + 16 + 8 + TL_CHALLENGE_BYTES + TL_STEP_BOUND)
#define TL_STEP_TEXT (4 * ((TL_STEP_BYTES + TL_SEAL_OVERHEAD + 2) / 3) + 1)

/* A new step with a random challenge. `binds` is hashed; empty: nothing. */
void tl_step_begin(
    struct tl_step *s, enum tl_step_kind kind, struct tl_id user, struct tl_str binds);
void tl_step_write(struct tl_db *db, const struct tl_step *s, char dst[TL_STEP_TEXT]);
/* TL_EGONE when it is none of ours, of another kind, or over. */
int tl_step_read(
    struct tl_db *db, struct tl_str text, enum tl_step_kind kind, struct tl_step *ret) TL_MUST;
bool tl_step_binds(const struct tl_step *s, struct tl_str what);
