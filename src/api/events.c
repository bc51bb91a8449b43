/*
 * GET /v1/events: the stream and where it begins; and GET /v1/openapi.yaml.
 *
 * Promises: with Last-Event-ID (or ?after) the stream goes on right behind it. Called by the route table.
 */
#include "api/routes.h"

#include "api/contract.h"
#include "api/hub.h"
#include "store/outbox.h"

#define SEQ_MAX INT64_C(999999999999999999)

static int
start_after(struct tl_req *req, int64_t *ret)
{
	struct tl_app *app = &tl_api_of(req)->app;
	struct tl_db *db = NULL;
	struct tl_str last;
	int64_t after = -1;
	int rc = tl_req_query_int(req, "after", 0, SEQ_MAX, &after);
	if (rc == 0 && tl_req_header(req, "Last-Event-ID", &last) &&
	    tl_parse_i64(last, 0, SEQ_MAX, &after) < 0)
		rc = tl_fail_at(TL_EFIELD, "Last-Event-ID", "expected the id of an event");
	if (rc == 0 && after < 0) {
		rc = tl_app_db(app, &db);
		if (rc == 0)
			rc = tl_outboxrow_last(db, &after);
		tl_app_db_give(app, db);
	}
	if (rc == 0)
		*ret = after;
	return rc;
}

void
tl_api_get_events(struct tl_req *req)
{
	int64_t after = 0;
	int rc = start_after(req, &after);
	if (rc == 0)
		rc = tl_hub_join(tl_api_of(req)->hub, req, after);
	if (rc < 0)
		tl_req_problem(req, rc);
}

void
tl_api_get_contract(struct tl_req *req)
{
	tl_req_set_header(req, "Cache-Control", "public, max-age=300");
	tl_req_answer_static(req, 200, "application/yaml", tl_contract);
}
