/* Standard Webhooks signatures: the convention's own example, rotation, and texts that are not secrets. */
#include "enforce/sign.h"

#include "sys/crypto.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct tl_secret
example(void)
{
	struct tl_secret s;
	assert_int_equal(
	    tl_secret_parse(TL_S("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &s), 0);
	return s;
}

static void
t_example_of_the_convention_verifies(void **state)
{
	(void)state;
	struct tl_secret s = example();
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	tl_sign_webhook(&out, TL_S("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
	    TL_S("{\"test\": 2432232314}"), &s, 1);
	assert_string_equal(tl_buf_z(&out), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void
t_rotation_signs_with_both(void **state)
{
	(void)state;
	struct tl_secret two[2] = {example(), example()};
	two[0].b[0] ^= 1;
	TL_CLEANUP(tl_buf_fini) struct tl_buf out = {0};
	tl_sign_webhook(&out, TL_S("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
	    TL_S("{\"test\": 2432232314}"), two, 2);
	const char *text = tl_buf_z(&out);
	assert_non_null(strstr(text, " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
	assert_int_equal(strlen(text), 2 * 47 + 1);
}

static void
t_secret_text_returns_the_same(void **state)
{
	(void)state;
	struct tl_secret a, b;
	char text[TL_SECRET_TEXT];
	tl_secret_new(&a);
	tl_secret_text(text, &a);
	assert_int_equal(tl_secret_parse(tl_str(text), &b), 0);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.b, b.b, a.n);
}

static void
t_bad_secrets_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	    "whsec_AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_!!!!",
	    "whsec_"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAA"};
	for (size_t i = 0; i < TL_COUNT(bad); i++) {
		struct tl_secret s = {.n = 7};
		assert_int_equal(tl_secret_parse(tl_str(bad[i]), &s), TL_EFIELD);
		assert_int_equal(s.n, 7);
	}
}

int
main(void)
{
	if (tl_crypto_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_example_of_the_convention_verifies),
	    cmocka_unit_test(t_rotation_signs_with_both),
	    cmocka_unit_test(t_secret_text_returns_the_same),
	    cmocka_unit_test(t_bad_secrets_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
