/*
 * Signatures of outgoing webhooks after the Standard Webhooks convention (HMAC-SHA256, "v1"). While a secret
 * is being rotated both secrets sign, so that a receiver may change its own at any moment in between.
 */
#pragma once

#include "base/buf.h"

#define TL_SECRET_MAX 64 /* bytes of key; the convention asks for 24 to 64 */
#define TL_SECRET_MIN 24
#define TL_SECRET_TEXT 96 /* "whsec_" + base64 + NUL */

struct tl_secret {
	uint8_t b[TL_SECRET_MAX];
	size_t n;
};

/* A fresh random secret of 32 bytes. */
void tl_secret_new(struct tl_secret *ret);

/* Reads "whsec_<base64>"; INPUT when it is anything else or the key is too short or too long. */
int tl_secret_parse(struct tl_str text, struct tl_secret *ret) TL_MUST;
void tl_secret_text(char dst[TL_SECRET_TEXT], const struct tl_secret *s);

/* Overwrites the key; for TL_CLEANUP. */
void tl_secret_wipe(struct tl_secret *s);

/*
 * Appends the value of the webhook-signature header: one "v1,<base64>" for each secret, separated by spaces.
 * Signed is "<id>.<timestamp>.<body>".
 */
void tl_sign_webhook(struct tl_buf *out, struct tl_str id, int64_t timestamp_s,
    struct tl_str body, const struct tl_secret *secrets, size_t count);
