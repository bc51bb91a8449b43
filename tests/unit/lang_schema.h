/* A small schema that stands for any product, and an environment that answers from a table. */
#pragma once

#include "lang/eval.h"

static const char *const lang_colours[] = {"red", "green", "dark blue", NULL};

static const struct tl_lang_word lang_banks[] = {
    {TL_S("demo-known"), NULL},
    {TL_S("demo-exact"), "digest"},
};

static const struct tl_lang_domain lang_domains[] = {
    {"bank", false, lang_banks, 2},
    {"model", true, NULL, 0},
};

enum lang_id { ID_YES, ID_NO, ID_ABSENT, ID_FAILED, ID_OTHER };

#define N0(n, t, i)                                                                            \
	{                                                                                      \
		.name = (n), .type = (t), .id = (i)                                            \
	}
static const struct tl_lang_name lang_names[] = {
    N0("yes", TL_T_BOOL, ID_YES),
    N0("no", TL_T_BOOL, ID_NO),
    N0("gone", TL_T_BOOL, ID_ABSENT),
    {.name = "broken", .type = TL_T_BOOL, .id = ID_FAILED, .detector = "eye"},
    {.name = "item.views", .type = TL_T_INT, .id = 10, .noun = "the number of views"},
    N0("item.lost", TL_T_INT, ID_ABSENT),
    N0("item.bad", TL_T_INT, ID_FAILED),
    {.name = "item.share", .type = TL_T_DOUBLE, .id = 11, .noun = "the share"},
    {.name = "item.language", .type = TL_T_STRING, .id = 12, .noun = "the language"},
    {.name = "item.colour",
	.type = TL_T_ENUM,
	.id = 13,
	.words = lang_colours,
	.noun = "the colour"},
    {.name = "item.age", .type = TL_T_DURATION, .id = 14, .noun = "the age"},
    {.name = "item.posted_at", .type = TL_T_TIMESTAMP, .id = 15, .noun = "the time of posting"},
    N0("item.tags", TL_T_LIST, 16),
    N0("now", TL_T_TIMESTAMP, 17),
    {.name = "text.body", .type = TL_T_STRING, .id = 18, .noun = "the body", .personal = true},
    {.name = "text.in_list",
	.type = TL_T_BOOL,
	.call = true,
	.n_args = 1,
	.args = {TL_T_STRING},
	.domain = 1,
	.id = 19,
	.detector = "text",
	.noun = "the text has a term of {0}",
	.not_noun = "the text has no term of {0}"},
    {.name = "model.score",
	.type = TL_T_DOUBLE,
	.call = true,
	.n_args = 1,
	.args = {TL_T_STRING},
	.domain = 2,
	.id = 20,
	.detector = "model:{0}",
	.noun = "the score of {0}"},
    {.name = "contacts",
	.type = TL_T_INT,
	.call = true,
	.n_args = 1,
	.args = {TL_T_DURATION},
	.id = 21,
	.detector = "contact",
	.noun = "contacts"},
    {.name = "media", .type = TL_T_HANDLES, .handle = "medium", .id = 22},
    {.name = "empty", .type = TL_T_HANDLES, .handle = "medium", .id = 23},
    {.name = "crowd", .type = TL_T_HANDLES, .handle = "medium", .id = 24},
    {.name = "media_gone", .type = TL_T_HANDLES, .handle = "medium", .id = ID_ABSENT},
    {.owner = "medium",
	.name = "n",
	.type = TL_T_INT,
	.id = 30,
	.noun = "the number of medium {e}"},
    {.owner = "medium",
	.name = "in_bank",
	.type = TL_T_BOOL,
	.call = true,
	.n_args = 1,
	.args = {TL_T_STRING},
	.domain = 1,
	.id = 31,
	.detector = "pdq",
	.noun = "medium {e} matches bank {0}",
	.not_noun = "medium {e} does not match bank {0}"},
    {.owner = "medium", .name = "lost", .type = TL_T_BOOL, .id = ID_ABSENT},
    {.owner = "medium", .name = "broken", .type = TL_T_BOOL, .id = 32},
};

static const struct tl_lang_schema lang_schema = {
    lang_names, TL_COUNT(lang_names), lang_domains, TL_COUNT(lang_domains)};

static const struct tl_lang_value lang_tags[] = {
    {.type = TL_T_STRING, .u.s = TL_S("alpha")},
    {.type = TL_T_STRING, .u.s = TL_S("beta")},
};

#define LANG_DAY INT64_C(86400000000)

/* Medium n has the number n; only medium 1 is in a bank; `broken` fails for medium 0 alone. */
static void
lang_load(void *ctx, const struct tl_lang_ref *ref, uint32_t element, struct tl_lang_value *ret)
{
	(void)ctx;
	switch (ref->name->id) {
	case ID_YES:
	case ID_NO:
		*ret = tl_lang_bool(ref->name->id == ID_YES);
		break;
	case ID_ABSENT:
		*ret = tl_lang_absent("the platform did not say");
		break;
	case ID_FAILED:
		*ret = tl_lang_failed("the detector \"eye\" failed");
		break;
	case 10:
		*ret = tl_lang_whole(TL_T_INT, 1200);
		break;
	case 11:
		*ret = tl_lang_double(0.25);
		break;
	case 12:
		*ret = tl_lang_string(TL_S("de"));
		break;
	case 13:
		*ret = tl_lang_whole(TL_T_ENUM, 2);
		break;
	case 14:
		*ret = tl_lang_whole(TL_T_DURATION, 3 * LANG_DAY);
		break;
	case 15:
		*ret =
		    tl_lang_whole(TL_T_TIMESTAMP, INT64_C(20454) * LANG_DAY); /* 2026-01-01 */
		break;
	case 16:
		*ret = (struct tl_lang_value){.type = TL_T_LIST};
		ret->u.list.items = lang_tags;
		ret->u.list.n = TL_COUNT(lang_tags);
		break;
	case 17:
		*ret =
		    tl_lang_whole(TL_T_TIMESTAMP, INT64_C(20457) * LANG_DAY); /* 2026-01-04 */
		break;
	case 18:
		*ret = tl_lang_string(TL_S("a gr\xc3\xbc\xc3\x9f secret"));
		break;
	case 19:
		*ret = tl_lang_bool(tl_str_is(ref->args[0].u.s, "demo-known"));
		break;
	case 20:
		*ret = tl_lang_double(0.75);
		break;
	case 21:
		*ret = tl_lang_whole(TL_T_INT, ref->args[0].u.i / INT64_C(3600000000));
		break;
	case 22:
		*ret = tl_lang_whole(TL_T_HANDLES, 3);
		break;
	case 23:
		*ret = tl_lang_whole(TL_T_HANDLES, 0);
		break;
	case 24:
		*ret = tl_lang_whole(TL_T_HANDLES, TL_LANG_HANDLES_MAX);
		break;
	case 30:
		*ret = tl_lang_whole(TL_T_INT, element);
		break;
	case 31:
		*ret = tl_lang_bool(element == 1);
		ret->note = element == 1 ? "distance 4" : NULL;
		break;
	case 32:
		*ret = element == 0 ? tl_lang_failed("no answer") : tl_lang_bool(false);
		break;
	default:
		break;
	}
}

static const struct tl_lang_env lang_env = {lang_load, NULL};
