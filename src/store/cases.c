/*
 * Rows of review: cases, causes, notes, drafts, flags, reveals.
 *
 * Promises: a case is only overwritten as the caller saw it (state and holder guard every write); flags' comments
 * and nothing else of what people wrote about people is sealed. Failure: the store's errors, STATE on a lost race.
 * Called by src/review, intake (flags) and the console's routes.
 */
#include "store/cases.h"

#include "base/json.h"
#include "store/keys.h"
#include "sys/clock.h"

static int
word(const char *const *names, const struct tl_row *r, int col)
{
	int v = 0;
	int rc = tl_word_parse(names, tl_col_str(r, col), &v);
	return rc < 0 ? 0 : v; /* only our own words are ever written */
}

static void
case_from_row(const struct tl_row *r, struct tl_arena *a, struct tl_case *c)
{
	*c = (struct tl_case){
	    .id = tl_col_id(r, 0),
	    .platform = tl_col_int(r, 1),
	    .live = tl_col_int(r, 2) != 0,
	    .subject_kind = (enum tl_subject_kind)word(tl_subject_kind_names, r, 3),
	    .subject = tl_col_id(r, 4),
	    .account = tl_col_id(r, 5),
	    .queue = tl_arena_dup(a, tl_col_str(r, 6)),
	    .state = (enum tl_case_state)word(tl_case_state_names, r, 7),
	    .policy = tl_arena_dup(a, tl_col_str(r, 8)),
	    .severity = (enum tl_severity)word(tl_severity_names, r, 9),
	    .urgency = tl_col_real(r, 10),
	    .confidence = tl_col_real(r, 11),
	    .reach = tl_col_int(r, 12),
	    .clock_at = tl_col_int(r, 13),
	    .opened_at = tl_col_int(r, 14),
	    .updated_at = tl_col_int(r, 15),
	    .claimed_by = tl_col_id(r, 16),
	    .claimed_at = tl_col_int(r, 17),
	    .claim_until = tl_col_int(r, 18),
	    .decision = tl_col_id(r, 19),
	    .seen_whole = tl_col_int(r, 20) != 0,
	};
}

static int
case_first(struct tl_row *r, int rc, struct tl_arena *a, struct tl_case *ret)
{
	if (rc == TL_ENOTFOUND)
		return tl_fail(TL_ENOTFOUND, "there is no such case");
	if (rc < 0)
		return rc;
	case_from_row(r, a, ret);
	tl_row_end(r);
	return tl_arena_check(a);
}

int
tl_case_get(struct tl_db *db, struct tl_arena *a, struct tl_id id, struct tl_case *ret)
{
	struct tl_row r;
	return case_first(&r, tl_db_first(db, &r, TL_SQL_CASE_GET, A_ID(id)), a, ret);
}

int
tl_case_of(struct tl_db *db, struct tl_arena *a, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, struct tl_case *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_CASE_OF_SUBJECT, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject));
	return case_first(&r, rc, a, ret);
}

int
tl_case_held(
    struct tl_db *db, struct tl_arena *a, struct tl_id user, int64_t now, struct tl_case *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_CASE_HELD_BY, A_ID(user), A_INT(now));
	return case_first(&r, rc, a, ret);
}

int
tl_case_add(struct tl_db *db, const struct tl_case *c)
{
	int rc = tl_db_run(db, TL_SQL_CASE_ADD, A_ID(c->id), A_INT(c->platform), A_INT(c->live),
	    A_Z(tl_subject_kind_names[c->subject_kind]), A_ID(c->subject), A_ID0(c->account),
	    A_TEXT(c->queue), A_Z(tl_case_state_names[c->state]), A_TEXT0(c->policy),
	    A_Z(tl_severity_names[c->severity]), A_REAL(c->urgency), A_REAL(c->confidence),
	    A_INT(c->reach), A_INT0(c->clock_at), A_INT(c->opened_at), A_INT(c->updated_at),
	    A_ID0(c->claimed_by), A_INT0(c->claimed_at), A_INT0(c->claim_until),
	    A_ID0(c->decision), A_INT(c->seen_whole));
	return rc < 0 ? rc : 0;
}

int
tl_case_put(struct tl_db *db, const struct tl_case *was, const struct tl_case *c)
{
	int rc =
	    tl_db_run(db, TL_SQL_CASE_PUT, A_ID(was->id), A_Z(tl_case_state_names[was->state]),
		A_ID0(was->claimed_by), A_TEXT(c->queue), A_Z(tl_case_state_names[c->state]),
		A_TEXT0(c->policy), A_Z(tl_severity_names[c->severity]), A_REAL(c->urgency),
		A_REAL(c->confidence), A_INT(c->reach), A_INT0(c->clock_at),
		A_INT(c->updated_at), A_ID0(c->claimed_by), A_INT0(c->claimed_at),
		A_INT0(c->claim_until), A_ID0(c->decision), A_INT(c->seen_whole));
	if (rc == 0)
		return tl_fail(TL_ECONFLICT, "the case has changed meanwhile");
	return rc < 0 ? rc : 0;
}

int
tl_case_tops(struct tl_db *db, const struct tl_case_want *want, size_t max,
    struct tl_case_top *ret, size_t *ret_count)
{
	struct tl_row r;
	size_t n = 0;
	int rc = tl_db_query(db, &r, TL_SQL_CASE_TOP, A_TEXT(want->queue), A_ID(want->user),
	    A_INT(want->since), A_INT(want->live));
	if (rc < 0)
		return rc;
	while (n < max && (rc = tl_row_next(&r)) > 0) {
		if (want->pick(want->ctx, tl_col_str(&r, 3)))
			ret[n++] = (struct tl_case_top){
			    tl_col_id(&r, 0), tl_col_real(&r, 1), tl_col_int(&r, 2)};
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	*ret_count = n;
	return 0;
}

int
tl_case_open_count(struct tl_db *db, const struct tl_case_want *want, int64_t *ret)
{
	struct tl_row r;
	int64_t sum = 0;
	int rc = tl_db_query(db, &r, TL_SQL_CASE_OPEN_COUNT, A_TEXT(want->queue));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		if (want->pick(want->ctx, tl_col_str(&r, 0)))
			sum += tl_col_int(&r, 1);
	}
	if (rc == 0)
		*ret = sum;
	return rc;
}

int
tl_case_cause_add(struct tl_db *db, struct tl_id id, enum tl_cause_kind kind, struct tl_str ref,
    struct tl_str policy, struct tl_str detail, int64_t at)
{
	int rc = tl_db_run(db, TL_SQL_CASE_CAUSE_ADD, A_ID(id), A_Z(tl_cause_kind_names[kind]),
	    A_TEXT(ref), A_TEXT0(policy), A_TEXT0(detail), A_INT(at));
	return rc < 0 ? rc : 0;
}

int
tl_case_note_add(struct tl_db *db, struct tl_id id, struct tl_id author, const char *kind,
    struct tl_str body, struct tl_id *ret_note)
{
	struct tl_id note = tl_id_new();
	int rc = tl_db_run(db, TL_SQL_CASE_NOTE_ADD, A_ID(id), A_ID(note), A_ID(author),
	    A_Z(kind), A_TEXT(body), A_INT(tl_now_us()));
	if (rc < 0)
		return rc;
	if (ret_note)
		*ret_note = note;
	return 0;
}

int
tl_case_draft_set(struct tl_db *db, struct tl_id id, struct tl_id author, struct tl_str body)
{
	int rc = tl_db_run(db, TL_SQL_CASE_DRAFT_DROP, A_ID(id));
	if (rc < 0)
		return rc;
	return body.n ? tl_case_note_add(db, id, author, "draft", body, NULL) : 0;
}

/* Flags ----------------------------------------------------------------------------------- */

static struct tl_id
comment_owner(struct tl_id reporter, struct tl_id subject)
{
	return tl_id_is_nil(reporter) ? subject : reporter;
}

static int
seal_comment(struct tl_db *db, const struct tl_flag *f, struct tl_buf *sealed)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) plain = {0};
	tl_js_open(&plain, NULL, '{');
	tl_js_str(&plain, "comment", f->comment);
	tl_js_close(&plain, '}');
	return tl_text_seal(db, f->platform, comment_owner(f->reporter, f->subject), "flag",
	    tl_buf_str(&plain), sealed);
}

int
tl_flag_add(struct tl_db *db, const struct tl_flag *f)
{
	struct tl_buf TL_CLEANUP(tl_buf_fini) sealed = {0};
	int rc = f->comment.n ? seal_comment(db, f, &sealed) : 0;
	if (rc < 0)
		return rc;
	rc = tl_db_run(db, TL_SQL_FLAG_ADD, A_INT(f->platform), A_ID(f->id), A_TEXT0(f->ext_id),
	    A_Z(tl_subject_kind_names[f->subject_kind]), A_ID(f->subject),
	    A_Z(tl_flag_kind_names[f->kind]), A_TEXT0(f->policy), A_ID0(f->reporter),
	    sealed.n ? A_BYTES(tl_buf_str(&sealed)) : A_NULL, A_INT(f->received_at),
	    A_INT(f->live));
	return rc < 0 ? rc : 0;
}

int
tl_flag_comment(struct tl_db *db, struct tl_arena *a, int64_t platform, struct tl_id reporter,
    struct tl_id subject, struct tl_str sealed, struct tl_str *ret)
{
	*ret = (struct tl_str){0};
	if (!sealed.n)
		return 0;
	struct tl_buf TL_CLEANUP(tl_buf_fini) plain = {0};
	int rc = tl_text_open(
	    db, platform, comment_owner(reporter, subject), "flag", sealed, &plain);
	if (rc == TL_EGONE)
		return 0;
	json_t TL_CLEANUP(tl_json_unref) *j = NULL;
	if (rc == 0)
		rc = tl_json_parse(tl_buf_str(&plain), &j);
	if (rc < 0)
		return rc;
	*ret = tl_arena_dup(a, tl_json_str(json_object_get(j, "comment")));
	return tl_arena_check(a);
}

int
tl_flag_accuracy(
    struct tl_db *db, int64_t platform, struct tl_id reporter, struct tl_accuracy *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_FLAG_ACCURACY, A_INT(platform), A_ID(reporter));
	if (rc < 0)
		return rc;
	*ret = (struct tl_accuracy){
	    .upheld = tl_col_int(&r, 0), .judged = tl_col_int(&r, 1), .all = tl_col_int(&r, 2)};
	ret->share = ((double)ret->upheld + 1) / ((double)ret->judged + 2);
	tl_row_end(&r);
	return 0;
}

int
tl_flag_open_counts(struct tl_db *db, int64_t platform, enum tl_subject_kind kind,
    struct tl_id subject, int64_t ret[tl_flag_kind_count])
{
	struct tl_row r;
	int64_t counts[tl_flag_kind_count] = {0};
	int rc = tl_db_query(db, &r, TL_SQL_FLAG_OPEN_COUNTS, A_INT(platform),
	    A_Z(tl_subject_kind_names[kind]), A_ID(subject));
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		int k;
		if (tl_word_parse(tl_flag_kind_names, tl_col_str(&r, 0), &k) == 0)
			counts[k] = tl_col_int(&r, 1);
	}
	tl_row_end(&r);
	if (rc < 0)
		return rc;
	memcpy(ret, counts, sizeof counts);
	return 0;
}

/* Reveals --------------------------------------------------------------------------------- */

const char *const tl_reveal_part_names[] = {[TL_REVEAL_PREVIEW] = "preview",
    [TL_REVEAL_CLIP] = "clip",
    [TL_REVEAL_MOMENTS] = "moments",
    NULL};

static void
token_hash(uint8_t dst[32], const uint8_t token[TL_REVEAL_TOKEN_BYTES])
{
	tl_blake2b(dst, 32, tl_bytes(token, TL_REVEAL_TOKEN_BYTES), NULL);
}

int
tl_reveal_add(
    struct tl_db *db, const struct tl_reveal *r, const uint8_t token[TL_REVEAL_TOKEN_BYTES])
{
	uint8_t hash[32];
	token_hash(hash, token);
	int rc = tl_db_run(db, TL_SQL_REVEAL_ADD, A_BYTES(tl_bytes(hash, sizeof hash)),
	    A_ID(r->user), A_INT(r->platform), A_BYTES(tl_bytes(r->media.b, sizeof r->media.b)),
	    A_ID0(r->case_id), A_INT(tl_now_us()), A_INT(r->expires_at),
	    A_Z(tl_reveal_part_names[r->part]));
	return rc < 0 ? rc : 0;
}

int
tl_reveal_use(
    struct tl_db *db, const uint8_t token[TL_REVEAL_TOKEN_BYTES], struct tl_reveal *ret)
{
	uint8_t hash[32];
	token_hash(hash, token);
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_REVEAL_USE, A_BYTES(tl_bytes(hash, sizeof hash)),
	    A_INT(tl_now_us()));
	if (rc == TL_ENOTFOUND)
		return tl_fail(TL_EGONE, "this address was good once, for a short time");
	if (rc < 0)
		return rc;
	int part = TL_REVEAL_PREVIEW;
	if (tl_word_parse(tl_reveal_part_names, tl_col_str(&r, 4), &part) < 0) {
		tl_row_end(&r);
		return tl_fail(TL_ECORRUPT, "what a look is of is damaged");
	}
	*ret = (struct tl_reveal){.user = tl_col_id(&r, 0),
	    .platform = tl_col_int(&r, 1),
	    .case_id = tl_col_id(&r, 3),
	    .part = (enum tl_reveal_part)part};
	struct tl_str media = tl_col_str(&r, 2);
	if (media.n == sizeof ret->media.b)
		memcpy(ret->media.b, media.p, media.n);
	tl_row_end(&r);
	return 0;
}
