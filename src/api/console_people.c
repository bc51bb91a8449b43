/*
 * People: who there is, their role, skills and grants, being shut out, a new password, their sessions ended.
 *
 * Promises: a password is answered once and stored only as a hash; nobody changes themselves; what is refused changes
 * nothing. Failures: 403 for oneself, 409 for the last administrator, 422 with the field. Hashing happens outside of
 * the transaction. Called through the route table.
 */
#include "api/console_int.h"

#include "people/factors.h"
#include "store/grants.h"
#include "sys/clock.h"

static int
write_grants(struct tl_call *c, struct tl_id user)
{
	struct tl_grant *list = NULL;
	size_t n = 0;
	int rc = tl_grants_of(c->db, user, c->arena, &list, &n);
	tl_js_open(&c->out, "grants", '[');
	for (size_t i = 0; rc == 0 && i < n; i++) {
		char acts[TL_ACTS_TEXT];
		tl_acts_text(acts, list[i].acts);
		tl_js_open(&c->out, NULL, '{');
		tl_js_z(&c->out, "kind", tl_grant_kind_names[list[i].kind]);
		tl_js_str(&c->out, "name", list[i].name);
		tl_js_words(&c->out, "acts", tl_str(acts));
		tl_js_close(&c->out, '}');
	}
	tl_js_close(&c->out, ']');
	return rc;
}

/* The members of a Person of web/console/src/api.ts. */
static int
write_person(struct tl_call *c, const char *key, const struct tl_user *u)
{
	int64_t sessions = 0, seen = 0;
	struct tl_factors has = {0};
	int rc = tl_session_count(c->db, u->id, tl_now_us(), &sessions, &seen);
	if (rc == 0)
		rc = tl_factors_of(c->db, u->id, &has);
	struct tl_buf *out = &c->out;
	tl_js_open(out, key, '{');
	tl_js_id(out, "id", u->id);
	tl_js_str(out, "name", u->name);
	tl_js_z(out, "role", tl_role_names[u->role]);
	tl_js_str(out, "pseudonym", u->pseudonym);
	tl_js_words(out, "skills", u->skills);
	if (rc == 0)
		rc = write_grants(c, u->id);
	tl_js_bool(out, "me", tl_id_eq(u->id, c->who.id));
	tl_js_bool(out, "second_factor", has.totp || has.passkeys > 0);
	tl_js_int(out, "sessions", sessions);
	tl_js_time(out, "seen_at", seen);
	tl_js_time(out, "created_at", u->created_at);
	tl_js_time(out, "disabled_at", u->disabled_at);
	tl_js_time(out, "locked_until", u->locked_until > tl_now_us() ? u->locked_until : 0);
	tl_js_close(out, '}');
	return rc;
}

static int
load_person(struct tl_call *c, struct tl_user *ret)
{
	struct tl_id id;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = tl_user_get(c->db, id, c->arena, ret);
	return rc == TL_ENOTFOUND ? tl_fail(rc, "there is no such person") : rc;
}

static int
answer_person(struct tl_call *c, struct tl_id id)
{
	struct tl_user u = {0};
	int rc = tl_user_get(c->db, id, c->arena, &u);
	return rc < 0 ? rc : write_person(c, NULL, &u);
}

/* What grants can name, so that the screen offers it. */
static int
write_choices(struct tl_call *c)
{
	struct tl_buf *out = &c->out;
	tl_js_open(out, "queues", '[');
	for (size_t i = 0; i < c->set->queue_count; i++)
		tl_js_str(out, NULL, c->set->queues[i].name);
	tl_js_close(out, ']');
	tl_js_open(out, "policies", '[');
	for (size_t i = 0; i < c->set->policy_count; i++)
		tl_js_str(out, NULL, c->set->policies[i].id);
	tl_js_close(out, ']');
	tl_js_open(out, "skills", '[');
	for (size_t i = 0; i < c->set->queue_count; i++) {
		struct tl_str words = c->set->queues[i].skills;
		if (words.n)
			tl_js_str(out, NULL, words);
	}
	tl_js_close(out, ']');
	return 0;
}

int
tl_console_people(struct tl_call *c)
{
	struct tl_user *list = NULL;
	size_t n = 0;
	int rc = tl_user_list(c->db, c->arena, &list, &n);
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "people", '[');
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = write_person(c, NULL, &list[i]);
	tl_js_close(&c->out, ']');
	if (rc == 0)
		rc = write_choices(c);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_person_get(struct tl_call *c)
{
	struct tl_user u = {0};
	int rc = load_person(c, &u);
	return rc < 0 ? rc : write_person(c, NULL, &u);
}

/* A list of words as one text with spaces. */
static int
read_words(struct tl_call *c, json_t *list, const char *at, struct tl_str *ret)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) b = {0};
	size_t i;
	json_t *word;
	json_array_foreach(list, i, word)
	{
		struct tl_str s = json_is_string(word) ? tl_json_str(word) : (struct tl_str){0};
		if (!s.n || s.n > 40 || memchr(s.p, ' ', s.n))
			return tl_fail_at(TL_EFIELD, at, "entry %zu is not one word", i);
		if (i)
			tl_buf_byte(&b, ' ');
		tl_buf_put(&b, s.p, s.n);
	}
	*ret = tl_arena_dup(c->arena, tl_buf_str(&b));
	return tl_arena_check(c->arena);
}

static int
read_grant(struct tl_call *c, json_t *j, const char *at, struct tl_grant *ret)
{
	struct one {
		int kind;
		struct tl_str name;
		json_t *acts;
	} one = {0};
	static const struct tl_json_field fields[] = {
	    {"kind", TL_J_ENUM, offsetof(struct one, kind), 0, 0, tl_grant_kind_names, true},
	    {"name", TL_J_STR, offsetof(struct one, name), 1, 100, NULL, true},
	    {"acts", TL_J_ARRAY, offsetof(struct one, acts), 0, tl_act_count, NULL, true},
	};
	struct tl_str words = {0};
	int rc = tl_json_fill(j, at, fields, TL_COUNT(fields), &one);
	if (rc == 0)
		rc = read_words(c, one.acts, at, &words);
	if (rc < 0)
		return rc;
	*ret = (struct tl_grant){
	    .kind = (enum tl_grant_kind)one.kind, .name = tl_arena_dup(c->arena, one.name)};
	rc = tl_acts_parse(words, &ret->acts);
	if (rc == 0)
		rc = tl_grant_check(c->set, ret);
	return rc < 0 ? tl_fail_at(rc, at, "%s", tl_err_text()) : 0;
}

struct person_ask {
	int role;
	bool disabled; /* what holds now, unless said */
	json_t *skills, *grants;
	struct tl_str name;
	/* read from the lists */
	struct tl_str skill_words;
	struct tl_grant *grant_list;
	size_t grant_count;
};

static int
read_lists(struct tl_call *c, struct person_ask *ask)
{
	int rc = ask->skills ? read_words(c, ask->skills, "/skills", &ask->skill_words) : 0;
	if (rc < 0 || !ask->grants)
		return rc;
	ask->grant_count = json_array_size(ask->grants);
	ask->grant_list = TL_NEWS(c->arena, struct tl_grant, ask->grant_count + 1);
	rc = tl_arena_check(c->arena);
	for (size_t i = 0; rc == 0 && i < ask->grant_count; i++)
		rc = read_grant(c, json_array_get(ask->grants, i),
		    tl_arena_printf(c->arena, "/grants/%zu", i), &ask->grant_list[i]);
	return rc;
}

/* The new person, or the one with a new password, and the password this once. */
static int
answer_password(struct tl_call *c, struct tl_id id, char *password)
{
	struct tl_user u = {0};
	int rc = tl_user_get(c->db, id, c->arena, &u);
	tl_js_open(&c->out, NULL, '{');
	if (rc == 0)
		rc = write_person(c, "person", &u);
	tl_js_z(&c->out, "password", password);
	tl_js_close(&c->out, '}');
	tl_wipe(password, TL_PASSWORD_MADE);
	return rc;
}

static int
guard_add(struct tl_call *c, const struct person_ask *ask)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {0};
	tl_what_begin(&w, ask->name);
	tl_what_change(&w, "role", (struct tl_str){0}, tl_str(tl_role_names[ask->role]));
	if (ask->skill_words.n)
		tl_what_change(&w, "skills", (struct tl_str){0}, ask->skill_words);
	return tl_call_guard(c, TL_GUARD_PEOPLE_ADD, &w);
}

int
tl_console_person_add(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {
	    {"name", TL_J_STR, offsetof(struct person_ask, name), 1, 64, NULL, true},
	    {"role", TL_J_ENUM, offsetof(struct person_ask, role), 0, 0, tl_role_names, true},
	    {"skills", TL_J_ARRAY, offsetof(struct person_ask, skills), 0, 32, NULL, false},
	};
	struct person_ask ask = {0};
	char password[TL_PASSWORD_MADE];
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = read_lists(c, &ask);
	if (rc < 0)
		return rc;
	rc = guard_add(c, &ask);
	if (rc < 0)
		return rc;
	tl_password_make(password);
	struct tl_new_user u = {.name = ask.name,
	    .password = tl_str(password),
	    .skills = ask.skill_words,
	    .role = (enum tl_role)ask.role,
	    .actor = c->actor};
	rc = tl_new_user_prepare(&u);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_new_user_store(c->db, &u);
	if (rc == 0 &&
	    c->mode == TL_CALL_EXECUTE) /* the second person gets to see the password */
		rc = tl_user_made_by(c->db, u.id, tl_call_both(c));
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	c->status = 201;
	return answer_password(c, u.id, password);
}

static int
apply_change(struct tl_call *c, const struct tl_user *u, const struct person_ask *ask)
{
	int rc = 0;
	if (ask->role >= 0 && (enum tl_role)ask->role != u->role)
		rc = tl_user_change_role(c->db, u->id, (enum tl_role)ask->role, c->actor);
	if (rc == 0 && ask->skills)
		rc = tl_user_change_skills(c->db, u->id, ask->skill_words, c->actor);
	if (rc == 0 && ask->grants)
		rc = tl_user_change_grants(
		    c->db, u->id, ask->grant_list, ask->grant_count, c->actor);
	if (rc == 0 && ask->disabled != (u->disabled_at != 0))
		rc = tl_user_disable(c->db, u->id, ask->disabled, c->actor);
	return rc;
}

static struct tl_str
grants_words(struct tl_call *c, const struct tl_grant *list, size_t n)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) b = {0};
	tl_grants_text(&b, list, n);
	return tl_arena_dup(c->arena, tl_buf_str(&b));
}

static int
guard_change(struct tl_call *c, const struct tl_user *u, const struct person_ask *ask)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {0};
	struct tl_grant *grants = NULL;
	size_t n = 0;
	if (tl_id_eq(u->id, c->who.id) && c->mode != TL_CALL_EXECUTE)
		return tl_fail(TL_EPERM,
		    "nobody changes what they themselves may do; ask another administrator");
	int rc = tl_grants_of(c->db, u->id, c->arena, &grants, &n);
	tl_what_begin(&w, u->name);
	if (ask->role >= 0 && (enum tl_role)ask->role != u->role)
		tl_what_change(&w, "role", tl_str(tl_role_names[u->role]),
		    tl_str(tl_role_names[ask->role]));
	if (ask->skills)
		tl_what_change(&w, "skills", u->skills, ask->skill_words);
	if (ask->grants)
		tl_what_change(&w, "grants", grants_words(c, grants, n),
		    grants_words(c, ask->grant_list, ask->grant_count));
	if (ask->disabled != (u->disabled_at != 0))
		tl_what_change(&w, "state", tl_str(u->disabled_at ? "shut out" : "can sign in"),
		    tl_str(ask->disabled ? "shut out" : "can sign in"));
	return rc < 0 ? rc : tl_call_guard(c, TL_GUARD_PEOPLE_CHANGE, &w);
}

int
tl_console_person_change(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {
	    {"role", TL_J_ENUM, offsetof(struct person_ask, role), 0, 0, tl_role_names, false},
	    {"skills", TL_J_ARRAY, offsetof(struct person_ask, skills), 0, 32, NULL, false},
	    {"grants", TL_J_ARRAY, offsetof(struct person_ask, grants), 0, TL_GRANTS_MAX, NULL,
		false},
	    {"disabled", TL_J_BOOL, offsetof(struct person_ask, disabled), 0, 0, NULL, false},
	};
	struct person_ask ask = {.role = -1};
	struct tl_user u = {0};
	int rc = load_person(c, &u);
	ask.disabled = rc == 0 && u.disabled_at != 0;
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = read_lists(c, &ask);
	if (rc == 0)
		rc = guard_change(c, &u, &ask);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_call_end(c, TL_SYNC_FULL, apply_change(c, &u, &ask));
	return rc < 0 ? rc : answer_person(c, u.id);
}

static int
guard_way_in(struct tl_call *c, const struct tl_user *u, const char *field, const char *will)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {0};
	tl_what_begin(&w, u->name);
	tl_what_change(&w, field, (struct tl_str){0}, tl_str(will));
	return tl_call_guard(c, TL_GUARD_PEOPLE_PASSWORD, &w);
}

int
tl_console_person_password(struct tl_call *c)
{
	char password[TL_PASSWORD_MADE], hash[TL_PWHASH_MAX];
	struct tl_user u = {0};
	int rc = load_person(c, &u);
	if (rc == 0 && tl_id_eq(u.id, c->who.id))
		rc = tl_fail(TL_EPERM, "your own password is changed under \"My sign-in\"");
	if (rc == 0)
		rc = guard_way_in(c, &u, "password", "a new one");
	if (rc < 0)
		return rc;
	tl_password_make(password);
	rc = tl_password_hash(hash, tl_str(password));
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_user_new_password(c->db, u.id, tl_str(hash), c->actor);
	if (rc == 0 && c->mode == TL_CALL_EXECUTE)
		rc = tl_user_password_by(c->db, u.id, tl_call_both(c));
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	return rc < 0 ? rc : answer_password(c, u.id, password);
}

int
tl_console_person_signout(struct tl_call *c)
{
	struct tl_user u = {0};
	int rc = load_person(c, &u);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	return tl_call_end(c, TL_SYNC_FULL, tl_user_end_sessions(c->db, u.id, c->actor));
}

int
tl_console_person_factors_reset(struct tl_call *c)
{
	struct tl_user u = {0};
	int rc = load_person(c, &u);
	if (rc == 0 && tl_id_eq(u.id, c->who.id))
		rc = tl_fail(TL_EPERM,
		    "your own second factors are removed under \"My sign-in\", by password");
	if (rc == 0)
		rc = guard_way_in(c, &u, "second factors", "none");
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc == 0)
		rc = tl_call_end(c, TL_SYNC_FULL, tl_factors_reset(c->db, u.id, c->actor));
	return rc < 0 ? rc : answer_person(c, u.id);
}
