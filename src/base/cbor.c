/*
 * Reading CBOR: heads, strings, and passing over what is not wanted.
 *
 * Promises: reads only inside the cursor; memory and time are bounded by its bytes, also for hostile counts and
 * depth; one text has one reading (shortest integers only). Failures are INPUT. Called by what reads security keys.
 */
#include "base/cbor.h"

static int
broken(struct tl_cur *c, const char *why)
{
	c->bad = true;
	return tl_fail(TL_EPARSE, "CBOR: %s", why);
}

/* The argument of a head; `low` is its five bits. */
static int
argument(struct tl_cur *c, unsigned low, uint64_t *ret)
{
	static const uint64_t least[] = {24, 1U << 8, 1U << 16, UINT64_C(1) << 32};
	if (low < 24) {
		*ret = low;
		return 0;
	}
	if (low > 27)
		return broken(c, "an indefinite length");
	uint64_t v = 0;
	struct tl_str bytes = tl_cur_take(c, (size_t)1 << (low - 24));
	for (size_t i = 0; i < bytes.n; i++)
		v = v << 8 | bytes.p[i];
	if (c->bad)
		return broken(c, "cut off");
	if (v < least[low - 24])
		return broken(c, "a number longer than it need be");
	*ret = v;
	return 0;
}

static int
string(struct tl_cur *c, uint64_t n, struct tl_cbor *ret)
{
	if (n > c->n)
		return broken(c, "a string longer than what is left");
	ret->s = tl_cur_take(c, (size_t)n);
	if (ret->kind == TL_CBOR_TEXT && !tl_utf8_valid(ret->s))
		return broken(c, "text that is not UTF-8");
	return 0;
}

static int
container(struct tl_cur *c, uint64_t n, struct tl_cbor *ret)
{
	size_t each = ret->kind == TL_CBOR_MAP ? 2 : 1;
	if (n > c->n / each)
		return broken(c, "more elements than bytes are left");
	ret->count = (size_t)n;
	return 0;
}

int
tl_cbor_next(struct tl_cur *c, struct tl_cbor *ret)
{
	uint64_t n = 0;
	struct tl_cbor v = {0};
	uint8_t head = tl_cur_u8(c);
	if (c->bad)
		return broken(c, "cut off");
	int rc = argument(c, head & 31, &n);
	if (rc < 0)
		return rc;
	switch (head >> 5) {
	case 0:
	case 1:
		if (n > INT64_MAX)
			return broken(c, "a number that is too large");
		v.kind = TL_CBOR_INT;
		v.i = head >> 5 ? -1 - (int64_t)n : (int64_t)n;
		break;
	case 2:
	case 3:
		v.kind = head >> 5 == 2 ? TL_CBOR_BYTES : TL_CBOR_TEXT;
		rc = string(c, n, &v);
		break;
	case 4:
	case 5:
		v.kind = head >> 5 == 4 ? TL_CBOR_ARRAY : TL_CBOR_MAP;
		rc = container(c, n, &v);
		break;
	case 7:
		if ((head & 31) < 20 || (head & 31) > 22)
			return broken(c, "a kind of value that is not taken");
		v.kind = TL_CBOR_SIMPLE;
		v.i = head & 31;
		break;
	default:
		return broken(c, "a tag");
	}
	if (rc == 0)
		*ret = v;
	return rc;
}

int
tl_cbor_expect(struct tl_cur *c, enum tl_cbor_kind kind, struct tl_cbor *ret)
{
	struct tl_cbor v = {0};
	int rc = tl_cbor_next(c, &v);
	if (rc < 0)
		return rc;
	if (v.kind != kind)
		return broken(c, "a value of another kind than expected");
	*ret = v;
	return 0;
}

int
tl_cbor_skip(struct tl_cur *c)
{
	for (size_t left = 1; left > 0; left--) {
		struct tl_cbor v = {0};
		int rc = tl_cbor_next(c, &v);
		if (rc < 0)
			return rc;
		left += v.kind == TL_CBOR_MAP ? 2 * v.count : v.count;
		if (left - 1 > c->n)
			return broken(c, "more elements than bytes are left");
	}
	return 0;
}
