/*
 * Kill points: places at which a test build dies as if the power of that one process were cut. What they are stands
 * in killpoint.tbl.h; a test arms them through a file that all processes of one installation map. In other builds
 * (meson option `tests` off) nothing of this exists.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

#ifdef TL_KILLPOINTS

enum tl_killpoint {
#define K(id, name, role, file, stake) TL_KP_##id,
#include "sys/killpoint.tbl.h"
#undef K
	TL_KP_COUNT
};

/* One row of the file, in the order of the table, as four native words. */
struct tl_killpoint_slot {
	_Atomic uint32_t hits;  /* how often it was passed */
	_Atomic uint32_t armed; /* 0: off; n: dies at the nth pass from now on */
	_Atomic uint32_t kills; /* how many died here */
	_Atomic uint32_t group; /* 0: only who passes dies; else this process group as well */
};

/* Maps the file `killpoints` of the data folder when it exists; without it nothing is armed and nothing counted. */
int tl_killpoint_attach(const char *dir) TL_MUST;

void tl_killpoint_pass(enum tl_killpoint at);

#define TL_KILLPOINT(id) tl_killpoint_pass(TL_KP_##id)

#else

static inline int
tl_killpoint_attach(const char *dir)
{
	(void)dir;
	return 0;
}

#define TL_KILLPOINT(id) ((void)0)

#endif
