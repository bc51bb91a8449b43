/* Segments and manifests of the Hamming index: files of ours, on disks of others. Sums are put right first, to come past them. */
#include "hash/index_find.h"
#include "hash/index_manifest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	const struct tl_ix_segment *s;
	uint64_t sum;
};

static void
see(void *ctx, uint32_t at, int d)
{
	struct seen *s = ctx;
	struct tl_ix_row row;
	if (at >= s->s->n || d < 0 || d > TL_INDEX_DISTANCE_MAX)
		abort();
	tl_ix_segment_row(s->s, at, &row);
	s->sum += row.key + row.bank;
}

static void
ask(struct tl_ix_segment *s, const struct tl_pdq *h)
{
	struct tl_ix_mixed m;
	struct tl_ix_work *w = tl_ix_work_create();
	struct seen seen = {s, 0};
	tl_ix_mix(h, &m);
	s->scan_cost = 1e6; /* slots rather than the scan */
	for (int d = 0; d <= TL_INDEX_DISTANCE_MAX; d += 21)
		if (!tl_ix_find(w, s, &m, d, see, &seen)) {
			const struct tl_ix_mixed *needle = &m;
			void *ctx = &seen;
			tl_ix_find_plain(w, s->half, s->n, &needle, &ctx, 1, d, see);
		}
	for (uint64_t key = 0; key < 64; key++)
		if (tl_ix_segment_find(s, key) > s->n)
			abort();
	tl_ix_work_destroy(w);
}

static void
try_segment(struct tl_str in)
{
	struct tl_ix_segment s = {0};
	struct tl_ix_head h;
	struct tl_pdq needle = {{0}};
	uint8_t *p = NULL;
	if (in.n < sizeof h || posix_memalign((void **)&p, 64, in.n) != 0)
		return;
	memcpy(p, in.p, in.n);
	memcpy(&h, p, sizeof h);
	h.magic = TL_IX_MAGIC;
	h.bytes = in.n;
	h.sum = 0;
	h.sum = tl_ix_sum(&h, sizeof h);
	memcpy(p, &h, sizeof h);
	if (tl_ix_segment_parse(tl_bytes(p, in.n), &s) == 0) {
		memcpy(needle.b, in.p + in.n - sizeof needle.b, sizeof needle.b);
		ask(&s, &needle);
		int rc = tl_ix_segment_verify(&s);
		if (rc < 0 && rc != TL_ECORRUPT)
			abort();
	}
	free(p);
}

static volatile uint64_t looked_at; /* so that nothing is left out as useless */

static void
try_manifest(struct tl_str in)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	static struct tl_ix_manifest m;
	struct tl_ix_times t;
	uint64_t sum = 0;
	tl_buf_put(&b, in.p, in.n);
	tl_ix_manifest_end(&b);
	if (tl_ix_manifest_parse(tl_buf_str(&b), &m) < 0)
		return;
	for (size_t i = 0; i < m.segments; i++)
		for (uint32_t k = 0; k < m.segment[i].gone_n; k++)
			sum += tl_ix_manifest_gone(&m.segment[i], k);
	for (size_t i = 0; i < m.limits; i++)
		sum += tl_ix_manifest_limit(&m, i, &t) + (uint64_t)t.from_us +
		       (uint64_t)t.until_us;
	looked_at = sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_segment(tl_bytes(data, size));
	try_manifest(tl_bytes(data, size));
	return 0;
}
