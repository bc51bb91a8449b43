/*
 * Events about settings.
 *
 * Promises: written in the transaction of what they tell; they name settings, bands and ids, and say nothing that a person
 * wrote. Failures: the store's. Called by age.c, settings.c and guardians.c.
 */
#include "minors/tell.h"

#include "base/arena.h"
#include "base/buf.h"
#include "outbox/outbox.h"

#define ARENA_BYTES 8192

int
tl_minors_tell(struct tl_db *db, const struct tl_tell *t, const struct tl_buf *data)
{
	TL_CLEANUP(tl_arena_destroyp) struct tl_arena *arena = tl_arena_create(ARENA_BYTES);
	const struct tl_account *who = t->who;
	struct tl_outbox_message e = {.type = t->type,
	    .platform = who->platform,
	    .live = who->live,
	    .subject_key =
		tl_outbox_subject_key(arena, who->live, TL_SUBJECT_ACCOUNT, who->ext_id),
	    .cause = t->cause,
	    .at = t->at,
	    .data = tl_buf_str(data)};
	return tl_outbox_put(db, &e, NULL);
}

static bool
same(struct tl_minors_answer a, struct tl_minors_answer b)
{
	return a.value == b.value && a.loosest == b.loosest;
}

int
tl_minors_tell_settings(struct tl_db *db, const struct tl_minors *m, const struct tl_tell *t,
    const struct tl_minors_account *was, const struct tl_minors_account *is, const char *why,
    const char *notice)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	bool differs = was->band != is->band;
	tl_js_open(&data, NULL, '{');
	tl_js_str(&data, "account", t->who->ext_id);
	tl_js_z(&data, "cause", why);
	tl_js_z(&data, "age_band", tl_age_band_names[is->band]);
	tl_js_open(&data, "settings", '[');
	for (size_t i = 0; i < m->setting_count; i++) {
		if (same(tl_minors_answer(m, was, i, t->at), tl_minors_answer(m, is, i, t->at)))
			continue;
		differs = true;
		tl_js_str(&data, NULL, m->settings[i].key);
	}
	tl_js_close(&data, ']');
	if (notice)
		tl_js_str(
		    &data, "notice_text", tl_minors_text(m, t->who->language, tl_str(notice)));
	tl_js_close(&data, '}');
	return differs ? tl_minors_tell(db, t, &data) : 0;
}
