/*
 * Owns the first banks of an installation. A line of banks.tsv is: name, kind, policy, distance, separated by tabs; the
 * distance may be empty. Terms come from NAME.txt, read like any import.
 *
 * Promises: nothing that exists is changed. Failure: the line is named. Called by cmd_init.c.
 */
#include "bin/init_banks.h"

#include <errno.h>
#include <unistd.h>

#include "detect/detect.h"
#include "store/banks_import.h"
#include "sys/fd.h"

#define FILE_MAX (16u << 20)

static struct tl_str
cut(struct tl_str *rest, char at)
{
	const uint8_t *end = rest->n ? memchr(rest->p, at, rest->n) : NULL;
	size_t n = end ? (size_t)(end - rest->p) : rest->n;
	struct tl_str part = tl_bytes(rest->p, n);
	n += end != NULL;
	*rest = tl_bytes(rest->p + n, rest->n - n);
	return part;
}

static int
read_line(struct tl_str line, struct tl_bank *ret)
{
	int kind = 0;
	int64_t distance = 31;
	struct tl_bank b = {.source = TL_S("init"), .enabled = true};
	b.name = cut(&line, '\t');
	struct tl_str word = cut(&line, '\t');
	b.policy = cut(&line, '\t');
	int rc = tl_word_parse(tl_bank_kind_names, word, &kind);
	if (rc == 0 && line.n)
		rc = tl_parse_i64(line, 0, TL_BANK_DISTANCE_MAX, &distance);
	if (rc < 0 || b.name.n == 0 || b.policy.n == 0)
		return tl_fail(TL_ECONFIG,
		    "lists/banks.tsv: \"%.*s\": expected name, kind, policy, distance",
		    TL_ARG(b.name));
	b.kind = (enum tl_bank_kind)kind;
	b.distance = (int)distance;
	*ret = b;
	return 0;
}

static int
fill(struct tl_db *db, struct tl_arena *arena, const char *dir, const struct tl_bank *b)
{
	const char *path = tl_arena_printf(arena, "%s/lists/%.*s.txt", dir, TL_ARG(b->name));
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	if (access(path, F_OK) != 0)
		return 0;
	int rc = tl_file_read(path, FILE_MAX, &text);
	if (rc < 0)
		return rc;
	struct tl_import *i TL_CLEANUP(tl_import_destroyp) = NULL;
	const struct tl_import_options o = {
	    .format = TL_IMPORT_LINES, .check = tl_detect_entry_check};
	rc = tl_import_create(b, &o, &i);
	if (rc == 0)
		rc = tl_import_all(i, db, tl_buf_str(&text));
	struct tl_import_counts counts = i ? tl_import_counts(i) : (struct tl_import_counts){0};
	if (rc == 0 && counts.refused)
		rc = tl_fail(TL_ECONFIG, "%s: %lld lines cannot be used", path,
		    (long long)counts.refused);
	return rc;
}

static int
add(struct tl_db *db, struct tl_arena *arena, const char *dir, struct tl_str line,
    int64_t *created)
{
	struct tl_bank b;
	struct tl_id known;
	int rc = read_line(line, &b);
	if (rc == 0)
		rc = tl_bank_find(db, b.name, &known);
	if (rc != TL_ENOTFOUND)
		return rc;
	rc = tl_bank_create(db, &b);
	if (rc == 0)
		rc = fill(db, arena, dir, &b);
	*created += rc == 0;
	return rc;
}

int
init_banks(
    struct tl_db *db, struct tl_arena *arena, const char *policy_dir, int64_t *ret_created)
{
	const char *path = tl_arena_printf(arena, "%s/lists/banks.tsv", policy_dir);
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	*ret_created = 0;
	if (access(path, F_OK) != 0)
		return 0;
	int rc = tl_file_read(path, FILE_MAX, &text);
	struct tl_str own = tl_arena_dup(arena, tl_buf_str(&text));
	while (rc == 0 && own.n) {
		struct tl_str line = cut(&own, '\n');
		if (line.n && line.p[0] != '#')
			rc = add(db, arena, policy_dir, line, ret_created);
	}
	return rc;
}
