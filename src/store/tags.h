/*
 * Where things belong: the queues and policies of all that detectors, flags, cases and decisions said of them. What
 * a person may do to a thing is tl_may_on of its tags (core/access.h). Reads only; texts live in the arena given.
 */
#pragma once

#include "base/arena.h"
#include "core/access.h"
#include "store/cases.h"
#include "store/media.h"

struct tl_tags {
	struct tl_tag *v;
	size_t n;
};

int tl_tags_of_subject(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_arena *a, struct tl_tags *ret) TL_MUST;
/* The case's own queue and policy, and those of its subject. */
int tl_tags_of_case(
    struct tl_db *db, const struct tl_case *c, struct tl_arena *a, struct tl_tags *ret) TL_MUST;
/* Of every item that holds this medium. */
int tl_tags_of_media(struct tl_db *db, int64_t platform, const struct tl_media_id *id,
    struct tl_arena *a, struct tl_tags *ret) TL_MUST;
/* The decision's policy and the tags of what it was about. NOTFOUND. */
int tl_tags_of_decision(
    struct tl_db *db, struct tl_id id, struct tl_arena *a, struct tl_tags *ret) TL_MUST;
/* Of what a delivery tells; none when it tells of no decision and no item. */
int tl_tags_of_delivery(
    struct tl_db *db, struct tl_id id, struct tl_arena *a, struct tl_tags *ret) TL_MUST;
