/* What platforms were told of the matrix of settings: one event for a policy version, however many accounts it concerns. */
#pragma once

#include "core/policy.h"
#include "store/db.h"

/*
 * Inside a transaction: when the matrix differs from the one that was told last, queues policy.settings_changed for every
 * platform and remembers it. The first matrix of an installation is remembered without a word. 1: told, 0: nothing new.
 */
int tl_minors_policy_told(
    struct tl_db *db, const struct tl_policy_set *set, int64_t now) TL_MUST;
