/*
 * P(TAG, "name", share, approach, "what they do"): the made-up people of `tutela simulate contacts`. `share`: of ten thousand
 * accounts; `approach`: what they do is what the rules look for. Nobody of them is real, and no figure about them says how many
 * there are anywhere.
 */
P(TEEN, "teen", 3000, false, "13 to 17; talks with friends of the same school, sometimes asks new ones")
P(ADULT, "adult", 5770, false, "18 and over; talks with friends, now and then with somebody new")
P(FAN, "fan", 500, false, "follows and comments on many accounts, young ones among them")
P(TEACHER, "teacher", 150, false, "asks a whole class or team on one afternoon, most of whom accept; some by messages, which the gate refuses")
P(FAMILY, "family", 300, false, "18 and over; writes to one to three minors who have accepted it")
P(MARKETER, "marketer", 80, false, "sends the same text with a link to anybody")
P(WIDE, "wide", 50, true, "approaches many minors in a day, wants them elsewhere, comes again after a refusal")
P(PATIENT, "patient", 50, true, "approaches a minor or two every other day over weeks, writes once it is accepted")
P(SEVERAL, "several", 50, true, "the same with four accounts from one place, each of which does little")
P(FOLLOWER, "follower", 50, true, "follows minors above all, seldom writes")
