/*
 * Reads actions.yaml, queues.yaml and texts/en.yaml.
 *
 * Promises: names are unique; restrictions are the Commission's words; a reverse is in the catalogue and can be
 * taken on the same subjects; keys do not collide with each other or with the console's own. Called by policy.c.
 */
#include "config/policy_int.h"
#include "core/dsa.h"
#include "sys/clock.h"

#define CONSOLE_KEYS "egjkmnpstu"

struct raw_action {
	const char *name, *title, *key, *restriction, *reverse, *sentence, *help;
	const struct tl_yaml *subjects;
	bool outgoing;
	int64_t confirm_us, duration_us;
};

#define F(field, member, type, lo, hi, required)                                               \
	{                                                                                      \
		field, type, offsetof(struct raw_action, member), lo, hi, NULL, required       \
	}

static const struct tl_yaml_field action_fields[] = {
    F("name", name, TL_Y_STR, 1, 40, true),
    F("title", title, TL_Y_STR, 1, 60, true),
    F("key", key, TL_Y_STR, 1, 1, false),
    F("restriction", restriction, TL_Y_STR, 1, 60, false),
    F("subjects", subjects, TL_Y_STRS, 1, 2, true),
    F("reverse", reverse, TL_Y_STR, 1, 40, false),
    F("sentence", sentence, TL_Y_STR, 3, 300, true),
    F("help", help, TL_Y_STR, 3, 300, true),
    F("confirm", confirm_us, TL_Y_DURATION, TL_US_S, 30 * TL_US_DAY, false),
    F("outgoing", outgoing, TL_Y_BOOL, 0, 0, false),
    F("duration", duration_us, TL_Y_DURATION, TL_US_MIN, 3650 * TL_US_DAY, false),
};
#undef F

static int
check_key(const struct loading *l, const struct tl_yaml *at, char key, size_t count)
{
	if (key < 'a' || key > 'z' || strchr(CONSOLE_KEYS, key))
		return tl_yaml_error(tl_yaml_get(at, "key"),
		    "key: a small letter that the console does not use itself (%s)",
		    CONSOLE_KEYS);
	for (size_t i = 0; i < count; i++) {
		if (l->set->actions[i].key == key)
			return tl_yaml_error(tl_yaml_get(at, "key"),
			    "key: \"%.*s\" has this key already",
			    TL_ARG(l->set->actions[i].name));
	}
	return 0;
}

static int
set_subjects(const struct tl_yaml *list, struct tl_action_def *a)
{
	for (const struct tl_yaml *s = list->first; s; s = s->next) {
		if (tl_str_is(s->text, "item"))
			a->on_item = true;
		else if (tl_str_is(s->text, "account"))
			a->on_account = true;
		else
			return tl_yaml_error(s, "subjects: item or account");
	}
	return 0;
}

static int
read_action(struct loading *l, const struct tl_yaml *at, struct tl_action_def *a, size_t count)
{
	struct raw_action raw = {.outgoing = true, .confirm_us = TL_US_HOUR};
	int rc = tl_yaml_fill(at, action_fields, TL_COUNT(action_fields), &raw);
	if (rc < 0)
		return rc;
	if (tl_action_find(l->set, tl_str(raw.name)))
		return tl_yaml_error(at, "the action \"%s\" stands here twice", raw.name);
	if (raw.key) {
		rc = check_key(l, at, raw.key[0], count);
		if (rc < 0)
			return rc;
	}
	*a = (struct tl_action_def){
	    .name = tl_str(raw.name),
	    .title = tl_str(raw.title),
	    .key = raw.key ? raw.key[0] : '\0',
	    .restriction_word = tl_policy_prefixed(l, "DECISION_", raw.restriction),
	    .outgoing = raw.outgoing,
	    .reverse = tl_str(raw.reverse),
	    .sentence = tl_str(raw.sentence),
	    .help = tl_str(raw.help),
	    .confirm_us = raw.confirm_us,
	    .duration_us = raw.duration_us,
	};
	a->restriction = tl_dsa_restriction(a->restriction_word);
	if (raw.restriction && a->restriction == TL_RESTRICT_NONE)
		return tl_yaml_error(tl_yaml_get(at, "restriction"),
		    "restriction: \"%s\" is not one of the Commission's words",
		    raw.restriction);
	return set_subjects(raw.subjects, a);
}

static int
check_reverse(
    const struct tl_policy_set *set, const struct tl_action_def *a, const struct tl_yaml *at)
{
	if (a->reverse.n == 0)
		return 0;
	const struct tl_action_def *r = tl_action_find(set, a->reverse);
	if (!r)
		return tl_yaml_error(tl_yaml_get(at, "reverse"),
		    "reverse: there is no action \"%.*s\"", TL_ARG(a->reverse));
	if ((a->on_item && !r->on_item) || (a->on_account && !r->on_account))
		return tl_yaml_error(tl_yaml_get(at, "reverse"),
		    "reverse: \"%.*s\" cannot be taken on the same subjects",
		    TL_ARG(a->reverse));
	return 0;
}

int
tl_policy_read_actions(struct loading *l, const struct tl_yaml *root)
{
	const struct tl_yaml *list = NULL;
	int rc = tl_policy_list(root, "actions", &list);
	if (rc < 0)
		return rc;
	struct tl_action_def *actions = TL_NEWS(l->arena, struct tl_action_def, list->count);
	if (!actions)
		return tl_fail(TL_ENOMEM, "the action catalogue is too large");
	l->set->actions = actions;
	for (const struct tl_yaml *at = list->first; at; at = at->next) {
		size_t n = l->set->action_count;
		rc = read_action(l, at, &actions[n], n);
		if (rc < 0)
			return rc;
		l->set->action_count++;
	}
	size_t i = 0;
	for (const struct tl_yaml *at = list->first; at && rc == 0; at = at->next, i++)
		rc = check_reverse(l->set, &actions[i], at);
	return rc;
}

struct raw_queue {
	const char *name, *title;
	const struct tl_yaml *skills;
};

static const struct tl_yaml_field queue_fields[] = {
    {"name", TL_Y_STR, offsetof(struct raw_queue, name), 1, 40, NULL, true},
    {"title", TL_Y_STR, offsetof(struct raw_queue, title), 1, 60, NULL, true},
    {"skills", TL_Y_STRS, offsetof(struct raw_queue, skills), 0, 8, NULL, false},
};

static struct tl_str
joined(struct loading *l, const struct tl_yaml *list)
{
	const char *all = "";
	for (const struct tl_yaml *s = list ? list->first : NULL; s; s = s->next)
		all = tl_arena_printf(
		    l->arena, "%s%s%.*s", all, *all ? " " : "", TL_ARG(s->text));
	return tl_str(all);
}

int
tl_policy_read_queues(struct loading *l, const struct tl_yaml *root)
{
	const struct tl_yaml *list = NULL;
	int rc = tl_policy_list(root, "queues", &list);
	if (rc < 0)
		return rc;
	struct tl_queue_def *queues = TL_NEWS(l->arena, struct tl_queue_def, list->count);
	if (!queues)
		return tl_fail(TL_ENOMEM, "too many queues");
	l->set->queues = queues;
	for (const struct tl_yaml *at = list->first; at; at = at->next) {
		struct raw_queue raw = {0};
		rc = tl_yaml_fill(at, queue_fields, TL_COUNT(queue_fields), &raw);
		if (rc < 0)
			return rc;
		if (tl_queue_find(l->set, tl_str(raw.name)))
			return tl_yaml_error(
			    at, "the queue \"%s\" stands here twice", raw.name);
		queues[l->set->queue_count++] = (struct tl_queue_def){
		    tl_str(raw.name), tl_str(raw.title), joined(l, raw.skills)};
	}
	return 0;
}

static const char *const text_names[] = {
#define X(name) name,
#include "config/texts.tbl.h"
#undef X
};

static int
check_text(const struct tl_yaml *t)
{
	for (size_t i = 0; i < TL_COUNT(text_names); i++) {
		if (tl_str_is(t->key->text, text_names[i]))
			return t->kind == TL_YAML_SCALAR && t->text.n
				   ? 0
				   : tl_yaml_error(t, "expected a text");
	}
	const char *near = tl_nearest(t->key->text, text_names, TL_COUNT(text_names));
	return tl_yaml_error(t->key, "no statement uses the text \"%.*s\"%s%s%s",
	    TL_ARG(t->key->text), near ? "; did you mean \"" : "", near ? near : "",
	    near ? "\"?" : "");
}

struct raw_texts {
	const char *language;
	const struct tl_yaml *texts;
};

static const struct tl_yaml_field texts_fields[] = {
    {"language", TL_Y_STR, offsetof(struct raw_texts, language), 2, 2, NULL, true},
    {"texts", TL_Y_MAP, offsetof(struct raw_texts, texts), 1, 256, NULL, true},
};

int
tl_policy_read_texts(struct loading *l, const struct tl_yaml *root)
{
	struct raw_texts raw = {0};
	int rc = tl_yaml_fill(root, texts_fields, TL_COUNT(texts_fields), &raw);
	if (rc < 0)
		return rc;
	struct tl_text *texts = TL_NEWS(l->arena, struct tl_text, raw.texts->count);
	if (!texts)
		return tl_fail(TL_ENOMEM, "too many texts");
	l->set->texts = texts;
	for (const struct tl_yaml *t = raw.texts->first; t; t = t->next) {
		rc = check_text(t);
		if (rc < 0)
			return rc;
		texts[l->set->text_count++] = (struct tl_text){t->key->text, t->text};
	}
	for (size_t i = 0; i < TL_COUNT(text_names); i++) {
		if (!tl_yaml_get(raw.texts, text_names[i]))
			return tl_yaml_error(
			    raw.texts, "the text \"%s\" is missing", text_names[i]);
	}
	return 0;
}
