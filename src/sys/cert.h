/* A certificate file as an operator sees it: whom it names, when it begins and ends, whether its key fits. */
#pragma once

#include "base/str.h"

#define TL_CERT_NAME 128

struct tl_cert {
	char name[TL_CERT_NAME]; /* its first DNS name, or its common name */
	int64_t begins_at, ends_at;
};

/* TL_ECONFIG with the file and what is wrong with it: unreadable, no certificate, no key, a key of another one. */
int tl_cert_read(const char *cert_path, const char *key_path, struct tl_cert *ret) TL_MUST;
