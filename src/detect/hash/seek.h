/* Asking an index for one file, and turning its hits into signals. */
#pragma once

#include "detect/detect.h"
#include "hash/index.h"

struct seek {
	enum tl_entry_form form;
	const struct tl_pdq
	    *needle;               /* of that file; hits of the first say nothing of turning */
	const char *const *turned; /* per needle, how it is turned; NULL: none is */
	size_t needles;
	bool exact;       /* distance 0, whatever the banks say */
	bool turned_only; /* only banks that want turned pictures compared */
	const struct tl_media *media;
};

/* Leaves a failed signal when the index or the store does not answer, or when there is more than can be told. */
void seek_hits(struct tl_detect_ctx *c, const struct seek *s);

/*
 * Whether a bank has said all that it may of one file, whose signals begin at `first`. Review-only entries do not count:
 * they must not hide one that is in full force.
 */
bool seek_full(const struct tl_detect_ctx *c, size_t first, const struct tl_bank_ref *b);

/* As tl_detect_hit; 0 also for a review-only entry of a bank that has said enough of those. */
int seek_hit(struct tl_detect_ctx *c, size_t first, const struct tl_bank_ref *b, int64_t key,
    struct tl_signal **ret) TL_MUST;

/* A failed signal about this file. */
void seek_failed(struct tl_detect_ctx *c, const struct tl_media *m, const char *why);
/* The same of one that was looked at in part, beside what was found in it: what was not found may be in the rest. */
void seek_partly(struct tl_detect_ctx *c, const struct tl_media *m);
