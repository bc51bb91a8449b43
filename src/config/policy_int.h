/* Private to config: what the readers of the files share. */
#pragma once

#include "base/arena.h"
#include "config/policy.h"
#include "config/yaml.h"
#include "core/minors.h"

struct loading {
	struct tl_arena *arena;
	struct tl_policy_set *set;
	bool built_in; /* the file that is read is the program's own */
};

int tl_policy_read_actions(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_queues(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_policies(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_interventions(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_minors(struct loading *l, const struct tl_yaml *root) TL_MUST;
int tl_policy_read_texts(struct loading *l, const struct tl_yaml *root) TL_MUST;

/* What was shipped, for folders that earlier versions made. */
extern const struct tl_str tl_policy_minors_shipped, tl_policy_interventions_shipped;

/* Texts for people, by language. */
int tl_policy_people_texts(struct loading *l, const struct tl_yaml *map,
    const struct tl_minors_text **ret, size_t *ret_n) TL_MUST;

/* "PREFIX" + word, in the snapshot's memory; empty when word is NULL. */
struct tl_str tl_policy_prefixed(struct loading *l, const char *prefix, const char *word);

/* The list under `key`, which must be the only key of the document. */
int tl_policy_list(
    const struct tl_yaml *root, const char *key, const struct tl_yaml **ret) TL_MUST;
