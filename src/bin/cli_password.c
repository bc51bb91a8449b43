/*
 * Owns the making of passwords: four groups of five letters and digits that cannot be confused, about 95 bits.
 */
#include "bin/cli_password.h"

#include "sys/crypto.h"

int
cli_password(bool from_stdin, char dst[CLI_PASSWORD_MAX], bool *ret_made)
{
	static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz"; /* 31 */
	*ret_made = !from_stdin;
	if (from_stdin)
		return cli_read_line(dst, CLI_PASSWORD_MAX);
	size_t n = 0;
	while (n < 23) {
		uint8_t r;
		tl_random(&r, 1);
		if (r >= 248) /* 8 * 31: no letter is likelier than another */
			continue;
		dst[n++] = letters[r % 31];
		if (n % 6 == 5 && n < 23)
			dst[n++] = '-';
	}
	dst[n] = '\0';
	return 0;
}
