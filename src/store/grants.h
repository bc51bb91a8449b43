/* Grants as rows: what a person may do on which queue, policy and class of evidence (core/access.h decides). */
#pragma once

#include "base/arena.h"
#include "core/access.h"
#include "store/db.h"

/* By kind and name, at most TL_GRANTS_MAX. Texts live in `arena`. */
int tl_grants_of(struct tl_db *db, struct tl_id user, struct tl_arena *arena,
    struct tl_grant **ret, size_t *ret_count) TL_MUST;
/* Replaces all of a person's. TL_EFIELD when two are of one kind and name. Inside a transaction. */
int tl_grants_set(
    struct tl_db *db, struct tl_id user, const struct tl_grant *list, size_t count) TL_MUST;
