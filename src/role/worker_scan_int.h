/* Private to the worker role: one item under way, who waits for it, and lists of them. */
#pragma once

#include "again/again.h"
#include "again/crisis.h"
#include "detect/banks.h"
#include "detect/detect.h"
#include "role/role.h"
#include "rules/watch.h"
#include "store/items.h"
#include "store/jobs.h"
#include "store/streams.h"

/* A question that waits for an item. */
struct ask_wait {
	uint32_t serial;
	int64_t until_us; /* monotonic: later answers are not sent */
	struct ask_wait *next;
};

enum scan_end {
	SCAN_VERDICT, /* judged: store it */
	SCAN_AGAIN,   /* could not be done now: delay the job */
	SCAN_BACK,    /* not judged: somebody else may have it */
	SCAN_WAIT,    /* not touched: the banks that it is judged by are not read yet */
	SCAN_BURY,    /* given up: a person decides */
	SCAN_GONE     /* nothing to do any more (erased meanwhile) */
};

/* One item under way. */
struct scan {
	struct tl_job job;
	bool
	    leased; /* false: asked for before its turn, leased in the transaction that stores the result */
	int64_t renew_us; /* monotonic: when the lease must be renewed */
	struct tl_arena *arena;
	struct tl_item_full full;
	bool loaded; /* `full` is filled */
	struct tl_account account;
	bool has_account;
	struct tl_stream stream;
	bool has_stream;                 /* it is a live stream, or a segment of one */
	const struct tl_banks *banks;    /* borrowed from the round's snapshot */
	const struct tl_rule_set *rules; /* a reference: the verdict borrows from it */
	struct tl_again again;           /* a bank that has grown reaches it */
	int64_t bank_mark;               /* the state of the banks that it was judged by */
	int64_t rules_mark; /* of the rules that it was judged by, as far as they name banks */
	const struct tl_signal *signals;
	size_t signal_count;
	struct tl_verdict verdict;
	struct tl_str unscannable; /* why one of its media has no answer; empty when all have */
	bool media_changed[TL_ITEM_MEDIA_MAX]; /* store the decoder's result */
	size_t media_next;                     /* media before this one were handed in */
	size_t media_pending;                  /* decodes under way */
	enum scan_end end;
	int64_t back_at;   /* SCAN_BACK: not before; 0: now */
	struct tl_str why; /* SCAN_AGAIN, SCAN_BURY */
	struct ask_wait *asks;
	struct scan *next;
};

struct scan_list {
	struct scan *head, *tail;
	size_t n;
};

void scan_push(struct scan_list *l, struct scan *s);
/* Before those that nobody waits for, behind those that somebody does: who asks first is answered first. */
void scan_push_asked(struct scan_list *l, struct scan *s);
struct scan *scan_pop(struct scan_list *l);
void scan_remove(struct scan_list *l, struct scan *s);
struct scan *scan_find(struct scan_list *l, int64_t platform, struct tl_id item);
