/* The matrices of settings that were in force, and the accounts that a change of it concerns. */
S(POLICY_LAST, "SELECT print FROM settings_policies ORDER BY seq DESC LIMIT 1")
S(POLICY_ADD,
    "INSERT INTO settings_policies(seq, version, print, seen_at, file_at, file_owner, body)"
    " SELECT COALESCE(MAX(seq), 0) + 1, $1, $2, $3, $4, $5, $6 FROM settings_policies")
S(POLICY_LIST, "SELECT seq, version, print, seen_at, file_at, file_owner, body FROM "
	       "settings_policies ORDER BY seq DESC LIMIT $1")
S(PREVIEW_PAGE, "SELECT id, age_band FROM accounts WHERE platform = $1 AND livemode = $2 AND "
		"id > $3 AND state <> 'deleted'"
		" ORDER BY id LIMIT $4")
