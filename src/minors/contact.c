/*
 * The contact gate's rows and tests.
 *
 * Promises: see the header; tests/unit/minors_contact.c walks every kind, band, setting and relation, also with a matrix
 * that lets minors do everything. Called by whoever answers POST /v1/contacts/check.
 */
#include "minors/contact.h"

/* One question with what follows from it. */
struct seen {
	const struct tl_contact_question *ask;
	bool accepted;
	uint8_t from[TL_CONTACT_SETTINGS], to[TL_CONTACT_SETTINGS]; /* levels in force */
	enum tl_age_band from_band, to_band;                        /* as treated */
};

static const struct {
	const char *key;
	const char *words[3];
} settings[] = {
#define K(name, setting, ...) [TL_CONTACT_SET_##name] = {setting, {__VA_ARGS__}},
#include "minors/contact.tbl.h"
#undef K
};

void
tl_contact_map_init(struct tl_contact_map *map, const struct tl_minors *m)
{
	*map = (struct tl_contact_map){.minors = m};
	for (size_t k = 0; k < TL_CONTACT_SETTINGS; k++) {
		const struct tl_minors_setting *s = tl_minors_find(m, tl_str(settings[k].key));
		map->at[k] = s ? (size_t)(s - m->settings) : m->setting_count;
		for (size_t v = 0; s && v < s->value_count; v++)
			for (size_t w = 0; w < TL_COUNT(settings[k].words); w++)
				if (settings[k].words[w] &&
				    tl_str_is(s->values[v], settings[k].words[w]))
					map->level[k][v] = (uint8_t)w;
	}
}

static void
levels(const struct tl_contact_map *map, const struct tl_minors_account *a, int64_t now,
    uint8_t level[TL_CONTACT_SETTINGS])
{
	for (size_t k = 0; k < TL_CONTACT_SETTINGS; k++) {
		bool there = map->at[k] < map->minors->setting_count;
		level[k] =
		    there
			? map->level[k][tl_minors_answer(map->minors, a, map->at[k], now).value]
			: 0;
	}
}

/* The tests of the table ---------------------------------------------------------------------------------------- */

static bool
always(const struct seen *s)
{
	(void)s;
	return true;
}

static bool
is_away(const struct seen *s)
{
	return !s->ask->from.account || !s->ask->to.account || !s->ask->relation;
}

static bool
sender_is_gone(const struct seen *s)
{
	return s->ask->from.state != TL_ACCOUNT_ACTIVE;
}

static bool
recipient_is_gone(const struct seen *s)
{
	return s->ask->to.state != TL_ACCOUNT_ACTIVE;
}

static bool
sender_is_too_young(const struct seen *s)
{
	return s->from_band == TL_AGE_UNDER_13;
}

static bool
recipient_is_too_young(const struct seen *s)
{
	return s->to_band == TL_AGE_UNDER_13;
}

static bool
is_blocked(const struct seen *s)
{
	return tl_relation_does(s->ask->relation, 0, TL_RELATION_BLOCK) ||
	       tl_relation_does(s->ask->relation, 1, TL_RELATION_BLOCK);
}

static bool
is_limited(const struct seen *s)
{
	return tl_relation_does(s->ask->relation, !s->ask->from_side, TL_RELATION_LIMIT);
}

static bool
is_declined(const struct seen *s)
{
	return tl_relation_declined(s->ask->relation, !s->ask->from_side);
}

static bool
is_pending(const struct seen *s)
{
	return !s->accepted && tl_relation_pending(s->ask->relation, s->ask->from_side);
}

static bool
is_unsolicited(const struct seen *s)
{
	return !s->accepted;
}

//= law:dsa-28.1
static bool
is_unsolicited_to_minor(const struct seen *s)
{
	return !s->accepted && s->to_band != TL_AGE_18;
}

/* To adults their settings say what they take; for minors they say what they may send as well. */
static bool
sender_is_minor(const struct seen *s)
{
	return s->from_band != TL_AGE_18;
}

static bool
sender_messages_nobody(const struct seen *s)
{
	return sender_is_minor(s) && s->from[TL_CONTACT_SET_MESSAGES] == 0;
}

static bool
sender_messages_friends(const struct seen *s)
{
	return sender_is_minor(s) && s->from[TL_CONTACT_SET_MESSAGES] == 1 && !s->accepted;
}

static bool
sender_media_off(const struct seen *s)
{
	return sender_is_minor(s) && s->from[TL_CONTACT_SET_MEDIA] == 0;
}

static bool
messages_nobody(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_MESSAGES] == 0;
}

static bool
messages_friends(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_MESSAGES] == 1 && !s->accepted;
}

static bool
strangers_blocked(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_STRANGERS] == 0 && !s->accepted;
}

static bool
media_off(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_MEDIA] == 0;
}

static bool
sender_follows(const struct seen *s)
{
	return tl_relation_does(s->ask->relation, s->ask->from_side, TL_RELATION_FOLLOW);
}

static bool
follow_asks(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_FOLLOWS] == 0 || s->to[TL_CONTACT_SET_VISIBILITY] == 0;
}

static bool
groups_never(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_GROUPS] == 0;
}

static bool
groups_ask(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_GROUPS] == 1;
}

static bool
comments_nobody(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_COMMENTS] == 0;
}

static bool
comments_friends(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_COMMENTS] == 1 && !s->accepted;
}

static bool
mentions_nobody(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_MENTIONS] == 0;
}

static bool
mentions_friends(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_MENTIONS] == 1 && !s->accepted;
}

static bool
hosting_off(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_HOSTING] == 0;
}

static bool
audience_too_young(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_HOSTING] == 1 && s->from_band != TL_AGE_16_17 &&
	       s->from_band != TL_AGE_18;
}

static bool
live_is_private(const struct seen *s)
{
	return s->to[TL_CONTACT_SET_VISIBILITY] == 0 && !s->accepted && !sender_follows(s);
}

/* The table ------------------------------------------------------------------------------------------------------ */

enum kinds {
	K_MESSAGE = 1 << TL_CONTACT_MESSAGE,
	K_MEDIA = 1 << TL_CONTACT_MEDIA,
	K_FOLLOW = 1 << TL_CONTACT_FOLLOW,
	K_COMMENT = 1 << TL_CONTACT_COMMENT,
	K_MENTION = 1 << TL_CONTACT_MENTION,
	K_GROUP = 1 << TL_CONTACT_GROUP,
	K_LIVE = 1 << TL_CONTACT_LIVE,
	K_MESSAGES = K_MESSAGE | K_MEDIA,
	K_REACHING = K_MESSAGES | K_GROUP, /* what brings words of others to the recipient */
	K_ANY = (1 << tl_contact_kind_count) - 1
};

enum says { SAYS_NOTHING, SAYS_MAYBE, SAYS_OWN, SAYS_LATER };

static const char *const sender_texts[] = {
    [SAYS_MAYBE] = "contact_maybe", [SAYS_OWN] = "contact_own", [SAYS_LATER] = "contact_later"};

static const struct row {
	unsigned kinds;
	bool (*test)(const struct seen *s);
	enum tl_contact_outcome outcome;
	enum says says;
	const char *code, *sentence;
} rows[] = {
#define C(name, kinds, test, outcome, says, code, sentence)                                    \
	[TL_CONTACT_WHY_##name] = {                                                            \
	    K_##kinds, test, TL_CONTACT_##outcome, SAYS_##says, code, sentence},
#include "minors/contact.tbl.h"
#undef C
};

struct tl_contact_answer
tl_contact_decide(const struct tl_contact_map *map, const struct tl_contact_question *ask)
{
	struct seen s = {.ask = ask};
	if (!is_away(&s)) {
		s.accepted = tl_relation_accepted(ask->relation, ask->now) > 0;
		levels(map, ask->from.account, ask->now, s.from);
		levels(map, ask->to.account, ask->now, s.to);
		s.from_band = tl_minors_band(map->minors, ask->from.account->band);
		s.to_band = tl_minors_band(map->minors, ask->to.account->band);
	}
	for (size_t i = 0; i < TL_COUNT(rows); i++)
		if ((rows[i].kinds >> ask->kind & 1) && rows[i].test(&s))
			return (struct tl_contact_answer){
			    rows[i].outcome, (enum tl_contact_why)i};
	return (struct tl_contact_answer){TL_CONTACT_DENY, TL_CONTACT_WHY_AWAY};
}

const char *
tl_contact_code(enum tl_contact_why why)
{
	return rows[why].code;
}

const char *
tl_contact_sentence(enum tl_contact_why why)
{
	return rows[why].sentence;
}

const char *
tl_contact_to_sender(enum tl_contact_why why)
{
	return sender_texts[rows[why].says];
}

const char *
tl_contact_to_recipient(enum tl_contact_why why)
{
	return rows[why].outcome == TL_CONTACT_REQUEST ? "contact_request" : NULL;
}
