/*
 * Files of the blob folder and seals, damaged: a good blob with the input's changes (place, byte) and cut to its
 * length. It reads as it was written or not at all.
 */
#include "store/blobs.h"
#include "sys/crypto.h"
#include "sys/fd.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PLAIN_BYTES (TL_BLOB_CHUNK + 1000) /* two chunks */

static struct tl_store *store;
static struct tl_media_id id;
static struct tl_buf good;
static uint8_t plain[PLAIN_BYTES];
static char dir[] = "/tmp/tutela-fuzz-XXXXXX", path[160];

static int
drop(const char *at, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(at);
}

static void
clean_up(void)
{
	tl_store_close(store);
	tl_buf_fini(&good);
	(void)nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static void
make_good(void)
{
	struct tl_blob_in *b;
	char hex[65];
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 31 >> 3);
	if (!mkdtemp(dir) || tl_crypto_init() < 0 || tl_store_create(dir) < 0 ||
	    tl_store_open(dir, &store) < 0 || tl_blob_create(store, 1, &b) < 0 ||
	    tl_blob_add(b, tl_bytes(plain, sizeof plain)) < 0 || tl_blob_finish(b, &id) < 0)
		abort();
	tl_hex(hex, id.b, sizeof id.b);
	(void)snprintf(path, sizeof path, "%s/blobs/%.2s/%s", dir, hex, hex);
	if (tl_file_read(path, 1 << 20, &good) < 0)
		abort();
	(void)atexit(clean_up);
}

static void
check_seal(const uint8_t *data, size_t size)
{
	static const struct tl_key key = {{1, 2, 3}};
	uint8_t sealed[16 + TL_SEAL_OVERHEAD], back[16];
	tl_seal(sealed, TL_S("sixteen bytes ok"), TL_S("ad"), &key);
	bool changed = false;
	for (size_t i = 0; i + 1 < size; i += 2) {
		sealed[data[i] % sizeof sealed] ^= data[i + 1];
		changed = changed || data[i + 1];
	}
	int rc = tl_unseal(back, tl_bytes(sealed, sizeof sealed), TL_S("ad"), &key);
	if (rc == 0 && memcmp(back, "sixteen bytes ok", 16) != 0)
		abort();
	if (rc < 0 && !changed)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!store)
		make_good();
	if (size < 2 || size > 64)
		return 0;
	TL_CLEANUP(tl_buf_fini) struct tl_buf bad = {0}, out = {.limit = 1 << 20};
	size_t cut = ((size_t)data[0] << 8 | data[1]) * 2;
	tl_buf_put(&bad, good.p, cut && cut < good.n ? cut : good.n);
	for (size_t i = 2; i + 3 < size; i += 4) {
		size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]);
		bad.p[at % bad.n] ^= data[i + 3];
	}
	FILE *f = fopen(path, "we");
	if (!f || fwrite(bad.p, 1, bad.n, f) != bad.n || fclose(f) != 0)
		abort();
	bool same = bad.n == good.n && memcmp(bad.p, good.p, good.n) == 0;
	int rc = tl_blob_read(store, &id, &out);
	if (same != (rc == 0))
		abort();
	if (rc == 0 && (out.n != sizeof plain || memcmp(out.p, plain, out.n) != 0))
		abort();
	check_seal(data, size);
	return 0;
}
