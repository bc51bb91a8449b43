/*
 * Deliveries with replay, API keys.
 *
 * Promises: a key's secret is answered once and stored only as a hash; who replayed, acknowledged, closed, created
 * or revoked is in the audit trail. Failures: STATE when a delivery was overtaken.
 */
#include "api/console_int.h"

#include "enforce/enforce.h"
#include "store/accounts.h"
#include "store/api_keys.h"
#include "sys/clock.h"

#define PAGE 100

/* Deliveries ------------------------------------------------------------------------------ */

static int
write_counts(struct tl_call *c)
{
	int64_t counts[tl_outbox_state_count] = {0};
	int rc = tl_outboxrow_counts(c->db, counts);
	tl_js_open(&c->out, "counts", '{');
	for (int s = 0; s < tl_outbox_state_count; s++)
		tl_js_int(&c->out, tl_outbox_state_names[s], counts[s]);
	tl_js_close(&c->out, '}');
	return rc;
}

/* What a delivery says is shown to whom may see what it is about; that it left is shown to all. */
static int
write_delivery(struct tl_call *c, const struct tl_row *r)
{
	struct tl_tags tags = {0};
	int rc = tl_tags_of_delivery(c->db, tl_col_id(r, 0), c->arena, &tags);
	bool seen = rc == 0 && tl_may_on(&c->who.access, TL_ACT_SEE, tags.v, tags.n);
	tl_js_open(&c->out, NULL, '{');
	tl_view_delivery(&c->out, r, seen);
	tl_js_close(&c->out, '}');
	return rc;
}

/* The page's rows; *ret_next is the last one when there are more. */
static int
write_deliveries(
    struct tl_call *c, struct tl_str state, struct tl_id before, struct tl_id *ret_next)
{
	struct tl_row r;
	int rc = tl_db_query(c->db, &r, TL_SQL_VIEW_DELIVERIES, A_TEXT(state), A_ID(before));
	if (rc < 0)
		return rc;
	struct tl_id last = {0};
	size_t n = 0;
	*ret_next = (struct tl_id){0};
	tl_js_open(&c->out, "deliveries", '[');
	while ((rc = tl_row_next(&r)) > 0) {
		if (n++ == PAGE) {
			*ret_next = last;
			break;
		}
		last = tl_col_id(&r, 0);
		rc = write_delivery(c, &r);
		if (rc < 0)
			break;
	}
	tl_row_end(&r);
	tl_js_close(&c->out, ']');
	return rc < 0 ? rc : 0;
}

int
tl_console_deliveries(struct tl_call *c)
{
	struct tl_str state = TL_S(""), cursor;
	struct tl_id before, next;
	int word;
	memset(before.b, 0xFF, sizeof before.b);
	if (tl_req_query(c->req, "state", &state) && state.n &&
	    tl_word_parse(tl_outbox_state_names, state, &word) < 0)
		return tl_fail_at(TL_EFIELD, "state", "is not a state of deliveries");
	if (tl_req_query(c->req, "cursor", &cursor) && cursor.n &&
	    tl_id_parse(cursor, &before) < 0)
		return tl_fail_at(TL_EFIELD, "cursor", "is not one of ours");
	tl_js_open(&c->out, NULL, '{');
	int rc = write_deliveries(c, state, before, &next);
	if (rc == 0)
		rc = write_counts(c);
	tl_js_id(&c->out, "next", next);
	tl_js_close(&c->out, '}');
	return rc;
}

int
tl_console_delivery_replay(struct tl_call *c)
{
	struct tl_id id;
	struct tl_outbox_row row;
	struct tl_row r;
	int rc = tl_call_begin_on(c, &id);
	if (rc < 0)
		return rc;
	rc = tl_enforce_replay(c->db, c->set, id, tl_now_us(), c->arena, &row);
	if (rc == 0)
		rc = tl_call_audit(c, "delivery.replay", id, "");
	rc = tl_call_end(c, TL_SYNC_FULL, rc);
	if (rc == TL_ENOTFOUND)
		return tl_fail(rc, "there is no such delivery");
	if (rc == 0)
		rc = tl_db_first(c->db, &r, TL_SQL_VIEW_DELIVERY, A_ID(id));
	if (rc < 0)
		return rc;
	tl_app_wake(c->app, TL_PROC_CLERK);
	tl_app_wake(c->app, TL_PROC_COURIER);
	rc = write_delivery(c, &r);
	tl_row_end(&r);
	return rc;
}

/* Keys ------------------------------------------------------------------------------------ */

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
	tl_js_time(out, "created_at", k->created_at);
	tl_js_time(out, "last_used_at", k->last_used_at);
	tl_js_time(out, "expires_at", k->expires_at);
	tl_js_time(out, "revoked_at", k->revoked_at);
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
	json_t *scopes;
	int64_t rate, expires_at;
	bool live;
};

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

int
tl_console_key_create(struct tl_call *c)
{
	static const struct tl_json_field fields[] = {
	    {"platform", TL_J_STR, offsetof(struct key_ask, platform), 1, 100, NULL, true},
	    {"live", TL_J_BOOL, offsetof(struct key_ask, live), 0, 0, NULL, true},
	    {"label", TL_J_STR, offsetof(struct key_ask, label), 1, 200, NULL, true},
	    {"scopes", TL_J_ARRAY, offsetof(struct key_ask, scopes), 1, 16, NULL, true},
	    {"rate_per_s", TL_J_INT, offsetof(struct key_ask, rate), 0, 1000000, NULL, false},
	    {"expires_at", TL_J_TIME, offsetof(struct key_ask, expires_at), 0, 0, NULL, false},
	};
	struct key_ask ask = {0};
	struct tl_api_key k = {0};
	char secret[TL_API_KEY_TEXT];
	int rc = TL_CALL_JSON(c, fields, &ask);
	if (rc == 0)
		rc = read_scopes(ask.scopes, &k.scopes);
	if (rc == 0)
		rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	k.live = ask.live;
	k.label = ask.label;
	k.rate_per_s = ask.rate;
	k.expires_at = ask.expires_at;
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
	c->status = 201;
	tl_js_open(&c->out, NULL, '{');
	rc = write_key(c, "key", &k);
	tl_js_z(&c->out, "secret", secret);
	tl_js_close(&c->out, '}');
	tl_wipe(secret, sizeof secret);
	return rc;
}

int
tl_console_key_revoke(struct tl_call *c)
{
	struct tl_id id;
	int rc = tl_call_begin_on(c, &id);
	if (rc < 0)
		return rc;
	rc = tl_api_key_revoke(c->db, id);
	if (rc == 0)
		rc = tl_call_audit(c, "key.revoke", id, "");
	return tl_call_end(c, TL_SYNC_FULL, rc);
}
