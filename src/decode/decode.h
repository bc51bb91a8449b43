/*
 * Inside the decoder. A codec of pictures reads hostile bytes and gives rows to the sink; it returns TL_DECODE_OK or the reason
 * why not. It may crash or hang: its process holds one item only.
 */
#pragma once

#include "sys/decode_msg.h"

struct tl_sink;

/* What a codec learns about the file beside its rows. */
struct tl_picture_facts {
	uint32_t width, height;
	uint16_t channels;
	uint16_t orientation; /* 0: not said */
	uint32_t pages;
};

enum tl_row_kind {
	TL_ROW_GREY, /* 1 byte a pixel */
	TL_ROW_RGB,  /* 3 */
	TL_ROW_YCC,  /* 3: full-range luma and chroma, as in JPEG */
	TL_ROW_RGBA, /* 4: alpha is dropped for the hash, laid over grey for the preview */
};

/* Prepares for a picture of these facts; TOO_LARGE when they exceed the question's limits. */
enum tl_decode_reason tl_sink_begin(
    struct tl_sink *s, const struct tl_picture_facts *facts, enum tl_row_kind kind);
void tl_sink_row(struct tl_sink *s, const uint8_t *row); /* from the top; `width` pixels */
/* Of an animation (facts.pages above 1): a further picture, shown from `ms` on; its rows follow. False: no room for more. */
bool tl_sink_page(struct tl_sink *s, uint32_t page, uint32_t ms, enum tl_row_kind kind);
/* Not all of it could be looked at, because … */
void tl_sink_partly(struct tl_sink *s, enum tl_decode_reason why);

struct tl_sink *tl_sink_create(const struct tl_decode_ask *q);
void tl_sink_destroyp(struct tl_sink **s);
/* All rows are in: fills the answer's picture fields, gives the sealed payload. TRUNCATED when rows are missing. */
enum tl_decode_reason tl_sink_end(struct tl_sink *s, struct tl_decode_answer *a, int *ret_fd);

typedef enum tl_decode_reason (*tl_codec)(
    struct tl_str file, const struct tl_decode_ask *q, struct tl_sink *s);
enum tl_decode_reason tl_codec_jpeg(
    struct tl_str file, const struct tl_decode_ask *q, struct tl_sink *s);
enum tl_decode_reason tl_codec_bmp(
    struct tl_str file, const struct tl_decode_ask *q, struct tl_sink *s);
enum tl_decode_reason tl_codec_vips(
    struct tl_str file, const struct tl_decode_ask *q, struct tl_sink *s);

/* Loads libvips and its codecs; STATE when they are not there. Before the first tl_codec_vips. */
int tl_codec_vips_load(void) TL_MUST;

/* Loads FFmpeg and chromaprint; CONFIG when they are not there. Before the two below. */
int tl_film_load(void) TL_MUST;

/* Videos and sounds. Fills the answer's fields but id and reason, and gives the sealed payload. */
enum tl_decode_reason tl_film_decode(
    struct tl_str file, const struct tl_decode_ask *q, struct tl_decode_answer *a, int *ret_fd);

/* Raw pixels or samples of ours to WebM. */
enum tl_decode_reason tl_film_encode(
    struct tl_str raw, const struct tl_decode_ask *q, struct tl_decode_answer *a, int *ret_fd);

/* Orientation 1..8 from an EXIF block ("Exif\0\0" in front or not); 0 when it does not say. */
uint16_t tl_exif_orientation(struct tl_str exif);

struct tl_png {
	size_t n; /* bytes of the copy */
	uint32_t pages;
	uint16_t orientation; /* 0: not said */
	bool lacks_data;      /* for the pixels that it announces */
};

/* Copies what of a PNG makes pixels to dst, which has room for file.n bytes. */
void tl_png_pick(struct tl_str file, uint8_t *dst, struct tl_png *ret);

/* The work of one item's process: never returns. `sock` gets the answer, `fd` holds the file. */
_Noreturn void tl_item_run(
    int sock, int fd, const struct tl_decode_ask *q, uint64_t program_bytes);

/*
 * Serves questions from descriptor `sock` until its other end closes; returns the program's exit status.
 * `program_bytes`: the address space that this process takes already.
 */
int tl_zygote_run(int sock, uint64_t program_bytes);

#define TL_EXIT_NO_JAIL 3 /* an item's process could not close its jail */
