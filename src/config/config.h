/*
 * The configuration: every key once (keys.tbl.h), read from DATA/tutela.yaml and then from `--set key=value`.
 * A loaded configuration does not change; whoever wants new values loads a new one.
 */
#pragma once

#include "base/buf.h"

struct tl_strs {
	const char *const *v;
	size_t n;
};

typedef const char *tl_key_STR;
typedef int64_t tl_key_INT;
typedef bool tl_key_BOOL;
typedef int64_t tl_key_SIZE;
typedef struct tl_strs tl_key_STRS;
typedef int tl_key_LEVEL; /* enum tl_log_level */
typedef int tl_key_UNSCANNABLE;
typedef int tl_key_SEVERITY; /* enum tl_alarm_severity */

enum tl_unscannable { TL_UNSCANNABLE_WITHHOLD, TL_UNSCANNABLE_PUBLISH };

struct tl_config {
	const char *data_dir;
#define K(name, type, def, lo, hi, unit, help) tl_key_##type name;
#include "config/keys.tbl.h"
#undef K
	struct tl_arena *arena; /* owns every text here */
};

/*
 * Reads DATA/tutela.yaml (all defaults when it does not exist), then `sets` ("key=value"), then checks what
 * belongs together. TL_ECONFIG with the place in the text; *ret is written on success only.
 */
int tl_config_load(const char *data_dir, const char *const *sets, size_t count,
    struct tl_config **ret) TL_MUST;
void tl_config_destroy(struct tl_config *c);
void tl_config_destroyp(struct tl_config **c);

#define TL_PATH_MAX 4096

/* DATA/name, or name itself when it is absolute. */
int tl_config_path(const struct tl_config *c, const char *name, char dst[TL_PATH_MAX]) TL_MUST;

/* "host:port" or "[v6]:port"; the host is copied without brackets. */
int tl_config_address(const char *text, char *ret_host, size_t cap, unsigned *ret_port) TL_MUST;

struct tl_config_key {
	const char *name, *type, *def, *unit, *help;
	int64_t lo, hi;
};

const struct tl_config_key *tl_config_keys(size_t *ret_count);

/* The effective values: YAML with the help sentences as comments, or one JSON object. */
void tl_config_yaml(const struct tl_config *c, struct tl_buf *out);
void tl_config_json(const struct tl_config *c, struct tl_buf *out);
/* doc/configuration.md */
void tl_config_markdown(struct tl_buf *out);
