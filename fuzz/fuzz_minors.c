/*
 * The bodies about ages, settings and guardians: any JSON is refused with a field or becomes wishes within the matrix, an answer
 * within the machine's events, a statement that a life of an age takes or leaves whole. No day of birth comes through.
 */
#include "base/arena.h"
#include "intake/birthday.h"
#include "intake/decode.h"
#include "minors/body.h"
#include "minors/quiet.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW (INT64_C(1795478400) * TL_US_S) /* 2026-11-24 */

static const struct tl_str two[] = {
    {(const uint8_t *)"private", 7}, {(const uint8_t *)"public", 6}};
static const struct tl_str three[] = {{(const uint8_t *)"nobody", 6},
    {(const uint8_t *)"friends", 7}, {(const uint8_t *)"everyone", 8}};
static const struct tl_minors_setting settings[] = {
    {.key = {(const uint8_t *)"visibility", 10},
	.values = two,
	.value_count = 2,
	.cell = {{0, 1, true, 0, {{0}}, 0}, {0, 1, false, 0, {{0}}, 0},
	    {1, 1, false, 0, {{0}}, 0}}},
    {.key = {(const uint8_t *)"comments", 8},
	.values = three,
	.value_count = 3,
	.cell = {{1, 1, false, 0, {{0}}, 0}, {1, 2, true, TL_MINORS_SESSION, {{0}}, 0},
	    {2, 2, false, 0, {{0}}, 0}}},
};
static const struct tl_minors matrix = {.minimum_age = 13,
    .unknown_as = TL_AGE_13_15,
    .quiet = {{21 * 60, 8 * 60}, {22 * 60, 8 * 60}, {0, 0}},
    .settings = settings,
    .setting_count = TL_COUNT(settings)};

static void
check_wishes(json_t *j, enum tl_minors_actor actor)
{
	struct tl_settings_wish wish[TL_WISHES_MAX];
	struct tl_minors_account a = {.band = TL_AGE_13_15};
	size_t n = 0;
	if (tl_body_wishes(j, &matrix, actor, wish, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		const char *why;
		size_t s = wish[i].setting;
		if (s >= matrix.setting_count || wish[i].wish.value >= settings[s].value_count)
			abort();
		(void)tl_minors_ask(&matrix, &a, s, &wish[i].wish, NOW, &a.choice[s], &why);
		if (tl_minors_answer(&matrix, &a, s, NOW).value >
		    settings[s].cell[TL_COLUMN_13_15].loosest)
			abort();
	}
}

static void
check_age(json_t *j, struct tl_arena *arena)
{
	struct tl_account account;
	struct tl_age_say say;
	struct tl_age_reply reply;
	enum tl_age_event what;
	unsigned has;
	bool changed;
	struct tl_age was = {.state = TL_AGES_OFFERED,
	    .band = TL_AGE_13_15,
	    .offer = TL_AGE_16_17,
	    .assured = TL_ASSURED_VERIFIED,
	    .confidence = TL_AGE_NO_CONFIDENCE,
	    .since = NOW};
	was.said[TL_ASSURED_VERIFIED] =
	    (struct tl_age_said){.is = true, .band = TL_AGE_13_15, .at = NOW};
	struct tl_age a = was;
	if (tl_decode_account(j, arena, &account, &say, &has) == 0) {
		if (account.settings.n && tl_birthday_refuse_text(account.settings, NOW) < 0 &&
		    tl_now_us() >= NOW)
			abort();
		int rc = tl_age_hear(&a, &say, 13, NOW, &what);
		if (rc < 0 && memcmp(&a, &was, sizeof a) != 0)
			abort();
		if (!say.correction && tl_age_looser(a.band, was.band))
			abort(); /* nothing is stronger than what was verified */
	}
	if (tl_body_age(j, &reply) == 0 &&
	    (reply.what < TL_AGE_ACCEPT || reply.what > TL_AGE_REVERT ||
		reply.band == TL_AGE_UNKNOWN || reply.band >= tl_age_band_count))
		abort();
	else if (tl_body_age(j, &reply) == 0)
		(void)(tl_age_answer(&was, reply.what, reply.band, 13, NOW, &changed) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_arena *arena = tl_arena_create(1 << 20);
	struct tl_quiet quiet;
	json_t *j = NULL;
	if (tl_json_parse(tl_bytes(data, size), &j) == 0) {
		check_wishes(j, TL_ACTOR_HOLDER);
		check_wishes(j, TL_ACTOR_GUARDIAN);
		check_age(j, arena);
		json_decref(j);
	}
	if (tl_quiet_at(&matrix, TL_AGE_13_15, tl_bytes(data, size), NOW, &quiet) == 0 &&
	    (quiet.until <= NOW || quiet.until > NOW + 2 * TL_US_DAY))
		abort();
	tl_arena_destroy(arena);
	return 0;
}
