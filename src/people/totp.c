/*
 * TOTP with liboath, its picture with libqrencode.
 *
 * Promises: every comparison takes the same time whichever step fits; a code is good for one step only and once.
 * Failures: TL_EAUTH; out of memory aborts. Called by src/people/factors.c.
 */
#include "people/totp.h"

#include <liboath/oath.h>
#include <qrencode.h>
#include <stdlib.h>

#include "sys/clock.h"
#include "sys/crypto.h"

#define WINDOW 1     /* steps before and after that are good */
#define LOOK_BACK 20 /* steps that are looked at for a hint */

int
tl_totp_code(struct tl_str secret, int64_t step, unsigned digits, char dst[TL_TOTP_CODE])
{
	int rc = oath_hotp_generate((const char *)secret.p, secret.n, (uint64_t)step, digits,
	    false, OATH_HOTP_DYNAMIC_TRUNCATION, dst);
	return rc == OATH_OK ? 0 : tl_fail(TL_EBUG, "liboath: %s", oath_strerror(rc));
}

static bool
fits(struct tl_str secret, int64_t step, const char code[7])
{
	char want[TL_TOTP_CODE];
	return step >= 0 && tl_totp_code(secret, step, 6, want) == 0 && tl_same(want, code, 6);
}

/* Six digits; people put a space in the middle. */
static bool
clean(struct tl_str text, char code[7])
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == ' ')
			continue;
		if (n == 6 || text.p[i] < '0' || text.p[i] > '9')
			return false;
		code[n++] = (char)text.p[i];
	}
	code[n] = 0;
	return n == 6;
}

int
tl_totp_check(struct tl_str secret, struct tl_str text, int64_t now_us, int64_t last_step,
    int64_t *ret_step, int64_t *ret_late_s)
{
	char code[7];
	int64_t now = now_us / TL_US_S / TL_TOTP_STEP_S, found = -1;
	*ret_late_s = 0;
	if (!clean(text, code))
		return tl_fail(TL_EAUTH, "a code has six digits");
	for (int64_t step = now - LOOK_BACK; step <= now + WINDOW; step++)
		if (fits(secret, step, code))
			found = step;
	if (found >= now - WINDOW && found > last_step) {
		*ret_step = found;
		return 0;
	}
	if (found >= now - WINDOW)
		return tl_fail(TL_EAUTH, "this code was used already; wait for the next one");
	if (found >= 0)
		*ret_late_s = (now - found) * TL_TOTP_STEP_S;
	return tl_fail(TL_EAUTH, "the code is not right");
}

void
tl_totp_text(struct tl_buf *out, struct tl_str secret)
{
	char *text = NULL;
	size_t n = 0;
	if (oath_base32_encode((const char *)secret.p, secret.n, &text, &n) != OATH_OK)
		abort(); /* out of memory: there is no other way to fail */
	tl_buf_put(out, text, n);
	tl_wipe(text, n);
	free(text);
}

static void
escape(struct tl_buf *out, struct tl_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
		if (plain)
			tl_buf_byte(out, c);
		else
			tl_buf_printf(out, "%%%02X", c);
	}
}

void
tl_totp_uri(struct tl_buf *out, struct tl_str secret, struct tl_str issuer, struct tl_str name)
{
	tl_buf_puts(out, "otpauth://totp/");
	escape(out, issuer);
	tl_buf_puts(out, ":");
	escape(out, name);
	tl_buf_puts(out, "?secret=");
	tl_totp_text(out, secret);
	tl_buf_puts(out, "&issuer=");
	escape(out, issuer);
}

int
tl_qr_rows(struct tl_buf *out, const char *key, const char *text)
{
	QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	if (!q)
		return tl_fail(TL_ETOOBIG, "too long for a QR code");
	size_t width = (size_t)q->width;
	tl_js_open(out, key, '[');
	for (size_t y = 0; y < width; y++) {
		char row[178] = {0}; /* 177: the largest there is */
		for (size_t x = 0; x < width && x < sizeof row - 1; x++)
			row[x] = q->data[y * width + x] & 1 ? '1' : '0';
		tl_js_z(out, NULL, row);
	}
	tl_js_close(out, ']');
	QRcode_free(q);
	return 0;
}
