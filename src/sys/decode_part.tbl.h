/*
 * What an answer's payload holds, in this order: P(NAME, count, bytes of one), of fields of the answer `a`.
 * Numbers in parts are big-endian, but for samples, which are floats of this machine.
 */
P(SAMPLES, a->samples, TL_DECODE_SAMPLE_BYTES)                        /* TL_PDQ_SIDE² floats */
P(PREVIEW, (uint64_t)a->preview_width * a->preview_height, 3)         /* RGB */
P(FRAMES, a->frames ? 1 : 0, TL_FILM_HEAD_BYTES + TL_FILM_FRAME_BYTES * (uint64_t)a->frames) /* hash/video.h, packed */
P(WORDS, a->words, 4)                                                 /* fingerprints: of each speed how many words, and they */
P(TIMES, a->stills, 4)                                                /* ms of each still */
P(STILLS, a->stills, 3ull * a->still_width * a->still_height)         /* RGB */
P(CLIP, a->clip_frames, 3ull * a->clip_width * a->clip_height / 2)    /* I420 */
P(PCM, a->pcm, 2)                                                     /* 16 bits, mono, TL_FILM_PCM_RATE */
P(CODED, a->coded, 1)                                                 /* WebM, of what was RAW */
