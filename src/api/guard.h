/*
 * The strict header guard: refuses what libmicrohttpd accepts but another reader of the same bytes might read
 * differently (request smuggling). It looks at the headers as they lie in the connection's memory.
 */
#pragma once

#include "base/str.h"

struct tl_guard {
	const uint8_t *expect; /* where the next header's name must begin */
	int hosts, lengths, codings, keys;
	bool is_chunked;
	int64_t length; /* -1: none */
	const char *refused;
};

/* The parts of the request line, NUL-terminated in place; `uri` is the whole address, before it was taken apart. */
void tl_guard_begin(
    struct tl_guard *g, const char *method, struct tl_str uri, const char *version);
void tl_guard_header(struct tl_guard *g, struct tl_str name, struct tl_str value);
/*
 * NULL when the request is clean, or why it is refused. `method` is where the head begins, `head_bytes` what
 * the library counted from there to the end of the empty line.
 */
const char *tl_guard_end(struct tl_guard *g, const char *method, size_t head_bytes);
