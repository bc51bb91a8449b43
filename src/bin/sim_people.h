/* Made-up people and what they do, for `tutela simulate contacts`: the same seed makes the same people, whatever their number. */
#pragma once

#include "store/contact_log.h"
#include "sys/crypto.h"

enum sim_kind {
#define P(tag, name, share, approach, what) SIM_##tag,
#include "bin/sim_people.tbl.h"
#undef P
	SIM_KINDS
};

struct sim_kind_row {
	const char *name;
	unsigned share;
	bool approach;
	const char *what;
};
extern const struct sim_kind_row sim_kinds[SIM_KINDS];

struct sim_plan {
	uint64_t seed;
	uint32_t accounts; /* at least 1000 */
	int64_t platform, end_us;
	int days;
	bool texts; /* texts of private messages may be looked at */
	struct tl_key key;
};

enum sim_kind sim_kind_of(const struct sim_plan *p, uint32_t i);
enum tl_age_band sim_band_of(const struct sim_plan *p, uint32_t i);
struct tl_id sim_id_of(const struct sim_plan *p, uint32_t i);

/* Calls fn for all that account i does in the plan's time and for what is answered; stops at its first code < 0. */
typedef int (*sim_fn)(void *ctx, const struct tl_contact_event *e);
int sim_events(const struct sim_plan *p, uint32_t i, sim_fn fn, void *ctx) TL_MUST;
