/* A(act, permission, words): what each act on a case, item, account, medium or bank asks of the role. */
A(TL_ACT_SEE, TL_MAY_LOOK, "see")
A(TL_ACT_WORK, TL_MAY_WORK, "work on")
A(TL_ACT_REVEAL, TL_MAY_REVEAL, "look at the media of")
A(TL_ACT_DECIDE, TL_MAY_WORK, "decide")
A(TL_ACT_REVERSE, TL_MAY_UNDO_ANY, "take back a decision on")
