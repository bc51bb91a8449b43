/* The handlers of the platform's routes (routes.tbl.h) and what they share. */
#pragma once

#include "api/api.h"
#include "intake/accept.h"

#define R(method, path, gate, need, query, handler, body, limit, help)                         \
	void tl_api_##handler(struct tl_req *req);
#include "api/routes.tbl.h"
#undef R

extern const struct tl_body tl_api_post_item_body;
extern const struct tl_body tl_api_post_batch_body;
extern const struct tl_body tl_api_put_media_body;
extern const struct tl_body tl_api_match_body;
extern const struct tl_body tl_api_put_snapshot_body;

void tl_api_get_health(struct tl_req *req);
void tl_api_get_ready(struct tl_req *req);
void tl_api_get_metrics(struct tl_req *req);

/* Platform, live and print of an item that was decoded for this key. */
void tl_api_own_item(const struct tl_req *req, const struct tl_who *who, struct tl_accept *a);

/* The request carries bytes of media, not JSON. */
bool tl_api_is_bytes(const struct tl_req *req);

/* The item that the path and ?version name. TL_ENOTFOUND. */
int tl_api_find_item(
    struct tl_req *req, struct tl_db *db, struct tl_item_state_row *ret) TL_MUST;
