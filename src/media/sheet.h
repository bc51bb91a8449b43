/*
 * What a person gets to see of a video or sound, made outside the jail from raw pixels: a storyboard, its grey
 * derivative, the facts, and what an encoder makes the clip of (jails.h, tl_raw).
 */
#pragma once

#include "base/buf.h"
#include "media/jails.h"

/* All stills side by side, as one JPEG; appended. EFIELD without stills. */
int tl_sheet_jpeg(const struct tl_film *f, struct tl_buf *out) TL_MUST;
/* The grey derivative of the middle one. */
int tl_sheet_tiny(const struct tl_film *f, struct tl_buf *out) TL_MUST;

/*
 * Facts as a JSON object: kind (video, sound), codecs, pictures a second, rotation, times of the stills and how they
 * are laid out, and which parts of a long film the clip is made of.
 */
void tl_sheet_json(const struct tl_film *f, struct tl_buf *out);

/* Which parts of a film lie around these moments, as members of an open JSON object: parts, part_ms, starts_ms. */
void tl_sheet_parts_json(
    bool moves, uint32_t duration_ms, const uint32_t *cut, uint32_t cuts, struct tl_buf *out);

/* The bytes to encode for the clip: pictures without sound, or the sound where nothing moves. Empty: neither. */
struct tl_str tl_film_raw(const struct tl_film *f, struct tl_raw *ret);
