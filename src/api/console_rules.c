/*
 * The rules in force, as the console shows them.
 *
 * Promises: the same watch as the worker's: a folder with errors is told with its place, and the last good rules stay
 * on show. The folder is looked at when the server starts and whenever somebody asks. Failure: the store's.
 */
#include "api/console.h"

#include "api/console_int.h"

#include "config/policy.h"
#include "detect/detect.h"
#include "rules/watch.h"
#include "store/banks.h"
#include "sys/clock.h"

#include <pthread.h>

#define FIRST_ARENA_BYTES (16U << 20)

/* One console in a process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tl_rules_watch *watch;
static struct tl_buf refused; /* why the newest text is not in force; empty when it is */
static int64_t loaded_at;

/* Looking --------------------------------------------------------------------------------- */

static uint64_t
mix(uint64_t h, struct tl_str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return h * 31 + s.n;
}

static int
known_names(struct tl_db *db, struct tl_arena *a, const struct tl_policy_set *set,
    struct tl_rules_known *k, uint64_t *ret_stamp)
{
	struct tl_bank *banks;
	size_t n, detectors = 0;
	int rc = tl_bank_list(db, a, &banks, &n);
	if (rc < 0)
		return rc;
	while (tl_detector_names[detectors])
		detectors++;
	struct tl_rules_bank *names = TL_NEWS(a, struct tl_rules_bank, n + 1);
	struct tl_str *words = TL_NEWS(a, struct tl_str, detectors + 1);
	rc = tl_arena_check(a);
	if (rc < 0)
		return rc;
	uint64_t stamp = mix(1, set->version);
	for (size_t i = 0; i < n; i++) {
		names[i] = (struct tl_rules_bank){banks[i].name, banks[i].kind};
		stamp = mix(stamp, banks[i].name);
	}
	for (size_t i = 0; i < detectors; i++)
		words[i] = tl_str(tl_detector_names[i]);
	*k = (struct tl_rules_known){.policies = set,
	    .banks = names,
	    .bank_count = n,
	    .detectors = words,
	    .detector_count = detectors};
	*ret_stamp = stamp;
	return 0;
}

/* With the lock held. */
static int
make_watch(const struct tl_config *config)
{
	char dir[TL_PATH_MAX], rules[TL_PATH_MAX + 8];
	if (watch)
		return 0;
	int rc = tl_config_path(config, config->policy_dir, dir);
	if (rc < 0)
		return rc;
	(void)snprintf(rules, sizeof rules, "%s/rules", dir);
	watch = tl_rules_watch_create(rules);
	return 0;
}

/* Looks at the folder and takes over what is new, or why it cannot be. */
static int
look(struct tl_app *app, struct tl_db *db, struct tl_arena *a, const struct tl_policy_set *set)
{
	struct tl_rules_known known;
	struct tl_lang_report report;
	uint64_t stamp = 0;
	int rc = known_names(db, a, set, &known, &stamp);
	if (rc < 0)
		return rc;
	tl_lang_report_init(&report, a);
	(void)pthread_mutex_lock(&lock);
	rc = make_watch(app->config);
	enum tl_rules_change change =
	    rc == 0 ? tl_rules_watch_poll(watch, &known, stamp, &report) : TL_RULES_SAME;
	if (change != TL_RULES_SAME) {
		tl_buf_reset(&refused);
		loaded_at = tl_now_us();
	}
	if (change == TL_RULES_REFUSED)
		tl_buf_put(&refused, report.text.p, report.text.n);
	(void)pthread_mutex_unlock(&lock);
	tl_lang_report_fini(&report);
	return rc;
}

void
tl_console_rules_begin(struct tl_app *app)
{
	struct tl_arena *a = tl_arena_create(FIRST_ARENA_BYTES);
	const struct tl_policy_set *set = tl_app_policies(app);
	struct tl_db *db = NULL;
	int rc = tl_app_db(app, &db);
	if (rc == 0)
		rc = look(app, db, a, set);
	(void)rc; /* whoever asks for the rules looks again, and is told */
	tl_app_db_give(app, db);
	tl_policy_unref(set);
	tl_arena_destroy(a);
}

void
tl_console_rules_end(void)
{
	(void)pthread_mutex_lock(&lock);
	tl_rules_watch_destroy(watch);
	watch = NULL;
	tl_buf_fini(&refused);
	(void)pthread_mutex_unlock(&lock);
}

/* A rule that named a bank which is not there would keep all rules from being loaded. */
int
tl_call_rules_name(struct tl_call *c, struct tl_str bank, const char *field)
{
	struct tl_rule_view rule;
	int rc = look(c->app, c->db, c->arena, c->set);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&lock);
	bool broken = refused.n > 0;
	const struct tl_rule_set *set = watch ? tl_rules_watch_current(watch) : NULL;
	(void)pthread_mutex_unlock(&lock);
	if (!set || broken)
		rc = tl_fail_at(TL_ECONFLICT, field,
		    "the rules have errors, so it cannot be seen whether one names the bank");
	else if (tl_rules_naming(set, bank, &rule))
		rc = tl_fail_at(TL_ECONFLICT, field,
		    "the rule \"%.*s\" names it; take it out of the rule first",
		    TL_ARG(rule.name));
	tl_rules_unref(set);
	return rc;
}

/* Showing --------------------------------------------------------------------------------- */

static int
rule_hits(struct tl_call *c, struct tl_str rule, int64_t *ret)
{
	struct tl_row r;
	const char *name = tl_arena_printf(c->arena, "rule/%.*s", TL_ARG(rule));
	int rc = tl_db_first(
	    c->db, &r, TL_SQL_VIEW_COUNTER, A_INT(tl_now_us() / TL_US_DAY - 6), A_Z(name));
	if (rc < 0)
		return rc;
	*ret = tl_col_int(&r, 0);
	tl_row_end(&r);
	return 0;
}

static int
write_rule(struct tl_call *c, const struct tl_rule_view *v)
{
	struct tl_buf *out = &c->out;
	int64_t hits = 0, shadow = 0;
	bool seen = tl_call_may(c, TL_ACT_SEE, TL_S(""), v->policy);
	int rc = seen ? rule_hits(c, v->name, &hits) : 0;
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "name", v->name);
	tl_js_str(out, "policy", v->policy);
	/* A pack is named with the digest of its text; people look for the file. */
	const uint8_t *digest = memchr(v->pack.p, '@', v->pack.n);
	struct tl_str file =
	    digest ? tl_bytes(v->pack.p, (size_t)(digest - v->pack.p)) : v->pack;
	tl_js_z(out, "pack", tl_arena_printf(c->arena, "%.*s.rules", TL_ARG(file)));
	tl_js_int(out, "line", v->line);
	tl_js_bool(out, "active", v->state == TL_RULE_ACTIVE);
	tl_js_str0(out, "reason", v->why);
	if (v->state == TL_RULE_SHADOW && v->shadow_date.n)
		(void)!tl_time_parse(
		    tl_str(tl_arena_printf(c->arena, "%.*sT00:00:00Z", TL_ARG(v->shadow_date))),
		    &shadow);
	tl_js_time(out, "shadow_until", shadow);
	tl_js_z(out, "source",
	    tl_arena_printf(c->arena,
		"rule %.*s\n    policy  %.*s\n    when    %.*s\n    then    %.*s",
		TL_ARG(v->name), TL_ARG(v->policy), TL_ARG(v->when), TL_ARG(v->then)));
	tl_js_int0(out, "hits_7d", seen, hits);
	tl_js_close(out, '}');
	return rc;
}

static int
write_rules(struct tl_call *c, const struct tl_rule_set *set, struct tl_str why, int64_t at)
{
	struct tl_buf *out = &c->out;
	int64_t now = tl_now_us();
	int rc = 0;
	tl_js_open(out, NULL, '{');
	tl_js_str(out, "version", set ? tl_rules_version(set) : TL_S(""));
	tl_js_time(out, "loaded_at", at);
	tl_js_str0(out, "refused", why);
	tl_js_open(out, "rules", '[');
	size_t n = set ? tl_rules_count(set) : 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct tl_rule_view v;
		tl_rules_view(set, i, now, &v);
		rc = write_rule(c, &v);
	}
	tl_js_close(out, ']');
	tl_js_close(out, '}');
	return rc;
}

int
tl_console_rules(struct tl_call *c)
{
	int rc = look(c->app, c->db, c->arena, c->set);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&lock);
	const struct tl_rule_set *set = tl_rules_watch_current(watch);
	struct tl_str why = tl_arena_dup(c->arena, tl_buf_str(&refused));
	int64_t at = loaded_at;
	(void)pthread_mutex_unlock(&lock);
	rc = write_rules(c, set, why, at);
	tl_rules_unref(set);
	return rc;
}
