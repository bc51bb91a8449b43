/* The clerk's duties for settings by age: offers of the calendar, lapses, and what platforms are told of a changed matrix. */
#pragma once

#include "config/config.h"
#include "core/policy.h"
#include "store/db.h"

struct clerk_minors {
	const struct tl_config *config;
	const struct tl_policy_set *set; /* NULL while the folder could not be read */
	uint64_t stamp;
	bool noted; /* the matrix of `set` is kept */
};

void clerk_minors_fini(struct clerk_minors *m);

/* Inside a transaction each; how many things were done, or an error. */
int clerk_minors_ages(struct tl_db *db, struct clerk_minors *m);
int clerk_minors_lapses(struct tl_db *db, struct clerk_minors *m);
int clerk_minors_forget(struct tl_db *db, struct clerk_minors *m);
/* One step of a migration of settings; PAGE when the next may follow at once. */
int clerk_minors_moves(struct tl_db *db, struct clerk_minors *m) TL_MUST;
int clerk_minors_tell(struct tl_db *db, struct clerk_minors *m);
