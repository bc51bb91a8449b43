/*
 * The decoders of facts between accounts and of questions to the contact gate.
 *
 * Promises: an account has nothing to do with itself; only an end says what it ends; nothing happens in the future. Failures:
 * EFIELD with its pointer. Called by the API, by the loader of relations and by the fuzz target fuzz_contacts.
 */
#include "intake/contacts.h"

#include "intake/decode.h"
#include "sys/clock.h"

#define EXT_ID_BYTES 255
#define TEXT_BYTES 8192
#define AHEAD_US (5 * TL_US_MIN) /* of clocks that differ */

struct relation_in {
	struct tl_str from, to;
	int kind, ends;
	int64_t at;
};

#define AT(f) offsetof(struct relation_in, f)
static const struct tl_json_field RELATION[] = {
    {"from", TL_J_STR, AT(from), 1, EXT_ID_BYTES, NULL, true},
    {"to", TL_J_STR, AT(to), 1, EXT_ID_BYTES, NULL, true},
    {"kind", TL_J_ENUM, AT(kind), 0, 0, tl_relation_kind_names, true},
    {"ends", TL_J_ENUM, AT(ends), 0, 0, tl_relation_kind_names, false},
    {"at", TL_J_TIME, AT(at), 0, 0, NULL, false},
};
#undef AT

static int
check_pair(struct tl_str from, struct tl_str to)
{
	int rc = tl_check_ext_id(from, "/from");
	if (rc == 0)
		rc = tl_check_ext_id(to, "/to");
	if (rc == 0 && tl_str_eq(from, to))
		rc = tl_fail_at(TL_EFIELD, "/to", "is the same account as /from");
	return rc;
}

static int
check_relation(const struct relation_in *in, int64_t now)
{
	bool is_end = in->kind == TL_RELATION_END;
	if (is_end && (in->ends < 0 || in->ends == TL_RELATION_END))
		return tl_fail_at(TL_EFIELD, "/ends",
		    "an end says what it ends: follow, request, decline, block, limit or "
		    "contact");
	if (!is_end && in->ends >= 0)
		return tl_fail_at(TL_EFIELD, "/ends", "goes with the kind \"end\" only");
	if (in->at <= 0)
		return tl_fail_at(TL_EFIELD, "/at", "lies before 1970");
	if (in->at > now + AHEAD_US)
		return tl_fail_at(TL_EFIELD, "/at", "lies in the future");
	return 0;
}

int
tl_decode_relation(json_t *j, int64_t now, struct tl_relation_in *ret)
{
	struct relation_in in = {.ends = -1, .at = now};
	int rc = tl_json_fill(j, "", RELATION, TL_COUNT(RELATION), &in);
	if (rc == 0)
		rc = check_pair(in.from, in.to);
	if (rc == 0)
		rc = check_relation(&in, now);
	if (rc < 0)
		return rc;
	*ret = (struct tl_relation_in){in.from, in.to,
	    {(enum tl_relation_kind)in.kind,
		(enum tl_relation_kind)(in.ends < 0 ? TL_RELATION_END : in.ends), in.at}};
	return 0;
}

struct contact_in {
	struct tl_str from, to, text, origin;
	int kind;
	bool has_link, has_handle, record;
};

#define AT(f) offsetof(struct contact_in, f)
static const struct tl_json_field CONTACT[] = {
    {"from", TL_J_STR, AT(from), 1, EXT_ID_BYTES, NULL, true},
    {"to", TL_J_STR, AT(to), 1, EXT_ID_BYTES, NULL, true},
    {"kind", TL_J_ENUM, AT(kind), 0, 0, tl_contact_kind_names, true},
    {"has_link", TL_J_BOOL, AT(has_link), 0, 0, NULL, false},
    {"has_handle", TL_J_BOOL, AT(has_handle), 0, 0, NULL, false},
    {"text", TL_J_STR, AT(text), 0, TEXT_BYTES, NULL, false},
    {"origin", TL_J_STR, AT(origin), 1, EXT_ID_BYTES, NULL, false},
    {"record", TL_J_BOOL, AT(record), 0, 0, NULL, false},
};
#undef AT

int
tl_decode_contact(json_t *j, struct tl_contact_in *ret)
{
	struct contact_in in = {.record = true};
	int rc = tl_json_fill(j, "", CONTACT, TL_COUNT(CONTACT), &in);
	if (rc == 0)
		rc = check_pair(in.from, in.to);
	if (rc == 0)
		*ret = (struct tl_contact_in){in.from, in.to, (enum tl_contact_kind)in.kind,
		    in.has_link, in.has_handle, in.text, in.origin, in.record};
	return rc;
}
