/*
 * From JSON to the domain's structs, by tables. Views borrow from the JSON, which must outlive them, or live in
 * the arena. Every error names its field as a JSON Pointer.
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "core/age.h"
#include "core/item.h"

/* An item as the platform sent it: no id, platform or times of ours. */
int tl_decode_item(json_t *j, struct tl_arena *a, struct tl_item *ret) TL_MUST;

/*
 * Only what is present is written; `ret_has` has a bit for each field. What is said of the age comes out as a statement
 * (core/age.h), never into `ret`. A day of birth is refused wherever it could be kept (birthday.h).
 */
enum tl_account_has {
	TL_HAS_AGE = 15, /* enum tl_age_has */
	TL_HAS_AGE_CORRECTION = 16,
	TL_HAS_COUNTRY = 32,
	TL_HAS_LANGUAGE = 64,
	TL_HAS_NAME = 128,
	TL_HAS_CREATED_AT = 256,
	TL_HAS_SETTINGS = 512
};
int tl_decode_account(json_t *j, struct tl_arena *a, struct tl_account *ret,
    struct tl_age_say *ret_age, unsigned *ret_has) TL_MUST;

struct tl_flag_in {
	struct tl_str ext_id; /* empty when the platform has none */
	enum tl_subject_kind subject_kind;
	struct tl_str subject_ext;
	int64_t subject_version; /* 0: the latest */
	enum tl_flag_kind kind;
	struct tl_str policy, reporter_ext, comment;
};
int tl_decode_flag(json_t *j, struct tl_flag_in *ret) TL_MUST;

struct tl_counters_in {
	int64_t views, engagement; /* -1: absent */
};
int tl_decode_counters(json_t *j, struct tl_counters_in *ret) TL_MUST;

struct tl_confirm_in {
	bool done; /* else refused */
	struct tl_str note;
};
int tl_decode_confirm(json_t *j, struct tl_confirm_in *ret) TL_MUST;

/* A question to the banks; only checked here, the worker reads the same JSON. */
int tl_decode_match(json_t *j) TL_MUST;

#define TL_QUERY_BYTES_MAX 1024

/* A search: whose (empty: not signed in), where and in which language the answer is read (empty: as the account says). */
struct tl_search_in {
	struct tl_str query, account, country, language;
};
int tl_decode_search(json_t *j, struct tl_arena *a, struct tl_search_in *ret) TL_MUST;

/* A comment before it is published: who writes it, on whose content (and which item, when that is said). */
struct tl_comment_in {
	struct tl_str author, owner, item, text, language;
	bool confirmed; /* the author was asked, and stays with it */
	bool record;    /* it happens: the log of contacts hears of it */
};
int tl_decode_comment(json_t *j, struct tl_arena *a, struct tl_comment_in *ret) TL_MUST;

/* An account's filter for comments; words borrow from the JSON. */
struct tl_filter_in {
	const json_t *words; /* strings of 1 to 200 bytes */
	bool refuse;         /* what has one of them is refused, not held */
	bool approve_all;
};
int tl_decode_filter(json_t *j, struct tl_filter_in *ret) TL_MUST;

#define TL_REACH_ITEMS_MAX 200

/* Items by the platform's ids, and who looks: an account, or an age band (-1: neither said). */
struct tl_reach_in {
	struct tl_str items[TL_REACH_ITEMS_MAX];
	size_t count;
	struct tl_str account;
	int age_band;
};
int tl_decode_reach(json_t *j, struct tl_reach_in *ret) TL_MUST;

/* An id of a platform's: 1 to 255 bytes without control characters. */
int tl_check_ext_id(struct tl_str id, const char *pointer) TL_MUST;
