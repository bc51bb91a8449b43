/*
 * What a moderator's browser may see of media: the 32-pixel derivative, and after a recorded reveal the re-encoded
 * preview (the storyboard of a video) or a clip through an address that works once.
 *
 * Promises: original bytes never leave; every reveal is in the audit trail before the address is answered; only
 * the person who revealed can spend it. Failures: NOTFOUND, GONE (erased, spent, late), STATE (not decoded).
 */
#include "api/console_int.h"

#include "store/blobs.h"
#include "sys/clock.h"
#include "sys/sniff.h"

static int
media_id(struct tl_call *c, struct tl_media_id *ret)
{
	if (tl_unhex(ret->b, sizeof ret->b, tl_req_param(c->req, 0)) < 0)
		return tl_fail(TL_ENOTFOUND, "there is no such file");
	return 0;
}

static struct tl_arg
arg_media(const struct tl_media_id *id)
{
	return A_BYTES(tl_bytes(id->b, sizeof id->b));
}

/* Whoever looks must be cleared for every item that this medium is part of. */
static int
cleared(struct tl_call *c, int64_t platform, const struct tl_media_id *id)
{
	struct tl_tags tags;
	int rc = tl_tags_of_media(c->db, platform, id, c->arena, &tags);
	return tl_call_need_tags(c, TL_ACT_REVEAL, rc, &tags);
}

/* Which platform it belongs to, and that it can be shown. */
static int
showable(struct tl_call *c, const struct tl_media_id *id, int64_t *ret_platform)
{
	struct tl_row r;
	int rc = tl_db_first(c->db, &r, TL_SQL_VIEW_MEDIA, arg_media(id));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? tl_fail(rc, "there is no such file") : rc;
	int64_t platform = tl_col_int(&r, 0);
	bool erased = tl_str_is(tl_col_str(&r, 1), "erased");
	bool decoded = tl_str_is(tl_col_str(&r, 1), "decoded");
	tl_row_end(&r);
	if (erased)
		return tl_fail(TL_EGONE, "this file was erased");
	if (!decoded)
		return tl_fail(TL_ECONFLICT, "this file has no preview");
	rc = cleared(c, platform, id);
	if (rc == 0)
		*ret_platform = platform;
	return rc;
}

static int
in_case(struct tl_call *c, struct tl_id case_id, const struct tl_media_id *id)
{
	struct tl_row r;
	int rc =
	    tl_db_first(c->db, &r, TL_SQL_VIEW_MEDIA_IN_CASE, A_ID(case_id), arg_media(id));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? tl_fail(rc, "this case has no such medium") : rc;
	tl_row_end(&r);
	return 0;
}

static int
send_derived(struct tl_call *c, const struct tl_media_id *id, const char *name)
{
	struct tl_buf bytes = {.limit = 9U << 20};
	int rc = tl_blob_read_derived(c->app->store, id, name, &bytes);
	if (rc < 0) {
		tl_buf_fini(&bytes);
		return rc == TL_ENOTFOUND ? tl_fail(TL_EGONE, "there is no preview of it") : rc;
	}
	tl_req_set_header(c->req, "Content-Security-Policy", "sandbox; default-src 'none'");
	tl_req_set_header(c->req, "Cross-Origin-Resource-Policy", "same-origin");
	tl_req_set_header(c->req, "Content-Disposition", "inline");
	c->answered = true;
	tl_req_answer(c->req, 200, tl_format_mime(tl_sniff(tl_buf_str(&bytes))), &bytes);
	return 0;
}

int
tl_console_media_tiny(struct tl_call *c)
{
	struct tl_media_id id;
	struct tl_id case_id;
	struct tl_str asked;
	int64_t platform;
	int rc = media_id(c, &id);
	if (rc == 0 && tl_req_query(c->req, "case", &asked) && asked.n) {
		if (tl_id_parse(asked, &case_id) < 0)
			return tl_fail_at(TL_EFIELD, "case", "is not the id of a case");
		rc = in_case(c, case_id, &id);
	}
	if (rc == 0)
		rc = showable(c, &id, &platform);
	return rc < 0 ? rc : send_derived(c, &id, "tiny");
}

static int
record_reveal(
    struct tl_call *c, const struct tl_reveal *r, const uint8_t token[TL_REVEAL_TOKEN_BYTES])
{
	char media[2 * sizeof r->media.b + 1], on[TL_ID_TEXT] = "";
	tl_hex(media, r->media.b, sizeof r->media.b);
	if (!tl_id_is_nil(r->case_id))
		tl_id_text(on, r->case_id);
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_reveal_add(c->db, r, token);
	if (rc == 0)
		rc = tl_audit_add(c->db, c->actor, "reveal", tl_str(media), tl_str(on));
	return tl_call_end(c, TL_SYNC_FULL, rc);
}

int
tl_console_media_reveal(struct tl_call *c)
{
	struct {
		struct tl_str case_id;
		int part;
	} asked = {0};
	static const struct tl_json_field fields[] = {
	    {"case", TL_J_STR, offsetof(__typeof__(asked), case_id), 36, 36, NULL, false},
	    {"part", TL_J_ENUM, offsetof(__typeof__(asked), part), 0, 0, tl_reveal_part_names,
		false}};
	struct tl_reveal r = {.user = c->who.id,
	    .expires_at = tl_now_us() + c->app->config->reveal_seconds * TL_US_S};
	int rc = media_id(c, &r.media);
	if (rc == 0)
		rc = TL_CALL_JSON(c, fields, &asked);
	r.part = (enum tl_reveal_part)asked.part;
	if (rc == 0 && asked.case_id.n && tl_id_parse(asked.case_id, &r.case_id) < 0)
		rc = tl_fail_at(TL_EFIELD, "/case", "is not the id of a case");
	if (rc == 0 && asked.case_id.n)
		rc = in_case(c, r.case_id, &r.media);
	if (rc == 0)
		rc = showable(c, &r.media, &r.platform);
	uint8_t token[TL_REVEAL_TOKEN_BYTES];
	tl_random(token, sizeof token);
	if (rc == 0)
		rc = record_reveal(c, &r, token);
	if (rc < 0)
		return rc;
	char hex[2 * sizeof token + 1];
	tl_hex(hex, token, sizeof token);
	tl_js_open(&c->out, NULL, '{');
	tl_js_z(&c->out, "url", tl_arena_printf(c->arena, "/console/media/%s", hex));
	tl_js_time(&c->out, "expires_at", r.expires_at);
	tl_js_close(&c->out, '}');
	return 0;
}

static int
record_preview(struct tl_call *c, const struct tl_reveal *r)
{
	char media[2 * sizeof r->media.b + 1];
	tl_hex(media, r->media.b, sizeof r->media.b);
	bool plain = r->part == TL_REVEAL_PREVIEW;
	return tl_audit_add(c->db, c->actor, "preview", tl_str(media),
	    plain ? TL_S("") : tl_str(tl_reveal_part_names[r->part]));
}

int
tl_console_media_once(struct tl_call *c)
{
	uint8_t token[TL_REVEAL_TOKEN_BYTES];
	struct tl_reveal r;
	if (tl_unhex(token, sizeof token, tl_req_param(c->req, 0)) < 0)
		return tl_fail(TL_ENOTFOUND, "there is no such address");
	int rc = tl_call_begin(c);
	if (rc < 0)
		return rc;
	rc = tl_reveal_use(c->db, token, &r);
	if (rc == 0 && !tl_id_eq(r.user, c->who.id))
		rc = tl_fail(TL_EPERM, "this address was made for somebody else");
	if (rc == 0)
		rc = record_preview(c, &r);
	if (rc == 0)
		rc = cleared(c, r.platform, &r.media);
	rc = tl_call_end(
	    c, TL_SYNC_FULL, rc); /* no look without its record, after a power cut too */
	return rc < 0 ? rc : send_derived(c, &r.media, tl_reveal_part_names[r.part]);
}
