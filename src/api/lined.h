/*
 * A body of lines that is read whole: NDJSON in, one answer a line out, in the same order; each line stands alone. For calls
 * whose lines are short and few thousand; what streams is batch.c.
 */
#pragma once

#include "api/http.h"

struct tl_lined_line {
	int64_t number;           /* in the body, from 1 */
	json_t *json;             /* NULL when it could not be read */
	int rc;                   /* 0, or why it was refused, */
	const char *text, *field; /* in words that live in the arena */
	void *of;                 /* the call's own, zeroed */
};

struct tl_lined {
	struct tl_arena *arena; /* as large as a body needs; goes with the request */
	struct tl_lined_line *lines;
	size_t count;
};

/* Takes a body of type application/x-ndjson. */
extern const struct tl_body tl_body_lines;

/*
 * Reads the request's body: at most `max` lines, each with `size` bytes of the call's own. The result is kept with the request
 * (tl_req_kept). LIMIT when there are more lines; a wrong line is refused by itself.
 */
int tl_lined_read(struct tl_req *req, size_t max, size_t size, struct tl_lined **ret) TL_MUST;
/* The line is refused with the error that was just set. */
void tl_lined_refuse(struct tl_lined *l, struct tl_lined_line *line, int rc);

/* Answers 200: `put` writes the members of a line that was not refused. */
void tl_lined_answer(struct tl_req *req, const struct tl_lined *l,
    void (*put)(struct tl_buf *out, const struct tl_lined_line *line, const void *ctx),
    const void *ctx);
