/*
 * What a signal's bank and entry say of themselves, in one form for every answer that shows signals: the trail, match
 * answers, the console, the HMA-compatible API. No failure.
 */
#include "core/signal.h"

#include "base/buf.h"

void
tl_signal_known_json(struct tl_buf *b, const struct tl_signal *s)
{
	if (s->failed || (tl_id_is_nil(s->bank) && !s->source.n))
		return;
	tl_js_z(b, "effect", tl_effect_names[s->effect]);
	tl_js_open(b, "bank", '{');
	tl_js_str(b, "name", s->label);
	tl_js_str(b, "source", s->source);
	tl_js_close(b, '}');
	tl_js_id(b, "entry", s->entry);
	tl_js_str0(b, "classification", s->classification);
	tl_js_raw0(b, "provenance", s->provenance);
	tl_js_str0(b, "turned", s->turned);
	tl_js_raw0(b, "part", s->part);
}
