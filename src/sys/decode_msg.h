/* The two messages between a jail and its client: decode_msg.tbl.h, in code. No structs on the wire. */
#pragma once

#include "sys/sniff.h"

#define TL_DECODE_BYTES_MAX (1u << 28)
#define TL_DECODE_PIXELS_MAX (1u << 30)
#define TL_DECODE_PREVIEW_MAX 2048
#define TL_DECODE_PAGES_MAX 1000000
#define TL_DECODE_SLOW_MS 100 /* a picture that takes longer gives way to others */
#define TL_DECODE_QUICK_WALL                                                                   \
	10 /* that many times its processor time a quick one may wait for it */
#define TL_DECODE_SAMPLES 4096 /* TL_PDQ_SIDE squared */
#define TL_DECODE_SAMPLE_BYTES (TL_DECODE_SAMPLES * 4)
#define TL_DECODE_PAYLOAD_MAX                                                                  \
	(TL_DECODE_SAMPLE_BYTES + 3 * TL_DECODE_PREVIEW_MAX * TL_DECODE_PREVIEW_MAX)

enum tl_decode_reason {
#define R(name, word, retry, help) TL_DECODE_##name,
#include "sys/decode_reason.tbl.h"
#undef R
	TL_DECODE_REASONS
};

/* Decoder processes: light ones hold no big library and start in no time. The names are argv[1]. */
enum tl_decoder { TL_DECODER_LIGHT, TL_DECODER_FULL, TL_DECODERS };
enum tl_decoder tl_decoder_for(enum tl_format f);

struct tl_decode_ask {
#define Q(field, bits, lo, hi) uint##bits##_t field;
#include "sys/decode_msg.tbl.h"
};

struct tl_decode_answer {
#define A(field, bits, lo, hi) uint##bits##_t field;
#include "sys/decode_msg.tbl.h"
};

/* Exact sizes of the messages. */
enum {
	TL_DECODE_ASK_BYTES = 0
#define Q(field, bits, lo, hi) +bits / 8
#include "sys/decode_msg.tbl.h"
	,
	TL_DECODE_ANSWER_BYTES = 0
#define A(field, bits, lo, hi) +bits / 8
#include "sys/decode_msg.tbl.h"
};

/* Magic and version filled in, all else 0. */
struct tl_decode_ask tl_decode_ask_new(void);
struct tl_decode_answer tl_decode_answer_new(void);

void tl_decode_ask_write(uint8_t dst[TL_DECODE_ASK_BYTES], const struct tl_decode_ask *m);
void tl_decode_answer_write(
    uint8_t dst[TL_DECODE_ANSWER_BYTES], const struct tl_decode_answer *m);

/* TL_EPARSE names the field that is wrong. An answer's fields must also fit one another and the question. */
int tl_decode_ask_read(struct tl_str msg, struct tl_decode_ask *ret) TL_MUST;
int tl_decode_answer_read(struct tl_str msg, struct tl_decode_answer *ret) TL_MUST;
int tl_decode_answer_fits(
    const struct tl_decode_answer *a, const struct tl_decode_ask *q) TL_MUST;

const char *tl_decode_reason_word(enum tl_decode_reason r);
const char *tl_decode_reason_help(enum tl_decode_reason r);
bool tl_decode_reason_retry(enum tl_decode_reason r);
