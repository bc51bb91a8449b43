/*
 * W(enum tag, PREFIX) begins a word list, V(PREFIX_VALUE, "text") is one word, END closes it. The texts are what
 * stands in the store, in JSON and in rules. Order matters where it says so; new words go to the end.
 */
W(tl_item_kind, KIND)
V(TL_KIND_POST, "post")
V(TL_KIND_COMMENT, "comment")
V(TL_KIND_MESSAGE, "message")
V(TL_KIND_IMAGE, "image")
V(TL_KIND_VIDEO, "video")
V(TL_KIND_PROFILE, "profile")
V(TL_KIND_LIVE_STREAM, "live_stream")
V(TL_KIND_AUDIO, "audio")
END(tl_item_kind)

W(tl_audience, AUDIENCE)
V(TL_AUDIENCE_PUBLIC, "public")
V(TL_AUDIENCE_FOLLOWERS, "followers")
V(TL_AUDIENCE_FRIENDS, "friends")
V(TL_AUDIENCE_GROUP, "group")
V(TL_AUDIENCE_DIRECT, "direct")
END(tl_audience)

W(tl_item_state, ITEM_STATE)
V(TL_ITEM_PENDING, "pending")
V(TL_ITEM_SCANNED, "scanned")
V(TL_ITEM_UNSCANNABLE, "unscannable")
V(TL_ITEM_DELETED, "deleted")
V(TL_ITEM_RETIRED, "retired")
END(tl_item_state)

W(tl_stream_state, STREAM_STATE)
V(TL_STREAM_RUNNING, "running")
V(TL_STREAM_ENDED, "ended")
V(TL_STREAM_STOPPED, "stopped") /* because of a decision */
END(tl_stream_state)

/* Who or what says that a stream is over. */
W(tl_stream_end, STREAM_END)
V(TL_STREAM_BY_PLATFORM, "platform")
V(TL_STREAM_BY_SILENCE, "silence")
V(TL_STREAM_BY_ACTION, "action")
END(tl_stream_end)

/* Rising gravity. */
W(tl_verdict_word, VERDICT)
V(TL_VERDICT_ALLOW, "allow")
V(TL_VERDICT_REVIEW, "review")
V(TL_VERDICT_WITHHOLD, "withhold")
V(TL_VERDICT_BLOCK, "block")
END(tl_verdict_word)

/* Rising gravity. */
W(tl_severity, SEVERITY)
V(TL_SEVERITY_LOW, "low")
V(TL_SEVERITY_MEDIUM, "medium")
V(TL_SEVERITY_HIGH, "high")
V(TL_SEVERITY_CRITICAL, "critical")
END(tl_severity)

W(tl_age_band, AGE)
V(TL_AGE_UNKNOWN, "unknown")
V(TL_AGE_UNDER_13, "under13")
V(TL_AGE_13_15, "13-15")
V(TL_AGE_16_17, "16-17")
V(TL_AGE_18, "18+")
END(tl_age_band)

W(tl_age_assured, ASSURED)
V(TL_ASSURED_NONE, "none")
V(TL_ASSURED_DECLARED, "declared")
V(TL_ASSURED_ESTIMATED, "estimated")
V(TL_ASSURED_VERIFIED, "verified")
V(TL_ASSURED_GUARDIAN, "guardian")
END(tl_age_assured)

/* The life of an account's age: age_state.tbl.h. */
W(tl_age_state, AGE_STATE)
V(TL_AGES_UNKNOWN, "unknown")
V(TL_AGES_HELD, "held")         /* a band was said and holds */
V(TL_AGES_OFFERED, "offered")   /* an older band waits for the holder's answer */
V(TL_AGES_DECLINED, "declined") /* the holder keeps the band; the offer stands */
V(TL_AGES_MOVED, "moved")       /* accepted; can be taken back */
END(tl_age_state)

/* Why what was known of an age does not count any more. */
W(tl_age_correction, AGE_CORRECTION)
V(TL_CORRECTION_NONE, "none")
V(TL_CORRECTION_MISTAKE, "mistake") /* entered wrongly */
V(TL_CORRECTION_REVIEW, "review")   /* a person looked into it */
V(TL_CORRECTION_APPEAL, "appeal")   /* the holder complained and was right */
END(tl_age_correction)

W(tl_account_state, ACCOUNT_STATE)
V(TL_ACCOUNT_ACTIVE, "active")
V(TL_ACCOUNT_SUSPENDED, "suspended")
V(TL_ACCOUNT_TERMINATED, "terminated")
V(TL_ACCOUNT_DELETED, "deleted")
END(tl_account_state)

W(tl_media_state, MEDIA_STATE)
V(TL_MEDIA_PENDING, "pending")
V(TL_MEDIA_DECODED, "decoded")
V(TL_MEDIA_UNSCANNABLE, "unscannable")
V(TL_MEDIA_ERASED, "erased")
END(tl_media_state)

W(tl_subject_kind, SUBJECT)
V(TL_SUBJECT_ITEM, "item")
V(TL_SUBJECT_ACCOUNT, "account")
END(tl_subject_kind)

W(tl_flag_kind, FLAG)
V(TL_FLAG_USER, "user")
V(TL_FLAG_TRUSTED, "trusted_flagger")
V(TL_FLAG_NOTICE, "notice")
V(TL_FLAG_REFERRAL, "referral")
END(tl_flag_kind)

W(tl_case_state, CASE_STATE)
V(TL_CASE_OPEN, "open")
V(TL_CASE_CLAIMED, "claimed")
V(TL_CASE_DECIDED, "decided")
V(TL_CASE_CLOSED, "closed")
END(tl_case_state)

W(tl_cause_kind, CAUSE)
V(TL_CAUSE_RULE, "rule")
V(TL_CAUSE_FLAG, "flag")
V(TL_CAUSE_UNSCANNABLE, "unscannable")
V(TL_CAUSE_UNKNOWN, "unknown")
V(TL_CAUSE_APPEAL, "appeal")
V(TL_CAUSE_MANUAL, "manual")
V(TL_CAUSE_AGE, "age") /* below the minimum age */
END(tl_cause_kind)

W(tl_bank_kind, BANK)
V(TL_BANK_PDQ, "pdq")
V(TL_BANK_DIGEST, "digest")
V(TL_BANK_TEXT, "text")
V(TL_BANK_VIDEO, "video")
V(TL_BANK_SOUND, "sound")
END(tl_bank_kind)

/* What a match in a bank means: this may not be published, or this is known to be harmless. */
W(tl_bank_direction, DIRECTION)
V(TL_DIRECTION_BLOCK, "block")
V(TL_DIRECTION_ALLOW, "allow")
END(tl_bank_direction)

/*
 * What weight a signal has: it counts; it counts but never blocks (its entry is review-only); it is a match on an
 * allow-list; it is set aside by one; the item is outside of the bank's share of traffic.
 */
W(tl_effect, EFFECT)
V(TL_EFFECT_FULL, "full")
V(TL_EFFECT_REVIEW, "review")
V(TL_EFFECT_ALLOW, "allow")
V(TL_EFFECT_ALLOWED, "allowed")
V(TL_EFFECT_SHARE, "share")
END(tl_effect)

/*
 * Why what matched a bank is judged again: entries of an allow-list went, the list reaches less far, a bank applies to more of
 * the traffic, an entry left review-only, rules name the bank, a person asked.
 */
W(tl_rejudge, REJUDGE)
V(TL_REJUDGE_ENTRIES, "entries")
V(TL_REJUDGE_ALLOW, "allow")
V(TL_REJUDGE_SHARE, "share")
V(TL_REJUDGE_REVIEW, "review")
V(TL_REJUDGE_RULES, "rules")
V(TL_REJUDGE_ASKED, "asked")
END(tl_rejudge)

W(tl_entry_form, FORM)
V(TL_FORM_PDQ, "pdq")
V(TL_FORM_MD5, "md5")
V(TL_FORM_SHA256, "sha256")
V(TL_FORM_WORD, "word")
V(TL_FORM_PHRASE, "phrase")
V(TL_FORM_REGEX, "regex")
V(TL_FORM_VPDQ, "vpdq")
V(TL_FORM_CHROMAPRINT, "chromaprint")
END(tl_entry_form)

/* What an entry of a bank is good for now, as people see it. */
W(tl_entry_state, ENTRY_STATE)
V(TL_ENTRY_LIVE, "live")
V(TL_ENTRY_REVIEW, "review_only")
V(TL_ENTRY_OFF, "off")
V(TL_ENTRY_EXPIRED, "expired")
END(tl_entry_state)

/* Formats of files of entries. */
W(tl_import_format, IMPORT)
V(TL_IMPORT_AUTO, "auto")
V(TL_IMPORT_LINES, "lines")
V(TL_IMPORT_CSV, "csv")
V(TL_IMPORT_JSON, "json")
V(TL_IMPORT_NDJSON, "ndjson")
END(tl_import_format)

W(tl_ground, GROUND)
V(TL_GROUND_NONE, "none")
V(TL_GROUND_ILLEGAL, "illegal")
V(TL_GROUND_INCOMPATIBLE, "incompatible")
END(tl_ground)

W(tl_automation, AUTOMATION)
V(TL_AUTOMATION_NOT, "not")
V(TL_AUTOMATION_PARTIALLY, "partially")
V(TL_AUTOMATION_FULLY, "fully")
END(tl_automation)

W(tl_trigger, TRIGGER)
V(TL_TRIGGER_OWN, "own_initiative")
V(TL_TRIGGER_NOTICE, "notice")
V(TL_TRIGGER_TRUSTED, "trusted_flagger")
V(TL_TRIGGER_ORDER, "order")
V(TL_TRIGGER_REFERRAL, "referral")
V(TL_TRIGGER_HASH, "hash_match")
V(TL_TRIGGER_APPEAL, "appeal")
V(TL_TRIGGER_CORRECTION, "correction")
END(tl_trigger)

W(tl_decision_kind, DECISION)
V(TL_DECISION_ACT, "act")
V(TL_DECISION_CLEAR, "clear")
V(TL_DECISION_REVERSE, "reverse")
END(tl_decision_kind)

W(tl_action_state, ACTION_STATE)
V(TL_ACTION_WAITING, "waiting")
V(TL_ACTION_SENT, "sent")
V(TL_ACTION_CONFIRMED, "confirmed")
V(TL_ACTION_REFUSED, "refused")
V(TL_ACTION_CANCELLED, "cancelled")
V(TL_ACTION_REVERSED, "reversed")
V(TL_ACTION_HELD, "held")
END(tl_action_state)

W(tl_outbox_state, OUTBOX_STATE)
V(TL_OUTBOX_WAITING, "waiting")
V(TL_OUTBOX_LEASED, "leased")
V(TL_OUTBOX_DELIVERED, "delivered")
V(TL_OUTBOX_DEAD, "dead")
V(TL_OUTBOX_CANCELLED, "cancelled")
V(TL_OUTBOX_HELD, "held")
END(tl_outbox_state)

W(tl_move_state, MOVE_STATE)
V(TL_MOVE_RUNNING, "running")
V(TL_MOVE_PAUSED, "paused")
V(TL_MOVE_DONE, "done")
V(TL_MOVE_UNDOING, "undoing")
V(TL_MOVE_UNDO_PAUSED, "undo_paused")
V(TL_MOVE_UNDONE, "undone")
END(tl_move_state)

/* What a line of a snapshot of settings was found to be, besides what it says. */
W(tl_snapshot_oddity, SNAPSHOT_ODDITY)
V(TL_ODD_BAD_LINE, "bad_line")
V(TL_ODD_REPEATED, "repeated_account")
V(TL_ODD_UNKNOWN_ACCOUNT, "unknown_account")
V(TL_ODD_ERASED, "erased_account")
V(TL_ODD_SETTING, "unknown_setting")
V(TL_ODD_VALUE, "unknown_value")
END(tl_snapshot_oddity)

W(tl_alarm_state, ALARM_STATE)
V(TL_ALARM_OPEN, "open")
V(TL_ALARM_ACKNOWLEDGED, "acknowledged")
V(TL_ALARM_CLOSED, "closed")
END(tl_alarm_state)

/* Falling gravity. */
W(tl_alarm_severity, ALARM_SEVERITY)
V(TL_ALARM_CRITICAL, "critical")
V(TL_ALARM_WARNING, "warning")
V(TL_ALARM_NOTICE, "notice")
END(tl_alarm_severity)

/* Rising steps of escalation. */
W(tl_alarm_who, ALARM_WHO)
V(TL_ALARM_ONCALL, "oncall")
V(TL_ALARM_LEADS, "leads")
V(TL_ALARM_ADMINS, "admins")
END(tl_alarm_who)

W(tl_role, ROLE)
V(TL_ROLE_VIEWER, "viewer")
V(TL_ROLE_MODERATOR, "moderator")
V(TL_ROLE_SPECIALIST, "specialist")
V(TL_ROLE_LEAD, "lead")
V(TL_ROLE_ADMIN, "admin")
END(tl_role)

/* What an API key may do; admin holds all the others. */
W(tl_scope, SCOPE)
V(TL_SCOPE_INGEST, "ingest")
V(TL_SCOPE_MATCH, "match")
V(TL_SCOPE_FLAG, "flag")
V(TL_SCOPE_ACCOUNTS, "accounts")
V(TL_SCOPE_CONFIRM, "confirm")
V(TL_SCOPE_EVENTS, "events")
V(TL_SCOPE_READ, "read")
V(TL_SCOPE_ADMIN, "admin")
V(TL_SCOPE_BANKS, "banks")
END(tl_scope)

/* What can be done to something that a grant covers. */
W(tl_act, ACT)
V(TL_ACT_SEE, "see")
V(TL_ACT_WORK, "work")
V(TL_ACT_REVEAL, "reveal")
V(TL_ACT_DECIDE, "decide")
V(TL_ACT_REVERSE, "reverse")
END(tl_act)

W(tl_grant_kind, GRANT)
V(TL_GRANT_QUEUE, "queue")
V(TL_GRANT_POLICY, "policy")
V(TL_GRANT_EVIDENCE, "evidence")
END(tl_grant_kind)

/* Rising protection. */
W(tl_evidence, EVIDENCE)
V(TL_EVIDENCE_ORDINARY, "ordinary")
V(TL_EVIDENCE_GRAPHIC, "graphic")
V(TL_EVIDENCE_SEALED, "sealed")
END(tl_evidence)

/* What waits for a second person: one open state, four ends. */
W(tl_proposal_state, PROPOSAL)
V(TL_PROPOSAL_OPEN, "open")
V(TL_PROPOSAL_DONE, "done")
V(TL_PROPOSAL_REFUSED, "refused")
V(TL_PROPOSAL_WITHDRAWN, "withdrawn")
V(TL_PROPOSAL_EXPIRED, "expired")
END(tl_proposal_state)

/* How one account can reach another: what the contact gate is asked. Kept as numbers in the log of contacts too. */
W(tl_contact_kind, CONTACT_KIND)
V(TL_CONTACT_MESSAGE, "message")
V(TL_CONTACT_MEDIA, "message_media")
V(TL_CONTACT_FOLLOW, "follow")
V(TL_CONTACT_COMMENT, "comment")
V(TL_CONTACT_MENTION, "mention")
V(TL_CONTACT_GROUP, "group_invitation")
V(TL_CONTACT_LIVE, "live_join")
END(tl_contact_kind)

/* What it answers, the strictest last. */
W(tl_contact_outcome, CONTACT_OUTCOME)
V(TL_CONTACT_ALLOW, "allow")
V(TL_CONTACT_REQUEST, "request")
V(TL_CONTACT_DENY, "deny")
END(tl_contact_outcome)

/* What happened between two accounts; the first five are of one side, `end` ends one of the others. */
W(tl_relation_kind, RELATION_KIND)
V(TL_RELATION_FOLLOW, "follow")
V(TL_RELATION_REQUEST, "request")
V(TL_RELATION_DECLINE, "decline")
V(TL_RELATION_BLOCK, "block")
V(TL_RELATION_LIMIT, "limit")
V(TL_RELATION_CONTACT, "contact")
V(TL_RELATION_END, "end")
END(tl_relation_kind)

/* What became of a contact: what the gate answered, in its order, then what the receiver said. Kept as numbers as well. */
W(tl_contact_result, CONTACT_RESULT)
V(TL_RESULT_ALLOW, "allow")
V(TL_RESULT_REQUEST, "request")
V(TL_RESULT_DENY, "deny")
V(TL_RESULT_ACCEPTED, "accepted")
V(TL_RESULT_DECLINED, "declined")
V(TL_RESULT_BLOCKED, "blocked")
V(TL_RESULT_REPORTED, "reported")
END(tl_contact_result)

/* What is said to a search. Rising strictness. */
W(tl_search_say, SEARCH)
V(TL_SEARCH_NOTHING, "nothing")
V(TL_SEARCH_NOTICE, "notice")
V(TL_SEARCH_BLOCK, "block")
END(tl_search_say)

/* What is said to a comment. Rising strictness. */
W(tl_comment_say, COMMENT)
V(TL_COMMENT_PUBLISH, "publish")
V(TL_COMMENT_ASK, "ask")
V(TL_COMMENT_HOLD, "hold")
V(TL_COMMENT_REFUSE, "refuse")
END(tl_comment_say)

/* How far back contacts are counted. Rising. */
W(tl_contact_window, CONTACT_WINDOW)
V(TL_WINDOW_1H, "1h")
V(TL_WINDOW_24H, "24h")
V(TL_WINDOW_7D, "7d")
V(TL_WINDOW_30D, "30d")
END(tl_contact_window)

/* Why. */
W(tl_comment_why, COMMENT_WHY)
V(TL_COMMENT_WHY_NONE, "none")
V(TL_COMMENT_WHY_CLOSED, "closed")
V(TL_COMMENT_WHY_LIST, "list")
V(TL_COMMENT_WHY_OWNER_WORD, "owner_word")
V(TL_COMMENT_WHY_OWNER_APPROVES, "owner_approves")
V(TL_COMMENT_WHY_ACTION, "action")
END(tl_comment_why)
