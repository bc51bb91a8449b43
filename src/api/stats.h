/* Counts of this process: requests by route and status, a histogram of their time, refusals. Lock-free. */
#pragma once

#include "base/buf.h"

struct tl_stats;
struct tl_route;

struct tl_stats *tl_stats_create(const struct tl_route *routes, size_t count);
void tl_stats_destroy(struct tl_stats *s);

void tl_stats_request(
    struct tl_stats *s, const struct tl_route *route, int status, int64_t took_us);
void tl_stats_refused(struct tl_stats *s); /* before it reached a route */
/* What the contact gate answered: of enum tl_contact_outcome. */
void tl_stats_contact(struct tl_stats *s, unsigned outcome);
/* Requests in all, and those that failed for a reason on our side (500). */
void tl_stats_totals(const struct tl_stats *s, uint64_t *ret_all, uint64_t *ret_failed);
void tl_stats_bytes(struct tl_stats *s, size_t in);

/* Appends Prometheus text. */
void tl_stats_write(const struct tl_stats *s, struct tl_buf *out);
