/*
 * Streamed answers (server-sent events): a bounded buffer between a producer's thread and the connection.
 *
 * Promises: a slow reader never grows the buffer past the backlog and never blocks the producer; a reader that
 * has closed is noticed within a second (conns.c). Two owners, the connection and the producer; the last one frees.
 */
#include "api/http_int.h"

#include <stdlib.h>

struct tl_stream {
	struct tl_http *http;
	struct MHD_Connection *conn;
	struct tl_conn *of;
	pthread_mutex_t lock;
	struct tl_buf buf;
	size_t sent; /* of buf */
	bool asleep, ended, gone;
	bool lost; /* its reader has closed, which the library has not seen */
	int owners;
	struct tl_stream *next, **at; /* http->streams */
};

static void
release(struct tl_stream *s)
{
	pthread_mutex_lock(&s->lock);
	int left = --s->owners;
	pthread_mutex_unlock(&s->lock);
	if (left)
		return;
	pthread_mutex_destroy(&s->lock);
	tl_buf_fini(&s->buf);
	free(s);
}

/* With the lock held. */
static void
wake(struct tl_stream *s)
{
	if (!s->asleep)
		return;
	s->asleep = false;
	MHD_resume_connection(s->conn);
}

static ssize_t
on_read(void *cls, uint64_t pos, char *dst, size_t max)
{
	struct tl_stream *s = cls;
	(void)pos;
	pthread_mutex_lock(&s->lock);
	size_t n = s->buf.n - s->sent;
	ssize_t ret = 0;
	if (s->lost) {
		ret = MHD_CONTENT_READER_END_WITH_ERROR;
	} else if (n) {
		n = n < max ? n : max;
		memcpy(dst, s->buf.p + s->sent, n);
		s->sent += n;
		if (s->sent == s->buf.n) {
			tl_buf_reset(&s->buf);
			s->sent = 0;
		}
		ret = (ssize_t)n;
	} else if (s->ended) {
		ret = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		s->asleep = true;
		MHD_suspend_connection(s->conn);
	}
	pthread_mutex_unlock(&s->lock);
	return ret;
}

static void
on_free(void *cls)
{
	struct tl_stream *s = cls;
	tl_conn_carries(s->http->conns, s->of, NULL);
	pthread_mutex_lock(&s->http->lock);
	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	pthread_mutex_unlock(&s->http->lock);
	pthread_mutex_lock(&s->lock);
	s->gone = true;
	pthread_mutex_unlock(&s->lock);
	release(s);
}

struct tl_stream *
tl_req_stream(struct tl_req *req, int status, const char *type)
{
	struct tl_stream *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->http = req->http;
	s->conn = req->conn;
	s->of = req->of;
	s->owners = 2;
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_lock(&s->http->lock);
	s->next = s->http->streams;
	s->at = &s->http->streams;
	if (s->next)
		s->next->at = &s->next;
	s->http->streams = s;
	pthread_mutex_unlock(&s->http->lock);
	req->streams = true;
	tl_conn_carries(s->http->conns, s->of, s);
	tl_req_answer_stream(req, status, type,
	    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, on_read, s, on_free));
	return s;
}

int
tl_stream_put(struct tl_stream *s, struct tl_str data)
{
	pthread_mutex_lock(&s->lock);
	int rc = 0;
	if (s->gone || s->ended || s->lost) {
		rc = tl_fail(TL_EPEER, "the reader is gone");
	} else if (s->buf.n - s->sent + data.n > TL_STREAM_BACKLOG_BYTES) {
		rc = tl_fail(TL_ETOOBIG, "the reader is too slow");
	} else {
		if (s->sent) {
			memmove(s->buf.p, s->buf.p + s->sent, s->buf.n - s->sent);
			s->buf.n -= s->sent;
			s->sent = 0;
		}
		tl_buf_put(&s->buf, data.p, data.n);
		wake(s);
	}
	pthread_mutex_unlock(&s->lock);
	return rc;
}

bool
tl_stream_gone(struct tl_stream *s)
{
	pthread_mutex_lock(&s->lock);
	bool gone = s->gone || s->ended || s->lost;
	pthread_mutex_unlock(&s->lock);
	return gone;
}

struct tl_stream *
tl_stream_hold(struct tl_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->owners++;
	pthread_mutex_unlock(&s->lock);
	return s;
}

void
tl_stream_lost(struct tl_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->lost = true;
	if (!s->gone)
		wake(s);
	pthread_mutex_unlock(&s->lock);
	release(s);
}

void
tl_stream_end(struct tl_stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	if (!s->gone)
		wake(s);
	pthread_mutex_unlock(&s->lock);
	release(s);
}

void
tl_stream_end_all(struct tl_http *h)
{
	pthread_mutex_lock(&h->lock);
	for (struct tl_stream *s = h->streams; s; s = s->next) {
		pthread_mutex_lock(&s->lock);
		s->ended = true;
		wake(s);
		pthread_mutex_unlock(&s->lock);
	}
	pthread_mutex_unlock(&h->lock);
}
