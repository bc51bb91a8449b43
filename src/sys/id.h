/* Identifiers: UUID version 7 (RFC 9562 §5.7), 16 bytes, made here, rising within one process. */
#pragma once

#include "base/str.h"

struct tl_id {
	uint8_t b[16];
};

#define TL_ID_TEXT 37 /* canonical text and NUL */

struct tl_id tl_id_new(void);
bool tl_id_is_nil(struct tl_id id);
bool tl_id_eq(struct tl_id a, struct tl_id b);

/* Canonical lower-case text, 8-4-4-4-12. */
void tl_id_text(char dst[TL_ID_TEXT], struct tl_id id);
int tl_id_parse(struct tl_str text, struct tl_id *ret) TL_MUST;

struct tl_buf;
void tl_js_id(struct tl_buf *b, const char *key, struct tl_id id); /* null when nil */

static inline struct tl_str
tl_id_str(const struct tl_id *id)
{
	return (struct tl_str){id->b, sizeof id->b};
}
