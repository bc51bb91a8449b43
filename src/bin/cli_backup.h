/* What the commands about copies share: cmd_backup.c (single files) and cmd_continuous.c (folders). */
#pragma once

#include "bin/cli.h"

/* Moves DATA/name out of the way, to DATA/name.before-restore; nothing when it is not there. */
int cli_set_aside(struct tl_cli *c, const char *name) TL_MUST;

/* The progress of a verification, said to people. */
void cli_verifying(int64_t done, int64_t all);

/* `tutela restore FOLDER`; the daemon is known to be stopped. */
int cli_restore_continuous(struct tl_cli *c, const char *folder) TL_MUST;
