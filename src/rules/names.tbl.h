/*
 * R(TAG, fields of struct tl_lang_name): everything a rule may talk about. Each row has a function get_TAG in
 * values.c. `noun` is how explanations call it: {0} the first argument, {e} the number of the medium. Rows
 * marked personal are content or close to it: their value is never written into a reason. doc/rules.md lists
 * them all (a test compares).
 */
R(NOW, .name = "now", .type = TL_T_TIMESTAMP, .noun = "the time")

R(ITEM_KIND, .name = "item.kind", .type = TL_T_ENUM, .words = tl_item_kind_names,
    .noun = "the kind of item")
R(ITEM_AUDIENCE, .name = "item.audience", .type = TL_T_ENUM, .words = tl_audience_names,
    .noun = "the audience")
R(ITEM_STATE, .name = "item.state", .type = TL_T_ENUM, .words = tl_item_state_names,
    .noun = "the item's state")
R(ITEM_VIEWS, .name = "item.views", .type = TL_T_INT, .noun = "the number of views")
R(ITEM_ENGAGEMENT, .name = "item.engagement", .type = TL_T_INT,
    .noun = "the number of reactions")
R(ITEM_LANGUAGE, .name = "item.language", .type = TL_T_STRING, .noun = "the item's language")
R(ITEM_TERRITORY, .name = "item.territory", .type = TL_T_STRING, .noun = "the item's territory")
R(ITEM_URL, .name = "item.url", .type = TL_T_STRING, .noun = "the item's address",
    .personal = true)
R(ITEM_POSTED_AT, .name = "item.posted_at", .type = TL_T_TIMESTAMP,
    .noun = "the time of posting")
R(ITEM_AGE, .name = "item.age", .type = TL_T_DURATION, .noun = "the item's age")
R(ITEM_IS_REPLY, .name = "item.is_reply", .type = TL_T_BOOL, .noun = "it is a reply",
    .not_noun = "it is not a reply")
R(ITEM_VERSION, .name = "item.version", .type = TL_T_INT, .noun = "the item's version")

R(STREAM_RUNNING, .name = "stream.running", .type = TL_T_BOOL,
    .noun = "the live stream is running", .not_noun = "no live stream is running")
R(STREAM_AGE, .name = "stream.age", .type = TL_T_DURATION,
    .noun = "the time since the live stream began")
R(STREAM_VIEWERS, .name = "stream.viewers", .type = TL_T_INT,
    .noun = "the number of people who watch the live stream")

R(AUTHOR_KNOWN, .name = "author.known", .type = TL_T_BOOL,
    .noun = "the author's account is known", .not_noun = "the author's account is not known")
R(AUTHOR_AGE_BAND, .name = "author.age_band", .type = TL_T_ENUM, .words = tl_age_band_names,
    .noun = "the author's age band")
R(AUTHOR_AGE_ASSURED, .name = "author.age_assured", .type = TL_T_ENUM,
    .words = tl_age_assured_names, .noun = "how the author's age is assured")
R(AUTHOR_AGE_DAYS, .name = "author.age_days", .type = TL_T_INT,
    .noun = "the age of the author's account in days")
R(AUTHOR_STRIKES, .name = "author.strikes", .type = TL_T_INT,
    .noun = "the number of the author's strikes")
R(AUTHOR_COUNTRY, .name = "author.country", .type = TL_T_STRING, .noun = "the author's country")
R(AUTHOR_LANGUAGE, .name = "author.language", .type = TL_T_STRING,
    .noun = "the author's language")
R(AUTHOR_STATE, .name = "author.state", .type = TL_T_ENUM, .words = tl_account_state_names,
    .noun = "the state of the author's account")

R(TEXT_TITLE, .name = "text.title", .type = TL_T_STRING, .noun = "the title", .personal = true)
R(TEXT_BODY, .name = "text.body", .type = TL_T_STRING, .noun = "the body text",
    .personal = true)
R(TEXT_CAPTION, .name = "text.caption", .type = TL_T_STRING, .noun = "the caption",
    .personal = true)
R(TEXT_BIO, .name = "text.bio", .type = TL_T_STRING, .noun = "the profile text",
    .personal = true)
R(TEXT_FIELD, .name = "text.field", .type = TL_T_STRING, .noun = "the text field {0}",
    .personal = true, .call = true, .n_args = 1, .args = {TL_T_STRING})
R(TEXT_CONTAINS, .name = "text.contains", .type = TL_T_BOOL, .noun = "a text contains {0}",
    .not_noun = "no text contains {0}", .call = true, .n_args = 1, .args = {TL_T_STRING})
R(TEXT_LENGTH, .name = "text.length", .type = TL_T_INT, .noun = "the length of all texts")
R(TEXT_IN_LIST, .name = "text.in_list", .type = TL_T_BOOL,
    .noun = "a text has a term of the list {0}",
    .not_noun = "no text has a term of the list {0}", .call = true, .n_args = 1,
    .args = {TL_T_STRING}, .domain = DOMAIN_LIST, .detector = "text")
R(TEXT_HITS, .name = "text.hits", .type = TL_T_INT,
    .noun = "the number of terms of the list {0}", .call = true, .n_args = 1,
    .args = {TL_T_STRING}, .domain = DOMAIN_LIST, .detector = "text")
R(TEXT_SCORE, .name = "text.score", .type = TL_T_DOUBLE,
    .noun = "the score of the text model {0}", .call = true, .n_args = 1, .args = {TL_T_STRING},
    .domain = DOMAIN_MODEL, .detector = "model:{0}")

R(MEDIA, .name = "media", .type = TL_T_HANDLES, .handle = "file", .noun = "media")
R(M_IN_BANK, .owner = "file", .name = "in_bank", .type = TL_T_BOOL,
    .noun = "file {e} matches the bank {0}",
    .not_noun = "file {e} does not match the bank {0}", .call = true, .n_args = 1,
    .args = {TL_T_STRING}, .domain = DOMAIN_BANK, .detector = "pdq")
R(M_DISTANCE, .owner = "file", .name = "distance", .type = TL_T_INT,
    .noun = "the distance of file {e} to the bank {0}", .call = true, .n_args = 1,
    .args = {TL_T_STRING}, .domain = DOMAIN_BANK, .detector = "pdq")
R(M_SCORE, .owner = "file", .name = "score", .type = TL_T_DOUBLE,
    .noun = "the score of file {e} by the model {0}", .call = true, .n_args = 1,
    .args = {TL_T_STRING}, .domain = DOMAIN_MODEL, .detector = "model:{0}")
R(M_STATE, .owner = "file", .name = "state", .type = TL_T_ENUM, .words = tl_media_state_names,
    .noun = "the state of file {e}")
R(M_MIME, .owner = "file", .name = "mime", .type = TL_T_STRING,
    .noun = "the type of file {e}")
R(M_BYTES, .owner = "file", .name = "bytes", .type = TL_T_INT,
    .noun = "the size of file {e} in bytes")
R(M_WIDTH, .owner = "file", .name = "width", .type = TL_T_INT,
    .noun = "the width of file {e}")
R(M_HEIGHT, .owner = "file", .name = "height", .type = TL_T_INT,
    .noun = "the height of file {e}")
R(M_PAGES, .owner = "file", .name = "pages", .type = TL_T_INT,
    .noun = "the number of pictures in file {e}")
R(M_DURATION, .owner = "file", .name = "duration", .type = TL_T_DURATION,
    .noun = "the length of file {e}")
R(M_FRAMES, .owner = "file", .name = "frames", .type = TL_T_INT,
    .noun = "the number of frames of file {e}")
R(M_HAS_SOUND, .owner = "file", .name = "has_sound", .type = TL_T_BOOL,
    .noun = "file {e} has sound", .not_noun = "file {e} has no sound")
R(M_QUALITY, .owner = "file", .name = "quality", .type = TL_T_INT,
    .noun = "the hash quality of file {e}")

R(MODEL_SCORE, .name = "model.score", .type = TL_T_DOUBLE,
    .noun = "the highest score by the model {0}", .call = true, .n_args = 1,
    .args = {TL_T_STRING}, .domain = DOMAIN_MODEL, .detector = "model:{0}")

R(FLAGS_COUNT, .name = "flags.count", .type = TL_T_INT, .noun = "the number of open flags")
R(FLAGS_USERS, .name = "flags.users", .type = TL_T_INT, .noun = "the number of user reports")
R(FLAGS_TRUSTED, .name = "flags.trusted", .type = TL_T_INT,
    .noun = "the number of flags by trusted flaggers")
R(FLAGS_NOTICES, .name = "flags.notices", .type = TL_T_INT, .noun = "the number of notices")
R(FLAGS_REFERRALS, .name = "flags.referrals", .type = TL_T_INT,
    .noun = "the number of referrals")

/* The measures of core/contact.tbl.h, each over one of its windows. */
#define M(tag, name_, type_, noun_)                                                            \
	R(CONTACT_##tag, .name = "contact." name_, .type = TL_T_##type_, .noun = noun_,        \
	    .call = true, .n_args = 1, .args = {TL_T_STRING}, .domain = DOMAIN_WINDOW,         \
	    .detector = "contact")
#include "core/contact.tbl.h"
#undef M
