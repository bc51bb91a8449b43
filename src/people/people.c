/*
 * Owns the rules for names, passwords, roles, skills and grants of people.
 *
 * Promises: there is always an enabled administrator; nobody changes what they themselves may do; every change is in
 * the audit trail; whoever loses a role or a password loses their sessions. Called by the console's routes and the
 * CLI.
 */
#include "people/people.h"

#include <strings.h>

#include "base/buf.h"
#include "store/grants.h"
#include "sys/clock.h"

int
tl_user_name_check(struct tl_str name)
{
	bool ok = name.n >= 1 && name.n <= 64;
	for (size_t i = 0; ok && i < name.n; i++) {
		uint8_t c = name.p[i];
		ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		     (i > 0 && (c == '.' || c == '-' || c == '_' || c == '@'));
	}
	if (ok)
		return 0;
	return tl_fail_at(TL_EFIELD, "/name",
	    "a user name has 1 to 64 small letters, digits and . - _ @, and begins with a "
	    "letter or digit");
}

/* Length of the easy word that `s` begins with, in any case; 0: none. The longest. */
static size_t
easy_word(struct tl_str s)
{
	static const char *const words[] = {
#define W(word) word,
#include "people/easy.tbl.h"
#undef W
	};
	size_t best = 0;
	for (size_t i = 0; i < TL_COUNT(words); i++) {
		size_t n = strlen(words[i]);
		if (n > best && n <= s.n && strncasecmp((const char *)s.p, words[i], n) == 0)
			best = n;
	}
	return best;
}

/* Nothing but easy words, digits and signs. */
static bool
is_easy(struct tl_str s)
{
	while (s.n) {
		uint8_t c = s.p[0];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
		size_t n = easy_word(s);
		if (n == 0 && letter)
			return false;
		n = n ? n : 1;
		s = tl_bytes(s.p + n, s.n - n);
	}
	return true;
}

int
tl_password_fit(struct tl_str password, struct tl_str name)
{
	if (password.n < TL_PASSWORD_LEAST || password.n > 1024)
		return tl_fail_at(TL_EFIELD, "/password",
		    "a password has %d to 1024 characters; four words in a row are easy to "
		    "keep",
		    TL_PASSWORD_LEAST);
	bool differ = false;
	for (size_t i = 1; i < password.n; i++)
		differ |= password.p[i] != password.p[0];
	if (!differ || !tl_utf8_valid(password) || is_easy(password))
		return tl_fail_at(TL_EFIELD, "/password", "this password is too easy to guess");
	if (name.n && memmem(password.p, password.n, name.p, name.n) && password.n < name.n + 8)
		return tl_fail_at(
		    TL_EFIELD, "/password", "the password is little more than the name");
	return 0;
}

void
tl_password_make(char dst[TL_PASSWORD_MADE])
{
	static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz"; /* 31 */
	size_t n = 0;
	while (n < TL_PASSWORD_MADE - 1) {
		uint8_t r;
		tl_random(&r, 1);
		if (r >= 248) /* 8 * 31: no letter is likelier than another */
			continue;
		dst[n++] = letters[r % 31];
		if (n % 6 == 5 && n < TL_PASSWORD_MADE - 1)
			dst[n++] = '-';
	}
	dst[n] = '\0';
}

int
tl_new_user_prepare(struct tl_new_user *u)
{
	int rc = tl_user_name_check(u->name);
	if (rc == 0)
		rc = tl_password_fit(u->password, u->name);
	return rc < 0 ? rc : tl_password_hash(u->hash, u->password);
}

/* "R-" and six letters and digits that cannot be confused. */
static void
make_pseudonym(char dst[9])
{
	static const char letters[] = "23456789BCDFGHJKMNPQRSTVWXYZ";
	uint8_t random[6];
	tl_random(random, sizeof random);
	dst[0] = 'R';
	dst[1] = '-';
	for (size_t i = 0; i < sizeof random; i++)
		dst[2 + i] = letters[random[i] % (sizeof letters - 1)];
	dst[8] = '\0';
}

int
tl_new_user_store(struct tl_db *db, void *ctx)
{
	struct tl_new_user *u = ctx;
	char pseudonym[9], id[TL_ID_TEXT];
	make_pseudonym(pseudonym);
	struct tl_user row = {.name = u->name,
	    .role = u->role,
	    .skills = u->skills.p ? u->skills : TL_S(""),
	    .pseudonym = tl_str(pseudonym),
	    .password = tl_str(u->hash)};
	int rc = tl_user_put(db, &row);
	if (rc < 0)
		return rc;
	rc = tl_user_made_by(db, row.id, u->actor);
	if (rc < 0)
		return rc;
	u->id = row.id;
	tl_id_text(id, row.id);
	return tl_audit_add(
	    db, u->actor, "user.add", tl_str(id), tl_str(tl_role_names[u->role]));
}

static int
audit_user(struct tl_db *db, const char *actor, const char *verb, struct tl_id user,
    const char *detail)
{
	char id[TL_ID_TEXT];
	tl_id_text(id, user);
	return tl_audit_add(db, actor, verb, tl_str(id), tl_str(detail));
}

/* Nobody changes what they themselves may do. */
static int
not_oneself(struct tl_id user, const char *actor)
{
	char self[TL_ACTOR_MAX];
	tl_actor_user(self, user);
	if (strcmp(self, actor) == 0)
		return tl_fail(TL_EPERM,
		    "nobody changes what they themselves may do; ask another administrator");
	return 0;
}

int
tl_user_new_password(struct tl_db *db, struct tl_id user, struct tl_str hash, const char *actor)
{
	int rc = tl_user_set_password(db, user, hash);
	if (rc == 0)
		rc = tl_session_end_of(db, user);
	/* Their own choice does not take away that somebody else could have signed in as them before. */
	if (rc == 0 && not_oneself(user, actor) == 0)
		rc = tl_user_password_by(db, user, actor);
	return rc < 0 ? rc : audit_user(db, actor, "user.password", user, "");
}

static int
keep_an_admin(struct tl_db *db, struct tl_id user)
{
	int64_t others = 0;
	int rc = tl_user_other_admins(db, user, &others);
	if (rc < 0)
		return rc;
	if (others == 0)
		return tl_fail(
		    TL_ECONFLICT, "this is the last administrator; make another one first");
	return 0;
}

int
tl_user_disable(struct tl_db *db, struct tl_id user, bool disable, const char *actor)
{
	int rc = disable ? keep_an_admin(db, user) : 0;
	if (rc == 0)
		rc = not_oneself(user, actor);
	if (rc == 0)
		rc = tl_user_set_disabled(db, user, disable ? tl_now_us() : 0);
	if (rc == 0 && disable)
		rc = tl_session_end_of(db, user);
	return rc < 0
		   ? rc
		   : audit_user(db, actor, disable ? "user.disable" : "user.enable", user, "");
}

int
tl_user_change_role(struct tl_db *db, struct tl_id user, enum tl_role role, const char *actor)
{
	int rc = role == TL_ROLE_ADMIN ? 0 : keep_an_admin(db, user);
	if (rc == 0)
		rc = not_oneself(user, actor);
	if (rc == 0)
		rc = tl_user_set_role(db, user, role);
	if (rc == 0)
		rc = tl_session_end_of(db, user);
	return rc < 0 ? rc : audit_user(db, actor, "user.role", user, tl_role_names[role]);
}

int
tl_user_change_skills(
    struct tl_db *db, struct tl_id user, struct tl_str skills, const char *actor)
{
	bool ok = skills.n <= 500;
	for (size_t i = 0; ok && i < skills.n; i++) {
		uint8_t c = skills.p[i];
		ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
		     c == ' ';
	}
	if (!ok)
		return tl_fail_at(TL_EFIELD, "/skills",
		    "skills are words of small letters, digits, _ and -, 500 characters in "
		    "all");
	int rc = not_oneself(user, actor);
	if (rc == 0)
		rc = tl_user_set_skills(db, user, skills);
	if (rc < 0)
		return rc;
	char id[TL_ID_TEXT];
	tl_id_text(id, user);
	return tl_audit_add(db, actor, "user.skills", tl_str(id), skills);
}

void
tl_grants_text(struct tl_buf *b, const struct tl_grant *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char acts[TL_ACTS_TEXT];
		tl_acts_text(acts, list[i].acts);
		tl_buf_printf(b, "%s%s %.*s: %s", i ? "; " : "",
		    tl_grant_kind_names[list[i].kind], TL_ARG(list[i].name),
		    acts[0] ? acts : "nothing");
	}
}

int
tl_user_change_grants(struct tl_db *db, struct tl_id user, const struct tl_grant *list,
    size_t count, const char *actor)
{
	if (count > TL_GRANTS_MAX)
		return tl_fail_at(
		    TL_EFIELD, "/grants", "at most %d grants a person", TL_GRANTS_MAX);
	int rc = not_oneself(user, actor);
	if (rc == 0)
		rc = tl_grants_set(db, user, list, count);
	if (rc < 0)
		return rc;
	struct tl_buf TL_CLEANUP(tl_buf_fini) text = {0};
	tl_grants_text(&text, list, count);
	return audit_user(db, actor, "user.grants", user, tl_buf_z(&text));
}

int
tl_user_end_sessions(struct tl_db *db, struct tl_id user, const char *actor)
{
	int rc = tl_session_end_of(db, user);
	return rc < 0 ? rc : audit_user(db, actor, "user.sessions_end", user, "");
}

int
tl_access_of(struct tl_db *db, struct tl_arena *arena, const struct tl_user *u,
    const struct tl_policy_set *set, struct tl_access *ret)
{
	struct tl_grant *grants = NULL;
	size_t n = 0;
	int rc = tl_grants_of(db, u->id, arena, &grants, &n);
	if (rc == 0)
		*ret = (struct tl_access){u->role, u->skills, grants, n, set};
	return rc;
}
