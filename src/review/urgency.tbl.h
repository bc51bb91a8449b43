/*
 * Points that make a case urgent. Points are logarithms: adding them multiplies severity, confidence, reach and
 * who flagged; two hours of clock are worth one point.
 *
 * SEVERITY(word, points): one step outweighs everything below the line together (6 points), so that at the
 * same clock a graver case always precedes. A lesser case overtakes when its clock is far enough ahead:
 * two days a step, four days for critical. Nothing therefore starves, and nothing passes by popularity.
 */
#ifdef SEVERITY
SEVERITY(CRITICAL, 96)
SEVERITY(HIGH, 48)
SEVERITY(MEDIUM, 24)
SEVERITY(LOW, 0)
#endif

/*
 * RUNNING(word, points): the same while the case is a live stream that runs: before every case that is not critical,
 * the gravest stream first; a critical stream before everything. Its clock is ten minutes. Ended, it is a case like others.
 */
#ifdef RUNNING
RUNNING(CRITICAL, 144)
RUNNING(HIGH, 84)
RUNNING(MEDIUM, 76)
RUNNING(LOW, 68)
#endif

/* FLAGGER(kind, points): who said so. A user's points are multiplied by the share of their flags upheld. */
#ifdef FLAGGER
FLAGGER("referral", 2)
FLAGGER("trusted_flagger", 2)
FLAGGER("notice", 1)
FLAGGER("user", 1)
#endif
