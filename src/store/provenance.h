/*
 * Where an entry of a bank came from, as every match says it. In the store it is JSON with these keys, in this order,
 * and none that is empty; tags are an array.
 */
#pragma once

#include "base/buf.h"

struct tl_arena;

#define TL_TAG_SEPARATOR 0x1f /* between tags in `tags` */

struct tl_provenance {
	struct tl_str exchange; /* which exchange */
	struct tl_str record;   /* the exchange's own id of it */
	struct tl_str member;   /* which member gave it */
	struct tl_str tags;
	struct tl_str decision; /* of this installation */
	struct tl_str url;      /* where the source says more */
};

/* Appends; nothing when nothing is said. */
void tl_provenance_write(const struct tl_provenance *p, struct tl_buf *out);
/* Empty text: nothing is said. Unknown keys are passed over. EPARSE, ENOMEM. */
int tl_provenance_read(
    struct tl_str json, struct tl_arena *arena, struct tl_provenance *ret) TL_MUST;
