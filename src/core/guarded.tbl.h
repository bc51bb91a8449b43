/*
 * G(name, word, on the command line, help): the operations that can be made to need a second person. Which do:
 * `two_person` of the configuration. Their handlers say when they begin (tl_call_guard).
 */
G(TL_GUARD_BANK_CHANGE, "bank.change", "tutela bank disable",
    "Switch a bank on or off, change its settings or its name.")
G(TL_GUARD_BANK_DELETE, "bank.delete", "tutela bank delete", "Delete a bank with all its entries.")
G(TL_GUARD_BANK_REMOVE, "bank.remove", "tutela bank remove",
    "Remove or disable entries of a bank.")
G(TL_GUARD_BANK_IMPORT, "bank.import_large", "tutela bank import",
    "Import more than 100 lines into a bank at once.")
G(TL_GUARD_SWITCH, "switch.set", "tutela switch set",
    "Turn observe-only or automatic actions on or off.")
G(TL_GUARD_PEOPLE_ADD, "people.add", "tutela user add", "Add a person.")
G(TL_GUARD_PEOPLE_CHANGE, "people.change", "tutela user role",
    "Change a person's role, skills or grants, shut out or let in.")
G(TL_GUARD_PEOPLE_PASSWORD, "people.password", "tutela user passwd",
    "Give a person a new password, or remove their second factors.")
G(TL_GUARD_KEY_CREATE, "key.create", "tutela key add", "Make an API key.")
G(TL_GUARD_KEY_CHANGE, "key.change", "tutela key set",
    "Change what an API key may do, or make its successor.")
G(TL_GUARD_KEY_REVOKE, "key.revoke", "tutela key revoke", "Revoke an API key.")
G(TL_GUARD_MIGRATE, "settings.migrate", "tutela minors migrate",
    "Start or undo a migration of the settings of a population.")
G(TL_GUARD_REVERSE, "decision.reverse", "tutela decision reverse",
    "Take back a decision of somebody, later.")
