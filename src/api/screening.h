/*
 * What searches and comments are compared with: the policies in force together with their word lists, compiled. One snapshot,
 * counted, replaced as a whole when the folder changes.
 */
#pragma once

#include "api/words.h"
#include "core/interventions.h"
#include "core/policy.h"

struct tl_screening;

/* Takes over the reference to `set`, also when it fails. TL_ECONFIG for terms that cannot be used. */
int tl_screening_create(const struct tl_policy_set *set, struct tl_screening **ret) TL_MUST;
struct tl_screening *tl_screening_ref(struct tl_screening *s);
void tl_screening_unref(struct tl_screening *s);
void tl_screening_unrefp(struct tl_screening **s); /* for TL_CLEANUP */

const struct tl_policy_set *tl_screening_policies(const struct tl_screening *s); /* borrowed */

/* *ret: bit i for lists[i] of the interventions. An error means: not checked. */
int tl_screening_find(
    struct tl_screening *s, enum tl_list_use use, struct tl_str text, uint64_t *ret) TL_MUST;
/* Whether one of an account's words or phrases is in the text, plainly or in disguise. An error means: not checked. */
int tl_screening_words(struct tl_screening *s, const struct tl_words_key *key,
    const struct tl_str *words, size_t n, struct tl_str text, bool *ret) TL_MUST;
