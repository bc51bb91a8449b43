/*
 * M(TAG, name, type, noun): what is counted of the contacts of one account within a window, as rules ask for it:
 * contact.name("24h"). `noun` is how explanations call it. What each is exactly: detect/contact/figures.h.
 */
M(PEOPLE, "distinct_people", INT, "the number of people approached within {0}")
M(MINORS, "distinct_minors", INT, "the number of minors approached within {0}")
M(UNKNOWN, "distinct_unknown_age", INT, "the number of people of unknown age approached within {0}")
M(MINOR_SHARE, "minor_share", DOUBLE, "the share of minors among those approached within {0}")
M(DECLINED, "declined_share", DOUBLE, "the share of those approached within {0} who did not let it in")
M(BLOCKED, "blocked_share", DOUBLE, "the share of those approached within {0} who blocked or reported it")
M(FIRST, "first_contacts", INT, "the number of people approached for the first time within {0}")
M(FIRST_MINORS, "first_minors", INT, "the number of minors approached for the first time within {0}")
M(BURST, "burst", INT, "the most first contacts in ten minutes within {0}")
M(AGE_GAP, "age_gap", INT, "the number of age bands down to the youngest approached within {0}")
M(SAME_TEXT, "same_text", INT, "the number of people who were sent nearly the same text within {0}")
M(OFF, "off_platform", INT, "the number of people who were sent a link or a handle within {0}")
M(OFF_MINORS, "off_platform_minors", INT, "the number of minors who were sent a link or a handle within {0}")
M(AFTER_REFUSAL, "after_refusal", INT, "the number of people approached again within {0} after they refused")
M(FOLLOWED, "followed", INT, "the number of accounts followed within {0}")
M(FOLLOW_MINORS, "follow_minor_share", DOUBLE, "the share of minors among those followed within {0}")
M(ORIGIN_ACCOUNTS, "origin_accounts", INT, "the number of accounts that made contacts from the same place within {0}")
M(ORIGIN_MINORS, "origin_minors", INT, "the number of minors approached from the same place within {0}")
