/* Files of banks: every format in, every format out, bad lines, cuts; looking for entries, many at once, whole banks. */
#include "hash/video.h"
#include "store/bank_media.h"
#include "store/banks_change.h"
#include "store/banks_export.h"
#include "store/banks_find.h"
#include "store/banks_import.h"
#include "store/people.h"
#include "store/provenance.h"
#include "sys/clock.h"

#include "unit_store.h"

#define H64 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define T(lit)                                                                                 \
	{                                                                                      \
		(const uint8_t *)(lit), sizeof(lit) - 1                                        \
	}
#define ANY ((struct tl_bank_filter){.state = -1})

static struct tl_bank
a_bank(struct unit_store *f, const char *name, enum tl_bank_kind kind)
{
	struct tl_bank b = {.name = tl_str(name),
	    .kind = kind,
	    .policy = TL_S("demo"),
	    .source = TL_S("test"),
	    .distance = 31,
	    .share = 1,
	    .enabled = true};
	assert_int_equal(tl_bank_make(f->db, &b, "system"), 0);
	return b;
}

struct told {
	struct tl_buf text; /* "line:column:field why\n" */
};

static void
on_error(void *ctx, const struct tl_import_error *e)
{
	struct told *t = ctx;
	tl_buf_printf(
	    &t->text, "%lld:%d:%s %s\n", (long long)e->line, e->column, e->field, e->why);
}

/* Imports in pieces of `step` bytes; the errors as text. */
static const char *
import(struct unit_store *f, const struct tl_bank *b, enum tl_import_format format,
    struct tl_str file, size_t step, struct tl_import_counts *ret)
{
	struct told told = {0};
	struct tl_import *i = NULL;
	const struct tl_import_options o = {
	    .format = format, .actor = "system", .on_error = on_error, .ctx = &told};
	assert_int_equal(tl_import_create(b, &o, &i), 0);
	int rc = 0;
	for (bool last = false; !last && rc >= 0;) {
		size_t n = step < file.n ? step : file.n;
		last = n == file.n;
		tl_import_push(i, tl_bytes(file.p, n), last);
		file = tl_bytes(file.p + n, file.n - n);
		while ((rc = tl_import_step(i, f->db, 2)) > 0)
			;
	}
	*ret = tl_import_counts(i);
	tl_import_destroy(i);
	if (rc < 0)
		tl_buf_printf(&told.text, "%s: %s\n", tl_err_name(rc), tl_err_text());
	const char *text =
	    tl_arena_printf(f->arena, "%s", told.text.n ? tl_buf_z(&told.text) : "");
	tl_buf_fini(&told.text);
	return text;
}

static void
t_lines_go_on_after_bad_ones(void **state)
{
	struct unit_store *f = *state;
	static const char file[] =
	    "\xef\xbb\xbf# comment\n\nalpha\tnote one\r\nregex: a[0-9]+b\n"
	    "two words\nalpha\nb\0d\n\xff\nlast";
	for (size_t step = 1; step < sizeof file; step += 17) {
		struct tl_bank b =
		    a_bank(f, tl_arena_printf(f->arena, "terms-%zu", step), TL_BANK_TEXT);
		struct tl_import_counts c;
		const char *told =
		    import(f, &b, TL_IMPORT_AUTO, tl_bytes(file, sizeof file - 1), step, &c);
		assert_string_equal(
		    told, "7:0:value holds a NUL byte\n8:0:value is not valid UTF-8\n");
		assert_int_equal(c.added, 4);
		assert_int_equal(c.known, 1);
		assert_int_equal(c.refused, 2);
		assert_int_equal(c.lines, 9);
	}
}

static void
t_csv_is_read_as_spreadsheets_write_it(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "p", TL_BANK_PDQ);
	static const char file[] =
	    "\xef\xbb\xbfsep=;\r\nHash;Signal "
	    "Type;Note;Exchange;Record-ID;Tags;Expires;Other\r\n" H64
	    "00;pdq;\"one \"\"two\"\"; three\r\nfour\";ncmec;r-1;\"a,b\";2030-01-01;x\r\n" H64
	    "01;;;;;;;;too many\r\n" H64 "02;md5;;;;;;\r\n" H64 "03;;;;;;soon;\r\n\"" H64
	    "04;open\r\n" H64 "05;pdq;\"x\"y;;;;;\r\nabc;pdq;;;;;;\r\n" H64
	    "06;pdq;last;;;;;\r\n";
	for (size_t step = 5; step < sizeof file + 100; step += 307) {
		struct tl_import_counts c;
		struct tl_bank copy =
		    a_bank(f, tl_arena_printf(f->arena, "p-%zu", step), TL_BANK_PDQ);
		const char *told =
		    import(f, &copy, TL_IMPORT_AUTO, tl_bytes(file, sizeof file - 1), step, &c);
		assert_string_equal(told,
		    "5:9: the row has more cells than the head has columns\n"
		    "6:0:form a pdq bank holds no md5 values; it holds: pdq\n"
		    "7:0:expires_at is no date (2027-03-31) and no date and time "
		    "(2027-03-31T12:00:00Z)\n"
		    "8:1: there is text after a closing quotation mark\n"
		    "9:3: there is text after a closing quotation mark\n"
		    "10:0:value a pdq value has 64 hex digits\n");
		assert_int_equal(c.added, 2);
		b = copy;
	}
	struct tl_bank_entry *e;
	size_t n;
	assert_int_equal(
	    tl_bank_entry_page(f->db, b.id, (struct tl_id){0}, 9, f->arena, &e, &n), 0);
	assert_int_equal(n, 2);
	assert_true(tl_str_is(e[1].note, "one \"two\"; three\r\nfour"));
	assert_true(tl_str_is(e[1].provenance,
	    "{\"exchange\":\"ncmec\",\"record\":\"r-1\",\"tags\":[\"a\",\"b\"]}"));
	assert_true(e[1].expires_at > tl_now_us());
	assert_true(tl_str_is(e[1].added_by, "system"));
}

static void
t_a_list_switches_nothing_on_again(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "p", TL_BANK_PDQ);
	static const char file[] = "value,expires\n" H64 "00,\n" H64 "01,2001-01-01\n";
	struct tl_import_counts c;
	struct tl_bank_entry *e;
	size_t n;
	assert_string_equal(
	    import(f, &b, TL_IMPORT_AUTO, tl_bytes(file, sizeof file - 1), 99, &c), "");
	assert_int_equal(c.added, 1);
	assert_int_equal(c.expired, 1); /* it would match nothing */
	assert_int_equal(
	    tl_bank_entry_page(f->db, b.id, (struct tl_id){0}, 9, f->arena, &e, &n), 0);
	assert_int_equal(n, 1);
	struct tl_id off = e[0].id;
	assert_int_equal(tl_bank_entry_disable(f->db, b.id, off, 0), 0);
	assert_string_equal(
	    import(f, &b, TL_IMPORT_AUTO, tl_bytes(file, sizeof file - 1), 99, &c), "");
	assert_int_equal(c.added, 0);
	assert_int_equal(c.known, 1);
	assert_int_equal(c.expired, 1);
	struct tl_bank_entry now;
	assert_int_equal(tl_bank_entry_get(f->db, b.id, off, f->arena, &now), 0);
	assert_false(now.enabled);
	static const char later[] = "value,expires\n" H64 "01,2099-01-01\n";
	assert_string_equal(
	    import(f, &b, TL_IMPORT_AUTO, tl_bytes(later, sizeof later - 1), 99, &c), "");
	assert_int_equal(c.added, 1); /* it had expired */
	/* Who adds it by hand means it. */
	now.enabled = true;
	assert_int_equal(tl_bank_entry_add(f->db, &b, &now), 0);
	assert_int_equal(tl_bank_entry_get(f->db, b.id, off, f->arena, &now), 0);
	assert_true(now.enabled);
}

static void
t_columns_named_as_forms_hold_values(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "d", TL_BANK_DIGEST);
	static const char file[] = "md5,sha256,pdq,note\n00112233445566778899aabbccddeeff," H64
				   "00," H64 "00,both\n,xyz,,\n,,,empty\n";
	struct tl_import_counts c;
	const char *told =
	    import(f, &b, TL_IMPORT_AUTO, tl_bytes(file, sizeof file - 1), 9999, &c);
	assert_string_equal(
	    told, "3:0:value a sha256 value has 64 hex digits\n4:0:value there is no value\n");
	assert_int_equal(c.added, 2);
}

static void
t_a_head_without_values_ends_the_file(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "d", TL_BANK_DIGEST);
	struct tl_import_counts c;
	assert_non_null(strstr(import(f, &b, TL_IMPORT_CSV, TL_S("name,note\nx,y\n"), 3, &c),
	    "the first row names"));
	assert_non_null(strstr(import(f, &b, TL_IMPORT_AUTO,
				   TL_S("\xff\xfe"
					"a\0\n\0"),
				   99, &c),
	    "UTF-16"));
	assert_non_null(
	    strstr(import(f, &b, TL_IMPORT_AUTO, TL_S("PK\x03\x04..."), 99, &c), "workbook"));
	static const char film[] = "\0\0\0\x20"
				   "ftypisom\0\0\2\0isom\n";
	assert_non_null(
	    strstr(import(f, &b, TL_IMPORT_AUTO, tl_bytes(film, sizeof film - 1), 5, &c),
		"not a text"));
	assert_non_null(
	    strstr(import(f, &b, TL_IMPORT_LINES, TL_S("ab\1\nabc\n"), 99, &c), "1:0:"));
	assert_non_null(
	    strstr(import(f, &b, TL_IMPORT_JSON, TL_S("{\"a\":[1,2],\n\"b\":3}"), 4, &c),
		"holds no entries"));
	assert_int_equal(c.added, 0);
}

static void
t_json_goes_on_after_bad_elements(void **state)
{
	struct unit_store *f = *state;
	static const char file[] =
	    "{\"bank\":{\"n\":[1,{\"a\":\"]\"}]},\"entries\":[\n{\"value\":\"" H64
	    "00\",\"tags\":[\"a\"]},\n\"" H64 "01\",nul,\n{\"pdq\":\"" H64
	    "02\"},{\"value\":7},\n{\"value\":\"open\n},\n{\"value\":\"" H64
	    "03\",\"form\":\"word\"},\n{\"value\":\"" H64
	    "04\",\"enabled\":false,\"provenance\":{\"record\":\"r\"}}]}";
	for (size_t step = 1; step < sizeof file; step += 97) {
		struct tl_bank b =
		    a_bank(f, tl_arena_printf(f->arena, "j-%zu", step), TL_BANK_PDQ);
		struct tl_import_counts c;
		const char *told =
		    import(f, &b, TL_IMPORT_AUTO, tl_bytes(file, sizeof file - 1), step, &c);
		assert_int_equal(c.added, 4);
		assert_int_equal(c.refused, 4);
		assert_non_null(strstr(told, "3:3: this is not JSON"));
		assert_non_null(strstr(told, "4:0:value a pdq value"));
		assert_non_null(strstr(told, "5:0: this is no entry"));
		assert_non_null(strstr(told, "7:0:form a pdq bank holds no word"));
	}
}

static void
t_a_record_without_end_costs_itself(void **state)
{
	struct unit_store *f = *state;
	struct tl_buf file = {0};
	for (size_t i = 0; i < TL_RECORD_BYTES + 10; i++)
		tl_buf_byte(&file, 'x');
	tl_buf_puts(&file, "\nzorb\n");
	struct tl_bank b = a_bank(f, "long", TL_BANK_TEXT);
	struct tl_import_counts c;
	assert_string_equal(import(f, &b, TL_IMPORT_LINES, tl_buf_str(&file), 60000, &c),
	    "1:0: the line is too long\n");
	assert_int_equal(c.added, 1);
	tl_buf_reset(&file);
	tl_buf_puts(
	    &file, "[\n{\"value\":\"a\", \"x\":[\n{\"value\":\"zorb two\"}\n,{\"value\":");
	assert_string_equal(import(f, &b, TL_IMPORT_JSON, tl_buf_str(&file), 7, &c),
	    "2:0: the entry has no end\n4:0: the entry has no end\n");
	assert_int_equal(c.added, 1);
	tl_buf_fini(&file);
}

static void
t_a_file_goes_on_from_its_state(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "s", TL_BANK_TEXT);
	struct tl_buf saved = {0};
	struct tl_import *i = NULL;
	struct told told = {0};
	struct tl_import_options o = {.on_error = on_error, .ctx = &told};
	assert_int_equal(tl_import_create(&b, &o, &i), 0);
	tl_import_push(i, TL_S("value;form\none;word\ntwo;no"), false);
	assert_int_equal(tl_import_step(i, f->db, 99), 0);
	assert_int_equal(tl_import_left(i), 6);
	tl_import_state(i, &saved);
	tl_import_destroy(i);
	o.state = tl_buf_str(&saved);
	assert_int_equal(tl_import_create(&b, &o, &i), 0);
	tl_import_push(i, TL_S("two;nothing\nthree;word\n"), true);
	assert_int_equal(tl_import_step(i, f->db, 99), 0);
	assert_int_equal(tl_import_counts(i).added, 1);
	assert_int_equal(tl_import_counts(i).lines, 4);
	tl_import_destroy(i);
	assert_string_equal(tl_buf_z(&told.text),
	    "3:0:form is no form; this bank holds: word, phrase, regex\n");
	o.state = TL_S("csv 1 2 3");
	assert_int_equal(tl_import_create(&b, &o, &i), TL_EFIELD);
	tl_buf_fini(&told.text);
	tl_buf_fini(&saved);
}

/* All entries as a file; the time of adding is not compared. */
static struct tl_str export(
    struct unit_store *f, const struct tl_bank *b, enum tl_import_format format)
{
	struct tl_bank_entry *e;
	struct tl_buf out = {0};
	size_t n;
	assert_int_equal(
	    tl_bank_entry_page(f->db, b->id, (struct tl_id){0}, 100, f->arena, &e, &n), 0);
	tl_export_begin(format, &out);
	for (size_t i = 0; i < n; i++) {
		e[i].added_at = 0;
		bool said = tl_export_entry(format, &e[i], i == 0, f->arena, &out);
		assert_true(said || format == TL_IMPORT_LINES);
	}
	tl_export_end(format, &out);
	struct tl_str text = tl_arena_dup(f->arena, tl_buf_str(&out));
	tl_buf_fini(&out);
	return text;
}

/* Entries with everything that could be lost on the way. */
static void
fill_oddly(struct unit_store *f, const struct tl_bank *b)
{
	static const struct tl_bank_entry odd[] = {
	    {.form = TL_FORM_PHRASE, .value = T("a, \"b\"; c|d"), .enabled = true},
	    {.form = TL_FORM_WORD,
		.value = T("word:x"),
		.note = T("two\nlines\tand \xc3\xa9"),
		.enabled = true},
	    {.form = TL_FORM_REGEX,
		.value = T("^\\s+\"$"),
		.classification = T("A1"),
		.expires_at = INT64_C(1900000000123000),
		.enabled = true},
	    {.form = TL_FORM_WORD,
		.value = T("phrase:"),
		.disabled_until = INT64_C(1900000000000000)},
	    {.form = TL_FORM_WORD, .value = T(" lead"), .note = T("#x")},
	    {.form = TL_FORM_WORD, .value = T("[x]"), .enabled = true, .review_only = true},
	};
	for (size_t i = 0; i < TL_COUNT(odd); i++) {
		struct tl_bank_entry e = odd[i];
		struct tl_buf json = {0};
		const struct tl_provenance p = {.exchange = TL_S("x, y"),
		    .record = i % 2 ? TL_S("r-\"1\"") : (struct tl_str){0},
		    .member = TL_S("m"),
		    .tags = i == 2 ? TL_S("a;b\x1f[c]") : TL_S("one\x1ftwo"),
		    .decision = TL_S("0197"),
		    .url = TL_S("https://example.org/?a=1,2")};
		if (i)
			tl_provenance_write(&p, &json);
		e.provenance = tl_buf_str(&json);
		e.added_by = TL_S("system");
		assert_int_equal(tl_bank_entry_add(f->db, b, &e), 0);
		tl_buf_fini(&json);
	}
}

static void
t_what_is_exported_comes_back_the_same(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank a = a_bank(f, "a", TL_BANK_TEXT);
	fill_oddly(f, &a);
	static const enum tl_import_format formats[] = {
	    TL_IMPORT_CSV, TL_IMPORT_JSON, TL_IMPORT_NDJSON};
	struct tl_str want = export(f, &a, TL_IMPORT_NDJSON);
	for (size_t i = 0; i < TL_COUNT(formats); i++) {
		struct tl_bank there =
		    a_bank(f, tl_arena_printf(f->arena, "b%zu", i), TL_BANK_TEXT);
		struct tl_bank back =
		    a_bank(f, tl_arena_printf(f->arena, "c%zu", i), TL_BANK_TEXT);
		struct tl_import_counts c;
		/* Twice, since an export begins with the newest. */
		assert_string_equal(
		    import(f, &there, TL_IMPORT_AUTO, export(f, &a, formats[i]), 50, &c), "");
		assert_int_equal(c.added, 6);
		assert_string_equal(
		    import(f, &back, TL_IMPORT_AUTO, export(f, &there, formats[i]), 999, &c),
		    "");
		struct tl_str got = export(f, &back, TL_IMPORT_NDJSON);
		assert_true(tl_str_eq(got, want));
		/* And again: nothing happens. */
		assert_string_equal(
		    import(f, &back, TL_IMPORT_AUTO, export(f, &there, formats[i]), 999, &c),
		    "");
		assert_int_equal(c.added, 0);
	}
}

/* A video as the decoder makes it: with a scene's start and a look without bars, which its text does not say. */
static struct tl_buf
a_seen_video(uint8_t first)
{
	struct tl_video v = {0};
	struct tl_buf packed = {0};
	for (uint32_t i = 0; i < 6; i++) {
		struct tl_video_frame x = {.ms = 500 * i, .number = 12 * i, .quality = 90};
		memset(x.hash.b, first + (int)i, sizeof x.hash.b);
		x.flags = i == 3 ? TL_VIDEO_SCENE : i % 2 ? TL_VIDEO_CROPPED : 0;
		assert_int_equal(tl_video_add(&v, &x), 0);
	}
	tl_video_pack(&packed, &v);
	tl_video_fini(&v);
	return packed;
}

static void
t_all_looks_at_a_video_come_back(void **state)
{
	struct unit_store *f = *state;
	static const enum tl_import_format formats[] = {
	    TL_IMPORT_CSV, TL_IMPORT_JSON, TL_IMPORT_NDJSON};
	struct tl_bank a = a_bank(f, "a", TL_BANK_VIDEO);
	struct tl_buf seen TL_CLEANUP(tl_buf_fini) = a_seen_video(7);
	struct tl_bank_entry e = {.form = TL_FORM_VPDQ,
	    .value = tl_buf_str(&seen),
	    .enabled = true,
	    .added_by = TL_S("system")};
	assert_int_equal(tl_bank_entry_add(f->db, &a, &e), 0);
	struct tl_str want = export(f, &a, TL_IMPORT_NDJSON);
	struct tl_import_counts c;
	for (size_t i = 0; i < TL_COUNT(formats); i++) {
		struct tl_bank back =
		    a_bank(f, tl_arena_printf(f->arena, "b%zu", i), TL_BANK_VIDEO);
		assert_string_equal(
		    import(f, &back, TL_IMPORT_AUTO, export(f, &a, formats[i]), 99, &c), "");
		assert_int_equal(c.added, 1);
		struct tl_bank_entry same = e;
		assert_int_equal(tl_bank_entry_add(f->db, &back, &same), TL_EEXISTS);
		assert_true(tl_str_eq(export(f, &back, TL_IMPORT_NDJSON), want));
	}
	/* Looks of another video, and none at all. */
	char wrong[4096];
	assert_true(want.n < sizeof wrong);
	(void)snprintf(wrong, sizeof wrong, "%.*s", TL_ARG(want));
	memcpy(strstr(wrong, "0707") + 2, "08", 2);
	assert_non_null(
	    strstr(import(f, &a, TL_IMPORT_NDJSON, tl_str(wrong), 99, &c), "another video"));
	(void)snprintf(wrong, sizeof wrong, "%.*s", TL_ARG(want));
	memcpy(strstr(wrong, "\"looks\":\"") + 9, "!!!!", 4);
	assert_non_null(
	    strstr(import(f, &a, TL_IMPORT_NDJSON, tl_str(wrong), 99, &c), "no looks"));
	assert_int_equal(c.refused, 1);
}

#define WORDS                                                                                  \
	"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,"

static void
t_plain_lines_come_back_the_same_in_every_kind(void **state)
{
	struct unit_store *f = *state;
	static const struct {
		enum tl_bank_kind kind;
		const char *file; /* two entries; the second ends in a note */
	} kinds[] = {
	    {TL_BANK_PDQ, H64 "00\n" H64 "01,n, hash, [x]\n"},
	    {TL_BANK_DIGEST, H64 "00\n00112233445566778899aabbccddeeff\tn, hash, [x]\n"},
	    {TL_BANK_TEXT, "zorbs, go home\nregex:^a,b[\\t ]$\tn, hash, [x]\n"},
	    {TL_BANK_VIDEO, "[\"" H64 "00,100,0.000\",\t\"" H64
			    "01,100,1.000\"]\nvpdq:0,100," H64 "02,0.500\tn, hash, [x]\n"},
	    {TL_BANK_SOUND,
		"DURATION=9\nFINGERPRINT=" WORDS "32\n[" WORDS "33]\tn, hash, [x]\n"},
	};
	assert_int_equal(TL_COUNT(kinds), tl_bank_kind_count);
	for (size_t i = 0; i < TL_COUNT(kinds); i++) {
		struct tl_bank a =
		    a_bank(f, tl_arena_printf(f->arena, "a%zu", i), kinds[i].kind);
		struct tl_bank b =
		    a_bank(f, tl_arena_printf(f->arena, "b%zu", i), kinds[i].kind);
		struct tl_bank c =
		    a_bank(f, tl_arena_printf(f->arena, "c%zu", i), kinds[i].kind);
		struct tl_import_counts n;
		assert_string_equal(
		    import(f, &a, TL_IMPORT_AUTO, tl_str(kinds[i].file), 60, &n), "");
		assert_int_equal(n.added, 2);
		assert_string_equal(
		    import(f, &b, TL_IMPORT_AUTO, export(f, &a, TL_IMPORT_LINES), 70, &n), "");
		assert_int_equal(n.added, 2);
		/* An export begins with the newest. */
		assert_string_equal(
		    import(f, &c, TL_IMPORT_AUTO, export(f, &b, TL_IMPORT_LINES), 999, &n), "");
		struct tl_str want = export(f, &a, TL_IMPORT_NDJSON);
		assert_true(tl_str_eq(export(f, &c, TL_IMPORT_NDJSON), want));
		assert_non_null(strstr(tl_arena_printf(f->arena, "%.*s", TL_ARG(want)),
		    "\"note\":\"n, hash, [x]\""));
	}
}

static void
t_plain_lines_leave_out_what_they_would_bring_back_live(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "p", TL_BANK_PDQ), songs = a_bank(f, "s", TL_BANK_SOUND);
	struct tl_import_counts c;
	static const char file[] =
	    "value,expires,enabled,review_only\n" H64 "00,,,\n" H64 "01,2001-01-01,,\n" H64
	    "02,,no,\n" H64 "03,,,yes\n" H64 "04,2999-01-01,,\n";
	assert_string_equal(
	    import(f, &b, TL_IMPORT_AUTO, tl_bytes(file, sizeof file - 1), 99, &c), "");
	assert_int_equal(c.added, 4);
	assert_true(tl_str_is(export(f, &b, TL_IMPORT_LINES), "pdq:" H64 "00\n"));
	/* Too short ever to be found. */
	assert_string_equal(import(f, &songs, TL_IMPORT_AUTO, TL_S("1,2,3\n"), 99, &c),
	    "1:0:value the fingerprint is too short to be found again: it has 3 words, at "
	    "least "
	    "32 are needed (4 seconds)\n");
}

static size_t
found(struct unit_store *f, const struct tl_bank *b, struct tl_bank_filter filter, size_t page)
{
	struct tl_str cursor = {0};
	size_t total = 0, rounds = 0;
	struct tl_id seen[64];
	do {
		struct tl_bank_found got;
		assert_int_equal(
		    tl_bank_search(f->db, b, &filter, cursor, page, f->arena, &got), 0);
		struct tl_bank_entry *e = got.entries;
		size_t n = got.n;
		cursor = got.next;
		assert_true(n <= page);
		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < total; k++)
				assert_false(tl_id_eq(seen[k], e[i].id));
			seen[total++] = e[i].id;
		}
		assert_true(++rounds < 100);
	} while (cursor.n);
	return total;
}

static void
t_entries_are_found_by_what_people_know(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "p", TL_BANK_PDQ);
	static const char file[] =
	    "value,note,exchange,member,record\n"
	    "ab0000000000000000000000000000000000000000000000000000000000000f,abba,x,m1,r1\n"
	    "ab1000000000000000000000000000000000000000000000000000000000000f,Abc,x,m1,r2\n"
	    "ac0000000000000000000000000000000000000000000000000000000000000f,seen,y,m2,r2\n"
	    "ff0000000000000000000000000000000000000000000000000000000000000f,ab,y,,ab\n"
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff,,,,\n";
	struct tl_import_counts c;
	assert_string_equal(
	    import(f, &b, TL_IMPORT_AUTO, tl_bytes(file, sizeof file - 1), 99, &c), "");
	static const struct {
		struct tl_bank_filter filter;
		size_t n;
	} cases[] = {{{.state = -1}, 5}, {{.text = T("AB"), .state = -1}, 3},
	    {{.text = T("ab1"), .state = -1}, 1}, {{.text = T("pdq:a"), .state = -1}, 3},
	    {{.text = T("f"), .state = -1}, 2}, {{.text = T("ffff"), .state = -1}, 1},
	    {{.text = T("r2"), .state = -1}, 2}, {{.text = T("see"), .state = -1}, 1},
	    {{.text = T("zz"), .state = -1}, 0}, {{.member = T("m1"), .state = -1}, 2},
	    {{.record = T("r2"), .state = -1}, 2}, {{.exchange = T("y"), .state = -1}, 2},
	    {{.exchange = T("y"), .record = T("r2"), .state = -1}, 1},
	    {{.text = T("ab"), .exchange = T("x"), .state = -1}, 2},
	    {{.state = TL_ENTRY_OFF}, 0}, {{.state = TL_ENTRY_LIVE}, 5}};
	for (size_t i = 0; i < TL_COUNT(cases); i++) {
		for (size_t page = 1; page < 8; page += 3)
			assert_int_equal(found(f, &b, cases[i].filter, page), cases[i].n);
	}
	struct tl_bank t = a_bank(f, "t", TL_BANK_TEXT);
	assert_string_equal(
	    import(f, &t, TL_IMPORT_LINES,
		TL_S("Zorb one\tfirst\nzorbling\nother\tof ZORBS\nnone"), 99, &c),
	    "");
	assert_int_equal(
	    found(f, &t, (struct tl_bank_filter){.text = TL_S("zorb"), .state = -1}, 2), 3);
	struct tl_bank_found got;
	assert_int_equal(
	    tl_bank_search(f->db, &t, &ANY, TL_S("9.zz.x"), 5, f->arena, &got), TL_EFIELD);
}

static void
t_many_are_changed_in_parts(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "t", TL_BANK_TEXT);
	struct tl_buf file = {0};
	struct tl_import_counts c;
	tl_buf_puts(&file, "value,exchange,member\n");
	for (int i = 0; i < 30; i++)
		tl_buf_printf(&file, "w%d,%s,m%d\n", i, i % 3 ? "x" : "y", i % 2);
	assert_string_equal(import(f, &b, TL_IMPORT_AUTO, tl_buf_str(&file), 99, &c), "");
	struct tl_bank_filter x = {.exchange = TL_S("x"), .state = -1};
	int64_t n;
	assert_int_equal(tl_bank_count(f->db, b.id, &x, 100, &n), 0);
	assert_int_equal(n, 20);
	assert_int_equal(tl_bank_count(f->db, b.id, &x, 7, &n), 0);
	assert_int_equal(n, 7);
	struct tl_id at = {0};
	assert_int_equal(tl_bank_bulk(f->db, b.id, &x, TL_BULK_DISABLE, 0, 15, &at), 15);
	assert_false(tl_id_is_nil(at));
	assert_int_equal(tl_bank_bulk(f->db, b.id, &x, TL_BULK_DISABLE, 0, 15, &at), 5);
	assert_true(tl_id_is_nil(at));
	assert_int_equal(found(f, &b, (struct tl_bank_filter){.state = TL_ENTRY_OFF}, 50), 20);
	x.member = TL_S("m1");
	assert_int_equal(tl_bank_bulk(f->db, b.id, &x, TL_BULK_REMOVE, 0, 100, &at), 10);
	assert_int_equal(tl_bank_get(f->db, b.id, f->arena, &b), 0);
	assert_int_equal(b.entries, 20);
	tl_buf_fini(&file);
}

static void
t_a_bank_is_renamed_and_deleted(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank b = a_bank(f, "one", TL_BANK_TEXT), two = a_bank(f, "two", TL_BANK_TEXT),
		       again;
	struct tl_import_counts c;
	assert_string_equal(import(f, &b, TL_IMPORT_LINES, TL_S("a\nb\nc\n"), 99, &c), "");
	assert_int_equal(tl_bank_rename(f->db, &b, TL_S("two"), "system"), TL_EEXISTS);
	assert_int_equal(tl_bank_rename(f->db, &b, TL_S("a b"), "system"), TL_EFIELD);
	assert_int_equal(tl_bank_rename(f->db, &b, TL_S("three"), "system"), 0);
	struct tl_id id;
	assert_int_equal(tl_bank_find(f->db, TL_S("one"), &id), TL_ENOTFOUND);
	assert_int_equal(tl_bank_get(f->db, b.id, f->arena, &b), 0);
	assert_true(tl_str_is(b.name, "three"));
	assert_int_equal(tl_bank_delete(f->db, &b, "system"), 0);
	assert_int_equal(tl_bank_delete(f->db, &b, "system"), TL_ENOTFOUND);
	assert_int_equal(tl_bank_get(f->db, b.id, f->arena, &again), TL_ENOTFOUND);
	again = a_bank(f, "three", TL_BANK_TEXT);
	assert_int_equal(tl_bank_sweep(f->db, 2), 2);
	assert_int_equal(tl_bank_sweep(f->db, 2), 1);
	assert_int_equal(tl_bank_sweep(f->db, 2), 0);
	struct tl_bank *list;
	size_t n;
	assert_int_equal(tl_bank_list(f->db, f->arena, &list, &n), 0);
	assert_int_equal(n, 2);
	assert_true(tl_id_eq(list[1].id, two.id));
}

static void
t_what_was_and_what_is_stands_in_the_trail(void **state)
{
	struct unit_store *f = *state;
	struct tl_bank was = a_bank(f, "one", TL_BANK_PDQ), will = was;
	assert_int_equal(tl_bank_edit(f->db, &was, &will, "bank.change", "system"), 0);
	will.distance = 20;
	will.share = 0.5;
	will.direction = TL_DIRECTION_ALLOW;
	will.classification = TL_S("A1");
	assert_int_equal(tl_bank_edit(f->db, &was, &will, "bank.change", "system"), 1);
	struct tl_audit_row *rows;
	size_t n;
	const struct tl_audit_filter filter = {.verb = TL_S("bank.change")};
	assert_int_equal(tl_audit_list(f->db, &filter, f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	assert_true(tl_str_is(rows[0].detail, "one: classification none -> A1; direction block "
					      "-> allow; distance 31 -> 20; share 1 -> 0.5"));
}

#define CASE(fn)                                                                               \
	cmocka_unit_test_setup_teardown(fn, unit_store_setup_tx, unit_store_teardown_tx)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(t_lines_go_on_after_bad_ones),
	    CASE(t_csv_is_read_as_spreadsheets_write_it),
	    CASE(t_a_list_switches_nothing_on_again),
	    CASE(t_columns_named_as_forms_hold_values),
	    CASE(t_a_head_without_values_ends_the_file),
	    CASE(t_json_goes_on_after_bad_elements),
	    CASE(t_a_record_without_end_costs_itself),
	    CASE(t_a_file_goes_on_from_its_state),
	    CASE(t_what_is_exported_comes_back_the_same),
	    CASE(t_all_looks_at_a_video_come_back),
	    CASE(t_plain_lines_come_back_the_same_in_every_kind),
	    CASE(t_plain_lines_leave_out_what_they_would_bring_back_live),
	    CASE(t_entries_are_found_by_what_people_know),
	    CASE(t_many_are_changed_in_parts),
	    CASE(t_a_bank_is_renamed_and_deleted),
	    CASE(t_what_was_and_what_is_stands_in_the_trail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
