/*
 * The tables of routes: the platform's, the console's, and the admin port's.
 *
 * Promises: what has no row does not exist. Called by the server's start and by the contract test.
 */
#include "api/routes.h"

#define KIB 1024U
#define MIB (1024U * KIB)
#define GIB (1024U * MIB)

#define R(method, path, gate, need, query, handler, body, limit, help)                         \
	{method, path, gate, need, query, tl_api_##handler, &(body), limit, help},

const struct tl_route tl_api_routes[] = {
#include "api/routes.tbl.h"
};
const size_t tl_api_route_count = TL_COUNT(tl_api_routes);

const struct tl_route tl_admin_routes[] = {
    {"GET", "/metrics", NULL, "", "", tl_api_get_metrics, &tl_body_none, 0, "Prometheus text."},
    {"GET", "/healthz", NULL, "", "", tl_api_get_health, &tl_body_none, 0, "Alive."},
    {"GET", "/readyz", NULL, "", "", tl_api_get_ready, &tl_body_none, 0, "Takes work."},
};
const size_t tl_admin_route_count = TL_COUNT(tl_admin_routes);
