/* Users, sessions, audit. */
S(USER_ADD, "INSERT INTO users(id, name, role, password, pseudonym, skills, created_at)"
	    " VALUES($1, $2, $3, $4, $5, $6, $7)")
S(USER_BY_NAME, "SELECT id, name, role, pseudonym, skills, prefs, created_at, disabled_at, failed, locked_until, password"
		" FROM users WHERE name = $1")
S(USER_GET, "SELECT id, name, role, pseudonym, skills, prefs, created_at, disabled_at, failed, locked_until, password"
	    " FROM users WHERE id = $1")
S(USER_LIST, "SELECT id, name, role, pseudonym, skills, prefs, created_at, disabled_at, failed, locked_until, password"
	     " FROM users ORDER BY name LIMIT 1000")
S(USER_PASSWORD, "UPDATE users SET password = $2, failed = 0, locked_until = NULL WHERE id = $1")
S(USER_ROLE, "UPDATE users SET role = $2 WHERE id = $1")
S(USER_SKILLS, "UPDATE users SET skills = $2 WHERE id = $1")
S(USER_PREFS, "UPDATE users SET prefs = $2 WHERE id = $1")
S(USER_DISABLED, "UPDATE users SET disabled_at = $2 WHERE id = $1")
S(USER_FAILED, "UPDATE users SET failed = $2, locked_until = $3 WHERE id = $1")
S(USER_ADMINS, "SELECT COUNT(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1")
S(SESSION_ADD, "INSERT INTO sessions(hash, user_id, csrf, created_at, seen_at, expires_at, device, address, enrolling, proved_at)"
	       " VALUES($1, $2, $3, $4, $4, $5, $6, $7, $8, $4)")
S(SESSION_GET, "SELECT hash, user_id, csrf, created_at, seen_at, expires_at, device, address, enrolling, proved_at"
	       " FROM sessions WHERE hash = $1")
S(SESSION_LIST, "SELECT hash, user_id, csrf, created_at, seen_at, expires_at, device, address, enrolling, proved_at"
		" FROM sessions WHERE user_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, hash")
S(SESSION_PROVED, "UPDATE sessions SET proved_at = $2 WHERE hash = $1")
S(SESSION_ENROLLED, "UPDATE sessions SET proved_at = $2, enrolling = 0 WHERE hash = $1")
S(SESSIONS_END_OTHERS, "DELETE FROM sessions WHERE user_id = $1 AND hash <> $2")
S(SESSION_SEEN, "UPDATE sessions SET seen_at = $2 WHERE hash = $1 AND seen_at < $2")
S(SESSION_END, "DELETE FROM sessions WHERE hash = $1")
S(SESSIONS_END_OF, "DELETE FROM sessions WHERE user_id = $1")
S(AUDIT_ADD, "INSERT INTO audit(id, at, actor, verb, subject, detail) VALUES($1, $2, $3, $4, $5, $6)")
S(AUDIT_STARTED, "SELECT 1 FROM audit WHERE verb = 'config.load' AND detail = $1 LIMIT 1")
S(AUDIT_START, "SELECT detail FROM audit WHERE verb = 'config.load' ORDER BY at DESC LIMIT 1")
S(AUDIT_LIST, "SELECT id, at, actor, verb, subject, detail, seq FROM audit WHERE at >= $1 AND at < $2 AND id < $3"
	" AND ($4 IS NULL OR actor = $4) AND ($5 IS NULL OR (verb >= $5 AND verb <= $6)) AND ($7 IS NULL OR subject = $7)"
	" ORDER BY id DESC LIMIT $8")
S(AUDIT_BY_ACTOR, "SELECT id, at, actor, verb, subject, detail, seq FROM audit WHERE at >= $1 AND at < $2 AND id < $3" " AND actor = $4"
	" AND ($4 IS NULL OR actor = $4) AND ($5 IS NULL OR (verb >= $5 AND verb <= $6)) AND ($7 IS NULL OR subject = $7)"
	" ORDER BY at DESC, id DESC LIMIT $8")
S(AUDIT_BY_VERB, "SELECT id, at, actor, verb, subject, detail, seq FROM audit WHERE at >= $1 AND at < $2 AND id < $3" " AND verb >= $5 AND verb <= $6"
	" AND ($4 IS NULL OR actor = $4) AND ($5 IS NULL OR (verb >= $5 AND verb <= $6)) AND ($7 IS NULL OR subject = $7)"
	" ORDER BY at DESC, id DESC LIMIT $8")
S(AUDIT_BY_SUBJECT, "SELECT id, at, actor, verb, subject, detail, seq FROM audit WHERE at >= $1 AND at < $2 AND id < $3" " AND subject = $7"
	" AND ($4 IS NULL OR actor = $4) AND ($5 IS NULL OR (verb >= $5 AND verb <= $6)) AND ($7 IS NULL OR subject = $7)"
	" ORDER BY at DESC, id DESC LIMIT $8")
S(USER_MADE_BY, "UPDATE users SET made_by = $2, password_by = $2, password_at = $3 WHERE id = $1")
S(USER_PASSWORD_BY, "UPDATE users SET password_by = $2, password_at = $3 WHERE id = $1")
S(USER_VOUCHED, "SELECT made_by, created_at, password_by, password_at FROM users WHERE id = $1")
S(GRANTS_OF, "SELECT kind, name, acts FROM grants WHERE user_id = $1 ORDER BY kind, name LIMIT 64")
S(GRANTS_DROP, "DELETE FROM grants WHERE user_id = $1")
S(GRANT_ADD, "INSERT INTO grants(user_id, kind, name, acts) VALUES($1, $2, $3, $4)")
S(SESSIONS_COUNT, "SELECT COUNT(*), MAX(seen_at) FROM sessions WHERE user_id = $1 AND expires_at > $2")
