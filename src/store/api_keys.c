/*
 * API keys: made here, hashed at rest, looked up by hash.
 *
 * Promises: the secret leaves this file once, in tl_api_key_create. It has 256 random bits, so a plain BLAKE2b is
 * enough. Failures: EAUTH, EFIELD, NOTFOUND, CORRUPT. Called by the server's key gate, the console and the CLI.
 */
#include "store/api_keys.h"

#include "store/rows_int.h"
#include "store/vitals.h"
#include "sys/addr.h"
#include "sys/clock.h"
#include "sys/crypto.h"

#define SECRET_BYTES 32
#define SECRET_CHARS 43
#define HEAD_CHARS 9 /* tlk_live_ */
#define PREFIX_CHARS 15
#define WARN_US (14 * TL_US_DAY)

int
tl_scopes_parse(struct tl_str words, unsigned *ret)
{
	unsigned scopes = 0;
	while (words.n) {
		const uint8_t *space = memchr(words.p, ' ', words.n);
		size_t n = space ? (size_t)(space - words.p) : words.n;
		int word = 0;
		if (n && tl_word_parse(tl_scope_names, tl_bytes(words.p, n), &word) < 0)
			return tl_fail_at(TL_EFIELD, "/scopes", "there is no scope \"%.*s\"",
			    (int)n, words.p);
		if (n)
			scopes |= 1U << word;
		n += space != NULL;
		words = tl_bytes(words.p + n, words.n - n);
	}
	*ret = scopes;
	return 0;
}

void
tl_scopes_text(char dst[TL_SCOPES_TEXT], unsigned scopes)
{
	size_t n = 0;
	dst[0] = '\0';
	for (int i = 0; i < tl_scope_count && n < TL_SCOPES_TEXT; i++)
		if (scopes & 1U << i)
			n += (size_t)snprintf(dst + n, TL_SCOPES_TEXT - n, "%s%s", n ? " " : "",
			    tl_scope_names[i]);
}

static void
make_secret(bool live, char dst[TL_API_KEY_TEXT])
{
	uint8_t random[SECRET_BYTES];
	char text[4 * ((SECRET_BYTES + 2) / 3) + 1];
	tl_random(random, sizeof random);
	(void)tl_base64(text, random, sizeof random);
	for (size_t i = 0; i < SECRET_CHARS; i++)
		text[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
	(void)snprintf(
	    dst, TL_API_KEY_TEXT, "tlk_%s_%.*s", live ? "live" : "test", SECRET_CHARS, text);
	tl_wipe(random, sizeof random);
	tl_wipe(text, sizeof text);
}

int
tl_api_key_hash(struct tl_str secret, uint8_t ret[TL_API_KEY_HASH])
{
	if (secret.n != TL_API_KEY_TEXT - 1 ||
	    (memcmp(secret.p, "tlk_live_", HEAD_CHARS) != 0 &&
		memcmp(secret.p, "tlk_test_", HEAD_CHARS) != 0))
		return tl_fail(TL_EAUTH, "this is not an API key");
	tl_blake2b(ret, TL_API_KEY_HASH, secret, NULL);
	return 0;
}

/* Somebody hears of a key that runs out: two weeks before, or in the last quarter of its time. */
static int
note_expiry(struct tl_db *db, const struct tl_api_key *k)
{
	bool ends = k->expires_at && !k->revoked_at && tl_id_is_nil(k->replaced_by);
	int64_t quarter = (k->expires_at - tl_now_us()) / 4;
	int64_t before = quarter < WARN_US ? quarter : WARN_US;
	return tl_deadline_set(
	    db, TL_AL_KEY_EXPIRY, k->prefix, k->expires_at - before, ends ? k->expires_at : 0);
}

static int
check(const struct tl_api_key *k, int64_t now)
{
	struct tl_net nets[TL_KEY_NETWORKS_MAX];
	size_t n;
	char why[160];
	int rc = tl_nets_parse(k->networks, nets, TL_COUNT(nets), &n);
	if (rc < 0) {
		(void)snprintf(why, sizeof why, "%s", tl_err_text());
		return tl_fail_at(TL_EFIELD, "/networks", "%s", why);
	}
	if (k->scopes == 0)
		return tl_fail_at(TL_EFIELD, "/scopes", "a key needs one at least");
	if (k->expires_at && k->expires_at <= now)
		return tl_fail_at(TL_EFIELD, "/expires_at", "is over already");
	return 0;
}

int
tl_api_key_create(struct tl_db *db, struct tl_api_key *k, struct tl_arena *arena,
    char ret_secret[TL_API_KEY_TEXT])
{
	char secret[TL_API_KEY_TEXT], scopes[TL_SCOPES_TEXT];
	uint8_t hash[TL_API_KEY_HASH];
	make_secret(k->live, secret);
	tl_scopes_text(scopes, k->scopes);
	int rc = tl_api_key_hash(tl_str(secret), hash);
	k->id = tl_id_new();
	k->created_at = tl_now_us();
	if (rc == 0)
		rc = check(k, k->created_at);
	k->prefix = tl_arena_dup(arena, tl_bytes(secret, PREFIX_CHARS));
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_API_KEY_ADD, A_ID(k->id), A_INT(k->platform),
		    A_INT(k->live), A_TEXT(k->label), A_TEXT(k->prefix),
		    A_BYTES(tl_bytes(hash, sizeof hash)), A_Z(scopes), A_INT(k->rate_per_s),
		    A_INT(k->created_at), A_INT0(k->expires_at), A_TEXT(k->networks),
		    A_INT(k->burst));
	if (rc >= 0)
		rc = note_expiry(db, k);
	if (rc >= 0)
		memcpy(ret_secret, secret, sizeof secret);
	tl_wipe(secret, sizeof secret);
	return rc < 0 ? rc : 0;
}

static int
read_key(const struct tl_row *r, struct tl_arena *arena, struct tl_api_key *ret)
{
	struct tl_api_key k = {.id = tl_col_id(r, 0),
	    .platform = tl_col_int(r, 1),
	    .live = tl_col_int(r, 2) != 0,
	    .label = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .prefix = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .rate_per_s = tl_col_int(r, 6),
	    .created_at = tl_col_int(r, 7),
	    .last_used_at = tl_col_int(r, 8),
	    .expires_at = tl_col_int(r, 9),
	    .revoked_at = tl_col_int(r, 10),
	    .networks = tl_arena_dup(arena, tl_col_str(r, 11)),
	    .burst = tl_col_int(r, 12),
	    .replaced_by = tl_col_id(r, 13)};
	if (tl_scopes_parse(tl_col_str(r, 5), &k.scopes) < 0)
		return tl_fail(TL_ECORRUPT, "a key's row is damaged");
	*ret = k;
	return tl_arena_check(arena);
}

int
tl_api_key_find(struct tl_db *db, const uint8_t hash[TL_API_KEY_HASH], struct tl_arena *arena,
    struct tl_api_key *ret)
{
	struct tl_row r;
	int rc = tl_db_first(
	    db, &r, TL_SQL_API_KEY_BY_HASH, A_BYTES(tl_bytes(hash, TL_API_KEY_HASH)));
	if (rc < 0)
		return rows_found(rc, "key");
	rc = read_key(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_api_key_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *arena, struct tl_api_key *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_API_KEY_BY_ID, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "key");
	rc = read_key(&r, arena, ret);
	tl_row_end(&r);
	return rc;
}

static void
name_changes(
    char dst[TL_KEY_CHANGED_TEXT], const struct tl_api_key *a, const struct tl_api_key *b)
{
	const struct {
		const char *name;
		bool differs;
	} parts[] = {{"label", !tl_str_eq(a->label, b->label)},
	    {"scopes", a->scopes != b->scopes}, {"rate", a->rate_per_s != b->rate_per_s},
	    {"burst", a->burst != b->burst}, {"networks", !tl_str_eq(a->networks, b->networks)},
	    {"expiry", a->expires_at != b->expires_at}};
	size_t n = 0;
	dst[0] = '\0';
	for (size_t i = 0; i < TL_COUNT(parts) && n < TL_KEY_CHANGED_TEXT; i++)
		if (parts[i].differs)
			n += (size_t)snprintf(dst + n, TL_KEY_CHANGED_TEXT - n, "%s%s",
			    n ? " " : "", parts[i].name);
}

int
tl_api_key_set(struct tl_db *db, const struct tl_api_key *k, struct tl_arena *arena,
    char ret_changed[TL_KEY_CHANGED_TEXT])
{
	struct tl_api_key old = {0};
	char scopes[TL_SCOPES_TEXT];
	int rc = tl_api_key_get(db, k->id, arena, &old);
	if (rc == 0 && old.revoked_at)
		rc = tl_fail(TL_ECONFLICT, "the key is revoked");
	/* An expiry that is over and was not touched may stay. */
	if (rc == 0)
		rc = check(k, k->expires_at == old.expires_at ? 0 : tl_now_us());
	if (rc < 0)
		return rc;
	tl_scopes_text(scopes, k->scopes);
	rc = tl_db_run(db, TL_SQL_API_KEY_SET, A_ID(k->id), A_TEXT(k->label), A_Z(scopes),
	    A_INT(k->rate_per_s), A_INT(k->burst), A_TEXT(k->networks), A_INT0(k->expires_at));
	if (rc >= 0)
		rc = note_expiry(db, k);
	if (rc >= 0)
		name_changes(ret_changed, &old, k);
	return rc < 0 ? rc : 0;
}

int
tl_api_key_rotate(struct tl_db *db, struct tl_id id, int64_t overlap_us, struct tl_arena *arena,
    struct tl_api_key *ret, char ret_secret[TL_API_KEY_TEXT])
{
	struct tl_api_key old = {0}, k;
	int64_t now = tl_now_us(), until = now + overlap_us;
	int rc = tl_api_key_get(db, id, arena, &old);
	if (rc < 0)
		return rc;
	if (old.revoked_at || !tl_id_is_nil(old.replaced_by))
		return tl_fail(TL_ECONFLICT, "the key is revoked or has been replaced already");
	k = old;
	/* It lives for as long as the old one was made to. */
	k.expires_at = old.expires_at ? now + (old.expires_at - old.created_at) : 0;
	k.last_used_at = 0;
	rc = tl_api_key_create(db, &k, arena, ret_secret);
	if (rc < 0)
		return rc;
	old.replaced_by = k.id;
	old.expires_at = old.expires_at && old.expires_at < until ? old.expires_at : until;
	rc =
	    tl_db_run(db, TL_SQL_API_KEY_REPLACED, A_ID(id), A_ID(k.id), A_INT(old.expires_at));
	if (rc >= 0)
		rc = note_expiry(db, &old);
	if (rc >= 0)
		*ret = k;
	return rc < 0 ? rc : 0;
}

bool
tl_api_key_is_unused(const struct tl_api_key *k, int64_t now)
{
	int64_t last = k->last_used_at ? k->last_used_at : k->created_at;
	return !k->revoked_at && (!k->expires_at || k->expires_at > now) &&
	       now - last > TL_KEY_UNUSED_US;
}

int
tl_api_key_list(struct tl_db *db, struct tl_arena *arena,
    int (*each)(void *ctx, const struct tl_api_key *k), void *ctx)
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_API_KEY_LIST, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_api_key k;
		rc = read_key(&r, arena, &k);
		if (rc == 0)
			rc = each(ctx, &k);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	return rc < 0 ? rc : 0;
}

static int
forget_expiry(struct tl_db *db, struct tl_id id)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_API_KEY_BY_ID, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "key");
	char prefix[PREFIX_CHARS + 1];
	rc = tl_str_copy(prefix, sizeof prefix, tl_col_str(&r, 4));
	tl_row_end(&r);
	return rc < 0 ? rc : tl_deadline_set(db, TL_AL_KEY_EXPIRY, tl_str(prefix), 0, 0);
}

int
tl_api_key_revoke(struct tl_db *db, struct tl_id id)
{
	int rc = tl_db_run(db, TL_SQL_API_KEY_REVOKE, A_ID(id), A_INT(tl_now_us()));
	if (rc == 0)
		return tl_fail(TL_ENOTFOUND, "there is no such key in use");
	return rc < 0 ? rc : forget_expiry(db, id);
}

int
tl_api_key_used(struct tl_db *db, struct tl_id id, int64_t at)
{
	int rc = tl_db_run(db, TL_SQL_API_KEY_USED, A_ID(id), A_INT(at));
	return rc < 0 ? rc : 0;
}
