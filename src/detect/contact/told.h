/* The events behind the figures, for who reads an explanation: who, when, what became of it. Never what was said. */
#pragma once

#include "detect/contact/figures.h"

#define TL_CONTACT_TOLD_MAX 50

struct tl_buf;

/*
 * A member of an open JSON object: {"count", "shown", "events": [{"id", "at", "person", "age_band", "kind", "outcome",
 * "has": ["link" …]} …]}, the newest of the last 30 days first. `person` is our id of the account, which says nothing about it.
 */
void tl_contact_told_json(
    struct tl_buf *b, const char *key, const struct tl_contact_seen *seen, int64_t now);
