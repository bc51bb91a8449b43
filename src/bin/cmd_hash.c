/*
 * `tutela hash`: quality and PDQ hash of pictures, frame by frame of videos; with --all everything that is known of a
 * file's bytes. What is decoded is decoded in tutela-decode's jail, never here, so that a hostile file reaches nothing
 * and this program stays free of the decoders' licences. A file that fails is told and the others go on.
 */
#include "bin/cli.h"
#include "media/file.h"

#include <unistd.h>

static const char *const turn_name[TL_PDQ_TURNS] = {[TL_PDQ_ORIGINAL] = "pdq",
    [TL_PDQ_ROT90] = "pdq_rot90",
    [TL_PDQ_ROT180] = "pdq_rot180",
    [TL_PDQ_ROT270] = "pdq_rot270",
    [TL_PDQ_FLIP_X] = "pdq_flip_x",
    [TL_PDQ_FLIP_Y] = "pdq_flip_y",
    [TL_PDQ_FLIP_PLUS1] = "pdq_flip_plus1",
    [TL_PDQ_FLIP_MINUS1] = "pdq_flip_minus1"};

struct wanted {
	bool all, digests;
};

/* ---- for programs ---- */

static void
json_picture(struct tl_buf *b, const struct tl_file_hash *h, bool all)
{
	char hex[TL_PDQ_HEX];
	tl_js_int(b, "quality", h->quality);
	for (int t = 0; t < (all ? TL_PDQ_TURNS : 1); t++) {
		tl_pdq_hex(hex, &h->turned[t]);
		tl_js_z(b, turn_name[t], hex);
	}
}

static void
json_film(struct tl_buf *b, const struct tl_file_hash *h)
{
	char hex[TL_PDQ_HEX];
	tl_js_open(b, "frames", '[');
	for (size_t i = 0; i < h->frames.n; i++) {
		const struct tl_video_frame *f = &h->frames.f[i];
		tl_pdq_hex(hex, &f->hash);
		tl_js_open(b, NULL, '{');
		tl_js_num(b, "seconds", f->ms / 1000.0);
		tl_js_int(b, "frame", f->number);
		tl_js_int(b, "quality", f->quality);
		tl_js_z(b, "pdq", hex);
		tl_js_bool(b, "plain", f->flags == 0);
		tl_js_close(b, '}');
	}
	tl_js_close(b, ']');
	struct tl_buf text TL_CLEANUP(tl_buf_fini) = {0};
	tl_sound_text(&text, &h->sound);
	tl_js_str0(b, "fingerprint", tl_buf_str(&text));
}

/* `h` NULL: the file could not be read; `why` NULL: nothing went wrong. */
static void
json_file(struct tl_buf *b, const char *path, const struct tl_file_hash *h, const char *why,
    const struct wanted *w)
{
	bool ok = h && !why;
	tl_js_open(b, NULL, '{');
	tl_js_z(b, "file", path);
	if (h && w->all)
		tl_js_int(b, "bytes", (int64_t)h->bytes);
	if (ok && w->all) {
		tl_js_z(b, "type", tl_format_mime(h->format));
		tl_js_int0(b, "width", h->width > 0, h->width);
		tl_js_int0(b, "height", h->height > 0, h->height);
	}
	if (ok && h->duration_ms == 0) {
		json_picture(b, h, w->all);
	} else if (ok) {
		tl_js_num(b, "seconds", h->duration_ms / 1000.0);
		json_film(b, h);
	} else {
		tl_js_null(b, "quality");
		tl_js_null(b, "pdq");
	}
	if (w->all || w->digests) {
		tl_js_hex(b, "sha256",
		    h ? tl_bytes(h->sha256, sizeof h->sha256) : (struct tl_str){0});
		tl_js_hex(b, "md5", h ? tl_bytes(h->md5, sizeof h->md5) : (struct tl_str){0});
	}
	tl_js_z(b, "error", why);
	tl_js_close(b, '}');
}

/* ---- for people and for grep ---- */

/* A fact of a file on a line of its own. */
static void
fact(struct tl_buf *b, const char *path, const char *name, const void *bytes, size_t n)
{
	char hex[TL_PDQ_HEX];
	tl_hex(hex, bytes, n);
	tl_buf_printf(b, "%s\t%s\t%s", path, name, hex);
}

static void
plain_frames(struct tl_buf *b, const char *path, const struct tl_video *v, bool all)
{
	for (size_t i = 0; i < v->n; i++) {
		char hex[TL_PDQ_HEX];
		const struct tl_video_frame *f = &v->f[i];
		if (f->flags != 0)
			continue; /* further looks: what other programs have no use for */
		tl_pdq_hex(hex, &f->hash);
		if (all)
			tl_buf_printf(b, "%s\tframe\t%s\t%u\t%u.%03u\n", path, hex, f->quality,
			    f->ms / 1000, f->ms % 1000);
		else
			tl_buf_printf(b, "%s\t%u\t%s\t%u.%03u\n", path, f->quality, hex,
			    f->ms / 1000, f->ms % 1000);
	}
}

static void
lines_all(struct tl_buf *b, const char *path, const struct tl_file_hash *h, bool decoded)
{
	fact(b, path, "sha256", h->sha256, sizeof h->sha256);
	tl_buf_byte(b, '\n');
	fact(b, path, "md5", h->md5, sizeof h->md5);
	tl_buf_byte(b, '\n');
	if (!decoded)
		return;
	for (int t = 0; h->duration_ms == 0 && t < TL_PDQ_TURNS; t++) {
		fact(b, path, turn_name[t], h->turned[t].b, TL_PDQ_BYTES);
		tl_buf_printf(b, "\t%d\n", h->quality);
	}
	plain_frames(b, path, &h->frames, true);
	if (h->sound.n) {
		tl_buf_printf(b, "%s\tfingerprint\t", path);
		tl_sound_text(b, &h->sound);
		tl_buf_byte(b, '\n');
	}
}

static void
line(struct tl_buf *b, const char *path, const struct tl_file_hash *h, bool digests)
{
	char pdq[TL_PDQ_HEX], sha256[65], md5[33];
	if (h->duration_ms) {
		plain_frames(b, path, &h->frames, false);
		return;
	}
	tl_pdq_hex(pdq, &h->pdq);
	tl_buf_printf(b, "%s\t%d\t%s", path, h->quality, pdq);
	if (digests) {
		tl_hex(sha256, h->sha256, sizeof h->sha256);
		tl_hex(md5, h->md5, sizeof h->md5);
		tl_buf_printf(b, "\t%s\t%s", sha256, md5);
	}
	tl_buf_byte(b, '\n');
}

/* ---- the work ---- */

static int
read_input(struct tl_buf *out)
{
	for (;;) {
		uint8_t *room = tl_buf_room(out, 1 << 16);
		ssize_t n = room ? read(STDIN_FILENO, room, 1 << 16) : -1;
		if (out->n > TL_DECODE_BYTES_MAX)
			return tl_fail(TL_ETOOBIG, "standard input has more than %u MiB",
			    TL_DECODE_BYTES_MAX >> 20);
		if (n < 0)
			return tl_fail(TL_EIO, "standard input cannot be read");
		if (n == 0)
			return 0;
		tl_buf_grew(out, (size_t)n);
	}
}

static int
hash_path(struct tl_jails *jails, const char *path, struct tl_file_hash *ret)
{
	TL_CLEANUP(tl_buf_fini) struct tl_buf bytes = {0};
	if (strcmp(path, "-") != 0)
		return tl_hash_file(jails, path, ret);
	int rc = read_input(&bytes);
	return rc < 0 ? rc : tl_hash_bytes(jails, tl_buf_str(&bytes), ret);
}

/* Nothing that is this plain is compared: whoever puts its hash into a bank would wait in vain. */
static bool
too_plain(const struct tl_file_hash *h)
{
	size_t i = 0;
	if (h->duration_ms == 0)
		return h->quality < TL_PDQ_QUALITY_MIN;
	while (i < h->frames.n && h->frames.f[i].quality < TL_PDQ_QUALITY_MIN)
		i++;
	return h->frames.n && i == h->frames.n;
}

static int
hash_one(struct tl_cli *c, struct tl_jails *jails, const struct wanted *w, const char *path)
{
	struct tl_file_hash h TL_CLEANUP(tl_file_hash_fini) = {.reason = TL_DECODE_OK};
	int rc = hash_path(jails, path, &h);
	if (rc == TL_EPERM || rc == TL_ECONFIG)
		return rc; /* without a jail nothing is decoded */
	bool read = rc == 0;
	if (read)
		rc = tl_decode_err(h.reason);
	if (c->json) {
		json_file(&c->out, path, read ? &h : NULL, rc < 0 ? tl_err_text() : NULL, w);
	} else {
		if (read && w->all)
			lines_all(&c->out, path, &h, rc == 0);
		else if (rc == 0)
			line(&c->out, path, &h, w->digests);
		if (rc < 0 || too_plain(&h))
			cli_progress_end();
		if (rc < 0)
			(void)fprintf(stderr, "tutela hash: %s: %s\n", path, tl_err_text());
		else if (too_plain(&h))
			(void)fprintf(stderr,
			    "tutela hash: %s: too plain to be told from others (quality below "
			    "%d): its PDQ hash is not compared, only its digests\n",
			    path, TL_PDQ_QUALITY_MIN);
	}
	if (rc < 0)
		c->exit = CLI_INPUT;
	return 0;
}

int
cmd_hash(struct tl_cli *c)
{
	struct tl_jails *jails TL_CLEANUP(tl_jails_destroyp) = NULL;
	const struct tl_jails_config config = {.slots = 1, .long_only = true};
	const struct wanted w = {
	    .all = cli_option(c, "all") != NULL, .digests = cli_option(c, "digests") != NULL};
	int rc = tl_jails_create(&config, &jails);
	if (rc < 0)
		return rc;
	if (c->json) {
		tl_js_open(&c->out, NULL, '{');
		tl_js_open(&c->out, "files", '[');
	}
	for (int i = 0; rc == 0 && i < c->argc; i++) {
		rc = hash_one(c, jails, &w, c->argv[i]);
		if (rc == 0 && !c->json)
			rc = cli_flush(c);
		cli_progress("hashed", i + 1, c->argc);
	}
	cli_progress_end();
	if (c->json && rc == 0) {
		tl_js_close(&c->out, ']');
		tl_js_close(&c->out, '}');
		tl_buf_byte(&c->out, '\n');
	}
	return rc;
}
