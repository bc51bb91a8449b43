/*
 * R(method, path, gate, need, query, handler, body, limit, help): every route of the platform's API. `need` is a
 * scope, `query` the parameters that are known, `limit` the most bytes of a body that are ever read (the
 * configuration may set less). api/openapi.yaml says the same to clients; the contract test compares.
 */
R("POST", "/v1/items", tl_api_gate, "ingest", "wait", post_item, tl_api_post_item_body, GIB,
    "Hand in one item.")
R("POST", "/v1/items:batch", tl_api_gate, "ingest", "", post_batch, tl_api_post_batch_body, GIB,
    "Hand in many items.")
R("POST", "/v1/items:reach", tl_api_gate, "read", "", check_reach, tl_body_json, 128 * KIB,
    "Ask which items may be shown and recommended to whom.")
R("GET", "/v1/items/{id}", tl_api_gate, "read", "version", get_item, tl_body_none, 0,
    "State and whole trail of an item.")
R("DELETE", "/v1/items/{id}", tl_api_gate, "ingest", "version", delete_item, tl_body_none, 0,
    "Erase an item.")
R("PUT", "/v1/items/{id}/counters", tl_api_gate, "ingest", "version", put_counters,
    tl_body_json, 64 * KIB, "Update views and engagement.")
R("PUT", "/v1/media", tl_api_gate, "ingest", "", put_media, tl_api_put_media_body, GIB,
    "Upload bytes once.")
R("POST", "/v1/flags", tl_api_gate, "flag", "", post_flag, tl_body_json, 64 * KIB,
    "Report an item or an account.")
R("PUT", "/v1/accounts/{id}", tl_api_gate, "accounts", "", put_account, tl_body_json, 64 * KIB,
    "Say what is known of an account.")
R("DELETE", "/v1/accounts/{id}", tl_api_gate, "accounts", "", delete_account, tl_body_none, 0,
    "Forget an account.")
R("PUT", "/v1/accounts/{id}/age", tl_api_gate, "accounts", "", put_age, tl_body_json, 4 * KIB,
    "What the holder answers to an offered age band.")
R("GET", "/v1/accounts/{id}/settings", tl_api_gate, "accounts", "language time_zone",
    get_settings, tl_body_none, 0, "What an account's settings must be, may be, and why.")
R("PUT", "/v1/accounts/{id}/settings", tl_api_gate, "accounts", "language time_zone",
    put_settings, tl_body_json, 64 * KIB,
    "Ask for changes of settings, and make those that are allowed.")
R("PUT", "/v1/accounts/{id}/guardians/{guardian}", tl_api_gate, "accounts", "", put_guardian,
    tl_body_none, 0, "Link a guardian to an account.")
R("DELETE", "/v1/accounts/{id}/guardians/{guardian}", tl_api_gate, "accounts", "by",
    delete_guardian, tl_body_none, 0, "End a guardian's link.")
R("PUT", "/v1/accounts/{id}/guardians/{guardian}/settings", tl_api_gate, "accounts", "language time_zone",
    put_guardian_settings, tl_body_json, 64 * KIB,
    "Bound settings as a guardian: only ever stricter.")
R("PUT", "/v1/relations", tl_api_gate, "accounts", "", put_relation, tl_body_json, 64 * KIB,
    "Say what happened between two accounts.")
R("PUT", "/v1/relations:batch", tl_api_gate, "accounts", "", put_relations, tl_body_lines,
    4 * MIB, "Say it of many pairs.")
R("POST", "/v1/search/check", tl_api_gate, "accounts", "", check_search, tl_body_json, 64 * KIB,
    "Ask what a search is to be told: nothing, a notice, or help in place of results.")
R("POST", "/v1/contacts/check", tl_api_gate, "accounts", "", check_contact, tl_body_json,
    16 * KIB, "Ask whether one account may reach another.")
R("POST", "/v1/contacts/check:batch", tl_api_gate, "accounts", "", check_contacts,
    tl_body_lines, 1 * MIB, "Ask it of many pairs.")
R("GET", "/v1/accounts/{id}/comment-filter", tl_api_gate, "accounts", "", get_filter,
    tl_body_none, 0, "An account's own filter for comments.")
R("PUT", "/v1/accounts/{id}/comment-filter", tl_api_gate, "accounts", "", put_filter,
    tl_body_json, 128 * KIB, "Set an account's own filter for comments.")
R("POST", "/v1/comments/check", tl_api_gate, "accounts", "", check_comment, tl_body_json,
    512 * KIB, "Ask what is to become of a comment before it is published.")
R("POST", "/v1/match", tl_api_gate, "match", "banks distance turned", match, tl_api_match_body,
    64 * MIB, "Ask the banks and lists now.")
R("POST", "/v1/actions/{id}/confirm", tl_api_gate, "confirm", "", confirm_action, tl_body_json,
    64 * KIB, "Say that an action is done, or refused.")
R("PUT", "/v1/minors/snapshots/{id}", tl_api_gate, "accounts", "from more taken_at",
    put_snapshot, tl_api_put_snapshot_body, (size_t)1024 * GIB,
    "Say which settings of accounts are really in force.")
R("GET", "/v1/minors/snapshots", tl_api_gate, "accounts", "cursor limit", get_snapshots,
    tl_body_none, 0, "Snapshots and what the audit found in each.")
R("GET", "/v1/minors/snapshots/{id}", tl_api_gate, "accounts", "", get_snapshot, tl_body_none,
    0, "A snapshot by setting and age band.")
R("GET", "/v1/minors/snapshots/{id}/findings", tl_api_gate, "accounts", "cursor limit",
    get_snapshot_findings, tl_body_none, 0, "Lines that could not be taken as they were.")
R("POST", "/v1/minors/preview", tl_api_gate, "accounts", "cursor limit", preview_settings,
    tl_body_bytes, MIB, "What a changed minors.yaml would do to the accounts that there are.")
R("GET", "/v1/minors/mend", tl_api_gate, "accounts", "cursor limit", get_mend, tl_body_none, 0,
    "Accounts that stand looser than the policy.")
R("GET", "/v1/events", tl_api_gate, "events", "after", get_events, tl_body_none, 0,
    "The event stream.")
R("GET", "/v1/openapi.yaml", NULL, "", "", get_contract, tl_body_none, 0,
    "The contract of this API.")
