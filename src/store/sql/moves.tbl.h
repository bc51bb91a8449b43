/* Migrations of the settings of a population. */
#define MOVE_COLS                                                                              \
	"SELECT id, platform, livemode, state, age_band, share, batch, per_minute, made_by, made_at, ended_at, next_at,"     \
	" place, looked, moved, settings, undone, kept FROM settings_moves"
S(MOVE_ADD, "INSERT INTO settings_moves(id, platform, livemode, state, age_band, share, batch, per_minute, made_by, made_at,"
	    " next_at, looked, moved, settings, undone, kept)"
	    " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 0, 0, 0, 0, 0)")
S(MOVE_GET, MOVE_COLS " WHERE id = $1")
S(MOVE_PAGE, MOVE_COLS " WHERE platform = $1 AND livemode = $2 ORDER BY id DESC LIMIT $3")
S(MOVE_ACTIVE, "SELECT COUNT(*) FROM settings_moves WHERE platform = $1 AND livemode = $2"
	       " AND state NOT IN ('done', 'undone')")
S(MOVE_DUE, MOVE_COLS " WHERE state IN ('running', 'undoing') AND next_at <= $1 ORDER BY next_at LIMIT 1")
S(MOVE_SAVE, "UPDATE settings_moves SET state = $2, ended_at = $3, next_at = $4, place = $5, looked = $6, moved = $7,"
	     " settings = $8, undone = $9, kept = $10 WHERE id = $1")
S(MOVED_ADD, "INSERT INTO settings_moved(move, account, platform, at, words) VALUES($1, $2, $3, $4, $5)")
S(MOVED_SINCE, "SELECT COUNT(*) FROM settings_moved WHERE platform = $1 AND account = $2 AND at >= $3 AND undone_at IS NULL")
S(MOVED_PAGE, "SELECT account, at, words FROM settings_moved WHERE move = $1 AND account > $2 AND undone_at IS NULL"
	      " ORDER BY account LIMIT $3")
S(MOVED_UNDO, "UPDATE settings_moved SET undone_at = $3 WHERE move = $1 AND account = $2")
S(MOVED_ERASE, "DELETE FROM settings_moved WHERE platform = $1 AND account = $2")
S(MOVED_OLD, "DELETE FROM settings_moved WHERE move = $1 AND account IN (SELECT o.account FROM settings_moved o"
	     " WHERE o.move = $1 ORDER BY o.account LIMIT $2)")
S(MOVE_OLD, "SELECT id FROM settings_moves WHERE ended_at < $1 LIMIT 1")
S(MOVE_DROP, "DELETE FROM settings_moves WHERE id = $1")
S(CHANGED_SINCE, "SELECT COUNT(*) FROM account_changes WHERE platform = $1 AND account = $2 AND setting = $3 AND at > $4"
		 " AND actor <> 'system'")
