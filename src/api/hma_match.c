/*
 * /m: lookups of signals and media, comparing, and how far the indexes are.
 *
 * Promises: a content that is disabled or whose bank is off is never in an answer; `bypass_coinflip` overrides shares of
 * banks, never what is off; distances are text. A header says when not all matches fit, and when an allow-list set some aside.
 * Called by the route table.
 */
#include "api/hma_int.h"

#include "hash/pdq.h"
#include "hash/video_match.h"
#include "sys/clock.h"
#include "sys/crypto.h"

#include <stdio.h>

struct want {
	struct tl_str banks; /* "A,B"; empty: all */
	double coin;         /* 0 up to 1; banks of a larger share answer */
	bool bypass;
	bool raw, distance;
	bool wrapped; /* by type */
	enum hma_type_tag only;
};

/* Reading ------------------------------------------------------------------------------------------------------- */

/* FNV-1a, then mixed: the same seed, the same coin. */
static double
coin_of(struct tl_str seed)
{
	uint64_t h = 14695981039346656037U;
	if (seed.n == 0)
		tl_random(&h, sizeof h);
	for (size_t i = 0; i < seed.n; i++)
		h = (h ^ seed.p[i]) * 1099511628211U;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdU;
	h ^= h >> 33;
	return (double)(h >> 11) / 9007199254740992.0;
}

static int
read_want(struct tl_req *req, struct hma_call *c, struct want *w)
{
	struct tl_str seed = {NULL, 0};
	(void)tl_req_query(req, "banks", &w->banks);
	(void)tl_req_query(req, "seed", &seed);
	c->banks = w->banks;
	w->coin = coin_of(seed);
	int rc = hma_query_bool(req, "bypass_coinflip", &w->bypass);
	if (rc == 0)
		rc = hma_query_bool(req, "include_distance", &w->distance);
	if (rc == 0)
		rc = hma_query_bool(req, "include_provenance", &c->provenance);
	c->find = true;
	c->ctx = w;
	return rc;
}

/* ?signal and ?signal_type */
static int
read_signal(struct tl_req *req, struct hma_call *c, struct want *w)
{
	struct tl_str signal = {NULL, 0}, type = {NULL, 0};
	if (!tl_req_query(req, "signal", &signal) || !signal.n)
		return tl_fail_at(TL_EFIELD, "signal", "is required");
	if (!tl_req_query(req, "signal_type", &type) || !type.n)
		return tl_fail_at(TL_EFIELD, "signal_type", "is required");
	int rc = hma_type_parse(type, "signal_type", &w->only);
	if (rc == 0)
		rc = hma_value_parse(
		    w->only, signal, "signal", tl_req_arena(req), &c->values[w->only]);
	c->types = 1U << w->only;
	return rc;
}

/* Writing ------------------------------------------------------------------------------------------------------- */

static bool
names(struct tl_str list, struct tl_str name)
{
	while (list.n) {
		const uint8_t *comma = memchr(list.p, ',', list.n);
		size_t n = comma ? (size_t)(comma - list.p) : list.n;
		if (tl_str_eq(tl_bytes(list.p, n), name))
			return true;
		list = tl_bytes(list.p + n + (comma != NULL), list.n - n - (comma != NULL));
	}
	return false;
}

static bool
counts(const struct want *w, const json_t *hit)
{
	double ratio = json_number_value(json_object_get(hit, "ratio"));
	if (w->banks.n && !names(w->banks, tl_json_str(json_object_get(hit, "bank"))))
		return false;
	return ratio > 0 && (w->raw || w->bypass || ratio >= 1 || w->coin < ratio);
}

static void
write_match(struct tl_buf *out, const json_t *hit)
{
	char text[24] = "-";
	json_int_t percent = json_integer_value(json_object_get(hit, "percent"));
	json_int_t distance = json_integer_value(json_object_get(hit, "distance"));
	json_t *from = json_object_get(hit, "provenance");
	if (percent > 0)
		(void)snprintf(text, sizeof text, "%lld%%", (long long)percent);
	else if (distance >= 0)
		(void)snprintf(text, sizeof text, "%lld", (long long)distance);
	tl_js_open(out, NULL, '{');
	tl_js_int(out, "bank_content_id", json_integer_value(json_object_get(hit, "id")));
	tl_js_z(out, "distance", text);
	if (json_is_true(json_object_get(hit, "review_only")))
		tl_js_bool(out, "review_only", true);
	if (from) {
		char *dump = json_dumps(from, JSON_COMPACT | JSON_ENCODE_ANY);
		tl_js_raw0(out, "provenance", tl_str(dump));
		free(dump);
	}
	tl_js_close(out, '}');
}

static void
write_raw(struct tl_buf *out, const struct want *w, const json_t *hits)
{
	tl_js_open(out, NULL, '{');
	tl_js_open(out, "matches", '[');
	for (size_t i = 0; i < json_array_size(hits); i++) {
		const json_t *hit = json_array_get(hits, i);
		if (!counts(w, hit))
			continue;
		if (w->distance || json_object_get(hit, "provenance"))
			write_match(out, hit);
		else
			tl_js_int(out, NULL, json_integer_value(json_object_get(hit, "id")));
	}
	tl_js_close(out, ']');
	tl_js_close(out, '}');
}

/* Hits come ordered by bank. */
static void
write_banks(struct tl_buf *out, const char *key, const struct want *w, const json_t *hits)
{
	const char *open = NULL;
	tl_js_open(out, key, '{');
	for (size_t i = 0; i < json_array_size(hits); i++) {
		const json_t *hit = json_array_get(hits, i);
		const char *bank = json_string_value(json_object_get(hit, "bank"));
		if (!bank || !counts(w, hit))
			continue;
		if (!open || strcmp(open, bank) != 0) {
			if (open)
				tl_js_close(out, ']');
			tl_js_open(out, bank, '[');
			open = bank;
		}
		write_match(out, hit);
	}
	if (open)
		tl_js_close(out, ']');
	tl_js_close(out, '}');
}

/* A type that is switched down answers as often as its share says. */
static int
type_answers(struct tl_req *req, const struct want *w, enum hma_type_tag type, bool *ret)
{
	struct tl_app *app = &tl_api_of(req)->app;
	struct tl_db *db = NULL;
	double share = 1;
	int rc = tl_app_db(app, &db);
	if (rc == 0)
		rc = tl_hma_type_share(db, tl_str(hma_types[type].name), &share);
	tl_app_db_give(app, db);
	*ret = share >= 1 || (share > 0 && (w->bypass || w->raw || w->coin < share));
	return rc;
}

/* Headers, because a client takes every name in the body for a bank or a type. */
static void
say_left_out(struct tl_req *req, const struct hma_call *c)
{
	char text[64] = "", number[24];
	json_int_t allowed = json_integer_value(json_object_get(c->answer, "allowed"));
	const json_t *cut = json_object_get(c->answer, "cut");
	for (size_t i = 0; i < json_array_size(cut); i++)
		for (int t = 0; t < HMA_TYPES; t++) {
			const char *form = tl_entry_form_names[hma_types[t].form];
			size_t n = strlen(text);
			if (tl_str_is(tl_json_str(json_array_get(cut, i)), form))
				(void)snprintf(text + n, sizeof text - n, "%s%s", n ? ", " : "",
				    hma_types[t].name);
		}
	if (*text)
		tl_req_set_header(req, "X-Matches-Incomplete", text);
	if (allowed <= 0)
		return;
	(void)snprintf(number, sizeof number, "%lld", (long long)allowed);
	tl_req_set_header(req, "X-Matches-Allowed", number);
}

static void
answer_matches(struct tl_req *req, struct hma_call *c)
{
	const struct want *w = c->ctx;
	const json_t *all = json_object_get(c->answer, "hits");
	struct tl_buf b = {0};
	int rc = 0;
	if (w->wrapped)
		tl_js_open(&b, NULL, '{');
	for (int i = 0; i < HMA_TYPES && rc == 0; i++) {
		bool answers = false;
		if (!(c->types & 1U << i))
			continue;
		rc = type_answers(req, w, (enum hma_type_tag)i, &answers);
		const json_t *hits =
		    json_object_get(all, tl_entry_form_names[hma_types[i].form]);
		hits = answers ? hits : NULL;
		if (w->raw)
			write_raw(&b, w, hits);
		else
			write_banks(&b, w->wrapped ? hma_types[i].name : NULL, w, hits);
	}
	if (w->wrapped)
		tl_js_close(&b, '}');
	if (rc < 0) {
		tl_buf_fini(&b);
		tl_req_problem(req, rc);
		return;
	}
	hma_say_quality(req, c);
	say_left_out(req, c);
	tl_req_answer_json(req, 200, &b);
}

/* Routes -------------------------------------------------------------------------------------------------------- */

static void
look_up(struct tl_req *req, bool raw, bool file)
{
	struct hma_call *c = hma_call(req);
	struct want *w = TL_NEW(tl_req_arena(req), struct want);
	struct tl_str one;
	if (!c)
		return;
	int rc = w ? read_want(req, c, w) : tl_fail(TL_ENOMEM, "the request is too large");
	bool by_url = !raw && !file && tl_req_query(req, "url", &one) && one.n;
	if (rc == 0 && by_url && tl_req_query(req, "signal", &one) && one.n)
		rc = tl_fail_at(TL_EFIELD, "signal", "a url or a signal, not both");
	if (rc == 0 && !by_url && !file) {
		rc = read_signal(req, c, w);
	} else if (rc == 0) {
		w->wrapped = true;
		rc = hma_read_types(req, c);
		if (rc == 0 && by_url && tl_req_query(req, "signal_type", &one) && one.n) {
			rc = hma_type_parse(one, "signal_type", &w->only);
			c->types = 1U << w->only;
			w->wrapped = false;
		}
	}
	if (rc < 0) {
		tl_req_problem(req, rc);
		return;
	}
	w->raw = raw;
	c->then = answer_matches;
	hma_run(req, c);
}

void
tl_hma_do_raw_lookup(struct tl_req *req)
{
	look_up(req, true, false);
}

void
tl_hma_do_lookup(struct tl_req *req)
{
	look_up(req, false, false);
}

void
tl_hma_do_lookup_file(struct tl_req *req)
{
	look_up(req, false, true);
}

static int
compare_videos(const char *name, const struct tl_str text[2], struct tl_buf *out)
{
	static const struct tl_video_rule rule = {.distance = 31,
	    .share_query = TL_VIDEO_SHARE_QUERY,
	    .share_known = TL_VIDEO_SHARE_KNOWN};
	TL_CLEANUP(tl_video_fini) struct tl_video a = {0};
	TL_CLEANUP(tl_video_fini) struct tl_video b = {0};
	struct tl_video_looks query, known;
	struct tl_video_match m;
	int rc = tl_video_parse(text[0], &a);
	if (rc == 0)
		rc = tl_video_parse(text[1], &b);
	if (rc < 0)
		return rc;
	tl_video_looks_of(&a, false, &query);
	tl_video_looks_of(&b, false, &known);
	tl_video_compare(&query, &known, &rule, &m);
	tl_video_looks_fini(&query);
	tl_video_looks_fini(&known);
	tl_js_open(out, name, '[');
	tl_js_bool(out, NULL, m.how != TL_VIDEO_APART);
	tl_js_open(out, NULL, '{');
	tl_js_num(out, "query_match_percent", m.share_query * 100);
	tl_js_num(out, "compared_match_percent", m.share_known * 100);
	tl_js_close(out, '}');
	tl_js_close(out, ']');
	return 0;
}

static int
compare_one(struct tl_req *req, enum hma_type_tag type, json_t *two, struct tl_buf *out)
{
	const char *name = hma_types[type].name;
	struct tl_str hex[2];
	if (!json_is_array(two) || json_array_size(two) != 2)
		return tl_fail_at(TL_EFIELD, name, "two signals are expected");
	for (size_t i = 0; i < 2; i++) {
		json_t *s = json_array_get(two, i);
		int rc = hma_value_parse(type, json_is_string(s) ? tl_json_str(s) : TL_S(""),
		    name, tl_req_arena(req), &hex[i]);
		if (rc < 0)
			return rc;
	}
	if (hma_types[type].form == TL_FORM_VPDQ)
		return compare_videos(name, hex, out);
	bool same = tl_str_eq(hex[0], hex[1]);
	struct tl_pdq a, b;
	int distance = -1;
	if (hma_types[type].form == TL_FORM_PDQ) {
		int rc = tl_pdq_unhex(hex[0], &a);
		if (rc == 0)
			rc = tl_pdq_unhex(hex[1], &b);
		if (rc < 0)
			return rc;
		distance = tl_pdq_distance(&a, &b);
		same = distance <= 31;
	}
	tl_js_open(out, name, '[');
	tl_js_bool(out, NULL, same);
	tl_js_open(out, NULL, '{');
	if (distance >= 0)
		tl_js_int(out, "distance", distance);
	tl_js_close(out, '}');
	tl_js_close(out, ']');
	return 0;
}

void
tl_hma_do_compare(struct tl_req *req)
{
	struct tl_buf b = {0};
	json_t *j = NULL, *two;
	const char *name;
	int rc = tl_req_json(req, &j);
	tl_js_open(&b, NULL, '{');
	json_object_foreach(j, name, two)
	{
		enum hma_type_tag type = 0;
		if (rc == 0)
			rc = hma_type_parse(tl_str(name), name, &type);
		if (rc == 0)
			rc = compare_one(req, type, two, &b);
	}
	tl_js_close(&b, '}');
	if (rc < 0) {
		tl_buf_fini(&b);
		tl_req_problem(req, rc);
		return;
	}
	tl_req_answer_json(req, 200, &b);
}

/* How far the indexes are --------------------------------------------------------------------------------------- */

typedef void (*size_writer)(struct tl_buf *out, const struct tl_hma_sizes *s);

static int
write_sizes(struct tl_req *req, struct tl_db *db, struct tl_buf *out, size_writer write)
{
	struct tl_str one = {NULL, 0};
	enum hma_type_tag only = HMA_TYPES;
	int rc = tl_req_query(req, "signal_type", &one) && one.n
		     ? hma_type_parse(one, "signal_type", &only)
		     : 0;
	if (rc < 0)
		return rc;
	tl_js_open(out, NULL, '{');
	for (int i = 0; i < HMA_TYPES && rc == 0; i++) {
		const struct hma_type *t = &hma_types[i];
		struct tl_hma_sizes sizes = {0};
		if (only != HMA_TYPES && only != (enum hma_type_tag)i)
			continue;
		rc = tl_hma_sizes(db, t->kind, t->form, &sizes);
		tl_js_open(out, t->name, '{');
		write(out, &sizes);
		tl_js_close(out, '}');
	}
	tl_js_close(out, '}');
	return rc;
}

static int64_t
seconds_or_none(int64_t at_us)
{
	return at_us ? at_us / TL_US_S : -1;
}

static int64_t
in_files(const struct tl_hma_sizes *s)
{
	return s->has_files && s->entries > s->later ? s->entries - s->later : 0;
}

static void
write_status(struct tl_buf *out, const struct tl_hma_sizes *s)
{
	tl_js_bool(out, "present", s->has_files);
	tl_js_int(out, "built_to", seconds_or_none(s->files_at));
	tl_js_int(out, "size", in_files(s));
}

static void
write_beside(struct tl_buf *out, const struct tl_hma_sizes *s)
{
	tl_js_int(out, "db_size", s->entries);
	tl_js_int(out, "index_size", in_files(s));
	tl_js_bool(out, "index_out_of_date", s->later > 0 || (s->entries && !s->has_files));
	tl_js_int(out, "newest_db_item", seconds_or_none(s->newest_at));
	tl_js_int(out, "index_built_to", seconds_or_none(s->files_at));
}

static int
status_json(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	return write_sizes(req, db, out, write_status);
}

static int
beside_json(struct tl_req *req, struct tl_db *db, struct tl_buf *out)
{
	return write_sizes(req, db, out, write_beside);
}

void
tl_hma_do_index_status(struct tl_req *req)
{
	tl_api_read(req, status_json);
}

void
tl_hma_do_signal_index(struct tl_req *req)
{
	tl_api_read(req, beside_json);
}
