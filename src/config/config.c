/*
 * Owns the effective configuration: defaults from keys.tbl.h, then the file, then --set.
 *
 * Promises: a configuration that was returned is complete and in bounds; one wrong key refuses the whole file
 * and names the place. Called by every program at its start.
 */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "config/yaml.h"
#include "core/guarded.h"

static const char *const level_names[] = {"debug", "info", "warn", "error", NULL};
static const char *const severity_names[] = {"critical", "warning", "notice", NULL};
static const char *const unscannable_names[] = {"withhold", "publish", NULL};

#define TYPE_STR TL_Y_STR
#define TYPE_INT TL_Y_INT
#define TYPE_BOOL TL_Y_BOOL
#define TYPE_SIZE TL_Y_SIZE
#define TYPE_STRS TL_Y_STRS
#define TYPE_LEVEL TL_Y_ENUM
#define TYPE_UNSCANNABLE TL_Y_ENUM
#define TYPE_SEVERITY TL_Y_ENUM
#define NAMES_STR NULL
#define NAMES_INT NULL
#define NAMES_BOOL NULL
#define NAMES_SIZE NULL
#define NAMES_STRS NULL
#define NAMES_LEVEL level_names
#define NAMES_UNSCANNABLE unscannable_names
#define NAMES_SEVERITY severity_names

static const struct tl_yaml_field fields[] = {
#define K(name, type, def, lo, hi, unit, help)                                                 \
	{#name, TYPE_##type, offsetof(struct tl_config, name), lo, hi, NAMES_##type, false},
#include "config/keys.tbl.h"
#undef K
};

static const struct tl_config_key keys[] = {
#define K(name, type, def, lo, hi, unit, help) {#name, #type, def, unit, help, lo, hi},
#include "config/keys.tbl.h"
#undef K
};

const struct tl_config_key *
tl_config_keys(size_t *ret_count)
{
	*ret_count = TL_COUNT(keys);
	return keys;
}

void
tl_config_destroy(struct tl_config *c)
{
	if (c)
		tl_arena_destroy(c->arena); /* the struct lives in it */
}

void
tl_config_destroyp(struct tl_config **c)
{
	tl_config_destroy(*c);
	*c = NULL;
}

static void *
slot_of(struct tl_config *c, size_t i)
{
	return (char *)c + fields[i].offset;
}

/* A list as text, separated by commas. */
static int
set_strs(struct tl_config *c, const struct tl_yaml_field *f, struct tl_str text, void *slot)
{
	size_t n = text.n > 0;
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',';
	const char **v = TL_NEWS(c->arena, const char *, n + 1);
	if (!v)
		return tl_fail(TL_ENOMEM, "out of memory");
	if ((int64_t)n > f->hi)
		return tl_fail(
		    TL_EFIELD, "%s: more than %lld elements", f->name, (long long)f->hi);
	size_t from = 0, k = 0;
	for (size_t i = 0; i <= text.n && k < n; i++) {
		if (i < text.n && text.p[i] != ',')
			continue;
		v[k++] =
		    (const char *)tl_arena_dup(c->arena, tl_bytes(text.p + from, i - from)).p;
		from = i + 1;
	}
	*(struct tl_strs *)slot = (struct tl_strs){v, k};
	return 0;
}

static int
set_text(struct tl_config *c, size_t i, struct tl_str text)
{
	struct tl_str own = tl_arena_dup(c->arena, text);
	if (fields[i].type == TL_Y_STRS)
		return set_strs(c, &fields[i], own, slot_of(c, i));
	return tl_yaml_scalar(own, &fields[i], slot_of(c, i));
}

static int
set_node(struct tl_config *c, size_t i, const struct tl_yaml *v)
{
	int rc = 0;
	if (fields[i].type != TL_Y_STRS) {
		if (v->kind != TL_YAML_SCALAR)
			return tl_yaml_error(v, "%s: expected a single value", fields[i].name);
		rc = set_text(c, i, v->text);
		return rc < 0 ? tl_yaml_error(v, "%s", tl_err_text()) : 0;
	}
	if (v->kind != TL_YAML_LIST)
		return tl_yaml_error(v, "%s: expected a list", fields[i].name);
	const char **list = TL_NEWS(c->arena, const char *, v->count + 1);
	size_t n = 0;
	for (const struct tl_yaml *e = v->first; list && e; e = e->next) {
		if (e->kind != TL_YAML_SCALAR || e->text.n == 0)
			return tl_yaml_error(e, "%s: expected plain words", fields[i].name);
		list[n++] = (const char *)tl_arena_dup(c->arena, e->text).p;
	}
	if ((int64_t)n > fields[i].hi)
		return tl_yaml_error(
		    v, "%s: more than %lld elements", fields[i].name, (long long)fields[i].hi);
	*(struct tl_strs *)slot_of(c, i) = (struct tl_strs){list, n};
	return 0;
}

static size_t
find(struct tl_str name)
{
	size_t i = 0;
	while (i < TL_COUNT(fields) && !tl_str_is(name, fields[i].name))
		i++;
	return i;
}

static const char *
nearest(struct tl_str name)
{
	const char *names[TL_COUNT(fields)];
	for (size_t i = 0; i < TL_COUNT(fields); i++)
		names[i] = fields[i].name;
	return tl_nearest(name, names, TL_COUNT(names));
}

static int
read_file(struct tl_config *c)
{
	char path[TL_PATH_MAX];
	int rc = tl_config_path(c, "tutela.yaml", path);
	if (rc < 0)
		return rc;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	struct tl_yaml_doc *doc TL_CLEANUP(tl_yaml_destroyp) = NULL;
	rc = tl_yaml_load(path, &doc);
	if (rc < 0)
		return rc;
	const struct tl_yaml *root = tl_yaml_root(doc);
	if (!root)
		return 0; /* only comments */
	if (root->kind != TL_YAML_MAP)
		return tl_yaml_error(root, "expected lines of the form key: value");
	for (const struct tl_yaml *v = root->first; v; v = v->next) {
		size_t i = find(v->key->text);
		if (i == TL_COUNT(fields)) {
			const char *near = nearest(v->key->text);
			return tl_yaml_error(v->key, "unknown key \"%.*s\"%s%s%s",
			    TL_ARG(v->key->text), near ? "; did you mean \"" : "",
			    near ? near : "", near ? "\"?" : "");
		}
		rc = set_node(c, i, v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
apply_set(struct tl_config *c, const char *set)
{
	const char *eq = strchr(set, '=');
	if (!eq)
		return tl_fail(TL_EUSAGE, "--set %s: expected key=value", set);
	struct tl_str name = tl_bytes(set, (size_t)(eq - set));
	size_t i = find(name);
	if (i == TL_COUNT(fields)) {
		const char *near = nearest(name);
		return tl_fail(TL_ECONFIG, "--set %s: unknown key%s%s%s", set,
		    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	int rc = set_text(c, i, tl_str(eq + 1));
	return rc < 0 ? tl_fail(TL_ECONFIG, "--set %s", tl_err_text()) : 0;
}

int
tl_config_address(const char *text, char *ret_host, size_t cap, unsigned *ret_port)
{
	struct tl_str s = tl_str(text);
	size_t colon = s.n;
	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	int64_t port;
	if (colon == 0 || tl_parse_i64(tl_bytes(s.p + colon, s.n - colon), 0, 65535, &port) < 0)
		return tl_fail(TL_ECONFIG, "\"%s\": expected host:port", text);
	struct tl_str host = tl_bytes(s.p, colon - 1);
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = tl_bytes(host.p + 1, host.n - 2);
	int rc = tl_str_copy(ret_host, cap, host);
	if (rc < 0 || host.n == 0)
		return tl_fail(TL_ECONFIG, "\"%s\": expected host:port", text);
	*ret_port = (unsigned)port;
	return 0;
}

static int
check_url(const char *key, const char *url)
{
	bool ok = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
	if (*url && !ok)
		return tl_fail(TL_ECONFIG, "%s: \"%s\" is not an http or https URL", key, url);
	return 0;
}

static int
check_roles(const struct tl_config *c)
{
	int role;
	for (size_t i = 0; i < c->second_factor_roles.n; i++)
		if (tl_word_parse(tl_role_names, tl_str(c->second_factor_roles.v[i]), &role) <
		    0)
			return tl_fail(TL_ECONFIG,
			    "second_factor_roles: there is no role \"%s\"",
			    c->second_factor_roles.v[i]);
	return 0;
}

static int
check_two_person(const struct tl_config *c)
{
	int op;
	for (size_t i = 0; i < c->two_person.n; i++)
		if (tl_word_parse(tl_guarded_names, tl_str(c->two_person.v[i]), &op) < 0)
			return tl_fail(TL_ECONFIG,
			    "two_person: there is no operation \"%s\" that could need two "
			    "people",
			    c->two_person.v[i]);
	return 0;
}

static int
check(const struct tl_config *c)
{
	char host[256];
	unsigned port, admin_port;
	int rc = tl_config_address(c->listen, host, sizeof host, &port);
	if (rc < 0)
		return tl_fail(rc, "listen: %s", tl_err_text());
	rc = tl_config_address(c->admin_listen, host, sizeof host, &admin_port);
	if (rc < 0)
		return tl_fail(rc, "admin_listen: %s", tl_err_text());
	if (port != 0 && strcmp(c->listen, c->admin_listen) == 0)
		return tl_fail(TL_ECONFIG, "listen and admin_listen are the same address");
	if (!*c->tls_certificate != !*c->tls_key)
		return tl_fail(TL_ECONFIG, "tls_certificate and tls_key belong together");
	if (*c->tls_certificate && strncmp(c->public_url, "https://", 8) != 0)
		return tl_fail(TL_ECONFIG,
		    "public_url must begin with https:// when tls_certificate is set");
	rc = check_url("public_url", c->public_url);
	if (rc == 0)
		rc = check_url("complaint_url", c->complaint_url);
	if (rc == 0)
		rc = check_roles(c);
	if (rc == 0)
		rc = check_two_person(c);
	if (rc < 0)
		return rc;
	return tl_arena_check(c->arena);
}

int
tl_config_load(
    const char *data_dir, const char *const *sets, size_t count, struct tl_config **ret)
{
	struct tl_arena *arena = tl_arena_create(4u << 20);
	struct tl_config *c TL_CLEANUP(tl_config_destroyp) = TL_NEW(arena, struct tl_config);
	if (!c) {
		tl_arena_destroy(arena);
		return tl_fail(TL_ENOMEM, "out of memory");
	}
	c->arena = arena;
	c->data_dir = (const char *)tl_arena_dup(arena, tl_str(data_dir)).p;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < TL_COUNT(keys); i++)
		rc = set_text(c, i, tl_str(keys[i].def));
	if (rc == 0)
		rc = read_file(c);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = apply_set(c, sets[i]);
	if (rc == 0)
		rc = check(c);
	if (rc < 0)
		return rc;
	*ret = TL_TAKE(c);
	return 0;
}

int
tl_config_path(const struct tl_config *c, const char *name, char dst[TL_PATH_MAX])
{
	int n = name[0] == '/' ? snprintf(dst, TL_PATH_MAX, "%s", name)
			       : snprintf(dst, TL_PATH_MAX, "%s/%s", c->data_dir, name);
	if (n < 0 || n >= TL_PATH_MAX)
		return tl_fail(TL_ECONFIG, "%s: the path is too long", name);
	return 0;
}

static const void *
value_of(const struct tl_config *c, size_t i)
{
	return (const char *)c + fields[i].offset;
}

static void
json_value(struct tl_buf *out, const struct tl_config *c, size_t i, const char *key)
{
	const void *v = value_of(c, i);
	switch (fields[i].type) {
	case TL_Y_STR:
		tl_js_z(out, key, *(const char *const *)v);
		return;
	case TL_Y_BOOL:
		tl_js_bool(out, key, *(const bool *)v);
		return;
	case TL_Y_ENUM:
		tl_js_z(out, key, fields[i].names[*(const int *)v]);
		return;
	case TL_Y_STRS: {
		const struct tl_strs *list = v;
		tl_js_open(out, key, '[');
		for (size_t k = 0; k < list->n; k++)
			tl_js_z(out, NULL, list->v[k]);
		tl_js_close(out, ']');
		return;
	}
	case TL_Y_INT:
	case TL_Y_DURATION:
	case TL_Y_SIZE:
	case TL_Y_LIST:
	case TL_Y_MAP:
		tl_js_int(out, key, *(const int64_t *)v);
		return;
	}
}

void
tl_config_json(const struct tl_config *c, struct tl_buf *out)
{
	tl_js_open(out, NULL, '{');
	tl_js_z(out, "data_dir", c->data_dir);
	for (size_t i = 0; i < TL_COUNT(fields); i++)
		json_value(out, c, i, fields[i].name);
	tl_js_close(out, '}');
}

void
tl_config_yaml(const struct tl_config *c, struct tl_buf *out)
{
	tl_buf_puts(
	    out, "# Effective configuration; the same keys can stand in tutela.yaml.\n");
	for (size_t i = 0; i < TL_COUNT(fields); i++) {
		struct tl_buf v TL_CLEANUP(tl_buf_fini) = {0};
		json_value(&v, c, i, NULL); /* every JSON value is a YAML value */
		tl_buf_printf(out, "\n# %s\n%s: ", keys[i].help, keys[i].name);
		tl_buf_put(out, v.p, v.n);
		tl_buf_byte(out, '\n');
	}
}

static void
markdown_bounds(
    struct tl_buf *out, const struct tl_config_key *k, const struct tl_yaml_field *f)
{
	if (f->type == TL_Y_ENUM) {
		for (size_t n = 0; f->names[n]; n++)
			tl_buf_printf(out, "%s%s", n ? ", " : "", f->names[n]);
		return;
	}
	if (f->type == TL_Y_BOOL)
		tl_buf_puts(out, "true, false");
	if (f->type == TL_Y_INT || f->type == TL_Y_SIZE)
		tl_buf_printf(
		    out, "%lld to %lld %s", (long long)k->lo, (long long)k->hi, k->unit);
	if (f->type == TL_Y_STR)
		tl_buf_printf(out, "%s", *k->unit ? k->unit : "text");
	if (f->type == TL_Y_STRS)
		tl_buf_printf(out, "list of at most %lld %s", (long long)k->hi, k->unit);
}

void
tl_config_markdown(struct tl_buf *out)
{
	tl_buf_puts(out,
	    "# Configuration\n\n"
	    "For operators. Generated from `src/config/keys.tbl.h` by `tools/docs`; do not "
	    "edit.\n\n"
	    "Keys stand in `tutela.yaml` in the data folder, one `key: value` a line. Every "
	    "key can be\n"
	    "given for one run with `--set key=value`. Unknown keys and values out of bounds "
	    "are errors\n"
	    "with file, line and column. `tutela config` prints what is in force.\n\n"
	    "| key | default | values | what |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < TL_COUNT(keys); i++) {
		tl_buf_printf(out, "| `%s` | %s%s%s | ", keys[i].name, *keys[i].def ? "`" : "",
		    *keys[i].def ? keys[i].def : "none", *keys[i].def ? "`" : "");
		markdown_bounds(out, &keys[i], &fields[i]);
		tl_buf_printf(out, " | %s |\n", keys[i].help);
	}
}
