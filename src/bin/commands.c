/*
 * The table of commands, generated from commands.tbl.h.
 *
 * Promises: every command of the file is here with its options, in the order of the file.
 */
#include "bin/cli.h"

enum command_index {
#define C(id, ...) AT_##id,
#include "bin/commands.tbl.h"
	COMMAND_COUNT
};

#define READ(id, verb) static const char *const read_of_##id = verb;
#define OWN(id, verb) static const char *const read_of_##id = NULL;
#define NONE(id, why) static const char *const read_of_##id = NULL;
#include "bin/audit.tbl.h"
#undef READ
#undef OWN
#undef NONE

/* A command without its row in audit.tbl.h does not compile. */
const char *
cli_read_verb(const struct cli_command *command)
{
	const char *const verbs[] = {
#define C(id, ...) read_of_##id,
#include "bin/commands.tbl.h"
	};
	return verbs[command - cli_commands];
}

static const struct {
	enum command_index command;
	struct cli_option option;
} all_options[] = {
#define O(id, name, arg, help) {AT_##id, {name, arg, help}},
#include "bin/commands.tbl.h"
};

const struct cli_command cli_commands[] = {
#define C(id, name, args, least, most, needs, help, example)                                   \
	{name, args, least, most, needs, cmd_##id, help, example},
#include "bin/commands.tbl.h"
    {0}};

const struct cli_option cli_global_options[] = {
    {"data", "FOLDER", "The data folder; default: $TUTELA_DATA, else ./var."},
    {"set", "KEY=VALUE",
	"Use this value of a configuration key for this run; may be repeated."},
    {"json", NULL, "Print JSON for programs instead of text for people."},
    {"help", NULL, "Explain the command."}, {"version", NULL, "Print the version."}, {0}};

const struct cli_option *
cli_option_of(const struct cli_command *command, size_t n)
{
	size_t seen = 0;
	for (size_t i = 0; i < TL_COUNT(all_options); i++) {
		if (&cli_commands[all_options[i].command] == command && seen++ == n)
			return &all_options[i].option;
	}
	return NULL;
}
