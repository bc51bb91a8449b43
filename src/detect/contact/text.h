/*
 * What is taken of a text that is sent along with a contact, and is not kept: a sketch by which nearly the same text is known
 * again, and whether it leads away from the platform. Who calls asks first whether the law of the place allows it
 * (core/minors.h: tl_minors_text_allowed).
 *
 * The sketch is four lanes of 16 bits. Each is the least of the keyed hashes of the text's words in an order of its own, so
 * that two texts agree in a lane as often as they share words. Without the key it says nothing, and of no text can it be
 * made back. Case, signs and figures do not count.
 */
#pragma once

#include "sys/crypto.h"

#define TL_CONTACT_TEXT_MAX                                                                    \
	16384 /* bytes that are looked at; nobody is greeted at greater length */
#define TL_CONTACT_WORDS_MIN 4 /* fewer different words are nobody's own: no sketch */

struct tl_contact_text {
	int64_t sketch; /* 0: none */
	unsigned flags; /* TL_CONTACT_HAS_LINK, TL_CONTACT_HAS_HANDLE */
};

/* Any bytes will do. No failure. */
void tl_contact_text(const struct tl_key *key, struct tl_str text, struct tl_contact_text *ret);

/* The keyed hash of where a contact came from, as the platform says (a device, an address); never 0. */
int64_t tl_contact_origin(const struct tl_key *key, int64_t platform, struct tl_str origin);
