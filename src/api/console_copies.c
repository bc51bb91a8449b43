/*
 * Copies of what a case is about: who published them, what became of them, and what one decision for all would do.
 *
 * Promises: what is shown as covered is what will be covered, or the decision is refused; copies that the person may not
 * see are counted and not shown; what is decided already, or in somebody's hands, is left out with its reason.
 * Failures: CONFLICT (the copies have changed), the store's. Called by the console's routes.
 */
#include "api/console_copies.h"

#include "again/copies.h"
#include "store/decisions.h"
#include "store/items.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#include <pthread.h>

static struct {
	pthread_mutex_t lock;
	struct tl_again_index *x;
} media = {.lock = PTHREAD_MUTEX_INITIALIZER};

int
tl_copies_index(struct tl_call *c, struct tl_again_index **ret)
{
	pthread_mutex_lock(&media.lock);
	int rc = media.x ? 0 : tl_again_index_open(c->app->config->data_dir, false, &media.x);
	if (rc == 0)
		rc = tl_again_index_catch_up(media.x, c->db);
	if (rc == TL_ECORRUPT) { /* made anew by its owner: from the start */
		tl_again_index_close(media.x);
		media.x = NULL;
		rc = tl_fail(TL_EAGAIN, "the index of hashes is being made anew");
	}
	if (rc < 0) {
		pthread_mutex_unlock(&media.lock);
		return rc;
	}
	*ret = media.x;
	return 0;
}

void
tl_copies_index_give(void)
{
	pthread_mutex_unlock(&media.lock);
}

void
tl_console_copies_end(void)
{
	pthread_mutex_lock(&media.lock);
	tl_again_index_close(media.x);
	media.x = NULL;
	pthread_mutex_unlock(&media.lock);
}

/* What would become of one copy. */
struct copy {
	const struct tl_copy *of;
	struct tl_str ext, author, state, verdict, decided_kind, decided_policy;
	struct tl_id account;
	int64_t views;
	bool hidden, automatic, newer, same_author;
	const char *why; /* it is left out; NULL: covered */
};

/* What was chosen, as far as it says who is left out. */
struct choice {
	enum tl_decision_kind kind;
	struct tl_str policy; /* empty: not chosen yet */
};

struct copies {
	struct tl_call *c;
	struct tl_item_full item; /* of the case */
	struct choice choice;
	int distance;
	struct tl_copy *list;
	size_t n;
	bool cut;
};

static int
find_copies(struct copies *s, const struct tl_case *of)
{
	struct tl_again_index *x = NULL;
	struct tl_call *c = s->c;
	if (of->subject_kind != TL_SUBJECT_ITEM)
		return 0;
	int rc = tl_item_head(c->db, of->platform, of->subject, c->arena, &s->item);
	if (rc == 0)
		rc = tl_copies_index(c, &x);
	if (rc < 0)
		return rc;
	rc = tl_copies_of(
	    c->db, x, &s->item.item, s->distance, c->arena, &s->list, &s->n, &s->cut);
	tl_copies_index_give();
	return rc;
}

static int
read_item(const struct copies *s, struct copy *k)
{
	struct tl_row r;
	struct tl_arena *a = s->c->arena;
	int rc = tl_db_first(
	    s->c->db, &r, TL_SQL_COPIES_ITEM, A_INT(s->item.item.platform), A_ID(k->of->item));
	if (rc < 0)
		return rc;
	k->ext = tl_arena_dup(a, tl_col_str(&r, 0));
	k->account = tl_col_id(&r, 1);
	k->author = tl_arena_dup(a, tl_col_str(&r, 2));
	k->state = tl_arena_dup(a, tl_col_str(&r, 4));
	k->verdict = tl_arena_dup(a, tl_col_str(&r, 5));
	k->views = tl_col_int(&r, 6);
	tl_row_end(&r);
	k->newer = k->of->posted_at > s->item.item.posted_at;
	k->same_author =
	    !tl_id_is_nil(k->account) && tl_id_eq(k->account, s->item.item.account);
	return 0;
}

static int
read_decided(const struct copies *s, struct copy *k)
{
	struct tl_row r;
	struct tl_arena *a = s->c->arena;
	int rc = tl_db_first(s->c->db, &r, TL_SQL_COPIES_DECIDED, A_INT(s->item.item.platform),
	    A_ID(k->of->item));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	k->decided_kind = tl_arena_dup(a, tl_col_str(&r, 0));
	k->decided_policy = tl_arena_dup(a, tl_col_str(&r, 1));
	k->automatic = tl_str_is(tl_col_str(&r, 2), tl_automation_names[TL_AUTOMATION_FULLY]);
	tl_row_end(&r);
	return 0;
}

/* Decided by a person, or to the same end: it stays as it is. What only the rules did may be decided. */
static bool
stands(const struct copies *s, const struct copy *k)
{
	const char *kind = tl_decision_kind_names[s->choice.kind];
	if (k->decided_kind.n == 0)
		return false;
	return !k->automatic || (s->choice.policy.n && tl_str_is(k->decided_kind, kind) &&
				    tl_str_eq(k->decided_policy, s->choice.policy));
}

static int
left_out(const struct copies *s, struct copy *k)
{
	struct tl_case open;
	struct tl_call *c = s->c;
	int rc = tl_case_of(
	    c->db, c->arena, s->item.item.platform, TL_SUBJECT_ITEM, k->of->item, &open);
	bool is_open = rc == 0;
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	if (stands(s, k))
		k->why = "decided";
	else if (is_open && open.state == TL_CASE_CLAIMED &&
		 !tl_id_eq(open.claimed_by, c->who.id))
		k->why = "held";
	else if (is_open && tl_review_need(c->db, c->arena, &c->who, TL_ACT_DECIDE, &open) < 0)
		k->why = "not_yours";
	return 0;
}

static int
look_at(const struct copies *s, size_t i, struct copy *k)
{
	bool seen = true;
	struct tl_view v = tl_call_view(s->c);
	*k = (struct copy){.of = &s->list[i]};
	int rc = tl_view_sees_subject(
	    &v, s->item.item.platform, TL_SUBJECT_ITEM, k->of->item, &seen);
	if (rc < 0)
		return rc;
	k->hidden = !seen;
	if (k->hidden) {
		k->why = "not_yours";
		return 0;
	}
	rc = read_item(s, k);
	if (rc == 0)
		rc = read_decided(s, k);
	return rc < 0 ? rc : left_out(s, k);
}

/* Showing --------------------------------------------------------------------------------------------------------- */

static void
write_copy(struct tl_buf *out, const struct copy *k)
{
	tl_js_open(out, NULL, '{');
	tl_js_id(out, "item", k->of->item);
	tl_js_str(out, "id", k->ext);
	tl_js_str0(out, "author", k->author);
	tl_js_hex(out, "media", tl_bytes(k->of->media.b, sizeof k->of->media.b));
	tl_js_int(out, "distance", k->of->distance);
	tl_js_time(out, "posted_at", k->of->posted_at);
	tl_js_str(out, "state", k->state);
	tl_js_str0(out, "verdict", k->verdict);
	tl_js_int(out, "views", k->views);
	if (k->decided_kind.n) {
		tl_js_open(out, "decided", '{');
		tl_js_str(out, "kind", k->decided_kind);
		tl_js_str(out, "policy", k->decided_policy);
		tl_js_bool(out, "automatic", k->automatic);
		tl_js_close(out, '}');
	} else {
		tl_js_null(out, "decided");
	}
	tl_js_bool(out, "newer", k->newer);
	tl_js_bool(out, "same_author", k->same_author);
	tl_js_bool(out, "covered", k->why == NULL);
	tl_js_z(out, "why", k->why);
	tl_js_close(out, '}');
}

struct sums {
	int64_t shown, hidden, covered, decided, held, not_yours, newer, others, views;
};

static void
sum(struct sums *t, const struct copy *k)
{
	t->hidden += k->hidden;
	t->shown += !k->hidden;
	t->covered += k->why == NULL;
	t->decided += k->why && strcmp(k->why, "decided") == 0;
	t->held += k->why && strcmp(k->why, "held") == 0;
	t->not_yours += k->why && strcmp(k->why, "not_yours") == 0;
	t->newer += !k->why && k->newer;
	t->others += !k->why && !k->same_author;
	t->views += k->why ? 0 : k->views;
}

static int
write_list(struct copies *s, int64_t offset, int64_t limit, struct sums *t)
{
	int64_t at = 0;
	tl_js_open(&s->c->out, "copies", '[');
	for (size_t i = 0; i < s->n; i++) {
		struct copy k;
		int rc = look_at(s, i, &k);
		if (rc == TL_ENOTFOUND)
			continue; /* erased meanwhile */
		if (rc < 0)
			return rc;
		sum(t, &k);
		if (k.hidden)
			continue;
		if (at >= offset && at < offset + limit)
			write_copy(&s->c->out, &k);
		at++;
	}
	tl_js_close(&s->c->out, ']');
	return 0;
}

static void
write_sums(struct tl_buf *out, const struct sums *t, const struct copies *s, int64_t next)
{
	tl_js_int(out, "distance", s->distance);
	tl_js_int(out, "total", t->shown);
	tl_js_int(out, "hidden", t->hidden);
	tl_js_int(out, "covered", t->covered);
	tl_js_int(out, "decided", t->decided);
	tl_js_int(out, "held", t->held);
	tl_js_int(out, "not_yours", t->not_yours);
	tl_js_int(out, "newer", t->newer);
	tl_js_int(out, "other_authors", t->others);
	tl_js_int(out, "views", t->views);
	tl_js_bool(out, "cut", s->cut);
	if (next < t->shown)
		tl_js_int(out, "cursor", next);
	else
		tl_js_null(out, "cursor");
}

/* What became of the last decision for all copies that was made on this case. */
static int
write_group(struct tl_call *c, struct tl_id case_id)
{
	struct tl_row r;
	int rc = tl_db_first(c->db, &r, TL_SQL_GROUP_OF_CASE, A_ID(case_id));
	if (rc == TL_ENOTFOUND) {
		tl_js_null(&c->out, "group");
		return 0;
	}
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, "group", '{');
	tl_js_str(&c->out, "state", tl_col_str(&r, 1));
	tl_js_time(&c->out, "apply_at", tl_col_int(&r, 2));
	tl_js_int(&c->out, "waiting", tl_col_int(&r, 3));
	tl_js_int(&c->out, "done", tl_col_int(&r, 4));
	tl_js_int(&c->out, "left", tl_col_int(&r, 5));
	tl_js_close(&c->out, '}');
	tl_row_end(&r);
	return 0;
}

static int
read_choice(struct tl_call *c, struct choice *ret)
{
	struct tl_str kind = {0};
	*ret = (struct choice){.kind = TL_DECISION_ACT};
	if (tl_req_query(c->req, "kind", &kind) && kind.n) {
		if (!tl_str_is(kind, "act") && !tl_str_is(kind, "clear"))
			return tl_fail_at(TL_EFIELD, "kind", "is act or clear");
		if (tl_str_is(kind, "clear"))
			ret->kind = TL_DECISION_CLEAR;
	}
	(void)tl_req_query(c->req, "policy", &ret->policy);
	return 0;
}

int
tl_console_case_copies(struct tl_call *c)
{
	struct copies s = {.c = c};
	struct sums t = {0};
	struct tl_case of;
	struct tl_id id;
	int64_t offset = 0, limit = 50, distance = c->app->config->copies_distance;
	int rc = tl_call_id(c, 0, &id);
	if (rc == 0)
		rc = tl_req_query_int(c->req, "limit", 0, 500, &limit);
	if (rc == 0)
		rc = tl_req_query_int(c->req, "cursor", 0, TL_COPIES_MAX, &offset);
	if (rc == 0)
		rc = tl_req_query_int(c->req, "distance", 0, TL_INDEX_DISTANCE_MAX, &distance);
	if (rc == 0)
		rc = read_choice(c, &s.choice);
	if (rc == 0)
		rc = tl_case_get(c->db, c->arena, id, &of);
	if (rc == 0)
		rc = tl_review_need(c->db, c->arena, &c->who, TL_ACT_SEE, &of);
	s.distance = (int)distance;
	if (rc == 0)
		rc = find_copies(&s, &of);
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, NULL, '{');
	rc = write_list(&s, offset, limit, &t);
	if (rc < 0)
		return rc;
	write_sums(&c->out, &t, &s, offset + limit);
	rc = write_group(c, id);
	tl_js_close(&c->out, '}');
	return rc;
}

/* Covering -------------------------------------------------------------------------------------------------------- */

static int
add_items(struct copies *s, struct tl_id group, int64_t *ret_covered)
{
	for (size_t i = 0; i < s->n; i++) {
		struct copy k;
		int rc = look_at(s, i, &k);
		if (rc == TL_ENOTFOUND)
			continue;
		if (rc == 0)
			rc = tl_db_run(s->c->db, TL_SQL_GROUP_ITEM_ADD, A_ID(group),
			    A_ID(k.of->item), A_Z(k.why ? "left" : "waiting"),
			    k.why ? A_Z(k.why) : A_NULL);
		if (rc < 0)
			return rc;
		*ret_covered += k.why == NULL;
	}
	return 0;
}

int
tl_copies_cover(struct tl_call *c, const struct tl_case *held,
    const struct tl_person_decision *p, struct tl_str ask, struct tl_id decision,
    int64_t apply_at, const struct tl_cover *cover)
{
	struct copies s = {.c = c,
	    .distance = (int)cover->distance,
	    .choice = {.kind = p->kind, .policy = p->policy}};
	struct tl_id group = tl_id_new();
	int64_t covered = 0;
	int rc = find_copies(&s, held);
	if (rc == 0)
		rc = tl_db_run(c->db, TL_SQL_GROUP_ADD, A_ID(group), A_ID(decision),
		    A_INT(held->platform), A_ID(c->who.id), A_TEXT(ask), A_INT(tl_now_us()),
		    A_INT(apply_at));
	TL_KILLPOINT(GROUP_ADDED);
	if (rc >= 0)
		rc = add_items(&s, group, &covered);
	if (rc < 0)
		return rc;
	if (covered != cover->expect)
		return tl_fail_at(TL_ECONFLICT, "/copies/expect",
		    "the copies have changed since you looked: %lld would be covered now; look "
		    "again",
		    (long long)covered);
	char detail[64];
	(void)snprintf(detail, sizeof detail, "%lld copies within %d bits", (long long)covered,
	    s.distance);
	return tl_call_audit(c, "decide.copies", decision, detail);
}
