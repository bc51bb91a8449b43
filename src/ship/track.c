/*
 * Owns the form of a generation's index: printing, reading, finding a moment in it.
 *
 * Promises: bounded work on any bytes; what follows a damaged line does not count. Called by shipper and restorer.
 */
#include "ship/track.h"

#include <stdio.h>

static bool
number(struct tl_str *line, int64_t *ret)
{
	if (line->n < 2 || line->p[0] != ' ')
		return false;
	size_t end = 1;
	while (end < line->n && line->p[end] != ' ')
		end++;
	int rc = tl_parse_i64(tl_bytes(line->p + 1, end - 1), 0, INT64_MAX, ret);
	*line = tl_bytes(line->p + end, line->n - end);
	return rc == 0;
}

bool
tl_track_next(struct tl_str *text, struct tl_track_line *ret, bool *ret_bad)
{
	*ret_bad = false;
	const uint8_t *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
	if (!end)
		return false;
	struct tl_str line = tl_bytes(text->p, (size_t)(end - text->p));
	struct tl_track_line l = {0};
	bool fine = line.n > 1 && (line.p[0] == 'S' || line.p[0] == 'B' || line.p[0] == 'E');
	if (fine) {
		l.kind = (enum tl_track_kind)line.p[0];
		line = tl_bytes(line.p + 1, line.n - 1);
		fine = number(&line, &l.at_us) && number(&line, &l.segment) &&
		       number(&line, &l.bytes);
	}
	if (fine && l.kind == TL_TRACK_END)
		fine = number(&line, &l.mtime_ns) && number(&line, &l.size);
	*ret_bad = !fine || line.n;
	if (*ret_bad)
		return false;
	*text = tl_bytes(end + 1, text->n - (size_t)(end + 1 - text->p));
	*ret = l;
	return true;
}

void
tl_track_print(const struct tl_track_line *l, char dst[TL_TRACK_LINE])
{
	int n = snprintf(dst, TL_TRACK_LINE, "%c %lld %lld %lld", (char)l->kind,
	    (long long)l->at_us, (long long)l->segment, (long long)l->bytes);
	if (l->kind == TL_TRACK_END)
		n += snprintf(dst + n, TL_TRACK_LINE - (size_t)n, " %lld %lld",
		    (long long)l->mtime_ns, (long long)l->size);
	(void)snprintf(dst + n, TL_TRACK_LINE - (size_t)n, "\n");
}

bool
tl_track_find(struct tl_str text, int64_t until_us, struct tl_track_point *ret)
{
	struct tl_track_line l;
	struct tl_track_point p = {0};
	bool based = false, bad = false;
	while (tl_track_next(&text, &l, &bad) && (until_us == 0 || l.at_us <= until_us)) {
		based = based || l.kind == TL_TRACK_BASE;
		p = (struct tl_track_point){.at_us = l.at_us,
		    .segment = l.segment,
		    .bytes = l.bytes,
		    .ended = l.kind == TL_TRACK_END,
		    .mtime_ns = l.mtime_ns,
		    .size = l.size};
	}
	if (!based)
		return false;
	*ret = p;
	return true;
}
