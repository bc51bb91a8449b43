/*
 * A strict streaming reader of multipart/form-data (RFC 7578): bytes in as they arrive, parts out as they are
 * seen. It holds no more than a boundary and one part's head.
 *
 * Strict: CR LF only; a part has exactly one Content-Disposition of form-data with a quoted name; no
 * Content-Transfer-Encoding that would code bytes, no nested multipart, no bytes before the first boundary.
 */
#pragma once

#include "base/str.h"

#define TL_MULTIPART_HEAD_MAX 1024
#define TL_MULTIPART_BOUNDARY_MAX 70
#define TL_MULTIPART_NAME_MAX 64
#define TL_MULTIPART_PARTS_MAX 32

struct tl_multipart_ops {
	int (*begin)(void *ctx, struct tl_str name); /* a part begins */
	int (*data)(void *ctx, struct tl_str bytes);
	int (*end)(void *ctx);
};

struct tl_multipart {
	const struct tl_multipart_ops *ops;
	void *ctx;
	uint8_t line[TL_MULTIPART_BOUNDARY_MAX + 4]; /* CR LF "--" boundary */
	size_t line_n;
	size_t matched; /* bytes of `line` that the input has just matched */
	uint8_t head[TL_MULTIPART_HEAD_MAX];
	size_t head_n;
	int parts;
	enum {
		TL_MP_FIRST, /* in the first boundary line */
		TL_MP_AFTER, /* after a boundary: CR LF or "--" */
		TL_MP_HEAD,
		TL_MP_BODY,
		TL_MP_END, /* after the last boundary: an optional CR LF */
		TL_MP_BAD
	} state;
	uint8_t after[2];
	size_t after_n;
};

/* Takes the boundary out of a Content-Type's value; INPUT when it has none or a malformed one. */
int tl_multipart_begin(struct tl_multipart *m, struct tl_str content_type,
    const struct tl_multipart_ops *ops, void *ctx) TL_MUST;
int tl_multipart_feed(struct tl_multipart *m, struct tl_str bytes) TL_MUST;
/* After the last byte: INPUT when the last boundary never came. */
int tl_multipart_end(const struct tl_multipart *m) TL_MUST;
