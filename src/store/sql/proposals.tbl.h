/* What waits for a second person. */
#define PROPOSAL_COLUMNS                                                                       \
	"id, op, method, path, body, what, policy, reason, proposer, created_at, expires_at, state," \
	" closed_by, closed_at, note"
S(PROPOSAL_ADD, "INSERT INTO proposals(" PROPOSAL_COLUMNS ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
		" $11, 'open', NULL, NULL, NULL)")
S(PROPOSAL_GET, "SELECT " PROPOSAL_COLUMNS " FROM proposals WHERE id = $1")
S(PROPOSAL_OPEN, "SELECT " PROPOSAL_COLUMNS " FROM proposals WHERE state = 'open' ORDER BY created_at LIMIT 200")
S(PROPOSAL_CLOSED, "SELECT " PROPOSAL_COLUMNS " FROM proposals WHERE state <> 'open' ORDER BY closed_at DESC LIMIT 100")
S(PROPOSAL_CLOSE, "UPDATE proposals SET state = $2, closed_by = $3, closed_at = $4, note = $5"
		  " WHERE id = $1 AND state = 'open'")
S(PROPOSAL_LATE, "SELECT id FROM proposals WHERE state = 'open' AND expires_at <= $1 LIMIT 64")
#undef PROPOSAL_COLUMNS
