/* The few C functions through which the bench speaks to Faiss's binary indexes. */
#include <faiss/IndexBinaryFlat.h>
#include <faiss/IndexBinaryHash.h>
#include <faiss/impl/AuxIndexStructures.h>

namespace faiss
{
/* Of floats, which nothing here is made of; named by a part of the library that is not built. */
void
binary_to_real(size_t, const uint8_t *, float *)
{
}
}

extern "C" {

void *
peer_flat(void)
{
	return new faiss::IndexBinaryFlat(256);
}

void *
peer_multihash(int tables, int bits, int flips)
{
	auto *x = new faiss::IndexBinaryMultiHash(256, tables, bits);
	x->nflip = flips;
	return x;
}

void
peer_add(void *x, const uint8_t *hashes, size_t n)
{
	static_cast<faiss::IndexBinary *>(x)->add(static_cast<long>(n), hashes);
}

/* How many lie within the distance; Faiss counts what is below its radius. */
size_t
peer_count(void *x, const uint8_t *needle, int distance)
{
	faiss::RangeSearchResult r(1);
	static_cast<faiss::IndexBinary *>(x)->range_search(1, needle, distance + 1, &r);
	return r.lims[1];
}

void
peer_free(void *x)
{
	delete static_cast<faiss::IndexBinary *>(x);
}
}
