/*
 * Events as JSON.
 *
 * Promises: at most TL_CONTACT_TOLD_MAX, with the number that there are. No failure. Called by the worker for cases and by
 * the console for the account's timeline.
 */
#include "detect/contact/told.h"

#include "base/json.h"

static void
one(struct tl_buf *b, const struct tl_contact_row *r)
{
	static const struct {
		unsigned flag;
		const char *name;
	} has[] = {{TL_CONTACT_HAS_LINK, "link"}, {TL_CONTACT_HAS_HANDLE, "handle"},
	    {TL_CONTACT_HAS_MEDIA, "media"}};
	tl_js_open(b, NULL, '{');
	tl_js_int(b, "id", r->id);
	tl_js_time(b, "at", r->at);
	tl_js_id(b, "person", r->to);
	tl_js_z(b, "age_band", tl_age_band_names[r->to_band]);
	tl_js_z(b, "kind", tl_contact_kind_names[r->kind]);
	tl_js_z(b, "outcome", tl_contact_result_names[r->outcome]);
	tl_js_open(b, "has", '[');
	for (size_t i = 0; i < TL_COUNT(has); i++)
		if (r->flags & has[i].flag)
			tl_js_z(b, NULL, has[i].name);
	tl_js_close(b, ']');
	tl_js_close(b, '}');
}

void
tl_contact_told_json(
    struct tl_buf *b, const char *key, const struct tl_contact_seen *seen, int64_t now)
{
	int64_t from = now - tl_contact_window_us[TL_WINDOW_30D];
	size_t n = 0, shown = 0;
	while (n < seen->n && seen->rows[seen->n - 1 - n].at > from)
		n++;
	shown = n < TL_CONTACT_TOLD_MAX ? n : TL_CONTACT_TOLD_MAX;
	tl_js_open(b, key, '{');
	tl_js_int(b, "count", (int64_t)n);
	tl_js_int(b, "shown", (int64_t)shown);
	tl_js_open(b, "events", '[');
	for (size_t i = 0; i < shown; i++)
		one(b, &seen->rows[seen->n - 1 - i]);
	tl_js_close(b, ']');
	tl_js_close(b, '}');
}
