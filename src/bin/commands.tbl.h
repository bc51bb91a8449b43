/*
 * Every command of `tutela`, once.
 *   C(id, "name", "ARGS", least, most, needs, "help", "example")
 *   O(id, "option", "ARG" or NULL, "help")        its options, anywhere in this file
 */
#ifndef C
#define C(...)
#endif
#ifndef O
#define O(...)
#endif
C(init, "init", "", 0, 0, CLI_CONFIG,
    "Create the data folder: store, keys, policies, the first administrator. Safe to repeat.",
    "tutela --data var init --admin alex --platform flip")
O(init, "admin", "NAME",
    "Create this administrator. Without --password-stdin a password is made and shown once.")
O(init, "password-stdin", NULL, "Read the administrator's password from standard input.")
O(init, "skills", "WORDS",
    "The administrator's skills; queues such as child-safety ask for them.")
O(init, "platform", "NAME", "Create this platform.")
O(init, "policy", "FOLDER",
    "Copy policies from here instead of those that came with the program.")

C(user_add, "user add", "NAME", 1, 1, CLI_STORE, "Add a person.",
    "tutela user add kim --role moderator")
O(user_add, "role", "ROLE", "viewer, moderator (default), specialist, lead or admin.")
O(user_add, "skills", "WORDS", "Skills that queues ask for, such as \"child_safety terror\".")
O(user_add, "password-stdin", NULL,
    "Read the password from standard input instead of making one.")
C(user_list, "user list", "", 0, 0, CLI_STORE, "List people.", "tutela user list")
C(user_passwd, "user passwd", "NAME", 1, 1, CLI_STORE,
    "Give a new password; it ends the person's sessions and any wait.",
    "tutela user passwd kim")
O(user_passwd, "password-stdin", NULL,
    "Read the password from standard input instead of making one.")
C(user_role, "user role", "NAME ROLE", 2, 2, CLI_STORE, "Change a person's role.",
    "tutela user role kim lead")
C(user_skills, "user skills", "NAME WORDS", 2, 2, CLI_STORE, "Set a person's skills.",
    "tutela user skills kim \"child_safety\"")
C(user_disable, "user disable", "NAME", 1, 1, CLI_STORE,
    "Shut a person out; ends their sessions.", "tutela user disable kim")
C(user_enable, "user enable", "NAME", 1, 1, CLI_STORE, "Let a person in again.",
    "tutela user enable kim")
C(user_signout, "user signout", "NAME", 1, 1, CLI_STORE, "End every session of a person.",
    "tutela user signout kim")
C(grant_list, "grant list", "[NAME]", 0, 1, CLI_STORE, "List what people are narrowed to.",
    "tutela grant list kim")
C(grant_set, "grant set", "NAME KIND WHAT ACTS", 4, 4, CLI_STORE,
    "Narrow a person: on a queue, a policy (with all below it) or a class of evidence only "
    "these acts of see, work, reveal, decide, reverse.",
    "tutela grant set kim policy fraud \"see work decide\"")
C(grant_drop, "grant drop", "NAME KIND WHAT", 3, 3, CLI_STORE, "Take a grant away.",
    "tutela grant drop kim policy fraud")

C(user_unlock, "user unlock", "NAME", 1, 1, CLI_STORE,
    "Let a person try again at once after too many wrong passwords or codes.",
    "tutela user unlock kim")
C(user_reset_factors, "user reset-factors", "NAME", 1, 1, CLI_STORE,
    "Remove a person's authenticator app, passkeys and recovery codes, and end their sessions.",
    "tutela user reset-factors kim")
C(session_list, "session list", "[NAME]", 0, 1, CLI_STORE, "List who is signed in, and where.",
    "tutela session list kim")
C(session_end, "session end", "NAME [ID]", 1, 2, CLI_STORE,
    "End all sessions of a person, or one.", "tutela session end kim")

C(approval_list, "approval list", "", 0, 0, CLI_STORE, "List what waits for a second person.",
    "tutela approval list")
O(approval_list, "all", NULL, "Ended ones too.")
C(approval_refuse, "approval refuse", "ID NOTE", 2, 2, CLI_STORE,
    "Refuse what waits for a second person. Confirming is done in the console, by a person.",
    "tutela approval refuse 0197f3c2-... \"not today\"")

C(platform_add, "platform add", "NAME", 1, 1, CLI_STORE, "Add a platform.",
    "tutela platform add flip")
C(platform_list, "platform list", "", 0, 0, CLI_STORE, "List platforms.",
    "tutela platform list")

C(relations_load, "relations load", "FILE", 1, 1, CLI_STORE,
    "Load what accounts are to each other from a file, a line an event as PUT /v1/relations "
    "takes it. Goes on where it stopped.",
    "tutela relations load graph.ndjson --platform flip")
O(relations_load, "platform", "NAME",
    "Whose accounts; needed when there are several platforms.")
O(relations_load, "test", NULL, "Accounts of test keys.")
O(relations_load, "errors", "FILE", "Write what was refused there, as CSV: line, field, why.")
O(relations_load, "piece", "N",
    "How many events are sorted in memory at once, 40 bytes each; default: 4,000,000.")
O(relations_load, "again", NULL,
    "Begin at the first line, also when an earlier load of the file stopped later.")

C(key_add, "key add", "", 0, 0, CLI_STORE, "Make an API key; its secret is shown once.",
    "tutela key add --platform flip --scopes \"ingest read\" --label web")
O(key_add, "platform", "NAME", "Whose key; needed when there are several platforms.")
O(key_add, "scopes", "WORDS",
    "ingest match flag accounts confirm events read admin banks; default: all but admin and "
    "banks.")
O(key_add, "label", "TEXT", "What it is for.")
O(key_add, "test", NULL,
    "A test key: what it sends is apart from what is live, has its own webhooks and is "
    "reviewed last.")
O(key_add, "rate", "N", "Most requests a second; default: no limit.")
O(key_add, "burst", "N", "Most requests at once; default: a second's worth.")
O(key_add, "networks", "WORDS",
    "Where it may be used from, such as \"203.0.113.0/24 2001:db8::/32\"; default: anywhere.")
O(key_add, "days", "N", "It expires after so many days; default: never.")
C(key_list, "key list", "", 0, 0, CLI_STORE, "List API keys, without secrets.",
    "tutela key list")
O(key_list, "unused", NULL, "Only keys that can be used and were not for 90 days.")
C(key_set, "key set", "ID", 1, 1, CLI_STORE,
    "Change what a key may do; what is not named stays. It holds within two seconds.",
    "tutela key set 0197f3c2-... --rate 200 --networks 203.0.113.0/24")
O(key_set, "label", "TEXT", "What it is for.")
O(key_set, "scopes", "WORDS", "The words replace those that it has.")
O(key_set, "rate", "N", "Most requests a second; 0: no limit.")
O(key_set, "burst", "N", "Most requests at once; 0: a second's worth.")
O(key_set, "networks", "WORDS", "Where it may be used from; \"any\": anywhere.")
O(key_set, "days", "N", "It expires so many days from now; 0: never.")
C(key_rotate, "key rotate", "ID", 1, 1, CLI_STORE,
    "Make a key that may do the same; the old one works on for a while. The secret is shown "
    "once.",
    "tutela key rotate 0197f3c2-... --hours 48")
O(key_rotate, "hours", "N", "How long the old one works on; default: secret_overlap_hours.")
C(key_revoke, "key revoke", "ID", 1, 1, CLI_STORE,
    "Revoke an API key; it stops working within two seconds.", "tutela key revoke 0197f3c2-...")

C(endpoint_add, "endpoint add", "URL", 1, 1, CLI_STORE,
    "Set where a platform gets its webhooks; the secret is shown once.",
    "tutela endpoint add https://flip.example/hooks --platform flip")
O(endpoint_add, "platform", "NAME", "Whose; needed when there are several platforms.")
O(endpoint_add, "test", NULL, "For events of test keys.")
O(endpoint_add, "private", NULL,
    "It may be on a private network or on this machine, and over plain http.")
O(endpoint_add, "replace", NULL,
    "Switch the present endpoint off; `tutela endpoint enable` brings it back.")
C(endpoint_list, "endpoint list", "", 0, 0, CLI_STORE, "List endpoints.",
    "tutela endpoint list")
C(endpoint_rotate, "endpoint rotate", "ID", 1, 1, CLI_STORE,
    "Make a new secret; the old one signs as well for a while (secret_overlap_hours).",
    "tutela endpoint rotate 0197f3c2-...")
C(endpoint_enable, "endpoint enable", "ID", 1, 1, CLI_STORE,
    "Send to this endpoint again, with the secret that it had, and no longer to the present "
    "one.",
    "tutela endpoint enable 0197f3c2-...")
C(endpoint_disable, "endpoint disable", "ID", 1, 1, CLI_STORE,
    "Send nothing to an endpoint any more.", "tutela endpoint disable 0197f3c2-...")

C(item_show, "item show", "ID", 1, 1, CLI_STORE, "Show an item and what became of it.",
    "tutela item show post-17 --platform flip")
O(item_show, "platform", "NAME", "Whose item; needed when there are several platforms.")
O(item_show, "text", NULL, "Show its text as well; this is recorded in the audit trail.")
C(item_list, "item list", "", 0, 0, CLI_STORE, "List items, newest first.",
    "tutela item list --state unscannable")
O(item_list, "state", "STATE", "pending, scanned, unscannable or deleted.")
O(item_list, "verdict", "VERDICT", "allow, review, withhold or block.")
O(item_list, "limit", "N", "At most so many; default 50.")

C(item_rescan, "item rescan", "[ID]", 0, 1, CLI_STORE,
    "Scan an item again, or all that a bank matched: a bank, a rule or what kept it from being "
    "scanned has changed.",
    "tutela item rescan --bank known --since 2026-11-01 --yes")
O(item_rescan, "platform", "NAME", "Whose item; needed when there are several platforms.")
O(item_rescan, "bank", "BANK",
    "All items that matched this bank. Without --yes they are only counted.")
O(item_rescan, "since", "DATE", "With --bank: only items that came in since then.")
O(item_rescan, "yes", NULL, "With --bank: do it.")

C(account_show, "account show", "ID", 1, 1, CLI_STORE,
    "Show what is known of an account's age and how, the settings that hold for it, and their "
    "history.",
    "tutela account show u-1 --platform flip")
O(account_show, "platform", "NAME", "Whose account; needed when there are several platforms.")
O(account_show, "history", "N", "So many rows of history; 20 by default.")

C(bank_create, "bank create", "NAME", 1, 1, CLI_STORE, "Create a bank.",
    "tutela bank create csam --kind pdq --policy csae.known")
O(bank_create, "kind", "KIND", "What it holds: pdq, digest, text, video or sound.")
O(bank_create, "policy", "POLICY", "The policy that a match falls under.")
O(bank_create, "source", "TEXT", "Where its entries come from; default: local.")
O(bank_create, "classification", "TEXT",
    "How its entries are classed that say nothing themselves.")
O(bank_create, "direction", "WORD",
    "block (default) or allow: a match in an allow-list sets matches of other banks aside.")
O(bank_create, "distance", "N",
    "Most differing bits of a match: of 256 of pictures and videos, 0 to 63; default 31; of 32 "
    "of sounds, 0 to 9; default 9.")
O(bank_create, "share", "N",
    "The share of the traffic that it applies to, above 0 and at most 1; default 1.")
O(bank_create, "share-query", "PERCENT",
    "Video and sound: how much of the item must match; 0: as usual for the kind.")
O(bank_create, "share-known", "PERCENT",
    "Video and sound: how much of the entry must match; 0: as usual for the kind.")
O(bank_create, "turned", "on|off",
    "Also find mirrored and turned copies of pictures; default: off.")
O(bank_create, "brake", "on|off",
    "An entry that suddenly matches too much goes to people only; default: on.")
C(bank_set, "bank set", "NAME", 1, 1, CLI_STORE,
    "Change what a bank is; what is not named stays.",
    "tutela bank set csam --distance 24 --classification A1")
O(bank_set, "policy", "POLICY", "The policy that a match falls under.")
O(bank_set, "source", "TEXT", "Where its entries come from.")
O(bank_set, "classification", "TEXT",
    "How its entries are classed that say nothing themselves.")
O(bank_set, "direction", "WORD",
    "block or allow: a match in an allow-list sets matches of other banks aside.")
O(bank_set, "distance", "N",
    "Most differing bits of a match: of 256 of pictures and videos, 0 to 63; of 32 of sounds, "
    "0 to 9.")
O(bank_set, "share", "N", "The share of the traffic that it applies to, above 0 and at most 1.")
O(bank_set, "share-query", "PERCENT",
    "Video and sound: how much of the item must match; 0: as usual for the kind.")
O(bank_set, "share-known", "PERCENT",
    "Video and sound: how much of the entry must match; 0: as usual for the kind.")
O(bank_set, "turned", "on|off", "Also find mirrored and turned copies of pictures.")
O(bank_set, "brake", "on|off", "An entry that suddenly matches too much goes to people only.")
C(bank_rename, "bank rename", "NAME NEW", 2, 2, CLI_STORE,
    "Give a bank another name. Refused while a rule names it.",
    "tutela bank rename csam csam-2026")
C(bank_delete, "bank delete", "NAME", 1, 1, CLI_STORE,
    "Delete a bank with all its entries. Refused while a rule names it.",
    "tutela bank delete trial --confirm trial")
O(bank_delete, "confirm", "NAME", "The bank's name again.")
C(bank_list, "bank list", "", 0, 0, CLI_STORE, "List banks.", "tutela bank list")
C(bank_show, "bank show", "NAME", 1, 1, CLI_STORE, "Show a bank and its newest entries.",
    "tutela bank show csam")
O(bank_show, "limit", "N", "At most so many entries; default 20.")
C(bank_search, "bank search", "NAME [TEXT]", 1, 2, CLI_STORE,
    "Look for entries: by the beginning of a hash or note, by a record or an entry's id; of "
    "terms by any part.",
    "tutela bank search csam f8f8 --state live")
O(bank_search, "exchange", "NAME", "Only what came from this exchange.")
O(bank_search, "member", "NAME", "Only what this member gave.")
O(bank_search, "record", "ID", "Only this record.")
O(bank_search, "state", "STATE", "Only entries that are live, review_only, off or expired.")
O(bank_search, "limit", "N", "At most so many; default 50.")
C(bank_add, "bank add", "NAME [VALUE]", 1, 2, CLI_STORE,
    "Add one entry: a value, what a file is known by, or a decided item.",
    "tutela bank add slurs DEMO-BANNED-PHRASE --form phrase")
O(bank_add, "form", "FORM",
    "pdq, md5, sha256, word, phrase, regex, vpdq or chromaprint; default: by the bank and the "
    "value.")
O(bank_add, "file", "FILE",
    "Instead of a value: a picture, video or sound, decoded in the jail and hashed.")
O(bank_add, "decision", "ID", "Instead of a value: the media of the item that was decided.")
O(bank_add, "note", "TEXT", "Why it is here.")
O(bank_add, "classification", "TEXT", "How it is classed.")
O(bank_add, "expires", "DATE", "From then on it matches nothing.")
O(bank_add, "exchange", "NAME", "Which exchange it came from.")
O(bank_add, "record", "ID", "The exchange's own id of it.")
O(bank_add, "member", "NAME", "Which member of the exchange gave it.")
O(bank_add, "tags", "WORDS", "Words, separated by commas.")
O(bank_add, "url", "URL", "Where its source says more.")
C(bank_edit, "bank edit", "NAME VALUE", 2, 2, CLI_STORE,
    "Change what is said of an entry; its value or its id names it.",
    "tutela bank edit slurs DEMO-BANNED-PHRASE --expires 2027-03-31")
O(bank_edit, "note", "TEXT", "Why it is here.")
O(bank_edit, "classification", "TEXT", "How it is classed.")
O(bank_edit, "expires", "DATE", "From then on it matches nothing; \"never\" takes that away.")
C(bank_remove, "bank remove", "NAME [VALUE]", 1, 2, CLI_STORE,
    "Remove an entry, or many by where they came from.",
    "tutela bank remove csam --exchange ncmec --member 42 --yes")
O(bank_remove, "exchange", "NAME", "All entries that came from this exchange.")
O(bank_remove, "member", "NAME", "All entries that this member gave.")
O(bank_remove, "record", "ID", "All entries of this record.")
O(bank_remove, "yes", NULL, "With these: do it. Without it they are only counted.")
C(bank_disable, "bank disable", "NAME [VALUE]", 1, 2, CLI_STORE,
    "Stop using a bank; or an entry, for good or until a date; or many by where they came "
    "from.",
    "tutela bank disable csam f8f8... --until 2027-03-31")
O(bank_disable, "until", "DATE", "The entry comes back then.")
O(bank_disable, "exchange", "NAME", "All entries that came from this exchange.")
O(bank_disable, "member", "NAME", "All entries that this member gave.")
O(bank_disable, "record", "ID", "All entries of this record.")
O(bank_disable, "yes", NULL, "With these: do it. Without it they are only counted.")
C(bank_enable, "bank enable", "NAME [VALUE]", 1, 2, CLI_STORE,
    "Use a bank again; or an entry; or many by where they came from.",
    "tutela bank enable csam")
O(bank_enable, "exchange", "NAME", "All entries that came from this exchange.")
O(bank_enable, "member", "NAME", "All entries that this member gave.")
O(bank_enable, "record", "ID", "All entries of this record.")
O(bank_enable, "yes", NULL, "With these: do it. Without it they are only counted.")
C(bank_restore, "bank restore", "NAME VALUE", 2, 2, CLI_STORE,
    "Let an entry count in full again that became review-only because it matched too much.",
    "tutela bank restore csam f8f8...")
C(bank_import, "bank import", "NAME FILE", 2, 2, CLI_STORE,
    "Add a file of entries: CSV, JSON, NDJSON or lines; - reads standard input.",
    "tutela bank import csam hashes.csv --errors refused.csv")
O(bank_import, "format", "FORMAT",
    "csv, json, ndjson or lines; default: by the file's ending or what it begins with.")
O(bank_import, "form", "FORM",
    "What values are that do not say it themselves; default: by their looks.")
O(bank_import, "exchange", "NAME", "Where entries come from that do not say it themselves.")
O(bank_import, "member", "NAME", "Who gave entries that do not say it themselves.")
O(bank_import, "errors", "FILE",
    "Write what was refused there, as CSV: line, column, field, why.")
C(bank_export, "bank export", "NAME", 1, 1, CLI_STORE,
    "Print all entries in a form that import reads.",
    "tutela bank export csam --format csv > csam.csv")
O(bank_export, "format", "FORMAT",
    "ndjson, csv or json (everything), lines (value and note of what is in force for good); "
    "default: ndjson, with --json json.")

C(again, "again", "", 0, 0, CLI_STORE,
    "How far each bank is compared with what was published before.", "tutela again")
C(watch_list, "watch list", "", 0, 0, CLI_STORE,
    "List the watches of crisis mode, those that run first.", "tutela watch list")
C(watch_start, "watch start", "TITLE", 1, 1, CLI_STORE,
    "Watch a picture, video or sound and its edits. Without --yes it only says what the watch "
    "would catch of all that was published.",
    "tutela watch start 'the clip' --case 0197f3c2-... --policy security.terrorism --yes")
O(watch_start, "policy", "POLICY", "What copies violate.")
O(watch_start, "case", "ID",
    "Watch the media of the item that this case is about: its videos, else its pictures, else "
    "its sounds.")
O(watch_start, "decision", "ID", "The same of the item that was decided.")
O(watch_start, "file", "FILE",
    "Watch what a file shows or sounds like; it is decoded in the jail, and not kept.")
O(watch_start, "media", "HEX", "With --case or --decision: only this file of it.")
O(watch_start, "effect", "WORD",
    "What becomes of copies: withhold (at once) or review (sent to a person); default "
    "withhold.")
O(watch_start, "distance", "BITS",
    "How far copies may be: of 256, at most 63; of a sound of 32, at most 9; default 40.")
O(watch_start, "hours", "N", "It ends by itself after so long; default 24, at most 720.")
O(watch_start, "yes", NULL, "Start it. Every lead is told by an alarm.")
C(watch_end, "watch end", "ID", 1, 1, CLI_STORE, "End a watch; its figures are kept.",
    "tutela watch end 0197f3c2-...")
C(match, "match", "FILE|HASH...", 1, -1, CLI_STORE,
    "Say which entries of which banks files or hashes match. Ends with 0 when something "
    "matched, 1 when nothing did, else 2 or more.",
    "tutela match picture.jpg --bank csam")
O(match, "bank", "NAMES",
    "Only these banks, separated by commas; default: all that are in use.")
O(match, "distance", "N", "Instead of each bank's own distance.")
O(match, "turned", NULL, "Also compare files as they would look mirrored and turned.")

C(minors_show, "minors show", "[FILE]", 0, 1, CLI_CONFIG,
    "Show the matrix of settings by age band that is in force, or that of a file.",
    "tutela minors show")
C(minors_preview, "minors preview", "FILE", 1, 1, CLI_STORE,
    "Say what a changed minors.yaml would do to the accounts that there are: by setting and "
    "band, who gets stricter or looser, whose choices end.",
    "tutela minors preview changed.yaml")
O(minors_preview, "platform", "NAME", "Whose; needed when there are several platforms.")
O(minors_preview, "test", NULL, "Of test accounts.")
C(minors_history, "minors history", "[NUMBER]", 0, 1, CLI_STORE,
    "List the versions of minors.yaml that were in force, or print one.",
    "tutela minors history 3")
C(minors_audit, "minors audit", "[FILE]", 0, 1, CLI_STORE,
    "Hold the settings that are really in force against the policy: take a snapshot, or show "
    "the last one. Ends with 5 when accounts stand looser.",
    "tutela minors audit settings-2026-11-24.ndjson")
O(minors_audit, "platform", "NAME", "Whose; needed when there are several platforms.")
O(minors_audit, "test", NULL, "Of test accounts.")
O(minors_audit, "id", "ID",
    "The snapshot's id; default: the file's name. The same one again goes on where it ended.")
O(minors_audit, "taken-at", "TIME", "When it was taken; default: now.")
O(minors_audit, "all", NULL, "Show every setting and band, not only those that are looser.")
C(minors_snapshots, "minors snapshots", "", 0, 0, CLI_STORE,
    "List snapshots with what was found in each, the newest first.", "tutela minors snapshots")
O(minors_snapshots, "platform", "NAME", "Whose; needed when there are several platforms.")
O(minors_snapshots, "test", NULL, "Of test accounts.")
O(minors_snapshots, "limit", "N", "At most so many; default 50.")
C(minors_findings, "minors findings", "[ID]", 0, 1, CLI_STORE,
    "List the lines of a snapshot that could not be taken as they were; default: the last "
    "snapshot.",
    "tutela minors findings")
O(minors_findings, "platform", "NAME", "Whose; needed when there are several platforms.")
O(minors_findings, "test", NULL, "Of test accounts.")
O(minors_findings, "limit", "N", "At most so many; default 1000.")
C(minors_mend, "minors mend", "", 0, 0, CLI_STORE,
    "Print the accounts that stand looser than the policy, a line of JSON each.",
    "tutela minors mend > mend.ndjson")
O(minors_mend, "platform", "NAME", "Whose; needed when there are several platforms.")
O(minors_mend, "test", NULL, "Of test accounts.")

C(minors_migrate, "minors migrate", "preview|start|status|pause|resume|undo [ID]", 1, 2,
    CLI_STORE,
    "Bring the settings of a population to what the policy says, account by account; by the "
    "last snapshot of each. Without an id: the newest.",
    "tutela minors migrate start --band 13-15 --percent 5 --per-minute 2000")
O(minors_migrate, "platform", "NAME", "Whose; needed when there are several platforms.")
O(minors_migrate, "test", NULL, "Of test accounts.")
O(minors_migrate, "band", "BAND", "Only this age band: unknown, under13, 13-15, 16-17 or 18+.")
O(minors_migrate, "percent", "N",
    "Only so many of a hundred accounts; the same ones whenever the share grows.")
O(minors_migrate, "batch", "N", "Accounts looked at in one step; default 200, at most 1000.")
O(minors_migrate, "per-minute", "N",
    "At most so many accounts a minute; default: as fast as it goes.")

C(queue_list, "queue list", "", 0, 0, CLI_STORE, "List queues with what waits in them.",
    "tutela queue list")
C(case_list, "case list", "", 0, 0, CLI_STORE, "List cases, most urgent first.",
    "tutela case list --queue child-safety")
O(case_list, "queue", "NAME", "Only this queue.")
O(case_list, "state", "STATE", "open, claimed, decided or closed; default: open and claimed.")
O(case_list, "limit", "N", "At most so many; default 50.")
C(case_show, "case show", "ID", 1, 1, CLI_STORE,
    "Show a case: why it is here and what was decided.", "tutela case show 0197f3c2-...")

C(decision_reverse, "decision reverse", "ID", 1, 1, CLI_STORE,
    "Take a decision back: what it restricted is restored, its strike no longer counts.",
    "tutela decision reverse 0197f3c2-... --by kim --appeal --facts \"The complaint was "
    "right.\"")
O(decision_reverse, "by", "NAME", "Who decides it; needed.")
O(decision_reverse, "appeal", NULL, "Because of a complaint; otherwise it is a correction.")
O(decision_reverse, "facts", "TEXT", "Why; it goes into the statement of reasons.")

C(interventions_check, "interventions check", "TEXT", 1, 1, CLI_CONFIG,
    "Say what this search would be told.",
    "tutela interventions check DEMO-SELF-HARM-WORD --age 13-15 --country DE")
O(interventions_check, "age", "BAND", "unknown (default), under13, 13-15, 16-17 or 18+.")
O(interventions_check, "country", "CC", "Two letters such as DE: whose help lines.")
O(interventions_check, "language", "LANG", "Of the text; default: English.")
C(interventions_lines, "interventions lines", "", 0, 0, CLI_CONFIG,
    "List help lines, with the date by which each must be looked at again.",
    "tutela interventions lines --due")
O(interventions_lines, "country", "CC", "Only those of this country.")
O(interventions_lines, "due", NULL, "Only those whose date has come.")
C(rule_check, "rule check", "[FOLDER]", 0, 1, CLI_CONFIG,
    "Check rule packs and run the tests beside the rules.", "tutela rule check policy/rules")
C(rule_list, "rule list", "", 0, 0, CLI_CONFIG, "List rules and whether they are in force.",
    "tutela rule list")
C(policy_list, "policy list", "", 0, 0, CLI_CONFIG, "List policies.", "tutela policy list")

C(hash, "hash", "FILE...", 1, -1, CLI_NOTHING,
    "Print file, quality and PDQ hash of pictures, separated by tabs; of videos a line a "
    "frame, with its second. - is standard input.",
    "tutela hash --all holiday.jpg")
O(hash, "all", NULL,
    "Print all hashes, one a line after file and name: SHA-256, MD5, PDQ with its quality as "
    "it is and turned in seven ways, frames, fingerprint of the sound.")
O(hash, "digests", NULL, "Print SHA-256 and MD5 as well.")

C(doctor, "doctor", "", 0, 0, CLI_CONFIG,
    "Look for what is wrong or late, and say what to do about it.", "tutela doctor")
O(doctor, "clock", "SECONDS",
    "For tests: move the installation's clock so far from real time; 0 sets it right again.")
O(doctor, "deep", NULL, "Check the whole ledger and the store's pages too; takes longer.")
C(alarm_list, "alarm list", "", 0, 0, CLI_STORE, "List alarms that are not closed.",
    "tutela alarm list")
O(alarm_list, "all", NULL, "Closed ones too.")
C(alarm_ack, "alarm ack", "ID", 1, 1, CLI_STORE, "Acknowledge an alarm: somebody is on it.",
    "tutela alarm ack 0197f3c2-...")
C(alarm_close, "alarm close", "ID", 1, 1, CLI_STORE, "Close an alarm.",
    "tutela alarm close 0197f3c2-...")
C(alarm_test, "alarm test", "", 0, 0, CLI_STORE,
    "Send a test alarm to every reader of every channel and say what became of it.",
    "tutela alarm test")
C(switch_get, "switch get", "[NAME]", 0, 1, CLI_STORE,
    "Show the switches observe_only and automatic_actions.", "tutela switch get")
C(switch_set, "switch set", "NAME on|off", 2, 2, CLI_STORE,
    "Turn a switch. observe_only on: nothing leaves. automatic_actions off: a person decides "
    "everything.",
    "tutela switch set automatic_actions off")

C(backup, "backup", "FILE", 1, 1, CLI_STORE,
    "Copy the store while it is in use, and verify the copy.",
    "tutela backup /backup/tutela.db")
O(backup, "verify", NULL, "Do not copy: verify the copy that is there.")
O(backup, "keys", NULL,
    "Also copy keys.db, master.key and audit.key beside it (FILE.keys.db …); keep them apart "
    "from the store.")
C(backup_status, "backup status", "", 0, 0, CLI_CONFIG,
    "How far back and how close to now the continuous copies (backup_dir) can be restored.",
    "tutela backup status")
C(backup_drill, "backup drill", "", 0, 0, CLI_STORE,
    "Restore the continuous copies into a folder aside, verify them, open texts and media of "
    "them, and throw the folder away.",
    "tutela backup drill")
O(backup_drill, "until", "TIME", "As of this moment; default: the newest.")
O(backup_drill, "master-key", "FILE",
    "Your own copy of master.key; default: the one in use, which a lost disk would take along.")
O(backup_drill, "into", "FOLDER", "Where there is room for a copy; default: the data folder.")
C(restore, "restore", "FILE", 1, 1, CLI_CONFIG,
    "Put a verified copy in the store's place: a file that `backup` made, or the folder of the "
    "continuous copies. The daemon must "
    "be stopped.",
    "tutela restore /backup/tutela.db")
O(restore, "force", NULL,
    "Replace a store that is there; it is kept beside as store.db.before-restore.")
O(restore, "until", "TIME",
    "From a folder: as of this moment (2026-11-24T09:00:00Z); default: the newest.")
O(restore, "keys", "FOLDER",
    "From a folder: the continuous copies of keys.db (backup_keys_dir).")

C(figures, "figures", "", 0, 0, CLI_STORE, "Figures per policy and state.",
    "tutela figures --days 30")
O(figures, "days", "N", "From so many days ago; default 7.")
O(figures, "test", NULL, "Of test keys.")
C(audit, "audit", "", 0, 0, CLI_STORE, "The same as audit list, without its filters.",
    "tutela audit --limit 20")
O(audit, "limit", "N", "At most so many; default 50.")
C(audit_list, "audit list", "", 0, 0, CLI_STORE, "The audit trail, newest first.",
    "tutela audit list --limit 20")
O(audit_list, "limit", "N", "At most so many; default 50.")
O(audit_list, "actor", "WHO", "Only of this person (by name), or of cli, system or key:ID.")
O(audit_list, "verb", "VERB",
    "Only this verb; one that ends with a dot means all that begin so.")
O(audit_list, "subject", "ID", "Only about this.")
O(audit_list, "from", "TIME", "From this moment on.")
O(audit_list, "to", "TIME", "Before this moment.")
C(audit_verify, "audit verify", "", 0, 0, CLI_NOTHING,
    "Compare every row of the ledger and the audit trail with the hash chain, and the chain "
    "with its signed checkpoints.",
    "tutela audit verify --checkpoints /media/usb/checkpoints.log")
O(audit_verify, "checkpoints", "FILE",
    "Checkpoints that were kept elsewhere; default: checkpoints.log of the data folder.")
O(audit_verify, "public-key", "FILE",
    "The key to believe, as `tutela audit key` prints it; default: that of the data folder.")
O(audit_verify, "store", "FILE", "Verify this copy of a store; nothing in it is changed.")
O(audit_verify, "export", "FILE",
    "Verify what `tutela audit export` wrote; nothing else is needed.")
C(audit_export, "audit export", "FILE", 1, 1, CLI_STORE,
    "Write audit rows with their proof: the links of the chain, the signed checkpoints around "
    "them, the keys.",
    "tutela audit export audit-2026-11.jsonl --from 2026-11-01T00:00:00Z")
O(audit_export, "from", "TIME", "From this moment on; default: the beginning.")
O(audit_export, "to", "TIME", "Before this moment; default: now.")
C(audit_key, "audit key", "", 0, 0, CLI_STORE,
    "Print the public key that checkpoints are verified with.", "tutela audit key > audit.pub")
C(audit_rotate, "audit rotate", "", 0, 0, CLI_STORE,
    "Make a new signing key; the old one signs it, and it signs the old one.",
    "tutela audit rotate")
C(simulate_contacts, "simulate contacts", "", 0, 0, CLI_STORE,
    "Let made-up people live, and say which of those who approach minors the rules find, and "
    "whom they find besides.",
    "tutela simulate contacts --accounts 20000")
O(simulate_contacts, "accounts", "N", "How many people; default 5000.")
O(simulate_contacts, "days", "N", "How long they live; default 30.")
O(simulate_contacts, "seed", "N", "The same number makes the same people; default 1.")
O(simulate_contacts, "texts", NULL,
    "As if the texts of private messages might be looked at; default: those of comments only.")
O(simulate_contacts, "rules", "DIR", "Try the rules of this folder instead of those in force.")
O(simulate_contacts, "one-in", "N",
    "For the precision if one in N accounts were like that; default 10000.")
O(simulate_contacts, "scratch", "DIR",
    "Where the scratch store is made and removed; default: the folder for temporary files.")
C(config, "config", "", 0, 0, CLI_CONFIG, "Print the configuration in force.",
    "tutela config --set undo_seconds=0")
C(help, "help", "[COMMAND...]", 0, 2, CLI_NOTHING, "Explain a command.", "tutela help user add")
C(docs, "docs", "KIND", 1, 1, CLI_NOTHING,
    "Print generated documents: man, bash, zsh, commands, configuration, alarms, audit-verbs.",
    "tutela docs bash > /etc/bash_completion.d/tutela")
#undef C
#undef O
