/*
 * X(libcurl's code, what it means in our words): how a request of ours ends without an answer. Never the other side's words.
 */
X(CURLE_COULDNT_RESOLVE_HOST, "the host name is not known")
X(CURLE_COULDNT_CONNECT, "nobody answers at that address")
X(CURLE_OPERATION_TIMEDOUT, "no answer in time")
X(CURLE_PEER_FAILED_VERIFICATION, "the certificate cannot be trusted")
X(CURLE_SSL_CONNECT_ERROR, "no secure connection could be made")
X(CURLE_SSL_CACERT_BADFILE, "the file of trusted certificates cannot be read")
X(CURLE_USE_SSL_FAILED, "the server offers no TLS")
X(CURLE_LOGIN_DENIED, "the server refuses the user or the password")
X(CURLE_GOT_NOTHING, "the other side closed without an answer")
X(CURLE_RECV_ERROR, "the connection broke")
X(CURLE_SEND_ERROR, "the connection broke")
X(CURLE_PARTIAL_FILE, "the connection broke")
X(CURLE_UNSUPPORTED_PROTOCOL, "the other side does not speak HTTP")
X(CURLE_WEIRD_SERVER_REPLY, "the other side does not speak HTTP")
X(CURLE_OUT_OF_MEMORY, "the other side sends too many headers")
