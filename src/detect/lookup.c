/*
 * The entries behind keys.
 *
 * Promises: memory is bounded by SLOTS times the longest note and provenance; a flood of hits on few entries reads each of
 * them once. What was read is as old as the banks' state that the caller knows. Called by detectors.
 */
#include "detect/lookup.h"

#include "base/arena.h"

#define SLOTS 256U

struct slot {
	int64_t key; /* 0: empty */
	bool there;
	struct tl_bank_entry e;
	uint8_t *text; /* note, provenance and classification, one behind the other */
};

struct tl_lookup {
	int64_t version;
	struct tl_arena *arena;
	struct slot slot[SLOTS];
};

struct tl_lookup *
tl_lookup_create(void)
{
	struct tl_lookup *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->arena = tl_arena_create((size_t)8 << 20);
	return l;
}

static void
forget(struct tl_lookup *l)
{
	for (size_t i = 0; i < SLOTS; i++) {
		free(l->slot[i].text);
		l->slot[i] = (struct slot){0};
	}
}

void
tl_lookup_destroy(struct tl_lookup *l)
{
	if (!l)
		return;
	forget(l);
	tl_arena_destroy(l->arena);
	free(l);
}

void
tl_lookup_stamp(struct tl_lookup *l, int64_t version)
{
	if (l->version != version)
		forget(l);
	l->version = version;
}

static struct tl_str
put(uint8_t **at, struct tl_str s)
{
	struct tl_str copy = tl_bytes(*at, s.n);
	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static void
keep(struct slot *s, const struct tl_bank_entry *e)
{
	uint8_t *at = malloc(e->note.n + e->provenance.n + e->classification.n + 1);
	if (!at)
		abort();
	s->text = at;
	s->e = *e;
	s->e.value = (struct tl_str){0};
	s->e.note = put(&at, e->note);
	s->e.provenance = put(&at, e->provenance);
	s->e.classification = put(&at, e->classification);
}

int
tl_lookup_key(
    struct tl_lookup *l, struct tl_db *db, int64_t key, const struct tl_bank_entry **ret)
{
	struct slot *s = &l->slot[(uint64_t)key % SLOTS];
	if (s->key != key) {
		struct tl_bank_entry e;
		tl_arena_reset(l->arena);
		int rc = tl_bank_entry_by_key(db, key, l->arena, &e);
		if (rc < 0 && rc != TL_ENOTFOUND)
			return rc;
		free(s->text);
		*s = (struct slot){.key = key, .there = rc == 0};
		if (rc == 0)
			keep(s, &e);
	}
	*ret = s->there ? &s->e : NULL;
	return 0;
}
