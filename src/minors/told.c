/*
 * Tells platforms that the matrix of settings has changed.
 *
 * Owns the table settings_told: a digest of each part of the matrix, so that the event can name what changed without the old
 * file. Promises: once for each change, whoever looks and however often; texts for people are not part of it. Failures: the
 * store's. Called by the clerk.
 */
#include "minors/told.h"

#include "base/arena.h"
#include "base/buf.h"
#include "core/minors.h"
#include "outbox/outbox.h"
#include "sys/crypto.h"

#define PRINT_HEX 32
#define PARTS_MAX (TL_MINORS_SETTINGS_MAX + 2)
#define ARENA_BYTES ((size_t)1 << 18)

struct part {
	struct tl_str name;
	char print[PRINT_HEX + 1];
	bool told; /* as it was */
};

struct telling {
	struct tl_db *db;
	struct tl_arena *arena;
	const struct tl_policy_set *set;
	struct part part[PARTS_MAX];
	size_t count, known; /* known: rows of the last telling */
	struct tl_buf gone;  /* JSON strings, with commas: what the matrix has no more */
	struct tl_str before;
};

static void
add(struct telling *t, struct tl_str name, const struct tl_buf *said)
{
	uint8_t sum[32];
	struct part *p = &t->part[t->count++];
	p->name = name;
	tl_sha256(sum, tl_buf_str(said));
	tl_hex(p->print, sum, PRINT_HEX / 2);
}

static void
add_setting(struct telling *t, const struct tl_minors_setting *s)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	for (size_t v = 0; v < s->value_count; v++)
		tl_buf_printf(&b, "%.*s ", TL_ARG(s->values[v]));
	for (size_t c = 0; c < TL_COLUMNS; c++) {
		const struct tl_minors_cell *e = &s->cell[c];
		tl_buf_printf(
		    &b, "|%d %d %d %lld", e->value, e->loosest, e->warn, (long long)e->hold_us);
		for (size_t k = 0; k < e->after_count; k++)
			tl_buf_printf(&b, " %d:%d", e->after[k].setting, e->after[k].value);
	}
	add(t, tl_str(tl_arena_printf(t->arena, "settings/%.*s", TL_ARG(s->key))), &b);
}

static void
collect(struct telling *t)
{
	const struct tl_minors *m = t->set->minors;
	TL_CLEANUP(tl_buf_fini) struct tl_buf age = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf quiet = {0};
	tl_buf_printf(&age, "%d %s", m->minimum_age, tl_age_band_names[m->unknown_as]);
	for (size_t c = 0; c < TL_COLUMNS; c++)
		tl_buf_printf(&quiet, "%d-%d ", m->quiet[c].from, m->quiet[c].to);
	add(t, TL_S("minimum_age"), &age);
	add(t, TL_S("quiet_hours"), &quiet);
	for (size_t i = 0; i < m->setting_count; i++)
		add_setting(t, &m->settings[i]);
}

static void
compare(struct telling *t, struct tl_str name, struct tl_str print)
{
	if (tl_str_is(name, "version")) {
		t->before = tl_arena_dup(t->arena, print);
		return;
	}
	for (size_t i = 0; i < t->count; i++) {
		struct part *p = &t->part[i];
		if (tl_str_eq(p->name, name)) {
			p->told = tl_str_is(print, p->print);
			return;
		}
	}
	tl_js_str(&t->gone, NULL, name);
}

static int
read_told(struct telling *t)
{
	struct tl_row r;
	int rc = tl_db_query_args(t->db, &r, TL_SQL_TOLD_LIST, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		compare(t, tl_col_str(&r, 0), tl_col_str(&r, 1));
		t->known++;
	}
	tl_row_end(&r);
	return rc;
}

static int
remember(const struct telling *t)
{
	int rc = tl_db_run_args(t->db, TL_SQL_TOLD_CLEAR, NULL, 0);
	for (size_t i = 0; rc >= 0 && i < t->count; i++)
		rc = tl_db_run(
		    t->db, TL_SQL_TOLD_ADD, A_TEXT(t->part[i].name), A_Z(t->part[i].print));
	if (rc >= 0)
		rc = tl_db_run(t->db, TL_SQL_TOLD_ADD, A_Z("version"), A_TEXT(t->set->version));
	return rc < 0 ? rc : 0;
}

static bool
differs(const struct telling *t)
{
	bool any = t->gone.n > 0;
	for (size_t i = 0; i < t->count; i++)
		any = any || !t->part[i].told;
	return any;
}

static void
write_data(const struct telling *t, struct tl_buf *b)
{
	tl_js_open(b, NULL, '{');
	tl_js_str(b, "policy_version", t->set->version);
	tl_js_str0(b, "before", t->before);
	tl_js_open(b, "changed", '[');
	for (size_t i = 0; i < t->count; i++) {
		if (!t->part[i].told)
			tl_js_str(b, NULL, t->part[i].name);
	}
	tl_js_close(b, ']');
	tl_js_open(b, "gone", '[');
	tl_buf_put(b, t->gone.p, t->gone.n);
	tl_js_close(b, ']');
	tl_js_close(b, '}');
}

/* All platforms first, then the events: one statement is open at a time. */
static int
tell(const struct telling *t, int64_t now)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf ids = {0};
	struct tl_row r;
	write_data(t, &data);
	int rc = tl_db_query_args(t->db, &r, TL_SQL_PLATFORM_LIST, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int64_t id = tl_col_int(&r, 0);
		tl_buf_put(&ids, &id, sizeof id);
	}
	tl_row_end(&r);
	struct tl_outbox_message e = {.type = "policy.settings_changed",
	    .subject_key = TL_S("policy:settings"),
	    .cause = tl_id_new(),
	    .at = now,
	    .data = tl_buf_str(&data)};
	for (size_t i = 0; rc == 0 && i < 2 * (ids.n / sizeof e.platform); i++) {
		memcpy(&e.platform, (const uint8_t *)ids.p + i / 2 * sizeof e.platform,
		    sizeof e.platform);
		e.live = i % 2 == 0;
		e.subject_key = e.live ? TL_S("policy:settings") : TL_S("test:policy:settings");
		rc = tl_outbox_put(t->db, &e, NULL);
	}
	return rc;
}

int
tl_minors_policy_told(struct tl_db *db, const struct tl_policy_set *set, int64_t now)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	struct telling t = {.db = db, .arena = arena, .set = set};
	collect(&t);
	int rc = read_told(&t);
	bool news = rc == 0 && differs(&t);
	if (rc == 0)
		rc = tl_arena_check(arena);
	if (news && rc == 0 && t.known)
		rc = tell(&t, now);
	if (news && rc == 0)
		rc = remember(&t);
	tl_buf_fini(&t.gone);
	return rc < 0 ? rc : news;
}
