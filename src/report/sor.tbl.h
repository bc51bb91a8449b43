/*
 * The fields of a statement of reasons in the transparency database.
 *   F(field, type, required, max, words)         words: a word list, or NULL
 *   WHEN(field, other, value, always_needed)     the field is required if `other` is or holds `value`, and is
 *                                                dropped otherwise; 0: allowed then, not required
 * Types: TEXT, WORD (one of words), WORDS (array of them), DATE, URL, PUID, LANGUAGE.
 */
#ifndef F
#define F(...)
#endif
#ifndef WHEN
#define WHEN(...)
#endif
F("decision_visibility", WORDS, 0, 0, visibility_words)
F("decision_visibility_other", TEXT, 0, 500, NULL)
F("decision_monetary", WORD, 0, 0, monetary_words)
F("decision_monetary_other", TEXT, 0, 500, NULL)
F("decision_provision", WORD, 0, 0, provision_words)
F("decision_account", WORD, 0, 0, account_words)
F("account_type", WORD, 0, 0, account_types)
F("decision_ground", WORD, 1, 0, grounds)
F("decision_ground_reference_url", URL, 0, 500, NULL)
F("illegal_content_legal_ground", TEXT, 0, 500, NULL)
F("illegal_content_explanation", TEXT, 0, 2000, NULL)
F("incompatible_content_ground", TEXT, 0, 500, NULL)
F("incompatible_content_explanation", TEXT, 0, 2000, NULL)
F("incompatible_content_illegal", WORD, 0, 0, yes_no)
F("content_type", WORDS, 1, 0, tl_dsa_content_types)
F("content_type_other", TEXT, 0, 500, NULL)
F("category", WORD, 1, 0, tl_dsa_categories)
F("category_addition", WORDS, 0, 0, tl_dsa_categories)
F("category_specification", WORDS, 0, 0, keyword_words)
F("category_specification_other", TEXT, 0, 500, NULL)
F("territorial_scope", WORDS, 0, 0, tl_eea)
F("content_language", LANGUAGE, 0, 2, NULL)
F("content_date", DATE, 1, 2000, NULL)
F("application_date", DATE, 1, 2020, NULL)
F("end_date_visibility_restriction", DATE, 0, 2020, NULL)
F("end_date_monetary_restriction", DATE, 0, 2020, NULL)
F("end_date_service_restriction", DATE, 0, 2020, NULL)
F("end_date_account_restriction", DATE, 0, 2020, NULL)
F("decision_facts", TEXT, 1, 5000, NULL)
F("source_type", WORD, 1, 0, tl_dsa_sources)
F("source_identity", TEXT, 0, 500, NULL)
F("automated_detection", WORD, 1, 0, yes_no)
F("automated_decision", WORD, 1, 0, automated_decisions)
F("puid", PUID, 1, 500, NULL)
F("content_id", EAN, 0, 0, NULL)

WHEN("decision_visibility_other", "decision_visibility", "DECISION_VISIBILITY_OTHER", 1)
WHEN("decision_monetary_other", "decision_monetary", "DECISION_MONETARY_OTHER", 1)
WHEN("illegal_content_legal_ground", "decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT", 1)
WHEN("illegal_content_explanation", "decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT", 1)
WHEN("incompatible_content_ground", "decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT", 1)
WHEN("incompatible_content_explanation", "decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT", 1)
WHEN("incompatible_content_illegal", "decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT", 0)
WHEN("content_type_other", "content_type", "CONTENT_TYPE_OTHER", 1)
WHEN("category_specification_other", "category_specification", "KEYWORD_OTHER", 0)
#undef F
#undef WHEN
