/* Transactions, schema, figures, duties. */
S(BEGIN, "BEGIN IMMEDIATE")
S(READ, "BEGIN")
S(COMMIT, "COMMIT")
S(ROLLBACK, "ROLLBACK")
S(SAVEPOINT, "SAVEPOINT part")
S(RELEASE, "RELEASE part")
S(UNDO, "ROLLBACK TO part")
S(COUNTER_ADD, "INSERT INTO counters(day, platform, live, name, policy, n) VALUES($1, $2, $3, $4, $5, $6)"
	       " ON CONFLICT(day, platform, live, name, policy) DO UPDATE SET n = counters.n + excluded.n")
S(COUNTER_SUM, "SELECT name, policy, SUM(n) FROM counters WHERE day >= $1 AND day <= $2 AND live = $3"
	       " GROUP BY name, policy ORDER BY name, policy")
S(DUTY_TAKE, "INSERT INTO duties(name, holder, until) VALUES($1, $2, $3)"
	     " ON CONFLICT(name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
	     " WHERE duties.until < $4 OR duties.holder = excluded.holder")
S(SESSIONS_ENDED, "DELETE FROM sessions WHERE expires_at <= $1")
S(REVEALS_ENDED, "DELETE FROM reveals WHERE expires_at <= $1")
