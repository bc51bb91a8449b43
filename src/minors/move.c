/*
 * Migrations of settings (move.h).
 *
 * Promises: a step is one transaction with its place in it, so an account is moved once whoever dies; who was moved after the
 * snapshot that told of it is not moved again. Undone, a person has back what was in force, as far as the policy lets them
 * choose it, unless somebody changed the setting since. Failures: CONFLICT, the store's: then the step is tried again.
 * Called by the clerk, the console and the CLI.
 */
#include "minors/move.h"

#include "base/arena.h"
#include "base/buf.h"
#include "minors/history.h"
#include "minors/in_force.h"
#include "minors/settings.h"
#include "minors/tell.h"
#include "store/accounts.h"
#include "store/snapshots.h"
#include "sys/clock.h"
#include "sys/killpoint.h"

#define ARENA_BYTES ((size_t)16 << 20)

int
tl_move_step(enum tl_move_state state, enum tl_move_event event, enum tl_move_state *ret)
{
	static const struct {
		enum tl_move_state state;
		enum tl_move_event event;
		enum tl_move_state next;
	} table[] = {
#define M(state, event, next) {TL_MOVE_##state, TL_MOVE_##event, TL_MOVE_##next},
#include "minors/move_state.tbl.h"
#undef M
	};
	for (size_t i = 0; i < TL_COUNT(table); i++) {
		if (table[i].state == state && table[i].event == event) {
			*ret = table[i].next;
			return 0;
		}
	}
	return tl_fail(TL_ECONFLICT, "the migration is %s: this cannot be done",
	    tl_move_state_names[state]);
}

int
tl_move_start(struct tl_db *db, struct tl_move *m)
{
	int64_t active = 0;
	int rc = tl_move_active(db, m->platform, m->live, &active);
	if (rc == 0 && active)
		rc = tl_fail(TL_ECONFLICT, "another migration of this platform has not ended");
	if (rc < 0)
		return rc;
	m->id = tl_id_new();
	m->state = TL_MOVE_RUNNING;
	m->made_at = m->next_at = tl_now_us();
	return tl_move_add(db, m);
}

int
tl_move_do(struct tl_db *db, struct tl_move *m, enum tl_move_event event)
{
	int64_t active = 0;
	enum tl_move_state next;
	int rc = tl_move_step(m->state, event, &next);
	if (rc == 0 && m->state == TL_MOVE_DONE)
		rc = tl_move_active(db, m->platform, m->live, &active);
	if (rc == 0 && active)
		rc = tl_fail(TL_ECONFLICT, "another migration of this platform has not ended");
	if (rc < 0)
		return rc;
	m->state = next;
	m->next_at = tl_now_us();
	if (event == TL_MOVE_UNDO) { /* from the first account again */
		m->place = (struct tl_id){0};
		m->ended_at = 0;
	}
	return tl_move_save(db, m);
}

/* One step -------------------------------------------------------------------------------------------------------- */

struct step {
	struct tl_db *db;
	const struct tl_policy_set *set;
	const struct tl_minors *m;
	struct tl_move *move;
	struct tl_setting_words *words;
	struct tl_arena *arena;
	int64_t now;
};

/* The account that is moved or put back. */
struct subject {
	struct tl_account who;
	struct tl_minors_account a;
	struct tl_in_force was; /* of the settings that are changed */
	struct tl_buf changes;  /* JSON of each, with commas */
	struct tl_id cause;
	int64_t settings;
	bool followers; /* strangers could follow it until now */
};

static void
subject_fini(struct subject *s)
{
	tl_buf_fini(&s->changes);
}

static int
load(const struct step *t, struct tl_id account, struct subject *s)
{
	int rc = tl_account_get(t->db, t->move->platform, account, t->arena, &s->who);
	return rc < 0 ? rc : tl_settings_load(t->db, t->m, t->move->platform, &s->who, &s->a);
}

static void
put_change(const struct step *t, struct subject *s, size_t i, uint8_t from, uint8_t to)
{
	const struct tl_minors_setting *def = &t->m->settings[i];
	tl_js_open(&s->changes, NULL, '{');
	tl_js_str(&s->changes, "key", def->key);
	tl_js_str(&s->changes, "from", def->values[from]);
	tl_js_str(&s->changes, "to", def->values[to]);
	tl_js_str(&s->changes, "purpose_text", tl_minors_text(t->m, s->who.language, def->why));
	tl_js_close(&s->changes, '}');
	s->settings++;
}

/* The notice to the person, in their language; what the platform must do stands beside it. */
static int
tell(const struct step *t, const struct subject *s, const char *type, const char *text)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	const struct tl_tell how = {type, &s->who, s->cause, t->now};
	tl_js_open(&data, NULL, '{');
	tl_js_str(&data, "account", s->who.ext_id);
	tl_js_id(&data, "migration", t->move->id);
	tl_js_z(&data, "age_band", tl_age_band_names[s->a.band]);
	tl_js_open(&data, "settings", '[');
	tl_buf_put(&data, s->changes.p, s->changes.n);
	tl_js_close(&data, ']');
	tl_js_str(&data, "notice_text", tl_minors_text(t->m, s->who.language, tl_str(text)));
	tl_js_bool(&data, "review_followers", s->followers);
	if (s->followers)
		tl_js_str(&data, "review_followers_text",
		    tl_minors_text(t->m, s->who.language, TL_S("review_followers")));
	tl_js_close(&data, '}');
	return tl_minors_tell(t->db, &how, &data);
}

static int
note_moved(const struct step *t, struct subject *s, size_t i, uint8_t from, uint8_t to)
{
	const struct tl_minors_setting *def = &t->m->settings[i];
	const struct tl_history h = {.setting = def->key,
	    .event = TL_S("moved"),
	    .from = def->values[from],
	    .to = def->values[to],
	    .actor = TL_S("system"),
	    .policy = t->set->version,
	    .at = t->now};
	put_change(t, s, i, from, to);
	s->followers |= tl_str_is(def->key, "account_visibility");
	return tl_history_add(t->db, &s->who, &h, &s->cause);
}

/* What stands looser goes to what must be. */
//= law:dsa-28.1
static int
move_settings(const struct step *t, struct subject *s, struct tl_str packed)
{
	struct tl_in_force is;
	int rc = 0;
	tl_in_force_unpack(t->words, packed, &is);
	memset(s->was.value, TL_NOT_TOLD, sizeof s->was.value);
	for (size_t i = 0; rc == 0 && i < t->m->setting_count; i++) {
		uint8_t must = tl_minors_answer(t->m, &s->a, i, t->now).value;
		if (is.value[i] <= must)
			continue;
		s->was.value[i] = is.value[i];
		rc = note_moved(t, s, i, (uint8_t)is.value[i], must);
	}
	return rc;
}

static int
move_account(const struct step *t, const struct tl_in_force_row *row)
{
	TL_CLEANUP(subject_fini) struct subject s = {0};
	uint8_t packed[TL_IN_FORCE_BYTES_MAX];
	int rc = load(t, row->account, &s);
	if (rc == 0)
		rc = move_settings(t, &s, row->words);
	if (rc < 0 || s.settings == 0)
		return rc;
	const struct tl_moved moved = {
	    row->account, t->now, tl_bytes(packed, tl_in_force_pack(t->words, &s.was, packed))};
	rc = tl_moved_add(t->db, t->move->id, t->move->platform, &moved);
	TL_KILLPOINT(SETTINGS_MOVED);
	if (rc == 0)
		rc = tell(t, &s, "account.settings_migrated", "moved");
	t->move->moved++;
	t->move->settings += s.settings;
	return rc;
}

bool
tl_move_chooses(const struct tl_move *m, const struct tl_in_force_row *row)
{
	unsigned lot = ((unsigned)row->account.b[14] << 8 | row->account.b[15]) % 1000;
	return (!m->one_band || row->band == m->band) && lot < m->share;
}

/* Returns how many accounts were looked at. */
static int
step_forward(const struct step *t)
{
	struct tl_move *m = t->move;
	struct tl_in_force_row *rows = NULL;
	size_t n = 0;
	int rc = tl_in_force_looser(
	    t->db, m->platform, m->live, m->place, (size_t)m->batch, t->arena, &rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool before = false;
		m->place = rows[i].account;
		m->looked++;
		if (!tl_move_chooses(m, &rows[i]))
			continue;
		rc = tl_moved_since(t->db, m->platform, rows[i].account, rows[i].at, &before);
		if (rc == 0 && !before)
			rc = move_account(t, &rows[i]);
	}
	return rc < 0 ? rc : (int)n;
}

/* Back ------------------------------------------------------------------------------------------------------------ */

/* Never looser than the holder could choose now, and nothing that somebody has changed since. */
static int
give_back(const struct step *t, struct subject *s, size_t i, uint8_t was, int64_t since)
{
	const struct tl_minors_answer now = tl_minors_answer(t->m, &s->a, i, t->now);
	struct tl_settings_wish w = {.setting = i,
	    .wish = {.value = was < now.loosest ? was : now.loosest,
		.actor = TL_ACTOR_SYSTEM,
		.warned = true}};
	enum tl_minors_say say;
	const char *why;
	bool changed = false;
	int rc = tl_setting_changed_since(
	    t->db, s->who.platform, s->who.id, t->m->settings[i].key, since, &changed);
	if (rc == 0 && (changed || w.wish.value <= now.value)) {
		t->move->kept++;
		return 0;
	}
	if (rc == 0)
		rc = tl_settings_wish(t->db, t->set, &s->who, &s->a, &w, t->now, &say, &why);
	if (rc == 0)
		put_change(t, s, i, now.value, w.wish.value);
	return rc;
}

static int
put_back(const struct step *t, const struct tl_moved *row)
{
	TL_CLEANUP(subject_fini) struct subject s = {.cause = t->move->id};
	int rc = load(t, row->account, &s);
	tl_in_force_unpack(t->words, row->words, &s.was);
	for (size_t i = 0; rc == 0 && i < t->m->setting_count; i++) {
		if (s.was.value[i] != TL_NOT_TOLD)
			rc = give_back(t, &s, i, (uint8_t)s.was.value[i], row->at);
	}
	if (rc == 0)
		rc = tl_moved_undo(t->db, t->move->id, row->account, t->now);
	TL_KILLPOINT(SETTINGS_PUT_BACK);
	if (rc < 0 || s.settings == 0)
		return rc;
	t->move->undone++;
	return tell(t, &s, "account.settings_restored", "moved_back");
}

static int
step_back(const struct step *t)
{
	struct tl_move *m = t->move;
	struct tl_moved *rows = NULL;
	size_t n = 0;
	int rc = tl_moved_page(t->db, m->id, m->place, (size_t)m->batch, t->arena, &rows, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		m->place = rows[i].account;
		rc = put_back(t, &rows[i]);
	}
	return rc < 0 ? rc : (int)n;
}

static int
work(struct step *t)
{
	struct tl_move *m = t->move;
	int rc = tl_setting_words_load(t->db, t->m, &t->words);
	if (rc == 0)
		rc = tl_setting_words_complete(t->db, t->words);
	int n = rc < 0 ? rc : m->state == TL_MOVE_UNDOING ? step_back(t) : step_forward(t);
	if (n < 0)
		return n;
	if (n < m->batch) {
		rc = tl_move_step(m->state, TL_MOVE_FINISH, &m->state);
		m->ended_at = t->now;
	} else if (m->per_minute) { /* at most a second's worth is made up for */
		int64_t from = t->now - TL_US_S;
		m->next_at =
		    (m->next_at > from ? m->next_at : from) + n * TL_US_MIN / m->per_minute;
	}
	if (rc == 0)
		rc = tl_move_save(t->db, m);
	return rc < 0 ? rc : n == m->batch && m->next_at <= t->now;
}

int
tl_move_work(struct tl_db *db, const struct tl_policy_set *set, int64_t now)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	struct tl_move m = {0};
	int rc = tl_move_due(db, now, arena, &m);
	if (rc == TL_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	struct step t = {
	    .db = db, .set = set, .m = set->minors, .move = &m, .arena = arena, .now = now};
	rc = work(&t);
	tl_setting_words_destroy(t.words);
	return rc;
}

void
tl_move_put(struct tl_buf *b, const struct tl_move *m)
{
	tl_js_id(b, "id", m->id);
	tl_js_z(b, "state", tl_move_state_names[m->state]);
	tl_js_z(b, "age_band", m->one_band ? tl_age_band_names[m->band] : NULL);
	tl_js_num(b, "share", (double)m->share / TL_MOVE_SHARE_ALL);
	tl_js_int(b, "batch", m->batch);
	tl_js_int(b, "per_minute", m->per_minute);
	tl_js_time(b, "made_at", m->made_at);
	tl_js_time(b, "ended_at", m->ended_at);
	tl_js_int(b, "looked", m->looked);
	tl_js_int(b, "moved", m->moved);
	tl_js_int(b, "settings", m->settings);
	tl_js_int(b, "undone", m->undone);
	tl_js_int(b, "kept", m->kept);
}
