/*
 * The server's pulse: once a second it looks whether new content can be accepted, whether the policies changed,
 * and writes down when keys were used. Runs on the role's own thread.
 */
#pragma once

#include "api/api.h"

void tl_pulse(struct tl_api *api);
/* Only whether new content can be accepted: once before the first request. */
void tl_pulse_look(struct tl_api *api);
