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

/* A failed signal about this file. */
void seek_failed(struct tl_detect_ctx *c, const struct tl_media *m, const char *why);
