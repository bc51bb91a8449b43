/*
 * The event stream of GET /v1/events: one thread reads numbered events from the store and hands them to the
 * readers that are connected. A reader that falls behind is cut off and resumes by its last number.
 */
#pragma once

#include "api/api.h"

struct tl_hub;

int tl_hub_start(struct tl_app *app, struct tl_hub **ret) TL_MUST;
/* Ends every stream and refuses new ones; destroy it when nobody joins any more. NULL is fine. */
void tl_hub_stop(struct tl_hub *h);
void tl_hub_destroy(struct tl_hub *h);

/* Begins the stream of `req` after event `after` (-1: with what happens next). TL_EAGAIN when there are too many. */
int tl_hub_join(struct tl_hub *h, struct tl_req *req, int64_t after) TL_MUST;

/* Something was committed: look now. */
void tl_hub_nudge(struct tl_hub *h);

size_t tl_hub_readers(struct tl_hub *h);
