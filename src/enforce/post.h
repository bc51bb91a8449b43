/*
 * One try of one delivery: a signed POST through the guard, and what its end means. The courier drives the handle
 * in its loop.
 */
#pragma once

#include "enforce/guard.h"
#include "enforce/sign.h"
#include "outbox/outbox.h"
#include "store/endpoints.h"

struct tl_post;

struct tl_post_options {
	long timeout_ms;
	const struct tl_guard_net *nets; /* the operator allows; must outlive the post */
	size_t net_count;
};

/* Copies what it needs of both. The handle's private pointer is the post. */
int tl_post_create(const struct tl_outbox_row *row, const struct tl_endpoint *e,
    const struct tl_post_options *o, int64_t now, struct tl_post **ret) TL_MUST;
void tl_post_destroy(struct tl_post *p);

CURL *tl_post_handle(struct tl_post *p);
struct tl_outbox_row *tl_post_row(struct tl_post *p); /* lives as long as the post */
struct tl_id tl_post_endpoint(const struct tl_post *p);

/* What the end of the transfer means. Texts live as long as the post. *ret_gone: the endpoint is no more (410). */
void tl_post_result(
    struct tl_post *p, CURLcode code, struct tl_outbox_result *ret, bool *ret_gone);
