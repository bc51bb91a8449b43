/*
 * F(id, "names", help): what a file can say of an entry. The names, by spaces, are those of CSV columns and of JSON
 * members; the first is the one that exports write. A column may also be named as a form ("md5"): its cells are values.
 */
F(TL_IMPORT_VALUE, "value hash signal pattern term indicator hash_value",
    "The hash in hex, or the word, phrase or expression.")
F(TL_IMPORT_FORM, "form type hash_type signal_type algorithm",
    "What the value is; without it, by the bank and the value's looks.")
F(TL_IMPORT_NOTE, "note notes comment description", "Why it is here.")
F(TL_IMPORT_CLASSIFICATION, "classification class category",
    "How its source classes it, such as A1.")
F(TL_IMPORT_EXPIRES, "expires_at expires expiry",
    "From then on it matches nothing: a date, or date and time.")
F(TL_IMPORT_EXCHANGE, "exchange source", "Which exchange it came from.")
F(TL_IMPORT_RECORD, "record record_id", "The exchange's own id of it.")
F(TL_IMPORT_MEMBER, "member owner member_id", "Which member of the exchange gave it.")
F(TL_IMPORT_TAGS, "tags tag labels", "Words; in CSV separated by commas, semicolons or bars.")
F(TL_IMPORT_DECISION, "decision decision_id", "The decision of this installation that it came from.")
F(TL_IMPORT_URL, "url", "Where the source says more about it.")
F(TL_IMPORT_ENABLED, "enabled active", "false: it matches nothing until somebody enables it.")
F(TL_IMPORT_DISABLED_UNTIL, "disabled_until", "It is off and comes back then.")
F(TL_IMPORT_REVIEW_ONLY, "review_only", "true: its matches go to people and never block.")
F(TL_IMPORT_LOOKS, "looks",
    "Of a video, as our own exports have it: all looks at it, not only one a second; base64.")
