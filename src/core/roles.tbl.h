/*
 * P(PERMISSION, "name", viewer, moderator, specialist, lead, admin, help): what each role may do, once. Routes
 * and commands ask by name; the console shows what a person may do.
 */
P(TL_MAY_LOOK, "look", 1, 1, 1, 1, 1,
    "See queues, cases without their media, policies and rules.")
P(TL_MAY_FIGURES, "figures", 1, 1, 1, 1, 1, "See the figures.")
P(TL_MAY_SEARCH, "search", 0, 1, 1, 1, 1, "Search items and accounts and see their trail.")
P(TL_MAY_WORK, "work", 0, 1, 1, 1, 1,
    "Claim cases, take notes, decide and take back one's own decision.")
P(TL_MAY_REVEAL, "reveal", 0, 1, 1, 1, 1, "Look at media; every look is recorded.")
P(TL_MAY_UNDO_ANY, "undo_any", 0, 0, 0, 1, 1, "Take back the decisions of others.")
P(TL_MAY_RELEASE_ANY, "release_any", 0, 0, 0, 1, 1, "Take a claim from somebody.")
P(TL_MAY_BANK_READ, "bank_read", 0, 1, 1, 1, 1, "See banks and their entries.")
P(TL_MAY_BANK_ADD, "bank_add", 0, 0, 1, 1, 1, "Add an entry to a bank.")
P(TL_MAY_BANK_WRITE, "bank_write", 0, 0, 0, 1, 1, "Create, import, change and disable banks.")
P(TL_MAY_DELIVERIES, "deliveries", 0, 0, 0, 1, 1, "See deliveries and send them again.")
P(TL_MAY_ALARMS, "alarms", 0, 1, 1, 1, 1, "See and acknowledge alarms.")
P(TL_MAY_ALARM_CLOSE, "alarm_close", 0, 0, 0, 1, 1, "Close alarms.")
P(TL_MAY_KEYS, "keys", 0, 0, 0, 0, 1, "Create and revoke API keys and endpoints.")
P(TL_MAY_SWITCHES, "switches", 0, 0, 0, 1, 1,
    "Turn observe-only and automatic actions on and off.")
P(TL_MAY_PEOPLE, "people", 0, 0, 0, 0, 1, "Manage people and their roles.")
P(TL_MAY_AUDIT, "audit", 0, 0, 0, 1, 1, "Read the audit trail.")
P(TL_MAY_EXPORT, "export", 0, 0, 0, 1, 1, "Take audit rows with their proof out.")
