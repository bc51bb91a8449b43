/*
 * Owns the snapshot of the policy folder: its memory, its references and its version (a digest of the files).
 *
 * Promises: a snapshot that was returned is complete and does not change; a folder with any error is refused
 * whole. Called by every role at its start and on reload, and by the CLI.
 */
#include "config/policy.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "config/policy_int.h"
#include "sys/crypto.h"
#include "sys/fd.h"

enum { ARENA_MAX = 16 << 20 };

struct owner {
	_Atomic int refs;
	struct tl_arena *arena;
	struct tl_yaml_doc *docs[TL_POLICY_FILES];
	struct tl_policy_set set;
};

/* In the order in which they refer to each other. */
const char *const tl_policy_file_names[TL_POLICY_FILES] = {"queues.yaml", "actions.yaml",
    "policies.yaml", "texts/en.yaml", "minors.yaml", "interventions.yaml"};

/* What holds in a folder that does not have the file; NULL: it must have it. */
static const struct tl_str *const shipped[TL_POLICY_FILES] = {
    NULL, NULL, NULL, NULL, &tl_policy_minors_shipped, &tl_policy_interventions_shipped};

static int (*const readers[TL_POLICY_FILES])(struct loading *l, const struct tl_yaml *root) = {
    tl_policy_read_queues, tl_policy_read_actions, tl_policy_read_policies,
    tl_policy_read_texts, tl_policy_read_minors, tl_policy_read_interventions};

static void
owner_destroy(struct owner *o)
{
	for (size_t i = 0; i < TL_POLICY_FILES; i++)
		tl_yaml_destroy(o->docs[i]);
	tl_arena_destroy(o->arena); /* the owner lives in it */
}

const struct tl_policy_set *
tl_policy_ref(const struct tl_policy_set *set)
{
	struct owner *o = set->owner;
	(void)atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
	return set;
}

void
tl_policy_unref(const struct tl_policy_set *set)
{
	if (!set)
		return;
	struct owner *o = set->owner;
	if (atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) == 1)
		owner_destroy(o);
}

void
tl_policy_unrefp(const struct tl_policy_set **set)
{
	tl_policy_unref(*set);
	*set = NULL;
}

struct tl_str
tl_policy_prefixed(struct loading *l, const char *prefix, const char *word)
{
	if (!word || !*word)
		return (struct tl_str){0};
	return tl_str(tl_arena_printf(l->arena, "%s%s", prefix, word));
}

int
tl_policy_list(const struct tl_yaml *root, const char *key, const struct tl_yaml **ret)
{
	const struct tl_yaml_field field = {key, TL_Y_LIST, 0, 1, 4096, NULL, true};
	return tl_yaml_fill(root, &field, 1, (void *)ret);
}

static int
read_one(struct owner *o, struct loading *l, size_t i, const char *name, struct tl_str text)
{
	int rc = tl_yaml_parse(name, text, &o->docs[i]);
	if (rc < 0)
		return rc;
	const struct tl_yaml *root = tl_yaml_root(o->docs[i]);
	if (!root)
		return tl_fail(TL_ECONFIG, "%s:1:1: the file is empty", name);
	return readers[i](l, root);
}

/* For names in errors: `dir`, empty for texts that come from memory; `minors`, what minors.yaml is called, or NULL. */
static int
build(const char *dir, const struct tl_str texts[TL_POLICY_FILES], const char *minors,
    const struct tl_policy_set **ret)
{
	struct tl_arena *arena = tl_arena_create(ARENA_MAX);
	struct owner *o = TL_NEW(arena, struct owner);
	if (!o) {
		tl_arena_destroy(arena);
		return tl_fail(TL_ENOMEM, "out of memory");
	}
	o->arena = arena;
	o->refs = 1;
	o->set.owner = o;
	struct loading l = {.arena = arena, .set = &o->set};
	struct tl_buf all TL_CLEANUP(tl_buf_fini) = {0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < TL_POLICY_FILES; i++) {
		const char *name = tl_arena_printf(
		    arena, "%s%s%s", dir, *dir ? "/" : "", tl_policy_file_names[i]);
		if (minors && strcmp(tl_policy_file_names[i], "minors.yaml") == 0)
			name = minors;
		tl_buf_put(&all, texts[i].p, texts[i].n);
		l.built_in = shipped[i] && texts[i].n == 0;
		rc = read_one(o, &l, i, name, l.built_in ? *shipped[i] : texts[i]);
	}
	uint8_t digest[32];
	char hex[13];
	tl_sha256(digest, tl_buf_str(&all));
	tl_hex(hex, digest, 6);
	o->set.version = tl_arena_dup(arena, tl_str(hex));
	if (rc == 0)
		rc = tl_arena_check(arena);
	if (rc < 0) {
		owner_destroy(o);
		return rc;
	}
	*ret = &o->set;
	return 0;
}

int
tl_policy_parse(const struct tl_str texts[TL_POLICY_FILES], const struct tl_policy_set **ret)
{
	return build("", texts, NULL, ret);
}

/* `own`: stands in for the folder's own minors.yaml under this name; NULL: nothing does. */
static int
load(const char *dir, const struct tl_str *own, const char *name,
    const struct tl_policy_set **ret)
{
	struct tl_buf files[TL_POLICY_FILES] = {{0}};
	struct tl_str texts[TL_POLICY_FILES];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < TL_POLICY_FILES; i++) {
		char path[4096];
		int n = snprintf(path, sizeof path, "%s/%s", dir, tl_policy_file_names[i]);
		const struct tl_str *given =
		    strcmp(tl_policy_file_names[i], "minors.yaml") == 0 ? own : NULL;
		if (n < 0 || (size_t)n >= sizeof path)
			rc = tl_fail(TL_ECONFIG, "%s: the path is too long", dir);
		else if (!given)
			rc = tl_file_read(path, TL_YAML_SIZE_MAX, &files[i]);
		if (rc == TL_ENOTFOUND && shipped[i])
			rc = 0; /* made by an earlier version */
		texts[i] = given ? *given : tl_buf_str(&files[i]);
	}
	if (rc == 0)
		rc = build(dir, texts, name, ret);
	for (size_t i = 0; i < TL_POLICY_FILES; i++)
		tl_buf_fini(&files[i]);
	return rc;
}

int
tl_policy_load(const char *dir, const struct tl_policy_set **ret)
{
	return load(dir, NULL, NULL, ret);
}

int
tl_policy_load_minors(
    const char *dir, struct tl_str minors, const char *name, const struct tl_policy_set **ret)
{
	if (minors.n == 0)
		return tl_fail(TL_ECONFIG, "%s:1:1: the file is empty", name);
	return load(dir, &minors, name, ret);
}

/* A number that changes with any file of the folder. */
static uint64_t
folder_stamp(const char *dir)
{
	DIR *d = opendir(dir);
	uint64_t stamp = 1469598103934665603U;
	if (!d)
		return 0;
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		struct stat st;
		if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, 0) < 0)
			continue;
		/* Added up, not chained: the order of names in a folder has no meaning. */
		uint64_t one = (uint64_t)st.st_mtim.tv_sec * 1000003U ^
			       (uint64_t)st.st_mtim.tv_nsec ^ (uint64_t)st.st_size << 20 ^
			       st.st_ino;
		stamp += one * 1099511628211U;
	}
	(void)closedir(d);
	return stamp;
}

uint64_t
tl_policy_stamp(const char *dir)
{
	char texts[4096];
	(void)snprintf(texts, sizeof texts, "%s/texts", dir);
	return folder_stamp(dir) * 31 + folder_stamp(texts);
}
