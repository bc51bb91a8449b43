/*
 * H(method, path, gate, need, query, handler, body, limit, help): the routes of Hasher-Matcher-Actioner as its clients
 * know them. Doubled slashes count as one, parameters that are not known are ignored, refusals are {"message"}.
 * T(…): the same, in an installation that was started with --testing only. api/hma.json describes both.
 */
H("GET", "/status", NULL, "", "", status, tl_body_none, 0, "I-AM-ALIVE once lookups are answered.")
H("GET", "/status/live", NULL, "", "", live, tl_body_none, 0, "I-AM-ALIVE.")
H("GET", "/site-map", NULL, "", "", site_map, tl_body_none, 0, "These addresses.")
H("GET", "/openapi/openapi.json", NULL, "", "", contract, tl_body_none, 0,
    "The contract of these routes.")
H("GET", "/h/hash", tl_api_gate_any, "match", "url content_type types", hash_url, tl_body_none, 0,
    "Hash a medium by its address.")
H("POST", "/h/hash", tl_api_gate_any, "match", "types", hash_file, tl_hma_form_body, GIB,
    "Hash a medium.")
H("GET", "/m/raw_lookup", tl_api_gate_any, "match",
    "signal signal_type banks include_distance include_provenance", raw_lookup, tl_body_none, 0,
    "Contents near a signal, in every bank that is in use.")
H("GET", "/m/lookup", tl_api_gate_any, "match",
    "signal signal_type url content_type types banks seed bypass_coinflip include_provenance",
    lookup, tl_body_none, 0, "Matches of a signal, or of a medium by its address.")
H("POST", "/m/lookup", tl_api_gate_any, "match",
    "types banks seed bypass_coinflip include_provenance", lookup_file, tl_hma_form_body, GIB,
    "Matches of a medium.")
H("GET", "/m/index/status", tl_api_gate_any, "match", "signal_type", index_status, tl_body_none,
    0, "How far the indexes are.")
H("POST", "/m/compare", tl_api_gate_any, "match", "", compare, tl_body_json, 64 * KIB,
    "Compare signals with each other.")
H("GET", "/c/banks", tl_api_gate_any, "banks", "", banks, tl_body_none, 0, "Banks.")
H("POST", "/c/banks", tl_api_gate_any, "banks", "", bank_create, tl_body_json, 64 * KIB,
    "Create a bank.")
H("GET", "/c/bank/{name}", tl_api_gate_any, "banks", "", bank_get, tl_body_none, 0, "A bank.")
H("PUT", "/c/bank/{name}", tl_api_gate_any, "banks", "", bank_change, tl_body_json, 64 * KIB,
    "Change a bank.")
H("DELETE", "/c/bank/{name}", tl_api_gate_any, "banks", "", bank_delete, tl_body_none, 0,
    "Empty a bank and switch it off.")
H("POST", "/c/bank/{name}/content", tl_api_gate_any, "banks",
    "url content_type types metadata note", content_add, tl_hma_form_body, GIB,
    "Add a medium's hashes.")
H("POST", "/c/bank/{name}/signal", tl_api_gate_any, "banks", "", signal_add, tl_body_json,
    64 * KIB, "Add hashes.")
H("GET", "/c/bank/{name}/content/{id}", tl_api_gate_any, "banks",
    "include_signals include_metadata", content_get, tl_body_none, 0, "A content.")
H("PUT", "/c/bank/{name}/content/{id}", tl_api_gate_any, "banks", "", content_change,
    tl_body_json, 64 * KIB, "Disable or enable a content.")
H("DELETE", "/c/bank/{name}/content/{id}", tl_api_gate_any, "banks", "", content_delete,
    tl_body_none, 0, "Remove a content.")
H("GET", "/c/exchanges/apis", tl_api_gate_any, "banks", "", exchange_apis, tl_body_none, 0,
    "Kinds of exchanges that are installed.")
H("GET", "/c/exchanges/api/{api}", tl_api_gate_any, "banks", "", exchange_api, tl_body_none, 0,
    "Whether it takes credentials.")
H("POST", "/c/exchanges/api/{api}", tl_api_gate_any, "banks", "", exchange_api, tl_body_json,
    64 * KIB, "Set its credentials.")
H("GET", "/c/exchanges/api/{api}/schema", tl_api_gate_any, "banks", "", exchange_api,
    tl_body_none, 0, "Its fields.")
H("GET", "/c/exchanges", tl_api_gate_any, "banks", "", exchanges, tl_body_none, 0, "Exchanges.")
H("POST", "/c/exchanges", tl_api_gate_any, "banks", "", exchange_create, tl_body_json, 64 * KIB,
    "Create an exchange.")
H("GET", "/c/exchange/{name}", tl_api_gate_any, "banks", "", exchange, tl_body_none, 0,
    "An exchange.")
H("PUT", "/c/exchange/{name}", tl_api_gate_any, "banks", "", exchange, tl_body_json, 64 * KIB,
    "Switch an exchange on or off.")
H("DELETE", "/c/exchange/{name}", tl_api_gate_any, "banks", "", exchange_delete, tl_body_none, 0,
    "Delete an exchange.")
H("GET", "/c/exchange/{name}/status", tl_api_gate_any, "banks", "", exchange, tl_body_none, 0,
    "How far an exchange is.")
H("GET", "/c/signal_type", tl_api_gate_any, "banks", "", signal_types, tl_body_none, 0,
    "Signal types.")
H("PUT", "/c/signal_type/{type}", tl_api_gate_any, "banks", "", signal_type_change, tl_body_json,
    64 * KIB, "Set the share of lookups that a type answers.")
H("GET", "/c/signal_type/index", tl_api_gate_any, "banks", "signal_type", signal_index,
    tl_body_none, 0, "How far the indexes are, beside the store.")
H("GET", "/c/content_type", tl_api_gate_any, "banks", "", content_types, tl_body_none, 0,
    "Content types.")
T("POST", "/dev/factory_reset", tl_api_gate_any, "banks", "", factory_reset, tl_body_none, 0,
    "Empty and switch off every bank of this API.")
