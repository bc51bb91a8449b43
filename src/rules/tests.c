/*
 * Owns the cases that stand beside rules: `test "…" { names = values } expect verdict by rule`.
 *
 * Promises: a case runs the rules of its own pack alone, with shadow ones and those whose detector is missing
 * as if they were live, so that it tests what is written and not the installation. What can be given is what
 * rules can ask for (names.tbl.h), with the same checks. A case that fails is an error of the pack. Called
 * when a set is loaded.
 */
#include "rules/rules_int.h"

#include "base/arena.h"
#include "base/json.h"
#include "sys/clock.h"

#include <math.h>

#define SIGNALS_MAX 64U
#define VERDICT_BYTES ((size_t)1 << 20)
#define TEST_NOW_US                                                                            \
	(INT64_C(1767225600) * TL_US_S) /* 2026-01-01, unless the case says otherwise */

/* The made-up item of one case. */
struct trial {
	struct tl_rule_set *set;
	const struct pack *pack;
	struct tl_lang_report *report;
	const struct tl_lang_given *given; /* the line that is being read */
	struct tl_item item;
	struct tl_account account;
	bool author_known;
	struct tl_signal signals[SIGNALS_MAX];
	size_t n_signals;
	struct tl_rules_flags flags;
	struct tl_stream stream;
	bool is_stream;
	struct tl_contact_figures contacts;
	bool counted;
	int64_t now_us;
};

#define FAIL(t, place, ...)                                                                    \
	(tl_lang_error_at((t)->report, &(t)->pack->source, (place), __VA_ARGS__), TL_EPARSE)

/* Values --------------------------------------------------------------------------------------------------- */

static bool
enum_value(const char *const *words, struct tl_lang_value *v)
{
	int i;
	if (v->type != TL_T_STRING || tl_word_parse(words, v->u.s, &i) < 0)
		return false;
	*v = tl_lang_whole(TL_T_ENUM, i);
	return true;
}

static bool
text_value(enum tl_lang_type type, struct tl_lang_value *v)
{
	int64_t us;
	if (v->type != TL_T_STRING)
		return false;
	int err = type == TL_T_DURATION ? tl_lang_duration_parse(v->u.s, &us)
					: tl_time_parse(v->u.s, &us);
	if (err == 0)
		*v = tl_lang_whole(type, us);
	return err == 0;
}

/* The literal as the name's type. */
static int
value_of(struct trial *t, const struct tl_lang_name *name, struct tl_lang_value *ret)
{
	struct tl_lang_value v = t->given->value;
	bool fits = v.type == name->type;
	if (name->type == TL_T_ENUM)
		fits = enum_value(name->words, &v);
	else if (name->type == TL_T_DURATION || name->type == TL_T_TIMESTAMP)
		fits = text_value(name->type, &v);
	else if (name->type == TL_T_DOUBLE && v.type == TL_T_INT)
		v = tl_lang_double((double)v.u.i);
	else if (!fits)
		return FAIL(t, t->given->value_place, "%s is %s", name->name,
		    tl_lang_type_name(name->type));
	if (!fits && name->type != TL_T_DOUBLE)
		return FAIL(t, t->given->value_place, "this is not a value of %s", name->name);
	*ret = v;
	return 0;
}

/* What goes straight into a field. */
static const struct slot {
	size_t offset;
	enum { SLOT_NONE, SLOT_I64, SLOT_INT, SLOT_TEXT } kind;
	enum { OF_TRIAL, OF_AUTHOR, OF_MEDIUM } of;
} slots[NAME_COUNT] = {
#define ITEM(field, kind_)                                                                     \
	{                                                                                      \
		offsetof(struct trial, item.field), kind_, OF_TRIAL                            \
	}
#define AUTHOR(field, kind_)                                                                   \
	{                                                                                      \
		offsetof(struct trial, account.field), kind_, OF_AUTHOR                        \
	}
#define MEDIUM(field, kind_)                                                                   \
	{                                                                                      \
		offsetof(struct tl_media, field), kind_, OF_MEDIUM                             \
	}
#define TRIAL(field, kind_)                                                                    \
	{                                                                                      \
		offsetof(struct trial, field), kind_, OF_TRIAL                                 \
	}
    [NAME_NOW] = TRIAL(now_us, SLOT_I64),
    [NAME_ITEM_KIND] = ITEM(kind, SLOT_INT),
    [NAME_ITEM_AUDIENCE] = ITEM(audience, SLOT_INT),
    [NAME_ITEM_STATE] = ITEM(state, SLOT_INT),
    [NAME_ITEM_VIEWS] = ITEM(views, SLOT_I64),
    [NAME_ITEM_ENGAGEMENT] = ITEM(engagement, SLOT_I64),
    [NAME_ITEM_VERSION] = ITEM(version, SLOT_I64),
    [NAME_ITEM_LANGUAGE] = ITEM(language, SLOT_TEXT),
    [NAME_ITEM_TERRITORY] = ITEM(territory, SLOT_TEXT),
    [NAME_ITEM_URL] = ITEM(url, SLOT_TEXT),
    [NAME_ITEM_POSTED_AT] = ITEM(posted_at, SLOT_I64),
    [NAME_AUTHOR_AGE_BAND] = AUTHOR(age_band, SLOT_INT),
    [NAME_AUTHOR_AGE_ASSURED] = AUTHOR(age_assured, SLOT_INT),
    [NAME_AUTHOR_STRIKES] = AUTHOR(strikes, SLOT_I64),
    [NAME_AUTHOR_COUNTRY] = AUTHOR(country, SLOT_TEXT),
    [NAME_AUTHOR_LANGUAGE] = AUTHOR(language, SLOT_TEXT),
    [NAME_AUTHOR_STATE] = AUTHOR(state, SLOT_INT),
    [NAME_M_STATE] = MEDIUM(state, SLOT_INT),
    [NAME_M_MIME] = MEDIUM(mime, SLOT_TEXT),
    [NAME_M_BYTES] = MEDIUM(bytes, SLOT_I64),
    [NAME_M_WIDTH] = MEDIUM(width, SLOT_INT),
    [NAME_M_HEIGHT] = MEDIUM(height, SLOT_INT),
    [NAME_M_PAGES] = MEDIUM(pages, SLOT_INT),
    [NAME_M_FRAMES] = MEDIUM(pictures, SLOT_INT),
    [NAME_M_QUALITY] = MEDIUM(pdq_quality, SLOT_INT),
    [NAME_FLAGS_USERS] = TRIAL(flags.user, SLOT_I64),
    [NAME_FLAGS_TRUSTED] = TRIAL(flags.trusted, SLOT_I64),
    [NAME_FLAGS_NOTICES] = TRIAL(flags.notice, SLOT_I64),
    [NAME_FLAGS_REFERRALS] = TRIAL(flags.referral, SLOT_I64),
};

/* The medium of the line; those before it come into being as ordinary pictures. */
static struct tl_media *
medium_of(struct trial *t)
{
	size_t i = (size_t)t->given->index;
	for (; t->item.media_count <= i; t->item.media_count++) {
		struct tl_media *m = &t->item.media[t->item.media_count];
		*m = (struct tl_media){.state = TL_MEDIA_DECODED, .mime = TL_S("image/jpeg")};
		m->bytes = 100000;
		m->width = m->height = 512;
		m->has_pdq = true;
		m->pdq_quality = 100;
		m->id.b[0] = (uint8_t)(1 + t->item.media_count);
	}
	return &t->item.media[i];
}

static void
set_slot(struct trial *t, const struct slot *s, const struct tl_lang_value *v)
{
	uint8_t *base = s->of == OF_MEDIUM ? (uint8_t *)medium_of(t) : (uint8_t *)t;
	int narrow = (int)v->u.i;
	if (s->of == OF_AUTHOR)
		t->author_known = true;
	if (s->kind == SLOT_I64)
		memcpy(base + s->offset, &v->u.i, sizeof v->u.i);
	else if (s->kind == SLOT_INT)
		memcpy(base + s->offset, &narrow, sizeof narrow);
	else
		memcpy(base + s->offset, &v->u.s, sizeof v->u.s);
}

/* What takes more than a field ----------------------------------------------------------------------------- */

struct setting {
	const struct tl_lang_name *name;
	struct tl_lang_value value;
	struct tl_str word;   /* the text in brackets, or empty */
	const char *detector; /* of the name and the word */
};

static int
add_signal(
    struct trial *t, const struct setting *s, struct tl_str label, double score, int distance)
{
	if (t->n_signals == SIGNALS_MAX)
		return FAIL(t, t->given->place, "the case has too many signals");
	struct tl_signal *sig = &t->signals[t->n_signals++];
	*sig = (struct tl_signal){.detector = tl_str(s->detector), .label = label};
	sig->version = TL_S("test");
	sig->score = score;
	sig->distance = distance;
	if (s->name->owner) {
		sig->has_media = true;
		sig->media = medium_of(t)->id;
	}
	return 0;
}

static int
set_field(struct trial *t, struct tl_str name, struct tl_str text)
{
	if (t->item.field_count == TL_ITEM_FIELDS_MAX)
		return FAIL(t, t->given->place, "the case has too many texts");
	t->item.fields[t->item.field_count++] = (struct tl_field){name, text};
	return 0;
}

/* text.body = "…": the field is what stands behind the dot. */
static int
set_named_field(struct trial *t, const struct setting *s)
{
	struct tl_str name = tl_str(strchr(s->name->name, '.') + 1);
	return set_field(t, name, s->value.u.s);
}

static int
set_any_field(struct trial *t, const struct setting *s)
{
	return set_field(t, s->word, s->value.u.s);
}

static int
set_match(struct trial *t, const struct setting *s)
{
	if (s->name->owner)
		(void)medium_of(t);
	return s->value.u.b ? add_signal(t, s, s->word, (double)NAN, s->name->owner ? 0 : -1)
			    : 0;
}

static int
set_distance(struct trial *t, const struct setting *s)
{
	if (s->value.u.i < 0 || s->value.u.i > 256)
		return FAIL(t, t->given->value_place, "a distance is 0 to 256");
	(void)medium_of(t);
	return s->value.u.i < 256 ? add_signal(t, s, s->word, (double)NAN, (int)s->value.u.i)
				  : 0;
}

static int
set_hits(struct trial *t, const struct setting *s)
{
	if (s->value.u.i < 0 || s->value.u.i > (int64_t)SIGNALS_MAX)
		return FAIL(t, t->given->value_place, "too many");
	for (int64_t i = 0; i < s->value.u.i; i++) {
		int err = add_signal(t, s, s->word, (double)NAN, -1);
		if (err < 0)
			return err;
	}
	return 0;
}

static int
set_score(struct trial *t, const struct setting *s)
{
	return add_signal(t, s, s->word, s->value.u.d, -1);
}

/* contact.distinct_minors("24h") = 7: that measure over that window. */
static int
set_measure(struct trial *t, const struct setting *s)
{
	int measure = 0, window = 0;
	double n = s->value.type == TL_T_INT ? (double)s->value.u.i : s->value.u.d;
	if (tl_word_parse(tl_contact_measure_names, tl_str(strchr(s->name->name, '.') + 1),
		&measure) < 0 ||
	    tl_word_parse(tl_contact_window_names, s->word, &window) < 0 || !(n >= 0))
		return FAIL(t, t->given->value_place, "a figure is 0 or more");
	t->contacts.v[measure][window] = n;
	t->counted = true;
	return 0;
}

static int
set_item_age(struct trial *t, const struct setting *s)
{
	t->item.posted_at = t->now_us - s->value.u.i;
	return 0;
}

static int
set_is_reply(struct trial *t, const struct setting *s)
{
	t->item.parent_ext = s->value.u.b ? TL_S("parent") : (struct tl_str){0};
	return 0;
}

/* Running unless the case says otherwise. */
static struct tl_stream *
stream_of(struct trial *t)
{
	t->is_stream = true;
	t->item.kind = TL_KIND_LIVE_STREAM;
	return &t->stream;
}

static int
set_stream_running(struct trial *t, const struct setting *s)
{
	stream_of(t)->state = s->value.u.b ? TL_STREAM_RUNNING : TL_STREAM_ENDED;
	return 0;
}

static int
set_stream_age(struct trial *t, const struct setting *s)
{
	stream_of(t)->started_at = t->now_us - s->value.u.i;
	return 0;
}

static int
set_stream_viewers(struct trial *t, const struct setting *s)
{
	stream_of(t)->viewers = s->value.u.i;
	return 0;
}

static int
set_duration(struct trial *t, const struct setting *s)
{
	medium_of(t)->duration_ms = s->value.u.i / TL_US_MS;
	return 0;
}

static int
set_has_sound(struct trial *t, const struct setting *s)
{
	medium_of(t)->has_sound = s->value.u.b;
	return 0;
}

static int
set_author_known(struct trial *t, const struct setting *s)
{
	t->author_known = s->value.u.b;
	return 0;
}

static int
set_age_days(struct trial *t, const struct setting *s)
{
	if (s->value.u.i < 0 || s->value.u.i > 20000)
		return FAIL(t, t->given->value_place, "0 to 20000 days");
	t->author_known = true;
	t->account.created_at = t->now_us - s->value.u.i * TL_US_DAY;
	return 0;
}

static int (*const setters[NAME_COUNT])(struct trial *t, const struct setting *s) = {
    [NAME_ITEM_AGE] = set_item_age,
    [NAME_ITEM_IS_REPLY] = set_is_reply,
    [NAME_STREAM_RUNNING] = set_stream_running,
    [NAME_STREAM_AGE] = set_stream_age,
    [NAME_STREAM_VIEWERS] = set_stream_viewers,
    [NAME_AUTHOR_KNOWN] = set_author_known,
    [NAME_AUTHOR_AGE_DAYS] = set_age_days,
    [NAME_TEXT_TITLE] = set_named_field,
    [NAME_TEXT_BODY] = set_named_field,
    [NAME_TEXT_CAPTION] = set_named_field,
    [NAME_TEXT_BIO] = set_named_field,
    [NAME_TEXT_FIELD] = set_any_field,
    [NAME_TEXT_IN_LIST] = set_match,
    [NAME_TEXT_HITS] = set_hits,
    [NAME_TEXT_SCORE] = set_score,
    [NAME_M_IN_BANK] = set_match,
    [NAME_M_DISTANCE] = set_distance,
    [NAME_M_SCORE] = set_score,
    [NAME_M_DURATION] = set_duration,
    [NAME_M_HAS_SOUND] = set_has_sound,
    [NAME_MODEL_SCORE] = set_score,
#define M(tag, name, type, noun) [NAME_CONTACT_##tag] = set_measure,
#include "core/contact.tbl.h"
#undef M
};

/* Lines ---------------------------------------------------------------------------------------------------- */

/* detector("pdq") = "failed" */
static int
set_detector(struct trial *t)
{
	const struct tl_lang_given *g = t->given;
	bool one = g->n_args == 1 && g->args[0].value.type == TL_T_STRING && !g->args[0].word;
	if (!one || g->value.type != TL_T_STRING || !tl_str_is(g->value.u.s, "failed"))
		return FAIL(t, g->place, "write detector(\"pdq\") = \"failed\"");
	if (t->n_signals == SIGNALS_MAX)
		return FAIL(t, g->place, "the case has too many signals");
	t->signals[t->n_signals++] = (struct tl_signal){
	    .detector = g->args[0].value.u.s,
	    .failed = true,
	    .label = TL_S("test"),
	    .distance = -1,
	};
	return 0;
}

static int
bracket_word(struct trial *t, const struct tl_lang_name *name, struct setting *s)
{
	const struct tl_lang_given *g = t->given;
	if (g->n_args != name->n_args || (name->call != (g->args != NULL)))
		return FAIL(t, g->place, "write %s as rules do", name->name);
	s->detector = name->detector;
	if (!name->n_args || !g->args)
		return 0;
	if (g->args[0].value.type != TL_T_STRING || g->args[0].word)
		return FAIL(t, g->args[0].place, "a text in quotes is expected");
	s->word = g->args[0].value.u.s;
	if (name->detector && strncmp(name->detector, "model:", 6) == 0)
		s->detector = tl_arena_printf(t->set->arena, "model:%.*s", TL_ARG(s->word));
	if (name->domain == DOMAIN_ANY || name->domain == DOMAIN_MODEL)
		return 0;
	const struct tl_lang_domain *d = &t->set->schema.domains[name->domain - 1];
	struct tl_lang_guess guess = {.word = s->word};
	for (size_t i = 0; i < d->count; i++) {
		tl_lang_guess(&guess, d->words[i].word);
		if (!tl_str_eq(d->words[i].word, s->word))
			continue;
		if (d->words[i].detector)
			s->detector = d->words[i].detector;
		return 0;
	}
	return FAIL(t, g->args[0].place, "there is no %s \"%.*s\"%s", d->what, TL_ARG(s->word),
	    tl_lang_guessed(t->report->arena, &guess));
}

static const struct tl_lang_name *
given_name(struct trial *t)
{
	const struct tl_lang_given *g = t->given;
	const struct tl_lang_schema *schema = &t->set->schema;
	bool medium = tl_str_is(g->path, "media") && g->index >= 0 && g->member.n;
	struct tl_str word = medium ? g->member : g->path;
	struct tl_lang_guess guess = {.word = word};
	for (size_t i = 0; i < schema->count; i++) {
		const struct tl_lang_name *n = &schema->names[i];
		bool settable = slots[n->id].kind != SLOT_NONE || setters[n->id];
		if ((n->owner != NULL) != medium || !settable)
			continue;
		if (tl_str_is(word, n->name))
			return n;
		tl_lang_guess(&guess, tl_str(n->name));
	}
	(void)FAIL(t, g->place, "\"%.*s\" cannot be given%s", TL_ARG(word),
	    tl_lang_guessed(t->report->arena, &guess));
	return NULL;
}

static int
read_line(struct trial *t)
{
	if (tl_str_is(t->given->path, "detector"))
		return set_detector(t);
	if (t->given->index >= TL_ITEM_MEDIA_MAX)
		return FAIL(
		    t, t->given->place, "an item has at most %d media", TL_ITEM_MEDIA_MAX);
	struct setting s = {.name = given_name(t)};
	if (!s.name)
		return TL_EPARSE;
	int err = bracket_word(t, s.name, &s);
	if (err == 0)
		err = value_of(t, s.name, &s.value);
	if (err < 0)
		return err;
	const struct slot *slot = &slots[s.name->id];
	if (slot->kind == SLOT_NONE)
		return setters[s.name->id](t, &s);
	set_slot(t, slot, &s.value);
	if (s.name->id == NAME_M_STATE)
		medium_of(t)->has_pdq = s.value.u.i == TL_MEDIA_DECODED;
	return 0;
}

/* Verdicts ------------------------------------------------------------------------------------------------- */

static const struct tl_reason *
reason_by(const struct tl_verdict *v, struct tl_str rule)
{
	for (size_t i = 0; i < v->reason_count; i++) {
		if (tl_str_eq(v->reasons[i].rule, rule))
			return &v->reasons[i];
	}
	return NULL;
}

static int
check_by(struct trial *t, const struct tl_lang_test *test, const struct tl_verdict *v)
{
	for (size_t i = 0; i < test->n_by; i++) {
		struct tl_str rule = test->by[i].value.u.s;
		if (!reason_by(v, rule))
			return FAIL(t, test->by[i].place,
			    "the test \"%.*s\" failed: the rule %.*s did not hold",
			    TL_ARG(test->name), TL_ARG(rule));
	}
	return 0;
}

static int
check_verdict(struct trial *t, const struct tl_lang_test *test, const struct tl_verdict *v)
{
	int want;
	if (tl_word_parse(tl_verdict_word_names, test->expect, &want) < 0)
		return FAIL(t, test->expect_place,
		    "a verdict is one of allow, review, withhold, block");
	if ((int)v->word == want)
		return check_by(t, test, v);
	TL_CLEANUP(tl_buf_fini) struct tl_buf held = {.limit = 300};
	for (size_t i = 0; i < v->reason_count; i++)
		tl_buf_printf(&held, "%s%.*s",
		    i ? ", " : "; rules that held: ", TL_ARG(v->reasons[i].rule));
	return FAIL(t, test->expect_place, "the test \"%.*s\" failed: the verdict was %s%s",
	    TL_ARG(test->name), tl_verdict_word_names[v->word], tl_buf_z(&held));
}

static void
begin(struct trial *t, struct tl_rule_set *set, const struct pack *p,
    struct tl_lang_report *report)
{
	memset(t, 0, sizeof *t);
	t->set = set;
	t->pack = p;
	t->report = report;
	t->now_us = TEST_NOW_US;
	t->item.version = 1;
	t->item.state = TL_ITEM_SCANNED;
	t->item.posted_at = TEST_NOW_US - TL_US_HOUR;
	t->account.created_at = TEST_NOW_US - 400 * TL_US_DAY;
	for (int m = 0; m < TL_MEASURES; m++)
		for (int w = 0; w < tl_contact_window_count; w++)
			t->contacts.v[m][w] = (double)NAN;
}

static int
run_one(struct trial *t, const struct tl_lang_test *test, struct tl_arena *a)
{
	for (size_t i = 0; i < test->n_given; i++) {
		t->given = &test->given[i];
		int err = read_line(t);
		if (err < 0)
			return err;
	}
	struct tl_rules_input in = {
	    .item = &t->item,
	    .account = t->author_known ? &t->account : NULL,
	    .signals = t->signals,
	    .signal_count = t->n_signals,
	    .flags = t->flags,
	    .stream = t->is_stream ? &t->stream : NULL,
	    .contacts = t->counted ? &t->contacts : NULL,
	    .now_us = t->now_us,
	};
	struct tl_verdict v;
	const struct pack *p = t->pack;
	int err = rules_judge(t->set, p->first_rule, p->tree.n_rules, true, &in, a, &v);
	return err < 0 ? err : check_verdict(t, test, &v);
}

int
rules_run_tests(struct tl_rule_set *set, const struct pack *p, struct tl_lang_report *report)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *a = tl_arena_create(VERDICT_BYTES);
	struct trial *t = TL_NEW(set->arena, struct trial);
	if (!t)
		return tl_arena_check(set->arena);
	for (size_t i = 0; i < p->tree.n_tests; i++) {
		tl_arena_reset(a);
		begin(t, set, p, report);
		int err = run_one(t, &p->tree.tests[i], a);
		if (err < 0 && tl_err_kind(err) != TL_INPUT)
			return err;
		set->n_tests += err == 0;
	}
	return 0;
}
