/*
 * The API of Hasher-Matcher-Actioner for clients that were written for it (routes_hma.tbl.h): hashing under /h, lookups
 * under /m, banks under /c. What differs from it, and why, stands in doc/hma.md.
 */
#pragma once

#include "api/api.h"

extern const struct tl_dialect tl_hma_dialect; /* {"message"} and its statuses; loose */
extern const struct tl_body tl_hma_form_body;  /* multipart, JSON, form fields, or nothing */

#define H(method, path, gate, need, query, handler, body, limit, help)                         \
	void tl_hma_do_##handler(struct tl_req *req);
#define T(method, path, gate, need, query, handler, body, limit, help)                         \
	void tl_hma_do_##handler(struct tl_req *req);
#include "api/routes_hma.tbl.h"
#undef H
#undef T
