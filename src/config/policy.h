/*
 * Loads the policy folder (policies.yaml, actions.yaml, queues.yaml, texts/en.yaml, minors.yaml, interventions.yaml)
 * into one immutable, reference-counted snapshot (core/policy.h). Everything is checked: each reference resolves, each category,
 * keyword and restriction is one of the Commission's, each text is there. One error refuses the whole folder,
 * with file, line, column and a caret; whoever holds the last good snapshot keeps it.
 * A folder without minors.yaml or interventions.yaml, as earlier versions made it, gets those of the program.
 */
#pragma once

#include "core/policy.h"

int tl_policy_load(const char *dir, const struct tl_policy_set **ret) TL_MUST;

/* The folder with another minors.yaml, which errors call `name`: to look at it before it is in force. */
int tl_policy_load_minors(const char *dir, struct tl_str minors, const char *name,
    const struct tl_policy_set **ret) TL_MUST;

/* The same from memory, in the order of tl_policy_file_names; empty ones of the last two: those of the program. */
#define TL_POLICY_FILES 6
extern const char *const tl_policy_file_names[TL_POLICY_FILES];
int tl_policy_parse(
    const struct tl_str texts[TL_POLICY_FILES], const struct tl_policy_set **ret) TL_MUST;

/* A number that changes with any file of the folder: look, and load again when it is another. */
uint64_t tl_policy_stamp(const char *dir);

/* Thread-safe. The last unref frees the snapshot and everything that borrows from it. */
const struct tl_policy_set *tl_policy_ref(const struct tl_policy_set *set);
void tl_policy_unref(const struct tl_policy_set *set);
void tl_policy_unrefp(const struct tl_policy_set **set);
