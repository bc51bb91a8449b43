/*
 * API keys in the console: made, changed, rotated, revoked; each change is a line of the audit trail that names what
 * changed, never a secret.
 *
 * Promises: a secret is in one answer, that of its making; nothing that was given is taken back silently. Failures:
 * 404, 409 when the key is revoked or replaced, 422 with the field. Reached only through the route table.
 */
#include "api/console_int.h"

#include "store/accounts.h"
#include "store/api_keys.h"
#include "sys/clock.h"
#include "sys/crypto.h"

static void
write_words(struct tl_buf *out, const char *name, struct tl_str words)
{
	tl_js_open(out, name, '[');
	while (words.n) {
		const uint8_t *space = memchr(words.p, ' ', words.n);
		size_t n = space ? (size_t)(space - words.p) : words.n;
		if (n)
			tl_js_str(out, NULL, tl_bytes(words.p, n));
		n += space != NULL;
		words = tl_bytes(words.p + n, words.n - n);
	}
	tl_js_close(out, ']');
}

static int
write_key(struct tl_call *c, const char *name, const struct tl_api_key *k)
{
	struct tl_buf *out = &c->out;
	struct tl_view v = tl_call_view(c);
	tl_js_open(out, name, '{');
	tl_js_id(out, "id", k->id);
	int rc = tl_view_platform(&v, "platform", k->platform);
	tl_js_bool(out, "live", k->live);
	tl_js_str(out, "label", k->label);
	tl_js_str(out, "prefix", k->prefix);
	tl_js_open(out, "scopes", '[');
	for (unsigned s = 0; s < tl_scope_count; s++) {
		if (k->scopes >> s & 1)
			tl_js_z(out, NULL, tl_scope_names[s]);
	}
	tl_js_close(out, ']');
	tl_js_int(out, "rate_per_s", k->rate_per_s);
	tl_js_int(out, "burst", k->burst);
	write_words(out, "networks", k->networks);
	tl_js_time(out, "created_at", k->created_at);
	tl_js_time(out, "last_used_at", k->last_used_at);
	tl_js_time(out, "expires_at", k->expires_at);
	tl_js_time(out, "revoked_at", k->revoked_at);
	if (tl_id_is_nil(k->replaced_by))
		tl_js_null(out, "replaced_by");
	else
		tl_js_id(out, "replaced_by", k->replaced_by);
	tl_js_bool(out, "unused", tl_api_key_is_unused(k, tl_now_us()));
	tl_js_close(out, '}');
	return rc;
}

static int
each_key(void *ctx, const struct tl_api_key *k)
{
	return write_key(ctx, NULL, k);
}

int
tl_console_keys(struct tl_call *c)
{
	struct tl_row r;
	tl_js_open(&c->out, NULL, '{');
	tl_js_open(&c->out, "keys", '[');
	int rc = tl_api_key_list(c->db, c->arena, each_key, c);
	tl_js_close(&c->out, ']');
	if (rc == 0)
		rc = tl_db_query(c->db, &r, TL_SQL_PLATFORM_LIST, A_NULL);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, "platforms", '[');
	while ((rc = tl_row_next(&r)) > 0)
		tl_js_str(&c->out, NULL, tl_col_str(&r, 1));
	tl_js_close(&c->out, ']');
	tl_js_close(&c->out, '}');
	return rc;
}

struct key_ask {
	struct tl_str platform, label;
	json_t *scopes, *networks;
	int64_t rate, burst, expires_at;
	bool live;
};

/* What making and changing have in common. */
#define KEY_FIELDS                                                                             \
	{"label", TL_J_STR, offsetof(struct key_ask, label), 1, 200, NULL, true},              \
	    {"scopes", TL_J_ARRAY, offsetof(struct key_ask, scopes), 1, 16, NULL, true},       \
	    {"rate_per_s", TL_J_INT, offsetof(struct key_ask, rate), 0, 1000000, NULL, false}, \
	    {"burst", TL_J_INT, offsetof(struct key_ask, burst), 0, 1000000, NULL, false},     \
	    {"networks", TL_J_ARRAY, offsetof(struct key_ask, networks), 0,                    \
		TL_KEY_NETWORKS_MAX, NULL, false},                                             \
	{                                                                                      \
		"expires_at", TL_J_TIME, offsetof(struct key_ask, expires_at), 0, 0, NULL,     \
		    false                                                                      \
	}

static int
read_scopes(json_t *list, unsigned *ret)
{
	size_t i;
	json_t *word;
	*ret = 0;
	json_array_foreach(list, i, word)
	{
		int scope;
		if (!json_is_string(word) ||
		    tl_word_parse(tl_scope_names, tl_json_str(word), &scope) < 0)
			return tl_fail_at(
			    TL_EFIELD, "/scopes", "entry %zu is not the name of a scope", i);
		*ret |= 1U << scope;
	}
	return 0;
}

static int
read_networks(struct tl_call *c, json_t *list, struct tl_str *ret)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	size_t i;
	json_t *word;
	json_array_foreach(list, i, word)
	{
		struct tl_str s = json_is_string(word) ? tl_json_str(word) : TL_S("");
		if (s.n == 0 || memchr(s.p, ' ', s.n))
			return tl_fail_at(
			    TL_EFIELD, "/networks", "entry %zu is not a network", i);
		tl_buf_puts(&b, i ? " " : "");
		tl_buf_put(&b, s.p, s.n);
	}
	*ret = tl_arena_dup(c->arena, tl_buf_str(&b));
	return tl_arena_check(c->arena);
}

static int
take_ask(struct tl_call *c, const struct key_ask *ask, struct tl_api_key *k)
{
	k->label = ask->label;
	k->rate_per_s = ask->rate;
	k->burst = ask->burst;
	k->expires_at = ask->expires_at;
	int rc = read_scopes(ask->scopes, &k->scopes);
	return rc < 0 ? rc : read_networks(c, ask->networks, &k->networks);
}

/* The one answer with the secret. */
static int
answer_made(struct tl_call *c, const struct tl_api_key *k, char secret[TL_API_KEY_TEXT])
{
	c->status = 201;
	tl_js_open(&c->out, NULL, '{');
	int rc = write_key(c, "key", k);
	tl_js_z(&c->out, "secret", secret);
	tl_js_close(&c->out, '}');
	tl_wipe(secret, TL_API_KEY_TEXT);
	return rc;
}

static struct tl_str
scope_words(struct tl_call *c, unsigned scopes)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	for (unsigned s = 0; s < tl_scope_count; s++) {
		if (scopes >> s & 1)
			tl_buf_printf(&b, "%s%s", b.n ? " " : "", tl_scope_names[s]);
	}
	return tl_arena_dup(c->arena, tl_buf_str(&b));
}

static struct tl_str
limits(struct tl_call *c, const struct tl_api_key *k)
{
	char until[TL_TIME_MAX] = "never";
	const char *rate = "any number of requests", *burst = "";
	if (k->expires_at)
		tl_time_format(until, k->expires_at);
	if (k->rate_per_s)
		rate = tl_arena_printf(
		    c->arena, "%lld requests a second", (long long)k->rate_per_s);
	if (k->burst)
		burst = tl_arena_printf(c->arena, ", %lld at once", (long long)k->burst);
	return tl_str(tl_arena_printf(c->arena, "%s%s; ends: %s", rate, burst, until));
}

static int
guard_create(struct tl_call *c, const struct key_ask *ask, const struct tl_api_key *k)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {0};
	tl_what_begin(&w, ask->label);
	tl_what_change(&w, "platform", TL_S(""), ask->platform);
	tl_what_change(&w, "for", TL_S(""), tl_str(ask->live ? "live" : "test"));
	tl_what_change(&w, "scopes", TL_S(""), scope_words(c, k->scopes));
	tl_what_change(&w, "networks", TL_S(""), k->networks);
	tl_what_change(&w, "limits", TL_S(""), limits(c, k));
	return tl_call_guard(c, TL_GUARD_KEY_CREATE, &w);
}

static int
guard_set(struct tl_call *c, const struct key_ask *ask, struct tl_id id)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {0};
	struct tl_api_key was = {0};
	int rc = tl_api_key_get(c->db, id, c->arena, &was);
	struct tl_api_key will = was;
	if (rc == 0)
		rc = take_ask(c, ask, &will);
	if (rc < 0)
		return rc;
	tl_what_begin(&w, was.label);
	tl_what_change(&w, "label", was.label, will.label);
	tl_what_change(&w, "scopes", scope_words(c, was.scopes), scope_words(c, will.scopes));
	tl_what_change(&w, "networks", was.networks, will.networks);
	tl_what_change(&w, "limits", limits(c, &was), limits(c, &will));
	return tl_call_guard(c, TL_GUARD_KEY_CHANGE, &w);
}

/* What is said of a key as a whole: it gets a successor, or it works no more. */
static int
guard_key(struct tl_call *c, enum tl_guarded op, struct tl_id id, const char *will)
{
	struct tl_what TL_CLEANUP(tl_what_fini) w = {0};
	struct tl_api_key k = {0};
	int rc = tl_api_key_get(c->db, id, c->arena, &k);
	if (rc < 0)
		return rc;
	tl_what_begin(&w, k.label);
	tl_what_change(&w, "key", k.prefix, tl_str(will));
	return tl_call_guard(c, op, &w);
}

int
tl_console_key_create(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {KEY_FIELDS,
	    {"platform", TL_J_STR, offsetof(struct key_ask, platform), 1, 100, NULL, true},
	    {"live", TL_J_BOOL, offsetof(struct key_ask, live), 0, 0, NULL, true}};
	struct key_ask ask = {0};
	struct tl_api_key k = {0};
	char secret[TL_API_KEY_TEXT];
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = take_ask(c, &ask, &k);
	if (rc == 0)
		rc = guard_create(c, &ask, &k);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	k.live = ask.live;
	/* A platform begins to exist with its first key. */
	rc = tl_platform_find(c->db, ask.platform, &k.platform);
	if (rc == TL_ENOTFOUND)
		rc = tl_platform_add(c->db, ask.platform, &k.platform);
	if (rc == 0)
		rc = tl_api_key_create(c->db, &k, c->arena, secret);
	if (rc == 0)
		rc = tl_call_audit(c, "key.create", k.id, k.live ? "live" : "test");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc < 0)
		return rc;
	return answer_made(c, &k, secret);
}

int
tl_console_key_set(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {KEY_FIELDS};
	struct key_ask ask = {0};
	struct tl_api_key k = {0};
	struct tl_id id = {0};
	char changed[TL_KEY_CHANGED_TEXT];
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = guard_set(c, &ask, id);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_api_key_get(c->db, id, c->arena, &k);
	if (rc == 0)
		rc = take_ask(c, &ask, &k);
	if (rc == 0)
		rc = tl_api_key_set(c->db, &k, c->arena, changed);
	if (rc == 0)
		rc = tl_call_audit(c, "key.set", id, changed);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	return rc < 0 ? rc : write_key(c, NULL, &k);
}

int
tl_console_key_rotate(struct tl_call *c)
{
	struct ask {
		int64_t hours;
	} ask = {c->app->config->secret_overlap_hours};
	static const struct tl_json_field fields[] = {
	    {"hours", TL_J_INT, offsetof(struct ask, hours), 0, 720, NULL, false}};
	struct tl_api_key k = {0};
	struct tl_id id = {0};
	char secret[TL_API_KEY_TEXT], successor[TL_ID_TEXT];
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = guard_key(c, TL_GUARD_KEY_CHANGE, id, "gets a successor");
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_api_key_rotate(c->db, id, ask.hours * TL_US_HOUR, c->arena, &k, secret);
	tl_id_text(successor, k.id);
	if (rc == 0)
		rc = tl_call_audit(c, "key.rotate", id, successor);
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	return rc < 0 ? rc : answer_made(c, &k, secret);
}

int
tl_console_key_revoke(struct tl_call *c)
{
	struct tl_id id;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = guard_key(c, TL_GUARD_KEY_REVOKE, id, "works no more");
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_api_key_revoke(c->db, id);
	if (rc == 0)
		rc = tl_call_audit(c, "key.revoke", id, "");
	return tl_call_end(c, TL_SYNC_FULL, rc);
}
