/* Settings by age band: what was chosen, and the history of changes. */
/* What the holder chose, then what guardians bound: a row a bound. */
S(CHOICE_LIST, "SELECT setting, value, until, NULL FROM account_choices WHERE platform = $1 AND account = $2"
	       " UNION ALL SELECT setting, NULL, NULL, cap FROM guardian_caps WHERE platform = $1 AND account = $2")
S(CHOICE_PUT, "INSERT INTO account_choices(platform, account, setting, value, until) VALUES($1, $2, $3, $4, $5)"
	      " ON CONFLICT(platform, account, setting) DO UPDATE SET value = excluded.value, until = excluded.until")
S(CHANGE_ADD, "INSERT INTO account_changes(platform, id, account, setting, age_band, age_assured, value_from, value_to,"
	      " actor, warned, until, policy, at, event, age_confidence)"
	      " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
	      " age_confidence FROM accounts WHERE platform = $1 AND id = $3")
S(CHANGE_LIST, "SELECT setting, event, value_from, value_to, actor, warned, until, policy, age_band, age_assured,"
	       " age_confidence, at FROM account_changes WHERE platform = $1 AND account = $2 ORDER BY at DESC, id DESC LIMIT $3")
S(CHANGE_EXPIRE, "DELETE FROM account_changes WHERE (platform, id) IN (SELECT platform, id FROM account_changes"
		  " WHERE at < $1 LIMIT $2)")
S(CHOICE_ERASE, "DELETE FROM account_choices WHERE platform = $1 AND account = $2")
S(CHANGE_ERASE, "DELETE FROM account_changes WHERE platform = $1 AND account = $2")

/* What is known of ages (core/age.h); accounts.age_band is the accepted band. */
S(AGE_GET, "SELECT age_state, age_band, age_assured, age_confidence, birth_month, age_since, age_offer, age_before, age_due"
	   " FROM accounts WHERE platform = $1 AND id = $2")
S(AGE_SET, "UPDATE accounts SET age_state = $3, age_band = $4, age_assured = $5, age_confidence = $6, birth_month = $7,"
	   " age_since = $8, age_offer = $9, age_before = $10, age_due = $11 WHERE platform = $1 AND id = $2")
S(AGE_SAID, "SELECT assured, band, weak, lowered, at FROM account_age_said WHERE platform = $1 AND account = $2")
S(AGE_SAID_ADD, "INSERT INTO account_age_said(platform, account, assured, band, weak, lowered, at)"
		" VALUES($1, $2, $3, $4, $5, $6, $7)")
S(AGE_SAID_ERASE, "DELETE FROM account_age_said WHERE platform = $1 AND account = $2")
S(AGE_DUE, "SELECT platform, id FROM accounts WHERE age_due <= $1 ORDER BY age_due LIMIT $2")

/* Values that lapsed, an account at a time. */
S(CHOICE_LAPSED, "SELECT DISTINCT platform, account FROM account_choices WHERE until <= $1 LIMIT $2")
S(CHOICE_LAPSE, "DELETE FROM account_choices WHERE platform = $1 AND account = $2 AND until <= $3")

/* The matrix that platforms were told of. */
S(TOLD_LIST, "SELECT name, print FROM settings_told")
S(TOLD_CLEAR, "DELETE FROM settings_told")
S(TOLD_ADD, "INSERT INTO settings_told(name, print) VALUES($1, $2)")

/* Guardians, by the id that the platform has for them. */
S(GUARDIAN_ADD, "INSERT INTO guardians(platform, account, guardian, live, linked_at) VALUES($1, $2, $3, $4, $5)"
		" ON CONFLICT(platform, account, guardian) DO NOTHING")
S(GUARDIAN_LIST, "SELECT guardian, linked_at FROM guardians WHERE platform = $1 AND account = $2 ORDER BY linked_at, guardian")
S(GUARDIAN_GET, "SELECT linked_at FROM guardians WHERE platform = $1 AND account = $2 AND guardian = $3")
S(GUARDIAN_END, "DELETE FROM guardians WHERE platform = $1 AND account = $2 AND guardian = $3")
S(GUARDIAN_WARDS, "SELECT account FROM guardians WHERE platform = $1 AND live = $2 AND guardian = $3 LIMIT $4")
S(GUARDIAN_CAP_PUT, "INSERT INTO guardian_caps(platform, account, guardian, setting, cap) VALUES($1, $2, $3, $4, $5)"
		    " ON CONFLICT(platform, account, guardian, setting) DO UPDATE SET cap = excluded.cap")
S(GUARDIAN_CAP_DROP, "DELETE FROM guardian_caps WHERE platform = $1 AND account = $2 AND guardian = $3 AND setting = $4")
S(GUARDIAN_CAPS_DROP, "DELETE FROM guardian_caps WHERE platform = $1 AND account = $2 AND guardian = $3")
S(GUARDIAN_CAPS_LIST, "SELECT guardian, setting, cap FROM guardian_caps WHERE platform = $1 AND account = $2")
S(GUARDIAN_ERASE, "DELETE FROM guardians WHERE platform = $1 AND account = $2")
S(GUARDIAN_CAPS_ERASE, "DELETE FROM guardian_caps WHERE platform = $1 AND account = $2")
/* Whoever is erased is nobody's guardian any more. */
S(GUARDIAN_ERASE_AS, "DELETE FROM guardians WHERE platform = $1 AND EXISTS (SELECT 1 FROM accounts a WHERE a.platform = $1"
		     " AND a.id = $2 AND a.ext_id = guardians.guardian AND a.livemode = guardians.live)")
S(GUARDIAN_CAPS_ERASE_AS, "DELETE FROM guardian_caps WHERE platform = $1 AND guardian = (SELECT a.ext_id FROM accounts a"
			  " WHERE a.platform = $1 AND a.id = $2) AND account IN (SELECT g.account FROM guardians g"
			  " JOIN accounts a ON a.platform = g.platform AND a.ext_id = g.guardian AND a.livemode = g.live"
			  " WHERE g.platform = $1 AND a.id = $2)")
