/* A mail as it goes over the wire (RFC 5322), from texts that are not believed. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct tl_mail {
	const char *from;
	const char *const *to;
	size_t to_count;
	struct tl_str subject, body; /* UTF-8; anything else is replaced */
	struct tl_str id, host;      /* of Message-ID */
	int64_t at_us;
};

/* local@domain: printable ASCII without anything that means something in a header or in SMTP; 3 to 254 bytes. */
bool tl_mail_address_ok(struct tl_str address);

/* INPUT when an address is not ok. Whatever stands in subject and body, the headers are those of this function. */
int tl_mail_compose(struct tl_buf *out, const struct tl_mail *m) TL_MUST;
