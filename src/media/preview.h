/*
 * What a person gets to see, made outside the jail from raw pixels: no hostile bytes are parsed here. EXIF orientation
 * is applied (never to hashes). Both are JPEG and carry nothing but the picture.
 */
#pragma once

#include "base/buf.h"
#include "media/jails.h"

#define TL_PREVIEW_SIDE 1280 /* ask tl_decode_job.preview_side for this */
#define TL_TINY_SIDE 32

/* The preview, re-encoded. EFIELD when the picture was decoded without one. Appended to out. */
int tl_preview_jpeg(const struct tl_picture *p, struct tl_buf *out) TL_MUST;

/* The grey derivative of at most 32 pixels a side: all that a browser holds before a reveal. */
int tl_preview_tiny(const struct tl_picture *p, struct tl_buf *out) TL_MUST;
