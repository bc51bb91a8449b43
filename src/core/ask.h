/*
 * Synchronous questions of the server to a worker or the courier, over their SOCK_SEQPACKET pair: one message asks, one
 * answers.
 * Answers may come in any order and carry the question's serial. A malformed message is dropped and counted by
 * its receiver; the pair stays in step because each message stands alone.
 *
 *   SCAN    scan this item now, before its turn; the answer is {"state","verdict","reasons"} once it is durable,
 *           or TL_EAGAIN when another worker has it
 *   MATCH   {"text":{field:text},"hashes":[{"kind","value"}],"media":[hex]} against banks and lists, nothing
 *           stored; with a sealed memory file the bytes of one picture; the answer is {"matches":[…]}
 *   LOOKUP  {"types":[…],"signals":{type:value},"find":bool} for clients of the HMA API (worker_lookup.c), with or
 *           without a sealed memory file of one picture or video
 *   KNOWN   what banks would hold of the picture, video or sound in a sealed memory file: {"known":[{"form","value"}]},
 *           base64; nothing stored
 *   FETCH   {"url","max_bytes"} to the courier; the answer is {"type","bytes"} and a sealed memory file
 */
#pragma once

#include "base/buf.h"
#include "sys/id.h"

#define TL_ASK_MAX (160U * 1024) /* bytes of one message */
#define TL_ASK_SPARE_MS 1000U    /* of a FETCH's time, for its answer */

enum tl_ask_kind {
	TL_ASK_SCAN = 1,
	TL_ASK_MATCH,
	TL_ASK_LOOKUP,
	TL_ASK_KNOWN,
	TL_ASK_FETCH,
	TL_ASK_KINDS
};

struct tl_ask {
	enum tl_ask_kind kind;
	uint32_t serial;
	uint32_t within_ms; /* later answers are dropped */
	int64_t platform;
	bool live;
	struct tl_id item;  /* SCAN */
	struct tl_str json; /* of the others; borrowed */
};

struct tl_ask_answer {
	uint32_t serial;
	int err;             /* 0 or an enum tl_err */
	struct tl_str json;  /* err 0 */
	struct tl_str text;  /* else: for a person */
	struct tl_str field; /* a JSON Pointer, or empty */
};

void tl_ask_write(struct tl_buf *out, const struct tl_ask *a);
int tl_ask_read(struct tl_str msg, struct tl_ask *ret) TL_MUST;
void tl_ask_answer_write(struct tl_buf *out, const struct tl_ask_answer *a);
int tl_ask_answer_read(struct tl_str msg, struct tl_ask_answer *ret) TL_MUST;
