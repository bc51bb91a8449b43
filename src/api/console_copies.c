/*
 * Copies of what a case is about: who published them, what became of them, and what one decision for all would do.
 *
 * Promises: what is shown as covered is what will be covered, or the decision is refused; copies that the person may not
 * see are counted and not shown; what is decided already, or in somebody's hands, is left out with its reason.
 * Failures: CONFLICT (the copies have changed), the store's. Called by the console's routes.
 */
#include "api/console_copies.h"

#include "again/copies.h"
#include "review/cover.h"
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
	int rc = media.x ? 0 : tl_again_index_open(c->app->config->data_dir, NULL, &media.x);
	if (rc == 0)
		rc = tl_again_index_catch_up(media.x, c->db);
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
	struct tl_coverable is;
	struct tl_str ext, author, state, verdict;
	struct tl_id account;
	int64_t views;
	bool newer, same_author;
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
look_at(const struct copies *s, size_t i, struct copy *k)
{
	*k = (struct copy){.of = &s->list[i]};
	const struct tl_cover_ask ask = {
	    s->item.item.platform, k->of->item, s->choice.kind, s->choice.policy};
	int rc = tl_review_coverable(s->c->db, s->c->arena, &s->c->who, &ask, &k->is);
	return rc < 0 || k->is.hidden ? rc : read_item(s, k);
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
	tl_js_int0(out, "percent", k->of->percent >= 0, k->of->percent);
	tl_js_time(out, "posted_at", k->of->posted_at);
	tl_js_str(out, "state", k->state);
	tl_js_str0(out, "verdict", k->verdict);
	tl_js_int(out, "views", k->views);
	if (k->is.decided_kind.n) {
		tl_js_open(out, "decided", '{');
		tl_js_str(out, "kind", k->is.decided_kind);
		tl_js_str(out, "policy", k->is.decided_policy);
		tl_js_bool(out, "automatic", k->is.automatic);
		tl_js_close(out, '}');
	} else {
		tl_js_null(out, "decided");
	}
	tl_js_bool(out, "newer", k->newer);
	tl_js_bool(out, "same_author", k->same_author);
	tl_js_bool(out, "covered", k->is.why == NULL);
	tl_js_z(out, "why", k->is.why);
	tl_js_close(out, '}');
}

struct sums {
	int64_t shown, hidden, covered, decided, held, not_yours, newer, others, views;
};

static void
sum(struct sums *t, const struct copy *k)
{
	t->hidden += k->is.hidden;
	t->shown += !k->is.hidden;
	t->covered += k->is.why == NULL;
	t->decided += k->is.why && strcmp(k->is.why, "decided") == 0;
	t->held += k->is.why && strcmp(k->is.why, "held") == 0;
	t->not_yours += k->is.why && strcmp(k->is.why, "not_yours") == 0;
	t->newer += !k->is.why && k->newer;
	t->others += !k->is.why && !k->same_author;
	t->views += k->is.why ? 0 : k->views;
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
		if (k.is.hidden)
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

/* Why some were left as they were. */
static int
write_left(struct tl_call *c, struct tl_id group)
{
	struct tl_row r;
	int rc = tl_db_query(c->db, &r, TL_SQL_GROUP_LEFT, A_ID(group));
	if (rc < 0)
		return rc;
	tl_js_open(&c->out, "why", '{');
	while ((rc = tl_row_next(&r)) > 0) {
		char word[32];
		if (tl_str_copy(word, sizeof word, tl_col_str(&r, 0)) == 0)
			tl_js_int(&c->out, word, tl_col_int(&r, 1));
	}
	tl_row_end(&r);
	tl_js_close(&c->out, '}');
	return rc < 0 ? rc : 0;
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
	struct tl_id group = tl_col_id(&r, 0);
	tl_js_open(&c->out, "group", '{');
	tl_js_str(&c->out, "state", tl_col_str(&r, 1));
	tl_js_time(&c->out, "apply_at", tl_col_int(&r, 2));
	tl_js_int(&c->out, "waiting", tl_col_int(&r, 3));
	tl_js_int(&c->out, "done", tl_col_int(&r, 4));
	tl_js_int(&c->out, "left", tl_col_int(&r, 5));
	tl_row_end(&r);
	rc = write_left(c, group);
	tl_js_close(&c->out, '}');
	return rc;
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
			    A_ID(k.of->item), A_Z(k.is.why ? "left" : "waiting"),
			    k.is.why ? A_Z(k.is.why) : A_NULL);
		if (rc < 0)
			return rc;
		*ret_covered += k.is.why == NULL;
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
