/*
 * Owns the way in: password, second factor, passkey alone, and proving it again.
 *
 * Promises: a wrong name, a wrong password and a disabled user look and cost the same; waiting after failures is
 * bounded; every try of somebody known is in the audit trail. Failures: TL_EAUTH, TL_ERATE, TL_EGONE as outcomes,
 * those of the store as return codes. Called by the console's routes.
 */
#include "people/signin.h"

#include <pthread.h>

#include "people/wait.h"
#include "sys/clock.h"

/* What an unknown name is compared with, so that it takes as long. */
static char nobody[TL_PWHASH_MAX];
static pthread_once_t nobody_made = PTHREAD_ONCE_INIT;

static void
make_nobody(void)
{
	char text[2 * 32 + 1];
	uint8_t random[32];
	tl_random(random, sizeof random);
	tl_hex(text, random, sizeof random);
	if (tl_password_hash(nobody, tl_str(text)) < 0)
		nobody[0] = '\0';
}

static void
compare_with_nobody(struct tl_str password)
{
	(void)pthread_once(&nobody_made, make_nobody);
	int rc = tl_password_check(nobody, password);
	(void)rc; /* nobody has no password: only the time matters */
}

/* The outcome, with its sentence kept apart from failures that may follow. */
static int
settle(struct tl_signin *s, int outcome)
{
	s->outcome = outcome;
	if (outcome < 0)
		(void)snprintf(s->why, sizeof s->why, "%s", tl_err_text());
	return outcome;
}

static int
refuse(struct tl_signin *s, const char *why)
{
	return settle(s, tl_fail(TL_EAUTH, "%s", why));
}

/* TL_ERATE when this name must wait. */
static int
must_wait(struct tl_signin *s)
{
	int64_t now = tl_now_us();
	if (s->known && s->user.locked_until > now)
		s->wait_s = (s->user.locked_until - now) / TL_US_S + 1;
	if (!s->known)
		s->wait_s = tl_stranger_waits_s(s->name);
	if (!s->wait_s)
		return 0;
	return settle(s, tl_fail(TL_ERATE, "too many wrong tries; try again in %lld seconds",
			     (long long)s->wait_s));
}

static int
compare(struct tl_signin *s)
{
	char hash[TL_PWHASH_MAX];
	int rc = tl_str_copy(hash, sizeof hash, s->user.password);
	return rc < 0 ? rc : tl_password_check(hash, s->password);
}

int
tl_signin_check(struct tl_db *db, struct tl_arena *arena, struct tl_signin *s)
{
	static const char why[] = "the name or the password is wrong";
	int rc = tl_user_find(db, s->name, arena, &s->user);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return settle(s, rc);
	s->known = rc == 0;
	rc = must_wait(s);
	if (rc < 0)
		return rc;
	if (s->password.n > 1024)
		return refuse(s, why);
	if (!s->known) {
		compare_with_nobody(s->password);
		return refuse(s, why);
	}
	if (compare(s) < 0 || s->user.disabled_at)
		return refuse(s, why);
	s->outcome = 0;
	return 0;
}

static int
audit(struct tl_db *db, struct tl_id user, const char *verb, const char *detail)
{
	char actor[TL_ACTOR_MAX];
	tl_actor_user(actor, user);
	return tl_audit_add(db, actor, verb, TL_S(""), tl_str(detail));
}

static int
record_failure(struct tl_db *db, struct tl_signin *s, const char *how)
{
	if (s->outcome != TL_EAUTH)
		return 0;
	if (!s->known) {
		tl_stranger_failed(s->name, &s->rules);
		return tl_audit_add(
		    db, "system", "signin.refused", TL_S(""), TL_S("nobody of that name"));
	}
	struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(1 << 16);
	struct tl_user u; /* read again: another try may have failed meanwhile */
	int rc = tl_user_get(db, s->user.id, a, &u);
	if (rc < 0)
		return rc;
	int64_t wait = tl_wait_us(&s->rules, u.failed + 1);
	rc = tl_user_set_failed(db, u.id, u.failed + 1, wait ? tl_now_us() + wait : 0);
	return rc < 0 ? rc : audit(db, u.id, "signin.refused", how);
}

static int
open_session(struct tl_db *db, struct tl_signin *s, bool enrolling, const char *how)
{
	s->enrolling = enrolling;
	int rc = tl_user_set_failed(db, s->user.id, 0, 0);
	if (rc == 0)
		rc = tl_session_make(
		    db, &s->rules, s->user.id, s->device, s->address, enrolling, &s->session);
	return rc < 0 ? rc : audit(db, s->user.id, "signin", how);
}

int
tl_signin_record(struct tl_db *db, void *signin)
{
	struct tl_signin *s = signin;
	if (s->outcome < 0)
		return record_failure(db, s, "password");
	int rc = tl_factors_of(db, s->user.id, &s->has);
	if (rc < 0)
		return rc;
	if (!s->has.totp && s->has.passkeys == 0)
		return open_session(
		    db, s, (s->rules.second_roles & 1U << s->user.role) != 0, "password");
	s->second = true;
	tl_step_begin(&s->asked, TL_STEP_SIGNIN, s->user.id, s->user.password);
	return audit(db, s->user.id, "signin.password", "");
}

/* The second step ------------------------------------------------------------------------- */

/* Who is meant, from the step or from the passkey. */
static int
whose(struct tl_db *db, struct tl_arena *arena, struct tl_step *step, struct tl_signin *s)
{
	int rc = step->kind == TL_STEP_PASSKEY
		     ? tl_proof_owner(db, arena, &s->proof, &step->user)
		     : 0;
	if (rc == 0)
		rc = tl_user_get(db, step->user, arena, &s->user);
	s->known = rc == 0;
	if (rc == TL_ENOTFOUND || (rc == 0 && s->user.disabled_at))
		return tl_fail(TL_EAUTH, "the passkey was not accepted");
	return rc;
}

static int
prove(struct tl_db *db, struct tl_arena *arena, const struct tl_step *step, bool alone,
    struct tl_signin *s, const char **ret_how)
{
	struct tl_proof_result r;
	int rc = tl_proof_use(db, arena, s->user.id, &s->proof, step, s->site, alone, &r);
	s->late_s = r.late_s;
	*ret_how = r.how;
	return rc;
}

int
tl_signin_second(
    struct tl_db *db, struct tl_arena *arena, enum tl_step_kind kind, struct tl_signin *s)
{
	struct tl_step step;
	const char *how = "passkey";
	bool alone = kind == TL_STEP_PASSKEY;
	int rc = tl_step_read(db, s->step, kind, &step);
	if (rc == 0)
		rc = whose(db, arena, &step, s);
	if (rc == 0 && !alone && !tl_step_binds(&step, s->user.password))
		rc = tl_fail(TL_EGONE, "the password has changed meanwhile; begin again");
	if (rc == 0 && !alone)
		rc = must_wait(s);
	if (rc == 0)
		rc = prove(db, arena, &step, alone, s, &how);
	if (settle(s, rc) == 0)
		return open_session(db, s, false, alone ? "passkey alone" : how);
	if (rc != TL_EAUTH)
		return rc == TL_ERATE || rc == TL_EGONE ? 0 : rc;
	if (alone) /* nothing to guess, so nobody waits for it; and nobody can make others wait */
		return s->known ? audit(db, s->user.id, "signin.refused", how) : 0;
	return record_failure(db, s, how);
}

/* Proving it again ------------------------------------------------------------------------ */

int
tl_reproof_check(
    struct tl_db *db, struct tl_arena *arena, const struct tl_session *s, struct tl_signin *p)
{
	int rc = tl_user_get(db, s->user.id, arena, &p->user);
	if (rc < 0)
		return settle(p, rc);
	p->known = true;
	rc = must_wait(p);
	if (rc < 0)
		return rc;
	if (p->password.n > 1024 || compare(p) < 0)
		return refuse(p, "the password is wrong");
	p->outcome = 0;
	return 0;
}

static int
proved(struct tl_db *db, const struct tl_session *s, const char *how)
{
	int rc = tl_user_set_failed(db, s->user.id, 0, 0);
	if (rc == 0)
		rc = tl_session_proved(db, s->hash, tl_now_us());
	return rc < 0 ? rc : audit(db, s->user.id, "signin.again", how);
}

int
tl_reproof_record(struct tl_db *db, const struct tl_session *s, struct tl_signin *p)
{
	return p->outcome < 0 ? record_failure(db, p, "password again")
			      : proved(db, s, "password");
}

int
tl_reproof_second(
    struct tl_db *db, struct tl_arena *arena, const struct tl_session *s, struct tl_signin *p)
{
	struct tl_step step;
	const char *how = "";
	const bool passkey = p->proof.credential.n != 0;
	int rc = tl_user_get(db, s->user.id, arena, &p->user);
	if (rc < 0)
		return rc;
	p->known = true;
	rc = must_wait(p);
	if (rc == 0 && passkey)
		rc = tl_step_read(db, p->step, TL_STEP_PROVE, &step);
	if (rc == 0 && passkey && !tl_step_binds(&step, tl_bytes(s->hash, sizeof s->hash)))
		rc = tl_fail(TL_EGONE, "this was begun in another window; begin again");
	if (rc == 0)
		rc = prove(db, arena, passkey ? &step : NULL, false, p, &how);
	if (settle(p, rc) == 0)
		return proved(db, s, how);
	if (rc != TL_EAUTH)
		return rc == TL_ERATE || rc == TL_EGONE ? 0 : rc;
	return record_failure(db, p, how);
}

/* Passwords and waits --------------------------------------------------------------------- */

int
tl_user_own_password(struct tl_db *db, const struct tl_session *s, struct tl_str hash)
{
	int rc = tl_user_set_password(db, s->user.id, hash);
	if (rc == 0)
		rc = tl_session_end_others(db, s->user.id, s->hash);
	return rc < 0 ? rc : audit(db, s->user.id, "user.password", "own");
}

int
tl_user_unlock(struct tl_db *db, struct tl_id user, const char *actor)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, user);
	int rc = tl_user_set_failed(db, user, 0, 0);
	return rc < 0 ? rc : tl_audit_add(db, actor, "user.unlock", tl_str(id), TL_S(""));
}
