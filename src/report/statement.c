/*
 * Owns the statement of reasons: the sections that a person reads, and the whole object.
 *
 * Promises: every element of article 17(3) is there: restriction, scope and duration (a); facts, and what led
 * to them (b); automated means (c); legal (d) or contractual ground (e) with why it applies; redress (f). No
 * personal data. On failure nothing is appended. Called when a decision is recorded, before its transaction ends.
 */
#include "report/statement.h"

#include "base/json.h"
#include "report/statement_int.h"

struct filling {
	const char *name;
	struct tl_str value;
};

bool
tl_statement_due(const struct tl_decision *d)
{
	if (d->kind == TL_DECISION_CLEAR)
		return false;
	if (d->kind == TL_DECISION_REVERSE)
		return true; /* of what cannot be undone, too */
	for (size_t i = 0; i < d->action_count; i++) {
		if (d->actions[i].def->restriction != TL_RESTRICT_NONE)
			return true;
	}
	return false;
}

/* Appends `text` with its {names} filled in; a name that is not given stays as it is. */
static void
fill(struct tl_buf *out, struct tl_str text, const struct filling *f, size_t count)
{
	for (size_t i = 0; i < text.n; i++) {
		size_t k = count;
		if (f && text.p[i] == '{') {
			for (k = 0; k < count; k++) {
				size_t n = strlen(f[k].name);
				if (text.n - i > n + 1 && text.p[i + n + 1] == '}' &&
				    memcmp(text.p + i + 1, f[k].name, n) == 0)
					break;
			}
		}
		if (!f || k == count) {
			tl_buf_byte(out, text.p[i]);
			continue;
		}
		tl_buf_put(out, f[k].value.p, f[k].value.n);
		i += strlen(f[k].name) + 1;
	}
}

/* One sentence of the text table, after a blank when there is something before it. */
static void
say(struct tl_buf *out, const struct tl_statement_env *env, const char *name,
    const struct filling *f, size_t count)
{
	if (out->n)
		tl_buf_byte(out, ' ');
	fill(out, tl_text_find(env->policies, tl_str(name)), f, count);
}

static void
say_plain(struct tl_buf *out, struct tl_str sentence)
{
	if (out->n && sentence.n)
		tl_buf_byte(out, ' ');
	tl_buf_put(out, sentence.p, sentence.n);
}

static int64_t
end_of(const struct tl_decision *d, enum tl_restriction kind)
{
	switch (kind) {
	case TL_RESTRICT_VISIBILITY:
		return d->visibility_end;
	case TL_RESTRICT_MONETARY:
		return d->monetary_end;
	case TL_RESTRICT_PROVISION:
		return d->service_end;
	case TL_RESTRICT_ACCOUNT:
		return d->account_end;
	case TL_RESTRICT_NONE:
		break;
	}
	return 0;
}

static void
say_duration(struct tl_buf *out, const struct tl_statement_env *env, int64_t end)
{
	char date[TL_TIME_MAX];
	tl_time_format(date, end);
	const struct filling f = {"date", tl_bytes(date, 10)};
	say(out, env, end ? "duration.until" : "duration.open", &f, 1);
}

/* "DE, FR" from the JSON array or the plain words of the decision. */
static void
say_scope(struct tl_buf *out, const struct tl_statement_env *env, struct tl_str scope)
{
	struct tl_buf words TL_CLEANUP(tl_buf_fini) = {0};
	for (size_t i = 0; i < scope.n; i++) {
		uint8_t c = scope.p[i];
		if (c == ',')
			tl_buf_puts(&words, ", ");
		else if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			tl_buf_byte(&words, c);
	}
	const struct filling f = {"territories", tl_buf_str(&words)};
	say(out, env, words.n ? "scope.some" : "scope.all", &f, 1);
}

//= law:dsa-17.3.a
static void
restriction(struct tl_buf *out, const struct tl_decision *d, const struct tl_statement_env *env)
{
	const struct filling f = {"service", tl_str(env->service_name)};
	const char *greeting = d->kind == TL_DECISION_REVERSE       ? "greeting.reverse"
			       : d->subject_kind == TL_SUBJECT_ITEM ? "greeting.item"
								    : "greeting.account";
	say(out, env, greeting, &f, 1);
	for (size_t i = 0; i < d->action_count; i++) {
		const struct tl_action_def *a = d->actions[i].def;
		if (a->restriction == TL_RESTRICT_NONE && d->kind == TL_DECISION_ACT)
			continue; /* help and evidence are no restriction */
		say_plain(out, a->sentence);
		if (a->restriction != TL_RESTRICT_NONE)
			say_duration(out, env, end_of(d, a->restriction));
	}
	if (d->kind == TL_DECISION_ACT)
		say_scope(out, env, d->territorial_scope);
}

//= law:dsa-17.3.b
static void
facts(struct tl_buf *out, const struct tl_decision *d, const struct tl_statement_env *env)
{
	char name[48];
	say_plain(out, d->facts);
	(void)snprintf(name, sizeof name, "trigger.%s", tl_trigger_names[d->trigger]);
	say(out, env, name, NULL, 0);
}

//= law:dsa-17.3.d
//= law:dsa-17.3.e
static void
ground(struct tl_buf *out, const struct tl_decision *d, const struct tl_statement_env *env)
{
	bool illegal = d->ground == TL_GROUND_ILLEGAL;
	const struct filling f = {"ground", illegal ? d->legal_ground : d->terms_ground};
	say(out, env, illegal ? "ground.illegal" : "ground.incompatible", &f, 1);
	say_plain(out, illegal ? d->legal_explanation : d->terms_explanation);
	if (!illegal && d->terms_also_illegal == 1)
		say(out, env, "also.illegal", NULL, 0);
}

//= law:dsa-17.3.c
static void
automation(struct tl_buf *out, const struct tl_decision *d, const struct tl_statement_env *env)
{
	char name[32];
	say(out, env, d->automated_detection ? "detection.automated" : "detection.human", NULL,
	    0);
	(void)snprintf(
	    name, sizeof name, "decision.%s", tl_automation_names[d->automated_decision]);
	say(out, env, name, NULL, 0);
}

//= law:dsa-17.3.f
static void
redress(struct tl_buf *out, const struct tl_decision *d, const struct tl_statement_env *env)
{
	(void)d;
	char days[24];
	(void)snprintf(days, sizeof days, "%lld", (long long)env->complaint_days);
	const struct filling f[] = {{"service", tl_str(env->service_name)},
	    {"days", tl_str(days)}, {"complaint_url", tl_str(env->complaint_url)},
	    {"contact", tl_str(env->contact)}};
	const char *name = "redress.complaint";
	if (env->complaint_url && *env->complaint_url)
		name = "redress.complaint_url";
	else if (env->contact && *env->contact)
		name = "redress.complaint_contact";
	say(out, env, name, f, TL_COUNT(f));
	say(out, env, "redress.dispute", NULL, 0);
}

static const struct section {
	const char *heading;
	bool on_reverse; /* also when a restriction is taken back */
	void (*write)(struct tl_buf *out, const struct tl_decision *d,
	    const struct tl_statement_env *env);
} sections[] = {
    {"heading.restriction", true, restriction},
    {"heading.facts", true, facts},
    {"heading.ground", false, ground},
    {"heading.automation", false, automation},
    {"heading.redress", false, redress},
};

static void
write_sections(struct tl_buf *out, struct tl_buf *text, const struct tl_decision *d,
    const struct tl_statement_env *env)
{
	tl_js_open(out, "sections", '[');
	for (size_t i = 0; i < TL_COUNT(sections); i++) {
		if (d->kind == TL_DECISION_REVERSE && !sections[i].on_reverse)
			continue;
		struct tl_buf body TL_CLEANUP(tl_buf_fini) = {0};
		sections[i].write(&body, d, env);
		struct tl_str heading =
		    tl_text_find(env->policies, tl_str(sections[i].heading));
		tl_js_open(out, NULL, '{');
		tl_js_str(out, "heading", heading);
		tl_js_str(out, "text", tl_buf_str(&body));
		tl_js_close(out, '}');
		tl_buf_printf(text, "%s%.*s\n%.*s\n", text->n ? "\n" : "", TL_ARG(heading),
		    TL_ARG(tl_buf_str(&body)));
	}
	tl_js_close(out, ']');
}

int
tl_statement_compose(
    const struct tl_decision *d, const struct tl_statement_env *env, struct tl_buf *out)
{
	const char *personal = tl_statement_personal(d->facts);
	if (personal)
		return tl_fail_at(TL_EFIELD, "/facts",
		    "the facts seem to hold %s; a statement holds no personal data", personal);
	struct tl_buf all TL_CLEANUP(tl_buf_fini) = {0};
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	tl_js_open(&all, NULL, '{');
	tl_js_z(&all, "language", "en");
	write_sections(&all, &text, d, env);
	tl_js_str(&all, "text", tl_buf_str(&text));
	struct tl_buf dsa TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_statement_dsa(d, &dsa);
	if (rc < 0)
		return rc;
	tl_js_raw0(&all, "dsa", tl_buf_str(&dsa));
	tl_js_close(&all, '}');
	tl_buf_put(out, all.p, all.n);
	return 0;
}

int
tl_statement_hook(void *env, const struct tl_decision *d, struct tl_buf *out)
{
	if (tl_statement_due(d))
		return tl_statement_compose(d, env, out);
	tl_buf_puts(out, "{}");
	return 0;
}

int
tl_statement_text(struct tl_str statement, struct tl_buf *out)
{
	json_t *j TL_CLEANUP(tl_json_unref) = NULL;
	int rc = tl_json_parse(statement, &j);
	if (rc < 0)
		return rc;
	struct tl_str text = tl_json_str(json_object_get(j, "text"));
	tl_buf_put(out, text.p, text.n);
	return 0;
}
