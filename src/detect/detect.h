/*
 * Detectors: each looks at one item and says signals. One detector is one pair of files and one row in
 * detectors.tbl.h; what it compares with (the entries of all enabled banks of its kind) is compiled into an
 * immutable part of a bank snapshot (banks.h) beforehand, off the hot path.
 */
#pragma once

#include "core/signal.h"

struct tl_arena;
struct tl_banks;
struct tl_db;
struct tl_known;
struct tl_lookup;

/* Signals of one item; views live in the arena given to tl_detect_run. */
struct tl_signals {
	struct tl_signal s[TL_SIGNALS_MAX];
	size_t n;
	bool cut; /* of the detector that runs: there were more */
};

/* What a detector is asked about. */
struct tl_detect_input {
	const struct tl_field *fields;
	size_t field_count;
	const struct tl_media *media; /* with digests; with pdq when it was decoded */
	size_t media_count;

	struct tl_db *db; /* where a hit's entry is read; NULL: hashes cannot be compared */
	/* Who asks: a bank for a share of the traffic looks at the same items each time. Empty: it looks at all. */
	int64_t platform;
	struct tl_str subject;
	/* Narrower or wider than the banks themselves say. */
	const struct tl_str *only; /* names of banks; NULL: all */
	size_t only_count;
	const int
	    *distance; /* 0..TL_BANK_DISTANCE_MAX for every bank of pictures; NULL: their own */
	bool turned;   /* compare turned and mirrored pictures with every bank */
	bool allows;   /* only allow-lists are asked */
	size_t
	    most; /* signals of one bank and file, the nearest; 0: as many as tell something (seek.h) */
};

/* Working memory of one thread for all detectors. */
struct tl_detect;
struct tl_detect *tl_detect_create(void);
void tl_detect_destroy(struct tl_detect *d);

/*
 * Runs every detector. A detector that cannot answer leaves a failed signal; that is not an error here. Appends
 * to `out`. One that found more than there is room for leaves a failed signal besides: what it could not say may
 * be the gravest. Media that could not be decoded count as failed for the detectors that need pixels.
 */
int tl_detect_run(struct tl_detect *d, const struct tl_banks *banks,
    const struct tl_detect_input *in, struct tl_arena *arena, struct tl_signals *out) TL_MUST;

/*
 * Whether an allow-list, among the signals from `first` on, sets aside what this detector says of this file with this score:
 * for who has matches that are no signals. Those are in `all` that were asked for with `allows`, or all signals.
 */
bool tl_detect_allowed(const struct tl_signals *all, size_t first,
    const struct tl_media_id *media, struct tl_str detector, double score);

/* Says whether a pattern or hash can be used as an entry; for bank imports (tl_entry_check_fn). */
int tl_detect_entry_check(enum tl_entry_form form, struct tl_str value) TL_MUST;

/* Names of all detectors, NULL-terminated: what rules can ask for. */
extern const char *const tl_detector_names[];

/* For the detectors themselves ------------------------------------------------------------------------------ */

struct tl_bank_ref {
	struct tl_id id;
	uint32_t number;
	struct tl_str name, policy, source, classification;
	int distance;
	enum tl_bank_direction direction;
	double share;
	bool turned;
	int share_query, share_known; /* percent; 0: the kind's own */
};

struct tl_bank_live {
	uint32_t bank; /* index into banks */
	struct tl_id id;
	int64_t key;
	enum tl_entry_form form;
	struct tl_str value;
};

/*
 * The banks of one kind that are in use, rising by number, and for kinds that are not found by an index all entries in
 * force. Lives as long as what was built from it.
 */
struct tl_bank_table {
	const struct tl_bank_ref *banks;
	size_t bank_count;
	const struct tl_bank_live *entries;
	size_t entry_count;
	void (*refused)(
	    void *ctx, const struct tl_bank_live *entry, const char *why); /* while building */
	void *ctx;
};

struct tl_detect_ctx {
	const struct tl_bank_table *table; /* of the detector's kind of bank */
	const void *part;              /* what its build made; NULL when it builds nothing */
	struct tl_known *const *known; /* by form: the indexes */
	struct tl_lookup *lookup;
	void *scratch; /* what its scratch_create made */
	const char *name, *version;
	int64_t mark; /* which state of the banks */
	const struct tl_detect_input *in;
	struct tl_arena *arena;
	struct tl_signals *out;
};

struct tl_detector {
	const char *name;
	const char *version; /* raise it when the same entries would match differently */
	enum tl_bank_kind kind;
	/* NULL: its entries are found by an index (known.h); no list of them is made. */
	int (*build)(const struct tl_bank_table *t, void **ret);
	void (*destroy)(void *part);
	void *(*scratch_create)(void); /* NULL: needs none */
	void (*scratch_destroy)(void *scratch);
	void (*run)(struct tl_detect_ctx *c);
};

/* False when the question leaves this bank out. */
bool tl_detect_wants(const struct tl_detect_ctx *c, const struct tl_bank_ref *b);
/* The bank of this number; NULL: it is not in use. */
const struct tl_bank_ref *tl_detect_bank(const struct tl_detect_ctx *c, uint32_t number);

/*
 * A new signal of the entry behind `key` in bank `b`, filled in but for score, distance and place. 1 with *ret; 0 when the
 * entry is not in force (any more); LIMIT when there is no room; else why the store did not answer: a failed signal is due.
 */
int tl_detect_hit(struct tl_detect_ctx *c, const struct tl_bank_ref *b, int64_t key,
    struct tl_signal **ret) TL_MUST;
/* A failed signal: `why` is a constant or lives in the arena. */
struct tl_signal *tl_detect_failed(struct tl_detect_ctx *c, const char *why);
