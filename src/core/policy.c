/*
 * Look-ups in a policy set.
 *
 * Promises: linear over a few hundred rows, no allocation; NULL when there is no such row.
 */
#include "core/policy.h"

const struct tl_policy *
tl_policy_find(const struct tl_policy_set *set, struct tl_str id)
{
	for (size_t i = 0; i < set->policy_count; i++) {
		if (tl_str_eq(set->policies[i].id, id))
			return &set->policies[i];
	}
	return NULL;
}

const struct tl_action_def *
tl_action_find(const struct tl_policy_set *set, struct tl_str name)
{
	for (size_t i = 0; i < set->action_count; i++) {
		if (tl_str_eq(set->actions[i].name, name))
			return &set->actions[i];
	}
	return NULL;
}

const struct tl_queue_def *
tl_queue_find(const struct tl_policy_set *set, struct tl_str name)
{
	for (size_t i = 0; i < set->queue_count; i++) {
		if (tl_str_eq(set->queues[i].name, name))
			return &set->queues[i];
	}
	return NULL;
}

struct tl_str
tl_text_find(const struct tl_policy_set *set, struct tl_str name)
{
	for (size_t i = 0; i < set->text_count; i++) {
		if (tl_str_eq(set->texts[i].name, name))
			return set->texts[i].text;
	}
	return name;
}

bool
tl_policy_takes_back(const struct tl_policy_set *set, struct tl_str action)
{
	for (size_t i = 0; i < set->action_count; i++) {
		if (tl_str_eq(set->actions[i].reverse, action))
			return true;
	}
	return false;
}
