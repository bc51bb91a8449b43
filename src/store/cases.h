/*
 * Cases, their causes and notes, flags, queues and reveals as rows. Nothing here decides: src/review does.
 * Verbs that write run inside the caller's transaction.
 */
#pragma once

#include "base/arena.h"
#include "store/db.h"

struct tl_case {
	struct tl_id id;
	int64_t platform;
	bool live;
	enum tl_subject_kind subject_kind;
	struct tl_id subject, account; /* account nil when the item names none */
	struct tl_str queue;
	enum tl_case_state state;
	struct tl_str policy; /* empty when none */
	enum tl_severity severity;
	double urgency, confidence;
	int64_t reach;
	int64_t clock_at; /* 0 when it has none */
	int64_t opened_at, updated_at;
	struct tl_id claimed_by; /* kept after the decision: who decided it */
	int64_t claimed_at, claim_until;
	struct tl_id decision;
	bool seen_whole;
};

/* Texts of *ret belong to the arena. NOTFOUND. */
int tl_case_get(
    struct tl_db *db, struct tl_arena *a, struct tl_id id, struct tl_case *ret) TL_MUST;
/* The one open or claimed case of a subject. */
int tl_case_of(struct tl_db *db, struct tl_arena *a, int64_t platform,
    enum tl_subject_kind kind, struct tl_id subject, struct tl_case *ret) TL_MUST;
/* The newest case that this person holds now. */
int tl_case_held(struct tl_db *db, struct tl_arena *a, struct tl_id user, int64_t now,
    struct tl_case *ret) TL_MUST;

int tl_case_add(struct tl_db *db, const struct tl_case *c) TL_MUST;
/* Writes what can change; STATE when the case is no longer as `was` says (state, holder). */
int tl_case_put(struct tl_db *db, const struct tl_case *was, const struct tl_case *c) TL_MUST;

/*
 * The most urgent open cases of a queue that `user` has not skipped since `since`, in order: at most `max` of the
 * first 5000 whose policy (may be empty) `pick` wants.
 */
struct tl_case_top {
	struct tl_id id;
	double urgency;
	int64_t opened_at;
};
struct tl_case_want {
	struct tl_str queue;
	bool live;
	struct tl_id user;
	int64_t since;
	bool (*pick)(const void *ctx, struct tl_str policy);
	const void *ctx;
};
int tl_case_tops(struct tl_db *db, const struct tl_case_want *want, size_t max,
    struct tl_case_top *ret, size_t *ret_count) TL_MUST;

/* How many open cases of a queue have a policy that `pick` wants. */
int tl_case_open_count(struct tl_db *db, const struct tl_case_want *want, int64_t *ret) TL_MUST;

/* One cause; the same kind and ref again is no news. `detail` is JSON or empty. */
int tl_case_cause_add(struct tl_db *db, struct tl_id id, enum tl_cause_kind kind,
    struct tl_str ref, struct tl_str policy, struct tl_str detail, int64_t at) TL_MUST;

/* kind: note skip move. A draft replaces the case's draft; an empty one removes it. */
int tl_case_note_add(struct tl_db *db, struct tl_id id, struct tl_id author, const char *kind,
    struct tl_str body, struct tl_id *ret_note) TL_MUST;
int tl_case_draft_set(
    struct tl_db *db, struct tl_id id, struct tl_id author, struct tl_str body) TL_MUST;

/* Flags. The comment is sealed under the reporter's key, or the subject's when nobody is named. */
int tl_flag_add(
    struct tl_db *db, const struct tl_flag *f) TL_MUST; /* TL_EEXISTS: same ext_id */
/* The sealed comment of a flag row in clear, or empty when its key is forgotten. */
int tl_flag_comment(struct tl_db *db, struct tl_arena *a, int64_t platform,
    struct tl_id reporter, struct tl_id subject, struct tl_str sealed,
    struct tl_str *ret) TL_MUST;

struct tl_accuracy {
	int64_t upheld, judged, all;
	double share; /* upheld of judged, drawn to one half while few are judged */
};
int tl_flag_accuracy(
    struct tl_db *db, int64_t platform, struct tl_id reporter, struct tl_accuracy *ret) TL_MUST;

/* Open flags of a subject, by kind. */
int tl_flag_open_counts(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, int64_t ret[tl_flag_kind_count]) TL_MUST;

/* One-time preview addresses: the token is random, its hash is stored. */
#define TL_REVEAL_TOKEN_BYTES 32
enum tl_reveal_part {
	TL_REVEAL_PREVIEW, /* of a video its storyboard */
	TL_REVEAL_CLIP,    /* of a video or sound */
	TL_REVEAL_MOMENTS  /* its clip of where something was found */
};
extern const char *const
    tl_reveal_part_names[]; /* also the names of what is shown (blobs.h); NULL-terminated */
struct tl_reveal {
	struct tl_id user;
	int64_t platform;
	struct tl_media_id media;
	struct tl_id case_id; /* nil when none */
	enum tl_reveal_part part;
	int64_t expires_at;
};
int tl_reveal_add(struct tl_db *db, const struct tl_reveal *r,
    const uint8_t token[TL_REVEAL_TOKEN_BYTES]) TL_MUST;
/* Spends the token: GONE when it was used, has expired or never was. */
int tl_reveal_use(struct tl_db *db, const uint8_t token[TL_REVEAL_TOKEN_BYTES],
    struct tl_reveal *ret) TL_MUST;
