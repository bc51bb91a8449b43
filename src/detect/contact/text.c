/*
 * One pass over a text, word by word.
 *
 * Promises: nothing of the text outlives the call but a sketch and two flags; the work is bounded by the bytes that are looked
 * at. No failure. Called by the API for contacts and by `tutela simulate contacts`.
 */
#include "detect/contact/text.h"

#include "store/contact_log.h"

#define LANES 4U
#define NEAR 3U         /* words between a service and the word that asks to go there */
#define PHONE_DIGITS 8U /* as many make a telephone number */
#define WORD_MAX 64U

struct word {
	uint8_t p[WORD_MAX]; /* lower case; longer words count by their beginning */
	size_t n;
};

struct reading {
	const struct tl_key *key;
	uint64_t least[LANES];
	uint64_t seen[TL_CONTACT_WORDS_MIN];
	size_t words;                /* different ones, as far as they count */
	size_t service_ago, ask_ago; /* in words */
	unsigned flags;
};

static uint64_t
word_hash(const struct tl_key *key, const struct word *w)
{
	return tl_short_hash(tl_bytes(w->p, w->n), key);
}

/* A walk through all numbers of 64 bits, another one for each lane. */
static uint64_t
lane_of(uint64_t h, unsigned lane)
{
	h += UINT64_C(0x9e3779b97f4a7c15) * (lane + 1);
	h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
	return h ^ (h >> 31);
}

static void
count_word(struct reading *r, uint64_t h)
{
	bool known = false;
	for (size_t i = 0; i < r->words && !known; i++)
		known = r->seen[i] == h;
	if (!known && r->words < TL_CONTACT_WORDS_MIN)
		r->seen[r->words++] = h;
	for (unsigned k = 0; k < LANES; k++) {
		uint64_t v = lane_of(h, k);
		r->least[k] = v < r->least[k] ? v : r->least[k];
	}
}

static bool
is(const struct word *w, const char *z)
{
	return w->n == strlen(z) && memcmp(w->p, z, w->n) == 0;
}

static bool
is_service(const struct word *w)
{
#define SERVICE(z)                                                                             \
	if (is(w, z))                                                                          \
		return true;
#define ASK(z)
#define END(z)
#include "detect/contact/away.tbl.h"
#undef SERVICE
#undef ASK
#undef END
	return false;
}

static bool
asks(const struct word *w)
{
#define SERVICE(z)
#define ASK(z)                                                                                 \
	if (is(w, z))                                                                          \
		return true;
#define END(z)
#include "detect/contact/away.tbl.h"
#undef SERVICE
#undef ASK
#undef END
	return false;
}

static bool
ends_domain(const struct word *w)
{
#define SERVICE(z)
#define ASK(z)
#define END(z)                                                                                 \
	if (is(w, z))                                                                          \
		return true;
#include "detect/contact/away.tbl.h"
#undef SERVICE
#undef ASK
#undef END
	return false;
}

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* The letters from *at on. */
static void
take_word(struct tl_str t, size_t *at, struct word *w)
{
	w->n = 0;
	for (; *at < t.n && is_letter(t.p[*at]); (*at)++)
		if (w->n < WORD_MAX)
			w->p[w->n++] = lower(t.p[*at]);
}

static void
near_service(struct reading *r, const struct word *w)
{
	r->service_ago = is_service(w) ? 0 : r->service_ago + 1;
	r->ask_ago = asks(w) ? 0 : r->ask_ago + 1;
	if (r->service_ago <= NEAR && r->ask_ago <= NEAR)
		r->flags |= TL_CONTACT_HAS_HANDLE;
}

/* A word with what stands right before and behind it: an address, a name after @, an e-mail address. */
static void
in_its_place(struct reading *r, struct tl_str t, size_t from, size_t to, const struct word *w)
{
	bool dotted = from > 1 && t.p[from - 1] == '.' &&
		      (is_letter(t.p[from - 2]) || is_digit(t.p[from - 2]));
	bool ends = to == t.n || !(is_digit(t.p[to]) || t.p[to] == '_');
	if ((is(w, "http") || is(w, "https")) && t.n - to >= 3 &&
	    memcmp(t.p + to, "://", 3) == 0)
		r->flags |= TL_CONTACT_HAS_LINK;
	if (is(w, "www") && to < t.n && t.p[to] == '.')
		r->flags |= TL_CONTACT_HAS_LINK;
	if (dotted && ends && ends_domain(w))
		r->flags |= TL_CONTACT_HAS_LINK;
	if (from > 0 && t.p[from - 1] == '@' && w->n >= 3)
		r->flags |= TL_CONTACT_HAS_HANDLE;
}

/* Figures with single signs between them. */
static size_t
skip_digits(struct reading *r, struct tl_str t, size_t at)
{
	size_t digits = 0;
	while (at < t.n) {
		bool sign = strchr(" -./()+", t.p[at]) && t.p[at] && at + 1 < t.n &&
			    is_digit(t.p[at + 1]);
		if (!is_digit(t.p[at]) && !(sign && digits))
			break;
		digits += is_digit(t.p[at]);
		at++;
	}
	if (digits >= PHONE_DIGITS)
		r->flags |= TL_CONTACT_HAS_HANDLE;
	return at;
}

static int64_t
sketch_of(const struct reading *r)
{
	uint64_t s = 0;
	if (r->words < TL_CONTACT_WORDS_MIN)
		return 0;
	for (unsigned k = 0; k < LANES; k++)
		s |= (lane_of(r->least[k], 7) & 0xffff) << (16 * k);
	return s ? (int64_t)s : 1;
}

void
tl_contact_text(const struct tl_key *key, struct tl_str text, struct tl_contact_text *ret)
{
	struct reading r = {.key = key, .service_ago = NEAR + 1, .ask_ago = NEAR + 1};
	if (text.n > TL_CONTACT_TEXT_MAX)
		text.n = TL_CONTACT_TEXT_MAX;
	for (unsigned k = 0; k < LANES; k++)
		r.least[k] = UINT64_MAX;
	for (size_t at = 0; at < text.n;) {
		struct word w;
		size_t from = at;
		if (is_digit(text.p[at])) {
			at = skip_digits(&r, text, at);
			continue;
		}
		if (!is_letter(text.p[at])) {
			at++;
			continue;
		}
		take_word(text, &at, &w);
		count_word(&r, word_hash(key, &w));
		near_service(&r, &w);
		in_its_place(&r, text, from, at, &w);
	}
	*ret = (struct tl_contact_text){sketch_of(&r), r.flags};
}

int64_t
tl_contact_origin(const struct tl_key *key, int64_t platform, struct tl_str origin)
{
	uint8_t digest[16];
	int64_t v;
	struct tl_key own = *key;
	for (size_t i = 0; i < sizeof platform;
	     i++) /* the same device means nothing elsewhere */
		own.b[i] ^= (uint8_t)((uint64_t)platform >> (8 * i));
	tl_blake2b(digest, sizeof digest, origin, &own);
	memcpy(&v, digest, sizeof v);
	tl_wipe(&own, sizeof own);
	return v ? v : 1;
}
