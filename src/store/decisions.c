/*
 * The ledger's rows.
 *
 * Owns tables decisions, decision_events and strikes. Promises: decisions and events are only ever added; the
 * account's strike count is always the sum of what counts now. Failure: the store's codes. Called by src/decide,
 * src/enforce, the courier and the pages that show trails.
 */
#include "store/decisions.h"

#include "base/arena.h"
#include "store/rows_int.h"

#include <math.h>

#define EVENTS_MAX 1000
#define STRIKES_MAX 200

enum col_type { ID, ID0, INT, INT0, INTN, TEXT, TEXT0, REAL0, BOOL, WORD };

struct col {
	enum col_type type;
	size_t offset, size;
	const char *const *names;
};

static const struct col cols[] = {
#define C(type, member, names)                                                                 \
	{type, offsetof(struct tl_decision, member),                                           \
	    sizeof(((struct tl_decision *)0)->member), names},
#include "store/decision_cols.tbl.h"
#undef C
};

/* Members of 4 bytes are int or an enum, of 8 int64_t. */
static int64_t
get_int(const void *at, size_t size)
{
	int v;
	int64_t w;
	memcpy(&v, at, sizeof v);
	if (size == sizeof v)
		return v;
	memcpy(&w, at, sizeof w);
	return w;
}

static void
set_int(void *at, size_t size, int64_t w)
{
	int v = (int)w;
	if (size == sizeof v)
		memcpy(at, &v, sizeof v);
	else
		memcpy(at, &w, sizeof w);
}

static struct tl_arg
bind(const struct col *c, const struct tl_decision *d)
{
	const void *at = (const uint8_t *)d + c->offset;
	switch (c->type) {
	case ID:
	case ID0: {
		struct tl_id id;
		memcpy(&id, at, sizeof id);
		/* The argument borrows: it must point into the decision. */
		return c->type == ID0 && tl_id_is_nil(id) ? A_NULL
							  : A_BYTES(tl_bytes(at, sizeof id));
	}
	case INT:
		return A_INT(get_int(at, c->size));
	case INT0:
		return get_int(at, c->size) == 0 ? A_NULL : A_INT(get_int(at, c->size));
	case INTN:
		return get_int(at, c->size) < 0 ? A_NULL : A_INT(get_int(at, c->size));
	case TEXT:
	case TEXT0: {
		struct tl_str s;
		memcpy(&s, at, sizeof s);
		return c->type == TEXT0 && s.n == 0 ? A_NULL : A_TEXT(s);
	}
	case REAL0: {
		double v;
		memcpy(&v, at, sizeof v);
		return isnan(v) ? A_NULL : A_REAL(v);
	}
	case BOOL:
		return A_INT(*(const bool *)at);
	case WORD:
		return A_Z(c->names[get_int(at, c->size)]);
	}
	return A_NULL;
}

static int
read_col(const struct tl_row *r, int n, const struct col *c, struct tl_arena *arena,
    struct tl_decision *d)
{
	void *at = (uint8_t *)d + c->offset;
	int word = 0;
	struct tl_id id;
	struct tl_str s;
	double v;
	switch (c->type) {
	case ID:
	case ID0:
		id = tl_col_id(r, n);
		memcpy(at, &id, sizeof id);
		return 0;
	case INT:
	case INT0:
		set_int(at, c->size, tl_col_int(r, n));
		return 0;
	case INTN:
		set_int(at, c->size, tl_col_null(r, n) ? -1 : tl_col_int(r, n));
		return 0;
	case TEXT:
	case TEXT0:
		s = tl_arena_dup(arena, tl_col_str(r, n));
		memcpy(at, &s, sizeof s);
		return 0;
	case REAL0:
		v = tl_col_null(r, n) ? (double)NAN : tl_col_real(r, n);
		memcpy(at, &v, sizeof v);
		return 0;
	case BOOL:
		*(bool *)at = tl_col_int(r, n) != 0;
		return 0;
	case WORD:
		if (tl_word_parse(c->names, tl_col_str(r, n), &word) < 0)
			return tl_fail(
			    TL_ECORRUPT, "a decision holds a word that does not exist");
		set_int(at, c->size, word);
		return 0;
	}
	return tl_fail(TL_EBUG, "a column of no type");
}

static int
read_decision(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	struct tl_decision *d = ret;
	*d = (struct tl_decision){0};
	for (size_t i = 0; i < TL_COUNT(cols); i++) {
		int rc = read_col(r, (int)i, &cols[i], arena, d);
		if (rc < 0)
			return rc;
	}
	return tl_arena_check(arena);
}

int
tl_decision_add(struct tl_db *db, const struct tl_decision *d)
{
	struct tl_arg args[TL_COUNT(cols)];
	for (size_t i = 0; i < TL_COUNT(cols); i++)
		args[i] = bind(&cols[i], d);
	int rc = tl_db_run_args(db, TL_SQL_DECISION_ADD, args, TL_COUNT(cols));
	return rc < 0 ? rc : 0;
}

int
tl_decision_get(struct tl_db *db, struct tl_id id, struct tl_arena *arena,
    struct tl_decision *ret, int64_t *ret_seq)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_DECISION_GET, A_ID(id));
	if (rc < 0)
		return rows_found(rc, "decision");
	rc = read_decision(&r, arena, ret);
	if (rc == 0 && ret_seq)
		*ret_seq = tl_col_int(&r, (int)TL_COUNT(cols));
	tl_row_end(&r);
	return rc;
}

int
tl_decision_of_subject(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, size_t max, struct tl_arena *arena, struct tl_decision **ret,
    size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_DECISION_OF_SUBJECT, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject), A_INT(max));
	return rc < 0 ? rc : ROWS_READ(&r, arena, max, read_decision, ret, ret_count);
}

int
tl_decision_is_reversed(struct tl_db *db, struct tl_id id, bool *ret)
{
	int64_t n = 0;
	int rc = ROWS_NUMBER(db, &n, TL_SQL_DECISION_REVERSED, A_ID(id));
	if (rc == 0)
		*ret = n != 0;
	return rc;
}

int
tl_decision_count_by(struct tl_db *db, struct tl_id reviewer, int64_t since, int64_t *ret)
{
	return ROWS_NUMBER(db, ret, TL_SQL_DECISION_TODAY, A_ID(reviewer), A_INT(since));
}

int
tl_decision_event_add(
    struct tl_db *db, struct tl_id decision, const struct tl_decision_event *e)
{
	struct tl_id id = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_DECISION_EVENT_ADD, A_ID(id), A_ID(decision),
	    A_TEXT(e->kind), A_INT(e->at), A_TEXT(e->actor), A_TEXT0(e->ref),
	    A_TEXT0(e->outcome), A_TEXT0(e->detail));
	return rc < 0 ? rc : 0;
}

static int
read_event(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_decision_event *)ret = (struct tl_decision_event){
	    .kind = tl_arena_dup(arena, tl_col_str(r, 0)),
	    .at = tl_col_int(r, 1),
	    .actor = tl_arena_dup(arena, tl_col_str(r, 2)),
	    .ref = tl_arena_dup(arena, tl_col_str(r, 3)),
	    .outcome = tl_arena_dup(arena, tl_col_str(r, 4)),
	    .detail = tl_arena_dup(arena, tl_col_str(r, 5)),
	    .seq = tl_col_int(r, 6),
	};
	return 0;
}

int
tl_decision_events(struct tl_db *db, struct tl_id decision, struct tl_arena *arena,
    struct tl_decision_event **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_DECISION_EVENT_LIST, A_ID(decision));
	return rc < 0 ? rc : ROWS_READ(&r, arena, EVENTS_MAX, read_event, ret, ret_count);
}

/* Strikes ----------------------------------------------------------------------------------------------------- */

int
tl_strike_add(
    struct tl_db *db, int64_t platform, struct tl_id account, const struct tl_strike *s)
{
	int rc =
	    tl_db_run(db, TL_SQL_STRIKE_ADD, A_INT(platform), A_ID(account), A_ID(s->decision),
		A_TEXT(s->policy), A_INT(s->weight), A_INT(s->at), A_INT(s->expires_at));
	if (rc >= 0)
		rc = tl_db_run(
		    db, TL_SQL_STRIKE_SUM, A_INT(platform), A_ID(account), A_INT(s->at));
	return rc < 0 ? rc : 0;
}

/* Revokes or restores the strike of a decision, if it has one, and sums up again. */
static int
change_strike(struct tl_db *db, enum tl_sql sql, struct tl_id decision, int64_t at)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, sql, A_ID(decision), A_INT(at));
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	int64_t platform = tl_col_int(&r, 0);
	struct tl_id account = tl_col_id(&r, 1);
	tl_row_end(&r);
	rc = tl_db_run(db, TL_SQL_STRIKE_SUM, A_INT(platform), A_ID(account), A_INT(at));
	return rc < 0 ? rc : 0;
}

int
tl_strike_revoke(struct tl_db *db, struct tl_id decision, int64_t now)
{
	return change_strike(db, TL_SQL_STRIKE_REVOKE, decision, now);
}

int
tl_strike_restore(struct tl_db *db, struct tl_id decision, int64_t revoked_at)
{
	return change_strike(db, TL_SQL_STRIKE_RESTORE, decision, revoked_at);
}

int
tl_strike_expire(struct tl_db *db, int64_t since, int64_t now)
{
	return tl_db_run(db, TL_SQL_STRIKE_EXPIRE, A_INT(since), A_INT(now));
}

static int
read_strike(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_strike *)ret = (struct tl_strike){
	    .decision = tl_col_id(r, 0),
	    .policy = tl_arena_dup(arena, tl_col_str(r, 1)),
	    .weight = tl_col_int(r, 2),
	    .at = tl_col_int(r, 3),
	    .expires_at = tl_col_int(r, 4),
	    .revoked_at = tl_col_int(r, 5),
	};
	return 0;
}

int
tl_strike_list(struct tl_db *db, int64_t platform, struct tl_id account, struct tl_arena *arena,
    struct tl_strike **ret, size_t *ret_count)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_STRIKE_LIST, A_INT(platform), A_ID(account));
	return rc < 0 ? rc : ROWS_READ(&r, arena, STRIKES_MAX, read_strike, ret, ret_count);
}

/* Origin ------------------------------------------------------------------------------------------------------ */

/* Trusted flaggers before notices before referrals before users: the law gives them that order. */
static int
rank(enum tl_flag_kind kind)
{
	static const int ranks[] = {[TL_FLAG_TRUSTED] = 3,
	    [TL_FLAG_NOTICE] = 2,
	    [TL_FLAG_REFERRAL] = 1,
	    [TL_FLAG_USER] = 0};
	return ranks[kind];
}

static int
read_flag(const struct tl_row *r, struct tl_arena *arena, struct tl_case_origin *o)
{
	int kind = 0;
	char text[TL_ID_TEXT];
	int rc = tl_word_parse(tl_flag_kind_names, tl_col_str(r, 0), &kind);
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "a flag is of a kind that does not exist");
	if (o->flagged && rank(o->flag_kind) >= rank((enum tl_flag_kind)kind))
		return 0;
	o->flagged = true;
	o->flag_kind = (enum tl_flag_kind)kind;
	tl_id_text(text, tl_col_id(r, 2));
	o->flag_ref = tl_arena_dup(arena, tl_col_null(r, 1) ? tl_str(text) : tl_col_str(r, 1));
	return 0;
}

int
tl_decision_case_origin(
    struct tl_db *db, struct tl_id case_id, struct tl_arena *arena, struct tl_case_origin *ret)
{
	struct tl_row r;
	struct tl_case_origin o = {0};
	bool first = true;
	int rc = tl_db_query(db, &r, TL_SQL_DECIDING_CAUSES, A_ID(case_id));
	while (rc >= 0 && (rc = tl_row_next(&r)) > 0) {
		struct tl_str kind = tl_col_str(&r, 0);
		o.by_flag =
		    first ? tl_str_is(kind, tl_cause_kind_names[TL_CAUSE_FLAG]) : o.by_flag;
		o.by_rule = o.by_rule || tl_str_is(kind, tl_cause_kind_names[TL_CAUSE_RULE]);
		first = false;
	}
	if (rc < 0)
		return rc;
	rc = tl_db_query(db, &r, TL_SQL_DECIDING_FLAGS, A_ID(case_id));
	while (rc >= 0 && (rc = tl_row_next(&r)) > 0)
		rc = read_flag(&r, arena, &o);
	tl_row_end(&r);
	if (rc == 0)
		rc = tl_arena_check(arena);
	if (rc == 0)
		*ret = o;
	return rc;
}

int
tl_decision_pseudonym(
    struct tl_db *db, struct tl_id user, struct tl_arena *arena, struct tl_str *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_DECIDING_PSEUDONYM, A_ID(user));
	if (rc < 0)
		return rows_found(rc, "user");
	*ret = tl_arena_dup(arena, tl_col_str(&r, 0));
	tl_row_end(&r);
	return tl_arena_check(arena);
}
