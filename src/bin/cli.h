/*
 * The command line `tutela`: one table of commands (commands.tbl.h) from which parsing, help, the man page and the
 * completions come. A command is one function in one file cmd_*.c; it prints through the verbs below, which
 * know about --json.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "config/config.h"
#include "store/db.h"

struct tl_cli;

enum cli_needs { CLI_NOTHING, CLI_CONFIG, CLI_STORE };

/* Exit codes, and what they mean. */
enum cli_exit {
#define X(name, code, help) name = (code),
#include "bin/exit.tbl.h"
#undef X
};

struct cli_option {
	const char *name; /* without the dashes */
	const char *arg;  /* what stands for its value; NULL: a switch */
	const char *help;
};

struct cli_command {
	const char *name; /* "user add" */
	const char *args; /* "NAME ROLE", "FILE..." */
	int least, most;  /* positional arguments; most -1: any number */
	enum cli_needs needs;
	int (*run)(struct tl_cli *c);
	const char *help;
	const char *example;
};

extern const struct cli_command cli_commands[]; /* up to a row without a name */
extern const struct cli_option cli_global_options[];

/* The verb under which the audit trail notes that this command was used to read; NULL: it reads nothing of that kind. */
const char *cli_read_verb(const struct cli_command *command);

/* The n-th option of a command; NULL at the end. */
const struct cli_option *cli_option_of(const struct cli_command *command, size_t n);

#define CLI_OPTIONS_MAX 16

struct tl_cli {
	const struct cli_command *command;
	const char *data_dir;
	bool json;
	bool help;             /* it is to be explained, not run */
	const char *help_name; /* a command or a group; NULL: everything */
	const char *sets[64];
	size_t set_count;
	const char *
	    option[CLI_OPTIONS_MAX]; /* values, parallel to command->options; "" for switches */
	int argc;
	char **argv; /* positional arguments */
	struct tl_arena *arena;
	struct tl_config *config;
	struct tl_store *store;
	struct tl_db *db;
	struct tl_buf out; /* standard output, written by cli_flush and when the command ends */
	bool looked;       /* the command only said what it would do */
	int exit;          /* when the command succeeded and wants to say more than 0 */
};

#define C(id, ...) int cmd_##id(struct tl_cli *c) TL_MUST;
#include "bin/commands.tbl.h"

/* The value of an option of this command; NULL when it was not given. */
const char *cli_option(const struct tl_cli *c, const char *name);
/* A whole number in bounds; absent leaves *ret. EUSAGE. */
int cli_option_int(
    const struct tl_cli *c, const char *name, int64_t lo, int64_t hi, int64_t *ret) TL_MUST;
/* One of a word list; absent leaves *ret. EUSAGE that lists the words. */
int cli_word(const char *what, const char *text, const char *const *names, int *ret) TL_MUST;
int cli_option_word(
    const struct tl_cli *c, const char *name, const char *const *names, int *ret) TL_MUST;

/* "There is no … \"x\"; do this": a NOTFOUND or other failure with a remedy on its own line. */
int cli_fail(int err, const char *remedy, const char *fmt, ...) TL_PRINTF(3, 4);

/* Parses the command line into *c. EUSAGE. c->help: help was asked for instead. */
int cli_parse(struct tl_cli *c, int argc, char **argv) TL_MUST;
/* The command, or the group of commands, of that name, for people and for programs; NULL: all. */
void cli_help(struct tl_buf *out, const char *name);
void cli_help_json(struct tl_buf *out, const char *name);
bool cli_help_known(const char *name); /* there is a command or group of that name */

/* Opens what the command needs. */
int cli_open(struct tl_cli *c) TL_MUST;
int cli_open_store(struct tl_cli *c) TL_MUST;
void cli_close(struct tl_cli *c);

/*
 * Output. A list has columns and rows; a record is a list of one row shown as "name: value" lines. As JSON a list is
 * {"NAME":[{…}]} with a line a row, a record one object. Cells come in the order of the columns.
 */
struct cli_list {
	struct tl_cli *cli;
	const char *name;
	const char *const *columns; /* up to NULL; also the JSON names */
	size_t column_count;
	bool record;
	bool brief; /* people are spared the columns that say nothing in any row */
	struct cli_cell *cells;
	size_t cell_count, cell_cap;
};

void cli_list_begin(
    struct cli_list *l, struct tl_cli *c, const char *name, const char *const *columns);
void cli_record_begin(struct cli_list *l, struct tl_cli *c, const char *const *columns);
void cli_cell(struct cli_list *l, struct tl_str text); /* empty: null and - */
void cli_cell_z(struct cli_list *l, const char *text);
void cli_cell_int(struct cli_list *l, int64_t v);
void cli_cell_num(struct cli_list *l, double v);
void cli_cell_bool(struct cli_list *l, bool v);        /* yes, no */
void cli_cell_time(struct cli_list *l, int64_t us);    /* 0: null and - */
void cli_cell_id(struct cli_list *l, struct tl_id id); /* nil: null and - */
void cli_cell_hex(struct cli_list *l, struct tl_str bytes);
void cli_cell_words(struct cli_list *l, struct tl_str words); /* an array in JSON */
void cli_cell_json(
    struct cli_list *l, struct tl_str json, const char *text); /* raw; text for people */
void cli_list_end(
    struct cli_list *l, const char *none); /* `none`: what to say to people when it is empty */

/* Writes what was said so far: for commands whose result may be long. */
int cli_flush(struct tl_cli *c) TL_MUST;

/* A line for people only; nothing with --json. */
void cli_say(struct tl_cli *c, const char *fmt, ...) TL_PRINTF(2, 3);
/* Text that came from outside, with control characters made visible. */
void cli_clean(struct tl_buf *out, struct tl_str text);

/* Progress on standard error, when that is a terminal. `what` is constant. */
void cli_progress(const char *what, int64_t done, int64_t all);
void cli_progress_end(void);

/* DATA/name in the command's memory, or NULL (the failure is set). */
const char *cli_path(struct tl_cli *c, const char *name);

/* Common look-ups. */
int cli_platform(struct tl_cli *c, const char *name, int64_t *ret) TL_MUST;
int cli_id(const char *what, const char *text, struct tl_id *ret) TL_MUST;
/* A line of standard input without its end; at most cap-1 bytes. */
int cli_read_line(char *dst, size_t cap) TL_MUST;

/* Man page (scdoc), completions, the page of the documentation. */
void cli_scdoc(struct tl_buf *out);
void cli_completion_bash(struct tl_buf *out);
void cli_completion_zsh(struct tl_buf *out);
void cli_alarms_markdown(struct tl_buf *out);
void cli_markdown(struct tl_buf *out);
void cli_audit_markdown(struct tl_buf *out);
