/*
 * What the routes of one server share: configuration, store, connections, the policies in force. The server role
 * makes it, `tl_req_app` gives it to handlers. Connections are taken for one request and given back.
 */
#pragma once

#include "config/config.h"
#include "core/policy.h"
#include "store/db.h"
#include "sys/wires.h"

struct tl_rates;
struct tl_screening;
struct tl_writer;

struct tl_app {
	const struct tl_config *config;
	const struct tl_wires *wires; /* may be NULL: nobody is woken */
	struct tl_store *store;
	struct tl_writer *writer; /* intake's group commit */
	struct tl_rates *rates;   /* of addresses; may be NULL */
	struct tl_app_state *state;
};

/* Opens nothing yet but the policies; TL_ECONFIG when they cannot be used. Fills `state`. */
int tl_app_init(struct tl_app *app) TL_MUST;
void tl_app_fini(struct tl_app *app);

/* A connection of the pool, opened when none is free; give it back on the same or another thread. */
int tl_app_db(struct tl_app *app, struct tl_db **ret) TL_MUST;
void tl_app_db_give(struct tl_app *app, struct tl_db *db);

/* The policies in force; unref (config/policy.h). */
const struct tl_policy_set *tl_app_policies(struct tl_app *app);

/* The same with their word lists; tl_screening_unref. */
struct tl_screening *tl_app_screening(struct tl_app *app);

/*
 * Looks whether the policy folder changed and takes the new policies over. 1: a new set is in force, 0: nothing
 * new, negative: the folder has errors (the text says where; said once per change), the last good set stays.
 */
int tl_app_poll(struct tl_app *app);

void tl_app_wake(const struct tl_app *app, enum tl_proc role);
