/*
 * The pool of decoders: starting, asking, checking answers, deadlines, second tries, replacing.
 *
 * Promises: an answer is used only when it is well-formed, belongs to the question and comes with a sealed file of
 * exactly the right size and sane samples; otherwise the decoder is ended and the item fails, never this process.
 * Slots never wait for each other. Failure to start a decoder fails the item with CRASHED. Called by the worker and
 * by `tutela hash`.
 */
#include "media/jails.h"

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define GRACE_MS 1000 /* the decoder ends a late item itself; after this we end the decoder */
#define START_MS 5000 /* a fresh decoder may take that long to load its libraries */
#define SLOW_PLACES 2 /* for pictures that have given way */

struct decoder {
	struct tl_child child;
	int sock;
	unsigned served;
};

enum slot_state { FREE, ASKED, DONE };

struct slot {
	enum slot_state state;
	struct decoder decoder[TL_DECODERS];
	enum tl_decoder kind; /* of the question under way */
	struct tl_decode_ask q;
	int file_fd;
	bool fresh; /* the decoder was started for this question */
	bool
	    quick; /* no place would be left for it if it took long: TL_DECODE_SLOW_MS must do */
	bool slow; /* it has given way */
	int64_t slow_us, deadline_us;
	struct tl_decoded result;
};

struct tl_jails {
	char program[4096];
	unsigned slots; /* with those for slow ones */
	unsigned slow_places;
	bool long_only;
	unsigned recycle_after;
	uint64_t last_id;
	int epoll_fd;
	int timer_fd;
	struct slot slot[TL_JAILS_MAX + SLOW_PLACES];
};

void
tl_picture_fini(struct tl_picture *p)
{
	tl_film_fini(&p->moving);
	tl_memfd_unmap(p->map);
	p->map = p->preview = (struct tl_str){NULL, 0};
}

void
tl_decoded_fini(struct tl_decoded *d)
{
	tl_picture_fini(&d->picture);
	tl_film_fini(&d->film);
	tl_memfd_unmap(d->webm);
	d->webm = (struct tl_str){NULL, 0};
}

int
tl_decode_err(enum tl_decode_reason r)
{
	static const int err[TL_DECODE_REASONS] = {
	    [TL_DECODE_OK] = 0,
	    [TL_DECODE_TOO_LARGE] = TL_ETOOBIG,
	    [TL_DECODE_TOO_LONG] = TL_ETOOBIG,
	    [TL_DECODE_TIMEOUT] = TL_ETIME,
	    [TL_DECODE_NO_JAIL] = TL_EPERM,
	};
	if (r == TL_DECODE_OK)
		return 0;
	int e = r < TL_DECODE_REASONS && err[r] ? err[r] : TL_EMEDIA;
	return tl_fail(e, "%s: %s", tl_decode_reason_word(r), tl_decode_reason_help(r));
}

static void
decoder_end(struct decoder *d)
{
	tl_fd_close(&d->sock); /* leaves the epoll set by itself */
	tl_child_end(&d->child);
	d->served = 0;
}

static int
decoder_start(struct tl_jails *j, struct slot *s, enum tl_decoder kind)
{
	static const char *const kinds[TL_DECODERS] = {"light", "full", "film", "encode"};
	static const char *const env[] = {"LANG=C.UTF-8", "MALLOC_ARENA_MAX=1", NULL};
	struct decoder *d = &s->decoder[kind];
	if (d->sock >= 0)
		return 0;
	int pair[2];
	int rc = tl_socketpair(SOCK_SEQPACKET, pair);
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_fd_close) int theirs = pair[1];
	const char *argv[] = {"tutela-decode", kinds[kind], NULL};
	struct tl_spawn how = {
	    .path = j->program, .argv = argv, .envp = env, .fds = &theirs, .fd_count = 1};
	d->sock = pair[0];
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = s};
	if (epoll_ctl(j->epoll_fd, EPOLL_CTL_ADD, d->sock, &ev) < 0)
		rc = tl_fail(TL_EIO, "cannot watch a decoder: %m");
	if (rc == 0)
		rc = tl_spawn(&how, &d->child);
	if (rc < 0)
		decoder_end(d);
	s->fresh = true;
	return rc;
}

/* When something must be done about a slot: at once when a result waits. */
static int64_t
due_us(const struct slot *s)
{
	if (s->state == DONE)
		return 1;
	if (s->state == FREE)
		return INT64_MAX;
	return s->slow || s->deadline_us < s->slow_us ? s->deadline_us : s->slow_us;
}

static void
timer_set(struct tl_jails *j)
{
	int64_t first = INT64_MAX;
	for (unsigned i = 0; i < j->slots; i++) {
		int64_t at = due_us(&j->slot[i]);
		first = at < first ? at : first;
	}
	struct itimerspec t = {0};
	if (first != INT64_MAX) {
		t.it_value.tv_sec = first / TL_US_S;
		t.it_value.tv_nsec = first % TL_US_S * 1000 + 1;
	}
	(void)timerfd_settime(j->timer_fd, TFD_TIMER_ABSTIME, &t, NULL);
}

static void
finish(struct slot *s, enum tl_decode_reason why)
{
	s->result.reason = why;
	tl_fd_close(&s->file_fd);
	s->state = DONE;
	struct decoder *d = &s->decoder[s->kind];
	if (why == TL_DECODE_CRASHED || why == TL_DECODE_PROTOCOL || why == TL_DECODE_TIMEOUT)
		decoder_end(d);
}

/* A picture that cannot be long just now: somebody may hand it in again when there is a place for it. */
static void
put_back(struct slot *s)
{
	s->result.reason = TL_DECODE_TIMEOUT;
	s->result.put_back = true;
	tl_fd_close(&s->file_fd);
	s->state = DONE;
}

/* May one more picture take as long as its deadline says? One slot at least is kept from those that do. */
static bool
may_take_long(const struct tl_jails *j)
{
	unsigned n = 0;
	if (j->long_only)
		return true;
	for (unsigned i = 0; i < j->slots; i++)
		n += j->slot[i].state == ASKED && !j->slot[i].quick;
	return n + 1 < j->slots;
}

/* Sends the slot's question; false when the decoder cannot take it. */
static bool
ask(struct tl_jails *j, struct slot *s)
{
	uint8_t msg[TL_DECODE_ASK_BYTES];
	s->fresh = false;
	if (decoder_start(j, s, s->kind) < 0)
		return false;
	s->q.id = ++j->last_id;
	tl_decode_ask_write(msg, &s->q);
	int64_t now = tl_mono_us();
	int64_t start = s->fresh ? START_MS : 0;
	int64_t most = s->quick ? TL_DECODE_QUICK_WALL * TL_DECODE_SLOW_MS : s->q.deadline_ms;
	s->deadline_us = now + (most + GRACE_MS + start) * TL_US_MS;
	s->slow_us = now + (TL_DECODE_SLOW_MS + start) * TL_US_MS;
	s->state = ASKED;
	s->decoder[s->kind].served++;
	return tl_sock_send(s->decoder[s->kind].sock, tl_bytes(msg, sizeof msg), s->file_fd,
		   now + TL_US_S) == 0;
}

/* A first failure that may be the decoder's: once more, in a fresh one, with half of everything. */
static void
failed(struct tl_jails *j, struct slot *s, enum tl_decode_reason why)
{
	decoder_end(&s->decoder[s->kind]);
	if (why == TL_DECODE_TIMEOUT && s->quick) {
		put_back(s);
		return;
	}
	if (s->result.retried || !tl_decode_reason_retry(why)) {
		finish(s, why);
		return;
	}
	s->result.retried = true;
	s->q.deadline_ms = s->q.deadline_ms / 2 + 1;
	s->q.memory_mb = s->q.memory_mb / 2 > 16 ? s->q.memory_mb / 2 : 16;
	if (!ask(j, s))
		finish(s, TL_DECODE_CRASHED);
}

/* The hashes are computed here, outside: of a decoder only samples are taken, and those are checked. */
static int
hashes_of(struct tl_picture *p)
{
	struct tl_pdq_frame *f = calloc(1, sizeof *f);
	if (!f)
		abort();
	memcpy(f->v, p->map.p, sizeof f->v);
	f->blank = p->width < TL_PDQ_SIDE_MIN || p->height < TL_PDQ_SIDE_MIN;
	int rc = tl_pdq_frame_check(f);
	if (rc == 0)
		tl_pdq_hash_all(f, p->pdq, &p->quality);
	free(f);
	return rc;
}

/* Takes samples and preview out of a payload that fits the answer. */
static int
picture_of(struct slot *s, const struct tl_decode_answer *a, int fd)
{
	struct tl_picture *p = &s->result.picture;
	struct tl_str map;
	int rc = tl_memfd_map(fd, a->payload_bytes, &map);
	if (rc < 0)
		return rc;
	*p = (struct tl_picture){.format = (enum tl_format)a->format,
	    .width = a->width,
	    .height = a->height,
	    .pages = a->pages,
	    .channels = a->channels,
	    .orientation = a->orientation,
	    .preview_width = a->preview_width,
	    .preview_height = a->preview_height,
	    .map = map};
	p->preview = tl_bytes(
	    map.p + TL_DECODE_SAMPLE_BYTES, 3 * (size_t)a->preview_width * a->preview_height);
	rc = hashes_of(p);
	if (rc == 0 && a->frames)
		rc = tl_film_of(a, fd, &p->moving);
	p->moving.partly = (enum tl_decode_reason)a->partly;
	if (rc < 0)
		tl_picture_fini(p);
	return rc;
}

/* What came instead of a WebM goes to no browser. */
static int
webm_of(struct slot *s, const struct tl_decode_answer *a, int fd)
{
	struct tl_str map;
	int rc = tl_memfd_map(fd, a->payload_bytes, &map);
	if (rc < 0)
		return rc;
	if (tl_sniff(map) != TL_FORMAT_MATROSKA) {
		tl_memfd_unmap(map);
		return tl_fail(TL_EPARSE, "answer: no WebM");
	}
	s->result.webm = map;
	return 0;
}

static int
contents_of(struct slot *s, const struct tl_decode_answer *a, int fd)
{
	if (s->kind == TL_DECODER_ENCODE)
		return webm_of(s, a, fd);
	if (s->kind != TL_DECODER_FILM)
		return picture_of(s, a, fd);
	s->result.is_film = true;
	return tl_film_of(a, fd, &s->result.film);
}

static enum tl_decode_reason
read_answer(struct slot *s)
{
	uint8_t msg[TL_DECODE_ANSWER_BYTES];
	struct tl_decode_answer a;
	size_t n = 0;
	TL_CLEANUP(tl_fd_close) int fd = -1;
	if (tl_sock_recv(s->decoder[s->kind].sock, msg, sizeof msg, 0, &n, &fd) < 0)
		return TL_DECODE_PROTOCOL;
	if (n == 0)
		return TL_DECODE_CRASHED; /* the decoder itself, not one item's process */
	if (tl_decode_answer_read(tl_bytes(msg, n), &a) < 0 ||
	    tl_decode_answer_fits(&a, &s->q) < 0)
		return TL_DECODE_PROTOCOL;
	s->result.weak = a.weak;
	if (a.reason == TL_DECODE_OK && contents_of(s, &a, fd) < 0)
		return TL_DECODE_PROTOCOL;
	return (enum tl_decode_reason)a.reason;
}

static void
take_answer(struct tl_jails *j, struct slot *s)
{
	enum tl_decode_reason why = read_answer(s);
	if (why == TL_DECODE_TIMEOUT && s->quick) {
		put_back(s); /* its decoder has done what it should */
		return;
	}
	if (tl_decode_reason_retry(why)) {
		failed(j, s, why);
		return;
	}
	finish(s, why);
	if (s->decoder[s->kind].served >= j->recycle_after)
		decoder_end(&s->decoder[s->kind]);
}

/* Something moved on a slot's sockets: its answer, or a decoder that went away or spoke unasked. */
static void
attend(struct tl_jails *j, struct slot *s)
{
	for (int k = 0; k < TL_DECODERS; k++) {
		struct decoder *d = &s->decoder[k];
		if (d->sock < 0 || tl_fd_wait(d->sock, EPOLLIN, 0) < 0)
			continue;
		if (s->state == ASKED && k == (int)s->kind)
			take_answer(j, s);
		else
			decoder_end(d);
	}
}

static void
look_round(struct tl_jails *j)
{
	struct epoll_event ev[TL_DECODERS * (TL_JAILS_MAX + SLOW_PLACES) + 1];
	int n = epoll_wait(j->epoll_fd, ev, TL_COUNT(ev), 0);
	for (int i = 0; i < n; i++)
		if (ev[i].data.ptr)
			attend(j, ev[i].data.ptr);
	int64_t now = tl_mono_us();
	for (unsigned i = 0; i < j->slots; i++) {
		struct slot *s = &j->slot[i];
		if (s->state == ASKED && now >= s->deadline_us)
			failed(j, s, TL_DECODE_TIMEOUT);
		if (s->state == ASKED && now >= s->slow_us)
			s->slow = true;
	}
}

static int
find_program(const struct tl_jails_config *config, char *dst, size_t cap)
{
	const char *named = config->program ? config->program : getenv("TUTELA_DECODE");
	int rc = named ? tl_str_copy(dst, cap, tl_str(named))
		       : tl_program_beside("tutela-decode", dst, cap);
	if (rc == 0 && access(dst, X_OK) < 0)
		rc = tl_fail(TL_ECONFIG, "cannot run the decoder %s: %m", dst);
	return rc;
}

int
tl_jails_create(const struct tl_jails_config *config, struct tl_jails **ret)
{
	TL_CLEANUP(tl_jails_destroyp) struct tl_jails *j = calloc(1, sizeof *j);
	if (!j)
		abort();
	j->epoll_fd = j->timer_fd = -1;
	if (config->slots < 1 || config->slots > TL_JAILS_MAX)
		return tl_fail(TL_ECONFIG, "1 to %d decoders", TL_JAILS_MAX);
	j->long_only = config->long_only;
	j->slow_places = config->long_only ? 0 : SLOW_PLACES;
	j->slots = config->slots + j->slow_places;
	for (unsigned i = 0; i < j->slots; i++) {
		j->slot[i].file_fd = -1;
		for (int k = 0; k < TL_DECODERS; k++)
			j->slot[i].decoder[k] =
			    (struct decoder){.child = TL_CHILD_NONE, .sock = -1};
	}
	j->recycle_after = config->recycle_after ? config->recycle_after : 1000;
	int rc = find_program(config, j->program, sizeof j->program);
	if (rc < 0)
		return rc;
	j->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	j->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct epoll_event ev = {.events = EPOLLIN};
	if (j->epoll_fd < 0 || j->timer_fd < 0 ||
	    epoll_ctl(j->epoll_fd, EPOLL_CTL_ADD, j->timer_fd, &ev) < 0)
		return tl_fail(TL_EIO, "cannot make an event set: %m");
	*ret = TL_TAKE(j);
	return 0;
}

void
tl_jails_destroy(struct tl_jails *j)
{
	if (!j)
		return;
	for (unsigned i = 0; i < j->slots; i++) {
		struct slot *s = &j->slot[i];
		for (int k = 0; k < TL_DECODERS; k++)
			decoder_end(&s->decoder[k]);
		tl_fd_close(&s->file_fd);
		if (s->state == DONE)
			tl_decoded_fini(&s->result);
	}
	tl_fd_close(&j->timer_fd);
	tl_fd_close(&j->epoll_fd);
	free(j);
}

void
tl_jails_destroyp(struct tl_jails **j)
{
	tl_jails_destroy(*j);
	*j = NULL;
}

int
tl_jails_warm(struct tl_jails *j)
{
	int rc = 0;
	for (unsigned i = 0; i + j->slow_places < j->slots && rc == 0; i++)
		for (int k = 0; k <= TL_DECODER_FULL && rc == 0; k++)
			rc = decoder_start(j, &j->slot[i], (enum tl_decoder)k);
	return rc;
}

size_t
tl_jails_free(const struct tl_jails *j)
{
	size_t busy = 0, slow = 0;
	for (unsigned i = 0; i < j->slots; i++) {
		busy += j->slot[i].state != FREE;
		slow += j->slot[i].state == ASKED && j->slot[i].slow;
	}
	size_t most =
	    j->slots - j->slow_places + (slow < j->slow_places ? slow : j->slow_places);
	return most > busy ? most - busy : 0;
}

bool
tl_jails_may_take_long(const struct tl_jails *j)
{
	return tl_jails_free(j) > 0 && may_take_long(j);
}

int
tl_jails_fd(const struct tl_jails *j)
{
	return j->epoll_fd;
}

/* A limit: the standard for 0, and never outside what the question can carry (decode_msg.tbl.h). */
static uint32_t
limit(uint32_t v, uint32_t standard, uint32_t lowest, uint32_t highest)
{
	v = v ? v : standard;
	v = v < lowest ? lowest : v;
	return v > highest ? highest : v;
}

static enum tl_format
format_of(const struct tl_decode_job *job)
{
	return job->raw ? TL_FORMAT_RAW : tl_sniff(job->bytes);
}

static void
put_cuts(const struct tl_decode_job *job, struct tl_decode_ask *q)
{
	uint32_t *const at[TL_FILM_CUTS] = {&q->cut0, &q->cut1, &q->cut2, &q->cut3, &q->cut4};
	q->cuts = (uint16_t)limit(job->cuts, 0, 0, TL_FILM_CUTS);
	for (uint32_t i = 0; i < TL_COUNT(at) && i < q->cuts; i++)
		*at[i] = limit(job->cut[i], 0, 0, TL_FILM_MS_MAX);
}

static struct tl_decode_ask
question_of(const struct tl_decode_job *job)
{
	const struct tl_decode_limits *l = &job->limits;
	struct tl_decode_ask q = tl_decode_ask_new();
	q.format = (uint16_t)format_of(job);
	q.size = (uint32_t)job->bytes.n;
	q.max_pixels = limit(l->pixels, 100000000, 1, TL_DECODE_PIXELS_MAX);
	q.max_side = limit(l->side, 32768, 1, TL_PDQ_SIDE_MAX);
	q.memory_mb = limit(l->memory_mb, 768, 16, 4096);
	q.deadline_ms = limit(l->deadline_ms, 10000, 1, 600000);
	q.preview_side = limit(job->preview_side, 0, 0, TL_DECODE_PREVIEW_MAX);
	q.max_ms = 1000 * limit(l->film_s, 600, 1, TL_FILM_MS_MAX / 1000);
	uint64_t frames = (uint64_t)q.max_ms / 1000 * limit(l->film_rate, 120, 1, 1000);
	q.max_frames = frames < TL_FILM_DECODED_MAX ? (uint32_t)frames : TL_FILM_DECODED_MAX;
	q.ms_per_s = limit(l->film_share, 0, 0, 60000);
	q.show = job->preview_side > 0;
	put_cuts(job, &q);
	if (job->raw) {
		q.raw_width = (uint16_t)limit(job->raw->width, 0, 0, TL_FILM_SIDE);
		q.raw_height = (uint16_t)limit(job->raw->height, 0, 0, TL_FILM_SIDE);
		q.raw_frames = (uint16_t)limit(job->raw->frames, 0, 0, TL_FILM_CLIP);
		q.raw_pcm = limit(job->raw->samples, 0, 0, TL_FILM_PCM);
	}
	return q;
}

int
tl_jails_submit(struct tl_jails *j, const struct tl_decode_job *job)
{
	struct slot *s = NULL;
	for (unsigned i = 0; i < j->slots && !s; i++)
		if (j->slot[i].state == FREE)
			s = &j->slot[i];
	bool quick = !may_take_long(j);
	if (!s || tl_jails_free(j) == 0 || (quick && job->slow))
		return tl_fail(TL_EAGAIN, "all decoders are busy");
	uint32_t most = limit(job->limits.bytes, 64u << 20, 1, TL_DECODE_BYTES_MAX);
	enum tl_format format = format_of(job);
	s->result = (struct tl_decoded){.user = job->user};
	s->kind = tl_decoder_for(format);
	if (job->file_fd > 0)
		s->file_fd = job->file_fd;
	if (job->bytes.n > most) {
		finish(s, TL_DECODE_TOO_LARGE);
	} else if (format == TL_FORMAT_NONE) {
		finish(s, job->bytes.n ? TL_DECODE_UNSUPPORTED : TL_DECODE_TRUNCATED);
	} else {
		s->q = question_of(job);
		s->quick = quick && s->q.deadline_ms > TL_DECODE_SLOW_MS;
		s->q.quick_ms = s->quick ? TL_DECODE_SLOW_MS : 0;
		s->slow = job->slow;
		int rc = 0;
		if (s->file_fd < 0)
			rc = tl_memfd_sealed("tutela-file", job->bytes, &s->file_fd);
		if (rc < 0)
			return rc;
		if (!ask(j, s))
			failed(j, s, TL_DECODE_CRASHED);
	}
	timer_set(j);
	return 0;
}

bool
tl_jails_next(struct tl_jails *j, struct tl_decoded *ret)
{
	look_round(j);
	for (unsigned i = 0; i < j->slots; i++) {
		struct slot *s = &j->slot[i];
		if (s->state != DONE)
			continue;
		*ret = s->result;
		ret->err = tl_decode_err(ret->reason);
		s->result = (struct tl_decoded){0};
		s->state = FREE;
		timer_set(j);
		return true;
	}
	timer_set(j);
	return false;
}

int
tl_jails_decode(struct tl_jails *j, const struct tl_decode_job *job, struct tl_decoded *ret)
{
	int rc = tl_jails_submit(j, job);
	while (rc == 0 && !tl_jails_next(j, ret))
		rc = tl_fd_wait(j->epoll_fd, EPOLLIN, -1);
	return rc < 0 ? rc : tl_decode_err(ret->reason);
}

size_t
tl_jails_pids(const struct tl_jails *j, int32_t *pids, size_t cap)
{
	size_t n = 0;
	for (unsigned i = 0; i < j->slots; i++)
		for (int k = 0; k < TL_DECODERS; k++)
			if (j->slot[i].decoder[k].child.pid > 0 && n < cap)
				pids[n++] = j->slot[i].decoder[k].child.pid;
	return n;
}
