/*
 * Owns sessions: who is at the other end of a cookie, the list of them, their end.
 *
 * Promises: cookies are 256 random bits of which only the hash is stored; what a browser says of itself is kept in our
 * words. Failures: TL_EAUTH, TL_EPERM, NOTFOUND and those of the store. Called by the console's routes and the CLI.
 */
#include "people/session.h"

#include "sys/clock.h"

#define TOUCH_AFTER_US TL_US_MIN

static void
token_text(char dst[TL_TOKEN_TEXT], const uint8_t random[32])
{
	char text[4 * ((32 + 2) / 3) + 1];
	(void)tl_base64url(text, random, 32);
	memcpy(dst, text, TL_TOKEN_TEXT - 1);
	dst[TL_TOKEN_TEXT - 1] = '\0';
}

static void
hash_of(struct tl_str cookie, uint8_t hash[TL_SESSION_HASH])
{
	tl_blake2b(hash, TL_SESSION_HASH, cookie, NULL);
}

int
tl_session_make(struct tl_db *db, const struct tl_signin_rules *rules, struct tl_id user,
    struct tl_str device, struct tl_str address, bool enrolling, struct tl_session_made *ret)
{
	uint8_t random[32];
	struct tl_session_made m;
	struct tl_session_row row = {.user = user,
	    .created_at = tl_now_us(),
	    .device = device,
	    .address = address,
	    .enrolling = enrolling};
	row.expires_at = m.expires_at = row.created_at + rules->session_us;
	tl_random(random, sizeof random);
	token_text(m.cookie, random);
	tl_random(row.csrf, sizeof row.csrf);
	token_text(m.csrf, row.csrf);
	hash_of(tl_str(m.cookie), row.hash);
	int rc = tl_session_put(db, &row);
	if (rc == 0)
		*ret = m;
	return rc;
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
	int rc = tl_session_get(db, s.hash, NULL, &row);
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
	s.proved_at = row.proved_at;
	s.enrolling = row.enrolling;
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
tl_session_fresh(const struct tl_session *s, int64_t within_us)
{
	if (tl_now_us() - s->proved_at < within_us)
		return 0;
	return tl_fail_at(TL_EPERM, "/proof", "prove first that it is still you");
}

int
tl_signout(struct tl_db *db, const struct tl_session *s)
{
	char actor[TL_ACTOR_MAX];
	tl_actor_user(actor, s->user.id);
	int rc = tl_session_end(db, s->hash);
	return rc < 0 ? rc : tl_audit_add(db, actor, "signout", TL_S(""), TL_S(""));
}

/* Others of the same person --------------------------------------------------------------- */

struct tl_id
tl_session_id(const uint8_t hash[TL_SESSION_HASH])
{
	struct tl_id id;
	memcpy(id.b, hash, sizeof id.b);
	return id;
}

static int
audit_end(struct tl_db *db, const char *actor, struct tl_id user, const char *which)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, user);
	return tl_audit_add(db, actor, "session.end", tl_str(id), tl_str(which));
}

int
tl_session_end_one(struct tl_db *db, struct tl_arena *arena, struct tl_id user,
    struct tl_id session, const char *actor)
{
	struct tl_session_row *rows = NULL;
	size_t n = 0;
	int rc = tl_session_list(db, user, 0, arena, &rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!tl_id_eq(tl_session_id(rows[i].hash), session))
			continue;
		rc = tl_session_end(db, rows[i].hash);
		return rc < 0 ? rc : audit_end(db, actor, user, "one");
	}
	return rc < 0 ? rc : tl_fail(TL_ENOTFOUND, "there is no such session any more");
}

int
tl_session_end_all(
    struct tl_db *db, struct tl_id user, const uint8_t keep[TL_SESSION_HASH], const char *actor)
{
	int rc = keep ? tl_session_end_others(db, user, keep) : tl_session_end_of(db, user);
	return rc < 0 ? rc : audit_end(db, actor, user, keep ? "others" : "all");
}

/* Devices --------------------------------------------------------------------------------- */

struct word {
	const char *part, *words;
};
static const struct word browsers[] = {
#define B(part, words) {part, words},
#define O(part, words)
#include "people/device.tbl.h"
#undef B
#undef O
};
static const struct word systems[] = {
#define B(part, words)
#define O(part, words) {part, words},
#include "people/device.tbl.h"
#undef B
#undef O
};

static const char *
first_of(const struct word *words, size_t count, struct tl_str text)
{
	for (size_t i = 0; text.n && i < count; i++)
		if (memmem(text.p, text.n, words[i].part, strlen(words[i].part)))
			return words[i].words;
	return NULL;
}

const char *
tl_device_words(struct tl_arena *arena, struct tl_str user_agent)
{
	const char *browser = first_of(browsers, TL_COUNT(browsers), user_agent);
	const char *os = first_of(systems, TL_COUNT(systems), user_agent);
	if (!os)
		return browser ? browser : "an unknown device";
	return tl_arena_printf(arena, "%s on %s", browser ? browser : "an unknown browser", os);
}
