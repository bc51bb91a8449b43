/*
 * Black bars around a picture (letterbox, pillarbox): a copy with bars is another picture to PDQ. Works on the filtered
 * samples, so that whoever has those can look behind the bars without the picture.
 */
#pragma once

#include "hash/pdq.h"

/* Bars count from this many of the 64 sample rows or columns on; what is left must be at least half of either side. */
#define TL_CROP_BAR_MIN 2
#define TL_CROP_SIDE_MIN 24

/*
 * True when the picture has bars: then `ret` holds the samples of what is inside them, as though that had been the
 * picture. Near-black borders of real pictures are taken for bars as well; so keep both hashes.
 */
bool tl_pdq_crop(const struct tl_pdq_frame *f, struct tl_pdq_frame *ret);
