/*
 * A fair lock between processes: who waits first goes next. Two file locks: whoever holds the *gate* is next
 * and waits there for the *floor*; the kernel frees both when a holder dies. One `struct tl_turn` per thread
 * that competes (open file description locks).
 */
#pragma once

#include "base/err.h"

struct tl_turn {
	int gate_fd;
	int floor_fd;
};

int tl_turn_open(
    struct tl_turn *t, const char *path) TL_MUST; /* creates path.gate and path.floor */
void tl_turn_close(struct tl_turn *t);
int tl_turn_take(struct tl_turn *t) TL_MUST; /* blocks until it is our turn */
void tl_turn_give(struct tl_turn *t);
