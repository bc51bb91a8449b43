/*
 * A mail as it goes over the wire.
 *
 * Promises: lines end in CR LF and are shorter than 998 bytes; the subject is one encoded word after another, the body
 * base64, so no text can end a header, begin the body or end the mail. Failure: INPUT for an address that a header
 * could not carry. Called by the courier.
 */
#include "notify/mail.h"

#include <time.h>

#define WORD_BYTES 42 /* of text in one encoded word: 75 characters in all */
#define LINE_BYTES 57 /* of body in one line: 76 characters */
#define SUBJECT_MAX 160

static bool
plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

bool
tl_mail_address_ok(struct tl_str a)
{
	size_t ats = 0, at = 0;
	if (a.n < 3 || a.n > 254)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (a.p[i] == '@') {
			ats++;
			at = i;
		} else if (!plain(a.p[i])) {
			return false;
		}
	}
	return ats == 1 && at > 0 && at < a.n - 1 && a.p[0] != '-' && a.p[0] != '.' &&
	       a.p[at + 1] != '.' && a.p[a.n - 1] != '.';
}

static void
put_base64(struct tl_buf *out, struct tl_str s)
{
	char text[4 * ((LINE_BYTES + 2) / 3) + 1];
	(void)tl_base64(text, s.p, s.n);
	tl_buf_puts(out, text);
}

/* So many bytes of `s` that no character is cut. */
static size_t
whole(struct tl_str s, size_t max)
{
	size_t n = s.n < max ? s.n : max;
	while (n > 0 && n < s.n && (s.p[n] & 0xc0) == 0x80)
		n--;
	return n ? n : (s.n < max ? s.n : max);
}

/* Every control character a space, every byte that is no UTF-8 a question mark. */
static void
put_clean(struct tl_buf *out, struct tl_str s, bool lines)
{
	bool utf8 = tl_utf8_valid(s);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c == '\n' && lines)
			tl_buf_puts(out, "\r\n");
		else if (c < 0x20 || c == 0x7f)
			tl_buf_byte(out, ' ');
		else
			tl_buf_byte(out, c >= 0x80 && !utf8 ? '?' : c);
	}
}

static void
put_subject(struct tl_buf *out, struct tl_str subject)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf clean = {0};
	put_clean(&clean, tl_bytes(subject.p, whole(subject, SUBJECT_MAX)), false);
	struct tl_str left = tl_buf_str(&clean);
	tl_buf_puts(out, "Subject:");
	while (left.n) {
		size_t n = whole(left, WORD_BYTES);
		tl_buf_puts(out, " =?UTF-8?B?");
		put_base64(out, tl_bytes(left.p, n));
		tl_buf_puts(out, "?=\r\n");
		left = tl_bytes(left.p + n, left.n - n);
	}
	if (clean.n == 0)
		tl_buf_puts(out, "\r\n");
}

static void
put_body(struct tl_buf *out, struct tl_str body)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf clean = {0};
	put_clean(&clean, body, true);
	for (size_t at = 0; at < clean.n; at += LINE_BYTES) {
		size_t left = clean.n - at;
		put_base64(out, tl_bytes(clean.p + at, left < LINE_BYTES ? left : LINE_BYTES));
		tl_buf_puts(out, "\r\n");
	}
}

static void
put_date(struct tl_buf *out, int64_t at_us)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = {0};
	time_t t = (time_t)(at_us / 1000000);
	(void)gmtime_r(&t, &tm);
	tl_buf_printf(out, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n",
	    days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

int
tl_mail_compose(struct tl_buf *out, const struct tl_mail *m)
{
	if (!tl_mail_address_ok(tl_str(m->from)))
		return tl_fail(TL_EFIELD, "the sender is not a mail address");
	for (size_t i = 0; i < m->to_count; i++)
		if (!tl_mail_address_ok(tl_str(m->to[i])))
			return tl_fail(TL_EFIELD, "a reader is not a mail address");
	put_date(out, m->at_us);
	tl_buf_printf(out, "From: <%s>\r\nTo:", m->from);
	for (size_t i = 0; i < m->to_count; i++)
		tl_buf_printf(out, " <%s>%s\r\n", m->to[i], i + 1 < m->to_count ? "," : "");
	tl_buf_puts(out, "Message-ID: <");
	put_clean(out, m->id, false);
	tl_buf_puts(out, "@");
	for (size_t i = 0; i < m->host.n; i++)
		tl_buf_byte(out, plain(m->host.p[i]) ? m->host.p[i] : '-');
	tl_buf_puts(out, ">\r\n");
	put_subject(out, m->subject);
	tl_buf_puts(out,
	    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n"
	    "\r\n");
	put_body(out, m->body);
	return 0;
}
