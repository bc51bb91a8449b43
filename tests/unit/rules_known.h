/* A small world for rules: three policies, a few actions, queues, banks and detectors. */
#pragma once

#include "rules/rules.h"

static const struct tl_str demo_detectors[] = {
    TL_S("text"), TL_S("pdq"), TL_S("digest"), TL_S("video"), TL_S("sound"), TL_S("contact")};

/* A policy set of three policies. */
static const struct tl_str rules_block_actions[] = {TL_S("remove"), TL_S("preserve")};

static const struct tl_policy rules_policies[] = {
    {.id = TL_S("csae.known"),
	.severity = TL_SEVERITY_CRITICAL,
	.on_unknown = TL_VERDICT_WITHHOLD,
	.queue = TL_S("child-safety"),
	.actions = rules_block_actions,
	.action_count = 2,
	.child_safety = true},
    {.id = TL_S("speech.hate"),
	.severity = TL_SEVERITY_HIGH,
	.on_unknown = TL_VERDICT_REVIEW,
	.queue = TL_S("conduct"),
	.actions = rules_block_actions,
	.action_count = 1},
    {.id = TL_S("terms.spam"),
	.severity = TL_SEVERITY_LOW,
	.on_unknown = TL_VERDICT_REVIEW,
	.queue = TL_S("general")},
};

static const struct tl_action_def rules_actions[] = {
    {.name = TL_S("remove"), .on_item = true, .outgoing = true, .reverse = TL_S("restore")},
    {.name = TL_S("age_restrict"), .on_item = true, .outgoing = true, .reverse = TL_S("lift")},
    {.name = TL_S("limit_contact"),
	.on_account = true,
	.outgoing = true,
	.reverse = TL_S("lift")},
    {.name = TL_S("preserve"), .on_item = true},
    {.name = TL_S("restore"), .on_item = true, .outgoing = true},
};

static const struct tl_queue_def rules_queues[] = {
    {.name = TL_S("child-safety")}, {.name = TL_S("conduct")}, {.name = TL_S("general")}};

static const struct tl_policy_set rules_policy_set = {
    .version = TL_S("p1"),
    .policies = rules_policies,
    .policy_count = TL_COUNT(rules_policies),
    .actions = rules_actions,
    .action_count = TL_COUNT(rules_actions),
    .queues = rules_queues,
    .queue_count = TL_COUNT(rules_queues),
};

static const struct tl_rules_bank rules_banks[] = {
    {TL_S("csam"), TL_BANK_PDQ},
    {TL_S("csam-exact"), TL_BANK_DIGEST},
    {TL_S("csam-films"), TL_BANK_VIDEO},
    {TL_S("csam-songs"), TL_BANK_SOUND},
    {TL_S("hate"), TL_BANK_TEXT},
    {TL_S("spam"), TL_BANK_TEXT},
};

static const struct tl_rules_known rules_known = {
    .policies = &rules_policy_set,
    .banks = rules_banks,
    .bank_count = TL_COUNT(rules_banks),
    .detectors = demo_detectors,
    .detector_count = TL_COUNT(demo_detectors),
};
