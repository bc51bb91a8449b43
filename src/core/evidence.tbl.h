/*
 * E(class, clearance, viewer, moderator, specialist, lead, admin, words): the classes of evidence, to whom each is
 * open without a grant, and the skill that opens it besides. Which policy has which class: `evidence` in
 * policies.yaml; child-safety policies are sealed whatever stands there.
 */
E(TL_EVIDENCE_ORDINARY, "", 1, 1, 1, 1, 1, "your grants do not cover ordinary evidence")
E(TL_EVIDENCE_GRAPHIC, "", 0, 1, 1, 1, 1,
    "this is graphic evidence, for which you have no grant")
E(TL_EVIDENCE_SEALED, "child_safety", 0, 0, 0, 0, 0,
    "this is sealed evidence, for which you have no clearance")
