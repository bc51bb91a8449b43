/* People in a throw-away store, whose clock a test may shift and must set right again. */
#pragma once

#include "people/people.h"
#include "sys/clock.h"

#include "unit_store.h"

#define UNIT_PASSWORD "correct horse battery"

static inline void
unit_people_close(struct unit_store *s)
{
	assert_int_equal(tl_clock_shift(0), 0);
	unit_store_close(s);
}

static inline struct tl_id
unit_user(struct unit_store *s, const char *name, enum tl_role role)
{
	struct tl_new_user u = {.name = tl_str(name),
	    .password = TL_S(UNIT_PASSWORD),
	    .role = role,
	    .actor = "cli"};
	assert_int_equal(tl_new_user_prepare(&u), 0);
	assert_int_equal(tl_db_tx(s->db, TL_SYNC_NORMAL, tl_new_user_store, &u), 0);
	return u.id;
}
