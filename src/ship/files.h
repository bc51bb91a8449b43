/*
 * Copies of files. First of those that never change once they have their name (the blobs): the new ones at once, all of
 * them round and round, and what is gone at home leaves the copy after a while.
 *
 *   FOLDER/aa/aabbcc…        a file, found under the first two letters of its name
 *   FOLDER/ship/aabbcc…      a second name of a file that is not copied yet; whoever makes files makes it too
 */
#pragma once

#include "base/str.h"

#define TL_FILES_SPOOL "ship"
#define TL_FILES_PARTS 256

/* Makes the folder for second names; from then on new files are noted. */
int tl_files_note(const char *folder) TL_MUST;

/* Copies at most `most` noted files. Returns how many. */
int tl_files_new(const char *folder, const char *to, size_t most) TL_MUST;

/* Copies what one part (0..255) of the copy lacks. Returns how many files that were. */
int tl_files_missing(const char *folder, const char *to, unsigned part) TL_MUST;

/*
 * Makes one part (0..255) of the copy what it is at home: copies what lacks, returns how many that were. What is gone at
 * home is marked first and removed when it has been marked for keep_us.
 */
int tl_files_part(const char *folder, const char *to, unsigned part, int64_t keep_us) TL_MUST;

/*
 * Makes the small tree `to` what `folder` is: files that differ in size or time are copied, others removed. For the policy
 * folder; at most TL_FILES_TREE files.
 */
#define TL_FILES_TREE 5000
int tl_files_mirror(const char *folder, const char *to) TL_MUST;

/* One file, when it differs in size or time. NOTFOUND when it is not there. */
int tl_files_one(const char *from, const char *to) TL_MUST;
