/* FFmpeg and chromaprint as they are loaded at run time (av.tbl.h): `av.NAME` calls NAME. Inside the decoder only. */
#pragma once

#include "base/err.h"
#include "base/str.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wcast-qual"
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

#include <chromaprint.h>
#pragma GCC diagnostic pop

struct tl_av {
#define V(library, name) __typeof__(name) *name;
#include "decode/av.tbl.h"
#undef V
};

extern struct tl_av av;
