/*
 * The sockets between the roles of one installation. The supervisor makes them all and every role inherits its
 * ends; a role that restarts gets the same ends again, so the others never notice. Nothing has a path.
 *
 *   wake      datagrams of one byte: "look at the store". One receive end for each role (workers share theirs),
 *             a send end for everybody. A wake-up may be lost without harm: every loop also polls.
 *   request   SOCK_SEQPACKET between the server and each worker: synchronous questions.
 *   fetch     the same between the server and the courier, which alone may read from the internet.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define TL_WORKERS_MAX 16

enum tl_proc {
	TL_PROC_SERVER,
	TL_PROC_WORKER,
	TL_PROC_COURIER,
	TL_PROC_CLERK,
	TL_PROC_BACKUP,
	TL_PROC_FINDER,
	TL_PROC_COUNT
};
extern const char *const tl_proc_names[]; /* "server" …, NULL-terminated */

struct tl_wires {
	int wake;                    /* our receive end */
	int wake_to[TL_PROC_COUNT];  /* send ends */
	int request[TL_WORKERS_MAX]; /* server: one for each worker; worker: [0] is its own */
	int request_count;
	int fetch; /* server's or courier's end; -1 in others */
};

/* All ends of an installation; held by the supervisor for as long as it lives. */
struct tl_wire_box {
	int wake[TL_PROC_COUNT][2];     /* [0] receive, [1] send */
	int request[TL_WORKERS_MAX][2]; /* [0] server's, [1] worker's */
	int fetch[2];                   /* [0] server's, [1] courier's */
	int workers;
};

int tl_wires_make(int workers, struct tl_wire_box *ret) TL_MUST;

/*
 * The ends that a role gets, in the order in which they become descriptors 3, 4, … of the child, and the text for
 * its environment that says which is which (TL_WIRES_ENV=…). `index` tells workers apart.
 */
#define TL_WIRES_ENV "TUTELA_WIRES"
#define TL_WIRES_FIRST 3
#define TL_WIRES_FDS (2 + TL_PROC_COUNT + TL_WORKERS_MAX)
#define TL_WIRES_TEXT 384
void tl_wires_list(const struct tl_wire_box *box, enum tl_proc role, int index,
    int ret_fds[TL_WIRES_FDS], size_t *ret_count, char ret_env[TL_WIRES_TEXT]);

/* In a role: reads the environment, sets CLOEXEC again, makes the wake end non-blocking. Without the variable
 * (a role started by hand) all ends are -1 and waking does nothing. */
int tl_wires_inherit(struct tl_wires *ret) TL_MUST;

/* Sends a wake-up; never blocks, never fails. */
void tl_wake(const struct tl_wires *w, enum tl_proc role);

/* Empties our receive end; true when something had come. */
bool tl_wake_drain(const struct tl_wires *w);
