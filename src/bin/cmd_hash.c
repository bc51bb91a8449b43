/*
 * `tutela hash`: quality and PDQ hash of pictures. The bytes are decoded in tutela-decode's jail, never here, so
 * that a hostile picture reaches nothing and this program stays free of the decoders' licences.
 */
#include "bin/cli.h"
#include "media/file.h"

static void
row(struct cli_list *l, const char *path, const struct tl_file_hash *h, const char *why,
    bool digests)
{
	static const struct tl_file_hash nothing;
	bool ok = why == NULL && h;
	bool read = h != NULL;
	h = h ? h : &nothing;
	cli_cell_z(l, path);
	if (ok)
		cli_cell_int(l, h->quality);
	else
		cli_cell_json(l, TL_S("null"), "");
	cli_cell_hex(l, ok ? tl_bytes(h->pdq.b, sizeof h->pdq.b) : (struct tl_str){0});
	if (digests) {
		cli_cell_hex(
		    l, read ? tl_bytes(h->sha256, sizeof h->sha256) : (struct tl_str){0});
		cli_cell_hex(l, read ? tl_bytes(h->md5, sizeof h->md5) : (struct tl_str){0});
	}
	cli_cell_z(l, why);
}

static void
line(struct tl_cli *c, const char *path, const struct tl_file_hash *h, bool digests)
{
	char hex[65], more[33];
	tl_hex(hex, h->pdq.b, sizeof h->pdq.b);
	tl_buf_printf(&c->out, "%s\t%d\t%s", path, h->quality, hex);
	if (digests) {
		tl_hex(hex, h->sha256, sizeof h->sha256);
		tl_hex(more, h->md5, sizeof h->md5);
		tl_buf_printf(&c->out, "\t%s\t%s", hex, more);
	}
	tl_buf_byte(&c->out, '\n');
}

/* Hashes one file; the result of a file that fails is told and the others go on. */
static int
hash_one(struct tl_cli *c, struct tl_jails *jails, struct cli_list *l, const char *path)
{
	struct tl_file_hash h;
	bool digests = cli_option(c, "digests") != NULL;
	int rc = tl_hash_file(jails, path, &h);
	if (rc == TL_EPERM || rc == TL_ECONFIG)
		return rc; /* without a jail nothing is decoded */
	bool read = rc == 0;
	if (read)
		rc = tl_decode_err(h.reason);
	if (rc < 0)
		c->exit = CLI_INPUT;
	if (c->json)
		row(l, path, read ? &h : NULL, rc < 0 ? tl_err_text() : NULL, digests);
	else if (rc == 0)
		line(c, path, &h, digests);
	else
		(void)fprintf(stderr, "tutela hash: %s: %s\n", path, tl_err_text());
	return 0;
}

int
cmd_hash(struct tl_cli *c)
{
	static const char *const plain[] = {"file", "quality", "pdq", "error", NULL};
	static const char *const full[] = {
	    "file", "quality", "pdq", "sha256", "md5", "error", NULL};
	struct tl_jails *jails TL_CLEANUP(tl_jails_destroyp) = NULL;
	const struct tl_jails_config config = {.slots = 1};
	int rc = tl_jails_create(&config, &jails);
	if (rc < 0)
		return rc;
	struct cli_list l;
	cli_list_begin(&l, c, "files", cli_option(c, "digests") ? full : plain);
	for (int i = 0; rc == 0 && i < c->argc; i++) {
		rc = hash_one(c, jails, &l, c->argv[i]);
		if (rc == 0)
			rc = cli_flush(c);
		cli_progress("hashed", i + 1, c->argc);
	}
	if (c->json)
		cli_list_end(&l, "");
	return rc;
}
