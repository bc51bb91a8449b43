/*
 * Owns rule sets: reads the packs of a folder, parses, checks, compiles, tests, and hands out the snapshot.
 *
 * Promises: all or nothing. A set that loads is immutable and reference-counted; everything in it lives in its
 * one arena. Every error of every pack is in the report with its place. Called by watch.c, the CLI and tests.
 */
#include "rules/rules_int.h"

#include "base/arena.h"
#include "sys/crypto.h"
#include "sys/fd.h"

#include <dirent.h>
#include <stdlib.h>

static const struct tl_rule_set *
give(struct tl_rule_set *set)
{
	return set;
}

static struct tl_rule_set *
set_create(void)
{
	struct tl_arena *a = tl_arena_create(SET_BYTES_MAX);
	struct tl_rule_set *set = TL_NEW(a, struct tl_rule_set);
	if (!set)
		abort();
	set->arena = a;
	set->refs = 1;
	return set;
}

const struct tl_rule_set *
tl_rules_ref(const struct tl_rule_set *set)
{
	if (set)
		__atomic_add_fetch((int *)(uintptr_t)&set->refs, 1, __ATOMIC_RELAXED);
	return set;
}

void
tl_rules_unref(const struct tl_rule_set *set)
{
	if (set && __atomic_sub_fetch((int *)(uintptr_t)&set->refs, 1, __ATOMIC_ACQ_REL) == 0)
		tl_arena_destroy(set->arena);
}

static void
set_unrefp(struct tl_rule_set **set)
{
	tl_rules_unref(*set);
}

struct tl_str
tl_rules_version(const struct tl_rule_set *set)
{
	return tl_str(set->version);
}

size_t
tl_rules_count(const struct tl_rule_set *set)
{
	return set->n_rules;
}

size_t
tl_rules_test_count(const struct tl_rule_set *set)
{
	return set->n_tests;
}

/* Reading ------------------------------------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_pack(const char *name)
{
	size_t n = strlen(name);
	return name[0] != '.' && n > 6 && strcmp(name + n - 6, ".rules") == 0;
}

/* The names of the packs, sorted, so that the same folder is the same set. */
static int
list_packs(const char *dir, struct tl_arena *a, const char **names, size_t *ret_n)
{
	DIR *d = opendir(dir);
	if (!d)
		return tl_fail(TL_EIO, "cannot open the folder %s", dir);
	size_t n = 0;
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		if (!is_pack(e->d_name))
			continue;
		if (n == PACKS_MAX) {
			(void)closedir(d);
			return tl_fail(TL_ETOOBIG, "more than %u rule packs", PACKS_MAX);
		}
		names[n++] = tl_arena_printf(a, "%s", e->d_name);
	}
	(void)closedir(d);
	qsort(names, n, sizeof *names, by_name);
	*ret_n = n;
	return n ? 0 : tl_fail(TL_ENOTFOUND, "%s holds no rule packs (*.rules)", dir);
}

static int
read_pack(struct tl_rule_set *set, const char *dir, const char *name, struct pack *p)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf text = {0};
	const char *path = tl_arena_printf(set->arena, "%s/%s", dir, name);
	int err = tl_file_read(path, TL_LANG_SOURCE_MAX, &text);
	if (err < 0)
		return err;
	p->source = (struct tl_lang_source){name, tl_arena_dup(set->arena, tl_buf_str(&text))};
	return tl_arena_check(set->arena);
}

/* `known-abuse.rules` of digest 1a2b… is known-abuse@1a2b3c4d; the whole is a digest of all. */
static void
name_versions(struct tl_rule_set *set)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf all = {0};
	uint8_t digest[32];
	char hex[2 * sizeof digest + 1];
	for (size_t i = 0; i < set->n_packs; i++) {
		struct pack *p = &set->packs[i];
		tl_blake2b(digest, sizeof digest, p->source.text, NULL);
		tl_hex(hex, digest, sizeof digest);
		const char *end = strrchr(p->source.name, '.');
		size_t stem = end ? (size_t)(end - p->source.name) : strlen(p->source.name);
		p->label = tl_str(
		    tl_arena_printf(set->arena, "%.*s@%.8s", (int)stem, p->source.name, hex));
		tl_buf_printf(&all, "%s\n%s\n", p->source.name, hex);
	}
	tl_blake2b(digest, sizeof digest, tl_buf_str(&all), NULL);
	tl_hex(hex, digest, sizeof digest);
	memcpy(set->version, hex, VERSION_DIGITS);
}

/* Checking ------------------------------------------------------------------------------------------------- */

static bool
installed(const struct tl_rules_known *known, const char *detector)
{
	for (size_t i = 0; i < known->detector_count; i++) {
		if (tl_str_is(known->detectors[i], detector))
			return true;
	}
	return false;
}

static void
note_missing(struct tl_rule_set *set, const struct tl_rules_known *known, struct rule *r)
{
	for (size_t i = 0; i < r->prog.n_detectors && !r->inactive; i++) {
		if (!installed(known, r->prog.detectors[i]))
			r->inactive = tl_arena_printf(set->arena,
			    "it needs the detector \"%s\", which is not installed",
			    r->prog.detectors[i]);
	}
}

/* A rule's name is in use in this pack or an earlier one. */
static bool
is_taken(const struct tl_rule_set *set, struct tl_str name)
{
	for (size_t i = 0; i < set->n_rules; i++) {
		if (tl_str_eq(set->rules[i].source->name, name))
			return true;
	}
	return false;
}

/* Every error of every rule is wanted, so this goes on after one; only limits stop it. */
static int
load_rule(struct tl_rule_set *set, const struct tl_rules_known *known, size_t pack,
    const struct tl_lang_rule *src, struct tl_lang_report *report)
{
	struct pack *p = &set->packs[pack];
	struct rule *r = &set->rules[set->n_rules];
	*r = (struct rule){.source = src, .pack = (uint32_t)pack, .label = p->label};
	if (is_taken(set, src->name)) {
		tl_lang_error_at(report, &p->source, src->name_place,
		    "there is a rule \"%.*s\" already", TL_ARG(src->name));
		return 0;
	}
	set->n_rules++;
	int err = rules_bind(set, p, known, report, r);
	if (err < 0 && tl_err_kind(err) != TL_INPUT)
		return err;
	err =
	    tl_lang_compile(set->arena, &set->schema, &p->source, src->when, report, &r->prog);
	if (err < 0)
		return tl_err_kind(err) == TL_INPUT ? 0 : err;
	note_missing(set, known, r);
	err = rules_scope(p, known, report, r);
	return err < 0 && tl_err_kind(err) != TL_INPUT ? err : 0;
}

static int
parse_packs(struct tl_rule_set *set, struct tl_lang_report *report, size_t *ret_rules)
{
	size_t n = 0;
	for (size_t i = 0; i < set->n_packs; i++) {
		struct pack *p = &set->packs[i];
		int err = tl_lang_parse_pack(set->arena, &p->source, report, &p->tree);
		if (err < 0 && tl_err_kind(err) != TL_INPUT)
			return err;
		n += p->tree.n_rules;
	}
	*ret_rules = n;
	return 0;
}

static int
refused(const struct tl_lang_report *report)
{
	return tl_fail(TL_EPARSE, "%s:%u:%u: %s", report->errors[0].file,
	    report->errors[0].line, report->errors[0].column, report->errors[0].text);
}

static int
check_packs(
    struct tl_rule_set *set, const struct tl_rules_known *known, struct tl_lang_report *report)
{
	size_t n;
	int err = parse_packs(set, report, &n);
	if (err < 0)
		return err;
	set->rules = TL_NEWS(set->arena, struct rule, n + 1);
	if (!set->rules)
		return tl_arena_check(set->arena);
	for (size_t i = 0; i < set->n_packs; i++) {
		struct pack *p = &set->packs[i];
		p->first_rule = set->n_rules;
		for (size_t k = 0; k < p->tree.n_rules; k++) {
			err = load_rule(set, known, i, &p->tree.rules[k], report);
			if (err < 0)
				return err;
		}
	}
	return report->count ? refused(report) : 0;
}

static int
finish_set(
    struct tl_rule_set *set, const struct tl_rules_known *known, struct tl_lang_report *report)
{
	name_versions(set);
	int err = rules_schema(set, known);
	if (err == 0)
		err = check_packs(set, known, report);
	for (size_t i = 0; err == 0 && i < set->n_packs; i++)
		err = rules_run_tests(set, &set->packs[i], report);
	if (err == 0 && report->count)
		err = refused(report);
	return err < 0 ? err : tl_arena_check(set->arena);
}

int
tl_rules_load(const char *dir, const struct tl_rules_known *known,
    struct tl_lang_report *report, const struct tl_rule_set **ret)
{
	TL_CLEANUP(set_unrefp) struct tl_rule_set *set = set_create();
	const char **names = TL_NEWS(set->arena, const char *, PACKS_MAX);
	set->packs = TL_NEWS(set->arena, struct pack, PACKS_MAX);
	int err = tl_arena_check(set->arena);
	if (err == 0)
		err = list_packs(dir, set->arena, names, &set->n_packs);
	for (size_t i = 0; err == 0 && i < set->n_packs; i++)
		err = read_pack(set, dir, names[i], &set->packs[i]);
	if (err == 0)
		err = finish_set(set, known, report);
	if (err < 0) {
		if (report->count == 0)
			tl_lang_error_in(report, dir, "%s", tl_err_text());
		return err;
	}
	*ret = give(TL_TAKE(set));
	return 0;
}

int
tl_rules_load_text(const char *name, struct tl_str text, const struct tl_rules_known *known,
    struct tl_lang_report *report, const struct tl_rule_set **ret)
{
	TL_CLEANUP(set_unrefp) struct tl_rule_set *set = set_create();
	set->packs = TL_NEW(set->arena, struct pack);
	if (!set->packs)
		return tl_arena_check(set->arena);
	set->n_packs = 1;
	set->packs[0].source.name = tl_arena_printf(set->arena, "%s", name);
	set->packs[0].source.text = tl_arena_dup(set->arena, text);
	int err = finish_set(set, known, report);
	if (err < 0)
		return err;
	*ret = give(TL_TAKE(set));
	return 0;
}

struct tl_rules_contacts
tl_rules_contacts(const struct tl_rule_set *set)
{
	struct tl_rules_contacts need = {0};
	for (size_t i = 0; i < set->n_rules; i++) {
		const struct rule *r = &set->rules[i];
		bool contacts = false;
		for (size_t k = 0; k < r->prog.n_used && !r->inactive; k++)
			contacts = contacts || r->prog.used[k]->domain == DOMAIN_WINDOW;
		need.of_accounts = need.of_accounts || (contacts && r->of_account);
		need.of_items = need.of_items || (contacts && !r->of_account);
		need.origins = need.origins || (contacts && r->of_origins);
	}
	return need;
}

bool
tl_rules_of_account(const struct tl_rule_set *set, size_t i)
{
	return set->rules[i].of_account && !set->rules[i].inactive;
}

/* Looking at rules ----------------------------------------------------------------------------------------- */

static struct tl_str
written(const struct pack *p, struct tl_lang_place at)
{
	return tl_bytes(p->source.text.p + at.at, at.n);
}

void
tl_rules_view(const struct tl_rule_set *set, size_t i, int64_t now_us, struct tl_rule_view *ret)
{
	const struct rule *r = &set->rules[i];
	const struct pack *p = &set->packs[r->pack];
	const struct tl_lang_rule *src = r->source;
	uint32_t column;
	*ret = (struct tl_rule_view){.name = src->name, .pack = r->label, .policy = r->policy};
	ret->outcome = r->outcome;
	ret->shadow_date = src->shadow_date;
	ret->why = tl_str(r->inactive);
	ret->when = written(p, src->when_place);
	ret->then = written(p, src->then_place);
	ret->source = written(p, src->place);
	tl_lang_locate(p->source.text, src->name_place.at, &ret->line, &column);
	if (r->inactive)
		ret->state = TL_RULE_INACTIVE;
	else if (now_us < src->shadow_until_us)
		ret->state = TL_RULE_SHADOW;
}
