/* Whoever works at the machine can do alone what needs two people in the console; then everybody hears of it. */
#pragma once

#include "bin/cli.h"

/* After a command that succeeded: an alarm and a line in the trail, when the configuration asks for two. */
int cli_alone(struct tl_cli *c) TL_MUST;
