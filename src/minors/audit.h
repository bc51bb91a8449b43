/*
 * What the audit of settings in force says, as JSON: snapshots with their figures and trend, what was odd in them, and the
 * accounts to mend. One shape for the platform's API and the console.
 */
#pragma once

#include "base/buf.h"
#include "core/policy.h"
#include "store/snapshots.h"

/* Members of an open object: figures of one snapshot. */
void tl_audit_put_snapshot(struct tl_buf *b, const struct tl_snapshot *s);
/* An object: the same, with every setting and band of it, and how many stood looser in the one before. */
int tl_audit_put_whole(struct tl_db *db, const struct tl_snapshot *s, struct tl_arena *arena,
    struct tl_buf *b) TL_MUST;

/* What one setting of a band comes to in a snapshot. */
struct tl_audit_sum {
	struct tl_str setting, band;
	int64_t told, not_told, looser;
	int64_t looser_before; /* in the snapshot before; -1: there is none */
};
int tl_audit_sums(struct tl_db *db, const struct tl_snapshot *s, struct tl_arena *arena,
    struct tl_audit_sum **ret, size_t *ret_count) TL_MUST;

/*
 * An object for each account that stands looser, into an open array (or, with `lines`, a line each), after `after` and at most
 * `max` accounts are looked at. Each is held against the policy and the choices of now; who stands right by now is left
 * out. *ret_last: where to go on; nil at the end.
 */
struct tl_mend {
	int64_t platform;
	bool live, lines;
	struct tl_id after;
	size_t max;
};
int tl_audit_put_mend(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_mend *ask, struct tl_arena *arena, struct tl_buf *b,
    struct tl_id *ret_last) TL_MUST;
