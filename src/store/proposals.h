/* Proposals as rows: what waits for a second person. Nothing here decides: src/people does. */
#pragma once

#include "base/arena.h"
#include "core/guarded.h"
#include "store/db.h"

struct tl_proposal {
	struct tl_id id;
	enum tl_guarded op;
	struct tl_str method, path, body; /* the request, as it will be done */
	struct tl_str what;               /* JSON: subject and changes */
	struct tl_str policy;             /* empty when it falls under none */
	struct tl_str reason;
	struct tl_id proposer;
	int64_t created_at, expires_at;
	enum tl_proposal_state state;
	struct tl_id closed_by; /* nil: the clock, or the operator */
	int64_t closed_at;
	struct tl_str note;
};

/* Texts live in the arena. Writers run inside a transaction. */
int tl_proposal_add(struct tl_db *db, const struct tl_proposal *p) TL_MUST;
int tl_proposal_get(
    struct tl_db *db, struct tl_id id, struct tl_arena *a, struct tl_proposal *ret) TL_MUST;
/* Open ones oldest first, or closed ones newest first. */
int tl_proposal_list(struct tl_db *db, bool open, struct tl_arena *a, struct tl_proposal **ret,
    size_t *ret_count) TL_MUST;
/* Ends it as p->state says; ECONFLICT when it is not open any more. */
int tl_proposal_close(struct tl_db *db, const struct tl_proposal *p) TL_MUST;
/* Open ones whose time is over. */
int tl_proposal_late(
    struct tl_db *db, int64_t now, struct tl_id ret[64], size_t *ret_count) TL_MUST;
