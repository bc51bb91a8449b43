/* Private to the media index: index.c (what is in it) and index_files.c (its files). */
#pragma once

#include "again/index.h"

struct tl_again_index {
	struct tl_index *x; /* NULL: none is usable at the moment */
	bool own;
	struct tl_again_index_own owner;
	char *root;
	int64_t epoch; /* of its files; 0: it is in memory, or there is none */
	int64_t upto;  /* of media_counter */
	bool bad;      /* its files are damaged or not of this store */
	int64_t verify_us;
	struct tl_index_hit *room;
	struct tl_again_hit *hits;
	size_t cap;
};

/* Changes in the store that one page of the index takes. */
#define TL_AGAIN_INDEX_PAGE 4096
