/*
 * One item's process: leaves everything behind, closes the jail, decodes, answers once, ends.
 *
 * Started by the zygote with its own end of a socket pair. Whatever goes wrong ends this process; the zygote turns
 * that into an answer. Nothing of the file is read before the jail is closed.
 */
#include "decode/decode.h"

#include "sys/fd.h"
#include "sys/jail.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BESIDE_MB 64 /* the file, the answer, stacks of threads: not the picture */

static const tl_codec codecs[TL_FORMATS] = {
#define C(format, codec) [TL_FORMAT_##format] = codec,
#include "decode/codec.tbl.h"
#undef C
};

/* The codec for a question's format when `file` really looks like it, else NULL. */
static tl_codec
codec_for(struct tl_str file, const struct tl_decode_ask *q)
{
	enum tl_format f = tl_sniff(file);
	return f == q->format ? codecs[f] : NULL;
}

static enum tl_decode_reason
decode(
    struct tl_str file, const struct tl_decode_ask *q, struct tl_decode_answer *a, int *ret_fd)
{
	enum tl_decoder kind = tl_decoder_for((enum tl_format)q->format);
	if (kind == TL_DECODER_ENCODE)
		return tl_film_encode(file, q, a, ret_fd);
	if (kind == TL_DECODER_FILM)
		return tl_sniff(file) == q->format ? tl_film_decode(file, q, a, ret_fd)
						   : TL_DECODE_UNSUPPORTED;
	tl_codec codec = codec_for(file, q);
	if (!codec)
		return TL_DECODE_UNSUPPORTED;
	struct tl_sink *s = tl_sink_create(q);
	enum tl_decode_reason why = codec(file, q, s);
	if (why == TL_DECODE_OK)
		why = tl_sink_end(s, a, ret_fd);
	return why; /* the sink goes with the process */
}

static int
answer(int sock, const struct tl_decode_answer *a, int payload_fd)
{
	uint8_t msg[TL_DECODE_ANSWER_BYTES];
	tl_decode_answer_write(msg, a);
	return tl_sock_send(sock, tl_bytes(msg, sizeof msg), payload_fd, -1);
}

static bool
enter_jail(const struct tl_decode_ask *q, uint64_t program_bytes, bool *ret_weak)
{
	const uint64_t mb = 1u << 20;
	struct tl_jail_limits limits = {
	    .memory_bytes = program_bytes + (BESIDE_MB + q->memory_mb) * mb + q->size,
	    .file_bytes = TL_DECODE_PAYLOAD_MAX,
	    .cpu_s = q->deadline_ms / 1000 + 2,
	    .fds = 16};
	return dup2(0, 2) == 2 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	       tl_jail_files(NULL, ret_weak) == 0 && tl_jail_close(&limits) == 0;
}

void
tl_item_run(int sock, int fd, const struct tl_decode_ask *q, uint64_t program_bytes)
{
	struct tl_decode_answer a = tl_decode_answer_new();
	struct tl_str file;
	int payload_fd = -1;
	bool weak;
	if (!enter_jail(q, program_bytes, &weak))
		_exit(TL_EXIT_NO_JAIL);
	a.id = q->id;
	a.weak = weak;
	enum tl_decode_reason why = TL_DECODE_PROTOCOL;
	if (tl_memfd_map(fd, q->size, &file) == 0)
		why = decode(file, q, &a, &payload_fd);
	a.reason = (uint16_t)why;
	_exit(answer(sock, &a, payload_fd) < 0);
}
