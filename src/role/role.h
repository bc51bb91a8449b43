/*
 * The roles: one process each, started by the supervisor as `tutelad --role NAME`. A role runs until SIGTERM,
 * finishes what it holds and returns 0; any other return is a failure that the supervisor answers with a restart.
 */
#pragma once

#include "config/config.h"
#include "sys/wires.h"

struct tl_role_args {
	const struct tl_config *config;
	const struct tl_wires *wires;
	int index; /* which worker */
	bool testing;
};

int tl_role_server(const struct tl_role_args *a) TL_MUST;
int tl_role_worker(const struct tl_role_args *a) TL_MUST;
int tl_role_courier(const struct tl_role_args *a) TL_MUST;
int tl_role_clerk(const struct tl_role_args *a) TL_MUST;
int tl_role_backup(const struct tl_role_args *a) TL_MUST;
int tl_role_finder(const struct tl_role_args *a) TL_MUST;

/* Starts and watches all of the above; `sets` and `testing` are passed on. Returns after SIGTERM or SIGINT. */
int tl_supervise(const struct tl_config *config, const char *const *sets, size_t set_count,
    bool testing) TL_MUST;
