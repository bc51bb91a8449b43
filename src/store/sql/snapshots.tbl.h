/* Snapshots of the settings in force, and what they were found to be. */
S(WORD_LIST, "SELECT id, setting, value FROM setting_words ORDER BY id")
S(WORD_ADD, "INSERT INTO setting_words(id, setting, value) SELECT COALESCE(MAX(id), 0) + 1, $1, $2 FROM setting_words"
	    " RETURNING id")
#define SNAPSHOT_COLS                                                                          \
	"SELECT seq, id, taken_at, begun_at, ended_at, policy, lines, chain, accounts, looser_accounts, looser_settings,"  \
	" bad_line, repeated_account, unknown_account, erased_account, unknown_setting, unknown_value, listed,"            \
	" platform, livemode FROM snapshots"
S(SNAPSHOT_GET, SNAPSHOT_COLS " WHERE platform = $1 AND livemode = $2 AND id = $3")
S(SNAPSHOT_PAGE, SNAPSHOT_COLS " WHERE platform = $1 AND livemode = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4")
S(SNAPSHOT_BEFORE, SNAPSHOT_COLS " WHERE platform = $1 AND livemode = $2 AND seq < $3 AND ended_at IS NOT NULL"
		   " ORDER BY seq DESC LIMIT 1")
S(SNAPSHOT_ADD, "INSERT INTO snapshots(seq, platform, livemode, id, taken_at, begun_at, policy, lines, chain, accounts,"
		" looser_accounts, looser_settings, bad_line, repeated_account, unknown_account, erased_account,"
		" unknown_setting, unknown_value, listed)"
		" SELECT COALESCE(MAX(seq), 0) + 1, $1, $2, $3, $4, $5, $6, 0, $7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0"
		" FROM snapshots RETURNING seq")
S(SNAPSHOT_SAVE, "UPDATE snapshots SET lines = $2, chain = $3, accounts = $4, looser_accounts = $5,"
		 " looser_settings = $6, bad_line = $7, repeated_account = $8, unknown_account = $9,"
		 " erased_account = $10, unknown_setting = $11, unknown_value = $12, listed = $13, ended_at = $14"
		 " WHERE seq = $1")
S(SNAPSHOT_COUNT_ADD, "INSERT INTO snapshot_counts(snapshot, age_band, setting, value_is, value_must, looser, accounts)"
		      " VALUES($1, $2, $3, $4, $5, $6, $7)"
		      " ON CONFLICT(snapshot, age_band, setting, value_is, value_must)"
		      " DO UPDATE SET accounts = snapshot_counts.accounts + excluded.accounts")
S(SNAPSHOT_COUNTS, "SELECT age_band, setting, value_is, value_must, looser, accounts FROM snapshot_counts"
		   " WHERE snapshot = $1 ORDER BY age_band, setting, value_is, value_must")
S(FINDING_ADD, "INSERT INTO snapshot_findings(snapshot, line, nth, kind, what) VALUES($1, $2, $3, $4, $5)")
S(FINDING_PAGE, "SELECT line, nth, kind, what FROM snapshot_findings"
		" WHERE snapshot = $1 AND (line > $2 OR (line = $2 AND nth > $3)) ORDER BY line, nth LIMIT $4")
S(IN_FORCE_ACCOUNT, "SELECT id, age_band, state FROM accounts WHERE platform = $1 AND livemode = $2 AND ext_id = $3")
S(IN_FORCE_PUT, "INSERT INTO account_in_force(platform, account, livemode, snapshot, line, at, words, looser)"
		" VALUES($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT(platform, account) DO UPDATE SET"
		" snapshot = excluded.snapshot, line = excluded.line, at = excluded.at, words = excluded.words,"
		" looser = excluded.looser WHERE account_in_force.snapshot <> excluded.snapshot")
S(IN_FORCE_ERASE, "DELETE FROM account_in_force WHERE platform = $1 AND account = $2")
S(MEND_PAGE, "SELECT f.account, a.ext_id, a.age_band, a.language, f.snapshot, f.line, f.at, f.words, s.id, f.looser,"
	     " f.platform, f.livemode"
	     " FROM account_in_force f JOIN accounts a ON a.platform = f.platform AND a.id = f.account"
	     " JOIN snapshots s ON s.seq = f.snapshot"
	     " WHERE f.platform = $1 AND f.livemode = $2 AND f.looser > 0 AND f.account > $3"
	     " ORDER BY f.account LIMIT $4")
S(MEND_COUNT, "SELECT COUNT(*) FROM account_in_force WHERE platform = $1 AND livemode = $2 AND looser > 0")
/* The newest of a platform stays: what is known of its accounts names it. */
S(SNAPSHOT_OLD, "SELECT seq FROM snapshots WHERE begun_at < $1 AND seq < (SELECT MAX(n.seq) FROM snapshots n"
		" WHERE n.platform = snapshots.platform AND n.livemode = snapshots.livemode)"
		" AND NOT EXISTS (SELECT 1 FROM account_in_force f WHERE f.snapshot = snapshots.seq) LIMIT 1")
S(METRIC_SNAPSHOTS, "SELECT SUM(s.looser_accounts), SUM(s.accounts), MIN(s.taken_at) FROM snapshots s WHERE s.livemode = 1"
		    " AND s.seq = (SELECT MAX(n.seq) FROM snapshots n WHERE n.platform = s.platform AND n.livemode = 1"
		    " AND n.ended_at IS NOT NULL)")
S(SNAPSHOT_DROP, "DELETE FROM snapshots WHERE seq = $1")
S(SNAPSHOT_COUNTS_DROP, "DELETE FROM snapshot_counts WHERE snapshot = $1")
S(SNAPSHOT_FINDINGS_DROP, "DELETE FROM snapshot_findings WHERE snapshot = $1 AND line IN (SELECT f.line"
			  " FROM snapshot_findings f WHERE f.snapshot = $1 ORDER BY f.line LIMIT $2)")
S(IN_FORCE_OLD, "DELETE FROM account_in_force WHERE account IN (SELECT o.account FROM account_in_force o WHERE o.at < $1"
		" ORDER BY o.at LIMIT $2) AND at < $1")
