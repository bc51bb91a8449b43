/* Questions to the contact gate and facts between accounts, from any bytes: what is taken is sound. */
#include "intake/contacts.h"
#include "intake/decode.h"

#include <stdlib.h>

#define NOW INT64_C(1800000000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_pair(struct tl_str from, struct tl_str to)
{
	if (tl_check_ext_id(from, "/from") < 0 || tl_check_ext_id(to, "/to") < 0 ||
	    tl_str_eq(from, to))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *j TL_CLEANUP(tl_json_unref) = NULL;
	struct tl_relation_in r;
	struct tl_contact_in c;
	if (tl_json_parse(tl_bytes(data, size), &j) < 0)
		return 0;
	if (tl_decode_relation(j, NOW, &r) == 0) {
		struct tl_relation facts = {0};
		bool is_end = r.event.kind == TL_RELATION_END;
		check_pair(r.from, r.to);
		if (r.event.at <= 0 || is_end == (r.event.ends == TL_RELATION_END))
			abort();
		if (!tl_relation_apply(&facts, 0, &r.event) ||
		    tl_relation_apply(&facts, 0, &r.event))
			abort();
	}
	if (tl_decode_contact(j, &c) == 0) {
		check_pair(c.from, c.to);
		if (c.kind >= tl_contact_kind_count)
			abort();
	}
	return 0;
}
