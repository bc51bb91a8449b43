/*
 * Quiet hours by local time.
 *
 * Promises: the time zone is used and not kept; works from boundary to boundary and from one change of the zone's offset to the
 * next, so that no minute is looked at twice. Zones are ICU's, of the IANA database. Failures: FIELD for a zone that does
 * not exist. Called by the API.
 */
#include "minors/quiet.h"

#include "sys/clock.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#define ZONE_MAX 64
#define STEPS_MAX 16 /* two boundaries a day, and changes of the offset between them */

struct place {
	UCalendar *cal;
	const struct tl_minors *m;
	enum tl_age_band band;
};

static void
place_fini(struct place *p)
{
	if (p->cal)
		ucal_close(p->cal);
}

static int
no_zone(struct tl_str zone)
{
	return tl_fail_at(TL_EFIELD, "time_zone",
	    "there is no time zone \"%.*s\"; expected one such as Europe/Berlin",
	    (int)(zone.n < ZONE_MAX ? zone.n : ZONE_MAX), (const char *)zone.p);
}

static int
place_open(struct place *p, struct tl_str zone)
{
	char ascii[ZONE_MAX];
	UChar id[ZONE_MAX], canonical[ZONE_MAX];
	UBool known = false;
	UErrorCode st = U_ZERO_ERROR;
	for (size_t i = 0; i < zone.n && i < ZONE_MAX; i++) {
		if (zone.p[i] <= 0x20 || zone.p[i] >= 0x7f)
			return tl_fail_at(
			    TL_EFIELD, "time_zone", "expected one such as Europe/Berlin");
	}
	if (tl_str_copy(ascii, sizeof ascii, zone) < 0 ||
	    strcmp(ascii, UCAL_UNKNOWN_ZONE_ID) == 0)
		return no_zone(zone);
	u_charsToUChars(ascii, id, (int32_t)zone.n);
	(void)ucal_getCanonicalTimeZoneID(
	    id, (int32_t)zone.n, canonical, ZONE_MAX, &known, &st);
	if (U_FAILURE(st) || !known || zone.n == 0)
		return no_zone(zone);
	p->cal = ucal_open(id, (int32_t)zone.n, "", UCAL_GREGORIAN, &st);
	return U_FAILURE(st) ? tl_fail(TL_EIO, "the time zone could not be read") : 0;
}

/* Microseconds since local midnight; looks at `t` from now on. */
static int
local(const struct place *p, int64_t t, int64_t *ret)
{
	UErrorCode st = U_ZERO_ERROR;
	int64_t ms = t / TL_US_MS;
	ucal_setMillis(p->cal, (UDate)ms, &st);
	int64_t offset = (int64_t)ucal_get(p->cal, UCAL_ZONE_OFFSET, &st) +
			 ucal_get(p->cal, UCAL_DST_OFFSET, &st);
	int64_t in_day = (t + offset * TL_US_MS) % TL_US_DAY;
	if (U_FAILURE(st))
		return tl_fail(TL_EIO, "the time zone could not be read");
	*ret = in_day < 0 ? in_day + TL_US_DAY : in_day;
	return 0;
}

/* When the offset changes next after what `local` looked at; far away when it does not. */
static int64_t
next_change(const struct place *p)
{
	UDate at = 0;
	UErrorCode st = U_ZERO_ERROR;
	UBool any = ucal_getTimeZoneTransitionDate(p->cal, UCAL_TZ_TRANSITION_NEXT, &at, &st);
	return any && U_SUCCESS(st) ? (int64_t)at * TL_US_MS : INT64_MAX;
}

static int64_t
to_boundary(int64_t in_day, int minute)
{
	int64_t gap = (minute * TL_US_MIN - in_day) % TL_US_DAY;
	return gap <= 0 ? gap + TL_US_DAY : gap;
}

static bool
is_quiet(const struct place *p, int64_t in_day)
{
	return tl_minors_is_quiet(p->m, p->band, (int)(in_day / TL_US_MIN));
}

int
tl_quiet_at(const struct tl_minors *m, enum tl_age_band band, struct tl_str zone, int64_t now,
    struct tl_quiet *ret)
{
	struct place TL_CLEANUP(place_fini) p = {.m = m, .band = band};
	struct tl_minors_quiet q = tl_minors_quiet_hours(m, band);
	struct tl_quiet r = {0};
	int64_t in_day = 0, t = now;
	int rc = place_open(&p, zone);
	if (rc == 0)
		rc = local(&p, t, &in_day);
	if (rc < 0)
		return rc;
	r.now = is_quiet(&p, in_day);
	for (int i = 0; q.from != q.to && i < STEPS_MAX && r.until == 0; i++) {
		int64_t from = to_boundary(in_day, q.from), to = to_boundary(in_day, q.to);
		int64_t change = next_change(&p), boundary = t + (from < to ? from : to);
		t = change < boundary ? change : boundary;
		rc = local(&p, t, &in_day);
		if (rc < 0)
			return rc;
		r.until = is_quiet(&p, in_day) != r.now ? t : 0;
	}
	*ret = r;
	return 0;
}
