/* Passwords on the command line: never as an argument, because arguments are seen by everybody on the machine. */
#pragma once

#include "bin/cli.h"

#define CLI_PASSWORD_MAX 1100

/* A line of standard input, or a new random one (*ret_made). Wipe it after use. */
int cli_password(bool from_stdin, char dst[CLI_PASSWORD_MAX], bool *ret_made) TL_MUST;
