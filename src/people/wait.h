/*
 * Private to src/people: how long somebody waits, and who must wait in memory because the store does not know them:
 * names that nobody has, so that waiting does not tell them apart from those that somebody has.
 */
#pragma once

#include "people/session.h"

/* How long somebody waits after so many failures in a row; 0: not at all. */
int64_t tl_wait_us(const struct tl_signin_rules *r, int64_t failed);
/* Seconds that a try with this name must still wait; 0: it may. */
int64_t tl_stranger_waits_s(struct tl_str name);
void tl_stranger_failed(struct tl_str name, const struct tl_signin_rules *r);
