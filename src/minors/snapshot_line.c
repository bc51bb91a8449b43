/*
 * Reads a line of a snapshot.
 *
 * Promises: a name that the matrix does not have is told and never guessed; a setting with a value that is not known counts as
 * not told. Failures: INPUT. Called by snapshot.c and the fuzz target fuzz_snapshot.
 */
#include "minors/snapshot_line.h"

#include "core/item.h"

struct line_in {
	struct tl_str account;
	json_t *settings;
};

static const struct tl_json_field FIELDS[] = {
    {"account", TL_J_STR, offsetof(struct line_in, account), 1, TL_EXT_ID_MAX - 1, NULL, true},
    {"settings", TL_J_OBJECT, offsetof(struct line_in, settings), 0, TL_SNAPSHOT_SETTINGS_MAX,
	NULL, true},
};

static void
odd(struct tl_snapshot_line *l, enum tl_snapshot_oddity kind, const char *what)
{
	l->odd[l->odd_count].kind = kind;
	l->odd[l->odd_count++].what = tl_str(what);
}

static void
read_setting(
    const struct tl_minors *m, const char *key, const json_t *value, struct tl_snapshot_line *l)
{
	const struct tl_minors_setting *s = tl_minors_find(m, tl_str(key));
	uint8_t v;
	if (!s)
		odd(l, TL_ODD_SETTING, key);
	else if (!json_is_string(value) || tl_minors_value(s, tl_json_str(value), &v) < 0)
		odd(l, TL_ODD_VALUE, key);
	else
		l->in_force.value[s - m->settings] = (int16_t)v;
}

int
tl_snapshot_line_read(
    const struct tl_minors *m, struct tl_str text, struct tl_snapshot_line *ret)
{
	json_t *j TL_CLEANUP(tl_json_unref) = NULL;
	struct line_in in = {0};
	const char *key;
	json_t *value;
	int rc = tl_json_parse(text, &j);
	if (rc == 0)
		rc = tl_json_fill(j, "", FIELDS, TL_COUNT(FIELDS), &in);
	if (rc < 0)
		return rc;
	ret->account = in.account;
	ret->odd_count = 0;
	memset(ret->in_force.value, TL_NOT_TOLD, sizeof ret->in_force.value);
	json_object_foreach(in.settings, key, value) read_setting(m, key, value, ret);
	ret->json = j;
	j = NULL;
	return 0;
}
