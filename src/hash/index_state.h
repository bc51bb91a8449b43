/*
 * The open index: what is published to readers, how they hold on to it, and how what they no longer see is freed. Between
 * index.c (changes, questions) and index_keep.c (files).
 */
#pragma once

#include "hash/index_find.h"
#include "hash/index_manifest.h"
#include "hash/index_tail.h"

#define TL_IX_PINS 64

/* What one question sees. Never changed once published, but for bits that are set and tails that grow. */
struct tl_ix_view {
	struct tl_ix_segment *segment[TL_IX_SEGMENTS_MAX];
	size_t segments;
	struct tl_ix_tail *tail[2]; /* [0]: being written to a segment, or NULL; [1]: grows */
	struct tl_ix_limits *limits;
};

/* A reader's place: the epoch in which it took the view (0: free) and its room to work. */
struct tl_ix_pin {
	_Alignas(64) _Atomic uint64_t epoch;
	struct tl_ix_work *work;
};

enum tl_ix_op_kind { TL_IX_REMOVE, TL_IX_REMOVE_BANK, TL_IX_LIMIT };

/* A change of entries that files hold already: done again after a refresh until the files have it. */
struct tl_ix_op {
	enum tl_ix_op_kind kind;
	uint64_t change, subject;
	struct tl_ix_times times;
};

struct tl_ix_retired {
	uint64_t epoch;
	void *what;
	void (*destroy)(void *what);
};

struct tl_index {
	char *dir; /* NULL: in memory only */
	enum tl_index_mode mode;
	int lock_fd;
	pthread_mutex_t work; /* flush, merge, refresh: one at a time; taken before `change` */
	pthread_mutex_t change; /* everything below but the atomics */
	_Atomic(struct tl_ix_view *) view;
	_Atomic uint64_t epoch;
	struct tl_ix_pin pin[TL_IX_PINS];
	struct tl_ix_retired *retired;
	size_t retireds, retired_room;
	uint64_t mark, last,
	    frozen_at; /* changes: in files, told, told when tail[0] was frozen */
	uint64_t next_id;
	bool on_disk; /* there is a manifest */
	struct tl_ix_op *op;
	size_t ops, op_room;
	struct tl_ix_stamp stamp; /* of the manifest that was read last */
};

/* A view to read and room to work with; never waits for who changes. */
struct tl_ix_pin *tl_ix_pin(struct tl_index *x, const struct tl_ix_view **ret);
void tl_ix_unpin(struct tl_ix_pin *p);

/* All under the change lock. */
struct tl_ix_view *tl_ix_view_now(struct tl_index *x);
struct tl_ix_view *tl_ix_view_copy(struct tl_index *x);
/* Publishes it and retires the one before; what else nobody sees any more is retired by the caller, afterwards. */
void tl_ix_publish(struct tl_index *x, struct tl_ix_view *v);
void tl_ix_retire_segment(struct tl_index *x, struct tl_ix_segment *s);
void tl_ix_retire_tail(struct tl_index *x, struct tl_ix_tail *t);
void tl_ix_retire_limits(struct tl_index *x, struct tl_ix_limits *l);

/* Where an entry lies. */
struct tl_ix_spot {
	struct tl_ix_segment *segment; /* or */
	struct tl_ix_tail *tail;
	uint32_t at;
};

bool tl_ix_locate(const struct tl_ix_view *v, uint64_t key, struct tl_ix_spot *ret);
void tl_ix_spot_remove(const struct tl_ix_spot *s);
void tl_ix_spot_limit(const struct tl_ix_spot *s);
/* Sets an entry's times where there is no room left: makes more and publishes it. */
void tl_ix_limit_in(struct tl_index *x, uint64_t key, struct tl_ix_times times);
/* Does a change to what `v` holds: the view of the moment, or one to be published that has room for times. */
void tl_ix_op_do(struct tl_index *x, const struct tl_ix_view *v, const struct tl_ix_op *op);

/* index_keep.c */
int tl_ix_load(struct tl_index *x, bool *ret_changed) TL_MUST;
