/*
 * The contact gate: may one account reach another in this way? Allow, hand over as a request without content, or deny; and
 * why, for the platform. What the sender reads never tells a minor or a block from any other reason.
 *
 * Pure: no store, no clock. Whatever the settings say, nothing unsolicited (no prior mutual acceptance) reaches a minor or
 * somebody of unknown age; blocks, limits and refusals win over everything; what could not be read is denied.
 * Rows: contact.tbl.h. Source: core/minors.h, core/relation.h.
 */
#pragma once

#include "core/relation.h"
#include "minors/matrix.h"

enum tl_contact_setting {
#define K(name, setting, ...) TL_CONTACT_SET_##name,
#include "minors/contact.tbl.h"
#undef K
	TL_CONTACT_SETTINGS
};

/* Where the settings that count here stand in a matrix, and how strict each of its words is. Made once for a matrix. */
struct tl_contact_map {
	const struct tl_minors *minors;
	size_t at[TL_CONTACT_SETTINGS]; /* setting_count: the matrix does not have it */
	uint8_t level[TL_CONTACT_SETTINGS][TL_MINORS_VALUES_MAX];
};

void tl_contact_map_init(struct tl_contact_map *map, const struct tl_minors *m);

struct tl_contact_party {
	const struct tl_minors_account *account; /* NULL: it could not be read */
	enum tl_account_state state;
};

struct tl_contact_question {
	enum tl_contact_kind kind;
	struct tl_contact_party from, to;
	const struct tl_relation *relation; /* NULL: it could not be read */
	int from_side;                      /* the sender's in the relation */
	int64_t now;
};

enum tl_contact_why {
#define C(name, ...) TL_CONTACT_WHY_##name,
#include "minors/contact.tbl.h"
#undef C
	TL_CONTACT_WHYS
};

struct tl_contact_answer {
	enum tl_contact_outcome outcome;
	enum tl_contact_why why;
};

struct tl_contact_answer tl_contact_decide(
    const struct tl_contact_map *map, const struct tl_contact_question *ask);

/* For the platform: a code of contact.tbl.h and its sentence. */
const char *tl_contact_code(enum tl_contact_why why);
const char *tl_contact_sentence(enum tl_contact_why why);
/* Names of texts of the matrix for the two people; NULL: nothing is said. */
const char *tl_contact_to_sender(enum tl_contact_why why);
const char *tl_contact_to_recipient(enum tl_contact_why why);
