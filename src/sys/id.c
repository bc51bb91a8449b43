/*
 * UUIDv7: 48 bits of milliseconds, then a 12-bit counter and 62 random bits.
 *
 * Promises: ids made by one process rise strictly (counter within a millisecond, clock never steps back here);
 * ids of two processes do not collide in practice (62 random bits). Never fails.
 */
#include "sys/id.h"

#include "base/buf.h"
#include "sys/clock.h"

#include <pthread.h>
#include <sodium.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_tick; /* milliseconds * 4096 + counter */

struct tl_id
tl_id_new(void)
{
	uint64_t tick = (uint64_t)(tl_now_us() / TL_US_MS) << 12;
	(void)pthread_mutex_lock(&lock);
	if (tick <= last_tick)
		tick = last_tick + 1;
	last_tick = tick;
	(void)pthread_mutex_unlock(&lock);

	struct tl_id id;
	randombytes_buf(id.b + 8, 8);
	uint64_t ms = tick >> 12;
	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	id.b[6] = (uint8_t)(0x70 | (tick >> 8 & 0x0F));
	id.b[7] = (uint8_t)tick;
	id.b[8] = (uint8_t)((id.b[8] & 0x3F) | 0x80);
	return id;
}

bool
tl_id_is_nil(struct tl_id id)
{
	static const struct tl_id nil;
	return memcmp(id.b, nil.b, sizeof id.b) == 0;
}

bool
tl_id_eq(struct tl_id a, struct tl_id b)
{
	return memcmp(a.b, b.b, sizeof a.b) == 0;
}

void
tl_id_text(char dst[TL_ID_TEXT], struct tl_id id)
{
	static const uint8_t groups[] = {4, 2, 2, 2, 6};
	size_t at = 0;
	for (size_t g = 0; g < TL_COUNT(groups); g++) {
		if (g)
			*dst++ = '-';
		tl_hex(dst, id.b + at, groups[g]);
		dst += 2 * groups[g];
		at += groups[g];
	}
}

int
tl_id_parse(struct tl_str text, struct tl_id *ret)
{
	if (text.n != TL_ID_TEXT - 1 || text.p[8] != '-' || text.p[13] != '-' ||
	    text.p[18] != '-' || text.p[23] != '-')
		return tl_fail(TL_EPARSE, "not an id (expected 8-4-4-4-12 hex digits)");
	uint8_t hex[32];
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (i != 8 && i != 13 && i != 18 && i != 23)
			hex[n++] = text.p[i];
	}
	struct tl_id id = {0};
	int rc = tl_unhex(id.b, sizeof id.b, tl_bytes(hex, sizeof hex));
	if (rc < 0)
		return tl_fail(TL_EPARSE, "not an id (expected 8-4-4-4-12 hex digits)");
	*ret = id;
	return 0;
}

void
tl_js_id(struct tl_buf *b, const char *key, struct tl_id id)
{
	if (tl_id_is_nil(id)) {
		tl_js_null(b, key);
		return;
	}
	char text[TL_ID_TEXT];
	tl_id_text(text, id);
	tl_js_z(b, key, text);
}
