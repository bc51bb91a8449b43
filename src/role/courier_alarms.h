/* The courier's messages about alarms: mail by SMTP, and signed webhooks. They share its loop and nothing else. */
#pragma once

#include "config/config.h"
#include "store/db.h"

#include <curl/curl.h>

struct courier_alarms;

/* Never fails: what cannot be used is logged, an alarm says so, and the other channels work. */
struct courier_alarms *courier_alarms_create(const struct tl_config *config, struct tl_db *db);
void courier_alarms_destroy(struct courier_alarms *a, CURLM *multi);

/* What ended is recorded and, when `leasing`, what is due is sent. Whether something is under way. */
bool courier_alarms_turn(struct courier_alarms *a, CURLM *multi, bool leasing);

/* True when this handle is one of ours; it has ended. */
bool courier_alarms_ended(struct courier_alarms *a, CURL *easy, CURLcode code);
