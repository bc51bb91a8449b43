/*
 * The hashes of the turned and mirrored picture, from the hash alone. A turn moves the frequencies of a PDQ hash and
 * changes the signs of some; their median is nearly 0, so that a changed sign is nearly a changed bit. So nearly is what
 * TL_AGAIN_TURN_SLACK allows for: for finding candidates, which are then judged exactly.
 */
#pragma once

#include "hash/pdq.h"

#define TL_AGAIN_TURN_SLACK 20 /* bits between these and the hashes of the turned picture */

/* In the order of enum tl_pdq_turn; `h` may be ret[0]. */
void tl_again_turn(const struct tl_pdq *h, struct tl_pdq ret[TL_PDQ_TURNS]);
