/* What a platform is told about an account's settings: events of the stream and of webhooks, one for an account and a change. */
#pragma once

#include "core/item.h"
#include "core/policy.h"
#include "minors/matrix.h"
#include "store/db.h"

struct tl_buf;

struct tl_tell {
	const char *type;
	const struct tl_account *who;
	struct tl_id cause; /* the row of history that says why */
	int64_t at;
};

/* Queues an event {"account", then what `data` holds}. Inside a transaction. */
int tl_minors_tell(
    struct tl_db *db, const struct tl_tell *t, const struct tl_buf *data) TL_MUST;

/*
 * account.settings_changed, when an answer or the band of `is` differs from that of `was`. `why`: age guardian lapsed.
 * `notice`: the text of the matrix that the person is to read; NULL: none.
 */
int tl_minors_tell_settings(struct tl_db *db, const struct tl_minors *m,
    const struct tl_tell *t, const struct tl_minors_account *was,
    const struct tl_minors_account *is, const char *why, const char *notice) TL_MUST;
