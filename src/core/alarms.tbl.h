/*
 * A(name, kind, severity, first told, patience, ends, title, sentence, safe, remedy): every alarm that can open, once.
 * Store, messages, console, doctor, metrics and doc/alarms.md take their words from here.
 *
 * First told: whom step 1 reaches (ONCALL, LEADS, ADMINS). Patience: how many times alarm_step2_minutes and
 * alarm_step3_minutes pass before it goes further up; 0: it stays with whom it reached. Ends: ITSELF when its cause
 * is over, PERSON when somebody must close it. In the sentence {word} stands for a value, in the order in which the
 * caller gives them; {!words} for one that stays inside: messages say the words in its place.
 */
A(TEST, "test", NOTICE, ONCALL, 0, PERSON, "Test of the alarm channels",
    "This is a test of the alarm channels.", "Nothing is wrong.", "Nothing is to be done.")

/* Scans */
A(JOB_BURIED, "job_buried", WARNING, LEADS, 4, ITSELF, "An item could not be scanned",
    "An item could not be scanned and was given up.",
    "A case is open and the item is treated as unscannable; nothing is lost.",
    "Look at the case in the queue for what cannot be scanned, and scan again when the cause "
    "is gone.")
A(SCANS_STUCK, "scans_stuck", CRITICAL, ONCALL, 1, ITSELF, "Scans are stuck",
    "The oldest of the items that wait for their scan has waited {minutes} min.",
    "What was accepted is safe; what waits is not yet judged and not yet withheld.",
    "Look at the workers' log with `tutela doctor`; raise `workers` when they are busy all the "
    "time.")
A(SCANS_GROW, "scans_grow", WARNING, ONCALL, 4, ITSELF, "More comes in than is scanned",
    "{count} items wait for their scan, {more} more than ten minutes ago; {hours}.",
    "Nothing is lost; intake answers 503 at backlog_max.",
    "Raise `workers`, or slow the feed down.")
A(JAILS_DIE, "jails_die", WARNING, ONCALL, 4, ITSELF, "Decoders die",
    "{count} decoders died in the last five minutes.",
    "Each can spoil its own item only, and that item goes to a human.",
    "Look at who sends the files (`tutela item show`), and at the machine's memory.")
A(RULES_REFUSED, "rules_refused", WARNING, LEADS, 4, ITSELF, "Rules were refused",
    "The rule packs have errors; the last good rules stay in force. {!The console shows them.}",
    "Nothing passes unjudged: without any good rules items wait.",
    "Correct the file; `tutela rule check` shows the place.")
A(POLICY_REFUSED, "policy_refused", WARNING, LEADS, 4, ITSELF, "The policy folder was refused",
    "The policy folder has errors; the last good version stays in force. {!The console shows "
    "them.}",
    "Decisions go on under the last good version.",
    "Correct the file; `tutela policy list` shows the place.")
A(BANKS_STALE, "banks_stale", WARNING, ONCALL, 1, ITSELF, "Banks cannot be read",
    "The banks cannot be read.",
    "Items are compared with what was read last; new entries are not among it.",
    "The worker's log says why; look at the disk and the store (`tutela doctor --deep`).")

A(ENTRY_FLOOD, "entry_flood", WARNING, LEADS, 1, ITSELF, "A bank entry matches too much",
    "An entry of the bank \"{bank}\" ({entry}) matched {items} items within an hour; usually {usual}.",
    "Its matches go to people and block nothing by themselves; under a policy that withholds what is not known they stay withheld.",
    "Look at the entry's matches. Is it right, put it back (`tutela bank restore`); is it not, disable it.")
A(INDEX_DAMAGED, "index_damaged", WARNING, ONCALL, 1, ITSELF, "An index of hashes is being built again",
    "The index of {form} hashes could not be used ({!the console says why}) and is built again from the store.",
    "Nothing is lost: what must be compared with it waits until it is whole.",
    "Comes it back, look at the disk; `tutela doctor` checks the index.")

A(AGAIN_BEHIND, "again_behind", WARNING, ONCALL, 4, ITSELF,
    "What was published before is compared late",
    "A bank grew {minutes} min ago, and what was published before is not all compared with it.",
    "What comes in now is compared with it; nothing is left out, it is late.",
    "`tutela again` says how far it is; look at the finder's log, and raise `workers` when many "
    "scans wait.")

/* People's work */
A(CASE_CLOCK, "case_clock", CRITICAL, LEADS, 1, ITSELF, "Cases are past their clock",
    "In the queue \"{queue}\" {count} past the clock.", "What was withheld stays withheld.",
    "Bring more people to the queue, or move cases to another one.")
A(CASE_CLOCK_NEAR, "case_clock_near", CRITICAL, LEADS, 1, ITSELF,
    "A case's clock runs out soon",
    "In the queue \"{queue}\" {count} past the clock within {minutes} min, and nobody has "
    "taken them.",
    "There is still time.", "Take the case now: it is the first of its queue.")
A(QUEUE_GROWS, "queue_grows", WARNING, LEADS, 4, ITSELF, "A queue grows",
    "The queue \"{queue}\" has {count} cases; in the last hour {came} came and {went} were "
    "decided; {hours}.",
    "The most urgent cases come first, whatever the length of the queue.",
    "Bring more people to the queue, or look at the rule that fills it.")

/* What leaves */
A(DELIVERY_DEAD, "delivery_dead", CRITICAL, ONCALL, 1, ITSELF, "A delivery was given up",
    "A delivery was given up after {tries} tries ({!the console says why}).",
    "The decision stands; the platform does not know of it.",
    "Mend the endpoint, then send the delivery again under Deliveries.")
A(DELIVERIES_BEHIND, "deliveries_behind", WARNING, ONCALL, 1, ITSELF, "Deliveries are behind",
    "{count} deliveries wait, the oldest for {minutes} min.",
    "They are tried again by themselves, and the decisions stand.",
    "Is the platform's endpoint up? Deliveries shows what it answers.")
A(ENDPOINT_GONE, "endpoint_gone", CRITICAL, ONCALL, 1, ITSELF, "An endpoint is gone",
    "A webhook endpoint answered 410 Gone and was switched off.",
    "Deliveries to it wait and are not lost.",
    "Set up the platform's new endpoint (`tutela endpoint add`); they go out at once.")
A(ACTION_CLOCK, "action_clock", CRITICAL, ONCALL, 1, ITSELF,
    "An action is not confirmed in time",
    "The platform has not confirmed \"{action}\" on {!its subject} in time; it has {received} "
    "it.",
    "The decision stands; it may not be in effect on the platform.",
    "Look at its deliveries; the platform confirms with POST /v1/actions/{id}/confirm.")
A(ACTION_REFUSED, "action_refused", WARNING, LEADS, 4, PERSON, "The platform refused an action",
    "The platform refused to carry out \"{action}\" on {!its subject}.",
    "The decision stands without effect there.",
    "Look at its note in the trail, settle it with the platform, then decide again if need be.")

A(STREAM_GOES_ON, "stream_goes_on", CRITICAL, ONCALL, 1, PERSON, "A stopped live stream goes on",
    "The platform confirmed that it stopped {!a live stream}, and still sends parts of it.",
    "Each part has its verdict; the decision stands.",
    "Stop it at the platform by hand, then find out why its confirmation came too early.")

A(WATCH_RUNS, "watch_runs", WARNING, LEADS, 4, ITSELF, "Crisis mode was started",
    "Crisis mode watches {!something} under the policy {policy}: copies within {bits} bits are {withheld or sent to people}. One person started it: {!the console says who}.",
    "It ends by itself at its time, and can be ended at any moment.",
    "Look at Crisis mode in the console: is it right, take this on; is it not, end the watch.")

A(SETTINGS_LOOSER, "settings_looser", WARNING, LEADS, 1, ITSELF, "Accounts stand looser than the policy",
    "In the last snapshot {count} accounts of the platform {!its name} have settings that are looser than the policy allows; in the one before {before}.",
    "The policy stands; the platform does not keep to it for these accounts.",
    "`tutela minors audit` says which settings, and lists the accounts to mend.")

/* The machine */
A(DISK, "disk", CRITICAL, ONCALL, 1, ITSELF, "The disk is nearly full",
    "The data folder has {free} MiB left; intake stops at {least} MiB.",
    "What was accepted is safe.", "Free space, or move the folder to a larger disk.")
A(DISK_FORECAST, "disk_forecast", WARNING, ONCALL, 4, ITSELF, "The disk fills up",
    "At the pace of the last {over} min the data folder's disk is full in {hours}.",
    "Nothing has stopped yet; what was accepted is safe.",
    "Free space or move the folder to a larger disk before then; `retention_days` says how "
    "long items stay.")
A(HTTP_ERRORS, "http_errors", WARNING, ONCALL, 1, ITSELF, "Requests fail on our side",
    "{count} of {all} requests in the last five minutes failed for a reason on our side.",
    "A request that failed was not accepted, and its sender was told so.",
    "The server's log names the route and the error.")
A(STORE_ERRORS, "store_errors", CRITICAL, ONCALL, 1, ITSELF, "The store fails",
    "The store refused {count} operations in the last five minutes.",
    "What was answered 202 is durable; what could not be stored was not accepted.",
    "Look at the disk and the log; `tutela doctor --deep` checks the store.")
A(CLERK_MISSING, "clerk_missing", CRITICAL, ONCALL, 1, ITSELF, "The clerk is missing",
    "The clerk has given no sign of life for {seconds} s.",
    "Decisions are recorded; they are not sealed, and nothing leaves until it is back.",
    "Look at the clerk's log; stop and start tutelad.")
A(SEAL_BEHIND, "seal_behind", CRITICAL, ONCALL, 1, ITSELF, "Sealing is behind",
    "{count} decisions and audit rows are not sealed, the oldest for {seconds} s.",
    "Decisions are recorded; what follows from them does not leave before they are sealed.",
    "Look at the clerk's log; is the disk slow or full?")
A(CHAIN_BROKEN, "chain_broken", CRITICAL, ADMINS, 1, PERSON, "The hash chain is broken",
    "At number {number} of the chain: {what}.",
    "Work goes on and new rows are sealed; what was signed before is provable from "
    "checkpoints.log.",
    "Keep this store as it is. `tutela audit verify` lists every row that is concerned; "
    "compare it with a backup.")
A(ROLE_MISSING, "role_missing", CRITICAL, ONCALL, 1, ITSELF, "A role is missing",
    "The role {role} has given no sign of life for {seconds} s.",
    "Its leases run out and nothing accepted is lost; its work waits.",
    "Look at the log of that role; stop and start tutelad.")
A(ROLE_RESTARTS, "role_restarts", CRITICAL, ONCALL, 1, ITSELF, "A role restarts in a loop",
    "The role {role} started {count} times in the last ten minutes.",
    "Its leases run out and nothing accepted is lost; its work is slow.",
    "The log says how it ended each time (child_died).")
A(CLOCKS_DIFFER, "clocks_differ", WARNING, ONCALL, 4, ITSELF, "Two clocks differ",
    "The clock of the role {role} is {seconds} s ahead of ours.",
    "Nothing is lost; leases and clocks of cases may run out too early or too late.",
    "Set the machines' clocks by NTP.")
A(ALARM_CHANNEL, "alarm_channel", WARNING, ADMINS, 0, ITSELF, "An alarm channel fails",
    "Alarms cannot be sent by {channel}: {why}.",
    "Alarms stay in the console and are tried again there; other channels work on their own.",
    "Correct the alarm_ keys of the configuration; `tutela alarm test` tries all channels.")

/* People */
A(PASSKEY_COUNTER, "passkey_counter", CRITICAL, ADMINS, 1, PERSON,
    "A passkey may have been copied",
    "A passkey of the person {user} counted {now} after {before}.",
    "The sign-in with it was refused; the person's other ways in still work.",
    "Ask the person. If it was not them, reset their second factors (`tutela user "
    "reset-factors`) and give a new password.")

A(APPROVAL_WAITS, "approval_waits", NOTICE, LEADS, 4, ITSELF,
    "Something waits for a second person",
    "It waits for another person to confirm or refuse it: {operation}",
    "Nothing is done until then; when nobody confirms it in time, it lapses.",
    "Look at Approvals in the console.")
A(ONE_PERSON, "one_person", WARNING, ADMINS, 1, PERSON, "One person did alone what needs two",
    "{operation} needs a second person, and was done alone by the command line on the machine.",
    "The audit trail says when, and what was done.",
    "Ask whoever works on the machine; close the alarm when it was right.")

/* Deadlines that other parts set (tl_deadline_set) */
A(CERTIFICATE_EXPIRY, "certificate_expiry", WARNING, ONCALL, 4, ITSELF,
    "A certificate runs out", "The certificate {name} {runs out in so long}.",
    "Until then it is valid.", "Renew it and load it anew.")
A(KEY_EXPIRY, "key_expiry", WARNING, ADMINS, 4, ITSELF, "A key runs out",
    "The key {name} {runs out in so long}.", "Until then it works.",
    "Make a new key and give it to its holder.")
A(BACKUP_OLD, "backup_old", CRITICAL, ONCALL, 1, ITSELF, "The last backup is too old",
    "The backup {name} {ran out so long ago}: no newer one is known.",
    "The data in use are safe; a lost disk would cost what is newer than the backup.",
    "Look at the backup's log and its target; run `tutela backup` by hand.")
