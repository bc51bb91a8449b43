/* For the tests that run the real decoder. */
#pragma once

#include "base/buf.h"
#include "media/jails.h"
#include "sys/fd.h"

#include "unit.h"

/* The test program lies in build/tests, the decoder in build/src/bin. */
static inline struct tl_jails *
unit_jails(unsigned slots)
{
	struct tl_jails *j = NULL;
	struct tl_jails_config c = {.program = TEST_DECODER, .slots = slots};
	assert_int_equal(tl_jails_create(&c, &j), 0);
	return j;
}

static inline struct tl_buf
unit_file(const char *dir, const char *name)
{
	char path[4096];
	struct tl_buf b = {0};
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(tl_file_read(path, 1 << 28, &b), 0);
	return b;
}
