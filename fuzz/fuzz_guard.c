/*
 * The header guard: the input is cut into lines as libmicrohttpd cuts it (a lone LF ends a line, a NUL ends a
 * value, folding copies), and what the guard accepts is checked again from the raw bytes by a strict reader. A NUL
 * beside an LF looks like CR LF in place, so heads with NULs are only run, not compared.
 */
#include "api/guard.h"

#include "base/buf.h"

#include <stdlib.h>
#include <strings.h>

#define HEADERS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Does every line of the raw head end with CR LF, with one Host and one way of framing? */
static bool
is_clean(struct tl_str raw)
{
	int hosts = 0, lengths = 0, codings = 0;
	size_t at = 0;
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] != '\n')
			continue;
		if (i == at || raw.p[i - 1] != '\r')
			return false;
		struct tl_str line = tl_bytes(raw.p + at, i - 1 - at);
		if (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
			return false;
		hosts += line.n >= 5 && strncasecmp((const char *)line.p, "host:", 5) == 0;
		lengths += line.n >= 15 &&
			   strncasecmp((const char *)line.p, "content-length:", 15) == 0;
		codings += line.n >= 18 &&
			   strncasecmp((const char *)line.p, "transfer-encoding:", 18) == 0;
		at = i + 1;
	}
	return hosts == 1 && lengths <= 1 && codings <= 1 && lengths + codings <= 1;
}

/* One line at *at, in place: NULs over its end. False when there is no more. */
static bool
next_line(uint8_t *p, size_t n, size_t *at, uint8_t **ret)
{
	for (size_t i = *at; i < n; i++) {
		if (p[i] != '\n')
			continue;
		*ret = p + *at;
		if (i > *at && p[i - 1] == '\r')
			p[i - 1] = 0;
		p[i] = 0;
		*at = i + 1;
		return true;
	}
	return false;
}

static bool
accepts(uint8_t *p, size_t n)
{
	size_t at = 0;
	uint8_t *line;
	struct tl_guard g;
	if (!next_line(p, n, &at, &line))
		return false;
	line[3] = line[5] = 0; /* "GET / HTTP/1.1" */
	tl_guard_begin(&g, (char *)line, tl_bytes(line + 4, 1), (char *)line + 6);
	for (int i = 0; i < HEADERS_MAX; i++) {
		if (!next_line(p, n, &at, &line))
			return false;
		if (line[0] == 0)
			return tl_guard_end(&g, (char *)p, at) == NULL;
		char *colon = strchr((char *)line, ':');
		if (!colon)
			return false; /* the library answers 400 itself */
		*colon = 0;
		char *value = colon + 1;
		value += strspn(value, " \t");
		tl_guard_header(&g, tl_str((char *)line), tl_str(value));
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char first[] = "GET / HTTP/1.1\r\n";
	struct tl_buf head = {0};
	if (size > 8192)
		return 0;
	tl_buf_puts(&head, first);
	tl_buf_put(&head, data, size);
	/* Only up to the empty line: what follows is body. */
	struct tl_buf copy = {0};
	tl_buf_put(&copy, head.p, head.n);
	tl_buf_puts(&copy, "\n\n\n\n");
	size_t n = copy.n - 4;
	if (accepts(copy.p, n)) {
		const uint8_t *end = memmem(head.p, head.n, "\r\n\r\n", 4);
		bool nul = memchr(head.p, 0, head.n) != NULL;
		if (!nul && (!end || !is_clean(tl_bytes(head.p, (size_t)(end - head.p) + 2))))
			abort();
	}
	tl_buf_fini(&copy);
	tl_buf_fini(&head);
	return 0;
}
