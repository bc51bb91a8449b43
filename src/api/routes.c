/*
 * The tables of routes: the platform's, those of the HMA API, and the admin port's.
 *
 * Promises: what has no row does not exist. Called by the server's start and by the contract test.
 */
#include "api/routes.h"

#include "api/hma.h"
#include "api/lined.h"

#define KIB 1024U
#define MIB (1024U * KIB)
#define GIB (1024U * MIB)

#define R(method, path, gate, need, query, handler, body, limit, help)                         \
	{method, path, gate, need, query, tl_api_##handler, &(body), limit, help, NULL},
#define H(method, path, gate, need, query, handler, body, limit, help)                         \
	{method, path, gate, need, query, tl_hma_do_##handler, &(body), limit, help,           \
	    &tl_hma_dialect},
#define T(method, path, gate, need, query, handler, body, limit, help)

const struct tl_route tl_api_routes[] = {
#include "api/routes.tbl.h"
#include "api/routes_hma.tbl.h"
};
const size_t tl_api_route_count = TL_COUNT(tl_api_routes);

#undef H
#undef T
#define H(method, path, gate, need, query, handler, body, limit, help)
#define T(method, path, gate, need, query, handler, body, limit, help)                         \
	{method, path, gate, need, query, tl_hma_do_##handler, &(body), limit, help,           \
	    &tl_hma_dialect},

const struct tl_route tl_testing_routes[] = {
#include "api/routes_hma.tbl.h"
};
const size_t tl_testing_route_count = TL_COUNT(tl_testing_routes);

const struct tl_route tl_admin_routes[] = {
    {"GET", "/metrics", NULL, "", "", tl_api_get_metrics, &tl_body_none, 0, "Prometheus text.",
	NULL},
    {"GET", "/healthz", NULL, "", "", tl_api_get_health, &tl_body_none, 0, "Alive.", NULL},
    {"GET", "/readyz", NULL, "", "", tl_api_get_ready, &tl_body_none, 0, "Takes work.", NULL},
};
const size_t tl_admin_route_count = TL_COUNT(tl_admin_routes);
