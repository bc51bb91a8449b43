/*
 * Private to the worker role: its state, and what each file does with the items under way (worker_scan_int.h).
 *
 *   worker.c         start, main loop, stop
 *   worker_scan.c    one item: load, detect, judge
 *   worker_commit.c  one transaction: leases, results and their consequences
 *   worker_contacts.c  accounts that made contacts
 *   worker_media.c   pictures on their way through the decoders
 *   worker_film.c    videos and sounds, on threads beside the loop
 *   worker_preview.c previews, on a thread beside the loop
 *   worker_beside.c  the hand-over between the loop and those threads
 *   worker_ask.c     questions of the server: scan, match
 *   worker_match.c   matching without storing
 *   worker_lookup.c  the same for clients of the HMA API
 *   worker_rules.c   policies and rules in force, reloaded when their files change
 */
#pragma once

#include "base/json.h"
#include "core/ask.h"
#include "core/policy.h"
#include "decide/decide.h"
#include "media/jails.h"
#include "role/beat.h"
#include "role/worker_scan_int.h"
#include "sys/stop.h"

#define SCANS_MAX 512 /* items under way in one worker */
#define ASKS_MAX 256  /* questions that wait at one time; more are refused with TL_ERATE */
#define BATCH_MIN 8   /* items of one transaction */
#define BATCH_MAX 256
#define SCAN_ARENA ((size_t)32 << 20)

struct law;        /* worker_rules.c */
struct contacts;   /* worker_contacts.c */
struct media_pool; /* worker_media.c */
struct match;      /* worker_match.c */
struct film_job;   /* worker_film_int.h */

struct worker {
	struct beat beat;
	const struct tl_config *config;
	const struct tl_wires *wires;
	struct tl_stop stop;
	struct tl_store *store;
	struct tl_db *db;
	struct tl_id lease;
	struct tl_bank_loader *loader;
	struct tl_detect *detect;
	struct tl_signals *found; /* scratch for one item */
	struct law *law;
	struct contacts *contacts;
	struct media_pool *pool;
	struct match *matches;         /* questions that wait for a decoder */
	struct tl_banks *banks;        /* of this round */
	int64_t bank_mark;             /* the state of the banks that it knows at least */
	int64_t rules_mark;            /* of the rules that name banks, as this set has them */
	const struct tl_rule_set *set; /* of this round; NULL: none could be loaded yet */

	struct scan_list idle;      /* free, with their arenas */
	struct scan_list todo;      /* leased or asked for, not looked at */
	struct scan_list media;     /* waiting for decoders */
	struct scan_list ready;     /* judged, to be stored */
	struct scan_list elsewhere; /* another worker has them; somebody asked us */
	struct ask_wait *idle_asks;
	struct ask_wait ask_room[ASKS_MAX];
	size_t ask_count;
	int64_t last_ask_us;

	size_t batch; /* how many to lease at once; follows how long transactions take */
	bool more;    /* the last lease was full: there is more to do */
	bool cutting; /* a clip of moments is under way */
	int64_t moments_look_us; /* when to look for one that is due */
	int64_t store_again_us;  /* after a failure of the store: not before */
	int64_t next_look_us;    /* when to look into the queue without being woken */
};

/* False until policies, rules and the indexes of known hashes are there: then nothing is leased, and items wait. */
bool can_judge(const struct worker *w);

/* worker_scan.c */
int scan_load(struct worker *w, struct scan *s) TL_MUST;
/* Detects and judges; the scan is ready afterwards, whatever came of it. */
void scan_judge(struct worker *w, struct scan *s);
/* After a failure: its kind and the number of tries decide what becomes of the item. */
void scan_failed(struct worker *w, struct scan *s, int rc, const char *where);
/* A person decides: as unscannable, with `why`. */
void scan_give_up(struct worker *w, struct scan *s);
void scan_recycle(struct worker *w, struct scan *s);
struct scan *scan_new(struct worker *w); /* NULL: too many under way */

/* worker_commit.c */
/* Stores what is ready and leases up to `want` more. Logs and keeps what could not be stored now. */
void commit_round(struct worker *w, size_t want);

struct tl_statement_env;
struct tl_decide_env;
/* What a decision needs; the statement of reasons that it attaches is made from *st. */
void commit_env(const struct worker *w, struct tl_statement_env *st, struct tl_decide_env *ret);
/* Does this reason want a person? A block does not by itself, unless the rules may not act here. */
bool wants_person(const struct tl_reason *r, enum tl_decided decided);
bool has_effect(const struct tl_verdict *v);

/* worker_contacts.c */
struct contacts *contacts_create(void);
void contacts_destroy(struct contacts *c);
/* Judges some of the accounts whose turn it is; cheap when there are none. */
void contacts_round(struct worker *w);
/* When it wants to be called next (monotonic). */
int64_t contacts_next_us(const struct contacts *c);

/* worker_ask.c */
void asks_init(struct worker *w);
/* Takes the questions that have come. */
void asks_take(struct worker *w);
/* Looks whether other workers have finished what we were asked for. */
void asks_elsewhere(struct worker *w);
/* Answers everybody who waits for this item, with what is in the scan (`err` 0) or the error. */
void asks_answer(struct worker *w, struct scan *s, int err);

/* An error, with this thread's last text and field. */
void ask_refuse(struct worker *w, uint32_t serial, int err);
void ask_reply(struct worker *w, uint32_t serial, struct tl_str json);

/* worker_match.c */
/* Answers now, or when `fd` (a sealed memory file with a picture; -1: none; taken over) is decoded. */
void match_begin(struct worker *w, const struct tl_ask *q, int fd);
void match_destroy(struct match *m);
struct tl_str match_bytes(const struct match *m);
struct match *match_next(const struct match *m);
/*
 * Decodes the picture or video in `fd` (taken over) for a question that does something else with it; its JSON is kept. `then` is
 * called in time only, and answers.
 */
typedef void (*match_then)(struct worker *w, struct match *m, const struct tl_picture *pic,
    enum tl_decode_reason reason);
int match_wait(struct worker *w, const struct tl_ask *q, int fd, match_then then) TL_MUST;
json_t *match_json(const struct match *m);
struct tl_arena *match_arena(const struct match *m);
struct tl_str match_frames(const struct match *m); /* of a video (hash/video.h, packed) */
struct tl_str match_words(const struct match *m);  /* and of its sound, as tl_media has them */
struct tl_str match_bent(const struct match *m);   /* at other speeds */
uint32_t match_serial(const struct match *m);
/* The picture (NULL: `reason` says why not) is there: answers and destroys m. */
void match_decoded(struct worker *w, struct match *m, const struct tl_picture *pic,
    enum tl_decode_reason reason);

/* The same for a video or sound. */
void match_film_decoded(struct worker *w, struct match *m, const struct film_job *j);

/* worker_lookup.c */
/* Answers a lookup now, or when its picture is decoded; `fd` as above. */
void lookup_begin(struct worker *w, const struct tl_ask *q, int fd);

/* worker_known.c */
/* Answers when the file in `fd` (taken over) is decoded. */
void known_begin(struct worker *w, const struct tl_ask *q, int fd);

/* worker_media.c */
int media_create(
    struct tl_store *s, const struct tl_config *c, struct media_pool **ret) TL_MUST;
void media_destroy(struct media_pool *p);
int media_preview_fd(const struct media_pool *p);
int media_film_fd(const struct media_pool *p);
/* Ends what videos and sounds are under way: their items are to be given back. */
void media_stop(struct worker *w);
int media_fd(const struct media_pool
	*p); /* readable when media_pump has work; -1: nothing is under way */
/* Does one of its media have to be decoded first? Then it goes to w->media. */
bool media_needed(const struct scan *s);
/* Takes results, hands in more; items whose media are all back are judged. */
void media_pump(struct worker *w);

/* Is there a place for one more video or sound? Then media_film_begin takes it over. */
bool media_film_place(struct worker *w);
void media_film_begin(struct worker *w, struct film_job *j);

/* worker_moments.c */
/* Asks for a clip of what was found in the item's films, in the transaction of its verdict. */
int moments_ask(struct worker *w, const struct scan *s) TL_MUST;
/* Begins with one that is due, when there is a place for it. */
void moments_pump(struct worker *w);
void moments_back(struct worker *w, const struct film_job *j);

/* worker_rules.c */
struct law *law_create(struct worker *w);
void law_destroy(struct law *l);
/* Looks at the files; cheap when nothing changed. */
void law_poll(struct worker *w);
const struct tl_policy_set *law_policies(const struct law *l);
const struct tl_rule_set *law_rules(struct law *l); /* a reference, or NULL */
