/* Days of birth are never kept: what says one is refused where it comes in. */
#pragma once

#include "base/json.h"

/*
 * FIELD when an account's body says a day of birth: a member that is one by its name, or a full date long enough ago in
 * what would be kept as it is (`settings`, as compact JSON). `now` in microseconds.
 */
int tl_birthday_refuse_members(json_t *account) TL_MUST;
int tl_birthday_refuse_text(struct tl_str settings, int64_t now) TL_MUST;
