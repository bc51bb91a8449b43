/* Private to config: what the readers of the four files share. */
#pragma once

#include "base/arena.h"
#include "config/policy.h"
#include "config/yaml.h"
#include "core/minors.h"

struct loading {
	struct tl_arena *arena;
	struct tl_policy_set *set;
	bool built_in; /* minors.yaml is the program's own */
};

int tl_policy_read_actions(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_queues(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_policies(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_minors(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_texts(struct loading *l, const struct tl_yaml *root) TL_MUST;

/* minors.yaml as it was shipped. */
extern const struct tl_str tl_policy_minors_shipped;

/* "PREFIX" + word, in the snapshot's memory; empty when word is NULL. */
struct tl_str tl_policy_prefixed(struct loading *l, const char *prefix, const char *word);

/* The list under `key`, which must be the only key of the document. */
int tl_policy_list(
    const struct tl_yaml *root, const char *key, const struct tl_yaml **ret) TL_MUST;
