/*
 * `tutela account`: what is known of an account's age and how, the settings that hold for it, and how they came to be so. Read only:
 * what is said of an age comes from the platform.
 */
#include "bin/cli_rules.h"
#include "minors/view.h"
#include "store/accounts.h"
#include "sys/clock.h"

static int
load(struct tl_cli *c, const struct tl_policy_set *set, struct tl_minors_view *ret)
{
	int64_t platform = 0, history = 20;
	struct tl_id id = {{0}};
	struct tl_account who = {0};
	int rc = cli_option_int(c, "history", 0, 10000, &history);
	if (rc == 0)
		rc = cli_platform(c, cli_option(c, "platform"), &platform);
	if (rc == 0)
		rc = tl_account_find_any(c->db, platform, tl_str(c->argv[0]), &id);
	if (rc == TL_ENOTFOUND)
		return cli_fail(rc,
		    "An account is known once it published something or was described.",
		    "there is no account \"%s\"", c->argv[0]);
	if (rc == 0)
		rc = tl_account_get(c->db, platform, id, c->arena, &who);
	return rc < 0 ? rc
		      : tl_minors_view(
			    c->db, set, &who, (size_t)history, tl_now_us(), c->arena, ret);
}

static void
print_json(struct tl_cli *c, const struct tl_minors_view *v)
{
	tl_js_open(&c->out, NULL, '{');
	tl_js_str(&c->out, "account", v->who.ext_id);
	tl_js_z(&c->out, "state", tl_account_state_names[v->who.state]);
	tl_js_bool(&c->out, "live", v->who.live);
	tl_minors_view_json(&c->out, v);
	tl_js_close(&c->out, '}');
	tl_buf_byte(&c->out, '\n');
}

static const char *
band0(enum tl_age_band band)
{
	return band == TL_AGE_UNKNOWN ? "" : tl_age_band_names[band];
}

static void
print_head(struct tl_cli *c, const struct tl_minors_view *v)
{
	static const char *const columns[] = {"account", "state", "age_band", "treated_as",
	    "age_state", "age_assured", "age_confidence", "since", "offered", "came_from",
	    "birth_month", "guardians", "policy_version", NULL};
	const struct tl_age *a = &v->age;
	struct cli_list l;
	cli_record_begin(&l, c, columns);
	cli_cell(&l, v->who.ext_id);
	cli_cell_z(&l, tl_account_state_names[v->who.state]);
	cli_cell_z(&l, tl_age_band_names[a->band]);
	cli_cell_z(&l, tl_age_band_names[tl_minors_band(v->set->minors, a->band)]);
	cli_cell_z(&l, tl_age_state_names[a->state]);
	cli_cell_z(&l, tl_age_assured_names[a->assured]);
	if (a->confidence == TL_AGE_NO_CONFIDENCE)
		cli_cell_z(&l, "");
	else
		cli_cell_num(&l, a->confidence / 100.0);
	cli_cell_time(&l, a->since);
	cli_cell_z(&l, band0(a->offer));
	cli_cell_z(&l, band0(a->before));
	cli_cell(&l, v->who.birth_month);
	cli_cell_int(&l, (int64_t)v->guardian_count);
	cli_cell(&l, v->set->version);
	cli_list_end(&l, "");
}

static void
print_settings(struct tl_cli *c, const struct tl_minors_view *v)
{
	static const char *const columns[] = {
	    "setting", "must_be", "loosest", "why", "until", NULL};
	const struct tl_minors *m = v->set->minors;
	struct cli_list l;
	cli_say(c, "%s", "");
	cli_list_begin(&l, c, "settings", columns);
	for (size_t i = 0; i < m->setting_count; i++) {
		struct tl_minors_answer r = tl_minors_answer(m, &v->account, i, v->now);
		cli_cell(&l, m->settings[i].key);
		cli_cell(&l, m->settings[i].values[r.value]);
		cli_cell(&l, m->settings[i].values[r.loosest]);
		cli_cell_z(&l, r.why);
		cli_cell_time(&l, r.until);
	}
	cli_list_end(&l, "");
}

static void
print_history(struct tl_cli *c, const struct tl_minors_view *v)
{
	static const char *const columns[] = {"at", "what", "event", "from", "to", "by",
	    "warned", "age_band", "age_assured", NULL};
	struct cli_list l;
	cli_say(c, "%s", "");
	cli_list_begin(&l, c, "history", columns);
	for (size_t i = 0; i < v->history_count; i++) {
		const struct tl_history *h = &v->history[i];
		cli_cell_time(&l, h->at);
		cli_cell(&l, h->setting);
		cli_cell(&l, h->event);
		cli_cell(&l, h->from);
		cli_cell(&l, h->to);
		cli_cell(&l, h->actor);
		cli_cell_bool(&l, h->warned);
		cli_cell(&l, h->age_band);
		cli_cell(&l, h->age_assured);
	}
	cli_list_end(&l, "Nothing has changed so far.");
	if (v->more)
		cli_say(c, "\nThe newest %zu: --history N shows more.", v->history_count);
}

int
cmd_account_show(struct tl_cli *c)
{
	struct cli_rules r;
	struct tl_minors_view v = {0};
	int rc = cli_policies_load(c, &r);
	if (rc == 0) {
		v.set = r.policies;
		rc = load(c, r.policies, &v);
	}
	if (rc == 0 && c->json) {
		print_json(c, &v);
	} else if (rc == 0) {
		print_head(c, &v);
		print_settings(c, &v);
		print_history(c, &v);
	}
	cli_rules_free(&r);
	return rc;
}
