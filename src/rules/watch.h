/*
 * The rule set in force, kept current: looks at the folder when asked (names, sizes, times), loads a new set
 * when something changed and keeps the last good one when that fails. One watch a process; `poll` from one
 * thread, `current` from any.
 */
#pragma once

#include "rules/rules.h"

struct tl_rules_watch;

struct tl_rules_watch *tl_rules_watch_create(const char *dir);
void tl_rules_watch_destroy(struct tl_rules_watch *w);

enum tl_rules_change {
	TL_RULES_SAME,    /* nothing changed */
	TL_RULES_SWAPPED, /* a new set is in force: log it, close the alarm */
	TL_RULES_REFUSED /* the folder has errors: `report` holds them; raise the alarm, once per change */
};

/*
 * Looks and perhaps reloads. `stamp` stands for `known`: pass another number when policies, banks or detectors
 * changed, and the packs are checked against them anew.
 */
enum tl_rules_change tl_rules_watch_poll(struct tl_rules_watch *w,
    const struct tl_rules_known *known, uint64_t stamp, struct tl_lang_report *report);

/* A reference to the set in force (unref it), or NULL when none could be loaded yet. */
const struct tl_rule_set *tl_rules_watch_current(struct tl_rules_watch *w);
