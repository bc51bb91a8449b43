/* How the age of an account is told in JSON: members of an open object. */
#pragma once

#include "core/age.h"

struct tl_buf;

/* "age": {state, since, confidence, offered, came_from} */
void tl_api_age_json(struct tl_buf *b, const struct tl_age *a);
