/* The configuration file and --set: the first line is a --set, the rest tutela.yaml; what is taken prints as YAML that loads. */
#include "config/config.h"
#include "config/yaml.h"
#include "sys/fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/tutela-fuzz-XXXXXX";
static char file[64];

static void
clean_up(void)
{
	(void)unlink(file);
	(void)rmdir(dir);
}

static void
write_file(struct tl_str text)
{
	if (!file[0]) {
		if (!mkdtemp(dir))
			abort();
		(void)snprintf(file, sizeof file, "%s/tutela.yaml", dir);
		(void)atexit(clean_up);
	}
	FILE *f = fopen(file, "we");
	if (!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0)
		abort();
}

static void
check(const struct tl_config *c)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	char host[256];
	unsigned port;
	if (c->workers < 1 || c->workers > 64 || c->decode_ms < 100 || c->decode_ms > 60000)
		abort();
	if (tl_config_address(c->listen, host, sizeof host, &port) == 0 && port > 65535)
		abort();
	tl_config_yaml(c, &b);
	struct tl_yaml_doc *doc TL_CLEANUP(tl_yaml_destroyp) = NULL;
	if (tl_yaml_parse("printed", tl_buf_str(&b), &doc) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char set[256];
	struct tl_config *c TL_CLEANUP(tl_config_destroyp) = NULL;
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	if (!end || tl_str_copy(set, sizeof set, tl_bytes(data, (size_t)(end - data))) < 0)
		return 0;
	const char *const sets[] = {set};
	write_file(tl_bytes(end + 1, size - (size_t)(end + 1 - data)));
	if (tl_config_load(dir, sets, set[0] != 0, &c) == 0)
		check(c);
	return 0;
}
