/*
 * The contact gate over the store.
 *
 * Promises: the settings that count are those in force (minors/settings.h), for the recipient and for the sender; a failure
 * to read denies. Called by POST /v1/contacts/check.
 */
#include "minors/gate.h"

#include "core/contact.h"
#include "minors/settings.h"
#include "store/contact_log.h"

/* A stranger to us is of unknown age and has chosen nothing. */
static int
load_side(struct tl_db *db, const struct tl_contact_map *map, const struct tl_gate_ask *ask,
    struct tl_str ext_id, struct tl_account_ref *ref, struct tl_minors_account *ret)
{
	*ref = (struct tl_account_ref){.age_band = TL_AGE_UNKNOWN, .state = TL_ACCOUNT_ACTIVE};
	*ret = (struct tl_minors_account){.band = TL_AGE_UNKNOWN};
	int rc = tl_account_ref(db, ask->platform, ask->live, ext_id, ref);
	if (rc < 0)
		return rc == TL_ENOTFOUND ? 0 : rc;
	struct tl_account who = {
	    .platform = ask->platform, .id = ref->id, .age_band = ref->age_band};
	return tl_settings_load(db, map->minors, ask->platform, &who, ret);
}

void
tl_gate_check(struct tl_db *db, const struct tl_contact_map *map, const struct tl_gate_ask *ask,
    struct tl_gate_answer *ret)
{
	struct tl_minors_account from, to;
	struct tl_relation relation;
	struct tl_contact_question q = {.kind = ask->kind, .now = ask->now};
	*ret = (struct tl_gate_answer){.minor = true};
	int rc = load_side(db, map, ask, ask->from, &ret->from, &from);
	if (rc == 0)
		rc = load_side(db, map, ask, ask->to, &ret->to, &to);
	if (rc == 0)
		rc = tl_relation_load(
		    db, ask->platform, ret->from.number, ret->to.number, &relation);
	if (rc == 0) {
		q.from = (struct tl_contact_party){&from, ret->from.state};
		q.to = (struct tl_contact_party){&to, ret->to.state};
		q.relation = &relation;
		ret->minor = from.band != TL_AGE_18 || to.band != TL_AGE_18;
	}
	ret->said = tl_contact_decide(map, &q);
}

static int
name(struct tl_db *db, const struct tl_gate_ask *ask, struct tl_str ext_id,
    struct tl_account_ref *ref)
{
	return tl_id_is_nil(ref->id)
		   ? tl_account_ref_ensure(db, ask->platform, ask->live, ext_id, ref)
		   : 0;
}

int
tl_gate_record(struct tl_db *db, const struct tl_gate_ask *ask, struct tl_gate_answer *a)
{
	int rc = name(db, ask, ask->from, &a->from);
	if (rc == 0)
		rc = name(db, ask, ask->to, &a->to);
	if (rc < 0)
		return rc;
	struct tl_contact_event e = {.platform = ask->platform,
	    .at = ask->now,
	    .from = a->from.id,
	    .to = a->to.id,
	    .kind = ask->kind,
	    .outcome = (enum tl_contact_result)a->said.outcome,
	    .to_band = a->to.age_band,
	    .flags = ask->flags,
	    .text = ask->text,
	    .origin = ask->origin};
	if (ask->kind == TL_CONTACT_MEDIA)
		e.flags |= TL_CONTACT_HAS_MEDIA;
	return tl_contact_log_add(db, &e);
}

/* Who turned to whom, and what the other made of it. */
static const struct {
	bool told, by_receiver; /* whoever tells it is the one who was approached */
	enum tl_contact_kind kind;
	enum tl_contact_result result;
} answers[tl_relation_kind_count] = {
    [TL_RELATION_FOLLOW] = {true, false, TL_CONTACT_FOLLOW, TL_RESULT_ACCEPTED},
    [TL_RELATION_DECLINE] = {true, true, TL_CONTACT_FOLLOW, TL_RESULT_DECLINED},
    [TL_RELATION_CONTACT] = {true, true, TL_CONTACT_MESSAGE, TL_RESULT_ACCEPTED},
    [TL_RELATION_BLOCK] = {true, true, TL_CONTACT_MESSAGE, TL_RESULT_BLOCKED},
};

int
tl_gate_told(struct tl_db *db, int64_t platform, const struct tl_account_ref *from,
    const struct tl_account_ref *to, const struct tl_relation_event *e, int64_t now)
{
	bool back = answers[e->kind].by_receiver;
	const struct tl_account_ref *sender = back ? to : from, *receiver = back ? from : to;
	struct tl_contact_event told = {.platform = platform,
	    .at = e->at < now ? e->at : now,
	    .from = sender->id,
	    .to = receiver->id,
	    .kind = answers[e->kind].kind,
	    .outcome = answers[e->kind].result,
	    .to_band = receiver->age_band};
	if (!answers[e->kind].told || e->at < now - tl_contact_window_us[TL_WINDOW_30D])
		return 0;
	return tl_contact_log_outcome(db, &told);
}

void
tl_gate_unrecorded(struct tl_gate_answer *a)
{
	if (a->minor)
		a->said = (struct tl_contact_answer){TL_CONTACT_DENY, TL_CONTACT_WHY_AWAY};
}
