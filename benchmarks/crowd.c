/*
 * Fills a store for the bench of contacts: N accounts of all ages and E pairs of them, in the order of their keys, as a bulk
 * load of what a platform has leaves it. Straight into the tables; the daemon may run.
 *
 *   crowd FOLDER N E          prints one JSON object: rows and seconds
 */
#include "crowd.h"
#include "core/relation.h"
#include "store/accounts.h"
#include "store/db_int.h"
#include "sys/clock.h"
#include "sys/crypto.h"

#include <stdio.h>
#include <stdlib.h>

#define A_TX 50000
#define SINCE INT64_C(1700000000000000)

static struct tl_db *db;
static int64_t platform;

static void
need(int rc)
{
	if (rc < 0) {
		(void)fprintf(stderr, "crowd: %s\n", tl_err_text());
		exit(1);
	}
}

static sqlite3_stmt *
prepare(const char *sql)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(db->main, sql, -1, &st, NULL) != SQLITE_OK) {
		(void)fprintf(stderr, "crowd: %s\n", sqlite3_errmsg(db->main));
		exit(1);
	}
	return st;
}

static void
step(sqlite3_stmt *st)
{
	if (sqlite3_step(st) != SQLITE_DONE) {
		(void)fprintf(stderr, "crowd: %s\n", sqlite3_errmsg(db->main));
		exit(1);
	}
	(void)sqlite3_reset(st);
}

/* A transaction for every A_TX rows, so that others take their turn. */
static void
turn(uint64_t row)
{
	if (row % A_TX != 0)
		return;
	if (tl_db_in_tx(db))
		need(tl_db_commit(db, TL_SYNC_NORMAL));
	need(tl_db_begin(db));
}

static void
accounts(uint32_t n)
{
	static const char *const bands[] = {"13-15", "16-17", "unknown", "18+"};
	sqlite3_stmt *st = prepare(
	    "INSERT INTO accounts(platform, id, ext_id, livemode, age_band, number, seen_at, "
	    "updated_at) VALUES(?1, ?2, ?3, 1, ?4, ?5, ?6, ?6)");
	sqlite3_stmt *choice =
	    prepare("INSERT INTO account_choices(platform, account, setting, value)"
		    " VALUES(?1, ?2, 'comments', 'nobody')");
	for (uint32_t k = 1; k <= n; k++) {
		struct tl_id id = tl_id_new();
		char ext[16];
		uint64_t lot = crowd_mix(k) % 20;
		turn(k);
		if (k == 1 && !tl_db_in_tx(db))
			need(tl_db_begin(db));
		(void)snprintf(ext, sizeof ext, "u%08u", k);
		(void)sqlite3_bind_int64(st, 1, platform);
		(void)sqlite3_bind_blob(st, 2, id.b, sizeof id.b, SQLITE_STATIC);
		(void)sqlite3_bind_text(st, 3, ext, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(st, 4,
		    bands[lot < 2   ? 0
			  : lot < 4 ? 1
			  : lot < 5 ? 2
				    : 3],
		    -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(st, 5, k);
		(void)sqlite3_bind_int64(st, 6, SINCE);
		step(st);
		if (lot != 7)
			continue;
		(void)sqlite3_bind_int64(choice, 1, platform);
		(void)sqlite3_bind_blob(choice, 2, id.b, sizeof id.b, SQLITE_STATIC);
		step(choice);
	}
	need(tl_db_commit(db, TL_SYNC_NORMAL));
	(void)sqlite3_finalize(st);
	(void)sqlite3_finalize(choice);
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* Every third pair is in contact, every fiftieth has a block, the others follow. Returns how many there are. */
static uint64_t
pairs(uint32_t n, uint64_t edges, uint32_t *per_high)
{
	static uint32_t others[4096];
	uint64_t rows = 0;
	sqlite3_stmt *st =
	    prepare("INSERT INTO relations(platform, low, high, low_contact, low_follow, "
		    "high_follow, high_block) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	(void)sqlite3_bind_int64(st, 1, platform);
	need(tl_db_begin(db));
	for (uint32_t low = 1; low < n; low++) {
		uint32_t d = crowd_degree(low, n, edges);
		for (uint32_t i = 0; i < d; i++)
			others[i] = crowd_other(low, i, n);
		qsort(others, d, sizeof *others, by_number);
		for (uint32_t i = 0; i < d; i++) {
			if (i && others[i] == others[i - 1])
				continue;
			uint64_t lot = crowd_mix(low * 31 + others[i]);
			per_high[others[i]]++;
			(void)sqlite3_bind_int64(st, 2, low);
			(void)sqlite3_bind_int64(st, 3, others[i]);
			for (int c = 4; c <= 7; c++)
				(void)sqlite3_bind_null(st, c);
			(void)sqlite3_bind_int64(st,
			    lot % 3 == 0    ? 4
			    : lot % 50 == 1 ? 7
			    : lot & 1       ? 5
					    : 6,
			    SINCE + (int64_t)(lot % 1000000) * 1000000);
			step(st);
			turn(++rows);
		}
	}
	need(tl_db_commit(db, TL_SYNC_NORMAL));
	(void)sqlite3_finalize(st);
	return rows;
}

/* The same pairs from the other end: sorted by counting. */
static void
ends(uint32_t n, uint64_t edges, uint64_t rows, const uint32_t *per_high)
{
	uint32_t *lows = malloc(rows * sizeof *lows);
	uint64_t *at = calloc(n + 2, sizeof *at), done = 0;
	if (!lows || !at)
		abort();
	for (uint32_t k = 1; k <= n; k++)
		at[k + 1] = at[k] + per_high[k];
	static uint32_t others[4096];
	for (uint32_t low = 1; low < n; low++) {
		uint32_t d = crowd_degree(low, n, edges);
		for (uint32_t i = 0; i < d; i++)
			others[i] = crowd_other(low, i, n);
		qsort(others, d, sizeof *others, by_number);
		for (uint32_t i = 0; i < d; i++)
			if (!i || others[i] != others[i - 1])
				lows[at[others[i]]++] = low;
	}
	sqlite3_stmt *st =
	    prepare("INSERT INTO relation_ends(platform, high, low) VALUES(?1, ?2, ?3)");
	(void)sqlite3_bind_int64(st, 1, platform);
	need(tl_db_begin(db));
	for (uint32_t high = 1, i = 0; high <= n; high++)
		for (uint32_t k = 0; k < per_high[high]; k++, i++) {
			(void)sqlite3_bind_int64(st, 2, high);
			(void)sqlite3_bind_int64(st, 3, lows[i]);
			step(st);
			turn(++done);
		}
	need(tl_db_commit(db, TL_SYNC_NORMAL));
	(void)sqlite3_finalize(st);
	free(lows);
	free(at);
}

static double
since(int64_t from)
{
	return (double)(tl_mono_us() - from) / 1e6;
}

int
main(int argc, char **argv)
{
	struct tl_store *s = NULL;
	if (argc != 4) {
		(void)fprintf(stderr, "usage: crowd FOLDER ACCOUNTS PAIRS\n");
		return 2;
	}
	uint32_t n = (uint32_t)strtoul(argv[2], NULL, 10);
	uint64_t edges = strtoull(argv[3], NULL, 10);
	uint32_t *per_high = calloc(n + 2, sizeof *per_high);
	if (!per_high)
		abort();
	need(tl_crypto_init());
	need(tl_store_open(argv[1], &s));
	need(tl_db_open(s, &db));
	need(tl_platform_find(db, TL_S("demo"), &platform));
	int64_t from = tl_mono_us();
	accounts(n);
	double accounts_s = since(from);
	from = tl_mono_us();
	uint64_t rows = pairs(n, edges, per_high);
	ends(n, edges, rows, per_high);
	(void)printf("{\"accounts\":%u,\"pairs\":%llu,\"accounts_s\":%.1f,\"pairs_s\":%.1f}\n",
	    n, (unsigned long long)rows, accounts_s, since(from));
	tl_db_close(db);
	tl_store_close(s);
	free(per_high);
	return 0;
}
