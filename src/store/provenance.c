/*
 * Provenance of bank entries, to and from JSON.
 *
 * Promises: what is written is read back the same, and two equal provenances are the same bytes. Failure: text that
 * is not such JSON. Called by imports, exports, the console and the verbs of banks.
 */
#include "store/provenance.h"

#include "base/arena.h"
#include "base/json.h"

static void
write_tags(struct tl_buf *out, struct tl_str tags)
{
	tl_js_open(out, "tags", '[');
	while (tags.n) {
		const uint8_t *end = memchr(tags.p, TL_TAG_SEPARATOR, tags.n);
		size_t n = end ? (size_t)(end - tags.p) : tags.n;
		struct tl_str tag = tl_bytes(tags.p, n);
		tags = tl_bytes(tags.p + n + (end != NULL), tags.n - n - (end != NULL));
		while (tag.n && tag.p[0] == ' ')
			tag = tl_bytes(tag.p + 1, tag.n - 1);
		while (tag.n && tag.p[tag.n - 1] == ' ')
			tag.n--;
		if (tag.n)
			tl_js_str(out, NULL, tag);
	}
	tl_js_close(out, ']');
}

static void
member(struct tl_buf *out, const char *key, struct tl_str s)
{
	if (s.n)
		tl_js_str(out, key, s);
}

void
tl_provenance_write(const struct tl_provenance *p, struct tl_buf *out)
{
	if (!(p->exchange.n | p->record.n | p->member.n | p->tags.n | p->decision.n | p->url.n))
		return;
	tl_js_open(out, NULL, '{');
	member(out, "exchange", p->exchange);
	member(out, "record", p->record);
	member(out, "member", p->member);
	if (p->tags.n)
		write_tags(out, p->tags);
	member(out, "decision", p->decision);
	member(out, "url", p->url);
	tl_js_close(out, '}');
}

static struct tl_str
text(json_t *object, const char *key, struct tl_arena *arena)
{
	json_t *v = json_object_get(object, key);
	return json_is_string(v) ? tl_arena_dup(arena, tl_json_str(v)) : (struct tl_str){0};
}

static struct tl_str
read_tags(json_t *array, struct tl_arena *arena)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	size_t i;
	json_t *tag;
	json_array_foreach(array, i, tag)
	{
		struct tl_str s = tl_json_str(tag);
		if (b.n && s.n)
			tl_buf_byte(&b, TL_TAG_SEPARATOR);
		tl_buf_put(&b, s.p, s.n);
	}
	return tl_arena_dup(arena, tl_buf_str(&b));
}

int
tl_provenance_read(struct tl_str json, struct tl_arena *arena, struct tl_provenance *ret)
{
	json_t *TL_CLEANUP(tl_json_unref) j = NULL;
	*ret = (struct tl_provenance){0};
	if (!json.n)
		return 0;
	int rc = tl_json_parse(json, &j);
	if (rc < 0)
		return rc;
	*ret = (struct tl_provenance){.exchange = text(j, "exchange", arena),
	    .record = text(j, "record", arena),
	    .member = text(j, "member", arena),
	    .tags = read_tags(json_object_get(j, "tags"), arena),
	    .decision = text(j, "decision", arena),
	    .url = text(j, "url", arena)};
	return tl_arena_check(arena);
}
