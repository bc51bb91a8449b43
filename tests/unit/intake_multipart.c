/* The multipart reader: what it takes, what it refuses, whatever the cuts. */
#include "base/buf.h"
#include "intake/multipart.h"

#include "unit.h"

struct heard {
	struct tl_buf text;
	int refuse_at; /* the n-th part is refused; 0: none */
	int parts;
};

static int
on_begin(void *ctx, struct tl_str name)
{
	struct heard *h = ctx;
	if (++h->parts == h->refuse_at)
		return tl_fail(TL_ETOOBIG, "too large");
	tl_buf_printf(&h->text, "[%.*s]", TL_ARG(name));
	return 0;
}

static int
on_data(void *ctx, struct tl_str bytes)
{
	struct heard *h = ctx;
	tl_buf_put(&h->text, bytes.p, bytes.n);
	return 0;
}

static int
on_end(void *ctx)
{
	struct heard *h = ctx;
	tl_buf_puts(&h->text, ";");
	return 0;
}

static const struct tl_multipart_ops OPS = {on_begin, on_data, on_end};

/* Feeds in steps; the first error, or that of the end. */
static int
run(struct tl_str body, size_t step, struct heard *h)
{
	struct tl_multipart m;
	int rc = tl_multipart_begin(&m, TL_S("multipart/form-data; boundary=B"), &OPS, h);
	while (rc == 0 && body.n) {
		size_t n = step < body.n ? step : body.n;
		rc = tl_multipart_feed(&m, tl_bytes(body.p, n));
		body = tl_bytes(body.p + n, body.n - n);
	}
	return rc < 0 ? rc : tl_multipart_end(&m);
}

#define CD "Content-Disposition: form-data; name="
#define TWO                                                                                    \
	"--B\r\n" CD "\"item\"\r\n\r\n{}\r\n--B\r\n" CD                                        \
	"media; filename=\"a \\;name=x\"\r\n\r\na\r\n--b\r\r\n-\r\n--B--\r\n"

static void
t_parts_come_out_whatever_the_cuts(void **state)
{
	(void)state;
	for (size_t step = 1; step < sizeof TWO; step++) {
		struct heard h = {0};
		assert_int_equal(run(TL_S(TWO), step, &h), 0);
		assert_string_equal(tl_buf_z(&h.text), "[item]{};[media]a\r\n--b\r\r\n-;");
		tl_buf_fini(&h.text);
	}
}

static void
t_breaks_of_the_form_are_refused(void **state)
{
	(void)state;
	static const struct tl_str WRONG[] = {
	    TL_S(""),
	    TL_S("x--B\r\n"),
	    TL_S("\r\n--B\r\n"),
	    TL_S("--B\n" CD "a\n\n\n--B--"),
	    TL_S("--B\r\n\r\nno head\r\n--B--"),
	    TL_S("--B\r\nX: y\r\n\r\n\r\n--B--"),
	    TL_S("--B\r\n" CD "a\r\n" CD "b\r\n\r\n\r\n--B--"),
	    TL_S("--B\r\n" CD "a; name=b\r\n\r\n\r\n--B--"),
	    TL_S("--B\r\n" CD "\"\"\r\n\r\n\r\n--B--"),
	    TL_S("--B\r\n" CD "\"a\r\n\r\n\r\n--B--"),
	    TL_S("--B\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--B--"),
	    TL_S("--B\r\n" CD "a\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n--B--"),
	    TL_S("--B\r\n" CD "a\r\nX\x01: y\r\n\r\n\r\n--B--"),
	    TL_S("--B\r\n" CD "a\r\n\r\nbody\r\n--B"),
	    TL_S("--B\r\n" CD "a\r\n\r\nbody\r\n--Bx"),
	    TL_S("--B--\r\nx"),
	    TL_S("--B--\r\n\r\n"),
	};
	for (size_t i = 0; i < TL_COUNT(WRONG); i++) {
		struct heard h = {0};
		if (run(WRONG[i], 7, &h) != TL_EPARSE)
			fail_msg("case %zu was taken", i);
		tl_buf_fini(&h.text);
	}
}

static void
t_boundaries_are_checked(void **state)
{
	(void)state;
	struct tl_multipart m;
	static const char *const WRONG[] = {"multipart/form-data",
	    "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a",
	    "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=a\"b",
	    ("multipart/form-data; boundary="
	     "0123456789012345678901234567890123456789012345678901234567890123456789X")};
	for (size_t i = 0; i < TL_COUNT(WRONG); i++)
		assert_int_equal(
		    tl_multipart_begin(&m, tl_str(WRONG[i]), &OPS, NULL), TL_EPARSE);
	assert_int_equal(
	    tl_multipart_begin(&m, TL_S("multipart/form-data;boundary=\"a:b\""), &OPS, NULL),
	    0);
	assert_int_equal(m.line_n, 7);
}

static void
t_a_callbacks_error_is_passed_on_and_stays(void **state)
{
	(void)state;
	struct heard h = {.refuse_at = 2};
	assert_int_equal(run(TL_S(TWO), 3, &h), TL_ETOOBIG);
	tl_buf_fini(&h.text);
}

static void
t_too_many_parts_are_refused(void **state)
{
	(void)state;
	struct tl_buf body = {0};
	struct heard h = {0};
	tl_buf_puts(&body, "--B");
	for (int i = 0; i < TL_MULTIPART_PARTS_MAX + 1; i++)
		tl_buf_puts(&body, "\r\n" CD "a\r\n\r\n\r\n--B");
	tl_buf_puts(&body, "--");
	assert_int_equal(run(tl_buf_str(&body), body.n, &h), TL_EPARSE);
	assert_int_equal(h.parts, TL_MULTIPART_PARTS_MAX);
	tl_buf_fini(&body);
	tl_buf_fini(&h.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_parts_come_out_whatever_the_cuts),
	    cmocka_unit_test(t_breaks_of_the_form_are_refused),
	    cmocka_unit_test(t_boundaries_are_checked),
	    cmocka_unit_test(t_a_callbacks_error_is_passed_on_and_stays),
	    cmocka_unit_test(t_too_many_parts_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
