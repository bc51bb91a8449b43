/*
 * From a decoded item to its receipt.
 *
 * Promises: item, media list, job and figure are one transaction; the same content under the same id and version
 * gives the same receipt, other content is refused. Failures: EEXISTS, EFIELD, and the store's. Called on the
 * writer's thread (tl_accept_store) and on the HTTP threads (the rest).
 */
#include "intake/accept.h"

#include "store/streams.h"

#include "sys/clock.h"
#include "sys/killpoint.h"

static void
add_u64(struct tl_buf *b, uint64_t v)
{
	uint8_t raw[8];
	for (int i = 0; i < 8; i++)
		raw[i] = (uint8_t)(v >> (56 - 8 * i));
	tl_buf_put(b, raw, sizeof raw);
}

static void
add_str(struct tl_buf *b, struct tl_str s)
{
	add_u64(b, s.n);
	tl_buf_put(b, s.p, s.n);
}

/* Text fields in the order of their names, so that the order in the request does not matter. */
static void
add_fields(struct tl_buf *b, const struct tl_item *it)
{
	uint8_t order[TL_ITEM_FIELDS_MAX];
	for (size_t i = 0; i < it->field_count; i++) {
		size_t k = i;
		for (;
		     k > 0 && tl_str_cmp(it->fields[order[k - 1]].name, it->fields[i].name) > 0;
		     k--)
			order[k] = order[k - 1];
		order[k] = (uint8_t)i;
	}
	add_u64(b, it->field_count);
	for (size_t i = 0; i < it->field_count; i++) {
		add_str(b, it->fields[order[i]].name);
		add_str(b, it->fields[order[i]].text);
	}
}

void
tl_accept_print(struct tl_accept *a, const struct tl_key *key)
{
	const struct tl_item *it = &a->item;
	struct tl_buf TL_CLEANUP(tl_buf_fini) b = {0};
	add_u64(&b, it->live);
	add_u64(&b, it->kind);
	add_u64(&b, it->audience);
	add_u64(&b, (uint64_t)it->posted_at);
	const struct tl_str parts[] = {it->ext_id, it->account_ext, it->thread_ext,
	    it->parent_ext, it->url, it->language, it->territory};
	for (size_t i = 0; i < TL_COUNT(parts); i++)
		add_str(&b, parts[i]);
	if (it->stream.id.n) {
		add_str(&b, it->stream.id);
		add_u64(&b, (uint64_t)it->stream.seq);
		add_u64(&b, it->stream.ended);
	}
	add_fields(&b, it);
	add_u64(&b, it->media_count);
	for (size_t i = 0; i < it->media_count; i++)
		tl_buf_put(&b, it->media[i].id.b, sizeof it->media[i].id.b);
	tl_blake2b(a->print, sizeof a->print, tl_buf_str(&b), key);
	tl_wipe(b.p, b.n);
}

int
tl_accept_store(struct tl_db *db, struct tl_accept *a)
{
	struct tl_item_state_row row;
	a->item.received_at = tl_now_us();
	if (!a->item.posted_at)
		a->item.posted_at = a->item.received_at;
	int64_t expires = a->keep_us ? a->item.received_at + a->keep_us : 0;
	int rc = tl_item_put(db, &a->item, a->print, expires, &row, &a->known);
	if (rc < 0)
		return rc;
	TL_KILLPOINT(ITEM_STORED);
	a->item.id = row.id;
	a->item.received_at = row.received_at;
	if (a->known)
		return 0;
	if (a->item.kind !=
	    TL_KIND_LIVE_STREAM) /* the first version of an id is nothing's yet */
		return a->item.version > 1 ? tl_stream_kept(db, &a->item) : 0;
	return tl_stream_item(db, &a->item, expires);
}

bool
tl_accept_half(const struct tl_accept *a)
{
	const struct tl_item *it = &a->item;
	return it->media_count > 0 || it->kind == TL_KIND_LIVE_STREAM || it->version > 1;
}

void
tl_accept_receipt(struct tl_buf *out, const struct tl_accept *a)
{
	tl_js_str(out, "id", a->item.ext_id);
	tl_js_int(out, "version", a->item.version);
	tl_js_z(out, "state", "pending");
	tl_js_null(out, "verdict");
	tl_js_time(out, "received_at", a->item.received_at);
	tl_js_open(out, "media", '[');
	for (size_t i = 0; i < a->item.media_count; i++)
		tl_js_hex(
		    out, NULL, tl_bytes(a->item.media[i].id.b, sizeof a->item.media[i].id.b));
	tl_js_close(out, ']');
}
