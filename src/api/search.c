/*
 * POST /v1/search/check: what a search is to be told, before its results are shown.
 *
 * Promises: nothing of a search is kept but a count by topic, country and age band; who is not known is answered as of unknown
 * age; a search that could not be compared is an error and never "nothing". Failures: EFIELD naming the field, the store's.
 * Called by the route table.
 */
#include "api/routes.h"

#include "api/help.h"
#include "api/screening.h"
#include "api/tally.h"
#include "intake/decode.h"
#include "minors/interventions.h"
#include "store/accounts.h"
#include "store/actions.h"
#include "sys/clock.h"

struct search {
	struct tl_search_in in;
	struct tl_account who;
	enum tl_age_band band;
	struct tl_id
	    care; /* the action search_intervention in force on the account; nil: none */
	struct tl_search_answer say;
};

static int
find_care(struct tl_db *db, struct tl_arena *arena, struct search *s)
{
	struct tl_action_row *list;
	size_t n;
	int rc = tl_action_on(
	    db, s->who.platform, TL_SUBJECT_ACCOUNT, s->who.id, tl_now_us(), arena, &list, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (tl_str_is(list[i].name, "search_intervention"))
			s->care = list[i].id;
	}
	return rc;
}

static int
load(struct tl_req *req, struct search *s)
{
	struct tl_api *api = tl_api_of(req);
	const struct tl_who *key = tl_req_who(req);
	struct tl_db *db = NULL;
	struct tl_id id = {{0}};
	if (!s->in.account.n)
		return 0;
	int rc = tl_app_db(&api->app, &db);
	if (rc == 0)
		rc = tl_account_find(db, key->platform, key->live, s->in.account, &id);
	if (rc == 0)
		rc = tl_account_get(db, key->platform, id, tl_req_arena(req), &s->who);
	if (rc == 0)
		rc = tl_account_band(db, key->platform, id, &s->band);
	if (rc == 0)
		rc = find_care(db, tl_req_arena(req), s);
	tl_app_db_give(&api->app, db);
	if (rc == TL_ENOTFOUND)
		rc = 0;
	if (!s->in.country.n)
		s->in.country = s->who.country;
	if (!s->in.language.n)
		s->in.language = s->who.language;
	return rc;
}

static void
count(struct tl_req *req, const struct search *s)
{
	const struct tl_who *key = tl_req_who(req);
	struct tl_intervention_count c = {.platform = key->platform,
	    .live = key->live,
	    .use = TL_LIST_SEARCH,
	    .band = s->band,
	    .say = (int)s->say.say};
	if (s->say.say == TL_SEARCH_NOTHING)
		return;
	if (s->say.topic)
		(void)!tl_str_copy(c.list, sizeof c.list, s->say.topic->name);
	(void)!tl_str_copy(c.country, sizeof c.country, s->in.country);
	tl_tally_add(tl_api_of(req)->tally, &c);
}

static void
put_answer(struct tl_buf *b, const struct tl_policy_set *set, const struct search *s)
{
	const struct tl_word_list *topic = s->say.topic;
	bool silent = s->say.say == TL_SEARCH_NOTHING;
	tl_js_open(b, NULL, '{');
	tl_js_z(b, "answer", tl_search_say_names[s->say.say]);
	tl_js_str0(b, "topic", topic ? topic->name : TL_S(""));
	tl_js_z(b, "age_band", tl_age_band_names[s->band]);
	tl_js_str(b, "policy_version", set->version);
	if (tl_id_is_nil(s->care))
		tl_js_null(b, "action_id");
	else
		tl_js_id(b, "action_id", s->care);
	if (silent) {
		tl_js_null(b, "notice");
	} else {
		tl_js_open(b, "notice", '{');
		tl_js_str(b, "text",
		    tl_intervention_text(set->interventions, s->in.language,
			topic ? topic->name : TL_S("care")));
		tl_js_str0(b, "results_text",
		    s->say.say == TL_SEARCH_BLOCK ? tl_intervention_text(set->interventions,
							s->in.language, TL_S("results_hidden"))
						  : TL_S(""));
		tl_help_put(b, &(struct tl_help){.set = set,
				   .topic = topic,
				   .country = s->in.country,
				   .language = s->in.language,
				   .band = s->band});
		tl_js_close(b, '}');
	}
	tl_js_close(b, '}');
}

void
tl_api_check_search(struct tl_req *req)
{
	struct tl_screening *screening TL_CLEANUP(tl_screening_unrefp) =
	    tl_app_screening(&tl_api_of(req)->app);
	const struct tl_policy_set *set = tl_screening_policies(screening);
	struct search s = {.band = TL_AGE_UNKNOWN};
	struct tl_buf b = {0};
	uint64_t topics = 0;
	json_t *j = NULL;
	int rc = tl_req_json(req, &j);
	if (rc == 0)
		rc = tl_decode_search(j, tl_req_arena(req), &s.in);
	if (rc == 0)
		rc = tl_screening_find(screening, TL_LIST_SEARCH, s.in.query, &topics);
	if (rc == 0)
		rc = load(req, &s);
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	s.say = tl_search_answer(set, s.band, topics, !tl_id_is_nil(s.care));
	count(req, &s);
	put_answer(&b, set, &s);
	tl_req_answer_json(req, 200, &b);
}
