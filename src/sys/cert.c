/*
 * Reads certificates and keys with OpenSSL, to say what is wrong before anybody connects.
 *
 * Promises: nothing of the key is kept or shown. Failure: TL_ECONFIG in words for an operator. Called by the server
 * before it uses files, and by `tutela doctor`.
 */
#include "sys/cert.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

static void
free_x509(X509 **x)
{
	X509_free(*x);
}

static void
free_key(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static int
time_us(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return tl_fail(TL_ECONFIG, "a certificate with a time that cannot be read");
	*ret = (int64_t)timegm(&tm) * 1000000;
	return 0;
}

/* Letters, digits and what stands in host names; anything else becomes '?'. */
static void
copy_name(char dst[TL_CERT_NAME], const uint8_t *p, size_t n)
{
	size_t k = 0;
	for (; k < n && k < TL_CERT_NAME - 1; k++)
		dst[k] = (char)((p[k] >= '-' && p[k] <= 'z') || p[k] == '*' ? p[k] : '?');
	dst[k] = '\0';
}

static void
find_name(X509 *x, char dst[TL_CERT_NAME])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char common[TL_CERT_NAME] = "";
	dst[0] = '\0';
	for (int i = 0; names && !dst[0] && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		if (g->type == GEN_DNS)
			copy_name(dst, ASN1_STRING_get0_data(g->d.dNSName),
			    (size_t)ASN1_STRING_length(g->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	if (!dst[0] && X509_NAME_get_text_by_NID(
			   X509_get_subject_name(x), NID_commonName, common, sizeof common) > 0)
		copy_name(dst, (const uint8_t *)common, strlen(common));
	if (!dst[0])
		(void)snprintf(dst, TL_CERT_NAME, "unnamed");
}

/* No passwords: nobody is there to type one. */
static int
no_password(char *buf, int size, int rwflag, void *ctx)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)ctx;
	return -1;
}

int
tl_cert_read(const char *cert_path, const char *key_path, struct tl_cert *ret)
{
	struct tl_cert c = {.name = ""};
	FILE *f = fopen(cert_path, "re");
	if (!f)
		return tl_fail(TL_ECONFIG, "tls_certificate: cannot read %s: %m", cert_path);
	X509 *x TL_CLEANUP(free_x509) = PEM_read_X509(f, NULL, no_password, NULL);
	(void)fclose(f);
	f = fopen(key_path, "re");
	if (!f)
		return tl_fail(TL_ECONFIG, "tls_key: cannot read %s: %m", key_path);
	EVP_PKEY *key TL_CLEANUP(free_key) = PEM_read_PrivateKey(f, NULL, no_password, NULL);
	(void)fclose(f);
	ERR_clear_error();
	if (!x)
		return tl_fail(
		    TL_ECONFIG, "tls_certificate: %s holds no certificate (PEM)", cert_path);
	if (!key)
		return tl_fail(TL_ECONFIG,
		    "tls_key: %s holds no key (PEM) that opens without a password", key_path);
	if (X509_check_private_key(x, key) != 1) {
		ERR_clear_error();
		return tl_fail(TL_ECONFIG, "tls_key: %s is not the key of the certificate %s",
		    key_path, cert_path);
	}
	int rc = time_us(X509_get0_notBefore(x), &c.begins_at);
	if (rc == 0)
		rc = time_us(X509_get0_notAfter(x), &c.ends_at);
	if (rc < 0)
		return rc;
	find_name(x, c.name);
	*ret = c;
	return 0;
}
