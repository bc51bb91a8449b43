/* The console's routes, for the server's one table, and its page. */
#pragma once

#include "api/app.h"
#include "api/http.h"

extern const struct tl_route tl_console_routes[];
extern const size_t tl_console_route_count;

/* The thread that tells open consoles what changed. Start it once the server serves, stop it before that ends. */
struct tl_console_live;
int tl_console_live_start(struct tl_app *app, struct tl_console_live **ret) TL_MUST;
void tl_console_live_stop(struct tl_console_live *l);
