/*
 * L(event, level, fields, help): every line the program can log. `fields` says what the ids and numbers mean.
 * Lines hold ids and counts only: never content, user names or hashes of known abuse.
 */
L(EV_START, INFO, "role pid", "A role has started and is ready.")
L(EV_STOP, INFO, "role", "A role is stopping in good order.")
L(EV_CHILD_DIED, ERROR, "role status restarts", "The supervisor lost a child and restarts it.")
L(EV_BACKUP_FAILED, ERROR, "error text", "The copies cannot be written; the log waits for them.")
L(EV_BACKUP_AGAIN, INFO, "generations", "The copies are written again.")
L(EV_BACKUP_ANEW, WARN, "what why", "A continuous copy could not be gone on with; a new one begins.")
L(EV_CHILD_THROTTLED, ERROR, "role delay_ms", "A role dies too often; its restart is delayed.")
L(EV_CONFIG, ERROR, "where", "The configuration cannot be used.")
L(EV_STORE_OPEN, INFO, "schema", "The store is open.")
L(EV_STORE_ERROR, ERROR, "where", "The store refused or failed an operation.")
L(EV_STORE_FULL, ERROR, "where", "The store is full; intake answers 503 until there is space.")
L(EV_ITEM_HELD, INFO, "item reason", "An item is withheld for a human.")
L(EV_ITEM_UNSCANNABLE, WARN, "item reason", "An item's media could not be scanned.")
L(EV_JOB_BURIED, ERROR, "item reason",
    "A scan job was given up after its last try; a case is open.")
L(EV_JAIL_DIED, WARN, "pid reason", "A decoder ended oddly and is replaced.")
L(EV_MOMENTS_FAILED, WARN, "tries reason",
    "A clip of the moments at which something was found could not be cut; the one of the whole film is there.")
L(EV_JAIL_WEAK, WARN, "missing", "The kernel lacks a confinement that is optional.")
L(EV_RULES_LOADED, INFO, "version rules inactive", "A rule set is in force.")
L(EV_RULES_REFUSED, ERROR, "where", "A rule pack has errors; the last good one stays in force.")
L(EV_BANK_LOADED, INFO, "version entries", "The banks were read.")
L(EV_INDEX_DAMAGED, ERROR, "form text", "An index of hashes cannot be used; it is built again from the store.")
L(EV_INDEX_BUILT, INFO, "form entries took_ms", "An index of hashes was built from the store.")
L(EV_INDEX_ERROR, ERROR, "where error text", "The index of known hashes could not be written or read; it is tried again.")
L(EV_BANK_WAIT, WARN, "pid", "The index of known hashes is not whole yet; what must be compared with it waits.")
L(EV_BANK_BRAKED, WARN, "entry items", "A bank entry matched too much and became review-only.")
L(EV_BANK_ENTRY_REFUSED, WARN, "bank entry", "A bank entry cannot be used; the others are.")
L(EV_DELIVERY_FAILED, WARN, "delivery attempt status",
    "A delivery failed and will be tried again.")
L(EV_DELIVERY_DEAD, ERROR, "delivery", "A delivery was given up; an alarm is open.")
L(EV_ALARM_UNSENT, WARN, "channel attempt",
    "A message about alarms did not arrive and will be tried again.")
L(EV_HTTP_REFUSED, INFO, "reason status", "A request was refused before it reached a route.")
L(EV_HTTP_ERROR, ERROR, "route", "A request failed for a reason on our side.")
L(EV_CHECKPOINT, INFO, "seq chain",
    "The head of the hash chain was signed; a copy of these lines elsewhere proves later cuts.")
L(EV_SIGNIN_FAILED, WARN, "user", "A sign-in was refused.")
L(EV_TLS_LOADED, INFO, "ends_in_days", "The certificate was read.")
L(EV_TLS_REFUSED, ERROR, "where", "A changed certificate or key cannot be used; the last good one stays.")
