/* What one detector says of one item. A detector that failed says so: status failed, label = reason. */
#pragma once

#include "core/item.h"

#define TL_SIGNALS_MAX 256

struct tl_signal {
	struct tl_str detector; /* name of the registry: text, pdq, digest … */
	struct tl_str version;
	bool failed;
	struct tl_str label; /* bank or list name; the reason when failed */
	double score;        /* 0..1; NAN when the detector gives none */
	struct tl_str policy;
	struct tl_id bank, entry; /* nil when none */
	int distance;             /* -1 when it has no meaning */
	bool has_media;
	struct tl_media_id media;
	struct tl_str field;        /* text field, empty when none */
	int64_t span_from, span_to; /* bytes in that field, as the author wrote it */
};
