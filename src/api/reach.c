/*
 * POST /v1/items:reach: which items may be shown and recommended to whom, many at once.
 *
 * Promises: one answer for each id, in the order asked; an item that is not known, or not checked yet, is not recommended; a
 * viewer who is not known is of unknown age. Failures: EFIELD naming the field, the store's. Called by the route table.
 */
#include "api/reach.h"

#include "api/routes.h"
#include "config/policy.h"
#include "intake/decode.h"
#include "minors/settings.h"
#include "store/accounts.h"
#include "store/cases.h"
#include "sys/clock.h"

static int
read_actions(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_arena *arena, int64_t now, struct tl_reach_action **ret,
    size_t *ret_n)
{
	struct tl_action_row *rows;
	size_t n, used = 0;
	int rc = tl_action_on(db, platform, kind, subject, now, arena, &rows, &n);
	if (rc < 0)
		return rc;
	struct tl_reach_action *list = TL_NEWS(arena, struct tl_reach_action, n + 1);
	if (!list)
		return tl_arena_check(arena);
	for (size_t i = 0; i < n; i++)
		used += tl_reach_action_read(&rows[i], &list[used]);
	*ret = list;
	*ret_n = used;
	return 0;
}

static int
load_settings(struct tl_db *db, const struct tl_policy_set *set, int64_t platform,
    struct tl_id id, struct tl_minors_account *ret)
{
	struct tl_account who = {.platform = platform, .id = id};
	int rc = tl_account_band(db, platform, id, &who.age_band);
	return rc < 0 ? rc : tl_settings_load(db, set->minors, platform, &who, ret);
}

static int
load_author(struct tl_db *db, int64_t platform, struct tl_id id, struct tl_arena *arena,
    struct tl_reach_load *load)
{
	if (memcmp(&id, &load->author_id, sizeof id) == 0)
		return 0;
	int rc = load_settings(db, load->set, platform, id, &load->author);
	if (rc == 0)
		rc = read_actions(db, platform, TL_SUBJECT_ACCOUNT, id, arena, load->now,
		    &load->author_actions, &load->author_action_count);
	if (rc == 0)
		load->author_id = id;
	return rc;
}

/* Of an author only what the catalogue means for what they publish: that it is not recommended. */
static void
join(struct tl_reach_action *to, size_t *n, const struct tl_reach_load *load)
{
	for (size_t i = 0; i < load->author_action_count; i++) {
		if (tl_str_is(load->author_actions[i].name, "no_recommendation"))
			to[(*n)++] = load->author_actions[i];
	}
}

int
tl_reach_load_item(struct tl_db *db, int64_t platform, const struct tl_item_state_row *row,
    struct tl_arena *arena, struct tl_reach_load *load, struct tl_reach_item *ret)
{
	struct tl_reach_action *own = NULL;
	struct tl_id author;
	size_t n = 0;
	int rc = tl_item_author(db, platform, row->id, &author);
	if (rc == 0)
		rc = read_actions(
		    db, platform, TL_SUBJECT_ITEM, row->id, arena, load->now, &own, &n);
	if (rc == 0 && !tl_id_is_nil(author))
		rc = load_author(db, platform, author, arena, load);
	if (rc < 0)
		return rc;
	bool doubted = row->has_verdict && row->verdict >= TL_VERDICT_WITHHOLD;
	struct tl_case open;
	if (doubted) {
		rc = tl_case_of(db, arena, platform, TL_SUBJECT_ITEM, row->id, &open);
		if (rc < 0 && rc != TL_ENOTFOUND)
			return rc;
		doubted = rc == 0;
	}
	size_t more = tl_id_is_nil(author) ? 0 : load->author_action_count;
	struct tl_reach_action *all = TL_NEWS(arena, struct tl_reach_action, n + more + 1);
	if (!all)
		return tl_arena_check(arena);
	for (size_t i = 0; i < n; i++)
		all[i] = own[i];
	if (more)
		join(all, &n, load);
	*ret = (struct tl_reach_item){.known = true,
	    .state = row->state,
	    .has_verdict = row->has_verdict,
	    .doubted = doubted,
	    .actions = all,
	    .action_count = n,
	    .author = tl_id_is_nil(author) ? NULL : &load->author};
	return 0;
}

void
tl_reach_put(struct tl_buf *b, const struct tl_reach *r)
{
	tl_js_z(b, "show",
	    r->effects & TL_REACH_HIDE     ? "hide"
	    : r->effects & TL_REACH_SCREEN ? "screen"
					   : "yes");
	tl_js_bool(b, "recommend", !(r->effects & TL_REACH_APART));
	tl_js_open(b, "why", '[');
	for (size_t i = 0; i < r->why_count; i++) {
		tl_js_open(b, NULL, '{');
		tl_js_z(b, "code", r->why[i].code);
		tl_js_id(b, "action_id", r->why[i].action);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

/* The route ------------------------------------------------------------------------------------------------------ */

struct asked {
	struct tl_reach_in in;
	struct tl_reach_viewer viewer;
	struct tl_reach_load load;
};

static int
is_limited(struct tl_db *db, int64_t platform, struct tl_id id, int64_t now,
    struct tl_arena *arena, bool *ret)
{
	struct tl_action_row *rows;
	size_t n;
	int rc = tl_action_on(db, platform, TL_SUBJECT_ACCOUNT, id, now, arena, &rows, &n);
	*ret = false;
	for (size_t i = 0; rc == 0 && i < n; i++)
		*ret = *ret || tl_str_is(rows[i].name, "limit_contact");
	return rc;
}

static int
load_viewer(struct tl_req *req, struct tl_db *db, struct asked *a)
{
	const struct tl_who *key = tl_req_who(req);
	struct tl_minors_account m = {
	    .band = a->in.age_band < 0 ? TL_AGE_UNKNOWN : (enum tl_age_band)a->in.age_band};
	bool limited = false;
	struct tl_id id = {{0}};
	int rc = a->in.account.n
		     ? tl_account_find(db, key->platform, key->live, a->in.account, &id)
		     : TL_ENOTFOUND;
	if (rc == 0)
		rc = load_settings(db, a->load.set, key->platform, id, &m);
	if (rc == 0)
		rc =
		    is_limited(db, key->platform, id, a->load.now, tl_req_arena(req), &limited);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	a->viewer = tl_reach_viewer_of(a->load.set, &m, limited, a->load.now);
	return 0;
}

static int
put_one(struct tl_req *req, struct tl_db *db, struct asked *a, size_t i, struct tl_buf *b)
{
	const struct tl_who *key = tl_req_who(req);
	struct tl_item_state_row row;
	struct tl_reach_item item = {.known = false};
	int rc = tl_item_find(db, key->platform, key->live, a->in.items[i], 0, &row);
	if (rc == 0)
		rc = tl_reach_load_item(
		    db, key->platform, &row, tl_req_arena(req), &a->load, &item);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	struct tl_reach r = tl_reach_decide(a->load.set, &item, &a->viewer, a->load.now);
	tl_js_open(b, NULL, '{');
	tl_js_str(b, "id", a->in.items[i]);
	tl_js_bool(b, "known", item.known);
	tl_reach_put(b, &r);
	tl_js_close(b, '}');
	return 0;
}

static int
read_reach(struct tl_req *req, struct tl_db *db, struct tl_buf *b)
{
	const struct tl_policy_set *set TL_CLEANUP(tl_policy_unrefp) =
	    tl_app_policies(&tl_api_of(req)->app);
	struct asked *a = TL_NEW(tl_req_arena(req), struct asked);
	json_t *j = NULL;
	int rc = a ? tl_req_json(req, &j) : tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_decode_reach(j, &a->in);
	if (rc < 0 || !a)
		return rc;
	a->load = (struct tl_reach_load){.set = set, .now = tl_now_us()};
	rc = load_viewer(req, db, a);
	if (rc < 0)
		return rc;
	tl_js_open(b, NULL, '{');
	tl_js_z(b, "age_band", tl_age_band_names[a->viewer.band]);
	tl_js_str(b, "policy_version", set->version);
	tl_js_open(b, "items", '[');
	for (size_t i = 0; i < a->in.count && rc == 0; i++)
		rc = put_one(req, db, a, i, b);
	tl_js_close(b, ']');
	tl_js_close(b, '}');
	return rc;
}

void
tl_api_check_reach(struct tl_req *req)
{
	tl_api_read(req, read_reach);
}
