/* From JSON to what happens between accounts: facts of the graph, questions to the contact gate. Views borrow from the JSON. */
#pragma once

#include "base/json.h"
#include "core/relation.h"

struct tl_relation_in {
	struct tl_str from, to; /* the platform's ids; they differ */
	struct tl_relation_event event;
};

struct tl_contact_in {
	struct tl_str from, to;
	enum tl_contact_kind kind;
	bool has_link, has_handle; /* what the platform says of the text */
	struct tl_str
	    text; /* that goes with it; may be looked at where the law allows it, never kept */
	struct tl_str
	    origin; /* where it comes from, as the platform says: a device; never kept in clear */
	bool record; /* it happens now; else the platform only wants to know */
};
int tl_decode_contact(json_t *j, struct tl_contact_in *ret) TL_MUST;

/* `now`: when an event without a time happened; one that lies more than minutes behind it is refused. INPUT names the field. */
int tl_decode_relation(json_t *j, int64_t now, struct tl_relation_in *ret) TL_MUST;
