/*
 * The messages of ask.h: fixed head, then counted bytes, integers in network order.
 *
 * Promises: reading checks every bound and the end; nothing is trusted. Failures: INPUT. Called by the server, the
 * worker and the courier.
 */
#include "core/ask.h"

#include "base/cur.h"

#define MAGIC_ASK 0x544c4131U    /* TLA1 */
#define MAGIC_ANSWER 0x544c4132U /* TLA2 */

static void
put_u32(struct tl_buf *out, uint32_t v)
{
	const uint8_t b[4] = {
	    (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	tl_buf_put(out, b, sizeof b);
}

static void
put_u64(struct tl_buf *out, uint64_t v)
{
	put_u32(out, (uint32_t)(v >> 32));
	put_u32(out, (uint32_t)v);
}

static void
put_str(struct tl_buf *out, struct tl_str s)
{
	put_u32(out, (uint32_t)s.n);
	tl_buf_put(out, s.p, s.n);
}

static struct tl_str
take_str(struct tl_cur *c)
{
	uint32_t n = tl_cur_u32(c);
	return tl_cur_take(c, n);
}

void
tl_ask_write(struct tl_buf *out, const struct tl_ask *a)
{
	put_u32(out, MAGIC_ASK);
	tl_buf_byte(out, (uint8_t)a->kind);
	tl_buf_byte(out, a->live);
	put_u32(out, a->serial);
	put_u32(out, a->within_ms);
	put_u64(out, (uint64_t)a->platform);
	tl_buf_put(out, a->item.b, sizeof a->item.b);
	put_str(out, a->json);
}

int
tl_ask_read(struct tl_str msg, struct tl_ask *ret)
{
	struct tl_cur c = tl_cur(msg);
	struct tl_ask a = {0};
	uint32_t magic = tl_cur_u32(&c);
	uint8_t kind = tl_cur_u8(&c);
	a.live = tl_cur_u8(&c) != 0;
	a.serial = tl_cur_u32(&c);
	a.within_ms = tl_cur_u32(&c);
	a.platform = (int64_t)tl_cur_u64(&c);
	struct tl_str id = tl_cur_take(&c, sizeof a.item.b);
	a.json = take_str(&c);
	if (tl_cur_end(&c) < 0 || magic != MAGIC_ASK || kind < TL_ASK_SCAN ||
	    kind >= TL_ASK_KINDS)
		return tl_fail(TL_EPARSE, "not a question");
	memcpy(a.item.b, id.p, sizeof a.item.b);
	a.kind = (enum tl_ask_kind)kind;
	*ret = a;
	return 0;
}

void
tl_ask_answer_write(struct tl_buf *out, const struct tl_ask_answer *a)
{
	put_u32(out, MAGIC_ANSWER);
	put_u32(out, a->serial);
	put_u32(out, (uint32_t)-a->err);
	put_str(out, a->json);
	put_str(out, a->text);
	put_str(out, a->field);
}

int
tl_ask_answer_read(struct tl_str msg, struct tl_ask_answer *ret)
{
	struct tl_cur c = tl_cur(msg);
	struct tl_ask_answer a = {0};
	uint32_t magic = tl_cur_u32(&c);
	a.serial = tl_cur_u32(&c);
	uint32_t err = tl_cur_u32(&c);
	a.json = take_str(&c);
	a.text = take_str(&c);
	a.field = take_str(&c);
	if (tl_cur_end(&c) < 0 || magic != MAGIC_ANSWER || err > 1000)
		return tl_fail(TL_EPARSE, "not an answer");
	a.err = -(int)err;
	*ret = a;
	return 0;
}
