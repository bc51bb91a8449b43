/*
 * Owns the table of roles and permissions, and the rules for names, passwords and roles.
 *
 * Promises: there is always an enabled administrator; every change is in the audit trail; whoever loses a role or
 * a password loses their sessions. Called by the console's routes and the CLI.
 */
#include "people/people.h"

#include "sys/clock.h"

static const struct {
	const char *name, *help;
	bool may[tl_role_count];
} permissions[] = {
#define P(perm, name, viewer, moderator, specialist, lead, admin, help)                        \
	[perm] = {name, help,                                                                  \
	    {[TL_ROLE_VIEWER] = viewer,                                                        \
		[TL_ROLE_MODERATOR] = moderator,                                               \
		[TL_ROLE_SPECIALIST] = specialist,                                             \
		[TL_ROLE_LEAD] = lead,                                                         \
		[TL_ROLE_ADMIN] = admin}},
#include "people/roles.tbl.h"
#undef P
};

bool
tl_may(enum tl_role role, enum tl_permission p)
{
	return role < tl_role_count && p < TL_PERMISSION_COUNT && permissions[p].may[role];
}

int
tl_need(enum tl_role role, const char *permission)
{
	for (size_t i = 0; i < TL_COUNT(permissions); i++) {
		if (strcmp(permissions[i].name, permission) != 0)
			continue;
		if (tl_may(role, (enum tl_permission)i))
			return 0;
		return tl_fail(TL_EPERM, "the role %s may not: %s", tl_role_names[role],
		    permissions[i].help);
	}
	return tl_fail(TL_EBUG, "there is no permission \"%s\"", permission);
}

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
	if (!differ || !tl_utf8_valid(password))
		return tl_fail_at(TL_EFIELD, "/password", "this password is too easy to guess");
	if (name.n && memmem(password.p, password.n, name.p, name.n) && password.n < name.n + 8)
		return tl_fail_at(
		    TL_EFIELD, "/password", "the password is little more than the name");
	return 0;
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

int
tl_user_new_password(struct tl_db *db, struct tl_id user, struct tl_str hash, const char *actor)
{
	int rc = tl_user_set_password(db, user, hash);
	if (rc == 0)
		rc = tl_session_end_of(db, user);
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
		rc = tl_user_set_role(db, user, role);
	if (rc == 0)
		rc = tl_session_end_of(db, user);
	return rc < 0 ? rc : audit_user(db, actor, "user.role", user, tl_role_names[role]);
}
