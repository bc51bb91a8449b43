/* api/openapi.yaml, built into the program. */
#pragma once

#include "base/str.h"

extern const struct tl_str tl_contract;
