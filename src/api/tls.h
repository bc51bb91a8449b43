/*
 * The certificate of the server's port: read from files, read anew when they change. There is one in a process,
 * because the library asks for it without saying who asks.
 */
#pragma once

#include "sys/cert.h"

#include <stdbool.h>

/* Reads the files; a certificate that is over or not yet begun is refused. TL_ECONFIG. */
int tl_tls_begin(const char *cert_path, const char *key_path) TL_MUST;
/*
 * Looks whether the files have changed and takes them: 1 taken, 0 nothing new; a failure leaves the last good ones in
 * use and is said once per change. Connections that are open keep what they began with.
 */
int tl_tls_renew(bool even_unchanged) TL_MUST;
/* What is in use. */
struct tl_cert tl_tls_in_use(void);
void tl_tls_end(void); /* after the server has stopped */

/* libmicrohttpd's MHD_OPTION_HTTPS_CERT_CALLBACK and its priorities: TLS 1.2 and 1.3, our order. */
void *tl_tls_callback(void);
#define TL_TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"
