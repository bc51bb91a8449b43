/*
 * GET and PUT /v1/accounts/{id}/settings, and PUT of a guardian's bounds: what each setting must be for the account, how far it may be loosened, by whom,
 * after which warning, until when and why; and allow, warn or refuse for wished changes.
 *
 * Promises: an account that was never described is answered as one of unknown age, never with an error that a platform
 * could take for "anything goes"; each wish is answered by itself, and what is allowed is durable before the answer.
 * Failures: INPUT names the field. Called by the route table.
 */
#include "api/routes.h"

#include <stdio.h>

#include "config/policy.h"
#include "intake/decode.h"
#include "minors/age.h"
#include "minors/body.h"
#include "minors/guardians.h"
#include "minors/quiet.h"
#include "minors/settings.h"
#include "minors/view.h"
#include "store/accounts.h"
#include "sys/clock.h"

/* A platform may keep an answer this long; a value that lapses earlier ends it earlier. */
#define LIFETIME_S 300

static const char *const says[] = {"allow", "warn", "refuse"};

struct settings {
	struct tl_req *req;
	const struct tl_policy_set *set;
	struct tl_account who;
	struct tl_minors_account a;
	struct tl_age age;
	struct tl_str language;
	struct tl_quiet quiet;
	bool quiet_known;       /* a time zone was given */
	struct tl_str guardian; /* who asks; empty: the holder */
	struct tl_guardian *guardians;
	size_t guardian_count;
	int64_t now;
	size_t wish_count;
	struct tl_settings_wish wish[TL_WISHES_MAX];
	enum tl_minors_say say[TL_WISHES_MAX];
	const char *why[TL_WISHES_MAX];
};

static void
settings_fini(struct settings *s)
{
	tl_policy_unrefp(&s->set);
}

/* Whom it is about; unknown to us is of unknown age. */
static int
load(struct tl_db *db, struct settings *s)
{
	const struct tl_who *key = tl_req_who(s->req);
	struct tl_str ext = tl_req_param(s->req, 0), language;
	struct tl_id id;
	s->now = tl_now_us();
	s->who =
	    (struct tl_account){.platform = key->platform, .live = key->live, .ext_id = ext};
	s->a = (struct tl_minors_account){.band = TL_AGE_UNKNOWN};
	s->age = (struct tl_age){.confidence = TL_AGE_NO_CONFIDENCE};
	int rc = tl_account_find(db, key->platform, key->live, ext, &id);
	if (rc == 0)
		rc = tl_account_get(db, key->platform, id, tl_req_arena(s->req), &s->who);
	if (rc == 0)
		rc = tl_settings_load(db, s->set->minors, key->platform, &s->who, &s->a);
	if (rc == 0)
		rc = tl_age_load(db, key->platform, s->who.id, &s->age);
	if (rc == 0)
		rc = tl_guardians_list(db, key->platform, s->who.id, tl_req_arena(s->req),
		    &s->guardians, &s->guardian_count);
	s->language = s->who.language;
	if (tl_req_query(s->req, "language", &language))
		s->language = language;
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	struct tl_str zone;
	s->quiet_known = tl_req_query(s->req, "time_zone", &zone);
	return s->quiet_known ? tl_quiet_at(s->set->minors, s->a.band, zone, s->now, &s->quiet)
			      : 0;
}

static void
put_text(struct tl_buf *b, const struct settings *s, const char *key, struct tl_str name)
{
	tl_js_str(b, key, tl_minors_text(s->set->minors, s->language, name));
}

static void
put_setting(struct tl_buf *b, const struct settings *s, size_t i)
{
	const struct tl_minors_setting *def = &s->set->minors->settings[i];
	struct tl_minors_answer r = tl_minors_answer(s->set->minors, &s->a, i, s->now);
	tl_js_open(b, NULL, '{');
	tl_js_str(b, "key", def->key);
	tl_js_str(b, "must_be", def->values[r.value]);
	tl_js_open(b, "may_be", '[');
	for (size_t v = 0; v <= r.loosest; v++)
		tl_js_str(b, NULL, def->values[v]);
	tl_js_close(b, ']');
	tl_js_z(b, "loosened_by", r.value < r.loosest ? "holder" : "nobody");
	tl_js_bool(b, "warn_first", r.warn);
	tl_js_time(b, "until", r.until);
	tl_js_z(b, "reason", r.why);
	put_text(b, s, "reason_text", tl_str(r.why));
	put_text(b, s, "purpose_text", def->why);
	if (r.warn)
		put_text(b, s, "warning_text", TL_S("warning"));
	tl_js_close(b, '}');
}

static void
put_quiet(struct tl_buf *b, const struct settings *s)
{
	struct tl_minors_quiet q = tl_minors_quiet_hours(s->set->minors, s->a.band);
	char from[32], to[32];
	if (q.from == q.to) {
		tl_js_null(b, "quiet_hours");
		return;
	}
	(void)snprintf(from, sizeof from, "%02d:%02d", q.from / 60, q.from % 60);
	(void)snprintf(to, sizeof to, "%02d:%02d", q.to / 60, q.to % 60);
	tl_js_open(b, "quiet_hours", '{');
	tl_js_z(b, "from", from);
	tl_js_z(b, "to", to);
	tl_js_close(b, '}');
}

/* Whether it is quiet where the holder is, and how long that holds. */
static void
put_quiet_now(struct tl_buf *b, const struct settings *s)
{
	if (!s->quiet_known) {
		tl_js_null(b, "quiet");
		return;
	}
	tl_js_open(b, "quiet", '{');
	tl_js_bool(b, "now", s->quiet.now);
	tl_js_time(b, "until", s->quiet.until);
	tl_js_close(b, '}');
}

static void
put_all(struct tl_buf *b, const struct settings *s)
{
	tl_js_str(b, "account", s->who.ext_id);
	tl_js_z(b, "age_band", tl_age_band_names[s->a.band]);
	tl_js_z(b, "treated_as", tl_age_band_names[tl_minors_band(s->set->minors, s->a.band)]);
	tl_minors_age_json(b, &s->age);
	if (s->age.offer != TL_AGE_UNKNOWN)
		put_text(b, s, "offer_text", TL_S("age_offered"));
	tl_js_str(b, "policy_version", s->set->version);
	put_quiet(b, s);
	put_quiet_now(b, s);
	tl_guardians_json(b, s->guardians, s->guardian_count);
	tl_js_open(b, "settings", '[');
	for (size_t i = 0; i < s->set->minors->setting_count; i++)
		put_setting(b, s, i);
	tl_js_close(b, ']');
}

static int64_t
sooner(int64_t least_s, int64_t until, int64_t now)
{
	int64_t s = (until - now) / TL_US_S;
	return until && s < least_s ? s : least_s;
}

/* Seconds for which the answer holds: until the first loosened value lapses, or quiet hours begin or end; at most LIFETIME_S. */
static int64_t
lifetime(const struct settings *s)
{
	int64_t least = sooner(LIFETIME_S, s->quiet.until, s->now);
	for (size_t i = 0; i < s->set->minors->setting_count; i++) {
		struct tl_minors_answer r = tl_minors_answer(s->set->minors, &s->a, i, s->now);
		least = sooner(least, r.until, s->now);
	}
	return least;
}

static void
answer(struct settings *s, struct tl_buf *b)
{
	char age[40], etag[40];
	uint8_t sum[32];
	tl_sha256(sum, tl_buf_str(b));
	etag[0] = '"';
	tl_hex(etag + 1, sum, 16);
	(void)snprintf(etag + 33, 2, "\"");
	(void)snprintf(age, sizeof age, "private, max-age=%lld", (long long)lifetime(s));
	tl_req_set_header(s->req, "ETag", tl_arena_printf(tl_req_arena(s->req), "%s", etag));
	tl_req_set_header(
	    s->req, "Cache-Control", tl_arena_printf(tl_req_arena(s->req), "%s", age));
	struct tl_str known;
	if (tl_req_header(s->req, "If-None-Match", &known) && tl_str_is(known, etag)) {
		tl_buf_fini(b);
		tl_req_answer_empty(s->req, 304);
		return;
	}
	tl_req_answer_json(s->req, 200, b);
}

void
tl_api_get_settings(struct tl_req *req)
{
	struct tl_api *api = tl_api_of(req);
	struct settings s TL_CLEANUP(settings_fini) = {
	    .req = req, .set = tl_app_policies(&api->app)};
	struct tl_db *db = NULL;
	struct tl_buf b = {0};
	int rc = tl_check_ext_id(tl_req_param(req, 0), "id");
	if (rc == 0)
		rc = tl_app_db(&api->app, &db);
	if (rc == 0)
		rc = load(db, &s);
	tl_app_db_give(&api->app, db);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	tl_js_open(&b, NULL, '{');
	put_all(&b, &s);
	tl_js_close(&b, '}');
	answer(&s, &b);
}

/* Wishes --------------------------------------------------------------------------------------------------------- */

/* A guardian's bounds are always taken: they can only make stricter. */
static int
write_bounds(struct tl_db *db, struct settings *s)
{
	if (tl_id_is_nil(s->who.id))
		return tl_fail(TL_ENOTFOUND, "there is no such guardian");
	for (size_t i = 0; i < s->wish_count; i++) {
		s->say[i] = TL_SAY_ALLOW;
		s->why[i] = "guardian";
	}
	return tl_guardian_bound(
	    db, s->set, &s->who, s->guardian, s->wish, s->wish_count, s->now, &s->a);
}

static int
write_wishes(struct tl_db *db, void *ctx)
{
	struct settings *s = ctx;
	int rc = load(db, s);
	if (rc == 0 && s->guardian.n)
		return write_bounds(db, s);
	if (rc == 0 && tl_id_is_nil(s->who.id))
		rc = tl_account_ensure(
		    db, s->who.platform, s->who.live, s->who.ext_id, &s->who.id);
	for (size_t i = 0; rc == 0 && i < s->wish_count; i++)
		rc = tl_settings_wish(
		    db, s->set, &s->who, &s->a, &s->wish[i], s->now, &s->say[i], &s->why[i]);
	return rc;
}

static void
put_answers(struct tl_buf *b, const struct settings *s)
{
	tl_js_open(b, "answers", '[');
	for (size_t i = 0; i < s->wish_count; i++) {
		const struct tl_minors_setting *def =
		    &s->set->minors->settings[s->wish[i].setting];
		tl_js_open(b, NULL, '{');
		tl_js_str(b, "key", def->key);
		tl_js_str(b, "wish", def->values[s->wish[i].wish.value]);
		tl_js_z(b, "answer", says[s->say[i]]);
		tl_js_z(b, "reason", s->why[i]);
		put_text(b, s, "reason_text", tl_str(s->why[i]));
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

static void
answer_wishes(struct tl_req *req, int rc, void *ctx)
{
	struct settings *s = ctx;
	struct tl_buf b = {0};
	if (rc == 0) {
		tl_js_open(&b, NULL, '{');
		put_answers(&b, s);
		put_all(&b, s);
		tl_js_close(&b, '}');
	}
	settings_fini(s);
	if (rc < 0)
		tl_req_problem(req, rc);
	else
		tl_req_answer_json(req, 200, &b);
}

static void
put_wishes(struct tl_req *req, enum tl_minors_actor actor)
{
	json_t *j = NULL;
	struct settings *s = TL_NEW(tl_req_arena(req), struct settings);
	int rc = s ? tl_api_accepting(tl_api_of(req)) : tl_arena_check(tl_req_arena(req));
	if (rc == 0)
		rc = tl_check_ext_id(tl_req_param(req, 0), "id");
	if (rc == 0 && actor == TL_ACTOR_GUARDIAN) {
		s->guardian = tl_req_param(req, 1);
		rc = tl_check_ext_id(s->guardian, "guardian");
	}
	if (rc == 0)
		rc = tl_req_json(req, &j);
	if (rc == 0) {
		s->req = req;
		s->set = tl_app_policies(&tl_api_of(req)->app);
		rc = tl_body_wishes(j, s->set->minors, actor, s->wish, &s->wish_count);
	}
	if (rc < 0) {
		if (s)
			settings_fini(s);
		tl_req_problem(req, rc);
		return;
	}
	tl_api_write(req, TL_SYNC_FULL, write_wishes, answer_wishes, s);
}

void
tl_api_put_settings(struct tl_req *req)
{
	put_wishes(req, TL_ACTOR_HOLDER);
}

void
tl_api_put_guardian_settings(struct tl_req *req)
{
	put_wishes(req, TL_ACTOR_GUARDIAN);
}
