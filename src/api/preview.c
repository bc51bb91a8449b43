/*
 * POST /v1/minors/preview: what a changed policy/minors.yaml would do to the accounts that there are, before it is in force.
 *
 * Promises: looks at a bounded number of accounts a request, and says where to go on; changes nothing. Failures: INPUT with
 * the line of the file, the store's. Called by the route table.
 */
#include "api/routes.h"

#include "config/policy.h"
#include "minors/preview.h"

#define LOOK_MAX 50000

static void
put_sum(void *ctx, const struct tl_preview_sum *s)
{
	struct tl_buf *b = ctx;
	tl_js_open(b, NULL, '{');
	tl_js_str(b, "key", s->setting);
	tl_js_z(b, "age_band", tl_age_band_names[s->band]);
	tl_js_z(b, "in_matrix", s->is_new ? "new" : s->is_gone ? "gone" : "kept");
	tl_js_int(b, "stricter", s->stricter);
	tl_js_int(b, "looser", s->looser);
	tl_js_int(b, "other", s->other);
	tl_js_int(b, "choices_lapse", s->lapse);
	tl_js_int(b, "may_more", s->more);
	tl_js_int(b, "may_less", s->less);
	tl_js_close(b, '}');
}

static int
load(struct tl_req *req, const struct tl_policy_set **ret)
{
	const struct tl_config *config = tl_api_of(req)->app.config;
	char dir[TL_PATH_MAX];
	int rc = tl_config_path(config, config->policy_dir, dir);
	if (rc == 0)
		rc = tl_policy_load_minors(dir, tl_req_body(req), "minors.yaml", ret);
	/* The file is the sender's: what is wrong with it is theirs to mend. */
	return rc == TL_ECONFIG ? tl_fail(TL_EPARSE, "%s", tl_err_text()) : rc;
}

static int
preview(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	const struct tl_who *who = tl_req_who(req);
	const struct tl_policy_set *then TL_CLEANUP(tl_policy_unrefp) = NULL;
	const struct tl_policy_set *now TL_CLEANUP(tl_policy_unrefp) =
	    tl_app_policies(&tl_api_of(req)->app);
	struct tl_id place = {0};
	struct tl_str v;
	int64_t limit = LOOK_MAX;
	int rc = tl_req_query_int(req, "limit", 1, LOOK_MAX, &limit);
	if (rc == 0 && tl_req_query(req, "cursor", &v) && tl_id_parse(v, &place) < 0)
		rc = tl_fail_at(TL_EFIELD, "cursor", "is not one that was answered");
	if (rc == 0)
		rc = load(req, &then);
	if (rc < 0)
		return rc;
	struct tl_preview *p = tl_preview_create(now, then);
	rc = tl_preview_add(db, p, who->platform, who->live, (size_t)limit, &place);
	if (rc == 0) {
		tl_js_open(out, NULL, '{');
		tl_js_str(out, "policy_version", now->version);
		tl_js_int(out, "accounts", tl_preview_accounts(p));
		tl_js_open(out, "changes", '[');
		tl_preview_each(p, put_sum, out);
		tl_js_close(out, ']');
		tl_js_id(out, "cursor", place);
		tl_js_close(out, '}');
	}
	tl_preview_destroy(p);
	return rc;
}

void
tl_api_preview_settings(struct tl_req *req)
{
	tl_api_read(req, preview);
}
