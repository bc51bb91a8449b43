/* Writing down how a video or sound matched. No failure but a full arena. Called by the detectors of both. */
#include "detect/hash/part.h"

#include "base/arena.h"
#include "base/buf.h"

#include <math.h>

static double
thousandths(double v)
{
	return round(v * 1000) / 1000;
}

static void
put_shown(struct tl_buf *b, const struct tl_stretches *l)
{
	tl_js_open(b, "shown", '[');
	for (size_t i = 0; i < l->n; i++) {
		tl_js_open(b, NULL, '{');
		tl_js_int(b, "from_ms", l->s[i].from_ms);
		tl_js_int(b, "to_ms", l->s[i].to_ms);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
}

struct tl_str
part_text(struct tl_arena *a, const struct part *p)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf b = {0};
	tl_js_open(&b, NULL, '{');
	tl_js_num(&b, "share_item", thousandths(p->share_item));
	tl_js_num(&b, "share_entry", thousandths(p->share_entry));
	tl_js_int(&b, "offset_ms", p->offset_ms);
	tl_js_int0(&b, "matched_ms", p->matched_ms > 0, p->matched_ms);
	tl_js_num(&b, "speed", thousandths(p->speed));
	tl_js_bool(&b, "in_step", p->in_step);
	if (p->shown.n)
		put_shown(&b, &p->shown);
	tl_js_close(&b, '}');
	return tl_arena_dup(a, tl_buf_str(&b));
}

const char *
part_undecoded(struct tl_arena *a, const struct tl_media *m)
{
	return m->reason.n ? (const char *)tl_arena_dup(a, m->reason).p
			   : "the file was not decoded";
}
