/* Questions and answers between server and worker survive the wire; anything cut or strange is refused. */
#include "core/ask.h"

#include "unit.h"

static void
t_messages_survive(void **state)
{
	(void)state;
	struct tl_buf b = {0};
	struct tl_ask a = {.kind = TL_ASK_MATCH,
			  .serial = 0x81020304,
			  .within_ms = 50,
			  .platform = -7,
			  .live = true,
			  .item = tl_id_new(),
			  .json = TL_S("{\"text\":{}}")},
		      got;
	tl_ask_write(&b, &a);
	assert_int_equal(tl_ask_read(tl_buf_str(&b), &got), 0);
	assert_int_equal(got.kind, TL_ASK_MATCH);
	assert_int_equal(got.serial, a.serial);
	assert_int_equal(got.platform, -7);
	assert_true(got.live && tl_id_eq(got.item, a.item) && tl_str_eq(got.json, a.json));
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(tl_ask_read(tl_bytes(b.p, n), &got), TL_EPARSE);
	for (int kind = 0; kind <= 255; kind++) {
		b.p[4] = (uint8_t)kind;
		bool known = kind >= TL_ASK_SCAN && kind < TL_ASK_KINDS;
		assert_int_equal(tl_ask_read(tl_buf_str(&b), &got), known ? 0 : TL_EPARSE);
	}
	tl_buf_byte(&b, 0);
	assert_int_equal(tl_ask_read(tl_buf_str(&b), &got), TL_EPARSE);
	tl_buf_reset(&b);
	struct tl_ask_answer r = {.serial = 9,
				 .err = TL_ENOTFOUND,
				 .text = TL_S("there is no such media"),
				 .field = TL_S("/media/0")},
			     back;
	tl_ask_answer_write(&b, &r);
	assert_int_equal(tl_ask_answer_read(tl_buf_str(&b), &back), 0);
	assert_int_equal(back.err, TL_ENOTFOUND);
	assert_true(tl_str_eq(back.field, r.field) && back.json.n == 0);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(tl_ask_answer_read(tl_bytes(b.p, n), &back), TL_EPARSE);
	tl_buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(t_messages_survive)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
