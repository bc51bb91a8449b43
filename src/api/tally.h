/*
 * Counts what searches and comments were told, in memory, and writes the figures down once a second: an answer never waits for
 * the disk. Threads share it.
 */
#pragma once

#include "minors/counts.h"

struct tl_tally;
struct tl_writer;

struct tl_tally *tl_tally_create(void);
void tl_tally_destroy(struct tl_tally *t);

/* One more like `c`; its day and n are filled here. */
void tl_tally_add(struct tl_tally *t, const struct tl_intervention_count *c);

/* Writes what was counted since and waits for it; what cannot be written is counted on. Not on the writer's thread. */
int tl_tally_write(struct tl_tally *t, struct tl_writer *writer) TL_MUST;
