/*
 * Telling a service manager how it goes (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names. Nothing
 * happens, and nothing fails, when no manager listens.
 */
#pragma once

#define TL_NOTIFY_SOCKET "NOTIFY_SOCKET"

/* `state`: "READY=1", "STOPPING=1" … */
void tl_notify(const char *state);
