/* What the handlers of the HMA API share. */
#pragma once

#include "api/hma.h"
#include "core/guarded.h"
#include "intake/multipart.h"
#include "store/hma.h"
#include "store/people.h"

/* Contents, as bits. */
#define HMA_PHOTO 1U
#define HMA_VIDEO 2U

enum hma_type_tag {
#define Y(tag, name, form, kind, contents, usual, digits) HMA_TYPE_##tag,
#include "api/hma_types.tbl.h"
#undef Y
	HMA_TYPES
};

struct hma_type {
	const char *name;
	enum tl_entry_form form;
	enum tl_bank_kind kind;
	unsigned contents; /* that have it */
	unsigned usual;    /* contents whose answer holds it unasked */
	size_t digits;
};
extern const struct hma_type hma_types[HMA_TYPES];

/* TL_EFIELD naming `field`. */
int hma_type_parse(struct tl_str name, const char *field, enum hma_type_tag *ret) TL_MUST;
/* The hash in lower case (upper case is taken too), or the frames of a video as one JSON text. */
int hma_value_parse(enum hma_type_tag type, struct tl_str text, const char *field,
    struct tl_arena *arena, struct tl_str *ret_hex) TL_MUST;
struct tl_str hma_content_name(unsigned content);

/* What clients write as text: "0.5", "true". TL_EFIELD naming `field`. */
int hma_number(const json_t *j, const char *field, double *ret) TL_MUST;
int hma_bool(const json_t *j, const char *field, bool *ret) TL_MUST;
int hma_query_bool(const struct tl_req *req, const char *name, bool *ret) TL_MUST;

/* One request that needs hashes or matches. */
struct hma_call {
	struct tl_multipart form;
	bool is_form;
	unsigned content; /* of the file, 0: not known yet */
	size_t files;
	struct tl_buf *into; /* the part that is being read */
	struct tl_buf file, metadata, note;
	unsigned types; /* bits 1 << enum hma_type_tag; 0: the usual ones of the content */
	struct tl_str values[HMA_TYPES]; /* hashes that were sent in place of a file, hex */
	bool find;                       /* matches too */
	struct tl_str banks;             /* "A,B": only these are asked; empty: all */
	bool provenance;                 /* where the matched entries come from, too */
	void (*then)(struct tl_req *req, struct hma_call *c);
	json_t *answer; /* of the worker: {"hashes":{form:{value,quality}},"hits":{form:[…]}} */
	void *ctx;      /* the handler's own */
};

/* The call of this request; made when there is none. NULL: too large, and refused already. */
struct hma_call *hma_call(struct tl_req *req);
/* Reads ?types (and ?content_type) into the call. */
int hma_read_types(struct tl_req *req, struct hma_call *c) TL_MUST;
/*
 * Fetches (?url), hashes (the file) and looks up what is asked for, then calls c->then on a thread of the pool with
 * c->answer. A failure is answered as a refusal.
 */
void hma_run(struct tl_req *req, struct hma_call *c);
/* The hash of this type in the answer; empty when the picture is too plain, *ret_quality says how plain. */
struct tl_str hma_hash(const struct hma_call *c, enum hma_type_tag type, int *ret_quality);
/* Says in a header how plain a picture was. */
void hma_say_quality(struct tl_req *req, const struct hma_call *c);

/* Refused when two people must agree to it (config `two_person`), or when the key is a test key. */
int hma_may_change(struct tl_req *req, enum tl_guarded op) TL_MUST;
/* Audit, in the transaction of the change. */
int hma_audit(struct tl_db *db, struct tl_req *req, const char *verb,
    const struct tl_hma_bank *b, const char *detail) TL_MUST;
void hma_write_bank(struct tl_buf *out, const char *key, const struct tl_hma_bank *b);
void hma_say(struct tl_req *req, int status, const char *message);
