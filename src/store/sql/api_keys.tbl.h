/* API keys. */
S(API_KEY_ADD, "INSERT INTO api_keys(id, platform, live, label, prefix, hash, scopes, rate_per_s, created_at, expires_at,"
	       " networks, burst) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
S(API_KEY_BY_HASH, "SELECT id, platform, live, label, prefix, scopes, rate_per_s, created_at, last_used_at, expires_at,"
		   " revoked_at, networks, burst, replaced_by FROM api_keys WHERE hash = $1")
S(API_KEY_BY_ID, "SELECT id, platform, live, label, prefix, scopes, rate_per_s, created_at, last_used_at, expires_at,"
		 " revoked_at, networks, burst, replaced_by FROM api_keys WHERE id = $1")
S(API_KEY_LIST, "SELECT id, platform, live, label, prefix, scopes, rate_per_s, created_at, last_used_at, expires_at,"
		" revoked_at, networks, burst, replaced_by FROM api_keys ORDER BY created_at, id")
S(API_KEY_SET, "UPDATE api_keys SET label = $2, scopes = $3, rate_per_s = $4, burst = $5, networks = $6, expires_at = $7"
	       " WHERE id = $1 AND revoked_at IS NULL")
S(API_KEY_REPLACED, "UPDATE api_keys SET replaced_by = $2, expires_at = $3 WHERE id = $1 AND revoked_at IS NULL")
S(API_KEY_REVOKE, "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
S(API_KEY_USED, "UPDATE api_keys SET last_used_at = $2 WHERE id = $1")
