/*
 * Takes the lines of a snapshot (snapshot.h).
 *
 * Promises: an account counts once a snapshot, with the line that named it first; an account that nobody described is held
 * against what an unknown age may have; what a setting must be heeds the holder's recorded choices. The end opens, renews or
 * ends the alarm. Failures: CONFLICT, INPUT, the store's: then nothing of the part is kept. Called by the API and the CLI.
 */
#include "minors/snapshot.h"

#include "base/arena.h"
#include "minors/settings.h"
#include "minors/snapshot_line.h"
#include "store/accounts.h"
#include "store/alarms.h"
#include "sys/clock.h"
#include "sys/crypto.h"
#include "sys/killpoint.h"

#include <stdlib.h>

/* What `is` can be: a rank, or not told (0). */
#define IS_MAX (TL_MINORS_VALUES_MAX + 1)
#define AHEAD_US (5 * TL_US_MIN) /* of clocks that differ */

struct taking {
	struct tl_db *db;
	const struct tl_policy_set *set;
	struct tl_snapshot *s;
	struct tl_setting_words *words;
	struct tl_snapshot_line *line; /* the one that is read */
	int64_t now;
	int32_t count[tl_age_band_count][TL_MINORS_SETTINGS_MAX][IS_MAX][TL_MINORS_VALUES_MAX];
};

static void
taking_destroy(struct taking **t)
{
	if (!*t)
		return;
	tl_setting_words_destroy((*t)->words);
	free((*t)->line);
	free(*t);
}

static int
odd(struct taking *t, int64_t number, int64_t nth, enum tl_snapshot_oddity kind,
    struct tl_str what)
{
	t->s->odd[kind]++;
	if (t->s->listed >= TL_SNAPSHOT_LISTED_MAX)
		return 0;
	t->s->listed++;
	return tl_snapshot_finding_add(t->db, t->s->seq,
	    &(struct tl_snapshot_finding){
		number, nth, tl_str(tl_snapshot_oddity_names[kind]), what});
}

/* Settings and values that nobody knows; a name is cut where it is longer than any of ours. */
static int
note_odd(struct taking *t, int64_t number)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < t->line->odd_count; i++) {
		struct tl_str what = t->line->odd[i].what;
		size_t n = what.n < 64 ? what.n : 64;
		while (n && n < what.n && (what.p[n] & 0xc0) == 0x80)
			n--;
		rc = odd(t, number, (int64_t)i + 1, t->line->odd[i].kind, tl_bytes(what.p, n));
	}
	return rc;
}

/* Whose line it is. *ret_known false: it was never heard of, and is made, with unknown age. */
static int
whose(struct taking *t, struct tl_account *who, bool *ret_known)
{
	struct tl_row r;
	int rc = tl_db_first(t->db, &r, TL_SQL_IN_FORCE_ACCOUNT, A_INT(who->platform),
	    A_INT(who->live), A_TEXT(who->ext_id));
	*ret_known = rc == 0;
	if (rc == TL_ENOTFOUND)
		return tl_account_ensure(
		    t->db, who->platform, who->live, who->ext_id, &who->id);
	if (rc < 0)
		return rc;
	int band = TL_AGE_UNKNOWN, state = TL_ACCOUNT_ACTIVE;
	who->id = tl_col_id(&r, 0);
	rc = tl_word_parse(tl_age_band_names, tl_col_str(&r, 1), &band);
	if (rc == 0)
		rc = tl_word_parse(tl_account_state_names, tl_col_str(&r, 2), &state);
	tl_row_end(&r);
	who->age_band = (enum tl_age_band)band;
	who->state = (enum tl_account_state)state;
	return rc;
}

/* Settings that stand looser; each setting is counted with its value and the one that must be. */
static int64_t
hold_against(struct taking *t, const struct tl_minors_account *a, bool counts)
{
	const struct tl_minors *m = t->set->minors;
	int64_t looser = 0;
	for (size_t i = 0; i < m->setting_count; i++) {
		int is = t->line->in_force.value[i];
		uint8_t must = tl_minors_answer(m, a, i, t->now).value;
		looser += is > must;
		if (counts)
			t->count[a->band][i][is + 1][must]++;
	}
	return looser;
}

static int
keep(struct taking *t, const struct tl_account *who, int64_t number, int64_t looser,
    bool *ret_repeated)
{
	uint8_t packed[TL_IN_FORCE_BYTES_MAX];
	size_t n = tl_in_force_pack(t->words, &t->line->in_force, packed);
	const struct tl_in_force_row row = {.platform = who->platform,
	    .live = who->live,
	    .account = who->id,
	    .snapshot = t->s->seq,
	    .line = number,
	    .at = t->s->taken_at,
	    .words = tl_bytes(packed, n),
	    .looser = looser};
	return tl_in_force_put(t->db, &row, ret_repeated);
}

static int
take_account(struct taking *t, int64_t number)
{
	struct tl_account who = {
	    .platform = t->s->platform, .live = t->s->live, .ext_id = t->line->account};
	struct tl_minors_account a = {.band = TL_AGE_UNKNOWN};
	bool known = true, repeated = false;
	int rc = whose(t, &who, &known);
	if (rc == 0 && who.state == TL_ACCOUNT_DELETED)
		return odd(t, number, 0, TL_ODD_ERASED, TL_S(""));
	if (rc == 0)
		rc = tl_settings_load(t->db, t->set->minors, who.platform, &who, &a);
	int64_t looser = rc == 0 ? hold_against(t, &a, false) : 0;
	if (rc == 0)
		rc = keep(t, &who, number, looser, &repeated);
	if (rc == 0 && repeated)
		return odd(t, number, 0, TL_ODD_REPEATED, TL_S(""));
	if (rc == 0 && !known)
		rc = odd(t, number, 0, TL_ODD_UNKNOWN_ACCOUNT, TL_S(""));
	if (rc < 0)
		return rc;
	(void)hold_against(t, &a, true);
	t->s->accounts++;
	t->s->looser_accounts += looser > 0;
	t->s->looser_settings += looser;
	return note_odd(t, number);
}

static int
take_line(struct taking *t, const struct tl_snapshot_text *l)
{
	if (l->too_long || tl_snapshot_line_read(t->set->minors, l->text, t->line) < 0)
		return odd(t, l->number, 0, TL_ODD_BAD_LINE, TL_S(""));
	int rc = take_account(t, l->number);
	json_decref(t->line->json);
	return rc;
}

static int
save_counts(struct taking *t, enum tl_age_band band, size_t i)
{
	const struct tl_minors_setting *s = &t->set->minors->settings[i];
	int rc = 0;
	for (size_t is = 0; is < IS_MAX; is++) {
		for (size_t must = 0; rc == 0 && must < s->value_count; must++) {
			int32_t n = t->count[band][i][is][must];
			if (n)
				rc = tl_snapshot_count_add(t->db, t->s->seq,
				    &(struct tl_snapshot_count){tl_str(tl_age_band_names[band]),
					s->key, is ? s->values[is - 1] : TL_S(""),
					s->values[must], is > must + 1, n});
		}
	}
	return rc;
}

static int
save(struct taking *t)
{
	int rc = 0;
	for (int band = 0; band < (int)tl_age_band_count; band++) {
		for (size_t i = 0; rc == 0 && i < t->set->minors->setting_count; i++)
			rc = save_counts(t, (enum tl_age_band)band, i);
	}
	return rc < 0 ? rc : tl_snapshot_save(t->db, t->s);
}

/* Lines ----------------------------------------------------------------------------------------------------------- */

static void
link_line(uint8_t chain[TL_SNAPSHOT_CHAIN], const struct tl_snapshot_text *l)
{
	uint8_t both[2 * TL_SNAPSHOT_CHAIN];
	memcpy(both, chain, TL_SNAPSHOT_CHAIN);
	tl_sha256(both + TL_SNAPSHOT_CHAIN, l->text);
	tl_sha256(chain, tl_bytes(both, sizeof both));
}

/* Past the lines that were taken before: they must be the same. Returns how many of the part they are. */
static int
skip_taken(const struct tl_snapshot_part *part, const struct tl_snapshot *s,
    uint8_t chain[TL_SNAPSHOT_CHAIN], size_t *ret_at)
{
	size_t at = 0;
	if (part->before > s->lines)
		return tl_fail(TL_ECONFLICT, "the snapshot has %lld lines; go on from there",
		    (long long)s->lines);
	memcpy(chain, part->from_start ? part->chain : s->chain, TL_SNAPSHOT_CHAIN);
	for (; at < part->count && part->lines[at].number <= s->lines; at++) {
		if (part->from_start)
			link_line(chain, &part->lines[at]);
	}
	*ret_at = at;
	bool whole = part->after >= s->lines;
	if (part->from_start && whole && memcmp(chain, s->chain, TL_SNAPSHOT_CHAIN) != 0)
		return tl_fail(TL_ECONFLICT,
		    "other lines were sent before as this snapshot; give it an id of its own");
	if (part->last && !whole)
		return tl_fail(TL_ECONFLICT, "%lld lines were sent before as this snapshot",
		    (long long)s->lines);
	if (s->ended_at && at < part->count)
		return tl_fail(
		    TL_ECONFLICT, "the snapshot ended with line %lld", (long long)s->lines);
	return 0;
}

static int
take_lines(struct taking *t, const struct tl_snapshot_part *part, size_t at,
    uint8_t chain[TL_SNAPSHOT_CHAIN])
{
	int rc = tl_setting_words_load(t->db, t->set->minors, &t->words);
	if (rc == 0)
		rc = tl_setting_words_complete(t->db, t->words);
	for (; rc == 0 && at < part->count; at++) {
		link_line(chain, &part->lines[at]);
		rc = take_line(t, &part->lines[at]);
		TL_KILLPOINT(SNAPSHOT_LINE);
	}
	return rc;
}

/* The end -------------------------------------------------------------------------------------------------------- */

/* Any account looser is an alarm; more than before rings again. Tests of a platform ring nothing. */
//= law:dsa-28.1
static int
ring(struct taking *t, struct tl_arena *arena)
{
	struct tl_snapshot before = {0};
	const struct tl_snapshot *s = t->s;
	struct tl_str name;
	if (!s->live)
		return 0;
	int rc = tl_platform_name(t->db, s->platform, arena, &name);
	if (rc == 0 && s->looser_accounts == 0)
		return tl_alarm_over(t->db, TL_AL_SETTINGS_LOOSER, name);
	if (rc == 0)
		rc = tl_snapshot_before(t->db, s, arena, &before);
	if (rc < 0 && rc != TL_ENOTFOUND)
		return rc;
	const struct tl_said said =
	    TL_SAID(A_INT(s->looser_accounts), A_TEXT(name), A_INT(before.looser_accounts));
	return s->looser_accounts > before.looser_accounts
		   ? tl_alarm_open(t->db, TL_AL_SETTINGS_LOOSER, name, said, NULL)
		   : tl_alarm_say(t->db, TL_AL_SETTINGS_LOOSER, name, said);
}

static int
open_snapshot(struct taking *t, const struct tl_snapshot_part *part, struct tl_arena *arena)
{
	if (part->id.n < 1 || part->id.n > TL_SNAPSHOT_ID_MAX)
		return tl_fail_at(
		    TL_EFIELD, "id", "must be 1 to %d bytes long", TL_SNAPSHOT_ID_MAX);
	if (part->taken_at > t->now + AHEAD_US)
		return tl_fail_at(TL_EFIELD, "taken_at", "lies in the future");
	int rc = tl_snapshot_get(t->db, part->platform, part->live, part->id, arena, t->s);
	if (rc != TL_ENOTFOUND)
		return rc;
	*t->s = (struct tl_snapshot){.platform = part->platform,
	    .live = part->live,
	    .id = part->id,
	    .taken_at = part->taken_at ? part->taken_at : t->now,
	    .begun_at = t->now,
	    .policy = t->set->version};
	return tl_snapshot_add(t->db, t->s);
}

int
tl_snapshot_take(struct tl_db *db, const struct tl_policy_set *set,
    const struct tl_snapshot_part *part, struct tl_arena *arena, struct tl_snapshot *ret,
    uint8_t ret_chain[TL_SNAPSHOT_CHAIN])
{
	struct taking *t TL_CLEANUP(taking_destroy) = calloc(1, sizeof *t);
	struct tl_snapshot s = {0};
	uint8_t chain[TL_SNAPSHOT_CHAIN];
	size_t at = 0;
	if (!t || !(t->line = calloc(1, sizeof *t->line)))
		abort();
	t->db = db;
	t->set = set;
	t->s = &s;
	t->now = tl_now_us();
	int rc = open_snapshot(t, part, arena);
	if (rc == 0)
		rc = skip_taken(part, &s, chain, &at);
	if (rc == 0 && !s.ended_at)
		rc = take_lines(t, part, at, chain);
	bool ends = part->last && !s.ended_at;
	if (rc == 0 && !s.ended_at && part->after > s.lines)
		s.lines = part->after;
	if (rc == 0 && !s.ended_at && (at < part->count || s.lines == part->after))
		memcpy(s.chain, chain, sizeof s.chain);
	if (rc == 0 && ends)
		s.ended_at = t->now;
	if (rc == 0)
		rc = save(t);
	if (rc == 0 && ends)
		rc = ring(t, arena);
	if (rc < 0)
		return rc;
	*ret = s;
	memcpy(ret_chain, chain, sizeof chain);
	return 0;
}
