/* JSON as every table of fields reads it: refused, or within the bounds of each field; strings print as JSON again. */
#include "base/json.h"

#include "base/buf.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct all {
	struct tl_str str, hex;
	int64_t number, time;
	double real;
	bool yes;
	int word;
	json_t *list, *object;
};

static const char *const words[] = {"one", "two", NULL};
static const struct tl_json_field fields[] = {
    {"str", TL_J_STR, offsetof(struct all, str), 1, 64, NULL, true},
    {"hex", TL_J_HEX, offsetof(struct all, hex), 2, 64, NULL, false},
    {"number", TL_J_INT, offsetof(struct all, number), -5, 5, NULL, false},
    {"time", TL_J_TIME, offsetof(struct all, time), 0, INT64_MAX, NULL, false},
    {"real", TL_J_NUM, offsetof(struct all, real), 0, 1, NULL, false},
    {"yes", TL_J_BOOL, offsetof(struct all, yes), 0, 0, NULL, false},
    {"word", TL_J_ENUM, offsetof(struct all, word), 0, 0, words, false},
    {"list", TL_J_ARRAY, offsetof(struct all, list), 1, 4, NULL, false},
    {"object", TL_J_OBJECT, offsetof(struct all, object), 0, 4, NULL, false},
};

static void
check(const struct all *a)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	if (a->str.n < 1 || a->str.n > 64 || !tl_utf8_valid(a->str) || a->hex.n > 64 ||
	    a->hex.n % 2 || a->number < -5 || a->number > 5 || !isfinite(a->real) ||
	    a->real < 0 || a->real > 1 || a->word < 0 || a->word > 1)
		abort();
	if (a->list && (!json_is_array(a->list) || json_array_size(a->list) > 4))
		abort();
	if (a->object && !json_is_object(a->object))
		abort();
	tl_js_open(&b, NULL, '{');
	tl_js_str(&b, "str", a->str);
	tl_js_num(&b, "real", a->real);
	tl_js_close(&b, '}');
	if (tl_json_parse(tl_buf_str(&b), &j) < 0 ||
	    !tl_str_eq(tl_json_str(json_object_get(j, "str")), a->str))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TL_CLEANUP(tl_json_unref) json_t *j = NULL;
	struct all a = {0};
	if (tl_json_parse(tl_bytes(data, size), &j) < 0)
		return 0;
	if (tl_json_fill(j, "", fields, TL_COUNT(fields), &a) == 0)
		check(&a);
	return 0;
}
