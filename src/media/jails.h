/*
 * The decoders, seen from outside: a few slots, each with its jailed processes, one picture, video or sound at a time in each.
 *
 * From an event loop: while tl_jails_free() > 0, tl_jails_submit(); poll tl_jails_fd() for reading; then
 * tl_jails_next() until it returns false. Without a loop: tl_jails_decode(). A picture that crashes or overruns its
 * decoder is tried once more in a fresh one with tighter limits; every submitted picture comes back exactly once.
 * A picture that takes longer than TL_DECODE_SLOW_MS gives way: its slot counts as free again (two such places), so
 * that files built to last never hold up others. When those places are taken, the next long one is put back: it comes
 * back unfinished, to be handed in again (`slow`) when tl_jails_may_take_long().
 * Use one pool from one thread: the main thread of its process (tl_spawn says why).
 */
#pragma once

#include "hash/pdq.h"
#include "media/film.h"

struct tl_jails;

struct tl_jails_config {
	const char *program; /* tutela-decode; NULL: $TUTELA_DECODE, else beside this program */
	unsigned slots;      /* pictures at a time, 1..TL_JAILS_MAX */
	unsigned recycle_after; /* files until a slot's processes are replaced; 0: 1000 */
	bool long_only; /* for files that may all take long: none gives way, none is put back */
};

#define TL_JAILS_MAX 32

/* 0 in any field: the default in brackets. */
struct tl_decode_limits {
	uint32_t bytes;       /* [64 MiB] */
	uint32_t pixels;      /* [100 million] */
	uint32_t side;        /* [32768] */
	uint32_t memory_mb;   /* [768] */
	uint32_t deadline_ms; /* [10000] */
	/* of videos and sounds: */
	uint32_t film_s;    /* seconds: longer ones are refused [600] */
	uint32_t film_rate; /* most pictures a second of that length [120] */
	uint32_t
	    film_share; /* of the deadline: ms for each second of the file's length; 0: all of it */
};

/* Pixels or samples of a film of ours, to be made a WebM (tl_film's clip and pcm). */
struct tl_raw {
	uint32_t width, height, frames; /* I420; or */
	uint32_t samples;
};

struct tl_decode_job {
	struct tl_str bytes; /* copied: need not outlive the call */
	int file_fd; /* above 0: a sealed memory file of `bytes.n` bytes that begins with them; taken over by success */
	struct tl_decode_limits limits;
	uint32_t
	    preview_side; /* longest side of a picture's RGB preview, 0: none; a film's stills, clip and sound sample */
	uint32_t cut[TL_FILM_CUTS],
	    cuts;                 /* of a film only a clip around these moments, ascending */
	const struct tl_raw *raw; /* not NULL: `bytes` are to be encoded */
	bool slow;                /* it was put back before */
	void *user;               /* comes back with the result */
};

struct tl_picture {
	enum tl_format format;
	uint32_t width, height; /* as stored: orientation not applied */
	uint32_t pages;
	uint16_t channels;
	uint16_t orientation; /* EXIF 1..8; 0: not said */
	int quality;          /* of the PDQ hash, 0..100 */
	struct tl_pdq
	    pdq[TL_PDQ_TURNS]; /* as stored, and turned: pdq[TL_PDQ_ORIGINAL] is *the* hash */
	struct tl_str
	    preview; /* RGB rows, orientation not applied; empty when none was asked for */
	uint32_t preview_width, preview_height;
	struct tl_film
	    moving; /* of an animation: frames, stills, length, whether all was looked at; owned */
	struct tl_str map; /* owns the memory of preview */
};

void tl_picture_fini(struct tl_picture *p);

struct tl_decoded {
	void *user;
	enum tl_decode_reason reason;
	int err;   /* tl_decode_err(reason) */
	bool weak; /* the kernel lacks Landlock: say so once */
	bool retried;
	bool put_back; /* TIMEOUT, but only of the time that was left for it */
	bool is_film;
	struct tl_picture
	    picture;         /* when reason is OK; then tl_picture_fini is yours to call */
	struct tl_film film; /* likewise, when is_film: tl_film_fini */
	struct tl_str webm;  /* likewise, of a `raw` job: tl_memfd_unmap */
};

void tl_decoded_fini(struct tl_decoded *d); /* all of them */

/* Starts nothing yet: decoders start with their first picture. ECONFIG when the program is not there. */
int tl_jails_create(const struct tl_jails_config *config, struct tl_jails **ret) TL_MUST;
void tl_jails_destroy(
    struct tl_jails *j); /* ends all processes; pictures under way are forgotten */
void tl_jails_destroyp(struct tl_jails **j);

/* Starts all decoders now, so that no picture waits for libraries to load. Does not wait for them. */
int tl_jails_warm(struct tl_jails *j) TL_MUST;

size_t tl_jails_free(const struct tl_jails *j);
/* May one more picture take as long as its limits say? Then there is a place for one that was put back. */
bool tl_jails_may_take_long(const struct tl_jails *j); /* slots that take a picture now */
int tl_jails_fd(const struct tl_jails *j); /* readable when tl_jails_next has work to do */

/*
 * Gives a picture to a free slot. AGAIN when there is none. Pictures that need no decoder to be refused (unknown
 * format, too many bytes) are accepted too and come back at once.
 */
int tl_jails_submit(struct tl_jails *j, const struct tl_decode_job *job) TL_MUST;

/* The next result, if there is one now: true and *ret, to be freed with tl_picture_fini. Never waits. */
bool tl_jails_next(struct tl_jails *j, struct tl_decoded *ret);

/* Decodes one picture and waits for it. The pool must be idle. Returns the result's err. */
int tl_jails_decode(
    struct tl_jails *j, const struct tl_decode_job *job, struct tl_decoded *ret) TL_MUST;

/* Processes that live now, for figures and tests: pids of at most `cap`. */
size_t tl_jails_pids(const struct tl_jails *j, int32_t *pids, size_t cap);

/* The error that stands for a reason: 0, TL_EMEDIA, TL_ETOOBIG, TL_ETIME, TL_EPERM (no jail). Sets the text. */
int tl_decode_err(enum tl_decode_reason r) TL_MUST;
