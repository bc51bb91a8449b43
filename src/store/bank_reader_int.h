/* Private to the reader of bank files. Each takes one record, like tl_bank_reader_next. */
#pragma once

#include "store/bank_reader.h"

int bank_row_next(
    struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret) TL_MUST;
int bank_json_next(
    struct tl_bank_reader *r, struct tl_str *in, bool last, struct tl_bank_record *ret) TL_MUST;

/* An array that is one entry: the frames of a video, the words of a sound. */
bool bank_json_alone(const struct tl_bank_reader *r, struct tl_str s);
/* A whole JSON text as a record. */
void bank_json_record(struct tl_bank_reader *r, struct tl_str text, struct tl_bank_record *ret);
/* "a, b;c", or a JSON array, as tags of a record. */
struct tl_str bank_reader_tags(struct tl_bank_reader *r, struct tl_str text);
/* A JSON array of tags as they stand in a record; false: it is none. */
bool bank_json_tags(struct tl_bank_reader *r, struct tl_str text, struct tl_str *ret);
/* Columns of a row that may be a head: how many of them are ours, and whether one holds values. */
size_t bank_row_head(struct tl_str line, uint8_t delimiter, bool *ret_values);
/* True when a member of this name holds the entries. */
bool bank_json_holds(struct tl_str name);

/* Takes n bytes off, and counts their lines. */
void bank_reader_take(struct tl_bank_reader *r, struct tl_str *in, size_t n);
/* A record that has no end within reach: said, and passed over up to the end of its first line. */
int bank_reader_lost(struct tl_bank_reader *r, struct tl_str *in, bool last, size_t searched,
    const char *why, struct tl_bank_record *ret) TL_MUST;
struct tl_str bank_trim(struct tl_str s);
