/* What the rules about contacts said of an account last. A row is there while they say anything. Writers run in a transaction. */
#pragma once

#include "core/words.h"
#include "store/db.h"

struct tl_arena;

struct tl_account_verdict {
	int64_t platform;
	struct tl_id account;
	enum tl_verdict_word word;
	struct tl_str ruleset, reasons; /* JSON */
	struct tl_str rules; /* names of those in force that held, each between two spaces */
	int64_t at;
};

int tl_account_verdict_put(struct tl_db *db, const struct tl_account_verdict *v) TL_MUST;
/* NOTFOUND: nothing was said of it. Strings live in `arena`. */
int tl_account_verdict_get(struct tl_db *db, int64_t platform, struct tl_id account,
    struct tl_arena *arena, struct tl_account_verdict *ret) TL_MUST;
int tl_account_verdict_drop(struct tl_db *db, int64_t platform, struct tl_id account) TL_MUST;
/* Removes up to `max` that were said before `before`. Returns how many. */
int tl_account_verdict_expire(struct tl_db *db, int64_t before, int max) TL_MUST;
