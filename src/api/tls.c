/*
 * The certificate in use, for GnuTLS inside libmicrohttpd.
 *
 * Promises: files are checked whole before they replace what is in use; a handshake that has begun ends with what it
 * began with, so what was replaced is kept until the end (a certificate lives for weeks). Failure: TL_ECONFIG; the
 * last good one stays. The pointer is swapped atomically: handshakes run on the library's threads.
 */
#include "api/tls.h"

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/crypto.h"
#include "sys/fd.h"

#include <gnutls/abstract.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CHAIN_MAX 8U
#define FILE_MAX (256U << 10)

struct set {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned count;
	gnutls_privkey_t key;
	struct tl_cert cert;
	struct set *before; /* what it replaced */
};

static struct {
	const char *cert_path, *key_path;
	struct timespec cert_at, key_at; /* when the files were last changed */
	_Atomic(struct set *) now;
} tls;

static void
destroy(struct set *s)
{
	for (unsigned i = 0; i < s->count; i++)
		gnutls_pcert_deinit(&s->chain[i]);
	gnutls_privkey_deinit(s->key);
	free(s);
}

static int
read_set(struct set *s)
{
	struct tl_buf cert TL_CLEANUP(tl_buf_fini) = {0}, key TL_CLEANUP(tl_buf_fini) = {0};
	int rc = tl_file_read(tls.cert_path, FILE_MAX, &cert);
	if (rc == 0)
		rc = tl_file_read(tls.key_path, FILE_MAX, &key);
	if (rc < 0)
		return rc;
	gnutls_datum_t c = {cert.p, (unsigned)cert.n}, k = {key.p, (unsigned)key.n};
	unsigned count = CHAIN_MAX;
	int g = gnutls_privkey_init(&s->key);
	if (g == 0)
		g = gnutls_privkey_import_x509_raw(s->key, &k, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (g >= 0)
		g = gnutls_pcert_list_import_x509_raw(
		    s->chain, &count, &c, GNUTLS_X509_FMT_PEM, 0);
	tl_wipe(key.p, key.n);
	if (g < 0)
		return tl_fail(
		    TL_ECONFIG, "%s cannot be used: %s", tls.cert_path, gnutls_strerror(g));
	s->count = count;
	return 0;
}

static int
load(void)
{
	struct tl_cert cert;
	int64_t now = tl_now_us();
	int rc = tl_cert_read(tls.cert_path, tls.key_path, &cert);
	if (rc < 0)
		return rc;
	if (cert.ends_at <= now || cert.begins_at > now)
		return tl_fail(TL_ECONFIG, "tls_certificate: %s %s", tls.cert_path,
		    cert.ends_at <= now ? "has expired" : "is not valid yet");
	struct set *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->cert = cert;
	rc = read_set(s);
	if (rc < 0) {
		destroy(s);
		return rc;
	}
	s->before = atomic_load(&tls.now);
	atomic_store(&tls.now, s);
	return 0;
}

static bool
changed(void)
{
	struct stat c = {0}, k = {0};
	if (stat(tls.cert_path, &c) < 0 || stat(tls.key_path, &k) < 0)
		return false; /* between two renames: the next look sees both */
	bool is = c.st_mtim.tv_sec != tls.cert_at.tv_sec ||
		  c.st_mtim.tv_nsec != tls.cert_at.tv_nsec ||
		  k.st_mtim.tv_sec != tls.key_at.tv_sec ||
		  k.st_mtim.tv_nsec != tls.key_at.tv_nsec;
	tls.cert_at = c.st_mtim;
	tls.key_at = k.st_mtim;
	return is;
}

int
tl_tls_begin(const char *cert_path, const char *key_path)
{
	tls.cert_path = cert_path;
	tls.key_path = key_path;
	(void)changed();
	return load();
}

int
tl_tls_renew(bool even_unchanged)
{
	if (!tls.cert_path || (!changed() && !even_unchanged))
		return 0;
	int rc = load();
	return rc < 0 ? rc : 1;
}

struct tl_cert
tl_tls_in_use(void)
{
	const struct set *s = atomic_load(&tls.now);
	return s ? s->cert : (struct tl_cert){.name = ""};
}

void
tl_tls_end(void)
{
	struct set *s = atomic_exchange(&tls.now, NULL);
	while (s) {
		struct set *before = s->before;
		destroy(s);
		s = before;
	}
	tls.cert_path = NULL;
}

static int
choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **ret_chain,
    unsigned *ret_count, gnutls_privkey_t *ret_key)
{
	struct set *s = atomic_load(&tls.now);
	(void)session;
	(void)authorities;
	(void)authority_count;
	(void)algorithms;
	(void)algorithm_count;
	if (!s)
		return -1;
	*ret_chain = s->chain;
	*ret_count = s->count;
	*ret_key = s->key;
	return 0;
}

void *
tl_tls_callback(void)
{
	int (*fn)(gnutls_session_t, const gnutls_datum_t *, int, const gnutls_pk_algorithm_t *,
	    int, gnutls_pcert_st **, unsigned *, gnutls_privkey_t *) = choose;
	void *p;
	_Static_assert(sizeof p == sizeof fn, "a function's address is a pointer here");
	memcpy(&p, &fn, sizeof p);
	return p;
}
