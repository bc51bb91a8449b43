/* Known pictures in videos. */
#pragma once

#include "detect/detect.h"

/* A signal for each picture of a PDQ bank that the video shows; its part says when first and for how much of the time. */
void shown_hits(struct tl_detect_ctx *c, const struct tl_media *m);
