/*
 * All PDQ hashes of the banks in one flat list, searched whole for each question: no index to build, any distance,
 * exact. About 1 ms for a million entries. Immutable once built; any number of threads may scan it.
 */
#pragma once

#include "hash/pdq.h"

struct tl_pdq_list;

struct tl_pdq_hit {
	uint32_t entry; /* as given to tl_pdq_list_add */
	int distance;
};

struct tl_pdq_list *tl_pdq_list_create(size_t capacity);
void tl_pdq_list_destroy(struct tl_pdq_list *l);

/* Adds the caller's entry: matches within `distance` bits (0..255). At most `capacity` of them. */
void tl_pdq_list_add(
    struct tl_pdq_list *l, uint32_t entry, const struct tl_pdq *h, int distance);

/* Writes up to `cap` hits in the order of adding; returns how many there are in all. */
size_t tl_pdq_list_scan(const struct tl_pdq_list *l, const struct tl_pdq *needle,
    struct tl_pdq_hit *hits, size_t cap);
