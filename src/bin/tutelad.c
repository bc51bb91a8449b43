/*
 * tutelad: the daemon. Without --role it is the supervisor; with it, one role.
 *
 * Promises: wrong options and wrong configuration end with 2 and a sentence that says what to change; a role that
 * fails ends with 1. Everything else is in src/role.
 */
#include "role/role.h"

#include "core/words.h"
#include "store/people.h"
#include "sys/crypto.h"
#include "sys/log.h"

#include <getopt.h>
#include <stdio.h>

#define SETS_MAX 64

struct options {
	const char *data;
	const char *role;
	bool testing;
	int index;
	const char *sets[SETS_MAX];
	size_t set_count;
};

static const char usage[] =
    "usage: tutelad [--data DIR] [--set KEY=VALUE]... [--testing] [--version]\n"
    "Starts the trust and safety engine on the data folder DIR (default ./var).\n"
    "See tutela(1) for the keys; SIGTERM stops, SIGHUP reads rules and lists again.\n"
    "--testing is for test suites of clients: banks can be reset over the HMA API. Only "
    "folders that were never started\n"
    "without it take it.\n";

/* 0 to go on, else the exit status + 1. */
static int
parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {{"data", required_argument, NULL, 'd'},
	    {"set", required_argument, NULL, 's'}, {"role", required_argument, NULL, 'r'},
	    {"index", required_argument, NULL, 'i'}, {"testing", no_argument, NULL, 't'},
	    {"version", no_argument, NULL, 'V'}, {"help", no_argument, NULL, 'h'}, {0}};
	int64_t n = 0;
	for (int c; (c = getopt_long(argc, argv, "d:s:h", longs, NULL)) != -1;) {
		switch (c) {
		case 'd':
			o->data = optarg;
			break;
		case 's':
			if (o->set_count == SETS_MAX)
				return 3;
			o->sets[o->set_count++] = optarg;
			break;
		case 'r':
			o->role = optarg;
			break;
		case 'i':
			if (tl_parse_i64(tl_str(optarg), 0, TL_WORKERS_MAX - 1, &n) < 0)
				return 3;
			o->index = (int)n;
			break;
		case 't':
			o->testing = true;
			break;
		case 'V':
			(void)puts("tutelad " TUTELA_VERSION);
			return 1;
		case 'h':
			(void)fputs(usage, stdout);
			return 1;
		default:
			(void)fputs(usage, stderr);
			return 3;
		}
	}
	return 0;
}

static int
run_role(const struct options *o, const struct tl_config *config)
{
	static int (*const roles[TL_PROC_COUNT])(const struct tl_role_args *) = {
	    [TL_PROC_SERVER] = tl_role_server,
	    [TL_PROC_WORKER] = tl_role_worker,
	    [TL_PROC_COURIER] = tl_role_courier,
	    [TL_PROC_CLERK] = tl_role_clerk,
	    [TL_PROC_BACKUP] = tl_role_backup,
	    [TL_PROC_FINDER] = tl_role_finder,
	};
	int role = 0;
	if (tl_word_parse(tl_proc_names, tl_str(o->role), &role) < 0)
		return tl_fail(TL_EUSAGE, "there is no role named %s", o->role);
	struct tl_wires wires;
	int rc = tl_wires_inherit(&wires);
	if (rc < 0)
		return rc;
	tl_log_init(tl_proc_names[role], (enum tl_log_level)config->log_level);
	struct tl_role_args args = {
	    .config = config, .wires = &wires, .index = o->index, .testing = o->testing};
	return roles[role](&args);
}

/* What a reset may empty was never meant to be kept: the trail knows every start. */
static int
check_testing(const struct tl_config *config)
{
	TL_CLEANUP(tl_store_closep) struct tl_store *store = NULL;
	TL_CLEANUP(tl_db_closep) struct tl_db *db = NULL;
	struct tl_row r;
	int rc = tl_store_open(config->data_dir, &store);
	if (rc == 0)
		rc = tl_db_open(store, &db);
	if (rc == 0)
		rc = tl_db_first(db, &r, TL_SQL_AUDIT_STARTED, A_Z(TL_STARTED));
	if (rc == TL_ENOTFOUND) {
		(void)fputs("tutelad: TESTING: whoever has a key with the scope `banks` can "
			    "reset this installation's banks\n",
		    stderr);
		return 0;
	}
	if (rc < 0)
		return rc;
	tl_row_end(&r);
	return tl_fail(TL_ECONFIG,
	    "--testing: %s was started without it before and may hold what must be kept; make "
	    "another data folder with `tutela --data DIR init`",
	    config->data_dir);
}

int
main(int argc, char **argv)
{
	struct options o = {.data = "var"};
	int end = parse(argc, argv, &o);
	if (end)
		return end - 1;
	TL_CLEANUP(tl_config_destroyp) struct tl_config *config = NULL;
	int rc = tl_crypto_init();
	if (rc == 0)
		rc = tl_config_load(o.data, o.sets, o.set_count, &config);
	if (rc == 0) {
		tl_log_init("supervisor", (enum tl_log_level)config->log_level);
		rc = o.testing && !o.role ? check_testing(config) : 0;
	}
	if (rc == 0) {
		rc = o.role ? run_role(&o, config)
			    : tl_supervise(config, o.sets, o.set_count, o.testing);
	}
	if (rc >= 0)
		return 0;
	(void)fprintf(stderr, "tutelad: %s\n", tl_err_text());
	return tl_err_kind(rc) == TL_INPUT || rc == TL_ECONFIG ? 2 : 1;
}
