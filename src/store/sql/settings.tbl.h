/* Settings by age band: what was chosen, and the history of changes. */
S(CHOICE_LIST, "SELECT setting, value, until, cap FROM account_choices WHERE platform = $1 AND account = $2")
S(CHOICE_PUT, "INSERT INTO account_choices(platform, account, setting, value, until, cap) VALUES($1, $2, $3, $4, $5, $6)"
	      " ON CONFLICT(platform, account, setting) DO UPDATE SET value = excluded.value, until = excluded.until,"
	      " cap = excluded.cap")
S(CHANGE_ADD, "INSERT INTO account_changes(platform, id, account, setting, age_band, age_assured, value_from, value_to,"
	      " actor, warned, until, policy, at) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
S(CHOICE_ERASE, "DELETE FROM account_choices WHERE platform = $1 AND account = $2")
S(CHANGE_ERASE, "DELETE FROM account_changes WHERE platform = $1 AND account = $2")
