/* Stretches of time, put together as they come. No failure. Called by whatever finds something known in a film. */
#include "hash/stretch.h"

#include <stdbool.h>

void
tl_stretch_add(struct tl_stretches *l, uint32_t from_ms, uint32_t to_ms, uint32_t gap_ms)
{
	struct tl_stretch *last = l->n ? &l->s[l->n - 1] : NULL;
	bool apart = !last || from_ms > (uint64_t)last->to_ms + gap_ms;
	if (apart && l->n < TL_STRETCHES_MAX)
		l->s[l->n++] = (struct tl_stretch){from_ms, to_ms};
	else if (to_ms > last->to_ms)
		last->to_ms = to_ms;
}
