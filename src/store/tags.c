/*
 * Owns the reading of tags: what was ever said of a thing, as queues and policies.
 *
 * Promises: bounded (128 tags, of media a thousand items); something without any tag yields none. Failures: those of
 * the store. Called by src/review and the console's routes before anything is shown or done.
 */
#include "store/tags.h"

#include "store/rows_int.h"

#define TAGS_MAX 128

static int
read_tag(const struct tl_row *r, struct tl_arena *arena, void *ret)
{
	*(struct tl_tag *)ret = (struct tl_tag){
	    tl_arena_dup(arena, tl_col_str(r, 0)), tl_arena_dup(arena, tl_col_str(r, 1))};
	return tl_arena_check(arena);
}

static int
read_tags(struct tl_row *r, struct tl_arena *a, struct tl_tags *ret)
{
	return ROWS_READ(r, a, TAGS_MAX, read_tag, &ret->v, &ret->n);
}

int
tl_tags_of_subject(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_arena *a, struct tl_tags *ret)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_TAGS_OF_SUBJECT, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject));
	return rc < 0 ? rc : read_tags(&r, a, ret);
}

int
tl_tags_of_media(struct tl_db *db, int64_t platform, const struct tl_media_id *id,
    struct tl_arena *a, struct tl_tags *ret)
{
	struct tl_row r;
	int rc = tl_db_query(db, &r, TL_SQL_TAGS_OF_MEDIA, A_INT(platform),
	    A_BYTES(tl_bytes(id->b, sizeof id->b)));
	return rc < 0 ? rc : read_tags(&r, a, ret);
}

static int
with(struct tl_arena *a, struct tl_tags *tags, struct tl_tag more)
{
	struct tl_tag *v = TL_NEWS(a, struct tl_tag, tags->n + 1);
	int rc = tl_arena_check(a);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < tags->n; i++)
		v[i] = tags->v[i];
	v[tags->n] = more;
	*tags = (struct tl_tags){v, tags->n + 1};
	return 0;
}

int
tl_tags_of_case(
    struct tl_db *db, const struct tl_case *c, struct tl_arena *a, struct tl_tags *ret)
{
	int rc = tl_tags_of_subject(db, c->platform, c->subject_kind, c->subject, a, ret);
	return rc < 0 ? rc : with(a, ret, (struct tl_tag){c->queue, c->policy});
}

/* The tags of what the one row names: platform, kind, subject, policy. */
static int
tags_of_named(
    struct tl_db *db, enum tl_sql sql, struct tl_id id, struct tl_arena *a, struct tl_tags *ret)
{
	struct tl_row r;
	int kind;
	int rc = tl_db_first(db, &r, sql, A_ID(id));
	if (rc < 0)
		return rc;
	int64_t platform = tl_col_int(&r, 0);
	struct tl_id subject = tl_col_id(&r, 2);
	struct tl_tag own = {.policy = tl_arena_dup(a, tl_col_str(&r, 3))};
	rc = tl_word_parse(tl_subject_kind_names, tl_col_str(&r, 1), &kind);
	tl_row_end(&r);
	if (rc < 0)
		return tl_fail(TL_ECORRUPT, "a decision's row is damaged");
	rc = tl_tags_of_subject(db, platform, (enum tl_subject_kind)kind, subject, a, ret);
	return rc < 0 ? rc : with(a, ret, own);
}

int
tl_tags_of_decision(struct tl_db *db, struct tl_id id, struct tl_arena *a, struct tl_tags *ret)
{
	return rows_found(tags_of_named(db, TL_SQL_TAGS_DECISION, id, a, ret), "decision");
}

int
tl_tags_of_delivery(struct tl_db *db, struct tl_id id, struct tl_arena *a, struct tl_tags *ret)
{
	int rc = tags_of_named(db, TL_SQL_TAGS_DELIVERY, id, a, ret);
	if (rc == TL_ENOTFOUND)
		*ret = (struct tl_tags){0};
	return rc == TL_ENOTFOUND ? 0 : rc;
}
