/*
 * Owns the rule set in force: notices changes in the folder and swaps whole sets.
 *
 * Promises: a set with an error never comes into force and the last good one stays; the same faulty folder is
 * reported once, not at every look. Evaluations under way keep the set they hold. Called by the worker's and
 * the server's loops about once a second.
 */
#include "rules/watch.h"

#include "base/buf.h"
#include "sys/crypto.h"

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PRINT_BYTES 32

struct tl_rules_watch {
	char *dir;
	uint8_t print
	    [PRINT_BYTES]; /* of the folder and the stamp when it was last loaded or refused */
	bool looked;
	pthread_mutex_t lock; /* of `current` */
	const struct tl_rule_set *current;
};

struct tl_rules_watch *
tl_rules_watch_create(const char *dir)
{
	struct tl_rules_watch *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->dir = strdup(dir);
	if (!w->dir)
		abort();
	(void)pthread_mutex_init(&w->lock, NULL);
	return w;
}

void
tl_rules_watch_destroy(struct tl_rules_watch *w)
{
	if (!w)
		return;
	tl_rules_unref(w->current);
	(void)pthread_mutex_destroy(&w->lock);
	free(w->dir);
	free(w);
}

/* A sum over entries, so that the order in which the folder lists them does not matter. */
static void
add_entry(uint8_t print[PRINT_BYTES], const char *name, const struct stat *st)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	uint8_t digest[PRINT_BYTES];
	tl_buf_printf(&b, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, name,
	    (uint64_t)st->st_size, (uint64_t)st->st_ino, (uint64_t)st->st_mtim.tv_sec,
	    (uint64_t)st->st_mtim.tv_nsec);
	tl_blake2b(digest, sizeof digest, tl_buf_str(&b), NULL);
	for (size_t i = 0; i < PRINT_BYTES; i++)
		print[i] = (uint8_t)(print[i] + digest[i]);
}

/* Names, sizes, inodes and times of the packs, and the caller's stamp. */
static void
look(const char *dir, uint64_t stamp, uint8_t print[PRINT_BYTES])
{
	struct stat mark = {.st_size = (off_t)stamp};
	memset(print, 0, PRINT_BYTES);
	add_entry(print, "", &mark);
	DIR *d = opendir(dir);
	if (!d)
		return;
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		struct stat st;
		size_t n = strlen(e->d_name);
		bool pack =
		    e->d_name[0] != '.' && n > 6 && strcmp(e->d_name + n - 6, ".rules") == 0;
		if (pack && fstatat(dirfd(d), e->d_name, &st, 0) == 0)
			add_entry(print, e->d_name, &st);
	}
	(void)closedir(d);
}

static void
swap(struct tl_rules_watch *w, const struct tl_rule_set *set)
{
	(void)pthread_mutex_lock(&w->lock);
	const struct tl_rule_set *old = w->current;
	w->current = set;
	(void)pthread_mutex_unlock(&w->lock);
	tl_rules_unref(old);
}

enum tl_rules_change
tl_rules_watch_poll(struct tl_rules_watch *w, const struct tl_rules_known *known,
    uint64_t stamp, struct tl_lang_report *report)
{
	uint8_t print[PRINT_BYTES];
	const struct tl_rule_set *set;
	look(w->dir, stamp, print);
	if (w->looked && memcmp(print, w->print, sizeof print) == 0)
		return TL_RULES_SAME;
	memcpy(w->print, print, sizeof print);
	w->looked = true;
	if (tl_rules_load(w->dir, known, report, &set) < 0)
		return TL_RULES_REFUSED;
	swap(w, set);
	return TL_RULES_SWAPPED;
}

const struct tl_rule_set *
tl_rules_watch_current(struct tl_rules_watch *w)
{
	(void)pthread_mutex_lock(&w->lock);
	const struct tl_rule_set *set = tl_rules_ref(w->current);
	(void)pthread_mutex_unlock(&w->lock);
	return set;
}
