/*
 * Codes that change every 30 seconds (TOTP, RFC 6238, SHA-1, 6 digits: what every authenticator app can do), and the
 * picture that hands the secret to the app.
 */
#pragma once

#include "base/buf.h"

#define TL_TOTP_SECRET 20
#define TL_TOTP_STEP_S 30
#define TL_TOTP_CODE 9 /* room for 8 digits and NUL */

int tl_totp_code(
    struct tl_str secret, int64_t step, unsigned digits, char dst[TL_TOTP_CODE]) TL_MUST;

/*
 * 0 with the step that it is of, when `code` is that of now or of one step before or after, and not of a step up to
 * `last_step`: each is good once. TL_EAUTH otherwise. *ret_late_s: the code was good so long ago (0: not lately), so
 * the device's clock is slow; a code of the future is not told apart, because somebody could wait for it.
 */
int tl_totp_check(struct tl_str secret, struct tl_str code, int64_t now_us, int64_t last_step,
    int64_t *ret_step, int64_t *ret_late_s) TL_MUST;

/* The secret as people type it (base32), and as apps read it ("otpauth://…"). */
void tl_totp_text(struct tl_buf *out, struct tl_str secret);
void tl_totp_uri(
    struct tl_buf *out, struct tl_str secret, struct tl_str issuer, struct tl_str name);

/* A QR code as JSON: an array of rows, each a string of 0 and 1, without a margin. */
int tl_qr_rows(struct tl_buf *out, const char *key, const char *text) TL_MUST;
