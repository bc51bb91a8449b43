/*
 * The server's shared state: a pool of connections and the policies in force.
 *
 * Promises: a connection is used by one thread at a time; whoever took a policy set keeps it until unref, however
 * often the folder changes. Failure: the store's errors; a broken policy folder never replaces a good set.
 * Called by the server role and by every route.
 */
#include "api/app.h"

#include "api/screening.h"
#include "config/policy.h"

#include <pthread.h>
#include <stdlib.h>

#define POOL_MAX 8 /* idle connections kept */

struct tl_app_state {
	pthread_mutex_t lock;
	struct tl_db *idle[POOL_MAX];
	size_t idle_count;
	struct tl_screening *screening; /* with the policies in force */
	uint64_t stamp;                 /* of the policy folder when it was last read */
};

static int
load(const char *dir, struct tl_screening **ret)
{
	const struct tl_policy_set *set = NULL;
	int rc = tl_policy_load(dir, &set);
	return rc < 0 ? rc : tl_screening_create(set, ret);
}

int
tl_app_init(struct tl_app *app)
{
	char dir[TL_PATH_MAX];
	struct tl_screening *screening = NULL;
	int rc = tl_config_path(app->config, app->config->policy_dir, dir);
	if (rc == 0)
		rc = load(dir, &screening);
	if (rc < 0)
		return rc;
	struct tl_app_state *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	(void)pthread_mutex_init(&s->lock, NULL);
	s->screening = screening;
	s->stamp = tl_policy_stamp(dir);
	app->state = s;
	return 0;
}

void
tl_app_fini(struct tl_app *app)
{
	struct tl_app_state *s = app->state;
	if (!s)
		return;
	for (size_t i = 0; i < s->idle_count; i++)
		tl_db_close(s->idle[i]);
	tl_screening_unref(s->screening);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	app->state = NULL;
}

int
tl_app_db(struct tl_app *app, struct tl_db **ret)
{
	struct tl_app_state *s = app->state;
	struct tl_db *db = NULL;
	(void)pthread_mutex_lock(&s->lock);
	if (s->idle_count)
		db = s->idle[--s->idle_count];
	(void)pthread_mutex_unlock(&s->lock);
	if (!db)
		return tl_db_open(app->store, ret);
	*ret = db;
	return 0;
}

void
tl_app_db_give(struct tl_app *app, struct tl_db *db)
{
	struct tl_app_state *s = app->state;
	if (!db)
		return;
	(void)pthread_mutex_lock(&s->lock);
	if (s->idle_count < POOL_MAX) {
		s->idle[s->idle_count++] = db;
		db = NULL;
	}
	(void)pthread_mutex_unlock(&s->lock);
	tl_db_close(db);
}

struct tl_screening *
tl_app_screening(struct tl_app *app)
{
	struct tl_app_state *s = app->state;
	(void)pthread_mutex_lock(&s->lock);
	struct tl_screening *screening = tl_screening_ref(s->screening);
	(void)pthread_mutex_unlock(&s->lock);
	return screening;
}

const struct tl_policy_set *
tl_app_policies(struct tl_app *app)
{
	struct tl_app_state *s = app->state;
	(void)pthread_mutex_lock(&s->lock);
	const struct tl_policy_set *set = tl_policy_ref(tl_screening_policies(s->screening));
	(void)pthread_mutex_unlock(&s->lock);
	return set;
}

int
tl_app_poll(struct tl_app *app)
{
	struct tl_app_state *s = app->state;
	char dir[TL_PATH_MAX];
	int rc = tl_config_path(app->config, app->config->policy_dir, dir);
	if (rc < 0)
		return rc;
	uint64_t stamp = tl_policy_stamp(dir);
	if (stamp == s->stamp)
		return 0;
	s->stamp = stamp;
	struct tl_screening *fresh = NULL;
	rc = load(dir, &fresh);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&s->lock);
	struct tl_screening *old = s->screening;
	s->screening = fresh;
	(void)pthread_mutex_unlock(&s->lock);
	tl_screening_unref(old);
	return 1;
}

void
tl_app_wake(const struct tl_app *app, enum tl_proc role)
{
	if (app->wires)
		tl_wake(app->wires, role);
}
