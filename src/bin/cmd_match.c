/*
 * `tutela match`: which entries of which banks a hash or a file matches, asked of the store itself, so that it works while
 * the daemon runs and while it does not. Every entry in force is compared; shares of traffic and allow-lists are shown,
 * not applied. Files are decoded in tutela-decode's jail.
 *
 * Promises: 0 when something matched, 1 when nothing did; anything else is an error. Nothing of what is asked is kept; that
 * somebody asked is in the trail.
 */
#include "bin/cli_bank.h"
#include "hash/pdq.h"
#include "hash/sound_find.h"
#include "hash/video_match.h"
#include "media/file.h"
#include "store/banks_import.h"
#include "store/people.h"
#include "store/provenance.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <unistd.h>

#define HITS_MAX 10000
#define ASKED_WIDE 64 /* of a hash, for people: a picture's whole */
#define SECONDS 2     /* that a video shows a known picture, unless it has fewer */
#define TURN_FLIP_Y 5 /* in turn_names: a mirrored video */

/* What is asked about: one hash, or all that a file is known by. */
struct asked {
	const char *name;
	int turns; /* how many of `pdq` */
	struct tl_pdq pdq[TL_PDQ_TURNS];
	uint8_t sha256[32], md5[16];
	bool has_sha256, has_md5;
	struct tl_video frames; /* `video` and `mirrored` are its looks */
	struct tl_video_looks video, mirrored;
	struct tl_sound sound[1 + TL_SOUND_BENDS]; /* and at other speeds */
};

struct hit {
	const struct asked *asked;
	const struct tl_bank *bank;
	struct tl_id entry;
	int distance; /* -1: it has no meaning */
	int turn;
	double share_query, share_known; /* video and sound; else -1 */
};

struct kept_sound {
	struct tl_id id;
	struct tl_sound sound;
};

struct matching {
	struct tl_cli *cli;
	const struct tl_bank *bank; /* the one that is walked through */
	struct asked *asked;
	size_t asked_count;
	int64_t distance; /* -1: the bank's own */
	bool turned;
	int64_t now;
	struct hit *hits;
	size_t n;
	/* of a bank of sounds */
	struct tl_index *windows;
	struct kept_sound *sounds;
	size_t sound_count, sound_room;
};

static int
hit(struct matching *m, const struct hit *h)
{
	if (m->n == HITS_MAX)
		return tl_fail(TL_ETOOBIG, "more than %d entries match", HITS_MAX);
	m->hits[m->n++] = *h;
	return 0;
}

/* Comparing --------------------------------------------------------------------------------------------------- */

static int
near_pdq(struct matching *m, const struct asked *a, const struct tl_bank_entry *e)
{
	struct tl_pdq known;
	int most = m->distance >= 0 ? (int)m->distance : m->bank->distance, best = most + 1,
	    turn = 0;
	memcpy(known.b, e->value.p, sizeof known.b);
	int turns = m->turned || m->bank->turned ? a->turns : a->turns > 0;
	for (int t = 0; t < turns; t++) {
		int d = tl_pdq_distance(&a->pdq[t], &known);
		if (d < best) {
			best = d;
			turn = t;
		}
	}
	return best > most ? 0 : hit(m, &(struct hit){a, m->bank, e->id, best, turn, -1, -1});
}

/* A known picture in a video; or as any picture of an animation. */
static int
near_frames(struct matching *m, const struct asked *a, const struct tl_bank_entry *e)
{
	struct tl_pdq known;
	int most = m->distance >= 0 ? (int)m->distance : m->bank->distance, best = most;
	size_t seconds = 0, shown = 0;
	memcpy(known.b, e->value.p, sizeof known.b);
	for (size_t i = 0; i < a->frames.n; i++) {
		const struct tl_video_frame *f = &a->frames.f[i];
		bool other = a->turns ? f->number == 0 : f->flags != 0;
		if (other || f->quality < TL_PDQ_QUALITY_MIN)
			continue;
		int d = tl_pdq_distance(&f->hash, &known);
		seconds++;
		shown += d <= most;
		best = d < best ? d : best;
	}
	size_t least = a->turns || seconds < SECONDS ? 1 : SECONDS;
	if (shown < least)
		return 0;
	return hit(
	    m, &(struct hit){a, m->bank, e->id, best, 0, (double)shown / (double)seconds, 1});
}

static int
near_picture(struct matching *m, const struct asked *a, const struct tl_bank_entry *e)
{
	size_t before = m->n;
	int rc = a->turns ? near_pdq(m, a, e) : 0;
	return rc == 0 && m->n == before && a->frames.n ? near_frames(m, a, e) : rc;
}

static int
near_video(struct matching *m, const struct asked *a, const struct tl_video_looks *known,
    const struct tl_bank_entry *e)
{
	struct tl_video_match found;
	int turn = 0;
	const struct tl_video_rule rule = {
	    .distance = m->distance >= 0 ? (int)m->distance : m->bank->distance,
	    .share_query = m->bank->share_query ? m->bank->share_query : TL_VIDEO_SHARE_QUERY,
	    .share_known = m->bank->share_known ? m->bank->share_known : TL_VIDEO_SHARE_KNOWN};
	if (!a->video.n)
		return 0;
	tl_video_compare(&a->video, known, &rule, &found);
	if (found.how == TL_VIDEO_APART) {
		turn = TURN_FLIP_Y;
		tl_video_compare(&a->mirrored, known, &rule, &found);
	}
	return found.how == TL_VIDEO_APART
		   ? 0
		   : hit(m, &(struct hit){a, m->bank, e->id, found.distance, turn,
				found.share_query, found.share_known});
}

static int
compare_video(struct matching *m, const struct tl_bank_entry *e)
{
	struct tl_video v = {0};
	struct tl_video_looks looks = {0};
	int rc = tl_video_unpack(e->value, &v);
	if (rc == 0)
		tl_video_looks_of(&v, false, &looks);
	for (size_t i = 0; rc == 0 && i < m->asked_count; i++)
		rc = near_video(m, &m->asked[i], &looks, e);
	tl_video_looks_fini(&looks);
	tl_video_fini(&v);
	return rc;
}

static int
keep_window(void *ctx, uint32_t window, const struct tl_pdq *hash)
{
	const struct matching *m = ctx;
	return tl_index_add(m->windows, hash, tl_sound_key(m->sound_count, window), 1, 0);
}

static int
keep_sound(struct matching *m, const struct tl_bank_entry *e)
{
	struct tl_sound s = {0};
	int rc = tl_sound_unpack(e->value, &s);
	if (rc == 0)
		rc = tl_sound_index_windows(&s, keep_window, m);
	if (rc < 0) {
		tl_sound_fini(&s);
		return rc;
	}
	if (m->sound_count == m->sound_room) {
		m->sound_room = m->sound_room ? 2 * m->sound_room : 256;
		m->sounds = realloc(m->sounds, m->sound_room * sizeof *m->sounds);
		if (!m->sounds)
			abort();
	}
	m->sounds[m->sound_count++] = (struct kept_sound){e->id, s};
	return 0;
}

static bool
is_digest(const struct asked *a, const struct tl_bank_entry *e)
{
	if (e->form == TL_FORM_SHA256)
		return a->has_sha256 && memcmp(a->sha256, e->value.p, sizeof a->sha256) == 0;
	return e->form == TL_FORM_MD5 && a->has_md5 &&
	       memcmp(a->md5, e->value.p, sizeof a->md5) == 0;
}

static int
compare(void *ctx, const struct tl_bank_entry *e)
{
	struct matching *m = ctx;
	int rc = 0;
	if (!tl_bank_entry_live(e, m->now))
		return 0;
	if (e->form == TL_FORM_VPDQ)
		return compare_video(m, e);
	if (e->form == TL_FORM_CHROMAPRINT)
		return keep_sound(m, e);
	for (size_t i = 0; rc == 0 && i < m->asked_count; i++) {
		const struct asked *a = &m->asked[i];
		if (e->form == TL_FORM_PDQ)
			rc = near_picture(m, a, e);
		else if (is_digest(a, e))
			rc = hit(m, &(struct hit){a, m->bank, e->id, -1, 0, -1, -1});
	}
	return rc;
}

static int
find_windows(void *ctx, const struct tl_index_ask *ask, struct tl_index_found *found)
{
	const struct matching *m = ctx;
	return tl_index_find(m->windows, ask, found);
}

static int
read_sound(void *ctx, uint64_t entry, struct tl_sound *ret)
{
	const struct matching *m = ctx;
	const struct tl_sound *s = &m->sounds[entry].sound;
	return tl_sound_set(ret, s->w, s->n);
}

static int
say_sounds(struct matching *m, const struct asked *a, const struct tl_sound_found *found)
{
	int rc = 0;
	int query = m->bank->share_query; /* 0: a stretch that fits is enough */
	int64_t own = m->distance >= 0 ? m->distance : m->bank->distance;
	double most = own < TL_SOUND_BITS_MAX ? (double)own : TL_SOUND_BITS_MAX + 1;
	if (found->cuts)
		rc = tl_fail(TL_ETOOBIG, "%s resembles too many sounds of the bank \"%.*s\"",
		    a->name, TL_ARG(m->bank->name));
	for (size_t i = 0; i < found->n && rc == 0; i++) {
		const struct tl_sound_hit *h = &found->hit[i];
		if (h->bits > most || h->share_query * 100 < query ||
		    h->share_known * 100 < m->bank->share_known)
			continue;
		rc = hit(m, &(struct hit){a, m->bank, m->sounds[h->entry].id,
				(int)(h->bits + 0.5), 0, h->share_query, h->share_known});
	}
	return rc;
}

static int
ask_sounds(struct matching *m)
{
	static const uint32_t bank = 1;
	int rc = 0;
	for (size_t i = 0; i < m->asked_count && rc == 0; i++) {
		struct tl_sound_found found = {0};
		struct tl_sound_ask ask = {.find = find_windows,
		    .read = read_sound,
		    .ctx = m,
		    .bank = &bank,
		    .banks = 1,
		    .query = m->asked[i].sound,
		    .queries = m->asked[i].sound[0].n ? 1 + TL_SOUND_BENDS : 0};
		rc = tl_sound_find(&ask, &found);
		if (rc == 0)
			rc = say_sounds(m, &m->asked[i], &found);
		tl_sound_found_fini(&found);
	}
	return rc;
}

static void
drop_sounds(struct matching *m)
{
	for (size_t i = 0; i < m->sound_count; i++)
		tl_sound_fini(&m->sounds[i].sound);
	m->sound_count = 0;
	tl_index_close(m->windows);
	m->windows = NULL;
}

static int
ask_bank(struct matching *m, const struct tl_bank *b)
{
	int rc = 0;
	m->bank = b;
	if (b->kind == TL_BANK_SOUND)
		rc = tl_index_open(NULL, TL_INDEX_OWN, &m->windows);
	if (rc == 0)
		rc = tl_bank_scan(m->cli->db, b->id, compare, m);
	if (rc == 0 && m->windows)
		rc = ask_sounds(m);
	drop_sounds(m);
	return rc;
}

/* Asking ------------------------------------------------------------------------------------------------------ */

/* Takes the frames over. */
static void
ask_video(struct asked *a, struct tl_video *v)
{
	a->frames = *v;
	*v = (struct tl_video){0};
	tl_video_looks_of(&a->frames, false, &a->video);
	tl_video_looks_of(&a->frames, true, &a->mirrored);
}

/* A hash as people write it. A bare one of 64 digits may be a PDQ hash or a SHA-256: both are asked. */
static int
ask_hash(struct tl_cli *c, const char *text, struct asked *a)
{
	static const enum tl_bank_kind kinds[] = {
	    TL_BANK_PDQ, TL_BANK_DIGEST, TL_BANK_VIDEO, TL_BANK_SOUND};
	int known = 0;
	for (size_t i = 0; i < TL_COUNT(kinds); i++) {
		enum tl_entry_form form;
		struct tl_str value;
		if (tl_bank_value_read(kinds[i], tl_str(text), c->arena, &form, &value) < 0)
			continue;
		known++;
		struct tl_video v = {0};
		if (form == TL_FORM_PDQ) {
			memcpy(a->pdq[0].b, value.p, sizeof a->pdq[0].b);
			a->turns = 1;
		} else if (form == TL_FORM_SHA256) {
			memcpy(a->sha256, value.p, sizeof a->sha256);
			a->has_sha256 = true;
		} else if (form == TL_FORM_MD5) {
			memcpy(a->md5, value.p, sizeof a->md5);
			a->has_md5 = true;
		} else if (form == TL_FORM_VPDQ && tl_video_unpack(value, &v) == 0) {
			ask_video(a, &v);
		} else if (form == TL_FORM_CHROMAPRINT) {
			(void)!tl_sound_unpack(value, &a->sound[0]);
		}
	}
	return known ? 0
		     : cli_fail(TL_EUSAGE,
			   "Give files, or hashes as `tutela hash --all FILE` prints them.",
			   "\"%.80s\" is neither a file nor a hash", text);
}

static int
ask_file(struct tl_cli *c, struct tl_jails *jails, const char *path, struct asked *a)
{
	struct tl_file_hash h TL_CLEANUP(tl_file_hash_fini) = {.reason = TL_DECODE_OK};
	int rc = tl_hash_file(jails, path, &h);
	if (rc < 0)
		return rc;
	memcpy(a->sha256, h.sha256, sizeof a->sha256);
	memcpy(a->md5, h.md5, sizeof a->md5);
	a->has_sha256 = a->has_md5 = true;
	if (tl_decode_err(h.reason) < 0) {
		size_t n = strlen(tl_err_text());
		(void)fprintf(stderr, "tutela match: %s: %.*s; only its digests are compared\n",
		    path, (int)(n && tl_err_text()[n - 1] == '.' ? n - 1 : n), tl_err_text());
		c->exit = CLI_INPUT;
		return 0;
	}
	if (tl_decode_err(h.partly) < 0) {
		size_t n = strlen(tl_err_text());
		(void)fprintf(stderr,
		    "tutela match: %s: %.*s; only what was read before that is compared\n",
		    path, (int)(n && tl_err_text()[n - 1] == '.' ? n - 1 : n), tl_err_text());
		c->exit = CLI_INPUT;
	}
	if (h.duration_ms == 0 && h.quality < TL_PDQ_QUALITY_MIN) {
		(void)fprintf(stderr,
		    "tutela match: %s: the picture is too plain to be told from others "
		    "(quality "
		    "%d, below %d); only its digests are compared\n",
		    path, h.quality, TL_PDQ_QUALITY_MIN);
	} else if (h.duration_ms == 0) {
		memcpy(a->pdq, h.turned, sizeof a->pdq);
		a->turns = TL_PDQ_TURNS;
	}
	ask_video(a, &h.frames);
	a->sound[0] = h.sound;
	memcpy(a->sound + 1, h.bent, sizeof h.bent);
	h.sound = (struct tl_sound){0};
	memset(h.bent, 0, sizeof h.bent);
	return 0;
}

static int
ask_all(struct tl_cli *c, struct matching *m)
{
	struct tl_jails *jails TL_CLEANUP(tl_jails_destroyp) = NULL;
	int rc = 0;
	for (int i = 0; i < c->argc && rc == 0; i++) {
		struct asked *a = &m->asked[m->asked_count++];
		a->name = c->argv[i];
		if (access(c->argv[i], F_OK) != 0) {
			rc = ask_hash(c, c->argv[i], a);
			continue;
		}
		if (!jails)
			rc = tl_jails_create(
			    &(const struct tl_jails_config){.slots = 1}, &jails);
		if (rc == 0)
			rc = ask_file(c, jails, c->argv[i], a);
	}
	return rc;
}

static bool
chosen(const struct tl_bank *list, size_t n, const struct tl_bank *b)
{
	while (n > 0 && !tl_id_eq(list[n - 1].id, b->id))
		n--;
	return n > 0;
}

/* The banks that are named, each once, or all that are in use. */
static int
choose(struct tl_cli *c, struct tl_bank **ret, size_t *ret_n)
{
	const char *names = cli_option(c, "bank");
	struct tl_bank *all;
	size_t n = 0, count = 0;
	int rc = tl_bank_list(c->db, c->arena, &all, &count);
	if (rc < 0)
		return rc;
	struct tl_bank *list = TL_NEWS(c->arena, struct tl_bank, count + 1);
	rc = tl_arena_check(c->arena);
	for (size_t i = 0; rc == 0 && !names && i < count; i++) {
		if (all[i].enabled && all[i].kind != TL_BANK_TEXT)
			list[n++] = all[i];
	}
	for (const char *at = names; rc == 0 && at && *at;) {
		size_t len = strcspn(at, ",");
		size_t i = 0;
		while (i < count && !tl_str_eq(all[i].name, tl_bytes(at, len)))
			i++;
		if (i == count)
			return cli_fail(TL_EUSAGE, "`tutela bank list` shows them.",
			    "--bank: there is no bank \"%.*s\"", (int)len, at);
		if (all[i].kind == TL_BANK_TEXT)
			return tl_fail(TL_EUSAGE,
			    "--bank: \"%.*s\" holds terms; files and hashes match none of "
			    "them",
			    (int)len, at);
		if (!chosen(list, n, &all[i]))
			list[n++] = all[i];
		at += len + (at[len] == ',');
	}
	*ret = list;
	*ret_n = n;
	return rc;
}

/* Showing ----------------------------------------------------------------------------------------------------- */

static const char *const turn_names[TL_PDQ_TURNS] = {
    "", "rot90", "rot180", "rot270", "flip_x", "flip_y", "flip_plus1", "flip_minus1"};

static void
share(struct cli_list *l, double v)
{
	if (v < 0)
		cli_cell_json(l, TL_S("null"), "-");
	else
		cli_cell_num(l, (double)(int64_t)(v * 1000 + 0.5) / 1000);
}

/* A hash of a video or sound has thousands of digits; programs get all of it. */
static void
asked_cell(struct cli_list *l, const char *name)
{
	struct tl_buf json TL_CLEANUP(tl_buf_fini) = {0};
	bool cut = strlen(name) > ASKED_WIDE && access(name, F_OK) != 0;
	tl_js_z(&json, NULL, name);
	cli_cell_json(l, tl_buf_str(&json),
	    cut ? tl_arena_printf(l->cli->arena, "%.*s...", ASKED_WIDE, name) : name);
}

/* Where an entry came from, for people: what is known of exchange, member and record. */
static const char *
origin(struct tl_cli *c, const struct tl_provenance *p)
{
	const struct tl_str parts[] = {
	    p->exchange, p->member, p->record.n ? p->record : p->decision};
	const char *text = "";
	for (size_t i = 0; i < TL_COUNT(parts); i++) {
		if (parts[i].n)
			text = tl_arena_printf(
			    c->arena, "%s%s%.*s", text, *text ? " " : "", TL_ARG(parts[i]));
	}
	return text;
}

static int
show_hit(struct tl_cli *c, struct cli_list *l, const struct hit *h)
{
	struct tl_bank_entry e = {0};
	struct tl_provenance p = {0};
	int rc = tl_bank_entry_get(c->db, h->bank->id, h->entry, c->arena, &e);
	if (rc == 0)
		rc = tl_provenance_read(e.provenance, c->arena, &p);
	if (rc < 0)
		return rc;
	bool allows = h->bank->direction == TL_DIRECTION_ALLOW;
	asked_cell(l, h->asked->name);
	cli_cell(l, h->bank->name);
	cli_cell_json(l, allows ? TL_S("\"allow\"") : TL_S("\"block\""), allows ? "allow" : "");
	cli_cell_z(l, tl_entry_form_names[e.form]);
	if (h->distance < 0)
		cli_cell_json(l, TL_S("null"), "-");
	else
		cli_cell_int(l, h->distance);
	cli_cell_z(l, turn_names[h->turn]);
	share(l, h->share_query);
	share(l, h->share_known);
	cli_cell(l, h->bank->policy);
	cli_cell(l, e.classification.n ? e.classification : h->bank->classification);
	cli_cell_json(
	    l, e.review_only ? TL_S("true") : TL_S("false"), e.review_only ? "yes" : "");
	cli_cell(l, e.note);
	cli_cell_json(l, e.provenance, origin(c, &p));
	cli_cell_id(l, e.id);
	return 0;
}

static int
note(struct tl_db *db, void *ctx)
{
	const struct matching *m = ctx;
	struct tl_buf detail TL_CLEANUP(tl_buf_fini) = {0};
	const char *banks = cli_option(m->cli, "bank");
	tl_buf_printf(&detail, "%zu asked, %zu matched", m->asked_count, m->n);
	return tl_audit_add(
	    db, "cli", "bank.match", tl_str(banks ? banks : ""), tl_buf_str(&detail));
}

static int
by_distance(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	if (x->asked != y->asked)
		return x->asked < y->asked ? -1 : 1;
	return x->distance - y->distance;
}

static int
show(struct tl_cli *c, struct matching *m)
{
	static const char *const columns[] = {"asked", "bank", "direction", "form", "distance",
	    "turned", "share_query", "share_known", "policy", "classification", "review_only",
	    "note", "provenance", "entry", NULL};
	struct cli_list l;
	int rc = tl_db_tx(c->db, TL_SYNC_FULL, note, m);
	qsort(m->hits, m->n, sizeof *m->hits, by_distance);
	cli_list_begin(&l, c, "matches", columns);
	l.brief = true;
	for (size_t i = 0; rc == 0 && i < m->n; i++)
		rc = show_hit(c, &l, &m->hits[i]);
	cli_list_end(&l, "No entry matches.");
	if (rc == 0 && c->exit == CLI_DONE && m->n == 0)
		c->exit = CLI_FAILED; /* documented: 1, nothing matched */
	return rc;
}

int
cmd_match(struct tl_cli *c)
{
	struct tl_bank *banks = NULL;
	size_t n = 0;
	struct matching m = {.cli = c,
	    .distance = -1,
	    .turned = cli_option(c, "turned") != NULL,
	    .now = tl_now_us(),
	    .asked = TL_NEWS(c->arena, struct asked, (size_t)c->argc),
	    .hits = TL_NEWS(c->arena, struct hit, HITS_MAX)};
	int rc = tl_arena_check(c->arena);
	if (rc == 0)
		rc = cli_option_int(c, "distance", 0, TL_BANK_DISTANCE_MAX, &m.distance);
	if (rc == 0)
		rc = choose(c, &banks, &n);
	if (rc == 0 && n == 0)
		(void)fputs("tutela match: no bank of hashes is in use\n", stderr);
	if (rc == 0)
		rc = ask_all(c, &m);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = ask_bank(&m, &banks[i]);
	if (rc == 0)
		rc = show(c, &m);
	for (size_t i = 0; i < m.asked_count; i++) {
		tl_video_fini(&m.asked[i].frames);
		tl_video_looks_fini(&m.asked[i].video);
		tl_video_looks_fini(&m.asked[i].mirrored);
		for (size_t k = 0; k < TL_COUNT(m.asked[i].sound); k++)
			tl_sound_fini(&m.asked[i].sound[k]);
	}
	free(m.sounds);
	return rc;
}
