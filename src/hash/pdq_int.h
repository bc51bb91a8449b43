/* Inside src/hash only: the filter of small pictures. */
#pragma once

#include "hash/pdq.h"

/* Filters a whole luma plane (which is overwritten) and keeps 64 x 64 samples of it. */
void tl_pdq_small(float *plane, uint32_t width, uint32_t height, struct tl_pdq_frame *ret);
