/* Mails: whatever stands in a text, the headers are ours; addresses that could mean something else are refused. */
#include "notify/mail.h"

#include "unit.h"

static const char *const readers[] = {"oncall@platform.example", "b@c.example"};

static char *
compose(struct tl_buf *b, struct tl_str subject, struct tl_str body)
{
	struct tl_mail m = {.from = "tutela@platform.example",
	    .to = readers,
	    .to_count = 2,
	    .subject = subject,
	    .body = body,
	    .id = TL_S("0197f3c2-0000-7000-8000-000000000000"),
	    .host = TL_S("platform.example"),
	    .at_us = INT64_C(1795512000000000)};
	assert_int_equal(tl_mail_compose(b, &m), 0);
	return (char *)(uintptr_t)tl_buf_z(b);
}

/* Every line ends in CR LF, none is long, and the headers are exactly those. */
static void
check_shape(const char *mail)
{
	static const char *const names[] = {"Date:", "From:", "To:", " <",
	    "Message-ID:", "Subject:", " =?",
	    "MIME-Version:", "Content-Type:", "Content-Transfer-Encoding:", "Auto-Submitted:"};
	bool body = false;
	int subjects = 0;
	while (*mail) {
		size_t n = strcspn(mail, "\r\n");
		assert_true(n < 200);
		assert_memory_equal(mail + n, "\r\n", 2);
		for (size_t i = 0; i < n; i++)
			assert_true(mail[i] >= 0x20 && mail[i] < 0x7f);
		bool known = n == 0;
		for (size_t i = 0; i < TL_COUNT(names); i++)
			known = known || strncmp(mail, names[i], strlen(names[i])) == 0;
		if (!body)
			assert_true(known);
		else
			assert_int_equal(
			    strspn(mail, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
					 "stuvwxyz0123456789+/="),
			    n);
		subjects += !body && strncmp(mail, "Subject:", 8) == 0;
		body = body || n == 0;
		mail += n + 2;
	}
	assert_true(body);
	assert_int_equal(subjects, 1);
}

static void
t_no_text_makes_a_header(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "plain", "a\r\nBcc: <x@y.example>",
	    "a\nBcc: x\n\nbody", "a\r\n.\r\nMAIL FROM:<x>", "\r", "=?UTF-8?B?QUFB?=",
	    "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80 a long one with many words that does not fit "
	    "into one encoded word and must be cut where no character is cut "
	    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
	    "\xff\xfe no UTF-8 \x80", "\x01\x02\x1b[31m\x7f"};
	for (size_t i = 0; i < TL_COUNT(texts); i++)
		for (size_t k = 0; k < TL_COUNT(texts); k++) {
			TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
			check_shape(compose(&b, tl_str(texts[i]), tl_str(texts[k])));
		}
}

static void
t_any_byte_anywhere_keeps_the_shape(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < 200; at += 7) {
			uint8_t text[200];
			TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
			memset(text, 'x', sizeof text);
			text[at] = (uint8_t)c;
			check_shape(
			    compose(&b, tl_bytes(text, sizeof text), tl_bytes(text, at + 1)));
		}
}

static void
t_addresses_are_plain_or_refused(void **state)
{
	(void)state;
	static const char *const good[] = {
	    "a@b", "on.call+tutela@mail.platform.example", "x_y-z@1.example"};
	static const char *const bad[] = {"", "a", "@b", "a@", "a@b@c", "a b@c",
	    "a@b\r\nRCPT TO:<x>", "<a@b>", "a@b>", "\"a\"@b", "a,b@c", "a;b@c", "a@b c", "-a@b",
	    "a@.b", "a@b.", "a\x01@b", "\xc3\xbc@b", "a@[127.0.0.1]", "a@b(c)", "a:b@c",
	    "a\\@b"};
	char longest[300];
	memset(longest, 'a', sizeof longest);
	longest[100] = '@';
	for (size_t i = 0; i < TL_COUNT(good); i++)
		assert_true(tl_mail_address_ok(tl_str(good[i])));
	for (size_t i = 0; i < TL_COUNT(bad); i++)
		if (tl_mail_address_ok(tl_str(bad[i])))
			fail_msg("%s", bad[i]);
	assert_false(tl_mail_address_ok(tl_bytes(longest, 255)));
	assert_true(tl_mail_address_ok(tl_bytes(longest, 254)));
	assert_false(tl_mail_address_ok(tl_bytes("a\0b@c", 5)));
}

static void
t_a_bad_reader_makes_no_mail(void **state)
{
	(void)state;
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	const char *const to[] = {"a@b\r\nBcc: c@d"};
	struct tl_mail m = {.from = "a@b", .to = to, .to_count = 1};
	assert_int_equal(tl_mail_compose(&b, &m), TL_EFIELD);
	m = (struct tl_mail){.from = "a b", .to = readers, .to_count = 1};
	assert_int_equal(tl_mail_compose(&b, &m), TL_EFIELD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_no_text_makes_a_header),
	    cmocka_unit_test(t_any_byte_anywhere_keeps_the_shape),
	    cmocka_unit_test(t_addresses_are_plain_or_refused),
	    cmocka_unit_test(t_a_bad_reader_makes_no_mail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
