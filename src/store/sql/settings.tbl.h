/* Settings by age band: what was chosen, and the history of changes. */
S(CHOICE_LIST, "SELECT setting, value, until, cap FROM account_choices WHERE platform = $1 AND account = $2")
S(CHOICE_PUT, "INSERT INTO account_choices(platform, account, setting, value, until, cap) VALUES($1, $2, $3, $4, $5, $6)"
	      " ON CONFLICT(platform, account, setting) DO UPDATE SET value = excluded.value, until = excluded.until,"
	      " cap = excluded.cap")
S(CHANGE_ADD, "INSERT INTO account_changes(platform, id, account, setting, age_band, age_assured, value_from, value_to,"
	      " actor, warned, until, policy, at, event, age_confidence)"
	      " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
	      " age_confidence FROM accounts WHERE platform = $1 AND id = $3")
S(CHANGE_LIST, "SELECT setting, event, value_from, value_to, actor, warned, until, policy, age_band, age_assured,"
	       " age_confidence, at FROM account_changes WHERE platform = $1 AND account = $2 ORDER BY at DESC, id DESC LIMIT $3")
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
S(CHOICE_LAPSE, "UPDATE account_choices SET value = NULL, until = NULL WHERE platform = $1 AND account = $2 AND until <= $3")

/* The matrix that platforms were told of. */
S(TOLD_LIST, "SELECT name, print FROM settings_told")
S(TOLD_CLEAR, "DELETE FROM settings_told")
S(TOLD_ADD, "INSERT INTO settings_told(name, print) VALUES($1, $2)")
