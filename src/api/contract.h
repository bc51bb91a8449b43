/* The contracts in api/, built into the program. */
#pragma once

#include "base/str.h"

extern const struct tl_str tl_contract;
extern const struct tl_str tl_hma_contract_text; /* api/hma.json */
