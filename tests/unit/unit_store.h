/* A throw-away store with one platform, one connection and one arena: the ground of every test that needs rows. */
#pragma once

#include "base/arena.h"
#include "store/accounts.h"
#include "store/alarms.h"
#include "store/banks.h"
#include "store/db.h"
#include "store/store.h"
#include "sys/crypto.h"

#include "unit.h"

#include <stdlib.h>

struct unit_store {
	char dir[64];
	struct tl_store *store;
	struct tl_db *db;
	struct tl_arena *arena;
	int64_t platform;
};

static inline void
unit_begin(struct tl_db *db)
{
	assert_int_equal(tl_db_begin(db), 0);
}

static inline void
unit_commit(struct tl_db *db)
{
	assert_int_equal(tl_db_commit(db, TL_SYNC_FULL), 0);
}

/* How many alarms of this kind are open. */
static inline int64_t
unit_alarms(struct tl_db *db, enum tl_alarm_kind kind)
{
	int64_t counts[tl_alarm_kind_count];
	assert_int_equal(tl_alarm_counts(db, counts), 0);
	return counts[kind];
}

static inline void
unit_store_open(struct unit_store *s)
{
	(void)snprintf(s->dir, sizeof s->dir, "/tmp/tutela-test-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	assert_int_equal(tl_crypto_init(), 0);
	assert_int_equal(tl_store_create(s->dir), 0);
	assert_int_equal(tl_store_open(s->dir, &s->store), 0);
	assert_int_equal(tl_db_open(s->store, &s->db), 0);
	s->arena = tl_arena_create(1 << 28);
	unit_begin(s->db);
	assert_int_equal(tl_platform_add(s->db, TL_S("demo"), &s->platform), 0);
	unit_commit(s->db);
}

/* What a test left uncommitted is dropped. */
static inline void
unit_store_close(struct unit_store *s)
{
	if (tl_db_in_tx(s->db))
		tl_db_rollback(s->db);
	tl_db_close(s->db);
	tl_store_close(s->store);
	tl_arena_destroy(s->arena);
	unit_remove_tree(s->dir);
}

/* For tests that need nothing else. */
static inline int
unit_store_setup(void **state)
{
	struct unit_store *s = calloc(1, sizeof *s);
	assert_non_null(s);
	unit_store_open(s);
	*state = s;
	return 0;
}

static inline int
unit_store_teardown(void **state)
{
	unit_store_close(*state);
	free(*state);
	return 0;
}

/* The same inside one transaction, which the test leaves fit to commit. */
static inline int
unit_store_setup_tx(void **state)
{
	(void)unit_store_setup(state);
	unit_begin(((struct unit_store *)*state)->db);
	return 0;
}

static inline int
unit_store_teardown_tx(void **state)
{
	struct unit_store *s = *state;
	if (tl_db_in_tx(s->db))
		unit_commit(s->db);
	return unit_store_teardown(state);
}

/* A bank as it is made without a word about it. */
static inline struct tl_bank
unit_bank(struct unit_store *f, const char *name, enum tl_bank_kind kind)
{
	struct tl_bank b = {.name = tl_str(name),
	    .kind = kind,
	    .policy = TL_S("demo"),
	    .source = TL_S("test"),
	    .distance = 31,
	    .enabled = true};
	assert_int_equal(tl_bank_create(f->db, &b), 0);
	return b;
}
