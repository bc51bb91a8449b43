/* Private to the finder: what it does beside comparing. Each is one short step; more than 0: there may be more. */
#pragma once

#include "config/config.h"
#include "config/policy.h"
#include "store/db.h"

/* finder_group.c: a page of what was decided for copies. */
int finder_groups(struct tl_db *db, const struct tl_config *config) TL_MUST;
/* Ends a watch of crisis mode whose time has come. */
int finder_watches(struct tl_db *db) TL_MUST;
