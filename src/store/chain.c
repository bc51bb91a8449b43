/*
 * The form of the hash chain.
 *
 * Promises: unambiguous (every part carries its length and its type) and versioned; a column that later schemas add
 * changes no old hash as long as it is NULL there. Signatures are ed25519 over the text that stands in the line.
 * Failures: INPUT for lines that are not exactly in form. Called by the sealer, the verifier, exports.
 */
#include "store/chain.h"

#include <stdio.h>

const char *const tl_chain_source_names[] = {"decisions", "decision_events", "audit", NULL};

static const struct {
	const char *word, *text, *remedy;
} faults[] = {
#define F(id, word, what, remedy) {word, what, remedy},
#include "store/chain.tbl.h"
#undef F
};

const char *
tl_chain_fault_word(enum tl_chain_fault f)
{
	return faults[f].word;
}

const char *
tl_chain_fault_text(enum tl_chain_fault f)
{
	return faults[f].text;
}

const char *
tl_chain_fault_remedy(enum tl_chain_fault f)
{
	return faults[f].remedy;
}

/* Rows and links --------------------------------------------------------------------------- */

static void
put_u64(struct tl_buf *b, uint64_t v)
{
	uint8_t p[8];
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
	tl_buf_put(b, p, sizeof p);
}

static void
put_part(struct tl_buf *b, char tag, struct tl_str s)
{
	tl_buf_byte(b, (uint8_t)tag);
	put_u64(b, s.n);
	tl_buf_put(b, s.p, s.n);
}

void
tl_chain_row_begin(struct tl_buf *b, struct tl_str source)
{
	tl_buf_reset(b);
	tl_buf_puts(b, "tutela row 2\n");
	put_part(b, 'n', source);
}

void
tl_chain_row_int(struct tl_buf *b, struct tl_str column, int64_t v)
{
	put_part(b, 'n', column);
	tl_buf_byte(b, 'i');
	put_u64(b, (uint64_t)v);
}

void
tl_chain_row_real(struct tl_buf *b, struct tl_str column, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	put_part(b, 'n', column);
	tl_buf_byte(b, 'f');
	put_u64(b, bits);
}

void
tl_chain_row_text(struct tl_buf *b, struct tl_str column, struct tl_str v)
{
	put_part(b, 'n', column);
	put_part(b, 't', v);
}

void
tl_chain_row_bytes(struct tl_buf *b, struct tl_str column, struct tl_str v)
{
	put_part(b, 'n', column);
	put_part(b, 'b', v);
}

void
tl_chain_row_end(struct tl_buf *b, uint8_t dst[TL_CHAIN_HASH])
{
	tl_blake2b(dst, TL_CHAIN_HASH, tl_buf_str(b), NULL);
	tl_buf_reset(b);
}

void
tl_chain_next(uint8_t dst[TL_CHAIN_HASH], const uint8_t prev[TL_CHAIN_HASH],
    const struct tl_chain_link *l)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	if (l->format != 1)
		tl_buf_puts(&b, "tutela link 2\n");
	tl_buf_put(&b, prev, TL_CHAIN_HASH);
	put_u64(&b, (uint64_t)l->seq);
	if (l->format != 1)
		put_u64(&b, (uint64_t)l->at);
	put_part(&b, 's', l->source);
	if (l->format != 1)
		tl_buf_put(&b, l->ref.b, sizeof l->ref.b);
	tl_buf_put(&b, l->row, TL_CHAIN_HASH);
	tl_blake2b(dst, TL_CHAIN_HASH, tl_buf_str(&b), NULL);
}

/* Lines ------------------------------------------------------------------------------------ */

static void
put_hex(struct tl_buf *b, const char *name, const uint8_t *p, size_t n)
{
	char hex[2 * TL_SIGN_BYTES + 1];
	tl_hex(hex, p, n);
	tl_buf_printf(b, " %s=%s", name, hex);
}

/* Takes " name=" and what follows it up to the next space or the end. */
static bool
take(struct tl_str *rest, const char *name, struct tl_str *ret)
{
	size_t n = strlen(name);
	if (rest->n < n + 2 || rest->p[0] != ' ' || memcmp(rest->p + 1, name, n) != 0 ||
	    rest->p[n + 1] != '=')
		return false;
	*rest = tl_bytes(rest->p + n + 2, rest->n - n - 2);
	const uint8_t *end = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;
	*ret = tl_bytes(rest->p, end ? (size_t)(end - rest->p) : rest->n);
	*rest = tl_bytes(rest->p + ret->n, rest->n - ret->n);
	return true;
}

static bool
take_hex(struct tl_str *rest, const char *name, uint8_t *dst, size_t n)
{
	struct tl_str hex;
	return take(rest, name, &hex) && hex.n == 2 * n && tl_unhex(dst, n, hex) == 0;
}

static bool
take_int(struct tl_str *rest, const char *name, int64_t *ret)
{
	struct tl_str text;
	return take(rest, name, &text) && tl_parse_i64(text, 0, INT64_MAX, ret) == 0;
}

static bool
take_head(struct tl_str *line, const char *head)
{
	size_t n = strlen(head);
	if (line->n < n || memcmp(line->p, head, n) != 0)
		return false;
	*line = tl_bytes(line->p + n, line->n - n);
	return true;
}

static void
checkpoint_body(struct tl_buf *b, const struct tl_checkpoint *c)
{
	tl_buf_printf(
	    b, "tutela-checkpoint 1 seq=%lld at=%lld", (long long)c->seq, (long long)c->at);
	put_hex(b, "chain", c->chain, sizeof c->chain);
	for (int i = 0; i < TL_CHAIN_SOURCES; i++)
		tl_buf_printf(b, " %s=%lld", tl_chain_source_names[i], (long long)c->rows[i]);
	put_hex(b, "key", c->key, sizeof c->key);
}

void
tl_checkpoint_sign(struct tl_checkpoint *c, const uint8_t secret[TL_SIGN_SECRET])
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	memcpy(c->key, secret + TL_SIGN_PUBLIC_AT, TL_SIGN_PUBLIC);
	checkpoint_body(&b, c);
	tl_sign(c->sig, tl_buf_str(&b), secret);
}

bool
tl_checkpoint_fits(const struct tl_checkpoint *c)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	checkpoint_body(&b, c);
	return tl_sign_fits(c->sig, tl_buf_str(&b), c->key);
}

void
tl_checkpoint_text(struct tl_buf *b, const struct tl_checkpoint *c)
{
	checkpoint_body(b, c);
	put_hex(b, "sig", c->sig, sizeof c->sig);
}

int
tl_checkpoint_parse(struct tl_str line, struct tl_checkpoint *ret)
{
	struct tl_checkpoint c = {0};
	bool ok = take_head(&line, "tutela-checkpoint 1") && take_int(&line, "seq", &c.seq) &&
		  take_int(&line, "at", &c.at) &&
		  take_hex(&line, "chain", c.chain, sizeof c.chain);
	for (int i = 0; ok && i < TL_CHAIN_SOURCES; i++)
		ok = take_int(&line, tl_chain_source_names[i], &c.rows[i]);
	ok = ok && take_hex(&line, "key", c.key, sizeof c.key) &&
	     take_hex(&line, "sig", c.sig, sizeof c.sig) && line.n == 0;
	if (!ok)
		return tl_fail(TL_EFIELD, "this is not a line of a checkpoint");
	*ret = c;
	return 0;
}

static void
key_body(struct tl_buf *b, const struct tl_chain_key *k)
{
	tl_buf_puts(b, "tutela-key 1");
	put_hex(b, "key", k->key, sizeof k->key);
	put_hex(b, "previous", k->previous, sizeof k->previous);
	tl_buf_printf(b, " seq=%lld at=%lld", (long long)k->seq, (long long)k->at);
}

void
tl_chain_key_sign(
    struct tl_chain_key *k, const uint8_t *old_secret, const uint8_t new_secret[TL_SIGN_SECRET])
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	memset(k->previous, 0, sizeof k->previous);
	memset(k->by_old, 0, sizeof k->by_old);
	memcpy(k->key, new_secret + TL_SIGN_PUBLIC_AT, TL_SIGN_PUBLIC);
	if (old_secret)
		memcpy(k->previous, old_secret + TL_SIGN_PUBLIC_AT, TL_SIGN_PUBLIC);
	key_body(&b, k);
	tl_sign(k->by_new, tl_buf_str(&b), new_secret);
	if (old_secret)
		tl_sign(k->by_old, tl_buf_str(&b), old_secret);
}

bool
tl_chain_key_first(const struct tl_chain_key *k)
{
	static const uint8_t none[TL_SIGN_PUBLIC];
	return tl_same(k->previous, none, sizeof none);
}

bool
tl_chain_key_fits(const struct tl_chain_key *k)
{
	struct tl_buf b TL_CLEANUP(tl_buf_fini) = {0};
	key_body(&b, k);
	return tl_sign_fits(k->by_new, tl_buf_str(&b), k->key) &&
	       (tl_chain_key_first(k) || tl_sign_fits(k->by_old, tl_buf_str(&b), k->previous));
}

void
tl_chain_key_text(struct tl_buf *b, const struct tl_chain_key *k)
{
	key_body(b, k);
	put_hex(b, "old", k->by_old, sizeof k->by_old);
	put_hex(b, "new", k->by_new, sizeof k->by_new);
}

int
tl_chain_key_parse(struct tl_str line, struct tl_chain_key *ret)
{
	struct tl_chain_key k = {0};
	bool ok = take_head(&line, "tutela-key 1") &&
		  take_hex(&line, "key", k.key, sizeof k.key) &&
		  take_hex(&line, "previous", k.previous, sizeof k.previous) &&
		  take_int(&line, "seq", &k.seq) && take_int(&line, "at", &k.at) &&
		  take_hex(&line, "old", k.by_old, sizeof k.by_old) &&
		  take_hex(&line, "new", k.by_new, sizeof k.by_new) && line.n == 0;
	if (!ok)
		return tl_fail(TL_EFIELD, "this is not a line of a key");
	*ret = k;
	return 0;
}

/* Trust ------------------------------------------------------------------------------------ */

bool
tl_trust_has(const struct tl_trust *t, const uint8_t key[TL_SIGN_PUBLIC])
{
	for (size_t i = 0; i < t->count; i++) {
		if (memcmp(t->key[i], key, TL_SIGN_PUBLIC) == 0)
			return true;
	}
	return false;
}

void
tl_trust_add(struct tl_trust *t, const uint8_t key[TL_SIGN_PUBLIC])
{
	if (t->count < TL_TRUST_MAX && !tl_trust_has(t, key))
		memcpy(t->key[t->count++], key, TL_SIGN_PUBLIC);
}

void
tl_trust_follow(struct tl_trust *t, const struct tl_chain_key *keys, size_t count)
{
	for (size_t before = SIZE_MAX; before != t->count;) {
		before = t->count;
		for (size_t i = 0; i < count; i++) {
			const struct tl_chain_key *k = &keys[i];
			if (tl_chain_key_first(k) || !tl_chain_key_fits(k))
				continue;
			if (tl_trust_has(t, k->key))
				tl_trust_add(t, k->previous);
			else if (tl_trust_has(t, k->previous))
				tl_trust_add(t, k->key);
		}
	}
}
