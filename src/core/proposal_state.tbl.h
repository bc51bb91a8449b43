/*
 * T(state, event, who, next): the life of a proposal. A pair that is not listed is refused. DONE is written in the
 * transaction that does what was proposed, and no state leads out of an end: nothing is done twice.
 */
T(OPEN, CONFIRM, SECOND, DONE)
T(OPEN, REFUSE, SECOND | TL_BY_OPERATOR, REFUSED)
T(OPEN, WITHDRAW, PROPOSER, WITHDRAWN)
T(OPEN, EXPIRE, CLOCK, EXPIRED)
