/*
 * A strict reader of CBOR (RFC 8949) as security keys write it: definite lengths, shortest integers, no tags, no
 * floats. It allocates nothing and does not descend: a container is its head, its elements follow.
 */
#pragma once

#include "base/cur.h"

enum tl_cbor_kind {
	TL_CBOR_INT,
	TL_CBOR_BYTES,
	TL_CBOR_TEXT,
	TL_CBOR_ARRAY,
	TL_CBOR_MAP,
	TL_CBOR_SIMPLE /* false, true, null */
};

struct tl_cbor {
	enum tl_cbor_kind kind;
	int64_t i;       /* INT, and SIMPLE: 20 false, 21 true, 22 null */
	struct tl_str s; /* BYTES, TEXT (valid UTF-8) */
	size_t count; /* elements of an ARRAY, pairs of a MAP; never more than bytes are left */
};

/* The next head, with the bytes of a string. INPUT. */
int tl_cbor_next(struct tl_cur *c, struct tl_cbor *ret) TL_MUST;
/* The same, which must be of this kind. */
int tl_cbor_expect(struct tl_cur *c, enum tl_cbor_kind kind, struct tl_cbor *ret) TL_MUST;
/* Passes over one item, whole, whatever its depth. */
int tl_cbor_skip(struct tl_cur *c) TL_MUST;
