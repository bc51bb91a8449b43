/* Verdicts: outcomes, reasons, each detector missing, shadow, absent data, and what is done without rules. */
#include "rules_unit.h"
#include "sys/clock.h"

#include <math.h>

#define NOW (INT64_C(1790000000) * TL_US_S) /* 2026-09-21 */

struct world {
	struct tl_arena *arena;
	const struct tl_rule_set *set;
	struct tl_item item;
	struct tl_account account;
	struct tl_signal signals[8];
	struct tl_rules_input in;
	struct tl_verdict v;
};

static void
begin_with(struct world *w, const char *rules, const struct tl_rules_known *known)
{
	struct tl_lang_report r;
	memset(w, 0, sizeof *w);
	w->arena = tl_arena_create(1 << 20);
	tl_lang_report_init(&r, w->arena);
	if (tl_rules_load_text("t.rules", tl_str(rules), known, &r, &w->set) < 0)
		fail_msg("%s", tl_buf_z(&r.text));
	tl_lang_report_fini(&r);
	w->item.posted_at = NOW - TL_US_HOUR;
	w->item.state = TL_ITEM_SCANNED;
	w->in = (struct tl_rules_input){.item = &w->item, .signals = w->signals, .now_us = NOW};
}

static void
begin(struct world *w, const char *rules)
{
	begin_with(w, rules, &rules_known);
}

static void
end(struct world *w)
{
	tl_rules_unref(w->set);
	tl_arena_destroy(w->arena);
}

static struct tl_signal *
signal_of(struct world *w, const char *detector, const char *label)
{
	struct tl_signal *s = &w->signals[w->in.signal_count++];
	*s = (struct tl_signal){.detector = tl_str(detector), .label = tl_str(label)};
	s->distance = -1;
	s->score = (double)NAN;
	return s;
}

static struct tl_media *
picture(struct world *w)
{
	struct tl_media *m = &w->item.media[w->item.media_count++];
	m->state = TL_MEDIA_DECODED;
	m->has_pdq = true;
	m->pdq_quality = 90;
	m->id.b[0] = (uint8_t)w->item.media_count;
	return m;
}

static void
judge(struct world *w)
{
	assert_int_equal(0, tl_rules_verdict(w->set, &w->in, w->arena, &w->v));
}

#define assert_text(want, got)                                                                 \
	do {                                                                                   \
		struct tl_str text_ = (got);                                                   \
		if (!tl_str_is(text_, (want)))                                                 \
			fail_msg("want %s\n  got  %.*s", (want), TL_ARG(text_));               \
	} while (0)

static const char known_rule[] =
    "rule known policy csae.known when media.exists(m, "
    "m.in_bank('csam')) then block, case('child-safety', critical)\n";
static const char exact_rule[] =
    "rule exact policy csae.known when media.exists(m, m.in_bank('csam-exact')) then block\n";
static const char hate_rule[] =
    "rule hate policy speech.hate when text.in_list('hate') then review\n";

/* One medium that matches the bank with this weight; of "csae.known", which withholds what it does not know. */
static void
judge_effect(struct world *w, const char *rules, enum tl_effect effect)
{
	begin(w, rules);
	struct tl_media *m = picture(w);
	struct tl_signal *s = signal_of(w, "pdq", "csam");
	s->has_media = true;
	s->media = m->id;
	s->distance = 3;
	s->effect = effect;
	judge(w);
}

static void
t_what_is_set_aside_does_not_hold(void **state)
{
	(void)state;
	static const enum tl_effect aside[] = {TL_EFFECT_ALLOWED, TL_EFFECT_SHARE};
	for (size_t i = 0; i < TL_COUNT(aside); i++) {
		struct world w;
		judge_effect(&w, known_rule, aside[i]);
		assert_int_equal(TL_VERDICT_ALLOW, w.v.word);
		end(&w);
	}
}

static void
t_review_only_never_blocks_and_stays_withheld_where_the_policy_says_so(void **state)
{
	(void)state;
	struct world w;
	judge_effect(&w, known_rule, TL_EFFECT_REVIEW);
	assert_int_equal(TL_VERDICT_WITHHOLD, w.v.word);
	const struct tl_reason *r = &w.v.reasons[0];
	assert_true(r->review_only && r->wants_case && !r->unknown);
	assert_int_equal(0, r->action_count);
	assert_text("child-safety", r->case_queue);
	assert_non_null(memmem(r->explanation.p, r->explanation.n, "review-only", 11));
	end(&w);
	judge_effect(&w,
	    "rule hate policy speech.hate when media.exists(m, m.in_bank('csam')) then block\n",
	    TL_EFFECT_REVIEW);
	assert_int_equal(TL_VERDICT_REVIEW, w.v.word);
	assert_true(w.v.reasons[0].wants_case);
	end(&w);
}

static void
t_what_an_allow_list_matches_is_never_blocked(void **state)
{
	(void)state;
	struct world w;
	judge_effect(&w, known_rule, TL_EFFECT_ALLOW);
	assert_int_equal(TL_VERDICT_REVIEW, w.v.word);
	assert_int_equal(0, w.v.reasons[0].action_count);
	assert_true(w.v.reasons[0].wants_case);
	assert_non_null(memmem(
	    w.v.reasons[0].explanation.p, w.v.reasons[0].explanation.n, "allow-list", 10));
	end(&w);
	judge_effect(&w,
	    "rule not-ok policy csae.known when media.exists(m, !m.in_bank('csam')) then "
	    "block\n",
	    TL_EFFECT_ALLOW);
	assert_int_equal(TL_VERDICT_ALLOW, w.v.word);
	end(&w);
}

static void
t_how_a_rule_names_a_bank_is_read(void **state)
{
	static const struct {
		const char *when;
		bool counts;
	} cases[] = {{"media.exists(m, m.in_bank(\"csam\"))", true},
	    {"media.exists(m, !m.in_bank('csam'))", false},
	    {"!media.exists(m, m.in_bank('csam'))", false},
	    {"!(media.exists(m, !m.in_bank('csam')))", true},
	    {"!media.exists(m, m.mime == 'x') && media.exists(m, m.in_bank('csam'))", true},
	    {"text.contains('csam')", false},
	    {"media.exists(m, m.mime != 'x' && m.distance('csam') < 3)", true}};
	(void)state;
	for (size_t i = 0; i < TL_COUNT(cases); i++) {
		struct tl_rule_view v = {.when = tl_str(cases[i].when)};
		assert_int_equal(cases[i].counts, tl_rules_count_on_bank(&v, TL_S("csam")));
	}
	struct world w;
	begin(&w,
	    "rule a policy csae.known when text.contains('csam') then block\n"
	    "rule b policy csae.known when media.exists(m, m.in_bank('csam')) then block\n"
	    "    shadow until 2099-01-01\n");
	struct tl_rule_view v;
	assert_true(tl_rules_naming(w.set, TL_S("csam"), &v));
	assert_text("b", v.name);
	assert_false(tl_rules_live_for(w.set, TL_S("csam"), tl_now_us()));
	assert_true(tl_rules_live_for(w.set, TL_S("csam"), INT64_MAX));
	end(&w);
}

static void
t_another_ground_blocks_beside_a_review_only_entry(void **state)
{
	(void)state;
	struct world w;
	begin(&w, known_rule);
	struct tl_media *m = picture(&w);
	for (int i = 0; i < 2; i++) {
		struct tl_signal *s = signal_of(&w, "pdq", "csam");
		s->has_media = true;
		s->media = m->id;
		s->effect = i ? TL_EFFECT_FULL : TL_EFFECT_REVIEW;
	}
	judge(&w);
	assert_int_equal(TL_VERDICT_BLOCK, w.v.word);
	assert_false(w.v.reasons[0].review_only);
	end(&w);
}

static void
t_nothing_holds_allows(void **state)
{
	(void)state;
	struct world w;
	begin(&w, known_rule);
	judge(&w);
	assert_int_equal(TL_VERDICT_ALLOW, w.v.word);
	assert_int_equal(0, w.v.reason_count);
	assert_true(tl_str_eq(tl_rules_version(w.set), w.v.ruleset));
	end(&w);
}

static void
t_match_blocks_with_reason(void **state)
{
	(void)state;
	struct world w;
	begin(&w, known_rule);
	(void)picture(&w);
	struct tl_media *m = picture(&w);
	struct tl_signal *s = signal_of(&w, "pdq", "csam");
	s->has_media = true;
	s->media = m->id;
	s->distance = 12;
	judge(&w);
	assert_int_equal(TL_VERDICT_BLOCK, w.v.word);
	assert_int_equal(1, w.v.reason_count);
	const struct tl_reason *r = &w.v.reasons[0];
	assert_text("known", r->rule);
	assert_text("csae.known", r->policy);
	assert_int_equal(sizeof "t@12345678" - 1, r->pack.n);
	assert_text("File 2 matches the bank \"csam\" (distance 12).", r->explanation);
	assert_text(
	    "[{\"expr\":\"m.in_bank(\\\"csam\\\")\",\"value\":\"distance 12\"}]", r->values);
	assert_true(r->wants_case);
	assert_text("child-safety", r->case_queue);
	assert_int_equal(TL_SEVERITY_CRITICAL, r->case_severity);
	/* Block without an outgoing action brings the policy's. */
	assert_int_equal(2, r->action_count);
	assert_text("remove", r->actions[0].name);
	assert_text("preserve", r->actions[1].name);
	end(&w);
}

static void
t_reasons_as_json(void **state)
{
	(void)state;
	struct world w;
	struct tl_buf b = {0};
	begin(&w, "rule a policy terms.spam when flags.users >= 3 then age_restrict(age: 18, "
		  "duration: '7d'), case");
	w.in.flags.user = 4;
	judge(&w);
	assert_int_equal(TL_VERDICT_REVIEW, w.v.word);
	tl_rules_reasons_json(&b, NULL, &w.v);
	const char *want = tl_arena_printf(w.arena,
	    "[{\"rule\":\"a\",\"pack\":\"%.*s\",\"policy\":\"terms.spam\",\"ruleset\":\"%.*s\","
	    "\"outcome\":\"held\",\"verdict\":\"review\",\"shadow\":false,"
	    "\"text\":\"The number of user reports is 4, at least 3.\","
	    "\"values\":[{\"expr\":\"flags.users >= 3\",\"value\":\"4\"}],"
	    "\"actions\":[{\"name\":\"age_restrict\",\"params\":{\"age\":18,\"duration\":"
	    "\"7d\"}}],"
	    "\"case\":{\"queue\":\"general\",\"severity\":\"low\"}}]",
	    TL_ARG(w.v.reasons[0].pack), TL_ARG(w.v.ruleset));
	assert_string_equal(want, tl_buf_z(&b));
	tl_buf_fini(&b);
	end(&w);
}

/* One test with each detector missing: failed … */
static void
t_each_failed_detector_takes_on_unknown(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *detector;
		enum tl_verdict_word want;
		const char *text;
	} rows[] = {
	    {known_rule, "pdq", TL_VERDICT_WITHHOLD,
		"Could not be checked: file 1: in_bank(\"csam\") is unknown: the detector "
		"\"pdq\" failed: "
		"time."},
	    {exact_rule, "digest", TL_VERDICT_WITHHOLD,
		"Could not be checked: file 1: in_bank(\"csam-exact\") is unknown: the "
		"detector \"digest\" "
		"failed: time."},
	    {"rule f policy csae.known when media.exists(m, m.in_bank('csam-films')) then "
	     "block",
		"video", TL_VERDICT_WITHHOLD,
		"Could not be checked: file 1: in_bank(\"csam-films\") is unknown: the "
		"detector "
		"\"video\" failed: time."},
	    {"rule s policy csae.known when media.exists(m, m.in_bank('csam-songs')) then "
	     "block",
		"sound", TL_VERDICT_WITHHOLD,
		"Could not be checked: file 1: in_bank(\"csam-songs\") is unknown: the "
		"detector "
		"\"sound\" failed: time."},
	    {hate_rule, "text", TL_VERDICT_REVIEW,
		"Could not be checked: text.in_list(\"hate\") is unknown: the detector "
		"\"text\" failed: "
		"time."},
	    {"rule n policy csae.known when text.hits('hate') > 2 then block", "text",
		TL_VERDICT_WITHHOLD,
		"Could not be checked: text.hits(\"hate\") is unknown: the detector \"text\" "
		"failed: time."},
	    {"rule d policy terms.spam when media.exists(m, m.distance('csam') < 9) then block",
		"pdq", TL_VERDICT_REVIEW,
		"Could not be checked: file 1: distance(\"csam\") is unknown: the detector "
		"\"pdq\" failed: "
		"time."},
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		struct world w;
		begin(&w, rows[i].rule);
		(void)picture(&w);
		struct tl_signal *s = signal_of(&w, rows[i].detector, "time");
		s->failed = true;
		judge(&w);
		assert_int_equal(rows[i].want, w.v.word);
		assert_int_equal(1, w.v.reason_count);
		assert_true(w.v.reasons[0].unknown);
		assert_true(w.v.reasons[0].wants_case);
		assert_int_equal(0, w.v.reasons[0].action_count);
		assert_text(rows[i].text, w.v.reasons[0].explanation);
		end(&w);
	}
}

/* … and not installed: inactive, never unknown. */
static void
t_each_missing_detector_makes_inactive(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *detector;
	} rows[] = {
	    {known_rule, "pdq"},
	    {exact_rule, "digest"},
	    {"rule f policy csae.known when media.exists(m, m.in_bank('csam-films')) then "
	     "block",
		"video"},
	    {"rule s policy csae.known when media.exists(m, m.in_bank('csam-songs')) then "
	     "block",
		"sound"},
	    {hate_rule, "text"},
	    {"rule m policy terms.spam when model.score('nsfw') > 0.5 then block",
		"model:nsfw"},
	    {"rule m policy terms.spam when text.score('toxic') > 0.5 then block",
		"model:toxic"},
	    {"rule m policy terms.spam when media.exists(m, m.score('x') > 0.5) then block",
		"model:x"},
	    {"rule c policy csae.known when contact.distinct_minors('24h') > 5 then review",
		"contact"},
	    {"rule c policy csae.known when contact.declined_share('1h') > 0.5 then review",
		"contact"},
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		struct world w;
		struct tl_rules_known known = rules_known;
		known.detector_count = 0;
		begin_with(&w, rows[i].rule, &known);
		(void)picture(&w);
		struct tl_signal *s = signal_of(&w, rows[i].detector, "time");
		s->failed = true;
		judge(&w);
		assert_int_equal(TL_VERDICT_ALLOW, w.v.word);
		assert_int_equal(0, w.v.reason_count);
		struct tl_rule_view view;
		tl_rules_view(w.set, 0, NOW, &view);
		assert_int_equal(TL_RULE_INACTIVE, view.state);
		const char *why = tl_arena_printf(w.arena,
		    "it needs the detector \"%s\", which is not installed", rows[i].detector);
		assert_text(why, view.why);
		end(&w);
	}
}

static void
t_match_beats_failure_of_the_same_detector(void **state)
{
	(void)state;
	struct world w;
	begin(&w, known_rule);
	struct tl_media *a = picture(&w), *b = picture(&w);
	struct tl_signal *s = signal_of(&w, "pdq", "time");
	s->failed = s->has_media = true;
	s->media = a->id;
	s = signal_of(&w, "pdq", "csam");
	s->has_media = true;
	s->media = b->id;
	s->distance = 3;
	judge(&w);
	assert_int_equal(TL_VERDICT_BLOCK, w.v.word);
	assert_text(
	    "File 2 matches the bank \"csam\" (distance 3).", w.v.reasons[0].explanation);
	end(&w);
}

static void
t_failure_is_of_its_medium_alone(void **state)
{
	(void)state;
	struct world w;
	begin(&w, known_rule);
	(void)picture(&w);
	struct tl_media *b = picture(&w);
	struct tl_signal *s = signal_of(&w, "pdq", "time");
	s->failed = s->has_media = true;
	s->media = b->id;
	judge(&w);
	assert_int_equal(TL_VERDICT_WITHHOLD, w.v.word);
	assert_non_null(strstr((const char *)w.v.reasons[0].explanation.p, "file 2"));
	end(&w);
}

static void
t_undecodable_medium_is_absent_not_failed(void **state)
{
	(void)state;
	struct world w;
	begin(&w, known_rule);
	struct tl_media *m = picture(&w);
	m->state = TL_MEDIA_UNSCANNABLE;
	m->has_pdq = false;
	judge(&w);
	assert_int_equal(TL_VERDICT_ALLOW, w.v.word);
	m->state = TL_MEDIA_PENDING;
	judge(&w);
	assert_int_equal(TL_VERDICT_WITHHOLD, w.v.word);
	end(&w);
}

static void
t_absent_data_does_not_hold(void **state)
{
	(void)state;
	static const char *const conditions[] = {"author.age_days < 7", "author.strikes == 0",
	    "author.country == 'DE'", "author.language == 'de'", "author.state == 'active'",
	    "item.language == 'de'", "item.territory == 'DE'", "item.url.contains('x')",
	    "text.body.contains('x')", "text.field('x').size() > 0",
	    "media.exists(m, m.width > 5)", "media.exists(m, m.quality > 5 || m.mime == 'x')",
	    "media.exists(m, m.duration > '5s')", "media.exists(m, m.frames > 5)",
	    "media.exists(m, m.has_sound)"};
	for (size_t i = 0; i < TL_COUNT(conditions); i++) {
		struct world w;
		char rule[200];
		(void)snprintf(rule, sizeof rule,
		    "rule a policy csae.known when %s then block rule b policy csae.known when "
		    "!(%s) then "
		    "block",
		    conditions[i], conditions[i]);
		begin(&w, rule);
		w.item.media_count = 1;
		judge(&w);
		if (w.v.word != TL_VERDICT_ALLOW)
			fail_msg("%s", conditions[i]);
		end(&w);
	}
}

static void
t_names_answer_for_a_full_item(void **state)
{
	(void)state;
	static const char *const conditions[] = {"item.kind == 'comment'",
	    "item.audience == 'friends'", "item.views == 1200", "item.engagement == 30",
	    "item.language == 'de'", "item.territory == 'AT'",
	    "item.url.startsWith('https://')", "item.posted_at < now", "item.age == '1h'",
	    "item.is_reply", "item.version == 2", "item.state == 'scanned'", "author.known",
	    "author.age_band == '13-15'", "author.age_assured == 'declared'",
	    "author.age_days == 3", "author.strikes == 1", "author.country == 'AT'",
	    "author.language == 'de'", "author.state == 'active'",
	    "text.body.contains('gr\xc3\xbc\xc3\x9f')", "text.title == 'T'",
	    "text.field('x_note') == 'n'", "text.contains('note') == false",
	    "text.contains('\xc3\xbc\xc3\x9f')", "text.length == 12", "!has(text.caption)",
	    "!has(text.bio)", "text.hits('hate') == 2", "text.in_list('hate')",
	    "!text.in_list('spam')", "media.size() == 2",
	    "media.exists(m, m.mime == 'image/png')",
	    "media.exists(m, m.bytes == 77 && m.width == 10 && m.height == 20)",
	    "media.exists(m, m.pages == 3)", "media.all(m, m.quality == 90)",
	    "media.exists(m, m.duration == '90s' && m.frames == 2250 && m.has_sound)",
	    "!media.all(m, m.has_sound)", "media.exists(m, m.distance('csam') == 5)",
	    "media.exists(m, m.distance('csam') == 256)", "flags.count == 10",
	    "flags.users == 1", "flags.trusted == 2", "flags.notices == 3",
	    "flags.referrals == 4"};
	for (size_t i = 0; i < TL_COUNT(conditions); i++) {
		struct world w;
		char rule[200];
		(void)snprintf(rule, sizeof rule, "rule a policy terms.spam when %s then block",
		    conditions[i]);
		begin(&w, rule);
		w.item.kind = TL_KIND_COMMENT;
		w.item.audience = TL_AUDIENCE_FRIENDS;
		w.item.views = 1200;
		w.item.engagement = 30;
		w.item.version = 2;
		w.item.language = TL_S("de");
		w.item.territory = TL_S("AT");
		w.item.url = TL_S("https://example.org/1");
		w.item.parent_ext = TL_S("p");
		w.item.fields[0] = (struct tl_field){TL_S("title"), TL_S("T")};
		w.item.fields[1] =
		    (struct tl_field){TL_S("body"), TL_S("ein gr\xc3\xbc\xc3\x9f. ")};
		w.item.fields[2] = (struct tl_field){TL_S("x_note"), TL_S("n")};
		w.item.field_count = 3;
		w.account = (struct tl_account){.age_band = TL_AGE_13_15,
		    .age_assured = TL_ASSURED_DECLARED,
		    .country = TL_S("AT"),
		    .language = TL_S("de"),
		    .created_at = NOW - 3 * TL_US_DAY - 5,
		    .strikes = 1};
		w.in.account = &w.account;
		struct tl_media *m = picture(&w);
		m->mime = TL_S("image/png");
		m->bytes = 77;
		m->width = 10;
		m->height = 20;
		m->pages = 3;
		m->duration_ms = 90000;
		m->pictures = 2250;
		m->has_sound = true;
		struct tl_signal *s = signal_of(&w, "pdq", "csam");
		s->has_media = true;
		s->media = m->id;
		s->distance = 5;
		(void)picture(&w);
		(void)signal_of(&w, "text", "hate");
		(void)signal_of(&w, "text", "hate");
		w.in.flags = (struct tl_rules_flags){1, 2, 3, 4};
		judge(&w);
		if (w.v.word != TL_VERDICT_BLOCK)
			fail_msg("%s", conditions[i]);
		end(&w);
	}
}

static void
t_models_and_contacts_answer_when_installed(void **state)
{
	(void)state;
	static const struct tl_str detectors[] = {TL_S("model:nsfw"), TL_S("contact")};
	struct tl_rules_known known = rules_known;
	struct world w;
	known.detectors = detectors;
	known.detector_count = 2;
	begin_with(&w,
	    "rule a policy terms.spam when model.score('nsfw') == 0.75 && "
	    "media.exists(m, m.score('nsfw') > 0.7) && contact.distinct_minors('24h') == 7 && "
	    "contact.declined_share('24h') > 0.5 then block",
	    &known);
	struct tl_media *m = picture(&w);
	struct tl_signal *s = signal_of(&w, "model:nsfw", "nsfw");
	s->has_media = true;
	s->media = m->id;
	s->score = 0.75;
	struct tl_contact_figures figures = {0};
	figures.v[TL_MEASURE_MINORS][TL_WINDOW_24H] = 7;
	figures.v[TL_MEASURE_DECLINED][TL_WINDOW_24H] = 0.6;
	w.in.contacts = &figures;
	judge(&w);
	assert_int_equal(TL_VERDICT_BLOCK, w.v.word);
	end(&w);
}

static void
t_gravest_reason_comes_first(void **state)
{
	(void)state;
	struct world w;
	begin(&w,
	    "rule a policy terms.spam when item.views > 1 then review\n"
	    "rule b policy terms.spam when item.views > 1 then block\n"
	    "rule c policy speech.hate when item.views > 1 then review, case('conduct', "
	    "critical)\n"
	    "rule d policy csae.known when item.views > 1 then withhold\n"
	    "rule e policy csae.known when item.views > 1 then block shadow until 2027-01-31\n"
	    "rule f policy csae.known when item.views > 9 then block\n");
	w.item.views = 5;
	judge(&w);
	assert_int_equal(TL_VERDICT_BLOCK, w.v.word);
	assert_int_equal(5, w.v.reason_count);
	static const char *const order[] = {"b", "d", "c", "a", "e"};
	for (size_t i = 0; i < TL_COUNT(order); i++)
		assert_text(order[i], w.v.reasons[i].rule);
	assert_true(w.v.reasons[4].shadow);
	end(&w);
}

static void
t_shadow_has_no_effect_until_its_day_is_over(void **state)
{
	(void)state;
	struct world w;
	begin(&w,
	    "rule a policy csae.known when item.views > 1 then block shadow until 2026-09-21");
	w.item.views = 5;
	judge(&w);
	assert_int_equal(TL_VERDICT_ALLOW, w.v.word);
	assert_int_equal(1, w.v.reason_count);
	assert_true(w.v.reasons[0].shadow);
	struct tl_rule_view view;
	tl_rules_view(w.set, 0, NOW, &view);
	assert_int_equal(TL_RULE_SHADOW, view.state);
	w.in.now_us = NOW + TL_US_DAY;
	judge(&w);
	assert_int_equal(TL_VERDICT_BLOCK, w.v.word);
	assert_false(w.v.reasons[0].shadow);
	end(&w);
}

static void
t_outcomes_follow_the_words_after_then(void **state)
{
	(void)state;
	static const struct {
		const char *then;
		enum tl_verdict_word want;
		bool wants_case;
		size_t actions;
		const char *queue;
		enum tl_severity severity;
	} rows[] = {
	    {"review", TL_VERDICT_REVIEW, true, 0, "conduct", TL_SEVERITY_HIGH},
	    {"withhold", TL_VERDICT_WITHHOLD, true, 0, "conduct", TL_SEVERITY_HIGH},
	    {"block", TL_VERDICT_BLOCK, false, 1, "conduct", TL_SEVERITY_HIGH},
	    {"block, age_restrict", TL_VERDICT_BLOCK, false, 1, "conduct", TL_SEVERITY_HIGH},
	    {"block, preserve", TL_VERDICT_BLOCK, false, 2, "conduct", TL_SEVERITY_HIGH},
	    {"case", TL_VERDICT_REVIEW, true, 0, "conduct", TL_SEVERITY_HIGH},
	    {"case('general')", TL_VERDICT_REVIEW, true, 0, "general", TL_SEVERITY_HIGH},
	    {"case('general', low)", TL_VERDICT_REVIEW, true, 0, "general", TL_SEVERITY_LOW},
	    {"block, case('general', low)", TL_VERDICT_BLOCK, true, 1, "general",
		TL_SEVERITY_LOW},
	    {"limit_contact", TL_VERDICT_ALLOW, false, 1, "conduct", TL_SEVERITY_HIGH},
	    {"limit_contact, case", TL_VERDICT_REVIEW, true, 1, "conduct", TL_SEVERITY_HIGH},
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		struct world w;
		char rule[200];
		(void)snprintf(rule, sizeof rule,
		    "rule a policy speech.hate when item.views >= 0 then %s", rows[i].then);
		begin(&w, rule);
		judge(&w);
		assert_int_equal(rows[i].want, w.v.word);
		assert_int_equal(1, w.v.reason_count);
		const struct tl_reason *r = &w.v.reasons[0];
		assert_int_equal(rows[i].wants_case, r->wants_case);
		assert_int_equal(rows[i].actions, r->action_count);
		assert_text(rows[i].queue, r->case_queue);
		assert_int_equal(rows[i].severity, r->case_severity);
		end(&w);
	}
}

static void
t_content_is_not_in_reasons(void **state)
{
	(void)state;
	struct world w;
	struct tl_buf b = {0};
	begin(&w, "rule a policy terms.spam when text.body != 'x' && text.body.size() > 3 && "
		  "item.url.contains('e') && text.contains('CAN') then review");
	w.item.fields[0] = (struct tl_field){TL_S("body"), TL_S("CANARY-TEXT")};
	w.item.field_count = 1;
	w.item.url = TL_S("https://example.org/CANARY-URL");
	judge(&w);
	assert_int_equal(1, w.v.reason_count);
	tl_rules_reasons_json(&b, NULL, &w.v);
	assert_null(strstr(tl_buf_z(&b), "CANARY"));
	tl_buf_fini(&b);
	end(&w);
}

static void
t_without_rules_everything_is_withheld(void **state)
{
	(void)state;
	struct world w;
	begin(&w, known_rule);
	assert_int_equal(0, tl_rules_verdict(NULL, &w.in, w.arena, &w.v));
	assert_int_equal(TL_VERDICT_WITHHOLD, w.v.word);
	assert_int_equal(1, w.v.reason_count);
	assert_true(w.v.reasons[0].wants_case);
	end(&w);
}

static void
t_full_arena_is_a_limit(void **state)
{
	(void)state;
	struct world w;
	begin(&w, hate_rule);
	(void)signal_of(&w, "text", "hate");
	struct tl_arena *small = tl_arena_create(300);
	assert_int_equal(TL_LIMIT, tl_err_kind(tl_rules_verdict(w.set, &w.in, small, &w.v)));
	tl_arena_destroy(small);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_nothing_holds_allows),
	    cmocka_unit_test(t_what_is_set_aside_does_not_hold),
	    cmocka_unit_test(
		t_review_only_never_blocks_and_stays_withheld_where_the_policy_says_so),
	    cmocka_unit_test(t_another_ground_blocks_beside_a_review_only_entry),
	    cmocka_unit_test(t_what_an_allow_list_matches_is_never_blocked),
	    cmocka_unit_test(t_how_a_rule_names_a_bank_is_read),
	    cmocka_unit_test(t_match_blocks_with_reason),
	    cmocka_unit_test(t_reasons_as_json),
	    cmocka_unit_test(t_each_failed_detector_takes_on_unknown),
	    cmocka_unit_test(t_each_missing_detector_makes_inactive),
	    cmocka_unit_test(t_match_beats_failure_of_the_same_detector),
	    cmocka_unit_test(t_failure_is_of_its_medium_alone),
	    cmocka_unit_test(t_undecodable_medium_is_absent_not_failed),
	    cmocka_unit_test(t_absent_data_does_not_hold),
	    cmocka_unit_test(t_names_answer_for_a_full_item),
	    cmocka_unit_test(t_models_and_contacts_answer_when_installed),
	    cmocka_unit_test(t_gravest_reason_comes_first),
	    cmocka_unit_test(t_shadow_has_no_effect_until_its_day_is_over),
	    cmocka_unit_test(t_outcomes_follow_the_words_after_then),
	    cmocka_unit_test(t_content_is_not_in_reasons),
	    cmocka_unit_test(t_without_rules_everything_is_withheld),
	    cmocka_unit_test(t_full_arena_is_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
