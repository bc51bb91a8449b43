/*
 * Reading media from the web for the server (core/ask.h, FETCH): the courier's loop drives the handles, through the
 * same guard as webhooks. Bytes go into a sealed memory file; nothing here looks at them.
 */
#pragma once

#include "config/config.h"
#include "sys/wires.h"

#include <curl/curl.h>

struct courier_fetches;

/* TL_ECONFIG when fetch_private_allow names something that is no network. `wires` must outlive it. */
int courier_fetches_create(const struct tl_config *config, const struct tl_wires *wires,
    CURLM *multi, struct courier_fetches **ret) TL_MUST;
void courier_fetches_destroy(struct courier_fetches *f); /* NULL is fine */

/* Takes the questions that have come and starts them. */
void courier_fetches_take(struct courier_fetches *f);

/* True when this handle is one of ours; it has ended: answered, or sent on to where it was redirected. */
bool courier_fetches_ended(struct courier_fetches *f, CURL *easy, CURLcode code);
