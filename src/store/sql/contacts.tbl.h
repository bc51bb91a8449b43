/* The log of contacts between accounts, and whose turn it is to be judged by it. */
S(CONTACT_ADD, "INSERT INTO contact_log(platform, sender, receiver, at, kind, outcome, band, flags, text, origin)"
	       " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
/* Who rests waits from now on, until $3 at the earliest; who waits goes on waiting; who is being judged is judged again. */
S(CONTACT_WATCH, "INSERT INTO contact_watch(platform, account, due_at, state) VALUES($1, $2, $3, 1)"
		 " ON CONFLICT(platform, account) DO UPDATE SET state = 1, due_at = CASE WHEN contact_watch.due_at >"
		 " excluded.due_at THEN contact_watch.due_at ELSE excluded.due_at END WHERE contact_watch.state <> 1")
S(CONTACT_EXPIRE, "DELETE FROM contact_log WHERE id IN (SELECT id FROM contact_log WHERE at < $1 ORDER BY at LIMIT $2)")
S(CONTACT_ERASE_SENT, "DELETE FROM contact_log WHERE platform = $1 AND sender = $2")
S(CONTACT_ERASE_RECEIVED, "UPDATE contact_log SET receiver = $3, text = NULL WHERE platform = $1 AND receiver = $2")
S(CONTACT_ERASE_WATCH, "DELETE FROM contact_watch WHERE platform = $1 AND account = $2")
/* The newest first, so that a bound leaves out the oldest. */
S(CONTACT_SENT, "SELECT id, receiver, at, kind, outcome, band, flags, text, origin FROM contact_log"
		" WHERE platform = $1 AND sender = $2 AND at > $3 AND at <= $4 ORDER BY at DESC, id DESC LIMIT $5")
S(CONTACT_FROM_ORIGIN, "SELECT at, sender, receiver, band FROM contact_log WHERE platform = $1 AND origin = $2 AND at > $3"
		       " AND at <= $4 ORDER BY at DESC, id DESC LIMIT $5")
S(CONTACT_DUE, "SELECT platform, account FROM contact_watch WHERE due_at <= $1 AND state <> 0 ORDER BY due_at LIMIT $2")
S(CONTACT_TAKE, "UPDATE contact_watch SET state = 2, due_at = $3 WHERE platform = $1 AND account = $2")
/* Who did something meanwhile goes on waiting, for the pause. */
S(CONTACT_REST, "UPDATE contact_watch SET state = CASE WHEN state = 2 THEN 0 ELSE state END, due_at = $3"
		" WHERE platform = $1 AND account = $2")
S(CONTACT_FORGET, "DELETE FROM contact_watch WHERE (platform, account) IN (SELECT platform, account FROM contact_watch"
		  " WHERE due_at <= $1 AND state = 0 ORDER BY due_at LIMIT $2)")
S(ACCOUNT_VERDICT_PUT, "INSERT INTO account_verdicts(platform, account, verdict, ruleset, reasons, rules, at)"
		       " VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT(platform, account) DO UPDATE SET"
		       " verdict = excluded.verdict, ruleset = excluded.ruleset, reasons = excluded.reasons,"
		       " rules = excluded.rules, at = excluded.at")
S(ACCOUNT_VERDICT_GET, "SELECT verdict, ruleset, reasons, rules, at FROM account_verdicts WHERE platform = $1 AND account = $2")
S(ACCOUNT_VERDICT_DROP, "DELETE FROM account_verdicts WHERE platform = $1 AND account = $2")
S(ACCOUNT_VERDICT_EXPIRE, "DELETE FROM account_verdicts WHERE (platform, account) IN (SELECT platform, account"
			  " FROM account_verdicts WHERE at < $1 ORDER BY at LIMIT $2)")
