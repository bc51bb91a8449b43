/*
 * Endpoints of webhooks.
 *
 * Owns table endpoints and the sealing of their secrets (key "endpoint", bound to the endpoint's id). Failure: the
 * store's codes; DENIED when a secret was sealed under another master key. Called by the courier and by whoever
 * sets endpoints up.
 */
#include "store/endpoints.h"

#include "sys/clock.h"

#define SEALED_MAX (TL_ENDPOINT_SECRET_MAX + TL_SEAL_OVERHEAD)

void
tl_endpoint_wipe(struct tl_endpoint *e)
{
	tl_wipe(e, sizeof *e);
}

static int
seal_secret(struct tl_db *db, struct tl_id id, struct tl_str secret, uint8_t dst[SEALED_MAX])
{
	if (secret.n == 0 || secret.n > TL_ENDPOINT_SECRET_MAX)
		return tl_fail(TL_EFIELD, "the secret is too long");
	struct tl_key key = tl_store_key(tl_db_store(db), "endpoint");
	tl_seal(dst, secret, tl_id_str(&id), &key);
	tl_wipe(&key, sizeof key);
	return 0;
}

static int
open_secret(
    struct tl_db *db, struct tl_id id, struct tl_str sealed, uint8_t *dst, size_t *ret_n)
{
	if (sealed.n <= TL_SEAL_OVERHEAD || sealed.n > SEALED_MAX)
		return tl_fail(TL_ECORRUPT, "an endpoint's secret is damaged");
	struct tl_key key = tl_store_key(tl_db_store(db), "endpoint");
	int rc = tl_unseal(dst, sealed, tl_id_str(&id), &key);
	tl_wipe(&key, sizeof key);
	if (rc == 0)
		*ret_n = sealed.n - TL_SEAL_OVERHEAD;
	return rc;
}

static int
read_endpoint(struct tl_row *r, struct tl_endpoint *e)
{
	*e = (struct tl_endpoint){
	    .id = tl_col_id(r, 0),
	    .platform = tl_col_int(r, 1),
	    .live = tl_col_int(r, 2) != 0,
	    .private_ok = tl_col_int(r, 7) != 0,
	    .enabled = tl_col_int(r, 8) != 0,
	    .created_at = tl_col_int(r, 9),
	};
	return tl_str_copy(e->url, sizeof e->url, tl_col_str(r, 3));
}

static int
wake(struct tl_db *db, int64_t platform, bool live)
{
	int rc = tl_db_run(
	    db, TL_SQL_ENDPOINT_WAKE, A_INT(platform), A_INT(live), A_INT(tl_now_us()));
	return rc < 0 ? rc : 0;
}

int
tl_endpoint_put(struct tl_db *db, struct tl_endpoint *e)
{
	uint8_t sealed[SEALED_MAX];
	e->id = tl_id_new();
	e->created_at = tl_now_us();
	e->enabled = true;
	int rc = seal_secret(db, e->id, tl_bytes(e->secret, e->secret_bytes), sealed);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_ENDPOINT_OFF, A_INT(e->platform), A_INT(e->live));
	if (rc >= 0)
		rc = tl_db_run(db, TL_SQL_ENDPOINT_ADD, A_ID(e->id), A_INT(e->platform),
		    A_INT(e->live), A_Z(e->url),
		    A_BYTES(tl_bytes(sealed, e->secret_bytes + TL_SEAL_OVERHEAD)),
		    A_INT(e->private_ok), A_INT(e->created_at));
	return rc < 0 ? rc : wake(db, e->platform, e->live);
}

int
tl_endpoint_present(struct tl_db *db, int64_t platform, bool live, struct tl_endpoint *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ENDPOINT_FIND, A_INT(platform), A_INT(live));
	if (rc < 0)
		return rc;
	rc = read_endpoint(&r, ret);
	tl_row_end(&r);
	return rc;
}

int
tl_endpoint_find(
    struct tl_db *db, int64_t platform, bool live, int64_t now, struct tl_endpoint *ret)
{
	struct tl_row r;
	int rc = tl_db_first(db, &r, TL_SQL_ENDPOINT_FIND, A_INT(platform), A_INT(live));
	if (rc < 0)
		return rc;
	TL_CLEANUP(tl_endpoint_wipe) struct tl_endpoint e;
	rc = read_endpoint(&r, &e);
	if (rc == 0)
		rc = open_secret(db, e.id, tl_col_str(&r, 4), e.secret, &e.secret_bytes);
	if (rc == 0 && tl_col_int(&r, 6) > now)
		rc =
		    open_secret(db, e.id, tl_col_str(&r, 5), e.secret_old, &e.secret_old_bytes);
	tl_row_end(&r);
	if (rc == 0)
		*ret = e;
	return rc;
}

int
tl_endpoint_rotate(struct tl_db *db, struct tl_id id, struct tl_str secret, int64_t old_until)
{
	uint8_t sealed[SEALED_MAX];
	int rc = seal_secret(db, id, secret, sealed);
	if (rc == 0)
		rc = tl_db_run(db, TL_SQL_ENDPOINT_ROTATE, A_ID(id),
		    A_BYTES(tl_bytes(sealed, secret.n + TL_SEAL_OVERHEAD)), A_INT(old_until));
	if (rc == 0)
		return tl_fail(TL_ENOTFOUND, "there is no such endpoint");
	return rc < 0 ? rc : 0;
}

int
tl_endpoint_disable(struct tl_db *db, struct tl_id id)
{
	int rc = tl_db_run(db, TL_SQL_ENDPOINT_DISABLE, A_ID(id));
	if (rc == 0)
		return tl_fail(TL_ENOTFOUND, "there is no such endpoint");
	return rc < 0 ? rc : 0;
}

int
tl_endpoint_enable(struct tl_db *db, struct tl_id id)
{
	struct tl_row r;
	int rc = tl_db_run(db, TL_SQL_ENDPOINT_OFF_BESIDE, A_ID(id));
	if (rc >= 0)
		rc = tl_db_first(db, &r, TL_SQL_ENDPOINT_ENABLE, A_ID(id));
	if (rc < 0)
		return rc == TL_ENOTFOUND ? tl_fail(rc, "there is no such endpoint") : rc;
	int64_t platform = tl_col_int(&r, 0);
	bool live = tl_col_int(&r, 1) != 0;
	tl_row_end(&r);
	return wake(db, platform, live);
}

int
tl_endpoint_each(
    struct tl_db *db, void (*fn)(const struct tl_endpoint *e, void *ctx), void *ctx)
{
	struct tl_row r;
	int rc = tl_db_query_args(db, &r, TL_SQL_ENDPOINT_LIST, NULL, 0);
	if (rc < 0)
		return rc;
	while ((rc = tl_row_next(&r)) > 0) {
		struct tl_endpoint e;
		rc = read_endpoint(&r, &e);
		if (rc < 0)
			break;
		fn(&e, ctx);
	}
	tl_row_end(&r);
	return rc;
}
