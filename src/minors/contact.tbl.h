/*
 * The contact gate as a table. Order matters: the first row of C whose kinds and test fit decides.
 *
 * K(NAME, "setting", words…): a setting of the matrix that counts here, its words from the strictest on. A setting or a
 * word that the matrix does not have counts as the first.
 * C(NAME, kinds, test, outcome, says, "code", sentence): `test` is a function of contact.c. `says` is what the sender reads:
 * MAYBE, the same words for every request and every refusal that has to do with the recipient, so that nobody learns from them
 * who is a minor or who has blocked whom; OWN for the sender's own limits; LATER for ours; NOTHING.
 */
#ifdef K
K(MESSAGES, "private_messages", "nobody", "friends", "everyone")
K(STRANGERS, "unsolicited_messages", "blocked", "request", NULL)
K(MEDIA, "message_media", "off", "on", NULL)
K(GROUPS, "group_invitations", "never", "ask", "automatic")
K(COMMENTS, "comments", "nobody", "friends", "everyone")
K(MENTIONS, "mentions", "nobody", "friends", "everyone")
K(VISIBILITY, "account_visibility", "private", "public", NULL)
K(FOLLOWS, "follow_requests", "approve", "automatic", NULL)
K(HOSTING, "live_hosting", "off", "audience_16_plus", "on")
#endif

#ifdef C
/* What has to do with the sender alone comes first: else a block would show in the words that it hears. */
C(AWAY, ANY, is_away, DENY, LATER, "unavailable",
    "What is known of the two accounts could not be read.")
C(SENDER_GONE, ANY, sender_is_gone, DENY, OWN, "sender_inactive",
    "The sender's account is not active.")
C(SENDER_YOUNG, ANY, sender_is_too_young, DENY, OWN, "sender_under_minimum",
    "The sender is below the minimum age.")
C(OWN_NOBODY, MESSAGES, sender_messages_nobody, DENY, OWN, "sender_messages_off",
    "The sender's own settings allow no private messages.")
C(OWN_FRIENDS, MESSAGES, sender_messages_friends, DENY, OWN, "sender_friends_only",
    "The sender may only write to accepted contacts.")
C(OWN_MEDIA, MEDIA, sender_media_off, DENY, OWN, "sender_media_off",
    "The sender may not send media or links in messages.")

/* Then what wins over every setting of the recipient. */
C(GONE, ANY, recipient_is_gone, DENY, MAYBE, "recipient_inactive",
    "The recipient's account is not active.")
C(BLOCKED, ANY, is_blocked, DENY, MAYBE, "blocked", "One of the two has blocked the other.")
C(LIMITED, ANY, is_limited, DENY, MAYBE, "limited", "The recipient has limited the sender.")
C(YOUNG, ANY, recipient_is_too_young, DENY, MAYBE, "recipient_under_minimum",
    "The recipient is below the minimum age.")
C(DECLINED, ANY, is_declined, DENY, MAYBE, "declined",
    "The recipient declined, and has not turned to the sender since.")

/* Messages: what may never reach a minor, then what the recipient wants. */
C(MINOR_UNSOLICITED, REACHING, is_unsolicited_to_minor, DENY, MAYBE, "unsolicited_minor",
    "Nothing unsolicited reaches a minor.")
C(NOBODY, MESSAGES, messages_nobody, DENY, MAYBE, "messages_off",
    "The recipient takes no private messages.")
C(FRIENDS, MESSAGES, messages_friends, DENY, MAYBE, "friends_only",
    "The recipient takes messages from accepted contacts only.")
C(STRANGERS_OFF, MESSAGES, strangers_blocked, DENY, MAYBE, "unsolicited_off",
    "The recipient takes no unsolicited messages.")
C(PENDING, MESSAGES, is_pending, REQUEST, MAYBE, "pending",
    "An earlier request waits for the recipient's answer.")
C(UNSOLICITED, MESSAGES, is_unsolicited, REQUEST, MAYBE, "unsolicited",
    "Not accepted yet: a request without text, link or media.")
C(MEDIA_OFF, MEDIA, media_off, DENY, MAYBE, "media_off",
    "The recipient takes no media or links in messages.")
C(MESSAGE, MESSAGES, always, ALLOW, NOTHING, "accepted", "Both have accepted each other.")

C(FOLLOWS_ALREADY, FOLLOW, sender_follows, ALLOW, NOTHING, "accepted",
    "The sender follows already.")
C(FOLLOW_ASK, FOLLOW, follow_asks, REQUEST, MAYBE, "approval",
    "The recipient approves followers.")
C(FOLLOW, FOLLOW, always, ALLOW, NOTHING, "open", "The recipient takes followers.")

C(GROUP_NEVER, GROUP, groups_never, DENY, MAYBE, "groups_off",
    "The recipient takes no invitations to groups.")
C(GROUP_ASK, GROUP, groups_ask, REQUEST, MAYBE, "approval",
    "The recipient is asked about each group.")
C(GROUP, GROUP, always, ALLOW, NOTHING, "open", "The recipient takes invitations.")

C(COMMENT_NOBODY, COMMENT, comments_nobody, DENY, MAYBE, "comments_off",
    "The recipient takes no comments.")
C(COMMENT_FRIENDS, COMMENT, comments_friends, DENY, MAYBE, "friends_only",
    "The recipient takes comments from accepted contacts only.")
C(COMMENT, COMMENT, always, ALLOW, NOTHING, "open", "The recipient takes comments.")

C(MENTION_NOBODY, MENTION, mentions_nobody, DENY, MAYBE, "mentions_off",
    "The recipient takes no mentions.")
C(MENTION_FRIENDS, MENTION, mentions_friends, DENY, MAYBE, "friends_only",
    "The recipient takes mentions by accepted contacts only.")
C(MENTION, MENTION, always, ALLOW, NOTHING, "open", "The recipient takes mentions.")

C(LIVE_OFF, LIVE, hosting_off, DENY, MAYBE, "live_off", "The recipient may not go live.")
C(LIVE_AGE, LIVE, audience_too_young, DENY, MAYBE, "sender_under_16",
    "The audience is 16 and older; the sender is not known to be.")
C(LIVE_PRIVATE, LIVE, live_is_private, DENY, MAYBE, "followers_only",
    "The account is private; the sender does not follow it.")
C(LIVE, LIVE, always, ALLOW, NOTHING, "open", "The live stream is open.")
#endif
