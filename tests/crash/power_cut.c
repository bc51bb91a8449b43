/*
 * Power cuts, replayed: for each boundary of a recorded run (a sync that ended, a promise that was made) and for
 * moments between, the data folder is laid out as a power cut would leave it, opened and held to its promises.
 *
 *   power-cut RECORD WORK [--all] [--seed N] [--part I/N] [--compare FOLDER] [--at RECORD:VARIANT]
 *
 * Without --all each boundary is replayed as `dropped` and as one other variant, in turns. Exit 1 when something was
 * lost. Run by power.test.mjs.
 */
#include "power_cut.h"
#include "replay.h"

#include "base/str.h"
#include "sys/crypto.h"

#include <stdio.h>
#include <sys/stat.h>

struct run {
	struct replay *replay;
	struct promises *promises;
	const char *work;
	uint64_t seed;
	bool all;
	int part, parts;
	const char *compare, *at;
	long long record, boundaries, states[REPLAY_VARIANTS], failed;
};

static void
look(struct run *r, enum replay_variant v, const char *where)
{
	replay_lay_out(
	    r->replay, v, r->seed ^ ((uint64_t)r->record << 8) ^ (uint64_t)v, r->work);
	r->states[v]++;
	if (promises_check(r->promises, r->work) == 0)
		return;
	r->failed++;
	(void)fprintf(
	    stderr, "  at record %lld (%s), %s\n", r->record, where, replay_variant_names[v]);
}

/* All variants, or the strictest and, where the disk has changed, one of the others. */
static void
cut(struct run *r, const char *where, bool changed)
{
	long long n = r->boundaries++;
	if (n % r->parts != r->part)
		return;
	look(r, REPLAY_DROPPED, where);
	if (!replay_pending(r->replay) || !(changed || r->all))
		return;
	int turn = 1 + (int)(n / r->parts % (REPLAY_VARIANTS - 1));
	for (int v = 1; v < REPLAY_VARIANTS; v++)
		if (r->all || v == turn)
			look(r, (enum replay_variant)v, where);
}

static bool
is_at(const struct run *r, enum replay_variant *ret)
{
	char text[40];
	for (int v = 0; v < REPLAY_VARIANTS; v++) {
		(void)snprintf(
		    text, sizeof text, "%lld:%s", r->record, replay_variant_names[v]);
		*ret = (enum replay_variant)v;
		if (r->at && strcmp(r->at, text) == 0)
			return true;
	}
	return false;
}

static void
replay_all(struct run *r)
{
	const struct shim_head *h;
	const char *bytes;
	enum replay_variant v;
	while ((h = replay_step(r->replay, &bytes)) != NULL) {
		r->record++;
		if (h->kind == SHIM_MARK)
			promises_hear(r->promises, bytes, h->bytes);
		if (is_at(r, &v)) {
			look(r, v, "asked for");
			replay_lay_out(r->replay, v,
			    r->seed ^ ((uint64_t)r->record << 8) ^ (uint64_t)v, r->work);
		}
		if (r->at)
			continue;
		if (h->kind == SHIM_MARK)
			cut(r, "promise", false);
		else if (h->kind == SHIM_SYNC_END)
			cut(r, h->flags & SHIM_FAILED ? "failed sync" : "sync", true);
		else if (((uint64_t)r->record * 2654435761U + r->seed) % 41 == 0)
			cut(r, "between", true);
	}
}

static bool
parse(struct run *r, int argc, char **argv)
{
	int64_t n = 0, part = 0;
	for (int i = 3; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "--all") == 0) {
			r->all = true;
			continue;
		}
		if (strcmp(argv[i], "--compare") == 0)
			r->compare = value;
		else if (strcmp(argv[i], "--at") == 0)
			r->at = value;
		else if (strcmp(argv[i], "--seed") == 0 &&
			 tl_parse_i64(tl_str(value), 0, 1 << 30, &n) == 0)
			r->seed = (uint64_t)n;
		else if (strcmp(argv[i], "--part") == 0 && strlen(value) == 3 &&
			 tl_parse_i64(
			     (struct tl_str){(const uint8_t *)value, 1}, 0, 8, &part) == 0 &&
			 tl_parse_i64(tl_str(value + 2), 1, 9, &n) == 0) {
			r->part = (int)part;
			r->parts = (int)n;
		} else
			return false;
		i++;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct run r = {.parts = 1, .seed = 1};
	if (argc < 3 || !parse(&r, argc, argv) || tl_crypto_init() < 0) {
		(void)fputs("usage: power-cut RECORD WORK [--all] [--seed N] [--part I/N] "
			    "[--compare FOLDER] [--at RECORD:VARIANT]\n",
		    stderr);
		return 2;
	}
	r.work = argv[2];
	r.replay = replay_open(argv[1]);
	r.promises = promises_create();
	(void)mkdir(r.work, 0700);
	replay_all(&r);
	if (r.compare)
		r.failed += replay_compare(r.replay, r.compare);
	(void)printf("{\"records\":%lld,\"boundaries\":%lld,\"promises\":%zu,\"failed\":%lld",
	    r.record, r.boundaries, promises_count(r.promises), r.failed);
	for (int v = 0; v < REPLAY_VARIANTS; v++)
		(void)printf(",\"%s\":%lld", replay_variant_names[v], r.states[v]);
	(void)puts("}");
	promises_destroy(r.promises);
	replay_close(r.replay);
	return r.failed ? 1 : 0;
}
