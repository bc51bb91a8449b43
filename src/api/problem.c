/*
 * Problem documents (RFC 9457): from an error code and words to JSON and a status (problem.tbl.h).
 *
 * Promises: an error of our own making (500) never shows its detail to the client. Called for every refused
 * request and for every refused line of a batch.
 */
#include "api/http.h"

struct row {
	int err, status;
	const char *title;
	int wait_s;
};

static const struct row ROWS[] = {
#define P(err, status, title, wait_s) {err, status, title, wait_s},
#include "api/problem.tbl.h"
#undef P
};

static const struct row OURS = {TL_EBUG, 500, "A failure on our side", 0};

static const struct row *
row_of(int err)
{
	for (size_t i = 0; i < TL_COUNT(ROWS); i++)
		if (ROWS[i].err == err)
			return &ROWS[i];
	return &OURS;
}

int
tl_problem_write(
    struct tl_buf *out, int err, const char *field, const char *detail, const char *request)
{
	const struct row *row = row_of(err);
	char type[64];
	bool ours = row == &OURS;
	snprintf(
	    type, sizeof type, "urn:tutela:problem:%s", ours ? "internal" : tl_err_name(err));
	for (char *p = type; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	tl_js_open(out, NULL, '{');
	tl_js_z(out, "type", type);
	tl_js_z(out, "title", row->title);
	tl_js_int(out, "status", row->status);
	tl_js_z(out, "detail", ours || !detail || !detail[0] ? row->title : detail);
	if (field && field[0] && !ours)
		tl_js_z(out, "field", field);
	if (request)
		tl_js_z(out, "request", request);
	tl_js_close(out, '}');
	return row->status;
}

int
tl_problem_wait_s(int err)
{
	return row_of(err)->wait_s;
}
