/* A password for a command: read, or made (people.h). */
#include "bin/cli_password.h"

#include "people/people.h"

int
cli_password(bool from_stdin, char dst[CLI_PASSWORD_MAX], bool *ret_made)
{
	*ret_made = !from_stdin;
	if (from_stdin)
		return cli_read_line(dst, CLI_PASSWORD_MAX);
	tl_password_make(dst);
	return 0;
}
