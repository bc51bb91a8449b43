/* Private to this folder: what a bank snapshot holds. */
#pragma once

#include "detect/banks.h"
#include "detect/detect.h"

#include <stdatomic.h>

enum {
#define D(name) TL_DETECTOR_##name,
#include "detect/detectors.tbl.h"
#undef D
	TL_DETECTOR_COUNT
};

#define D(name) extern const struct tl_detector tl_detector_##name;
#include "detect/detectors.tbl.h"
#undef D

extern const struct tl_detector *const tl_detectors[TL_DETECTOR_COUNT];

/* Everything of one kind of bank; shared by successive snapshots while that kind does not change. */
struct tl_bank_part {
	_Atomic int refs;
	enum tl_bank_kind kind;
	int64_t mark;
	struct tl_arena *arena; /* owns the table */
	struct tl_bank_table table;
	void *built[TL_DETECTOR_COUNT]; /* by detectors of this kind */
	size_t entries;
};

struct tl_banks {
	_Atomic int refs;
	struct tl_bank_part *parts[tl_bank_kind_count];
	struct tl_known *const *known; /* the loader's, by form */
};

/* What weight a match has: of the signals from `first` on, those of media that an allow-list knows are set aside. */
void detect_set_aside(struct tl_signals *out, size_t first);
/* True when the bank looks at this item: the same each time. */
bool detect_in_share(const struct tl_bank_ref *b, const struct tl_detect_input *in);
