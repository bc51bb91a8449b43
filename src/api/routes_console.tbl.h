/*
 * R(method, path, name, permission, query, body limit, help): the console's routes. The handler is
 * tl_console_<name>; a permission of "" needs a session only, NULL nothing. Shapes: web/console/src/api.ts.
 */
#define API "/console/api/"
R("POST", API "session", session_create, NULL, "", 4096, "Sign in.")
R("GET", API "session", session_get, "", "", 0, "Who is signed in, and what the console needs to know.")
R("PUT", API "session", session_put, "", "", 16384, "Keep the person's preferences.")
R("DELETE", API "session", session_delete, "", "", 0, "Sign out.")

R("POST", API "work/next", work_next, "work", "", 4096, "The most urgent case, claimed.")
R("GET", API "cases/{id}", case_get, "look", "", 0, "A case, whole.")
R("POST", API "cases/{id}/claim", case_claim, "work", "", 4096, "Claim a case.")
R("POST", API "cases/{id}/heartbeat", case_heartbeat, "work", "", 4096, "Keep a claim.")
R("POST", API "cases/{id}/release", case_release, "work", "", 4096, "Give a case back.")
R("POST", API "cases/{id}/skip", case_skip, "work", "", 8192, "Pass a case on, with a reason.")
R("POST", API "cases/{id}/note", case_note, "work", "", 65536, "Write a note for colleagues.")
R("POST", API "cases/{id}/draft", case_draft, "work", "", 65536, "Keep a half-made decision.")
R("POST", API "cases/{id}/move", case_move, "work", "", 8192, "Move a case to another queue.")
R("POST", API "cases/{id}/decide", case_decide, "work", "", 131072, "Decide a case.")
R("POST", API "decisions/{id}/undo", decision_undo, "work", "", 4096, "Take one's decision back.")
R("POST", API "decisions/{id}/reverse", decision_reverse, "undo_any", "", 8192, "Take any decision back, later.")

R("GET", API "queues", queues, "look", "", 0, "All queues with their figures.")
R("GET", API "queues/{name}/cases", queue_cases, "look", "state cursor limit", 0, "Cases of a queue.")
R("GET", API "items/search", search, "search", "q", 0, "Find items, accounts and cases by id.")
R("GET", API "items/{platform}/{ext_id}", trail, "search", "", 0, "An item and all that came of it.")
R("GET", API "accounts/{platform}/{ext_id}", account, "search", "", 0, "An account and its history.")

R("GET", API "media/{hex}/tiny", media_tiny, "reveal", "case", 0, "The 32-pixel derivative.")
R("POST", API "media/{hex}/reveal", media_reveal, "reveal", "", 4096, "An address that shows a preview once.")
R("GET", "/console/media/{token}", media_once, "reveal", "", 0, "The preview, once.")

R("GET", API "banks", banks, "bank_read", "", 0, "All banks.")
R("POST", API "banks", bank_create, "bank_write", "", 8192, "Create a bank.")
R("GET", API "banks/{id}", bank_get, "bank_read", "q cursor", 0, "A bank and its entries.")
R("PATCH", API "banks/{id}", bank_change, "bank_write", "", 8192, "Change a bank.")
R("POST", API "banks/{id}/entries", bank_add, "bank_add", "", 16384, "Add an entry.")
R("POST", API "banks/{id}/import", bank_import, "bank_write", "", 4194304, "Import lines.")
R("DELETE", API "banks/{id}/entries/{eid}", bank_remove, "bank_write", "", 0, "Remove an entry.")

R("GET", API "deliveries", deliveries, "deliveries", "state cursor", 0, "What leaves or has left.")
R("POST", API "deliveries/{id}/replay", delivery_replay, "deliveries", "", 4096, "Send again.")
R("GET", API "alarms", alarms, "alarms", "state", 0, "What a person must look at.")
R("POST", API "alarms/{id}/acknowledge", alarm_acknowledge, "alarms", "", 4096, "Take an alarm on.")
R("POST", API "alarms/{id}/close", alarm_close, "alarm_close", "", 4096, "Close an alarm.")
R("GET", API "keys", keys, "keys", "", 0, "API keys.")
R("POST", API "keys", key_create, "keys", "", 8192, "Make an API key.")
R("DELETE", API "keys/{id}", key_revoke, "keys", "", 0, "Revoke an API key.")

R("GET", API "people", people, "people", "", 0, "Everybody who can sign in.")
R("POST", API "people", person_add, "people", "", 8192, "Add a person; the password is answered once.")
R("GET", API "people/{id}", person_get, "people", "", 0, "A person.")
R("PATCH", API "people/{id}", person_change, "people", "", 32768, "Change role, skills, grants, or shut out.")
R("POST", API "people/{id}/password", person_password, "people", "", 4096, "A new password, answered once.")
R("DELETE", API "people/{id}/sessions", person_signout, "people", "", 0, "Sign a person out everywhere.")

R("GET", API "policies", policies, "look", "", 0, "The policy tree.")
R("GET", API "actions", actions, "look", "", 0, "The action catalogue.")
R("GET", API "rules", rules, "look", "", 0, "The rules in force.")
R("GET", API "figures", figures, "figures", "days", 0, "First figures.")
R("GET", API "switches", switches, "look", "", 0, "The two switches.")
R("PUT", API "switches", switch_set, "switches", "", 4096, "Turn a switch.")
R("GET", API "live", live, "look", "", 0, "Counters as they change (server-sent events).")
#undef API
