/* Where webhooks may go: the input is a URL, and its first bytes are an address; what no operator may open stays shut. */
#include "enforce/guard.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checked again, by hand: the addresses that matter most. */
static bool
is_shut(const uint8_t a[4])
{
	return a[0] == 0 || a[0] >= 224 || (a[0] == 169 && a[1] == 254);
}

static bool
is_private(const uint8_t a[4])
{
	return a[0] == 10 || a[0] == 127 || (a[0] == 192 && a[1] == 168) ||
	       (a[0] == 172 && a[1] >> 4 == 1);
}

static void
check_address(const uint8_t *data, size_t size)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	memcpy(&four.sin_addr, data, 4);
	const struct sockaddr *sa = (const struct sockaddr *)&four;
	if (is_shut(data) && !tl_guard_address(sa, sizeof four, true))
		abort();
	if (is_private(data) && !tl_guard_address(sa, sizeof four, false))
		abort();
	if (tl_guard_address(sa, sizeof four, true) &&
	    !tl_guard_address(sa, sizeof four, false))
		abort();
	/* An IPv4 address in IPv6 clothes is no way round. */
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	memcpy(&six.sin6_addr, mapped, 12);
	memcpy((uint8_t *)&six.sin6_addr + 12, data, 4);
	sa = (const struct sockaddr *)&six;
	if ((is_shut(data) || is_private(data)) && !tl_guard_address(sa, sizeof six, false))
		abort();
	if (size >= 16) {
		memcpy(&six.sin6_addr, data, 16);
		(void)tl_guard_address(sa, sizeof six, true);
	}
	if (!tl_guard_address(sa, sizeof four, true)) /* shorter than what it says it is */
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char url[2048];
	if (size >= 4)
		check_address(data, size);
	if (tl_str_copy(url, sizeof url, tl_bytes(data, size)) < 0)
		return 0;
	if (tl_guard_url(url, false) == 0 && strncasecmp(url, "https:", 6) != 0)
		abort();
	if (tl_guard_read_url(url, false, NULL, 0) == 0 && strncasecmp(url, "http", 4) != 0)
		abort();
	return 0;
}
