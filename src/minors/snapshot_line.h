/*
 * One line of a snapshot: {"account": "…", "settings": {"comments": "friends", …}}. Pure; the target of fuzz_snapshot.
 */
#pragma once

#include "base/json.h"
#include "minors/in_force.h"

#define TL_SNAPSHOT_LINE_MAX 65536
#define TL_SNAPSHOT_SETTINGS_MAX 256

struct tl_snapshot_line {
	json_t *json; /* what the views borrow from; json_decref */
	struct tl_str account;
	struct tl_in_force in_force;
	/* Settings that the matrix does not have, and values that a setting does not have, by the setting's name. */
	struct {
		enum tl_snapshot_oddity kind;
		struct tl_str what;
	} odd[TL_SNAPSHOT_SETTINGS_MAX];
	size_t odd_count;
};

/* INPUT when the line is not of this form: then nothing is owned. */
int tl_snapshot_line_read(
    const struct tl_minors *m, struct tl_str text, struct tl_snapshot_line *ret) TL_MUST;
