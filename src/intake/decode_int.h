/* Private to intake: what the decoders share. */
#pragma once

#include "intake/decode.h"

#define TL_EXT_ID_BYTES 255

/* The primary language of a BCP 47 tag, in lower case; EFIELD at /language. */
int tl_decode_language(struct tl_str tag, struct tl_arena *a, struct tl_str *ret) TL_MUST;
/* Two letters, in capitals; empty stays empty. */
int tl_decode_country(
    struct tl_str in, struct tl_arena *a, const char *pointer, struct tl_str *ret) TL_MUST;
