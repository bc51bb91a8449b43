/* The ledger: decisions, what became of them, strikes; actions. Columns as in decision_cols.tbl.h. */
#define DECISION_COLS  \
	"id, puid, platform, live, service, at, kind, reverses, subject_kind, subject, item_ext, "  \
	"account, case_id, content_types, content_language, posted_at, first_viewed_at, "  \
	"views_at_action, author_territory, trigger, trigger_ref, trigger_entry, "  \
	"trigger_authority, trigger_state, trigger_legal, detector, detector_version, score, "  \
	"threshold, automated_detection, policy, policy_version, ruleset, ground, legal_ground, "  \
	"legal_explanation, terms_ground, terms_explanation, terms_also_illegal, ground_url, "  \
	"category, category_addition, keywords, keyword_other, facts, visibility, monetary, "  \
	"provision, account_restriction, territorial_scope, visibility_end, monetary_end, "  \
	"service_end, account_end, automated_decision, reviewer, reviewer_pseudonym, "  \
	"reviewer_language, viewed_whole, second_reviewer, queued_us, decided_in_us, source_type, "  \
	"source_identity, gag_until, effective_at, statement"
#define DECISION_VALUES  \
	"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, "  \
	"$20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, "  \
	"$37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, "  \
	"$54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67"
S(DECISION_ADD, "INSERT INTO decisions(" DECISION_COLS ") VALUES(" DECISION_VALUES ")")
S(DECISION_GET, "SELECT " DECISION_COLS ", seq FROM decisions WHERE id = $1")
S(DECISION_OF_SUBJECT, "SELECT " DECISION_COLS ", seq FROM decisions WHERE platform = $1 AND subject_kind = $2"
		       " AND subject = $3 ORDER BY at DESC, id DESC LIMIT $4")
S(DECISION_REVERSED, "SELECT EXISTS(SELECT 1 FROM decisions WHERE reverses = $1)"
		     " OR EXISTS(SELECT 1 FROM decision_events WHERE decision = $1 AND kind = 'undone')")
S(DECISION_TODAY, "SELECT COUNT(*) FROM decisions d WHERE reviewer = $1 AND at >= $2"
		  " AND NOT EXISTS (SELECT 1 FROM decision_events e WHERE e.decision = d.id AND e.kind = 'undone')")
S(DECISION_EVENT_ADD, "INSERT INTO decision_events(id, decision, kind, at, actor, ref, outcome, detail)"
		      " VALUES($1, $2, $3, $4, $5, $6, $7, $8)")
S(DECISION_EVENT_LIST, "SELECT kind, at, actor, ref, outcome, detail, seq FROM decision_events WHERE decision = $1"
		       " ORDER BY at, id LIMIT 1000")
#undef DECISION_COLS
#undef DECISION_VALUES

S(STRIKE_ADD, "INSERT INTO strikes(platform, account, decision, policy, weight, at, expires_at)"
	      " VALUES($1, $2, $3, $4, $5, $6, $7)")
S(STRIKE_REVOKE, "UPDATE strikes SET revoked_at = $2 WHERE decision = $1 AND revoked_at IS NULL"
		 " RETURNING platform, account, weight")
S(STRIKE_RESTORE, "UPDATE strikes SET revoked_at = NULL WHERE decision = $1 AND revoked_at = $2"
		  " RETURNING platform, account")
/* Accounts with strikes that expired in ($1, $2]: counted anew. */
S(STRIKE_EXPIRE, "UPDATE accounts SET strikes = (SELECT COALESCE(SUM(weight), 0) FROM strikes s"
		 " WHERE s.platform = accounts.platform AND s.account = accounts.id AND s.revoked_at IS NULL"
		 " AND s.expires_at > $2) WHERE (platform, id) IN (SELECT platform, account FROM strikes"
		 " WHERE expires_at > $1 AND expires_at <= $2)")
S(STRIKE_LIST, "SELECT decision, policy, weight, at, expires_at, revoked_at FROM strikes WHERE platform = $1"
	       " AND account = $2 ORDER BY at DESC LIMIT 200")
S(STRIKE_SUM, "UPDATE accounts SET strikes = (SELECT COALESCE(SUM(weight), 0) FROM strikes s"
	      " WHERE s.platform = accounts.platform AND s.account = accounts.id AND s.revoked_at IS NULL"
	      " AND s.expires_at > $3) WHERE platform = $1 AND id = $2")

#define ACTION_COLS                                                                            \
	"a.id, a.decision, a.platform, a.live, a.subject_kind, a.subject, a.name, a.params, a.reverses, a.state,"  \
	" a.created_at, a.clock_at, a.confirmed_at, a.confirm_note"
S(ACTION_ADD, "INSERT INTO actions(id, decision, platform, live, subject_kind, subject, name, params, reverses, state,"
	      " created_at, clock_at, confirmed_at) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
S(ACTION_GET, "SELECT " ACTION_COLS " FROM actions a WHERE a.id = $1")
S(ACTION_SET, "UPDATE actions SET state = $2, clock_at = $3, confirmed_at = $4, confirm_note = $5 WHERE id = $1")
S(ACTION_OF_DECISION, "SELECT " ACTION_COLS " FROM actions a WHERE a.decision = $1 ORDER BY a.created_at, a.id")
S(ACTION_OF_SUBJECT, "SELECT " ACTION_COLS " FROM actions a WHERE a.platform = $1 AND a.subject_kind = $2"
		     " AND a.subject = $3 ORDER BY a.created_at DESC, a.id DESC LIMIT $4")
/* In force: it may be at work on the platform and nothing takes it back. By decisions about the subject. */
S(ACTION_IN_FORCE,
    "SELECT " ACTION_COLS ", d.automated_decision FROM decisions d JOIN actions a ON a.decision = d.id"
    " WHERE d.platform = $1 AND d.subject_kind = $2 AND d.subject = $3 AND a.reverses IS NULL"
    " AND a.state IN ('waiting', 'sent', 'confirmed', 'held')"
    " AND NOT EXISTS (SELECT 1 FROM actions b JOIN decisions e ON e.id = b.decision"
    " WHERE b.reverses = a.id AND e.platform = d.platform AND e.subject_kind = d.subject_kind"
    " AND e.subject = d.subject AND b.state IN ('waiting', 'sent', 'confirmed', 'held'))"
    " ORDER BY a.created_at, a.id LIMIT $4")
/* The same by what the action is about, whatever the decision was about; held ones are not at work. */
S(ACTION_ON, "SELECT " ACTION_COLS " FROM actions a WHERE a.platform = $1 AND a.subject_kind = $2 AND a.subject = $3"
	     " AND a.reverses IS NULL AND a.state IN ('waiting', 'sent', 'confirmed') AND NOT EXISTS (SELECT 1 FROM actions b"
	     " WHERE b.reverses = a.id AND b.state IN ('waiting', 'sent', 'confirmed')) ORDER BY a.created_at DESC, a.id DESC LIMIT $4")
S(ACTION_CLOCKS, "SELECT " ACTION_COLS " FROM actions a WHERE a.clock_at <= $1"
		 " AND a.state IN ('waiting', 'sent') ORDER BY a.clock_at LIMIT $2")
S(ACTION_ABOUT, "SELECT COALESCE(i.ext_id, x.ext_id, '') FROM actions a LEFT JOIN items i ON a.subject_kind = 'item'"
		" AND i.platform = a.platform AND i.id = a.subject LEFT JOIN accounts x ON a.subject_kind = 'account'"
		" AND x.platform = a.platform AND x.id = a.subject WHERE a.id = $1")
S(ACTION_COUNTS, "SELECT state, COUNT(*) FROM actions GROUP BY state")
#undef ACTION_COLS

/* What a decision must know of its case and its reviewer. */
S(DECIDING_CAUSES, "SELECT kind, ref FROM case_causes WHERE case_id = $1 ORDER BY n LIMIT 100")
S(DECIDING_FLAGS, "SELECT kind, ext_id, id FROM flags WHERE case_id = $1 ORDER BY id LIMIT 100")
S(DECIDING_PSEUDONYM, "SELECT pseudonym FROM users WHERE id = $1")
