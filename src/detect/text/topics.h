/*
 * The word lists of policy/interventions.yaml, compiled: which topics a search names, which lists a comment touches. Immutable,
 * shared by threads; borrows from what it was made of.
 */
#pragma once

#include "core/interventions.h"
#include "detect/text/list.h"

struct tl_topics;

/* TL_ECONFIG naming the line of a term that cannot be used: then nothing of it is. */
int tl_topics_create(
    const struct tl_interventions *in, enum tl_list_use use, struct tl_topics **ret) TL_MUST;
void tl_topics_destroy(struct tl_topics *t);

/*
 * *ret: bit i for in->lists[i]. A text that touches more than can be told apart touches every list. The errors of
 * tl_text_scan_run: whoever asks must take them for "not checked".
 */
int tl_topics_find(const struct tl_topics *t, struct tl_text_scan *scan, struct tl_str text,
    uint64_t *ret) TL_MUST;
