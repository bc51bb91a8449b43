/*
 * Every field of the two messages between a jail and its client, in the order in which they are sent, big-endian:
 * Q(field, bits, lowest, highest) of the question, A(field, bits, lowest, highest) of the answer. A message with a
 * value outside its bounds, or with a byte too few or too many, is malformed. The question comes with a sealed
 * memory file of `size` bytes; an answer with reason OK comes with one of `payload_bytes` (none for 0), whose parts
 * decode_part.tbl.h lists.
 */
#ifndef Q
#define Q(field, bits, lo, hi)
#endif
#ifndef A
#define A(field, bits, lo, hi)
#endif
Q(magic, 32, 0x544c4451, 0x544c4451)
Q(version, 16, 3, 3)
Q(format, 16, 1, TL_FORMATS - 1)    /* what the client saw; the jail looks again */
Q(id, 64, 0, UINT64_MAX)            /* comes back in the answer */
Q(size, 32, 1, TL_DECODE_BYTES_MAX) /* bytes of the file */
Q(max_pixels, 32, 1, TL_DECODE_PIXELS_MAX)
Q(max_side, 32, 1, 65535)
Q(memory_mb, 32, 16, 4096) /* beside what the program itself takes */
Q(deadline_ms, 32, 1, 600000)
Q(preview_side, 32, 0, TL_DECODE_PREVIEW_MAX) /* longest side; 0: no preview */
Q(quick_ms, 32, 0, 600000) /* of the processor: after that it comes back unfinished, as TIMEOUT; 0: does not */
Q(max_ms, 32, 0, TL_FILM_MS_MAX) /* of a film: longer ones are TOO_LONG */
Q(max_frames, 32, 0, TL_FILM_DECODED_MAX) /* pictures of a film that are decoded */
Q(ms_per_s, 32, 0, 60000) /* a film that is short has less than the deadline: 5 s and this for each of its seconds */
Q(show, 16, 0, 1)         /* stills, clip and listening sample wanted */
Q(cuts, 16, 0, TL_FILM_CUTS) /* only a clip of these moments is wanted, ascending (what can be heard, where nothing moves); 0: all, of the whole */
Q(cut0, 32, 0, TL_FILM_MS_MAX)
Q(cut1, 32, 0, TL_FILM_MS_MAX)
Q(cut2, 32, 0, TL_FILM_MS_MAX)
Q(cut3, 32, 0, TL_FILM_MS_MAX)
Q(cut4, 32, 0, TL_FILM_MS_MAX)
Q(raw_width, 16, 0, TL_FILM_SIDE)   /* RAW: I420 pictures of this size … */
Q(raw_height, 16, 0, TL_FILM_SIDE)
Q(raw_frames, 16, 0, TL_FILM_CLIP)  /* … so many; or */
Q(raw_pcm, 32, 0, TL_FILM_PCM)      /* so many samples */
A(magic, 32, 0x544c4441, 0x544c4441)
A(version, 16, 3, 3)
A(reason, 16, 0, TL_DECODE_REASONS - 1)
A(id, 64, 0, UINT64_MAX)
A(partly, 16, 0, TL_DECODE_REASONS - 1) /* OK: it was looked at to its end; else why not */
A(weak, 16, 0, 1) /* the kernel lacks an optional confinement */
A(format, 16, 0, TL_FORMATS - 1)
A(width, 32, 0, 65535)
A(height, 32, 0, 65535)
A(channels, 16, 0, 4)    /* of the file, before the alpha channel was dropped */
A(orientation, 16, 0, 8) /* EXIF: 1 is upright; not applied to samples or preview */
A(pages, 32, 0, TL_DECODE_PAGES_MAX) /* of an animation; the samples and the preview are of the first */
A(preview_width, 32, 0, TL_DECODE_PREVIEW_MAX)
A(preview_height, 32, 0, TL_DECODE_PREVIEW_MAX)
A(samples, 16, 0, 1) /* a picture has them */
A(duration_ms, 32, 0, TL_FILM_MS_MAX)
A(rate, 32, 0, 1000000)     /* pictures in 1000 s */
A(rotation, 16, 0, 270)     /* clockwise, to be upright; already done to stills and clip, never to hashes */
A(video, 16, 0, TL_TRACKS - 1) /* codecs; NONE: has no such track */
A(sound, 16, 0, TL_TRACKS - 1)
A(pictures, 32, 0, TL_FILM_DECODED_MAX) /* of a video */
A(frames, 32, 0, TL_FILM_FRAMES) /* hashes; of an animation as well */
A(words, 32, 0, TL_FILM_NUMBERS)
A(stills, 16, 0, TL_FILM_STILLS)
A(still_width, 16, 0, TL_FILM_SIDE)
A(still_height, 16, 0, TL_FILM_SIDE)
A(clip_frames, 16, 0, TL_FILM_CLIP)
A(clip_width, 16, 0, TL_FILM_SIDE)
A(clip_height, 16, 0, TL_FILM_SIDE)
A(pcm, 32, 0, TL_FILM_PCM)
A(coded, 32, 0, TL_FILM_CODED)
A(payload_bytes, 32, 0, TL_DECODE_PAYLOAD_MAX)
#undef Q
#undef A
