/*
 * Being asked to stop. SIGTERM and SIGINT are blocked in all threads and arrive on a descriptor; SIGHUP asks to
 * read rules and banks again. Call before any thread is started.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct tl_stop {
	int fd; /* readable when a signal came */
	bool stop;
	bool reload;
};

int tl_stop_open(struct tl_stop *s) TL_MUST; /* also ignores SIGPIPE */
void tl_stop_close(struct tl_stop *s);

/* Takes what came; sets the flags. */
void tl_stop_read(struct tl_stop *s);
