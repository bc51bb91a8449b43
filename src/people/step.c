/*
 * Sealing and opening steps.
 *
 * Promises: a step that opens was made here, for this purpose, within five minutes. Failure: TL_EGONE, always with
 * the same words. Called by sign-in and by the routes that register and prove.
 */
#include "people/step.h"

#include "sys/clock.h"
#include "sys/crypto.h"

#define SEALED_BYTES (TL_STEP_BYTES + TL_SEAL_OVERHEAD)

static void
bind_to(uint8_t dst[TL_STEP_BOUND], struct tl_str what)
{
	if (what.n)
		tl_blake2b(dst, TL_STEP_BOUND, what, NULL);
	else
		memset(dst, 0, TL_STEP_BOUND);
}

void
tl_step_begin(struct tl_step *s, enum tl_step_kind kind, struct tl_id user, struct tl_str binds)
{
	*s = (struct tl_step){
	    .kind = kind, .user = user, .expires_at = tl_now_us() + TL_STEP_US};
	tl_random(s->challenge, sizeof s->challenge);
	bind_to(s->bound, binds);
}

void
tl_step_write(struct tl_db *db, const struct tl_step *s, char dst[TL_STEP_TEXT])
{
	uint8_t plain[TL_STEP_BYTES], sealed[SEALED_BYTES], *p = plain;
	struct tl_key key = tl_store_key(tl_db_store(db), "step");
	*p++ = (uint8_t)s->kind;
	memcpy(p, s->user.b, 16);
	p += 16;
	for (int shift = 56; shift >= 0; shift -= 8)
		*p++ = (uint8_t)((uint64_t)s->expires_at >> shift);
	memcpy(p, s->challenge, sizeof s->challenge);
	memcpy(p + sizeof s->challenge, s->bound, sizeof s->bound);
	tl_seal(sealed, tl_bytes(plain, sizeof plain), TL_S("step"), &key);
	tl_wipe(&key, sizeof key);
	(void)tl_base64url(dst, sealed, sizeof sealed);
}

static int
over(void)
{
	return tl_fail(
	    TL_EGONE, "this took too long, or was begun in another window; begin again");
}

int
tl_step_read(struct tl_db *db, struct tl_str text, enum tl_step_kind kind, struct tl_step *ret)
{
	uint8_t plain[TL_STEP_BYTES], sealed[SEALED_BYTES];
	size_t n = 0;
	if (tl_unbase64url(sealed, sizeof sealed, text, &n) < 0 || n != sizeof sealed)
		return over();
	struct tl_key key = tl_store_key(tl_db_store(db), "step");
	int rc = tl_unseal(plain, tl_bytes(sealed, n), TL_S("step"), &key);
	tl_wipe(&key, sizeof key);
	if (rc < 0)
		return over();
	struct tl_cur c = tl_cur(tl_bytes(plain, sizeof plain));
	struct tl_step s = {.kind = (enum tl_step_kind)tl_cur_u8(&c)};
	memcpy(s.user.b, tl_cur_take(&c, 16).p, 16);
	s.expires_at = (int64_t)tl_cur_u64(&c);
	memcpy(s.challenge, tl_cur_take(&c, sizeof s.challenge).p, sizeof s.challenge);
	memcpy(s.bound, tl_cur_take(&c, sizeof s.bound).p, sizeof s.bound);
	if (s.kind != kind || s.expires_at <= tl_now_us())
		return over();
	*ret = s;
	return 0;
}

bool
tl_step_binds(const struct tl_step *s, struct tl_str what)
{
	uint8_t bound[TL_STEP_BOUND];
	bind_to(bound, what);
	return tl_same(bound, s->bound, sizeof bound);
}
