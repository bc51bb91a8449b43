/* Second factors. */
S(TOTP_BEGIN, "INSERT INTO totp(user_id, secret, created_at) VALUES($1, $2, $3)"
	      " ON CONFLICT(user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, last_step = 0"
	      " WHERE totp.confirmed_at IS NULL")
S(TOTP_GET, "SELECT secret, created_at, confirmed_at, last_step FROM totp WHERE user_id = $1")
S(TOTP_USED, "UPDATE totp SET last_step = $2, confirmed_at = COALESCE(confirmed_at, $3) WHERE user_id = $1 AND last_step < $2")
S(TOTP_REMOVE, "DELETE FROM totp WHERE user_id = $1")
S(PASSKEY_ADD, "INSERT INTO passkeys(id, user_id, name, credential, cose, counter, created_at) VALUES($1, $2, $3, $4, $5, $6, $7)")
S(PASSKEY_LIST, "SELECT id, user_id, name, credential, cose, counter, created_at, used_at FROM passkeys WHERE user_id = $1"
		" ORDER BY created_at, id")
S(PASSKEY_FIND, "SELECT id, user_id, name, credential, cose, counter, created_at, used_at FROM passkeys WHERE credential = $1")
S(PASSKEY_USED, "UPDATE passkeys SET counter = $2, used_at = $3 WHERE id = $1")
S(PASSKEY_REMOVE, "DELETE FROM passkeys WHERE id = $1 AND user_id = $2")
S(PASSKEYS_REMOVE, "DELETE FROM passkeys WHERE user_id = $1")
S(RECOVERY_ADD, "INSERT INTO recovery_codes(user_id, hash) VALUES($1, $2)")
S(RECOVERY_USE, "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL")
S(RECOVERY_LEFT, "SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL")
S(RECOVERY_REMOVE, "DELETE FROM recovery_codes WHERE user_id = $1")
S(FACTORS_OF, "SELECT EXISTS(SELECT 1 FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL),"
	      " (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = u.id),"
	      " (SELECT COUNT(*) FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL)"
	      " FROM users u WHERE u.id = $1")
S(CHALLENGE_USE, "INSERT INTO challenges_used(hash, expires_at) VALUES($1, $2)")
S(CHALLENGES_OVER, "DELETE FROM challenges_used WHERE expires_at < $1")
