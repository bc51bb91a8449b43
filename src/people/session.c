/*
 * Owns sign-in and sessions: who is at the other end of a cookie.
 *
 * Promises: cookies are 256 random bits of which only the hash is stored; a wrong name, a wrong password and a
 * disabled user look and cost the same; waiting after failures is bounded. Called by the console's routes.
 */
#include "people/session.h"

#include <pthread.h>

#include "sys/clock.h"

#define LOCK_MAX_US (15 * TL_US_MIN)
#define TOUCH_AFTER_US TL_US_MIN

/* What an unknown name is compared with, so that it takes as long. */
static char nobody[TL_PWHASH_MAX];
static pthread_once_t nobody_made = PTHREAD_ONCE_INIT;

static void
token_text(char dst[TL_TOKEN_TEXT], const uint8_t random[32])
{
	char text[4 * ((32 + 2) / 3) + 1];
	(void)tl_base64(text, random, 32);
	for (size_t i = 0; i < TL_TOKEN_TEXT - 1; i++)
		dst[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
	dst[TL_TOKEN_TEXT - 1] = '\0';
}

static void
hash_of(struct tl_str cookie, uint8_t hash[TL_SESSION_HASH])
{
	tl_blake2b(hash, TL_SESSION_HASH, cookie, NULL);
}

static void
make_nobody(void)
{
	uint8_t random[32];
	char text[TL_TOKEN_TEXT];
	tl_random(random, sizeof random);
	token_text(text, random);
	if (tl_password_hash(nobody, tl_str(text)) < 0)
		nobody[0] = '\0';
}

/*
 * Names that nobody has wait like those that somebody has, so that waiting does not tell them apart. In memory only,
 * by hash; forgotten when there are too many.
 */
#define STRANGERS 1024
static struct stranger {
	uint64_t name;
	int64_t failed, locked_until;
} strangers[STRANGERS];
static pthread_mutex_t strangers_lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t lock_for(const struct tl_signin_rules *r, int64_t failed);

static struct stranger *
stranger_of(struct tl_str name)
{
	uint8_t hash[16];
	uint64_t id;
	tl_blake2b(hash, sizeof hash, name, NULL);
	memcpy(&id, hash, sizeof id);
	struct stranger *s = &strangers[id % STRANGERS];
	if (s->name != id)
		*s = (struct stranger){.name = id};
	return s;
}

/* Seconds that a try with this name must still wait; 0: it may. */
static int64_t
stranger_waits(struct tl_str name, int64_t now)
{
	(void)pthread_mutex_lock(&strangers_lock);
	int64_t until = stranger_of(name)->locked_until;
	(void)pthread_mutex_unlock(&strangers_lock);
	return until > now ? (until - now) / TL_US_S + 1 : 0;
}

static void
stranger_failed(struct tl_str name, const struct tl_signin_rules *r)
{
	(void)pthread_mutex_lock(&strangers_lock);
	struct stranger *s = stranger_of(name);
	int64_t lock = lock_for(r, ++s->failed);
	s->locked_until = lock ? tl_now_us() + lock : 0;
	(void)pthread_mutex_unlock(&strangers_lock);
}

static void
compare_with_nobody(struct tl_str password)
{
	(void)pthread_once(&nobody_made, make_nobody);
	int rc = tl_password_check(nobody, password);
	(void)rc; /* nobody has no password: only the time matters */
}

static int
refuse(struct tl_signin *s)
{
	s->outcome = TL_EAUTH;
	return tl_fail(TL_EAUTH, "the name or the password is wrong");
}

int
tl_signin_check(struct tl_db *db, struct tl_arena *arena, struct tl_signin *s)
{
	int64_t now = tl_now_us();
	int rc = tl_user_find(db, s->name, arena, &s->user);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	s->known = rc == 0;
	if (s->known && s->user.locked_until > now)
		s->wait_s = (s->user.locked_until - now) / TL_US_S + 1;
	if (!s->known)
		s->wait_s = stranger_waits(s->name, now);
	if (s->wait_s) {
		s->outcome = TL_ERATE;
		return tl_fail(TL_ERATE, "too many wrong passwords; try again in %lld seconds",
		    (long long)s->wait_s);
	}
	if (s->password.n > 1024)
		return refuse(s);
	if (!s->known) {
		compare_with_nobody(s->password);
		return refuse(s);
	}
	char hash[TL_PWHASH_MAX];
	rc = tl_str_copy(hash, sizeof hash, s->user.password);
	if (rc == 0)
		rc = tl_password_check(hash, s->password);
	if (rc < 0 || s->user.disabled_at)
		return refuse(s);
	s->outcome = 0;
	return 0;
}

static int64_t
lock_for(const struct tl_signin_rules *r, int64_t failed)
{
	if (failed < r->tries)
		return 0;
	int64_t lock = r->lock_s * TL_US_S;
	for (int64_t i = r->tries; i < failed && lock < LOCK_MAX_US; i++)
		lock *= 2;
	return lock < LOCK_MAX_US ? lock : LOCK_MAX_US;
}

static int
record_failure(struct tl_db *db, const struct tl_signin *s)
{
	if (s->outcome == TL_ERATE)
		return 0;
	if (!s->known) {
		stranger_failed(s->name, &s->rules);
		return 0;
	}
	struct tl_arena *a TL_CLEANUP(tl_arena_destroyp) = tl_arena_create(1 << 16);
	struct tl_user u; /* read again: another try may have failed meanwhile */
	int rc = tl_user_get(db, s->user.id, a, &u);
	if (rc < 0)
		return rc;
	int64_t lock = lock_for(&s->rules, u.failed + 1);
	rc = tl_user_set_failed(db, u.id, u.failed + 1, lock ? tl_now_us() + lock : 0);
	if (rc < 0)
		return rc;
	char actor[TL_ACTOR_MAX];
	tl_actor_user(actor, u.id);
	return tl_audit_add(db, actor, "signin.refused", TL_S(""), TL_S(""));
}

int
tl_signin_record(struct tl_db *db, void *signin)
{
	struct tl_signin *s = signin;
	if (s->outcome < 0)
		return record_failure(db, s);
	uint8_t random[32];
	struct tl_session_row row = {.user = s->user.id, .created_at = tl_now_us()};
	row.expires_at = row.created_at + s->rules.session_us;
	tl_random(random, sizeof random);
	token_text(s->cookie, random);
	tl_random(row.csrf, sizeof row.csrf);
	token_text(s->csrf, row.csrf);
	hash_of(tl_str(s->cookie), row.hash);
	s->expires_at = row.expires_at;
	int rc = tl_user_set_failed(db, s->user.id, 0, 0);
	if (rc == 0)
		rc = tl_session_put(db, &row);
	if (rc < 0)
		return rc;
	char actor[TL_ACTOR_MAX];
	tl_actor_user(actor, s->user.id);
	return tl_audit_add(db, actor, "signin", TL_S(""), TL_S(""));
}

static int
not_signed_in(void)
{
	return tl_fail(TL_EAUTH, "not signed in, or the session is over");
}

int
tl_session_of(struct tl_db *db, struct tl_str cookie, const struct tl_signin_rules *rules,
    struct tl_arena *arena, struct tl_session *ret)
{
	struct tl_session_row row;
	struct tl_session s = {0};
	if (cookie.n != TL_TOKEN_TEXT - 1)
		return not_signed_in();
	hash_of(cookie, s.hash);
	int rc = tl_session_get(db, s.hash, &row);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? not_signed_in() : rc;
	int64_t now = tl_now_us();
	if (row.expires_at <= now || row.seen_at + rules->idle_us <= now)
		return not_signed_in();
	rc = tl_user_get(db, row.user, arena, &s.user);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? not_signed_in() : rc;
	if (s.user.disabled_at)
		return not_signed_in();
	token_text(s.csrf, row.csrf);
	s.expires_at = row.expires_at;
	s.touch = now - row.seen_at >= TOUCH_AFTER_US;
	*ret = s;
	return 0;
}

int
tl_session_csrf(const struct tl_session *s, struct tl_str token)
{
	if (token.n != TL_TOKEN_TEXT - 1 || !tl_same(token.p, s->csrf, token.n))
		return tl_fail(TL_EPERM, "the CSRF token is missing or not of this session");
	return 0;
}

int
tl_signout(struct tl_db *db, const struct tl_session *s)
{
	char actor[TL_ACTOR_MAX];
	tl_actor_user(actor, s->user.id);
	int rc = tl_session_end(db, s->hash);
	return rc < 0 ? rc : tl_audit_add(db, actor, "signout", TL_S(""), TL_S(""));
}
