/* Term lists against hostile patterns and texts: lines of the input are patterns, the last one is the text. */
#include "detect/text/list.h"

#define LINES_MAX 9

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
scan(const struct tl_text_list *list, struct tl_str text)
{
	static struct tl_text_scan *s;
	struct tl_text_hits hits;
	if (!s)
		s = tl_text_scan_create();
	if (tl_text_scan_run(s, list, text, &hits) < 0)
		return;
	for (size_t i = 0; i < hits.n; i++) {
		if (hits.hit[i].from >= hits.hit[i].to || hits.hit[i].to > text.n)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_term terms[LINES_MAX];
	size_t n = 0;
	while (n < LINES_MAX - 1) {
		const uint8_t *end = memchr(data, '\n', size);
		if (!end)
			break;
		size_t len = (size_t)(end - data);
		terms[n].form = len && data[0] == '~' ? TL_FORM_REGEX : TL_FORM_PHRASE;
		terms[n].value =
		    tl_bytes(data + (len && data[0] == '~'), len - (len && data[0] == '~'));
		n++;
		data += len + 1;
		size -= len + 1;
	}
	struct tl_text_list *list;
	if (tl_text_list_create(terms, n, NULL, NULL, &list) < 0)
		return 0;
	scan(list, tl_bytes(data, size));
	tl_text_list_destroy(list);
	return 0;
}
