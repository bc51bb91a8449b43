/* Versions of the matrix of settings that were in force, with the text of the file. Writers run inside a transaction. */
#pragma once

#include "store/db.h"

struct tl_arena;

struct tl_settings_policy {
	int64_t seq;           /* from 1 */
	struct tl_str version; /* of the policy folder when it was first seen */
	int64_t seen_at;
	int64_t file_at;          /* as the file system says; 0: not known */
	struct tl_str file_owner; /* likewise */
	struct tl_str body;       /* YAML; empty: the program's own */
};

/* Keeps it when it differs from the newest. */
int tl_settings_policy_note(struct tl_db *db, const struct tl_settings_policy *p) TL_MUST;
/* The newest first, at most `max`; strings live in `arena`. */
int tl_settings_policy_list(struct tl_db *db, size_t max, struct tl_arena *arena,
    struct tl_settings_policy **ret, size_t *ret_count) TL_MUST;
