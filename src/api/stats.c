/*
 * Request statistics of the server.
 *
 * Promises: adding is a few relaxed atomic increments; reading may be off by what is being added meanwhile.
 * Labels are route patterns and statuses of our own, never anything a client sent. Called by the core for each
 * request and by /metrics.
 */
#include "api/stats.h"

#include "api/http.h"
#include "core/words.h"

#include <stdatomic.h>
#include <stdlib.h>

static const int STATUSES[] = {200, 201, 202, 204, 206, 302, 304, 400, 401, 403, 404, 405, 409,
    410, 413, 415, 422, 429, 500, 503};
static const int64_t EDGES_US[] = {250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
    250000, 500000, 1000000, 2500000, 10000000};

struct route_stats {
	_Atomic uint64_t by_status[TL_COUNT(STATUSES) + 1]; /* the last: any other */
};

struct tl_stats {
	const struct tl_route *routes;
	size_t count;
	struct route_stats *per_route;
	_Atomic uint64_t took[TL_COUNT(EDGES_US) + 1];
	_Atomic uint64_t took_sum_us, took_count, refused, bytes_in;
	_Atomic uint64_t contacts[tl_contact_outcome_count];
};

struct tl_stats *
tl_stats_create(const struct tl_route *routes, size_t count)
{
	struct tl_stats *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->routes = routes;
	s->count = count;
	s->per_route = calloc(count + 1, sizeof *s->per_route);
	if (!s->per_route)
		abort();
	return s;
}

void
tl_stats_destroy(struct tl_stats *s)
{
	if (!s)
		return;
	free(s->per_route);
	free(s);
}

static void
add(_Atomic uint64_t *n, uint64_t by)
{
	atomic_fetch_add_explicit(n, by, memory_order_relaxed);
}

void
tl_stats_request(struct tl_stats *s, const struct tl_route *route, int status, int64_t took_us)
{
	size_t i = 0, b = 0;
	while (i < TL_COUNT(STATUSES) && STATUSES[i] != status)
		i++;
	while (b < TL_COUNT(EDGES_US) && took_us > EDGES_US[b])
		b++;
	add(&s->per_route[route ? (size_t)(route - s->routes) : s->count].by_status[i], 1);
	add(&s->took[b], 1);
	add(&s->took_sum_us, took_us > 0 ? (uint64_t)took_us : 0);
	add(&s->took_count, 1);
}

void
tl_stats_refused(struct tl_stats *s)
{
	add(&s->refused, 1);
}

void
tl_stats_bytes(struct tl_stats *s, size_t in)
{
	add(&s->bytes_in, in);
}

void
tl_stats_contact(struct tl_stats *s, unsigned outcome)
{
	add(&s->contacts[outcome], 1);
}

static uint64_t
get(const _Atomic uint64_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

void
tl_stats_totals(const struct tl_stats *s, uint64_t *ret_all, uint64_t *ret_failed)
{
	uint64_t failed = 0;
	size_t at = 0;
	while (at < TL_COUNT(STATUSES) && STATUSES[at] != 500)
		at++;
	for (size_t r = 0; r <= s->count; r++)
		failed += get(&s->per_route[r].by_status[at]);
	*ret_all = get(&s->took_count);
	*ret_failed = failed;
}

static void
write_routes(const struct tl_stats *s, struct tl_buf *out)
{
	tl_buf_puts(out, "# HELP tutela_http_requests_total Requests by route and status.\n"
			 "# TYPE tutela_http_requests_total counter\n");
	for (size_t r = 0; r <= s->count; r++)
		for (size_t i = 0; i <= TL_COUNT(STATUSES); i++) {
			uint64_t n = get(&s->per_route[r].by_status[i]);
			if (!n)
				continue;
			tl_buf_printf(out,
			    "tutela_http_requests_total{method=\"%s\",route=\"%s\",status=\"%"
			    "d\"} "
			    "%llu\n",
			    r < s->count ? s->routes[r].method : "",
			    r < s->count ? s->routes[r].path : "",
			    i < TL_COUNT(STATUSES) ? STATUSES[i] : 0, (unsigned long long)n);
		}
}

static void
write_contacts(const struct tl_stats *s, struct tl_buf *out)
{
	tl_buf_puts(out, "# HELP tutela_contact_checks_total What the contact gate answered.\n"
			 "# TYPE tutela_contact_checks_total counter\n");
	for (size_t i = 0; i < tl_contact_outcome_count; i++)
		tl_buf_printf(out, "tutela_contact_checks_total{outcome=\"%s\"} %llu\n",
		    tl_contact_outcome_names[i], (unsigned long long)get(&s->contacts[i]));
}

void
tl_stats_write(const struct tl_stats *s, struct tl_buf *out)
{
	write_routes(s, out);
	write_contacts(s, out);
	tl_buf_puts(out,
	    "# HELP tutela_http_request_seconds Time from the head of a request to the "
	    "end of its answer.\n# TYPE tutela_http_request_seconds histogram\n");
	uint64_t sum = 0;
	for (size_t b = 0; b < TL_COUNT(EDGES_US); b++) {
		sum += get(&s->took[b]);
		tl_buf_printf(out, "tutela_http_request_seconds_bucket{le=\"%g\"} %llu\n",
		    (double)EDGES_US[b] / 1e6, (unsigned long long)sum);
	}
	unsigned long long count = get(&s->took_count);
	tl_buf_printf(out,
	    "tutela_http_request_seconds_bucket{le=\"+Inf\"} %llu\n"
	    "tutela_http_request_seconds_sum %.6f\ntutela_http_request_seconds_count %llu\n",
	    count, (double)get(&s->took_sum_us) / 1e6, count);
	tl_buf_printf(out,
	    "# HELP tutela_http_refused_total Requests refused for their framing.\n"
	    "# TYPE tutela_http_refused_total counter\ntutela_http_refused_total %llu\n"
	    "# HELP tutela_http_bytes_in_total Bytes of request bodies.\n"
	    "# TYPE tutela_http_bytes_in_total counter\ntutela_http_bytes_in_total %llu\n",
	    (unsigned long long)get(&s->refused), (unsigned long long)get(&s->bytes_in));
}
