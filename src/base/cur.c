/*
 * Bounds-checked reading.
 *
 * Promises: never reads outside the view; after the first failure every read is zero or empty. Called by the
 * parsers of messages and files.
 */
#include "base/cur.h"

struct tl_str
tl_cur_take(struct tl_cur *c, size_t n)
{
	if (c->bad || n > c->n) {
		c->bad = true;
		return (struct tl_str){(const uint8_t *)"", 0};
	}
	struct tl_str s = {c->p, n};
	c->p += n;
	c->n -= n;
	return s;
}

static uint64_t
big_endian(struct tl_cur *c, size_t n)
{
	struct tl_str s = tl_cur_take(c, n);
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

uint8_t
tl_cur_u8(struct tl_cur *c)
{
	return (uint8_t)big_endian(c, 1);
}

uint16_t
tl_cur_u16(struct tl_cur *c)
{
	return (uint16_t)big_endian(c, 2);
}

uint32_t
tl_cur_u32(struct tl_cur *c)
{
	return (uint32_t)big_endian(c, 4);
}

uint64_t
tl_cur_u64(struct tl_cur *c)
{
	return big_endian(c, 8);
}

int
tl_cur_end(const struct tl_cur *c)
{
	if (c->bad)
		return tl_fail(TL_EPARSE, "the message ends too early");
	if (c->n)
		return tl_fail(TL_EPARSE, "%zu bytes too many at the end of the message", c->n);
	return 0;
}
