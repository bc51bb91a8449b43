/*
 * Which rules name a bank, and how.
 *
 * Promises: only what a condition asks of a bank counts (m.in_bank("x"), text.in_list("x") and their like), neither a queue
 * of the same name nor a comment. Whether a match speaks for a rule or against it is read off its signs of negation.
 * Called by the console, the command line and the worker.
 */
#include "rules/rules.h"

#include <string.h>

#define DEEP 64

static const char *const asks[] = {"in_bank", "in_list", "distance", "hits", NULL};

static bool
is_name(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Does the text before the quotation mark at `at` ask a bank? */
static bool
asks_a_bank(struct tl_str text, size_t at)
{
	while (at > 0 && is_space(text.p[at - 1]))
		at--;
	if (at == 0 || text.p[--at] != '(')
		return false;
	while (at > 0 && is_space(text.p[at - 1]))
		at--;
	size_t end = at;
	while (at > 0 && is_name(text.p[at - 1]))
		at--;
	for (size_t i = 0; asks[i]; i++)
		if (tl_str_is(tl_bytes(text.p + at, end - at), asks[i]))
			return true;
	return false;
}

/* How far a condition was read: what stands open, and whether it is turned round there. */
struct reading {
	struct tl_str text, bank;
	size_t at, deep;
	bool turned[DEEP]; /* outside of each open bracket */
	bool now,
	    negate; /* inside of the innermost; a sign of negation before what comes next */
	bool names, speaks_for;
};

static void
read_string(struct reading *r)
{
	uint8_t mark = r->text.p[r->at];
	size_t from = r->at + 1, to = from;
	while (to < r->text.n && r->text.p[to] != mark)
		to += r->text.p[to] == '\\' ? 2 : 1;
	if (to > r->text.n)
		to = r->text.n;
	if (tl_str_eq(tl_bytes(r->text.p + from, to - from), r->bank) &&
	    asks_a_bank(r->text, r->at)) {
		r->names = true;
		r->speaks_for = r->speaks_for || !r->now;
	}
	r->at = to;
}

static void
read_sign(struct reading *r)
{
	uint8_t c = r->text.p[r->at];
	uint8_t next = r->at + 1 < r->text.n ? r->text.p[r->at + 1] : 0;
	if (c == '"' || c == '\'') {
		read_string(r);
	} else if (c == '!' && next != '=') {
		r->negate = !r->negate;
	} else if (c == '(' && r->deep < DEEP) {
		r->turned[r->deep++] = r->now;
		r->now = r->now != r->negate;
		r->negate = false;
	} else if (c == ')' && r->deep > 0) {
		r->now = r->turned[--r->deep];
	} else if (c == '&' || c == '|' || c == '?' || c == ':' || c == ',') {
		r->negate = false;
	} else if (c == '/' && next == '/') {
		while (r->at + 1 < r->text.n && r->text.p[r->at + 1] != '\n')
			r->at++;
	}
}

static struct reading
read_condition(struct tl_str when, struct tl_str bank)
{
	struct reading r = {.text = when, .bank = bank};
	for (; r.at < when.n; r.at++)
		read_sign(&r);
	return r;
}

static bool
names(const struct tl_rule_view *rule, struct tl_str bank)
{
	return read_condition(rule->when, bank).names;
}

bool
tl_rules_count_on_bank(const struct tl_rule_view *rule, struct tl_str bank)
{
	return read_condition(rule->when, bank).speaks_for;
}

bool
tl_rules_naming(const struct tl_rule_set *set, struct tl_str bank, struct tl_rule_view *ret)
{
	for (size_t i = 0; i < tl_rules_count(set); i++) {
		tl_rules_view(set, i, 0, ret);
		if (names(ret, bank))
			return true;
	}
	return false;
}

bool
tl_rules_live_for(const struct tl_rule_set *set, struct tl_str bank, int64_t now_us)
{
	return tl_rules_stamp_for(set, bank, now_us) != 0;
}

static uint64_t
mix(uint64_t h, struct tl_str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return (h ^ s.n) * UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t
tl_rules_stamp_for(const struct tl_rule_set *set, struct tl_str bank, int64_t now_us)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < tl_rules_count(set); i++) {
		struct tl_rule_view v;
		tl_rules_view(set, i, now_us, &v);
		if (v.state != TL_RULE_ACTIVE || !names(&v, bank))
			continue;
		uint64_t h = mix(mix(UINT64_C(0xcbf29ce484222325), v.name), v.policy);
		sum += mix(mix(h, v.when), v.then) | 1; /* in whatever order they stand */
	}
	return sum;
}
