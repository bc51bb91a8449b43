/*
 * Loading FFmpeg and chromaprint: five libraries and one, by the major versions that this was built against.
 *
 * Promises: either every function of av.tbl.h is there or the process does not start. Quiet: nobody reads what they
 * would print. Called when a decoder of films or an encoder starts, before the jail closes.
 */
#include "decode/av.h"

#include "decode/decode.h"

#include <dlfcn.h>

struct tl_av av;

enum { AVUTIL, AVCODEC, AVFORMAT, SWSCALE, SWRESAMPLE, CHROMAPRINT, LIBRARIES };

#define SO(name, major) "lib" name ".so." AV_STRINGIFY(major)

static const char *const files[LIBRARIES] = {
    [AVUTIL] = SO("avutil", LIBAVUTIL_VERSION_MAJOR),
    [AVCODEC] = SO("avcodec", LIBAVCODEC_VERSION_MAJOR),
    [AVFORMAT] = SO("avformat", LIBAVFORMAT_VERSION_MAJOR),
    [SWSCALE] = SO("swscale", LIBSWSCALE_VERSION_MAJOR),
    [SWRESAMPLE] = SO("swresample", LIBSWRESAMPLE_VERSION_MAJOR),
    [CHROMAPRINT] = SO("chromaprint", CHROMAPRINT_VERSION_MAJOR),
};

static int
look_up(void *const handle[LIBRARIES])
{
	const struct {
		int library;
		const char *name;
		void **to;
	} rows[] = {
#define V(library, name) {library, #name, (void **)&av.name},
#include "decode/av.tbl.h"
#undef V
	};
	for (size_t i = 0; i < TL_COUNT(rows); i++) {
		*rows[i].to = dlsym(handle[rows[i].library], rows[i].name);
		if (!*rows[i].to)
			return tl_fail(
			    TL_ECONFIG, "%s lacks %s", files[rows[i].library], rows[i].name);
	}
	return 0;
}

int
tl_film_load(void)
{
	void *handle[LIBRARIES];
	if (av.av_malloc)
		return 0;
	for (int i = 0; i < LIBRARIES; i++) {
		handle[i] = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
		if (!handle[i])
			return tl_fail(TL_ECONFIG, "%s is not installed", files[i]);
	}
	int rc = look_up(handle);
	if (rc == 0)
		av.av_log_set_level(AV_LOG_QUIET);
	return rc;
}
