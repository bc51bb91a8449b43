/*
 * Replays a corpus folder through a fuzz target: the same LLVMFuzzerTestOneInput, without a fuzzer. Usage:
 * replay FOLDER. Ends with 1 when the folder cannot be read; a defect in the target ends the process itself.
 */
#include "base/buf.h"
#include "sys/fd.h"

#include <dirent.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX ((size_t)1 << 20)

static int
replay_one(const char *folder, const char *name)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf path = {0};
	TL_CLEANUP(tl_buf_fini) struct tl_buf data = {0};
	tl_buf_printf(&path, "%s/%s", folder, name);
	int rc = tl_file_read(tl_buf_z(&path), INPUT_MAX, &data);
	if (rc < 0)
		return rc;
	return LLVMFuzzerTestOneInput(data.p, data.n);
}

int
main(int argc, char **argv)
{
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
	if (!d) {
		fprintf(stderr, "usage: replay FOLDER\n");
		return 1;
	}
	int rc = LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	size_t count = 0;
	for (struct dirent *e = readdir(d); rc == 0 && e; e = readdir(d)) {
		if (e->d_name[0] == '.')
			continue;
		rc = replay_one(argv[1], e->d_name);
		count++;
	}
	closedir(d);
	printf("%zu inputs replayed\n", count);
	return rc == 0 ? 0 : 1;
}
