/* The small readers of base and sys: numbers, hex, base64, UTF-8, times, identifiers, scopes, acts. What is read prints as it was. */
#include "base/json.h"
#include "core/access.h"
#include "store/api_keys.h"
#include "sys/id.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 512

static void
check_numbers(struct tl_str s)
{
	int64_t v;
	char text[32];
	if (tl_parse_i64(s, -1000000, INT64_MAX, &v) == 0 && v < -1000000)
		abort();
	if (tl_parse_i64(s, INT64_MIN, INT64_MAX, &v) == 0 &&
	    snprintf(text, sizeof text, "%lld", (long long)v) > (int)s.n)
		abort(); /* leading zeros make it longer, nothing makes it shorter */
}

static void
check_bytes(struct tl_str s)
{
	uint8_t raw[MOST], again[MOST];
	char text[2 * MOST + 4];
	size_t n, m;
	if (tl_unbase64(raw, sizeof raw, s, &n) == 0) {
		if (tl_base64(text, raw, n) != s.n || memcmp(text, s.p, s.n) != 0)
			abort();
		if (tl_unbase64(again, n, s, &m) < 0 || m != n)
			abort();
		if (n && tl_unbase64(again, n - 1, s, &m) == 0)
			abort();
	}
	if (s.n / 2 <= MOST && tl_unhex(raw, s.n / 2, s) == 0) {
		tl_hex(text, raw, s.n / 2);
		if (tl_unhex(again, s.n / 2, tl_str(text)) < 0 ||
		    memcmp(raw, again, s.n / 2) != 0)
			abort();
	}
}

static void
check_text(struct tl_str s)
{
	size_t at = 0;
	if (!tl_utf8_valid(s))
		return;
	while (at < s.n) {
		size_t was = at;
		uint32_t c = tl_utf8_next(s, &at);
		if (at <= was || at - was > 4 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			abort();
	}
	if (at != s.n)
		abort();
}

static void
check_names(struct tl_str s)
{
	char text[TL_TIME_MAX], id_text[TL_ID_TEXT];
	int64_t us, again;
	struct tl_id id, same;
	unsigned scopes;
	if (tl_time_parse(s, &us) == 0) {
		tl_time_format(text, us);
		if (tl_time_parse(tl_str(text), &again) < 0 || again / 1000 != us / 1000)
			abort();
	}
	if (tl_id_parse(s, &id) == 0) {
		tl_id_text(id_text, id);
		if (tl_id_parse(tl_str(id_text), &same) < 0 || !tl_id_eq(id, same))
			abort();
	}
	if (tl_scopes_parse(s, &scopes) == 0 && scopes >> tl_scope_count)
		abort();
	unsigned acts, acts_again;
	if (tl_acts_parse(s, &acts) == 0) {
		char acts_text[TL_ACTS_TEXT];
		tl_acts_text(acts_text, acts);
		if (tl_acts_parse(tl_str(acts_text), &acts_again) < 0 || acts_again != acts)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_str s = tl_bytes(data, size);
	if (size > MOST)
		return 0;
	check_numbers(s);
	check_bytes(s);
	check_text(s);
	check_names(s);
	return 0;
}
