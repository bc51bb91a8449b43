/*
 * The decoders of intake: any JSON is refused with a field or becomes a struct within its bounds; an accepted item
 * has a stable print and a receipt that is JSON.
 */
#include "base/arena.h"
#include "intake/accept.h"
#include "intake/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_item(struct tl_accept *a)
{
	const struct tl_item *it = &a->item;
	struct tl_key key = {{1}};
	uint8_t print[TL_PRINT_BYTES];
	struct tl_buf b = {0};
	json_t *j = NULL;
	size_t all = 0;
	if (it->ext_id.n < 1 || it->ext_id.n > 255 || it->version < 1 ||
	    it->field_count > TL_ITEM_FIELDS_MAX || it->media_count > TL_ITEM_MEDIA_MAX ||
	    (it->territory.n != 0 && it->territory.n != 2))
		abort();
	for (size_t i = 0; i < it->field_count; i++)
		all += it->fields[i].text.n;
	if (all > TL_ITEM_FIELD_BYTES_MAX)
		abort();
	tl_accept_print(a, &key);
	memcpy(print, a->print, sizeof print);
	tl_accept_print(a, &key);
	if (memcmp(print, a->print, sizeof print) != 0)
		abort();
	tl_js_open(&b, NULL, '{');
	tl_accept_receipt(&b, a);
	tl_js_close(&b, '}');
	if (tl_json_parse(tl_buf_str(&b), &j) < 0)
		abort();
	json_decref(j);
	tl_buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_arena *arena = tl_arena_create(1 << 20);
	struct tl_accept a = {.keep_us = 0};
	struct tl_account account;
	struct tl_age_say age;
	struct tl_flag_in flag;
	struct tl_counters_in counters;
	struct tl_confirm_in confirm;
	unsigned has;
	json_t *j = NULL;
	if (tl_json_parse(tl_bytes(data, size), &j) == 0) {
		if (tl_decode_item(j, arena, &a.item) == 0)
			check_item(&a);
		if (tl_decode_account(j, arena, &account, &age, &has) == 0 && has > 1023)
			abort();
		if (tl_decode_flag(j, &flag) == 0 && flag.subject_ext.n == 0)
			abort();
		if (tl_decode_counters(j, &counters) == 0 && counters.views < 0 &&
		    counters.engagement < 0)
			abort();
		if (tl_decode_confirm(j, &confirm) == 0 && confirm.note.n > 1024)
			abort();
		(void)(tl_decode_match(j) == 0);
		json_decref(j);
	}
	tl_arena_destroy(arena);
	return 0;
}
