/* Whether tutelad runs on the data folder. */
#pragma once

#include "bin/cli.h"

bool cli_daemon_runs(const struct tl_cli *c);
