/*
 * A role's sign of life.
 *
 * Promises: what is counted is counted once, also when a transaction fails; a role that ends in good order leaves no
 * row behind. Failure: logged, and the next beat says it all. Called by every role's loop.
 */
#include "role/beat.h"

#include "store/vitals.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <stdio.h>

#define EVERY_US (3 * TL_US_S)

static const struct {
	enum tl_log_event event;
	const char *vital;
} counted[] = {{EV_STORE_ERROR, "store_error"}, {EV_JAIL_DIED, "jail_died"}};
_Static_assert(TL_COUNT(counted) == TL_COUNT(((struct beat *)0)->told), "one count an event");

void
beat_init(struct beat *b, const char *role, int index)
{
	*b = (struct beat){.started_at = tl_now_us()};
	if (index >= 0)
		(void)snprintf(b->role, sizeof b->role, "%s:%d", role, index);
	else
		(void)snprintf(b->role, sizeof b->role, "%s", role);
}

bool
beat_begin(struct beat *b)
{
	int64_t now = tl_mono_us();
	if (now < b->next_us)
		return false;
	b->next_us = now + EVERY_US;
	for (size_t i = 0; i < TL_COUNT(counted); i++)
		b->seen[i] = tl_log_count(counted[i].event);
	return true;
}

int
beat_write(struct tl_db *db, void *beat)
{
	struct beat *b = beat;
	char start[48];
	(void)snprintf(start, sizeof start, "start.%s", b->role);
	int rc = tl_beat(db, b->role, b->started_at);
	if (rc == 0 && !b->counted)
		rc = tl_vital_add(db, start, 1);
	for (size_t i = 0; i < TL_COUNT(counted) && rc == 0; i++)
		if (b->seen[i] != b->told[i])
			rc = tl_vital_add(
			    db, counted[i].vital, (int64_t)(b->seen[i] - b->told[i]));
	return rc;
}

void
beat_said(struct beat *b)
{
	b->counted = true;
	memcpy(b->told, b->seen, sizeof b->told);
}

int
beat_end(struct tl_db *db, void *beat)
{
	const struct beat *b = beat;
	return tl_beat_gone(db, b->role);
}

void
beat_now(struct beat *b, struct tl_db *db)
{
	if (!beat_begin(b))
		return;
	int rc = tl_db_tx(db, TL_SYNC_NORMAL, beat_write, b);
	if (rc == 0)
		beat_said(b);
	else
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "beat"),
		    TL_LWORD("error", tl_err_name(rc)));
}

void
beat_stop(struct beat *b, struct tl_db *db)
{
	if (tl_db_tx(db, TL_SYNC_NORMAL, beat_end, b) < 0)
		tl_log(EV_STORE_ERROR, TL_LWORD("where", "beat"));
}
